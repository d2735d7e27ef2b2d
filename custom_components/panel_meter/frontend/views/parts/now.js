// Power now: in all, against the main breaker, by phase, where it comes from and the circuits that draw most.
import { gauge } from "../../shared/gauge.js";
import { balance, sum } from "../balance.js";
import { el, figure } from "../dom.js";
import { moment, percent, power } from "../numbers.js";
import { fill } from "../texts.js";

/** Circuits that are shown by name. */
const TOP = 5;
const ICON = { "--mdc-icon-size": "18px", "margin-inline-end": "4px" };

/** @param {any} context */
export function part(context) {
  const { config, words, hass, follow } = context;
  /** @type {any} */
  let panel;
  /** @type {any} */
  let values;
  /** @type {ReturnType<typeof view> | undefined} */
  let shown;
  const update = () => panel && values && shown?.(values);
  return {
    every: 300,
    load: async () => {
      const { panels } = await hass.callWS({ type: "panel_meter/panels", panels: [config.panel] });
      panel = panels[0];
    },
    draw: () => {
      shown = view(panel, hass, words);
      update();
      return shown.element;
    },
    attach: () =>
      follow(hass.connection, [config.panel], (/** @type {any} */ news) => {
        values = news;
        update();
      }),
  };
}

/** How many wires of a phase a channel has. @param {any} channel */
const poles = (channel) => (channel.phase ? channel.phase.length - 1 : (channel.poles ?? 1));

/** @param {any} panel @param {any} hass @param {Record<string, string>} words */
function view(panel, hass, words) {
  const voltage = panel.nominal_voltage_v ?? 230;
  const byId = new Map(panel.channels.map((/** @type {any} */ channel) => [channel.id, channel]));
  const signed = (/** @type {string} */ id) => "energy_export" in (byId.get(id)?.entities ?? {});
  const mains = panel.channels.filter((/** @type {any} */ { role }) => role === "main");
  const circuits = panel.channels.filter((/** @type {any} */ { role }) => role === "circuit");
  /** Watts that the main breaker lets through; 0: its rating is not known. */
  const limit = mains.every((/** @type {any} */ each) => each.rating_a)
    ? mains.reduce((/** @type {number} */ all, /** @type {any} */ each) => all + each.rating_a * voltage * poles(each), 0)
    : 0;
  const rating = [...new Set(mains.map((/** @type {any} */ each) => `${each.rating_a} A`))].join(" / ");

  const total = el("div.large", { "data-value": "used" }, "–");
  const state = el("div.quiet.small");
  const breaker = line("", "breaker");
  const breakerBar = gauge({ share: 0 });
  const sources = el("div.figures");
  const list = el("ul.rows");
  const notice = el("div.notice.bad", { role: "status", hidden: true });
  /** @type {Map<string, ReturnType<typeof row>>} */
  const rows = new Map();
  const phases = phaseRows(panel, mains, circuits, words, voltage);
  const element = el(
    "div.content",
    { style: { padding: "0", gap: "16px" } },
    notice,
    el("div", {}, el("div.quiet", {}, words.using), total, state),
    limit > 0 && el("div.row", {}, breaker.element, breakerBar.element),
    sources,
    phases.element,
    circuits.length ? list : el("div.quiet", {}, words.no_circuits),
  );

  /** @param {string} key @param {string} name */
  const rowOf = (key, name) => {
    let found = rows.get(key);
    if (!found) rows.set(key, (found = row(name, key)));
    return found;
  };

  const update = (/** @type {any} */ values) => {
    /** @param {string} id @returns {number | null} */
    const watts = (id) => values.channels[id]?.power_w ?? null;
    const found = balance(panel.channels, watts, signed);
    const silent = values.online === false;
    notice.hidden = !silent;
    if (silent) notice.textContent = fill(words.panel_offline, { name: panel.name, time: values.last_seen ? moment(hass, new Date(values.last_seen)) : "–" });
    total.textContent = power(hass, found.used);
    if (limit > 0) {
      const load = sum(mains.map((/** @type {any} */ each) => watts(each.id)).map((/** @type {number | null} */ each) => (each === null ? null : Math.abs(each))));
      const share = (load ?? 0) / limit;
      breaker.name.textContent = byId.get(mains[0].id).name;
      breaker.value.textContent = load === null ? "–" : fill(words.of_breaker, { percent: percent(hass, share), rating });
      breakerBar.update({ share });
    }
    sources.replaceChildren(...flows(found, hass, words));
    sources.hidden = !sources.childElementCount;
    phases.update(values, watts, hass);
    const ranked = circuits
      .map((/** @type {any} */ each) => ({ key: each.id, name: each.name, watts: watts(each.id) }))
      .sort((/** @type {any} */ one, /** @type {any} */ other) => (other.watts ?? -1) - (one.watts ?? -1));
    const top = ranked.slice(0, circuits.length === TOP + 1 ? TOP + 1 : TOP);
    const others = ranked.slice(top.length);
    const wanted = [
      ...top,
      ...(others.length ? [{ key: "others", name: fill(words.others, { count: others.length }), watts: sum(others.map((/** @type {any} */ each) => each.watts)) }] : []),
      ...(found.rest === null ? [] : [{ key: "rest", name: words.not_metered, watts: found.rest }]),
    ];
    const most = Math.max(...wanted.map((each) => each.watts ?? 0), 1);
    list.replaceChildren(
      ...wanted.map((each) => {
        const shown = rowOf(each.key, each.name);
        shown.update(power(hass, each.watts), (each.watts ?? 0) / most, each.key, each.name);
        return shown.element;
      }),
    );
  };
  return Object.assign(update, { element });
}

/** @param {any} found @param {any} hass @param {Record<string, string>} words */
function flows(found, hass, words) {
  /** @type {[string, number | null, string, string][]} */
  const all = [];
  const gives = found.grid < 0;
  if (found.grid !== null) {
    const icon = gives ? "mdi:transmission-tower-import" : "mdi:transmission-tower-export";
    all.push([gives ? words.to_grid : words.from_grid, Math.abs(found.grid), icon, "grid"]);
  }
  if (found.solar !== null) all.push([words.solar, found.solar, "mdi:solar-power-variant-outline", "solar"]);
  if (found.battery !== null) all.push([found.battery < 0 ? words.battery_gives : words.battery_charges, Math.abs(found.battery), "mdi:home-battery-outline", "battery"]);
  // Where everything comes from the grid, that is the number above again.
  if (all.length < 2 && !(found.grid < 0)) return [];
  return all.map(([name, watts, icon, key]) =>
    figure(el("span", {}, el("ha-icon", { icon, style: ICON }), name), power(hass, watts), key),
  );
}

/**
 * Each phase against its breaker. Mains of one phase each say it themselves; of one clamp around all phases only the
 * circuits behind it tell how they are shared.
 * @param {any} panel @param {any[]} mains @param {any[]} circuits @param {Record<string, string>} words @param {number} voltage
 */
function phaseRows(panel, mains, circuits, words, voltage) {
  const names = ["L1", "L2", "L3"].filter((name) => [...mains, ...circuits].some((each) => each.phase?.includes(name.slice(1))));
  const own = mains.length > 1 && mains.every((each) => poles(each) === 1 && each.phase);
  const measured = own ? mains : circuits.filter((each) => each.phase);
  const rating = mains[0]?.rating_a ?? 0;
  const lines = names.map((name) => ({ ...line(name, name), phase: name, bar: gauge({ share: 0 }) }));
  const useful = names.length > 1 && measured.length > 0 && rating > 0;
  const element = useful
    ? el("div.rows", {}, el("h3", {}, own ? words.panel : words.phase_sum), lines.map(({ element: text, bar }) => el("div.row", {}, text, bar.element)))
    : el("div", { hidden: true });
  /** @param {any} values @param {(id: string) => number | null} watts @param {any} hass */
  const update = (values, watts, hass) => {
    if (!useful) return;
    /** What a channel draws from one of its phases. @param {any} each */
    const share = (each) => {
      const all = watts(each.id);
      return all === null ? null : all / poles(each);
    };
    lines.forEach(({ phase, value, bar }, place) => {
      const found = sum(measured.filter((each) => each.phase.includes(phase.slice(1))).map(share));
      const volts = values.voltage_v?.[place];
      value.textContent = [power(hass, found), volts ? `${Math.round(volts)} V` : ""].filter(Boolean).join(" · ");
      bar.update({ share: Math.abs(found ?? 0) / (rating * voltage), color: found === null ? "transparent" : undefined });
    });
  };
  return { element, update };
}

/** @param {string} text @param {string} key */
function line(text, key) {
  const name = el("span.name", { dir: "auto", title: text }, text);
  const value = el("span.value", { "data-value": key });
  return { element: el("div.line", {}, name, value), name, value };
}

/** @param {string} text @param {string} key */
function row(text, key) {
  const { element: top, value, name } = line(text, key);
  const bar = gauge({ share: 0 });
  /** @param {string} said @param {number} share @param {string} kind @param {string} called */
  const update = (said, share, kind, called) => {
    if (name.textContent !== called) name.textContent = name.title = called;
    value.textContent = said;
    bar.update({ share, color: kind === "rest" || kind === "others" ? "var(--disabled-color)" : "var(--primary-color)" });
  };
  return { element: el("li.row", {}, top, bar.element), update };
}

// All panels, one line each; each leads to its own page.
import { gauge } from "../../shared/gauge.js";
import { balance } from "../balance.js";
import { el } from "../dom.js";
import { energy, moment, money, power } from "../numbers.js";
import { fill } from "../texts.js";

/** @param {any} context */
export function part(context) {
  const { config, words, hass, follow } = context;
  const wanted = config.panels ? { panels: config.panels } : {};
  /** @type {Map<string, (values: any) => void>} */
  const lines = new Map();
  /** @type {Map<string, any>} */
  const last = new Map();
  return {
    every: 60,
    load: async () => {
      const [{ panels }, { panels: summaries }] = await Promise.all([
        hass.callWS({ type: "panel_meter/panels", ...wanted }),
        hass.callWS({ type: "panel_meter/summary", ...wanted }),
      ]);
      return panels.map((/** @type {any} */ panel) => ({ panel, summary: summaries.find((/** @type {any} */ each) => each.id === panel.id) }));
    },
    draw: (/** @type {any[]} */ found) => {
      lines.clear();
      const rows = found.map(({ panel, summary }, place) => {
        const { element, update } = line(panel, summary, place, hass, words);
        lines.set(panel.id, update);
        update(last.get(panel.id) ?? summary);
        return el("li", {}, element);
      });
      return el("ul.rows", {}, rows);
    },
    attach: () =>
      follow(hass.connection, config.panels, (/** @type {any} */ values) => {
        last.set(values.id, values);
        lines.get(values.id)?.(values);
      }, { interval: 2 }),
  };
}

/** @param {any} panel @param {any} summary @param {number} place @param {any} hass @param {Record<string, string>} words */
function line(panel, summary, place, hass, words) {
  const mains = panel.channels.filter((/** @type {any} */ { role }) => role === "main");
  const voltage = panel.nominal_voltage_v ?? 230;
  const limit = mains.reduce(
    (/** @type {number} */ all, /** @type {any} */ each) => all + (each.rating_a ?? 0) * voltage * (each.phase ? each.phase.length - 1 : 1),
    0,
  );
  const signed = (/** @type {string} */ id) => "energy_export" in (panel.channels.find((/** @type {any} */ each) => each.id === id)?.entities ?? {});
  const value = el("span.value", { "data-value": panel.id });
  const dot = el("span.dot");
  const bar = gauge({ share: 0 });
  const facts = el("div.quiet.small");
  const slug = panel.id.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || `panel-${place + 1}`;
  const path = `/${location.pathname.split("/")[1]}/${slug}-now`;
  const element = el(
    "a.plain",
    {
      href: path,
      click: (/** @type {MouseEvent} */ event) => {
        if (event.ctrlKey || event.metaKey || event.button) return;
        event.preventDefault();
        history.pushState(null, "", path);
        window.dispatchEvent(new CustomEvent("location-changed", { detail: { replace: false } }));
      },
    },
    el("div.line", {}, dot, el("span.name", { dir: "auto", title: panel.name }, panel.name), value),
    bar.element,
    facts,
  );
  const told = [
    `${words.today} ${energy(hass, summary.energy_today_kwh)}`,
    ...(summary.cost_today === null || summary.cost_today === undefined ? [] : [money(hass, summary.cost_today, summary.currency)]),
  ].join(" · ");
  const update = (/** @type {any} */ values) => {
    const found = values.channels ? balance(panel.channels, (id) => values.channels[id]?.power_w, signed).used : summary.power_w;
    const silent = values.online === false;
    dot.className = values.online ? "dot on" : silent ? "dot off" : "dot";
    value.textContent = silent ? words.offline : power(hass, found);
    facts.textContent = silent && values.last_seen ? `${fill(words.offline_since, { time: moment(hass, new Date(values.last_seen)) })} · ${told}` : told;
    bar.update(limit > 0 ? { share: Math.abs(found ?? 0) / limit } : { share: 0 });
  };
  return { element, update };
}

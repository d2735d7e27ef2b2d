// Energy of a period, by circuit, beside that of the period before; from the ledger, to the mWh.
import { bars } from "../../shared/sparkline.js";
import { balance } from "../balance.js";
import { el, figure } from "../dom.js";
import { gauge } from "../../shared/gauge.js";
import { date, dayOf, energy, percent, time, zone } from "../numbers.js";
import { addDays, neighbour, periodAt, periodOf, stepOf } from "../periods.js";
import { fill } from "../texts.js";

/** @typedef {import("../periods.js").Period} Period */

/** @param {any} context */
export function part(context) {
  const { config, hass, words } = context;
  const today = () => dayOf(new Date(), hass.config.time_zone);
  /** @type {Period} */
  let period = periodAt("day", today());
  const collection = config.collection_key ? `_${config.collection_key}` : undefined;
  const picked = () => collection !== undefined && Boolean(hass.connection[collection]);
  return {
    every: 60,
    load: async () => {
      const { panels } = await hass.callWS({ type: "panel_meter/panels", panels: [config.panel] });
      const before = neighbour(period, -1);
      const step = stepOf(period);
      /** @param {Period} which @param {string} [to] */
      const usage = (which, to) =>
        hass.callWS({ type: "panel_meter/usage", panel: config.panel, from: which.from, to: to ?? which.to, step });
      const running = today() < period.to && today() >= period.from;
      const [now, then] = await Promise.all([usage(period), usage(before)]);
      // A period that is not over is compared with as much of the one before.
      const part = running ? await usage(before, partOf(period, before, now)) : then;
      return { panel: panels[0], now, then, part, running, before };
    },
    draw: (/** @type {any} */ data) => [
      ...(picked() ? [] : [picker(period, today(), words, hass, (next) => {
        period = next;
        context.refresh();
      })]),
      ...draw(data, period, hass, words),
    ],
    attach: () => {
      if (!collection) return undefined;
      return whenThere(() => hass.connection[collection], (found) =>
        found.subscribe((/** @type {any} */ news) => {
          // The dates that were picked, wherever whoever picked them is; the energy is that of these days in the house.
          period = periodOf(dayOf(news.start, zone(hass)), addDays(dayOf(news.end ?? new Date(), zone(hass)), 1));
          context.refresh();
        }),
      );
    },
  };
}

/** The period picker of Home Assistant begins when it is shown; that may be after us. @param {() => any} look @param {(found: any) => () => void} use */
function whenThere(look, use) {
  /** @type {(() => void) | undefined} */
  let leave;
  /** @type {ReturnType<typeof setTimeout>} */
  let timer;
  let tries = 0;
  const wait = () => {
    const found = look();
    if (found) leave = use(found);
    else if (++tries < 50) timer = setTimeout(wait, 200);
  };
  wait();
  return () => {
    clearTimeout(timer);
    leave?.();
  };
}

/**
 * Until when the period before has run as long as this one has. What this one has not in the ledger yet is not missed.
 * @param {Period} period @param {Period} before @param {any} now
 */
function partOf(period, before, now) {
  const [first] = now.steps;
  if (!first) return before.to;
  const offset = first.start.slice(19);
  /** @param {string} day */
  const midnight = (day) => Date.parse(`${day}T00:00:00${offset}`);
  const known = now.settled_until ? Math.min(Date.parse(now.settled_until), Date.now()) : Date.now();
  const until = midnight(before.from) + Math.max(known - midnight(period.from), 0);
  return new Date(Math.min(until, midnight(before.to))).toISOString();
}

/** @param {any} panel @param {any} usage */
function netOf(panel, usage) {
  /** @type {Map<string, { import?: number, export?: number }>} */
  const found = new Map();
  usage.registers.forEach((/** @type {any} */ register, /** @type {number} */ place) => {
    const of = found.get(register.channel) ?? {};
    found.set(register.channel, { ...of, [register.direction]: usage.total_kwh[place] });
  });
  const net = (/** @type {string} */ id) => {
    const of = found.get(id);
    return of ? (of.import ?? 0) - (of.export ?? 0) : null;
  };
  const signed = (/** @type {string} */ id) => found.get(id)?.export !== undefined;
  const mains = panel.channels.filter((/** @type {any} */ { role }) => role === "main");
  /** @param {"import" | "export"} direction */
  const grid = (direction) => mains.reduce((/** @type {number} */ all, /** @type {any} */ { id }) => all + (found.get(id)?.[direction] ?? 0), 0);
  return { ...balance(panel.channels, net, signed), of: net, imported: grid("import"), exported: grid("export"), mains: mains.length > 0 };
}

/** What is used in every step. @param {any} panel @param {any} usage @returns {number[]} */
function stepsOf(panel, usage) {
  return usage.steps.map((/** @type {any} */ { energy_kwh: values }) => Math.max(netOf(panel, { ...usage, total_kwh: values }).used ?? 0, 0));
}

/** @param {any} data @param {Period} period @param {any} hass @param {Record<string, string>} words */
function draw({ panel, now, then, part, running, before }, period, hass, words) {
  const here = netOf(panel, now);
  const there = netOf(panel, part);
  const values = stepsOf(panel, now);
  const ghosts = stepsOf(panel, then);
  if (!values.some(Boolean) && !ghosts.some(Boolean)) return [el("div.quiet", {}, words.no_energy)];
  const name = nameOf(before, hass);
  const figures = [
    [words.used, here.used, "used"],
    ...(here.mains && (here.solar || here.battery || here.exported) ? [[words.from_grid, here.imported, "imported"], [words.to_grid, here.exported, "exported"]] : []),
    ...(here.solar === null ? [] : [[words.produced, here.solar, "solar"]]),
  ];
  const circuits = panel.channels
    .filter((/** @type {any} */ { role }) => role === "circuit")
    .map((/** @type {any} */ channel) => ({ key: channel.id, name: channel.name, now: here.of(channel.id) ?? 0, then: there.of(channel.id) ?? 0 }))
    .sort((/** @type {any} */ one, /** @type {any} */ other) => other.now - one.now);
  if (here.rest !== null) circuits.push({ key: "rest", name: words.not_metered, now: here.rest, then: there.rest ?? 0 });
  const most = Math.max(...circuits.map((/** @type {any} */ each) => each.now), 1e-9);
  return [
    el("div.figures", {},
      figures.map(([label, value, key]) => figure(label, energy(hass, value), key)),
      figure(
        fill(running ? words.compared_part : words.compared, { period: name }),
        changed(here.used ?? 0, there.used ?? 0, hass, words),
        "change",
      )),
    el("div.quiet.small", {}, fill(words.highest_step, { energy: energy(hass, Math.max(...values)) })),
    bars({
      label: `${words.used}: ${energy(hass, here.used)}`,
      values,
      before: ghosts,
      titles: values.map((value, place) => `${stepName(now.steps[place], now.step, hass)}: ${energy(hass, value)} (${name}: ${energy(hass, ghosts[place] ?? null)})`),
    }),
    axis(now, hass),
    el("ul.rows", {}, circuits.map((/** @type {any} */ each) => el("li.row", {},
      el("div.line", {},
        el("span.name", { dir: "auto", title: each.name }, each.name),
        changed(each.now, each.then, hass, words),
        el("span.value", { "data-value": each.key }, energy(hass, each.now))),
      gauge({ share: each.now / most, color: each.key === "rest" ? "var(--disabled-color)" : "var(--primary-color)" }).element))),
  ];
}

/** @param {any} usage @param {any} hass */
function axis({ steps, step }, hass) {
  const marks = [0, Math.floor(steps.length / 2), steps.length - 1].filter((place, at, all) => place >= 0 && all.indexOf(place) === at);
  return el("div.axis", { "aria-hidden": "true" }, marks.map((place) => el("span", {}, stepName(steps[place], step, hass))));
}

/** @param {any} step @param {string} kind @param {any} hass */
function stepName(step, kind, hass) {
  if (!step) return "";
  if (kind === "hour") return time(hass, new Date(step.start));
  return date(hass, step.start.slice(0, 10), kind === "day" ? { day: "numeric", month: "short" } : { month: "short", year: "2-digit" });
}

/** @param {Period} period @param {any} hass */
function nameOf({ kind, from, to }, hass) {
  if (kind === "day") return date(hass, from, { weekday: "short", day: "numeric", month: "short" });
  if (kind === "month") return date(hass, from, { month: "long", year: "numeric" });
  if (kind === "year") return from.slice(0, 4);
  return `${date(hass, from, { day: "numeric", month: "short" })} – ${date(hass, addDays(to, -1), { day: "numeric", month: "short" })}`;
}

/** @param {number} now @param {number} then @param {any} hass @param {Record<string, string>} words */
function changed(now, then, hass, words) {
  // Below a watt-hour a percentage says nothing.
  if (then < 0.001) return el("span.quiet.small", {}, now < 0.001 ? "" : words.new);
  const share = now / then - 1;
  const rounded = Math.round(share * 100);
  if (!rounded) return el("span.quiet.small", {}, "± 0 %");
  return el("span.small.quiet", {}, `${rounded > 0 ? "▲ +" : "▼ −"}${percent(hass, Math.abs(share))} %`);
}

/** @param {Period} period @param {string} today @param {Record<string, string>} words @param {any} hass @param {(next: Period) => void} go */
function picker(period, today, words, hass, go) {
  const kinds = /** @type {("day" | "week" | "month" | "year")[]} */ (["day", "week", "month", "year"]);
  const next = neighbour(period, 1);
  const inside = period.from <= today && today < period.to ? today : period.from;
  return el(
    "div.chips",
    { role: "group", "aria-label": words.energy, style: { "justify-content": "space-between" } },
    el(
      "div.chips",
      {},
      kinds.map((kind) =>
        el("button", { "data-key": kind, "aria-pressed": String(kind === period.kind), click: () => go(periodAt(kind, inside)) }, words[kind]),
      ),
    ),
    el(
      "div.chips",
      {},
      el("button", { "data-key": "earlier", "aria-label": words.earlier, click: () => go(neighbour(period, -1)) }, "‹"),
      el("span", { "aria-live": "polite" }, nameOf(period, hass)),
      el("button", { "data-key": "later", "aria-label": words.later, disabled: next.from > today, click: () => go(next) }, "›"),
    ),
  );
}

// The demand clock: this interval so far against the highest one of the bill.
import { clock } from "../../shared/clock.js";
import { el, figure } from "../dom.js";
import { fixed, moment, time } from "../numbers.js";
import { fill } from "../texts.js";

/** @param {any} context */
export const part = ({ hass, config, words }) => ({
  every: 5,
  load: () => hass.callWS({ type: "panel_meter/demand", panel: config.panel }),
  draw: (/** @type {any} */ { demands }) =>
    demands.length ? demands.map((/** @type {any} */ each) => one(each, hass, words)) : el("div.quiet", {}, words.no_demand_yet),
});

/** @param {string} text */
const small = (text) => el("span.quiet.small", {}, text);

/** @param {any} demand @param {any} hass @param {Record<string, string>} words */
function one({ name, running, highest }, hass, words) {
  const kw = (/** @type {any} */ peak) => (peak ? `${fixed(hass, peak.kw, 2)} kW` : "–");
  const facts = el(
    "div.row.grow",
    {},
    el("h2", { dir: "auto" }, name),
    figure(words.window, kw(running), "running", running && small(fill(words.window_until, { time: time(hass, new Date(running.end)) }))),
    figure(words.highest, kw(highest), "highest", highest && small(moment(hass, new Date(highest.start)))),
  );
  if (!running) return el("div.row", {}, facts, el("div.quiet", {}, words.demand_free));
  const [start, end] = [Date.parse(running.start), Date.parse(running.end)];
  const share = highest?.kw ? running.kw / highest.kw : 0;
  return el(
    "div.beside",
    {},
    clock({
      label: `${words.window}: ${kw(running)}. ${words.highest}: ${kw(highest)}.`,
      large: fixed(hass, running.kw, 2),
      small: "kW",
      elapsed: (Date.now() - start) / (end - start),
      share,
    }),
    facts,
  );
}

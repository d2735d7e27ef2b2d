// Where the bill is going: so far, probably by its end, and between which amounts.
import { el } from "../dom.js";
import { money } from "../numbers.js";
import { fill } from "../texts.js";

/** @param {any} context */
export const part = ({ hass, config, words }) => ({
  every: 60,
  load: async () => (await hass.callWS({ type: "panel_meter/summary", panels: [config.panel] })).panels[0],
  draw: (/** @type {any} */ { bill_so_far: bill, projected_bill: projected, currency }) => {
    const told = (/** @type {number | null} */ amount) => money(hass, amount, currency);
    if (!projected) return [figure(words.so_far, told(bill), "so_far"), el("div.quiet.small", {}, words.no_projection)];
    const top = Math.max(projected.high, bill ?? 0, 0) || 1;
    const at = (/** @type {number} */ amount) => `${(Math.max(amount, 0) / top) * 100}%`;
    return [
      el("div", {}, el("div.quiet", {}, words.projected), el("div.large", { "data-value": "projected" }, told(projected.probable)),
        el("div.quiet.small", {}, fill(words.between, { low: told(projected.low), high: told(projected.high) }))),
      el("div", { "aria-hidden": "true", style: { position: "relative", height: "12px", "border-radius": "6px", background: "var(--divider-color)", overflow: "hidden" } },
        span("0%", at(bill ?? 0), "var(--primary-color)", "1"),
        span(at(projected.low), at(projected.high), "var(--primary-color)", ".35")),
      el("div.line.small", {}, el("span.name", {}, words.so_far), el("span.value", { "data-value": "so_far" }, told(bill))),
    ];
  },
});

/** @param {string} label @param {string} value @param {string} key */
const figure = (label, value, key) => el("div", {}, el("div.quiet", {}, label), el("div.large", { "data-value": key }, value));

/** @param {string} from @param {string} to @param {string} color @param {string} opacity */
const span = (from, to, color, opacity) =>
  el("div", { style: { position: "absolute", top: "0", bottom: "0", left: from, width: `calc(${to} - ${from})`, background: color, opacity } });

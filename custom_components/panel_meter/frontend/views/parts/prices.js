// Price of the coming hours; with a price that an entity tells, of the last ones.
import { bars } from "../../shared/sparkline.js";
import { el, figure } from "../dom.js";
import { price, time } from "../numbers.js";
import { fill } from "../texts.js";

const HOUR = 3_600_000;

/** @param {any} context */
export const part = ({ hass, config, words }) => ({
  every: 300,
  load: () => hass.callWS({ type: "panel_meter/prices", panel: config.panel }),
  draw: (/** @type {any} */ { steps, currency, dynamic }) => {
    const hours = hoursOf(steps);
    const known = hours.flatMap(({ price: each }) => each ?? []);
    if (!known.length) return el("div.quiet", {}, words.price_unknown);
    const [low, high] = [Math.min(...known), Math.max(...known)];
    const now = Date.now();
    const next = steps.find((/** @type {any} */ step) => Date.parse(step.start) > now);
    const here = steps.findLast((/** @type {any} */ step) => Date.parse(step.start) <= now) ?? steps[0];
    return [
      el("h3", {}, dynamic ? words.hours_past : words.hours_ahead),
      el("div.figures", {},
        priced(words.price_now, here.price_per_kwh, here.period, hass, currency),
        next && priced(fill(words.price_from, { time: time(hass, new Date(next.start)) }), next.price_per_kwh, next.period, hass, currency)),
      bars({
        label: dynamic ? words.hours_past : words.hours_ahead,
        values: hours.map((each) => each.price),
        titles: hours.map((each) => `${time(hass, each.start)}: ${price(hass, each.price, currency)}`),
        colors: hours.map((each) => colorOf(each.price, low, high)),
      }),
      el("div.axis", { "aria-hidden": "true" }, [hours[0], hours[Math.floor(hours.length / 2)], hours[hours.length - 1]].map((each) => el("span", {}, time(hass, each.start)))),
      dynamic && el("div.quiet.small", {}, words.price_dynamic),
    ].filter((each) => each instanceof Node);
  },
});

/** Cheap hours stand out, and dear ones. @param {number | null} each @param {number} low @param {number} high */
function colorOf(each, low, high) {
  if (each === null || high === low) return null;
  const third = (high - low) / 3;
  return each <= low + third ? "var(--success-color)" : each >= high - third ? "var(--warning-color)" : null;
}

/** One price for every hour, or quarter of an hour where prices change within hours. @param {any[]} steps */
function hoursOf(steps) {
  if (!steps.length) return [];
  const edges = steps.map(({ start }) => Date.parse(start));
  const width = edges.some((edge) => edge % HOUR) ? HOUR / 4 : HOUR;
  /** @type {{ start: Date, price: number | null }[]} */
  const found = [];
  let place = 0;
  for (let at = edges[0]; at < Date.parse(steps[steps.length - 1].end); at += width) {
    while (place + 1 < edges.length && edges[place + 1] <= at) place += 1;
    found.push({ start: new Date(at), price: steps[place].price_per_kwh });
  }
  return found;
}

/** @param {string} label @param {number | null} value @param {string | null} period @param {any} hass @param {string} currency */
const priced = (label, value, period, hass, currency) =>
  figure(period ? `${label} · ${period}` : label, price(hass, value, currency), "price");

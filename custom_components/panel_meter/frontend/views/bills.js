// A bill as a table, the same for the running one and for those before.
import { el } from "./dom.js";
import { date, energy, money, NOTHING, number, price } from "./numbers.js";
import { fill } from "./texts.js";

/** What the bill is of, and its sum. @param {any} bill @param {any} hass @param {Record<string, string>} words */
export const whole = (bill, hass, words) =>
  el("div", {},
    el("div.large", { "data-value": "total" }, money(hass, bill.total, bill.currency)),
    el("div.quiet.small", { dir: "auto" }, `${bill.tariff} · ${fill(words.billing_cycle, { first: date(hass, bill.first_day), last: date(hass, dayBefore(bill.next_bill)) })}`));

/** @param {string} day */
const dayBefore = (day) => new Date(Date.parse(`${day}T00:00Z`) - 86_400_000).toISOString().slice(0, 10);

/** Lines, circuits and what is not certain. @param {any} bill @param {any} hass @param {Record<string, string>} words @returns {Node[]} */
export function billTable(bill, hass, words) {
  const told = (/** @type {number} */ amount) => money(hass, amount, bill.currency);
  const lines = bill.lines.map((/** @type {any} */ line) =>
    el("tr", {},
      el("td", { dir: "auto" }, nameOf(line, words), el("div.quiet.small", {}, detail(line, bill, hass))),
      el("td.number", {}, told(line.amount))));
  return [
    el("table", {},
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, words.line), el("th.number", { scope: "col" }, words.amount))),
      el("tbody", {}, lines, el("tr.total", {}, el("td", {}, words.total), el("td.number", {}, told(bill.total))))),
    ...circuits(bill, told, hass, words),
    ...(bill.earned_by_export ? [el("div.line.small", {}, el("span.name", {}, words.earned), el("span.value", {}, told(bill.earned_by_export)))] : []),
    ...(bill.estimated_kwh ? [el("div.quiet.small", {}, fill(words.estimated, { energy: energy(hass, bill.estimated_kwh) }))] : []),
    ...(bill.unpriced_kwh ? [el("div.quiet.small", {}, fill(words.unpriced, { energy: energy(hass, bill.unpriced_kwh) }))] : []),
  ];
}

/** @param {any} bill @param {(amount: number) => string} told @param {any} hass @param {Record<string, string>} words */
function circuits({ circuits: found, not_metered: rest }, told, hass, words) {
  if (!found?.length) return [];
  const direct = found.filter((/** @type {any} */ each) => !each.part_of_another).toSorted((/** @type {any} */ one, /** @type {any} */ other) => other.cost - one.cost);
  const rows = [...direct, ...(rest ? [{ name: words.not_metered, ...rest }] : [])];
  return [
    el("details", {}, el("summary", { "data-key": "circuits" }, words.costs_by_circuit),
      el("table", {}, el("tbody", {}, rows.map((each) =>
        el("tr", {},
          el("td", { dir: "auto" }, each.name),
          el("td.number.quiet", {}, energy(hass, each.kwh)),
          el("td.number", {}, told(each.cost))))))),
  ];
}

/** @param {any} line @param {Record<string, string>} words */
function nameOf({ kind, name }, words) {
  const what = words[`kind_${kind}`] ?? kind;
  return name && name !== "default" && name !== what ? `${what}: ${name}` : what;
}

/** @param {any} line @param {any} bill @param {any} hass */
function detail({ quantity, unit, price: each }, bill, hass) {
  if (quantity === undefined) return "";
  const much = unit === "kWh" ? energy(hass, quantity) : `${number(hass, quantity, { maximumFractionDigits: 3 })} ${unit ?? ""}`;
  if (each === undefined) return much;
  return `${much} × ${unit === "kWh" ? price(hass, each, bill.currency) : money(hass, each, bill.currency)}` || NOTHING;
}

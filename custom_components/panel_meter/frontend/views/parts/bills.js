// Bills of the cycles before.
import { billTable } from "../bills.js";
import { el } from "../dom.js";
import { date, energy, money } from "../numbers.js";

/** @param {any} context */
export const part = ({ hass, config, words }) => ({
  every: 900,
  load: async () => (await hass.callWS({ type: "panel_meter/bills", panels: [config.panel], limit: 25 })).bills.filter((/** @type {any} */ bill) => bill.complete),
  draw: (/** @type {any[]} */ bills) =>
    bills.length
      ? bills.map((bill, place) =>
          el("details", {},
            el("summary", { "data-key": `bill-${place}` },
              el("span.line", { style: { display: "inline-flex", width: "calc(100% - 24px)" } },
                el("span.name", {}, date(hass, bill.first_day, { month: "long", year: "numeric" })),
                el("span.quiet.small", {}, energy(hass, bill.imported_kwh)),
                el("span.value", {}, money(hass, bill.total, bill.currency)))),
            billTable(bill, hass, words)))
      : el("div.quiet", {}, words.no_past_bills),
});

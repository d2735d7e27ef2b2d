// The bill of the running cycle, line by line.
import { el } from "../dom.js";
import { billTable, whole } from "../bills.js";
import { NOTHING } from "../numbers.js";

/** @param {any} context */
export const part = ({ hass, config, words }) => ({
  every: 60,
  load: async () => {
    try {
      return await hass.callWS({ type: "panel_meter/bill", panel: config.panel });
    } catch (error) {
      // Right after a start the account is still being worked out; that is nothing that failed.
      if (/** @type {any} */ (error)?.code === "not_found") return null;
      throw error;
    }
  },
  draw: (/** @type {any} */ bill) => (bill ? [whole(bill, hass, words), ...billTable(bill, hass, words)] : el("div.quiet", {}, words.working_out ?? NOTHING)),
});

// Numbers, money and times as the user of Home Assistant has chosen to read them.

import { FORMS, formats, NOTHING } from "../shared/format.js";

export { NOTHING };

/** @typedef {import("../shared/format.js").Home} Hass */

/** @type {WeakMap<object, import("../shared/format.js").Formats>} */
const made = new WeakMap();

/** Those of a user, made once. @param {Hass} hass */
function usual(hass) {
  let found = made.get(hass.locale);
  if (!found) made.set(hass.locale, (found = formats(hass)));
  return found;
}

/** @param {Hass} hass @param {number} value @param {Intl.NumberFormatOptions} [options] */
export function number(hass, value, options = {}) {
  const { number_format: chosen, language } = hass.locale;
  const form = chosen === "system" ? undefined : (FORMS[chosen] ?? language);
  return new Intl.NumberFormat(form, { useGrouping: chosen !== "none", ...options }).format(value);
}

/** @param {Hass} hass @param {number} value @param {number} digits */
export const fixed = (hass, value, digits) =>
  number(hass, value, { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** @param {Hass} hass @param {number | null | undefined} watts */
export const power = (hass, watts) => usual(hass).power(watts);

/** @param {Hass} hass @param {number | null | undefined} kwh */
export function energy(hass, kwh) {
  if (kwh === null || kwh === undefined) return NOTHING;
  const size = Math.abs(kwh);
  return `${fixed(hass, kwh, size >= 1000 ? 0 : size >= 100 ? 1 : 2)} kWh`;
}

/** @param {Hass} hass @param {number | null | undefined} amount @param {string} currency */
export function money(hass, amount, currency) {
  if (amount === null || amount === undefined) return NOTHING;
  try {
    return number(hass, amount, { style: "currency", currency });
  } catch {
    return `${fixed(hass, amount, 2)} ${currency}`;
  }
}

/** A price of a kWh, with the digits that prices have. @param {Hass} hass @param {number | null} price @param {string} currency */
export function price(hass, price, currency) {
  if (price === null) return NOTHING;
  // An Indonesian kWh costs thousands: there, four decimals are noise.
  const digits = Math.abs(price) >= 100 ? 0 : Math.abs(price) >= 10 ? 2 : 4;
  try {
    return `${number(hass, price, { style: "currency", currency, minimumFractionDigits: Math.min(digits, 2), maximumFractionDigits: digits })}/kWh`;
  } catch {
    return `${fixed(hass, price, digits)} ${currency}/kWh`;
  }
}

/** @param {Hass} hass @param {number} share of 1 */
export const percent = (hass, share) => number(hass, Math.round(share * 100));

/** @param {Hass} hass */
export const zone = ({ locale, config }) =>
  locale.time_zone === "local" ? Intl.DateTimeFormat().resolvedOptions().timeZone : config.time_zone;

/** @param {Hass} hass */
function clock({ locale }) {
  if (locale.time_format === "12") return { hour12: true };
  if (locale.time_format === "24") return { hourCycle: /** @type {const} */ ("h23") };
  return {};
}

/** @param {Hass} hass @param {Date} when @param {Intl.DateTimeFormatOptions} options */
const told = (hass, when, options) =>
  new Intl.DateTimeFormat(hass.locale.language, { timeZone: zone(hass), ...options }).format(when);

/** @param {Hass} hass @param {Date} when */
export const time = (hass, when) => told(hass, when, { hour: "2-digit", minute: "2-digit", ...clock(hass) });

/** @param {Hass} hass @param {Date} when */
export const moment = (hass, when) =>
  told(hass, when, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", ...clock(hass) });

/** A date without a time, such as "2026-11-20". @param {Hass} hass @param {string} day @param {Intl.DateTimeFormatOptions} [options] */
export const date = (hass, day, options = { day: "numeric", month: "short", year: "numeric" }) =>
  new Intl.DateTimeFormat(hass.locale.language, { timeZone: "UTC", ...options }).format(new Date(`${day}T00:00Z`));

/** The local date, such as "2026-11-20". @param {Date} when @param {string} timeZone */
export const dayOf = (when, timeZone) =>
  new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" }).format(when);

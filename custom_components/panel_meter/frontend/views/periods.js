// Periods that people look at, as local dates: no time zone can shift them.

/** @typedef {"day" | "week" | "month" | "year"} Kind */
/** @typedef {{ kind: Kind | null, from: string, to: string }} Period `to` is not included; kind null: any days */

const DAY = 86_400_000;

/** @param {string} day */
const utc = (day) => new Date(`${day}T00:00Z`);
/** @param {Date} date */
const iso = (date) => date.toISOString().slice(0, 10);

/** @param {string} day @param {number} count */
export const addDays = (day, count) => iso(new Date(utc(day).getTime() + count * DAY));

/** @param {string} day @param {number} count */
function addMonths(day, count) {
  const date = utc(day);
  return iso(new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + count, 1)));
}

/** Days between two dates. @param {string} from @param {string} to */
export const days = (from, to) => Math.round((utc(to).getTime() - utc(from).getTime()) / DAY);

/** The period that holds a day. @param {Kind} kind @param {string} day @returns {Period} */
export function periodAt(kind, day) {
  if (kind === "day") return { kind, from: day, to: addDays(day, 1) };
  if (kind === "week") {
    const monday = addDays(day, -((utc(day).getUTCDay() + 6) % 7));
    return { kind, from: monday, to: addDays(monday, 7) };
  }
  const first = kind === "month" ? `${day.slice(0, 7)}-01` : `${day.slice(0, 4)}-01-01`;
  return { kind, from: first, to: addMonths(first, kind === "month" ? 1 : 12) };
}

/** Whatever somebody picked: a day, a week, a month or a year if it is one. @param {string} from @param {string} to @returns {Period} */
export function periodOf(from, to) {
  for (const kind of /** @type {Kind[]} */ (["day", "week", "month", "year"])) {
    const whole = periodAt(kind, from);
    if (whole.from === from && whole.to === to) return whole;
  }
  return { kind: null, from, to };
}

/** The period before (-1) or after (1). @param {Period} period @param {number} by @returns {Period} */
export function neighbour(period, by) {
  if (period.kind === "month" || period.kind === "year") {
    return periodAt(period.kind, addMonths(period.from, by * (period.kind === "month" ? 1 : 12)));
  }
  const length = days(period.from, period.to);
  return { kind: period.kind, from: addDays(period.from, by * length), to: addDays(period.to, by * length) };
}

/** The steps in which a period is drawn. @param {Period} period */
export function stepOf({ from, to }) {
  const length = days(from, to);
  return length <= 2 ? "hour" : length <= 62 ? "day" : "month";
}

// How heavily a breaker is loaded.

/** @typedef {{ power_w: number | null, current_a: number | null, power_factor?: number | null }} Values */
/** @typedef {import("./layout.js").Channel} Channel */

/** Above the first share of a rating a load may not last for hours, above the second the breaker will trip. */
export const HIGH = 0.8;
export const OVER = 1;

/** The sum of the voltages that make power of the current in one conductor. @param {string | null} phase @param {number} nominal */
export const volts = (phase, nominal) =>
  nominal * (phase === "L123" ? 3 : phase === "L1L2" ? (nominal < 160 ? 2 : Math.sqrt(3)) : 1);

/** Ampere in each conductor; null: not known. @param {Channel} channel @param {Values | undefined} values @param {number | null} nominal */
export function amperes(channel, values, nominal) {
  const { power_w = null, current_a = null } = values ?? {};
  if (current_a !== null) return Math.abs(current_a);
  return power_w === null || !nominal ? null : Math.abs(power_w) / volts(channel.phase, nominal);
}

/** Share of the rating; null: not known. @param {number | null} current @param {number | null} rating */
export const shareOf = (current, rating) => (current === null || !rating ? null : current / rating);

/** @param {number | null} share @returns {"none" | "low" | "middle" | "high" | "over"} */
export const levelOf = (share) =>
  share === null ? "none" : share > OVER ? "over" : share >= HIGH ? "high" : share >= 0.5 ? "middle" : "low";

/**
 * What each phase carries: as its mains say, else the sum of its circuits.
 * @param {Channel[]} channels @param {Record<string, Values>} values @param {number | null} nominal
 * @returns {{ phase: string, amperes: number, share: number | null, estimated: boolean }[]} none if there is one phase only
 */
export function balance(channels, values, nominal) {
  const mains = channels.filter(({ role }) => role === "main");
  const apart = mains.filter(({ phase }) => phase && phase.length === 2);
  const rating = mains[0]?.rating_a ?? null;
  /** @type {Map<string, number>} */
  const sums = new Map();
  const estimated = apart.length < 2;
  for (const channel of estimated ? channels : apart) {
    if (estimated && ["main", "sub"].includes(channel.role)) continue;
    const current = amperes(channel, values[channel.id], nominal);
    const phases = channel.phase === "L123" ? ["L1", "L2", "L3"] : channel.phase === "L1L2" ? ["L1", "L2"] : [channel.phase];
    const sign = estimated && (values[channel.id]?.power_w ?? 0) < 0 ? -1 : 1;
    for (const phase of phases) if (phase && current !== null) sums.set(phase, (sums.get(phase) ?? 0) + sign * current);
  }
  if (sums.size < 2) return [];
  return [...sums].sort(([one], [other]) => one.localeCompare(other)).map(([phase, sum]) => {
    const own = apart.find((channel) => channel.phase === phase)?.rating_a ?? rating;
    return { phase, amperes: Math.abs(sum), share: shareOf(Math.abs(sum), own), estimated };
  });
}

/**
 * An SVG path of mean powers, with holes where nothing is known.
 * @param {(number | null)[]} powers @param {number} width @param {number} height
 */
export function chart(powers, width, height) {
  const known = /** @type {number[]} */ (powers.filter((each) => each !== null));
  const top = Math.max(1, ...known);
  const bottom = Math.min(0, ...known);
  /** @param {number} power */
  const y = (power) => +(height - ((power - bottom) / (top - bottom)) * height).toFixed(1);
  let path = "";
  let before = false;
  powers.forEach((power, place) => {
    if (power !== null) {
      const [x, to] = [place, place + 1].map((each) => +((each / powers.length) * width).toFixed(1));
      path += `${before ? "L" : "M"}${x} ${y(power)}H${to}`;
    }
    before = power !== null;
  });
  return { path, top, bottom, zero: y(0), most: known.length ? Math.max(...known) : null };
}

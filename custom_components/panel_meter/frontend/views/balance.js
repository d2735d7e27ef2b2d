// What a house uses, of what its mains, solar and battery channels say.

/** @param {(number | null | undefined)[]} values @returns {number | null} the sum of what is known; null if nothing is */
export function sum(values) {
  const known = values.filter((value) => value !== null && value !== undefined);
  return known.length ? known.reduce((one, other) => /** @type {number} */ (one) + /** @type {number} */ (other), 0) ?? null : null;
}

/**
 * The balance of values whose import is positive: powers now, or net energies of a period.
 *
 * Mains are positive while the house draws from the grid. A solar channel whose clamp tells directions apart is negative
 * while it produces; one that cannot is positive, and produces then. A battery is positive while it charges.
 * @param {{ id: string, role: string }[]} channels
 * @param {(channel: string) => number | null | undefined} value
 * @param {(channel: string) => boolean} signed whether the clamp of a channel tells directions apart
 */
export function balance(channels, value, signed) {
  /** @param {string} role */
  const of = (role) => channels.filter((channel) => channel.role === role).map(({ id }) => id);
  const [mains, solars, batteries, circuits] = ["main", "solar", "battery", "circuit"].map(of);
  const grid = sum(mains.map(value));
  const solar = sum(
    solars.map((id) => {
      const found = value(id);
      return found === null || found === undefined ? null : signed(id) ? -found : found;
    }),
  );
  const battery = sum(batteries.map(value));
  const measured = sum(circuits.map(value));
  // Without mains the circuits are all that is known.
  const used = mains.length ? (grid === null ? null : grid + (solar ?? 0) - (battery ?? 0)) : measured;
  const rest = mains.length && circuits.length && used !== null && measured !== null ? Math.max(used - measured, 0) : null;
  return { grid, solar, battery, measured, used, rest };
}

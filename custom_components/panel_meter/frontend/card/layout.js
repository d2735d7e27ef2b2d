// Where breakers sit. Slots are counted from 1: in columns odd ones stand on the left and a breaker goes on downwards;
// on rails it goes on to the right. The same rules as the integration's core/placement.py.

/** @typedef {"columns" | "rail"} Layout */
/** @typedef {{ id: string, name: string, role: string, phase: string | null, rating_a: number | null, slot: number | null,
 *   poles: number | null, entities?: Record<string, string> }} Channel */
/** Slots by channel. @typedef {Map<string, number>} Places */

export const MOST_SLOTS = 84;
export const MOST_POLES = 3;

/** @type {Record<string, number>} */
const CONDUCTORS = { L1L2: 2, L123: 3 };

/** @param {{ poles: number | null, phase: string | null }} channel */
export const polesOf = ({ poles, phase }) => Math.min(MOST_POLES, Math.max(1, poles || CONDUCTORS[phase ?? ""] || 1));

/** @param {{ nominal_voltage_v: number | null, channels: Channel[] }} panel @returns {Layout} */
export const usualLayout = ({ nominal_voltage_v, channels }) =>
  (nominal_voltage_v && nominal_voltage_v < 160) || channels.some(({ phase }) => phase === "L1L2") ? "columns" : "rail";

/** @param {number} slot @param {number} poles @param {Layout} layout */
export const slotsOf = (slot, poles, layout) =>
  Array.from({ length: poles }, (_, place) => slot + place * (layout === "columns" ? 2 : 1));

/** The first slot in which a breaker fits. @param {Set<number>} taken @param {number} poles @param {Layout} layout */
export function freeSlot(taken, poles, layout) {
  let slot = 1;
  while (slotsOf(slot, poles, layout).some((each) => taken.has(each))) slot += 1;
  return slot;
}

/**
 * A slot for every channel: its own if it has one that is free, else the first that is left.
 * @param {Channel[]} channels @param {Layout} layout @returns {Places}
 */
export function place(channels, layout) {
  /** @type {Places} */
  const places = new Map();
  /** @type {Set<number>} */
  const taken = new Set();
  /** @param {Channel} channel @param {number} slot */
  const put = (channel, slot) => {
    places.set(channel.id, slot);
    for (const each of slotsOf(slot, polesOf(channel), layout)) taken.add(each);
  };
  const waiting = channels.filter((channel) => {
    const { slot } = channel;
    const wanted = slot ? slotsOf(slot, polesOf(channel), layout) : [];
    if (!slot || wanted.some((each) => !(each >= 1 && each <= MOST_SLOTS) || taken.has(each))) return true;
    put(channel, slot);
    return false;
  });
  for (const channel of waiting) put(channel, freeSlot(taken, polesOf(channel), layout));
  return places;
}

/** The last slot that a panel needs to show. @param {Channel[]} channels @param {Places} places @param {Layout} layout */
export function sizeOf(channels, places, layout) {
  const ends = channels.map((channel) => slotsOf(places.get(channel.id) ?? 1, polesOf(channel), layout).at(-1) ?? 1);
  const most = Math.max(1, ...ends);
  return layout === "columns" ? most + (most % 2) : most;
}

/**
 * The places after a breaker was moved. Those in its way take its old place if they fit there, else what is free.
 * @param {Channel[]} channels @param {Places} places @param {string} id @param {number} slot @param {Layout} layout
 * @returns {Places | null} null: it cannot be moved there
 */
export function move(channels, places, id, slot, layout) {
  const moving = channels.find((channel) => channel.id === id);
  const from = places.get(id);
  if (!moving || from === undefined) return null;
  const wanted = slotsOf(slot, polesOf(moving), layout);
  if (wanted.some((each) => !(each >= 1 && each <= MOST_SLOTS))) return null;
  const moved = new Map(places).set(id, slot);
  const taken = new Set(wanted);
  /** @type {Channel[]} */
  const displaced = [];
  for (const channel of channels) {
    if (channel === moving) continue;
    const own = slotsOf(places.get(channel.id) ?? 1, polesOf(channel), layout);
    if (own.some((each) => wanted.includes(each))) displaced.push(channel);
    else for (const each of own) taken.add(each);
  }
  const [neighbour] = displaced;
  if (displaced.length === 1) {
    // Two that touch change places, however many slots each of them takes.
    const [first, second] = (places.get(neighbour.id) ?? 1) < from ? [neighbour, moving] : [moving, neighbour];
    const start = places.get(first.id) ?? 1;
    if (slotsOf(start, polesOf(first) + 1, layout).at(-1) === places.get(second.id))
      return moved.set(second.id, start).set(first.id, slotsOf(start, polesOf(second) + 1, layout).at(-1) ?? 1);
  }
  for (const channel of displaced) {
    const poles = polesOf(channel);
    const back = (places.get(channel.id) ?? 1) + from - slot;
    const fits = back >= 1 && !slotsOf(back, poles, layout).some((each) => taken.has(each) || each > MOST_SLOTS);
    const to = fits ? back : freeSlot(taken, poles, layout);
    const own = slotsOf(to, poles, layout);
    if (own.some((each) => each > MOST_SLOTS)) return null;
    moved.set(channel.id, to);
    for (const each of own) taken.add(each);
  }
  return moved;
}

/** Where an arrow key takes a breaker. @param {string} key @param {Layout} layout @returns {number} slots further on; 0: nowhere */
export function step(key, layout) {
  const down = layout === "columns" ? 2 : 1;
  return { ArrowUp: -down, ArrowDown: down, ArrowLeft: -1, ArrowRight: 1 }[key] ?? 0;
}

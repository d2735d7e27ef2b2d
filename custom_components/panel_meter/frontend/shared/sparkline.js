// Bars over time, small: steps of energy beside those of the period before, or prices of the coming hours.
import { svg } from "../views/dom.js";

/** The look of the bars; belongs into the style of whoever shows them. */
export const barsStyle = `
.bars { display: block; width: 100%; height: 140px; }
.bars .ghost { fill: var(--secondary-text-color); opacity: .3; }
.bars .value { fill: var(--primary-color); }
.bars .base { stroke: var(--divider-color); stroke-width: 1; vector-effect: non-scaling-stroke; }
`;

/**
 * @param {{ label: string, values: readonly (number | null)[], before?: readonly (number | null)[],
 *   titles?: readonly string[], colors?: readonly (string | null)[] }} chart
 *   `titles` tell each bar; `before` is drawn wider and paler behind
 */
export function bars({ label, values, before = [], titles = [], colors = [] }) {
  const all = [...values, ...before].map((value) => value ?? 0);
  const highest = Math.max(...all, 0) || 1;
  const lowest = Math.min(...all, 0);
  const scale = 100 / (highest - lowest);
  const count = Math.max(values.length, before.length, 1);
  const width = 100 / count;
  const zero = highest * scale;
  /** @param {number | null | undefined} value @param {number} place @param {number} share @param {Record<string, any>} more */
  const bar = (value, place, share, more) => {
    const height = Math.abs(value ?? 0) * scale;
    return svg("rect", {
      x: (place + (1 - share) / 2) * width,
      width: width * share,
      y: (value ?? 0) >= 0 ? zero - height : zero,
      height,
      ...more,
    });
  };
  return svg(
    "svg",
    { class: "bars", viewBox: "0 0 100 100", preserveAspectRatio: "none", role: "img", "aria-label": label },
    before.map((value, place) => bar(value, place, 0.9, { class: "ghost" })),
    values.map((value, place) => bar(value, place, before.length ? 0.5 : 0.8, { class: "value", ...(colors[place] ? { style: { fill: colors[place] } } : {}) })),
    svg("line", { class: "base", x1: 0, x2: 100, y1: zero, y2: zero }),
    // What is under the finger is a whole column, so that small bars can be asked too.
    titles.map((title, place) =>
      svg("rect", { x: place * width, width, y: 0, height: 100, fill: "transparent" }, svg("title", {}, title)),
    ),
  );
}

// A bar that fills with the load: green, then amber, then red towards its limit.
import { el } from "../views/dom.js";

/** Shares of the limit from which on a load is worth a look, and too much. */
export const WATCH = 0.6;
export const HIGH = 0.8;

/** @param {number} share */
export const loadColor = (share) =>
  share >= HIGH ? "var(--error-color)" : share >= WATCH ? "var(--warning-color)" : "var(--success-color)";

/** The look of a bar; belongs into the style of whoever shows one. */
export const gaugeStyle = `
.gauge { height: 8px; border-radius: 4px; overflow: hidden; background: var(--divider-color); }
.gauge > div { height: 100%; border-radius: 4px; transition: width .4s; }
@media (prefers-reduced-motion: reduce) { .gauge > div { transition: none; } }
`;

/**
 * A bar; `update` moves it. It is a picture of a number that stands beside it, so readers of screens pass it over.
 * @param {{ share: number, color?: string }} first
 */
export function gauge(first) {
  const inner = el("div");
  const element = el("div.gauge", { "aria-hidden": "true" }, inner);
  /** @param {{ share: number, color?: string }} next */
  const update = ({ share, color }) => {
    inner.style.width = `${Math.min(Math.max(share, 0), 1) * 100}%`;
    inner.style.background = color ?? loadColor(share);
  };
  update(first);
  return { element, update };
}

// The demand clock: how far the running interval is, and how full it is against the highest one of the bill.
import { svg } from "../views/dom.js";
import { loadColor } from "./gauge.js";

const AROUND = 2 * Math.PI;

/** The look of the clock; belongs into the style of whoever shows one. */
export const clockStyle = `
.clock { display: block; width: 160px; height: 160px; flex: none; }
.clock text { fill: var(--primary-text-color); text-anchor: middle; }
.clock .large { font-size: 17px; font-weight: 500; }
.clock .small { font-size: 9px; fill: var(--secondary-text-color); }
`;

/** @param {number} radius @param {number} share @param {string} color @param {number} width */
const ring = (radius, share, color, width) =>
  svg("circle", {
    cx: 60,
    cy: 60,
    r: radius,
    fill: "none",
    stroke: color,
    "stroke-width": width,
    "stroke-linecap": share > 0 && share < 1 ? "round" : "butt",
    "stroke-dasharray": `${Math.min(Math.max(share, 0), 1) * radius * AROUND} ${radius * AROUND}`,
    transform: "rotate(-90 60 60)",
  });

/**
 * The outer ring is the time of the interval, the inner one its energy against the highest interval.
 * @param {{ label: string, large: string, small: string, elapsed: number, share: number }} clock
 */
export const clock = ({ label, large, small, elapsed, share }) =>
  svg(
    "svg",
    { class: "clock", viewBox: "0 0 120 120", role: "img", "aria-label": label },
    ring(54, 1, "var(--divider-color)", 4),
    ring(54, elapsed, "var(--primary-color)", 4),
    ring(44, 1, "var(--divider-color)", 9),
    ring(44, share, loadColor(share), 9),
    svg("text", { class: "large", x: 60, y: 62 }, large),
    svg("text", { class: "small", x: 60, y: 77 }, small),
  );

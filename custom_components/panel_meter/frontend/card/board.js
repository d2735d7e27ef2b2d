// The picture of a panel: breakers in their slots. What a message changes is changed in place, nothing else.
import { el } from "../views/dom.js";
import { place, polesOf, sizeOf, slotsOf } from "./layout.js";
import { amperes, levelOf, shareOf } from "./scale.js";
import { fill } from "./texts.js";

/** @typedef {import("./layout.js").Channel} Channel */
/** @typedef {import("./layout.js").Places} Places */
/** @typedef {import("./layout.js").Layout} Layout */
/** @typedef {import("./scale.js").Values} Values */
/** @typedef {import("../shared/format.js").Formats} Formats */
/** @typedef {{ channel: Channel, item: HTMLElement, button: HTMLElement, value: Text, share: Text, note: Text, fill: HTMLElement,
 *   badge: HTMLElement, level: string, width: string }} Cell */

/** Changes a text only if it is another one; that is what keeps a message cheap. @param {Text} node @param {string} text */
export const say = (node, text) => void (node.data === text || (node.data = text));

/** @param {string | null} phase */
export const phaseChip = (phase) =>
  phase &&
  el("span.phase", {}, ...(phase === "L123" ? ["L1", "L2", "L3"] : phase === "L1L2" ? ["L1", "L2"] : [phase]).map((each) =>
    el(`span.wire.${each}`, {}, each)));

/** A bar that says how much of a rating is used. */
export const gauge = () => {
  const inner = el("span.fill");
  return { bar: el("span.bar", { "aria-hidden": "true" }, inner), inner };
};

export class Board {
  /** @type {Map<string, Cell>} */ cells = new Map();
  /** @type {Places} */ places;
  /** @type {Channel[]} */ channels;
  element;

  /**
   * @param {Channel[]} channels all but the mains @param {Layout} layout @param {import("./texts.js").Words} words
   * @param {(channel: Channel, button: HTMLElement) => void} open is called when a breaker is chosen
   */
  constructor(channels, layout, words, open) {
    this.channels = channels;
    this.layout = layout;
    this.words = words;
    this.places = place(channels, layout);
    for (const channel of channels) this.cells.set(channel.id, this.#cell(channel, open));
    this.element = el("ul.board", { "data-layout": layout, role: "list" });
    this.arrange(this.places);
  }

  /** @param {Channel} channel @param {(channel: Channel, button: HTMLElement) => void} open @returns {Cell} */
  #cell(channel, open) {
    const [value, share, note] = ["–", "", ""].map((text) => document.createTextNode(text));
    const { bar, inner } = gauge();
    const badge = el("span.badge", { hidden: true, role: "img" });
    const button = el(
      "button.breaker",
      { type: "button", click: () => open(channel, button), "data-id": channel.id },
      el("span.head", {}, el("span.number"), phaseChip(channel.phase), badge),
      el("bdi.name", { title: channel.name }, channel.name),
      el("span.line", {}, el("span.value", {}, value), el("span.share", {}, share)),
      bar,
      el("span.hidden", {}, note),
    );
    const item = el("li.slot", { "data-level": "none", "data-role": channel.role }, button);
    return { channel, item, button, value, share, note, fill: inner, badge, level: "none", width: "" };
  }

  /** Put every breaker into its slot, and a blank into each that is left. @param {Places} places @param {number} [least] slots to show */
  arrange(places, least = 0) {
    this.places = places;
    const { layout, words } = this;
    const size = Math.max(least, sizeOf(this.channels, places, layout));
    /** @type {Map<number, HTMLElement>} */
    const items = new Map();
    const taken = new Set();
    for (const { channel, item, button } of this.cells.values()) {
      const slot = places.get(channel.id) ?? 1;
      const slots = slotsOf(slot, polesOf(channel), layout);
      slots.forEach((each) => taken.add(each));
      const number = /** @type {HTMLElement} */ (button.querySelector(".number"));
      number.textContent = slots.join(layout === "columns" ? "·" : "–").replace(/–.*–/, "–");
      number.setAttribute("aria-label", fill(words.slot, { slot: slots.join(", ") }));
      number.setAttribute("role", "img");
      items.set(slot, this.#into(item, slot, slots.length));
    }
    for (let slot = 1; slot <= size; slot += 1)
      if (!taken.has(slot)) items.set(slot, this.#into(el("li.blank", { "data-slot": slot, "aria-hidden": "true" }, el("span", {}, slot)), slot, 1));
    const sorted = [...items].sort(([one], [other]) => one - other).map(([, item]) => item);
    const focused = /** @type {ShadowRoot | Document} */ (this.element.getRootNode()).activeElement;
    this.element.replaceChildren(...sorted);
    if (focused instanceof HTMLElement && this.element.contains(focused)) focused.focus();
  }

  /** @param {HTMLElement} item @param {number} slot @param {number} poles */
  #into(item, slot, poles) {
    item.dataset.slot = String(slot);
    const { style } = item;
    if (this.layout === "columns") {
      style.gridColumn = slot % 2 ? "1" : "2";
      style.gridRow = `${Math.ceil(slot / 2)} / span ${poles}`;
    } else style.gridColumn = `span ${poles}`;
    return item;
  }

  /**
   * @param {Record<string, Values>} values by channel @param {number | null} nominal volts @param {Formats} format
   * @param {"W" | "A"} unit @param {(channel: Channel, level: string) => void} heavy is called when a load becomes high
   */
  update(values, nominal, format, unit, heavy) {
    for (const cell of this.cells.values()) {
      const { channel } = cell;
      const own = values[channel.id];
      const current = amperes(channel, own, nominal);
      const share = shareOf(current, channel.rating_a);
      const watts = own?.power_w ?? null;
      say(cell.value, unit === "A" ? format.current(current) : format.power(watts));
      say(cell.share, format.percent(share));
      const width = share === null ? "0" : Math.min(1, share).toFixed(3);
      if (cell.width !== width) cell.fill.style.transform = `scaleX(${(cell.width = width)})`;
      const level = watts !== null && watts < -0.5 && channel.role !== "circuit" ? "back" : levelOf(share);
      if (cell.level !== level) {
        if (level === "over" || (level === "high" && cell.level !== "over")) heavy(channel, level);
        cell.item.dataset.level = cell.level = level;
        say(cell.note, level === "over" || level === "high" || level === "back" ? this.words[level] : "");
      }
    }
  }

  /** Show the gravest open alert of each channel. @param {{ channel: string | null, severity: string, title: string }[]} alerts */
  warn(alerts) {
    const grave = ["info", "warning", "critical"];
    for (const { channel, badge } of this.cells.values()) {
      const own = alerts.filter((alert) => alert.channel === channel.id);
      own.sort((one, other) => grave.indexOf(other.severity) - grave.indexOf(one.severity));
      badge.hidden = !own.length;
      badge.dataset.severity = own[0]?.severity ?? "";
      badge.textContent = own.length > 1 ? String(own.length) : own.length ? "!" : "";
      badge.setAttribute("aria-label", own.map(({ title }) => fill(this.words.open_alert, { title })).join(", "));
    }
  }
}

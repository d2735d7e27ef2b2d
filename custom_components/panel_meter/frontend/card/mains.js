// What stands above the breakers: the mains against their rating, and how the phases share the load.
import { el } from "../views/dom.js";
import { gauge, phaseChip, say } from "./board.js";
import { amperes, balance, levelOf, shareOf } from "./scale.js";
import { fill } from "./texts.js";

/** @typedef {import("./layout.js").Channel} Channel */
/** @typedef {import("./scale.js").Values} Values */

/** @param {string} label @param {Node | string | null | false} chip @param {Record<string, any>} [attributes] */
function row(label, chip, attributes = {}) {
  const [value, share] = ["–", ""].map((text) => document.createTextNode(text));
  const { bar, inner } = gauge();
  const element = el(
    "div.row", attributes, el("span.label", {}, chip, el("bdi", {}, label)), bar, el("span.value", {}, value), el("span.share", {}, share),
  );
  return { element, value, share, inner, width: "" };
}

/** @param {ReturnType<typeof row>} row @param {string} text @param {number | null} share @param {string} shown */
function show(row, text, share, shown) {
  say(row.value, text);
  say(row.share, shown);
  const width = share === null ? "0" : Math.min(1, Math.max(0, share)).toFixed(3);
  if (row.width === width) return;
  row.inner.style.transform = `scaleX(${(row.width = width)})`;
  row.element.dataset.level = levelOf(share);
}

export class Mains {
  /** @type {Map<string, ReturnType<typeof row>>} */ #rows = new Map();
  /** @type {Map<string, ReturnType<typeof row>>} */ #phases = new Map();
  #list = el("div.phases", { hidden: true });
  #hint = document.createTextNode("");

  /** @param {Channel[]} channels @param {import("./texts.js").Words} words @param {(channel: Channel, button: HTMLElement) => void} open */
  constructor(channels, words, open) {
    this.channels = channels;
    this.words = words;
    for (const channel of channels)
      if (channel.role === "main") {
        const made = row(channel.name || words.mains, phaseChip(channel.phase?.length === 2 ? channel.phase : null), {});
        const button = el("button.main", { type: "button", "data-id": channel.id, click: () => open(channel, button) }, made.element);
        this.#rows.set(channel.id, made);
      }
    const buttons = [...this.#rows.values()].map(({ element }) => element.parentElement);
    this.element = el("section.mains", { "aria-label": words.mains }, ...buttons, this.#list);
    this.element.hidden = !buttons.length;
  }

  /** @param {Record<string, Values>} values @param {number | null} nominal @param {import("../shared/format.js").Formats} format @param {"W" | "A"} unit */
  update(values, nominal, format, unit) {
    for (const channel of this.channels) {
      const made = this.#rows.get(channel.id);
      if (!made) continue;
      const current = amperes(channel, values[channel.id], nominal);
      const share = shareOf(current, channel.rating_a);
      const text = unit === "A" ? format.current(current) : format.power(values[channel.id]?.power_w);
      show(made, text, share, format.percent(share));
    }
    // Mains with a clamp on each conductor show their phases themselves.
    if (this.#rows.size > 1) return;
    const found = balance(this.channels, values, nominal);
    this.#list.hidden = !found.length;
    if (!found.length) return;
    this.element.hidden = false;
    const most = Math.max(...found.map(({ amperes }) => amperes), 0.1);
    for (const { phase, amperes: current, share } of found) {
      let made = this.#phases.get(phase);
      if (!made) {
        made = row("", phaseChip(phase));
        this.#phases.set(phase, made);
        if (this.#phases.size === 1) this.#list.append(el("div.caption", {}, this.words.balance, " ", el("span.hint", {}, this.#hint)));
        this.#list.append(made.element);
      }
      show(made, format.current(current), share ?? current / most, format.percent(share));
    }
    say(this.#hint, found[0].estimated ? `(${fill(this.words.from_circuits, {})})` : "");
  }
}

// What a breaker draws now, and how it went over the last 24 hours.
import { el, svg } from "../views/dom.js";
import { phaseChip, say } from "./board.js";
import { amperes, chart, shareOf } from "./scale.js";
import { fill } from "./texts.js";

const DAY = 86_400;
const HEIGHT = 120;

export class Detail {
  /**
   * @param {any} hass @param {import("./card.js").Panel} panel @param {import("./layout.js").Channel} channel
   * @param {import("./texts.js").Words} words @param {import("../shared/format.js").Formats} format @param {HTMLElement} host
   */
  constructor(hass, panel, channel, words, format, host) {
    this.hass = hass;
    this.panel = panel;
    this.channel = channel;
    this.words = words;
    this.format = format;
    this.values = [words.power, words.current, words.load, words.factor].map((name) => ({ name, text: document.createTextNode("–") }));
    this.plot = el("div", {}, el("p.note", {}, words.loading));
    const entity = channel.entities?.power;
    /** @type {HTMLDialogElement} */
    this.element = /** @type {HTMLDialogElement} */ (
      el(
        "dialog",
        { "aria-label": channel.name, click: (/** @type {MouseEvent} */ event) => event.target === this.element && this.element.close() },
        el("header", {}, el("h2", {}, el("bdi", {}, channel.name)), phaseChip(channel.phase),
          el("button.tool", { type: "button", "aria-label": words.close, click: () => this.element.close() }, "✕")),
        el("dl", {}, ...this.values.flatMap(({ name, text }) => [el("dt", {}, name), el("dd", {}, text)])),
        el("div.caption", {}, words.day),
        this.plot,
        el("div.acts", {}, entity && el("button.tool", { type: "button", click: () => this.#more(host, entity) }, words.more)),
      )
    );
  }

  /** @param {import("./card.js").Present} present */
  update({ channels }) {
    const { channel, format, words } = this;
    const own = channels[channel.id];
    const current = amperes(channel, own, this.panel.nominal_voltage_v);
    const share = shareOf(current, channel.rating_a);
    const factor = own?.power_factor ?? null;
    const load = share === null ? "–" : fill(words.of_rating, { share: format.percent(share), rating: String(channel.rating_a) });
    const texts = [format.power(own?.power_w), format.current(current), load, factor === null ? "–" : format.number(factor, 2)];
    texts.forEach((text, place) => say(this.values[place].text, text));
  }

  /** Ask the ledger for as many steps as can be shown. */
  async load() {
    const { channel, format, words } = this;
    const width = Math.round(Math.min(600, Math.max(120, this.plot.clientWidth)));
    const from = new Date(Date.now() - DAY * 1000).toISOString();
    try {
      const found = await this.hass.callWS({ type: "panel_meter/history", panel: this.panel.id, channels: [channel.id], from, width });
      const { path, zero, most } = chart(found.power_w[channel.id] ?? [], width, HEIGHT);
      if (most === null) return this.plot.replaceChildren(el("p.note", {}, words.no_history));
      const highest = fill(words.highest, { power: format.power(most) });
      const edges = found.edges;
      this.plot.replaceChildren(
        svg("svg", { class: "chart", viewBox: `0 0 ${width} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": `${words.day}: ${highest}` },
          svg("line", { x1: 0, x2: width, y1: zero, y2: zero }), svg("path", { d: path })),
        el("div.times", {}, el("span", {}, format.time(edges[0])), el("span", {}, highest), el("span", {}, format.time(edges.at(-1)))),
      );
    } catch (error) {
      const reason = /** @type {{ message?: string }} */ (error)?.message ?? "";
      this.plot.replaceChildren(el("p.state", { role: "status" }, fill(words.failed, { reason })));
    }
  }

  /** @param {HTMLElement} host @param {string} entityId */
  #more(host, entityId) {
    this.element.close();
    host.dispatchEvent(new CustomEvent("hass-more-info", { bubbles: true, composed: true, detail: { entityId } }));
  }
}

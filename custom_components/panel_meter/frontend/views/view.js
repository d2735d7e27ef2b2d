// The card `custom:panel-meter-view`: one of the small cards that Home Assistant has no card for.
import { follow } from "../shared/live.js";
import { el } from "./dom.js";
import { style } from "./style.js";
import { fill, loadTexts } from "./texts.js";

/** What can be shown; each has a module of its own, loaded when it is first used. */
const SHOWS = ["now", "overview", "energy", "prices", "demand", "projection", "bill", "bills", "alerts", "health", "guide"];
/** Milliseconds until something that failed is tried again. */
const AGAIN = 5000;

/**
 * What a part gets to know and to use.
 * @typedef {{ hass: any, config: any, words: Record<string, string>, refresh: () => void,
 *   host: HTMLElement, follow: typeof follow }} Context
 * @typedef {{ every?: number, load: (context: Context) => Promise<any>,
 *   draw: (data: any, context: Context) => Node | Node[],
 *   attach?: (context: Context) => (() => void) | void }} Part
 */

class PanelMeterView extends HTMLElement {
  /** @type {any} */ #config;
  /** @type {any} */ #hass;
  /** @type {Part | undefined} */ #part;
  /** @type {Record<string, string>} */ #words = {};
  /** @type {(() => void)[]} */ #leave = [];
  #content = el("div.content", {}, el("div.quiet", {}, ""));
  #turn = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.append(el("style", {}, style), el("ha-card", {}, this.#content));
  }

  /** @param {any} config */
  setConfig(config) {
    if (!SHOWS.includes(config.show)) throw new Error(`"show" must be one of ${SHOWS.join(", ")}.`);
    this.#config = config;
    this.#restart();
  }

  /** @param {any} hass */
  set hass(hass) {
    const before = this.#hass;
    this.#hass = hass;
    if (!before || before.locale !== hass.locale) this.#restart();
  }

  getCardSize() {
    return 4;
  }

  getGridOptions() {
    return { columns: 12, min_columns: 6 };
  }

  connectedCallback() {
    this.#restart();
  }

  disconnectedCallback() {
    this.#stop();
  }

  #stop() {
    this.#turn += 1;
    clearTimeout(this.#timer);
    for (const leave of this.#leave.splice(0)) leave();
  }

  #restart() {
    this.#stop();
    if (this.isConnected && this.#config && this.#hass) void this.#start(this.#turn);
  }

  /** @param {number} turn */
  async #start(turn) {
    const [words, module] = await Promise.all([loadTexts(this.#hass), import(`./parts/${this.#config.show}.js`)]);
    // Meanwhile the card may have been taken away, or got another task.
    if (turn !== this.#turn) return;
    this.#words = words;
    const part = /** @type {Part} */ (module.part(this.#context()));
    this.#part = part;
    const again = () => void this.#load(turn);
    const seen = () => document.hidden || again();
    this.#hass.connection.addEventListener("ready", again);
    document.addEventListener("visibilitychange", seen);
    this.#leave.push(
      () => this.#hass.connection.removeEventListener("ready", again),
      () => document.removeEventListener("visibilitychange", seen),
    );
    const leave = part.attach?.(this.#context());
    if (leave) this.#leave.push(leave);
    await this.#load(turn);
  }

  /** @returns {Context} */
  #context() {
    const turn = this.#turn;
    return { hass: this.#hass, config: this.#config, words: this.#words, refresh: () => void this.#load(turn), host: this, follow };
  }

  /** @param {number} turn */
  async #load(turn) {
    const part = this.#part;
    if (turn !== this.#turn || !part) return;
    clearTimeout(this.#timer);
    let wait = (part.every ?? 0) * 1000;
    try {
      const data = await part.load(this.#context());
      if (turn !== this.#turn) return;
      const drawn = part.draw(data, this.#context());
      this.#show(drawn);
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#fail(error);
      wait = AGAIN;
    }
    clearTimeout(this.#timer);
    if (wait) this.#timer = setTimeout(() => (document.hidden ? undefined : void this.#load(turn)), wait);
  }

  /** Puts in what was drawn, and the focus back to where it was. @param {Node | Node[]} drawn */
  #show(drawn) {
    const focused = this.shadowRoot?.activeElement?.getAttribute("data-key");
    this.#content.replaceChildren(...[drawn].flat());
    if (focused) /** @type {HTMLElement | null} */ (this.#content.querySelector(`[data-key="${CSS.escape(focused)}"]`))?.focus();
  }

  /** @param {any} error */
  #fail(error) {
    const words = this.#words;
    const lost = !this.#hass.connection.connected;
    const text = lost ? words.lost : fill(words.failed, { reason: error?.message ?? String(error) });
    this.#content.replaceChildren(el("div.quiet", { role: "status" }, text));
  }
}

customElements.get("panel-meter-view-view") ?? customElements.define("panel-meter-view-view", PanelMeterView);

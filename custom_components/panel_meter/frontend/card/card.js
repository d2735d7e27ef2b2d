// The card `custom:panel-meter-card`: an electrical panel as it hangs on the wall.
import { formats } from "../shared/format.js";
import { follow } from "../shared/live.js";
import { el, svg } from "../views/dom.js";
import { Board, say } from "./board.js";
import { usualLayout } from "./layout.js";
import { Mains } from "./mains.js";
import { style } from "./style.js";
import { fill, loadWords } from "./texts.js";

/** @typedef {import("./layout.js").Channel} Channel */
/** @typedef {import("./scale.js").Values} Values */
/** @typedef {{ id: string, name: string, online: boolean | null, last_seen: string | null, nominal_voltage_v: number | null, channels: Channel[] }} Panel */
/** @typedef {{ panel?: string, layout?: "columns" | "rail" | "auto", unit?: "W" | "A" }} Config */
/** @typedef {{ channels: Record<string, Values>, online: boolean | null, last_seen: string | null, not_metered_w: number | null }} Present */

/** Milliseconds until what failed is tried again, and between two announcements to a screen reader. */
const AGAIN = 5000;
const QUIET = 30000;
const PENCIL = "M14 4l6 6L9 21H3v-6L14 4zm0 2.8L5 15.8V19h3.2l9-9L14 6.8z";
/** @type {Record<string, string[]>} */
const CHOICES = { layout: ["auto", "columns", "rail"], unit: ["W", "A"] };

/** What the editor of the card asks for. */
export async function getConfigForm() {
  const { hass } = /** @type {any} */ (document.querySelector("home-assistant") ?? {});
  const words = await loadWords(hass);
  const known = await hass?.callWS({ type: "panel_meter/panels" }).catch(() => null);
  const panels = (known?.panels ?? []).map((/** @type {Panel} */ { id, name }) => ({ value: id, label: name }));
  /** @param {string[][]} options */
  const choice = (options) => ({ select: { mode: "dropdown", options: options.map(([value, label]) => ({ value, label })) } });
  return {
    schema: [
      { name: "panel", selector: panels.length ? { select: { mode: "dropdown", options: panels } } : { text: {} } },
      { name: "layout", selector: choice([["auto", words.layout_auto], ["columns", words.columns], ["rail", words.rail]]) },
      { name: "unit", selector: choice([["W", words.watts], ["A", words.amperes]]) },
    ],
    computeLabel: (/** @type {{ name: "panel" | "layout" | "unit" }} */ { name }) => words[name],
  };
}

export class PanelMeterCard extends HTMLElement {
  /** @type {Config} */ #config = {};
  /** @type {any} */ #hass;
  /** @type {Panel | undefined} */ #panel;
  /** @type {Board | undefined} */ #board;
  /** @type {Mains | undefined} */ #mains;
  /** @type {Present | undefined} */ #present;
  /** @type {import("./texts.js").Words} */ #words = /** @type {any} */ ({});
  /** @type {import("../shared/format.js").Formats} */ #format = /** @type {any} */ (undefined);
  /** @type {"W" | "A"} */ #unit = "W";
  /** @type {(() => void)[]} */ #leave = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;
  /** @type {{ update: (present: Present) => void } | undefined} */ #detail;
  /** @type {Map<string, number>} */ #told = new Map();
  #turn = 0;
  #shape = "";
  #inView = true;
  #editing = false;
  #root = this.attachShadow({ mode: "open" });
  #card = el("ha-card");
  #polite = el("div.hidden", { "aria-live": "polite" });
  #state = el("p.state", { hidden: true, role: "status" });
  #total = document.createTextNode("");
  #rest = document.createTextNode("");
  #restRow = el("div.rest", { hidden: true });
  #watcher = new IntersectionObserver((seen) => this.#see(seen[seen.length - 1].isIntersecting));

  constructor() {
    super();
    this.#root.append(el("style", {}, style), this.#card);
  }

  /** @param {Config} config */
  setConfig(config) {
    this.#config = config ?? {};
    this.#unit = this.#config.unit === "A" ? "A" : "W";
    this.#restart();
  }

  /** @param {any} hass */
  set hass(hass) {
    const before = this.#hass;
    this.#hass = hass;
    if (!before || before.locale !== hass.locale || before.connection !== hass.connection) this.#restart();
  }

  get hass() {
    return this.#hass;
  }

  connectedCallback() {
    document.addEventListener("visibilitychange", this.#restart);
    this.#watcher.observe(this);
    this.#restart();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.#restart);
    this.#watcher.disconnect();
    this.#stop();
  }

  /** @param {boolean} inView */
  #see(inView) {
    if (this.#inView === inView) return;
    this.#inView = inView;
    this.#restart();
  }

  #stop() {
    this.#turn += 1;
    clearTimeout(this.#timer);
    for (const leave of this.#leave.splice(0)) leave();
  }

  #restart = () => {
    this.#stop();
    if (this.isConnected && this.#hass && this.#inView && !document.hidden) void this.#start();
  };

  async #start() {
    const mine = this.#turn;
    const words = await loadWords(this.#hass);
    if (mine !== this.#turn) return;
    this.#words = words;
    this.#format = formats(this.#hass);
    const wrong = this.#wrong();
    if (wrong) return this.#only(wrong);
    if (!this.#board) this.#only(words.loading, "quiet");
    let panels;
    try {
      ({ panels } = await this.#hass.callWS({ type: "panel_meter/panels" }));
    } catch {
      if (mine !== this.#turn) return;
      this.#timer = setTimeout(this.#restart, AGAIN);
      return this.#only(this.#hass.connection.connected === false ? words.lost : words.not_running);
    }
    if (mine !== this.#turn) return;
    const { panel: wanted } = this.#config;
    const panel = wanted ? panels.find((/** @type {Panel} */ { id }) => id === wanted) : panels[0];
    if (!panel) return this.#only(wanted ? fill(words.no_panel, { panel: wanted }) : words.no_panels);
    // Whoever comes back to the page finds it as it was, with what is open on it.
    const shape = JSON.stringify([panel.name, panel.channels, panel.nominal_voltage_v, this.#config, this.#hass.locale]);
    if (!this.#editing && !(this.#board && this.#shape === shape)) this.#build(panel);
    this.#shape = shape;
    this.#follow(panel);
  }

  /** A sentence if the settings of the card cannot be followed. */
  #wrong() {
    for (const [option, known] of Object.entries(CHOICES)) {
      const value = /** @type {Record<string, unknown>} */ (this.#config)[option];
      if (value !== undefined && !known.includes(/** @type {string} */ (value)))
        return fill(this.#words.wrong, { value: String(value), option });
    }
    return "";
  }

  /** @param {string} sentence @param {string} [kind] */
  #only(sentence, kind = "wrong") {
    if (this.#editing) return;
    this.#board = undefined;
    this.#state.hidden = false;
    this.#state.dataset.kind = kind;
    this.#state.textContent = sentence;
    this.#card.replaceChildren(this.#state);
  }

  /** @param {Panel} panel */
  #follow(panel) {
    const { connection } = this.#hass;
    const lost = () => this.#say(connection.connected === false ? this.#words.lost : this.#words.not_running);
    this.#leave.push(follow(connection, [panel.id], (values) => this.#hear(values), { lost }));
    // After a restart the channels may be others.
    connection.addEventListener("ready", this.#restart);
    this.#leave.push(() => connection.removeEventListener("ready", this.#restart));
    const load = () =>
      this.#hass
        .callWS({ type: "panel_meter/alerts", panel: panel.id })
        .then((/** @type {any} */ { alerts }) => this.#board?.warn(alerts))
        .catch(() => {});
    // Whoever may not see alerts, or has none, sees a panel without badges.
    const alerts = connection.subscribeMessage(load, { type: "panel_meter/subscribe_alerts" }, { resubscribe: false });
    alerts.catch(() => {});
    this.#leave.push(() => alerts.then((/** @type {() => Promise<void>} */ leave) => leave()).catch(() => {}));
    void load();
  }

  /** @param {Panel} panel */
  #build(panel) {
    const words = this.#words;
    this.#panel = panel;
    const layout = CHOICES.layout.indexOf(this.#config.layout ?? "auto") > 0 ? this.#config.layout : usualLayout(panel);
    const breakers = panel.channels.filter(({ role }) => role !== "main");
    const open = (/** @type {Channel} */ channel) => void this.#open(channel);
    this.#board = new Board(breakers, layout === "columns" ? "columns" : "rail", words, open);
    this.#mains = new Mains(panel.channels, words, open);
    const unit = el("button.tool", { type: "button", click: () => this.#turnUnit(unit) }, this.#unit);
    unit.setAttribute("aria-label", this.#unit === "W" ? words.watts : words.amperes);
    const edit = this.#hass.user?.is_admin &&
      el("button.tool.edit", { type: "button", "aria-label": words.edit, title: words.edit, click: () => void this.#edit() },
        svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: PENCIL })));
    const split = (panel.nominal_voltage_v ?? 230) < 160;
    this.#restRow.replaceChildren(el("span", {}, words.rest), el("span.value", {}, this.#rest));
    this.#state.hidden = true;
    this.#card.toggleAttribute("data-split", split);
    this.#card.replaceChildren(
      el("header", {}, el("h2", {}, el("bdi", {}, panel.name)), el("span.total", {}, this.#total), el("span.tools", {}, unit, breakers.length > 0 && edit)),
      this.#state, this.#mains.element, ...(breakers.length ? [this.#board.element] : []), this.#restRow, this.#polite,
    );
    if (!panel.channels.length) this.#say(words.silent, "quiet");
    if (this.#present) this.#show(this.#present, false);
  }

  /** @param {HTMLElement} button */
  #turnUnit(button) {
    this.#unit = this.#unit === "W" ? "A" : "W";
    button.textContent = this.#unit;
    button.setAttribute("aria-label", this.#unit === "W" ? this.#words.watts : this.#words.amperes);
    if (this.#present) this.#show(this.#present, false);
  }

  /** @param {Present & { id: string, name: string }} values */
  #hear(values) {
    const panel = this.#panel;
    if (!panel || values.id !== panel.id) return;
    const before = this.#present?.online;
    this.#present = values;
    const strange = Object.keys(values.channels).some((id) => !panel.channels.some((channel) => channel.id === id));
    if ((strange || values.name !== panel.name) && !this.#editing) return this.#restart();
    if (before !== undefined && before !== values.online) this.#announce("online", values.online ? this.#words.now_online : this.#words.now_offline);
    this.#show(values, before !== undefined);
  }

  /** @param {Present} present @param {boolean} aloud */
  #show(present, aloud) {
    const panel = /** @type {Panel} */ (this.#panel);
    const nominal = panel.nominal_voltage_v;
    const heavy = (/** @type {Channel} */ { id, name }, /** @type {string} */ level) =>
      aloud && this.#announce(id, fill(level === "over" ? this.#words.now_over : this.#words.now_high, { name }));
    this.#board?.update(present.channels, nominal, this.#format, this.#unit, heavy);
    this.#mains?.update(present.channels, nominal, this.#format, this.#unit);
    this.#detail?.update(present);
    const mains = panel.channels.filter(({ role }) => role === "main");
    const counted = mains.length ? mains : panel.channels.filter(({ role }) => role !== "sub");
    const powers = counted.map(({ id }) => present.channels[id]?.power_w ?? null);
    say(this.#total, this.#format.power(powers.length && !powers.includes(null) ? powers.reduce((sum, each) => /** @type {number} */ (sum) + (each ?? 0), 0) : null));
    const rest = present.not_metered_w;
    if (this.#restRow.hidden !== (rest === null)) this.#restRow.hidden = rest === null;
    if (rest !== null) say(this.#rest, this.#format.power(rest));
    const offline = present.online === false;
    this.#card.classList.toggle("offline", offline);
    if (offline) {
      const { last_seen } = present;
      this.#say(last_seen ? fill(this.#words.offline, { time: this.#when(last_seen) }) : this.#words.offline_new);
    } else if (panel.channels.length && !this.#state.hidden) this.#state.hidden = true;
  }

  /** @param {string} instant */
  #when(instant) {
    const when = new Date(instant);
    const far = Date.now() - when.getTime() > 86_400_000;
    const { locale, config } = this.#hass;
    const day = far ? `${new Intl.DateTimeFormat(locale.language, { dateStyle: "medium", timeZone: config.time_zone }).format(when)}, ` : "";
    return day + this.#format.time(when.getTime() / 1000);
  }

  /** @param {string} sentence @param {string} [kind] */
  #say(sentence, kind = "wrong") {
    this.#state.hidden = false;
    this.#state.dataset.kind = kind;
    if (this.#state.textContent !== sentence) this.#state.textContent = sentence;
  }

  /** Rarely: the same thing at most every half a minute. @param {string} about @param {string} sentence */
  #announce(about, sentence) {
    const now = Date.now();
    if (now - (this.#told.get(about) ?? -QUIET) < QUIET) return;
    this.#told.set(about, now);
    this.#polite.textContent = sentence;
  }

  /** @param {Channel} channel */
  async #open(channel) {
    if (this.#editing) return;
    const { Detail } = await import("./detail.js");
    const panel = /** @type {Panel} */ (this.#panel);
    const detail = new Detail(this.#hass, panel, channel, this.#words, this.#format, this);
    this.#detail = detail;
    this.#card.append(detail.element);
    detail.element.addEventListener("close", () => {
      detail.element.remove();
      if (this.#detail === detail) this.#detail = undefined;
      const button = /** @type {HTMLElement | null} */ (this.#root.querySelector(`button[data-id="${CSS.escape(channel.id)}"]`));
      button?.focus();
    });
    detail.element.showModal();
    if (this.#present) detail.update(this.#present);
    void detail.load();
  }

  async #edit() {
    if (this.#editing) return;
    this.#editing = true;
    const module = await import("./editor.js").catch(() => undefined);
    if (!module) return void (this.#editing = false);
    const panel = /** @type {Panel} */ (this.#panel);
    const board = /** @type {Board} */ (this.#board);
    this.#card.classList.add("editing");
    const done = () => {
      this.#editing = false;
      this.#board = undefined;
      this.#card.classList.remove("editing");
      this.#restart();
    };
    const editor = new module.Editor(this.#hass, panel, board, this.#words, (sentence) => void (this.#polite.textContent = sentence), done);
    board.element.before(editor.help);
    board.element.after(editor.element);
    /** @type {HTMLElement | null} */ (this.#root.querySelector(".edit"))?.setAttribute("hidden", "");
    editor.begin();
  }
}

customElements.get("panel-meter-card-view") ?? customElements.define("panel-meter-card-view", PanelMeterCard);

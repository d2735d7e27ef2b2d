// Edit mode: breakers are dragged, or moved with the arrow keys, and told what they are.
import { el } from "../views/dom.js";
import { MOST_POLES, MOST_SLOTS, move, place, polesOf, sizeOf, step } from "./layout.js";
import { fill } from "./texts.js";

/** @typedef {import("./layout.js").Channel} Channel */

const PHASES = ["L1", "L2", "L3", "L1L2", "L123"];
const RATINGS = [1, 6300];
/** Pixels that a pointer moves before it drags. */
const SLOP = 6;

export class Editor {
  /** @type {Channel | undefined} */ #chosen;
  #fields = el("fieldset.fields");
  #problem = el("p.state", { hidden: true, role: "alert" });
  #end = new AbortController();

  /**
   * @param {any} hass @param {import("./card.js").Panel} panel @param {import("./board.js").Board} board
   * @param {import("./texts.js").Words} words @param {(sentence: string) => void} announce @param {() => void} done
   */
  constructor(hass, panel, board, words, announce, done) {
    this.hass = hass;
    this.panel = panel;
    this.board = board;
    this.words = words;
    this.announce = announce;
    this.done = done;
    // A copy: what is changed counts only when it has been saved.
    this.channels = board.channels.map((channel) => ({ ...channel }));
    this.places = new Map(board.places);
    this.help = el("p.note", {}, words.edit_help);
    this.saving = el("button.tool.main-act", { type: "button", click: () => void this.save() }, words.save);
    this.element = el("section", { "aria-label": words.edit }, this.#fields, this.#problem,
      el("div.acts", {}, el("button.tool", { type: "button", click: () => this.#leave() }, words.cancel), this.saving));
  }

  begin() {
    const { signal } = this.#end;
    this.#arrange();
    this.#fields.replaceChildren(el("legend", {}, this.words.choose));
    for (const { button, channel } of this.board.cells.values()) {
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", () => this.choose(channel.id), { signal });
      button.addEventListener("keydown", (event) => this.#key(event, channel.id), { signal });
      button.addEventListener("pointerdown", (event) => this.#grab(event, channel.id, button), { signal });
    }
    /** @type {HTMLElement | undefined} */ (this.board.cells.values().next().value?.button)?.focus();
  }

  #leave() {
    this.#end.abort();
    for (const { button } of this.board.cells.values()) button.removeAttribute("aria-pressed");
    this.help.remove();
    this.element.remove();
    this.done();
  }

  /** @param {string} id */
  #find = (id) => /** @type {Channel} */ (this.channels.find((channel) => channel.id === id));

  /** Shows the places, and two more rows to move breakers to. */
  #arrange() {
    this.board.channels = this.channels;
    for (const cell of this.board.cells.values()) cell.channel = this.#find(cell.channel.id);
    const used = sizeOf(this.channels, this.places, this.board.layout);
    this.board.arrange(this.places, Math.min(MOST_SLOTS, used + 4));
  }

  /** @param {string} id @param {number} slot */
  moveTo(id, slot) {
    const channel = this.#find(id);
    const moved = move(this.channels, this.places, id, slot, this.board.layout);
    if (!moved) return this.announce(fill(this.words.cannot_move, { name: channel.name }));
    this.places = moved;
    this.#arrange();
    this.announce(fill(this.words.moved, { name: channel.name, slot }));
    if (this.#chosen?.id === id) this.choose(id);
  }

  /** @param {KeyboardEvent} event @param {string} id */
  #key(event, id) {
    const by = step(event.key, this.board.layout);
    if (!by) return;
    event.preventDefault();
    this.moveTo(id, (this.places.get(id) ?? 1) + by);
  }

  /** @param {PointerEvent} event @param {string} id @param {HTMLElement} button */
  #grab(event, id, button) {
    if (event.button !== 0) return;
    const from = { x: event.clientX, y: event.clientY };
    const end = new AbortController();
    /** @type {HTMLElement | null} */
    let target = null;
    let dragging = false;
    const drop = () => {
      end.abort();
      button.classList.remove("dragged");
      target?.classList.remove("target");
    };
    /** @param {PointerEvent} moved */
    const drag = (moved) => {
      dragging ||= Math.hypot(moved.clientX - from.x, moved.clientY - from.y) > SLOP;
      if (!dragging) return;
      button.classList.add("dragged");
      const root = /** @type {ShadowRoot} */ (button.getRootNode());
      const under = /** @type {HTMLElement | null} */ (root.elementFromPoint(moved.clientX, moved.clientY)?.closest("[data-slot]") ?? null);
      if (under === target) return;
      target?.classList.remove("target");
      target = under;
      target?.classList.add("target");
    };
    const release = () => {
      const slot = Number(target?.dataset.slot);
      drop();
      if (dragging && slot) this.moveTo(id, slot);
    };
    button.setPointerCapture(event.pointerId);
    const options = { signal: end.signal };
    button.addEventListener("pointermove", drag, options);
    button.addEventListener("pointerup", release, options);
    button.addEventListener("pointercancel", drop, options);
    this.#end.signal.addEventListener("abort", drop, options);
  }

  /** @param {string} id */
  choose(id) {
    const channel = this.#find(id);
    const { words } = this;
    this.#chosen = channel;
    for (const { button, channel: each } of this.board.cells.values()) button.setAttribute("aria-pressed", String(each.id === id));
    const slot = this.#input(words.slot_number, "number", this.places.get(id) ?? 1, { min: 1, max: MOST_SLOTS }, (value) => this.moveTo(id, Number(value)));
    const rating = this.#input(words.rating, "number", channel.rating_a ?? "", { min: RATINGS[0], max: RATINGS[1], step: "any" }, (value) => {
      channel.rating_a = value === "" ? null : Number(value);
    });
    const poles = this.#choice(words.poles, Array.from({ length: MOST_POLES }, (_, each) => String(each + 1)), String(polesOf(channel)), (value) => {
      this.#reshape(channel, () => (channel.poles = Number(value)));
    });
    const phase = this.#choice(words.phase, ["", ...PHASES], channel.phase ?? "", (value) => {
      this.#reshape(channel, () => (channel.phase = value || null));
    });
    this.#fields.replaceChildren(el("legend", {}, el("bdi", {}, channel.name)), slot, rating, poles, phase);
  }

  /** A breaker that takes more slots than before pushes its neighbours on. @param {Channel} channel @param {() => void} change */
  #reshape(channel, change) {
    change();
    const first = { ...channel, slot: this.places.get(channel.id) ?? 1 };
    const others = this.channels.filter((each) => each !== channel).map((each) => ({ ...each, slot: this.places.get(each.id) ?? null }));
    this.places = place([first, ...others], this.board.layout);
    this.#arrange();
  }

  /** @param {string} label @param {string} type @param {string | number} value @param {Record<string, any>} limits @param {(value: string) => void} change */
  #input(label, type, value, limits, change) {
    const input = /** @type {HTMLInputElement} */ (el("input", { type, value, ...limits, change: () => input.validity.valid ? change(input.value) : input.reportValidity() }));
    return el("label", {}, label, input);
  }

  /** @param {string} label @param {string[]} options @param {string} chosen @param {(value: string) => void} change */
  #choice(label, options, chosen, change) {
    const select = /** @type {HTMLSelectElement} */ (el("select", { change: () => change(select.value) },
      ...options.map((value) => el("option", { value, selected: value === chosen }, value || this.words.unknown))));
    return el("label", {}, label, select);
  }

  async save() {
    const { words, saving } = this;
    const channels = this.channels.map((channel) => ({
      id: channel.id, slot: this.places.get(channel.id) ?? null, poles: channel.poles, rating_a: channel.rating_a, phase: channel.phase,
    }));
    saving.textContent = words.saving;
    saving.setAttribute("disabled", "");
    try {
      await this.hass.callWS({ type: "panel_meter/set_layout", panel: this.panel.id, layout: this.board.layout, channels });
      this.#leave();
    } catch (error) {
      const wrong = /** @type {any} */ (error);
      const known = words[/** @type {keyof typeof words} */ (wrong?.translation_key)];
      this.#problem.textContent = known ? fill(known, wrong.translation_placeholders ?? {}) : fill(words.failed, { reason: wrong?.message ?? "" });
      this.#problem.hidden = false;
      saving.textContent = words.save;
      saving.removeAttribute("disabled");
    }
  }
}

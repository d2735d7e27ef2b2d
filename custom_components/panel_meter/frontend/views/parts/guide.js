// What leads through the set-up while there is nothing to show; the page goes on by itself as soon as there is.
import { el } from "../dom.js";

const HUB = "/config/integrations/integration/panel_meter";
const ADD = "/config/integrations/dashboard/add?domain=panel_meter";

/** @param {any} context */
export function part({ hass, config, words, host }) {
  const why = config.why ?? "no_panels";
  return {
    every: 5,
    load: async () => {
      if (why === "no_tariff") return false;
      try {
        const { panels } = await hass.callWS({ type: "panel_meter/panels" });
        return panels.some((/** @type {any} */ panel) => panel.channels.length && (!config.panels || config.panels.includes(panel.id)));
      } catch {
        return false;
      }
    },
    draw: (/** @type {boolean} */ ready) => {
      // Home Assistant makes the views anew.
      if (ready) host.dispatchEvent(new CustomEvent("config-refresh", { bubbles: true, composed: true }));
      const admin = hass.user?.is_admin;
      const steps = [words.guide_step_1, words.guide_step_2, words.guide_step_3, words.guide_step_4];
      if (why === "no_tariff") return [el("h2", {}, words.money), el("div", {}, words.guide_no_tariff), admin && link(HUB, words.guide_open)].filter((each) => each instanceof Node);
      return [
        el("h2", { style: { "font-size": "1.5rem" } }, words.welcome),
        el("div", {}, words[`guide_${why}`]),
        admin ? el("ol", {}, steps.map((step) => el("li", {}, step))) : el("div.notice", {}, words.guide_ask),
        admin && el("div.chips", {}, why === "no_panels" ? link(HUB, words.guide_open) : link(ADD, words.guide_add)),
      ].filter((each) => each instanceof Node);
    },
  };
}

/** @param {string} path @param {string} text */
const link = (path, text) =>
  el("a.button", {
    href: path,
    click: (/** @type {MouseEvent} */ event) => {
      event.preventDefault();
      history.pushState(null, "", path);
      window.dispatchEvent(new CustomEvent("location-changed", { detail: { replace: false } }));
    },
  }, text);

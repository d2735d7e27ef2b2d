// The dashboard "Panel Meter": which views there are. What stands in them is in views.js.
import { loadTexts } from "../views/texts.js";
import { guideView, overviewView, panelViews, wholeViews } from "./views.js";

/** @typedef {import("./views.js").PanelInfo} PanelInfo */

/** What the form of "Add dashboard" begins with. */
export const getCreateSuggestions = () => ({ title: "Panel Meter", icon: "mdi:meter-electric" });

/**
 * The dashboard. `config.panels` (ids) shows some of the panels; without it all are shown.
 * @param {{ panel?: string, panels?: string[] }} config
 * @param {any} hass
 */
export async function generate(config, hass) {
  const words = await loadTexts(hass);
  const wanted = config.panels ?? (config.panel ? [config.panel] : undefined);
  let panels;
  try {
    panels = /** @type {PanelInfo[]} */ ((await hass.callWS({ type: "panel_meter/panels" })).panels);
  } catch {
    return { title: "Panel Meter", views: [guideView(words, "not_running", wanted)] };
  }
  panels = panels.filter((panel) => panel.channels.length);
  const all = panels.length;
  if (wanted) panels = panels.filter((panel) => wanted.includes(panel.id));
  if (!panels.length) return { title: "Panel Meter", views: [guideView(words, "no_panels", wanted)] };
  const house = {
    hass,
    words,
    panels,
    base: `/${location.pathname.split("/")[1]}`,
    // The Energy dashboard is about the whole house: beside some of its panels it would tell something else.
    energy: panels.length === all ? await energyPreferences(hass) : null,
  };
  const views =
    panels.length === 1
      ? [...panelViews(house, panels[0], ""), ...wholeViews(house)]
      : [
          overviewView(house),
          ...wholeViews(house),
          ...panels.flatMap((panel, place) => panelViews(house, panel, `${slug(panel.id, place)}-`)),
        ];
  return { title: "Panel Meter", views };
}

/**
 * What the Energy dashboard is made of; null as long as there is none.
 * @param {any} hass
 */
async function energyPreferences(hass) {
  try {
    return await hass.callWS({ type: "energy/get_prefs" });
  } catch {
    return null;
  }
}

/**
 * A part of an address that stays the same as long as the panel does.
 * @param {string} id
 * @param {number} place
 */
function slug(id, place) {
  const readable = id.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
  return readable || `panel-${place + 1}`;
}

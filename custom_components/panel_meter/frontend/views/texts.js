// Texts of the views in the language of whoever looks; those that are missing are English.
import english from "./texts/en.js";

const LANGUAGES = ["id", "nl", "de", "es", "fr"];

/** @type {Map<string, Promise<Record<string, string>>>} */
const loaded = new Map();

/**
 * @param {{ locale?: { language?: string }, language?: string }} hass
 * @returns {Promise<Record<string, string>>}
 */
export function loadTexts(hass) {
  const language = (hass.locale?.language ?? hass.language ?? "en").split("-")[0];
  if (!LANGUAGES.includes(language)) return Promise.resolve(english);
  let found = loaded.get(language);
  if (!found) {
    found = import(`./texts/${language}.js`).then((module) => ({ ...english, ...module.default }));
    loaded.set(language, found);
  }
  return found;
}

/**
 * A text with its placeholders filled.
 * @param {string} text
 * @param {Record<string, string | number>} values
 */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));

// Texts of the card in the language of whoever looks; what is missing is English.
import english from "./texts/en.js";

/** @typedef {Record<keyof typeof english, string>} Words */

const LANGUAGES = ["de", "es", "fr", "id", "nl"];

/** @param {{ language?: string, locale?: { language?: string } } | undefined} hass @returns {Promise<Words>} */
export async function loadWords(hass) {
  const language = (hass?.locale?.language ?? hass?.language ?? "en").split("-")[0];
  return LANGUAGES.includes(language) ? { ...english, ...(await import(`./texts/${language}.js`)).default } : english;
}

/** @param {string} text @param {Record<string, string | number>} values */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));

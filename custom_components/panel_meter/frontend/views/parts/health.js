// Whether everything works: who speaks, what was refused, which gaps there were, how the ledger is.
import { el, figure } from "../dom.js";
import { date, moment, NOTHING, number } from "../numbers.js";

/** @param {any} context */
export const part = ({ hass, config, words }) => ({
  every: 30,
  load: async () => {
    const [condition, { panels }] = await Promise.all([hass.callWS({ type: "panel_meter/condition" }), hass.callWS({ type: "panel_meter/panels" })]);
    const names = new Map(panels.map((/** @type {any} */ panel) => [panel.id, panel.name]));
    return { ...condition, names };
  },
  draw: (/** @type {any} */ { status, panels, ledger, names, version }) => {
    const wanted = panels.filter((/** @type {any} */ panel) => names.has(panel.id) && (!config.panels || config.panels.includes(panel.id)));
    return [
      el("div.notice", status === "ok" ? {} : { class: "notice bad" }, words[`status_${status}`] ?? status),
      ...wanted.map((/** @type {any} */ panel) => one(panel, names.get(panel.id), hass, words)),
      ...(ledger ? [el("h2", {}, words.ledger), figures([
        [words.ledger_writes, ledger.writable ? words.ledger_ok : words.ledger_fails, "ledger"],
        ...(ledger.size_bytes === undefined ? [] : [
          [words.ledger_size, `${number(hass, ledger.size_bytes / 1e6, { maximumFractionDigits: 1 })} MB`, "ledger_size"],
          [words.ledger_rows, number(hass, ledger.intervals), "ledger_rows"],
          [words.ledger_since, ledger.oldest ? date(hass, ledger.oldest.slice(0, 10)) : NOTHING, "ledger_since"],
        ]),
      ])] : []),
      el("div.quiet.small", {}, `Panel Meter ${version}`),
    ];
  },
});

/** @param {any} panel @param {string} name @param {any} hass @param {Record<string, string>} words */
function one(panel, name, hass, words) {
  const count = (/** @type {Record<string, number>} */ found) => Object.values(found ?? {}).reduce((all, each) => all + each, 0);
  const told = (/** @type {number} */ value) => (value ? number(hass, value) : words.none);
  const [dot, speaks] =
    panel.online ? ["dot on", words.online] : panel.online === false ? ["dot off", words.offline] : ["dot", words.never_seen];
  return el("div.row", {},
    el("div.line", {}, el("span", { class: dot }), el("h2.name", { dir: "auto" }, name), el("span.value", {}, speaks)),
    figures([
      [words.last_seen, panel.last_seen ? moment(hass, new Date(panel.last_seen)) : NOTHING, `${panel.id}-seen`],
      ...(panel.firmware ? [[words.firmware, panel.firmware, `${panel.id}-firmware`]] : []),
      [words.refused, told(panel.rejected_messages), `${panel.id}-refused`],
      [words.rows_refused, told(count(panel.rejected_rows)), `${panel.id}-rows`],
      [words.repaired, told(panel.events?.gap ?? 0), `${panel.id}-gaps`],
      ...(panel.events?.jump ? [[words.clamps, told(panel.events.jump), `${panel.id}-clamps`]] : []),
    ]));
}

/** @param {string[][]} all */
const figures = (all) => el("div.figures", {}, all.map(([label, value, key]) => figure(label, value, key)));

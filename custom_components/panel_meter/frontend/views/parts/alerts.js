// Alerts that are open, with what can be done about them, and those of the past.
import { el } from "../dom.js";
import { moment } from "../numbers.js";
import { fill } from "../texts.js";

/** Alerts of the past that are shown. */
const MOST = 50;

/** @param {any} context */
export function part(context) {
  const { hass, config, words, refresh } = context;
  const chosen = new Set(config.panels ?? []);
  const mine = (/** @type {any} */ alert) => !chosen.size || chosen.has(alert.panel);
  let problem = "";
  /** @param {number} alert @param {string} act */
  const perform = async (alert, act) => {
    problem = "";
    try {
      await hass.callWS({ type: "panel_meter/alert_act", alert, act });
    } catch (error) {
      problem = fill(words.act_failed, { reason: /** @type {any} */ (error)?.message ?? String(error) });
    }
    refresh();
  };
  return {
    every: 30,
    load: async () => {
      try {
        const [open, history] = await Promise.all([
          hass.callWS({ type: "panel_meter/alerts" }),
          hass.callWS({ type: "panel_meter/alerts", history: true }),
        ]);
        return { open: open.alerts.filter(mine), past: history.alerts.filter(mine).filter((/** @type {any} */ alert) => alert.resolved) };
      } catch (error) {
        if (/** @type {any} */ (error)?.code === "unknown_command") return null;
        throw error;
      }
    },
    draw: (/** @type {any} */ found) => {
      if (!found) return el("div.quiet", {}, words.alerts_missing);
      return [
        problem && el("div.notice.bad", { role: "alert" }, problem),
        found.open.length ? el("div.rows", {}, found.open.map((/** @type {any} */ alert) => one(alert, hass, words, perform))) : el("div.quiet", {}, words.no_alerts),
        el("details", found.open.length ? {} : { open: true }, el("summary", { "data-key": "history" }, words.alerts_history),
          el("div.rows", { style: { "margin-top": "8px" } }, found.past.length
            ? found.past.slice(0, MOST).map((/** @type {any} */ alert) => one(alert, hass, words))
            : el("div.quiet", {}, words.no_history))),
      ].filter((each) => each instanceof Node);
    },
    attach: () => listen(hass, refresh),
  };
}

/** Draws anew with every event; where there are no alerts, nothing is listened to. @param {any} hass @param {() => void} refresh */
function listen(hass, refresh) {
  /** @type {Promise<() => void>} */
  const subscribed = hass.connection.subscribeMessage(refresh, { type: "panel_meter/subscribe_alerts" });
  subscribed.catch(() => {});
  return () => void subscribed.then((leave) => leave(), () => {});
}

/** @param {any} alert @param {any} hass @param {Record<string, string>} words @param {(alert: number, act: string) => void} [perform] */
function one(alert, hass, words, perform) {
  const facts = [
    words[`severity_${alert.severity}`] ?? alert.severity,
    moment(hass, new Date(alert.opened)),
    alert.acknowledged && (alert.acknowledged_by ? fill(words.acknowledged_by, { name: alert.acknowledged_by }) : words.acknowledged),
    alert.resolved && fill(words.resolved_at, { time: moment(hass, new Date(alert.resolved)) }),
  ].filter(Boolean);
  return el("div", { class: `alert ${alert.severity}`, role: "group", "aria-label": alert.title },
    el("h2", { dir: "auto" }, alert.title),
    el("p", { dir: "auto" }, alert.message),
    el("div.quiet.small", {}, facts.join(" · ")),
    perform && el("div.chips", {},
      !alert.acknowledged && el("button", { "data-key": `acknowledge-${alert.id}`, click: () => perform(alert.id, "acknowledge") }, words.acknowledge),
      el("button", { "data-key": `resolve-${alert.id}`, click: () => perform(alert.id, "resolve") }, words.resolve)));
}

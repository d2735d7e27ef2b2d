// A page with the card and a made-up Home Assistant: it answers like the real one, from what the test says.
window.stage = async ({ panel, config = {}, alerts = [], admin = true, language = "en", refuse = [], dark = false, history }) => {
  const ready = new Set();
  const gone = new Set();
  const live = new Map();
  const calls = [];
  let command = 0;
  const stage = {
    panel, calls, live, refuse: new Set(refuse), values: {}, number: 0, alerts, history,
    present(more = {}) {
      return { id: stage.panel.id, name: stage.panel.name, online: true, last_seen: "2026-11-20T11:00:00+01:00", channels: stage.values, voltage_v: [230],
        frequency_hz: 50, temperature_c: null, not_metered_w: 120, ...more };
    },
    say(more) {
      stage.number += 1;
      for (const hear of live.values()) hear({ number: stage.number, merged: 0, panels: [stage.present(more)] });
    },
    drop() { connection.connected = false; live.clear(); for (const each of gone) each(); },
    back() { connection.connected = true; for (const each of ready) each(); },
  };
  const answer = async (message) => {
    calls.push(message);
    const refused = { code: "unavailable", message: "Panel Meter is not running at the moment. Try again later." };
    if (stage.refuse.has(message.type)) throw stage.refusal ?? refused;
    switch (message.type) {
      case "panel_meter/panels": return { panels: stage.panel ? [structuredClone(stage.panel)] : [] };
      case "panel_meter/alerts": return { alerts: stage.alerts };
      case "panel_meter/live_seen": return null;
      case "panel_meter/set_layout":
        for (const wish of message.channels) Object.assign(stage.panel.channels.find(({ id }) => id === wish.id), wish);
        return { changed: true, channels: [] };
      case "panel_meter/history": {
        const edges = Array.from({ length: 289 }, (_, place) => 1763600000 + place * 300);
        const powers = stage.history ?? edges.slice(1).map((_, place) => (place < 20 ? null : Math.round(300 + 250 * Math.sin(place / 20) + (place % 60 < 6 ? 1500 : 0))));
        return { panel: message.panel, step: "5min", edges, power_w: { [message.channels[0]]: powers } };
      }
    }
    throw { code: "unknown_command", message: "Unknown command." };
  };
  const connection = {
    connected: true,
    get commandId() { return command; },
    addEventListener: (name, call) => ({ ready, disconnected: gone })[name].add(call),
    removeEventListener: (name, call) => ({ ready, disconnected: gone })[name].delete(call),
    sendMessagePromise: answer,
    subscribeMessage: async (hear, message) => {
      const number = ++command;
      calls.push(message);
      if (stage.refuse.has(message.type)) throw { code: "unavailable", message: "Not running." };
      if (message.type === "panel_meter/subscribe_live") {
        live.set(number, hear);
        setTimeout(() => live.has(number) && hear({ number: (stage.number += 1), merged: 0, panels: [stage.present(stage.first)] }));
      }
      return async () => void live.delete(number);
    },
  };
  const hass = {
    connection, user: { is_admin: admin }, language, entities: {}, devices: {}, states: {}, config: { time_zone: "Europe/Berlin" },
    locale: { language, number_format: "language", time_format: "language", time_zone: "server" },
    callWS: answer, localize: () => "", themes: { darkMode: dark },
  };
  document.documentElement.className = dark ? "dark" : "light";
  stage.hass = hass;
  stage.connection = connection;
  customElements.get("home-assistant") ?? customElements.define("home-assistant", class extends HTMLElement {});
  await import("/frontend/loader.js");
  const card = document.createElement("panel-meter-card");
  card.setConfig({ type: "custom:panel-meter-card", ...config });
  card.hass = hass;
  stage.card = card;
  stage.root = () => card.querySelector("panel-meter-card-view")?.shadowRoot;
  window.now = stage;
  document.querySelector("main").replaceChildren(card);
};

// A panel with so many circuits, and what they draw.
window.house = (count, { volts = 230, names, mains = true, slots = true } = {}) => {
  const kinds = ["Kitchen", "Oven", "Living room", "Bedroom", "Heat pump", "Car charger", "Washing machine", "Bathroom", "Office", "Garage", "Fridge", "Lights"];
  const split = volts < 160;
  let next = 1;
  const channels = Array.from({ length: count }, (_, place) => {
    const wide = place % 6 === 4;
    const poles = wide ? (split ? 2 : 3) : 1;
    const slot = slots && !split ? next : null;
    next += poles;
    const phase = wide ? (split ? "L1L2" : "L123") : split ? ["L1", "L2"][place % 2] : ["L1", "L2", "L3"][place % 3];
    return { id: `c${place + 1}`, name: names?.[place % names.length] ?? kinds[place % kinds.length] + (place < 12 ? "" : ` ${Math.floor(place / 12) + 1}`), role: "circuit",
      phase, rating_a: split ? 20 : 16, slot, poles: wide ? poles : null, parent: null, entities: { power: `sensor.c${place + 1}_power` } };
  });
  const main = { id: "main", name: "Main", role: "main", phase: split ? "L1L2" : "L123", rating_a: split ? 200 : 63, slot: null, poles: null, parent: null, entities: {} };
  const panel = { id: "home", name: "Main panel", online: true, last_seen: null, device_id: "d", nominal_voltage_v: volts, live_interval_s: 1,
    roles: {}, entities: {}, channels: mains ? [main, ...channels] : channels };
  const values = {};
  let sum = 0;
  channels.forEach(({ id, phase }, place) => {
    const share = [0.02, 0.3, 0.55, 0.01, 0.62, 0.85, 0.4, 0.1, 1.06, 0, 0.07, 0.03][place % 12];
    const power = Math.round(share * (split ? 20 : 16) * volts * (phase === "L123" ? 3 : phase === "L1L2" ? 2 : 1));
    values[id] = { power_w: power, current_a: null, power_factor: 0.97 };
    sum += power;
  });
  if (mains) values.main = { power_w: sum + 120, current_a: null, power_factor: 0.98 };
  return { panel, values };
};

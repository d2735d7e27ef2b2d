// Present values of panels as fast as the page can show them, without the recorder.

/** Milliseconds until what was refused is tried again. */
const AGAIN = 3000;
/** How many events may be on their way: who is slow gets the newest, not all. */
const IN_FLIGHT = 2;

/**
 * Call `tell` with the values of each panel, now and as they change, and `lost` when none can come for now.
 * After a restart of Home Assistant it goes on by itself.
 * @param {any} connection of Home Assistant
 * @param {string[]} panels ids
 * @param {(values: any) => void} tell
 * @param {{ interval?: number, lost?: () => void }} [more] interval: seconds between two calls at least
 * @returns {() => void} ends it
 */
export function follow(connection, panels, tell, { interval = 1, lost = () => {} } = {}) {
  /** @type {(() => Promise<void>) | undefined} */
  let leave;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let turn = 0;

  const begin = async () => {
    const mine = ++turn;
    clearTimeout(timer);
    leave = undefined;
    let subscription = 0;
    /** @param {any} event */
    const hear = (event) => {
      if (mine !== turn) return;
      for (const values of event.panels) tell(values);
      connection.sendMessagePromise({ type: "panel_meter/live_seen", subscription, number: event.number }).catch(() => {});
    };
    const wish = { type: "panel_meter/subscribe_live", panels, interval, in_flight: IN_FLIGHT };
    try {
      // The order to subscribe leaves at once, so the number of the last command is its number.
      const asked = connection.subscribeMessage(hear, wish, { resubscribe: false });
      subscription = connection.commandId;
      const left = await asked;
      if (mine === turn) leave = left;
      else left().catch(() => {});
    } catch {
      if (mine !== turn) return;
      lost();
      timer = setTimeout(begin, AGAIN);
    }
  };
  connection.addEventListener("ready", begin);
  connection.addEventListener("disconnected", lost);
  void begin();
  return () => {
    turn += 1;
    clearTimeout(timer);
    connection.removeEventListener("ready", begin);
    connection.removeEventListener("disconnected", lost);
    leave?.().catch(() => {});
  };
}

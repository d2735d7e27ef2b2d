"""Present values as they come, to one subscriber: the newest ones, however slowly they are read.

Two things keep old values from piling up. Nothing new is sent while what was sent before still waits in the buffer of
the connection. And a subscriber that says how many events may be under way (``in_flight``) confirms each: a phone that
was asleep gets the newest values when it wakes up, not what the network had swallowed meanwhile.
"""

import asyncio
from collections.abc import Callable
from functools import partial

from homeassistant.auth.models import User
from homeassistant.auth.permissions import AbstractPermissions
from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..const import DOMAIN
from ..hub import Hub
from ..panel import PanelRuntime
from .problem import Problem
from .queries import live, loaded_hub
from .sight import Sight, sight_of

#: Seconds until a subscriber that was not ready is looked after again.
LOOK_AGAIN = 0.5
#: Seconds for which what a user may see is remembered while their permissions stay the same.
REMEMBER_SIGHT = 10.0


class LiveStream:
    """One subscription. Calling it ends it."""

    def __init__(
        self,
        hass: HomeAssistant,
        user: User,
        send: Callable[[JsonObjectType], None],
        *,
        panels: frozenset[str] | None,
        interval: float,
        in_flight: int | None,
        waiting: Callable[[], int],
    ) -> None:
        """Send values of some panels (None: all) at most every ``interval`` seconds.

        ``waiting`` tells how many bytes of earlier messages the connection still holds.
        """
        self._hass = hass
        self._user = user
        self._send = send
        self._only = panels
        self._interval = interval
        self._in_flight = in_flight
        self._waiting = waiting
        self._sent = 0
        self._seen = 0
        self._last_sent = float("-inf")
        #: Panels with values that were not sent, and how many of their messages are passed over.
        self._due: dict[str, None] = {}
        self._merged = 0
        self._planned: asyncio.Handle | None = None
        self._hub: Hub | None = None
        self._unwatch: CALLBACK_TYPE | None = None
        self._unfollow: dict[str, CALLBACK_TYPE] = {}
        self._sight: tuple[AbstractPermissions, float, Sight] | None = None
        self._unlisten = async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._entry_changed)

    @callback
    def start(self) -> None:
        """Begin with what is known now."""
        self._attach()

    def __call__(self) -> None:
        """End the subscription."""
        self._unlisten()
        self._detach()

    @callback
    def seen(self, number: int) -> None:
        """The subscriber has dealt with all events up to this number."""
        self._seen = max(self._seen, min(number, self._sent))
        if self._due:
            self._plan(self._last_sent + self._interval - self._hass.loop.time())

    # --- panels come and go, and the hub with them ---

    @callback
    def _entry_changed(self, _change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry.domain != DOMAIN:
            return
        try:
            hub = loaded_hub(self._hass)
        except Problem:
            self._detach()
            return
        if hub is not self._hub:
            self._detach()
            self._attach()

    def _attach(self) -> None:
        self._hub = hub = loaded_hub(self._hass)
        self._unwatch = hub.watch(self._panel_changed, self._panel_gone)

    def _detach(self) -> None:
        if self._planned is not None:
            self._planned.cancel()
            self._planned = None
        if self._unwatch is not None:
            self._unwatch()
            self._unwatch = None
        for unfollow in self._unfollow.values():
            unfollow()
        self._unfollow.clear()
        self._due.clear()
        self._hub = self._sight = None

    @callback
    def _panel_changed(self, panel: PanelRuntime) -> None:
        if self._only is not None and panel.id not in self._only:
            return
        if panel.id not in self._unfollow:
            self._unfollow[panel.id] = panel.follow(partial(self._changed, panel.id))
        self._changed(panel.id)

    @callback
    def _panel_gone(self, panel: PanelRuntime) -> None:
        self._due.pop(panel.id, None)
        if (unfollow := self._unfollow.pop(panel.id, None)) is not None:
            unfollow()

    # --- values ---

    @callback
    def _changed(self, panel_id: str) -> None:
        if panel_id in self._due:
            self._merged += 1
        self._due[panel_id] = None
        self._plan(self._last_sent + self._interval - self._hass.loop.time())

    def _plan(self, wait: float) -> None:
        """Send what is due after some seconds; panels that speak in the same moment are told of together."""
        if self._planned is not None:
            return
        loop = self._hass.loop
        self._planned = loop.call_later(wait, self._flush) if wait > 0 else loop.call_soon(self._flush)

    @callback
    def _flush(self) -> None:
        self._planned = None
        if self._hub is None or not self._due:
            return
        if self._in_flight is not None and self._sent - self._seen >= self._in_flight:
            # Goes on when the subscriber confirms.
            return
        if self._waiting():
            self._plan(LOOK_AGAIN)
            return
        self._tell(self._hub, self._hass.loop.time())

    def _tell(self, hub: Hub, now: float) -> None:
        sight = self._look(hub, now)
        chosen = [hub.panels[panel_id] for panel_id in self._due if panel_id in hub.panels and sight.panel(panel_id)]
        merged, self._merged = self._merged, 0
        self._due.clear()
        if not chosen:
            return
        self._sent += 1
        self._last_sent = now
        values: list[JsonValueType] = [live(hub, panel, sight) for panel in chosen]
        self._send({"number": self._sent, "merged": merged, "panels": values})

    def _look(self, hub: Hub, now: float) -> Sight:
        permissions = self._user.permissions
        known = self._sight
        if known is None or known[0] is not permissions or now - known[1] > REMEMBER_SIGHT:
            known = self._sight = (permissions, now, sight_of(self._hass, hub, self._user))
        return known[2]

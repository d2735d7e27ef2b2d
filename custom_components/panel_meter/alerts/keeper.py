"""Watches all panels and keeps the book of their alerts; everybody who shows or changes alerts asks here."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
import logging
from time import time
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.json import JsonObjectType

from ..const import DOMAIN
from ..core.alerts.book import COOLDOWN, AlertBook, TooManyAlerts
from ..core.alerts.finding import Finding
from ..core.alerts.model import Alert, AlertEvent, Kind, Severity
from ..core.alerts.text import Told
from ..core.alerts.watch import PanelWatch
from ..core.model import Measurements, Panel
from ..hub import Hub
from ..ledger import Change as LedgerChange, LedgerError
from ..panel import PanelRuntime
from .facts import SlowLook
from .settings import PanelAlerts, alerts_of
from .words import AlertWords

_LOGGER = logging.getLogger(__name__)

LOOK_EVERY: Final = timedelta(minutes=1)
#: Tells triggers and conditions of every `AlertEvent`; they live longer than the entry is loaded.
SIGNAL_ALERT: Final = f"{DOMAIN}_alert"

_KEEPER: HassKey[AlertKeeper] = HassKey(f"{DOMAIN}_alerts")


@callback
def alert_keeper(hass: HomeAssistant) -> AlertKeeper:
    """The keeper of the loaded entry; HomeAssistantError if it is not loaded."""
    if (keeper := hass.data.get(_KEEPER)) is None:
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="not_loaded")
    return keeper


@callback
def open_alerts(hass: HomeAssistant) -> tuple[Alert, ...]:
    """All open alerts; none while the entry is not loaded."""
    return () if (keeper := hass.data.get(_KEEPER)) is None else keeper.open()


@dataclass(slots=True, eq=False)
class _Watched:
    """A panel whose alerts are looked after."""

    panel: PanelRuntime
    slow: SlowLook
    #: What it is watched with.
    alerts: PanelAlerts = field(default_factory=PanelAlerts)
    description: Panel | None = None
    #: None while the panel has never announced itself, or its alerts are switched off.
    watch: PanelWatch | None = None
    unfollow: CALLBACK_TYPE | None = None
    #: What the rules have seen already.
    seen: Measurements | None = None
    connected: bool | None = None
    #: Whether the rules know the habits that the ledger tells.
    has_learnt: bool = False

    def end(self) -> None:
        """Hear nothing more."""
        if self.unfollow is not None:
            self.unfollow()
            self.unfollow = None


class AlertKeeper:
    """The alerts of all panels."""

    def __init__(self, hass: HomeAssistant, hub: Hub) -> None:
        """Do nothing until ``async_start``."""
        self._hass = hass
        self._hub = hub
        self._words = AlertWords(hass, hub)
        self._book = AlertBook((), 1)
        self._watched: dict[str, _Watched] = {}
        self._listeners: list[Callable[[AlertEvent], None]] = []
        self._broken: set[str] = set()
        #: Looks at what changes slowly; ends before the ledger is closed.
        self._look: asyncio.Task[None] | None = None
        self._stopped = False

    async def async_start(self) -> None:
        """Take up the open alerts and begin to watch."""
        await self._words.async_load()
        stored, highest = await self._hub.writer.run(self._hub.ledger.last_alerts, int(time()) - COOLDOWN)
        self._book = AlertBook(stored, highest + 1)
        self._hass.data[_KEEPER] = self
        keep = self._hub.entry.async_on_unload
        keep(self._forget)
        keep(self._hub.watch(self._changed, self._gone))
        keep(async_track_time_interval(self._hass, self._turn, LOOK_EVERY))
        self._hub.before_stop(self._stop)
        self._resolve_strangers()

    @callback
    def _stop(self) -> None:
        self._stopped = True
        if self._look is not None:
            self._look.cancel()
        for watched in self._watched.values():
            watched.end()

    @callback
    def _forget(self) -> None:
        self._stop()
        if self._hass.data.get(_KEEPER) is self:
            del self._hass.data[_KEEPER]

    def _resolve_strangers(self) -> None:
        """A panel may have been removed while nobody watched."""
        for alert in self._book.open:
            if alert.panel not in self._hub.panels:
                self._tell(self._book.resolve(alert.id, None, int(time())))

    # --- what others ask and do ---

    @callback
    def open(self, panel: str | None = None) -> tuple[Alert, ...]:
        """The open alerts, of all panels or of one, the newest first."""
        return tuple(alert for alert in self._book.open if panel is None or alert.panel == panel)

    @callback
    def get(self, alert_id: int) -> Alert:
        """An alert that is open or was resolved lately; ServiceValidationError if there is none with that id."""
        try:
            return self._book.get(alert_id)
        except KeyError:
            raise _no_such_alert(alert_id) from None

    @callback
    def require_open(self, alert_id: int) -> Alert:
        """An open alert; ServiceValidationError if there is none with that id."""
        if not (alert := self.get(alert_id)).is_open:
            raise _no_such_alert(alert_id)
        return alert

    async def async_history(
        self,
        panel: str | None = None,
        start: int | None = None,
        end: int | None = None,
        limit: int = 100,
        kind: Kind | None = None,
    ) -> list[Alert]:
        """Alerts that were open at some instant of ``start <= t < end`` (UTC seconds), the newest first."""
        # What was submitted by now is in the ledger then.
        await self._hub.writer.run(_nothing)
        return await self._hub.writer.read(self._hub.ledger.alerts, panel, kind, start, end, limit)

    @callback
    def create(self, panel: str, channel: str | None, severity: Severity, message: str) -> Alert:
        """Open an alert by hand; ServiceValidationError for a panel or channel that is not there."""
        runtime = self._hub.panels.get(panel)
        channels = runtime.description.channels if runtime and runtime.description else ()
        if runtime is None or (channel is not None and channel not in {each.id for each in channels}):
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="no_such_panel",
                translation_placeholders={"panel": panel if runtime is None else f"{panel}/{channel}"},
            )
        try:
            return self._tell(self._book.create(panel, channel, severity, message, int(time())))
        except TooManyAlerts:
            raise ServiceValidationError(translation_domain=DOMAIN, translation_key="too_many_alerts") from None

    @callback
    def acknowledge(self, alert_id: int, by: str | None) -> Alert:
        """Somebody has read an open alert; ServiceValidationError if there is none with that id."""
        if (alert := self.require_open(alert_id)).acknowledged is not None:
            return alert
        return self._act(alert_id, partial(self._book.acknowledge, alert_id, by, int(time())))

    @callback
    def resolve(self, alert_id: int, by: str | None) -> Alert:
        """Somebody says that it is over."""
        return self._act(alert_id, partial(self._book.resolve, alert_id, by, int(time())))

    @callback
    def snooze(self, alert_id: int, until: int) -> Alert:
        """Nobody is to be told of it before ``until`` (UTC seconds), which is to come."""
        if until <= time():
            raise ServiceValidationError(translation_domain=DOMAIN, translation_key="snooze_is_over")
        return self._act(alert_id, partial(self._book.snooze, alert_id, until, int(time())))

    @callback
    def listen(self, call: Callable[[AlertEvent], None]) -> CALLBACK_TYPE:
        """Call this at everything that happens to an alert."""
        self._listeners.append(call)
        return lambda: self._listeners.remove(call)

    @callback
    def told(self, alert: Alert, language: str | None = None) -> Told:
        """The alert in words: plain text, by default in the language of Home Assistant."""
        return self._words.told(alert, language)

    @callback
    def as_json(self, alert: Alert, language: str | None = None) -> JsonObjectType:
        """The alert for programs."""
        return self._words.as_json(alert, language)

    def _act(self, alert_id: int, act: Callable[[], AlertEvent]) -> Alert:
        try:
            return self._tell(act())
        except KeyError:
            raise _no_such_alert(alert_id) from None

    @callback
    def settings(self, panel: str) -> PanelAlerts:
        """What a panel is watched with now."""
        return watched.alerts if (watched := self._watched.get(panel)) else PanelAlerts()

    # --- panels come, change and go ---

    @callback
    def read_settings(self) -> None:
        """Take the settings as they are in the entry now."""
        for watched in list(self._watched.values()):
            if alerts_of(self._hub.entry, watched.panel) != watched.alerts:
                self._begin(watched)
                watched.panel.flush()

    @callback
    def _changed(self, panel: PanelRuntime) -> None:
        watched = self._watched.get(panel.id)
        if watched is None:
            watched = self._watched[panel.id] = _Watched(panel, SlowLook(self._hub, panel))
        if panel.description is not None and watched.description != panel.description:
            self._begin(watched)

    @callback
    def _gone(self, panel: PanelRuntime) -> None:
        if (watched := self._watched.pop(panel.id, None)) is not None:
            watched.end()
        for alert in self.open(panel.id):
            self._tell(self._book.resolve(alert.id, None, int(time())))

    def _begin(self, watched: _Watched) -> None:
        """Watch with other settings or another description; what the rules have learnt goes on."""
        panel, alerts = watched.panel, alerts_of(self._hub.entry, watched.panel)
        watched.end()
        watched.alerts, watched.description = alerts, panel.description
        if panel.description is None:
            return
        if alerts.watched:
            watched.watch = PanelWatch(panel.description, alerts.rules, watched.watch)
            watched.unfollow = panel.follow(partial(self._heard, watched))
        else:
            watched.watch = None
        watches = watched.watch.watches if watched.watch else _nothing_is_watched
        self._tell_all(self._book.keep(panel.id, watches, int(time())))
        self._look_at_connection(watched)

    # --- looking ---

    @callback
    def _heard(self, watched: _Watched) -> None:
        """A message came, or the panel came or went. Whatever a rule does, the message goes its way."""
        panel = watched.panel
        if panel.connected != watched.connected:
            self._look_at_connection(watched)
        if panel.measurements is not watched.seen and watched.watch is not None:
            watched.seen = panel.measurements
            self._take(watched, partial(watched.watch.see, panel.measurements, time()))

    def _look_at_connection(self, watched: _Watched) -> None:
        watched.connected = watched.panel.connected
        if watched.watch is not None:
            self._take(watched, partial(watched.watch.offline, watched.connected, time()))

    def _take(self, watched: _Watched, look: Callable[[], Sequence[Finding]]) -> None:
        panel, now = watched.panel.id, int(time())
        try:
            for finding in look():
                if (event := self._book.found(panel, finding, now)) is not None:
                    self._tell(event)
        except Exception:
            if panel not in self._broken:
                self._broken.add(panel)
                _LOGGER.exception("A rule of the alerts of panel %s failed; further failures are not told", panel)

    @callback
    def _turn(self, _now: datetime) -> None:
        """Once a minute."""
        if self._stopped:
            return
        for watched in list(self._watched.values()):
            self._look_at_connection(watched)
            self._tell_all(self._book.settle(watched.panel.id, int(time())))
        if self._look is None or self._look.done():
            self._look = self._hub.entry.async_create_background_task(
                self._hass, self._async_look(), f"{DOMAIN} slow look", eager_start=True
            )

    async def _async_look(self) -> None:
        """Look at what changes slowly."""
        for watched in list(self._watched.values()):
            if not self._stopped:
                await self._async_look_at(watched)

    async def _async_look_at(self, watched: _Watched) -> None:
        if watched.watch is None:
            return
        try:
            if not watched.has_learnt:
                await self._async_learn(watched)
            facts = await watched.slow.async_gather(int(time()))
        except LedgerError as error:
            _LOGGER.debug("The budgets of panel %s are looked at later: %s", watched.panel.id, error)
            return
        # Its settings may have changed while the ledger was asked.
        if watched.watch is not None and not self._stopped:
            self._take(watched, partial(watched.watch.look, facts, time()))

    async def _async_learn(self, watched: _Watched) -> None:
        highest = await watched.slow.async_highest(int(time()))
        watched.has_learnt = True
        if watched.watch is not None:
            for channel, powers in highest.items():
                watched.watch.learn(channel, powers)

    # --- telling ---

    def _tell_all(self, events: Iterable[AlertEvent]) -> None:
        for event in events:
            self._tell(event)

    def _tell(self, event: AlertEvent) -> Alert:
        """Keep a change in the ledger and let everybody know."""
        self._write(event.alert)
        for call in list(self._listeners):
            try:
                call(event)
            except Exception:
                _LOGGER.exception("Somebody who listens to alerts failed")
        async_dispatcher_send(self._hass, SIGNAL_ALERT, event)
        return event.alert

    def _write(self, alert: Alert) -> None:
        change = LedgerChange(panel=alert.panel, alerts=(alert,))
        if (panel := self._hub.panels.get(alert.panel)) is not None:
            self._hub.commit(panel, change)
        else:
            # Nobody waits for it: that a removed panel's alert is over is found out anew at the next start.
            self._hub.writer.submit(change).add_done_callback(_heed)


@callback
def _heed(done: asyncio.Future[None]) -> None:
    if not done.cancelled() and (error := done.exception()) is not None:
        _LOGGER.debug("An alert of a removed panel is not kept: %s", error)


def _nothing_is_watched(_channel: str | None, kind: Kind) -> bool:
    """What people create by hand does not depend on any rule."""
    return kind is Kind.CUSTOM


def _no_such_alert(alert_id: int) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="no_such_alert",
        translation_placeholders={"alert": str(alert_id)},
    )


def _nothing() -> None:
    """Be called in turn."""

"""The runtime of the one config entry: sources -> core -> ledger -> listeners."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
import logging
from time import time
from typing import Final

from homeassistant.components.mqtt import async_wait_for_mqtt_client
from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_track_time_change, async_track_time_interval

from . import mqtt
from .bookkeeper import Bookkeeper
from .const import CONF_BASE_TOPIC, CONF_HOST_ID, DEFAULT_BASE_TOPIC, DOMAIN, SUBENTRY_PANEL
from .core.codecs import Codec, Message, codecs_for
from .core.codecs.native import NAME as NATIVE
from .core.codecs.parsing import Rejected
from .core.metering_model import Decision
from .core.model import Info, Panel, Register, Sample
from .core.opening import BOOKED, Balance
from .core.settings import PanelSettings
from .devices import register_devices
from .discovery import Offers, panel_subentry
from .intake import Incident, JournalIntake, Moment
from .last_states import async_hold_last_totals
from .ledger import Change, LedgerWriter, StoredPanel
from .ledger_file import async_copy_ledger
from .options import HubOptions
from .panel import Meter, PanelRuntime
from .posts import Posts
from .repairs import async_is_open, async_report
from .source_intake import SourceIntake

_LOGGER = logging.getLogger(__name__)

LOOK_AFTER_EVERY: Final = timedelta(seconds=5)
#: What would be lost by a power cut is never older than this (sources without a journal).
CHECKPOINT_EVERY: Final = timedelta(seconds=30)
#: Local hour of the nightly copy of the ledger.
COPY_HOUR: Final = 3
TRY_MQTT_EVERY: Final = 10.0

type PanelMeterConfigEntry = ConfigEntry[Hub]
type Intake = JournalIntake | SourceIntake


@dataclass(frozen=True, slots=True, eq=False)
class Watcher:
    """A platform that wants to know of panels: when they come or change, and when they go."""

    changed: Callable[[PanelRuntime], None]
    gone: Callable[[PanelRuntime], None]


class Hub:
    """All panels of this Home Assistant."""

    def __init__(self, hass: HomeAssistant, entry: PanelMeterConfigEntry, writer: LedgerWriter) -> None:
        """Take over an open ledger."""
        self.hass = hass
        self.entry = entry
        self.writer = writer
        self.ledger = writer.ledger
        self.host: str = entry.data[CONF_HOST_ID]
        self.base: str = entry.data.get(CONF_BASE_TOPIC, DEFAULT_BASE_TOPIC)
        self.options = HubOptions.from_entry(entry)
        self.panels: dict[str, PanelRuntime] = {}
        self.rejections: Counter[str] = Counter()
        self.posts = Posts()
        self._intakes: dict[str, Intake] = {}
        self._bookkeeper = Bookkeeper(writer)
        self._offers = Offers(hass, self._add_at_once)
        self._watchers: list[Watcher] = []
        self._before_stop: list[CALLBACK_TYPE] = []
        self._data = dict(entry.data)
        self._logged: set[tuple[str, str]] = set()
        self._stopped = False
        self._listens = False
        self._unsubscribe: CALLBACK_TYPE | None = None
        self._syncing = asyncio.Lock()
        self._opening = asyncio.Lock()

    # --- life ---

    async def async_start(self) -> None:
        """Load the ledger and the panels."""
        stored = await self.writer.run(self.ledger.load)
        for subentry in self._panel_subentries():
            await self._async_add(subentry, stored.get(subentry.unique_id or ""))
        await async_hold_last_totals(self.hass, self.panels.values())

    def begin_listening(self) -> None:
        """Hear the panels as soon as MQTT is there; totals are shown without it."""
        keep = self.entry.async_on_unload
        # Home Assistant does not unload entries when it stops.
        keep(self.hass.bus.async_listen(EVENT_HOMEASSISTANT_FINAL_WRITE, self._async_final_write))
        keep(async_track_time_interval(self.hass, self._look_after, LOOK_AFTER_EVERY))
        keep(async_track_time_interval(self.hass, self._checkpoint, CHECKPOINT_EVERY))
        copy = partial(async_copy_ledger, self.hass, self.writer)
        keep(async_track_time_change(self.hass, copy, hour=COPY_HOUR, minute=17, second=0))
        self.in_background(self._async_listen())

    async def _async_listen(self) -> None:
        # Whoever removes and adds the MQTT integration again need not think of Panel Meter.
        while not await async_wait_for_mqtt_client(self.hass):  # noqa: ASYNC110
            await asyncio.sleep(TRY_MQTT_EVERY)
        self._listens = True
        await self._async_subscribe()

    async def _async_subscribe(self) -> None:
        """Subscribe, or subscribe anew: then the broker repeats what it keeps. Nothing is missed in between."""
        before = self._unsubscribe
        codecs = codecs_for(self.base, self.options.formats)
        self._unsubscribe = await mqtt.async_subscribe(self.hass, codecs, self._receive)
        if before is not None:
            before()

    async def _async_final_write(self, _event: Event) -> None:
        await self.async_stop()

    @callback
    def before_stop(self, call: CALLBACK_TYPE) -> None:
        """Call this when the hub stops, as long as the ledger can be written."""
        self._before_stop.append(call)

    async def async_stop(self) -> None:
        """Hear nothing more, bring everything to disk and let go of it."""
        if self._stopped:
            return
        for call in self._before_stop:
            call()
        self._checkpoint()
        self._stopped = True
        if self._unsubscribe is not None:
            self._unsubscribe()
        await self.writer.stop()
        for panel in self.panels.values():
            panel.stop()

    # --- panels ---

    async def async_sync(self) -> None:
        """Follow the subentries: add what is new, drop what is gone, take new settings."""
        async with self._syncing:
            await self._async_sync()

    async def _async_sync(self) -> None:
        wanted = {subentry.unique_id: subentry for subentry in self._panel_subentries() if subentry.unique_id}
        for panel_id in [panel_id for panel_id in self.panels if panel_id not in wanted]:
            self._drop(panel_id)
        for panel_id, subentry in wanted.items():
            if panel_id not in self.panels:
                await self._async_add(subentry, (await self.writer.run(self.ledger.load)).get(panel_id))
                self._introduce(self.panels[panel_id])
            else:
                self._resettle(self.panels[panel_id], PanelSettings.from_data(subentry.data))
                register_devices(self.hass, self.entry, self.panels[panel_id])

    def _panel_subentries(self) -> list[ConfigSubentry]:
        return [each for each in self.entry.subentries.values() if each.subentry_type == SUBENTRY_PANEL]

    async def _async_add(self, subentry: ConfigSubentry, stored: StoredPanel | None) -> None:
        panel_id = subentry.unique_id or ""
        panel = PanelRuntime(panel_id, subentry.subentry_id, PanelSettings.from_data(subentry.data))
        native = subentry.data.get("codec", NATIVE) == NATIVE
        if native:
            # A balance waits for the ring. Other sources have none, and the state of their meter in its place.
            panel.on_balance = self._keep_balance
        intake: Intake = JournalIntake(self, panel) if native else SourceIntake(self, panel)
        if isinstance(intake, JournalIntake):
            intake.acknowledging = not async_is_open(self.hass, Incident.SECOND_HOST, panel_id)
        if stored is not None:
            intake.restore(stored, int(time()))
        self.panels[panel_id] = panel
        self._intakes[panel_id] = intake
        if panel.description is not None:
            register_devices(self.hass, self.entry, panel)
        await self._async_begin_periods(panel)

    def _introduce(self, panel: PanelRuntime) -> None:
        """A panel was added while everything runs; the broker does not repeat what it has already delivered."""
        for watcher in self._watchers:
            watcher.changed(panel)
        if (greeting := self._offers.forget(panel.id)) is not None:
            self._dispatch(panel, greeting, Moment(utc=time(), loop=self.hass.loop.time(), retained=True))
        elif panel.description is None and self._listens:
            self.in_background(self._async_subscribe())

    def _drop(self, panel_id: str) -> None:
        panel = self.panels.pop(panel_id)
        panel.stop()
        if (change := self._intakes.pop(panel_id).checkpoint(int(time()), close=True)) is not None:
            self.commit(panel, change)
        for watcher in self._watchers:
            watcher.gone(panel)

    def _resettle(self, panel: PanelRuntime, settings: PanelSettings) -> None:
        if settings == panel.settings:
            return
        panel.settings = settings
        if panel.announced is not None:
            self._intakes[panel.id].redescribe(panel.announced)
            self.described(panel)

    @callback
    def watch(self, changed: Callable[[PanelRuntime], None], gone: Callable[[PanelRuntime], None]) -> CALLBACK_TYPE:
        """Call ``changed`` now and later for every panel that is new, has a new description or measures more."""
        watcher = Watcher(changed, gone)
        self._watchers.append(watcher)
        for panel in self.panels.values():
            changed(panel)
        return lambda: self._watchers.remove(watcher)

    @callback
    def described(self, panel: PanelRuntime) -> None:
        """A panel has a new description, or measures something that it did not measure before."""
        register_devices(self.hass, self.entry, panel)
        if panel.summed != panel.consumption:
            self.in_background(self._async_begin_periods(panel))
        for watcher in self._watchers:
            watcher.changed(panel)

    @callback
    def resume(self, panel_id: str) -> None:
        """The other host of a panel is gone: acknowledge its records again."""
        if isinstance(intake := self._intakes.get(panel_id), JournalIntake):
            intake.resume()

    @callback
    def resolve_jump(self, panel_id: str, register: Register, decision: Decision) -> None:
        """Carry out what the user decided about an implausible rise of a counter."""
        if isinstance(intake := self._intakes.get(panel_id), SourceIntake):
            intake.resolve(register, decision)

    @property
    def needs_restart(self) -> bool:
        """True if the entry changed in a way that a running hub cannot follow."""
        return HubOptions.from_entry(self.entry) != self.options or dict(self.entry.data) != self._data

    @callback
    def _add_at_once(self, panel: Panel) -> bool:
        if not self.options.add_panels:
            return False
        self.add_panel(panel.id, panel.name, panel.codec)
        return True

    @callback
    def add_panel(self, panel_id: str, name: str, codec: str) -> None:
        """Add a panel as a subentry; the update listener then calls ``async_sync``."""
        self.hass.config_entries.async_add_subentry(self.entry, panel_subentry(panel_id, name, codec))

    # --- messages ---

    @callback
    def _receive(self, codec: Codec, topic: str, payload: bytes, retained: bool, now: float) -> None:
        """Take one message from a source. Whatever it holds, this never raises."""
        if self._stopped:
            return
        panel_id = codec.panel_of(topic)
        if (known := self.panels.get(panel_id or "")) is not None:
            known.heed(now, topic, payload)
            if not retained:
                self.posts.left(known.id)
        try:
            message = codec.decode(topic, payload)
            if (panel := self.panels.get(message.panel)) is None:
                self._offer(message)
            else:
                self._dispatch(panel, message, Moment(utc=now, loop=self.hass.loop.time(), retained=retained))
        except Rejected as rejected:
            self.reject(panel_id, rejected)

    @callback
    def take(self, message: Message, topic: str, payload: bytes, now: float) -> bool:
        """Take a message that was posted; False as long as nobody has added its panel. Rejected if it is unusable."""
        if (panel := self.panels.get(message.panel)) is None:
            self._offer(message)
            return False
        panel.heed(now, topic, payload)
        self._dispatch(panel, message, Moment(utc=now, loop=self.hass.loop.time(), retained=False))
        return True

    def intake(self, panel_id: str) -> Intake | None:
        """The host's side of a panel."""
        return self._intakes.get(panel_id)

    def _dispatch(self, panel: PanelRuntime, message: Message, moment: Moment) -> None:
        intake = self._intakes[panel.id]
        for reading in message.readings:
            intake.handle(reading, moment)

    def _offer(self, message: Message) -> None:
        # A panel may be added and not run yet, while the ledger is busy.
        if any(subentry.unique_id == message.panel for subentry in self._panel_subentries()):
            return
        for reading in message.readings:
            if isinstance(reading, Info | Sample):
                self._offers.see(reading.panel, message)

    def reject(self, panel_id: str | None, rejected: Rejected) -> None:
        """Count a message that cannot be used, and tell the first one with its reason."""
        panel = self.panels.get(panel_id or "")
        counter = self.rejections if panel is None else panel.rejections
        counter[rejected.reason] += 1
        key = (panel.id if panel else "", rejected.reason)
        if key not in self._logged:
            self._logged.add(key)
            name = f"panel {panel.id}" if panel else "a panel that is not added"
            _LOGGER.warning(
                "A message of %s cannot be used and changes nothing (%s). Further ones with this reason are only "
                "counted; see the diagnostics",
                name,
                rejected,
            )

    def commit(self, panel: PanelRuntime, change: Change, *, urgent: bool = False) -> asyncio.Future[None]:
        """Queue a change of a panel; the future is done when it is on disk."""
        future = self.writer.submit(change, urgent=urgent)
        if change.journal is not None and change.intervals and panel.on_rows is not None:
            panel.on_rows(panel, change.journal, change.intervals)
        future.add_done_callback(partial(self._committed, panel))
        return future

    @callback
    def _committed(self, panel: PanelRuntime, future: asyncio.Future[None]) -> None:
        if future.cancelled() or (error := future.exception()) is None:
            return
        _LOGGER.error("The ledger refused a change of panel %s, which is read from it anew: %s", panel.id, error)
        self.in_background(self._async_restore(panel))

    async def _async_restore(self, panel: PanelRuntime) -> None:
        stored = (await self.writer.run(self.ledger.load)).get(panel.id)
        if stored is not None and (intake := self._intakes.get(panel.id)) is not None:
            intake.restore(stored, int(time()))
            await self._async_begin_periods(panel)

    def publish(self, panel: str, kind: str, payload: bytes, *, retain: bool) -> None:
        """Send a message to a board with a journal."""
        if not self.posts.take(panel, kind, payload):
            self.in_background(self._async_publish(f"{self.base}/1/{panel}/{kind}", payload, retain=retain))

    async def _async_publish(self, topic: str, payload: bytes, *, retain: bool) -> None:
        # Without a connection nothing is lost: the board asks again and gets its answer then.
        with suppress(HomeAssistantError):
            await mqtt.async_publish(self.hass, topic, payload, retain=retain)

    def in_background(self, work: Coroutine[None, None, None]) -> None:
        """Do work that nothing waits for."""
        self.entry.async_create_background_task(self.hass, work, f"{DOMAIN} background", eager_start=True)

    def report(self, panel: PanelRuntime, incident: Incident, **details: str) -> None:
        """Tell the owner of something that happened to a panel."""
        panel.events[incident] += 1
        async_report(self.hass, panel, incident, details)

    # --- time ---

    @callback
    def _look_after(self, _now: datetime) -> None:
        """Notice that panels went silent, that a day has ended and that histories are in."""
        if self._stopped:
            return
        now = time()
        if self._listens and self._offers.has_room_again():
            self.in_background(self._async_subscribe())
        for panel in self.panels.values():
            panel.check_availability(now)
            if now >= panel.day.end:
                self.in_background(self._async_begin_periods(panel))
            if panel.balances and panel.meter is not None and _covers(panel.meter, panel.balances.values(), int(now)):
                self.in_background(self._async_open(panel, panel.meter))

    async def _async_open(self, panel: PanelRuntime, meter: Meter) -> None:
        """Book what was shown before the ledger was begun anew, once all that the board still has is in."""
        async with self._opening:
            if not panel.balances:
                return
            admission = await self._bookkeeper.async_opening(panel)
            booked = dict.fromkeys(panel.balances, BOOKED) if panel.on_balance else {}
            panel.balances = {}
            if admission is None:
                self.commit(panel, Change(panel=panel.id, meters=booked))
                return
            meter.credit(admission)
            rows = Change(panel=panel.id, journal=admission.journal, intervals=admission.intervals, meters=booked)
            self.commit(panel, rows)

    @callback
    def _keep_balance(self, panel: PanelRuntime, register: Register) -> None:
        self.commit(panel, Change(panel=panel.id, meters={register: panel.balances[register].to_json()}))

    @callback
    def _checkpoint(self, _now: datetime | None = None) -> None:
        """Bring to disk what no record carries."""
        if self._stopped:
            return
        now = int(time())
        for panel_id, intake in self._intakes.items():
            if (change := intake.checkpoint(now)) is not None:
                self.commit(self.panels[panel_id], change)

    async def _async_begin_periods(self, panel: PanelRuntime) -> None:
        await self._bookkeeper.async_begin_periods(panel, self._intakes[panel.id].open())
        if not self._stopped:
            panel.changed(self.hass.loop.time())


def _covers(meter: Meter, balances: Iterable[Balance], now: int) -> bool:
    """True if all that a board recorded is in, the interval included in which the balances were shown."""
    return meter.has_newest(now) and meter.settled_until(now) >= max(balance.at for balance in balances)

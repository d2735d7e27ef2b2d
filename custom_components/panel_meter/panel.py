"""One panel while Home Assistant runs: its meter, its present values and who wants to know of them."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from time import time
from typing import Final, Protocol

from homeassistant.core import CALLBACK_TYPE, callback

from .core.balance import consumption_registers
from .core.codecs.parsing import MAX_PAYLOAD
from .core.journal import Admission
from .core.model import Interval, Journal, Measurements, Panel, Quality, Register
from .core.opening import Balance
from .core.periods import RunningPeriod
from .core.settings import PanelSettings
from .money import PanelMoney

#: A panel is offline after three of its usual intervals, but never sooner than this many seconds (protocol H5).
SHORTEST_PATIENCE: Final = 30.0
#: Assumed while only one message of a panel without a stated interval has come, in seconds.
ASSUMED_INTERVAL: Final = 60.0
#: Seconds after which energy comes too late for the states that the recorder compiles.
LATE: Final = 360
#: What a panel may be late by, beyond twice its usual interval, before it counts as silent, in seconds.
SILENCE: Final = 10.0
HOUR: Final = 3600
#: A power that moves by more than this is written at once.
STEP_WATTS: Final = 100.0
STEP_SHARE: Final = 0.1


class Meter(Protocol):
    """What a panel's totals come from."""

    @property
    def totals(self) -> Mapping[Register, int]:
        """Accepted energy in mWh, all of it added to the running periods."""

    def total(self, register: Register) -> int:
        """The total to show, in mWh."""

    def settled_until(self, now: int) -> int:
        """Up to when (UTC seconds) all energy is in the ledger, as far as is known."""

    @property
    def has_history(self) -> bool:
        """False if the ledger knew nothing of the panel when the meter began."""

    def hold(self, register: Register, total: int) -> None:
        """Never show less than ``total`` mWh."""

    def credit(self, admission: Admission) -> None:
        """Add an opening balance."""

    def caught_up(self, now: int) -> bool:
        """False while the panel's history is still coming in (``now`` in UTC seconds)."""

    def has_newest(self, now: int) -> bool:
        """True if all that the panel has recorded by now is in."""


class PanelRuntime:
    """A panel that the user has added."""

    def __init__(self, panel_id: str, subentry_id: str, settings: PanelSettings) -> None:
        """Start without a description; it comes from the ledger or with the first message."""
        self.id = panel_id
        self.subentry_id = subentry_id
        self.settings = settings
        self.device_id: str | None = None
        self.meter: Meter | None = None
        self.measurements = Measurements()
        self.last_seen: float | None = None
        #: Told of energy that was accepted long after it flowed, with the instant since when.
        self.on_late: Callable[[PanelRuntime, int], None] | None = None
        #: Told of rows on their way to the ledger.
        self.on_rows: Callable[[PanelRuntime, Journal, tuple[Interval, ...]], None] | None = None
        #: What it costs; None without a tariff.
        self.money: PanelMoney | None = None
        #: Told of a balance that has to be kept until it is booked.
        self.on_balance: Callable[[PanelRuntime, Register], None] | None = None
        self.day = RunningPeriod(0, 0)
        self.month = RunningPeriod(0, 0)
        #: The registers that the running periods are made of.
        self.summed: tuple[Register, ...] = ()
        self.rejections: Counter[str] = Counter()
        self.events: Counter[str] = Counter()
        #: What was shown of registers before the ledger was begun anew, as long as that is not booked.
        self.balances: dict[Register, Balance] = {}
        self.recent: deque[tuple[float, str, bytes]] = deque(maxlen=60)
        #: As the panel itself says it, without the user's corrections.
        self.announced: Panel | None = None
        self._description: Panel | None = None
        self._consumption: tuple[Register, ...] = ()
        self._positions: dict[str, int] = {}
        #: What the panel has ever measured since the start, such as ``current`` or ``voltage_2``.
        self.quantities: frozenset[str] = frozenset()
        self._said_offline = False
        self._usual_interval: float | None = None
        #: The last time without a message, in UTC seconds: nobody showed what flowed meanwhile.
        self._silence: tuple[float, float] = (0.0, 0.0)
        self._since = time()
        self._connected: bool | None = None
        self._listeners: dict[str | None, list[CALLBACK_TYPE]] = {}
        self._followers: list[CALLBACK_TYPE] = []
        self._written_power: tuple[float | None, ...] = ()
        self._written_at = float("-inf")
        self._trailing: asyncio.TimerHandle | None = None

    # --- what it is ---

    @property
    def description(self) -> Panel | None:
        """The panel with the user's corrections; None until it has announced itself."""
        return self._description

    @property
    def name(self) -> str:
        """What the panel calls itself, or its id."""
        return self._description.name if self._description else self.id

    def describe(self, announced: Panel) -> Panel:
        """Take a new announcement; returns it with the user's corrections."""
        self.announced = announced
        self._description = self.settings.apply(announced)
        self._consumption = consumption_registers(self._description)
        self._positions = {channel.id: position for position, channel in enumerate(self._description.channels)}
        return self._description

    def position(self, channel_id: str) -> int | None:
        """Where the values of a channel stand in the measurements; None if the panel no longer has it."""
        return self._positions.get(channel_id)

    @property
    def consumption(self) -> tuple[Register, ...]:
        """The registers that add up to what the panel draws."""
        return self._consumption

    # --- what is booked ---

    def begin_periods(self, day: RunningPeriod, month: RunningPeriod) -> None:
        """Start a new day and month."""
        self.day, self.month, self.summed = day, month, self._consumption

    def booked(self, intervals: Iterable[Interval], registers: tuple[Register, ...]) -> None:
        """Add accepted intervals of a journal with these registers to the running day and month."""
        positions = [position for position, register in enumerate(registers) if register in self._consumption]
        now, late = time(), None
        timely, (silent_since, silent_until) = now - LATE, self._silence_until(now)
        unseen_hour = silent_until // HOUR * HOUR
        for interval in intervals:
            energy = sum(interval.energy[position] for position in positions)
            for period in (self.day, self.month):
                period.add(energy, interval.start, interval.end)
            estimated = interval.quality & Quality.ESTIMATED
            # The total that the recorder saw when that hour ended was an old one.
            unseen = interval.start < unseen_hour and interval.end > silent_since
            if unseen or interval.end < timely or (estimated and interval.start < timely):
                late = interval.start if late is None else min(late, interval.start)
        if late is not None and self.on_late is not None:
            self.on_late(self, late)

    def remember(self, register: Register, total: int, at: int) -> None:
        """Take the total that was shown before a restart: ``total`` mWh at ``at`` (UTC seconds)."""
        if self.meter is None:
            return
        self.meter.hold(register, total)
        if not self.meter.has_history and total:
            self.balances[register] = Balance(total, at)
            if self.on_balance is not None:
                self.on_balance(self, register)

    def running(self, period: RunningPeriod) -> int | None:
        """Energy of a running period in mWh with what live messages say; None while history is still coming in."""
        if self.meter is None or not self.meter.caught_up(int(time())):
            return None
        meter = self.meter
        return period.energy + sum(meter.total(each) - meter.totals.get(each, 0) for each in self._consumption)

    def shown_total(self, register: Register) -> int | None:
        """The total of a register to show, in mWh; None while history is still coming in."""
        if self.meter is None or not self.meter.caught_up(int(time())):
            return None
        return self.meter.total(register)

    # --- what it says ---

    def heed(self, now: float, topic: str, payload: bytes) -> None:
        """Keep a message as it came, for the diagnostics; of one that is too large only the begin."""
        self.recent.append((now, topic, payload[:MAX_PAYLOAD]))

    def _silence_until(self, now: float) -> tuple[float, float]:
        """The last time without a message, which may not be over; UTC seconds."""
        if self.last_seen is None:
            return 0.0, now
        patience = 2 * (self._pace() or ASSUMED_INTERVAL) + SILENCE
        return (self.last_seen, now) if now - self.last_seen > patience else self._silence

    def heard(self, now: float) -> None:
        """A fresh message came (UTC seconds)."""
        self._silence = self._silence_until(now)
        if self.last_seen is not None and now > self.last_seen:
            gap = now - self.last_seen
            usual = self._usual_interval or gap
            self._usual_interval = 0.8 * usual + 0.2 * min(gap, 10 * usual)
        self.last_seen = now

    def said(self, *, online: bool) -> None:
        """The panel, or the broker in its name, said whether it is connected."""
        self._said_offline = not online

    @property
    def available(self) -> bool:
        """Whether the present values are to be believed."""
        return self._connected is True

    @property
    def connected(self) -> bool | None:
        """Whether the panel speaks; None as long as it was not given the time to speak."""
        return self._connected

    def patience(self) -> float:
        """Seconds without a message after which the panel counts as offline."""
        stated = self._description.live_interval if self._description else None
        return max(SHORTEST_PATIENCE, 3 * (stated or self._usual_interval or ASSUMED_INTERVAL))

    @callback
    def check_availability(self, now: float) -> None:
        """Notice that the panel came or went and tell everybody."""
        connected = self._judge(now)
        if connected != self._connected:
            self._connected = connected
            self.flush()
            self._tell_followers()

    def _judge(self, now: float) -> bool | None:
        if self._said_offline:
            return False
        if self.last_seen is not None:
            return abs(now - self.last_seen) <= self.patience()
        return False if abs(now - self._since) > self.patience() else None

    @callback
    def measured(self, measurements: Measurements, now: float) -> None:
        """Take present values; ``now`` is the time of the event loop.

        States are written at most once in ``state_interval`` seconds, but the first change after quiet and a step of
        a channel at once, and the last value always.
        """
        self.measurements = measurements
        if not (quantities := measurements.quantities()) <= self.quantities:
            self.quantities |= quantities
        self._tell_followers()
        self.changed(now)
        if self._trailing is None:
            return
        for position in self._stepped():
            self._written_power = (
                *self._written_power[:position],
                measurements.power[position],
                *self._written_power[position + 1 :],
            )
            if self._description is not None:
                self._notify(self._description.channels[position].id)

    def _stepped(self) -> list[int]:
        before, after = self._written_power, self.measurements.power
        if len(before) != len(after):
            return []
        return [
            position
            for position, (old, new) in enumerate(zip(before, after, strict=True))
            if old is not None and new is not None and abs(new - old) > max(STEP_WATTS, STEP_SHARE * abs(old))
        ]

    # --- who wants to know ---

    @callback
    def listen(self, channel: str | None, update: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call ``update`` when values of a channel (None: of the panel) are to be written."""
        listeners = self._listeners.setdefault(channel, [])
        listeners.append(update)
        return lambda: listeners.remove(update)

    @callback
    def follow(self, update: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call ``update`` whenever present values came, or the panel came or went: at once and every time."""
        self._followers.append(update)
        return lambda: self._followers.remove(update)

    def _tell_followers(self) -> None:
        for update in list(self._followers):
            update()

    @callback
    def changed(self, now: float) -> None:
        """Something changed: write it now if the last write is long enough ago, else when it is.

        The next message, when it comes in its usual time, carries newer values than a timer would find.
        """
        pace, interval = self._pace(), self.settings.state_interval
        # A panel that speaks less often than states are to be written is heard at every message, early ones too.
        due = self._written_at + (interval if pace < interval else interval / 2)
        if now >= due:
            self.flush()
        elif self._trailing is None:
            self._trailing = asyncio.get_running_loop().call_at(due + min(pace, interval), self.flush)

    def _pace(self) -> float:
        """Seconds between two messages, as far as that is known."""
        stated = self._description.live_interval if self._description else None
        return stated or self._usual_interval or 0.0

    @callback
    def flush(self) -> None:
        """Let every entity write its state now."""
        self.stop()
        self._written_at = asyncio.get_running_loop().time()
        self._written_power = self.measurements.power
        for channel in list(self._listeners):
            self._notify(channel)

    def _notify(self, channel: str | None) -> None:
        for update in list(self._listeners.get(channel, ())):
            update()

    @callback
    def stop(self) -> None:
        """Forget a write that is still due."""
        if self._trailing is not None:
            self._trailing.cancel()
            self._trailing = None

"""Rules that compare a channel with itself: left on, a spike beyond its habits, a base load that has grown."""

from collections import deque
from collections.abc import Sequence
from statistics import median
from typing import Final

from .finding import Finding
from .latch import Latch, begun, over
from .model import Kind, Severity

#: A thermostat may rest that many seconds without the appliance being off.
THERMOSTAT: Final = 300.0
#: Days that a spike is compared with, the least of them, and the power (W) that makes one count.
SPIKE_DAYS: Final = 28
SPIKE_LEAST_DAYS: Final = 7
SPIKE_USED: Final = 50.0
#: A spike is this many times the second highest of those days, and this many W more.
SPIKE_FACTOR: Final = 2.0
SPIKE_WATTS: Final = 1000.0
#: Nights that are compared with the weeks before, and how many of them must be known.
NEW_NIGHTS: Final = 7
OLD_NIGHTS: Final = 28
LEAST_NEW: Final = 5
LEAST_OLD: Final = 14
#: The base load has grown by at least this share, and these W.
BASE_SHARE: Final = 0.3
BASE_WATTS: Final = 40.0


class LeftOn:
    """On for longer than the user wants."""

    kind: Final = Kind.LEFT_ON
    low = -1e7

    def __init__(self, channel: str, watts: float, seconds: float) -> None:
        """More than ``watts`` is on."""
        self._channel, self.high = channel, watts
        self._latch = Latch(seconds, THERMOSTAT, THERMOSTAT)

    @property
    def busy(self) -> bool:
        """Whether it waits for something."""
        return self._latch.busy

    def see(self, power: float, load: float, step: float, now: float) -> Finding | None:
        """Compare; what rests for a few minutes only is still on."""
        if not self._latch.step(power > self.high, power < self.high * 0.9, now):
            return None
        if not self._latch.on:
            return over(self._channel, self.kind)
        minutes = round(self._latch.since(now) / 60)
        return begun(self._channel, self.kind, Severity.INFO, power_w=round(power), minutes_min=minutes)

    def rest(self) -> None:
        """Wait anew."""
        self._latch.rest()


class PowerSpike:
    """Far more than a channel has drawn on any recent day, over five minutes.

    Compared with the second highest of the days, so that one odd day neither raises the bar nor hides the next one.
    """

    def __init__(self, channel: str) -> None:
        """Begin without habits."""
        self._channel = channel
        self._days: deque[float] = deque(maxlen=SPIKE_DAYS)
        self._day: int | None = None
        self._today = 0.0
        self._latch = Latch(0, 0)

    def learn(self, highest: Sequence[float]) -> None:
        """Take the highest five-minute powers (W) of days before, the last day first."""
        self._days = deque(reversed(highest[:SPIKE_DAYS]), maxlen=SPIKE_DAYS)

    def like(self, other: PowerSpike) -> None:
        """Go on with the habits of another."""
        self._days, self._day, self._today = other._days.copy(), other._day, other._today

    @property
    def usual(self) -> float | None:
        """The second highest power of the days; None while too few are known."""
        used = sorted(power for power in self._days if power >= SPIKE_USED)
        return used[-2] if len(used) >= SPIKE_LEAST_DAYS else None

    def see(self, mean: float, day: int) -> Finding | None:
        """Take the mean power (W) of five minutes of a UTC day."""
        if day != self._day:
            if self._day is not None:
                self._days.append(self._today)
            self._day, self._today = day, 0.0
        self._today = max(self._today, mean)
        # A step is five minutes whatever the clock says, so any rising number will do as time.
        usual = self.usual
        if usual is None:
            return None
        level = max(usual * SPIKE_FACTOR, usual + SPIKE_WATTS)
        if not self._latch.step(mean > level, mean < level * 0.8, 0):
            return None
        if not self._latch.on:
            return over(self._channel, Kind.POWER_SPIKE)
        return begun(self._channel, Kind.POWER_SPIKE, Severity.INFO, power_w=round(mean), usual_w=round(usual))


class BaseLoad:
    """What is drawn when the home sleeps has grown over the last week."""

    def __init__(self) -> None:
        """Begin without knowing."""
        self._latch = Latch(0, 0)
        self._seen: tuple[float | None, ...] = ()

    def look(self, nights: tuple[float | None, ...]) -> Finding | None:
        """Take the lowest power of each night in W, the last one first."""
        if nights == self._seen:
            return None
        self._seen = nights
        new = [watts for watts in nights[:NEW_NIGHTS] if watts is not None and 0 <= watts < 1e9]
        old = [
            watts for watts in nights[NEW_NIGHTS : NEW_NIGHTS + OLD_NIGHTS] if watts is not None and 0 <= watts < 1e9
        ]
        if len(new) < LEAST_NEW or len(old) < LEAST_OLD:
            return None
        now, before = median(new), median(old)
        rise, least = now - before, max(before * BASE_SHARE, BASE_WATTS)
        if not self._latch.step(rise > least, rise < least / 2, 0):
            return None
        if not self._latch.on:
            return over(None, Kind.BASE_LOAD)
        return begun(
            None,
            Kind.BASE_LOAD,
            Severity.INFO,
            power_w=round(now),
            usual_w=round(before),
            rise_w=round(rise),
            year_kwh=round(rise * 8.76),
        )

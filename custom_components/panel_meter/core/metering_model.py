"""The nouns of metering: what a counter says, what is known of it and what a reading is taken for.

Counter values are mWh, instants are UTC milliseconds.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .model import Quality

#: A fall of up to this much, or up to ten steps of a coarse counter, is noise.
NOISE: Final = 1_000
NOISE_STEPS: Final = 10
#: Ten steps of a counter of whole kWh would hide a real reset; no fall above this passes as noise.
MOST_NOISE: Final = 100_000
#: So many rises must follow a re-based counter before its old value is forgotten.
PROBATION: Final = 3


class Verdict(StrEnum):
    """What a reading of a register was taken for."""

    #: The first value ever seen: nothing is counted yet.
    BASELINE = "baseline"
    NORMAL = "normal"
    #: The same value again: a heartbeat, or the same message delivered twice.
    DUPLICATE = "duplicate"
    #: A small dip; the highest value is held.
    NOISE = "noise"
    #: The counter began anew.
    RESET = "reset"
    ROLLOVER = "rollover"
    #: The value before this one was wrong; this one continues from the last good one.
    SPIKE = "spike"
    #: Another counter, or an older state of it: counting goes on from its value.
    REPLACED = "replaced"
    #: Not believed until more readings say the same.
    SUSPECT = "suspect"
    #: Enough readings agree on an impossible rise: the user has to decide.
    JUMP = "jump"
    #: A reading while the user has not decided.
    WAITING = "waiting"
    #: Older than what is known.
    STALE = "stale"
    REJECTED = "rejected"
    #: Power only: the time before this reading was too long to be bridged.
    GAP = "gap"


class Decision(StrEnum):
    """What the user makes of a jump."""

    #: The energy was really used.
    ACCEPT = "accept"
    #: The counter was exchanged or set: count from its new value.
    REPLACED = "replaced"
    #: The values are wrong: keep the last good one and go on waiting for it.
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Accepted:
    """Energy in mWh that flowed between two instants (UTC milliseconds)."""

    start: int
    end: int
    energy: int
    quality: Quality = Quality.MEASURED


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterReading:
    """One value of a counter and how it came."""

    value: int
    received: int
    retained: bool = False
    #: The device's own instant of measurement.
    device_time: int | None = None
    boot: str | None = None
    #: The source was away and came back since the last reading.
    offline_cycle: bool = False
    #: The step in which the source counts, in mWh.
    resolution: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a register can do: highest power in W (margin included) and where its counter wraps, in mWh."""

    power: float
    modulus: int | None = None

    def energy(self, elapsed: int) -> int:
        """The most energy in mWh that ``elapsed`` milliseconds can bring."""
        return int(self.power * max(elapsed, 0) / 3600)


@dataclass(frozen=True, slots=True)
class Point:
    """A value of the counter at an instant."""

    value: int
    time: int


@dataclass(frozen=True, slots=True)
class Jump:
    """An impossible rise on which several readings agree: the first of them and the latest."""

    first: Point
    last: Point


@dataclass(frozen=True, slots=True)
class Previous:
    """The counter before it was re-based, in case that was a mistake."""

    mark: Point
    from_zero: bool
    #: mWh accepted since, and rises still needed to trust the new counter.
    credited: int
    probation: int = PROBATION


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterState:
    """What is known of a counter."""

    #: The highest good value and when the source last confirmed it.
    mark: Point
    #: Instant of the device's own clock in the last reading that had one.
    clock: int | None = None
    boot: str | None = None
    #: The finest step seen, in mWh.
    resolution: int = 1
    #: The last distances between readings.
    recent: tuple[int, ...] = ()
    #: The mark comes from a retained message of unknown age.
    provisional: bool = False
    suspects: tuple[Point, ...] = ()
    jump: Jump | None = None
    previous: Previous | None = None

    @property
    def in_doubt(self) -> bool:
        """True if the last reading was not believed."""
        return bool(self.suspects) or self.jump is not None

    @property
    def latest(self) -> tuple[Point, ...]:
        """What the last readings said, believed or not."""
        jump = () if self.jump is None else (self.jump.last,)
        return (*jump, *self.suspects[-1:]) or (self.mark,)

    @property
    def noise(self) -> int:
        """The largest fall in mWh that is noise."""
        return max(NOISE, min(NOISE_STEPS * self.resolution, MOST_NOISE))


@dataclass(frozen=True, slots=True)
class Outcome:
    """The state after a reading, what the reading was and the energy that it brought."""

    state: MeterState
    verdict: Verdict
    accepted: Accepted | None = None

"""Billing demand: the highest average powers of a cycle, when they were and which circuits made them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from ..model import MILLIWATT_HOURS_PER_KWH
from ..tariff.clock import WallClock
from ..tariff.model import Demand, DemandStat
from ..tariff.timetable import Timetable
from .cycles import times
from .usage import Usage

HOUR: Final = 3600
ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Peak:
    """A demand interval: average kW of the panel and of its circuits."""

    start: int
    end: int
    kw: Decimal
    circuits: tuple[Decimal, ...] = ()


@dataclass(frozen=True, slots=True)
class CyclePeak:
    """The highest demand of a cycle that is over, and the month in which it began."""

    year: int
    month: int
    kw: Decimal


@dataclass(frozen=True, slots=True)
class DemandCharge:
    """What a demand comes to: measured and billed kW, the peaks that they are made of, and the amount."""

    demand: Demand
    measured_kw: Decimal
    billed_kw: Decimal
    peaks: tuple[Peak, ...]
    amount: Decimal


class DemandMeter:
    """Average power of the intervals of a cycle that count for one demand charge."""

    def __init__(self, demand: Demand, window: Timetable | None, clock: WallClock, *, netted: bool) -> None:
        """``window`` says with place 0 which intervals count; None: all. ``netted`` sets export off against import."""
        self.demand = demand
        self._window = window
        self._clock = clock
        self._netted = netted
        self._seconds = demand.interval_min * 60
        self._start = -1
        self._energy = 0
        self._circuits: list[int] = []
        #: The highest interval of each local day (of the cycle, where days do not matter): its start and energies.
        self._highest: dict[int, tuple[int, int, tuple[int, ...]]] = {}

    def copy(self) -> DemandMeter:
        """One that goes on by itself."""
        other = DemandMeter(self.demand, self._window, self._clock, netted=self._netted)
        other._start, other._energy, other._circuits = self._start, self._energy, self._circuits.copy()
        other._highest = self._highest.copy()
        return other

    def add(self, usage: Usage) -> None:
        """Add what came next in time; it is cut at the edges of the demand's intervals."""
        start = self._begin(usage.start)
        if usage.end <= start + self._seconds:
            self._take(start, usage)
            return
        instant = usage.start
        while instant < usage.end:
            # Asked anew each time: the clock may be changed by a part of an interval.
            start = self._begin(instant)
            self._take(start, usage.part(instant, start + self._seconds))
            instant = start + self._seconds

    def _begin(self, instant: int) -> int:
        """The begin of the interval, by the wall clock, that holds an instant."""
        offset = self._clock.offset(instant) if self._seconds > 900 else 0
        return instant - (instant + offset) % self._seconds

    def _take(self, start: int, usage: Usage) -> None:
        if start != self._start:
            self._close()
            self._start, self._energy, self._circuits = start, 0, [0] * len(usage.circuits)
        self._energy += usage.imported - usage.exported if self._netted else usage.imported
        for position, energy in enumerate(usage.circuits):
            self._circuits[position] += energy

    def _close(self) -> None:
        self._highest = self._with_running()

    def _with_running(self) -> dict[int, tuple[int, int, tuple[int, ...]]]:
        """The highest intervals, the running one included."""
        if self._energy <= 0 or not self._counts(self._start):
            return self._highest
        key = self._clock.day_at(self._start).start if self.demand.stat is DemandStat.MEAN_TOP_DAYS else 0
        known = self._highest.get(key)
        if known is not None and self._energy <= known[1]:
            return self._highest
        return {**self._highest, key: (self._start, self._energy, tuple(self._circuits))}

    def _counts(self, start: int) -> bool:
        return self._window is None or self._window.at(start).index == 0

    def running(self, now: int) -> Peak | None:
        """The interval at ``now`` so far, as kW over its whole length; None outside of the window."""
        start = self._begin(now)
        if not self._counts(start):
            return None
        if start != self._start:
            return Peak(start, start + self._seconds, ZERO)
        return self._peak((start, max(self._energy, 0), tuple(self._circuits)))

    def peaks(self) -> tuple[Peak, ...]:
        """The intervals that the demand is made of, the highest first; the running one counts as far as it is."""
        number = self.demand.n if self.demand.stat is DemandStat.MEAN_TOP_DAYS else 1
        highest = sorted(self._with_running().values(), key=lambda each: (-each[1], each[0]))[:number]
        return tuple(map(self._peak, highest))

    def _peak(self, interval: tuple[int, int, tuple[int, ...]]) -> Peak:
        start, energy, circuits = interval
        return Peak(start, start + self._seconds, self._kw(energy), tuple(map(self._kw, circuits)))

    def _kw(self, energy: int) -> Decimal:
        return Decimal(energy) * HOUR / (self._seconds * MILLIWATT_HOURS_PER_KWH)

    def charge(self, factor: Fraction | int, earlier: Sequence[CyclePeak]) -> DemandCharge:
        """The charge of a cycle. ``factor``: how often the price is due; ``earlier``: cycles before, last one last."""
        demand, peaks = self.demand, self.peaks()
        measured = _mean([peak.kw for peak in peaks])
        billed = max(measured, demand.min_kw)
        if demand.stat is DemandStat.MEAN_LAST_CYCLES:
            before = [max(peak.kw, demand.min_kw) for peak in earlier[-(demand.n - 1) :]] if demand.n > 1 else []
            billed = _mean([*before, billed])
        if (ratchet := demand.ratchet) is not None:
            counted = [each.kw for each in earlier[-ratchet.cycles :] if each.month in (ratchet.months or {each.month})]
            billed = max(billed, max(counted, default=ZERO) * ratchet.percent / 100)
        return DemandCharge(demand, measured, billed, peaks, times(_in_blocks(demand, billed), factor))


def _mean(values: Sequence[Decimal]) -> Decimal:
    return times(sum(values, ZERO), Fraction(1, len(values))) if values else ZERO


def _in_blocks(demand: Demand, kw: Decimal) -> Decimal:
    amount = lower = ZERO
    for block, price in zip(demand.blocks, demand.price, strict=True):
        upper = kw if block.upto is None else min(block.upto, kw)
        if upper > lower:
            amount += (upper - lower) * price
            lower = upper
    return amount

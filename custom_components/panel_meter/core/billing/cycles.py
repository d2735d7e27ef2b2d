"""Billing cycles, and the parts of a cycle with one version and one set of rates."""

from bisect import bisect_right
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from ..tariff.clock import WallClock
from ..tariff.days import season_of
from ..tariff.model import OnChange, RateSet, Tariff, Version
from ..tariff.times import Cycle

#: Parts of amounts that go on for ever as decimals end here, so that sums of them come out.
_DECIMALS: Final = -18
_FINEST: Final = Decimal((0, (1,), _DECIMALS))


@dataclass(frozen=True, slots=True)
class CycleSpan:
    """A billing cycle: its first day, the first day of the next one, and how many months its amounts are for."""

    first: date
    end: date
    months: int

    @property
    def days(self) -> int:
        """Local days of the cycle."""
        return (self.end - self.first).days


def cycle_at(cycle: Cycle, day: date) -> CycleSpan:
    """The cycle that holds a local day."""
    begins = sorted({*cycle.read_dates, *_regular_begins(cycle, day)})
    place = bisect_right(begins, day) - 1
    return CycleSpan(begins[place], begins[place + 1], cycle.months)


def next_cycle(cycle: Cycle, span: CycleSpan) -> CycleSpan:
    """The cycle after another one."""
    return cycle_at(cycle, span.end)


def _regular_begins(cycle: Cycle, day: date) -> list[date]:
    """Begins of cycles around a day by the anchor, but for the time in which the meter was read on certain days.

    Half a cycle before the first and after the last of these days belongs to that time, lest a cycle be a few days.
    """
    month = day.month - (day.month - cycle.first_month) % cycle.months
    begins = [_anchor(cycle, day.year, month + number * cycle.months) for number in range(-3, 4)]
    if not cycle.read_dates:
        return begins
    half = timedelta(days=15 * cycle.months)
    before, after = cycle.read_dates[0] - half, cycle.read_dates[-1] + half
    return [begin for begin in begins if begin < before or begin > after]


def _anchor(cycle: Cycle, year: int, month: int) -> date:
    """The anchor day of a month; the month may be beyond its year."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, min(cycle.anchor_day, monthrange(year, month)[1]))


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a cycle with one version and one choice of rates.

    ``rates`` are tried in order: the first whose ``over`` the cycle exceeds counts, and the last has none.
    """

    version: Version
    rates: tuple[RateSet, ...]
    start: int
    end: int
    days: int
    #: Goes on with the count of kWh of the section before it.
    carries: bool


def sections(tariff: Tariff, span: CycleSpan, clock: WallClock) -> tuple[Section, ...]:
    """The sections of a cycle, in order; days before the first version are in none."""
    versions = sorted(tariff.versions, key=lambda version: version.valid_from)
    found: list[Section] = []
    for version, following in zip(versions, [*versions[1:], None], strict=True):
        first = max(span.first, version.valid_from)
        end = span.end if following is None else min(span.end, following.valid_from)
        begins_inside = first == version.valid_from and first > span.first
        carries = bool(found) and begins_inside and version.on_change is OnChange.CARRY
        while first < end:
            rates, until = _rates(version, first, end)
            found.append(Section(version, rates, clock.start(first), clock.start(until), (until - first).days, carries))
            first, carries = until, False
    return tuple(found)


def _rates(version: Version, first: date, end: date) -> tuple[tuple[RateSet, ...], date]:
    """The sets of rates that may count on a day, and until when the same ones may."""
    energy = version.energy

    def of(day: date) -> tuple[RateSet, ...]:
        season = season_of(day, energy.seasons)
        fitting = [each for each in energy.alternatives if each.season in (None, season)]
        always = next((number for number, each in enumerate(fitting) if each.over is None), None)
        return tuple(fitting[: always + 1]) if always is not None else (*fitting, energy.rates)

    here = of(first)
    if not any(each.season for each in energy.alternatives):
        return here, end
    day = first + timedelta(days=1)
    while day < end and of(day) == here:
        day += timedelta(days=1)
    return here, day


def share_of(days: int, span: CycleSpan) -> Fraction:
    """The part of a cycle that some of its days are."""
    return Fraction(days, span.days)


def times(value: Decimal, factor: Fraction | int) -> Decimal:
    """A value times a fraction. What has no end as a decimal, or a very late one, is rounded."""
    found = value * factor.numerator
    return found if factor.denominator == 1 else _ended(found / factor.denominator)


def _ended(value: Decimal) -> Decimal:
    exponent = value.as_tuple().exponent
    return value.quantize(_FINEST) if isinstance(exponent, int) and exponent < _DECIMALS else value

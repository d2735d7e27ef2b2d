"""Which periods can ever apply: compared for every season, kind of day and minute."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache

from .days import applies, kinds_of, season_of
from .times import MINUTES_PER_DAY, Calendar, DayKind, Rule, Season

type _DayKey = tuple[frozenset[DayKind], str | None]
#: A day and the day before it, whose rules may go on past midnight.
type _DayPair = tuple[_DayKey, _DayKey]

_DAY = timedelta(days=1)
#: A Monday; in 28 years every date falls on every weekday.
_MONDAY = date(2001, 1, 1)
_YEARS = range(_MONDAY.year, _MONDAY.year + 28)


@dataclass(frozen=True, slots=True)
class Hidden:
    """A set of rules that never applies, and the one above it that covers most of its times; None: it has none."""

    index: int
    by: int | None


def hidden(sets: Sequence[Sequence[Rule]], seasons: Sequence[Season], calendar: Calendar) -> tuple[Hidden, ...]:
    """The sets of rules that can never apply where the first one that holds counts."""
    pairs = tuple(_day_pairs(seasons, calendar))
    masks = _Masks(sets)
    alive: set[int] = set()
    for today, yesterday in pairs:
        taken = 0
        for index in range(len(sets)):
            minutes = masks.of(index, today, yesterday)
            if minutes & ~taken:
                alive.add(index)
            taken |= minutes
    return tuple(Hidden(index, _most_covering(index, pairs, masks)) for index in range(len(sets)) if index not in alive)


def holds_ever(rules: Sequence[Rule], seasons: Sequence[Season], calendar: Calendar) -> bool:
    """Whether there is a minute at which one of the rules holds."""
    return not hidden([rules], seasons, calendar)


def _most_covering(index: int, pairs: Sequence[_DayPair], masks: _Masks) -> int | None:
    shared = [0] * index
    for today, yesterday in pairs:
        minutes = masks.of(index, today, yesterday)
        for other in range(index if minutes else 0):
            shared[other] += (minutes & masks.of(other, today, yesterday)).bit_count()
    best = max(range(index), key=lambda other: shared[other], default=None)
    return best if best is not None and shared[best] else None


class _Masks:
    """Minutes of a day at which sets of rules hold, as bits."""

    def __init__(self, sets: Sequence[Sequence[Rule]]) -> None:
        self._sets = sets
        self._own = cache(self._make)

    def of(self, index: int, today: _DayKey, yesterday: _DayKey) -> int:
        return self._own(index, today)[0] | self._own(index, yesterday)[1]

    def _make(self, index: int, day: _DayKey) -> tuple[int, int]:
        """Minutes of the day itself, and those of the next day."""
        own = following = 0
        for rule in self._sets[index]:
            if applies(rule, *day):
                wraps = rule.end <= rule.begin
                own |= _minutes(rule.begin, MINUTES_PER_DAY if wraps else rule.end)
                following |= _minutes(0, rule.end) if wraps else 0
        return own, following


def _minutes(begin: int, end: int) -> int:
    return (1 << end) - (1 << begin)


def _day_pairs(seasons: Sequence[Season], calendar: Calendar) -> set[_DayPair]:
    of_day = cache(lambda month, day: season_of(date(2024, month, day), seasons))

    def season(day: date) -> str | None:
        return of_day(day.month, day.day)

    ordinary = replace(calendar, holidays=frozenset(), yearly_holidays=frozenset())
    days = [date(year, 1, 1) + _DAY * number for year in (2023, 2024) for number in range(365 + (year == 2024))]
    turns = {(season(day), season(day - _DAY)) for day in days}
    week = [_MONDAY + _DAY * number for number in range(7)]
    kinds = [(kinds_of(day, ordinary), kinds_of(day - _DAY, ordinary)) for day in week]
    pairs = {((today, now), (before, then)) for today, before in kinds for now, then in turns}
    for holiday in _holidays(calendar):
        for day in (holiday, holiday + _DAY):
            pairs.add(((kinds_of(day, calendar), season(day)), (kinds_of(day - _DAY, calendar), season(day - _DAY))))
    return pairs


def _holidays(calendar: Calendar) -> Iterator[date]:
    yield from calendar.holidays
    for month, day in calendar.yearly_holidays:
        for year in _YEARS:
            if (month, day) != (2, 29) or year % 4 == 0:
                yield date(year, month, day)

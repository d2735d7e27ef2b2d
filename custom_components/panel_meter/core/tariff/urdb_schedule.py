"""Schedules of 12 months by 24 hours, as few seasons and rules that people can read."""

from calendar import monthrange
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from .times import MINUTES_PER_DAY, DayKind, Rule, Season

HOURS: Final = 24
MONTHS: Final = tuple(range(1, 13))
_ALL_HOURS: Final = frozenset(range(HOURS))
_WEEKDAYS: Final = frozenset({DayKind.WEEKDAY})
_WEEKENDS: Final = frozenset({DayKind.WEEKEND})
_EVERY_DAY: Final[frozenset[DayKind]] = frozenset()
_MONTH_NAMES: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip

type Days = frozenset[DayKind]


@dataclass(frozen=True, slots=True)
class Schedule:
    """The number of a period for each hour of weekdays and weekends: 12 rows of 24."""

    weekday: tuple[tuple[int, ...], ...]
    weekend: tuple[tuple[int, ...], ...]

    def month(self, month: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Weekday and weekend of a month from 1 to 12."""
        return self.weekday[month - 1], self.weekend[month - 1]

    def used(self, month: int) -> frozenset[int]:
        """Periods of a month."""
        return frozenset((*self.weekday[month - 1], *self.weekend[month - 1]))

    def periods(self) -> list[int]:
        """All periods, the one with the most hours of a year last."""
        hours: dict[int, int] = {}
        for month in MONTHS:
            days = monthrange(2023, month)[1]
            for row, weight in zip(self.month(month), (5, 2), strict=True):
                for period in row:
                    hours[period] = hours.get(period, 0) + weight * days
        return sorted(hours, key=lambda period: (hours[period], -period))


@dataclass(frozen=True, slots=True)
class Group:
    """Months that are alike, and the name of their season."""

    name: str
    months: tuple[int, ...]

    def seasons(self) -> Iterator[Season]:
        """Spans of months; December and January are neighbours."""
        for first, last in _spans(self.months):
            # A season that ends on 28 February holds the 29th too.
            yield Season(name=self.name, begin=(first, 1), end=(last, monthrange(2023, last)[1]))


def groups(alike: Sequence[Hashable]) -> tuple[Group, ...]:
    """Groups of months whose entries (12 of them) are equal."""
    found: dict[Hashable, list[int]] = {}
    for month, entry in zip(MONTHS, alike, strict=True):
        found.setdefault(entry, []).append(month)
    return tuple(Group(_name(months), tuple(months)) for months in found.values())


def rules(schedule: Schedule, parts: Sequence[Group], *, exact: bool = False) -> dict[int, tuple[Rule, ...]]:
    """Rules of all periods, in the order of `Schedule.periods`, in which they are to be tried.

    ``parts`` are groups of months within which the schedule does not change. Unless they shall be ``exact``, rules may
    also hold where an earlier period does.
    """
    order = schedule.periods()
    found: dict[int, tuple[Rule, ...]] = {}
    for number, period in enumerate(order):
        earlier = frozenset(() if exact else order[:number])
        shapes = [_shape(schedule.month(group.months[0]), period, earlier) for group in parts]
        common = [each for each in shapes[0] if all(each in shape for shape in shapes)]
        whole = [_rule(each, None) for each in _across_midnight(common)]
        limited = [
            _rule(each, group.name)
            for group, shape in zip(parts, shapes, strict=True)
            for each in shape
            if each not in common
        ]
        found[period] = (*whole, *limited)
    return found


#: Days and hours ``[begin, end)``.
type _Shape = tuple[Days, int, int]


def _shape(month: tuple[tuple[int, ...], tuple[int, ...]], period: int, earlier: frozenset[int]) -> list[_Shape]:
    """Days and hours of a period; what periods tried earlier have may be covered."""
    own = [frozenset(hour for hour in range(HOURS) if row[hour] == period) for row in month]
    free = [own[kind] | {hour for hour in range(HOURS) if month[kind][hour] in earlier} for kind in (0, 1)]
    if not any(own):
        return []
    if own[0] == own[1]:
        return _ranges(_EVERY_DAY, own[0], free[0] & free[1])
    if all(own) and all(hours == _ALL_HOURS for hours in free):
        return [(_EVERY_DAY, 0, HOURS)]
    return [*_ranges(_WEEKDAYS, own[0], free[0]), *_ranges(_WEEKENDS, own[1], free[1])]


def _ranges(days: Days, own: frozenset[int], free: frozenset[int]) -> list[_Shape]:
    if not own:
        return []
    if free == _ALL_HOURS:
        return [(days, 0, HOURS)]
    begins = [hour for hour in sorted(own) if hour - 1 not in own]
    ends = [hour + 1 for hour in sorted(own) if hour + 1 not in own]
    return [(days, begin, end) for begin, end in zip(begins, ends, strict=True)]


def _across_midnight(shapes: Sequence[_Shape]) -> list[_Shape]:
    """Evening and morning of every day of the year are one night."""
    evening = next((each for each in shapes if each[0] == _EVERY_DAY and each[1] > 0 and each[2] == HOURS), None)
    morning = next((each for each in shapes if each[0] == _EVERY_DAY and each[1] == 0 and each[2] < HOURS), None)
    if evening is None or morning is None:
        return list(shapes)
    others = [each for each in shapes if each not in (evening, morning)]
    return [*others, (_EVERY_DAY, evening[1], morning[2])]


def _rule(shape: _Shape, season: str | None) -> Rule:
    days, begin, end = shape
    return Rule(season=season, days=days, begin=begin * 60, end=MINUTES_PER_DAY if end == HOURS else end * 60)


def _spans(months: Sequence[int]) -> list[tuple[int, int]]:
    """First and last months of the unbroken parts of a year that goes round."""
    chosen = set(months)
    if len(chosen) == len(MONTHS):
        return [(1, 12)]
    firsts = [month for month in sorted(chosen) if _before(month) not in chosen]
    return [(first, _last(first, chosen)) for first in firsts]


def _before(month: int) -> int:
    return (month - 2) % 12 + 1


def _last(month: int, chosen: set[int]) -> int:
    while month % 12 + 1 in chosen:
        month = month % 12 + 1
    return month


def _name(months: Sequence[int]) -> str:
    """Such as "June to September" or "July, October to May"; short if there are many."""
    short = len(_spans(months)) > 2
    names = [name[:3] if short else name for name in _MONTH_NAMES]
    return ", ".join(
        names[first - 1] if first == last else f"{names[first - 1]}{'-' if short else ' to '}{names[last - 1]}"
        for first, last in _spans(months)
    )

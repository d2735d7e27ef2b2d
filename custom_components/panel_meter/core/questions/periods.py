"""Finds the periods that a question names. Days are local; what is said without a year is the latest that has begun."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from ..calendar import next_month
from .marks import Mark
from .model import Period, Within
from .vocabulary import Sense

#: Words that hold a date together and mean nothing elsewhere.
_LINKS: Final = frozenset({Sense.ON, Sense.BETWEEN, Sense.UNTIL, Sense.AND})
_PLAIN: Final = {
    Sense(within.value): within
    for within in (
        Within.TODAY,
        Within.YESTERDAY,
        Within.THIS_WEEK,
        Within.LAST_WEEK,
        Within.THIS_MONTH,
        Within.LAST_MONTH,
        Within.THIS_YEAR,
        Within.LAST_YEAR,
        Within.THIS_CYCLE,
        Within.LAST_CYCLE,
    )
}
_UNITS: Final = {Sense.HOUR: (Within.HOURS, 1), Sense.DAY: (Within.DAYS, 1), Sense.WEEK: (Within.DAYS, 7)}
#: Nobody asks for more.
_MOST: Final = {Within.HOURS: 24 * 400, Within.DAYS: 1000}
_FIRST_YEAR: Final = 2000


@dataclass(frozen=True, slots=True)
class Days:
    """Days from the first to the last, both included, and the place behind the words that said so."""

    period: Period
    first: date
    last: date
    after: int


@dataclass(frozen=True, slots=True)
class Dated:
    """A sentence whose periods are taken out of it."""

    periods: tuple[Period, ...]
    rest: tuple[Mark, ...]


def periods_of(marks: Sequence[Mark], today: date) -> Dated:
    """The periods of a sentence in their order, and all marks that are not part of one."""
    return _Reader([mark for mark in marks if mark.senses != {Sense.FILLER}], today).read()


class _Reader:
    """Reads marks from the left; every method takes a place and says what begins there."""

    def __init__(self, marks: Sequence[Mark], today: date) -> None:
        self._marks = marks
        self._today = today

    def read(self) -> Dated:
        periods: list[Period] = []
        rest: list[Mark] = []
        place = 0
        while place < len(self._marks):
            found = self._between(place) or self._since(place) or self._few(place) or self._plain(place)
            if found is None and (days := self._days(place)) is not None:
                found = days.period, days.after
            if found is not None:
                period, place = found
                periods.append(period)
                continue
            mark = self._marks[place]
            if not (mark.senses and mark.senses <= _LINKS | {Sense.FILLER}):
                rest.append(mark)
            place += 1
        return Dated(tuple(periods), tuple(rest))

    def _has(self, place: int, *senses: Sense) -> bool:
        return place < len(self._marks) and not self._marks[place].senses.isdisjoint(senses)

    def _number(self, place: int, least: int, most: int) -> int | None:
        number = self._marks[place].number if 0 <= place < len(self._marks) else None
        return number if number is not None and least <= number <= most else None

    def _month(self, place: int) -> int | None:
        return self._marks[place].month if 0 <= place < len(self._marks) else None

    def _past_links(self, place: int) -> int:
        while self._has(place, Sense.ON):
            place += 1
        return place

    # --- kinds of periods ---

    def _plain(self, place: int) -> tuple[Period, int] | None:
        for sense in self._marks[place].senses:
            if sense in _PLAIN:
                return Period(within=_PLAIN[sense]), place + 1
        return None

    def _few(self, place: int) -> tuple[Period, int] | None:
        """So many hours, days or weeks up to now; the number may stand before or behind, or be left out for one."""
        number: int | None = None
        unit: Sense | None = None
        few = False
        at = place
        while at < len(self._marks):
            mark = self._marks[at]
            here = next((sense for sense in _UNITS if sense in mark.senses), None)
            if here is not None and unit is None:
                unit = here
            elif Sense.PAST_FEW in mark.senses and not few:
                few = True
            elif mark.number is not None and number is None and here is None:
                number = mark.number
            else:
                break
            at += 1
        if unit is None or not few or (unit is Sense.DAY and number is None):
            return None
        within, size = _UNITS[unit]
        count = (1 if number is None else number) * size
        return (Period(within=within, count=count), at) if 0 < count <= _MOST[within] else None

    def _since(self, place: int) -> tuple[Period, int] | None:
        if not self._has(place, Sense.SINCE):
            return None
        days = self._days(place + 1, today_too=True)
        return None if days is None else (Period(within=Within.SINCE, first=days.first), days.after)

    def _between(self, place: int) -> tuple[Period, int] | None:
        if not self._has(place, Sense.BETWEEN):
            return None
        first = self._days(place + 1, today_too=True)
        if first is None or not self._has(first.after, Sense.AND, Sense.UNTIL):
            return self._between_in_month(place)
        second = self._days(first.after + 1, today_too=True)
        if second is None:
            return None
        begin = first.first
        if begin > second.first and self._first_has_no_year(place, first):
            begin = _a_year_before(begin)
        return self._span(begin, second)

    def _first_has_no_year(self, place: int, first: Days) -> bool:
        said = self._marks[place : first.after]
        numbers = [mark.number for mark in said if mark.number is not None]
        return not any(number >= _FIRST_YEAR for number in numbers) and not any(
            mark.day is not None and mark.day[0] is not None for mark in said
        )

    def _between_in_month(self, place: int) -> tuple[Period, int] | None:
        """Between the 1st and the 10th of November: the month stands once."""
        at = self._past_links(place + 1)
        day = self._number(at, 1, 31)
        if day is None or not self._has(at + 1, Sense.AND, Sense.UNTIL):
            return None
        second = self._days(at + 2)
        if second is None or second.period.within is not Within.DAY or day > second.first.day:
            return None
        return self._span(second.first.replace(day=day), second)

    def _span(self, first: date, second: Days) -> tuple[Period, int] | None:
        if first > second.last or first > self._today:
            return None
        return Period(within=Within.BETWEEN, first=first, last=second.last), second.after

    # --- days ---

    def _days(self, place: int, *, today_too: bool = False) -> Days | None:
        """A day, a month or a year; ``today_too``: a weekday may be today."""
        linked = self._has(place, Sense.ON)
        at = self._past_links(place)
        if at >= len(self._marks):
            return None
        found = (
            self._date(at)
            or self._weekday(at, today_too=today_too)
            or self._whole_month(at, linked=linked or today_too)
            or (self._whole_year(at) if linked or today_too else None)
        )
        return found or (self._named_day(at) if today_too else None)

    def _named_day(self, at: int) -> Days | None:
        if self._has(at, Sense.TODAY):
            return self._one(self._today, at + 1)
        if self._has(at, Sense.YESTERDAY):
            return self._one(self._today - timedelta(days=1), at + 1)
        return None

    def _one(self, day: date, after: int) -> Days:
        return Days(Period(within=Within.DAY, first=day, last=day), day, day, after)

    def _date(self, at: int) -> Days | None:
        mark = self._marks[at]
        if mark.day is not None:
            return self._dated(*mark.day, at + 1)
        behind = self._past_links(at + 1)
        day, month = self._number(at, 1, 31), self._month(behind)
        if day is None or month is None:
            day, month = self._number(behind, 1, 31), self._month(at)
        if day is None or month is None:
            return None
        after = behind + 1
        year_at = self._past_links(after)
        year = self._number(year_at, _FIRST_YEAR, 9999)
        return self._dated(year, month, day, after if year is None else year_at + 1)

    def _dated(self, year: int | None, month: int, day: int, after: int) -> Days | None:
        years = [year] if year is not None else range(self._today.year, self._today.year - 5, -1)
        for each in years:
            try:
                found = date(each, month, day)
            except ValueError:
                continue
            if found <= self._today:
                return self._one(found, after)
        return None

    def _weekday(self, at: int, *, today_too: bool) -> Days | None:
        """The latest such day. "Last Monday" is nobody's guess once this week has had its Monday."""
        last = self._has(at, Sense.PAST_FEW)
        at += last
        if at >= len(self._marks) or (weekday := self._marks[at].weekday) is None:
            return None
        if not last and self._has(at + 1, Sense.PAST_FEW):
            last, at = True, at + 1
        back = (self._today.weekday() - weekday) % 7
        if last and 0 < back <= self._today.weekday():
            return None
        return self._one(self._today - timedelta(days=back or (0 if today_too and not last else 7)), at + 1)

    def _whole_month(self, at: int, *, linked: bool) -> Days | None:
        mark = self._marks[at]
        if mark.month is None or (mark.weak and not linked):
            return None
        year_at = self._past_links(at + 1)
        year = self._number(year_at, _FIRST_YEAR, 9999)
        earlier = mark.month > self._today.month
        first = date(year if year is not None else self._today.year - earlier, mark.month, 1)
        if first > self._today:
            return None
        last = next_month(first) - timedelta(days=1)
        after = at + 1 if year is None else year_at + 1
        return Days(Period(within=Within.MONTH, first=first, last=last), first, last, after)

    def _whole_year(self, at: int) -> Days | None:
        year = self._number(at, _FIRST_YEAR, self._today.year)
        if year is None:
            return None
        first, last = date(year, 1, 1), date(year, 12, 31)
        return Days(Period(within=Within.YEAR, first=first, last=last), first, last, at + 1)


def _a_year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=min(day.day, 28) if day.month == 2 else day.day)

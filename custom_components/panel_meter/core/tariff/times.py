"""When something holds: clocks, kinds of days, seasons, times of the day and billing cycles.

Times of day are minutes since local midnight, days of the year are ``(month, day)``.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

MINUTES_PER_DAY = 24 * 60


class ClockKind(StrEnum):
    """Which clock the meter of the utility follows."""

    LOCAL = "local"
    #: The standard time of the zone all year: some meters do not know daylight saving time.
    STANDARD = "standard"
    UTC = "utc"


class DayKind(StrEnum):
    """A set of days that a rule names."""

    WEEKDAY = "weekday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


WEEK = (
    DayKind.MONDAY,
    DayKind.TUESDAY,
    DayKind.WEDNESDAY,
    DayKind.THURSDAY,
    DayKind.FRIDAY,
    DayKind.SATURDAY,
    DayKind.SUNDAY,
)


class HolidayAs(StrEnum):
    """What a holiday counts as. ``OWN``: neither weekday nor weekend, only rules that name holidays apply."""

    WEEKEND = "weekend"
    WEEKDAY = "weekday"
    OWN = "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Weekends and holidays."""

    weekend: frozenset[DayKind] = frozenset({DayKind.SATURDAY, DayKind.SUNDAY})
    holidays: frozenset[date] = frozenset()
    #: Holidays that come every year on the same ``(month, day)``.
    yearly_holidays: frozenset[tuple[int, int]] = frozenset()
    holiday_as: HolidayAs = HolidayAs.WEEKEND


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """When a bill begins: on a day of the month, or on the days on which the meter was read."""

    #: 1 to 31; in a shorter month its last day.
    anchor_day: int = 1
    #: 1, 2, 3 or 12 months.
    months: int = 1
    #: The first month of a year in which a cycle of several months begins.
    first_month: int = 1
    #: The first days of cycles; before the first and after the last one the anchor counts.
    read_dates: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """A part of the year, both days included; it may go over the turn of the year."""

    name: str
    begin: tuple[int, int]
    end: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Days and times. No season, no days: all of them. ``end <= begin`` goes on into the next day."""

    season: str | None = None
    days: frozenset[DayKind] = frozenset()
    #: Minutes since midnight, ``[begin, end)``; the day is that of the begin.
    begin: int = 0
    end: int = MINUTES_PER_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A part of the day with prices of its own; it applies where one of its rules does."""

    name: str
    rules: tuple[Rule, ...]

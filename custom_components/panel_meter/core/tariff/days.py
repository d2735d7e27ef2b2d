"""What kind of day a date is, and which season it belongs to."""

from collections.abc import Iterable
from datetime import date

from .times import WEEK, Calendar, DayKind, HolidayAs, Rule, Season


def is_holiday(day: date, calendar: Calendar) -> bool:
    """Whether the calendar names the day as a holiday."""
    return day in calendar.holidays or (day.month, day.day) in calendar.yearly_holidays


def kinds_of(day: date, calendar: Calendar) -> frozenset[DayKind]:
    """Every kind of day that a rule may name for this date.

    A holiday that counts as a weekend has the names of the weekend's days and not its own; one that counts as a day of
    its own is nothing but a holiday.
    """
    name = WEEK[day.weekday()]
    if not is_holiday(day, calendar):
        return frozenset({name, DayKind.WEEKEND if name in calendar.weekend else DayKind.WEEKDAY})
    if calendar.holiday_as is HolidayAs.OWN:
        return frozenset({DayKind.HOLIDAY})
    if calendar.holiday_as is HolidayAs.WEEKEND:
        return frozenset({DayKind.HOLIDAY, DayKind.WEEKEND, *calendar.weekend})
    kind = DayKind.WEEKEND if name in calendar.weekend else DayKind.WEEKDAY
    return frozenset({DayKind.HOLIDAY, name, kind})


def is_in(day: date, season: Season) -> bool:
    """Whether a season holds a day. A season that ends on 28 February holds the 29th too."""
    this = (day.month, day.day)
    end = (2, 29) if season.end == (2, 28) else season.end
    if season.begin <= season.end:
        return season.begin <= this <= end
    return this >= season.begin or this <= end


def season_of(day: date, seasons: Iterable[Season]) -> str | None:
    """Name of the first season that holds a day."""
    return next((season.name for season in seasons if is_in(day, season)), None)


def applies(rule: Rule, kinds: frozenset[DayKind], season: str | None) -> bool:
    """Whether a rule speaks of days of these kinds in this season."""
    return rule.season in (None, season) and (not rule.days or bool(rule.days & kinds))

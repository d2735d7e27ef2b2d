"""Periods as instants."""

from datetime import date, timedelta, tzinfo
from typing import Final

from ..calendar import local_day, next_month, start_of_day
from .model import Period, Within

HOUR: Final = 3600
#: First day of the running billing cycle, and of the one before.
type Cycles = tuple[date, date]


def bounds(period: Period, now: int, zone: tzinfo, cycles: Cycles | None = None) -> tuple[int, int]:
    """Begin and end of a period in UTC seconds; what is still to come is left out.

    Without ``cycles`` there is no bill, and calendar months stand in for billing cycles.
    """
    if period.within is Within.HOURS:
        return now - period.count * HOUR, now
    first, after = days(period, local_day(now, zone), cycles)
    return start_of_day(first, zone), min(start_of_day(after, zone), now)


def days(period: Period, today: date, cycles: Cycles | None = None) -> tuple[date, date]:
    """The first local day of a period and the one after its last."""
    month = today.replace(day=1)
    month_before = (month - timedelta(days=1)).replace(day=1)
    week = today - timedelta(days=today.weekday())
    tomorrow = today + timedelta(days=1)
    cycle, cycle_before = cycles or (month, month_before)
    known: dict[Within, tuple[date, date]] = {
        Within.TODAY: (today, tomorrow),
        Within.YESTERDAY: (today - timedelta(days=1), today),
        Within.THIS_WEEK: (week, tomorrow),
        Within.LAST_WEEK: (week - timedelta(days=7), week),
        Within.THIS_MONTH: (month, tomorrow),
        Within.LAST_MONTH: (month_before, month),
        Within.THIS_YEAR: (date(today.year, 1, 1), tomorrow),
        Within.LAST_YEAR: (date(today.year - 1, 1, 1), date(today.year, 1, 1)),
        Within.THIS_CYCLE: (cycle, tomorrow),
        Within.LAST_CYCLE: (cycle_before, cycle),
        Within.DAYS: (tomorrow - timedelta(days=max(period.count, 1)), tomorrow),
    }
    if (found := known.get(period.within)) is not None:
        return found
    first = period.first or today
    match period.within:
        case Within.SINCE:
            return first, tomorrow
        case Within.MONTH:
            return first.replace(day=1), next_month(first)
        case Within.YEAR:
            return date(first.year, 1, 1), date(first.year + 1, 1, 1)
    return first, (period.last or first) + timedelta(days=1)


def is_running(period: Period) -> bool:
    """Whether a period goes on at this moment by its name."""
    return period.within in {
        Within.TODAY,
        Within.THIS_WEEK,
        Within.THIS_MONTH,
        Within.THIS_YEAR,
        Within.THIS_CYCLE,
    }

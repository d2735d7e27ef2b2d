"""Steps of local time, from five minutes to a year, as UTC instants: what usage is told in."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from .calendar import local_day, next_month, start_of_day


class Step(StrEnum):
    """How long a step is, by the clock on the wall; weeks begin on Monday."""

    FIVE_MINUTES = "5min"
    QUARTER = "15min"
    HALF_HOUR = "30min"
    HOUR = "hour"
    THREE_HOURS = "3hours"
    SIX_HOURS = "6hours"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


#: Steps that are a part of a day, in seconds.
_SECONDS: Final = {
    Step.FIVE_MINUTES: 300,
    Step.QUARTER: 900,
    Step.HALF_HOUR: 1800,
    Step.HOUR: 3600,
    Step.THREE_HOURS: 3 * 3600,
    Step.SIX_HOURS: 6 * 3600,
}
#: What the others usually take, in seconds.
_USUAL: Final = {Step.DAY: 86_400, Step.WEEK: 7 * 86_400, Step.MONTH: 30 * 86_400, Step.YEAR: 365 * 86_400}


def next_edge(instant: int, step: Step, zone: tzinfo) -> int:
    """The first edge of local steps after an instant (UTC seconds).

    Where the clock is moved in the middle of a step, that step is as much longer or shorter.
    """
    if (seconds := _SECONDS.get(step)) is not None:
        day_ends = start_of_day(local_day(instant, zone) + timedelta(days=1), zone)
        return min(instant + seconds - _of_day(instant, zone) % seconds, day_ends)
    return start_of_day(_next_day(local_day(instant, zone), step), zone)


def edges(start: int, end: int, step: Step, zone: tzinfo) -> Iterator[int]:
    """``start``, all edges of local steps between, and ``end``: parts of them are left at both sides.

    One edge more than steps; nothing where ``end`` is not after ``start``. Made one by one, so that whoever wants a few
    of a century pays for those.
    """
    if end <= start:
        return
    while start < end:
        yield start
        start = next_edge(start, step, zone)
    yield end


def step_for(span: int, most: int) -> Step:
    """The shortest step of which a span (seconds) holds about ``most`` at most."""
    for step in Step:
        if span <= most * (_SECONDS.get(step) or _USUAL[step]):
            return step
    return Step.YEAR


def _of_day(instant: int, zone: tzinfo) -> int:
    """Seconds that the clock on the wall shows since midnight."""
    local = datetime.fromtimestamp(instant, UTC).astimezone(zone)
    return local.hour * 3600 + local.minute * 60 + local.second


def _next_day(day: date, step: Step) -> date:
    """The first day of the step after the one that holds a day."""
    if step is Step.DAY:
        return day + timedelta(days=1)
    if step is Step.WEEK:
        return day + timedelta(days=7 - day.weekday())
    if step is Step.MONTH:
        return next_month(day)
    return date(day.year + 1, 1, 1)

"""Edges of local hours, days and months as UTC instants. Days of 23 and 25 hours are just days."""

from datetime import UTC, date, datetime, timedelta, tzinfo


def start_of_day(day: date, zone: tzinfo) -> int:
    """The first instant of a local day, in UTC seconds.

    Where midnight does not exist (the clock is put forward at midnight) this is the instant of the jump; where it
    exists twice it is the first one.
    """
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    return int(midnight.astimezone(UTC).timestamp())


def local_day(instant: int, zone: tzinfo) -> date:
    """The local date at an instant."""
    return datetime.fromtimestamp(instant, zone).date()


def next_month(day: date) -> date:
    """The first day of the following month."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def day_edges(first: date, last: date, zone: tzinfo) -> list[int]:
    """Edges of every local day from ``first`` to ``last``, both included: one edge more than days."""
    days = (last - first).days + 1
    return [start_of_day(first + timedelta(days=number), zone) for number in range(days + 1)]


def month_edges(first: date, last: date, zone: tzinfo) -> list[int]:
    """Edges of every local month from that of ``first`` to that of ``last``: one edge more than months."""
    month, edges = first.replace(day=1), []
    while month <= last:
        edges.append(start_of_day(month, zone))
        month = next_month(month)
    return [*edges, start_of_day(month, zone)]


def hour_edges(start: int, end: int) -> list[int]:
    """Edges of the UTC hours that cover ``start`` to ``end``."""
    return list(range(start - start % 3600, end + 3600 - (end - 1) % 3600, 3600))

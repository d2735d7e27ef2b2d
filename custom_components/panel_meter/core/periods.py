"""Energy of the running local day and month."""

from dataclasses import dataclass
from datetime import timedelta, tzinfo

from .calendar import local_day, next_month, start_of_day
from .spread import share


@dataclass(slots=True)
class RunningPeriod:
    """Energy in mWh between two instants of which the later one may still be ahead."""

    start: int
    end: int
    energy: int = 0

    def add(self, energy: int, start: int, end: int) -> None:
        """Add the part of an interval's energy that lies in this period."""
        self.energy += share(energy, start, end, self.start, self.end)


def running_day(now: int, zone: tzinfo) -> RunningPeriod:
    """The local day at ``now``, empty."""
    today = local_day(now, zone)
    tomorrow = today + timedelta(days=1)
    return RunningPeriod(start_of_day(today, zone), start_of_day(tomorrow, zone))


def running_month(now: int, zone: tzinfo) -> RunningPeriod:
    """The local month at ``now``, empty."""
    first = local_day(now, zone).replace(day=1)
    return RunningPeriod(start_of_day(first, zone), start_of_day(next_month(first), zone))

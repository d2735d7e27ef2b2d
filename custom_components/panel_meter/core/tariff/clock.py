"""The clock of a utility's meter: local days and times of day as instants. Days of 23 and 25 hours are just days."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final

from ..calendar import start_of_day
from .times import ClockKind

#: Offsets from UTC change at multiples of this many seconds.
_STEP: Final = 900
_DAY: Final = 86_400
_EPOCH: Final = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a local day with one offset from UTC: it begins at ``start``; wall second = instant + ``offset``."""

    start: int
    offset: int


@dataclass(frozen=True, slots=True)
class Day:
    """A local day: its first instant, that of the next day, and its stretches."""

    date: date
    start: int
    end: int
    stretches: tuple[Stretch, ...]

    def edges(self, minute: int) -> list[int]:
        """Instants within the day at which its wall clock comes to a minute since midnight, or jumps over it.

        Where the clock is put back over the minute these are two.
        """
        wall = (self.date - _EPOCH).days * _DAY + minute * 60
        found = []
        for stretch, end in zip(self.stretches, [*(each.start for each in self.stretches[1:]), self.end], strict=True):
            instant = wall - stretch.offset
            if stretch.start <= instant < end:
                found.append(instant)
        return found

    def minute(self, instant: int) -> int:
        """Minutes since midnight that the wall clock shows at an instant of the day."""
        stretch = self.stretches[bisect_right(self.stretches, instant, key=lambda each: each.start) - 1]
        return (instant + stretch.offset) % _DAY // 60


class WallClock:
    """Days and times of day by the clock that a tariff follows."""

    def __init__(self, kind: ClockKind, zone: tzinfo) -> None:
        """``zone`` is that of the home."""
        self._zones = (zone,) if kind is ClockKind.LOCAL else (UTC,) if kind is ClockKind.UTC else None
        self._home = zone
        self.day = lru_cache(maxsize=512)(self._day)
        self._standard: dict[int, tzinfo] = {}

    def day_at(self, instant: int) -> Day:
        """The local day that holds an instant."""
        moment = datetime.fromtimestamp(instant, UTC)
        zone = self._zone(moment.year)
        return self.day(moment.astimezone(zone).date())

    def start(self, day: date) -> int:
        """The first instant of a day."""
        return start_of_day(day, self._zone(day.year))

    def offset(self, instant: int) -> int:
        """Seconds that the clock is ahead of UTC at an instant."""
        moment = datetime.fromtimestamp(instant, UTC)
        return _offset(moment, self._zone(moment.year))

    def _zone(self, year: int) -> tzinfo:
        if self._zones is not None:
            return self._zones[0]
        if year not in self._standard:
            self._standard[year] = _standard_time(self._home, year)
        return self._standard[year]

    def _day(self, day: date) -> Day:
        zone = self._zone(day.year)
        start, end = start_of_day(day, zone), self.start(day + timedelta(days=1))
        first, last = _offset_at(start, zone), _offset_at(end - 1, zone)
        if first == last and end - start == _DAY:
            return Day(day, start, end, (Stretch(start, first),))
        stretches = [Stretch(start, first)]
        for instant in range(start - start % _STEP + _STEP, end, _STEP):
            if (offset := _offset_at(instant, zone)) != stretches[-1].offset:
                stretches.append(Stretch(instant, offset))
        return Day(day, start, end, tuple(stretches))


def _offset_at(instant: int, zone: tzinfo) -> int:
    return _offset(datetime.fromtimestamp(instant, UTC), zone)


def _offset(moment: datetime, zone: tzinfo) -> int:
    offset = moment.astimezone(zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def _standard_time(zone: tzinfo, year: int) -> tzinfo:
    """The offset of a year without daylight saving time.

    It is the smaller one of January and July: some zones declare their winter as the exception.
    """
    offsets = [_offset(datetime(year, month, 1, tzinfo=UTC), zone) for month in (1, 7)]
    return timezone(timedelta(seconds=min(offsets)))

"""What the ledger tells of a panel's habits: its lowest power by night, and the highest of each channel by day."""

from collections.abc import Sequence
from datetime import timedelta, tzinfo
from typing import Final

from ..core.alerts.habits import NEW_NIGHTS, OLD_NIGHTS, SPIKE_DAYS
from ..core.alerts.nights import night_minima
from ..core.calendar import local_day, start_of_day
from ..core.model import Direction, Quality, Register
from ..ledger import Ledger

HOUR: Final = 3600
DAY: Final = 86_400
#: Hours of a night, from midnight on.
NIGHT_HOURS: Final = 6
#: Rows of the ledger that are longer say nothing of five minutes.
LONGEST_ROW: Final = 600


def last_night(now: int, zone: tzinfo) -> int:
    """Begin of the last night that is over (UTC seconds)."""
    today = local_day(now, zone)
    begin = start_of_day(today, zone)
    return begin if now >= begin + NIGHT_HOURS * HOUR else start_of_day(today - timedelta(days=1), zone)


def read_nights(
    ledger: Ledger, panel: str, registers: Sequence[Register], now: int, zone: tzinfo
) -> tuple[float | None, ...]:
    """Lowest power in W of each of the last nights, the last one first; None where too little is known."""
    last = local_day(last_night(now, zone), zone)
    begins = [start_of_day(last - timedelta(days=back), zone) for back in range(NEW_NIGHTS + OLD_NIGHTS)]
    edges = [begin + hour * HOUR for begin in reversed(begins) for hour in range(NIGHT_HOURS + 1)]
    found = ledger.energy(panel, edges)
    sums = [sum(parts) for parts in zip(*(found[each] for each in registers if each in found), strict=True)]
    if not sums:
        return ()
    # Between the last edge of a night and the first of the next one lies the day. An hour in which nothing at all was
    # counted is one of which nothing is known: the board itself draws something.
    nights = [
        [energy or None for energy in sums[place * (NIGHT_HOURS + 1) :][:NIGHT_HOURS]] for place in range(len(begins))
    ]
    return night_minima(nights[::-1])


def read_highest(ledger: Ledger, panel: str, now: int) -> dict[str, list[float]]:
    """Highest power in W of a row of the ledger, by channel and for each UTC day with any, the last day first."""
    today = now // DAY * DAY
    days: dict[str, dict[int, float]] = {}
    for journal, rows in ledger.usage(panel, today - SPIKE_DAYS * DAY, today):
        places = [
            (place, days.setdefault(register.channel, {}))
            for place, register in enumerate(journal.registers)
            if register.direction is Direction.IMPORT
        ]
        for start, end, quality, energies in rows:
            if not 0 < end - start <= LONGEST_ROW or quality & Quality.ESTIMATED or start >= today:
                continue
            for place, highest in places:
                day = start // DAY
                watts = energies[place] * HOUR / (end - start) / 1000
                highest[day] = max(highest.get(day, 0.0), watts)
    return {channel: [highest[day] for day in sorted(highest, reverse=True)] for channel, highest in days.items()}

"""What has to be asked of the ledger while panels run: the energy of the running day and month, opening balances."""

from collections.abc import Mapping
from time import time

from homeassistant.util import dt as dt_util

from .core.journal import Admission
from .core.model import Interval, Register
from .core.opening import Balance, missing, opening
from .core.periods import RunningPeriod, running_day, running_month
from .ledger import Ledger, LedgerWriter
from .panel import PanelRuntime

#: Intervals and the registers that their energies belong to.
type Open = tuple[tuple[Interval, ...], tuple[Register, ...]]


class Bookkeeper:
    """Sums up what is in the ledger for the panels that run."""

    def __init__(self, writer: LedgerWriter) -> None:
        """Ask the ledger of this writer."""
        self._writer = writer
        self._ledger = writer.ledger

    async def async_begin_periods(self, panel: PanelRuntime, still_open: Open) -> None:
        """Sum up the running day and month.

        ``still_open`` is what was accepted and stands in no row of the ledger yet. What is accepted while the ledger is
        asked is added to the new periods as it comes; what was accepted before is in the ledger by then.
        """
        now, zone = int(time()), dt_util.get_default_time_zone()
        day, month = running_day(now, zone), running_month(now, zone)
        panel.begin_periods(day, month)
        panel.booked(*still_open)
        sums = await self._writer.run(_sums, self._ledger, panel.id, panel.consumption, (day, month))
        for period, energy in zip((day, month), sums, strict=True):
            period.energy += energy

    async def async_opening(self, panel: PanelRuntime) -> Admission | None:
        """What was shown of a panel before the ledger was begun anew and what its board could not send again."""
        balances = dict(panel.balances)
        interval = panel.description.interval if panel.description else 0
        short = await self._writer.run(_missing, self._ledger, panel.id, balances, interval)
        if not short:
            return None
        shown_at = min(balance.at for balance in balances.values())
        first_hour: int | None = await self._writer.read(self._ledger.first_hour, panel.id)
        return opening(short, min(shown_at, first_hour or shown_at))


def _missing(ledger: Ledger, panel_id: str, balances: Mapping[Register, Balance], interval: int) -> dict[Register, int]:
    """By how much the ledger falls short of each balance, in mWh, where it does."""
    short = {}
    for register, balance in balances.items():
        known, more = ledger.energy(panel_id, (0, balance.at, balance.at + interval)).get(register, (0, 0))
        short[register] = missing(balance, known, known + more)
    return {register: energy for register, energy in short.items() if energy > 0}


def _sums(
    ledger: Ledger, panel_id: str, registers: tuple[Register, ...], periods: tuple[RunningPeriod, ...]
) -> list[int]:
    """Energy of some registers of a panel in each of the periods, in mWh."""
    found = [ledger.energy(panel_id, (period.start, period.end)) for period in periods]
    return [sum(sum(each.get(register, ())) for register in registers) for each in found]

"""What changes slowly about a panel, gathered once a minute for the rules of its alerts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from homeassistant.util import dt as dt_util

from ..core.alerts.finding import DemandFacts, SlowFacts
from ..core.billing.demand import Peak
from ..core.billing.running import DemandNow
from ..core.model import Register
from ..core.periods import RunningPeriod
from ..hub import Hub
from ..ledger import Ledger
from ..money import PanelMoney
from ..panel import PanelRuntime
from .habits import last_night, read_highest, read_nights

#: What is repaired in the ledger of earlier days is noticed within so many seconds.
READ_ANEW: Final = 3600


class SlowLook:
    """Gathers the facts of one panel; remembers what need not be read every minute."""

    def __init__(self, hub: Hub, panel: PanelRuntime) -> None:
        """Know nothing yet."""
        self._hub = hub
        self._panel = panel
        #: Begin of the cycle and of today (UTC seconds), when that was read, and the energy between them in mWh.
        self._earlier: tuple[int, int, int, int] | None = None
        #: The highest demand of the cycle before its running interval (begin of the interval, kW).
        self._highest: tuple[int, float] | None = None
        #: Begin of the last night when they were read, and the lowest powers of the nights.
        self._nights: tuple[int, tuple[float | None, ...]] | None = None

    async def async_gather(self, now: int) -> SlowFacts:
        """The facts at ``now`` (UTC seconds); LedgerError if the ledger cannot be read."""
        panel, money = self._panel, self._panel.money
        account = money.account if money else None
        cycle = (account.account.cycle.start, account.account.cycle.end) if account else _span(panel.month)
        facts = SlowFacts(day=_span(panel.day), cycle=cycle, nights=await self._async_nights(now))
        if (today := panel.running(panel.day)) is not None:
            before = await self._async_before(cycle[0], panel.day.start, now)
            facts = replace(facts, energy_day=today, energy_cycle=before + today)
        return facts if money is None else self._with_money(facts, money, cycle[0], now)

    async def async_highest(self, now: int) -> Mapping[str, Sequence[float]]:
        """Highest power in W of each channel on the last days, the last day first."""
        return await self._hub.writer.read(read_highest, self._hub.ledger, self._panel.id, now)

    async def _async_nights(self, now: int) -> tuple[float | None, ...]:
        zone = dt_util.get_default_time_zone()
        last = last_night(now, zone)
        if self._nights is None or self._nights[0] != last:
            panel = self._panel
            found = await self._hub.writer.read(read_nights, self._hub.ledger, panel.id, panel.consumption, now, zone)
            self._nights = (last, found)
        return self._nights[1]

    async def _async_before(self, cycle: int, day: int, now: int) -> int:
        known = self._earlier
        if known is None or known[:2] != (cycle, day) or not 0 <= now - known[2] < READ_ANEW:
            writer, ledger = self._hub.writer, self._hub.ledger
            energy = await writer.read(_energy, ledger, self._panel.id, self._panel.consumption, cycle, day)
            known = self._earlier = (cycle, day, now, energy)
        return known[3]

    def _with_money(self, facts: SlowFacts, money: PanelMoney, cycle: int, now: int) -> SlowFacts:
        costs = money.now(now)
        return replace(
            facts,
            currency=money.tariff.currency,
            cost_day=costs.today if costs else None,
            cost_cycle=costs.cycle if costs else None,
            cost_projected=money.projection.bill.total if money.projection else None,
            price=money.price(now),
            price_until=money.next_change(now),
            demand=self._demand(money, cycle, now),
        )

    def _demand(self, money: PanelMoney, cycle: int, now: int) -> DemandFacts | None:
        demands = money.demands(now) if money.has_demand else []
        running = next((each.running for each in demands if each.running is not None), None)
        if running is None:
            return None
        return DemandFacts(
            start=running.start,
            end=running.end,
            so_far_kw=float(running.kw),
            highest_kw=self._highest_before(running, demands, cycle),
            cycle_start=cycle,
        )

    def _highest_before(self, running: Peak, demands: list[DemandNow], cycle: int) -> float | None:
        before = [each.highest for each in demands if each.highest and each.highest.start != running.start]
        if before:
            self._highest = (running.start, float(max(peak.kw for peak in before)))
        known = self._highest
        # As soon as the running interval is itself the highest, the account names no other.
        return None if known is None or known[0] < cycle else known[1]


def _span(period: RunningPeriod) -> tuple[int, int]:
    return period.start, period.end


def _energy(ledger: Ledger, panel: str, registers: tuple[Register, ...], start: int, end: int) -> int:
    """What some registers of a panel add up to between two instants, in mWh."""
    if end <= start:
        return 0
    found = ledger.energy(panel, (start, end))
    return sum(sum(found.get(register, ())) for register in registers)

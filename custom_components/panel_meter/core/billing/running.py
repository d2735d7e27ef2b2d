"""The account of a panel while it runs: rows as they are booked, and what live totals are ahead of them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from decimal import Decimal

from ..calendar import local_day, start_of_day
from ..model import OPENING_JOURNAL, Register
from ..tariff.model import ZERO, ExportMode
from .account import Account
from .bill import Bill
from .cycle_rating import Running
from .demand import Peak
from .exact import exactly
from .opening import OpeningCost
from .panel_usage import Row, Wiring, reader
from .usage import Usage

#: A cycle is closed when its rows should be in: so many seconds after its end.
GRACE = 900


@dataclass(frozen=True, slots=True)
class Money:
    """What a panel costs, in the currency of its tariff, at one instant.

    Costs are of energy with its taxes: of the panel, and of its circuits in their order.
    """

    #: Since the tariff begins.
    cost: Decimal
    circuits: tuple[Decimal, ...]
    earned: Decimal
    today: Decimal
    today_circuits: tuple[Decimal, ...]
    cycle: Decimal
    cycle_circuits: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class DemandNow:
    """A demand: its running interval, None while it does not count, and the highest one of the cycle."""

    name: str
    running: Peak | None
    highest: Peak | None


class RunningAccount:
    """Takes rows of the ledger in the order in which they are booked."""

    def __init__(
        self,
        account: Account,
        wiring: Wiring,
        zone: tzinfo,
        closed: Sequence[Bill] = (),
        opening: OpeningCost | None = None,
    ) -> None:
        """``closed`` are the bills of all cycles before the present one; totals go on from ``opening``."""
        self.account = account
        self.wiring = wiring
        #: Bills of cycles that are over, the latest last.
        self.bills = list(closed)
        #: How many of the bills the ledger keeps.
        self.kept = len(self.bills)
        #: End of the last row (UTC seconds), and the energy of each register that all rows hold.
        self.until = account.cycle.start
        self.taken: dict[Register, int] = {}
        self._zone = zone
        self._readers: dict[tuple[tuple[Register, ...], bool], Callable[[Row], Usage]] = {}
        self._opening = opening or OpeningCost()
        self._before = _sum((self._opening.running(account.circuits.names), *map(bill_totals, closed)))
        self._midnight = self._next_midnight(account.cycle.start)
        self._at_midnight: tuple[int, Running] = (0, self._before)

    # --- rows ---

    def take(self, journal: str, registers: tuple[Register, ...], rows: Iterable[Row], upto: int | None = None) -> bool:
        """Take rows of a journal, up to an instant; False if some came too late: the ledger is to be rated anew."""
        in_order = True
        for row in rows:
            for register, energy in zip(registers, row[3], strict=False):
                self.taken[register] = self.taken.get(register, 0) + energy
            # What was counted before the ledger began has no time, and so no price.
            if journal == OPENING_JOURNAL:
                continue
            usage = self.usage(registers, row)
            in_order = in_order and usage.start >= self.until
            begin, end = max(usage.start, self.account.cycle.start), usage.end if upto is None else min(usage.end, upto)
            if end > begin or (end == begin == usage.start):
                self.add(usage if (begin, end) == (usage.start, usage.end) else usage.part(begin, end))
        return in_order

    def usage(self, registers: tuple[Register, ...], row: Row) -> Usage:
        """What a row with energies of these registers means."""
        return self._reader(registers, row[0])(row)

    def add(self, usage: Usage) -> None:
        """Rate usage that begins in the present cycle."""
        while usage.end > self._midnight:
            if usage.start < self._midnight:
                self._rate(usage.part(usage.start, self._midnight))
                usage = usage.part(self._midnight, usage.end)
            self._at_midnight = (self._midnight, self.totals())
            self._midnight = self._next_midnight(self._midnight)
        self._rate(usage)

    def _rate(self, usage: Usage) -> None:
        self.account.add(usage)
        self._collect()
        self.until = max(self.until, usage.end)

    def _collect(self) -> None:
        for bill in self.account.bills:
            self.bills.append(bill)
            self._before = _sum((self._before, bill_totals(bill)))
        self.account.bills.clear()

    def turn(self, now: int) -> None:
        """Close the cycle when its last row should be in; a later one makes it be rated anew."""
        if now >= self.account.cycle.end + GRACE:
            self.close_until(now - GRACE)

    def close_until(self, instant: int) -> None:
        """Close every cycle that is over at an instant (UTC seconds)."""
        self.account.close_until(instant)
        self._collect()
        self.until = max(self.until, self.account.cycle.start)

    def _next_midnight(self, instant: int) -> int:
        return start_of_day(local_day(instant, self._zone) + timedelta(days=1), self._zone)

    def _reader(self, registers: tuple[Register, ...], instant: int) -> Callable[[Row], Usage]:
        """How rows that begin at an instant are read: versions may see export in different ways."""
        version = self.account.book.version_at(instant)
        export = None if version is None else version.export
        buy_all = export is not None and export.mode is ExportMode.BUY_ALL_SELL_ALL
        key = (registers, buy_all)
        if key not in self._readers:
            net_phases = self.account.book.tariff.net_phases
            self._readers[key] = reader(self.wiring, registers, net_phases=net_phases, buy_all=buy_all)
        return self._readers[key]

    # --- what it comes to ---

    def totals(self, ahead: Usage | None = None) -> Running:
        """Costs since the tariff begins, and what was before."""
        return _sum((self._before, self.account.running(ahead)))

    def ahead(self, total: Callable[[Register], int], now: int) -> Usage | None:
        """What flowed after the last row: by how much the totals that are shown exceed the rows."""
        registers = tuple(self.taken)
        energies = [max(total(register) - self.taken[register], 0) for register in registers]
        if not any(energies) or now <= self.until:
            return None
        return self.usage(registers, (self.until, now, 0, energies))

    def at(self, ahead: Usage | None, now: int) -> tuple[RunningAccount, Usage | None]:
        """The account to ask at ``now`` (UTC seconds), and what is ahead of it.

        That is this one, unless its cycle is over and the last row of it is not in: then one that has gone on.
        """
        if now < self.account.cycle.end:
            return self, ahead
        look = RunningAccount(self.account.copy(), self.wiring, self._zone, self.bills, self._opening)
        look.until, look._midnight, look._at_midnight = self.until, self._midnight, self._at_midnight
        if ahead is not None:
            look.add(ahead)
        look.close_until(now)
        return look, None

    def money(self, ahead: Usage | None, now: int) -> Money:
        """Costs at ``now`` (UTC seconds), with what flowed after the last row."""
        if now >= self.account.cycle.end:
            look, nothing = self.at(ahead, now)
            return look.money(nothing, now)
        running, totals = self.account.running(ahead), self.totals(ahead)
        base = self._base(ahead, now)
        return Money(
            cost=totals.cost,
            circuits=totals.circuits,
            earned=totals.earned,
            today=totals.cost - base.cost,
            today_circuits=_difference(totals.circuits, base.circuits),
            cycle=running.cost,
            cycle_circuits=running.circuits,
        )

    def _base(self, ahead: Usage | None, now: int) -> Running:
        """Costs at the last midnight."""
        midnight = start_of_day(local_day(now, self._zone), self._zone)
        if self._at_midnight[0] == midnight:
            return self._at_midnight[1]
        if ahead is not None and ahead.start < midnight:
            return self.totals(ahead.part(ahead.start, midnight))
        return self.totals()

    def price(self, now: int) -> Decimal | None:
        """What the next kWh costs at ``now`` (UTC seconds), with its adders and taxes; None if it is not known."""
        return self.at(None, now)[0].account.cycle.price(now)

    def bill(self, ahead: Usage | None, now: int) -> Bill:
        """The bill of the cycle that holds ``now`` (UTC seconds) so far."""
        running, ahead = self.at(ahead, now)
        if ahead is None:
            return running.account.bill(now)
        look = running.account.copy()
        look.add(ahead)
        return look.bill(now)

    def forget_prices(self) -> None:
        """Prices changed: what they are now is to be looked up again."""
        self.account.cycle.forget_prices()

    def demands(self, ahead: Usage | None, now: int) -> list[DemandNow]:
        """Every demand of the running cycle, with what flowed after the last row."""
        running, ahead = self.at(ahead, now)
        cycle = running.account.cycle
        if ahead is not None:
            cycle = cycle.copy()
            cycle.add(ahead)
        charged = next((each for each in cycle.charged if each.start <= now < each.end), None)
        if charged is None:
            return []
        return [
            DemandNow(meter.demand.name, meter.running(now), next(iter(meter.peaks()), None))
            for meter in charged.meters
        ]


def bill_totals(bill: Bill) -> Running:
    """What a bill adds to the costs since the tariff begins."""
    return Running(bill.energy_cost, tuple(each.cost for each in bill.circuits), bill.export_earned)


@exactly
def _sum(parts: Iterable[Running]) -> Running:
    cost = earned = ZERO
    circuits: tuple[Decimal, ...] = ()
    for part in parts:
        cost, earned = cost + part.cost, earned + part.earned
        width = max(len(circuits), len(part.circuits))
        pairs = zip(_padded(circuits, width), _padded(part.circuits, width), strict=True)
        circuits = tuple(one + other for one, other in pairs)
    return Running(cost, circuits, earned)


def _padded(values: tuple[Decimal, ...], width: int) -> tuple[Decimal, ...]:
    return values + (ZERO,) * (width - len(values))


@exactly
def _difference(values: tuple[Decimal, ...], base: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
    return tuple(value - before for value, before in zip(values, _padded(base, len(values)), strict=True))

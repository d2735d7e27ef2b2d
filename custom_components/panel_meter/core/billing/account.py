"""The account of a panel with its utility: usage in, running costs and bills out, cycle after cycle."""

from collections.abc import Mapping
from decimal import Decimal

from ..tariff.prices import PriceSeries
from ..tariff.rulebook import Rulebook
from .assembly import assemble
from .bill import Bill, Carry
from .cycle_rating import CycleRating, Running
from .cycles import CycleSpan, cycle_at, next_cycle
from .exact import exactly
from .usage import Circuits, Usage


class Account:
    """Rates usage in the order of time.

    ``bills`` are those of the cycles that are over. Usage that begins before the present cycle cannot be taken: the
    caller begins a new account with the carry of the cycle before it.
    """

    def __init__(
        self,
        book: Rulebook,
        begin: int,
        *,
        circuits: Circuits | None = None,
        prices: Mapping[str, PriceSeries] | None = None,
        carry: Carry | None = None,
    ) -> None:
        """Begin with the cycle that holds ``begin`` (UTC seconds); every usage has an energy per circuit."""
        self.book = book
        self.circuits = circuits or Circuits()
        self.carry = carry or Carry()
        self.bills: list[Bill] = []
        self._prices = dict(prices or {})
        self.cycle = self._rating(cycle_at(book.tariff.cycle, book.clock.day_at(begin).date))

    def copy(self) -> Account:
        """One that goes on by itself, without the bills of cycles that are over."""
        other = object.__new__(Account)
        other.__dict__.update(self.__dict__)
        other.bills, other.cycle = [], self.cycle.copy()
        return other

    def _rating(self, span: CycleSpan) -> CycleRating:
        return CycleRating(self.book, span, len(self.circuits.names), self._prices, self.carry.kwh)

    @exactly
    def add(self, usage: Usage) -> None:
        """Rate usage; cycles that it goes beyond are closed. ValueError if it begins before the present cycle."""
        if usage.start < self.cycle.start:
            raise ValueError("The usage begins before the cycle.")
        while usage.end > self.cycle.end:
            if usage.start < self.cycle.end:
                self.cycle.add(usage.part(usage.start, self.cycle.end))
                usage = usage.part(self.cycle.end, usage.end)
            self.close()
        self.cycle.add(usage)

    @exactly
    def close(self) -> Bill:
        """End the present cycle and begin the next one."""
        bill = assemble(self.cycle, self.carry, self.circuits)
        self.bills.append(bill)
        self.carry = bill.carry
        self.cycle = self._rating(next_cycle(self.book.tariff.cycle, self.cycle.span))
        return bill

    def close_until(self, instant: int) -> None:
        """End every cycle that is over at an instant (UTC seconds)."""
        while self.cycle.end <= instant:
            self.close()

    @exactly
    def bill(self, until: int) -> Bill:
        """The bill of the present cycle so far."""
        return assemble(self.cycle, self.carry, self.circuits, until)

    @exactly
    def running(self, ahead: Usage | None = None) -> Running:
        """Costs of the present cycle so far, with what came after the last usage that was added."""
        return self.cycle.running(ahead)

    @property
    @exactly
    def cost(self) -> Decimal:
        """Energy cost of all cycles that this account has rated, with taxes."""
        return sum((bill.energy_cost for bill in self.bills), self.cycle.cost)

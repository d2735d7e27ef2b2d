"""Rating of what is in the ledger. Everything here asks the ledger and computes: for its reading thread."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
import hashlib
import json
from typing import Final

from .core.billing import serial
from .core.billing.account import Account
from .core.billing.bill import Bill, Carry
from .core.billing.cycle_rating import Running
from .core.billing.cycles import cycle_at
from .core.billing.opening import OpeningCost
from .core.billing.panel_usage import Row, Wiring
from .core.billing.running import RunningAccount
from .core.billing.usage import Usage
from .core.model import MAX_ENERGY, OPENING_JOURNAL, Register
from .core.tariff.model import Tariff
from .core.tariff.prices import PricePoint, PriceSeries
from .core.tariff.rulebook import Rulebook
from .core.tariff.writing import write
from .ledger import JournalKey, Ledger, StoredBill

#: An instant after all rows.
FOREVER: Final = MAX_ENERGY


@dataclass(frozen=True, slots=True)
class Terms:
    """What a panel is rated with."""

    panel: str
    book: Rulebook
    wiring: Wiring
    zone: tzinfo
    prices: Mapping[str, PriceSeries]
    #: What had been paid before; no bill depends on it.
    opening: OpeningCost = field(default_factory=OpeningCost)

    @property
    def fingerprint(self) -> str:
        """Changes with everything that bills depend on, but for prices and energy."""
        text = json.dumps([serial.FORM, write(self.book.tariff), repr(self.wiring), str(self.zone)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def price_entities(tariff: Tariff) -> frozenset[str]:
    """The entities that tell prices of a tariff."""
    return frozenset(
        dynamic.entity_id
        for version in tariff.versions
        for dynamic in (version.energy.dynamic, version.export.dynamic if version.export else None)
        if dynamic is not None
    )


def recorded_prices(ledger: Ledger, tariff: Tariff) -> Mapping[str, PriceSeries]:
    """All that was recorded of the prices of a tariff."""
    return {
        entity_id: PriceSeries(PricePoint(each.start, each.price) for each in ledger.prices(entity_id, 0, MAX_ENERGY))
        for entity_id in price_entities(tariff)
    }


def price_holds_from(tariff: Tariff, entity_id: str, at: int) -> int:
    """From when on a price that an entity told at an instant may count: an interval has one price from its begin."""
    steps = [
        dynamic.resolution_min * 60
        for version in tariff.versions
        for dynamic in (version.energy.dynamic, version.export.dynamic if version.export else None)
        if dynamic is not None and dynamic.entity_id == entity_id
    ]
    return min((at - at % step for step in steps if step), default=at)


type Batch = tuple[JournalKey, list[Row]]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Rows of the present cycle and the totals of all rows, as they were at one moment of the ledger."""

    batches: list[Batch]
    totals: Mapping[Register, int]


def snapshot(ledger: Ledger, panel: str, start: int) -> Snapshot:
    """What the ledger holds of a panel from an instant on."""
    stored = ledger.load().get(panel)
    return Snapshot(_batches(ledger, panel, start, FOREVER), dict(stored.totals) if stored else {})


def _batches(ledger: Ledger, panel: str, start: int, end: int) -> list[Batch]:
    return [(key, list(rows)) for key, rows in ledger.usage(panel, start, end)]


def present_cycle(tariff: Tariff, book: Rulebook, now: int) -> int:
    """When the cycle began that is running (UTC seconds)."""
    return book.clock.start(cycle_at(tariff.cycle, book.clock.day_at(now).date).first)


def first_instant(book: Rulebook, first_row: int) -> int:
    """From when on a panel is rated: when its tariff and its rows have begun."""
    return max(min(book.clock.start(version.valid_from) for version in book.tariff.versions), first_row)


def valid_bills(stored: Iterable[StoredBill], terms: Terms, begin: int, present: int) -> list[Bill]:
    """The stored bills that are still true, without a hole, from the cycle of ``begin`` on."""
    fingerprint = terms.fingerprint
    found: list[Bill] = []
    expected = present_cycle(terms.book.tariff, terms.book, begin)
    for each in sorted(stored, key=lambda bill: bill.start):
        if each.start < expected:
            continue
        if each.start > expected or each.fingerprint != fingerprint or each.end > present:
            break
        try:
            bill = serial.from_json(json.loads(each.content))
        except ValueError, KeyError, TypeError, ArithmeticError:
            break
        circuits = tuple(circuit.name for circuit in bill.circuits)
        if (bill.start_instant, bill.end_instant, circuits) != (each.start, each.end, terms.wiring.names.names):
            break
        found.append(bill)
        expected = each.end
    return found


def stored_bill(bill: Bill, fingerprint: str) -> StoredBill:
    """A bill as the ledger keeps it."""
    return StoredBill(
        start=bill.start_instant,
        end=bill.end_instant,
        fingerprint=fingerprint,
        content=json.dumps(serial.to_json(bill), separators=(",", ":")),
    )


def rate_history(ledger: Ledger, terms: Terms, known: Sequence[Bill], begin: int, present: int) -> list[Bill]:
    """The bills of all cycles before the one that begins at ``present``: those that are known, and those after them."""
    running = _account(terms, known, begin)
    while (cycle := running.account.cycle).start < present:
        for key, rows in ledger.usage(terms.panel, cycle.start, cycle.end):
            running.take(key.id, key.registers, rows, cycle.end)
        running.close_until(cycle.end)
    return running.bills


def rate_present(terms: Terms, bills: Sequence[Bill], rows: Snapshot, begin: int) -> RunningAccount:
    """The running account, with all rows of the present cycle."""
    running = _account(terms, bills, begin)
    for key, batch in rows.batches:
        running.take(key.id, key.registers, batch)
    running.taken = dict(rows.totals)
    return running


def costs_at(ledger: Ledger, terms: Terms, bills: Sequence[Bill], edges: Sequence[int], begin: int) -> list[Running]:
    """Costs since the tariff began at each of some rising instants; ``begin`` is when it did."""
    before = [bill for bill in bills if bill.end_instant <= edges[0]]
    running = _account(terms, before, max(begin, edges[0]))
    found: list[Running] = []
    while len(found) < len(edges):
        cycle = running.account.cycle
        for usage in _in_pieces(ledger, terms, running, edges):
            # What has no span belongs to the hour that ends there (`core.spread.share`).
            begin_of = usage.start if usage.end > usage.start else usage.start - 1
            while len(found) < len(edges) and edges[len(found)] <= begin_of:
                found.append(running.totals())
            if begin_of >= edges[-1]:
                break
            running.add(usage)
        while len(found) < len(edges) and edges[len(found)] <= cycle.end:
            found.append(running.totals())
        running.close_until(cycle.end)
    return found


def recent(ledger: Ledger, terms: Terms, account: RunningAccount, start: int, end: int) -> list[Usage]:
    """What a panel used between two instants."""
    found = [
        account.usage(key.registers, row)
        for key, rows in ledger.usage(terms.panel, start, end)
        if key.id != OPENING_JOURNAL
        for row in rows
        if row[0] >= start
    ]
    return sorted(found, key=lambda usage: usage.start)


def _in_pieces(ledger: Ledger, terms: Terms, running: RunningAccount, edges: Sequence[int]) -> list[Usage]:
    """Usage of the present cycle of an account, cut at edges, in the order of time."""
    cycle = running.account.cycle
    inner = [*(edge for edge in edges if cycle.start < edge < cycle.end)]
    pieces = [
        piece
        for key, rows in ledger.usage(terms.panel, cycle.start, min(cycle.end, edges[-1]))
        if key.id != OPENING_JOURNAL
        for row in rows
        for piece in running.usage(key.registers, row).cut([cycle.start, *inner, cycle.end])
        if cycle.start <= piece.start < cycle.end or cycle.start < piece.start == piece.end == cycle.end
    ]
    return sorted(pieces, key=lambda piece: (piece.start, piece.end))


def _account(terms: Terms, bills: Sequence[Bill], begin: int) -> RunningAccount:
    account = Account(
        terms.book,
        bills[-1].end_instant if bills else begin,
        circuits=terms.wiring.names,
        prices=terms.prices,
        carry=bills[-1].carry if bills else Carry(),
    )
    return RunningAccount(account, terms.wiring, terms.zone, bills, terms.opening)

"""Compares what Home Assistant holds with what the simulator knows."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from custom_components.panel_meter.core.model import Register
from custom_components.panel_meter.ledger import Ledger, sqlite_url
from simulator.ring import Ring

from .figures import Books

HOUR = 3600
_EVER = 2**40

type Hours = dict[int, int]
type Truth = Mapping[str, Any]


def true_hours(panel: Truth, register: str) -> Hours:
    """mWh by UTC hour, over all journals of a panel."""
    found: Hours = {}
    for journal in panel["journals"].values():
        for place, energy in enumerate(journal["hours"].get(register, ())):
            hour = journal["first_hour"] + place * HOUR
            found[hour] = found.get(hour, 0) + energy
    return found


def recorded_end(panel: Truth) -> int:
    """Up to when the records of a panel reach."""
    return int(panel["newest_record"][1])


def compare_ledger(path: Path, panels: Mapping[str, Truth], *, hours: bool = True) -> Books:
    """The ledger in a file, which nobody uses now, with the truth; LedgerDamaged if it contradicts itself.

    Every register in all up to the newest record, and every whole hour up to it; hours with a row across their common
    edge in one sum.
    """
    books = Books()
    ledger = Ledger.open(sqlite_url(path))
    try:
        ledger.verify()
        for name, panel in panels.items():
            _compare_panel(ledger, name, panel, books, hours=hours)
    finally:
        ledger.close()
    return books


def compare_journal(path: Path, panel: str, ring: Ring, books: Books) -> None:
    """What the ledger holds of one journal of a panel, with the ring of the board that wrote it from its begin on."""
    ledger = Ledger.open(sqlite_url(path))
    try:
        rows = [interval for key, interval in ledger.intervals(panel, 0, _EVER) if key.id == ring.shape.journal]
    finally:
        ledger.close()
    last = ring.last
    assert last is not None
    found = [sum(energies) for energies in zip(*(row.energy for row in rows), strict=True)] or [0] * len(last.energies)
    for true, energy in zip(last.energies, found, strict=True):
        _add_total(books, true, energy)
    books.records += ring.newest
    books.records_lost += ring.newest - len({row.seq for row in rows})


def _compare_panel(ledger: Ledger, name: str, panel: Truth, books: Books, *, hours: bool) -> None:
    end = recorded_end(panel)
    last = end // HOUR * HOUR
    seqs, spans = set[int](), list[tuple[int, int]]()
    for key, interval in ledger.intervals(name, 0, _EVER):
        if key.id == panel["journal"]:
            seqs.add(interval.seq)
        first, final = interval.start // HOUR * HOUR, (interval.end - 1) // HOUR * HOUR
        if first < final:
            spans.append((first, final))
    together = joined(spans)
    books.records += int(panel["newest_seq"])
    books.records_lost += int(panel["newest_seq"]) - len(seqs)
    totals = ledger.energy(name, [0, _EVER])
    older = {each: journal["energy"] for each, journal in panel["journals"].items() if each != panel["journal"]}
    for register, energy in zip(panel["registers"], panel["newest_record"][4:], strict=True):
        truth = energy + sum(energies.get(register, 0) for energies in older.values())
        _add_total(books, truth, sum(totals.get(Register.parse(register), [0])))
        if hours:
            wanted = {hour: value for hour, value in true_hours(panel, register).items() if hour < last}
            edges = range(min(wanted, default=last), last + HOUR, HOUR)
            values = ledger.energy(name, edges).get(Register.parse(register), [0] * len(edges))
            found = dict(zip(edges, values, strict=False))
            sums = summed(wanted, together), summed(found, together)
            if last in together:
                # A row lies across the end of what is compared.
                for each in sums:
                    each.pop(together[last], None)
            _add_hours(books, *sums)


def joined(spans: Sequence[tuple[int, int]]) -> Hours:
    """Which hours can only be compared together, because a row lies across the edges between them: the first of each.

    How such a row's energy is shared between its hours is an estimate; what they hold in all is not.
    """
    first_of: Hours = {}
    for first, final in sorted(spans):
        begin = first_of.get(first, first)
        first_of |= dict.fromkeys(range(first, final + HOUR, HOUR), begin)
    return first_of


def summed(hours: Hours, together: Hours) -> Hours:
    """The energies of hours, those that belong together in one sum."""
    sums: Hours = {}
    for hour, energy in hours.items():
        place = together.get(hour, hour)
        sums[place] = sums.get(place, 0) + energy
    return sums


def compare_statistics(
    panels: Mapping[str, Truth], found: Mapping[str, Hours], ids: Mapping[str, str], until: int
) -> Books:
    """Hourly energies of the recorder (mWh by hour and statistic) with the truth, up to the hour ``until``.

    ``ids``: statistic by ``panel/register``. The sum of a statistic begins with its first hour, which is left out.
    """
    books = Books()
    for name, panel in panels.items():
        for register in panel["registers"]:
            statistic = ids[f"{name}/{register}"]
            truth = true_hours(panel, register)
            first = min(truth, default=until)
            wanted = {hour: energy for hour, energy in truth.items() if first < hour < until}
            hours = {hour: energy for hour, energy in found.get(statistic, {}).items() if first < hour < until}
            _add_total(books, sum(wanted.values()), sum(hours.values()))
            _add_hours(books, wanted, hours)
    return books


def _add_total(books: Books, truth: int, found: int) -> None:
    books.registers += 1
    books.truth += truth
    books.lost += max(truth - found, 0)
    books.doubled += max(found - truth, 0)


def _add_hours(books: Books, truth: Hours, found: Hours) -> None:
    books.hours += len(truth)
    books.misplaced += misplaced(truth, found)


def misplaced(truth: Hours, found: Hours) -> int:
    """The energy that stands in a wrong hour: what hours have too much, beyond what is too much in all."""
    differences = [found.get(hour, 0) - truth.get(hour, 0) for hour in truth.keys() | found.keys()]
    above, below = sum(d for d in differences if d > 0), -sum(d for d in differences if d < 0)
    return min(above, below)

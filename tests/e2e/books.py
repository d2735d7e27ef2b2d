"""Compares the ledger with what passed over the broker, and with what the simulator knows to be true."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from custom_components.panel_meter.core.model import Register
from custom_components.panel_meter.ledger import Ledger, sqlite_url
from demo.observer import Row, Traffic

HOUR = 3600
#: All of the time that a ledger can hold.
_EVER = 2**40

#: By sequence number: start, end and energies of an interval.
type Booked = dict[int, tuple[int, int, tuple[int, ...]]]


@contextmanager
def ledger_of(config: Path) -> Iterator[Ledger]:
    """The ledger in a config folder whose Home Assistant has ended."""
    files = [path for path in config.rglob("*.db") if "home-assistant" not in path.name and not path.is_symlink()]
    assert len(files) == 1, f"there should be exactly one ledger: {files}"
    ledger = Ledger.open(sqlite_url(files[0]))
    try:
        yield ledger
    finally:
        ledger.close()


def booked(ledger: Ledger, panel: str, journal: str) -> Booked:
    """What the ledger holds of a journal."""
    found: Booked = {}
    for key, interval in ledger.intervals(panel, 0, _EVER):
        if key.id == journal:
            assert interval.seq not in found, f"{panel}: record {interval.seq} was booked twice"
            found[interval.seq] = (interval.start, interval.end, interval.energy)
    return found


def sent(rows: Mapping[int, Row], watermark: int) -> Booked:
    """What a host must have booked of the rows of a journal, up to the sequence number that it has acknowledged.

    The first row is the point to count from (protocol H4), unless it is the first of the journal.
    """
    expected: Booked = {}
    before: tuple[int, ...] | None = None
    for seq in sorted(seq for seq in rows if seq <= watermark):
        _, end, duration, _, *energy = rows[seq]
        if before is None:
            before = (0,) * len(energy) if seq == 1 else tuple(energy)
        expected[seq] = (end - duration, end, tuple(now - then for now, then in zip(energy, before, strict=True)))
        before = tuple(energy)
    return expected


def whole_journal(traffic: Traffic) -> dict[int, Row]:
    """The rows of the present journal, which must be without a gap."""
    rows = traffic.rows[traffic.journal]
    assert sorted(rows) == list(range(min(rows), max(rows) + 1)), "the board left records out"
    return rows


def compare_with_truth(ledger: Ledger, name: str, truth: Mapping[str, Any]) -> None:
    """Fail unless the ledger has every whole hour, and the sum, of every register as the simulator's truth has them.

    The truth knows also of the energy after the newest record, which is still on its way.
    """
    journals = truth["journals"]
    assert list(journals) == [truth["journal"]], f"{name}: there should be one journal"
    _, end, _, _, *energies = truth["newest_record"]
    journal = journals[truth["journal"]]
    first, last = journal["first_hour"], end // HOUR * HOUR
    hours = ledger.energy(name, range(first, last + HOUR, HOUR))
    total = ledger.energy(name, [0, end])
    for register, energy in zip(truth["registers"], energies, strict=True):
        key = Register.parse(register)
        assert hours[key] == journal["hours"][register][: len(hours[key])], f"{name}: hours of {register}"
        assert total[key] == [energy], f"{name}: total of {register}"

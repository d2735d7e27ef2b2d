"""Usage is the intervals in another form: the same ones, in the same order."""

from pathlib import Path
import sqlite3
from tempfile import TemporaryDirectory

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.panel_meter.core.model import OPENING_JOURNAL, Interval
from custom_components.panel_meter.ledger import JournalKey, Ledger, LedgerDamaged, UsageRow, sqlite_url

from .build import BACK, JOURNAL, KITCHEN, MAIN, NOON, REGISTERS, change, interval, row

DAY = 86400

histories = st.lists(
    st.builds(
        lambda start, span, energies, quality: interval(1, start, start + span, *energies, quality=quality),
        st.integers(NOON, NOON + DAY),
        st.sampled_from([0, 300, 3600, 3601]) | st.integers(0, DAY),
        st.lists(st.integers(0, 2**53 - 1), max_size=2),
        st.integers(0, 255),
    ),
    min_size=1,
    max_size=12,
)


def rows(ledger: Ledger, start: int, end: int, panel: str = "apt-1") -> list[tuple[JournalKey, UsageRow]]:
    return [(key, each) for key, found in ledger.usage(panel, start, end) for each in found]


def same(ledger: Ledger, start: int, end: int) -> list[tuple[JournalKey, UsageRow]]:
    """What `intervals` says, in the form of usage."""
    found = ledger.intervals("apt-1", start, end)
    return [(key, (each.start, each.end, each.quality, each.energy)) for key, each in found]


@settings(max_examples=60, deadline=None)
@given(
    history=histories,
    other=histories,
    start=st.integers(NOON - 300, NOON + 2 * DAY),
    span=st.integers(0, DAY),
)
def test_usage_is_the_intervals(history: list[Interval], other: list[Interval], start: int, span: int) -> None:
    with TemporaryDirectory() as folder:
        ledger = Ledger.open(sqlite_url(Path(folder) / "l.db"))
        for journal, items in ((JOURNAL, history), ("00000000", other)):
            numbered = [
                interval(seq, each.start, each.end, *each.energy, quality=each.quality)
                for seq, each in enumerate(items, 1)
            ]
            ledger.commit([change(*numbered, journal=journal)])
        everything = rows(ledger, 0, 2**40)
        assert len(everything) == len(history) + len(other)
        assert everything == same(ledger, 0, 2**40)
        assert rows(ledger, start, start + span) == same(ledger, start, start + span)
        ledger.close()


def test_lists_hold_neighbours_of_one_journal_and_the_opening_balance_comes_too(ledger: Ledger) -> None:
    ledger.commit([change(interval(1, NOON - DAY, NOON, 1000), journal=OPENING_JOURNAL, registers=(MAIN,))])
    ledger.commit([change(row(1, 1), row(2, 2, 2), row(4, 4, 4, 4))])
    ledger.commit([change(interval(1, NOON + 600, NOON + 900, 3, quality=64), journal="00000000", registers=(BACK,))])
    ledger.commit([change(row(1, 9), panel="apt-2")])
    board = JournalKey(JOURNAL, REGISTERS)
    assert list(ledger.usage("apt-1", 0, 2**40)) == [
        (JournalKey(OPENING_JOURNAL, (MAIN,)), [(NOON - DAY, NOON, 0, (1000,))]),
        (board, [(NOON, NOON + 300, 0, (1, 0, 0)), (NOON + 300, NOON + 600, 0, (2, 2, 0))]),
        (JournalKey("00000000", (BACK,)), [(NOON + 600, NOON + 900, 64, (3,))]),
        (board, [(NOON + 900, NOON + 1200, 0, (4, 4, 4))]),
    ]
    assert list(ledger.usage("unknown", 0, 2**40)) == []


def test_a_year_comes_in_pieces_and_whole(ledger: Ledger) -> None:
    """More rows than are read at a time, from a journal that grew on the way."""
    ledger.commit([change(*(row(seq, seq) for seq in range(1, 1501)), registers=(MAIN,))])
    ledger.commit([change(*(row(seq, seq, 0, 1) for seq in range(1501, 3001)))])
    pieces = [found for _, found in ledger.usage("apt-1", 0, 2**40)]
    assert len(pieces) > 1
    energies = [energy for piece in pieces for _, _, _, energy in piece]
    assert energies == [(seq, 0, int(seq > 1500)) for seq in range(1, 3001)]


def test_a_reader_of_usage_sees_one_state_while_others_commit(ledger: Ledger) -> None:
    ledger.commit([change(*(row(seq, 1) for seq in range(1, 2501)))])
    reading = ledger.usage("apt-1", 0, 2**40)
    seen = len(next(reading)[1])
    ledger.commit([change(row(2501, 1))])
    assert seen + sum(len(found) for _, found in reading) == 2500
    assert len(rows(ledger, 0, 2**40)) == 2501


@pytest.mark.parametrize("torn", ["1,2.5,3", "1,,3", "x"])
def test_energies_that_cannot_be_read_are_damage(ledger: Ledger, path: Path, torn: str) -> None:
    ledger.commit([change(row(1, 1, 2, 3))])
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE interval SET energy = ?", (torn,))
    connection.close()
    with pytest.raises(LedgerDamaged):
        rows(ledger, 0, 2**40)


def test_places_of_registers_keep_their_order(ledger: Ledger) -> None:
    ledger.commit([change(row(1, 7, 8), registers=(KITCHEN, MAIN))])
    ((key, found),) = ledger.usage("apt-1", 0, 2**40)
    assert dict(zip(key.registers, found[0][3], strict=True)) == {KITCHEN: 7, MAIN: 8}

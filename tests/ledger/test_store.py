"""The ledger keeps what it is given, once, and whole."""

from dataclasses import replace
from pathlib import Path
import sqlite3

import pytest

from custom_components.panel_meter.core.model import (
    LOCAL_JOURNAL,
    Channel,
    Direction,
    Journal,
    Phase,
    RecordRow,
    Register,
    RejectedRow,
    Role,
    RowRejection,
)
from custom_components.panel_meter.ledger import (
    Change,
    Ledger,
    LedgerError,
    LedgerRefused,
    LedgerUnavailable,
    sqlite_url,
)

from .build import BACK, JOURNAL, KITCHEN, MAIN, NOON, REGISTERS, change, interval, panel, row, sums


def reopened(ledger: Ledger) -> Ledger:
    """The same ledger after a restart."""
    ledger.close()
    assert ledger.path is not None
    return Ledger.open(sqlite_url(ledger.path))


def test_everything_comes_back_after_a_restart(ledger: Ledger) -> None:
    mains = Channel(id="main", name="Mains", role=Role.MAIN, phase=Phase.L123, rating=63)
    described = replace(panel(), channels=(mains, Channel(id="c1", name="Küche")), journal=JOURNAL)
    odd = Register("hostile.name,with \"quotes'; DROP TABLE panel", Direction.EXPORT)
    wanted = replace(
        change(row(1, 10, 0, 3), row(2, 20, 1, 0)),
        description=described,
        meters={odd: '{"last": 1}'},
        shown={MAIN: 31, odd: 2**53 - 1},
    )
    ledger.commit([wanted])

    again = reopened(ledger)
    stored = again.load()["apt-1"]
    assert stored.description == described
    assert stored.journals == {JOURNAL: wanted.journal}
    assert stored.totals == {MAIN: 30, BACK: 1, KITCHEN: 3, odd: 0}
    assert stored.meters == {odd: '{"last": 1}'}
    assert stored.shown == {MAIN: 31, odd: 2**53 - 1}
    assert [found for _, found in again.intervals("apt-1", 0, 2**40)] == list(wanted.intervals)
    again.close()


def test_journals_keep_the_order_in_which_they_were_seen(ledger: Ledger) -> None:
    for journal in ("ffffffff", "00000000", "7f3a0000"):
        ledger.commit([change(row(1, 1), journal=journal)])
    assert list(ledger.load()["apt-1"].journals) == ["ffffffff", "00000000", "7f3a0000"]
    assert ledger.load()["apt-1"].totals[MAIN] == 3


def test_the_same_key_counts_once(ledger: Ledger) -> None:
    first, second, third = row(1, 10, 1, 2), row(2, 20, 0, 0), row(3, 5, 5, 5)
    ledger.commit([change(first, second)])
    ledger.commit([change(first, replace(second, energy=(99, 99, 99)), third), change(third)])
    assert ledger.load()["apt-1"].totals == {MAIN: 35, BACK: 6, KITCHEN: 7}
    assert sums(ledger) == {MAIN: 35, BACK: 6, KITCHEN: 7}
    ledger.verify()

    again = reopened(ledger)
    again.commit([change(first, second, third)])
    assert again.load()["apt-1"].totals == {MAIN: 35, BACK: 6, KITCHEN: 7}
    again.close()


def test_a_rejected_row_takes_its_key(ledger: Ledger) -> None:
    bad = RejectedRow(
        row=RecordRow(seq=2, end=NOON + 600, duration=300, flags=4, energy=(1, 2, 3)), reason=RowRejection.BEYOND_RATING
    )
    ledger.commit([replace(change(row(1, 1)), rejected=(bad, bad))])
    ledger.commit([replace(change(row(1, 1), row(2, 500)), rejected=(bad,))])
    assert ledger.load()["apt-1"].totals[MAIN] == 1
    assert ledger.stats().rejected == {"apt-1": {"beyond_rating": 1}}


def test_one_journal_id_in_two_panels_are_two_journals(ledger: Ledger) -> None:
    ledger.commit([change(row(1, 1), journal=LOCAL_JOURNAL), change(row(1, 2), journal=LOCAL_JOURNAL, panel="apt-2")])
    assert ledger.load()["apt-1"].totals[MAIN] == 1
    assert ledger.load()["apt-2"].totals[MAIN] == 2


def test_a_journal_may_grow_and_older_rows_keep_their_meaning(ledger: Ledger) -> None:
    ledger.commit([change(row(1, 7), journal=LOCAL_JOURNAL, registers=(MAIN,))])
    ledger.commit([change(row(2, 1, 2), journal=LOCAL_JOURNAL, registers=(MAIN, KITCHEN))])
    assert [found.energy for _, found in ledger.intervals("apt-1", 0, 2**40)] == [(7, 0), (1, 2)]
    assert ledger.load()["apt-1"].journals[LOCAL_JOURNAL].registers == (MAIN, KITCHEN)
    assert ledger.energy("apt-1", [NOON, NOON + 150, NOON + 3600]) == {MAIN: [3, 5], KITCHEN: [0, 2]}


@pytest.mark.parametrize(
    "bad",
    [
        change(row(2, 1), registers=(KITCHEN, MAIN, BACK)),
        change(row(2, 1), registers=(MAIN, BACK)),
        change(row(2, 1, 2, 3, 4)),
        change(row(2, -1)),
        change(interval(2, NOON + 1, NOON, 1)),
        change(interval(2, 0, 2**36, 1)),
        change(interval(2**63, 0, 300, 1)),
        Change(panel="apt-1", intervals=(row(2, 1),)),
    ],
    ids=["order", "shrunk", "too many", "negative", "backwards", "centuries", "overflow", "no journal"],
)
def test_a_contradiction_is_refused_and_leaves_nothing_behind(ledger: Ledger, bad: Change) -> None:
    ledger.commit([change(row(1, 1, 2, 3))])
    before = ledger.load()
    innocent = change(row(1, 5), panel="apt-2")
    with pytest.raises(LedgerRefused):
        ledger.commit([innocent, bad])
    assert ledger.load() == before
    ledger.commit([innocent, change(row(2, 1))])
    assert ledger.load()["apt-2"].totals[MAIN] == 5
    assert ledger.load()["apt-1"].totals[MAIN] == 2
    ledger.verify()


def test_what_was_shown_is_never_lowered(ledger: Ledger) -> None:
    for highest in (5, 9, 7):
        ledger.commit([Change(panel="apt-1", shown={MAIN: highest}), Change(panel="apt-1", shown={MAIN: 3})])
    assert ledger.load()["apt-1"].shown == {MAIN: 9}


def test_checksums_of_a_range(ledger: Ledger) -> None:
    rows = [interval(seq, NOON, NOON, seq, checksum=2**32 - seq) for seq in range(1, 6)]
    ledger.commit([change(*rows)])
    assert ledger.checksums("apt-1", JOURNAL, 2, 4) == {seq: 2**32 - seq for seq in (2, 3, 4)}
    assert ledger.checksums("apt-1", "00000000", 1, 9) == {}
    assert ledger.checksums("apt-2", JOURNAL, 1, 9) == {}


def test_erasing_leaves_the_other_panels(ledger: Ledger) -> None:
    both = [replace(change(row(1, 4, 5, 6), panel=name), description=panel(name)) for name in ("apt-1", "apt-2")]
    ledger.commit(both)
    ledger.erase("apt-1")
    assert list(ledger.load()) == ["apt-2"]
    assert ledger.stats().intervals == 1
    ledger.commit(both)
    assert ledger.load()["apt-1"].totals[MAIN] == 4
    assert ledger.load()["apt-2"].totals[MAIN] == 4
    ledger.verify()


def test_stats_count(ledger: Ledger) -> None:
    ledger.commit([change(row(1, 4, 5, 6), row(13, 1))])
    stats = ledger.stats()
    assert (stats.panels, stats.journals, stats.registers, stats.intervals, stats.hours) == (1, 1, 3, 2, 4)
    assert (stats.oldest, stats.newest) == (NOON + 300, NOON + 13 * 300)
    assert stats.size_bytes > 4096


def test_commits_are_durable_and_written_ahead(ledger: Ledger, path: Path) -> None:
    ledger.commit([change(row(1, 1))])
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
    with ledger._engine.connect() as used:
        assert used.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert used.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_reader_sees_one_state_while_others_commit(ledger: Ledger) -> None:
    ledger.commit([change(*(row(seq, 1) for seq in range(1, 2001)))])
    reading = ledger.intervals("apt-1", 0, 2**40)
    next(reading)
    ledger.commit([change(row(2001, 1))])
    assert sum(1 for _ in reading) == 1999
    assert sums(ledger)[MAIN] == 2001


def test_a_locked_file_is_unavailable_and_not_damaged(
    ledger: Ledger, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.panel_meter.ledger.database.LOCK_TIMEOUT", 0)
    impatient = Ledger.open(sqlite_url(path))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerUnavailable, match="another program has locked it"):
        impatient.commit([change(row(1, 1))])
    other.rollback()
    impatient.commit([change(row(1, 1))])
    assert sums(impatient)[MAIN] == 1
    other.close()
    impatient.close()


def test_a_file_that_was_deleted_meanwhile_takes_no_commit(ledger: Ledger, path: Path) -> None:
    path.unlink()
    with pytest.raises(LedgerUnavailable, match="moved, deleted or replaced"):
        ledger.commit([change(row(1, 1))])


def test_a_folder_in_the_way_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnavailable):
        Ledger.open(sqlite_url(tmp_path))


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://host/name", "nonsense"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(LedgerError):
        Ledger.open(url)


def test_paths_with_special_characters(tmp_path: Path) -> None:
    odd = tmp_path / "Zähler ?a=b%20#1" / "ledger & co.db"
    ledger = Ledger.open(sqlite_url(odd))
    ledger.commit([change(row(1, 1))])
    ledger.close()
    assert odd.is_file()


def test_registers_of_the_sums_are_those_of_the_panel(ledger: Ledger) -> None:
    ledger.commit([change(row(1, 1, 2, 3)), change(row(1, 9), panel="apt-2", registers=(MAIN,))])
    assert set(ledger.energy("apt-1", [NOON, NOON + 3600])) == set(REGISTERS)
    assert ledger.energy("apt-2", [NOON, NOON + 3600]) == {MAIN: [9]}
    assert ledger.energy("unknown", [NOON, NOON + 3600]) == {}
    assert ledger.energy("apt-2", []) == {MAIN: []}


def test_a_journal_without_rows_keeps_its_state(ledger: Ledger) -> None:
    adopted = Journal(id=JOURNAL, registers=REGISTERS, watermark=0)
    ledger.commit([Change(panel="apt-1", journal=adopted)])
    baseline = replace(adopted, watermark=119, last_end=NOON, last_energy=(5, 0, 1))
    assert ledger.load()["apt-1"].journals == {JOURNAL: adopted}
    ledger.commit([Change(panel="apt-1", journal=baseline)])
    assert ledger.load()["apt-1"].journals == {JOURNAL: baseline}

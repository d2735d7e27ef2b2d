"""Older ledgers are lifted step by step, newer ones are left alone."""

from decimal import Decimal
from pathlib import Path
import signal
import sqlite3
import subprocess
import sys
import textwrap

import pytest
from sqlalchemy import Connection, text

from custom_components.panel_meter.core.alerts.model import Alert, Kind, Severity
from custom_components.panel_meter.ledger import (
    Change,
    Ledger,
    LedgerTooNew,
    LedgerUnavailable,
    PricePoint,
    StoredBill,
    database,
    migrations,
    sqlite_url,
)

from .build import MAIN, NOON, change, row
from .older import check_version_1, check_version_2, tables, write_version_1, write_version_2


def add_column(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE panel ADD COLUMN colour TEXT"))
    connection.execute(text("UPDATE panel SET colour = 'grey'"))


def add_table(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE note (id INTEGER PRIMARY KEY)"))


def broken(connection: Connection) -> None:
    add_table(connection)
    raise RuntimeError("power cut")


def lift(path: Path, target: int, steps: dict[int, migrations.Step]) -> None:
    engine = database.connect(sqlite_url(path))
    try:
        migrations.migrate(database.for_writing(engine), target, steps)
    finally:
        engine.dispose()


def facts(path: Path) -> tuple[int | None, set[str], bool]:
    """Version, tables beyond the present ones, whether panels have a colour."""
    engine = database.connect(sqlite_url(path))
    with engine.begin() as connection:
        names = set(connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")))
        columns = {column[1] for column in connection.execute(text("PRAGMA table_info(panel)"))}
        version = migrations.version_of(connection)
    engine.dispose()
    return version, names & {"note"}, "colour" in columns


def layout(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Columns, keys, references and indexes of every table, however its making was spelled."""
    connection = sqlite3.connect(path)
    kinds = connection.execute("SELECT name, wr FROM pragma_table_list WHERE schema = 'main'").fetchall()
    found: dict[str, list[tuple[object, ...]]] = {name: [(without_rowid,)] for name, without_rowid in kinds}
    for name in found:
        for pragma in ("table_info", "foreign_key_list"):
            found[name] += connection.execute(f"PRAGMA {pragma}({name})").fetchall()
        # Indexes have no order of their own.
        indexes = connection.execute(f"PRAGMA index_list({name})").fetchall()
        found[name] += sorted(index[1:] for index in indexes)
    connection.close()
    return found


@pytest.fixture
def old(path: Path) -> Path:
    """A ledger of version 1 with something in it."""
    write_version_1(path)
    return path


def test_a_new_ledger_has_the_present_version(ledger: Ledger) -> None:
    assert ledger.stats().version == migrations.VERSION


def test_every_older_version_has_its_step() -> None:
    assert sorted(migrations.STEPS) == list(range(1, migrations.VERSION))


def test_a_ledger_of_version_1_is_lifted_whole(old: Path) -> None:
    before = tables(old)
    Ledger.open(sqlite_url(old)).close()
    after = tables(old)
    assert before.pop("meta") == {("version", 1)}
    assert after.pop("meta") == {("version", migrations.VERSION)}
    assert {name: after[name] for name in before} == before

    ledger = Ledger.open(sqlite_url(old))
    check_version_1(ledger)
    # It is as good as a new one: what is written today can be written into it.
    bill = StoredBill(start=NOON - 86400, end=NOON, fingerprint="f", content="{}")
    ledger.commit([change(row(1, 1), journal="00000000"), Change(panel="apt-2", bills=(bill,))])
    ledger.commit_prices([PricePoint(source="sensor.price", start=NOON, price=Decimal("0.1"))])
    ledger.verify()
    assert ledger.load()["apt-1"].totals[MAIN] == 1_000_000_076
    assert ledger.bills("apt-2") == [bill]
    ledger.close()


def test_a_lifted_ledger_has_the_tables_of_a_new_one(old: Path, tmp_path: Path) -> None:
    Ledger.open(sqlite_url(old)).close()
    new = tmp_path / "new.db"
    Ledger.open(sqlite_url(new)).close()
    assert layout(old) == layout(new)


def test_a_ledger_of_version_2_is_lifted_whole(path: Path, tmp_path: Path) -> None:
    write_version_2(path)
    before = tables(path)
    Ledger.open(sqlite_url(path)).close()
    after = tables(path)
    assert before.pop("meta") == {("version", 2)}
    assert after.pop("meta") == {("version", migrations.VERSION)}
    assert after == {**before, "alert": set()}
    new = tmp_path / "new.db"
    Ledger.open(sqlite_url(new)).close()
    assert layout(path) == layout(new)

    ledger = Ledger.open(sqlite_url(path))
    check_version_2(ledger)
    alert = Alert(id=1, panel="apt-2", kind=Kind.OFFLINE, severity=Severity.WARNING, opened=NOON, seen=NOON)
    ledger.commit([Change(panel="apt-2", alerts=(alert,))])
    assert ledger.alerts() == [alert]
    ledger.close()


def test_a_kill_while_version_2_is_lifted_is_harmless(path: Path) -> None:
    write_version_2(path)
    before = tables(path)
    for statement in ("CREATE TABLE alert", "CREATE INDEX alert_opened", "UPDATE meta"):
        assert open_and_die(path, statement) == -signal.SIGKILL
        assert tables(path) == before
    ledger = Ledger.open(sqlite_url(path))
    assert ledger.stats().version == migrations.VERSION
    check_version_2(ledger)
    ledger.close()


def open_and_die(path: Path, statement: str) -> int:
    """Open a ledger in a process that is killed right after a statement; its return code."""
    script = """
        import os, signal, sys
        from pathlib import Path
        from sqlalchemy import Engine, event
        from custom_components.panel_meter.ledger import Ledger, sqlite_url

        def killed(connection, cursor, statement, *_):
            if statement.startswith(sys.argv[2]):
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(Engine, "after_cursor_execute", killed)
        Ledger.open(sqlite_url(Path(sys.argv[1])))
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(path), statement]
    return subprocess.run(command, check=False, timeout=60).returncode


@pytest.mark.parametrize("statement", ["CREATE TABLE price", "CREATE TABLE bill", "UPDATE meta"])
def test_a_kill_while_version_1_is_lifted_is_harmless(old: Path, statement: str) -> None:
    before = tables(old)
    assert open_and_die(old, statement) == -signal.SIGKILL
    assert tables(old) == before
    ledger = Ledger.open(sqlite_url(old))
    assert ledger.stats().version == migrations.VERSION
    check_version_1(ledger)
    ledger.close()


def test_a_ledger_that_cannot_be_lifted_now_stays_as_it_is(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custom_components.panel_meter.ledger.database.LOCK_TIMEOUT", 0)
    before = tables(old)
    other = sqlite3.connect(old, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerUnavailable, match="another program has locked it"):
        Ledger.open(sqlite_url(old))
    other.rollback()
    other.close()
    assert tables(old) == before
    ledger = Ledger.open(sqlite_url(old))
    check_version_1(ledger)
    ledger.close()


def test_steps_are_taken_in_turn_and_once(old: Path) -> None:
    for _ in range(2):
        lift(old, 3, {1: add_column, 2: add_table})
        assert facts(old) == (3, {"note"}, True)


def test_a_step_that_fails_never_happened_and_is_taken_again(old: Path) -> None:
    with pytest.raises(RuntimeError):
        lift(old, 3, {1: add_column, 2: broken})
    assert facts(old) == (2, set(), True)
    lift(old, 3, {1: add_column, 2: add_table})
    assert facts(old) == (3, {"note"}, True)


def test_a_kill_in_the_middle_of_a_step_is_harmless(old: Path) -> None:
    script = """
        import os, signal, sys
        from pathlib import Path
        from tests.ledger.test_migrations import add_column, add_table, lift

        def killed(connection):
            add_table(connection)
            os.kill(os.getpid(), signal.SIGKILL)

        lift(Path(sys.argv[1]), 3, {1: add_column, 2: killed})
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script), str(old)], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert facts(old) == (2, set(), True)
    lift(old, 3, {1: add_column, 2: add_table})
    assert facts(old) == (3, {"note"}, True)


def test_a_newer_ledger_is_refused_and_untouched(old: Path) -> None:
    newer = migrations.VERSION + 1
    lift(old, newer, {**migrations.STEPS, migrations.VERSION: add_column})
    content = old.read_bytes()
    with pytest.raises(LedgerTooNew, match="newer Panel Meter"):
        Ledger.open(sqlite_url(old))
    assert old.read_bytes() == content
    lift_back = database.connect(sqlite_url(old))
    with database.for_writing(lift_back).begin() as connection:
        connection.execute(text("UPDATE meta SET value = :version"), {"version": migrations.VERSION})
    lift_back.dispose()
    ledger = Ledger.open(sqlite_url(old))
    check_version_1(ledger)
    ledger.close()


def test_an_unfinished_new_ledger_is_begun_again(path: Path) -> None:
    draft = path.with_name(f"{path.name}.draft")
    draft.write_bytes(b"half a file")
    ledger = Ledger.open(sqlite_url(path))
    assert ledger.load() == {}
    ledger.close()
    assert not draft.exists()

"""Older ledgers are lifted step by step, newer ones are left alone."""

from pathlib import Path
import signal
import subprocess
import sys
import textwrap

import pytest
from sqlalchemy import Connection, text

from custom_components.panel_meter.ledger import Ledger, LedgerTooNew, database, migrations, sqlite_url

from .build import MAIN, change, row, sums


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
        tables = set(connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")))
        columns = {column[1] for column in connection.execute(text("PRAGMA table_info(panel)"))}
        version = migrations.version_of(connection)
    engine.dispose()
    return version, tables & {"note"}, "colour" in columns


@pytest.fixture
def old(path: Path, ledger: Ledger) -> Path:
    """A ledger of version 1 with something in it."""
    ledger.commit([change(row(1, 5))])
    ledger.close()
    return path


def test_a_new_ledger_has_the_present_version(ledger: Ledger) -> None:
    assert ledger.stats().version == migrations.VERSION


def test_every_older_version_has_its_step() -> None:
    assert sorted(migrations.STEPS) == list(range(1, migrations.VERSION))


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
    lift(old, 2, {1: add_column})
    content = old.read_bytes()
    with pytest.raises(LedgerTooNew, match="newer Panel Meter"):
        Ledger.open(sqlite_url(old))
    assert old.read_bytes() == content
    lift_back = database.connect(sqlite_url(old))
    with database.for_writing(lift_back).begin() as connection:
        connection.execute(text("UPDATE meta SET value = 1"))
    lift_back.dispose()
    ledger = Ledger.open(sqlite_url(old))
    assert sums(ledger)[MAIN] == 5
    ledger.close()


def test_an_unfinished_new_ledger_is_begun_again(path: Path) -> None:
    draft = path.with_name(f"{path.name}.draft")
    draft.write_bytes(b"half a file")
    ledger = Ledger.open(sqlite_url(path))
    assert ledger.load() == {}
    ledger.close()
    assert not draft.exists()

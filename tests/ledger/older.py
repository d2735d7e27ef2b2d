"""Ledgers of older versions, as those versions really wrote them."""

from decimal import Decimal
from pathlib import Path
import sqlite3

from custom_components.panel_meter.core.model import Direction, Register
from custom_components.panel_meter.ledger import Ledger, PricePoint, StoredBill

from .build import BACK, JOURNAL, KITCHEN, MAIN, NOON

WALLBOX = Register("c2", Direction.IMPORT)


def write_version_1(path: Path) -> None:
    """Two panels, a journal that grew, an opening balance, a rejected row and the state of a metering."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(Path(__file__).with_name("version_1.sql").read_text())
    connection.close()


def write_version_2(path: Path) -> None:
    """The same, and a bill and two points of a price."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(Path(__file__).with_name("version_2.sql").read_text())
    connection.close()


def tables(path: Path) -> dict[str, set[tuple[object, ...]]]:
    """All rows of all tables of a ledger."""
    connection = sqlite3.connect(path)
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    rows = {name: set(connection.execute(f'SELECT * FROM "{name}"')) for name in names}
    connection.close()
    return rows


def check_version_2(ledger: Ledger) -> None:
    """All that `write_version_2` wrote is there and understood."""
    check_version_1(ledger)
    bill = StoredBill(start=NOON - 30 * 86_400, end=NOON, fingerprint="f1", content='{"total": "12.30"}')
    assert ledger.bills("apt-1") == [bill]
    assert ledger.prices("sensor.spot", NOON, NOON + 7200) == [
        PricePoint(source="sensor.spot", start=NOON, price=Decimal("-0.0731")),
        PricePoint(source="sensor.spot", start=NOON + 3600, price=None),
    ]


def check_version_1(ledger: Ledger) -> None:
    """All that `write_version_1` wrote is there and understood."""
    ledger.verify()
    stored = ledger.load()
    assert list(stored) == ["apt-1", "apt-2"]
    first, second = stored.values()
    assert first.description is not None
    assert [channel.name for channel in first.description.channels] == ["Mains", "Küche", "Wallbox"]
    assert first.totals == {MAIN: 1_000_000_075, BACK: 1, KITCHEN: 13, WALLBOX: 7}
    assert first.shown == {MAIN: 75}
    assert {name: journal.watermark for name, journal in first.journals.items()} == {JOURNAL: 4, "opening": 1}
    assert second.meters == {MAIN: '{"last": 1}'}
    assert second.totals == {MAIN: 5, BACK: 6}
    assert [(key.id, item.energy, item.checksum) for key, item in ledger.intervals("apt-1", 0, 2**40)] == [
        ("opening", (1_000_000_000,), 0),
        (JOURNAL, (10, 0, 3, 0), 0),
        (JOURNAL, (20, 1, 0, 0), 0),
        (JOURNAL, (45, 0, 10, 7), 2**32 - 1),
    ]
    assert ledger.energy("apt-1", [NOON, NOON + 1200])[MAIN] == [75]
    assert ledger.stats().rejected == {"apt-1": {"beyond_rating": 1}}

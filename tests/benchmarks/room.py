"""Room that records take in the ledger."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
import time
from typing import Final

from custom_components.panel_meter.core.codecs.native import decode
from custom_components.panel_meter.core.journal_meter import JournalMeter
from custom_components.panel_meter.core.model import Info, Record, RecordRow
from custom_components.panel_meter.ledger import Change, Ledger
from custom_components.panel_meter.ledger.store import sqlite_url

from .feed import INTERVAL
from .source import MIDNIGHT, Source, added

PER_DAY: Final = 86_400 // INTERVAL
MONTH: Final = 30
YEAR: Final = 365


@dataclass(frozen=True, slots=True)
class RoomResult:
    """Size of a ledger with one panel of nine channels after a month and after a year, in bytes."""

    month: int
    year: int
    #: Records a second of the ledger alone, a day of records (288) in each durable commit.
    rate: float

    @property
    def per_record(self) -> float:
        """Bytes that one more record takes, the sums of hours and all indexes included."""
        return (self.year - self.month) / ((YEAR - MONTH) * PER_DAY)

    @property
    def megabytes_a_year(self) -> float:
        """In millions of bytes."""
        return self.per_record * YEAR * PER_DAY / 1e6


def measure(folder: Path) -> RoomResult:
    """Book a year."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "ledger.db"
    ledger = Ledger.open(sqlite_url(path))
    began, month = time.perf_counter(), 0
    took = 0.0
    for day, change in enumerate(changes(Source(0), MIDNIGHT, YEAR), 1):
        began = time.perf_counter()
        ledger.commit([change])
        took += time.perf_counter() - began
        if day == MONTH:
            ledger.checkpoint()
            month = path.stat().st_size
    ledger.checkpoint()
    year = path.stat().st_size
    ledger.close()
    return RoomResult(month, year, YEAR * PER_DAY / took)


def changes(source: Source, start: int, days: int) -> Iterator[Change]:
    """What the records of a panel change, day by day; the first change carries its description."""
    info = decode(source.id, "info", source.info())
    assert isinstance(info, Info)
    meter = JournalMeter(info.panel, now=start)
    energy = [0] * len(source.channels)
    seq = 0
    for day in range(days):
        end = start + day * 86_400
        rows = []
        for gained in source.intervals(end, PER_DAY):
            energy = added(tuple(energy), tuple(gained))
            seq, end = seq + 1, end + INTERVAL
            rows.append(RecordRow(seq, end, INTERVAL, 0, tuple(energy)))
        record = Record(journal=source.journal, oldest=1, rows=tuple(rows))
        admission = meter.record(record, end)[-1]
        yield Change(
            panel=source.id,
            description=info.panel if day == 0 else None,
            journal=admission.journal,
            intervals=admission.intervals,
            rejected=admission.rejected,
        )

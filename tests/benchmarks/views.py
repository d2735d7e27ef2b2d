"""How long the ledger takes for what the views of the dashboard draw."""

from dataclasses import dataclass
from pathlib import Path
from statistics import median
import time
from typing import Final
from zoneinfo import ZoneInfo

from custom_components.panel_meter.core.steps import Step, edges
from custom_components.panel_meter.ledger import Ledger
from custom_components.panel_meter.ledger.store import sqlite_url

from .room import YEAR, changes
from .source import MIDNIGHT, Source

DAY: Final = 86_400
#: Looks of which the median is told; the first of them finds nothing in memory.
LOOKS: Final = 15
ZONE: Final = ZoneInfo("Europe/Berlin")
#: Spans that the views show, up to the end of the year in the ledger: days, and the steps in which they are drawn.
SPANS: Final = {
    "a day by hour": (1, Step.HOUR),
    "a day in five minutes": (1, Step.FIVE_MINUTES),
    "a month by day": (30, Step.DAY),
    "a year by day": (YEAR, Step.DAY),
    "a year by month": (YEAR, Step.MONTH),
}


@dataclass(frozen=True, slots=True)
class Looked:
    """Milliseconds that a span takes."""

    span: str
    steps: int
    first: float
    usual: float


def measure(folder: Path) -> list[Looked]:
    """Book a year of a panel with nine channels and look at it; every look reads all of its registers."""
    folder.mkdir(parents=True, exist_ok=True)
    path, source = folder / "ledger.db", Source(0)
    ledger = Ledger.open(sqlite_url(path))
    for change in changes(source, MIDNIGHT, YEAR):
        ledger.commit([change])
    ledger.close()
    end = MIDNIGHT + YEAR * DAY
    return [_look(path, source.id, name, end - days * DAY, end, step) for name, (days, step) in SPANS.items()]


def _look(path: Path, panel: str, name: str, start: int, end: int, step: Step) -> Looked:
    # Opened anew, so that the first look is that after a start.
    ledger = Ledger.open(sqlite_url(path))
    marks, took = list(edges(start, end, step, ZONE)), list[float]()
    for _ in range(LOOKS):
        began = time.perf_counter()
        found = ledger.energy(panel, marks)
        took.append((time.perf_counter() - began) * 1000)
        assert found
        assert all(len(energies) == len(marks) - 1 for energies in found.values())
    ledger.close()
    return Looked(name, len(marks) - 1, took[0], median(took))

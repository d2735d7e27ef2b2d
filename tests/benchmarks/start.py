"""Time from the set-up of our entry to all of its entities."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
import time
from typing import Final

from rich.progress import Progress

from custom_components.panel_meter.ledger import Ledger
from custom_components.panel_meter.ledger.store import sqlite_url
from demo.broker import Broker

from .home import Process
from .room import changes
from .source import Source
from .ways import DEFAULT

SIZES: Final = (10, 100)
#: Days of records that the ledger holds of every panel.
DAYS: Final = 10
REPEATS: Final = 5


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds for one number of panels."""

    panels: int
    entities: int
    #: As Home Assistant counts it while everything else starts too: for the first time, and with known entities.
    first: float
    again: float
    #: Set up anew in a running Home Assistant: the medians of wall clock and CPU.
    wall: float
    cpu: float


async def measure(folder: Path, *, progress: Progress, sizes: Sequence[int] = SIZES) -> tuple[Start, ...]:
    """Start with each number of panels."""
    broker = Broker(folder / "broker")
    await broker.start()
    task = progress.add_task("starting", total=None)
    try:
        return tuple([await _start(folder / str(size), broker.port, size) for size in sizes])
    finally:
        await broker.stop()
        progress.remove_task(task)


async def _start(folder: Path, broker: int, size: int) -> Start:
    sources = [Source(number) for number in range(size)]
    DEFAULT.make(folder, broker, sources)
    _fill(folder / "panel_meter" / "ledger.db", sources)
    async with Process(folder) as process:
        first = (await process.ask("timings"))["panel_meter"]
    async with Process(folder) as process:
        again = (await process.ask("timings"))["panel_meter"]
        repeats = [await process.ask("set_up") for _ in range(REPEATS)]
    return Start(
        panels=size,
        entities=repeats[-1]["entities"],
        first=first,
        again=again,
        wall=median(each["wall"] for each in repeats),
        cpu=median(each["cpu"] for each in repeats),
    )


def _fill(path: Path, sources: Sequence[Source]) -> None:
    path.parent.mkdir(parents=True)
    ledger = Ledger.open(sqlite_url(path))
    today = int(time.time()) // 86_400 * 86_400
    for days in zip(*(changes(source, today - DAYS * 86_400, DAYS) for source in sources), strict=True):
        ledger.commit(days)
    ledger.close()

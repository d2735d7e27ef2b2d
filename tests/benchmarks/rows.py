"""Rows that a day of one panel makes in the recorder: ours and core's."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.progress import Progress

from demo.broker import Broker

from .home import Process
from .source import DAY, Source
from .ways import BASE_DEFAULT, BASE_PLAIN, CORE, CORE_WH, DEFAULT, Way

KINDS: Final = ("power", "energy", "voltage", "today and month", "connectivity")


@dataclass(frozen=True, slots=True)
class RowsResult:
    """Rows of one day by kind of sensor, and how many sensors there are of that kind; by the name of the way."""

    rows: Mapping[str, Mapping[str, int]]
    sensors: Mapping[str, Mapping[str, int]]

    def per_sensor(self, way: str, kind: str) -> float:
        """Rows a day and sensor."""
        return self.rows[way][kind] / self.sensors[way][kind]

    def total(self, way: str) -> int:
        """Rows a day of the whole panel."""
        return sum(self.rows[way].values())


async def measure(folder: Path, *, progress: Progress, seconds: int = DAY) -> RowsResult:
    """Live through a day with Panel Meter and with core, both at the same time."""
    broker = Broker(folder / "broker")
    await broker.start()
    task = progress.add_task("living through a day", total=None)
    try:
        counts = await asyncio.gather(
            _count(folder, broker.port, DEFAULT, BASE_DEFAULT, seconds),
            _count(folder, broker.port, CORE, BASE_PLAIN, seconds),
            _count(folder, broker.port, CORE_WH, BASE_PLAIN, seconds),
        )
    finally:
        await broker.stop()
        progress.remove_task(task)
    rows, sensors = {}, {}
    for way, changes in zip((DEFAULT, CORE, CORE_WH), counts, strict=True):
        kinds = [(_kind(entity), count) for entity, count in changes.items()]
        rows[way.name] = {kind: sum(count for own, count in kinds if own == kind) for kind in KINDS}
        sensors[way.name] = {kind: sum(own == kind for own, _ in kinds) for kind in KINDS}
    return RowsResult(rows, sensors)


async def _count(folder: Path, broker: int, way: Way, base: str, seconds: int) -> dict[str, int]:
    way.make(folder / way.name, broker, [Source(0)], recorded=False)
    async with Process(folder / way.name) as process:
        return await process.ask("live_through", base, str(seconds))


def _kind(entity: str) -> str:
    if entity.startswith("binary_sensor"):
        return "connectivity"
    if entity.endswith(("today", "this_month", "daily", "monthly")):
        return "today and month"
    return next(kind for kind in ("power", "energy", "voltage") if kind in entity)

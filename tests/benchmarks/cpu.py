"""CPU of a whole Home Assistant per 1,000 live messages, and the rows that its recorder writes."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
import sqlite3
import time
from typing import Any

from rich.progress import Progress

from demo.broker import Broker

from .feed import Feed
from .home import Process
from .source import Source
from .ways import IDLE, WAYS, Way

WARM_UP = 45


@dataclass(frozen=True, slots=True)
class Usage:
    """What one way used and wrote in the measured time."""

    way: Way
    entities: int
    known: int
    #: CPU seconds of all threads, and of the event loop's alone.
    process: float
    loop: float
    #: Rows in the recorder's table of states.
    rows: int


@dataclass(frozen=True, slots=True)
class CpuResult:
    """All ways, side by side."""

    panels: int
    seconds: float
    usages: tuple[Usage, ...]
    #: How late the latest message was published, in seconds.
    late: float

    @property
    def messages(self) -> float:
        """Live messages in the measured time."""
        return self.panels * self.seconds

    def idle(self, *, loop: bool = False) -> float:
        """CPU seconds that Home Assistant uses without any panel."""
        found = [each.loop if loop else each.process for each in self.usages if each.way is IDLE]
        return found[0] if found else 0.0

    def cost(self, usage: Usage, *, loop: bool = False) -> float:
        """CPU seconds per 1,000 messages above those of an idle Home Assistant."""
        used = usage.loop if loop else usage.process
        return (used - self.idle(loop=loop)) / self.messages * 1000

    def of(self, name: str) -> Usage:
        """The way of that name."""
        return next(each for each in self.usages if each.way.name == name)


async def measure(
    folder: Path, *, panels: int, seconds: int, progress: Progress, ways: Sequence[Way] = WAYS, profile: str = ""
) -> CpuResult:
    """Run all ways at the same time; ``profile`` is the name of a way whose event loop is profiled."""
    broker = Broker(folder / "broker")
    await broker.start()
    sources = [Source(number) for number in range(panels)]
    try:
        for way in ways:
            way.make(folder / way.name, broker.port, sources)
        async with AsyncExitStack() as stack:
            task = progress.add_task("starting Home Assistant", total=None)
            running = {way.name: Process(folder / way.name) for way in ways}
            await asyncio.gather(*(stack.enter_async_context(process) for process in running.values()))
            feed = Feed(broker.port, sources, WARM_UP + seconds + 60)
            await asyncio.to_thread(feed.begin)
            feed.start()
            progress.update(task, description="warming up")
            await asyncio.sleep(WARM_UP)
            before = await _ask_all(running, "used")
            if profile:
                await running[profile].ask("profile", "-")
            progress.update(task, description="measuring", total=seconds)
            end = time.monotonic() + seconds
            while (left := end - time.monotonic()) > 0:
                await asyncio.sleep(min(left, 1.0))
                progress.update(task, completed=seconds - left)
            if profile:
                await running[profile].ask("profile", str(folder / "profile.out"))
            after = await _ask_all(running, "used")
            shown = await _ask_all(running, "shown")
            feed.ended.set()
        progress.remove_task(task)
    finally:
        await broker.stop()
    usages = [_usage(way, folder / way.name, before[way.name], after[way.name], shown[way.name]) for way in ways]
    took = after[ways[0].name]["time"] - before[ways[0].name]["time"]
    return CpuResult(panels, took, tuple(usages), feed.late)


async def _ask_all(running: dict[str, Process], command: str) -> dict[str, dict[str, Any]]:
    answers = await asyncio.gather(*(process.ask(command) for process in running.values()))
    return dict(zip(running, answers, strict=True))


def _usage(way: Way, folder: Path, before: dict[str, Any], after: dict[str, Any], shown: dict[str, Any]) -> Usage:
    return Usage(
        way=way,
        entities=len(shown["entities"]),
        known=shown["known"],
        process=after["process"] - before["process"],
        loop=after["loop"] - before["loop"],
        rows=_rows(folder / "home-assistant_v2.db", shown["entities"], before["time"], after["time"]),
    )


def _rows(database: Path, entities: Sequence[str], start: float, end: float) -> int:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        marks = ",".join("?" * len(entities))
        (count,) = connection.execute(
            "SELECT count(*) FROM states JOIN states_meta USING (metadata_id) "
            f"WHERE states_meta.entity_id IN ({marks}) AND last_updated_ts BETWEEN ? AND ?",
            (*entities, start, end),
        ).fetchone()
        return int(count)
    finally:
        connection.close()

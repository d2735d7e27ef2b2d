"""Posts a second over HTTP beside those that core's own ``POST /api/states`` takes, from the same client."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
import json
from pathlib import Path
import time
from typing import Any, Final

from rich.progress import Progress

from demo.broker import Broker
from demo.process import LOOPBACK

from .home import Process, entry, make_folder
from .source import MIDNIGHT, Source

CONNECTIONS: Final = 16
SECONDS: Final = 10.0
#: Seconds before that, which are not counted.
WARM: Final = 2.0
PANELS: Final = 16
INGEST: Final = "/api/panel_meter/v1/ingest"

#: The body of post ``number`` of connection ``place``.
type Body = Callable[[int, int], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class PostsResult:
    """What one kind of post came to; milliseconds, and CPU of the whole process for each post."""

    name: str
    rate: float
    p50: float
    p99: float
    late_p99: float
    late_max: float
    cpu: float


async def measure(folder: Path, *, progress: Progress) -> tuple[PostsResult, ...]:
    """Post to core, then readings, live messages and records to us, in one running Home Assistant."""
    broker = Broker(folder / "broker")
    await broker.start()
    task = progress.add_task("posting", total=None)
    sources = [Source(number) for number in range(CONNECTIONS)]
    try:
        _make(folder / "posts", broker.port, sources)
        async with Process(folder / "posts") as process:
            doors = await process.ask("doors")
            kinds: tuple[tuple[str, str, str, Body], ...] = (
                ("core's POST /api/states, one entity", "/api/states/sensor.bench_{place}", "user", _state),
                ("a reading: power and counter", INGEST, "source", _reading),
                ("a live message of a board with 8 circuits", INGEST, "source", _Boards(sources).live),
                ("a record of it, answered when it is on disk", INGEST, "source", _Boards(sources).record),
            )
            return tuple([await _measure(process, doors, *kind) for kind in kinds])
    finally:
        await broker.stop()
        progress.remove_task(task)


def _make(folder: Path, broker: int, sources: list[Source]) -> None:
    panels = [(source.id, "native") for source in sources]
    panels += [(f"posted:bench{place}", "posted") for place in range(CONNECTIONS)]
    subentries = [
        {
            "data": {"codec": codec},
            "subentry_id": f"sub{panel}",
            "subentry_type": "panel",
            "title": panel,
            "unique_id": panel,
        }
        for panel, codec in panels
    ]
    data = {"base_topic": "bench", "host_id": "9e01c7d2"}
    entries = [entry("panel_meter", data, subentries=subentries)]
    make_folder(folder, broker, configuration="api:\n", entries=entries)


def _state(place: int, number: int) -> dict[str, Any]:
    attributes = {"unit_of_measurement": "W", "device_class": "power", "state_class": "measurement"}
    return {"state": str(400 + (number + place) % 97), "attributes": attributes}


def _reading(place: int, number: int) -> dict[str, Any]:
    return {"device": f"bench{place}", "power": 400 + (number + place) % 97, "energy_kwh": 5 + number / 100_000}


class _Boards:
    """What boards post; each has a connection."""

    def __init__(self, sources: list[Source]) -> None:
        self._sources = sources
        self._seconds = [list(source.seconds(MIDNIGHT, 600)) for source in sources]
        self._begin = int(time.time()) // 300 * 300 - 86_400 * 30

    def live(self, place: int, number: int) -> dict[str, Any]:
        source, seconds = self._sources[place], self._seconds[place]
        nothing = (0,) * len(source.channels)
        content = source.live(seconds[number % len(seconds)], number, int(time.time()), nothing)
        return {"info": json.loads(source.info()), "live": json.loads(content)}

    def record(self, place: int, number: int) -> dict[str, Any]:
        source = self._sources[place]
        row = [number + 1, self._begin + number, 1, 0, *(number for _ in source.channels)]
        return {"info": json.loads(source.info()), "record": json.loads(source.record([row]))}


async def _measure(
    process: Process, doors: dict[str, Any], name: str, path: str, token: str, body: Body
) -> PostsResult:
    before = await process.ask("rested")
    end = time.perf_counter() + WARM + SECONDS
    taken: list[tuple[float, float]] = []
    posting = asyncio.gather(
        *[_connection(doors, path, token, body, place, end, taken) for place in range(CONNECTIONS)]
    )
    await asyncio.sleep(WARM)
    await process.ask("watch")
    begin = time.perf_counter()
    await asyncio.sleep(SECONDS - 0.5)
    stop = time.perf_counter()
    late = await process.ask("watch")
    await posting
    after = await process.ask("rested")
    times = sorted(1000 * took for at, took in taken if begin <= at < stop)
    return PostsResult(
        name=name,
        rate=len(times) / (stop - begin),
        p50=times[len(times) // 2],
        p99=times[len(times) * 99 // 100],
        late_p99=late["p99"],
        late_max=late["max"],
        cpu=1000 * (after["process"] - before["process"]) / len(taken),
    )


async def _connection(
    doors: dict[str, Any], path: str, token: str, body: Body, place: int, end: float, taken: list[tuple[float, float]]
) -> None:
    """One client that waits for each answer; a plain socket, so that it takes little of the shared CPU."""
    reader, writer = await asyncio.open_connection(LOOPBACK, doors["port"])
    head = f"POST {path.format(place=place)} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {doors[token]}\r\n"
    number = 0
    try:
        while (begin := time.perf_counter()) < end:
            content = json.dumps(body(place, number))
            writer.write(
                f"{head}Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n{content}".encode()
            )
            answer = await reader.readuntil(b"\r\n\r\n")
            status = int(answer.split(b" ", 2)[1])
            length = int(answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            said = await reader.readexactly(length)
            assert status in (200, 201), said
            taken.append((begin, time.perf_counter() - begin))
            number += 1
    finally:
        writer.close()

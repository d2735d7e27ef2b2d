"""How many messages a second Home Assistant hears with us, and how fast full rings are drained into the ledger."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
import json
from pathlib import Path
import threading
import time
from typing import Any, Final

import paho.mqtt.client as mqtt
from rich.progress import Progress

from demo.broker import Broker

from .feed import INTERVAL, Publisher
from .home import Process
from .source import EVENING, Source, added
from .ways import BASE_DEFAULT, DEFAULT

FLOOD_PANELS: Final = 50
FLOOD_EACH: Final = 150
MARKER: Final = 4321.0
#: How many boards drain their rings at the same time, and how many records each of them holds.
RINGS: Final = ((1, 2000), (10, 1000), (50, 400))
_RECORD_BYTES: Final = 940


@dataclass(frozen=True, slots=True)
class Drain:
    """Records of some boards that went through hub and ledger."""

    boards: int
    records: int
    seconds: float
    cpu: float

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.records / self.seconds


@dataclass(frozen=True, slots=True)
class TrafficResult:
    """Messages a second of a flood, and drains of rings."""

    messages: int
    seconds: float
    loop: float
    drains: tuple[Drain, ...]


async def measure(folder: Path, *, progress: Progress) -> TrafficResult:
    """Flood one Home Assistant, then let boards drain their rings into it."""
    broker = Broker(folder / "broker")
    await broker.start()
    task = progress.add_task("flooding and draining", total=None)
    sources = [Source(number) for number in range(FLOOD_PANELS + sum(boards for boards, _ in RINGS))]
    flooding, rest = sources[:FLOOD_PANELS], sources[FLOOD_PANELS:]
    try:
        DEFAULT.make(folder / "traffic", broker.port, sources)
        async with Process(folder / "traffic") as process:
            publisher = Publisher(broker.port)
            before, after = await _flood(process, publisher, flooding)
            drains = []
            booked = FLOOD_PANELS
            for boards, each in RINGS:
                own, rest = rest[:boards], rest[boards:]
                booked += boards * each
                drains.append(await _drain(process, publisher, own, each, booked))
            publisher.close()
    finally:
        await broker.stop()
        progress.remove_task(task)
    return TrafficResult(
        FLOOD_PANELS * FLOOD_EACH, after["time"] - before["time"], after["loop"] - before["loop"], tuple(drains)
    )


async def _flood(
    process: Process, publisher: Publisher, sources: Sequence[Source]
) -> tuple[dict[str, Any], dict[str, Any]]:
    story = {source.id: list(source.seconds(EVENING, FLOOD_EACH)) for source in sources}
    now = int(time.time())
    for source in sources:
        publisher.announce(BASE_DEFAULT, source)
    await asyncio.sleep(3)
    for source in sources:
        row = [1, now, INTERVAL, 0, *story[source.id][0].energy]
        publisher.client.publish(f"{BASE_DEFAULT}/1/{source.id}/record", source.record([row]), qos=1)
    await asyncio.sleep(10)
    nothing = (0,) * len(sources[0].channels)
    messages = []
    for number in range(FLOOD_EACH):
        for source in sources:
            payload = source.live(story[source.id][number], number, now + number, nothing)
            if number == FLOOD_EACH - 1:
                content = json.loads(payload)
                content["power"][0] = MARKER
                payload = json.dumps(content).encode()
            messages.append((f"{BASE_DEFAULT}/1/{source.id}/live", payload))
    before = await process.ask("used")

    def publish() -> None:
        for topic, payload in messages:
            publisher.client.publish(topic, payload)

    await asyncio.to_thread(publish)
    return before, await process.ask("wait_for", str(MARKER), *(source.id for source in sources))


class _Ring:
    """A board that sends the next records when the last ones are acknowledged."""

    def __init__(self, source: Source, count: int) -> None:
        start = int(time.time()) // INTERVAL * INTERVAL - count * INTERVAL
        self.source = source
        self.rows: list[list[int]] = []
        energy = [0] * len(source.channels)
        for number, gained in enumerate(source.intervals(start, count), 1):
            energy = added(tuple(energy), tuple(gained))
            self.rows.append([number, start + number * INTERVAL, INTERVAL, 0, *energy])
        self.sent = 0

    def next(self, acknowledged: int) -> bytes | None:
        """The next message after an acknowledgement; None if it is not the one that is awaited."""
        if acknowledged != self.sent or acknowledged >= len(self.rows):
            return None
        payload = b""
        batch: list[list[int]] = []
        for row in self.rows[self.sent :]:
            longer = self.source.record([*batch, row])
            if batch and len(longer) > _RECORD_BYTES:
                break
            payload = longer
            batch.append(row)
        self.sent += len(batch)
        return payload


async def _drain(process: Process, publisher: Publisher, sources: Sequence[Source], each: int, booked: int) -> Drain:
    rings = {source.id: _Ring(source, each) for source in sources}
    for source in sources:
        publisher.announce(BASE_DEFAULT, source)
    await asyncio.sleep(5)
    lock = threading.Lock()

    def acknowledged(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        ring = rings.get(message.topic.split("/")[2])
        if ring is None:
            return
        with lock:
            payload = ring.next(json.loads(message.payload)["seq"])
        if payload is not None:
            publisher.client.publish(f"{BASE_DEFAULT}/1/{ring.source.id}/record", payload, qos=1)

    before = await process.ask("used")
    publisher.client.on_message = acknowledged
    # The retained acknowledgement of nothing is what sets every board going.
    publisher.client.subscribe(f"{BASE_DEFAULT}/1/+/ack", qos=1)
    after = await process.ask("booked", str(booked))
    publisher.client.unsubscribe(f"{BASE_DEFAULT}/1/+/ack")
    return Drain(
        len(sources), len(sources) * each, after["time"] - before["time"], after["process"] - before["process"]
    )

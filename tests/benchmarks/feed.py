"""Boards for the measured Home Assistants: what they say is made beforehand and published on time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
import threading
import time
from typing import Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from demo.process import LOOPBACK

from .source import EVENING, Second, Source, added
from .ways import BASE_DEFAULT, BASE_EVERY, BASE_PLAIN, BASES, value_messages

INTERVAL: Final = 300
FIRST_SEQ: Final = 412
#: Registers that have counted for years.
LEAD: Final = 12_345_678_901


class Publisher:
    """A client that publishes."""

    def __init__(self, port: int) -> None:
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
        self.client.max_queued_messages_set(0)
        self.client.connect(LOOPBACK, port)
        self.client.loop_start()

    def announce(self, base: str, source: Source) -> None:
        """``info`` and ``status``."""
        self.client.publish(f"{base}/1/{source.id}/info", source.info(), qos=1, retain=True)
        self.client.publish(f"{base}/1/{source.id}/status", b"online", qos=1, retain=True)

    def close(self) -> None:
        """Disconnect."""
        self.client.disconnect()
        self.client.loop_stop()


@dataclass(slots=True)
class _Board:
    source: Source
    seconds: list[Second]
    seq: int = FIRST_SEQ


class Feed(threading.Thread):
    """One message a second of every panel, evenly distributed over the second, until the story ends."""

    def __init__(self, port: int, sources: Sequence[Source], seconds: int) -> None:
        """Makes up the story."""
        super().__init__(daemon=True)
        self._publisher = Publisher(port)
        self._boards = [_Board(each, list(each.seconds(EVENING, seconds))) for each in sources]
        self._count = seconds
        self.late = 0.0
        self.ended = threading.Event()

    def begin(self) -> None:
        """Announce the panels and give their first record, so that their totals are known."""
        for board in self._boards:
            for base in BASES:
                self._publisher.announce(base, board.source)
        time.sleep(2)
        for board in self._boards:
            self._record(board, int(time.time()) - 1, board.seconds[0])

    def run(self) -> None:
        start = time.monotonic()
        for second, position, board in self._schedule():
            due = start + second + position / len(self._boards)
            if (wait := due - time.monotonic()) > 0:
                time.sleep(wait)
            self.late = max(self.late, -wait)
            if self.ended.is_set():
                break
            self._say(board, second)
            # Every board closes an interval every five minutes, each at another second.
            if second and (second + 30 * position) % INTERVAL == 0:
                self._record(board, int(time.time()), board.seconds[second])
        self._publisher.close()

    def _schedule(self) -> Iterator[tuple[int, int, _Board]]:
        for second in range(self._count):
            for position, board in enumerate(self._boards):
                yield second, position, board

    def _say(self, board: _Board, number: int) -> None:
        second, source = board.seconds[number], board.source
        lead = (LEAD,) * len(second.energy)
        payload = source.live(second, number, int(time.time()), lead)
        for base in BASES:
            self._publisher.client.publish(f"{base}/1/{source.id}/live", payload)
        for topic, value in value_messages(source, second, added(second.energy, lead)):
            self._publisher.client.publish(topic, value)

    def _record(self, board: _Board, end: int, second: Second) -> None:
        row = [board.seq, end, INTERVAL, 0, *added(second.energy, (LEAD,) * len(second.energy))]
        payload = board.source.record([row], oldest=FIRST_SEQ)
        for base in (BASE_DEFAULT, BASE_EVERY, BASE_PLAIN):
            self._publisher.client.publish(f"{base}/1/{board.source.id}/record", payload, qos=1)
        board.seq += 1

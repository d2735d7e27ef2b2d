"""A bench for one board: a load that a test can read off, and a host that answers when told to."""

from dataclasses import dataclass, field
import json

import numpy as np

from simulator.board import Board, BoardSpec
from simulator.flash import Flash
from simulator.load import Channel
from simulator.noise import Integers
from simulator.storage import Storage
from simulator.units import GRID, SECOND

#: A full hour UTC.
HOUR = 1_795_204_800 * SECOND
HOST = "9e01c7d2"


@dataclass(frozen=True)
class SteadyLoad:
    """3600 W on the mains (1000 mWh a second), 360 W on a circuit, solar that alternates."""

    main: int = 3_600_000
    circuit: int = 360_000
    solar: bool = False
    phases: int = 1

    @property
    def channels(self) -> tuple[Channel, ...]:
        channels = (
            Channel(id="main", name="Mains", role="main", rating=63, both=self.solar),
            Channel(id="c1", name="Kitchen", rating=20, slot=1),
        )
        return (
            (*channels, Channel(id="solar", name="Solar", role="solar", rating=32, both=True))
            if self.solar
            else channels
        )

    def powers(self, first: int, count: int) -> Integers:
        steps = np.arange(first, first + count)
        circuit = np.full(count, self.circuit)
        if not self.solar:
            return np.stack([np.full(count, self.main), circuit]).astype(np.int64)
        solar = np.where(steps % 2, -5_000_000, 6_000)
        return np.stack([circuit + solar, circuit, solar]).astype(np.int64)

    def temperature(self, now: int) -> float:
        return 20.0


@dataclass
class Bench:
    """A board on the table; ``at`` is the present in seconds after HOUR."""

    board: Board
    at: float = 0
    heard: list[tuple[str, object]] = field(default_factory=list)

    @property
    def now(self) -> int:
        return HOUR + round(self.at * SECOND)

    def listen(self) -> list[tuple[str, object]]:
        """Take what the board has published: (kind, content)."""
        fresh: list[tuple[str, object]] = []
        while self.board.outbox:
            message = self.board.outbox.popleft()
            content = message.payload.decode() if message.kind == "status" else json.loads(message.payload)
            fresh.append((message.kind, content))
        self.heard += fresh
        return fresh

    def kinds(self) -> list[str]:
        """The kinds of what was published since the last look."""
        return [kind for kind, _ in self.listen()]

    def wait(self, seconds: float) -> Bench:
        """Let time pass, in one step."""
        self.at += seconds
        self.board.step(self.now)
        return self

    def connect(self) -> Bench:
        self.board.connected(self.now)
        return self

    def disconnect(self) -> Bench:
        self.board.disconnected(self.now)
        return self

    def ack(self, seq: int, journal: str | None = None) -> None:
        content = {"host": HOST, "journal": journal or self.board.ring.shape.journal, "seq": seq}
        self.say("ack", json.dumps(content).encode())

    def say(self, kind: str, payload: bytes) -> None:
        self.board.on_message(self.board.spec.topic(kind), payload, self.now)

    def command(self, op: str, key: str = "7f3a", **values: object) -> dict[str, object]:
        """Send a command and return the last answer to it."""
        self.listen()
        self.say("command", json.dumps({"id": key, "boot": self.board.boot, "op": op, **values}).encode())
        answers = [content for kind, content in self.listen() if kind == "response"]
        assert answers, f"no answer to {op}"
        assert isinstance(answers[-1], dict)
        return answers[-1]

    def rows(self) -> list[list[int]]:
        """All rows in the present ring, as on the wire."""
        ring = self.board.ring
        return [ring.row(seq).wire() for seq in range(ring.oldest, ring.newest + 1)]

    def sent(self) -> list[list[int]]:
        """The numbers of the rows of every record message since the last look."""
        return [
            [row[0] for row in content["records"]]
            for kind, content in self.listen()
            if kind == "record" and isinstance(content, dict)
        ]


def bench(
    *,
    load: SteadyLoad | None = None,
    storage: Storage | None = None,
    start: float = 0,
    history: float = 0,
    **spec: object,
) -> Bench:
    """A board that is switched on ``start`` seconds after HOUR; ``history`` in seconds before that."""
    now = HOUR + round(start * SECOND)
    values: dict[str, object] = {"id": "apt-101", "name": "Apartment 101", "capacity": 64, **spec}
    board = Board(
        BoardSpec(**values),  # type: ignore[arg-type]
        load or SteadyLoad(),
        now,
        flash=Flash(storage),
        history_from=(now - round(history * SECOND)) // GRID * GRID if history else None,
    )
    return Bench(board, at=start)

"""A board as the protocol describes it, simple enough to be believed: registers, a ring, and what it once sent."""

from collections.abc import Sequence
from dataclasses import dataclass, field
import json

PANEL = "apt-101"
RATING = 63
#: mWh; no interval of these tests brings more, and a circuit of 20 A could bring ten times as much.
MOST_PER_INTERVAL = 30_000
INTERVAL = 300
CAPACITY = 6

type Row = tuple[int, int, int, int, tuple[int, ...]]


@dataclass
class Board:
    """One journal after the other; ``clock`` is how far its clock is ahead of the true time, in seconds."""

    journal: str
    boot: str
    registers: tuple[str, ...] = ("main.import", "c1.import")
    energy: list[int] = field(default_factory=list)
    checkpoint: list[int] = field(default_factory=list)
    clock: int = 0
    #: When the open interval began, in true UTC seconds, and its flags.
    opened: int = 0
    flags: int = 0
    seq: int = 0
    acked: int = 0
    ring: list[Row] = field(default_factory=list)
    #: Rows of an earlier journal that are still to be drained, with its id and registers.
    old: tuple[str, tuple[str, ...], list[Row]] | None = None
    #: By journal: every row that was ever closed, what fell out of the ring, and the highest registers.
    closed: dict[str, dict[int, Row]] = field(default_factory=dict)
    overrun: dict[str, set[int]] = field(default_factory=dict)
    highest: dict[str, list[int]] = field(default_factory=dict)
    too_high: set[tuple[str, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._begin(self.journal, self.registers)

    def _begin(self, journal: str, registers: Sequence[str]) -> None:
        self.journal, self.registers = journal, tuple(registers)
        self.energy = [0] * len(registers)
        self.checkpoint = list(self.energy)
        self.seq = self.acked = self.flags = 0
        self.ring = []
        self.closed[journal], self.overrun[journal] = {}, set()
        self.highest[journal] = list(self.energy)

    # --- what happens to it ---

    def consume(self, amounts: Sequence[int]) -> None:
        """Energy flows through the channels."""
        for position in range(len(self.energy)):
            self.energy[position] += amounts[position % len(amounts)]
        self.highest[self.journal] = list(map(max, self.highest[self.journal], self.energy, strict=True))

    def close(self, now: int, *, values: Sequence[int] | None = None, end: int | None = None) -> None:
        """Close the open interval; a broken board writes other ``values`` or another ``end`` than the true ones."""
        self.seq += 1
        written = tuple(self.energy if values is None else values)
        end = now + self.clock if end is None else end
        row = (self.seq, max(end, 0), max(now - self.opened, 0), self.flags, written)
        self.closed[self.journal][self.seq] = row
        self.ring.append(row)
        if len(self.ring) > CAPACITY:
            self.overrun[self.journal].add(self.ring.pop(0)[0])
        self.opened, self.flags = now, 0
        self.checkpoint = list(self.energy)

    def cut(self, boot: str) -> None:
        """Power fails: what was not yet in flash is lost, whoever has seen it."""
        self.boot = boot
        self.energy = list(self.checkpoint)
        self.flags |= 1

    def step_clock(self, now: int, seconds: int) -> None:
        """The clock is set; if it goes back, the interval is closed."""
        self.clock += seconds
        if seconds < 0:
            self.flags |= 2
            self.close(now)

    def begin_anew(self, journal: str, registers: Sequence[str], now: int, *, planned: bool) -> None:
        """A new journal; if it is planned, the old one's records are sent before its own."""
        if planned:
            self.flags |= 4
            self.close(now)
            self.old = (self.journal, self.registers, [row for row in self.ring if row[0] > self.acked])
        else:
            self.old = None
        self._begin(journal, registers)
        self.opened = now

    def obey(self, ack: dict[str, object]) -> None:
        """Take an acknowledgement (protocol B5)."""
        seq = ack["seq"]
        assert isinstance(seq, int)
        if self.old is not None and ack["journal"] == self.old[0]:
            journal, registers, rows = self.old
            rows = [row for row in rows if row[0] > seq]
            self.old = (journal, registers, rows) if rows else None
        elif ack["journal"] == self.journal and seq <= self.seq:
            self.acked = seq

    # --- what it says ---

    def info(self) -> bytes:
        """Its announcement."""
        channels = dict.fromkeys(register.partition(".")[0] for register in self.registers)
        return json.dumps(
            {
                "protocol": "1.0",
                "id": PANEL,
                "boot": self.boot,
                "journal": self.journal,
                "interval": INTERVAL,
                "capacity": CAPACITY,
                "registers": self.registers,
                "channels": [{"id": channel, "rating": RATING, "phase": "L1"} for channel in channels],
            }
        ).encode()

    def live(self, now: int) -> bytes:
        """Its present registers."""
        time = {"time": now + self.clock} if now + self.clock > 0 else {}
        return json.dumps(
            {"journal": self.journal, "boot": self.boot, "uptime": 5, "energy": self.energy, **time}
        ).encode()

    def unacknowledged(self, most: int) -> bytes | None:
        """The oldest records that the host has not acknowledged; None if it has all."""
        if self.old is not None:
            journal, registers, rows = self.old
            return _record(journal, rows[0][0], rows[:most], registers)
        rows = [row for row in self.ring if row[0] > self.acked]
        return _record(self.journal, self.ring[0][0], rows[:most]) if rows else None

    def any_rows(self, order: Sequence[int]) -> bytes | None:
        """Some rows of the ring in some order, doubled ones among them."""
        if not self.ring:
            return None
        rows = [self.ring[place % len(self.ring)] for place in order]
        return _record(self.journal, self.ring[0][0], rows, self.registers)


def _record(journal: str, oldest: int, rows: Sequence[Row], registers: Sequence[str] | None = None) -> bytes:
    message: dict[str, object] = {
        "journal": journal,
        "oldest": oldest,
        "records": [[*row[:4], *row[4]] for row in rows],
    }
    if registers is not None:
        message["registers"] = registers
    return json.dumps(message).encode()

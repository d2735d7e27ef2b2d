"""The kit as boards: each check gets new ones, which the host under test must take without being asked."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
import itertools
import json
import re
import secrets
import time
from typing import Final, Protocol, Self

from ..checks import Check, Finding, Need, Untestable, expect
from ..link import Broker, Heard, Json, Link

HEX: Final = re.compile(r"[0-9a-f]{8}")
FOREIGN_HOST: Final = "0badf00d"
INTERVAL: Final = 300
#: Seconds in which a host answers what it has stored, and after which it will not answer any more.
ANSWERS: Final = 15.0
SILENT: Final = 3.0
#: Boards that live at the same time.
MOST_AT_ONCE: Final = 10

type Row = Sequence[object]
type Control = Callable[[], Coroutine[None, None, None]]


class View(Protocol):
    """Somebody who looks at what the host shows of a panel."""

    async def total(self, panel: str, register: str) -> int | None:
        """The shown total in mWh; None if there is none."""

    async def available(self, panel: str) -> bool | None:
        """Whether present values are shown; None if the panel is unknown."""

    async def issues(self, panel: str) -> set[str]:
        """The problems of a panel that the host told its user: second_host, clone, journal_conflict, ..."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where boards post, and a token that may speak for all of them."""

    url: str
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSubject:
    """The host that is tested, and the power that we have over it."""

    broker: Broker
    base: str = "panel_meter"
    #: What the ids of our boards begin with.
    prefix: str = "kit"
    #: Seconds in which the host takes a new board.
    adoption: float = 30.0
    view: View | None = None
    #: Restart in good order, and end without warning and start again; both return when the host is up.
    restart: Control | None = None
    kill: Control | None = None
    #: Make a backup; returns when it is done.
    backup: Control | None = None
    door: Door | None = None


class FakeBoard:
    """A board with two registers that says what a check wants it to say."""

    def __init__(self, subject: HostSubject, id: str) -> None:
        """Not connected yet."""
        self.subject, self.id = subject, id
        self.journal, self.boot = secrets.token_hex(4), secrets.token_hex(4)
        self.link = Link(subject.broker, client_id=id)
        #: The end of row 0: a full hour two days ago.
        self.origin = int(time.time()) // 3600 * 3600 - 2 * 86_400

    def topic(self, kind: str) -> str:
        """The topic of a kind of message."""
        return f"{self.subject.base}/1/{self.id}/{kind}"

    def recent(self, last: int) -> Self:
        """Let row ``last`` be the one that has just ended, so that the host shows totals at once."""
        self.origin = int(time.time()) // INTERVAL * INTERVAL - last * INTERVAL
        return self

    async def connect(self) -> None:
        """Connect and listen, as a board does."""
        await self.link.__aenter__()
        await self.link.subscribe(self.topic("ack"), self.topic("command"))

    # -- messages -------------------------------------------------------------------------------------------------

    def info(self, **changes: object) -> bytes:
        """The announcement."""
        channels = [
            {"id": "main", "name": "Mains", "role": "main", "phase": "L1", "rating": 63},
            {"id": "c1", "name": "Kitchen", "role": "circuit", "phase": "L1", "rating": 20, "slot": 1},
        ]
        content: Json = {
            "protocol": "1.0",
            "id": self.id,
            "boot": self.boot,
            "journal": self.journal,
            "name": f"Conformance {self.id}",
            "model": "conformance",
            "firmware": "1.0.0",
            "interval": INTERVAL,
            "live_interval": 5,
            "capacity": 2048,
            "nominal_voltage": 230,
            "registers": ["main.import", "c1.import"],
            "channels": channels,
        }
        return _json(content | changes)

    def row(
        self, seq: int, *energy: int, flags: int = 0, end: int | None = None, duration: int = INTERVAL
    ) -> list[int]:
        """A row with its usual end; without energies 1000 and 300 mWh in each interval."""
        return [seq, end or self.origin + seq * INTERVAL, duration, flags, *(energy or (1000 * seq, 300 * seq))]

    def rows(self, first: int, last: int) -> list[list[int]]:
        """Ordinary rows."""
        return [self.row(seq) for seq in range(first, last + 1)]

    async def announce(self, **changes: object) -> None:
        """Publish info and status."""
        await self.link.publish(self.topic("info"), self.info(**changes), retain=True)
        await self.link.publish(self.topic("status"), b"online", retain=True)

    async def say(self, kind: str, payload: bytes) -> int:
        """Publish anything; returns the mark before."""
        after = self.link.mark
        await self.link.publish(self.topic(kind), payload, qos=0 if kind == "live" else 1)
        return after

    async def record(self, rows: Sequence[Row], *, oldest: int = 1, **changes: object) -> int:
        """Publish rows; returns the mark before."""
        content = {"journal": self.journal, "oldest": oldest, "records": rows, **changes}
        return await self.say("record", _json(content))

    async def live(self, energy: Sequence[int] = (0, 0), /, **changes: object) -> int:
        """Publish a live message; returns the mark before."""
        content: Json = {
            "journal": self.journal,
            "boot": self.boot,
            "uptime": 1000,
            "time": int(time.time()),
            "power": [240.0, 72.0],
            "voltage": [231.2],
            "current": [1.1, 0.3],
            "power_factor": [0.99, 0.97],
            "frequency": 50.01,
            "energy": list(energy),
        }
        return await self.say("live", _json({**content, **changes}))

    # -- answers --------------------------------------------------------------------------------------------------

    async def ack(self, seq: int, *, after: int, journal: str | None = None, within: float = ANSWERS) -> Heard:
        """The acknowledgement of a number; Finding if none came, or a higher one."""
        wanted = journal or self.journal

        def fits(heard: Heard) -> bool:
            if heard.kind != "ack" or heard.retained or heard.json.get("host") == FOREIGN_HOST:
                return False
            return heard.json.get("journal") == wanted and bool(heard.json["seq"] >= seq)

        heard = await self.link.find(fits, after=after, within=within)
        if heard is None:
            raise Finding(f"No ack of {seq} came in {within:g} s.")
        expect(heard.json["seq"] == seq, f"{heard.json['seq']} was acknowledged instead of {seq}.")
        return heard

    async def no_ack(self, *, after: int, because: str, within: float = SILENT) -> None:
        """Finding if any acknowledgement comes."""
        heard = await self.link.find(
            lambda heard: heard.kind == "ack" and heard.json.get("host") != FOREIGN_HOST, after=after, within=within
        )
        expect(heard is None, f"{because} It was acknowledged: {heard.payload if heard else b''!r}.")

    async def accepted(self, first: int, last: int, **changes: object) -> None:
        """Send ordinary rows and wait for their ack."""
        after = await self.record(self.rows(first, last), **changes)  # type: ignore[arg-type]
        await self.ack(last, after=after)

    async def insist(self, rows: list[list[int]]) -> None:
        """Send rows to a host that has just come back, and once more if need be, as the timer of B4 does.

        A host may publish its first acks a moment before it hears records.
        """
        after = await self.record(rows)
        try:
            await self.ack(rows[-1][0], after=after, within=5)
        except Finding:
            after = await self.record(rows)
            await self.ack(rows[-1][0], after=after)

    async def kept_ack(self) -> Heard | None:
        """The acknowledgement that the broker keeps."""
        async with Link(self.subject.broker) as newcomer:
            await newcomer.subscribe(self.topic("ack"))
            return await newcomer.find(lambda heard: heard.retained, after=0, within=1)


@dataclass(slots=True)
class HostBench:
    """What a check of a host works with."""

    subject: HostSubject
    _stack: AsyncExitStack
    _numbers: itertools.count[int]

    async def board(self, *, take: bool = True, **changes: object) -> FakeBoard:
        """A new board that has announced itself; with ``take`` the host has answered."""
        board = FakeBoard(self.subject, self.new_id())
        await board.connect()
        self._stack.push_async_callback(self._retire, board)
        if take:
            after = board.link.mark
            await board.announce(**changes)
            try:
                await board.ack(0, after=after, within=self.subject.adoption)
            except Finding as finding:
                raise Finding(f"A board announced itself and was not taken by the host. {finding}") from None
        return board

    def new_id(self) -> str:
        """The id of a new board."""
        return f"{self.subject.prefix}-{next(self._numbers)}"

    @property
    def door(self) -> Door:
        """Where boards post; checks that need it say so."""
        assert self.subject.door is not None
        return self.subject.door

    @property
    def view(self) -> View:
        """The one who looks at the host; checks that need it say so."""
        assert self.subject.view is not None
        return self.subject.view

    async def shows(self, board: FakeBoard, register: str, total: int, within: float = 25) -> None:
        """Wait until the host shows a total in mWh."""
        found: int | None = None
        end = time.monotonic() + within
        while time.monotonic() < end:
            found = await self.view.total(board.id, register)
            if found == total:
                return
            await asyncio.sleep(0.5)
        raise Finding(f"The host shows {found} mWh of {register}, not {total}.")

    async def told(self, board: FakeBoard, issue: str, within: float = 15) -> None:
        """Wait until the host has told its user of a problem."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            if issue in await self.view.issues(board.id):
                return
            await asyncio.sleep(0.5)
        raise Finding(f"The host did not tell its user: {issue}.")

    @staticmethod
    async def _retire(board: FakeBoard) -> None:
        for kind in ("info", "status", "ack"):
            await board.link.publish(board.topic(kind), b"", retain=True)
        await board.link.__aexit__()


@dataclass(slots=True)
class Fleet:
    """Lends benches; not too many at a time."""

    subject: HostSubject
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_AT_ONCE))

    @asynccontextmanager
    async def lend(self, check: Check[HostBench]) -> AsyncIterator[HostBench]:
        """A bench for a check; Untestable if we have no power over what it needs."""
        subject = self.subject
        means = {
            Need.VIEW: (subject.view, "It needs somebody who looks at the host: --home-assistant."),
            Need.RESTART: (subject.restart, "It needs --restart."),
            Need.KILL: (subject.kill, "It needs --kill."),
            Need.BACKUP: (subject.backup, "It needs --backup."),
            Need.HTTP: (subject.door, "It needs --post and --post-token."),
        }
        for need, (given, reason) in means.items():
            if need in check.needs and given is None:
                raise Untestable(reason)
        async with self._room, AsyncExitStack() as stack:
            yield HostBench(subject, stack, self._numbers)


def _json(content: object) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()

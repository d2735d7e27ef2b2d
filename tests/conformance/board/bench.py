"""The kit as the host of one board: it hears everything, and acknowledges when a check does not hold it back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
import itertools
import json
import re
import time
from typing import Final, Self

from ..checks import Check, Finding, Need, Untestable, expect
from ..link import Broker, Heard, Json, Link

HOST: Final = "c0f0c0f0"
HEX: Final = re.compile(r"[0-9a-f]{8}")
#: Real seconds that a broker and busy computers may add to any answer.
GRACE: Final = 4.0
#: Real seconds of silence after which no further record is on its way.
QUIET: Final = 0.7
#: The oldest rows are asked for again, but not more than so many.
SURVEYED: Final = 400

type Row = list[int]
type Control = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardSubject:
    """The boards that are tested, and the power that we have over them."""

    broker: Broker
    boards: tuple[str, ...]
    base: str = "panel_meter"
    #: Seconds of the boards per real second.
    speed: float = 1.0
    #: True time for the boards, UTC seconds.
    now: Callable[[], float] = time.time
    licence: bool = False
    power_cut: Control | None = None
    #: Takes the network away for about 20 minutes of the board's time.
    network_cut: Control | None = None
    wipe: Control | None = None


class BoardBench:
    """One board under test."""

    def __init__(self, subject: BoardSubject, board: str) -> None:
        """Nothing is connected yet."""
        self.subject, self.id = subject, board
        self.link = Link(subject.broker, on_heard=self._heard)
        self.acking = True
        #: Every row heard by journal and number, and the numbers of each record message in order.
        self.rows: dict[str, dict[int, Row]] = {}
        self.oldest = 1
        #: Whether it had no clock when we came, and whether we then tell it the time as a host does (B6).
        self.clockless = False
        self.telling = False
        self._told_at = 0.0
        self._found_ack: bytes | None = None
        self._numbers = itertools.count(1)

    def topic(self, kind: str) -> str:
        """The topic of a kind of message."""
        return f"{self.subject.base}/1/{self.id}/{kind}"

    # -- life -----------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Listen, find the board, and learn which rows it holds."""
        await self.link.__aenter__()
        await self.link.subscribe(self.topic("#"))
        await self.hear("info", after=0, within=0)
        self.clockless = not (await self.hear("live", after=0, within=120)).json.get("time")
        held = await self.find("ack", after=0, within=0, grace=0.1, fits=lambda heard: heard.retained)
        self._found_ack = held.payload if held and HOST.encode() not in held.payload else None
        await self.drain()
        if newest := self.newest:
            await self.command("resend", journal=self.journal, seq=max(1, newest - SURVEYED))
        else:
            await self.command("resend", journal=self.journal, seq=1)
        await self.drain()

    async def close(self) -> None:
        """Leave the retained acknowledgement as it was found, so that the board's own host loses nothing."""
        await self.link.publish(self.topic("ack"), self._found_ack or b"", retain=True)
        await self.link.__aexit__()

    async def recover(self) -> None:
        """After a check, however it ended: everything is acknowledged."""
        self.acking = True
        if self.newest:
            await self.ack(self.newest)
        await self.drain()

    # -- what is known --------------------------------------------------------------------------------------------

    def last(self, kind: str) -> Json:
        """The newest message of a kind."""
        for heard in reversed(self.link.heard):
            if heard.kind == kind:
                return heard.json
        raise Finding(f"The board has never sent {kind}.")

    @property
    def info(self) -> Json:
        """The newest announcement."""
        return self.last("info")

    @property
    def journal(self) -> str:
        """The present journal."""
        return str(self.info.get("journal"))

    @property
    def newest(self) -> int:
        """The highest number heard of the present journal; 0 if none."""
        return max(self.rows.get(self.journal, {}), default=0)

    @property
    def present(self) -> list[Row]:
        """The rows heard of the present journal, in order."""
        rows = self.rows.get(self.journal, {})
        return [rows[seq] for seq in sorted(rows)]

    @property
    def mark(self) -> int:
        """Where the future begins."""
        return self.link.mark

    def real(self, seconds: float) -> float:
        """Real seconds for seconds of the board."""
        return seconds / self.subject.speed

    def elapsed(self, first: Heard, second: Heard) -> float:
        """Seconds of the board between two messages."""
        return (second.at - first.at) * self.subject.speed

    # -- hearing --------------------------------------------------------------------------------------------------

    async def find(
        self,
        kind: str,
        *,
        after: int,
        within: float,
        grace: float = GRACE,
        fits: Callable[[Heard], bool] = lambda _: True,
    ) -> Heard | None:
        """A message of a kind since a mark, within seconds of the board (and some grace of ours); None if none came."""
        return await self.link.find(
            lambda heard: heard.kind == kind and fits(heard), after=after, within=self.real(within) + grace
        )

    async def hear(
        self,
        kind: str,
        *,
        after: int,
        within: float = 0,
        fits: Callable[[Heard], bool] = lambda _: True,
        because: str = "",
    ) -> Heard:
        """The same; Finding if none came."""
        heard = await self.find(kind, after=after, within=within, fits=fits)
        if heard is None:
            about = f" in {within:g} s" if within else ""
            raise Finding(because or f"No fitting {kind} came{about}.")
        return heard

    async def no_record(self, *, after: int, within: float, because: str) -> None:
        """Finding if a record comes within so many seconds of the board."""
        heard = await self.find("record", after=after, within=within, grace=0.1)
        expect(heard is None, because)

    def messages(self, kind: str, after: int = 0) -> list[Heard]:
        """All messages of a kind since a mark."""
        return [heard for heard in self.link.heard[after:] if heard.kind == kind]

    def _heard(self, heard: Heard) -> None:
        if heard.kind == "live" and self.telling and heard.at - self._told_at > 0.5:
            self._told_at = heard.at
            self._tell_time(heard)
        if heard.kind != "record":
            return
        try:
            content = json.loads(heard.payload)
            journal, rows = content["journal"], content["records"]
            for row in rows:
                self.rows.setdefault(journal, {}).setdefault(row[0], row)
            last = rows[-1][0]
        except ValueError, KeyError, TypeError, IndexError:
            return
        if self.acking:
            self.link.publish_soon(self.topic("ack"), _ack(journal, last), retain=True)

    def _tell_time(self, heard: Heard) -> None:
        content = heard.json
        if not content.get("time"):
            command = {"id": f"t{heard.at:.3f}", "boot": content["boot"], "op": "set_time"}
            times = {"uptime": content["uptime"], "time": round(self.subject.now())}
            self.link.publish_soon(self.topic("command"), json.dumps({**command, **times}).encode())

    # -- speaking -------------------------------------------------------------------------------------------------

    async def ack(self, seq: int, journal: str | None = None) -> None:
        """Acknowledge."""
        await self.link.publish(self.topic("ack"), _ack(journal or self.journal, seq), retain=True)

    async def send(self, op: str, *, id: str | None = None, boot: str | None = None, **values: object) -> str:
        """Send a command and return its id."""
        name = id or f"k{next(self._numbers):x}"
        content = {"id": name, "boot": boot or self.info["boot"], "op": op, **values}
        await self.link.publish(self.topic("command"), json.dumps(content).encode())
        return name

    async def command(self, op: str, **values: object) -> Json:
        """Send a command and return the first answer to it."""
        after = self.mark
        name = await self.send(op, **values)  # type: ignore[arg-type]
        return (await self.answer(name, after=after, op=op)).json

    async def answer(self, name: str, *, after: int, op: str = "the command") -> Heard:
        """The answer to a command."""
        return await self.hear(
            "response",
            after=after,
            within=2,
            fits=lambda heard: heard.json.get("id") == name,
            because=f"There was no answer to {op}.",
        )

    # -- situations -----------------------------------------------------------------------------------------------

    async def drain(self) -> None:
        """Acknowledge until no record comes for a moment."""
        while await self.find("record", after=self.mark, within=0, grace=QUIET):
            pass

    async def hold(self, count: int) -> Heard:
        """Stop acknowledging with ``count`` rows outstanding; returns the record message that is in flight then.

        Where a journal is younger they may be fewer, but at least 5.
        """
        await self.need_rows(min(count, 5) + 1)
        self.acking = False
        low = self.newest - min(count, len(self.present) - 1)
        after = self.mark
        await self.ack(low)
        return await self.hear(
            "record",
            after=after,
            within=5,
            fits=lambda heard: heard.json["records"][0][0] == low + 1,
            because=f"The host went back to {low}, but row {low + 1} was not sent again.",
        )

    async def need_rows(self, count: int) -> None:
        """Wait for rows if there are too few; Untestable if that takes too long."""
        while len(self.present) < count:
            interval = int(self.info.get("interval", 300))
            if self.real((count - len(self.present)) * interval) > 660:
                raise Untestable(f"The board holds fewer than {count} records; try again when it has them.")
            await self.hear("record", after=self.mark, within=interval * 1.2, because="No interval was closed in time.")

    async def kick(self) -> int:
        """Make the broker drop the board's connection; returns the mark before."""
        after = self.mark
        async with Link(self.subject.broker, client_id=self.id):
            await self.hear(
                "status",
                after=after,
                within=2,
                fits=lambda heard: heard.payload == b"offline",
                because="The connection of the client with the board's id was taken over, but no will was published.",
            )
        return after

    async def back(self, after: int, within: float = 60) -> None:
        """Wait until the board is online again."""
        await self.hear("status", after=after, within=within, fits=lambda heard: heard.payload == b"online")

    async def fresh(self, seconds: float = 0.6) -> list[Heard]:
        """What a new subscriber gets in the first moment."""
        async with Link(self.subject.broker) as newcomer:
            await newcomer.subscribe(self.topic("#"))
            await asyncio.sleep(seconds)
            return list(newcomer.heard)

    async def reboot(self) -> Heard:
        """Restart the board in good order; returns the announcement of the new boot."""
        boot, after = self.info["boot"], self.mark
        answer = await self.command("reboot")
        expect(answer.get("ok") is True, f"The command reboot was refused: {answer}.")
        return await self.hear(
            "info", after=after, within=90, fits=lambda heard: heard.json.get("boot") != boot, because="No reboot came."
        )

    async def power_cut(self) -> Heard:
        """Cut the power; returns the announcement of the new boot."""
        boot, after = self.info["boot"], self.mark
        assert self.subject.power_cut is not None
        await self.subject.power_cut(self.id)
        return await self.hear(
            "info",
            after=after,
            within=180,
            fits=lambda heard: heard.json.get("boot") != boot,
            because="The board did not come back after its power was cut.",
        )

    async def forget_clock(self) -> None:
        """A board that has been told the time forgets it when it restarts."""
        await self.hear("live", after=self.mark, within=120)
        if not self.last("live").get("time"):
            return
        if self.subject.power_cut is not None:
            info = await self.power_cut()
        elif self.subject.licence:
            info = await self.reboot()
        else:
            raise Untestable("The board has been told the time already, and may not be restarted.")
        live = await self.hear("live", after=self.link.heard.index(info), within=60)
        expect(not live.json.get("time"), f"After a restart without a clock time is {live.json.get('time')!r}.")

    async def set_time(self, offset: float = 0, *, late: int = 0) -> Json:
        """Tell the time, plus an offset; ``late``: echo an uptime that is so many seconds old."""
        answer: Json = {}
        for _ in range(20):
            live = (await self.hear("live", after=self.mark, within=120)).json
            now = round(self.subject.now() + offset)
            answer = await self.command("set_time", uptime=max(0, live["uptime"] - late), time=now)
            if late or answer.get("ok") is True:
                break
        return answer


async def _set_clock(bench: BoardBench, check: Check[BoardBench]) -> None:
    """Tell the board the time, unless the check is about a board that does not know it."""
    bench.telling = bench.clockless and Need.CLOCKLESS not in check.needs
    if bench.telling:
        await bench.hear("live", after=bench.mark, within=300, fits=lambda heard: bool(heard.json.get("time")))
    if Need.CLOCKLESS in check.needs and not bench.clockless:
        raise Untestable("The board has a clock of its own.")


def _ack(journal: str, seq: int) -> bytes:
    return json.dumps({"host": HOST, "journal": journal, "seq": seq}).encode()


@dataclass(slots=True)
class Workshop:
    """Lends each check a board that nobody else uses meanwhile."""

    subject: BoardSubject
    _free: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    _benches: dict[str, BoardBench] = field(default_factory=dict)

    async def __aenter__(self) -> Self:
        """Put all boards on the table."""
        for board in self.subject.boards:
            self._free.put_nowait(board)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Put everything back as it was."""
        for bench in self._benches.values():
            await bench.close()

    @asynccontextmanager
    async def lend(self, check: Check[BoardBench]) -> AsyncIterator[BoardBench]:
        """A bench for a check; Untestable if there is none that fits."""
        self._refuse(check)
        board = await self._free.get()
        try:
            bench = self._benches.get(board)
            if bench is None:
                bench = BoardBench(self.subject, board)
                await bench.open()
                self._benches[board] = bench
            await _set_clock(bench, check)
            try:
                yield bench
            finally:
                await bench.recover()
        finally:
            self._free.put_nowait(board)

    def _refuse(self, check: Check[BoardBench]) -> None:
        subject = self.subject
        missing = {
            Need.POWER: subject.power_cut is None and "It needs --power-cut.",
            Need.NETWORK: subject.network_cut is None and "It needs --network-cut.",
            Need.WIPE: subject.wipe is None and "It needs --wipe.",
            Need.LICENCE: not subject.licence and "It changes the board for good and needs --disruptive.",
        }
        for need in check.needs:
            if reason := missing.get(need):
                raise Untestable(reason)

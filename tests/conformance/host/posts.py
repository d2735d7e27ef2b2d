"""The contract over HTTP: statement 6."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
import json
import time
from typing import Any

import aiohttp

from simulator import Options, Simulation, posting

from ..checks import Finding, Need, expect
from .bench import HEX, FakeBoard, HostBench, Row
from .collection import HOST

_PATIENCE = aiohttp.ClientTimeout(total=30)
#: A body that no host has to read.
_TOO_LARGE = 70_000
#: Seconds in which a whole board is taken and drained, and its totals are shown.
_WITHIN = 120.0


class PostingBoard:
    """A board that comes over HTTP; it says what the one over MQTT says."""

    def __init__(self, bench: HostBench) -> None:
        """Nothing is posted yet."""
        self.door = bench.door
        self.board = FakeBoard(bench.subject, bench.new_id())

    async def post(self, body: bytes, token: str | None = None) -> tuple[int, Any]:
        """Post anything; returns status and answer."""
        shown = self.door.token if token is None else token
        headers = {"Authorization": f"Bearer {shown}"} if shown else {}
        async with (
            aiohttp.ClientSession(timeout=_PATIENCE) as session,
            session.post(self.door.url, data=body, headers=headers) as answer,
        ):
            return answer.status, await answer.json(content_type=None)

    async def say(self, **parts: object) -> dict[str, Any]:
        """Post parts; Finding if the host does not take them. One token for all boards: info says which one it is."""
        status, answer = await self.post(json.dumps({"info": self.info, **parts}).encode())
        expect(status == 200, f"The host answered {status}: {answer}")
        expect(isinstance(answer, dict), f"The answer is {answer!r}.")
        taken: dict[str, Any] = answer
        return taken

    @property
    def info(self) -> Any:
        """The announcement."""
        return json.loads(self.board.info())

    def record(self, rows: Sequence[Row]) -> dict[str, object]:
        """Rows as a part."""
        return {"journal": self.board.journal, "oldest": 1, "records": rows}

    def live(self, **changes: object) -> dict[str, object]:
        """Present values as a part."""
        content: dict[str, object] = {
            "journal": self.board.journal,
            "boot": self.board.boot,
            "uptime": 1000,
            "time": int(time.time()),
            "energy": [0, 0],
        }
        return content | changes

    async def taken(self) -> None:
        """Announce until the host has taken the board."""
        end = time.monotonic() + self.board.subject.adoption
        while time.monotonic() < end:
            status, answer = await self.post(json.dumps({"info": self.info}).encode())
            if status == 200 and answer.get("ack"):
                return
        raise Finding("A board posted its announcement and was not taken by the host.")


def _acknowledged(board: PostingBoard, answer: dict[str, Any], seq: int) -> None:
    ack = answer.get("ack")
    expect(isinstance(ack, dict), f"The answer carries no ack: {answer}")
    assert isinstance(ack, dict)
    expect(HEX.fullmatch(str(ack.get("host"))), f"host is {ack.get('host')!r}.")
    expect(ack.get("journal") == board.board.journal, f"The ack is of journal {ack.get('journal')!r}.")
    expect(ack.get("seq") == seq, f"{ack.get('seq')} was acknowledged instead of {seq}.")


@HOST.check(
    "6", "A post of records is answered with their ack, commands and the time; again, with the same.", Need.HTTP
)
async def answers(bench: HostBench) -> None:
    board = PostingBoard(bench)
    await board.taken()
    for _ in range(2):
        answer = await board.say(record=board.record(board.board.rows(1, 5)))
        _acknowledged(board, answer, 5)
        expect(isinstance(answer.get("commands"), list), f"commands is {answer.get('commands')!r}.")
        expect(abs(answer.get("time", 0) - time.time()) < 60, f"time is {answer.get('time')!r}.")
    answer = await board.say(record=board.record(board.board.rows(6, 9)), live=board.live())
    _acknowledged(board, answer, 9)


@HOST.check("6 H2", "Rows after a gap that the board still holds are answered with the watermark before it.", Need.HTTP)
async def goes_back(bench: HostBench) -> None:
    board = PostingBoard(bench)
    await board.taken()
    await board.say(record=board.record(board.board.rows(1, 2)))
    _acknowledged(board, await board.say(record=board.record(board.board.rows(5, 6))), 2)
    _acknowledged(board, await board.say(record=board.record(board.board.rows(3, 6))), 6)


@HOST.check("6 B6", "A board without a clock finds the command that sets it in the answer.", Need.HTTP)
async def clock(bench: HostBench) -> None:
    board = PostingBoard(bench)
    await board.taken()
    answer = await board.say(live=board.live(time=0, uptime=777))
    told = [each for each in answer["commands"] if each.get("op") == "set_time"]
    expect(len(told) == 1, f"The commands are {answer['commands']}.")
    expect(told[0].get("uptime") == 777 and told[0].get("boot") == board.board.boot, f"The command is {told[0]}.")
    answer = await board.say(response={"id": told[0]["id"], "ok": True})
    expect(told[0] not in answer["commands"], "A command to which the board responded is repeated.")


@HOST.check("6", "No token, and a wrong one, are answered with 401, and nothing is taken.", Need.HTTP)
async def strangers(bench: HostBench) -> None:
    board = PostingBoard(bench)
    await board.taken()
    body = json.dumps({"record": board.record(board.board.rows(1, 3)), "info": board.info}).encode()
    for token in ("", board.door.token[:-4] + "AAAA"):
        status, answer = await board.post(body, token)
        expect(status == 401, f"The host answered {status}: {answer}")
    _acknowledged(board, await board.say(), 0)


@HOST.check("6 3", "A body too large is answered with 413; one that cannot be read changes nothing.", Need.HTTP)
async def refused(bench: HostBench) -> None:
    board = PostingBoard(bench)
    await board.taken()
    status, _ = await board.post(b" " * _TOO_LARGE)
    expect(status == 413, f"A body of {_TOO_LARGE} bytes is answered with {status}.")
    broken = {"info": board.info, "record": {**board.record(board.board.rows(1, 3)), "oldest": "one"}}
    for body in (b"{", json.dumps(broken).encode()):
        status, answer = await board.post(body)
        expect(400 <= status < 500, f"The host answered {status}: {answer}")
    _acknowledged(board, await board.say(), 0)


@HOST.check(
    "6", "A whole board that posts is acknowledged to its last row, and shown with its total.", Need.HTTP, Need.VIEW
)
async def whole_board(bench: HostBench) -> None:
    options = Options(
        door=posting.Door(url=bench.door.url, token=bench.door.token, shared=True), history=0.5, live_interval=2
    )
    async with Simulation(options) as simulation:
        (panel,) = simulation.boards
        register = simulation.boards[panel].board.names[0]
        end = time.monotonic() + _WITHIN
        while time.monotonic() < end:
            await asyncio.sleep(0.5)
            before, shown = _counted(simulation, panel), await bench.view.total(panel, register)
            if before.unacknowledged or shown is None or shown < before.acknowledged:
                continue
            after = _counted(simulation, panel)
            expect(shown <= after.total, f"{shown} mWh are shown, and the board has counted {after.total}.")
            return
        raise Finding(f"The board is not shown with what it counted. {simulation.links.problem or ''}")


@dataclass(frozen=True, slots=True)
class _Counted:
    """What a simulated board counted in its first register, in mWh, and its rows that nobody acknowledged."""

    unacknowledged: int
    acknowledged: int
    total: int


def _counted(simulation: Simulation, panel: str) -> _Counted:
    def look() -> _Counted:
        board = simulation.boards[panel].board
        board.registers.advance(simulation.clock.now())
        ring = board.ring
        row = ring.row(ring.watermark).energies if ring.watermark >= ring.oldest else (0,)
        return _Counted(ring.unacknowledged, row[0], board.registers.energies[0])

    return simulation.call(look)

"""Boards that are processes: the journal of the firmware in C++ with invented loads; power cuts are kills.

``python -m tests.firmware.journal_boards --id board --port 1883 --folder flash --history 21600`` is one to play with.
"""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
import os
from pathlib import Path
import shutil
import signal
import sys
import tempfile
import time

from demo.broker import Broker as LocalBroker
from tests.conformance.board import BOARD
from tests.conformance.board.bench import BoardBench, BoardSubject, Workshop
from tests.conformance.checks import Check, Need
from tests.conformance.link import Broker, Heard, Link
from tests.conformance.runner import Outcome, merge, run

from .journal_build import ENVIRONMENT, build, journal_sources
from .processes import die_with_parent

#: Seconds of a board per second; at this, the 5 s of B6 are still longer than an answer takes on a busy computer.
SPEED = 40.0
_BOARDS = 8
_CLOCKLESS = 3


def board_program() -> Path:
    """The program that is a board."""
    return build("board", [*journal_sources(), *sorted((Path(__file__).parent / "board").glob("*.cpp"))])


@dataclass(slots=True)
class Bench:
    """Boards on one broker, in one time."""

    program: Path
    folder: Path
    port: int
    speed: float = SPEED
    options: tuple[str, ...] = ()
    _steady: float = field(default_factory=time.monotonic)
    _utc: float = field(default_factory=lambda: float(round(time.time())))
    _running: dict[str, Process] = field(default_factory=dict)

    def now(self) -> float:
        """True time, as the boards see it: UTC seconds."""
        return self._utc + (time.monotonic() - self._steady) * self.speed

    async def start(self, board: str, *options: str) -> Process:
        """Switch a board on."""
        flash = self.folder / board
        flash.mkdir(parents=True, exist_ok=True)
        where = ("--id", board, "--folder", str(flash), "--port", str(self.port))
        epoch = ("--epoch-steady", repr(self._steady), "--epoch-utc", repr(self._utc), "--speed", repr(self.speed))
        process = await asyncio.create_subprocess_exec(
            *(str(self.program), *where, *epoch, *self.options, *options),
            stdin=PIPE,
            stdout=DEVNULL,
            stderr=(self.folder / f"{board}.log").open("ab"),
            env=ENVIRONMENT,
            preexec_fn=die_with_parent,
        )
        self._running[board] = process
        return process

    async def kill(self, board: str) -> None:
        """Cut the power."""
        process = self._running.pop(board)
        if process.returncode is None:
            process.kill()
        await process.wait()

    async def power_cut(self, board: str) -> None:
        """Cut the power for five seconds of the board."""
        await self.kill(board)
        await asyncio.sleep(5 / self.speed)
        await self.start(board)

    async def network_cut(self, board: str) -> None:
        """Take the network away for 20 minutes of the board."""
        stdin = self._running[board].stdin
        assert stdin is not None
        stdin.write(b"network 1200\n")
        await stdin.drain()

    async def wipe(self, board: str) -> None:
        """Cut the power and empty the flash."""
        await self.kill(board)
        shutil.rmtree(self.folder / board)
        await self.start(board, "--history", "0")

    async def stop(self) -> None:
        """Switch all off in good order."""
        for process in self._running.values():
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
        for process in self._running.values():
            await process.wait()

    def complaints(self) -> str:
        """What boards have written to their logs: nothing, unless a sanitizer found something."""
        return "".join(log.read_text()[:4000] for log in sorted(self.folder.glob("*.log")))


@asynccontextmanager
async def subject(program: Path, folder: Path, broker: Broker, *, clock: bool) -> AsyncIterator[BoardSubject]:
    """Boards that run; with a clock they have some hours of history."""
    options = ("--history", "21600") if clock else ("--clock", "0")
    bench = Bench(program, folder, broker.port, options=options)
    boards = tuple(f"board-{number}" for number in range(1, 1 + (_BOARDS if clock else _CLOCKLESS)))
    try:
        for board in boards:
            await bench.start(board)
        yield BoardSubject(
            broker=broker,
            boards=boards,
            speed=SPEED,
            now=bench.now,
            licence=True,
            power_cut=bench.power_cut,
            network_cut=bench.network_cut,
            wipe=bench.wipe,
        )
    finally:
        await bench.stop()
    assert not bench.complaints(), bench.complaints()


async def check_boards(program: Path) -> list[Outcome]:
    """All checks of the conformance kit, each on a board with a clock of its own or without, as it needs."""
    return merge(*await asyncio.gather(_check(program, clock=True), _check(program, clock=False)))


async def _check(program: Path, *, clock: bool) -> list[Outcome]:
    checks: list[Check[BoardBench]] = [check for check in BOARD.checks if (Need.CLOCKLESS in check.needs) != clock]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        broker = LocalBroker(folder / "broker")
        await broker.start()
        try:
            where = Broker(port=broker.port)
            async with subject(program, folder / "boards", where, clock=clock) as boards, Workshop(boards) as workshop:
                await _heard(boards)
                return await run(checks, workshop.lend)
        finally:
            await broker.stop()


async def _heard(boards: BoardSubject) -> None:
    """Wait until all boards have announced themselves."""
    async with Link(boards.broker) as link:
        await link.subscribe(f"{boards.base}/1/+/status")
        for board in boards.boards:
            topic = f"{boards.base}/1/{board}/status"
            await link.find(_is_of(topic), after=0, within=30)


def _is_of(topic: str) -> Callable[[Heard], bool]:
    return lambda heard: heard.topic == topic


if __name__ == "__main__":
    _program = str(board_program())
    os.execv(_program, [_program, *sys.argv[1:]])

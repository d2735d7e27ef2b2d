"""The real component as a program of this computer: how it is built, and boards that are processes of it."""

import asyncio
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from dataclasses import dataclass, field
import fcntl
import os
from pathlib import Path
import shutil
import signal
import time

import pytest

from .esphome_tool import COMPONENTS, REPOSITORY, run
from .processes import die_with_parent

HERE = Path(__file__).parent / "host"
BUILD = REPOSITORY / "tests" / "artifacts" / "esphome-host"
#: Seconds of a board per second, unless a test wants another speed.
SPEED = 20.0

needs_compiler = pytest.mark.skipif(not shutil.which("g++"), reason="g++ is not installed")


def host_program() -> Path:
    """The firmware as a program of this computer; built again where something has changed."""
    BUILD.mkdir(parents=True, exist_ok=True)
    # Tests of two files may want it at the same time.
    with (BUILD / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shutil.copy(HERE / "board.yaml", BUILD)
        sources = BUILD / ".esphome" / "build" / "host-board" / "src"
        said = run(
            "compile",
            BUILD / "board.yaml",
            timeout=1200,
            components=COMPONENTS,
            folder=HERE,
            component=sources / "esphome" / "components" / "panel_meter",
        )
        assert said.good, said.text[-4000:]
    (made,) = (BUILD / ".esphome" / "build" / "host-board" / ".pioenvs").glob("*/program")
    return made


@dataclass(slots=True)
class Boards:
    """Boards that are processes; who ends by itself is started again, as a chip is."""

    program: Path
    folder: Path
    port: int
    #: Over HTTP instead of MQTT: URL and token.
    http: tuple[str, str] | None = None
    speed: float = SPEED
    #: True time for the boards when this object was made, UTC seconds.
    utc: float = field(default_factory=lambda: float(round(time.time())))
    #: False: they have no clock of their own.
    clock: bool = True
    _steady: float = field(default_factory=time.monotonic)
    _running: dict[str, Process] = field(default_factory=dict)
    _watchers: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    def now(self) -> float:
        """True time, as the boards see it: UTC seconds."""
        return self.utc + (time.monotonic() - self._steady) * self.speed

    async def start(self, board: str) -> None:
        """Switch a board on; whatever ends by itself is started again."""
        started = asyncio.Event()
        self._watchers[board] = asyncio.create_task(self._keep_running(board, started))
        await started.wait()

    async def _keep_running(self, board: str, started: asyncio.Event) -> None:
        flash = self.folder / board
        flash.mkdir(parents=True, exist_ok=True)
        environment = {
            "ESPHOME_PREFDIR": str(flash),
            "PANEL_METER_PANEL": board,
            "PANEL_METER_PORT": str(self.port),
            "PANEL_METER_SPEED": repr(self.speed),
            "PANEL_METER_STEADY": repr(self._steady),
            "PANEL_METER_UTC": repr(self.utc),
            "PANEL_METER_CLOCK": str(int(self.clock)),
        }
        if self.http is not None:
            environment |= dict(zip(("PANEL_METER_URL", "PANEL_METER_TOKEN"), self.http, strict=True))
        with (self.folder / f"{board}.log").open("ab") as log:
            while True:
                self._running[board] = await asyncio.create_subprocess_exec(
                    self.program,
                    stdin=PIPE,
                    stdout=log,
                    stderr=log,
                    env={**os.environ, **environment},
                    preexec_fn=die_with_parent,
                )
                started.set()
                await self._running[board].wait()

    async def power_off(self, board: str) -> None:
        """Cut the power."""
        await self._end(board, signal.SIGKILL)

    async def switch_off(self, board: str) -> None:
        """End it in good order: it says goodbye and saves its registers."""
        await self._end(board, signal.SIGTERM)

    async def _end(self, board: str, how: signal.Signals) -> None:
        watcher = self._watchers.pop(board)
        watcher.cancel()
        with suppress(asyncio.CancelledError):
            await watcher
        process = self._running.pop(board)
        with suppress(ProcessLookupError):
            process.send_signal(how)
        await process.wait()

    async def stop(self) -> None:
        """Cut the power of all."""
        for board in list(self._running):
            await self.power_off(board)

    async def power_cut(self, board: str) -> None:
        """Cut the power for five seconds of the board."""
        await self.power_off(board)
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
        await self.power_off(board)
        shutil.rmtree(self.folder / board)
        await self.start(board)

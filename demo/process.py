"""Programs that run beside the demo and never outlive it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
import contextlib
import ctypes
import os
from pathlib import Path
import signal
import socket
import sys

from .errors import DemoError

REPOSITORY = Path(__file__).resolve().parent.parent
LOOPBACK = "127.0.0.1"
_PR_SET_PDEATHSIG = 1


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on."""
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        port: int = listener.getsockname()[1]
        return port


def port_is_free(port: int) -> bool:
    """Whether a server could listen on that port of the loopback interface now."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


async def answers(port: int) -> bool:
    """Whether somebody accepts connections on that port of the loopback interface."""
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


def _die_with_parent() -> Callable[[], None] | None:
    """What a new process runs first, so that not even SIGKILL of the demo leaves it behind; Linux only."""
    if not sys.platform.startswith("linux"):
        return None
    # The library is loaded here, because loading anything between fork and exec may dead-lock.
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    return ask


class Child:
    """One program: started, watched, ended; what it prints is appended to ``log``."""

    def __init__(
        self, name: str, command: Sequence[str | Path], *, log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        """Nothing starts yet. ``environment`` is added to our own."""
        self.name = name
        self.log = log
        self._command = [str(part) for part in command]
        self._environment = {**os.environ, **(environment or {})}
        self._process: asyncio.subprocess.Process | None = None

    @property
    def running(self) -> bool:
        """Whether the program runs now."""
        return self._process is not None and self._process.returncode is None

    @property
    def returncode(self) -> int | None:
        """How the program ended; None while it runs or before it was started."""
        return self._process.returncode if self._process else None

    async def start(self) -> None:
        """Start the program, in a session of its own so that Ctrl-C reaches the demo alone."""
        with self.log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                cwd=REPOSITORY,
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent(),
            )

    def check(self) -> None:
        """Raise DemoError with the end of the log if the program has ended."""
        if not self.running:
            raise DemoError(f"{self.name} ended by itself (code {self.returncode}). It last said:\n{self.tail()}")

    async def wait(self) -> int:
        """Wait until the program ends, and return its code."""
        assert self._process is not None
        return await self._process.wait()

    async def stop(self, timeout: float = 30, how: signal.Signals = signal.SIGTERM) -> None:
        """Ask the program to end; after ``timeout`` seconds end it."""
        if not self.running or self._process is None:
            return
        self._signal(how)
        try:
            await asyncio.wait_for(self._process.wait(), timeout)
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """End the program and all that it started at once, as a power cut would."""
        if self._process is None:
            return
        self._signal(signal.SIGKILL)
        await self._process.wait()

    def tail(self, lines: int = 30) -> str:
        """The end of what the program printed."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

"""The simulated boards: one process with as many of them as wished."""

from dataclasses import dataclass
import importlib.util
import json
from pathlib import Path
import signal
import sys
from typing import Any

from .errors import DemoError
from .process import REPOSITORY, Child
from .waiting import until

_USUAL_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the simulator shall play."""

    panels: int = 3
    #: Days of records that the boards hold when they first connect; None: 30, or all that there is to replay.
    days: float | None = None
    #: Simulated seconds per second.
    speed: float = 1
    #: Seconds of an interval of the journal and between two live messages; None leaves it to the boards.
    interval: int | None = None
    live_interval: int | None = None
    seed: int = 1
    #: A CSV file with measured powers, played instead of invented houses.
    replay: Path | None = None

    def arguments(self) -> list[str]:
        """The command line of the simulator."""
        parts = ["--seed", str(self.seed)]
        if self.replay is not None:
            parts += ["--replay", str(self.replay.resolve())]
        else:
            parts += ["--panels", str(self.panels)]
        if self.days is not None or self.replay is None:
            parts += ["--history", f"{_USUAL_DAYS if self.days is None else self.days:g}"]
        if self.speed != 1:
            parts += ["--speed", f"{self.speed:g}"]
        if self.interval is not None:
            parts += ["--interval", str(self.interval)]
        if self.live_interval is not None:
            parts += ["--live-interval", str(self.live_interval)]
        return parts


type Truth = dict[str, Any]


class Boards:
    """The simulator's process; its flash images outlive it in ``folder``."""

    def __init__(self, folder: Path, broker: str, wishes: Wishes, program: tuple[str, ...] = ("simulator",)) -> None:
        """``broker`` is host:port; ``program`` is the module that plays, with arguments of its own in front."""
        folder.mkdir(parents=True, exist_ok=True)
        self.wishes = wishes
        self._truth = folder / "truth.json"
        self.child = Child(
            "The simulator",
            [
                sys.executable,
                "-m",
                *program,
                "--broker",
                broker,
                *wishes.arguments(),
                "--truth",
                self._truth,
                "--state",
                folder / "flash",
                "--quiet",
            ],
            log=folder / "simulator.log",
        )

    @staticmethod
    def available() -> bool:
        """Whether this copy of the project contains the simulator."""
        return (REPOSITORY / "simulator" / "__main__.py").exists() and importlib.util.find_spec("paho") is not None

    async def start(self) -> None:
        """Power up; returns at once."""
        await self.child.start()

    async def stop(self) -> None:
        """Switch off in good order: the boards say goodbye and the truth is written a last time."""
        await self.child.stop(timeout=30, how=signal.SIGINT)

    async def kill(self) -> None:
        """Cut the power."""
        await self.child.kill()

    def truth(self) -> Truth | None:
        """What the boards really measured, as last written; None before the first time."""
        if not self._truth.exists():
            return None
        truth: Truth = json.loads(self._truth.read_text())
        return truth

    def panels(self) -> dict[str, Any]:
        """The truth about every board with a journal, by panel id, as last written."""
        truth = self.truth()
        return {} if truth is None else dict(truth["panels"])

    async def wait_for_truth(self, timeout: float = 120) -> Truth:
        """Wait until the simulator has written its truth for the first time: its history is then made."""

        async def written() -> Truth | None:
            self.child.check()
            return self.truth()

        return await until(written, "the simulator to make up its history", timeout)


def check_replay(path: Path) -> None:
    """Raise DemoError if there is no file to replay."""
    if not path.is_file():
        raise DemoError(f"There is no file {path} to replay.")

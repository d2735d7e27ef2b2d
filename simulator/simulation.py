"""Everything together: boards, connections, time and truth; in this thread or in one of its own."""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
import os
import threading
import time
from types import TracebackType
from typing import Final, Self

from . import truth as truth_file
from .clock import Clock
from .legacy import Legacy
from .options import Options
from .posting import PostLinks
from .replay import Replay
from .street import Street, start_of
from .transport import Connections, Links
from .unit import BoardUnit, LegacyUnit
from .units import SECOND

_LONGEST_WAIT: Final = 0.2
_TRUTH_PERIOD: Final = 3.0

type Progress = Callable[[int, int, str], None]


class Simulation:
    """Boards that run until told to stop.

    ``run`` blocks. As a context manager (plain or asynchronous) it runs in a thread of its own, and leaving it stops
    the boards in good order; ``call`` then carries out something between two steps.
    """

    def __init__(
        self, options: Options, *, progress: Progress | None = None, on_problem: Callable[[str], None] | None = None
    ) -> None:
        """Makes up the history; that may take some seconds.

        ``progress`` is told (done, all, name), ``on_problem`` a sentence whenever the broker does not want us.
        """
        self._on_problem = on_problem
        self._told: str | None = None
        self.options = options
        self.clock = Clock(options.speed)
        self.clock.start = start_of(options, self.clock.start)
        self.links: Connections = Links(options.broker) if options.door is None else PostLinks(options.door)
        self._street = Street(options, self.clock.start)
        self.boards: dict[str, BoardUnit] = {}
        for number, board in enumerate(self._street.boards(), 1):
            self.boards[board.spec.id] = BoardUnit(board, self.links, options.faults, self.clock.start)
            if progress:
                progress(number, self._street.count, board.spec.name)
        self.legacy: list[Legacy] = self._street.legacy()
        self._units: list[BoardUnit | LegacyUnit] = [*self.boards.values()]
        if self.legacy:
            unit = LegacyUnit(self.legacy, self.links, options.faults, options.seed, self.clock.start)
            self._units.append(unit)
        self._stop = threading.Event()
        self._calls: deque[Callable[[], None]] = deque()
        self._thread: threading.Thread | None = None
        self._failure: Exception | None = None
        self._next_truth = 0.0

    # -- running --------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Run until ``stop`` or the end of ``options.duration``; then say goodbye and write the truth."""
        try:
            self.clock.restart()
            for unit in self._units:
                unit.wake = self.clock.start
            end = None if self.options.duration is None else time.monotonic() + self.options.duration
            while not self._stop.is_set() and (end is None or time.monotonic() < end):
                self._turn()
        finally:
            self._finish()

    def stop(self) -> None:
        """End ``run`` soon; may be called from anywhere."""
        self._stop.set()

    def _turn(self) -> None:
        while self._calls:
            self._calls.popleft()()
        now = self.clock.now()
        wake = now + int(_LONGEST_WAIT * SECOND * self.clock.speed)
        for unit in self._units:
            if unit.wake <= now:
                unit.step(now)
            wake = min(wake, unit.wake)
        self._write_truth_in_time()
        self._tell_problem()
        wait = self.clock.real_seconds(wake - self.clock.now())
        self.links.poll(min(max(wait, 0.002), _LONGEST_WAIT))

    def _tell_problem(self) -> None:
        problem = self.links.problem
        if problem and problem != self._told and self._on_problem:
            self._on_problem(problem)
        self._told = problem

    def _finish(self) -> None:
        now = self.clock.now()
        for unit in self._units:
            unit.shut_down(now)
        while self._calls:
            self._calls.popleft()()
        self._write_truth()
        for unit in self.boards.values():
            unit.board.flash.storage.close()
        self.links.close()

    # -- from other threads ---------------------------------------------------------------------------------------

    def call[T](self, what: Callable[[], T]) -> T:
        """Carry something out between two steps and return its result; TimeoutError if that takes over 30 s."""
        if self._thread is None or self._thread is threading.current_thread():
            return what()
        result: Future[T] = Future()

        def carry_out() -> None:
            try:
                result.set_result(what())
            except Exception as error:  # noqa: BLE001 -- it belongs to the caller
                result.set_exception(error)

        self._calls.append(carry_out)
        return result.result(30)

    def truth(self) -> dict[str, object]:
        """What is true now, in the form of the truth file (see ``simulator.truth``)."""
        return self.call(self._truth)

    def power_cut(self, panel: str, seconds: float = 5) -> dict[str, int]:
        """Cut the power of a board; returns the mWh that its registers lost."""
        return self.call(lambda: self.boards[panel].cut_power(self.clock.now(), seconds))

    def network_cut(self, panel: str, seconds: float = 5) -> None:
        """Cut the network of a board."""
        self.call(lambda: self.boards[panel].cut_network(self.clock.now(), seconds))

    def reboot(self, panel: str) -> None:
        """Restart a board in good order."""
        self.call(lambda: self.boards[panel].reboot(self.clock.now()))

    def start(self) -> None:
        """Run in a thread of its own."""
        self._thread = threading.Thread(target=self._run_in_thread, name="simulator", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the thread; raises what went wrong in it."""
        self.stop()
        if self._thread is not None:
            self._thread.join(30)
            self._thread = None
        if self._failure is not None:
            raise self._failure

    def _run_in_thread(self) -> None:
        try:
            self.run()
        except Exception as error:  # noqa: BLE001 -- raised again by close()
            self._failure = error

    def __enter__(self) -> Self:
        """Start the thread."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop it."""
        self.close()

    async def __aenter__(self) -> Self:
        """Start the thread."""
        self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop it without blocking the event loop."""
        await asyncio.to_thread(self.close)

    # -- truth ----------------------------------------------------------------------------------------------------

    def _truth(self) -> dict[str, object]:
        now = self.clock.now()
        return {
            "version": 1,
            "pid": os.getpid(),
            "seed": self.options.seed,
            "speed": self.options.speed,
            "time": truth_file.iso(now),
            "panels": {name: truth_file.panel_json(unit.board) for name, unit in self.boards.items()},
            "legacy": {device.id: device.truth.to_json() for device in self.legacy},
        }

    def _write_truth(self) -> None:
        started = time.monotonic()
        if self.options.truth is not None:
            truth_file.write(self.options.truth, self._truth())
        self._street.save(self.clock.now())
        spent = time.monotonic() - started
        # A large truth takes long to write: never spend more than a twentieth of the time on it.
        self._next_truth = time.monotonic() + max(_TRUTH_PERIOD, 20 * spent)

    def _write_truth_in_time(self) -> None:
        if time.monotonic() >= self._next_truth:
            self._write_truth()

    @property
    def replay(self) -> Replay | None:
        """What is replayed, if anything."""
        return self._street.replay

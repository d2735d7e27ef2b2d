"""The one writer of the ledger: gathers changes of all panels, commits them together and never gives one up."""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice, takewhile
import logging
from math import inf

from .errors import LedgerDamaged, LedgerError, LedgerUnavailable
from .records import Change
from .store import Ledger

_LOGGER = logging.getLogger(__name__)

#: Seconds that a change may wait for others.
URGENT_DELAY = 0.05
DELAY = 1.0
#: Seconds between attempts while the ledger fails.
FIRST_RETRY = 1.0
LAST_RETRY = 60.0
#: So many urgent changes need not wait for more: while they are committed, the boards behind the others go on.
ENOUGH = 100
#: Changes in one transaction at most, so that a flood does not become one giant one, whose callers would all be told
#: in the same instant.
BATCH = 250


@dataclass(frozen=True, slots=True)
class _Submission:
    change: Change
    #: What the caller waits on, and may cancel; the change is committed all the same.
    done: asyncio.Future[None]


@dataclass(frozen=True, slots=True)
class _Call:
    """A function that stands in the queue among the changes and is called in its turn."""

    function: Callable[[], None]
    #: Cancelled if the call never gets its turn.
    done: asyncio.Future[None]


class LedgerWriter:
    """Owns the ledger's thread and, from the start on, the ledger: `stop` closes it.

    All methods belong to the event loop. A commit that fails because the ledger is unavailable is tried again until it
    succeeds, in the order of submission; `on_failure` is called once when that begins and `on_recovered` once when it
    is over. A change that the ledger refuses fails its future, and so do all changes of the same panel behind it,
    because they build on it: the caller must load that panel anew.
    """

    def __init__(
        self, ledger: Ledger, on_failure: Callable[[Exception], None], on_recovered: Callable[[], None]
    ) -> None:
        self.ledger = ledger
        self._on_failure = on_failure
        self._on_recovered = on_recovered
        self._loop = asyncio.get_running_loop()
        self._writing = ThreadPoolExecutor(1, "panel_meter_ledger")
        self._reading = ThreadPoolExecutor(1, "panel_meter_ledger_reader")
        self._queue: deque[_Submission | _Call] = deque()
        #: When the next commit begins, in the loop's time.
        self._due = inf
        self._wake = asyncio.Event()
        #: Whoever holds it may use the ledger's thread: a commit, a call, or a pause that keeps both away.
        self._turn = asyncio.Lock()
        self._paused = False
        self._failing = False
        self._stopping = False
        self._stop_asked = asyncio.Event()
        self._draining: asyncio.Task[None] | None = None
        self._stopped: asyncio.Task[None] | None = None

    @property
    def failing(self) -> bool:
        """Whether the last attempt to commit failed."""
        return self._failing

    @property
    def pending(self) -> int:
        """Number of changes that are not durable yet."""
        return sum(isinstance(each, _Submission) for each in self._queue)

    def submit(self, change: Change, *, urgent: bool = False) -> asyncio.Future[None]:
        """Queue a change; the future is done when it is durable.

        The commit begins within 50 ms if it is urgent, else within 1 s, unless the ledger is paused or fails. The
        future raises LedgerError if the ledger refuses the change and is cancelled if the writer is stopped while the
        ledger fails. RuntimeError after `stop`.
        """
        done: asyncio.Future[None] = self._loop.create_future()
        enough = urgent and len(self._queue) >= ENOUGH
        self._enqueue(_Submission(change, done), 0.0 if enough else URGENT_DELAY if urgent else DELAY)
        return done

    async def run[**P, T](self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function on the ledger's thread: after all that is submitted by now, before all that comes later.

        Waits as long as the ledger fails or is paused; what must not wait goes through `read`. Whatever the function
        raises is raised here.
        """
        results: list[T] = []
        done: asyncio.Future[None] = self._loop.create_future()
        self._enqueue(_Call(lambda: results.append(function(*args, **kwargs)), done), 0.0)
        await done
        return results[0]

    async def read[**P, T](self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function that only asks the ledger, beside the commits; LedgerUnavailable once it is closed."""
        if self._stopping:
            raise LedgerUnavailable("The ledger is closed because Panel Meter is stopping.")
        return await self._loop.run_in_executor(self._reading, partial(function, *args, **kwargs))

    async def pause(self) -> None:
        """Let the running commit end, move all into the main file and commit nothing until `resume`."""
        await self._turn.acquire()
        self._paused = True
        try:
            # Behind whatever the thread still does, even if its caller went away. A failure is no reason not to pause.
            with suppress(LedgerError):
                await self._loop.run_in_executor(self._writing, self.ledger.checkpoint)
        except BaseException:
            self.resume()
            raise

    def resume(self) -> None:
        """End a pause; without one nothing happens."""
        if self._paused:
            self._paused = False
            self._turn.release()

    async def stop(self) -> None:
        """Commit what is queued, trying once, and close the ledger. Ends a pause."""
        if self._stopped is None:
            self._stopped = self._loop.create_task(self._stop(), name="panel_meter ledger stop")
        await asyncio.shield(self._stopped)

    async def _stop(self) -> None:
        self._stopping = True
        self._stop_asked.set()
        self.resume()
        self._hurry()
        if self._draining is not None:
            await self._draining
        await self._loop.run_in_executor(None, self._reading.shutdown)
        with suppress(LedgerError):
            await self._loop.run_in_executor(self._writing, self.ledger.close)
        await self._loop.run_in_executor(None, self._writing.shutdown)

    def _enqueue(self, item: _Submission | _Call, delay: float) -> None:
        if self._stopping:
            raise RuntimeError("The ledger is closed")
        self._queue.append(item)
        due = self._loop.time() + delay
        if due < self._due:
            self._due = due
            self._wake.set()
        if self._draining is None:
            self._draining = self._loop.create_task(self._drain(), name="panel_meter ledger")

    async def _drain(self) -> None:
        try:
            while self._queue:
                if isinstance(call := self._queue[0], _Call):
                    await self._perform(call)
                    continue
                await self._until_due()
                count = sum(
                    1 for _ in takewhile(lambda each: isinstance(each, _Submission), islice(self._queue, BATCH))
                )
                self._due = inf if count == len(self._queue) else 0.0
                await self._commit(count)
        finally:
            self._draining = None

    async def _perform(self, call: _Call) -> None:
        """Call a function whose turn has come."""
        try:
            await self._in_turn(call.function)
        except Exception as error:  # noqa: BLE001
            self._settle(call, error)
        else:
            self._settle(call, None)
        self._queue.popleft()

    async def _commit(self, count: int) -> None:
        """Commit the first changes of the queue, however often it takes."""
        retry = FIRST_RETRY
        while True:
            changes = [each.change for each in islice(self._queue, count) if isinstance(each, _Submission)]
            last_attempt = self._stopping
            try:
                await self._in_turn(partial(self.ledger.commit, changes))
            except (LedgerUnavailable, LedgerDamaged) as error:
                self._failed(error)
                if last_attempt:
                    self._give_up()
                    return
                await self._sleep(retry)
                retry = min(retry * 2, LAST_RETRY)
            except Exception as error:  # noqa: BLE001
                if count == 1:
                    self._refuse(error)
                    return
                # One of them is to blame: the others must not suffer.
                count, self._due = 1, 0.0
            else:
                self._succeeded(count)
                return

    async def _in_turn[T](self, function: Callable[[], T]) -> T:
        async with self._turn:
            return await self._loop.run_in_executor(self._writing, function)

    async def _until_due(self) -> None:
        while (delay := self._due - self._loop.time()) > 0 and not self._stopping:
            self._wake.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await self._wake.wait()

    async def _sleep(self, seconds: float) -> None:
        """Wait, but not beyond the moment when the writer is stopped."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stop_asked.wait()

    def _succeeded(self, count: int) -> None:
        if self._failing:
            self._failing = False
            self._tell(self._on_recovered)
        for _ in range(count):
            self._settle(self._queue.popleft(), None)

    def _failed(self, error: Exception) -> None:
        if not self._failing:
            self._failing = True
            self._tell(partial(self._on_failure, error))

    def _refuse(self, error: Exception) -> None:
        """Fail the first change and all of the same panel behind it."""
        panels = {each.change.panel for each in islice(self._queue, 1) if isinstance(each, _Submission)}
        kept = deque[_Submission | _Call]()
        for each in self._queue:
            if isinstance(each, _Submission) and each.change.panel in panels:
                self._settle(each, error)
            else:
                kept.append(each)
        self._queue = kept

    def _give_up(self) -> None:
        _LOGGER.warning("%s changes could not be written to the ledger before the stop", self.pending)
        while self._queue:
            self._queue.popleft().done.cancel()

    def _settle(self, item: _Submission | _Call, error: Exception | None) -> None:
        if item.done.done():
            return
        if error is None:
            item.done.set_result(None)
        else:
            item.done.set_exception(error)

    def _tell(self, callback: Callable[[], None]) -> None:
        try:
            callback()
        except Exception:
            # A listener's fault must not end the writing.
            _LOGGER.exception("A listener of the ledger failed")

    def _hurry(self) -> None:
        self._due = 0.0
        self._wake.set()

"""The writer commits in groups, in order and for ever, and never holds up the event loop."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
import threading

import pytest

from custom_components.panel_meter.ledger import (
    Change,
    Ledger,
    LedgerDamaged,
    LedgerRefused,
    LedgerUnavailable,
    LedgerWriter,
    sqlite_url,
    writer as writer_module,
)

from .build import JOURNAL, MAIN, change, row, sums


class Watched:
    """A writer, the commits that it makes and what it tells. Commits can be made to fail."""

    def __init__(self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
        """Start a writer on the ledger."""
        self.ledger = ledger
        self.commits: list[list[int]] = []
        self.threads: set[str] = set()
        self.told: list[str] = []
        self.trouble: Exception | None = None
        self.hold = threading.Event()
        self.hold.set()
        self._commit = ledger.commit
        monkeypatch.setattr(ledger, "commit", self.commit)
        self.writer = LedgerWriter(ledger, lambda error: self.told.append(str(error)), lambda: self.told.append("well"))

    def commit(self, changes: Sequence[Change]) -> None:
        """What the ledger's commit does, watched."""
        self.threads.add(threading.current_thread().name)
        assert self.hold.wait(10)
        if self.trouble:
            raise self.trouble
        self._commit(changes)
        self.commits.append([item.seq for change in changes for item in change.intervals])


@pytest.fixture
async def watched(path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Watched]:
    """A writer on an empty ledger, with short delays."""
    monkeypatch.setattr(writer_module, "DELAY", 0.2)
    monkeypatch.setattr(writer_module, "FIRST_RETRY", 0.02)
    monkeypatch.setattr(writer_module, "LAST_RETRY", 0.05)
    made = Watched(Ledger.open(sqlite_url(path)), monkeypatch)
    yield made
    made.hold.set()
    made.trouble = None
    await asyncio.wait_for(made.writer.stop(), 5)


@asynccontextmanager
async def reopened(path: Path) -> AsyncIterator[Ledger]:
    """The ledger after the writer closed it."""
    ledger = Ledger.open(sqlite_url(path))
    yield ledger
    ledger.close()


async def until(condition: Callable[[], object]) -> None:
    """Wait until a condition holds."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 (the condition changes in another thread)
            await asyncio.sleep(0.005)


async def test_changes_are_committed_together_and_in_order(watched: Watched) -> None:
    async with asyncio.timeout(5):
        await asyncio.gather(*(watched.writer.submit(change(row(seq, 1))) for seq in range(1, 31)))
    assert watched.commits == [list(range(1, 31))]
    assert watched.threads == {"panel_meter_ledger_0"}
    assert sums(watched.ledger)[MAIN] == 30


async def test_an_urgent_change_takes_the_waiting_ones_along(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "DELAY", 3600)
    first = watched.writer.submit(change(row(1, 1)))
    await asyncio.sleep(0.1)
    assert not first.done()
    async with asyncio.timeout(5):
        await watched.writer.submit(change(row(2, 1)), urgent=True)
    assert first.done()
    assert watched.commits == [[1, 2]]


async def test_what_comes_during_a_commit_is_committed_after_it(watched: Watched) -> None:
    watched.hold.clear()
    first = watched.writer.submit(change(row(1, 1)), urgent=True)
    await until(lambda: watched.threads)
    rest = [watched.writer.submit(change(row(seq, 1)), urgent=True) for seq in (2, 3)]
    await asyncio.sleep(0.1)
    assert not first.done()
    watched.hold.set()
    async with asyncio.timeout(5):
        await asyncio.gather(first, *rest)
    assert watched.commits == [[1], [2, 3]]


async def test_a_flood_is_cut_into_batches(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "BATCH", 4)
    async with asyncio.timeout(5):
        await asyncio.gather(*(watched.writer.submit(change(row(seq, 1)), urgent=True) for seq in range(1, 11)))
    assert watched.commits == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10]]


async def test_many_urgent_changes_do_not_wait_for_more(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "URGENT_DELAY", 3600.0)
    monkeypatch.setattr(writer_module, "ENOUGH", 3)
    few = [watched.writer.submit(change(row(seq, 1)), urgent=True) for seq in (1, 2, 3)]
    await asyncio.sleep(0.1)
    assert not any(each.done() for each in few)
    last = watched.writer.submit(change(row(4, 1)), urgent=True)
    async with asyncio.timeout(5):
        await asyncio.gather(*few, last)
    assert watched.commits == [[1, 2, 3, 4]]


async def test_a_failing_ledger_is_tried_again_and_nothing_is_lost(watched: Watched) -> None:
    watched.trouble = LedgerUnavailable("the disk is full")
    first = watched.writer.submit(change(row(1, 1)), urgent=True)
    await until(lambda: watched.writer.failing)
    second = watched.writer.submit(change(row(2, 1)), urgent=True)
    await asyncio.sleep(0.15)
    assert not first.done()
    assert watched.writer.pending == 2
    assert watched.told == ["the disk is full"]
    watched.trouble = None
    async with asyncio.timeout(5):
        await asyncio.gather(first, second)
    assert watched.told == ["the disk is full", "well"]
    assert not watched.writer.failing
    assert watched.commits == [[1], [2]]

    watched.trouble = LedgerDamaged("torn")
    third = watched.writer.submit(change(row(3, 1)), urgent=True)
    await until(lambda: watched.writer.failing)
    watched.trouble = None
    await asyncio.wait_for(third, 5)
    assert watched.told[2:] == ["torn", "well"]


async def test_attempts_come_less_and_less_often(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "FIRST_RETRY", 1.0)
    monkeypatch.setattr(writer_module, "LAST_RETRY", 60.0)
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 9:
            watched.trouble = None

    monkeypatch.setattr(watched.writer, "_sleep", sleep)
    watched.trouble = LedgerUnavailable("full")
    await asyncio.wait_for(watched.writer.submit(change(row(1, 1)), urgent=True), 5)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert watched.told == ["full", "well"]


async def test_a_stop_while_failing_tries_once_more_and_gives_up(watched: Watched, path: Path) -> None:
    watched.trouble = LedgerUnavailable("read-only")
    waiting = [watched.writer.submit(change(row(seq, 1)), urgent=True) for seq in (1, 2)]
    await until(lambda: watched.writer.failing)
    waiting.append(watched.writer.submit(change(row(3, 1))))
    await asyncio.wait_for(watched.writer.stop(), 5)
    assert all(future.cancelled() for future in waiting)
    async with reopened(path) as ledger:
        assert ledger.load() == {}


async def test_a_stop_while_failing_writes_what_it_can(
    watched: Watched, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "FIRST_RETRY", 3600)
    watched.trouble = LedgerUnavailable("read-only")
    waiting = watched.writer.submit(change(row(1, 1)), urgent=True)
    await until(lambda: watched.writer.failing)
    watched.trouble = None
    await asyncio.wait_for(watched.writer.stop(), 5)
    assert waiting.result() is None
    async with reopened(path) as ledger:
        assert sums(ledger)[MAIN] == 1


async def test_a_stop_flushes_and_refuses_what_comes_later(
    watched: Watched, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "DELAY", 3600)
    waiting = watched.writer.submit(change(row(1, 1)))
    await asyncio.wait_for(asyncio.gather(watched.writer.stop(), watched.writer.stop()), 5)
    assert waiting.result() is None
    with pytest.raises(RuntimeError):
        watched.writer.submit(change(row(2, 1)))
    async with reopened(path) as ledger:
        assert sums(ledger)[MAIN] == 1
    assert not path.with_name(f"{path.name}-wal").exists()


async def test_a_pause_keeps_commits_and_calls_away(watched: Watched, path: Path) -> None:
    await asyncio.wait_for(watched.writer.submit(change(row(1, 1)), urgent=True), 5)
    await watched.writer.pause()
    before = path.read_bytes(), path.with_name(f"{path.name}-wal").read_bytes()
    assert before[1] == b""
    waiting = watched.writer.submit(change(row(2, 1)), urgent=True)
    call = asyncio.ensure_future(watched.writer.run(watched.ledger.erase, "apt-1"))
    await asyncio.sleep(0.3)
    assert (path.read_bytes(), path.with_name(f"{path.name}-wal").read_bytes()) == before
    assert not waiting.done()
    assert (await asyncio.wait_for(watched.writer.read(watched.ledger.load), 5))["apt-1"].totals[MAIN] == 1
    watched.writer.resume()
    await asyncio.wait_for(asyncio.gather(waiting, call), 5)
    assert watched.ledger.load() == {}


async def test_a_pause_waits_for_the_running_commit(watched: Watched) -> None:
    watched.hold.clear()
    running = watched.writer.submit(change(row(1, 1)), urgent=True)
    await until(lambda: watched.threads)
    pause = asyncio.ensure_future(watched.writer.pause())
    await asyncio.sleep(0.05)
    assert not pause.done()
    watched.hold.set()
    await asyncio.wait_for(pause, 5)
    assert watched.commits == [[1]]
    watched.writer.resume()
    watched.writer.resume()
    await running


async def test_a_stop_ends_a_pause(watched: Watched) -> None:
    await watched.writer.pause()
    waiting = watched.writer.submit(change(row(1, 1)), urgent=True)
    await asyncio.wait_for(watched.writer.stop(), 5)
    assert waiting.result() is None


async def test_a_call_comes_after_what_was_submitted(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "DELAY", 3600)
    watched.writer.submit(change(row(1, 1))).cancel()
    stored = await asyncio.wait_for(watched.writer.run(watched.ledger.load), 5)
    assert stored["apt-1"].journals[JOURNAL].watermark == 1


async def test_a_refused_change_takes_only_its_panel_down(watched: Watched) -> None:
    good = [watched.writer.submit(change(row(1, 1), panel=name), urgent=True) for name in ("a", "b")]
    bad = watched.writer.submit(change(row(2, -1), panel="b"), urgent=True)
    behind = watched.writer.submit(change(row(3, 1), panel="b"), urgent=True)
    other = watched.writer.submit(change(row(2, 1), panel="a"), urgent=True)
    async with asyncio.timeout(5):
        await asyncio.gather(*good, other)
        for future in (bad, behind):
            with pytest.raises(LedgerRefused):
                await future
    assert watched.told == []
    assert {name: stored.journals[JOURNAL].watermark for name, stored in watched.ledger.load().items()} == {
        "a": 2,
        "b": 1,
    }
    await asyncio.wait_for(watched.writer.submit(change(row(2, 1), panel="b"), urgent=True), 5)


async def test_a_listener_that_fails_does_not_end_the_writing(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Exception) -> None:
        raise ValueError("listener")

    monkeypatch.setattr(watched.writer, "_on_failure", broken)
    watched.trouble = LedgerUnavailable("full")
    waiting = watched.writer.submit(change(row(1, 1)), urgent=True)
    await until(lambda: watched.writer.failing)
    watched.trouble = None
    await asyncio.wait_for(waiting, 5)


async def test_the_event_loop_runs_on_while_the_disk_hangs(watched: Watched) -> None:
    watched.hold.clear()
    watched.writer.submit(change(row(1, 1)), urgent=True)
    await until(lambda: watched.threads)
    loop = asyncio.get_running_loop()
    began = loop.time()
    for _ in range(20):
        watched.writer.submit(change(row(2, 1)))
        await asyncio.sleep(0)
    assert loop.time() - began < 0.5
    assert watched.commits == []

"""The whole host below Home Assistant, in a time of its own: bytes in, acknowledgements out, a real ledger between.

It has the hub's part (``hub.Hub``) and nothing else: everything else is the real thing. Time stands still until a test
lets it pass, the ledger's thread is the test's own, and commits fail when the test says so.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Executor, Future
from contextlib import closing
from enum import StrEnum
import json
from pathlib import Path
import selectors
import sqlite3
from unittest.mock import patch

from custom_components.panel_meter.core.codecs import codecs_for
from custom_components.panel_meter.core.codecs.parsing import Rejected
from custom_components.panel_meter.core.model import Register
from custom_components.panel_meter.core.settings import PanelSettings
from custom_components.panel_meter.intake import Incident, JournalIntake, Moment
from custom_components.panel_meter.ledger import (
    Change,
    Ledger,
    LedgerUnavailable,
    LedgerWriter,
    sqlite_url,
    writer as writer_module,
)
from custom_components.panel_meter.panel import PanelRuntime
from custom_components.panel_meter.source_intake import SourceIntake

HOST = "9e01c7d2"
BASE = "panel_meter"
CODECS = codecs_for(BASE)
#: So few changes in one transaction, that a kill often finds a part of a flood on disk.
BATCH = 3


class Trouble(StrEnum):
    """How a commit fails."""

    #: Nothing is written.
    REFUSED = "refused"
    #: All is written, but the answer does not come.
    UNANSWERED = "unanswered"


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop that never waits: its clock jumps to whatever comes next."""

    def __init__(self) -> None:
        self.now = 1000.0
        super().__init__(_Jumping(self))
        self.faults: list[BaseException] = []
        self.set_exception_handler(self._note)

    def time(self) -> float:
        return self.now

    def run_in_executor[*Ts, T](
        self, executor: Executor | None, function: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        return super().run_in_executor(executor or OwnThread(), function, *args)

    def _note(self, _loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        fault = context.get("exception")
        self.faults.append(fault if isinstance(fault, BaseException) else RuntimeError(str(context["message"])))

    def do[T](self, work: Coroutine[None, None, T]) -> T:
        """Do some work and all that follows from it without time passing; what went wrong anywhere is raised."""

        async def whole() -> T:
            try:
                return await work
            finally:
                for _ in range(12):
                    await asyncio.sleep(0)

        done = self.run_until_complete(whole())
        if self.faults:
            raise self.faults.pop(0)
        return done


class _Jumping(selectors.SelectSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(0)
        if not events:
            assert timeout is not None, "nothing will ever happen"
            self._loop.now += timeout
        return events


class OwnThread(Executor):
    """Works at once, in the thread of the caller."""

    def __init__(self, *_: object) -> None:
        pass

    def submit[T](self, function: Callable[..., T], /, *args: object, **kwargs: object) -> Future[T]:
        done: Future[T] = Future()
        try:
            done.set_result(function(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 (whatever it is, it belongs to whoever waits)
            done.set_exception(error)
        return done


class Host:
    """Panels of one ledger file. ``crash`` and ``stop`` end it; it is then made anew."""

    host = HOST

    def __init__(
        self, loop: VirtualLoop, path: Path, panels: dict[str, str], shown: dict[str, dict[Register, int]], utc: float
    ) -> None:
        """Go on from what the ledger holds; ``panels`` are ids and codecs, ``shown`` is what entities remember."""
        self.loop = loop
        self._shown = {panel: dict(totals) for panel, totals in shown.items()}
        self._started = int(utc)
        self.path = path
        self.trouble: Trouble | None = None
        self.acks: list[dict[str, object]] = []
        self.commands: list[dict[str, object]] = []
        self.incidents: list[tuple[str, Incident]] = []
        self.ledger = Ledger.open(sqlite_url(path))
        self._commit = self.ledger.commit
        self.ledger.commit = self._troubled_commit
        self.submitted: list[Change] = []
        self.panels: dict[str, PanelRuntime] = {}
        self.intakes: dict[str, JournalIntake | SourceIntake] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended = False
        self.writer: LedgerWriter = loop.do(self._start_writer())
        for panel_id, codec in panels.items():
            self.panels[panel_id] = panel = PanelRuntime(panel_id, panel_id, PanelSettings())
            self.intakes[panel_id] = JournalIntake(self, panel) if codec == "native" else SourceIntake(self, panel)
        stored = self.ledger.load()
        for panel_id, intake in self.intakes.items():
            if panel_id in stored:
                intake.restore(stored[panel_id], self._started)
                self.described(self.panels[panel_id])

    async def _start_writer(self) -> LedgerWriter:
        with patch.object(writer_module, "ThreadPoolExecutor", OwnThread):
            return LedgerWriter(self.ledger, lambda _: None, lambda: None)

    # --- what the hub does ---

    def receive(self, topic: str, payload: bytes, utc: float, *, retained: bool = False) -> Rejected | None:
        """Take a message; the refusal if it is refused."""
        return self.loop.do(self._receive(topic, payload, utc, retained=retained))

    async def _receive(self, topic: str, payload: bytes, utc: float, *, retained: bool) -> Rejected | None:
        codec = next(
            codec for codec in CODECS for each in codec.filters() if topic.startswith(each.topic.partition("+")[0])
        )
        moment = Moment(utc=utc, loop=self.loop.time(), retained=retained)
        before = self.known()
        try:
            message = codec.decode(topic, payload)
            if (intake := self.intakes.get(message.panel)) is not None:
                for reading in message.readings:
                    intake.handle(reading, moment)
        except Rejected as rejected:
            assert self.known() == before, "a refused message changed something"
            return rejected
        return None

    def known(self) -> dict[str, object]:
        """All that the host has accepted, shows and has queued."""
        state: dict[str, object] = {"submitted": len(self.submitted), "acks": len(self.acks)}
        for panel_id, intake in self.intakes.items():
            meter, panel = intake.meter, self.panels[panel_id]
            state[panel_id] = (panel.description, panel.measurements, panel.last_seen)
            if meter is not None:
                journals = dict(meter.journals) if isinstance(intake, JournalIntake) else meter.journal
                state[f"{panel_id} meter"] = (journals, dict(meter.totals), dict(meter.shown))
        return state

    def commit(self, panel: PanelRuntime, change: Change, *, urgent: bool = False) -> asyncio.Future[None]:
        """Queue a change."""
        self.submitted.append(change)
        future = self.writer.submit(change, urgent=urgent)
        future.add_done_callback(lambda done: self._committed(change, done))
        return future

    def _committed(self, change: Change, future: asyncio.Future[None]) -> None:
        if not future.cancelled() and (error := future.exception()) is not None:
            raise AssertionError(f"the ledger refused {change}: {error}")

    def publish(self, panel: str, kind: str, payload: bytes, *, retain: bool) -> None:
        """Note what a board is sent; an acknowledgement must be durable by now (protocol H3)."""
        message = json.loads(payload)
        if kind != "ack":
            assert not retain
            self.commands.append(message)
            return
        assert retain
        assert message["host"] == HOST
        durable = self.books(panel).watermarks.get(message["journal"], 0)
        assert message["seq"] <= durable, f"acknowledged {message['seq']} while only {durable} is on disk"
        self.acks.append(message)

    def report(self, panel: PanelRuntime, incident: Incident, **_details: str) -> None:
        """Note what the owner is told."""
        self.incidents.append((panel.id, incident))

    def described(self, panel: PanelRuntime) -> None:
        """There are entities now, which remember what they showed before a restart."""
        for register, total in self._shown.pop(panel.id, {}).items():
            panel.remember(register, total, self._started)

    def in_background(self, work: Coroutine[None, None, None]) -> None:
        """Do work that nothing waits for; what it raises ends the test."""
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error

    # --- time, faults and the end ---

    def wait(self, seconds: float) -> None:
        """Let time pass, so that the writer gets its turn."""
        self.loop.do(asyncio.sleep(seconds))

    def check_availability(self, utc: float) -> None:
        """What the hub does every 5 s."""
        self.loop.do(self._check_availability(utc))

    async def _check_availability(self, utc: float) -> None:
        for panel in self.panels.values():
            panel.check_availability(utc)

    def checkpoint(self, utc: float) -> None:
        """What the hub does every 30 s."""
        self.loop.do(self._checkpoint(utc))

    async def _checkpoint(self, utc: float) -> None:
        for panel_id, intake in self.intakes.items():
            if (change := intake.checkpoint(int(utc))) is not None:
                self.commit(self.panels[panel_id], change)

    def _troubled_commit(self, changes: Sequence[Change]) -> None:
        if self.trouble is Trouble.REFUSED:
            raise LedgerUnavailable("The ledger cannot be used: the disk is full.")
        self._commit(changes)
        if self.trouble is Trouble.UNANSWERED:
            raise LedgerUnavailable("The database does not answer.")

    def crash(self, *, committed: int = 0) -> None:
        """Lose all memory. The last thing that reached the disk are so many changes that nobody was told of."""
        if self._ended:
            return
        pending = self.submitted[len(self.submitted) - self.writer.pending :]
        if committed and pending:
            self._commit(pending[:committed])
        self._end()

    def stop(self) -> None:
        """End in good order: what is accepted is on disk afterwards, if the disk lets it."""
        if self._ended:
            return
        for panel in self.panels.values():
            panel.stop()
        self.loop.do(self.writer.stop())
        self._end()

    def _end(self) -> None:
        self._ended = True
        for panel in self.panels.values():
            panel.stop()
        self.loop.set_exception_handler(lambda *_: None)
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        if tasks:
            self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self.loop.set_exception_handler(self.loop._note)
        self.ledger.close()

    def books(self, panel: str) -> Books:
        """What stands on disk of a panel, seen by another program."""
        return Books(self.path, panel)


class Books:
    """The rows of a panel as another program reads them."""

    def __init__(self, path: Path, panel: str) -> None:
        """Read all of them."""
        with closing(sqlite3.connect(path)) as db:
            self.watermarks: dict[str, int] = {}
            self.last: dict[str, tuple[int, tuple[int, ...] | None]] = {}
            self.registers: dict[str, tuple[Register, ...]] = {}
            #: By journal and sequence number: start, end, quality and energies.
            self.rows: dict[str, dict[int, tuple[int, int, int, tuple[int, ...]]]] = {}
            self.rejected: dict[str, set[int]] = {}
            journals = db.execute(
                "SELECT journal.id, journal.name, watermark, last_seq, last_energy FROM journal"
                " JOIN panel ON panel.id = journal.panel WHERE panel.name = ?",
                (panel,),
            ).fetchall()
            for number, name, watermark, last_seq, last_energy in journals:
                self.watermarks[name] = watermark
                self.last[name] = (last_seq, None if last_energy is None else _unpack(last_energy))
                self.registers[name] = tuple(
                    Register.parse(f"{channel}.{direction}")
                    for channel, direction in db.execute(
                        "SELECT channel, direction FROM place JOIN register ON register.id = place.register"
                        " WHERE journal = ? ORDER BY position",
                        (number,),
                    )
                )
                self.rows[name] = {
                    seq: (start, end, quality, _unpack(energy))
                    for seq, start, end, quality, energy in db.execute(
                        'SELECT seq, start, "end", quality, energy FROM interval WHERE journal = ?', (number,)
                    )
                }
                self.rejected[name] = {
                    seq for (seq,) in db.execute("SELECT seq FROM rejected WHERE journal = ?", (number,))
                }
            totals = db.execute(
                "SELECT channel, direction, total, coalesce((SELECT sum(energy) FROM hour WHERE register = register.id)"
                ", 0) FROM register JOIN panel ON panel.id = register.panel WHERE panel.name = ?",
                (panel,),
            ).fetchall()
            #: By register: the total and the sum of its hours.
            self.totals = {Register.parse(f"{row[0]}.{row[1]}"): (row[2], row[3]) for row in totals}

    def sums(self) -> dict[Register, int]:
        """Sums of all intervals by register, in mWh."""
        sums = dict.fromkeys(self.totals, 0)
        for journal, rows in self.rows.items():
            for _, _, _, energies in rows.values():
                for register, energy in zip(self.registers[journal], energies, strict=False):
                    sums[register] += energy
        return sums

    def check(self) -> None:
        """The sum of the intervals is the total is the sum of the hours, and the watermarks are where the rows end."""
        sums = self.sums()
        for register, (total, hours) in self.totals.items():
            assert total == hours == sums[register], f"{register}: total {total}, hours {hours}, rows {sums[register]}"
        for journal, watermark in self.watermarks.items():
            seqs = self.rows[journal].keys() | self.rejected[journal]
            assert not self.rows[journal].keys() & self.rejected[journal]
            assert watermark >= max(seqs, default=0), f"{journal}: a row above the watermark {watermark}"
            assert self.last[journal][0] == max(self.rows[journal], default=0)


def _unpack(energies: str) -> tuple[int, ...]:
    return tuple(map(int, energies.split(","))) if energies else ()

"""A host and its boards through everything that can happen to them, against the books of the boards."""

from collections.abc import Callable
from itertools import count
import json
from operator import le
from pathlib import Path
import shutil
import sys
import tempfile

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from custom_components.panel_meter.core.codecs.parsing import Rejected
from custom_components.panel_meter.core.model import Register

from .board import INTERVAL, MOST_PER_INTERVAL, PANEL, Board
from .host import BASE, Books, Host, Trouble, VirtualLoop
from .running import run

START = 1_795_204_800
DAY = 86_400

_AMOUNTS = st.lists(st.integers(0, MOST_PER_INTERVAL), min_size=1, max_size=3)

#: What makes a message unusable, whatever else it says.
SPOILS: dict[str, Callable[[dict[str, object]], object]] = {
    "no object": lambda message: [message],
    "no journal": lambda message: {key: value for key, value in message.items() if key != "journal"},
    "journal of words": lambda message: message | {"journal": "kitchen!"},
    "negative energy": lambda message: message | {"energy": [-1, 5], "records": [[1, 5, 5, 0, -1, 5]], "boot": 5},
    "too many energies": lambda message: (
        message | {"energy": [1] * 9, "records": [[1, 5, 5, 0, *[1] * 9]], "registers": ["x.import"] * 9}
    ),
    "fractions": lambda message: message | {"energy": [0.5], "records": [[1.5, 5, 5, 0, 1]], "boot": None},
    "nothing at all": lambda _: {},
    "too large": lambda message: message | {"filler": "x" * 9000},
}


class Boards(RuleBasedStateMachine):
    """One panel; a second board sometimes speaks under its name."""

    folder: Path

    def __init__(self) -> None:
        super().__init__()
        self.place = Path(tempfile.mkdtemp(dir=self.folder))
        self.path = self.place / "panel_meter.db"
        shutil.copyfile(self.folder / "empty.db", self.path)
        self.loop = VirtualLoop()
        self.now = START
        #: How far the host's clock is ahead of the true time, in seconds.
        self.clock = 0
        self.names = count(1)
        self.board = Board(self.name(), self.name(), opened=self.now)
        self.clone: Board | None = None
        self.sent: list[tuple[str, bytes]] = []
        self.shown: dict[Register, int] = {}
        self.backup: tuple[bytes, dict[Register, int]] | None = None
        self.host = self.start()

    def name(self) -> str:
        return f"{next(self.names):08x}"

    def start(self) -> Host:
        return Host(self.loop, self.path, {PANEL: "native"}, {PANEL: self.shown}, self.utc)

    @property
    def utc(self) -> int:
        return self.now + self.clock

    @property
    def boards(self) -> list[Board]:
        return [self.board] if self.clone is None else [self.board, self.clone]

    def some(self, second: bool) -> Board:
        return self.boards[-1] if second else self.board

    def say(self, kind: str, payload: bytes | None, *, retained: bool = False) -> Rejected | None:
        if payload is None:
            return None
        self.sent.append((kind, payload))
        return self.hear(kind, payload, retained=retained)

    def hear(self, kind: str, payload: bytes, *, retained: bool = False) -> Rejected | None:
        return self.host.receive(f"{BASE}/1/{PANEL}/{kind}", payload, self.utc, retained=retained)

    @initialize(retained=st.booleans())
    def announce(self, retained: bool) -> None:
        assert self.say("info", self.board.info(), retained=retained) is None

    # --- the house and the board ---

    @rule(amounts=_AMOUNTS, intervals=st.integers(1, 4), second=st.booleans())
    def intervals_pass(self, amounts: list[int], intervals: int, second: bool) -> None:
        for _ in range(intervals):
            self.now += INTERVAL
            self.some(second).consume(amounts)
            for board in self.boards:
                board.close(self.now)

    @rule(amounts=_AMOUNTS, seconds=st.integers(1, 200))
    def a_moment_passes(self, amounts: list[int], seconds: int) -> None:
        self.now += seconds
        self.board.consume([amount * seconds // INTERVAL for amount in amounts])

    @rule()
    def power_is_cut(self) -> None:
        self.board.cut(self.name())

    @rule(seconds=st.sampled_from([-DAY * 3, -7200, -4, 5, 7200, DAY * 3]))
    def clock_of_the_board_steps(self, seconds: int) -> None:
        self.now += 60
        self.board.step_clock(self.now, seconds)

    @rule(
        second=st.booleans(),
        fault=st.sampled_from(["too high", "fallen", "future", "same end", "1970", "endless"]),
    )
    def a_row_is_impossible(self, second: bool, fault: str) -> None:
        board = self.some(second)
        if board.seq == 0:
            # Of a journal that is not read from its begin the first row is believed; let it be a good one.
            return
        self.now += INTERVAL
        values, end = list(board.energy), None
        if fault == "too high":
            values[0] += 10**12
            board.too_high.add((board.journal, board.seq + 1))
        elif fault == "fallen":
            values = [0] * len(values)
        elif fault == "future":
            end = self.now + 3 * DAY
        elif fault == "same end":
            end = board.closed[board.journal][board.seq][1]
        elif fault == "1970":
            end = 300
        elif fault == "endless":
            board.opened = self.now - 2**40
        board.close(self.now, values=values, end=end)

    @rule(
        planned=st.booleans(), registers=st.sampled_from([("main.import", "c1.import"), ("c1.import", "main.export")])
    )
    def a_new_journal_begins(self, planned: bool, registers: tuple[str, ...]) -> None:
        self.board.begin_anew(self.name(), registers, self.now, planned=planned)
        self.board.boot = self.name()
        self.say("info", self.board.info())

    @precondition(lambda self: self.clone is None)
    @rule()
    def a_second_board_takes_the_name(self) -> None:
        self.clone = Board(self.name(), self.name(), opened=self.now)

    # --- messages ---

    @rule(second=st.booleans(), retained=st.booleans())
    def info(self, second: bool, retained: bool) -> None:
        self.say("info", self.some(second).info(), retained=retained)

    @rule(second=st.booleans(), retained=st.booleans())
    def live(self, second: bool, retained: bool) -> None:
        board = self.some(second)
        self.say("live", board.live(self.now), retained=retained)

    @rule(most=st.integers(1, 5))
    def records(self, most: int) -> None:
        self.say("record", self.board.unacknowledged(most))

    @rule(second=st.booleans(), order=st.lists(st.integers(0, 5), min_size=1, max_size=8), retained=st.booleans())
    def records_in_disorder(self, second: bool, order: list[int], retained: bool) -> None:
        self.say("record", self.some(second).any_rows(order), retained=retained)

    @rule(which=st.integers(0, 10**6), times=st.integers(1, 3), retained=st.booleans())
    def an_old_message_again(self, which: int, times: int, retained: bool) -> None:
        kind, payload = self.sent[which % len(self.sent)]
        for _ in range(times):
            self.hear(kind, payload, retained=retained)

    @rule(which=st.integers(0, 10**6), spoil=st.sampled_from(sorted(SPOILS)), kind=st.sampled_from(["live", "record"]))
    def a_spoilt_message(self, which: int, spoil: str, kind: str) -> None:
        message = json.loads(self.sent[which % len(self.sent)][1])
        assert self.hear(kind, json.dumps(SPOILS[spoil](message)).encode()) is not None

    @rule(payload=st.binary(max_size=40), kind=st.sampled_from(["info", "live", "record", "status", "ack", "nonsense"]))
    def garbage(self, payload: bytes, kind: str) -> None:
        if payload not in (b"online", b"offline"):
            assert self.hear(kind, payload) is not None

    @rule(lost=st.integers(0, 3))
    def the_board_hears_its_acknowledgements(self, lost: int) -> None:
        for ack in self.host.acks[: len(self.host.acks) - lost]:
            self.board.obey(ack)
        self.host.acks.clear()

    # --- the host and its disk ---

    @rule(seconds=st.sampled_from([0.01, 0.06, 1.1, 5.0, 130.0]))
    def the_writer_gets_time(self, seconds: float) -> None:
        self.host.wait(seconds)

    @rule()
    def what_is_shown_is_noted(self) -> None:
        self.host.checkpoint(self.utc)

    @rule(trouble=st.sampled_from([None, None, *Trouble]))
    def the_disk(self, trouble: Trouble | None) -> None:
        self.host.trouble = trouble

    @rule(committed=st.sampled_from([0, 0, 1, 2, 10]))
    def crash(self, committed: int) -> None:
        self.host.crash(committed=committed)
        self.host = self.start()

    @rule()
    def restart(self) -> None:
        self.host.stop()
        self.host = self.start()

    @rule(seconds=st.sampled_from([-2 * DAY, -60, 60, 2 * DAY]))
    def clock_of_the_host_steps(self, seconds: int) -> None:
        self.clock += seconds

    @rule()
    def a_backup_is_made(self) -> None:
        self.host.ledger.checkpoint()
        self.backup = (self.path.read_bytes(), dict(self.shown))

    @precondition(lambda self: self.backup is not None)
    @rule()
    def the_backup_is_restored(self) -> None:
        assert self.backup is not None
        self.host.crash()
        for suffix in ("-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        content, self.shown = self.backup[0], dict(self.backup[1])
        self.path.write_bytes(content)
        self.host = self.start()

    # --- what is always true ---

    @invariant()
    def the_books_are_right(self) -> None:
        books = self.host.books(PANEL)
        books.check()
        for board in self.boards:
            for journal in board.closed.keys() & books.watermarks.keys():
                self.check_journal(board, journal, books)
        meter = self.host.intakes[PANEL].meter
        if meter is not None and self.host.writer.pending == 0:
            assert {register: total for register, total in meter.totals.items() if total} == {
                register: total for register, total in books.sums().items() if total
            }

    def check_journal(self, board: Board, journal: str, books: Books) -> None:
        """What stands on disk of a journal is what the board says of it, once."""
        rows, rejected = books.rows[journal], books.rejected[journal]
        for seq in range(1, books.watermarks[journal] + 1):
            assert seq in rows or seq in rejected or seq in board.overrun[journal], f"{journal} {seq} is lost"
        if not rows or self.began_wrongly(board, journal, books):
            return
        _, last_energy = books.last[journal]
        assert last_energy is not None
        first = board.closed[journal][min(rows)][4] if 1 not in rows and 1 not in rejected else (0,) * len(last_energy)
        counted = [sum(row[3][place] for row in rows.values()) for place in range(len(last_energy))]
        assert list(last_energy) == [base + sum_ for base, sum_ in zip(first, counted, strict=True)]
        assert all(map(le, last_energy, board.highest[journal], strict=True)), f"{journal}: more than the board counted"

    def began_wrongly(self, board: Board, journal: str, books: Books) -> bool:
        """Whether the first row that the host got is one that is too high: then nothing tells that it is wrong."""
        rows = books.rows[journal]
        return bool(rows) and min(rows) > 1 and (journal, min(rows)) in board.too_high

    @invariant()
    def what_is_shown_never_falls(self) -> None:
        meter = self.host.intakes[PANEL].meter
        if meter is None:
            return
        for register, total in meter.shown.items():
            assert total >= self.shown.get(register, 0), f"{register} fell from {self.shown[register]} to {total}"
            assert total >= meter.totals.get(register, 0)
            self.shown[register] = total

    # --- the end ---

    def teardown(self) -> None:
        try:
            # A step that failed is not covered up by what follows from it.
            if self.sent and sys.exception() is None:
                self.everything_arrives()
                self.the_books_are_right()
                self.what_is_shown_never_falls()
        finally:
            self.host.trouble = None
            self.host.crash()
            self.loop.close()
            shutil.rmtree(self.place)

    def everything_arrives(self) -> None:
        """All is well again and the board can send all that it has: then nothing is missing."""
        board = self.board
        self.host.trouble = None
        # Clocks that were ahead have been overtaken by the true time.
        self.now = max([self.now, *(row[1] for row in board.ring)]) + 5 * DAY
        self.clock = board.clock = 0
        board.consume([1])
        board.close(self.now)
        self.say("info", board.info())
        for _ in range(60):
            self.host.wait(130)
            for ack in self.host.acks:
                board.obey(ack)
            self.host.acks.clear()
            if (message := board.unacknowledged(5)) is None:
                break
            assert self.say("record", message) is None
        else:
            raise AssertionError(f"the board does not get rid of its records: {board}")
        books = self.host.books(PANEL)
        if self.began_wrongly(board, board.journal, books):
            return
        last_seq, last_energy = books.last[board.journal]
        assert last_seq == board.seq
        assert last_energy == tuple(board.energy)


def test_nothing_is_lost_and_nothing_is_counted_twice(folder: Path) -> None:
    Boards.folder = folder
    run(Boards)

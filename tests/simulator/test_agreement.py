"""Two independent readings of the protocol: what the board says is what the integration understands."""

import json

from hypothesis import given, settings, strategies as st

from custom_components.panel_meter.core.codecs.data_pm import DataPmCodec
from custom_components.panel_meter.core.codecs.native import decode
from custom_components.panel_meter.core.journal import admit
from custom_components.panel_meter.core.model import Info, Journal, Live, Panel, Record, Register, Response, Status
from simulator.board import Board, BoardSpec
from simulator.houses import street
from simulator.units import HOUR as ONE_HOUR

from .bench import HOUR, Bench, SteadyLoad, bench

FLOWS_ON = st.tuples(st.just("wait"), st.integers(1, 4000))
STORY = st.lists(
    st.one_of(
        FLOWS_ON,
        st.tuples(st.just("cut"), st.integers(1, 2000)),
        st.tuples(st.just("clock"), st.integers(-5000, 5000)),
        st.tuples(st.just("deaf"), st.integers(1, 3000)),
        st.tuples(st.just("forget"), st.integers(0, 50)),
        st.tuples(st.just("journal"), st.just(0)),
    ),
    max_size=20,
)


def test_every_message_of_every_house_is_understood() -> None:
    for house in street(7, 1):
        board = Board(BoardSpec(id=house.id, name=house.name), house, HOUR, history_from=HOUR - ONE_HOUR)
        board.connected(HOUR)
        board.step(HOUR + 10_000)
        kinds = {}
        for message in board.outbox:
            kinds[message.kind] = decode(house.id, message.kind, message.payload)
        assert {type(reading) for reading in kinds.values()} == {Info, Status, Live, Record}
        info, live, record = kinds["info"], kinds["live"], kinds["record"]
        assert isinstance(info, Info)
        assert isinstance(live, Live)
        assert isinstance(record, Record)
        assert [str(register) for register in info.panel.registers] == list(board.names)
        assert [channel.name for channel in info.panel.channels] == [channel.name for channel in house.channels]
        assert live.energy == board.registers.energies
        assert next(row.seq for row in record.rows) == 1


def test_answers_are_understood() -> None:
    table = bench().connect()
    for op in ("identify", "nonsense", "waveform"):
        table.command(op, key=op, channel="c1")
    answers = [
        decode("apt-101", kind, json.dumps(content).encode()) for kind, content in table.heard if kind == "response"
    ]
    assert [(answer.id, answer.ok, answer.error) for answer in answers if isinstance(answer, Response)][:2] == [
        ("identify", True, None),
        ("nonsense", False, "op"),
    ]


class Books:
    """A host that uses the integration's own rules to keep the energy of every journal."""

    def __init__(self, table: Bench) -> None:
        self.table = table
        self.registers = tuple(Register.parse(name) for name in table.board.names)
        self.panel: Panel | None = None
        self.journals: dict[str, Journal] = {}
        self.energies: dict[str, list[int]] = {}

    def listen(self, *wanted: str) -> None:
        for kind, content in self.table.listen():
            if kind not in (wanted or ("info", "record")):
                continue
            reading = decode("apt-101", kind, json.dumps(content).encode())
            if isinstance(reading, Info):
                self.panel = reading.panel
            elif isinstance(reading, Record):
                self.book(reading)

    def book(self, record: Record) -> None:
        assert self.panel is not None
        known = self.journals.get(record.journal, Journal(id=record.journal, registers=self.registers))
        admission = admit(known, record, self.panel, self.table.now // 1000)
        assert admission.rejected == ()
        assert admission.missing == range(0)
        self.journals[record.journal] = admission.journal
        sums = self.energies.setdefault(record.journal, [0] * len(self.registers))
        for interval in admission.intervals:
            sums[:] = [old + new for old, new in zip(sums, interval.energy, strict=True)]
        self.table.ack(admission.journal.watermark, journal=record.journal)

    def drain(self) -> None:
        for _ in range(500):
            self.table.wait(1)
            self.table.disconnect().connect()
            self.listen()
            if not any(ring.unacknowledged for ring in self.table.board.flash.rings):
                return
        raise AssertionError("the board never comes to an end")


@given(story=STORY, solar=st.booleans())
@settings(max_examples=50, deadline=None)
def test_whatever_happens_on_the_board_the_host_books_every_milliwatthour_once(
    story: list[tuple[str, int]], solar: bool
) -> None:
    table = bench(load=SteadyLoad(solar=solar), interval=60, capacity=4096).connect()
    books = Books(table)
    for what, value in story:
        match what:
            case "wait":
                table.wait(value)
                books.listen()
            case "cut":
                table.board.power_cut(table.now)
                table.at += value
                table.board.power_on(table.now)
                table.connect()
            case "clock":
                table.board.shift_clock(table.now, value * 1000)
            case "deaf":
                table.wait(value)
                # The broker keeps what the board says of itself until somebody listens.
                books.listen("info")
            case "forget":
                # A host that was restored from a backup acknowledges less than it did.
                table.ack(min(value, table.board.ring.newest))
            case _:
                books.drain()
                table.command("new_journal", key=f"{table.at}-{len(table.heard)}")
    table.wait(61)
    books.drain()
    ring = table.board.ring
    nothing = (0,) * len(table.board.names)
    assert tuple(books.energies.get(ring.shape.journal, nothing)) == (ring.last.energies if ring.last else nothing)
    assert sum(map(sum, books.energies.values())) <= sum(table.board.truth.totals().values())


def test_the_counter_of_data_pm_is_understood() -> None:
    from simulator.options import Options
    from simulator.street import Street

    [panel] = Street(Options(panels=0, legacy=1), HOUR).legacy()
    [message] = panel.step(HOUR)
    assert DataPmCodec().decode(message.topic, message.payload).readings

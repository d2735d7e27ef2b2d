"""The meter of a panel without a journal, its checkpoints, and that a kill at any moment loses nothing."""

from dataclasses import dataclass, field, replace

from hypothesis import given, strategies as st
import pytest

from custom_components.panel_meter.core.metering_model import Decision, Verdict
from custom_components.panel_meter.core.model import (
    LOCAL_JOURNAL,
    Channel,
    Interval,
    Journal,
    Panel,
    Quality,
    Register,
    Role,
    Sample,
)
from custom_components.panel_meter.core.source_meter import SourceCheckpoint, SourceMeter
from custom_components.panel_meter.core.source_state import DamagedState, RegisterState

KWH = 1_000_000
START = 1_795_204_800
MAIN = Register.parse("main.import")
EXPORT = Register.parse("main.export")
KITCHEN = Register.parse("c1.import")
PANEL = Panel(
    id="data_pm:ONE",
    name="One",
    codec="data_pm",
    channels=(Channel(id="main", name="Mains", role=Role.MAIN), Channel(id="c1", name="Kitchen", rating=16, poles=1)),
    registers=(MAIN,),
)
GROWN = replace(PANEL, registers=(KITCHEN, MAIN, EXPORT))


def counted(energy: int, channel: str = "main", panel: Panel = PANEL) -> Sample:
    return Sample(panel=panel, channel=channel, energy=energy, power=99.0)


def powered(power: float, panel: Panel = PANEL) -> Sample:
    return Sample(panel=panel, channel="main", power=power)


@dataclass
class DurableLedger:
    """Keeps what checkpoints bring, as the real one does: whole or not at all."""

    rows: dict[int, Interval] = field(default_factory=dict)
    journal: Journal | None = None
    meters: dict[Register, str] = field(default_factory=dict)

    def commit(self, checkpoint: SourceCheckpoint | None) -> None:
        if checkpoint is None:
            return
        for row in checkpoint.intervals:
            assert row.seq not in self.rows
            self.rows[row.seq] = row
        assert checkpoint.journal.watermark == max(self.rows, default=0)
        self.journal = checkpoint.journal
        self.meters.update(checkpoint.meters)

    @property
    def totals(self) -> dict[Register, int]:
        totals: dict[Register, int] = {}
        for row in self.rows.values():
            assert self.journal is not None
            for register, energy in zip(self.journal.registers, row.energy, strict=False):
                totals[register] = totals.get(register, 0) + energy
        return totals

    def load(self, panel: Panel = PANEL) -> SourceMeter:
        return SourceMeter(panel, journal=self.journal, meters=self.meters, totals=self.totals)


def test_a_day_becomes_rows_of_five_minutes_that_add_up() -> None:
    meter, ledger = SourceMeter(PANEL), DurableLedger()
    for second in range(0, 86_401, 60):
        meter.feed(counted(5 * KWH + second * 277), START + second, retained=False)
        if second % 300 == 0:
            ledger.commit(meter.checkpoint(START + second))
    assert meter.totals == {MAIN: 86_400 * 277}
    ledger.commit(meter.checkpoint(START + 86_400, close=True))
    assert ledger.totals == meter.totals == {MAIN: 86_400 * 277}
    assert len(ledger.rows) == 288
    assert all(row.end - row.start == 300 and row.start % 300 == 0 for row in ledger.rows.values())


def test_energy_wins_over_power() -> None:
    meter = SourceMeter(PANEL)
    meter.feed(counted(KWH), START, retained=False)
    result = meter.feed(counted(KWH + 5), START + 60, retained=False)
    assert [(each.register, each.verdict, each.energy) for each in result.results] == [(MAIN, Verdict.NORMAL, 5)]


def test_power_of_a_source_that_counts_is_not_integrated_as_well() -> None:
    meter = SourceMeter(PANEL)
    meter.feed(counted(KWH), START, retained=False)
    for minute in range(1, 10):
        meter.feed(powered(6000), START + 60 * minute, retained=False)
    meter.feed(counted(KWH + 10), START + 600, retained=False)
    assert meter.total(MAIN) == 10


def test_power_alone_is_integrated_by_direction() -> None:
    both = replace(PANEL, registers=(MAIN, EXPORT))
    meter = SourceMeter(both)
    for minute in range(61):
        meter.feed(powered(1000 if minute <= 30 else -2000, both), START + 60 * minute, retained=False)
    assert meter.total(MAIN) == pytest.approx(500_000 + 8_333, abs=1)
    assert meter.total(EXPORT) == pytest.approx(983_333, abs=1)


def test_negative_power_without_an_export_register_counts_nothing() -> None:
    meter = SourceMeter(PANEL)
    for minute in range(10):
        meter.feed(powered(-2000), START + 60 * minute, retained=False)
    assert meter.totals == {MAIN: 0}


@pytest.mark.parametrize("power", [1e9 + 1, -1e300])
def test_absurd_power_is_ignored(power: float) -> None:
    meter = SourceMeter(PANEL)
    assert meter.feed(powered(power), START, retained=False).results == ()


def test_the_rating_of_the_channel_limits_what_is_believed() -> None:
    meter = SourceMeter(GROWN)
    for channel in ("main", "c1"):
        meter.feed(counted(KWH, channel, GROWN), START, retained=False)
    fast = {
        channel: meter.feed(counted(KWH + 100_000, channel, GROWN), START + 60, retained=False).results[0].verdict
        for channel in ("main", "c1")
    }
    assert fast == {"main": Verdict.NORMAL, "c1": Verdict.SUSPECT}


def test_the_user_decides_on_a_jump() -> None:
    meter = SourceMeter(PANEL)
    for minute, energy in enumerate([KWH, KWH + 1, 900 * KWH, 900 * KWH + 1, 900 * KWH + 2]):
        result = meter.feed(counted(energy), START + 60 * minute, retained=False)
    assert result.urgent
    jump = meter.jumps[MAIN]
    assert (jump.first.value, jump.last.value) == (900 * KWH, 900 * KWH + 2)
    assert meter.disputed(MAIN) == 899 * KWH + 1
    assert meter.resolve(MAIN, Decision.ACCEPT).energy == 899 * KWH + 1
    assert meter.total(MAIN) == 899 * KWH + 2
    assert meter.jumps == {}
    assert meter.disputed(MAIN) == meter.disputed(KITCHEN) == 0
    with pytest.raises(KeyError):
        meter.resolve(KITCHEN, Decision.ACCEPT)


def test_a_modulus_makes_a_rollover() -> None:
    meter = SourceMeter(PANEL, moduli={MAIN: 100 * KWH})
    meter.feed(counted(100 * KWH - 10), START, retained=False)
    assert meter.feed(counted(15), START + 60, retained=False).results[0].verdict is Verdict.ROLLOVER
    assert meter.total(MAIN) == 25


# --- registers -----------------------------------------------------------------------------------------------------


def test_registers_are_only_ever_appended() -> None:
    meter, ledger = SourceMeter(PANEL), DurableLedger()
    meter.feed(counted(0), START, retained=False)
    meter.feed(counted(100), START + 60, retained=False)
    ledger.commit(meter.checkpoint(START + 600))
    assert meter.feed(counted(0, "c1", GROWN), START + 660, retained=False).grown
    assert not meter.feed(counted(40, "c1", GROWN), START + 720, retained=False).grown
    ledger.commit(meter.checkpoint(START + 1200))
    assert [row.energy for row in ledger.rows.values()] == [(100,), (0, 40)]
    meter.announce(GROWN)
    assert meter.journal.registers == (MAIN, KITCHEN, EXPORT)
    assert ledger.load().totals == {MAIN: 100, KITCHEN: 40}


def test_a_sample_of_a_channel_without_a_register_is_ignored() -> None:
    meter = SourceMeter(PANEL)
    assert meter.feed(counted(5, "c9"), START, retained=False).results == ()
    assert meter.journal.registers == (MAIN,)


# --- checkpoints ---------------------------------------------------------------------------------------------------


def test_a_checkpoint_says_nothing_when_nothing_happened() -> None:
    meter = SourceMeter(PANEL)
    assert meter.checkpoint(START) is None
    meter.feed(counted(5), START, retained=False)
    assert meter.checkpoint(START) is not None
    assert meter.checkpoint(START + 1000) is None


def test_a_checkpoint_writes_no_row_before_its_time() -> None:
    meter, ledger = SourceMeter(PANEL), DurableLedger()
    for second in range(0, 390, 30):
        meter.feed(counted(second), START + second, retained=False)
        ledger.commit(meter.checkpoint(START + second))
    assert ledger.rows == {}
    again = ledger.load()
    assert again.totals == meter.totals == {MAIN: 360}
    assert again.open() == meter.open()
    meter.feed(counted(390), START + 390, retained=False)
    ledger.commit(meter.checkpoint(START + 390))
    assert [row.energy for row in ledger.rows.values()] == [(300,)]
    assert ledger.load().totals == {MAIN: 390}


def test_what_became_a_row_leaves_the_state_in_the_same_checkpoint() -> None:
    meter, ledger = SourceMeter(PANEL), DurableLedger()
    meter.feed(counted(0), START, retained=False)
    meter.feed(counted(100), START + 60, retained=False)
    ledger.commit(meter.checkpoint(START + 61))
    ledger.commit(meter.checkpoint(START + 1000))
    assert ledger.totals == {MAIN: 100}
    assert ledger.load().totals == {MAIN: 100}


def test_the_journal_is_the_hosts_own() -> None:
    meter = SourceMeter(PANEL)
    meter.feed(counted(0), START, retained=False)
    meter.feed(counted(100), START + 60, retained=False)
    checkpoint = meter.checkpoint(START + 1000)
    assert checkpoint is not None
    assert checkpoint.journal == Journal(
        id=LOCAL_JOURNAL, registers=(MAIN,), watermark=1, last_seq=1, last_end=START + 60
    )


def test_what_was_shown_never_decreases_and_does_not_double() -> None:
    meter = SourceMeter(PANEL, shown={MAIN: 700})
    meter.hold(MAIN, 1000)
    meter.feed(counted(0), START, retained=False)
    meter.feed(counted(400), START + 60, retained=False)
    assert (meter.total(MAIN), meter.totals[MAIN]) == (1000, 400)
    meter.feed(counted(1100), START + 120, retained=False)
    assert meter.total(MAIN) == meter.shown[MAIN] == 1100
    assert meter.caught_up(START)


def test_a_baseline_is_urgent_and_ordinary_rises_are_not() -> None:
    meter = SourceMeter(PANEL)
    assert meter.feed(counted(0), START, retained=False).urgent
    assert not meter.feed(counted(10), START + 60, retained=False).urgent


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"version":2}',
        '{"version":1,"counter":{"mark":[1,2]}}',
        '{"version":1,"open":[[2,1,5,0]]}',
        '{"version":1,"open":[[1,2,-5,0]]}',
        '{"version":1,"open":[[1,2,"5",0]]}',
        '{"version":1,"power":{"power":true,"time":1,"clock":null,"carried":0,"recent":[]}}',
    ],
)
def test_a_damaged_state_begins_anew_and_is_named(text: str) -> None:
    with pytest.raises(DamagedState):
        RegisterState.from_json(text)
    meter = SourceMeter(PANEL, meters={MAIN: text}, totals={MAIN: 77})
    assert meter.damaged == (MAIN,)
    assert meter.feed(counted(5), START, retained=False).results[0].verdict is Verdict.BASELINE
    assert meter.total(MAIN) == 77


# --- invariants ----------------------------------------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["main", "c1"]),
        st.integers(0, 60_000),
        st.one_of(st.integers(1, 90), st.integers(1, 4000)),
        st.sampled_from(["", "", "", "checkpoint", "kill", "twice"]),
    ),
    max_size=60,
)


@given(steps=STEPS)
def test_a_kill_at_any_moment_loses_and_doubles_nothing_of_a_counter(steps: list[tuple[str, int, int, str]]) -> None:
    meter, ledger = SourceMeter(GROWN), DurableLedger()
    counters = {"main": 1000 * KWH, "c1": 5 * KWH}
    now = START
    for channel, value in counters.items():
        meter.feed(counted(value, channel, GROWN), now, retained=False)
    ledger.commit(meter.checkpoint(now))
    for channel, rise, elapsed, event in steps:
        now += elapsed
        # No more than what a channel of 16 A can carry.
        counters[channel] += min(rise, elapsed * 1000)
        before = meter.total(Register.parse(f"{channel}.import"))
        meter.feed(counted(counters[channel], channel, GROWN), now, retained=False)
        assert meter.total(Register.parse(f"{channel}.import")) >= before
        match event:
            case "checkpoint":
                ledger.commit(meter.checkpoint(now))
                assert ledger.load(GROWN).totals == meter.totals
            case "kill":
                meter = ledger.load(GROWN)
            case "twice":
                meter.feed(counted(counters[channel], channel, GROWN), now, retained=False)
    for channel, value in counters.items():
        now += 5
        meter.feed(counted(value, channel, GROWN), now, retained=False)
    truth = {KITCHEN: counters["c1"] - 5 * KWH, MAIN: counters["main"] - 1000 * KWH, EXPORT: 0}
    assert meter.totals == truth
    ledger.commit(meter.checkpoint(now, close=True))
    assert {**truth, **ledger.totals} == truth
    assert sum(ledger.totals.values()) == sum(truth.values())
    assert ledger.load(GROWN).totals == truth


@given(
    powers=st.lists(st.tuples(st.integers(-5000, 15_000), st.integers(1, 400)), max_size=60),
    kills=st.sets(st.integers(0, 60), max_size=4),
)
def test_a_kill_of_a_source_that_sends_only_power_is_a_gap_at_worst(
    powers: list[tuple[int, int]], kills: set[int]
) -> None:
    meter, ledger = SourceMeter(PANEL), DurableLedger()
    now = START
    for number, (power, elapsed) in enumerate(powers):
        now += elapsed
        meter.feed(powered(power), now, retained=False)
        ledger.commit(meter.checkpoint(now))
        if number in kills:
            totals = meter.totals
            meter = ledger.load()
            assert meter.totals == totals
    ledger.commit(meter.checkpoint(now, close=True))
    assert ledger.totals.get(MAIN, 0) == meter.totals[MAIN]
    assert all(row.energy == (0,) for row in ledger.rows.values() if row.quality & Quality.GAP)


@given(steps=st.lists(st.tuples(st.integers(0, 2000 * KWH), st.integers(-600, 4000)), max_size=25))
def test_a_state_survives_its_json(steps: list[tuple[int, int]]) -> None:
    meter = SourceMeter(PANEL)
    now = START
    for energy, elapsed in steps:
        now += elapsed
        meter.feed(counted(energy), now, retained=False, offline_cycle=elapsed > 2000)
        checkpoint = meter.checkpoint(now)
        if checkpoint is not None and MAIN in checkpoint.meters:
            text = checkpoint.meters[MAIN]
            assert RegisterState.from_json(text).to_json() == text

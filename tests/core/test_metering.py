"""A counter without a journal: every rule, and that all faults that are known from the field end in the truth."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from hypothesis import given, strategies as st
import pytest

from custom_components.panel_meter.core.metering import advance, resolve
from custom_components.panel_meter.core.metering_model import (
    Accepted,
    CounterReading,
    Decision,
    Limits,
    MeterState,
    Outcome,
    Verdict,
)
from custom_components.panel_meter.core.model import MAX_ENERGY, Quality

KWH = 1_000_000
MINUTE = 60_000
HOUR = 60 * MINUTE
START = 1_795_204_800_000
#: 63 A x 230 V x 3 phases x 1.25: what is assumed of a channel whose rating nobody knows.
LIMITS = Limits(power=54_337.5)


@dataclass
class Counter:
    """Feeds readings, a minute apart unless told otherwise, and keeps what came of them."""

    limits: Limits = LIMITS
    now: int = START
    state: MeterState | None = None
    verdicts: list[Verdict] = field(default_factory=list)
    pieces: list[Accepted] = field(default_factory=list)

    def feed(
        self,
        kwh: float,
        *,
        after: int = MINUTE,
        retained: bool = False,
        device_time: int | None = None,
        boot: str | None = None,
        offline_cycle: bool = False,
        resolution: int = 1,
    ) -> Verdict:
        self.now += after
        reading = CounterReading(
            value=round(kwh * KWH),
            received=self.now,
            retained=retained,
            device_time=device_time,
            boot=boot,
            offline_cycle=offline_cycle,
            resolution=resolution,
        )
        outcome = advance(self.state, reading, self.limits)
        assert outcome is not None
        return self.take(outcome)

    def feed_all(self, values: Iterable[float]) -> list[Verdict]:
        return [self.feed(value) for value in values]

    def take(self, outcome: Outcome) -> Verdict:
        self.state = outcome.state
        self.verdicts.append(outcome.verdict)
        if outcome.accepted is not None:
            self.pieces.append(outcome.accepted)
        return outcome.verdict

    @property
    def total(self) -> int:
        return sum(piece.energy for piece in self.pieces)

    @property
    def kwh(self) -> float:
        return self.total / KWH


@pytest.fixture
def counter() -> Counter:
    """A counter that has spoken once a minute for ten minutes and stands at 1001 kWh; 1 kWh was accepted."""
    counter = Counter()
    counter.feed_all(1000 + step / 10 for step in range(11))
    assert counter.total == KWH
    return counter


# --- ordinary life -------------------------------------------------------------------------------------------------


def test_the_first_value_is_the_baseline() -> None:
    counter = Counter()
    assert counter.feed(5000) is Verdict.BASELINE
    assert counter.pieces == []


def test_a_rise_is_accepted_for_the_time_since_the_last_reading(counter: Counter) -> None:
    assert counter.feed(1001.1) is Verdict.NORMAL
    assert counter.pieces[-1] == Accepted(counter.now - MINUTE, counter.now, 100_000, Quality.MEASURED)


def test_the_same_value_is_a_heartbeat_that_moves_the_start_of_the_next_rise(counter: Counter) -> None:
    assert [counter.feed(1001.0) for _ in range(30)] == [Verdict.DUPLICATE] * 30
    counter.feed(1001.01)
    assert counter.pieces[-1].start == counter.now - MINUTE


def test_the_same_message_twice_changes_nothing(counter: Counter) -> None:
    before = counter.state
    assert counter.feed(1001.0, after=200) is Verdict.DUPLICATE
    assert counter.state == before


def test_a_rise_over_a_gap_is_spread_over_the_gap_and_marked(counter: Counter) -> None:
    assert counter.feed(1031, after=10 * HOUR) is Verdict.NORMAL
    assert counter.pieces[-1] == Accepted(counter.now - 10 * HOUR, counter.now, 30 * KWH, Quality.ESTIMATED)


def test_what_is_a_gap_depends_on_how_often_the_source_speaks(counter: Counter) -> None:
    counter.feed(1001.1, after=3 * MINUTE)
    counter.feed(1001.2, after=3 * MINUTE + 1)
    assert [piece.quality for piece in counter.pieces[-2:]] == [Quality.MEASURED, Quality.ESTIMATED]


def test_a_fast_source_has_a_minute_before_it_is_a_gap() -> None:
    counter = Counter()
    for step in range(10):
        counter.feed(step / 1000, after=1000)
    counter.feed(0.1, after=MINUTE)
    counter.feed(0.2, after=MINUTE + 1)
    assert [piece.quality for piece in counter.pieces[-2:]] == [Quality.MEASURED, Quality.ESTIMATED]


def test_messages_that_were_held_up_and_come_in_a_bunch_are_believed(counter: Counter) -> None:
    counter.now += 9 * MINUTE
    verdicts = [counter.feed(1001 + step * 0.2, after=20) for step in range(1, 10)]
    assert set(verdicts) == {Verdict.NORMAL}
    assert counter.kwh == pytest.approx(1 + 1.8)


def test_the_limit_of_a_rise_is_exact(counter: Counter) -> None:
    most = LIMITS.energy(MINUTE) + 1
    assert counter.state is not None
    reading = CounterReading(value=1001 * KWH + most, received=counter.now + MINUTE)
    beyond = CounterReading(value=1001 * KWH + most + 1, received=counter.now + MINUTE)
    accepted, refused = advance(counter.state, reading, LIMITS), advance(counter.state, beyond, LIMITS)
    assert accepted is not None
    assert accepted.verdict is Verdict.NORMAL
    assert refused is not None
    assert refused.verdict is Verdict.SUSPECT
    assert refused.accepted is None


@pytest.mark.parametrize("value", [-1, -5 * KWH, MAX_ENERGY + 1])
def test_an_impossible_value_is_rejected_and_changes_nothing(counter: Counter, value: int) -> None:
    reading = CounterReading(value=value, received=counter.now + MINUTE)
    assert counter.state is not None
    assert advance(counter.state, reading, LIMITS) == Outcome(counter.state, Verdict.REJECTED)
    assert advance(None, reading, LIMITS) is None


# --- retained messages ---------------------------------------------------------------------------------------------


def test_a_retained_message_below_the_last_is_ignored_even_with_evidence(counter: Counter) -> None:
    before = counter.state
    assert counter.feed(3, retained=True, boot="b", offline_cycle=True) is Verdict.STALE
    assert counter.state == before


def test_a_retained_message_above_the_last_counts(counter: Counter) -> None:
    assert counter.feed(1011, after=5 * HOUR, retained=True) is Verdict.NORMAL
    assert counter.kwh == 11


def test_a_retained_heartbeat_confirms_nothing(counter: Counter) -> None:
    before = counter.state
    assert counter.feed(1001, after=5 * HOUR, retained=True) is Verdict.DUPLICATE
    assert counter.state == before


def test_retained_messages_never_agree_on_a_jump(counter: Counter) -> None:
    assert [counter.feed(9000, retained=True) for _ in range(5)] == [Verdict.SUSPECT] * 5
    assert counter.feed(1001.1, after=MINUTE) is Verdict.NORMAL


@pytest.mark.parametrize("live", [200, 40_000])
def test_a_retained_start_gives_way_to_the_first_live_value(live: float) -> None:
    counter = Counter()
    assert counter.feed(5000, retained=True) is Verdict.BASELINE
    assert counter.feed(live, after=500) is Verdict.BASELINE
    assert counter.feed(live + 0.1) is Verdict.NORMAL
    assert counter.total == 100_000


# --- falls ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fall", "resolution"), [(0.0001, 1), (0.001, 1), (0.05, 10_000)])
def test_a_small_dip_holds_the_highest_value(counter: Counter, fall: float, resolution: int) -> None:
    if resolution > 1:
        counter = Counter()
        counter.feed(1001, resolution=resolution)
    before = counter.total
    assert counter.feed(1001 - fall, resolution=resolution) is Verdict.NOISE
    assert counter.feed(1001, resolution=resolution) is Verdict.DUPLICATE
    assert counter.feed(1001.1, resolution=resolution) is Verdict.NORMAL
    assert counter.total == before + 100_000


def test_a_dip_of_more_than_noise_is_suspect(counter: Counter) -> None:
    assert counter.feed(1001 - 0.001001) is Verdict.SUSPECT


def test_a_counter_of_whole_kwh_does_not_hide_a_reset() -> None:
    counter = Counter()
    counter.feed(4, resolution=KWH)
    counter.feed(5, after=HOUR, resolution=KWH)
    assert counter.feed(0, resolution=KWH) is Verdict.SUSPECT
    assert counter.feed(1, after=HOUR, resolution=KWH) is Verdict.RESET
    assert counter.kwh == 2


@pytest.mark.parametrize("evidence", [{"boot": "b2"}, {"offline_cycle": True}])
def test_a_reset_with_evidence_is_taken_at_once(counter: Counter, evidence: dict[str, str | bool]) -> None:
    counter.feed(1001, boot="b1")
    assert counter.feed(0, **evidence) is Verdict.RESET  # type: ignore[arg-type]
    assert counter.feed(0.5) is Verdict.NORMAL
    assert counter.kwh == 1.5


def test_what_a_counter_has_counted_since_its_reset_is_not_lost(counter: Counter) -> None:
    counter.feed(0.3, offline_cycle=True)
    assert counter.kwh == 1.3
    assert counter.pieces[-1].quality == Quality.REBOOT


def test_a_restored_counter_has_counted_nothing_since(counter: Counter) -> None:
    counter.feed(950, after=HOUR, offline_cycle=True)
    assert counter.kwh == 1


def test_an_impossible_amount_since_a_reset_is_not_credited(counter: Counter) -> None:
    counter.feed(90, offline_cycle=True)
    assert counter.kwh == 1


def test_a_lost_connection_alone_does_not_make_noise_a_reset(counter: Counter) -> None:
    assert counter.feed(1000.9995, offline_cycle=True) is Verdict.NOISE


def test_a_new_boot_makes_even_a_small_fall_a_reset(counter: Counter) -> None:
    counter.feed(1001, boot="b1")
    assert counter.feed(1000.9995, boot="b2") is Verdict.RESET
    counter.feed(1001.0995, boot="b2")
    assert counter.total == KWH + 100_000


def test_a_new_boot_without_a_fall_is_nothing_special(counter: Counter) -> None:
    counter.feed(1001.1, boot="b1")
    assert counter.feed(1001.2, boot="b2") is Verdict.NORMAL
    assert counter.feed(1001.2, boot="b3", after=10) is Verdict.DUPLICATE
    assert counter.state is not None
    assert counter.state.boot == "b3"


def test_a_second_low_reading_that_does_not_grow_is_another_meter(counter: Counter) -> None:
    assert counter.feed(417) is Verdict.SUSPECT
    assert counter.feed(417) is Verdict.REPLACED
    assert counter.total == KWH
    assert counter.feed(417.1) is Verdict.NORMAL
    assert counter.total == KWH + 100_000


def test_a_second_low_reading_that_grows_is_a_reset(counter: Counter) -> None:
    assert counter.feed(417) is Verdict.SUSPECT
    assert counter.feed(417.2) is Verdict.RESET
    assert counter.total == KWH + 200_000


def test_a_stale_message_delivered_twice_does_not_confirm_itself(counter: Counter) -> None:
    assert counter.feed(900) is Verdict.SUSPECT
    assert counter.feed(900, after=50) is Verdict.DUPLICATE
    assert counter.feed(900, after=50) is Verdict.DUPLICATE
    assert counter.feed(1001.1) is Verdict.SPIKE
    assert counter.total == KWH + 100_000


def test_a_rollover_needs_a_configured_modulus(counter: Counter) -> None:
    wrapping = Counter(limits=Limits(power=LIMITS.power, modulus=10_000 * KWH))
    wrapping.feed_all([9999.8, 9999.9])
    assert wrapping.feed(0.1) is Verdict.ROLLOVER
    assert wrapping.total == 300_000
    unknown = Counter()
    unknown.feed_all([9999.8, 9999.9])
    assert unknown.feed(0.1) is Verdict.SUSPECT


def test_a_counter_beyond_its_modulus_does_not_roll_over() -> None:
    counter = Counter(limits=Limits(power=LIMITS.power, modulus=1000 * KWH))
    counter.feed_all([1000.9, 1001])
    assert counter.feed(1.05) is Verdict.SUSPECT


def test_the_finest_step_ever_seen_counts() -> None:
    counter = Counter()
    counter.feed(5.123, resolution=1000)
    counter.feed(5.2, resolution=100_000)
    assert counter.feed(5.15, resolution=10_000) is Verdict.SUSPECT


def test_an_implausible_wrap_is_no_rollover() -> None:
    counter = Counter(limits=Limits(power=LIMITS.power, modulus=10_000 * KWH))
    counter.feed_all([5000, 5000.1])
    assert counter.feed(0.1) is Verdict.SUSPECT


# --- impossible rises ----------------------------------------------------------------------------------------------


def jumped(counter: Counter) -> Counter:
    """Three readings agree on a counter that is 500 kWh too high."""
    verdicts = counter.feed_all([1501, 1501.1, 1501.2])
    assert verdicts == [Verdict.SUSPECT, Verdict.SUSPECT, Verdict.JUMP]
    assert counter.total == KWH
    return counter


def test_nothing_is_billed_while_the_user_decides_on_a_jump(counter: Counter) -> None:
    jumped(counter)
    # After ten hours 500 kWh would be plausible; the readings were impossible when they began.
    assert {counter.feed(1501.2 + step / 10, after=HOUR) for step in range(1, 20)} == {Verdict.WAITING}
    assert counter.total == KWH


@pytest.mark.parametrize(
    ("decision", "kwh"), [(Decision.ACCEPT, 501.3), (Decision.REPLACED, 1.3), (Decision.IGNORE, 1.0)]
)
def test_the_user_decides_on_a_jump(counter: Counter, decision: Decision, kwh: float) -> None:
    jumped(counter)
    counter.feed(1501.3)
    assert counter.state is not None
    counter.take(resolve(counter.state, decision))
    assert counter.kwh == kwh
    if decision is not Decision.IGNORE:
        assert counter.pieces[-1].quality == Quality.ESTIMATED
        assert counter.feed(1501.4) is Verdict.NORMAL
    else:
        assert counter.feed(1001.1) is Verdict.NORMAL


def test_a_decision_without_a_jump_changes_nothing(counter: Counter) -> None:
    assert counter.state is not None
    outcome = resolve(counter.state, Decision.ACCEPT)
    assert outcome.state == counter.state
    assert outcome.accepted is None


def test_readings_that_disagree_never_make_a_jump(counter: Counter) -> None:
    assert set(counter.feed_all([9000, 5000, 20_000, 7000, 90_000, 6000])) == {Verdict.SUSPECT}


def test_a_jump_that_comes_back_is_forgotten(counter: Counter) -> None:
    jumped(counter)
    assert counter.feed(1001.4) is Verdict.SPIKE
    assert counter.total == KWH + 400_000
    assert counter.state is not None
    assert not counter.state.in_doubt


def test_a_single_zero_does_not_withdraw_the_question_of_a_jump(counter: Counter) -> None:
    jumped(counter)
    assert counter.feed(0) is Verdict.SUSPECT
    assert counter.feed(1501.4) is Verdict.WAITING


# --- clocks --------------------------------------------------------------------------------------------------------


def test_the_time_of_the_device_is_used_if_it_is_sane(counter: Counter) -> None:
    measured = counter.now + 10 * MINUTE
    counter.feed(1001.5, after=2 * HOUR, device_time=measured)
    assert counter.pieces[-1].end == measured


@pytest.mark.parametrize("device_time", [0, 1_000_000, START + 10 * HOUR, START - 48 * HOUR])
def test_a_wrong_clock_of_the_device_is_ignored(counter: Counter, device_time: int) -> None:
    counter.feed(1001.1, device_time=device_time)
    assert counter.pieces[-1].end == counter.now


def test_an_older_message_is_known_by_its_clock(counter: Counter) -> None:
    counter.feed(1001.1, device_time=counter.now + MINUTE)
    before = counter.state
    assert counter.feed(900, device_time=counter.now - 5 * MINUTE) is Verdict.STALE
    assert counter.state == before


def test_a_device_clock_that_is_a_little_ahead_is_no_step_back(counter: Counter) -> None:
    counter.feed(1001.1, device_time=counter.now + MINUTE + 30_000)
    assert counter.feed(1001.2, after=20_000) is Verdict.NORMAL
    assert counter.pieces[-1] == Accepted(counter.now + 10_000, counter.now + 10_000, 100_000, Quality.MEASURED)


def test_a_host_clock_that_is_put_back_loses_nothing(counter: Counter) -> None:
    counter.now -= HOUR
    assert counter.feed_all([1001.1, 1001.2]) == [Verdict.NORMAL, Verdict.NORMAL]
    assert counter.total == KWH + 200_000
    assert counter.pieces[-2].start == counter.pieces[-2].end
    assert counter.pieces[-2].quality == Quality.CLOCK_STEPPED
    assert counter.pieces[-1].quality == Quality.MEASURED


def test_a_host_that_began_in_1970_makes_no_interval_of_decades() -> None:
    counter = Counter(now=0)
    counter.feed_all([1000, 1000.1])
    counter.now = START
    counter.feed(1000.2)
    assert counter.total == 200_000
    assert counter.pieces[-1].end - counter.pieces[-1].start == 366 * 24 * HOUR
    assert counter.pieces[-1].quality == Quality.ESTIMATED


# --- single faults and the truth -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "truth"),
    [
        pytest.param([1000, 1001, 1001.2], 1.2, id="nothing wrong"),
        pytest.param([1000, 1001, 0, 0.5], 1.5, id="clean reset to zero"),
        pytest.param([1000, 1001, 1000.7, 1001.2], 1.2, id="restored older counter without evidence"),
        pytest.param([1000, 1001, 0, 1001.2], 1.2, id="one spurious zero"),
        pytest.param([1000, 1000.8, 1000.5, 1001], 1.0, id="one late message"),
        pytest.param([1000, 1000.5, 1001, 996, 1001.5, 1002], 2.0, id="one stale message"),
        pytest.param([1000, 1001, 1_000_000_000, 1001.2], 1.2, id="one absurd value"),
        pytest.param([1000, 1000.5, 1000.5, 1000.5, 1001, 1001], 1.0, id="duplicates"),
        pytest.param([1000, 1001, 0, 0, 0, 1001.2, 1001.4], 1.4, id="several zeros, then the old counter"),
        pytest.param([1000, 1001, 0, 700, 1001.2], 1.2, id="several wrong values, then the old counter"),
    ],
)
def test_single_faults_end_in_the_truth(values: list[float], truth: float) -> None:
    counter = Counter()
    for value in values:
        counter.feed(value, after=2 * MINUTE)
    assert counter.kwh == pytest.approx(truth, abs=1e-9)


@pytest.mark.parametrize(
    ("values", "truth"),
    [
        pytest.param([1000, 1001, 1000.7, 1001.2], 1.5, id="restored older counter"),
        pytest.param([1000, 1001, 0, 0.5], 1.5, id="clean reset"),
        pytest.param([1000, 1001, 0, 1001.2], 1.2, id="one spurious zero at boot"),
        pytest.param([1000, 1001, 0.05, 1001.2], 1.2, id="one small value at boot, credited and taken back"),
        pytest.param([0, 0.4, 0, 0.5], 0.5, id="one spurious zero at boot of a young counter"),
    ],
)
def test_faults_with_evidence_end_in_the_truth(values: list[float], truth: float) -> None:
    counter = Counter()
    for step, value in enumerate(values):
        counter.feed(value, boot="before" if step < 2 else "after", after=2 * MINUTE)
    assert counter.kwh == pytest.approx(truth, abs=1e-9)


# --- invariants ----------------------------------------------------------------------------------------------------

VALUES = st.one_of(
    st.integers(0, 3000 * KWH),
    st.integers(999 * KWH, 1002 * KWH),
    st.sampled_from([0, 1, MAX_ENERGY, MAX_ENERGY + 1, -1]),
)
READINGS = st.builds(
    CounterReading,
    value=VALUES,
    received=st.integers(START - HOUR, START + 3 * HOUR),
    retained=st.booleans(),
    device_time=st.none() | st.integers(START - 2 * HOUR, START + 4 * HOUR) | st.just(0),
    boot=st.sampled_from([None, "a", "b"]),
    offline_cycle=st.booleans(),
    resolution=st.sampled_from([1, 1000, 10_000, KWH]),
)


@given(readings=st.lists(READINGS, max_size=30), modulus=st.none() | st.just(1500 * KWH))
def test_whatever_comes_no_energy_is_negative_and_no_span_is_backwards(
    readings: list[CounterReading], modulus: int | None
) -> None:
    state: MeterState | None = None
    limits = Limits(power=LIMITS.power, modulus=modulus)
    for reading in readings:
        outcome = advance(state, reading, limits)
        if outcome is None:
            continue
        if (piece := outcome.accepted) is not None and state is not None:
            assert piece.energy > 0
            assert piece.start <= piece.end
            # Nothing beyond what the channel can carry is billed without a decision, but for an undone reset.
            elapsed = max(piece.end - piece.start, *state.recent, HOUR)
            assert piece.energy <= 2 * limits.energy(2 * elapsed) + KWH
        state = outcome.state


@given(
    steps=st.lists(st.tuples(st.integers(1, 700_000), st.integers(2_000, 10 * MINUTE), st.integers(1, 4)), max_size=40)
)
def test_any_message_delivered_several_times_counts_once(steps: list[tuple[int, int, int]]) -> None:
    once, often = Counter(), Counter()
    value = 1000 * KWH
    for energy, elapsed, times in steps:
        value += min(energy, LIMITS.energy(elapsed))
        once.feed(value / KWH, after=elapsed)
        often.feed(value / KWH, after=elapsed)
        for _ in range(times):
            often.feed(value / KWH, after=0)
    assert often.pieces == once.pieces
    assert often.state == once.state
    if steps:
        assert once.total == value - 1000 * KWH - min(steps[0][0], LIMITS.energy(steps[0][1]))


@given(
    rises=st.lists(st.integers(1_100, 500_000), min_size=5, max_size=30),
    wrong=st.integers(0, 100_000 * KWH),
    place=st.integers(2, 3),
)
def test_one_wrong_value_among_good_ones_never_costs_anything(rises: list[int], wrong: int, place: int) -> None:
    counter = Counter()
    value = 1000 * KWH
    values = [value := value + rise for rise in rises]
    if values[place - 1] <= wrong <= values[place - 1] + LIMITS.energy(2 * MINUTE) + 1:
        # That would not look wrong.
        return
    for number, good in enumerate(values):
        if number == place:
            counter.feed(wrong / KWH)
        counter.feed(good / KWH)
    assert counter.total == values[-1] - values[0]


def test_a_wrong_low_value_right_after_an_absence_is_undone_even_after_a_long_silence() -> None:
    counter = Counter()
    for kwh in (123.40, 123.41, 123.42):
        counter.feed(kwh)
    counter.feed(61.7, after=4 * MINUTE, offline_cycle=True)
    counter.feed(123.46, after=3000 * MINUTE, offline_cycle=True)
    assert counter.total == 60_000

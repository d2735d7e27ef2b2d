"""Energy from power alone: exact, the same at any pace, and honest about gaps."""

from hypothesis import given, strategies as st
import pytest

from custom_components.panel_meter.core.integrator import PowerReading, PowerState, integrate
from custom_components.panel_meter.core.metering_model import Accepted, Verdict
from custom_components.panel_meter.core.model import Quality

START = 1_795_204_800_000
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
HIGHEST = 54_337.5


class Integral:
    """Feeds powers and keeps what came of them."""

    def __init__(self) -> None:
        self.state: PowerState | None = None
        self.pieces: list[Accepted] = []

    def feed(self, watts: float, at: int, *, retained: bool = False, device_time: int | None = None) -> Verdict:
        reading = PowerReading(power=round(watts * 1000), received=at, retained=retained, device_time=device_time)
        outcome = integrate(self.state, reading, HIGHEST)
        self.state = outcome.state
        self.pieces.extend(outcome.accepted)
        return outcome.verdict

    @property
    def total(self) -> int:
        return sum(piece.energy for piece in self.pieces)


@pytest.fixture
def integral() -> Integral:
    """1 kW once a minute for ten minutes."""
    integral = Integral()
    for minute in range(11):
        integral.feed(1000, START + minute * MINUTE)
    assert integral.total == 166_666
    return integral


NOW = START + 10 * MINUTE


def test_the_first_power_brings_nothing() -> None:
    integral = Integral()
    assert integral.feed(1000, START) is Verdict.BASELINE
    assert integral.pieces == []


def test_a_trapezoid_between_two_powers() -> None:
    integral = Integral()
    integral.feed(1000, START)
    integral.feed(3000, START + MINUTE)
    assert integral.pieces == [Accepted(START, START + MINUTE, 33_333)]
    assert integral.state is not None
    assert integral.state.carried == 2_400_000


@given(watts=st.integers(0, 54_000_000).map(lambda milliwatts: milliwatts / 1000))
def test_a_day_of_constant_power_is_the_same_in_steps_of_one_second_and_of_five_minutes(watts: float) -> None:
    truth = round(watts * 1000) * DAY // 3_600_000
    for step in (5 * MINUTE, 30_000):
        integral = Integral()
        for at in range(START, START + DAY + 1, step):
            integral.feed(watts, at)
        assert integral.total == truth


def test_a_day_in_steps_of_one_second() -> None:
    integral = Integral()
    for at in range(START, START + DAY + 1, 1000):
        integral.feed(1234.567, at)
    assert integral.total == 1_234_567 * 24


def test_ragged_steps_lose_nothing() -> None:
    integral = Integral()
    at = START
    for number in range(5000):
        integral.feed(0.4, at)
        at += 501 + number * 37 % 997
    assert integral.state is not None
    assert integral.total == 400 * (integral.state.time - START) // 3_600_000


def test_after_a_gap_the_last_power_is_held_for_three_usual_intervals_and_the_rest_is_a_gap(integral: Integral) -> None:
    assert integral.feed(2000, NOW + HOUR) is Verdict.GAP
    held, gap = integral.pieces[-2:]
    assert (held.start, held.end, held.quality) == (NOW, NOW + 3 * MINUTE, Quality.ESTIMATED)
    assert held.energy in (50_000, 50_001)
    assert gap == Accepted(NOW + 3 * MINUTE, NOW + HOUR, 0, Quality.GAP)
    assert integral.feed(2000, NOW + HOUR + MINUTE) is Verdict.NORMAL


def test_three_usual_intervals_are_no_gap(integral: Integral) -> None:
    assert integral.feed(1000, NOW + 3 * MINUTE) is Verdict.NORMAL


def test_a_fast_source_is_held_for_a_minute() -> None:
    integral = Integral()
    for second in range(11):
        integral.feed(3600, START + second * 1000)
    integral.feed(3600, START + 10_000 + HOUR)
    assert integral.total == 10_000 + 60_000


@pytest.mark.parametrize("watts", [-1, 54_338, 1e12])
def test_an_impossible_power_is_rejected_and_changes_nothing(integral: Integral, watts: float) -> None:
    before = integral.state
    assert integral.feed(watts, NOW + MINUTE) is Verdict.REJECTED
    assert integral.state == before


def test_a_retained_power_says_nothing_about_now(integral: Integral) -> None:
    before = integral.state
    assert integral.feed(50_000, NOW + MINUTE, retained=True) is Verdict.STALE
    assert integral.state == before
    assert Integral().feed(50_000, NOW, retained=True) is Verdict.STALE


def test_a_repeated_message_changes_nothing(integral: Integral) -> None:
    before = integral.state
    assert integral.feed(1000, NOW + 5_000) is Verdict.DUPLICATE
    assert integral.state == before


def test_an_older_message_is_known_by_its_clock() -> None:
    integral = Integral()
    integral.feed(1000, START, device_time=START)
    integral.feed(1000, START + MINUTE, device_time=START + MINUTE)
    before = integral.state
    assert integral.feed(9000, START + MINUTE + 10, device_time=START + 30_000) is Verdict.STALE
    assert integral.feed(1000, START + 2 * MINUTE, device_time=START + MINUTE) is Verdict.DUPLICATE
    assert integral.state == before


def test_a_host_clock_that_is_put_back_starts_anew(integral: Integral) -> None:
    total = integral.total
    assert integral.feed(1000, NOW - HOUR) is Verdict.BASELINE
    assert integral.total == total
    assert integral.feed(1000, NOW - HOUR + MINUTE) is Verdict.NORMAL
    assert integral.total == pytest.approx(total + 16_667, abs=1)


@given(steps=st.lists(st.tuples(st.floats(-100, 60_000), st.integers(-2 * HOUR, 2 * HOUR), st.booleans()), max_size=40))
def test_pieces_follow_one_another_and_are_never_negative(steps: list[tuple[float, int, bool]]) -> None:
    integral = Integral()
    at = START
    for watts, elapsed, retained in steps:
        at += elapsed
        before = len(integral.pieces)
        integral.feed(watts, at, retained=retained)
        new = integral.pieces[before:]
        for piece in new:
            assert piece.start <= piece.end
            assert 0 <= piece.energy <= HIGHEST * (piece.end - piece.start) / 3600 + 1
        if len(new) == 2:
            assert new[0].end == new[1].start

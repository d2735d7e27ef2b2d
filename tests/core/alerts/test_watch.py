"""Every rule opens and closes at the right instants, and whatever a panel says is borne."""

from dataclasses import replace
from itertools import pairwise
import math

from hypothesis import given, settings as hypothesis_settings, strategies as st
import pytest

from custom_components.panel_meter.core.alerts.model import Kind, Severity
from custom_components.panel_meter.core.alerts.settings import AlertSettings
from custom_components.panel_meter.core.alerts.watch import PanelWatch
from custom_components.panel_meter.core.model import Channel, Measurements, Phase, Role

from .play import MAINS, NOON, OVEN, PUMP, Play, a_panel, settings

VOLT = 230.0
#: What the oven's breaker carries.
RATED = 20 * VOLT


# --- Loads ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "after", "severity"),
    [
        # 60 / (share² - 1) seconds, at the next message (one a second); the first has no time before it.
        (1.05, 586, "warning"),
        (1.1, 286, "warning"),
        (1.13, 217, "critical"),
        (1.45, 55, "critical"),
        (2.0, 20, "critical"),
        (2.55, 11, "critical"),
        (6.0, 2, "critical"),
    ],
)
def test_an_overload_is_told_the_sooner_the_more_it_is(share: float, after: float, severity: str) -> None:
    play = Play(every=1)
    play.powers(100)
    play.powers(700, {"c1": RATED * share})
    at, channel, found, active = play.told("overload")[0]
    assert (at - 99, channel, found, active) == (pytest.approx(after, abs=1.01), "c1", severity, True)


@pytest.mark.parametrize("share", [0.5, 0.99, 1.0, 1.02])
def test_what_the_breaker_carries_is_no_overload(share: float) -> None:
    play = Play()
    play.powers(7200, {"c1": RATED * share})
    assert play.told("overload") == []


def test_a_motor_that_starts_is_no_overload() -> None:
    play = Play(every=1)
    for _ in range(20):
        play.powers(1, {"c2": 16 * VOLT * 6})
        play.powers(120, {"c2": 16 * VOLT * 0.5})
    assert play.told("overload") == []


def test_an_overload_is_over_after_a_minute_and_gets_worse_before() -> None:
    play = Play(every=1)
    play.powers(400, {"c1": RATED * 1.1})
    play.powers(100, {"c1": RATED * 1.2})
    play.powers(30, {"c1": 0})
    play.powers(30, {"c1": RATED * 0.97})
    play.powers(200, {"c1": 0})
    assert [(severity, active) for _, _, severity, active in play.told("overload")] == [
        ("warning", True),
        ("critical", True),
        ("info", False),
    ]
    # The half minute between 95 and 100 % does not count as over: a minute from 560 on.
    assert play.times("overload")[1:] == [400, 620]
    assert [event.change for event in play.events] == ["opened", "repeated", "resolved"]
    assert play.findings[-1][1].facts == {}
    assert play.events[1].alert.facts == {"load_a": 24.0, "rating_a": 20, "load_pct": 120, "variant": "trip"}


def test_an_overload_counts_the_current_where_that_says_more() -> None:
    play = Play(every=1)
    row = (100.0,) * 4
    play.run(60, lambda _: Measurements(power=row, current=(1.0, 30.0, 1.0, 1.0)))
    assert [channel for _, channel, _, _ in play.told("overload")] == ["c1"]


def test_export_overloads_a_breaker_too() -> None:
    play = Play(every=1)
    play.powers(60, {"pv": -16 * VOLT * 1.5})
    assert [channel for _, channel, _, _ in play.told("overload")] == ["pv"]


@pytest.mark.parametrize(("phase", "poles", "most"), [("L1L2", None, 2), ("L123", None, 3), (None, 2, 2), ("L2", 1, 1)])
def test_the_phases_share_a_load(phase: str | None, poles: int | None, most: int) -> None:
    channel = Channel(id="c9", name="Range", phase=Phase(phase) if phase else None, poles=poles, rating=20)
    for share, told in ((0.98, 0), (1.5, 1)):
        play = Play(a_panel(channel), every=1)
        play.powers(120, {"c9": RATED * most * share})
        assert len(play.told("overload")) == told


def test_a_continuous_load_is_told_after_an_hour() -> None:
    play = Play()
    play.powers(900)
    play.powers(2 * 3600, {"c1": RATED * 0.85})
    play.powers(3600, {"c1": RATED * 0.5})
    assert play.told("continuous_load") == [
        (900 + 3600, "c1", "warning", True),
        (900 + 2 * 3600 + 600, "c1", "info", False),
    ]


def test_a_short_dip_does_not_end_a_continuous_load_and_a_long_one_does() -> None:
    play = Play()
    for _ in range(7):
        play.powers(590, {"c1": RATED * 0.9})
        play.powers(40, {"c1": 0})
    assert play.times("continuous_load")[0] == pytest.approx(3600, abs=60)
    other = Play()
    for _ in range(7):
        other.powers(590, {"c1": RATED * 0.9})
        other.powers(90, {"c1": 0})
    assert other.told("continuous_load") == []


def test_an_inverter_at_its_rating_is_no_continuous_load() -> None:
    play = Play()
    play.powers(2 * 3600, {"pv": -16 * VOLT * 0.95})
    assert play.told("continuous_load") == []


def test_a_limit_of_the_users_has_a_time_and_a_hysteresis() -> None:
    play = Play(rules=settings(channels={"c1": {"power_limit": 2000, "power_limit_time": 120}}))
    play.powers(600, {"c1": 2100})
    play.powers(600, {"c1": 1950})
    play.powers(600, {"c1": 1800})
    assert play.told("high_power") == [(120, "c1", "warning", True), (1260, "c1", "info", False)]


def test_a_limit_of_the_panel_is_compared_with_its_mains() -> None:
    play = Play(rules=settings(power_limit=5000, power_limit_time=0))
    play.powers(100, {"main": 5100})
    play.powers(100, {"main": None})
    play.powers(200, {"main": 100})
    assert play.told("high_power") == [(0, None, "warning", True), (260, None, "info", False)]
    # Without mains it is the sum of the circuits.
    other = Play(a_panel(OVEN, PUMP), settings(power_limit=5000))
    other.powers(300, {"c1": 3000, "c2": 2500})
    assert other.times("high_power") == [60]


def test_a_load_that_delivers_has_its_clamp_the_wrong_way_round() -> None:
    play = Play()
    play.powers(3600, {"c1": -300})
    play.powers(120, {"c1": 300})
    assert play.told("reversed_clamp") == [(900, "c1", "warning", True), (3660, "c1", "info", False)]


@pytest.mark.parametrize("channel", ["main", "pv"])
def test_mains_and_solar_may_deliver(channel: str) -> None:
    play = Play()
    play.powers(7200, {channel: -2000})
    assert play.told("reversed_clamp") == []


def test_battery_and_sub_may_deliver() -> None:
    channels = (
        replace(OVEN, role=Role.BATTERY),
        replace(PUMP, role=Role.SUB),
        replace(MAINS, id="c3", role=Role.CIRCUIT),
    )
    play = Play(a_panel(*channels))
    play.powers(7200, {"c1": -2000, "c2": -2000, "c3": -2000})
    assert [channel for _, channel, _, _ in play.told("reversed_clamp")] == ["c3"]


def test_a_low_power_factor_counts_only_with_power_and_only_when_switched_on() -> None:
    def factors(watts: float, factor: float) -> Measurements:
        return Measurements(power=(watts,) * 4, power_factor=(0.99, factor, 0.99, 0.99))

    play = Play(rules=settings(on=["low_power_factor"]))
    play.run(1800, lambda _: factors(400, 0.5))
    play.run(1800, lambda _: factors(600, -0.5))
    play.run(1800, lambda _: factors(600, 0.8))
    assert play.told("low_power_factor") == [(2700, "c1", "info", True), (3900, "c1", "info", False)]
    silent = Play()
    silent.run(3600, lambda _: factors(600, 0.5))
    assert silent.told("low_power_factor") == []


def test_left_on_bears_a_thermostat_and_ends_when_it_is_off() -> None:
    play = Play(rules=settings(channels={"c1": {"left_on_power": 50, "left_on_time": 60}}))
    for _ in range(10):
        play.powers(300, {"c1": 2000})
        play.powers(180, {"c1": 0})
    play.powers(1200, {"c1": 0})
    found = play.told("left_on")
    assert [(channel, active) for _, channel, _, active in found] == [("c1", True), ("c1", False)]
    # The last of the ten times ended at 4620; the watch is sure of it five minutes later.
    assert [at for at, *_ in found] == [pytest.approx(3600, abs=300), 4920]
    assert play.events[-2].alert.facts["minutes_min"] in range(60, 66)


def test_a_spike_is_compared_with_the_second_highest_day() -> None:
    play = Play(every=60)
    play.watch.learn("c1", [700, 800, 3000, 750, 720, 810, 790, 0, 0])
    play.powers(3600, {"c1": 1700})
    play.powers(3600, {"c1": 1950})
    play.powers(3600, {"c1": 500})
    assert play.watch.settings.is_on(Kind.POWER_SPIKE)
    assert play.told("power_spike") == [(3900, "c1", "info", True), (7500, "c1", "info", False)]


def test_habits_are_learnt_and_outlive_a_change_of_settings() -> None:
    play = Play(every=300)
    for _ in range(9):
        play.powers(86_400, {"c1": 400})
    play.powers(600, {"c1": 2000})
    assert len(play.told("power_spike")) == 1
    heir = PanelWatch(play.panel, settings(off=["overload"]), play.watch)
    found = [
        finding
        for at in range(0, 1200, 60)
        for finding in heir.see(Measurements(power=(100.0, 3000.0, 0.0, 0.0)), NOON + 9e5 + at)
    ]
    assert [finding.kind for finding in found if finding.active] == ["power_spike"]


def test_a_spike_of_a_channel_that_is_hardly_ever_used_is_none() -> None:
    play = Play(every=60)
    play.watch.learn("c1", [0.0] * 20 + [2000.0] * 3)
    play.powers(3600, {"c1": 4000})
    assert play.told("power_spike") == []


# --- Supply --------------------------------------------------------------------------------------------------------


def test_a_voltage_is_judged_by_its_mean_of_ten_minutes() -> None:
    play = Play()
    play.volts(1200, 240)
    # Half the window outside: the mean is still inside.
    play.volts(300, 256)
    play.volts(300, 240)
    play.volts(600, 254)
    play.volts(1200, 251.5)
    play.volts(1200, 240)
    assert play.told("overvoltage") == [(2400, None, "warning", True), (3000, None, "info", False)]
    assert play.events[0].alert.facts == {"voltage_v": 254.0, "nominal_v": 230, "phase": "L1"}


def test_a_mean_just_inside_the_band_does_not_end_it() -> None:
    play = Play()
    for volts in (240, 254, 252.5, 254, 252.9, 251.0):
        play.volts(600, volts)
    play.volts(20, 240)
    assert play.times("overvoltage") == [1200, 3600]


def test_a_far_voltage_is_told_at_once() -> None:
    play = Play(every=1)
    play.volts(1300, 230, 231, 229)
    play.volts(100, 230, 231, 270)
    play.volts(700, 230, 231, 229)
    assert play.told("overvoltage") == [(1303, None, "critical", True), (1460, None, "info", False)]
    assert play.events[0].alert.facts == {"voltage_v": 270.0, "nominal_v": 230, "phase": "L3", "variant": "far"}


def test_after_a_restart_a_voltage_is_well_when_its_mean_is_known() -> None:
    play = Play()
    play.volts(1300, 255)
    assert [alert.kind for alert in play.book.open] == ["overvoltage"]
    play.watch = PanelWatch(play.panel, play.rules)
    # Not far from nominal, but that says nothing of the mean.
    play.volts(1000, 255)
    assert len(play.events) == 1
    play.watch = PanelWatch(play.panel, play.rules)
    play.volts(1300, 231)
    assert [event.change for event in play.events] == ["opened", "resolved"]


def test_a_motor_that_starts_is_no_undervoltage() -> None:
    play = Play(every=1)
    play.volts(700, 230)
    play.volts(8, 190)
    play.volts(700, 230)
    assert play.told("undervoltage") == []
    play.volts(12, 190)
    assert play.told("undervoltage") == [(1418, None, "critical", True)]


def test_the_band_is_the_users() -> None:
    play = Play(rules=settings(voltage_band=5))
    play.volts(1300, 243)
    assert play.times("overvoltage") == [600]


@pytest.mark.parametrize("volts", [100.0, 120.0, 127.0, 400.0])
def test_a_panel_that_does_not_know_its_nominal_voltage_raises_nothing(volts: float) -> None:
    play = Play()
    play.volts(7200, volts)
    assert [finding for _, finding in play.findings if finding.active] == []
    # Its own voltage is what it is judged by from then on.
    play.volts(1200, volts * 1.12)
    assert [event.alert.facts["nominal_v"] for event in play.events] == [volts]


def test_a_board_that_sends_zeros_first_is_judged_later() -> None:
    play = Play()
    play.volts(300, 0.0)
    play.volts(3600, 120.0)
    assert play.events == []


def test_a_voltage_that_no_grid_has_is_a_fault_even_at_the_start() -> None:
    play = Play()
    play.volts(600, 165.0)
    assert [(each.alert.kind, each.alert.facts["nominal_v"]) for each in play.events] == [("undervoltage", 230)]


def test_a_sensor_that_is_not_there_is_no_undervoltage() -> None:
    play = Play()
    play.volts(3600, 0.0)
    play.volts(3600, 3.1)
    assert play.events == []


def test_a_lost_phase_is_one_alert() -> None:
    play = Play(every=1)
    play.volts(1200, 230, 230, 230)
    play.volts(1200, 230, 4, 229)
    play.volts(1300, 230, 230, 230)
    assert play.told("phase_lost") == [(1205, None, "critical", True), (2460, None, "info", False)]
    assert [event.alert.kind for event in play.events] == ["phase_lost"] * 2
    assert play.events[0].alert.facts == {"phase": "L2", "voltage_v": 4}


def test_a_lost_neutral_is_told_within_seconds_and_alone() -> None:
    play = Play(every=1)
    play.volts(1200, 230, 230, 230)
    play.volts(900, 265, 190, 240)
    play.volts(1300, 230, 230, 230)
    assert play.told("neutral_lost") == [(1205, None, "critical", True), (2160, None, "info", False)]
    assert {event.alert.kind for event in play.events} == {"neutral_lost"}
    # Windows in which the neutral was lost say nothing of the grid.
    assert play.told("overvoltage") == play.told("undervoltage") == play.told("phase_imbalance") == []


def test_split_phase_loses_its_neutral_too() -> None:
    play = Play(a_panel(volts=120), every=1)
    play.volts(700, 121, 119)
    play.volts(60, 140, 100)
    assert play.times("neutral_lost") == [705]


def test_uneven_voltages_are_told() -> None:
    play = Play()
    play.volts(1200, 232, 228, 230)
    play.volts(600, 238, 222, 230)
    play.volts(1200, 232, 228, 230)
    assert play.told("phase_imbalance") == [(1800, None, "warning", True), (2400, None, "info", False)]


def test_a_crowded_phase_is_told_where_the_mains_are_rated() -> None:
    mains = tuple(
        Channel(id=f"m{each}", name=each, role=Role.MAIN, phase=Phase(each), rating=25) for each in ("L1", "L2", "L3")
    )
    play = Play(a_panel(*mains))
    play.powers(900, {"mL1": 25 * VOLT * 0.9})
    play.powers(900, {"mL1": 25 * VOLT * 0.5})
    assert play.told("phase_imbalance") == [(600, None, "warning", True), (1500, None, "info", False)]
    assert play.events[0].alert.facts == {
        "variant": "load",
        "phase": "L1",
        "high_a": 22.5,
        "low_a": 0.4,
        "rating_a": 25,
    }


def test_uneven_voltages_and_loads_are_over_when_both_are() -> None:
    mains = tuple(
        Channel(id=f"m{each}", name=each, role=Role.MAIN, phase=Phase(each), rating=25) for each in ("L1", "L2", "L3")
    )
    play = Play(a_panel(*mains))

    def send(seconds: float, watts: float, volts: float) -> None:
        message = Measurements(power=(watts, 100.0, 100.0), voltage=(volts, 230.0, 230.0))
        play.run(seconds, lambda _: message)

    send(1500, 25 * VOLT * 0.9, 215)
    send(1500, 25 * VOLT * 0.9, 230)
    assert [event.change for event in play.events] == ["opened", "repeated"]
    send(1500, 100, 230)
    assert [event.change for event in play.events] == ["opened", "repeated", "resolved"]
    play.watch = PanelWatch(play.panel, play.rules)
    send(1500, 100, 230)
    assert len(play.events) == 3


@pytest.mark.parametrize(("nominal", "off"), [(50, 50.7), (50, 49.3), (60, 60.8)])
def test_a_frequency_off_its_nominal_one_is_told_after_a_minute(nominal: float, off: float) -> None:
    play = Play()
    for frequency in (nominal + 0.1, off, nominal):
        play.run(300, lambda _, hertz=frequency: Measurements(frequency=hertz))  # type: ignore[misc]
    assert play.told("frequency") == [(360, None, "warning", True), (660, None, "info", False)]


def test_heat_is_told_and_gets_worse() -> None:
    play = Play(rules=settings(temperature_limit=60))
    for degrees in (50, 62, 75, 58, 50):
        play.run(600, lambda _, celsius=degrees: Measurements(temperature=celsius))  # type: ignore[misc]
    assert [(at, severity) for at, _, severity, _ in play.told("high_temperature")] == [
        (660, "warning"),
        (1260, "critical"),
        (2700, "info"),
    ]


def test_offline_has_patience_and_more_of_it_after_a_start() -> None:
    play, yes, no = Play(rules=settings(offline_after=600)), True, False

    def wait(connected: bool | None, seconds: int) -> None:
        for _ in range(0, seconds, 60):
            play.take(play.watch.offline(connected, play.now))
            play.now += 60

    wait(None, 1200)
    wait(yes, 600)
    wait(no, 540)
    wait(yes, 60)
    wait(no, 1200)
    wait(yes, 60)
    assert play.told("offline") == [(3000, None, "warning", True), (3600, None, "info", False)]
    unknown = Play(rules=settings(offline_after=600))
    play = unknown
    wait(None, 3600)
    assert unknown.times("offline") == [1800]


# --- What is borne -------------------------------------------------------------------------------------------------


def test_a_gap_makes_every_wait_begin_anew() -> None:
    play = Play()
    play.powers(3000, {"c1": RATED * 0.9})
    play.now += 3600
    play.powers(3000, {"c1": RATED * 0.9})
    assert play.told("continuous_load") == []


def test_a_clock_that_goes_back_only_makes_it_wait() -> None:
    play = Play(every=1)
    play.powers(30, {"c1": RATED * 1.45})
    play.now -= 86_400
    play.powers(58, {"c1": RATED * 1.45})
    assert [at + 86_400 for at in play.times("overload")] == [pytest.approx(30 + 55, abs=1)]


def test_a_restarted_watch_says_that_all_is_well_or_is_not() -> None:
    play = Play(every=1)
    play.powers(100, {"c1": RATED * 2})
    assert [alert.kind for alert in play.book.open] == ["overload"]
    play.watch = PanelWatch(play.panel, play.rules)
    play.powers(100, {"c1": RATED * 2})
    assert len(play.events) == 1
    play.watch = PanelWatch(play.panel, play.rules)
    play.powers(100)
    assert play.book.open == ()


def test_what_is_switched_off_is_not_watched() -> None:
    rules = settings(off=["overload", "overvoltage"], channels={"c2": {"on": ["overload"]}})
    play = Play(rules=rules, every=1)
    play.powers(300, {"c1": RATED * 2, "c2": RATED * 2})
    assert [channel for _, channel, _, _ in play.told("overload")] == ["c2"]
    assert not play.watch.watches("c1", Kind.OVERLOAD)
    assert play.watch.watches("c2", Kind.OVERLOAD)
    assert not play.watch.watches(None, Kind.OVERVOLTAGE)
    assert play.watch.watches(None, Kind.UNDERVOLTAGE)
    assert not play.watch.watches("gone", Kind.OVERLOAD)
    assert not play.watch.watches(None, Kind.COST_BUDGET)


NUMBERS = st.one_of(
    st.none(),
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([0.0, -0.0, 1e308, -1e308, math.nan, math.inf, 230.0, 5000.0]),
)


@hypothesis_settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(min_value=-1e5, max_value=1e5),
            st.lists(NUMBERS, max_size=5),
            st.lists(NUMBERS, max_size=5),
            st.lists(NUMBERS, max_size=4),
            NUMBERS,
        ),
        max_size=30,
    )
)
def test_nothing_that_a_panel_says_is_raised(
    messages: list[tuple[float, list[float | None], list[float | None], list[float | None], float | None]],
) -> None:
    play = Play(rules=settings(on=["low_power_factor"], power_limit=1000, channels={"c1": {"left_on_time": 1}}))
    for step, power, other, voltage, single in messages:
        play.now += step
        play.send(
            Measurements(
                power=tuple(power),
                current=tuple(other),
                power_factor=tuple(other),
                voltage=tuple(voltage),
                frequency=single,
                temperature=single,
            )
        )
    for _, finding in play.findings:
        assert all(math.isfinite(fact) for fact in finding.facts.values() if not isinstance(fact, str))


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(min_value=-2000, max_value=9000), min_size=1, max_size=200), st.sampled_from([1, 10, 60]))
def test_a_kind_begins_and_ends_in_turn(powers: list[float], every: int) -> None:
    play = Play(every=every, rules=settings(channels={"c1": {"power_limit": 3000, "power_limit_time": 20}}))
    for watts in powers:
        play.powers(every * 3, {"c1": watts})
    states: dict[tuple[str | None, Kind], list[tuple[bool, int]]] = {}
    ranks = {Severity.INFO: 0, Severity.WARNING: 1, Severity.CRITICAL: 2}
    for _, finding in play.findings:
        states.setdefault((finding.channel, finding.kind), []).append((finding.active, ranks[finding.severity]))
    for told in states.values():
        for (was, rank), (active, later) in pairwise(told):
            # Never twice the same; twice active only because it got worse.
            assert was != active or (active and later > rank)


def test_a_panel_without_channels_or_ratings_is_watched_all_the_same() -> None:
    for panel in (a_panel(Channel(id="x", name="X")), replace(a_panel(), channels=(), nominal_voltage=0.0)):
        play = Play(panel, AlertSettings())
        play.powers(3600)
        play.volts(3600, 230)
        assert play.events == []

"""What the user may decide about alerts, and what is refused."""

import math

import pytest

from custom_components.panel_meter.core.alerts.model import Kind
from custom_components.panel_meter.core.alerts.settings import (
    CHANNEL_THRESHOLDS,
    PANEL_KINDS,
    THRESHOLDS,
    AlertSettings,
    ChannelAlertSettings,
    ImpossibleThreshold,
)

from .play import a_panel

FULL = {
    "off": ["offline"],
    "on": ["low_power_factor"],
    "power_limit": 5000.0,
    "price_limit": -0.05,
    "channels": {"c1": {"off": ["overload"], "left_on_time": 30.0}},
}


def test_nothing_is_needed() -> None:
    settings = AlertSettings.from_data({})
    assert settings == AlertSettings()
    assert settings.as_data() == {}
    assert settings.enabled == {kind: kind is not Kind.LOW_POWER_FACTOR for kind in PANEL_KINDS}
    assert settings.threshold("voltage_band") == 10
    assert settings.threshold("power_limit") is None
    assert settings.for_channel("nobody").threshold("left_on_power") == 20


def test_what_is_written_is_read_again() -> None:
    settings = AlertSettings.from_data(FULL)
    assert settings.as_data() == FULL
    assert AlertSettings.from_data(settings.as_data()) == settings
    assert not settings.is_on(Kind.OFFLINE)
    assert settings.is_on(Kind.LOW_POWER_FACTOR, "c2")
    assert not settings.is_on(Kind.OVERLOAD, "c1")
    assert settings.is_on(Kind.OVERLOAD, "c2")
    assert settings.for_channel("c1").threshold("left_on_time") == 30


def test_a_channel_wins_over_its_panel() -> None:
    settings = AlertSettings.from_data({"off": ["overload"], "channels": {"c1": {"on": ["overload"]}}})
    assert (settings.is_on(Kind.OVERLOAD, "c1"), settings.is_on(Kind.OVERLOAD, "c2")) == (True, False)


def test_settings_are_changed_one_by_one() -> None:
    settings = AlertSettings().with_threshold("power_limit", 900)
    assert settings.threshold("power_limit") == 900
    assert settings.with_threshold("power_limit", None) == AlertSettings()
    off = settings.with_enabled(Kind.OVERLOAD, on=False)
    assert not off.is_on(Kind.OVERLOAD)
    assert off.with_enabled(Kind.OVERLOAD, on=True) == settings
    factor = settings.with_enabled(Kind.LOW_POWER_FACTOR, on=True)
    assert factor.is_on(Kind.LOW_POWER_FACTOR)
    assert not factor.with_enabled(Kind.LOW_POWER_FACTOR, on=False).is_on(Kind.LOW_POWER_FACTOR)
    channel = ChannelAlertSettings().with_threshold("left_on_time", 5)
    assert settings.with_channel("c1", channel).for_channel("c1").threshold("left_on_time") == 5


@pytest.mark.parametrize("value", [math.nan, math.inf, -1, 0, 1e9, "5", True, [], {}])
@pytest.mark.parametrize("name", sorted(THRESHOLDS))
def test_impossible_limits_are_refused_and_salvaged(name: str, value: object) -> None:
    threshold = THRESHOLDS[name]
    if isinstance(value, int | float) and value is not True and threshold.minimum <= value <= threshold.maximum:
        assert AlertSettings.from_data({name: value}).threshold(name) == value
        return
    with pytest.raises(ImpossibleThreshold) as refused:
        AlertSettings.from_data({name: value})
    assert refused.value.key == "threshold_out_of_bounds"
    assert refused.value.placeholders["name"] == name
    assert str(refused.value).startswith(f"The limit {name} must be a number from ")
    assert AlertSettings.salvaged({name: value, "off": ["offline"]}) == AlertSettings(off=frozenset({Kind.OFFLINE}))


@pytest.mark.parametrize("name", sorted(CHANNEL_THRESHOLDS))
def test_impossible_limits_of_a_channel_are_refused(name: str) -> None:
    data = {"channels": {"c1": {name: -3}}}
    with pytest.raises(ImpossibleThreshold):
        AlertSettings.from_data(data)
    assert AlertSettings.salvaged(data).for_channel("c1") == ChannelAlertSettings()


def test_foreign_things_are_passed_over() -> None:
    data = {
        "off": ["offline", "from_the_future", 7, None],
        "on": 5,
        "new_limit": 3,
        "power_limit": None,
        "channels": {"c1": 5, "c2": {"off": "overload", "on": ["offline"]}},
    }
    settings = AlertSettings.from_data(data)
    assert settings.off == {Kind.OFFLINE}
    assert settings.as_data() == {"off": ["offline"]}
    assert AlertSettings.salvaged(data).as_data() == {"off": ["offline"]}
    assert AlertSettings.from_data({"channels": []}) == AlertSettings()


def test_contradictions_are_refused() -> None:
    with pytest.raises(ImpossibleThreshold) as both:
        AlertSettings.from_data({"off": ["offline"], "on": ["offline"]})
    assert both.value.key == "on_and_off"
    with pytest.raises(ImpossibleThreshold) as custom:
        AlertSettings(off=frozenset({Kind.CUSTOM}))
    assert custom.value.key == "no_switch"
    with pytest.raises(ImpossibleThreshold):
        ChannelAlertSettings(off=frozenset({Kind.OFFLINE}))
    with pytest.raises(ImpossibleThreshold) as unknown:
        AlertSettings(thresholds={"colour": 1})
    assert unknown.value.key == "no_such_threshold"


def test_limits_that_never_warn_are_refused_by_the_panel() -> None:
    panel = a_panel()
    AlertSettings.from_data({"channels": {"c1": {"power_limit": 4600}, "gone": {"power_limit": 9999}}}).check(panel)
    with pytest.raises(ImpossibleThreshold) as above:
        AlertSettings.from_data({"channels": {"c1": {"power_limit": 4605}}}).check(panel)
    assert above.value.key == "limit_above_breaker"
    assert above.value.placeholders == {"channel": "Oven", "limit": "4605", "rated": "4600"}
    with pytest.raises(ImpossibleThreshold) as day:
        AlertSettings.from_data({"energy_budget_day": 50, "energy_budget_cycle": 40}).check(panel)
    assert day.value.key == "day_above_cycle"

"""The formats of older systems."""

import itertools
import json

import pytest

from simulator.faults import FaultPlan
from simulator.legacy import Apartment, PanelOfFloor
from simulator.meter import Meter
from simulator.options import Options
from simulator.street import Street

from .bench import HOUR, SteadyLoad

QUIET = FaultPlan()


class OneChannel(SteadyLoad):
    """Only the mains."""

    @property
    def channels(self):  # type: ignore[no-untyped-def]
        return super().channels[:1]

    def powers(self, first, count):  # type: ignore[no-untyped-def]
        return super().powers(first, count)[:1]


@pytest.mark.parametrize(("number", "digits"), [(1, 3), (2, 2)])
def test_data_pm_speaks_once_a_minute_with_kw_and_a_counter_in_kwh(number: int, digits: int) -> None:
    panel = PanelOfFloor(number, Meter(OneChannel()), HOUR, seed=1, faults=QUIET)
    said = [message for second in range(3601) for message in panel.step(HOUR + second * 1000)]
    assert len(said) == 61
    assert {message.topic for message in said} == {f"DATA/PM/PANEL_LANTAI_{number}"}
    assert not any(message.retain for message in said)
    contents = [json.loads(message.payload) for message in said]
    assert all(set(content) == {"power_kw", "energy_kwh"} for content in contents)
    assert {content["power_kw"] for content in contents} == {3.6}
    assert contents[0]["energy_kwh"] > 50
    assert contents[-1]["energy_kwh"] - contents[0]["energy_kwh"] == pytest.approx(3.6, abs=10**-digits)
    assert all(round(content["energy_kwh"], digits) == content["energy_kwh"] for content in contents)
    assert panel.truth.totals() == {"main.import": 3_600_000}


def test_the_counter_of_data_pm_starts_again_from_zero() -> None:
    panel = PanelOfFloor(1, Meter(OneChannel()), HOUR, seed=1, faults=FaultPlan(reset=1800))
    values = [
        json.loads(message.payload)["energy_kwh"]
        for second in range(0, 4 * 3600, 10)
        for message in panel.step(HOUR + second * 1000)
    ]
    falls = [after for before, after in itertools.pairwise(values) if after < before]
    resets = [fault for fault in panel.truth.faults if fault["kind"] == "counter_reset"]
    assert len(falls) == len(resets) >= 2
    assert set(falls) == {0.0}
    # The house goes on using energy, whatever the counter shows.
    assert panel.truth.totals()["main.import"] == pytest.approx(4 * 3_600_000, rel=0.01)


def test_an_apartment_speaks_every_two_seconds_with_volts_and_amperes() -> None:
    apartment = Apartment(9, Meter(OneChannel()), HOUR, seed=1, faults=QUIET)
    said = [message for second in range(60) for message in apartment.step(HOUR + second * 1000)]
    assert len(said) == 30
    assert {message.topic for message in said} == {"electricity/building/floor/201"}
    for message in said:
        content = json.loads(message.payload)
        assert set(content) == {"voltage", "current", "apartment", "floor"}
        assert (content["apartment"], content["floor"]) == ("201", "2")
        assert content["voltage"] * content["current"] == pytest.approx(3600, rel=0.001)


def test_numbers_that_are_none_come_as_the_bare_word() -> None:
    panel = PanelOfFloor(1, Meter(OneChannel()), HOUR, seed=1, faults=FaultPlan(nan=1))
    [message] = panel.step(HOUR)
    assert message.payload == b'{"power_kw": NaN, "energy_kwh": NaN}'


def test_a_street_has_as_many_old_devices_as_wished_each_with_its_own_house() -> None:
    devices = Street(Options(panels=0, legacy=3, apartments=4), HOUR).legacy()
    assert [device.id for device in devices] == [
        "PANEL_LANTAI_1", "PANEL_LANTAI_2", "PANEL_LANTAI_3", "101", "102", "103", "104",
    ]  # fmt: skip
    payloads = {message.payload for device in devices for message in device.step(HOUR)}
    assert len(payloads) == 7

"""JSON that devices post."""

import pytest

from custom_components.panel_meter.core.codecs.parsing import Rejected, RejectReason
from custom_components.panel_meter.core.codecs.posted import Fields, decode
from custom_components.panel_meter.core.model import Sample

KNOWN = Fields()


def one(content: object, fields: Fields = KNOWN) -> Sample:
    (sample,) = decode(content, fields, 200)
    return sample


def test_power_is_voltage_times_current_only_when_no_power_is_sent() -> None:
    apparent = one({"deviceId": "a", "voltage": 230.0, "current": 2.0})
    assert (apparent.power, apparent.apparent) == (460.0, True)
    active = one({"deviceId": "a", "voltage": 230.0, "current": 2.0, "power": 400})
    assert (active.power, active.apparent) == (400.0, False)


@pytest.mark.parametrize(
    ("content", "energy", "resolution"),
    [
        ({"kwh": 12.345}, 12_345_000, 1000),
        ({"kWh": 12}, 12_000_000, 1_000_000),
        ({"energy_kwh": 0.1}, 100_000, 100_000),
        ({"energy_wh": 12.5}, 12_500, 100),
        ({"energy_wh": 12.34567}, 12_346, 1),
    ],
)
def test_counters_keep_what_was_written(content: dict[str, float], energy: int, resolution: int) -> None:
    sample = one({"device": "a", **content})
    assert (sample.energy, sample.resolution) == (energy, resolution)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (1795204800, 1795204800.0),
        (1795204800500, 1795204800.5),
        ("2026-11-20T20:00:00Z", 1795204800.0),
        ("2026-11-21T03:00:00+07:00", 1795204800.0),
        ("2026-11-20T20:00:00", None),
        ("yesterday", None),
        ("9999-12-31T23:59:59-23:59", None),
        (0, None),
        (-5, None),
        (True, None),
        ([], None),
    ],
)
def test_instants_are_believed_only_with_their_zone(value: object, seconds: float | None) -> None:
    told = one({"device": "a", "power": 1, "timestamp": value}).time
    if value == "9999-12-31T23:59:59-23:59":
        # It tells its zone, and the meter does not believe it.
        assert told is None or told > 2e11
    else:
        assert told == seconds


def test_who_speaks_is_told_by_the_body_or_by_the_source() -> None:
    assert one({"apartment": 101, "power": 1}).panel.name == "Apartment 101"
    assert one({"panel": "PANEL_LANTAI_1", "power": 1}).panel.name == "Panel Lantai 1"
    (sample,) = decode({"power": 1}, KNOWN, 200, ("a1b2", "Cellar"))
    assert (sample.panel.id, sample.panel.name) == ("posted:a1b2", "Cellar")
    with pytest.raises(Rejected) as rejected:
        decode({"power": 1}, KNOWN, 200)
    assert rejected.value.reason is RejectReason.MISSING_KEY


def test_the_oldest_comes_first_only_if_all_of_them_say_when() -> None:
    both = [{"device": "a", "power": 2, "time": 1795204860}, {"device": "a", "power": 1, "time": 1795204800}]
    assert [sample.power for sample in decode(both, KNOWN, 200)] == [1, 2]
    assert [sample.power for sample in decode([*both, {"device": "a", "power": 3}], KNOWN, 200)] == [2, 1, 3]


def test_told_names_replace_the_known_ones_and_a_dot_goes_deeper() -> None:
    fields = Fields.from_data({"power": " a.b.c ", "power_unit": "kW", "energy": "e", "energy_unit": "parsec"})
    sample = one({"device": "x", "a": {"b": {"c": 1.5}}, "e": 2, "power": 7}, fields)
    assert (sample.power, sample.energy) == (1500.0, 2_000_000)
    # A name with a dot may also stand there as it is.
    assert one({"device": "x", "a.b.c": 1.5}, fields).power == 1500.0
    for wrong in ({"a": 1}, {"a": {"b": []}}, {"a": {"b": {"c": None}}}):
        with pytest.raises(Rejected):
            one({"device": "x", **wrong}, fields)


def test_what_a_user_told_in_another_form_is_left_out() -> None:
    assert Fields.from_data({"power": 7, "device": "", "time": None}) == KNOWN


def test_no_more_readings_than_are_taken_at_once() -> None:
    reading = {"device": "a", "power": 1}
    assert len(decode([reading] * 3, KNOWN, 3)) == 3
    for content in ([reading] * 4, {"readings": [reading] * 4}):
        with pytest.raises(Rejected):
            decode(content, KNOWN, 3)

"""The formats of older systems: what they say, and that hostile payloads are refused whole."""

from hypothesis import given, strategies as st
import orjson
import pytest

from custom_components.panel_meter.core.codecs import codecs_for
from custom_components.panel_meter.core.codecs.apartment import ApartmentCodec
from custom_components.panel_meter.core.codecs.data_pm import DataPmCodec, milliwatt_hours, pretty
from custom_components.panel_meter.core.codecs.parsing import Rejected, RejectReason
from custom_components.panel_meter.core.model import Register, Role, Sample

DATA_PM = DataPmCodec()
APARTMENT = ApartmentCodec()
TOPIC = "DATA/PM/PANEL_LANTAI_1"
FLOOR = "electricity/building/floor/101"
MEASURED = 1_795_204_800


def data_pm(payload: bytes, topic: str = TOPIC) -> Sample:
    (reading,) = DATA_PM.decode(topic, payload).readings
    assert isinstance(reading, Sample)
    return reading


def apartment(payload: bytes, topic: str = FLOOR) -> Sample:
    (reading,) = APARTMENT.decode(topic, payload).readings
    assert isinstance(reading, Sample)
    return reading


# --- DATA/PM -------------------------------------------------------------------------------------------------------


def test_power_and_energy_of_a_panel() -> None:
    sample = data_pm(b'{"power_kw": 1.257, "energy_kwh": 12.345678}')
    assert (sample.panel.id, sample.panel.name, sample.panel.codec) == (
        "data_pm:PANEL_LANTAI_1", "Panel Lantai 1", "data_pm",
    )  # fmt: skip
    assert sample.panel.registers == (Register.parse("main.import"),)
    assert [(channel.id, channel.role) for channel in sample.panel.channels] == [("main", Role.MAIN)]
    assert (sample.channel, sample.power, sample.energy, sample.resolution) == ("main", 1257.0, 12_345_678, 1)
    assert not sample.apparent


@pytest.mark.parametrize(
    ("kwh", "energy", "resolution"),
    [
        (0, 0, 1_000_000),
        (12, 12_000_000, 1_000_000),
        (12.0, 12_000_000, 1_000_000),
        (120.0, 120_000_000, 1_000_000),
        (12.3, 12_300_000, 100_000),
        (12.34, 12_340_000, 10_000),
        (0.1, 100_000, 100_000),
        (1e-6, 1, 1),
        (1e-9, 0, 1),
        (1234567.890123, 1_234_567_890_123, 1),
        (9007199254.740991, 2**53 - 1, 1),
    ],
)
def test_kilowatt_hours_are_exact(kwh: float, energy: int, resolution: int) -> None:
    assert milliwatt_hours(kwh) == (energy, resolution)


@given(st.integers(0, 10**14))
def test_every_number_of_milliwatt_hours_survives_its_decimals(energy: int) -> None:
    written = orjson.loads(f"{energy // 10**6}.{energy % 10**6:06d}")
    assert milliwatt_hours(written)[0] == energy


def test_energy_may_be_missing() -> None:
    sample = data_pm(b'{"power_kw": 0.5}')
    assert (sample.power, sample.energy) == (500.0, None)
    assert data_pm(b'{"power_kw": 0.5, "energy_kwh": null}').energy is None


def test_power_may_be_missing() -> None:
    assert data_pm(b'{"energy_kwh": 5}').power is None


def test_a_true_zero_is_a_value() -> None:
    sample = data_pm(b'{"power_kw": 0, "energy_kwh": 0}')
    assert (sample.power, sample.energy) == (0.0, 0)


def test_other_keys_are_taken_or_ignored() -> None:
    sample = data_pm(b'{"power_kw": 1, "energy_kwh": 1, "voltage": 231.5, "current": 4, "foo": {"bar": []}}')
    assert (sample.voltage, sample.current) == (231.5, 4)


@pytest.mark.parametrize("written", [b"1795204800", b"1795204800000", b"1795204800.0"])
def test_a_time_in_seconds_or_milliseconds_is_used(written: bytes) -> None:
    assert data_pm(b'{"power_kw": 1, "timestamp": ' + written + b"}").time == MEASURED


@pytest.mark.parametrize("written", [b'"2026-11-20 10:00:00"', b"null", b"true", b"-5", b"0", b"1e300", b"[1]"])
def test_a_time_that_does_not_tell_its_zone_or_is_none_is_ignored(written: bytes) -> None:
    assert data_pm(b'{"power_kw": 1, "time": ' + written + b"}").time is None


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", RejectReason.NOT_JSON),
        (b"online", RejectReason.NOT_JSON),
        (b'{"power_kw": NaN}', RejectReason.NOT_JSON),
        (b'{"power_kw": Infinity}', RejectReason.NOT_JSON),
        (b'{"power_kw": 1e999}', RejectReason.NOT_JSON),
        (b"[1, 2]", RejectReason.NOT_OBJECT),
        (b"12.5", RejectReason.NOT_OBJECT),
        (b"{}", RejectReason.MISSING_KEY),
        (b'{"power_kw": null}', RejectReason.MISSING_KEY),
        (b'{"power_kw": "1.2"}', RejectReason.WRONG_TYPE),
        (b'{"power_kw": true}', RejectReason.WRONG_TYPE),
        (b'{"power_kw": 1, "energy_kwh": [5]}', RejectReason.WRONG_TYPE),
        (b'{"power_kw": 1, "energy_kwh": -5}', RejectReason.OUT_OF_RANGE),
        (b'{"power_kw": 1, "energy_kwh": 1e12}', RejectReason.OUT_OF_RANGE),
        (b'{"power_kw": 1e9, "energy_kwh": 1}', RejectReason.OUT_OF_RANGE),
        (b'{"power_kw": 1, "voltage": 99999}', RejectReason.OUT_OF_RANGE),
        (b'{"power_kw": 1, "x": "' + b"x" * 9000 + b'"}', RejectReason.TOO_LARGE),
    ],
)
def test_unusable_payloads_are_refused_with_their_reason(payload: bytes, reason: RejectReason) -> None:
    with pytest.raises(Rejected) as refused:
        DATA_PM.decode(TOPIC, payload)
    assert refused.value.reason is reason


@pytest.mark.parametrize(
    "name", ["", "a/b", "a b", "x" * 65, "ä", "<script>", "../x", "a\n", "a\x00", "+", "#", "\u202ea"]
)
def test_hostile_names_of_panels_are_refused(name: str) -> None:
    assert DATA_PM.panel_of(f"DATA/PM/{name}") is None
    with pytest.raises(Rejected) as refused:
        DATA_PM.decode(f"DATA/PM/{name}", b'{"power_kw": 1}')
    assert refused.value.reason is RejectReason.TOPIC


@pytest.mark.parametrize(
    ("name", "words"),
    [("PANEL_LANTAI_2", "Panel Lantai 2"), ("garage-east", "garage east"), ("eV.1", "eV 1"), ("...", "...")],
)
def test_names_are_written_as_people_write_them(name: str, words: str) -> None:
    assert pretty(name) == words


# --- apartments ----------------------------------------------------------------------------------------------------


def test_voltage_and_current_of_an_apartment() -> None:
    sample = apartment(b'{"voltage":220.5,"current":2.3,"apartment":"101","floor":"1"}')
    assert (sample.panel.id, sample.panel.name, sample.panel.codec) == ("apartment:101", "Apartment 101", "apartment")
    assert sample.power == pytest.approx(507.15)
    assert sample.apparent
    assert (sample.voltage, sample.current, sample.energy) == (220.5, 2.3, None)


def test_power_that_is_sent_wins() -> None:
    sample = apartment(b'{"voltage":220,"current":2,"power":400,"apartment":101}')
    assert (sample.power, sample.apparent) == (400, False)
    assert apartment(b'{"power":400}').panel.id == "apartment:101"


def test_the_shared_topic_tells_the_apartment_in_the_payload() -> None:
    assert APARTMENT.panel_of("electricity/data") is None
    sample = apartment(b'{"voltage":220,"current":2,"apartment":"2b"}', "electricity/data")
    assert sample.panel.id == "apartment:2b"


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        (FLOOR, b'{"voltage":220,"current":2,"apartment":"102"}', RejectReason.TOPIC),
        (FLOOR, b'{"voltage":220,"current":2,"apartment":["101"]}', RejectReason.WRONG_TYPE),
        (FLOOR, b'{"voltage":220,"current":2,"apartment":true}', RejectReason.WRONG_TYPE),
        (FLOOR, b'{"voltage":220}', RejectReason.MISSING_KEY),
        (FLOOR, b'{"current":2}', RejectReason.MISSING_KEY),
        (FLOOR, b'{"voltage":"220","current":2}', RejectReason.WRONG_TYPE),
        (FLOOR, b'{"voltage":220,"current":-2}', RejectReason.OUT_OF_RANGE),
        (FLOOR, b'{"voltage":220,"current":NaN}', RejectReason.NOT_JSON),
        ("electricity/building/floor/a/b", b'{"power":1}', RejectReason.TOPIC),
        ("electricity/building/floor/", b'{"power":1}', RejectReason.TOPIC),
        ("electricity/other", b'{"power":1,"apartment":"1"}', RejectReason.TOPIC),
        ("electricity/data", b'{"power":1}', RejectReason.MISSING_KEY),
        ("electricity/data", b'{"power":1,"apartment":"<b>"}', RejectReason.NAME),
        ("electricity/data", b'{"power":1,"apartment":""}', RejectReason.NAME),
    ],
)
def test_unusable_messages_of_apartments_are_refused(topic: str, payload: bytes, reason: RejectReason) -> None:
    with pytest.raises(Rejected) as refused:
        APARTMENT.decode(topic, payload)
    assert refused.value.reason is reason


# --- all of them ---------------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)
KEYS = st.sampled_from(["power_kw", "energy_kwh", "voltage", "current", "power", "apartment", "time", "timestamp"])


@given(
    topic=st.sampled_from([TOPIC, FLOOR, "electricity/data"]) | st.text(max_size=30),
    payload=st.binary(max_size=50) | st.dictionaries(KEYS, JSON, max_size=6).map(orjson.dumps),
)
def test_a_codec_returns_a_message_or_refuses(topic: str, payload: bytes) -> None:
    for codec in codecs_for("panel_meter", {"data_pm", "apartment"})[1:]:
        try:
            message = codec.decode(topic, payload)
        except Rejected:
            continue
        (sample,) = message.readings
        assert isinstance(sample, Sample)
        assert sample.panel.id == message.panel
        assert sample.power is not None or sample.energy is not None


def test_the_filters_fit_the_topics() -> None:
    assert [wanted.topic for wanted in DATA_PM.filters()] == ["DATA/PM/+"]
    assert [wanted.topic for wanted in APARTMENT.filters()] == ["electricity/building/floor/+", "electricity/data"]

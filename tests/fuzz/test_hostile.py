"""Sizes, depths, names and numbers that somebody chose to do harm."""

from collections.abc import Iterator
import json
from unittest.mock import patch

import orjson
import pytest

from custom_components.panel_meter.core.codecs import parsing
from custom_components.panel_meter.core.codecs.parsing import MAX_PAYLOAD, Rejected, RejectReason
from custom_components.panel_meter.core.model import Live, Panel
from custom_components.panel_meter.core.source_state import DamagedState, RegisterState
from custom_components.panel_meter.ledger.description import from_text, to_text
from tests.core.protocol import PANEL, live

from .targets import APARTMENT, DATA_PM, KIND_NAMES, NATIVE, SAMPLE_TOPICS

BASE = f"panel_meter/1/{PANEL.id}"
ALL = [
    *((NATIVE, f"{BASE}/{kind}") for kind in KIND_NAMES),
    *((APARTMENT if "electricity" in topic else DATA_PM, topic) for topic in SAMPLE_TOPICS),
]


@pytest.fixture
def parsed() -> Iterator[list[int]]:
    """Sizes of what reaches the JSON parser."""
    sizes: list[int] = []

    def loads(payload: bytes) -> object:
        sizes.append(len(payload))
        return orjson.loads(payload)

    with patch.object(parsing, "orjson", wraps=orjson) as fake:
        fake.loads = loads
        fake.JSONDecodeError = orjson.JSONDecodeError
        yield sizes


@pytest.mark.parametrize("size", [MAX_PAYLOAD + 1, 1_000_000])
@pytest.mark.parametrize(("codec", "topic"), ALL)
def test_what_is_too_large_is_never_parsed(codec: object, topic: str, size: int, parsed: list[int]) -> None:
    with pytest.raises(Rejected) as rejected:
        codec.decode(topic, b'{"x":"' + b"x" * (size - 8) + b'"}')
    assert rejected.value.reason in (RejectReason.TOO_LARGE, RejectReason.OUT_OF_RANGE)
    assert parsed == []


@pytest.mark.parametrize(("codec", "topic"), [each for each in ALL if not each[1].endswith("status")])
def test_what_is_refused_is_parsed_once(codec: object, topic: str, parsed: list[int]) -> None:
    with pytest.raises(Rejected):
        codec.decode(topic, b'{"x":"' + b"x" * 4088 + b'"}')
    assert parsed == [4096]


@pytest.mark.parametrize(("codec", "topic"), ALL)
@pytest.mark.parametrize(
    "payload",
    [b"[" * 8000, b'{"a":' * 1600, b"[" * 4000 + b"]" * 4000, b"1" * 8000, b'{"energy":1' + b"0" * 8000 + b"}"],
    ids=["lists", "objects", "closed lists", "digits", "digits of energy"],
)
def test_depth_and_length_are_refused(codec: object, topic: str, payload: bytes) -> None:
    with pytest.raises(Rejected):
        codec.decode(topic, payload)


def test_of_a_doubled_key_the_last_counts_and_is_judged() -> None:
    (reading,) = NATIVE.decode(f"{BASE}/live", live()[:-1] + b', "energy": [1, 2]}').readings
    assert isinstance(reading, Live)
    assert reading.energy == (1, 2)
    with pytest.raises(Rejected):
        NATIVE.decode(f"{BASE}/live", live()[:-1] + b', "energy": [1, -2]}')


@pytest.mark.parametrize("number", ["9007199254740992", "18446744073709551616", "1" + "0" * 400, "1e15", "5.0", "-0.0"])
def test_an_energy_beyond_all_bounds_or_with_a_point_is_refused(number: str) -> None:
    with pytest.raises(Rejected):
        NATIVE.decode(f"{BASE}/live", live(energy=[12345, 0]).replace(b"12345", number.encode()))


@pytest.mark.parametrize(
    "name",
    [
        "\uff41",
        "1\u0663",
        "é",
        "e\u0301",
        "panel\u200b",
        "a\u00ad",
        "\U0001f4a1",
        "a\u2028",
        "%00",
        "a;b",
        "$share",
        "a\ufeff",
    ],
)
def test_names_that_look_like_others_are_refused(name: str) -> None:
    for codec, topic in (
        (NATIVE, f"panel_meter/1/{name}/live"),
        (DATA_PM, f"DATA/PM/{name}"),
        (APARTMENT, f"electricity/building/floor/{name}"),
    ):
        with pytest.raises(Rejected) as rejected:
            codec.decode(topic, live())
        assert rejected.value.reason is RejectReason.TOPIC
    with pytest.raises(Rejected):
        APARTMENT.decode("electricity/data", json.dumps({"power": 1, "apartment": name}).encode())


# --- what stands on the disk ---------------------------------------------------------------------------------------


def test_an_announcement_survives_the_disk() -> None:
    assert from_text(to_text(PANEL)) == PANEL
    assert from_text(to_text(Panel(id="a", name="a", codec="data_pm", channels=(), registers=()))) is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"interval": "300"},
        {"interval": 0},
        {"interval": True},
        {"nominal_voltage": "x"},
        {"nominal_voltage": 0},
        {"id": ["a"]},
        {"boot": 5},
        {"channels": None},
        {"channels": [5]},
        {"channels": [{"id": {}, "name": "a", "role": "main", "phase": None}]},
        {"channels": [{"id": "a", "name": "a", "role": "boss", "phase": None}]},
        {"registers": ["main.import"]},
        {"registers": [{"channel": "main", "direction": "up"}]},
    ],
)
def test_an_announcement_of_wrong_types_is_none(changes: dict[str, object]) -> None:
    assert from_text(json.dumps(json.loads(to_text(PANEL)) | changes)) is None


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "{}", '{"interval":NaN}', "[" * 100_000, '{"a":' * 100_000, "\ud800", '"\\ud800"', "1e999"],
)
def test_what_is_no_stored_text_is_taken_for_none(text: str) -> None:
    assert from_text(text) is None
    with pytest.raises(DamagedState):
        RegisterState.from_json(text)


@pytest.mark.parametrize(
    "piece",
    ["[5,4,1,0]", "[0,1,-1,0]", "[0,1,1,-1]", "[0,1,1,256]", "[0,1,9007199254740992,0]", "[0,9007199254740991,1,0]"],
)
def test_a_stored_piece_that_the_ledger_would_refuse_is_damage(piece: str) -> None:
    with pytest.raises(DamagedState):
        RegisterState.from_json('{"version":1,"open":[' + piece + "]}")

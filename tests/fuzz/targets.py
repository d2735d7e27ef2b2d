"""What is fuzzed: functions that take any bytes and must not raise; whatever they raise is a bug."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields, is_dataclass
from enum import Enum
import json
from math import isfinite
import types
from typing import Union, get_args, get_origin, get_type_hints

import orjson

from custom_components.panel_meter.core.codecs import Codec, codecs_for, posted as posted_codec
from custom_components.panel_meter.core.codecs.native import KINDS, decode_part
from custom_components.panel_meter.core.codecs.parsing import MAX_PAYLOAD, Rejected
from custom_components.panel_meter.core.journal_meter import JournalMeter
from custom_components.panel_meter.core.model import MAX_ENERGY, Live, Panel, Record, Register, Sample
from custom_components.panel_meter.core.source_meter import SourceMeter
from custom_components.panel_meter.core.source_state import DamagedState, RegisterState
from custom_components.panel_meter.ledger.booking import LONGEST_SPAN
from custom_components.panel_meter.ledger.description import from_text, to_text
from tests.core.protocol import HOUR, NOW, PANEL, info, live, message, record, rows

NATIVE, DATA_PM, APARTMENT = codecs_for("panel_meter")
SAMPLE_TOPICS = ("DATA/PM/ONE", "electricity/building/floor/101", "electricity/data")
KIND_NAMES = tuple(KINDS)
#: What bodies of posts are read with: what is known, and what a user told.
FIELDS = (
    posted_codec.Fields(),
    posted_codec.Fields.from_data({"device": "meta.id", "power": "p", "power_unit": "kW", "energy": "e", "time": "t"}),
)
MOST_READINGS = 200

type Target = Callable[[bytes], None]


def native(data: bytes) -> None:
    """Protocol v1: the first byte is the kind of message."""
    if data:
        _decode(NATIVE, f"panel_meter/1/{PANEL.id}/{KIND_NAMES[data[0] % len(KIND_NAMES)]}", data[1:])


def topics(data: bytes) -> None:
    """Any topic with a payload that every format understands in part; only text comes as a topic."""
    topic, _, payload = data.partition(b"\n")
    for codec in (NATIVE, DATA_PM, APARTMENT):
        name = topic.decode(errors="replace")
        codec.panel_of(name)
        _decode(codec, name, payload)


def data_pm(data: bytes) -> None:
    """DATA/PM."""
    _decode(DATA_PM, SAMPLE_TOPICS[0], data)


def apartment(data: bytes) -> None:
    """Apartments: the first byte is the topic."""
    if data:
        _decode(APARTMENT, SAMPLE_TOPICS[1 + data[0] % 2], data[1:])


def posted(data: bytes) -> None:
    """The JSON of a device that posts, against a meter: the first byte is the fields that the user told."""
    if not data:
        return
    try:
        content = orjson.loads(data[1:])
        samples = posted_codec.decode(content, FIELDS[data[0] % 2], MOST_READINGS, ("device", "Device"))
    except orjson.JSONDecodeError, Rejected:
        return
    assert 0 < len(samples) <= MOST_READINGS
    times = [sample.time for sample in samples if sample.time is not None]
    assert len(times) < len(samples) or times == sorted(times)
    meter = SourceMeter(samples[0].panel)
    for second, sample in enumerate(samples):
        _check(sample)
        assert sample.power is not None or sample.energy is not None
        before = meter.totals
        meter.feed(sample, NOW + second, retained=False)
        assert all(meter.totals[register] >= total for register, total in before.items())


def parts(data: bytes) -> None:
    """A body in the protocol's form: its parts are read, or refused."""
    try:
        content = orjson.loads(data)
    except orjson.JSONDecodeError:
        return
    for kind, part in content.items() if isinstance(content, dict) else ():
        if isinstance(part, dict):
            with suppress(Rejected):
                _check(decode_part(PANEL.id, kind, lambda part=part: part))


def journal_meter(data: bytes) -> None:
    """A live or record message against a meter with history: it is taken or refused, and a refusal changes nothing."""
    if not data:
        return
    meter = JournalMeter(PANEL, now=HOUR)
    meter.record(message(*rows([(100_000, 0), (200_000, 0)])), HOUR + 700)
    before = (dict(meter.journals), dict(meter.totals), meter.shown)
    try:
        reading = NATIVE.decode(f"panel_meter/1/{PANEL.id}/{('live', 'record')[data[0] % 2]}", data[1:]).readings[0]
        if isinstance(reading, Live):
            meter.live(reading, NOW)
        elif isinstance(reading, Record):
            for admission in meter.record(reading, NOW):
                for interval in admission.intervals:
                    assert 0 <= interval.end - interval.start <= LONGEST_SPAN, "the ledger would refuse it"
                    assert min(interval.energy) >= 0
                    assert max(interval.energy) <= MAX_ENERGY
    except Rejected:
        assert (dict(meter.journals), dict(meter.totals), meter.shown) == before
    for register, total in before[2].items():
        assert meter.total(register) >= total


def source_meter(data: bytes) -> None:
    """Samples, one a line, against a meter that goes on from a stored state, which is the first line."""
    state, *lines = data.split(b"\n")
    main = Register.parse("main.import")
    panel = Panel(id="data_pm:ONE", name="One", codec="data_pm", channels=(), registers=(main,))
    meter = SourceMeter(panel, meters={main: state.decode(errors="replace")})
    for second, line in enumerate(lines[:20]):
        before = (meter.totals, meter.open())
        try:
            (sample,) = DATA_PM.decode(SAMPLE_TOPICS[0], line).readings
        except Rejected:
            assert (meter.totals, meter.open()) == before
            continue
        assert isinstance(sample, Sample)
        meter.feed(sample, NOW + 60 * second, retained=False)
        assert meter.totals[main] >= before[0][main]
    checkpoint = meter.checkpoint(NOW + 86_400)
    if checkpoint is not None:
        for interval in checkpoint.intervals:
            assert 0 <= interval.end - interval.start <= LONGEST_SPAN, "the ledger would refuse it"
        for text in checkpoint.meters.values():
            RegisterState.from_json(text)


def register_state(data: bytes) -> None:
    """The stored state of a register: what can be read is written back the same."""
    with suppress(DamagedState):
        state = RegisterState.from_json(data.decode(errors="replace"))
        _check(state)
        assert RegisterState.from_json(state.to_json()) == state


def description(data: bytes) -> None:
    """A stored announcement: what can be read has the right types and is written back the same."""
    panel = from_text(data.decode(errors="replace"))
    if panel is not None:
        _check(panel)
        assert from_text(to_text(panel)) == panel


TARGETS: dict[str, Target] = {
    each.__name__: each
    for each in (
        native,
        topics,
        data_pm,
        apartment,
        posted,
        parts,
        journal_meter,
        source_meter,
        register_state,
        description,
    )
}
_ALL = tuple(TARGETS.values())


def everything(data: bytes) -> None:
    """All of them: the first byte is the target."""
    if data:
        _ALL[data[0] % len(_ALL)](data[1:])


_SAMPLE = b'{"power_kw": 1.257, "energy_kwh": 12.345678, "voltage": 231.5, "current": 4, "timestamp": 1795204800}'
_STATE = (
    b'{"version":1,"counter":{"mark":[12345678,1795204800000],"clock":null,"boot":"a","resolution":1,"recent":[60000],'
    b'"provisional":false,"suspects":[[5,1795204800000]],"jump":[[5,6],[7,8]],"previous":[[5,6],true,7,3]},'
    b'"power":{"power":5,"time":1795204800000,"clock":null,"carried":7,"recent":[60000]},'
    b'"open":[[1795204800000,1795204860000,55,64]]}'
)
_ROWS = record([[3, HOUR + 900, 300, 0, 205_000, 10], [4, HOUR + 1200, 300, 2, 206_000, 11]], oldest=3)
_ONES = [
    info(),
    b"online",
    live(),
    _ROWS,
    b'{"host":"9e01c7d2","journal":"5c1e90aa","seq":412}',
    b'{"id":"7f3a","ok":false,"error":"range"}',
]
#: Good inputs to begin with, by target.
SEEDS: dict[str, list[bytes]] = {
    "native": [bytes([kind]) + payload for kind, payload in enumerate(_ONES)],
    "topics": [b"panel_meter/1/apt-101/live\n" + live(), b"DATA/PM/ONE\n" + _SAMPLE, b"electricity/data\n{}"],
    "data_pm": [_SAMPLE],
    "apartment": [b'\x01{"voltage":220.5,"current":2.3,"apartment":"101"}', b'\x00{"power":5,"apartment":101}'],
    "posted": [
        b'\x00{"deviceId":"esp32_001","current":2.3,"voltage":230.5,"temperature":32.5}',
        b'\x00[{"power_kw":1.2,"energy_kwh":5.5,"timestamp":"2026-11-21T03:00:00Z"},{"power":1,"timestamp":1795204800}]',
        b'\x00{"voltage":220.5,"current":2.3,"apartment":"101","floor":"1"}',
        b'\x01{"meta":{"id":"x"},"readings":[{"p":1,"e":2.5,"t":1795204800},{"p":2,"e":2.75,"t":1795204860000}]}',
    ],
    "parts": [
        b'{"info":' + info() + b',"live":' + live() + b',"record":' + _ROWS + b',"response":{"id":"7f3a","ok":true}}'
    ],
    "journal_meter": [b"\x00" + live(energy=[205_000, 5]), b"\x01" + _ROWS],
    "source_meter": [_STATE + b"\n" + _SAMPLE + b"\n" + _SAMPLE.replace(b"12.345678", b"12.4")],
    "register_state": [_STATE],
    "description": [to_text(PANEL).encode()],
}
SEEDS["everything"] = [bytes([place]) + seed for place, name in enumerate(TARGETS) for seed in SEEDS[name]]
TARGETS["everything"] = everything


def _decode(codec: Codec, topic: str, payload: bytes) -> None:
    try:
        decoded = codec.decode(topic, payload)
    except Rejected:
        return
    assert len(payload) <= MAX_PAYLOAD
    for reading in decoded.readings:
        _check(reading)


def _check(value: object) -> None:
    """A dataclass holds what it says, all the way down, and no number that JSON does not know."""
    if not is_dataclass(value) or isinstance(value, type):
        return
    hints = get_type_hints(type(value))
    for field in fields(value):
        content = getattr(value, field.name)
        assert _is(content, hints[field.name]), f"{type(value).__name__}.{field.name} is {content!r}"
        for item in content if isinstance(content, tuple) else (content,):
            _check(item)


def _is(value: object, hint: object) -> bool:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return any(_is(value, each) for each in arguments)
    if origin is tuple:
        return isinstance(value, tuple) and all(_is(item, arguments[0]) for item in value)
    if hint is None or hint is type(None):
        return value is None
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    if hint is int and not isinstance(value, Enum):
        return type(value) is int
    return isinstance(value, hint) if isinstance(hint, type) else True


def dictionary() -> str:
    """Words that the formats know, for the fuzzer."""
    words = {"null", "true", "-1", "1e999", "9007199254740992", "18446744073709551616", "\\u0000", "NaN"}
    for seed in (
        *_ONES,
        _SAMPLE,
        _STATE,
        *SEEDS["apartment"],
        *SEEDS["posted"],
        *SEEDS["parts"],
        *SEEDS["description"],
    ):
        with suppress(ValueError):
            parsed = json.loads(seed.lstrip(b"\x00\x01"))
            words |= {json.dumps(key) for key in parsed}
    return "".join('"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"\n' for word in sorted(words))

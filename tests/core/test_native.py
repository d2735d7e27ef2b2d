"""Protocol v1 as bytes: what is understood, and what is refused with which reason."""

from collections.abc import Callable
from contextlib import suppress

from hypothesis import given, strategies as st
import pytest

from custom_components.panel_meter.core.codecs.native import KINDS, NativeCodec, decode
from custom_components.panel_meter.core.codecs.parsing import Rejected, RejectReason
from custom_components.panel_meter.core.model import (
    Acknowledgement,
    Info,
    Live,
    Phase,
    Record,
    RecordRow,
    Register,
    Response,
    Role,
    Status,
)

from .protocol import BOOT, JOURNAL, NOW, PANEL, encode, info, live, record


def test_an_announcement_becomes_a_panel() -> None:
    reading = decode(PANEL.id, "info", info())
    assert isinstance(reading, Info)
    panel = reading.panel
    assert (panel.id, panel.name, panel.journal, panel.boot) == ("apt-101", "Apartment 101", JOURNAL, BOOT)
    assert panel.registers == (Register.parse("main.import"), Register.parse("c1.import"))
    kitchen = panel.channel("c1")
    assert (kitchen.role, kitchen.phase, kitchen.rating, kitchen.slot) == (Role.CIRCUIT, Phase.L1, 20, 1)


def test_what_an_announcement_leaves_out_has_a_default() -> None:
    channels = [{"id": "main"}]
    reading = decode(
        PANEL.id,
        "info",
        info(name=..., interval=..., nominal_voltage=..., channels=channels, registers=["main.import"]),
    )
    assert isinstance(reading, Info)
    assert (reading.panel.name, reading.panel.interval, reading.panel.nominal_voltage) == ("apt-101", 300, 230.0)
    assert reading.panel.channel("main").name == "main"


def test_live_values_keep_their_order_and_their_gaps() -> None:
    reading = decode(PANEL.id, "live", live(power=[1523.4, None], time=0, temperature=None))
    assert isinstance(reading, Live)
    assert reading.time is None
    assert reading.energy == (12_345_678_901, 345_678_901)
    assert reading.measurements.power == (1523.4, None)
    assert reading.measurements.voltage == (231.2,)
    assert reading.measurements.quantities() == {"current", "power_factor", "voltage_1", "frequency"}


def test_only_journal_boot_uptime_and_energy_are_mandatory_in_live() -> None:
    reading = decode(PANEL.id, "live", encode({"journal": JOURNAL, "boot": BOOT, "uptime": 1, "energy": [1, 2]}, {}))
    assert isinstance(reading, Live)
    assert reading.measurements.quantities() == frozenset()


def test_records_are_rows() -> None:
    reading = decode(PANEL.id, "record", record([[412, NOW, 300, 4, 10, 20]], oldest=120, registers=["a.import"]))
    assert reading == Record(
        journal=JOURNAL,
        oldest=120,
        rows=(RecordRow(412, NOW, 300, 4, (10, 20)),),
        registers=(Register.parse("a.import"),),
    )


def test_the_small_messages() -> None:
    assert decode("a", "status", b"online") == Status(online=True)
    assert decode("a", "status", b"offline") == Status(online=False)
    assert decode("a", "response", b'{"id":"7f3a","ok":false,"error":"range"}') == Response(
        id="7f3a", ok=False, error="range"
    )
    assert decode("a", "ack", b'{"host":"9e01c7d2","journal":"5c1e90aa","seq":412}') == Acknowledgement(
        host="9e01c7d2", journal=JOURNAL, seq=412
    )


@pytest.mark.parametrize(
    ("kind", "payload", "reason"),
    [
        ("info", b"{" * 9000, RejectReason.TOO_LARGE),
        ("info", b"\xff\xfe", RejectReason.NOT_JSON),
        ("info", b"[]", RejectReason.NOT_OBJECT),
        ("info", info(protocol=...), RejectReason.MISSING_KEY),
        ("info", info(protocol="2.0"), RejectReason.VERSION),
        ("info", info(id="apt-102"), RejectReason.TOPIC),
        ("info", info(boot="xyz"), RejectReason.OUT_OF_RANGE),
        ("info", info(boot=7), RejectReason.WRONG_TYPE),
        ("info", info(name="x" * 65), RejectReason.NAME),
        ("info", info(name="evil\u202ename"), RejectReason.NAME),
        ("info", info(name="a\x00b"), RejectReason.NAME),
        ("info", info(interval=7), RejectReason.OUT_OF_RANGE),
        ("info", info(interval=420), RejectReason.OUT_OF_RANGE),
        ("info", info(registers=[]), RejectReason.OUT_OF_RANGE),
        ("info", info(registers=["main.import", "main.import"]), RejectReason.OUT_OF_RANGE),
        ("info", info(registers=["elsewhere.import"]), RejectReason.OUT_OF_RANGE),
        ("info", info(registers=["main.sideways"]), RejectReason.OUT_OF_RANGE),
        ("info", info(channels=[]), RejectReason.OUT_OF_RANGE),
        ("info", info(channels=[{"id": "main"}, {"id": "main"}]), RejectReason.OUT_OF_RANGE),
        ("info", info(channels=[{"id": "../etc"}]), RejectReason.OUT_OF_RANGE),
        ("info", info(channels=[{"id": "main", "role": "boss"}]), RejectReason.OUT_OF_RANGE),
        ("info", info(channels=[{"id": "main", "parent": "nobody"}]), RejectReason.OUT_OF_RANGE),
        (
            "info",
            info(channels=[{"id": "main", "parent": "c1"}, {"id": "c1", "parent": "main"}]),
            RejectReason.OUT_OF_RANGE,
        ),
        ("status", b"maybe", RejectReason.OUT_OF_RANGE),
        ("live", live(energy=[-1, 0]), RejectReason.OUT_OF_RANGE),
        ("live", live(energy=[2**53, 0]), RejectReason.OUT_OF_RANGE),
        ("live", live(energy=[1.5, 0]), RejectReason.WRONG_TYPE),
        ("live", live(energy=[True, 0]), RejectReason.WRONG_TYPE),
        ("live", live(energy=...), RejectReason.MISSING_KEY),
        ("live", live(power=[1e7, 0]), RejectReason.OUT_OF_RANGE),
        ("live", live(power=False), RejectReason.WRONG_TYPE),
        ("live", live(voltage=["230"]), RejectReason.WRONG_TYPE),
        ("live", live().replace(b"1523.4", b"NaN"), RejectReason.NOT_JSON),
        ("live", live().replace(b"1523.4", b"1e999"), RejectReason.NOT_JSON),
        ("record", record([]), RejectReason.OUT_OF_RANGE),
        ("record", record([[1, NOW, 300, 0]]), RejectReason.LENGTH),
        ("record", record([[1, NOW, 300, 0, 5]], oldest=2), RejectReason.OUT_OF_RANGE),
        ("record", record([[0, NOW, 300, 0, 5]]), RejectReason.OUT_OF_RANGE),
        ("record", record([["1", NOW, 300, 0, 5]]), RejectReason.WRONG_TYPE),
        ("response", b'{"id":"1","ok":1}', RejectReason.WRONG_TYPE),
        ("firmware", b"{}", RejectReason.TOPIC),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_reason(kind: str, payload: bytes, reason: RejectReason) -> None:
    with pytest.raises(Rejected) as rejected:
        decode(PANEL.id, kind, payload)
    assert rejected.value.reason is reason


@pytest.mark.parametrize("panel_id", ["", "A", "-a", "a/b", "a" * 33, "ä", "a\x00"])
def test_a_wrong_panel_id_is_refused(panel_id: str) -> None:
    with pytest.raises(Rejected) as rejected:
        decode(panel_id, "status", b"online")
    assert rejected.value.reason is RejectReason.TOPIC


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(
    st.sampled_from(sorted(KINDS)),
    st.sampled_from([info, live, lambda **c: record([[1, NOW, 300, 0, 5]], **c)]),
    st.dictionaries(
        st.sampled_from(
            [
                "journal",
                "energy",
                "records",
                "channels",
                "registers",
                "name",
                "power",
                "oldest",
                "uptime",
                "interval",
                "boot",
            ]
        ),
        _JSON,
        max_size=3,
    ),
)
def test_whatever_a_message_holds_only_a_rejection_comes_out(
    kind: str, build: Callable[..., bytes], changes: dict[str, object]
) -> None:
    with suppress(Rejected):
        decode(PANEL.id, kind, build(**changes))


@given(st.sampled_from(sorted(KINDS)), st.binary(max_size=200))
def test_whatever_bytes_come_only_a_rejection_comes_out(kind: str, payload: bytes) -> None:
    with suppress(Rejected):
        decode(PANEL.id, kind, payload)


def test_the_codec_listens_below_its_base_only() -> None:
    codec = NativeCodec("my/house")
    assert {wanted.topic for wanted in codec.filters()} == {f"my/house/1/+/{kind}" for kind in KINDS}
    assert codec.panel_of("my/house/1/apt-101/live") == "apt-101"
    assert codec.decode("my/house/1/apt-101/status", b"online").panel == "apt-101"
    with pytest.raises(Rejected):
        codec.decode("my/house/1/apt-101/live/extra", b"{}")

"""Protocol v1 (docs/protocol.md): boards with a journal."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
import re
from typing import Final

from ..model import (
    MAX_ENERGY,
    Acknowledgement,
    Channel,
    Info,
    Live,
    Measurements,
    Panel,
    Phase,
    Reading,
    Record,
    RecordRow,
    Register,
    Response,
    Role,
    Status,
)
from ..settings import hangs_on_the_mains
from .base import Message, TopicFilter
from .parsing import (
    JsonObject,
    Rejected,
    RejectReason,
    as_integer,
    as_list,
    as_name,
    as_number,
    as_object,
    as_text,
    integer,
    json_object,
    number,
    required,
)

NAME: Final = "native"
VERSION: Final = "1"
MAX_REGISTERS: Final = 64
#: Rows that fit into the largest message that is decoded, with room to spare.
MAX_ROWS: Final = 512
MAX_POWER: Final = 1e6
MAX_VOLTAGE: Final = 1000.0
MAX_CURRENT: Final = 10_000.0
MAX_TIME: Final = 2**40

PANEL_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_CHANNEL_ID: Final = re.compile(r"[a-z0-9_]{1,16}")
_HEX_ID: Final = re.compile(r"[0-9a-f]{8}")


def decode(panel_id: str, kind: str, payload: bytes) -> Reading:
    """Read a message of ``<base>/1/<panel_id>/<kind>``; Rejected if it cannot be used."""
    if kind == "status" and PANEL_ID.fullmatch(panel_id):
        return _status(payload)
    return decode_part(panel_id, kind, partial(json_object, payload))


def decode_part(panel_id: str, kind: str, read: Callable[[], JsonObject]) -> Reading:
    """Read the object of a message, which ``read`` gives; Rejected if it cannot be used."""
    if not PANEL_ID.fullmatch(panel_id):
        raise Rejected(RejectReason.TOPIC, "panel id")
    decoder = _DECODERS.get(kind)
    if decoder is None:
        raise Rejected(RejectReason.TOPIC, "kind")
    return decoder(panel_id, read())


def _info(panel_id: str, source: JsonObject) -> Info:
    if as_text(required(source, "protocol"), "protocol").partition(".")[0] != VERSION:
        raise Rejected(RejectReason.VERSION, "protocol")
    if required(source, "id") != panel_id:
        raise Rejected(RejectReason.TOPIC, "id")
    channels = _channels(required(source, "channels"))
    return Info(
        panel=Panel(
            id=panel_id,
            name=as_name(source.get("name", panel_id), "name"),
            codec=NAME,
            channels=channels,
            registers=_registers(required(source, "registers"), {channel.id for channel in channels}),
            model=_optional_name(source, "model"),
            firmware=_optional_name(source, "firmware"),
            boot=_hex_id(source, "boot"),
            journal=_hex_id(source, "journal"),
            interval=_interval(source),
            live_interval=number(source, "live_interval", 1, 60),
            capacity=integer(source, "capacity", 1, MAX_TIME),
            nominal_voltage=number(source, "nominal_voltage", 50, MAX_VOLTAGE) or 230.0,
        )
    )


def _channels(value: object) -> tuple[Channel, ...]:
    channels = tuple(_channel(as_object(item, "channels")) for item in as_list(value, "channels", MAX_REGISTERS))
    parents = {channel.id: channel.parent for channel in channels}
    if not channels or len(parents) != len(channels):
        raise Rejected(RejectReason.OUT_OF_RANGE, "channels")
    if not all(hangs_on_the_mains(channel.id, parents) for channel in channels):
        raise Rejected(RejectReason.OUT_OF_RANGE, "parent")
    return channels


def _channel(source: JsonObject) -> Channel:
    channel_id = as_text(required(source, "id"), "channels.id")
    if not _CHANNEL_ID.fullmatch(channel_id):
        raise Rejected(RejectReason.OUT_OF_RANGE, "channels.id")
    parent = source.get("parent")
    try:
        role = Role(as_text(source.get("role", Role.CIRCUIT), "role"))
        phase = None if source.get("phase") is None else Phase(as_text(source["phase"], "phase"))
    except ValueError as error:
        raise error if isinstance(error, Rejected) else Rejected(RejectReason.OUT_OF_RANGE, "channels") from None
    return Channel(
        id=channel_id,
        name=as_name(source.get("name", channel_id), "channels.name"),
        role=role,
        phase=phase,
        rating=number(source, "rating", 0.1, MAX_CURRENT),
        slot=integer(source, "slot", 1, 1000),
        poles=integer(source, "poles", 1, 4),
        parent=None if parent is None else as_text(parent, "parent"),
    )


def _registers(value: object, channels: set[str]) -> tuple[Register, ...]:
    registers = []
    for item in as_list(value, "registers", MAX_REGISTERS):
        try:
            register = Register.parse(as_text(item, "registers"))
        except ValueError:
            raise Rejected(RejectReason.OUT_OF_RANGE, "registers") from None
        if register.channel not in channels:
            raise Rejected(RejectReason.OUT_OF_RANGE, "registers")
        registers.append(register)
    if not registers or len(set(registers)) != len(registers):
        raise Rejected(RejectReason.OUT_OF_RANGE, "registers")
    return tuple(registers)


def _optional_name(source: JsonObject, key: str) -> str | None:
    return None if source.get(key) is None else as_name(source[key], key)


def _hex_id(source: JsonObject, key: str) -> str:
    value = as_text(required(source, key), key)
    if not _HEX_ID.fullmatch(value):
        raise Rejected(RejectReason.OUT_OF_RANGE, key)
    return value


def _interval(source: JsonObject) -> int:
    interval = integer(source, "interval", 60, 3600) or 300
    if 3600 % interval:
        raise Rejected(RejectReason.OUT_OF_RANGE, "interval")
    return interval


def _status(payload: bytes) -> Status:
    if payload not in (b"online", b"offline"):
        raise Rejected(RejectReason.OUT_OF_RANGE, "status")
    return Status(online=payload == b"online")


def _live(_panel_id: str, source: JsonObject) -> Live:
    return Live(
        journal=_hex_id(source, "journal"),
        boot=_hex_id(source, "boot"),
        uptime=as_integer(required(source, "uptime"), "uptime", 0, MAX_TIME),
        time=integer(source, "time", 0, MAX_TIME) or None,
        energy=_energies(as_list(required(source, "energy"), "energy", MAX_REGISTERS)),
        measurements=Measurements(
            power=_numbers(source, "power", -MAX_POWER, MAX_POWER),
            current=_numbers(source, "current", 0, MAX_CURRENT),
            power_factor=_numbers(source, "power_factor", -1, 1),
            voltage=_numbers(source, "voltage", 0, MAX_VOLTAGE),
            frequency=number(source, "frequency", 0, 1000),
            temperature=number(source, "temperature", -273.15, 1000),
        ),
    )


def _energies(values: list[object]) -> tuple[int, ...]:
    # Nearly all of them are what they should be; only the others are worth a closer look, and a call.
    return tuple(
        [
            value if type(value) is int and 0 <= value <= MAX_ENERGY else as_integer(value, "energy", 0, MAX_ENERGY)
            for value in values
        ]
    )


def _numbers(source: JsonObject, key: str, low: float, high: float) -> tuple[float | None, ...]:
    if source.get(key) is None:
        return ()
    values = as_list(source[key], key, MAX_REGISTERS)
    return tuple(
        [value if type(value) is float and low <= value <= high else _number(value, key, low, high) for value in values]
    )


def _number(value: object, key: str, low: float, high: float) -> float | None:
    return None if value is None else as_number(value, key, low, high)


def _record(_panel_id: str, source: JsonObject) -> Record:
    registers = source.get("registers")
    rows = tuple(
        [
            _row(as_list(row, "records", MAX_REGISTERS + 4))
            for row in as_list(required(source, "records"), "records", MAX_ROWS)
        ]
    )
    oldest = as_integer(required(source, "oldest"), "oldest", 1, MAX_ENERGY)
    if not rows or rows[0].seq < oldest:
        raise Rejected(RejectReason.OUT_OF_RANGE, "oldest")
    return Record(
        journal=_hex_id(source, "journal"),
        oldest=oldest,
        rows=rows,
        registers=None if registers is None else _foreign_registers(registers),
    )


def _foreign_registers(value: object) -> tuple[Register, ...]:
    names = [as_text(item, "registers") for item in as_list(value, "registers", MAX_REGISTERS)]
    return _registers(
        value, {name.partition(".")[0] for name in names if _CHANNEL_ID.fullmatch(name.partition(".")[0])}
    )


def _row(row: list[object]) -> RecordRow:
    if len(row) < 5:
        raise Rejected(RejectReason.LENGTH, "records")
    return RecordRow(
        as_integer(row[0], "seq", 1, MAX_ENERGY),
        as_integer(row[1], "end", 0, MAX_TIME),
        as_integer(row[2], "duration", 0, MAX_TIME),
        as_integer(row[3], "flags", 0, 2**16),
        _energies(row[4:]),
    )


def _acknowledgement(_panel_id: str, source: JsonObject) -> Acknowledgement:
    return Acknowledgement(
        host=_hex_id(source, "host"),
        journal=_hex_id(source, "journal"),
        seq=as_integer(required(source, "seq"), "seq", 0, MAX_ENERGY),
    )


def _response(_panel_id: str, source: JsonObject) -> Response:
    ok = required(source, "ok")
    if not isinstance(ok, bool):
        raise Rejected(RejectReason.WRONG_TYPE, "ok")
    error = source.get("error")
    return Response(
        id=as_text(required(source, "id"), "id")[:MAX_REGISTERS],
        ok=ok,
        error=None if error is None else as_text(error, "error")[:MAX_REGISTERS],
    )


_DECODERS: Final[dict[str, Callable[[str, JsonObject], Reading]]] = {
    "info": _info,
    "live": _live,
    "record": _record,
    "ack": _acknowledgement,
    "response": _response,
}
#: The kinds of message that a host listens to, with their quality of service (protocol 2).
#: ``info`` comes last, because the host answers it and must hear the record that follows. Nearly every ``ack`` is the
#: host's own, and another host's is not the last one: none of them needs an answer.
KINDS: Final = {"status": 1, "live": 0, "ack": 0, "response": 1, "record": 1, "info": 1}


@dataclass(frozen=True, slots=True)
class NativeCodec:
    """Protocol v1 under a base topic."""

    base: str
    name: str = NAME

    def filters(self) -> tuple[TopicFilter, ...]:
        """One filter for each kind of message, so that each has its own quality of service."""
        return tuple(TopicFilter(f"{self.base}/{VERSION}/+/{kind}", qos) for kind, qos in KINDS.items())

    def panel_of(self, topic: str) -> str | None:
        """The panel's id stands before the kind."""
        panel_id, _, _ = topic.removeprefix(f"{self.base}/{VERSION}/").partition("/")
        return panel_id

    def decode(self, topic: str, payload: bytes) -> Message:
        """Read a message of the protocol."""
        panel_id, _, kind = topic.removeprefix(f"{self.base}/{VERSION}/").partition("/")
        return Message(panel_id, (decode(panel_id, kind, payload),))

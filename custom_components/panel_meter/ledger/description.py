"""A panel's announcement as JSON text and back."""

from dataclasses import asdict
import json
from typing import Final

import orjson

from ..core.codecs.parsing import JsonObject, as_list, as_object, as_text, integer, number, required
from ..core.model import MAX_ENERGY, Channel, Direction, Panel, Phase, Register, Role

#: No panel has as many channels or registers.
_MOST: Final = 10_000
_NOMINAL_VOLTAGE: Final = 230.0
_INTERVAL: Final = 300


def to_text(panel: Panel) -> str:
    """The announcement as compact JSON."""
    return json.dumps(asdict(panel), ensure_ascii=False, separators=(",", ":"))


def from_text(text: str) -> Panel | None:
    """The announcement in a text of `to_text`, or None if it cannot be read: the board announces itself again."""
    try:
        return _panel(as_object(orjson.loads(text), "panel"))
    except ValueError:
        return None


def _panel(source: JsonObject) -> Panel:
    return Panel(
        id=_text(source, "id"),
        name=_text(source, "name"),
        codec=_text(source, "codec"),
        channels=tuple(_channel(each) for each in _objects(source, "channels")),
        registers=tuple(_register(each) for each in _objects(source, "registers")),
        model=_optional_text(source, "model"),
        firmware=_optional_text(source, "firmware"),
        boot=_optional_text(source, "boot"),
        journal=_optional_text(source, "journal"),
        interval=integer(source, "interval", 1, MAX_ENERGY) or _INTERVAL,
        live_interval=number(source, "live_interval", 0, MAX_ENERGY),
        capacity=integer(source, "capacity", 0, MAX_ENERGY),
        nominal_voltage=number(source, "nominal_voltage", 1, MAX_ENERGY) or _NOMINAL_VOLTAGE,
    )


def _channel(source: JsonObject) -> Channel:
    phase = _optional_text(source, "phase")
    return Channel(
        id=_text(source, "id"),
        name=_text(source, "name"),
        role=Role(_text(source, "role")),
        phase=None if phase is None else Phase(phase),
        rating=number(source, "rating", 0, MAX_ENERGY),
        slot=integer(source, "slot", 0, MAX_ENERGY),
        poles=integer(source, "poles", 0, MAX_ENERGY),
        parent=_optional_text(source, "parent"),
    )


def _register(source: JsonObject) -> Register:
    return Register(_text(source, "channel"), Direction(_text(source, "direction")))


def _objects(source: JsonObject, key: str) -> list[JsonObject]:
    return [as_object(item, key) for item in as_list(required(source, key), key, _MOST)]


def _text(source: JsonObject, key: str) -> str:
    return as_text(required(source, key), key)


def _optional_text(source: JsonObject, key: str) -> str | None:
    return None if source.get(key) is None else _text(source, key)

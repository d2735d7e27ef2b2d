"""What devices post, as OpenAPI: the only address that takes something."""

from typing import Final

from homeassistant.util.json import JsonObjectType

from ..core.codecs.data_pm import MAX_CURRENT, MAX_ENERGY_KWH, MAX_POWER_KW, MAX_VOLTAGE
from ..core.codecs.posted import ABSOLUTE_ZERO, HOTTEST
from .limits import MAX_READINGS

_NAME: Final[JsonObjectType] = {"anyOf": [{"type": "string", "pattern": "^[A-Za-z0-9_.-]{1,64}$"}, {"type": "integer"}]}


def _number(lowest: float, highest: float, about: str) -> JsonObjectType:
    return {"type": ["number", "null"], "minimum": lowest, "maximum": highest, "description": about}


_POWER_W: Final = _number(-MAX_POWER_KW * 1000, MAX_POWER_KW * 1000, "W; negative power flows out.")
_ENERGY_KWH: Final = _number(0, MAX_ENERGY_KWH, "kWh; a counter that only rises.")
_PART: Final[JsonObjectType] = {"type": "object", "description": "As in docs/protocol.md."}

SCHEMAS: Final[JsonObjectType] = {
    "Reading": {
        "type": "object",
        "description": "One reading. Other names can be told in the settings of the source.",
        "properties": {
            "deviceId": _NAME,
            "apartment": _NAME,
            "floor": {"type": ["string", "number"], "description": "Is not used."},
            "power": _POWER_W,
            "power_w": _POWER_W,
            "power_kw": _number(-MAX_POWER_KW, MAX_POWER_KW, "kW"),
            "energy_kwh": _ENERGY_KWH,
            "kWh": _ENERGY_KWH,
            "energy_wh": _number(0, MAX_ENERGY_KWH * 1000, "Wh; a counter that only rises."),
            "voltage": _number(0, MAX_VOLTAGE, "V"),
            "current": _number(0, MAX_CURRENT, "A"),
            "temperature": _number(ABSOLUTE_ZERO, HOTTEST, "°C, of the device."),
            "timestamp": {"type": ["string", "number", "null"], "description": "UTC seconds, or ISO 8601."},
        },
    },
    "Post": {
        "description": "A message of a board that follows the protocol, or one reading, or many with their instants.",
        "anyOf": [
            {
                "type": "object",
                "properties": {"info": _PART, "record": _PART, "live": _PART, "response": _PART},
            },
            {"$ref": "#/components/schemas/Reading"},
            {"type": "array", "maxItems": MAX_READINGS, "items": {"$ref": "#/components/schemas/Reading"}},
        ],
    },
    "Taken": {
        "type": "object",
        "properties": {
            "time": {"type": "integer", "description": "UTC seconds, to set a clock by."},
            "ack": {"type": ["object", "null"], "description": "Records up to here are on disk."},
            "commands": {"type": "array", "items": {"type": "object"}},
            "accepted": {"type": "integer", "description": "Readings that were counted."},
            "waiting": {"type": "integer", "description": "Readings of panels that wait for their owner's consent."},
            "apparent": {"type": "boolean", "description": "The power is voltage times current."},
        },
        "required": ["time"],
    },
}

#: What may go wrong beside what may everywhere.
ERRORS: Final = {
    "403": "The token belongs to another panel, or would travel in the open",
    "408": "The body did not come in time",
    "413": "More than 64 KB, or too many readings",
    "415": "A compressed body",
    "422": "The body can be read, and what it says cannot be used",
}

OPERATION: Final[JsonObjectType] = {
    "operationId": "ingest",
    "summary": "Take what a device measured",
    "security": [{"device": []}],
    "parameters": [],
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Post"}}},
    },
}

ANSWERS: Final[JsonObjectType] = {
    status: {
        "description": about,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Taken"}}},
    }
    for status, about in {
        "200": "It is on disk, or counted",
        "202": "Nothing was counted: the panel waits for its owner's consent",
    }.items()
}

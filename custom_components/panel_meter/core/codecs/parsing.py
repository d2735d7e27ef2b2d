"""Careful reading of JSON that anybody may have sent."""

from enum import StrEnum
from typing import Final
import unicodedata

import orjson

#: Nothing larger is decoded (protocol H1).
MAX_PAYLOAD: Final = 8192
MAX_NAME_BYTES: Final = 64

type JsonObject = dict[str, object]


class RejectReason(StrEnum):
    """Why a message was refused; counted in the diagnostics."""

    TOO_LARGE = "too_large"
    NOT_JSON = "not_json"
    NOT_OBJECT = "not_object"
    MISSING_KEY = "missing_key"
    WRONG_TYPE = "wrong_type"
    OUT_OF_RANGE = "out_of_range"
    TOPIC = "topic"
    NAME = "name"
    VERSION = "version"
    LENGTH = "length"
    NO_INFO = "no_info"
    UNKNOWN_JOURNAL = "unknown_journal"


class Rejected(ValueError):
    """A message that cannot be used; it changes nothing but a counter."""

    def __init__(self, reason: RejectReason, detail: str = "") -> None:
        """Keep the reason and what exactly was wrong (never the payload itself)."""
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.detail = detail


def json_object(payload: bytes, limit: int = MAX_PAYLOAD) -> JsonObject:
    """The JSON object in ``payload``; Rejected if it is too large, no JSON or no object."""
    if len(payload) > limit:
        raise Rejected(RejectReason.TOO_LARGE, f"{len(payload)} bytes")
    try:
        value = orjson.loads(payload)
    except orjson.JSONDecodeError:
        raise Rejected(RejectReason.NOT_JSON) from None
    if not isinstance(value, dict):
        raise Rejected(RejectReason.NOT_OBJECT)
    return value


def required(source: JsonObject, key: str) -> object:
    """The value under ``key``; Rejected if there is none."""
    try:
        return source[key]
    except KeyError:
        raise Rejected(RejectReason.MISSING_KEY, key) from None


def as_number(value: object, key: str, low: float, high: float) -> float:
    """``value`` as a number from ``low`` to ``high``; a bool is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Rejected(RejectReason.WRONG_TYPE, key)
    if not low <= value <= high:
        raise Rejected(RejectReason.OUT_OF_RANGE, key)
    return value


def as_integer(value: object, key: str, low: int, high: int) -> int:
    """``value`` as an integer from ``low`` to ``high``; a bool or a float is none."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise Rejected(RejectReason.WRONG_TYPE, key)
    if not low <= value <= high:
        raise Rejected(RejectReason.OUT_OF_RANGE, key)
    return value


def as_text(value: object, key: str) -> str:
    """``value`` as text."""
    if not isinstance(value, str):
        raise Rejected(RejectReason.WRONG_TYPE, key)
    return value


def as_list(value: object, key: str, most: int) -> list[object]:
    """``value`` as a list of at most ``most`` items."""
    if not isinstance(value, list):
        raise Rejected(RejectReason.WRONG_TYPE, key)
    if len(value) > most:
        raise Rejected(RejectReason.OUT_OF_RANGE, key)
    return value


def as_object(value: object, key: str) -> JsonObject:
    """``value`` as an object."""
    if not isinstance(value, dict):
        raise Rejected(RejectReason.WRONG_TYPE, key)
    return value


def as_name(value: object, key: str) -> str:
    """A name for people: text of 1 to 64 bytes without control or direction-changing characters."""
    name = as_text(value, key).strip()
    if not name or len(name.encode(errors="replace")) > MAX_NAME_BYTES:
        raise Rejected(RejectReason.NAME, key)
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") for character in name):
        raise Rejected(RejectReason.NAME, key)
    return name


def number(source: JsonObject, key: str, low: float, high: float) -> float | None:
    """The optional number under ``key``: None if it is missing or null."""
    value = source.get(key)
    return None if value is None else as_number(value, key, low, high)


def integer(source: JsonObject, key: str, low: int, high: int) -> int | None:
    """The optional integer under ``key``: None if it is missing or null."""
    value = source.get(key)
    return None if value is None else as_integer(value, key, low, high)

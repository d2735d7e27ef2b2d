"""Careful reading of a JSON document that anybody may have written: values, where they stand and what is wrong.

Nothing here raises. What cannot be read is noted as a problem, and a harmless value of the right type takes its place,
so that one look at a document finds everything that is wrong with it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
import re
from typing import Final
import unicodedata

from .problems import Problem, problem
from .times import MINUTES_PER_DAY

type JSON = None | bool | int | float | str | list[JSON] | dict[str, JSON]

SCHEMA: Final = "panel_meter.tariff/1"
MAX_NAME: Final = 64
#: More characters of a value are not shown, and no number needs them.
_MAX_SHOWN: Final = 40
_MAX_INTEGER_BITS: Final = 128

_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DAY: Final = re.compile(r"(\d{2})-(\d{2})", re.ASCII)
_TIME: Final = re.compile(r"(\d{1,2}):(\d{2})(:\d{2}(\.\d+)?)?", re.ASCII)
_HIDDEN: Final = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def shown(value: object) -> str:
    """A value as it may stand in a sentence, however large or deep it is."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case dict():
            return "an object"
        case list():
            return "a list"
        case int():
            return str(value) if value.bit_length() <= _MAX_INTEGER_BITS else "a very long number"
        case str():
            text = "".join(
                "?" if unicodedata.category(character) in _HIDDEN else character for character in value[:_MAX_SHOWN]
            )
            return text if len(value) <= _MAX_SHOWN else f"{text}..."
        case float():
            return str(value)
        case _:
            return "something else"


def is_name(text: str) -> bool:
    """Whether a text can be a name for people."""
    return (
        0 < len(text) <= MAX_NAME
        and text == text.strip()
        and not any(unicodedata.category(character) in _HIDDEN for character in text)
    )


def decimal_of(value: object) -> Decimal | None:
    """A JSON number, or a text of one with a dot, as Decimal; None for anything else, NaN and infinity too."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value) if value.bit_length() <= _MAX_INTEGER_BITS else None
    text = str(value) if isinstance(value, float) else value
    if not isinstance(text, str) or len(text) > _MAX_SHOWN or not _NUMBER.fullmatch(text):
        return None
    return Decimal(text)


def month_and_day(text: str) -> tuple[int, int] | None:
    """What ``MM-DD`` says, 02-29 included."""
    if not (found := _DAY.fullmatch(text)):
        return None
    month, day = int(found[1]), int(found[2])
    try:
        date(2024, month, day)
    except ValueError:
        return None
    return month, day


def plain(number: Decimal) -> str:
    """A number without exponent and without zeros that say nothing."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def time_of_day(minutes: int) -> str:
    """Minutes since midnight as ``HH:MM``."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def day_of_year(day: tuple[int, int]) -> str:
    """Month and day as ``MM-DD``."""
    return f"{day[0]:02}-{day[1]:02}"


@dataclass(frozen=True, slots=True)
class Value:
    """A value of the document, where it stands, and the notes on the whole document."""

    value: object
    path: str
    found: list[Problem]

    def note(self, code: str, **values: object) -> None:
        """Note a problem at this place."""
        self.found.append(problem(code, self.path, **values))

    def wrong(self, expected: str) -> None:
        """Note that something else was expected."""
        self.note("T32", x=shown(self.value), expected=expected)

    def at(self, key: str | int, value: object) -> Value:
        """A part of this value."""
        name = shown(key)
        return Value(value, f"{self.path}.{name}" if self.path else name, self.found)

    def fields(self, *known: str, required: tuple[str, ...] = ()) -> Fields:
        """The fields of an object; notes those that are unknown or missing."""
        if not isinstance(self.value, dict):
            self.wrong("an object")
            return Fields(self, {})
        for key in self.value:
            if not isinstance(key, str) or key not in (*known, *required):
                self.note("T31", key=shown(key))
        fields = Fields(self, self.value)
        for key in required:
            if key not in fields:
                self.note("T30", key=key)
        return fields

    def items(self, most: int) -> list[Value]:
        """The entries of a list."""
        if not isinstance(self.value, list):
            self.wrong("a list")
            return []
        if len(self.value) > most:
            self.note("T33", n=len(self.value), most=most)
            return []
        return [self.at(number, each) for number, each in enumerate(self.value)]

    def entries(self, most: int) -> Iterator[tuple[str, Value]]:
        """Names and values of an object whose keys are names."""
        if not isinstance(self.value, dict):
            self.wrong("an object")
            return
        if len(self.value) > most:
            self.note("T33", n=len(self.value), most=most)
            return
        for key, each in self.value.items():
            if isinstance(key, str) and is_name(key):
                yield key, self.at(key, each)
            else:
                self.note("T35", x=shown(key))

    # --- single values ---

    def name(self) -> str:
        """A name for people."""
        if isinstance(self.value, str) and is_name(self.value):
            return self.value
        self.note("T35", x=shown(self.value))
        return ""

    def text(self) -> str:
        """A short text."""
        if isinstance(self.value, str) and len(self.value) <= MAX_NAME:
            return self.value
        self.wrong("a short text")
        return ""

    def flag(self) -> bool:
        """True or false."""
        if isinstance(self.value, bool):
            return self.value
        self.wrong("true or false")
        return False

    def integer(self) -> int:
        """A whole number."""
        if isinstance(self.value, int) and not isinstance(self.value, bool) and abs(self.value) < 1_000_000:
            return self.value
        self.wrong("a whole number")
        return 0

    def price(self) -> Decimal:
        """An amount of money."""
        if (number := decimal_of(self.value)) is not None:
            return number
        self.note("T02", x=shown(self.value))
        return Decimal(0)

    def number(self) -> Decimal:
        """Any other number."""
        if (number := decimal_of(self.value)) is not None:
            return number
        self.wrong("a number; use a dot, e.g. 7.5")
        return Decimal(0)

    def choice[E: StrEnum](self, kind: type[E]) -> E:
        """One of the words of an enumeration."""
        if isinstance(self.value, str):
            for each in kind:
                if each.value == self.value:
                    return each
        self.wrong(f"one of {', '.join(kind)}")
        return next(iter(kind))

    def date(self) -> date:
        """A date."""
        if isinstance(self.value, str) and _DATE.fullmatch(self.value):
            try:
                return date.fromisoformat(self.value)
            except ValueError:
                pass
        self.wrong("a date such as 2026-01-31")
        return date(2000, 1, 1)

    def day(self) -> tuple[int, int]:
        """Month and day of every year."""
        if isinstance(self.value, str):
            if (found := month_and_day(self.value)) is not None:
                return found
            if _DAY.fullmatch(self.value):
                self.note("T46", x=shown(self.value))
                return 1, 1
        self.wrong("a day of the year such as 06-01")
        return 1, 1

    def minutes(self) -> int:
        """A time of day, 24:00 included, in minutes since midnight."""
        if isinstance(self.value, str) and (found := _TIME.fullmatch(self.value)):
            if found[3] and found[3].strip(":0."):
                self.note("T23", x=shown(self.value))
                return 0
            minutes = int(found[1]) * 60 + int(found[2])
            if minutes <= MINUTES_PER_DAY and int(found[2]) < 60:
                return minutes
        self.wrong("a time of day such as 16:00")
        return 0


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of an object. Null is the same as a field that is not there."""

    owner: Value
    values: dict[str, object]

    def __contains__(self, key: str) -> bool:
        return self.values.get(key) is not None

    def value(self, key: str) -> Value:
        """What stands under a key."""
        return self.owner.at(key, self.values.get(key))

    def get[T](self, key: str, read: Callable[[Value], T], default: T) -> T:
        """A field, or what its absence means."""
        return read(self.value(key)) if key in self else default

    def find[T](self, key: str, read: Callable[[Value], T]) -> T | None:
        """A field, or None."""
        return read(self.value(key)) if key in self else None

    def many[T](self, key: str, read: Callable[[Value], T], most: int) -> tuple[T, ...]:
        """The entries of a list; nothing where there is none."""
        return tuple(read(each) for each in self.value(key).items(most)) if key in self else ()

"""Parameters of the query of a request: each knows its JSON Schema and how its text is read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
import re
from typing import Final

from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..core.calendar import start_of_day
from ..core.steps import Step
from .problem import invalid

#: Instants beyond these are mistakes.
FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2199
MOST_PAGE: Final = 500
#: Steps of a page of usage.
MOST_STEPS: Final = 5000
USUAL_STEPS: Final = 1000
#: Characters of a value.
_LONGEST: Final = 2048
#: Of ids in one value.
_MOST_IDS: Final = 100
#: A plus sign that was not written as %2B arrives as a space.
_LOST_PLUS: Final = re.compile(r"(T[0-9:.]+) (\d\d:?\d\d)")

_LANGUAGE: Final = re.compile(r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter[T]:
    """One parameter; ``read`` raises ValueError with what is wrong."""

    name: str
    about: str
    schema: JsonObjectType
    read: Callable[[str], T]

    def of(self, query: Mapping[str, str]) -> T | None:
        """The value in a query, None if it is not there; Problem 400 if it cannot be read."""
        text = query.get(self.name)
        if text is None:
            return None
        try:
            if len(text) > _LONGEST:
                raise ValueError("is too long")
            return self.read(text)
        except ValueError as error:
            raise invalid(f"The parameter '{self.name}' {error}.") from None


def _whole_number(lowest: int, highest: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not lowest <= int(text) <= highest:
            raise ValueError(f"must be a whole number from {lowest} to {highest}")
        return int(text)

    return read


def whole_number(name: str, about: str, lowest: int, highest: int, usual: int | None = None) -> Parameter[int]:
    """A parameter that is a whole number."""
    schema: JsonObjectType = {"type": "integer", "minimum": lowest, "maximum": highest}
    if usual is not None:
        schema["default"] = usual
    return Parameter(name=name, about=about, schema=schema, read=_whole_number(lowest, highest))


def one_of(name: str, about: str, values: tuple[str, ...], usual: str | None = None) -> Parameter[str]:
    """A parameter that is one of some words."""

    def read(text: str) -> str:
        if text not in values:
            raise ValueError(f"must be one of {', '.join(values)}")
        return text

    schema: JsonObjectType = {"type": "string", "enum": list[JsonValueType](values)}
    if usual is not None:
        schema["default"] = usual
    return Parameter(name=name, about=about, schema=schema, read=read)


def _ids(text: str) -> tuple[str, ...]:
    ids = tuple(text.split(","))
    if not all(ids) or len(ids) > _MOST_IDS or any(each != each.strip() or not each.isprintable() for each in ids):
        raise ValueError(f"must be ids, separated by commas, at most {_MOST_IDS} of them")
    return ids


def _one_id(text: str) -> str:
    if len(ids := _ids(text)) > 1:
        raise ValueError("must be one id")
    return ids[0]


def moment(text: str) -> int:
    """UTC seconds of a local date, of a local time, or of a time with its distance from UTC."""
    wrong = "must be a date such as 2026-11-20, or a time such as 2026-11-20T18:00 or 2026-11-20T18:00:00+01:00"
    text = _LOST_PLUS.sub(r"\1+\2", text)
    zone = dt_util.get_default_time_zone()
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            day = date.fromisoformat(text)
            return start_of_day(day, zone) if _usual(day.year) else _refuse(wrong)
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d[0-9:.]*(Z|[+-]\d\d:?\d\d)?", text, re.ASCII):
            return _refuse(wrong)
        when = datetime.fromisoformat(text)
        if not _usual(when.year):
            return _refuse(wrong)
        return int((when if when.tzinfo else when.replace(tzinfo=zone)).astimezone(UTC).timestamp())
    except ValueError, OverflowError:
        return _refuse(wrong)


def _usual(year: int) -> bool:
    return FIRST_YEAR <= year <= LAST_YEAR


def _refuse(wrong: str) -> int:
    raise ValueError(wrong)


def day(text: str) -> date:
    """A local date."""
    try:
        found = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) else None
    except ValueError:
        found = None
    if found is None or not _usual(found.year):
        raise ValueError("must be a date such as 2026-11-20")
    return found


def _language(text: str) -> str:
    if not _LANGUAGE.fullmatch(text):
        raise ValueError("must be the code of a language such as 'en' or 'pt-BR'")
    return text


_IDS_SCHEMA: Final[JsonObjectType] = {"type": "string", "pattern": "^[A-Za-z0-9_.:-]+(,[A-Za-z0-9_.:-]+)*$"}
_WHEN_SCHEMA: Final[JsonObjectType] = {
    "anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]
}

PANEL: Final = Parameter(
    name="panel",
    about="Id of the panel. May be left out where there is only one.",
    schema={"type": "string", "pattern": "^[A-Za-z0-9_.:-]+$"},
    read=_one_id,
)
PANELS: Final = Parameter(
    name="panel", about="Ids of panels, separated by commas; all without it.", schema=_IDS_SCHEMA, read=_ids
)
CHANNELS: Final = Parameter(
    name="channel", about="Ids of channels, separated by commas; all without it.", schema=_IDS_SCHEMA, read=_ids
)
FROM: Final = Parameter(
    name="from",
    about="Begin: a local date, or a time. By default the beginning of today.",
    schema=_WHEN_SCHEMA,
    read=moment,
)
TO: Final = Parameter(name="to", about="End, which is not included. By default now.", schema=_WHEN_SCHEMA, read=moment)
UNTIL: Final = Parameter(name="until", about="End.", schema=_WHEN_SCHEMA, read=moment)
LANGUAGE: Final = Parameter(
    name="language",
    about="Code of the language of sentences, such as 'de'. By default that of Home Assistant.",
    schema={"type": "string", "pattern": _LANGUAGE.pattern},
    read=_language,
)
STEP: Final = one_of(
    "step",
    "Length of a step by the clock on the wall; the first and the last may be parts.",
    tuple(step.value for step in Step),
    Step.HOUR.value,
)
FORMAT: Final = one_of("format", "The form of the answer.", ("json", "csv"), "json")
STEPS: Final = whole_number("limit", "Steps of a page.", 1, MOST_STEPS, USUAL_STEPS)
YEAR: Final = whole_number("year", "By default the present year.", FIRST_YEAR, LAST_YEAR)
LIMIT: Final = whole_number("limit", "Entries of a page.", 1, MOST_PAGE, 50)
OFFSET: Final = whole_number("offset", "Entries before the page.", 0, 1_000_000, 0)


def span(query: Mapping[str, str], now: int, usual_start: int | None = None) -> tuple[int, int]:
    """Begin and end (UTC seconds) that a query asks for; without an end it is now.

    Problem 400 if there is no begin, or the end comes before it.
    """
    start, end = FROM.of(query), TO.of(query)
    start, end = usual_start if start is None else start, now if end is None else end
    if start is None:
        raise invalid("The parameter 'from' is missing.")
    if end < start:
        raise invalid("The parameter 'to' must not be before 'from'.")
    return start, end


def check_names(query: Mapping[str, str], known: tuple[Parameter[object], ...]) -> None:
    """Problem 400 if a query has a parameter that is not known, or one twice.

    A mistyped name would else be an answer to another question.
    """
    names = {parameter.name for parameter in known}
    for name in query:
        if name not in names:
            allowed = f"These are known: {', '.join(sorted(names))}." if names else "There are none here."
            raise invalid(f"There is a parameter that is not known here. {allowed}")
    if len(query) != len(set(query)):
        raise invalid("A parameter is there twice.")

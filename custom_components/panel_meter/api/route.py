"""What one address of the REST API is: how it is asked, what it answers, and what the OpenAPI document says of it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import urlencode

from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant
from homeassistant.helpers.json import json_bytes
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..hub import Hub
from . import parameters as by
from .members import Member
from .parameters import Parameter
from .sight import Sight

BASE: Final = "/api/panel_meter/v1"
JSON: Final = "application/json"
CSV: Final = "text/csv"

type Method = Literal["get", "post"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What somebody asks."""

    hass: HomeAssistant
    hub: Hub
    user: User
    sight: Sight
    query: Mapping[str, str]
    #: Ids in the path, by their names there.
    ids: Mapping[str, str] = field(default_factory=dict)
    #: What a post says; its members are known, and are read where they are used.
    body: JsonObjectType = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is answered."""

    body: bytes
    content_type: str = JSON
    status: int = 200
    #: Address of the next page.
    following: str | None = None
    file_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One address, one method, and what it answers."""

    #: Below ``BASE``.
    path: str
    name: str
    about: str
    #: Name of the JSON Schema of the answer.
    schema: str
    answer: Callable[[Question], Awaitable[Answer]]
    method: Method = "get"
    parameters: tuple[Parameter[object], ...] = ()
    #: What the body of a post may hold.
    members: tuple[Member[object], ...] = ()
    content_types: tuple[str, ...] = (JSON,)
    #: Status of an answer to what was asked rightly.
    status: int = 200

    @property
    def url(self) -> str:
        """The whole path."""
        return f"{BASE}/{self.path}"


def said(content: JsonObjectType, *, following: str | None = None, status: int = 200) -> Answer:
    """An answer in JSON."""
    return Answer(body=json_bytes(content), following=following, status=status)


def limits(question: Question) -> tuple[int, int]:
    """How many entries lie before the page that is asked for, and how many it has at most."""
    return by.OFFSET.of(question.query) or 0, by.LIMIT.of(question.query) or 50


def page[Entry: JsonValueType](question: Question, path: str, key: str, entries: list[Entry], total: int) -> Answer:
    """Entries of a page, how many there are of all, and where the next ones are."""
    offset, _ = limits(question)
    following = None
    if offset + len(entries) < total and entries:
        following = address(path, {**question.query, "offset": str(offset + len(entries))})
    return said({key: list[JsonValueType](entries), "total": total, "next": following}, following=following)


def address(path: str, query: Mapping[str, str]) -> str:
    """The address of a path with a query."""
    return f"{BASE}/{path}?{urlencode(query)}"

"""Members of the JSON body of a post: each knows its JSON Schema and how its value is read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from homeassistant.util.json import JsonObjectType, JsonValueType
import orjson

from .problem import invalid

#: Bytes of a body; what people say is short.
MOST_BODY: Final = 8 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Member[T]:
    """One member of a body; ``read`` raises ValueError with what is wrong."""

    name: str
    about: str
    schema: JsonObjectType
    read: Callable[[JsonValueType], T]
    needed: bool = False

    def of(self, body: Mapping[str, JsonValueType]) -> T | None:
        """The value in a body, None if it is not there; Problem 400 if it is missing or cannot be read."""
        value = body.get(self.name)
        if value is None:
            if self.needed:
                raise invalid(f"The member '{self.name}' is missing.")
            return None
        try:
            return self.read(value)
        except ValueError as error:
            raise invalid(f"The member '{self.name}' {error}.") from None


def text(name: str, about: str, longest: int, *, needed: bool = False) -> Member[str]:
    """A text of 1 to so many characters that can be shown."""
    wrong = f"must be a text of 1 to {longest} characters"

    def read(value: JsonValueType) -> str:
        if not isinstance(value, str) or not 0 < len(value) <= longest or not value.strip() or not value.isprintable():
            raise ValueError(wrong)
        return value.strip()

    schema: JsonObjectType = {"type": "string", "minLength": 1, "maxLength": longest}
    return Member(name=name, about=about, schema=schema, read=read, needed=needed)


def word(name: str, about: str, words: tuple[str, ...], usual: str) -> Member[str]:
    """One of some words."""

    def read(value: JsonValueType) -> str:
        if not isinstance(value, str) or value not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return value

    schema: JsonObjectType = {"type": "string", "enum": list[JsonValueType](words), "default": usual}
    return Member(name=name, about=about, schema=schema, read=read)


def read_members(body: bytes, known: tuple[Member[object], ...]) -> JsonObjectType:
    """The members of a body, which may be empty. Problem 400 if it is no JSON object or holds what is not known.

    A mistyped name would else be another wish.
    """
    if not body.strip():
        return {}
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise invalid("The body is not JSON.") from None
    if not isinstance(content, dict):
        raise invalid("The body is no JSON object.")
    names = sorted(member.name for member in known)
    if set(content) - set(names):
        allowed = f"These are known: {', '.join(names)}." if names else "There are none here."
        raise invalid(f"There is a member that is not known here. {allowed}")
    return content

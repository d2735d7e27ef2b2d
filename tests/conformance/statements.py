"""The numbered statements of docs/protocol.md, as they stand there, and whom each of them binds."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
import re
from typing import Final

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "protocol.md"
_SHORT: Final = 100


class Role(StrEnum):
    """Who is tested."""

    BOARD = "board"
    HOST = "host"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; ``text`` is what the document says."""

    id: str
    text: str
    roles: frozenset[Role]

    @property
    def short(self) -> str:
        """The beginning of it, for a table."""
        plain = self.text.replace("`", "").replace("<", "").replace(">", "")
        if len(plain) <= _SHORT:
            return plain
        return plain[:_SHORT].rsplit(" ", 1)[0].rstrip(",;:(") + " ..."


_BOTH: Final = frozenset(Role)
_ONE: Final = {
    **dict.fromkeys(("1.5", "T1", "T2", "T3", "T4", "T7", "F1", "F2"), Role.BOARD),
    **dict.fromkeys((f"B{number}" for number in (1, 2, 3, 4, 5, 7, 8)), Role.BOARD),
    **dict.fromkeys((f"H{number}" for number in range(1, 10)), Role.HOST),
    "1.3": Role.HOST,
}


@cache
def statements() -> tuple[Statement, ...]:
    """All statements in the order of the document: 1.1 to 1.6, T, 3 (the general rule), F, B, H, 6 and 7."""
    text = DOCUMENT.read_text()
    found: list[tuple[str, str]] = []
    for title, body in re.findall(r"^## (\d+)\..*?\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL):
        found += _of_section(title, body)
    return tuple(Statement(name, said, _BOTH if name not in _ONE else frozenset({_ONE[name]})) for name, said in found)


def _of_section(number: str, body: str) -> list[tuple[str, str]]:
    if number == "1":
        return [(f"1.{item}", said) for item, said in re.findall(r"^(\d+)\. (.+)$", body, re.MULTILINE)]
    rows = [
        (name, " ".join(said.replace("|", " ").split()))
        for name, said in re.findall(r"^\| ([TF]\d+) \|(.+)\|$", body, re.MULTILINE)
    ]
    if number == "3":
        return [("3", body.strip().splitlines()[0]), *rows]
    if number in ("6", "7"):
        return [(number, body.strip().splitlines()[0])]
    return [*rows, *re.findall(r"^- ([BH]\d+) (.+)$", body, re.MULTILINE)]


def bound(role: Role) -> tuple[Statement, ...]:
    """The statements that bind a role."""
    return tuple(statement for statement in statements() if role in statement.roles)

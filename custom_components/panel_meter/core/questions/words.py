"""Sentences as words: without case, accents and punctuation, so that people write as they like."""

from collections.abc import Iterable
import re
from typing import Final
import unicodedata

#: Longer questions are nobody's; what they would cost to read is bounded.
MOST_CHARACTERS: Final = 300
#: A slip of the pen is looked for in words of so many letters at least; in names, which are nearer to each other, more.
SHORTEST_SLIP: Final = 6
SHORTEST_NAME_SLIP: Final = 7

#: 2026-05-03 and 3/5/2026 stay together; so do words of any script.
_WORD: Final = re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{1,2}/\d{1,2}(?![\d/])|\w+")
_ORDINAL: Final = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er|e)")


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, as they are compared."""
    plain = unicodedata.normalize("NFKD", text[:MOST_CHARACTERS]).casefold()
    letters = "".join(each for each in plain if not unicodedata.combining(each)).replace("_", " ")
    found = (_ORDINAL.sub(r"\1", word) if _ORDINAL.fullmatch(word) else word for word in _WORD.findall(letters))
    return tuple(found)


def corrected(word: str, known: Iterable[str], shortest: int = SHORTEST_SLIP) -> str | None:
    """The one known word that a word is a slip of; None if there is none, or more than one.

    One letter more, less, other or in the wrong place, but never the first: what begins otherwise is another word.
    """
    if len(word) < shortest or not word.isalpha():
        return None
    near = {
        each
        for each in known
        if len(each) >= shortest and each[0] == word[0] and abs(len(each) - len(word)) <= 1 and _is_slip(word, each)
    }
    return near.pop() if len(near) == 1 else None


def _is_slip(word: str, other: str) -> bool:
    if len(word) > len(other):
        word, other = other, word
    place = next((at for at, (one, two) in enumerate(zip(word, other, strict=False)) if one != two), len(word))
    if len(word) < len(other):
        return word[place:] == other[place + 1 :]
    swapped = word[place + 1 : place + 2] + word[place : place + 1] + word[place + 2 :]
    return word[place + 1 :] == other[place + 1 :] or swapped == other[place:]

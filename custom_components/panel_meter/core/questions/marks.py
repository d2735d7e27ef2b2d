"""Finds in a sentence what means something: words of the language, names of this home, numbers and dates."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
import re
from typing import Final

from .model import Subject, SubjectKind
from .vocabulary import Phrase, Sense, Vocabulary
from .words import SHORTEST_NAME_SLIP, corrected, words_of

#: A name that is also one of these words is the name.
_GIVE_WAY: Final = frozenset({Sense.HOUSE, Sense.SOLAR})
#: Of things with the same name the first of these kinds is meant.
_KINDS: Final = (SubjectKind.CHANNEL, SubjectKind.PANEL, SubjectKind.AREA)
_ISO: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_NUMERIC: Final = re.compile(r"(\d{1,2})[./](\d{1,2})(?:[./](\d{2}|\d{4}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One or more words and what they mean; nothing: they are not known."""

    senses: frozenset[Sense] = frozenset()
    subjects: tuple[Subject, ...] = ()
    number: int | None = None
    #: From 1, and from 0 for Monday.
    month: int | None = None
    weekday: int | None = None
    #: Year (None: not said), month and day.
    day: tuple[int | None, int, int] | None = None
    #: A month that may be another word.
    weak: bool = False

    @property
    def known(self) -> bool:
        """Whether it means anything."""
        found = (self.number, self.month, self.weekday, self.day)
        return bool(self.senses or self.subjects) or any(each is not None for each in found)


class Names:
    """The names of a home by their words."""

    def __init__(self, subjects: Iterable[Subject]) -> None:
        """A name without a letter or digit cannot be said, and is left out."""
        found: dict[Phrase, list[Subject]] = {}
        for subject in subjects:
            if phrase := words_of(subject.name):
                found.setdefault(phrase, []).append(subject)
        self._subjects = {phrase: _meant(same) for phrase, same in found.items()}
        self.longest = max(map(len, self._subjects), default=0)
        self.words = frozenset(word for phrase in self._subjects for word in phrase)

    def get(self, phrase: Phrase) -> tuple[Subject, ...]:
        """Everything that has this name."""
        return self._subjects.get(phrase, ())


def _meant(same: Sequence[Subject]) -> tuple[Subject, ...]:
    kind = min((each.kind for each in same), key=_KINDS.index)
    return tuple(each for each in same if each.kind is kind)


def marks_of(text: str, vocabulary: Vocabulary, names: Names) -> tuple[Mark, ...]:
    """What a sentence is made of, the longest known phrases first; slips of the pen are mended where that is safe."""
    words = tuple(_mended(word, vocabulary, names) for word in words_of(text))
    marks: list[Mark] = []
    place = 0
    while place < len(words):
        mark, length = _at(words, place, vocabulary, names)
        marks.append(mark)
        place += length
    while marks and Sense.TAG in marks[-1].senses:
        marks.pop()
    return tuple(marks)


def _mended(word: str, vocabulary: Vocabulary, names: Names) -> str:
    if word in vocabulary.single or word in names.words:
        return word
    return corrected(word, vocabulary.single) or corrected(word, names.words, SHORTEST_NAME_SLIP) or word


def _at(words: Sequence[str], place: int, vocabulary: Vocabulary, names: Names) -> tuple[Mark, int]:
    for length in range(min(max(vocabulary.longest, names.longest), len(words) - place), 0, -1):
        phrase = tuple(words[place : place + length])
        senses = vocabulary.senses.get(phrase, frozenset())
        subjects = names.get(phrase)
        if subjects and senses <= _GIVE_WAY:
            return Mark(senses=senses, subjects=subjects), length
        if (mark := _of_language(phrase, senses, vocabulary)).known:
            return _with_producers(mark, phrase, names), length
    return _figure(words[place], vocabulary), 1


def _with_producers(mark: Mark, phrase: Phrase, names: Names) -> Mark:
    """In "solar power" a channel called Solar is meant."""
    if Sense.SOLAR not in mark.senses:
        return mark
    named = (subject for word in phrase for subject in names.get((word,)) if subject.produces)
    return replace(mark, subjects=tuple(named))


def _of_language(phrase: Phrase, senses: frozenset[Sense], vocabulary: Vocabulary) -> Mark:
    lists: tuple[Mapping[Phrase, int], ...] = (vocabulary.numbers, vocabulary.months, vocabulary.weekdays)
    number, month, weekday = (each.get(phrase) for each in lists)
    return Mark(
        senses=senses,
        number=number,
        month=month,
        weekday=weekday,
        weak=phrase in vocabulary.weak_months or bool(senses),
    )


def _figure(word: str, vocabulary: Vocabulary) -> Mark:
    """A number or a date in figures; of 3/5 the language says which is the month."""
    if word.isdecimal() and len(word) <= 4:
        return Mark(number=int(word))
    if match := _ISO.fullmatch(word):
        year, month, day = map(int, match.groups())
        return _dated(year, month, day)
    if match := _NUMERIC.fullmatch(word):
        one, two = int(match[1]), int(match[2])
        said = None if match[3] is None else int(match[3]) + (2000 if len(match[3]) == 2 else 0)
        return _dated(said, *((one, two) if vocabulary.month_first else (two, one)))
    return Mark()


def _dated(year: int | None, month: int, day: int) -> Mark:
    try:
        date(2000 if year is None else year, month, day)
    except ValueError:
        return Mark()
    return Mark(day=(year, month, day))

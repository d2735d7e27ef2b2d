"""What words mean in a language: read from its file of wording."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from .words import words_of


class Sense(StrEnum):
    """What a word, or some words together, add to a question."""

    #: Says nothing by itself.
    FILLER = "filler"
    #: Says nothing at the end of a sentence, and elsewhere what nobody understood: Indonesian "gak", French "non".
    TAG = "tag"
    #: The whole home.
    HOUSE = "house"
    ELECTRIC = "electric"
    #: Power or energy, whichever the rest of the sentence means.
    POWER = "power"
    WATT = "watt"
    KWH = "kwh"
    USE = "use"
    #: Consuming at this moment, unless a period is named.
    USE_NOW = "use_now"
    #: Something that is over.
    PAST = "past"
    COST = "cost"
    PRICE = "price"
    PER_UNIT = "per_unit"
    CHEAP = "cheap"
    CHEAPEST = "cheapest"
    WHEN = "when"
    MOST = "most"
    #: More, higher, risen.
    MORE = "more"
    THAN = "than"
    COMPARE = "compare"
    TEMPERATURE = "temperature"
    VOLTAGE = "voltage"
    FREQUENCY = "frequency"
    ALERTS = "alerts"
    BILL = "bill"
    FUTURE = "future"
    SO_FAR = "so_far"
    DEMAND = "demand"
    WHY = "why"
    EXPORT = "export"
    PRODUCE = "produce"
    SOLAR = "solar"
    HELP = "help"
    NOW = "now"
    # Periods.
    TODAY = "today"
    YESTERDAY = "yesterday"
    THIS_WEEK = "this_week"
    LAST_WEEK = "last_week"
    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"
    THIS_YEAR = "this_year"
    LAST_YEAR = "last_year"
    THIS_CYCLE = "this_cycle"
    LAST_CYCLE = "last_cycle"
    #: As in the last three days.
    PAST_FEW = "past_few"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    SINCE = "since"
    BETWEEN = "between"
    UNTIL = "until"
    AND = "and"
    #: A word behind which a month is one: "may" and "mars" are other words too.
    ON = "on"


type Phrase = tuple[str, ...]


class WordingInvalid(ValueError):
    """A file of wording that cannot be used, with a sentence that says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The words of a language."""

    language: str
    senses: Mapping[Phrase, frozenset[Sense]]
    #: Numbers of the months and weekdays (Monday is 0) by name, and numbers that are written as words.
    months: Mapping[Phrase, int]
    weekdays: Mapping[Phrase, int]
    numbers: Mapping[Phrase, int]
    #: Months that are also other words: they count behind a word like "in" only, or beside a number.
    weak_months: frozenset[Phrase]
    #: In 3/5 the month comes first.
    month_first: bool
    longest: int
    #: Every word that stands in a phrase, for slips of the pen.
    single: frozenset[str]

    @classmethod
    def from_data(cls, data: Mapping[str, object]) -> Self:
        """Read the wording of a language; WordingInvalid if something of it is missing or wrong."""
        language = data.get("language")
        if not isinstance(language, str):
            raise WordingInvalid("The wording does not say of which language it is.")
        senses: dict[Phrase, set[Sense]] = {}
        for name, phrases in _object(data, "words").items():
            if name not in set(Sense):
                raise WordingInvalid(f"The wording of '{language}' has words for '{name}', which means nothing.")
            for phrase in _phrases(language, name, phrases):
                senses.setdefault(phrase, set()).add(Sense(name))
        lists = {name: _numbered(language, data, name, count) for name, count in _LISTS.items()}
        numbers = {words_of(word): _whole(language, value) for word, value in _object(data, "numbers").items()}
        months = {phrase: place + 1 for phrase, place in lists["months"].items()}
        everything = [*senses, *months, *lists["weekdays"], *numbers]
        return cls(
            language=language,
            senses={phrase: frozenset(found) for phrase, found in senses.items()},
            months=months,
            weekdays=lists["weekdays"],
            numbers=numbers,
            weak_months=frozenset(_phrases(language, "weak_months", data.get("weak_months", []))),
            month_first=data.get("month_first") is True,
            longest=max(len(phrase) for phrase in everything),
            single=frozenset(word for phrase in everything for word in phrase),
        )


_LISTS: Final = {"months": 12, "weekdays": 7}


def _object(data: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = data.get(name, {})
    if not isinstance(found, Mapping):
        raise WordingInvalid(f"The wording of '{data.get('language')}' needs an object '{name}'.")
    return found


def _phrases(language: str, name: str, found: object) -> list[Phrase]:
    if not isinstance(found, list) or not all(isinstance(each, str) and words_of(each) for each in found):
        raise WordingInvalid(f"The wording of '{language}' needs a list of words for '{name}'.")
    return [words_of(each) for each in found]


def _numbered(language: str, data: Mapping[str, object], name: str, count: int) -> dict[Phrase, int]:
    """Places by name from a list of lists of names."""
    found = data.get(name)
    if not isinstance(found, list) or len(found) != count:
        raise WordingInvalid(f"The wording of '{language}' needs {count} lists of names in '{name}'.")
    return {phrase: place for place, names in enumerate(found) for phrase in _phrases(language, name, names)}


def _whole(language: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise WordingInvalid(f"The wording of '{language}' needs whole numbers in 'numbers'.")
    return value

"""What Assist would take for a question about energy, and what it leaves to others."""

from collections.abc import Iterable
from functools import cache
from time import perf_counter

from hassil.expression import Expression, Group, ListReference
from hassil.intents import Intents, WildcardSlotList
from hassil.recognize import recognize_all
import pytest

from custom_components.panel_meter.sentences import patterns_of, speakable
from tests.core.questions.house import FILES, HERE, LANGUAGES, NAMES, asked, sentences, wording

HOUSEHOLD = ("household.txt", "blind_household.txt")


@cache
def triggers() -> Intents:
    """All sentences of all languages with the names of one home, as the agent manager makes them."""
    names = speakable(name for language in LANGUAGES for word, name in NAMES[language].items() if word[0] != "#")
    patterns = [pattern for language in LANGUAGES for pattern in patterns_of(wording(language), names)]
    intents = Intents.from_dict({"language": "en", "intents": {"trigger_0": {"data": [{"sentences": patterns}]}}})
    for intent in intents.intents.values():
        for data in intent.data:
            for sentence in data.sentences:
                for name in wildcards(sentence.expression):
                    intents.slot_lists[name] = WildcardSlotList(name)
    return intents


def wildcards(expression: Expression) -> Iterable[str]:
    if isinstance(expression, Group):
        for item in expression.items:
            yield from wildcards(item)
    elif isinstance(expression, ListReference):
        yield expression.list_name


def taken(text: str) -> str | None:
    """The sentence that takes a text, or None."""
    result = next(iter(recognize_all(text, triggers())), None)
    return None if result is None else result.intent_sentence.text if result.intent_sentence else ""


def household() -> list[str]:
    lines = [line for file in HOUSEHOLD for line in (HERE / file).read_text().splitlines()]
    return [line for line in lines if line and not line.startswith(("#", "["))]


def test_there_are_enough_of_them() -> None:
    assert len(set(household())) >= 200


def test_everyday_sentences_pass_untouched() -> None:
    stolen = {text: pattern for text in household() if (pattern := taken(text)) is not None}
    assert not stolen


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_only_a_wildcard(language: str) -> None:
    for pattern in patterns_of(wording(language), ("Kitchen",)):
        bare = pattern
        while (begin := bare.rfind("[")) >= 0:
            bare = bare[:begin] + bare[bare.find("]", begin) + 1 :]
        bare = " ".join(word for word in bare.split() if not word.startswith("{"))
        assert any(each.isalpha() for each in bare), pattern


def test_a_sentence_is_recognized_in_little_time() -> None:
    texts = household()
    taken(texts[0])
    begin = perf_counter()
    for text in texts:
        taken(text)
    assert (perf_counter() - begin) / len(texts) < 0.05


def test_what_is_understood_is_mostly_taken() -> None:
    known = [each for file in FILES for each in sentences(file) if asked(each) != "none"]
    found = [each for each in known if taken(each.text) is not None]
    assert len(found) >= 0.5 * len(known)

"""Sentences in six languages become the queries that they are meant as, or are declined; none becomes another one."""

from collections import Counter

import pytest

from .house import FILES, LANGUAGES, NONE, Sentence, asked, figures, outcome, sentences

TABLE = [sentence for file in FILES for sentence in sentences(file)]
#: Written without a look at the word lists.
PARAPHRASES = [sentence for file in ("paraphrases.txt", "blind.txt") for sentence in sentences(file)]


def test_the_tables_are_large_enough() -> None:
    assert len(TABLE) >= 300
    assert len(PARAPHRASES) * 2 >= len(TABLE)
    for table in (list(sentences(file)) for file in FILES):
        assert len({(each.language, each.text) for each in table}) == len(table)
    assert all(Counter(each.language for each in TABLE)[language] >= 40 for language in LANGUAGES)


@pytest.mark.parametrize("sentence", TABLE, ids=lambda each: f"{each.language}: {each.text}")
def test_no_sentence_becomes_another_query(sentence: Sentence) -> None:
    found = asked(sentence)
    assert found in (sentence.expected, NONE)


def test_few_paraphrases_are_declined() -> None:
    counts = Counter(outcome(each) for each in PARAPHRASES)
    assert counts["wrong"] == 0
    assert counts["declined"] <= 0.05 * counts.total()


def test_all_sentences_of_the_other_table_are_understood() -> None:
    assert [each.text for each in sentences("sentences.txt") if outcome(each) != "right"] == []


def test_the_figures_count_every_sentence_once() -> None:
    assert sum(counts.total() for counts in figures().values()) == len(TABLE)

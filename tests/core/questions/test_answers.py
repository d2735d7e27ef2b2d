"""What is said about what was found, in every language."""

from collections.abc import Mapping
from datetime import UTC
from decimal import Decimal
import re

import pytest

from custom_components.panel_meter.core.questions.found import Found, Line, Notes, Unit
from custom_components.panel_meter.core.questions.model import Answer, Measure, Period, Query, Topic, Within
from custom_components.panel_meter.core.questions.tell import MOST_CHARACTERS, not_understood, tell
from custom_components.panel_meter.core.questions.vocabulary import Vocabulary, WordingInvalid
from custom_components.panel_meter.core.questions.wording import Wording, plain

from .house import LANGUAGES, wording

#: Wednesday, the 18th of November 2026, noon UTC.
NOW = 1_795_003_200
YESTERDAY = Period(within=Within.YESTERDAY)


def words(language: str) -> Wording:
    return Wording.from_data(wording(language), UTC, NOW)


def told(found: Found, language: str = "en") -> Answer:
    return tell(found, words(language))


def energy(name: str, kwh: str, other: str | None = None) -> Line:
    before = None if other is None else int(Decimal(other) * 1_000_000)
    return Line(name=name, unit=Unit.ENERGY, value=int(Decimal(kwh) * 1_000_000), other=before)


def money(name: str, amount: str | None, **more: str) -> Line:
    numbers = {key: Decimal(each) for key, each in more.items()}
    value = None if amount is None else Decimal(amount)
    return Line(name=name, unit=Unit.MONEY, value=value, currency="EUR", **numbers)


USAGE = Query(topic=Topic.USAGE, period=YESTERDAY)
FOUND: Mapping[str, Found] = {
    "usage": Found(query=USAGE, whole=energy("", "1234.5678")),
    "usage of one": Found(query=USAGE, lines=(energy("Kitchen", "3.456"),)),
    "usage of two": Found(query=USAGE, lines=(energy("Kitchen", "3.456"), energy("Garage", "0.5"))),
    "cost": Found(query=Query(topic=Topic.COST, period=YESTERDAY), whole=money("", "12.345")),
    "power": Found(query=Query(topic=Topic.POWER), whole=Line(name="", unit=Unit.WATT, value=1523.4)),
    "no power": Found(query=Query(topic=Topic.POWER), lines=(Line(name="Kitchen", unit=Unit.WATT),)),
    "top": Found(
        query=Query(topic=Topic.TOP, measure=Measure.USAGE), lines=(energy("Kitchen", "3"), energy("Garage", "1"))
    ),
    "more": Found(
        query=Query(
            topic=Topic.COMPARE, measure=Measure.USAGE, period=Period(within=Within.TODAY), other=YESTERDAY
        ),
        lines=(energy("Kitchen", "3", "2"),),
        notes=Notes(running=(Period(within=Within.TODAY),)),
    ),
    "temperature": Found(
        query=Query(topic=Topic.TEMPERATURE), lines=(Line(name="Board", unit=Unit.CELSIUS, value=31.5),)
    ),
    "no alerts": Found(query=Query(topic=Topic.ALERTS)),
    "alerts": Found(
        query=Query(topic=Topic.ALERTS),
        lines=(Line(name="Board", unit=Unit.WATT, label="One."), Line(name="Board", unit=Unit.WATT, label="Two.")),
    ),
    "bill": Found(query=Query(topic=Topic.BILL), lines=(money("Board", "42"),)),
    "projection": Found(
        query=Query(topic=Topic.PROJECTION), lines=(money("Board", "60", low="55", high="70.5"),)
    ),
    "price": Found(
        query=Query(topic=Topic.PRICE),
        lines=(
            Line(
                name="Board", unit=Unit.PRICE, value=Decimal("0.275"), other=Decimal("0.11"), currency="EUR",
                start=NOW + 3600, label="dear",
            ),
        ),
    ),
    "cheapest": Found(
        query=Query(topic=Topic.CHEAPEST),
        lines=(
            Line(
                name="Board", unit=Unit.PRICE, value=Decimal("0.11"), currency="EUR", start=NOW + 3600,
                end=NOW + 86_400,
            ),
        ),
    ),
    "demand": Found(
        query=Query(topic=Topic.DEMAND),
        lines=(Line(name="Board", unit=Unit.KILOWATT, value=Decimal("5.125"), start=NOW - 86_400),),
    ),
    "why": Found(
        query=Query(topic=Topic.WHY),
        lines=(
            Line(
                name="Board", unit=Unit.MONEY, value=Decimal(50), other=Decimal(40), currency="EUR",
                parts=(money("Kitchen", "20", other="8"), money("Garage", "3", other="5")),
            ),
        ),
    ),
    "export": Found(query=Query(topic=Topic.EXPORT), whole=energy("", "2")),
    "no export": Found(query=Query(topic=Topic.EXPORT)),
    "production": Found(
        query=Query(topic=Topic.PRODUCTION), whole=energy("", "2"), beside=(Line(name="", unit=Unit.WATT, value=900),)
    ),
    "help": Found(
        query=Query(topic=Topic.HELP),
        lines=(Line(name="", unit=Unit.WATT, value=500), energy("", "8"), energy("Kitchen", "3"), money("Board", "9")),
    ),
    "notes": Found(
        query=USAGE,
        whole=energy("", "5"),
        notes=Notes(
            estimated=1_500_000, missing=5400, begins=NOW - 86_400, offline=(("Board", NOW - 60),),
            no_tariff=("A",), rating=("B",), no_cost=("C",),
        ),
    ),
}  # fmt: skip

ENGLISH = {
    "usage": "The home used 1,235 kWh yesterday.",
    "usage of one": "Kitchen used 3.46 kWh yesterday.",
    "usage of two": "Kitchen: 3.46 kWh. Garage: 0.50 kWh.",
    "cost": "Electricity cost 12.34 EUR yesterday.",
    "power": "The home is drawing 1.52 kW right now.",
    "no power": "There is no reading of the power of Kitchen right now.",
    "top": "Kitchen used the most today: 3.00 kWh. Garage: 1.00 kWh.",
    "more": "Kitchen: 3.00 kWh today and 2.00 kWh yesterday. That is 50 % more. This is not over yet: today.",
    "temperature": "The temperature of Board is 31.5 °C.",
    "no alerts": "There are no open alerts.",
    "alerts": "There are 2 open alerts: One. Two.",
    "bill": "The bill of Board so far is 42.00 EUR.",
    "projection": "The bill of Board will probably come to 60.00 EUR, between 55.00 EUR and 70.50 EUR.",
    "price": "A kWh costs 0.2750 EUR now (dear). At 13:00 the price changes to 0.1100 EUR.",
    "cheapest": "Electricity is cheapest from 13:00 to 12:00 (November 19, 2026): 0.1100 EUR per kWh.",
    "demand": "The peak demand of Board is 5.12 kW, reached at 12:00 (November 17, 2026).",
    "why": "The energy of Board has cost 50.00 EUR so far in this cycle; at the same point of the cycle before it was "
    "40.00 EUR. Kitchen cost 12.00 EUR more, Garage cost 2.00 EUR less.",
    "export": "2.00 kWh went back to the grid today.",
    "no export": "No panel measures exported energy.",
    "production": "The solar produced 2.00 kWh today. The solar is producing 900 W right now.",
}


@pytest.mark.parametrize("case", ENGLISH)
def test_english(case: str) -> None:
    assert told(FOUND[case]).text == ENGLISH[case]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", FOUND)
def test_every_language_says_everything(case: str, language: str) -> None:
    answer = told(FOUND[case], language)
    assert answer.text.strip()
    assert not re.search(r"[{}]", answer.text)
    assert answer.understood
    english = told(FOUND[case])
    # The same numbers, however they are written: no language forgets a value.
    assert figures(answer.text) == figures(english.text)


def figures(text: str) -> list[str]:
    bare = re.sub(r"\((?:[^()]*\d{4})\)|\d{1,2}:\d{2}(?: h)?", "", text)
    return sorted(re.sub(r"\D", "", number) for number in re.findall(r"\d[\d.,\u202f\u00a0 ]*", bare))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_sentences_with_the_same_places(language: str) -> None:
    ours, english = wording(language)["answers"], wording("en")["answers"]
    assert isinstance(ours, dict)
    assert isinstance(english, dict)
    assert ours.keys() == english.keys()
    places = {key: set(re.findall(r"\{(\w+)\}", text)) for key, text in ours.items()}
    assert places == {key: set(re.findall(r"\{(\w+)\}", text)) for key, text in english.items()}


def test_a_table_has_as_many_cells_as_columns() -> None:
    for language in LANGUAGES:
        for found in FOUND.values():
            if (table := told(found, language).table) is not None:
                assert table.rows
                assert {len(row) for row in table.rows} == {len(table.columns)}


def test_what_an_answer_rests_on_is_said() -> None:
    answer = told(FOUND["notes"])
    assert len(answer.rests_on) == 7
    assert all(each in answer.text for each in answer.rests_on)
    assert "1.50 kWh of this is estimated." in answer.rests_on


HOSTILE = (
    "{value}",
    "{0.__class__}",
    "<speak>",
    "{{ states('x') }}",
    "\u202egnp.exe",
    "a\nb\rc",
    "%s %(x)s",
    "x" * 9999,
)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_only_text(name: str) -> None:
    answer = told(Found(query=USAGE, lines=(energy(name, "1"), energy("Other", "2"))))
    assert not set("<>{}\n\r\u202e") & set(answer.text)
    assert len(plain(name)) <= 60
    assert "1.00 kWh" in answer.text
    assert answer.table is not None
    assert not set("<>{}\n") & set("".join(cell for row in answer.table.rows for cell in row))


def test_an_answer_is_short_whatever_is_found() -> None:
    lines = tuple(energy(f"Circuit {number} {'x' * 60}", "1") for number in range(500))
    answer = told(Found(query=USAGE, lines=lines))
    assert len(answer.text) <= MOST_CHARACTERS
    assert answer.table is not None
    assert len(answer.table.rows) <= 12


def test_nothing_seen_is_said() -> None:
    assert told(Found(query=USAGE, visible=False)).text == "There is nothing that you can see."


@pytest.mark.parametrize("language", LANGUAGES)
def test_not_understood_tells_what_can_be_asked(language: str) -> None:
    answer = not_understood(words(language))
    assert not answer.understood
    assert words(language).examples[0] in answer.text


@pytest.mark.parametrize(
    "change",
    [
        {"language": None},
        {"words": []},
        {"words": {"magic": ["x"]}},
        {"words": {"use": "x"}},
        {"words": {"use": ["!"]}},
        {"months": [["x"]]},
        {"weekdays": [1] * 7},
        {"numbers": {"two": "2"}},
    ],
)
def test_words_that_cannot_be_used_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(WordingInvalid):
        Vocabulary.from_data({**wording("en"), **change})


@pytest.mark.parametrize(
    "change",
    [
        {"answers": {"power_of": "{name.__class__}"}},
        {"answers": {"power_of": "{name!r}"}},
        {"answers": {"power_of": "{name:>99999999}"}},
        {"answers": {"power_of": "{secret}"}},
        {"answers": None},
        {"numerals": None},
        {"numerals": {"months": []}},
        {"examples": []},
    ],
)
def test_sentences_that_cannot_be_used_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(WordingInvalid):
        Wording.from_data({**wording("en"), **change}, UTC, NOW)

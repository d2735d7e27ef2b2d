"""A home with names in six languages, its words for queries, and the tables of sentences."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
import json
from pathlib import Path

from custom_components.panel_meter.core.questions.marks import Names
from custom_components.panel_meter.core.questions.model import Query, Subject, SubjectKind
from custom_components.panel_meter.core.questions.understand import understand
from custom_components.panel_meter.core.questions.vocabulary import Vocabulary

HERE = Path(__file__).parent
TEXTS = HERE.parents[2] / "custom_components" / "panel_meter" / "texts"
LANGUAGES = ("en", "id", "nl", "de", "es", "fr")
#: A Wednesday.
TODAY = date(2026, 11, 18)
#: What is written where nothing was understood.
NONE = "none"

#: Ids by name: ``@`` is a panel, ``#`` an area; the rest are circuits of the first panel.
NAMES = {
    "en": {
        "@h": "Main board", "@g": "Garage", "#up": "Upstairs", "kitchen": "Kitchen", "heat": "Heat pump",
        "wash": "Washing machine", "car": "Car charger", "boiler": "Water heater", "ac": "Bedroom AC", "solar": "Solar",
    },
    "id": {
        "@h": "Panel utama", "@g": "Garasi", "#up": "Lantai atas", "kitchen": "Dapur", "heat": "Pompa air",
        "wash": "Mesin cuci", "car": "Pengisi mobil", "boiler": "Pemanas air", "ac": "AC kamar", "solar": "Panel surya",
    },
    "nl": {
        "@h": "Meterkast", "@g": "Garage", "#up": "Boven", "kitchen": "Keuken", "heat": "Warmtepomp",
        "wash": "Wasmachine", "car": "Laadpaal", "boiler": "Boiler", "ac": "Airco slaapkamer", "solar": "Zonnepanelen",
    },
    "de": {
        "@h": "Zählerschrank", "@g": "Garage", "#up": "Obergeschoss", "kitchen": "Küche", "heat": "Wärmepumpe",
        "wash": "Waschmaschine", "car": "Wallbox", "boiler": "Warmwasser", "ac": "Klimaanlage", "solar": "Solar",
    },
    "es": {
        "@h": "Cuadro principal", "@g": "Garaje", "#up": "Planta alta", "kitchen": "Cocina", "heat": "Bomba de calor",
        "wash": "Lavadora", "car": "Cargador del coche", "boiler": "Termo", "ac": "Aire acondicionado",
        "solar": "Solar",
    },
    "fr": {
        "@h": "Tableau principal", "@g": "Garage", "#up": "Étage", "kitchen": "Cuisine", "heat": "Pompe à chaleur",
        "wash": "Lave-linge", "car": "Borne de recharge", "boiler": "Chauffe-eau", "ac": "Climatisation",
        "solar": "Solaire",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Sentence:
    """A sentence of a table and the query that it must become, or ``NONE``."""

    language: str
    text: str
    expected: str


@cache
def wording(language: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((TEXTS / f"questions.{language}.json").read_text())
    return found


@cache
def vocabulary(language: str) -> Vocabulary:
    return Vocabulary.from_data(wording(language))


@cache
def names(language: str) -> Names:
    return Names(subject(word, name) for word, name in NAMES[language].items())


def subject(word: str, name: str = "") -> Subject:
    if word.startswith("@"):
        return Subject(kind=SubjectKind.PANEL, panel=word[1:], name=name)
    if word.startswith("#"):
        return Subject(kind=SubjectKind.AREA, id=word[1:], name=name)
    return Subject(kind=SubjectKind.CHANNEL, panel="h", id=word, name=name, produces=word == "solar")


def sentences(file: str) -> Iterator[Sentence]:
    """The table of a file."""
    language = ""
    for line in (HERE / file).read_text().splitlines():
        if line.startswith("["):
            language = line.strip("[]")
        elif line and not line.startswith("#"):
            text, _, expected = line.partition("=>")
            yield Sentence(language, text.strip(), expected.strip())


def asked(sentence: Sentence) -> str:
    """The query that a sentence becomes."""
    return written(understand(sentence.text, vocabulary(sentence.language), names(sentence.language), TODAY))


def written(query: Query | None) -> str:
    """A query as the tables write it."""
    if query is None:
        return NONE
    marks = {SubjectKind.PANEL: "@", SubjectKind.AREA: "#", SubjectKind.CHANNEL: ""}
    topic = query.topic.value if query.measure is None else f"{query.topic}/{query.measure}"
    who = " ".join(marks[each.kind] + (each.id or each.panel) for each in query.subjects)
    parts = [topic, who, str(query.period or ""), str(query.other or "")]
    while not parts[-1]:
        parts.pop()
    return "; ".join(parts)


def outcome(sentence: Sentence) -> str:
    """``right``, ``declined`` (not understood) or ``wrong``."""
    found = asked(sentence)
    if found == sentence.expected:
        return "right"
    return "declined" if found == NONE else "wrong"


FILES = ("paraphrases.txt", "sentences.txt", "blind.txt")


def figures() -> dict[tuple[str, str], Counter[str]]:
    """Outcomes by file and language."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for file in FILES:
        for sentence in sentences(file):
            found.setdefault((file, sentence.language), Counter())[outcome(sentence)] += 1
    return found

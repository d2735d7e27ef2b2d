"""Every alert has its sentence in every language, with all its facts and nothing else."""

from collections.abc import Mapping
import json
from pathlib import Path
import re

import pytest

from custom_components.panel_meter.core.alerts.model import Alert, Fact, Kind, Severity
from custom_components.panel_meter.core.alerts.text import Texts, told

FOLDER = Path(__file__).parents[3] / "custom_components" / "panel_meter" / "texts"
LANGUAGES = ("en", "id", "nl", "de", "es", "fr")
AMPERES = {"load_a": 23.2, "rating_a": 20.0, "load_pct": 116}
VOLTS = {"voltage_v": 255.25, "nominal_v": 230, "phase": "L2"}
APART = {"low_v": 190.0, "high_v": 265.5}

#: What the rules supply, by kind and variant. `test_facts.py` holds the rules to it.
FACTS: Mapping[str, Mapping[str, Fact]] = {
    "high_power": {"power_w": 2350, "limit_w": 2000, "limit_s": 60},
    "continuous_load": {**AMPERES, "minutes_min": 60},
    "overload": AMPERES,
    "overload.trip": AMPERES,
    "overvoltage": VOLTS,
    "overvoltage.far": VOLTS,
    "undervoltage": VOLTS,
    "undervoltage.far": VOLTS,
    "frequency": {"frequency_hz": 50.71, "nominal_hz": 50},
    "phase_imbalance": {"uneven_pct": 3.4, **APART},
    "phase_imbalance.load": {"phase": "L1", "high_a": 22.5, "low_a": 0.4, "rating_a": 25.0},
    "low_power_factor": {"factor": 0.52, "power_w": 640},
    "phase_lost": {"phase": "L2", "voltage_v": 3.0},
    "neutral_lost": APART,
    "reversed_clamp": {"power_w": -1234},
    "offline": {"minutes_min": 75},
    "high_temperature": {"temperature_c": 81.5, "limit_c": 80.0},
    "base_load": {"power_w": 250, "usual_w": 180, "rise_w": 70, "year_kwh": 613},
    "energy_budget.day": {"used_kwh": 10.1, "limit_kwh": 10.0},
    "energy_budget.cycle": {"used_kwh": 1010.1, "limit_kwh": 1000.0},
    "energy_budget.day_ahead": {"used_kwh": 8.1, "limit_kwh": 10.0, "expected_kwh": 12.0},
    "energy_budget.cycle_ahead": {"used_kwh": 81.0, "limit_kwh": 100.0, "expected_kwh": 120.0},
    "cost_budget.day": {"used_money": 5.1, "limit_money": 5.0, "currency": "EUR"},
    "cost_budget.cycle": {"used_money": 1234.5, "limit_money": 1000.0, "currency": "EUR"},
    "cost_budget.day_ahead": {"used_money": 4.1, "limit_money": 5.0, "expected_money": 6.0, "currency": "EUR"},
    "cost_budget.cycle_ahead": {"used_money": 4.1, "limit_money": 5.0, "expected_money": 6.0, "currency": "EUR"},
    "demand_peak.ahead": {
        "expected_kw": 5.83,
        "limit_kw": 5.0,
        "left_min": 5,
        "shed_w": 2500,
        "circuits": "Oven, Heat pump",
    },
    "demand_peak.set": {"so_far_kw": 5.5, "limit_kw": 5.0, "circuits": "Oven"},
    "left_on": {"power_w": 20, "minutes_min": 125},
    "high_price": {"price_rate": 0.41234, "limit_rate": 0.4, "currency": "EUR"},
    "high_price.until": {"price_rate": 0.41234, "limit_rate": 0.4, "left_min": 30, "currency": "EUR"},
    "power_spike": {"power_w": 4000, "usual_w": 800},
    "custom": {"message": "The cellar is wet"},
    "custom.withheld": {"withheld": 5, "open": 20},
}
#: Spoken with others.
UNSAID = {"variant", "currency"}
NAMES = {"place", "panel", "channel"}


def data(language: str) -> dict[str, dict[str, dict[str, str]]]:
    loaded: dict[str, dict[str, dict[str, str]]] = json.loads((FOLDER / f"alerts.{language}.json").read_text())
    return loaded


def texts(language: str) -> Texts:
    return Texts.from_data(language, data(language))


def alert(name: str, channel: str | None = "c1", **more: Fact) -> Alert:
    kind, _, variant = name.partition(".")
    facts = {**FACTS[name], **({"variant": variant} if variant else {}), **more}
    return Alert(
        id=1, panel="p1", channel=channel, kind=Kind(kind), severity=Severity.WARNING, facts=facts, opened=0, seen=0
    )


def test_every_kind_has_its_facts_here() -> None:
    assert {name.partition(".")[0] for name in FACTS} == {kind.value for kind in Kind}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_has_a_sentence_with_all_its_facts(language: str) -> None:
    kinds = data(language)["kinds"]
    assert sorted(kinds) == sorted(FACTS)
    for name, found in kinds.items():
        said = set(re.findall(r"\{(\w+)\}", found["title"] + found["message"]))
        assert said - NAMES == set(FACTS[name]) - UNSAID, name
        # Only names of the panel and its channels: nothing that a brace was forgotten of.
        assert not re.search(r"[{}]", re.sub(r"\{\w+\}", "", found["title"] + found["message"])), name
        assert "{place}" in found["title"] or "{panel}" in found["title"], name


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(FACTS))
def test_a_told_alert_has_no_holes(language: str, name: str) -> None:
    words = told(alert(name), texts(language), "Home", "Oven")
    assert not re.search(r"[{}]", words.title + words.message)
    # A fact that is missing would be a question mark; some titles are questions.
    assert "?" not in words.message
    assert "Oven" in words.title or "Home" in words.title
    assert len(words.title) < 70


@pytest.mark.parametrize(
    ("language", "name", "message"),
    [
        ("en", "high_power", "Oven draws 2.35 kW, above your limit of 2 kW for more than 60 s."),
        (
            "en",
            "high_temperature",
            "It is 81.5 °C where the board is; the limit is 80 °C. Check the panel for loose "
            "connections and let air in.",
        ),
        (
            "en",
            "demand_peak.ahead",
            "In 5 min the demand will reach 5.83 kW, above 5 kW. Switch off 2.5 kW to stay "
            "below. Most is drawn by: Oven, Heat pump.",
        ),
        ("en", "cost_budget.cycle", "This billing cycle cost 1,234.50 EUR; the budget is 1,000.00 EUR."),
        (
            "de",
            "cost_budget.cycle",
            "Dieser Abrechnungszeitraum hat 1.234,50 EUR gekostet; das Budget ist 1.000,00 EUR.",
        ),
        ("fr", "left_on", "Oven est allumé depuis 2 h 5 min et consomme 20 W."),
        ("nl", "energy_budget.cycle", "In deze factuurperiode is 1.010,1 kWh verbruikt; het budget is 1.000 kWh."),
        ("es", "high_price", "La luz cuesta ahora 0,41234 EUR/kWh; el límite es 0,40 EUR/kWh."),
        ("id", "left_on", "Oven sudah menyala 2 h 5 min dan memakai 20 W."),
    ],
)
def test_numbers_are_written_as_the_language_writes_them(language: str, name: str, message: str) -> None:
    assert told(alert(name), texts(language), "Home", "Oven").message == message


def test_the_percent_sign_stands_as_the_language_wants_it() -> None:
    assert "(116%)" in told(alert("overload"), texts("en"), "Home", "Oven").message
    assert "(116\u00a0%)" in told(alert("overload"), texts("de"), "Home", "Oven").message


def test_an_alert_of_the_panel_names_the_panel() -> None:
    assert told(alert("high_power", None), texts("en"), "Home", None).title == "High power: Home"


@pytest.mark.parametrize("name", ["{power_w}", "{0.__class__}", "%s {{ states }}", "\\1 \\g<0>", "{message}"])
def test_names_are_never_patterns(name: str) -> None:
    words = told(alert("high_power"), texts("en"), name, name)
    assert words.title == f"High power: {name}"
    assert words.message.startswith(f"{name} draws 2.35 kW")
    custom = told(alert("custom", message="see {panel} {channel}"), texts("en"), name, name)
    assert custom.message == "see {panel} {channel}"


def test_a_language_without_the_sentence_says_something_all_the_same() -> None:
    empty = Texts.from_data("xx", {})
    assert told(alert("overload"), empty, "Home", "Oven").title == "Overload: Oven"
    assert told(alert("custom"), empty, "Home", None).message == "The cellar is wet"


def test_a_fact_that_an_older_alert_lacks_is_a_question_mark() -> None:
    old = Alert(id=1, panel="p", kind=Kind.OFFLINE, severity=Severity.INFO, opened=0, seen=0)
    assert "not been heard for ?." in told(old, texts("en"), "Home", None).message


@pytest.mark.parametrize(
    "broken", [{"kinds": 5}, {"kinds": {"overload": 5}}, {"kinds": {"overload": {"title": "x"}}}, {"numbers": []}]
)
def test_a_file_that_is_none_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="The texts of alerts in en"):
        Texts.from_data("en", broken)

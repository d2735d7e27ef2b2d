"""The pure parts of the views: periods, balances, numbers and texts."""

import re
from typing import Any

import pytest

from .conftest import Card

LANGUAGES = ("en", "id", "nl", "de", "es", "fr")


def _of(card: Card, module: str, expression: str, argument: object = None) -> Any:
    """The value of an expression in which the module is ``m`` and the argument ``a``."""
    return card.js(
        f"async (a) => {{ const m = await import('/frontend/views/{module}.js'); return {expression}; }}", argument
    )


@pytest.mark.parametrize(
    ("kind", "day", "start", "end"),
    [
        ("day", "2026-03-29", "2026-03-29", "2026-03-30"),
        ("week", "2026-11-21", "2026-11-16", "2026-11-23"),
        ("week", "2026-11-22", "2026-11-16", "2026-11-23"),
        ("week", "2026-11-16", "2026-11-16", "2026-11-23"),
        ("month", "2026-12-31", "2026-12-01", "2027-01-01"),
        ("year", "2026-02-28", "2026-01-01", "2027-01-01"),
    ],
)
def test_a_period_holds_its_day(card: Card, kind: str, day: str, start: str, end: str) -> None:
    found = _of(card, "periods", "m.periodAt(a[0], a[1])", [kind, day])
    assert found == {"kind": kind, "from": start, "to": end}
    assert _of(card, "periods", "m.periodOf(a[0], a[1])", [start, end]) == found


@pytest.mark.parametrize(
    ("start", "end", "before"),
    [
        ("2026-03-01", "2026-04-01", ["2026-02-01", "2026-03-01"]),
        ("2026-01-01", "2027-01-01", ["2025-01-01", "2026-01-01"]),
        ("2026-11-16", "2026-11-23", ["2026-11-09", "2026-11-16"]),
        ("2026-11-10", "2026-11-14", ["2026-11-06", "2026-11-10"]),
    ],
)
def test_the_period_before_ends_where_this_one_begins(card: Card, start: str, end: str, before: list[str]) -> None:
    found = _of(card, "periods", "m.neighbour(m.periodOf(a[0], a[1]), -1)", [start, end])
    assert [found["from"], found["to"]] == before
    assert _of(card, "periods", "m.neighbour(m.neighbour(m.periodOf(a[0], a[1]), -1), 1).from", [start, end]) == start


@pytest.mark.parametrize(("days", "step"), [(1, "hour"), (2, "hour"), (7, "day"), (31, "day"), (365, "month")])
def test_steps_are_as_many_as_a_page_shows(card: Card, days: int, step: str) -> None:
    assert _of(card, "periods", "m.stepOf({from: '2026-01-01', to: m.addDays('2026-01-01', a)})", days) == step


def _balance(
    card: Card, roles: dict[str, str], values: dict[str, float | None], *signed: str
) -> dict[str, float | None]:
    channels = [{"id": channel, "role": role} for channel, role in roles.items()]
    found: dict[str, float | None] = _of(
        card,
        "balance",
        "m.balance(a[0], (id) => a[1][id], (id) => a[2].includes(id))",
        [channels, values, list(signed)],
    )
    return found


def test_a_house_uses_what_the_grid_and_the_sun_give(card: Card) -> None:
    roles = {"m": "main", "s": "solar", "b": "battery", "c1": "circuit", "c2": "circuit", "d": "sub"}
    found = _balance(card, roles, {"m": -500, "s": -2000, "b": 300, "c1": 700, "c2": 400, "d": 100}, "s")
    assert found == {"grid": -500, "solar": 2000, "battery": 300, "measured": 1100, "used": 1200, "rest": 100}


def test_a_solar_clamp_without_direction_is_positive(card: Card) -> None:
    found = _balance(card, {"m": "main", "s": "solar"}, {"m": 500, "s": 2000})
    assert (found["used"], found["solar"], found["rest"]) == (2500, 2000, None)


def test_without_mains_the_circuits_are_all(card: Card) -> None:
    found = _balance(card, {"c1": "circuit", "c2": "circuit"}, {"c1": 700, "c2": 400})
    assert (found["used"], found["grid"], found["rest"]) == (1100, None, None)


def test_what_is_not_known_is_not_zero(card: Card) -> None:
    found = _balance(card, {"m": "main", "c1": "circuit"}, {"m": None, "c1": 400})
    assert (found["used"], found["rest"]) == (None, None)
    assert _balance(card, {"m": "main"}, {})["used"] is None


def test_the_rest_is_never_negative(card: Card) -> None:
    assert _balance(card, {"m": "main", "c1": "circuit"}, {"m": 390, "c1": 400})["rest"] == 0


@pytest.mark.parametrize(
    ("language", "form", "expected"),
    [
        ("en", "language", ["1,234 kWh", "12.35 kWh", "\u20ac1,234.50", "\u20ac0.3123/kWh"]),
        ("de", "language", ["1.234 kWh", "12,35 kWh", "1.234,50\u00a0\u20ac", "0,3123\u00a0\u20ac/kWh"]),
        ("en", "decimal_comma", ["1.234 kWh", "12,35 kWh", "1.234,50\u00a0\u20ac", "0,3123\u00a0\u20ac/kWh"]),
        ("en", "none", ["1234 kWh", "12.35 kWh", "\u20ac1234.50", "\u20ac0.3123/kWh"]),
    ],
)
def test_numbers_are_written_as_the_user_wishes(card: Card, language: str, form: str, expected: list[str]) -> None:
    home = {
        "locale": {"language": language, "number_format": form, "time_format": "24"},
        "config": {"time_zone": "UTC"},
    }
    expression = "[m.energy(a, 1234.2), m.energy(a, 12.345678), m.money(a, 1234.5, 'EUR'), m.price(a, 0.3123, 'EUR')]"
    assert _of(card, "numbers", expression, home) == expected


def test_a_currency_that_nobody_knows_is_still_told(card: Card) -> None:
    home = {"locale": {"language": "en", "number_format": "language"}, "config": {}}
    assert _of(card, "numbers", "m.money(a, 3.5, 'Points')", home) == "3.50 Points"
    assert _of(card, "numbers", "m.money(a, null, 'EUR')", home) == "\u2013"


def test_every_language_says_everything(card: Card) -> None:
    texts: dict[str, dict[str, str]] = {
        language: card.js("async (a) => (await import(`/frontend/views/texts/${a}.js`)).default", language)
        for language in LANGUAGES
    }
    for language, words in texts.items():
        assert words.keys() == texts["en"].keys(), language
        for key, text in words.items():
            assert text.strip() == text != "", f"{language} {key}"
            holes = re.findall(r"\{(\w+)\}", texts["en"][key])
            assert sorted(re.findall(r"\{(\w+)\}", text)) == sorted(holes), f"{language} {key}"


def test_an_unknown_language_is_english(card: Card) -> None:
    script = "async (a) => (await (await import('/frontend/views/texts.js')).loadTexts({locale: {language: a}})).now"
    assert card.js(script, "tlh") == "Now"
    assert card.js(script, "de-AT") == "Jetzt"


def test_names_become_text(card: Card) -> None:
    name = "<img src=x onerror=\"document.title='owned'\">"
    made = _of(card, "dom", "m.el('div', {title: a}, a).outerHTML", name)
    assert "<img" not in made.replace('title="', "").split(">", 1)[1]
    assert _of(card, "dom", "m.el('div', {}, a).firstChild.nodeType", name) == 3

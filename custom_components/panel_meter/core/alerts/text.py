"""The sentences of alerts. They are plain text: who shows them where markup counts escapes them.

A sentence names its facts in braces. The end of a fact's name says its unit: ``power_w`` becomes "1.2 kW" or
"850 W". Names of panels and channels are only ever put in, never read as a pattern.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
import re
from typing import Final

from .model import Alert, Fact, Kind

_PLACE: Final = re.compile(r"\{(\w+)\}")
#: A number without a value.
_NOTHING: Final = "?"


@dataclass(frozen=True, slots=True)
class Told:
    """An alert in words."""

    title: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """How a language writes numbers."""

    decimal: str = "."
    group: str = ","
    #: With a place for the number.
    percent: str = "{number}%"

    def plain(self, number: float, digits: int, *, least: int = 0) -> str:
        """With at most ``digits`` decimal places, and at least ``least``."""
        whole, _, part = f"{number:,.{digits}f}".partition(".")
        part = part[:least] + part[least:].rstrip("0")
        return whole.replace(",", self.group) + (self.decimal + part if part else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The sentences of one language, as the data file ``texts/alerts.<language>.json`` holds them."""

    language: str
    #: Title and message by kind, or by kind and variant: ``overload``, ``energy_budget.day_ahead``.
    kinds: Mapping[str, tuple[str, str]]
    numbers: Numbers = Numbers()

    @classmethod
    def from_data(cls, language: str, data: Mapping[str, object]) -> Texts:
        """Read a data file; ValueError if it is none."""
        numbers, kinds = _object(data.get("numbers", {}), language), _object(data.get("kinds", {}), language)
        found = {}
        for name, texts in kinds.items():
            words = _object(texts, language)
            found[name] = (str(words.get("title", "")), str(words.get("message", "")))
            if not all(found[name]):
                raise ValueError(f"The texts of alerts in {language} lack a title or message of {name}.")
        forms = {key: str(numbers[key]) for key in ("decimal", "group", "percent") if key in numbers}
        return cls(language=language, kinds=found, numbers=Numbers(**forms))


def told(alert: Alert, texts: Texts, panel_name: str, channel_name: str | None) -> Told:
    """The alert as title and message, with numbers in the form of the language.

    ``{place}`` in a text is the channel, or the panel of an alert of a whole panel.
    """
    variant = alert.facts.get("variant")
    found = texts.kinds.get(f"{alert.kind.value}.{variant}") or texts.kinds.get(alert.kind.value)
    title, message = found or (_fallback(alert.kind), "{message}" if "message" in alert.facts else "{place}")
    names = {"panel": panel_name, "channel": channel_name or panel_name, "place": channel_name or panel_name}

    def value(match: re.Match[str]) -> str:
        name = match[1]
        return names[name] if name in names else spoken(name, alert.facts, texts.numbers)

    return Told(_PLACE.sub(value, title), _PLACE.sub(value, message))


def spoken(name: str, facts: Mapping[str, Fact], numbers: Numbers) -> str:
    """A fact in the form of a language, with its unit."""
    fact = facts.get(name)
    if fact is None:
        return _NOTHING
    if isinstance(fact, str):
        return fact
    form = _FORMS.get(name.rpartition("_")[2] if "_" in name else "")
    if form is not None:
        return form(fact, numbers)
    currency = str(facts.get("currency") or "")
    if name.endswith("_money"):
        return f"{numbers.plain(fact, 2, least=2)} {currency}".rstrip()
    if name.endswith("_rate"):
        return f"{numbers.plain(fact, 5, least=2)} {currency}/kWh".replace(" /", "/")
    return numbers.plain(fact, 2)


def _object(value: object, language: str) -> Mapping[str, object]:
    match value:
        case Mapping():
            return {str(key): each for key, each in value.items()}
        case _:
            raise ValueError(f"The texts of alerts in {language} are no texts.")


def _watts(watts: float, numbers: Numbers) -> str:
    return f"{numbers.plain(watts / 1000, 2)} kW" if abs(watts) >= 1000 else f"{numbers.plain(watts, 0)} W"


def _percent(share: float, numbers: Numbers) -> str:
    return numbers.percent.replace("{number}", numbers.plain(share, 1))


def _minutes(minutes: float, numbers: Numbers) -> str:
    hours, rest = divmod(round(minutes), 60)
    if not hours:
        return f"{rest} min"
    return f"{numbers.plain(hours, 0)} h {rest} min" if rest else f"{numbers.plain(hours, 0)} h"


def _seconds(seconds: float, numbers: Numbers) -> str:
    return f"{round(seconds)} s" if seconds < 120 else _minutes(seconds / 60, numbers)


def _in(unit: str, digits: int) -> Callable[[float, Numbers], str]:
    return lambda number, numbers: f"{numbers.plain(number, digits)} {unit}"


_FORMS: Final[Mapping[str, Callable[[float, Numbers], str]]] = {
    "w": _watts,
    "a": _in("A", 1),
    "v": _in("V", 1),
    "hz": _in("Hz", 2),
    "c": _in("°C", 1),
    "kw": _in("kW", 2),
    "kwh": _in("kWh", 1),
    "pct": _percent,
    "min": _minutes,
    "s": _seconds,
}


def _fallback(kind: Kind) -> str:
    return kind.value.replace("_", " ").capitalize() + ": {place}"

"""What is wrong with a tariff, in sentences for people.

Numbers up to T25 are the rules that every tariff follows; those from T30 on are about the form of a document and about
parts of a tariff that contradict each other. A letter after the number tells sentences of the same rule apart.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

#: Code -> sentence; the placeholders are the keys of `Problem.values`.
SENTENCES: Final[Mapping[str, str]] = {
    "T01": "Currency {x} is not a three-letter ISO code.",
    "T02": "Price {x} is not a number; use a dot, e.g. 0.1523.",
    "T03": "Prices above {limit} {currency}/kWh: did you enter cents?",
    "T04": "Versions must have different start dates; {d} appears twice.",
    "T05": "The first version starts on {d} but data begins on {e}: energy before {d} has no price.",
    "T06": "Rule in '{p}': from and to are equal ({t}). Use 00:00-24:00 for the whole day.",
    "T07": "Period '{p}' can never apply: '{q}' above it covers the same times.",
    "T08": "Period '{p}' has {n} prices but there are {m} blocks.",
    "T09": "Block limits must increase: {a} is followed by {b}.",
    "T10": "Only the last block may have no upper limit.",
    "T11": "The last block ends at {x} kWh; use beyond it has no price.",
    "T12": "Unknown period '{x}' in prices/schedule.",
    "T13": "Season '{s}' overlaps '{t}' on {day}.",
    "T14": "Day of month {x} must be 1-31 (29-31 fall back to the month's last day).",
    "T15": "Demand interval {x} min must divide 60.",
    "T16": "Demand window is empty.",
    "T17": "Dynamic price needs an entity in {currency}/kWh; {e} reports {unit}.",
    "T18a": "{e} is a {state_class} sensor.",
    "T18b": "{e} has no numeric state now.",
    "T19": "Tax {x} % is outside 0-100.",
    "T20": "Minimum charge without any charge to compare.",
    "T21": "Blocks with several periods: choose chronological or pro-rata.",
    "T22": "Net metering in kWh cannot be combined with dynamic prices.",
    "T23": "Time {x} is not a multiple of 1 minute.",
    "T24a": "URDB: unit '{u}' not supported.",
    "T24b": "URDB: schedule must be 12x24.",
    "T24c": "URDB: period index {i} not defined.",
    "T24d": "URDB: tiers differ between periods.",
    "T24e": "URDB: '{field}' is missing.",
    "T24f": "URDB: '{field}' cannot be read: {x}.",
    "T24g": "URDB: '{field}' cannot be billed by Panel Meter.",
    "T24h": "URDB: there are {n} rates in this document; choose one of them.",
    "T24i": "URDB: '{field}' has no effect on bills of Panel Meter and was left out.",
    "T24j": "URDB: '{field}' and '{other}' say different things; '{field}' counts.",
    "T24k": "URDB: '{field}' cannot be combined with '{other}'.",
    "T25": "Read dates must be increasing and at least 1 day apart.",
    "T30": "The field '{key}' is missing.",
    "T31": "The field '{key}' is not known here.",
    "T32": "{x} is not {expected}.",
    "T33": "There are {n} entries, but at most {most} are possible here.",
    "T34": "This is no tariff of Panel Meter: the field 'schema' must be {schema}.",
    "T35": "{x} cannot be a name: 1 to 64 characters are needed, none of them invisible.",
    "T36": "The name '{x}' appears twice.",
    "T37": "Unknown season '{x}'.",
    "T38": "A tariff needs at least one version.",
    "T39": "Period '{p}' can never apply: there are no days and times on which one of its rules holds.",
    "T40": "{x} is too low; the lowest possible value is {least}.",
    "T41": "{x} is too high; the highest possible value is {most}.",
    "T42": "{x} has more digits than money and energy need.",
    "T43": "A missing dynamic price shall be replaced by a fallback price, but there is none.",
    "T44": "A minimum charge needs either an amount or hours of use.",
    "T45": "Fixed charge '{f}': the amounts end at {x} kWh; use beyond it has no amount.",
    "T46": "{x} is not a day of the year.",
    "T47": "A cycle of {x} months is not possible; choose 1, 2, 3 or 12.",
    "T48": "Interval {x} min cannot be measured: energy is kept in steps of 5 minutes.",
    "T49": "The lowest price {floor} is above the highest price {cap}.",
    "T50": "Period '{p}' has no price.",
    "T51": "Tax '{tax}' leaves out '{x}', but there is no adder or fixed charge of this name.",
    "T52": "The rates number {n} can never count: those above them apply to the same use.",
    "T53": "Demand '{d}' has {n} prices but there are {m} blocks.",
    "T54": "Block limits must count alike: '{a}' and '{b}' are mixed.",
    "T55": "Exported energy has prices and an entity; only the entity counts.",
    "T56": "Exported energy has {n} prices in period '{p}' but there are {m} blocks.",
    "T57": "'{x}' is not the id of an entity, such as sensor.electricity_price.",
    "T58": "Exports cannot be set off against imports within {x} minutes; choose 0, 5, 15, 30 or 60.",
    "T59": "Tax '{tax}' is on no part of the bill, so it comes to nothing.",
    "T60": "'{x}' is not the name of a time zone, such as Asia/Jakarta.",
    "T61": "The date {x} is not within the years 1970 to 2199.",
    "T62": "Rounding to a multiple of {x} is not possible; it must be more than 0.",
    "T63": "Demand blocks are limited in kW and cannot be per '{per}'.",
    "T64": "The weekend can only have days from monday to sunday; '{x}' is none.",
    "T65": "A dynamic price of {x} min is not possible; the minutes must divide 1440.",
    "T66": "{e} tells no unit; it should be {currency}/kWh.",
}

#: What may be so without making a bill impossible.
WARNINGS: Final = frozenset(
    {"T03", "T07", "T18a", "T18b", "T20", "T24i", "T24j", "T39", "T51", "T52", "T55", "T59", "T66"}
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong at one place of a tariff."""

    #: A key of `SENTENCES`.
    code: str
    #: Where: keys and numbers of entries from 0, joined by dots, such as ``versions.0.energy.prices.peak``.
    path: str
    values: Mapping[str, str] = field(default_factory=dict)
    #: The tariff can be used all the same.
    warning: bool = False

    @property
    def text(self) -> str:
        """The sentence."""
        return SENTENCES[self.code].format_map(self.values)

    def __str__(self) -> str:
        return f"{self.path}: {self.text}" if self.path else self.text


def problem(code: str, path: str, **values: object) -> Problem:
    """A problem; whether it is only a warning is known by its code."""
    return Problem(code, path, {key: str(value) for key, value in values.items()}, code in WARNINGS)


class TariffInvalid(ValueError):
    """A tariff that cannot be used; `problems` says everything that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """At least one problem."""
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

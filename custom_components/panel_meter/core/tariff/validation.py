"""What must be true of a tariff, whoever made it."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
import re
from statistics import median_low
from typing import Final

from .checks_charges import check_charges, check_months
from .checks_energy import check_coverage, check_energy, twice
from .document import decimal_of, is_name, plain, shown
from .model import Dynamic, Tariff, Tax
from .problems import Problem, problem
from .times import WEEK, Cycle, Period, Season

_CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)
_ZONE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}", re.ASCII)
_YEARS: Final = range(1970, 2200)

#: Fields of the model that have another name in the document, or none of their own there.
_IN_DOCUMENT: Final = {"rates": "", "begin": "from", "end": "to", "yearly_holidays": "yearly", "netting": "netting_min"}
_NAMES: Final = {"id", "name", "default_period"}

_MAX_DIGITS: Final = 30
_LEAST_EXPONENT: Final = -20
_MOST: Final = Decimal(10) ** 12
#: Rules of all versions together; comparing more of them would take long.
_MAX_RULES: Final = 3_000
_CENTS: Final = 1_000


def check(tariff: Tariff) -> tuple[Problem, ...]:
    """Everything that is wrong with a tariff, warnings included."""
    broken = list(_values(tariff, ""))
    if broken:
        # Numbers that are none, or too large to write down, cannot be compared.
        return tuple(broken)
    return tuple(_tariff(tariff))


def warnings(tariff: Tariff) -> tuple[Problem, ...]:
    """What may be so, but is perhaps not meant so."""
    return tuple(each for each in check(tariff) if each.warning)


def check_start(tariff: Tariff, first_data_day: date) -> tuple[Problem, ...]:
    """Whether there are prices from the first local day on of which energy is known."""
    first = min(version.valid_from for version in tariff.versions)
    if first <= first_data_day:
        return ()
    return (problem("T05", "versions.0.valid_from", d=first.isoformat(), e=first_data_day.isoformat()),)


def dynamic_prices(tariff: Tariff) -> dict[str, Dynamic]:
    """Every dynamic price of a tariff, by its path."""
    found: dict[str, Dynamic] = {}
    for number, version in enumerate(tariff.versions):
        if version.energy.dynamic is not None:
            found[f"versions.{number}.energy.dynamic"] = version.energy.dynamic
        if version.export is not None and version.export.dynamic is not None:
            found[f"versions.{number}.export.dynamic"] = version.export.dynamic
    return found


def check_entity(
    tariff: Tariff, entity_id: str, unit: str | None, state_class: str | None, value: str | None
) -> tuple[Problem, ...]:
    """Whether an entity of Home Assistant tells prices: its unit, state class and present state (None: none)."""
    return tuple(
        found
        for path, dynamic in dynamic_prices(tariff).items()
        if dynamic.entity_id == entity_id
        for found in _entity(dynamic, tariff.currency, f"{path}.entity_id", unit, state_class, value)
    )


def _entity(
    dynamic: Dynamic, currency: str, path: str, unit: str | None, state_class: str | None, value: str | None
) -> Iterator[Problem]:
    entity = dynamic.entity_id
    if not unit:
        yield problem("T66", path, e=entity, currency=currency)
    elif unit not in (dynamic.unit, f"{currency}/kWh"):
        yield problem("T17", path, e=entity, currency=currency, unit=unit)
    if state_class in ("total", "total_increasing"):
        yield problem("T18a", path, e=entity, state_class=state_class)
    if value is None or decimal_of(value) is None:
        yield problem("T18b", path, e=entity)


# --- single values, wherever they stand ---


def _values(part: object, path: str) -> Iterator[Problem]:
    """Numbers, dates and names that nothing can be done with."""
    match part:
        case Decimal():
            yield from _number(part, path)
        case date() if part.year not in _YEARS:
            yield problem("T61", path, x=part.isoformat())
    for key, each in _parts(part):
        where = ".".join(filter(None, (path, _IN_DOCUMENT.get(key, key))))
        if key in _NAMES and isinstance(each, str) and not is_name(each):
            yield problem("T35", where, x=shown(each))
        yield from _values(each, where)


def _parts(part: object) -> Iterator[tuple[str, object]]:
    match part:
        case Mapping():
            yield from part.items()
        case tuple():
            yield from ((str(number), each) for number, each in enumerate(part))
        case frozenset():
            yield from (("", each) for each in sorted(part, key=str))
        case _ if is_dataclass(part) and not isinstance(part, type):
            yield from ((each.name, getattr(part, each.name)) for each in fields(part))


def _number(number: Decimal, path: str) -> Iterator[Problem]:
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        yield problem("T02", path, x=str(number))
    elif number.adjusted() > _MOST.adjusted() or abs(number) > _MOST:
        yield problem("T41", path, x=f"{number:.3E}", most=plain(_MOST))
    elif len(digits) > _MAX_DIGITS or exponent < _LEAST_EXPONENT:
        yield problem("T42", path, x=f"{number:.3E}")


# --- the tariff as a whole ---


def _tariff(tariff: Tariff) -> Iterator[Problem]:
    if not _CURRENCY.fullmatch(tariff.currency):
        yield problem("T01", "currency", x=shown(tariff.currency))
    if tariff.time_zone is not None and not _ZONE.fullmatch(tariff.time_zone):
        yield problem("T60", "time_zone", x=shown(tariff.time_zone))
    for day in sorted(tariff.calendar.weekend):
        if day not in WEEK:
            yield problem("T64", "calendar.weekend", x=day)
    yield from _cycle(tariff.cycle)
    yield from _taxes(tariff)
    for key, step in (("line", tariff.rounding.line), ("total", tariff.rounding.total)):
        if step is not None and step <= 0:
            yield problem("T62", f"rounding.{key}", x=plain(step))
    yield from _versions(tariff)
    yield from _cents(tariff)


def _cycle(cycle: Cycle) -> Iterator[Problem]:
    if not 1 <= cycle.anchor_day <= 31:
        yield problem("T14", "cycle.anchor_day", x=cycle.anchor_day)
    if cycle.months not in (1, 2, 3, 12):
        yield problem("T47", "cycle.months", x=cycle.months)
    yield from check_months(frozenset({cycle.first_month}), "cycle.first_month")
    for number, (before, after) in enumerate(pairwise(cycle.read_dates)):
        if after <= before:
            yield problem("T25", f"cycle.read_dates.{number + 1}")


def _taxes(tariff: Tariff) -> Iterator[Problem]:
    fixed = {each.name for version in tariff.versions for each in version.fixed}
    known = fixed | {each.name for version in tariff.versions for each in version.energy.adders}
    yield from twice([tax.name for tax in tariff.taxes], "taxes")
    for number, tax in enumerate(tariff.taxes):
        yield from _tax(tax, known, f"taxes.{number}")


def _tax(tax: Tax, known: set[str], path: str) -> Iterator[Problem]:
    if not 0 <= tax.percent <= 100:
        yield problem("T19", f"{path}.percent", x=plain(tax.percent))
    if not tax.on:
        yield problem("T59", f"{path}.on", tax=tax.name)
    for name in sorted(tax.exempt - known):
        yield problem("T51", f"{path}.exempt", tax=tax.name, x=name)


def _versions(tariff: Tariff) -> Iterator[Problem]:
    if not tariff.versions:
        yield problem("T38", "versions")
    starts = [version.valid_from for version in tariff.versions]
    # Most versions change nothing but prices: what was compared once need not be compared again.
    compared: set[tuple[tuple[Season, ...], tuple[Period, ...]]] = set()
    rules = sum(len(period.rules) for version in tariff.versions for period in version.energy.periods)
    if rules > _MAX_RULES:
        yield problem("T33", "versions", n=f"{rules} rules", most=f"{_MAX_RULES} rules")
        return
    for number, version in enumerate(tariff.versions):
        path = f"versions.{number}"
        if version.valid_from in starts[:number]:
            yield problem("T04", f"{path}.valid_from", d=version.valid_from.isoformat())
        wrong = list(check_energy(version.energy, f"{path}.energy"))
        yield from wrong
        times = (version.energy.seasons, version.energy.periods)
        if times not in compared and all(each.warning for each in wrong):
            compared.add(times)
            yield from check_coverage(version.energy, tariff.calendar, f"{path}.energy")
        yield from check_charges(version, tariff.calendar, path)


def _cents(tariff: Tariff) -> Iterator[Problem]:
    """Prices that are so much higher than the others that they may be in another unit."""
    prices = sorted(
        abs(price)
        for version in tariff.versions
        for rates in (version.energy.rates, *version.energy.alternatives)
        for each in rates.prices.values()
        for price in each
        if price
    )
    if prices and prices[-1] > (limit := _CENTS * median_low(prices)):
        yield problem("T03", "versions", limit=plain(limit), currency=tariff.currency)

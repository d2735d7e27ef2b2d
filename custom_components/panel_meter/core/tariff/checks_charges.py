"""What must be true of everything but the prices of energy: export, demand, fixed amounts, minimum and credits."""

from collections.abc import Iterator

from .checks_energy import (
    check_demand_blocks,
    check_dynamic,
    check_rules,
    check_season,
    twice,
    unknown_periods,
)
from .coverage import holds_ever
from .document import plain
from .model import Demand, DemandStat, Export, ExportMode, Fixed, Minimum, NettingSpan, Part, Ratchet, Version
from .problems import Problem, problem
from .times import Calendar

#: Months of earlier demand that a ratchet or a mean can look back on.
MAX_CYCLES = 24


def check_charges(version: Version, calendar: Calendar, path: str) -> Iterator[Problem]:
    """All charges of a version."""
    if version.export is not None:
        yield from _export(version.export, version, f"{path}.export")
    for number, demand in enumerate(version.demand):
        yield from _demand(demand, version, calendar, f"{path}.demand.{number}")
    for number, demand in enumerate(version.demand):
        others = version.demand[:number]
        if any(other.name == demand.name and demand.season in (None, other.season) for other in others):
            yield problem("T36", f"{path}.demand.{number}.name", x=demand.name)
    yield from twice([fixed.name for fixed in version.fixed], f"{path}.fixed")
    for number, fixed in enumerate(version.fixed):
        yield from _fixed(fixed, version, f"{path}.fixed.{number}")
    if version.minimum is not None:
        yield from _minimum(version.minimum, version, f"{path}.minimum")
    yield from twice([credit.name for credit in version.credits], f"{path}.credits")
    for number, credit in enumerate(version.credits):
        yield from check_months(credit.months, f"{path}.credits.{number}.months")


def check_months(months: frozenset[int], path: str) -> Iterator[Problem]:
    """Numbers of months."""
    for month in sorted(months):
        if not 1 <= month <= 12:
            yield problem("T32", path, x=month, expected="a month from 1 to 12")


def _export(export: Export, version: Version, path: str) -> Iterator[Problem]:
    energy = version.energy
    if not isinstance(export.netting, NettingSpan) and export.netting not in (0, 5, 15, 30, 60):
        yield problem("T58", f"{path}.netting_min", x=export.netting)
    if not 1 <= export.settle_month <= 12:
        yield problem("T32", f"{path}.settle_month", x=export.settle_month, expected="a month from 1 to 12")
    if export.mode is ExportMode.NET_METERING_KWH and (energy.dynamic is not None or export.dynamic is not None):
        yield problem("T22", f"{path}.mode")
    if export.dynamic is not None:
        yield from check_dynamic(export.dynamic, energy, f"{path}.dynamic")
        if export.prices:
            yield problem("T55", f"{path}.prices")
    yield from unknown_periods(export.prices, energy.periods, energy.default_period, f"{path}.prices")
    blocks = max(len(rates.blocks) for rates in (energy.rates, *energy.alternatives))
    for name in energy.period_names if export.prices else ():
        if name not in export.prices:
            yield problem("T50", f"{path}.prices", p=name)
        elif (count := len(export.prices[name])) not in (1, blocks):
            yield problem("T56", f"{path}.prices.{name}", p=name, n=count, m=blocks)


def _demand(demand: Demand, version: Version, calendar: Calendar, path: str) -> Iterator[Problem]:
    yield from check_demand_blocks(demand.blocks, f"{path}.blocks")
    if len(demand.price) != len(demand.blocks):
        yield problem("T53", f"{path}.price", d=demand.name, n=len(demand.price), m=len(demand.blocks))
    minutes = demand.interval_min
    if not 1 <= minutes <= 60 or 60 % minutes:
        yield problem("T15", f"{path}.interval_min", x=minutes)
    elif minutes % 5:
        yield problem("T48", f"{path}.interval_min", x=minutes)
    seasons = version.energy.seasons
    yield from check_season(demand.season, seasons, path)
    wrong = list(check_rules(demand.window, demand.name, seasons, f"{path}.window"))
    yield from wrong
    if demand.window and not wrong and not holds_ever(demand.window, seasons, calendar):
        yield problem("T16", f"{path}.window")
    yield from _between(demand.n, 1, MAX_CYCLES if demand.stat is DemandStat.MEAN_LAST_CYCLES else 31, f"{path}.n")
    if demand.min_kw < 0:
        yield problem("T40", f"{path}.min_kw", x=plain(demand.min_kw), least=0)
    if demand.ratchet is not None:
        yield from _ratchet(demand.ratchet, f"{path}.ratchet")


def _between(value: int, least: int, most: int, path: str) -> Iterator[Problem]:
    if value < least:
        yield problem("T40", path, x=value, least=least)
    elif value > most:
        yield problem("T41", path, x=value, most=most)


def _ratchet(ratchet: Ratchet, path: str) -> Iterator[Problem]:
    if ratchet.percent < 0:
        yield problem("T40", f"{path}.percent", x=plain(ratchet.percent), least=0)
    elif ratchet.percent > 100:
        yield problem("T41", f"{path}.percent", x=plain(ratchet.percent), most=100)
    yield from _between(ratchet.cycles, 1, MAX_CYCLES, f"{path}.cycles")
    yield from check_months(ratchet.months, f"{path}.months")


def _fixed(fixed: Fixed, version: Version, path: str) -> Iterator[Problem]:
    yield from check_season(fixed.season, version.energy.seasons, path)
    if fixed.quantity < 0:
        yield problem("T40", f"{path}.quantity", x=plain(fixed.quantity), least=0)
    limits = [limit for limit, _ in fixed.by_usage]
    for number, limit in enumerate(limits):
        where = f"{path}.by_usage.{number}"
        if limit is None:
            if number < len(limits) - 1:
                yield problem("T10", where)
            continue
        if limit < 0:
            yield problem("T40", where, x=plain(limit), least=0)
        before = limits[number - 1] if number else None
        if before is not None and limit <= before:
            yield problem("T09", where, a=plain(before), b=plain(limit))
        if number == len(limits) - 1:
            yield problem("T45", where, f=fixed.name, x=plain(limit))


def _minimum(minimum: Minimum, version: Version, path: str) -> Iterator[Problem]:
    if (minimum.amount is None) == (minimum.hours is None):
        yield problem("T44", path)
    for key, value in (("amount", minimum.amount), ("hours", minimum.hours), ("quantity", minimum.quantity)):
        if value is not None and value < 0:
            yield problem("T40", f"{path}.{key}", x=plain(value), least=0)
    if not minimum.basis & _charged_parts(version):
        yield problem("T20", f"{path}.basis")


def _charged_parts(version: Version) -> set[Part]:
    """Parts of the bill that can come to something."""
    energy = version.energy
    sets = (energy.rates, *energy.alternatives)
    costs = (
        energy.dynamic is not None
        or any(adder.price for adder in energy.adders)
        or any(price for rates in sets for prices in rates.prices.values() for price in prices)
    )
    pays = version.export is not None and version.export.mode is not ExportMode.NONE
    present = {
        Part.ENERGY: costs,
        Part.EXPORT: pays,
        Part.FIXED: any(fixed.amount or fixed.by_usage for fixed in version.fixed),
        Part.DEMAND: any(price for demand in version.demand for price in demand.price),
        Part.CREDIT: bool(version.credits),
    }
    return {part for part, there in present.items() if there}

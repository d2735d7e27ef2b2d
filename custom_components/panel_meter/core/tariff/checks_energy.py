"""What must be true of the prices of energy: seasons, periods, blocks and prices."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise

from .coverage import hidden
from .days import is_in
from .document import day_of_year, plain, time_of_day
from .model import Block, BlockPer, Dynamic, Energy, Missing, RateSet
from .problems import Problem, problem
from .times import MINUTES_PER_DAY, Calendar, Period, Rule, Season


def check_energy(energy: Energy, path: str) -> Iterator[Problem]:
    """Everything but what depends on the calendar."""
    yield from _seasons(energy.seasons, f"{path}.seasons")
    yield from _periods(energy, path)
    yield from _rates(energy.rates, energy, path)
    for number, rates in enumerate(energy.alternatives):
        yield from _rates(rates, energy, f"{path}.alternatives.{number}")
    yield from _order(energy, path)
    if energy.dynamic is not None:
        yield from check_dynamic(energy.dynamic, energy, f"{path}.dynamic")
    if energy.cap is not None and energy.floor is not None and energy.floor > energy.cap:
        yield problem("T49", f"{path}.floor", floor=plain(energy.floor), cap=plain(energy.cap))


def check_coverage(energy: Energy, calendar: Calendar, path: str) -> Iterator[Problem]:
    """Periods that can never apply."""
    for each in hidden([period.rules for period in energy.periods], energy.seasons, calendar):
        name, where = energy.periods[each.index].name, f"{path}.periods.{each.index}"
        if each.by is None:
            yield problem("T39", where, p=name)
        else:
            yield problem("T07", where, p=name, q=energy.periods[each.by].name)


def twice(names: Sequence[str], path: str) -> Iterator[Problem]:
    """Names that appear again."""
    for number, name in enumerate(names):
        if name in names[:number]:
            yield problem("T36", f"{path}.{number}.name", x=name)


# --- seasons and periods ---


def _seasons(seasons: Sequence[Season], path: str) -> Iterator[Problem]:
    # The year is a leap year, so that it holds every day that there is.
    days = [date(2024, 1, 1) + timedelta(days=number) for number in range(366)]
    held = [frozenset(day for day in days if is_in(day, season)) for season in seasons]
    for number, season in enumerate(seasons):
        for other in range(number):
            if shared := held[number] & held[other]:
                first = min(shared)
                day = day_of_year((first.month, first.day))
                yield problem("T13", f"{path}.{number}", s=season.name, t=seasons[other].name, day=day)
                break


def _periods(energy: Energy, path: str) -> Iterator[Problem]:
    names = energy.period_names
    yield from twice(names[:-1], f"{path}.periods")
    if names[-1] in names[:-1]:
        yield problem("T36", f"{path}.default_period", x=names[-1])
    for number, period in enumerate(energy.periods):
        yield from check_rules(period.rules, period.name, energy.seasons, f"{path}.periods.{number}.rules")


def check_rules(rules: Sequence[Rule], name: str, seasons: Sequence[Season], path: str) -> Iterator[Problem]:
    """Rules of a period or a demand window."""
    for number, rule in enumerate(rules):
        where = f"{path}.{number}"
        yield from check_season(rule.season, seasons, where)
        if rule.begin == rule.end:
            yield problem("T06", where, p=name, t=time_of_day(rule.begin))
        for minutes, latest, key in ((rule.begin, MINUTES_PER_DAY - 1, "from"), (rule.end, MINUTES_PER_DAY, "to")):
            if not 0 <= minutes <= latest:
                yield problem("T32", f"{where}.{key}", x=time_of_day(minutes), expected="a time of day such as 16:00")


def check_season(name: str | None, seasons: Sequence[Season], path: str) -> Iterator[Problem]:
    """The season that something is limited to."""
    if name is not None and name not in {season.name for season in seasons}:
        yield problem("T37", f"{path}.season", x=name)


# --- blocks and prices ---


def _rates(rates: RateSet, energy: Energy, path: str) -> Iterator[Problem]:
    yield from check_season(rates.season, energy.seasons, path)
    yield from check_blocks(rates.blocks, f"{path}.blocks")
    if rates.over is not None and rates.over < 0:
        yield problem("T40", f"{path}.over", x=plain(rates.over), least="0")
    yield from unknown_periods(rates.prices, energy.periods, energy.default_period, f"{path}.prices")
    for name in energy.period_names:
        if name not in rates.prices:
            # A dynamic price needs no other.
            if energy.dynamic is None:
                yield problem("T50", f"{path}.prices", p=name)
        elif len(rates.prices[name]) != len(rates.blocks):
            yield problem("T08", f"{path}.prices.{name}", p=name, n=len(rates.prices[name]), m=len(rates.blocks))


def unknown_periods(names: Collection[str], periods: Sequence[Period], default: str, path: str) -> Iterator[Problem]:
    """Prices of periods that do not exist."""
    known = {default, *(period.name for period in periods)}
    for name in names:
        if name not in known:
            yield problem("T12", f"{path}.{name}", x=name)


def check_blocks(blocks: Sequence[Block], path: str) -> Iterator[Problem]:
    """Limits of blocks."""
    limited = [block for block in blocks if block.upto is not None]
    for number, block in enumerate(blocks):
        if block.upto is None:
            if number < len(blocks) - 1:
                yield problem("T10", f"{path}.{number}")
        elif block.upto <= 0:
            yield problem("T40", f"{path}.{number}.upto", x=plain(block.upto), least="more than 0")
        elif block.per is not limited[0].per:
            yield problem("T54", f"{path}.{number}.per", a=limited[0].per, b=block.per)
    for number, (lower, upper) in enumerate(pairwise(limited)):
        if lower.upto is not None and upper.upto is not None and upper.upto <= lower.upto:
            yield problem("T09", f"{path}.{number + 1}", a=plain(lower.upto), b=plain(upper.upto))
    if not blocks:
        yield problem("T33", path, n=0, most="1 or more")
    elif (last := blocks[-1].upto) is not None:
        yield problem("T11", f"{path}.{len(blocks) - 1}", x=plain(last))


def check_demand_blocks(blocks: Sequence[Block], path: str) -> Iterator[Problem]:
    """Limits of blocks in kW."""
    yield from check_blocks(blocks, path)
    for number, block in enumerate(blocks):
        if block.per is not BlockPer.CYCLE:
            yield problem("T63", f"{path}.{number}.per", per=block.per)


def _order(energy: Energy, path: str) -> Iterator[Problem]:
    for number, rates in enumerate(energy.alternatives):
        if any(_hides(above, rates) for above in energy.alternatives[:number]):
            yield problem("T52", f"{path}.alternatives.{number}", n=number + 1)


def _hides(above: RateSet, below: RateSet) -> bool:
    if above.season not in (None, below.season):
        return False
    return above.over is None or (below.over is not None and above.over <= below.over)


# --- dynamic prices ---


def check_dynamic(dynamic: Dynamic, energy: Energy, path: str) -> Iterator[Problem]:
    """A price that an entity tells."""
    domain, dot, name = dynamic.entity_id.partition(".")
    if not (dot and domain and name and dynamic.entity_id.replace(".", "", 1).replace("_", "a").isalnum()):
        yield problem("T57", f"{path}.entity_id", x=dynamic.entity_id)
    yield from unknown_periods(dynamic.offset, energy.periods, energy.default_period, f"{path}.offset")
    minutes = dynamic.resolution_min
    if minutes < 0 or (minutes and MINUTES_PER_DAY % minutes):
        yield problem("T65", f"{path}.resolution_min", x=minutes)
    if dynamic.missing is Missing.FALLBACK and dynamic.fallback is None:
        yield problem("T43", f"{path}.fallback")
    if dynamic.hold_hours is not None and dynamic.hold_hours < 1:
        yield problem("T40", f"{path}.hold_hours", x=dynamic.hold_hours, least=1)

"""From a tariff to JSON, in one form only: equal tariffs are equal documents. What is as usual is left out."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum

from .document import JSON, SCHEMA, day_of_year, plain, time_of_day
from .model import (
    ZERO,
    Block,
    Credit,
    Demand,
    Dynamic,
    Energy,
    Export,
    Fixed,
    Minimum,
    Part,
    RateSet,
    Rounding,
    Tariff,
    Tax,
    Version,
)
from .times import Calendar, Cycle, Period, Rule, Season

type _Object = dict[str, JSON]


def write(tariff: Tariff) -> dict[str, JSON]:
    """A tariff as a JSON document that `reading.read` makes the same tariff of."""
    usual = Tariff(id="", name="", currency="", versions=())
    return {
        "schema": SCHEMA,
        "id": tariff.id,
        "name": tariff.name,
        "currency": tariff.currency,
        **_unusual("clock", tariff.clock, usual.clock),
        **_unusual("time_zone", tariff.time_zone, None),
        **_filled("calendar", _calendar(tariff.calendar)),
        **_filled("cycle", _cycle(tariff.cycle)),
        **_list("taxes", map(_tax, tariff.taxes)),
        **_flag("prices_include_tax", tariff.prices_include_tax, usual=False),
        **_filled("rounding", _rounding(tariff.rounding)),
        **_flag("net_phases", tariff.net_phases, usual=False),
        "versions": [_version(version) for version in tariff.versions],
    }


# --- fields that are there only where they say something ---


def _unusual(key: str, value: str | Decimal | None, usual: str | Decimal | None) -> _Object:
    if value is None or value == usual:
        return {}
    if isinstance(value, Decimal):
        return {key: plain(value)}
    return {key: value.value if isinstance(value, StrEnum) else value}


def _integer(key: str, value: int | None, usual: int | None) -> _Object:
    return {} if value == usual else {key: value}


def _flag(key: str, value: bool, *, usual: bool) -> _Object:
    return {} if value == usual else {key: value}


def _filled(key: str, value: _Object) -> _Object:
    return {key: value} if value else {}


def _list(key: str, values: Iterable[JSON]) -> _Object:
    found = list(values)
    return {key: found} if found else {}


def _words(values: Iterable[StrEnum]) -> list[JSON]:
    """Words of a set in the order in which their enumeration has them."""
    members = list(values)
    order = list(type(members[0])) if members else []
    return [each.value for each in sorted(members, key=order.index)]


def _dates(values: Iterable[date]) -> list[JSON]:
    return [each.isoformat() for each in values]


# --- parts ---


def _calendar(calendar: Calendar) -> _Object:
    usual = Calendar()
    return {
        **({} if calendar.weekend == usual.weekend else {"weekend": _words(calendar.weekend)}),
        **_list("holidays", _dates(sorted(calendar.holidays))),
        **_list("yearly", [day_of_year(day) for day in sorted(calendar.yearly_holidays)]),
        **_unusual("holiday_as", calendar.holiday_as, usual.holiday_as),
    }


def _cycle(cycle: Cycle) -> _Object:
    return {
        **_integer("anchor_day", cycle.anchor_day, 1),
        **_integer("months", cycle.months, 1),
        **_integer("first_month", cycle.first_month, 1),
        **_list("read_dates", _dates(cycle.read_dates)),
    }


def _tax(tax: Tax) -> _Object:
    usual = Tax(name="", percent=ZERO)
    return {
        "name": tax.name,
        "percent": plain(tax.percent),
        **_parts("on", tax.on, usual.on),
        **_flag("compound", tax.compound, usual=False),
        **_list("exempt", sorted(tax.exempt)),
    }


def _parts(key: str, parts: frozenset[Part], usual: frozenset[Part]) -> _Object:
    return {} if parts == usual else {key: _words(parts)}


def _rounding(rounding: Rounding) -> _Object:
    usual = Rounding()
    return {
        **({"energy": "floor_kwh"} if rounding.floor_kwh else {}),
        **_unusual("line", rounding.line, None),
        **_unusual("total", rounding.total, None),
        **_unusual("mode", rounding.mode, usual.mode),
        **_list("groups", [list[JSON](sorted(group)) for group in rounding.groups]),
    }


def _version(version: Version) -> _Object:
    usual = Version(valid_from=version.valid_from, energy=version.energy)
    return {
        "valid_from": version.valid_from.isoformat(),
        "energy": _energy(version.energy),
        **({} if version.export is None else {"export": _export(version.export, version.energy)}),
        **_list("demand", map(_demand, version.demand)),
        **_list("fixed", map(_fixed, version.fixed)),
        **({} if version.minimum is None else {"minimum": _minimum(version.minimum)}),
        **_list("credits", map(_credit, version.credits)),
        **_unusual("on_change", version.on_change, usual.on_change),
    }


def _energy(energy: Energy) -> _Object:
    blocks = max(len(each.blocks) for each in (energy.rates, *energy.alternatives))
    # With blocks and periods the document has to say how they go together.
    usual = None if blocks > 1 and energy.periods else Energy(rates=energy.rates).allocation
    return {
        **_list("seasons", map(_season, energy.seasons)),
        **_list("periods", map(_period, energy.periods)),
        **_unusual("default_period", energy.default_period, "default"),
        **_unusual("allocation", energy.allocation, usual),
        **_rates(energy.rates, energy),
        **_list("alternatives", [_rates(each, energy) for each in energy.alternatives]),
        **_list("adders", [{"name": each.name, "price": plain(each.price)} for each in energy.adders]),
        **({} if energy.dynamic is None else {"dynamic": _dynamic(energy.dynamic)}),
        **_unusual("cap", energy.cap, None),
        **_unusual("floor", energy.floor, None),
    }


def _rates(rates: RateSet, energy: Energy) -> _Object:
    return {
        **_unusual("season", rates.season, None),
        **_unusual("over", rates.over, None),
        **_blocks(rates.blocks),
        **_unusual("block_mode", rates.block_mode, RateSet(prices={}).block_mode),
        "prices": _prices(rates.prices, energy),
    }


def _blocks(blocks: tuple[Block, ...]) -> _Object:
    if blocks == (Block(),):
        return {}
    return {"blocks": [{**_unusual("upto", each.upto, None), **_unusual("per", each.per, "cycle")} for each in blocks]}


def _prices(prices: Mapping[str, tuple[Decimal, ...]], energy: Energy) -> _Object:
    """Prices in the order of the periods."""
    order = [name for name in energy.period_names if name in prices]
    return {name: [plain(price) for price in prices[name]] for name in order}


def _season(season: Season) -> _Object:
    return {"name": season.name, "from": day_of_year(season.begin), "to": day_of_year(season.end)}


def _period(period: Period) -> _Object:
    return {"name": period.name, "rules": [_rule(rule) for rule in period.rules]}


def _rule(rule: Rule) -> _Object:
    whole = (rule.begin, rule.end) == (Rule().begin, Rule().end)
    times: _Object = {} if whole else {"from": time_of_day(rule.begin), "to": time_of_day(rule.end)}
    return {**_unusual("season", rule.season, None), **_list("days", _words(rule.days)), **times}


def _dynamic(dynamic: Dynamic) -> _Object:
    usual = Dynamic(entity_id="")
    return {
        "entity_id": dynamic.entity_id,
        **_unusual("unit", dynamic.unit, None),
        **_unusual("multiplier", dynamic.multiplier, usual.multiplier),
        **_filled("offset", {name: plain(dynamic.offset[name]) for name in sorted(dynamic.offset)}),
        **_integer("resolution_min", dynamic.resolution_min, usual.resolution_min),
        **_unusual("missing", dynamic.missing, usual.missing),
        **_unusual("fallback", dynamic.fallback, None),
        **_integer("hold_hours", dynamic.hold_hours, None),
    }


def _export(export: Export, energy: Energy) -> _Object:
    netting = export.netting
    return {
        "mode": export.mode.value,
        **({} if netting == 0 else {"netting_min": netting.value if isinstance(netting, StrEnum) else netting}),
        **_filled("prices", _prices(export.prices, energy)),
        **({} if export.dynamic is None else {"dynamic": _dynamic(export.dynamic)}),
        **_integer("settle_month", export.settle_month, 12),
        **_unusual("settle_price", export.settle_price, ZERO),
    }


def _demand(demand: Demand) -> _Object:
    usual = Demand(name="", price=())
    ratchet = demand.ratchet
    kept: _Object = {}
    if ratchet is not None:
        months = _list("months", sorted(ratchet.months))
        kept = {"ratchet": {"percent": plain(ratchet.percent), "cycles": ratchet.cycles, **months}}
    return {
        "name": demand.name,
        "price": plain(demand.price[0]) if len(demand.price) == 1 else [plain(price) for price in demand.price],
        **_blocks(demand.blocks),
        **_list("window", map(_rule, demand.window)),
        **_integer("interval_min", demand.interval_min, usual.interval_min),
        **_unusual("stat", demand.stat, usual.stat),
        **_integer("n", demand.n, usual.n),
        **_unusual("min_kw", demand.min_kw, usual.min_kw),
        **_unusual("per", demand.per, usual.per),
        **kept,
        **_unusual("season", demand.season, None),
    }


def _fixed(fixed: Fixed) -> _Object:
    usual = Fixed(name="")
    steps: list[JSON] = [{**_unusual("upto", upto, None), "amount": plain(amount)} for upto, amount in fixed.by_usage]
    return {
        "name": fixed.name,
        **_unusual("amount", fixed.amount, ZERO if steps else None),
        **_unusual("per", fixed.per, usual.per),
        **_unusual("quantity", fixed.quantity, usual.quantity),
        **_list("by_usage", steps),
        **_unusual("season", fixed.season, None),
        **_flag("prorate", fixed.prorate, usual=True),
    }


def _minimum(minimum: Minimum) -> _Object:
    usual = Minimum()
    return {
        **_unusual("amount", minimum.amount, None),
        **_unusual("hours", minimum.hours, None),
        **_unusual("quantity", minimum.quantity, usual.quantity),
        **_unusual("per", minimum.per, usual.per),
        **_parts("basis", minimum.basis, usual.basis),
    }


def _credit(credit: Credit) -> _Object:
    return {
        "name": credit.name,
        "amount": plain(credit.amount),
        **_list("months", sorted(credit.months)),
    }

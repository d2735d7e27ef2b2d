"""From JSON to a tariff. `writing` is the way back; `validation` knows what a tariff must be like."""

from datetime import date
from decimal import Decimal
from typing import Final

from .document import SCHEMA, Fields, Value
from .model import (
    ZERO,
    Adder,
    Allocation,
    Block,
    BlockMode,
    BlockPer,
    Credit,
    Demand,
    DemandPer,
    DemandStat,
    Dynamic,
    Energy,
    Export,
    ExportMode,
    Fixed,
    FixedPer,
    Minimum,
    Missing,
    NettingSpan,
    OnChange,
    Part,
    Ratchet,
    RateSet,
    Rounding,
    RoundingMode,
    Tariff,
    Tax,
    Version,
)
from .problems import Problem, TariffInvalid
from .times import MINUTES_PER_DAY, Calendar, ClockKind, Cycle, DayKind, HolidayAs, Period, Rule, Season
from .validation import check

MAX_VERSIONS: Final = 100
MAX_SEASONS: Final = 50
MAX_PERIODS: Final = 50
MAX_RULES: Final = 50
MAX_BLOCKS: Final = 50
MAX_DATES: Final = 5_000
#: Alternatives, adders, demands, fixed amounts, credits, taxes and groups of each kind.
MAX_PARTS: Final = 50


def read(data: object) -> Tariff:
    """The tariff that a decoded JSON document describes.

    TariffInvalid says everything that is wrong with it; nothing else is raised, whatever the document holds.
    """
    found: list[Problem] = []
    tariff = _tariff(Value(data, "", found))
    if found:
        raise TariffInvalid(found)
    if errors := [each for each in check(tariff) if not each.warning]:
        raise TariffInvalid(errors)
    return tariff


def _tariff(value: Value) -> Tariff:
    fields = value.fields(
        "clock", "time_zone", "tz", "calendar", "cycle", "taxes", "prices_include_tax", "rounding", "net_phases",
        required=("schema", "id", "name", "currency", "versions"),
    )  # fmt: skip
    if "schema" in fields and fields.values["schema"] != SCHEMA:
        fields.value("schema").note("T34", schema=SCHEMA)
    return Tariff(
        id=fields.get("id", Value.name, ""),
        name=fields.get("name", Value.name, ""),
        currency=fields.get("currency", Value.text, ""),
        versions=fields.many("versions", _version, MAX_VERSIONS),
        clock=fields.get("clock", lambda each: each.choice(ClockKind), ClockKind.LOCAL),
        time_zone=fields.find("time_zone", Value.text) or fields.find("tz", Value.text),
        calendar=fields.get("calendar", _calendar, Calendar()),
        cycle=fields.get("cycle", _cycle, Cycle()),
        taxes=fields.many("taxes", _tax, MAX_PARTS),
        prices_include_tax=fields.get("prices_include_tax", Value.flag, default=False),
        rounding=fields.get("rounding", _rounding, Rounding()),
        net_phases=fields.get("net_phases", Value.flag, default=False),
    )


def _calendar(value: Value) -> Calendar:
    fields = value.fields("weekend", "holidays", "yearly", "holiday_as")
    default = Calendar()
    holidays = fields.value("holidays").items(MAX_DATES) if "holidays" in fields else []
    return Calendar(
        weekend=_days(fields, "weekend") if "weekend" in fields else default.weekend,
        holidays=frozenset(each.date() for each in holidays if not _is_yearly(each)),
        yearly_holidays=frozenset(
            (*(each.day() for each in holidays if _is_yearly(each)), *fields.many("yearly", Value.day, MAX_DATES))
        ),
        holiday_as=fields.get("holiday_as", lambda each: each.choice(HolidayAs), default.holiday_as),
    )


def _is_yearly(value: Value) -> bool:
    """A holiday of every year may stand among the others; its year is missing."""
    return isinstance(value.value, str) and len(value.value) == len("MM-DD")


def _days(fields: Fields, key: str) -> frozenset[DayKind]:
    return frozenset(fields.many(key, lambda each: each.choice(DayKind), len(DayKind)))


def _cycle(value: Value) -> Cycle:
    fields = value.fields("anchor_day", "months", "first_month", "read_dates")
    return Cycle(
        anchor_day=fields.get("anchor_day", Value.integer, 1),
        months=fields.get("months", Value.integer, 1),
        first_month=fields.get("first_month", Value.integer, 1),
        read_dates=fields.many("read_dates", Value.date, MAX_DATES),
    )


def _tax(value: Value) -> Tax:
    fields = value.fields("on", "compound", "exempt", required=("name", "percent"))
    on = frozenset(fields.many("on", lambda each: each.choice(Part), len(Part)))
    name = fields.get("name", Value.name, "")
    percent = fields.get("percent", Value.number, ZERO)
    compound = fields.get("compound", Value.flag, default=False)
    exempt = frozenset(fields.many("exempt", Value.name, 2 * MAX_PARTS))
    if "on" not in fields:
        return Tax(name=name, percent=percent, compound=compound, exempt=exempt)
    return Tax(name=name, percent=percent, on=on, compound=compound, exempt=exempt)


def _rounding(value: Value) -> Rounding:
    fields = value.fields("energy", "line", "total", "mode", "groups")
    energy = fields.get("energy", Value.text, "none")
    if energy not in ("none", "floor_kwh"):
        fields.value("energy").wrong("one of none, floor_kwh")
    return Rounding(
        floor_kwh=energy == "floor_kwh",
        line=fields.find("line", Value.price),
        total=fields.find("total", Value.price),
        mode=fields.get("mode", lambda each: each.choice(RoundingMode), RoundingMode.HALF_UP),
        groups=fields.many(
            "groups", lambda group: frozenset(each.name() for each in group.items(MAX_PARTS)), MAX_PARTS
        ),
    )


def _version(value: Value) -> Version:
    fields = value.fields(
        "export", "demand", "fixed", "minimum", "credits", "on_change", required=("valid_from", "energy")
    )
    energy = fields.get("energy", _energy, Energy(rates=RateSet(prices={})))
    return Version(
        valid_from=fields.get("valid_from", Value.date, date(2000, 1, 1)),
        energy=energy,
        export=fields.find("export", lambda each: _export(each, energy)),
        demand=fields.many("demand", _demand, MAX_PARTS),
        fixed=fields.many("fixed", _fixed, MAX_PARTS),
        minimum=fields.find("minimum", _minimum),
        credits=fields.many("credits", _credit, MAX_PARTS),
        on_change=fields.get("on_change", lambda each: each.choice(OnChange), OnChange.PRORATE),
    )


def _energy(value: Value) -> Energy:
    fields = value.fields(
        "seasons", "periods", "default_period", "blocks", "block_mode", "allocation", "prices", "alternatives",
        "adders", "dynamic", "cap", "floor",
    )  # fmt: skip
    if "prices" not in fields and "dynamic" not in fields:
        value.note("T30", key="prices")
    rates = _rates(fields)
    alternatives = fields.many("alternatives", _alternative, MAX_PARTS)
    periods = fields.many("periods", _period, MAX_PERIODS)
    blocks = max(len(each.blocks) for each in (rates, *alternatives))
    if blocks > 1 and periods and "allocation" not in fields:
        value.note("T21")
    return Energy(
        rates=rates,
        alternatives=alternatives,
        seasons=fields.many("seasons", _season, MAX_SEASONS),
        periods=periods,
        default_period=fields.get("default_period", Value.name, "default"),
        allocation=fields.get("allocation", lambda each: each.choice(Allocation), Allocation.CHRONOLOGICAL),
        adders=fields.many("adders", _adder, MAX_PARTS),
        dynamic=fields.find("dynamic", _dynamic),
        cap=fields.find("cap", Value.price),
        floor=fields.find("floor", Value.price),
    )


def _alternative(value: Value) -> RateSet:
    return _rates(value.fields("season", "over", "blocks", "block_mode", required=("prices",)))


def _rates(fields: Fields) -> RateSet:
    """Blocks and prices that stand directly in an object."""
    return RateSet(
        prices=_prices(fields),
        blocks=fields.many("blocks", _block, MAX_BLOCKS) or (Block(),),
        block_mode=fields.get("block_mode", lambda each: each.choice(BlockMode), BlockMode.PROGRESSIVE),
        season=fields.find("season", Value.name),
        over=fields.find("over", Value.number),
    )


def _prices(fields: Fields) -> dict[str, tuple[Decimal, ...]]:
    if "prices" not in fields:
        return {}
    return {name: _per_block(value) for name, value in fields.value("prices").entries(2 * MAX_PERIODS)}


def _per_block(value: Value) -> tuple[Decimal, ...]:
    """A price, or a list of one per block."""
    if isinstance(value.value, list):
        return tuple(each.price() for each in value.items(MAX_BLOCKS))
    return (value.price(),)


def _block(value: Value) -> Block:
    fields = value.fields("upto", "per")
    return Block(
        upto=fields.find("upto", Value.number),
        per=fields.get("per", lambda each: each.choice(BlockPer), BlockPer.CYCLE),
    )


def _season(value: Value) -> Season:
    fields = value.fields(required=("name", "from", "to"))
    return Season(
        name=fields.get("name", Value.name, ""),
        begin=fields.get("from", Value.day, (1, 1)),
        end=fields.get("to", Value.day, (1, 1)),
    )


def _period(value: Value) -> Period:
    fields = value.fields(required=("name", "rules"))
    return Period(name=fields.get("name", Value.name, ""), rules=fields.many("rules", _rule, MAX_RULES))


def _rule(value: Value) -> Rule:
    fields = value.fields("season", "days", "from", "to")
    return Rule(
        season=fields.find("season", Value.name),
        days=_days(fields, "days"),
        begin=fields.get("from", Value.minutes, 0),
        end=fields.get("to", Value.minutes, MINUTES_PER_DAY),
    )


def _adder(value: Value) -> Adder:
    fields = value.fields(required=("name", "price"))
    return Adder(name=fields.get("name", Value.name, ""), price=fields.get("price", Value.price, ZERO))


def _dynamic(value: Value) -> Dynamic:
    fields = value.fields(
        "unit", "multiplier", "offset", "resolution_min", "missing", "fallback", "hold_hours", required=("entity_id",)
    )
    offset = fields.value("offset").entries(2 * MAX_PERIODS) if "offset" in fields else ()
    return Dynamic(
        entity_id=fields.get("entity_id", Value.name, ""),
        unit=fields.find("unit", Value.text),
        multiplier=fields.get("multiplier", Value.number, Decimal(1)),
        offset={name: each.price() for name, each in offset},
        resolution_min=fields.get("resolution_min", Value.integer, 0),
        missing=fields.get("missing", lambda each: each.choice(Missing), Missing.MARK_ESTIMATED),
        fallback=fields.find("fallback", Value.price),
        hold_hours=fields.find("hold_hours", Value.integer),
    )


def _export(value: Value, energy: Energy) -> Export:
    fields = value.fields("mode", "netting_min", "prices", "dynamic", "settle_month", "settle_price")
    return Export(
        mode=fields.get("mode", lambda each: each.choice(ExportMode), ExportMode.NET_BILLING),
        netting=fields.find("netting_min", _netting) or 0,
        prices=_for_all(_prices(fields), energy),
        dynamic=fields.find("dynamic", _dynamic),
        settle_month=fields.get("settle_month", Value.integer, 12),
        settle_price=fields.get("settle_price", Value.price, ZERO),
    )


def _for_all(prices: dict[str, tuple[Decimal, ...]], energy: Energy) -> dict[str, tuple[Decimal, ...]]:
    """Prices of all periods, where "default" stands for those that have none of their own."""
    if "default" not in prices:
        return prices
    own = {name: each for name, each in prices.items() if name != "default"}
    return {**dict.fromkeys(energy.period_names, prices["default"]), **own}


def _netting(value: Value) -> int | NettingSpan:
    if isinstance(value.value, int):
        return value.integer()
    if value.value in tuple(NettingSpan):
        return value.choice(NettingSpan)
    value.wrong("one of 0, 5, 15, 30, 60, day, cycle")
    return 0


def _demand(value: Value) -> Demand:
    fields = value.fields(
        "blocks", "window", "interval_min", "stat", "n", "min_kw", "per", "ratchet", "season", "align",
        required=("name", "price"),
    )  # fmt: skip
    if fields.values.get("align", "clock") not in ("clock", None):
        fields.value("align").wrong("clock")
    if fields.values.get("window") == []:
        fields.value("window").note("T16")
    return Demand(
        name=fields.get("name", Value.name, ""),
        price=fields.get("price", _per_block, (ZERO,)),
        blocks=fields.many("blocks", _block, MAX_BLOCKS) or (Block(),),
        window=fields.many("window", _rule, MAX_RULES),
        interval_min=fields.get("interval_min", Value.integer, 15),
        stat=fields.get("stat", lambda each: each.choice(DemandStat), DemandStat.MAX),
        n=fields.get("n", Value.integer, 1),
        min_kw=fields.get("min_kw", Value.number, ZERO),
        per=fields.get("per", lambda each: each.choice(DemandPer), DemandPer.CYCLE),
        ratchet=fields.find("ratchet", _ratchet),
        season=fields.find("season", Value.name),
    )


def _ratchet(value: Value) -> Ratchet:
    fields = value.fields("months", required=("percent", "cycles"))
    return Ratchet(
        percent=fields.get("percent", Value.number, ZERO),
        cycles=fields.get("cycles", Value.integer, 1),
        months=frozenset(fields.many("months", Value.integer, 12)),
    )


def _fixed(value: Value) -> Fixed:
    fields = value.fields("amount", "per", "quantity", "by_usage", "season", "prorate", required=("name",))
    if "amount" not in fields and "by_usage" not in fields:
        value.note("T30", key="amount")
    return Fixed(
        name=fields.get("name", Value.name, ""),
        amount=fields.get("amount", Value.price, ZERO),
        per=fields.get("per", lambda each: each.choice(FixedPer), FixedPer.CYCLE),
        quantity=fields.get("quantity", Value.number, Decimal(1)),
        by_usage=fields.many("by_usage", _amount_by_usage, MAX_BLOCKS),
        season=fields.find("season", Value.name),
        prorate=fields.get("prorate", Value.flag, default=True),
    )


def _amount_by_usage(value: Value) -> tuple[Decimal | None, Decimal]:
    fields = value.fields("upto", required=("amount",))
    return fields.find("upto", Value.number), fields.get("amount", Value.price, ZERO)


def _minimum(value: Value) -> Minimum:
    fields = value.fields("amount", "hours", "quantity", "per", "basis")
    amount, hours = fields.find("amount", Value.price), fields.find("hours", Value.number)
    quantity = fields.get("quantity", Value.number, Decimal(1))
    per = fields.get("per", lambda each: each.choice(FixedPer), FixedPer.CYCLE)
    if "basis" not in fields:
        return Minimum(amount=amount, hours=hours, quantity=quantity, per=per)
    basis = frozenset(fields.many("basis", lambda each: each.choice(Part), len(Part)))
    return Minimum(amount=amount, hours=hours, quantity=quantity, per=per, basis=basis)


def _credit(value: Value) -> Credit:
    fields = value.fields("months", required=("name", "amount"))
    return Credit(
        name=fields.get("name", Value.name, ""),
        amount=fields.get("amount", Value.price, ZERO),
        months=frozenset(fields.many("months", Value.integer, 12)),
    )

"""Random tariffs and usage."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from custom_components.panel_meter.core.billing.usage import Usage
from custom_components.panel_meter.core.tariff.model import (
    Adder,
    Allocation,
    Block,
    BlockMode,
    BlockPer,
    Credit,
    Demand,
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
    Tariff,
    Tax,
    Version,
)
from custom_components.panel_meter.core.tariff.prices import PricePoint, PriceSeries
from custom_components.panel_meter.core.tariff.times import (
    WEEK,
    Calendar,
    ClockKind,
    Cycle,
    DayKind,
    HolidayAs,
    Period,
    Rule,
    Season,
)

ENTITY = "sensor.price"
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Asia/Kathmandu",
)
#: Some days before and after each of these the clock changes somewhere, a year begins or February has a 29th.
BEGINS = tuple(map(date.fromisoformat, ("2026-03-01", "2026-03-25", "2026-10-20", "2026-12-10", "2028-02-10")))

prices = st.integers(0, 900).map(lambda number: Decimal(number) / 1000)
any_prices = st.integers(-200, 900).map(lambda number: Decimal(number) / 1000)
minutes_of_day = st.one_of(st.integers(0, 24).map(lambda hour: hour * 60), st.integers(0, 1440))
month_days = st.dates(date(2027, 1, 1), date(2027, 12, 31)).map(lambda day: (day.month, day.day))


@st.composite
def rules(draw: st.DrawFn, seasons: tuple[Season, ...]) -> Rule:
    begin = draw(minutes_of_day.filter(lambda minute: minute < 1440))
    end = draw(minutes_of_day.filter(lambda minute: minute not in (0, begin)))
    kinds = st.frozensets(st.sampled_from([DayKind.WEEKDAY, DayKind.WEEKEND, DayKind.HOLIDAY, *WEEK]), max_size=3)
    names = [None, *(season.name for season in seasons)]
    return Rule(season=draw(st.sampled_from(names)), days=draw(kinds), begin=begin, end=end)


@st.composite
def block_lists(draw: st.DrawFn, pers: tuple[BlockPer, ...]) -> tuple[Block, ...]:
    per = draw(st.sampled_from(pers))
    limits = draw(st.lists(st.integers(1, 60), max_size=3, unique=True).map(sorted))
    tenth = Decimal(10 if per is BlockPer.DAY else 1)
    return (*(Block(upto=limit / tenth, per=per) for limit in map(Decimal, limits)), Block())


@st.composite
def rate_sets(
    draw: st.DrawFn, names: tuple[str, ...], pers: tuple[BlockPer, ...], mode: BlockMode, **more: object
) -> RateSet:
    blocks = draw(block_lists(pers))
    one = st.tuples(*[prices] * len(blocks))
    return RateSet(
        prices={name: draw(one) for name in names}, blocks=blocks, block_mode=mode, **more
    )  # fmt: skip


@st.composite
def simple_energies(draw: st.DrawFn) -> Energy:
    """Periods, seasons and blocks, in the order of time: what the oracle of the tests can do too."""
    seasons = tuple(
        Season(name=f"s{number}", begin=draw(month_days), end=draw(month_days))
        for number in range(draw(st.integers(0, 2)))
    )
    periods = tuple(
        Period(name=f"p{number}", rules=tuple(draw(st.lists(rules(seasons), min_size=1, max_size=2))))
        for number in range(draw(st.integers(0, 3)))
    )
    names = (*(period.name for period in periods), "default")
    return Energy(
        rates=draw(rate_sets(names, (BlockPer.CYCLE, BlockPer.DAY), BlockMode.PROGRESSIVE)),
        seasons=seasons,
        periods=periods,
    )


calendars = st.builds(
    Calendar,
    weekend=st.sampled_from([frozenset({DayKind.SATURDAY, DayKind.SUNDAY}), frozenset({DayKind.FRIDAY})]),
    holidays=st.frozensets(st.sampled_from(BEGINS).map(lambda day: day + timedelta(days=4)), max_size=2),
    yearly_holidays=st.frozensets(st.sampled_from([(3, 28), (10, 24), (12, 25), (2, 29)]), max_size=2),
    holiday_as=st.sampled_from(HolidayAs),
)
cycles = st.builds(
    Cycle, anchor_day=st.sampled_from([1, 7, 28, 29, 31]), months=st.sampled_from([1, 1, 2, 3]),
    first_month=st.integers(1, 12),
)  # fmt: skip


@st.composite
def simple_tariffs(draw: st.DrawFn) -> Tariff:
    return Tariff(
        id="t", name="T", currency="EUR", calendar=draw(calendars), cycle=draw(cycles),
        versions=(Version(valid_from=date(2020, 1, 1), energy=draw(simple_energies())),),
    )  # fmt: skip


@st.composite
def rich_energies(draw: st.DrawFn, dynamic: Dynamic | None) -> Energy:
    simple = draw(simple_energies())
    pers = tuple(BlockPer)
    mode = draw(st.sampled_from(BlockMode))
    seasons = [None, *(season.name for season in simple.seasons)]
    alternatives = tuple(
        draw(
            rate_sets(
                simple.period_names, pers, mode,
                season=draw(st.sampled_from(seasons)), over=draw(st.sampled_from([None, Decimal(5), Decimal(20)])),
            )
        )
        for _ in range(draw(st.sampled_from([0, 0, 1, 2])))
    )  # fmt: skip
    return Energy(
        rates=draw(rate_sets(simple.period_names, pers, mode)),
        alternatives=alternatives,
        seasons=simple.seasons,
        periods=simple.periods,
        allocation=draw(st.sampled_from(Allocation)),
        adders=tuple(draw(st.lists(st.builds(Adder, name=st.sampled_from("ab"), price=prices), max_size=2))),
        dynamic=dynamic,
    )


dynamics = st.builds(
    Dynamic,
    entity_id=st.just(ENTITY),
    multiplier=st.sampled_from([Decimal(1), Decimal("1.05")]),
    resolution_min=st.sampled_from([0, 15, 60]),
    missing=st.sampled_from(Missing),
    fallback=st.sampled_from([None, Decimal("0.3")]),
    hold_hours=st.sampled_from([None, 2]),
)

rules_any = st.builds(
    Rule, begin=st.integers(0, 23).map(lambda hour: hour * 60), end=st.integers(1, 24).map(lambda hour: hour * 60)
).filter(lambda rule: rule.begin != rule.end)

demands = st.builds(
    Demand,
    name=st.sampled_from(["peak", "other"]),
    price=st.tuples(prices),
    window=st.one_of(st.just(()), st.tuples(rules_any)),
    interval_min=st.sampled_from([5, 15, 30, 60]),
    stat=st.sampled_from(DemandStat),
    n=st.integers(1, 4),
    min_kw=st.sampled_from([Decimal(0), Decimal(2)]),
    ratchet=st.one_of(st.none(), st.builds(Ratchet, percent=st.just(Decimal(80)), cycles=st.integers(1, 3))),
)
fixeds = st.builds(
    Fixed,
    name=st.sampled_from(["base", "meter"]),
    amount=prices,
    per=st.sampled_from(FixedPer),
    by_usage=st.sampled_from([(), ((Decimal(10), Decimal(1)), (None, Decimal(3)))]),
    prorate=st.booleans(),
)
minimums = st.builds(Minimum, amount=st.integers(0, 50).map(Decimal), per=st.sampled_from(FixedPer))


@st.composite
def rich_versions(draw: st.DrawFn, valid_from: date) -> Version:
    dynamic = draw(st.one_of(st.none(), dynamics))
    energy = draw(rich_energies(dynamic))
    mode = draw(st.sampled_from(ExportMode))
    exports = {name: (draw(prices),) for name in energy.period_names}
    export = Export(
        mode=mode,
        netting=draw(st.sampled_from([0, 0, 15, 60, *NettingSpan])),
        prices=exports,
        dynamic=draw(st.one_of(st.none(), dynamics)),
        settle_month=draw(st.sampled_from([3, 12])),
        settle_price=Decimal("0.01"),
    )
    return Version(
        valid_from=valid_from,
        energy=energy,
        export=draw(st.sampled_from([None, export])),
        demand=tuple(draw(st.lists(demands, max_size=2))),
        fixed=tuple(draw(st.lists(fixeds, max_size=2))),
        minimum=draw(st.one_of(st.none(), minimums)),
        credits=tuple(draw(st.lists(st.just(Credit(name="relief", amount=Decimal(1))), max_size=1))),
        on_change=draw(st.sampled_from(OnChange)),
    )


@st.composite
def rich_tariffs(draw: st.DrawFn) -> Tariff:
    """Everything at once."""
    begins = [date(2020, 1, 1), *draw(st.lists(st.sampled_from(BEGINS), max_size=1))]
    later = [begin + timedelta(days=3) if number else begin for number, begin in enumerate(begins)]
    if draw(st.integers(0, 5)) == 0:
        later[0] = later[-1] if len(later) == 1 else later[0]
    taxes = st.builds(
        Tax, name=st.sampled_from(["vat", "levy"]), percent=st.sampled_from([Decimal(19), Decimal("7.5")]),
        on=st.frozensets(st.sampled_from(Part), min_size=1), compound=st.booleans(),
        exempt=st.sampled_from([frozenset(), frozenset({"a"})]),
    )  # fmt: skip
    return Tariff(
        id="t",
        name="T",
        currency="EUR",
        calendar=draw(calendars),
        cycle=draw(cycles),
        clock=draw(st.sampled_from(ClockKind)),
        taxes=tuple(draw(st.lists(taxes, max_size=2))),
        versions=tuple(draw(rich_versions(begin)) for begin in later),
    )


@st.composite
def usages(draw: st.DrawFn, start: int, unit: int, *, exports: bool = True, most: int = 25) -> list[Usage]:
    """Usage in the order of time, with holes. Lengths are multiples of ``unit`` seconds, and so are the energies."""
    found = []
    for _ in range(draw(st.integers(1, most))):
        start += draw(st.sampled_from([0, 0, 0, 1, 7, 600])) * 60
        units = draw(st.one_of(st.integers(1, 5 * 60 // unit), st.integers(1, 6 * 3600 // unit)))
        watts = draw(st.tuples(st.integers(0, 9000), st.integers(0, 5000), st.integers(0, 6000), st.integers(0, 900)))
        imported, exported, made, second = (value * units * (unit // 60 or 1) for value in watts)
        exported = exported if exports else 0
        made = made if exports else 0
        first = imported // 3 // units * units
        found.append(
            Usage(
                start,
                start + units * unit,
                imported,
                exported,
                imported + made,
                (first, min(second, imported - first)),
                draw(st.sampled_from([False, False, True])),
            )
        )
        start += units * unit
    return found


@st.composite
def series(draw: st.DrawFn, start: int) -> PriceSeries:
    found, at = [], start - 3600
    for _ in range(draw(st.integers(0, 30))):
        at += draw(st.sampled_from([300, 900, 3600, 1700, 8 * 3600]))
        found.append(PricePoint(at, draw(st.one_of(st.none(), any_prices, any_prices, any_prices))))
    return PriceSeries(found)

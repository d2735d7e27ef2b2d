"""Valid tariffs of every shape."""

from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from custom_components.panel_meter.core.tariff.model import (
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

names = st.text(st.characters(categories=("L", "N", "P")), min_size=1, max_size=12)
prices = st.decimals(-10, 1000, places=4)
amounts = st.decimals(0, 10_000, places=2)
days = st.dates(date(1970, 1, 1), date(2199, 12, 31))
months = st.frozensets(st.integers(1, 12))
some_days = st.frozensets(st.sampled_from(DayKind))
year_days = st.dates(date(2024, 1, 1), date(2024, 12, 31)).map(lambda day: (day.month, day.day))
parts = st.frozensets(st.sampled_from(Part))
maybe = st.booleans()


def unique_names(most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(names, max_size=most, unique=True)


calendars = st.builds(
    Calendar,
    weekend=st.frozensets(st.sampled_from(WEEK)),
    holidays=st.frozensets(days, max_size=4),
    yearly_holidays=st.frozensets(year_days, max_size=4),
    holiday_as=st.sampled_from(HolidayAs),
)

cycles = st.builds(
    Cycle,
    anchor_day=st.integers(1, 31),
    months=st.sampled_from([1, 2, 3, 12]),
    first_month=st.integers(1, 12),
    read_dates=st.lists(days, max_size=5, unique=True).map(lambda found: tuple(sorted(found))),
)

roundings = st.builds(
    Rounding,
    floor_kwh=maybe,
    line=st.none() | st.decimals(Decimal("0.01"), 100, places=2),
    total=st.none() | st.decimals(Decimal("0.01"), 100, places=2),
    mode=st.sampled_from(RoundingMode),
    groups=st.lists(st.frozensets(names, max_size=3), max_size=2).map(tuple),
)


@st.composite
def seasons(draw: st.DrawFn) -> tuple[Season, ...]:
    """Seasons that do not overlap; the last one may go over the turn of the year."""
    edges = draw(st.lists(st.integers(1, 360), min_size=2, max_size=6, unique=True).map(sorted))
    found = []
    for number, (first, after) in enumerate(zip(edges[::2], edges[1::2], strict=False)):
        begin, end = date(2023, 1, 1).fromordinal(first + 738_521), date(2023, 1, 1).fromordinal(after + 738_521)
        found.append(Season(name=f"season {number}", begin=(begin.month, begin.day), end=(end.month, end.day)))
    return tuple(found)


@st.composite
def rules(draw: st.DrawFn, known: tuple[Season, ...]) -> Rule:
    begin = draw(st.integers(0, 1439))
    end = draw(st.integers(0, 1440).filter(lambda minute: minute != begin))
    season = draw(st.sampled_from([None, *(season.name for season in known)]))
    whole = draw(maybe)
    return Rule(season=season, days=draw(some_days), begin=0 if whole else begin, end=1440 if whole else end)


@st.composite
def blocks(draw: st.DrawFn, kinds: tuple[BlockPer, ...] = tuple(BlockPer)) -> tuple[Block, ...]:
    limits = draw(st.lists(st.decimals(1, 5000, places=1), max_size=4, unique=True).map(sorted))
    per = draw(st.sampled_from(kinds))
    return (*(Block(upto=limit, per=per) for limit in limits), Block())


@st.composite
def rate_sets(
    draw: st.DrawFn, periods: tuple[str, ...], known: tuple[Season, ...], *, alternative: bool = False
) -> RateSet:
    limits = draw(blocks())
    return RateSet(
        prices={name: tuple(draw(prices) for _ in limits) for name in periods},
        blocks=limits,
        block_mode=draw(st.sampled_from(BlockMode)),
        season=draw(st.sampled_from([None, *(each.name for each in known)])) if alternative else None,
        over=draw(st.none() | amounts) if alternative else None,
    )


@st.composite
def dynamics(draw: st.DrawFn, periods: tuple[str, ...]) -> Dynamic:
    missing = draw(st.sampled_from(Missing))
    return Dynamic(
        entity_id=draw(st.sampled_from(["sensor.price", "input_number.my_price_2"])),
        unit=draw(st.none() | st.just("EUR/MWh")),
        multiplier=draw(prices),
        offset={name: draw(prices) for name in periods if draw(maybe)},
        resolution_min=draw(st.sampled_from([0, 15, 30, 60])),
        missing=missing,
        fallback=draw(prices) if missing is Missing.FALLBACK else draw(st.none() | prices),
        hold_hours=draw(st.none() | st.integers(1, 100)),
    )


@st.composite
def energies(draw: st.DrawFn) -> Energy:
    known = draw(seasons())
    period_names = draw(unique_names(3).filter(lambda found: "default" not in found))
    everything = (*period_names, "default")
    floor = draw(st.none() | prices)
    return Energy(
        rates=draw(rate_sets(everything, known)),
        alternatives=tuple(draw(st.lists(rate_sets(everything, known, alternative=True), max_size=2))),
        seasons=known,
        periods=tuple(
            Period(name=name, rules=tuple(draw(st.lists(rules(known), max_size=3)))) for name in period_names
        ),
        allocation=draw(st.sampled_from(Allocation)),
        adders=tuple(Adder(name=name, price=draw(prices)) for name in draw(unique_names(2))),
        dynamic=draw(st.none() | dynamics(everything)),
        cap=None if floor is None else floor + abs(draw(prices)),
        floor=floor,
    )


@st.composite
def exports(draw: st.DrawFn, energy: Energy) -> Export:
    mode = draw(st.sampled_from(ExportMode))
    if mode is ExportMode.NET_METERING_KWH and energy.dynamic is not None:
        mode = ExportMode.NET_BILLING
    most = max(len(each.blocks) for each in (energy.rates, *energy.alternatives))
    number = draw(st.sampled_from([1, most]))
    return Export(
        mode=mode,
        netting=draw(st.sampled_from([0, 5, 15, 30, 60, *NettingSpan])),
        prices={name: tuple(draw(prices) for _ in range(number)) for name in energy.period_names}
        if draw(maybe)
        else {},
        dynamic=None if mode is ExportMode.NET_METERING_KWH else draw(st.none() | dynamics(energy.period_names)),
        settle_month=draw(st.integers(1, 12)),
        settle_price=draw(prices),
    )


ratchets = st.builds(Ratchet, percent=st.decimals(0, 100, places=1), cycles=st.integers(1, 24), months=months)


@st.composite
def demands(draw: st.DrawFn, name: str, known: tuple[Season, ...]) -> Demand:
    limits = draw(blocks((BlockPer.CYCLE,)))
    whole_days = [Rule(days=frozenset({day})) for day in (DayKind.MONDAY, DayKind.TUESDAY)]
    return Demand(
        name=name,
        price=tuple(draw(prices) for _ in limits),
        blocks=limits,
        window=tuple(draw(st.lists(st.sampled_from(whole_days), max_size=2))),
        interval_min=draw(st.sampled_from([5, 10, 15, 20, 30, 60])),
        stat=draw(st.sampled_from(DemandStat)),
        n=draw(st.integers(1, 12)),
        min_kw=draw(amounts),
        per=draw(st.sampled_from(DemandPer)),
        ratchet=draw(st.none() | ratchets),
        season=draw(st.sampled_from([None, *(season.name for season in known)])),
    )


@st.composite
def fixed_amounts(draw: st.DrawFn, name: str, known: tuple[Season, ...]) -> Fixed:
    limits = draw(st.lists(amounts, max_size=3, unique=True).map(sorted))
    steps = tuple((limit, draw(prices)) for limit in (*limits, None)) if draw(maybe) else ()
    return Fixed(
        name=name,
        amount=ZERO if steps else draw(prices),
        per=draw(st.sampled_from(FixedPer)),
        quantity=draw(amounts),
        by_usage=steps,
        season=draw(st.sampled_from([None, *(season.name for season in known)])),
        prorate=draw(maybe),
    )


minimums = st.builds(Minimum, amount=amounts, per=st.sampled_from(FixedPer), basis=parts) | st.builds(
    Minimum, hours=amounts, quantity=amounts
)


@st.composite
def versions(draw: st.DrawFn, valid_from: date) -> Version:
    energy = draw(energies())
    return Version(
        valid_from=valid_from,
        energy=energy,
        export=draw(st.none() | exports(energy)),
        demand=tuple(draw(demands(name, energy.seasons)) for name in draw(unique_names(2))),
        fixed=tuple(draw(fixed_amounts(name, energy.seasons)) for name in draw(unique_names(2))),
        minimum=draw(st.none() | minimums),
        credits=tuple(Credit(name=name, amount=draw(amounts), months=draw(months)) for name in draw(unique_names(2))),
        on_change=draw(st.sampled_from(OnChange)),
    )


@st.composite
def tariffs(draw: st.DrawFn) -> Tariff:
    starts = draw(st.lists(days, min_size=1, max_size=2, unique=True))
    return Tariff(
        id=draw(names),
        name=draw(names),
        currency=draw(st.sampled_from(["USD", "IDR", "EUR", "INR"])),
        versions=tuple(draw(versions(start)) for start in starts),
        clock=draw(st.sampled_from(ClockKind)),
        time_zone=draw(st.sampled_from([None, "UTC", "Asia/Jakarta", "America/Argentina/Buenos_Aires"])),
        calendar=draw(calendars),
        cycle=draw(cycles),
        taxes=tuple(
            Tax(
                name=name,
                percent=draw(st.decimals(0, 100, places=2)),
                on=draw(parts),
                compound=draw(maybe),
                exempt=draw(st.frozensets(names, max_size=2)),
            )
            for name in draw(unique_names(2))
        ),
        prices_include_tax=draw(maybe),
        rounding=draw(roundings),
        net_phases=draw(maybe),
    )


#: What JSON can be.
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)

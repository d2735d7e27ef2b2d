"""Tariffs from documents of OpenEI's Utility Rate Database (URDB).

Periods count from 0 and are named "period 0", "period 1" and so on; schedules have a row per month and a column per
hour. Limits of tiers count from the begin of the month and are shared by all periods. The URDB knows neither holidays
nor taxes nor rounding, so an imported tariff has none until somebody adds them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import chain
from typing import Final

from .model import (
    ZERO,
    Allocation,
    Block,
    BlockPer,
    Demand,
    Energy,
    Export,
    ExportMode,
    NettingSpan,
    RateSet,
    Tariff,
    Version,
)
from .problems import Problem, TariffInvalid
from .times import Period, Season
from .urdb_charges import demands, fixed, flat_demand, minimum, refuse_unknown
from .urdb_schedule import MONTHS, Group, Schedule, groups, rules
from .urdb_source import Source, Structure, Tier, source_of
from .validation import check

#: The day from which rates without a start apply.
ALWAYS: Final = date(1970, 1, 1)
_RULES: Final[Mapping[str, tuple[ExportMode, int]]] = {
    "net metering": (ExportMode.NET_METERING_KWH, 0),
    "net billing instantaneous": (ExportMode.NET_BILLING, 0),
    "net billing hourly": (ExportMode.NET_BILLING, 60),
    "buy all sell all": (ExportMode.BUY_ALL_SELL_ALL, 0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a URDB document does not say. None: as the document has it, or the usual."""

    export: ExportMode | None = None
    netting: int | NettingSpan | None = None
    settle_price: Decimal = ZERO
    allocation: Allocation = Allocation.CHRONOLOGICAL
    #: Minutes of a demand interval where the document says nothing.
    interval_min: int = 15
    valid_from: date | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """A tariff, and what of the document was left out without changing a bill."""

    tariff: Tariff
    warnings: tuple[Problem, ...]


def period_name(index: int) -> str:
    """Name of a period of the URDB."""
    return f"period {index}"


def from_urdb(document: object, *, tariff_id: str, name: str, currency: str, choices: Choices | None = None) -> Tariff:
    """The tariff that a URDB document describes; TariffInvalid says why it cannot be imported."""
    return import_urdb(document, tariff_id=tariff_id, name=name, currency=currency, choices=choices).tariff


def import_urdb(
    document: object, *, tariff_id: str, name: str, currency: str, choices: Choices | None = None
) -> Imported:
    """The tariff with everything that is to be said about the import; TariffInvalid as for `from_urdb`."""
    chosen = choices or Choices()
    source = source_of(document)
    refuse_unknown(source)
    version = _version(source, chosen)
    source.finish()
    assert version is not None
    tariff = Tariff(id=tariff_id, name=name, currency=currency, versions=(version,))
    found = check(tariff)
    if errors := [each for each in found if not each.warning]:
        raise TariffInvalid(errors)
    return Imported(tariff, (*source.warnings, *found))


# --- energy ---


@dataclass(frozen=True, slots=True)
class _Prices:
    """Schedule and tiers of energy, with the blocks of each month."""

    schedule: Schedule
    structure: Structure
    blocks: tuple[tuple[Block, ...], ...]


def _prices(source: Source) -> _Prices | None:
    structure = source.structure("energyratestructure", power=False)
    if not structure:
        if not source.errors:
            source.refuse("T24e", "energyratestructure", field="energyratestructure")
        return None
    schedule = source.schedule("energyweekdayschedule", "energyweekendschedule", len(structure))
    if schedule is None or source.errors:
        return None
    blocks = tuple(_blocks([structure[period] for period in sorted(schedule.used(month))]) for month in MONTHS)
    if any(not each for each in blocks):
        source.refuse("T24d", "energyratestructure")
        return None
    return _Prices(schedule, structure, blocks)


def _blocks(periods: Sequence[tuple[Tier, ...]]) -> tuple[Block, ...]:
    """The blocks that the periods of a month share; empty: they do not fit together.

    The last tier of a shorter period has no limit, so its price goes on.
    """
    longest = [tier.block for tier in max(periods, key=len)]
    for tiers in periods:
        own = [tier.block for tier in tiers]
        shared = len(own) if len(own) == len(longest) else len(own) - 1
        if own[:shared] != longest[:shared] or (shared < len(own) and own[-1].upto is not None):
            return ()
    return tuple(longest)


def _version(source: Source, choices: Choices) -> Version | None:
    prices = _prices(source)
    structure = source.structure("demandratestructure", power=True)
    schedule = None
    if structure:
        schedule = source.schedule("demandweekdayschedule", "demandweekendschedule", len(structure))
    flat = flat_demand(source)
    start = choices.valid_from or source.start() or ALWAYS
    if prices is None or source.errors:
        return None
    parts = groups(
        [
            (
                prices.schedule.month(month),
                prices.blocks[month - 1],
                schedule and schedule.month(month),
                flat.index(month),
            )
            for month in MONTHS
        ]
    )
    demand = demands(source, flat, structure, schedule, parts, choices.interval_min)
    demand += _billing_demand(prices, demand, source.whole("demandwindow") or choices.interval_min)
    energy = _energy(prices, parts, choices.allocation)
    return Version(
        valid_from=start,
        energy=replace(energy, seasons=_seasons(energy, demand, parts)),
        export=_export(source, prices, energy, choices),
        demand=demand,
        fixed=fixed(source),
        minimum=minimum(source),
    )


def _energy(prices: _Prices, parts: Sequence[Group], allocation: Allocation) -> Energy:
    order = prices.schedule.periods()
    times = rules(prices.schedule, parts)
    # The blocks of most months are the usual ones; others are for the seasons of their months.
    common = max(prices.blocks, key=prices.blocks.count)
    others = [part for part in parts if prices.blocks[part.months[0] - 1] != common]
    alternatives = tuple(
        RateSet(prices=_per_block(prices, order, blocks), blocks=blocks, season=part.name)
        for part in others
        for blocks in (prices.blocks[part.months[0] - 1],)
    )
    return Energy(
        rates=RateSet(prices=_per_block(prices, order, common), blocks=common),
        alternatives=alternatives,
        periods=tuple(Period(name=period_name(index), rules=times[index]) for index in order[:-1]),
        default_period=period_name(order[-1]),
        allocation=allocation,
    )


def _per_block(prices: _Prices, order: Sequence[int], blocks: Sequence[Block]) -> dict[str, tuple[Decimal, ...]]:
    return {
        period_name(index): _extended([tier.price for tier in prices.structure[index]], len(blocks)) for index in order
    }


def _extended(values: Sequence[Decimal], number: int) -> tuple[Decimal, ...]:
    """A value per block: the last one goes on."""
    return tuple(values[min(block, len(values) - 1)] for block in range(number))


def _seasons(energy: Energy, demand: Sequence[Demand], parts: Sequence[Group]) -> tuple[Season, ...]:
    """Seasons that something is limited to."""
    times = chain.from_iterable(period.rules for period in energy.periods)
    windows = chain.from_iterable(each.window for each in demand)
    used = {each.season for each in chain(times, windows)}
    used |= {each.season for each in energy.alternatives} | {each.season for each in demand}
    return tuple(season for part in parts if part.name in used for season in part.seasons())


def _billing_demand(prices: _Prices, demand: Sequence[Demand], interval_min: int) -> tuple[Demand, ...]:
    """A demand without a price, if limits are multiplied by the highest demand and no charge measures it."""
    per_kw = any(block.per in (BlockPer.KW, BlockPer.KW_DAY) for blocks in prices.blocks for block in blocks)
    if not per_kw or any(not each.window and each.season is None for each in demand):
        return ()
    return (Demand(name="billing demand", price=(ZERO,), interval_min=interval_min),)


# --- export ---


def _export(source: Source, prices: _Prices, energy: Energy, choices: Choices) -> Export | None:
    rule = source.text("dgrules").strip()
    sells = any(tier.sell for tiers in prices.structure for tier in tiers)
    if rule and rule.lower() not in _RULES:
        source.warn("T24i", "dgrules", field="dgrules")
    usual = (ExportMode.NET_BILLING, 60) if sells else None
    mode, netting = _RULES.get(rule.lower(), usual) or (None, 0)
    if choices.export is not None:
        mode, netting = choices.export, 60 if choices.export is ExportMode.NET_BILLING else 0
    if mode is None:
        return None
    number = max(len(rates.blocks) for rates in (energy.rates, *energy.alternatives))
    sold = {
        period_name(index): _extended([tier.sell for tier in prices.structure[index]], number)
        for index in prices.schedule.periods()
    }
    return Export(
        mode=mode,
        netting=netting if choices.netting is None else choices.netting,
        prices=sold if sells else {},
        settle_price=choices.settle_price,
    )

"""Tariffs from a few values, for people who have a price sheet and not a file."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from .model import (
    Adder,
    Allocation,
    Block,
    BlockMode,
    BlockPer,
    Dynamic,
    Energy,
    Missing,
    RateSet,
    Tariff,
    Version,
)
from .times import Calendar, DayKind, Period, Rule, Season

DAY: Final = "day"
NIGHT: Final = "night"
PEAK: Final = "peak"
OFF_PEAK: Final = "off-peak"
SUMMER: Final = "summer"
_FEBRUARY: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Basics:
    """What every tariff has."""

    id: str
    name: str
    currency: str
    valid_from: date
    calendar: Calendar = field(default_factory=Calendar)


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Times of the day, in minutes since midnight, on some days; no days: on all of them."""

    begin: int
    end: int
    days: frozenset[DayKind] = frozenset()

    def rule(self, season: str | None = None) -> Rule:
        """These times as a rule."""
        return Rule(season=season, days=self.days, begin=self.begin, end=self.end)


def _tariff(basics: Basics, energy: Energy) -> Tariff:
    return Tariff(
        id=basics.id,
        name=basics.name,
        currency=basics.currency,
        calendar=basics.calendar,
        versions=(Version(valid_from=basics.valid_from, energy=energy),),
    )


# --- energy ---


def flat(basics: Basics, price: Decimal) -> Tariff:
    """One price at all times."""
    return _tariff(basics, Energy(rates=RateSet(prices={"default": (price,)})))


@dataclass(frozen=True, slots=True, kw_only=True)
class DayNight:
    """Two prices; ``night_days`` are days on which the night price holds all day."""

    day: Decimal
    night: Decimal
    night_times: Times
    night_days: frozenset[DayKind] = frozenset()


def day_night(basics: Basics, values: DayNight) -> Tariff:
    """A price for the day and one for the night."""
    whole_days = (Rule(days=values.night_days),) if values.night_days else ()
    return _tariff(
        basics,
        Energy(
            periods=(Period(name=NIGHT, rules=(*whole_days, values.night_times.rule())),),
            default_period=DAY,
            rates=RateSet(prices={NIGHT: (values.night,), DAY: (values.day,)}),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakPrices:
    """Prices of a season and its peak hours; None: there are no peak hours."""

    off_peak: Decimal
    peak: Decimal | None = None
    peak_times: tuple[Times, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seasonal:
    """Prices of summer and of the rest of the year. The summer may go over the turn of the year."""

    summer_first_month: int
    summer_last_month: int
    summer: PeakPrices
    winter: PeakPrices


def seasonal(basics: Basics, values: Seasonal) -> Tariff:
    """Prices by season and time of the day."""
    prices: dict[str, tuple[Decimal, ...]] = {}
    periods: list[Period] = []
    # The winter is what is not summer, so its rules come after those of the summer.
    for name, season, part in ((SUMMER, SUMMER, values.summer), ("winter", None, values.winter)):
        if part.peak is not None and part.peak_times:
            rules = tuple(times.rule(season) for times in part.peak_times)
            periods.append(Period(name=f"{name} {PEAK}", rules=rules))
            prices[f"{name} {PEAK}"] = (part.peak,)
        if season is not None:
            periods.append(Period(name=f"{name} {OFF_PEAK}", rules=(Rule(season=season),)))
        prices[f"{name} {OFF_PEAK}"] = (part.off_peak,)
    return _tariff(
        basics,
        Energy(
            seasons=(_summer(values.summer_first_month, values.summer_last_month),),
            periods=tuple(periods),
            default_period=f"winter {OFF_PEAK}",
            rates=RateSet(prices=prices),
        ),
    )


def _summer(first: int, last: int) -> Season:
    # A season that ends on 28 February holds the 29th too.
    days = 28 if last == _FEBRUARY else 30 if last in (4, 6, 9, 11) else 31
    return Season(name=SUMMER, begin=(first, 1), end=(last, days))


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """Limits in kWh and a price for each block; there is one price more than limits."""

    limits: tuple[Decimal, ...]
    prices: tuple[Decimal, ...]
    per: BlockPer = BlockPer.CYCLE
    mode: BlockMode = BlockMode.PROGRESSIVE


def blocks(basics: Basics, values: Blocks) -> Tariff:
    """Prices by consumption."""
    return _tariff(
        basics,
        Energy(
            rates=RateSet(
                prices={"default": values.prices}, blocks=_blocks(values.limits, values.per), block_mode=values.mode
            )
        ),
    )


def _blocks(limits: tuple[Decimal, ...], per: BlockPer) -> tuple[Block, ...]:
    return (*(Block(upto=limit, per=per) for limit in limits), Block())


@dataclass(frozen=True, slots=True, kw_only=True)
class BlocksByTime:
    """Limits in kWh, and prices of each block in and outside of the peak hours."""

    limits: tuple[Decimal, ...]
    peak: tuple[Decimal, ...]
    off_peak: tuple[Decimal, ...]
    peak_times: tuple[Times, ...]
    per: BlockPer = BlockPer.CYCLE
    allocation: Allocation = Allocation.CHRONOLOGICAL


def blocks_by_time(basics: Basics, values: BlocksByTime) -> Tariff:
    """Prices by consumption and time of the day."""
    return _tariff(
        basics,
        Energy(
            periods=(Period(name=PEAK, rules=tuple(times.rule() for times in values.peak_times)),),
            default_period=OFF_PEAK,
            allocation=values.allocation,
            rates=RateSet(
                prices={PEAK: values.peak, OFF_PEAK: values.off_peak}, blocks=_blocks(values.limits, values.per)
            ),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamicPrice:
    """A price that an entity tells, and what comes on top of it."""

    entity_id: str
    unit: str | None = None
    multiplier: Decimal = Decimal(1)
    adders: tuple[Adder, ...] = ()
    cap: Decimal | None = None
    floor: Decimal | None = None
    resolution_min: int = 0
    missing: Missing = Missing.MARK_ESTIMATED
    fallback: Decimal | None = None


def dynamic(basics: Basics, values: DynamicPrice) -> Tariff:
    """The price of an entity at every moment."""
    return _tariff(
        basics,
        Energy(
            rates=RateSet(prices={}),
            adders=values.adders,
            cap=values.cap,
            floor=values.floor,
            dynamic=Dynamic(
                entity_id=values.entity_id,
                unit=values.unit,
                multiplier=values.multiplier,
                resolution_min=values.resolution_min,
                missing=values.missing,
                fallback=values.fallback,
            ),
        ),
    )


def newest_version(tariff: Tariff) -> Version:
    """The version that begins last."""
    return max(tariff.versions, key=lambda version: version.valid_from)

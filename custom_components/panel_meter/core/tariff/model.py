"""The parts of a tariff.

Prices are money per kWh or kW, money and kWh are Decimal, times of day are minutes since local midnight, days of the
year are ``(month, day)``. Everything is immutable; `read` makes it of JSON, `validation` says what is wrong with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from .times import Calendar, ClockKind, Cycle, Period, Rule, Season

ZERO = Decimal(0)


class BlockPer(StrEnum):
    """What the limit of a block is multiplied by."""

    CYCLE = "cycle"
    #: Days of the cycle.
    DAY = "day"
    #: Billing demand of the cycle in kW (hours of use).
    KW = "kw"
    #: Days of the cycle and billing demand.
    KW_DAY = "kw_day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A part of the consumption of a cycle, up to so many kWh (kW for demand); None has no end."""

    upto: Decimal | None = None
    per: BlockPer = BlockPer.CYCLE


class BlockMode(StrEnum):
    """Whether each block has its own price, or the block that is reached sets the price of everything."""

    PROGRESSIVE = "progressive"
    WHOLE = "whole"


class Allocation(StrEnum):
    """How periods share blocks: in the order of time, or each in proportion to its part of the cycle."""

    CHRONOLOGICAL = "chronological"
    PRORATA = "prorata"


@dataclass(frozen=True, slots=True, kw_only=True)
class RateSet:
    """Blocks and prices. An alternative set applies in its season, or once the cycle exceeds ``over`` kWh."""

    prices: Mapping[str, tuple[Decimal, ...]]
    blocks: tuple[Block, ...] = (Block(),)
    block_mode: BlockMode = BlockMode.PROGRESSIVE
    season: str | None = None
    over: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Adder:
    """A price per kWh of its own name, such as a levy or a fuel adjustment."""

    name: str
    price: Decimal


class Missing(StrEnum):
    """What happens while a dynamic price is not known."""

    #: The last known price goes on.
    HOLD = "hold"
    #: The fallback price.
    FALLBACK = "fallback"
    #: The last known price goes on, and the bill says that it is estimated.
    MARK_ESTIMATED = "mark_estimated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dynamic:
    """A price that an entity tells: ``price x multiplier + offset of the period``."""

    entity_id: str
    unit: str | None = None
    multiplier: Decimal = Decimal(1)
    offset: Mapping[str, Decimal] = field(default_factory=dict)
    #: Within an interval of this many minutes of the clock one price counts: the one that held longest. 0: any moment.
    resolution_min: int = 0
    missing: Missing = Missing.MARK_ESTIMATED
    fallback: Decimal | None = None
    #: A price that is older than this many hours counts as missing; None: a price holds until the next one.
    hold_hours: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Energy:
    """What a kWh costs. Periods are tried in their order and the first that applies counts."""

    rates: RateSet
    #: Sets that replace ``rates``; the first whose season and consumption fit counts.
    alternatives: tuple[RateSet, ...] = ()
    seasons: tuple[Season, ...] = ()
    periods: tuple[Period, ...] = ()
    default_period: str = "default"
    allocation: Allocation = Allocation.CHRONOLOGICAL
    adders: tuple[Adder, ...] = ()
    dynamic: Dynamic | None = None
    #: Highest and lowest price per kWh, without adders.
    cap: Decimal | None = None
    floor: Decimal | None = None

    @property
    def period_names(self) -> tuple[str, ...]:
        """Names of all periods, the default one last."""
        return (*(period.name for period in self.periods), self.default_period)


class ExportMode(StrEnum):
    """What the utility does with energy that flows out."""

    NONE = "none"
    #: Each kWh is paid on the bill of its cycle.
    NET_BILLING = "net_billing"
    #: The credit pays energy of later cycles and is paid out once a year.
    CARRYOVER = "carryover"
    #: kWh that were exported are set off against imported ones, of later cycles too.
    NET_METERING_KWH = "net_metering_kwh"
    #: Everything consumed is bought and everything produced is sold.
    BUY_ALL_SELL_ALL = "buy_all_sell_all"


class NettingSpan(StrEnum):
    """Spans of netting that are no minutes."""

    DAY = "day"
    CYCLE = "cycle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What exported energy earns. Without prices it earns nothing."""

    mode: ExportMode = ExportMode.NET_BILLING
    #: Import and export within so many minutes of the clock are set off against each other, over all phases; 0: not.
    netting: int | NettingSpan = 0
    #: Period of the energy prices -> price per block.
    prices: Mapping[str, tuple[Decimal, ...]] = field(default_factory=dict)
    #: Pays ``price x multiplier + offset`` of an entity instead.
    dynamic: Dynamic | None = None
    #: Month whose bill pays out what is left of the credit, and what a left kWh is worth (net metering).
    settle_month: int = 12
    settle_price: Decimal = ZERO


class DemandStat(StrEnum):
    """Which average power of all intervals is billed."""

    MAX = "max"
    #: Mean of the highest intervals of the n days on which they were highest.
    MEAN_TOP_DAYS = "mean_top_days"
    #: Mean of the maxima of the last n cycles, this one included.
    MEAN_LAST_CYCLES = "mean_last_cycles"


class DemandPer(StrEnum):
    """What a price per kW is for."""

    CYCLE = "cycle"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratchet:
    """Billing demand is at least this part of the highest demand of earlier cycles."""

    percent: Decimal
    #: How many cycles before this one count.
    cycles: int
    #: Calendar months whose cycles count; empty: all.
    months: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """A charge for the highest average power."""

    name: str
    price: tuple[Decimal, ...]
    blocks: tuple[Block, ...] = (Block(),)
    #: Only intervals that begin in one of these count; empty: all.
    window: tuple[Rule, ...] = ()
    interval_min: int = 15
    stat: DemandStat = DemandStat.MAX
    n: int = 1
    min_kw: Decimal = ZERO
    per: DemandPer = DemandPer.CYCLE
    ratchet: Ratchet | None = None
    #: Only in cycles that begin in this season. Demands of the same name share the highest demands of earlier cycles.
    season: str | None = None


class FixedPer(StrEnum):
    """How often an amount is due."""

    DAY = "day"
    CYCLE = "cycle"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """An amount that is due without consumption."""

    name: str
    amount: Decimal = ZERO
    per: FixedPer = FixedPer.CYCLE
    #: Contracted kVA, kW or A that the amount is for.
    quantity: Decimal = Decimal(1)
    #: Amount by kWh of the cycle instead: the first limit that is not exceeded counts.
    by_usage: tuple[tuple[Decimal | None, Decimal], ...] = ()
    #: Only in cycles that begin in this season.
    season: str | None = None
    #: Shared by days when the tariff changes inside a cycle.
    prorate: bool = True


class Part(StrEnum):
    """A part of a bill that minimum charges and taxes name."""

    ENERGY = "energy"
    EXPORT = "export"
    FIXED = "fixed"
    DEMAND = "demand"
    MINIMUM = "minimum"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Minimum:
    """The least that the basis comes to: an amount, or the price of so many kWh in the first block."""

    amount: Decimal | None = None
    #: Hours of use of the contracted quantity.
    hours: Decimal | None = None
    quantity: Decimal = Decimal(1)
    per: FixedPer = FixedPer.CYCLE
    basis: frozenset[Part] = frozenset({Part.ENERGY, Part.FIXED, Part.DEMAND})


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """An amount that is taken off the bills of cycles that begin in these months; empty: of all."""

    name: str
    amount: Decimal
    months: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tax:
    """A percentage on parts of the bill; if it compounds, also on the earlier taxes of the same lines."""

    name: str
    percent: Decimal
    on: frozenset[Part] = frozenset({Part.ENERGY, Part.FIXED, Part.DEMAND})
    compound: bool = False
    #: Names of adders and fixed charges that the tax leaves out.
    exempt: frozenset[str] = frozenset()


class RoundingMode(StrEnum):
    """How an amount is rounded."""

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    FLOOR = "floor"
    CEIL = "ceil"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounding:
    """What is rounded, and to a multiple of what. None is not rounded."""

    #: Bill whole kWh only; the part of a kWh is not carried on.
    floor_kwh: bool = False
    line: Decimal | None = None
    total: Decimal | None = None
    mode: RoundingMode = RoundingMode.HALF_UP
    #: Lines that are added up before they are rounded as lines are: names of lines, or of parts for all of their lines.
    groups: tuple[frozenset[str], ...] = ()


class OnChange(StrEnum):
    """What happens to a cycle in which another version begins."""

    #: Each version bills its days; block limits and amounts per cycle are shared by days.
    PRORATE = "prorate"
    #: One count of kWh goes on; only the prices change, and charges are those of the newer version.
    CARRY = "carry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What a tariff says from one local day on."""

    valid_from: date
    energy: Energy
    export: Export | None = None
    demand: tuple[Demand, ...] = ()
    fixed: tuple[Fixed, ...] = ()
    minimum: Minimum | None = None
    credits: tuple[Credit, ...] = ()
    on_change: OnChange = OnChange.PRORATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """All versions of what a utility asks."""

    id: str
    name: str
    currency: str
    versions: tuple[Version, ...]
    clock: ClockKind = ClockKind.LOCAL
    #: Name of the time zone; None: that of Home Assistant.
    time_zone: str | None = None
    calendar: Calendar = field(default_factory=Calendar)
    cycle: Cycle = field(default_factory=Cycle)
    taxes: tuple[Tax, ...] = ()
    #: Taxes are within the prices: they are shown, but not added.
    prices_include_tax: bool = False
    rounding: Rounding = field(default_factory=Rounding)
    #: Import and export of the phases of the mains are set off against each other in each interval of the ledger.
    net_phases: bool = False

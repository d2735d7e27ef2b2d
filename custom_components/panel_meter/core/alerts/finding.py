"""What rules are given and what they find."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from .model import Fact, Kind, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A condition began, changed its severity, or is over (not ``active``).

    A rule speaks once when it first knows that all is well, too: an alert from before a restart may still be open.
    """

    #: None: of the whole panel.
    channel: str | None
    kind: Kind
    severity: Severity
    #: Numbers in the unit that ends their name, and texts. ``variant`` names the sentence where a kind has several.
    facts: Mapping[str, Fact] = field(default_factory=dict)
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandFacts:
    """The running demand interval of a tariff."""

    #: UTC seconds.
    start: int
    end: int
    #: What it comes to over its whole length if nothing more flows, in kW (`Peak.kw` of the running interval).
    so_far_kw: float
    #: The highest demand of the cycle before this interval; None if there is none yet.
    highest_kw: float | None
    #: When the cycle began, in UTC seconds.
    cycle_start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowFacts:
    """What is looked at once a minute. None: not known, or not measured."""

    #: Local day and cycle (without a tariff: month) as UTC seconds: first instant and the one after the last.
    day: tuple[int, int] | None = None
    cycle: tuple[int, int] | None = None
    #: Consumption so far in mWh.
    energy_day: int | None = None
    energy_cycle: int | None = None
    #: Cost so far, in the currency.
    cost_day: Decimal | None = None
    cost_cycle: Decimal | None = None
    #: What the bill of the cycle will probably come to.
    cost_projected: Decimal | None = None
    #: ISO code.
    currency: str = ""
    #: Of the next kWh, and when it changes (UTC seconds).
    price: Decimal | None = None
    price_until: int | None = None
    demand: DemandFacts | None = None
    #: Lowest power of each of the last nights in W, the last one first (`nights.night_minima`); None: unknown.
    nights: tuple[float | None, ...] = ()

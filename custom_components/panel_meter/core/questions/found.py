"""What was found for a query, before anything is said: values with their units, and what they rest on."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from .model import Measure, Period, Query


class Unit(StrEnum):
    """What a value is in."""

    WATT = "W"
    #: Whole mWh.
    ENERGY = "mWh"
    #: In the currency that stands beside it.
    MONEY = "money"
    #: The same, for a kWh.
    PRICE = "price"
    KILOWATT = "kW"
    CELSIUS = "°C"
    VOLT = "V"
    HERTZ = "Hz"


type Number = int | float | Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A value of something with a name."""

    name: str
    unit: Unit
    #: None: not known.
    value: Number | None = None
    #: What it is compared with.
    other: Number | None = None
    low: Number | None = None
    high: Number | None = None
    currency: str = ""
    #: UTC seconds: when it was, or from when to when it holds.
    start: int | None = None
    end: int | None = None
    #: Name of a period of the tariff, or the message of an alert.
    label: str = ""
    #: What it is made of.
    parts: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """What an answer rests on."""

    #: mWh of the answer whose distribution over time is estimated.
    estimated: int = 0
    #: Seconds of the period in which nothing was measured.
    missing: int = 0
    #: When measuring began, if that is within the period.
    begins: int | None = None
    #: Panels that do not speak, with the time of their last message (UTC seconds).
    offline: tuple[tuple[str, int], ...] = ()
    #: Names of panels without a tariff, and of those that are being rated.
    no_tariff: tuple[str, ...] = ()
    rating: tuple[str, ...] = ()
    #: What has no cost of its own at that time.
    no_cost: tuple[str, ...] = ()
    #: Periods of a comparison that are not over.
    running: tuple[Period, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The values for a query."""

    query: Query
    lines: tuple[Line, ...] = ()
    #: The home as a whole, where that was asked: the lines are its panels then.
    whole: Line | None = None
    #: Other values that belong to the answer, such as what a solar channel delivers at this moment.
    beside: tuple[Line, ...] = ()
    notes: Notes = Notes()
    #: What nobody may see, or nothing measures, is said as that.
    visible: bool = True

    @property
    def measure(self) -> Measure:
        """What a ranking or comparison goes by."""
        return self.query.measure or Measure.USAGE

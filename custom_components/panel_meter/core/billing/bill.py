"""What a bill says."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from ..tariff.model import ZERO, Part
from .demand import CyclePeak, Peak


class LineKind(StrEnum):
    """What a line of a bill is for."""

    ENERGY = "energy"
    ADDER = "adder"
    EXPORT = "export"
    DEMAND = "demand"
    FIXED = "fixed"
    MINIMUM = "minimum"
    CREDIT = "credit"
    TAX = "tax"
    ROUNDING = "rounding"


PART_OF = {
    LineKind.ENERGY: Part.ENERGY,
    LineKind.ADDER: Part.ENERGY,
    LineKind.EXPORT: Part.EXPORT,
    LineKind.DEMAND: Part.DEMAND,
    LineKind.FIXED: Part.FIXED,
    LineKind.MINIMUM: Part.MINIMUM,
    LineKind.CREDIT: Part.CREDIT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line. The amount is quantity times price where both are there; credits are negative."""

    kind: LineKind
    #: Of the period, demand, fixed charge, tax ...
    name: str
    amount: Decimal
    quantity: Decimal | None = None
    #: kWh, kW, d or %.
    unit: str | None = None
    #: Money per unit; the mean where there were several.
    price: Decimal | None = None
    #: Number of the block, from 0.
    block: int | None = None
    #: Shown, but within other amounts already.
    included: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledDemand:
    """A demand of the cycle: measured and billed kW and the intervals that they are made of."""

    name: str
    measured_kw: Decimal
    billed_kw: Decimal
    peaks: tuple[Peak, ...]
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitCost:
    """Energy that a circuit drew from the grid, and its part of the panel's energy cost with its taxes."""

    name: str
    kwh: Decimal
    cost: Decimal
    #: Behind another circuit, and part of its cost.
    nested: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Carry:
    """What a cycle leaves to the next one."""

    #: Credit for exported energy that is not used up.
    credit: Decimal = ZERO
    #: Exported kWh of each period that are not used up.
    kwh: dict[str, Decimal] = field(default_factory=dict)
    #: Highest demand of earlier cycles, the latest last.
    peaks: dict[str, tuple[CyclePeak, ...]] = field(default_factory=dict)
    #: What the minimum charge of the year is compared with so far.
    year_basis: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """The bill of a cycle, or of what there is of it."""

    first: date
    #: The first day of the next cycle.
    end: date
    start_instant: int
    end_instant: int
    lines: tuple[Line, ...]
    total: Decimal
    #: Imported and exported energy after netting within a span, in kWh.
    imported_kwh: Decimal
    exported_kwh: Decimal
    #: Energy without a price: before the first version, or while a dynamic price was not known.
    unpriced_kwh: Decimal
    #: Energy whose price or distribution was estimated.
    estimated_kwh: Decimal
    demands: tuple[BilledDemand, ...]
    #: The panel's cost of imported energy with its taxes, and what the circuits and the rest make of it.
    energy_cost: Decimal
    circuits: tuple[CircuitCost, ...]
    remainder: CircuitCost
    #: What exported energy earned in this cycle.
    export_earned: Decimal
    carry: Carry
    #: False while the cycle is running.
    closed: bool = False

    def amount(self, *kinds: LineKind) -> Decimal:
        """Sum of all lines of these kinds that are not within others."""
        return sum((line.amount for line in self.lines if line.kind in kinds and not line.included), ZERO)

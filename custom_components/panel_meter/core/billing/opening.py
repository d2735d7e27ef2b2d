"""Costs from before what a panel is rated with now: its totals go on from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ..tariff.model import ZERO
from .cycle_rating import Running


@dataclass(frozen=True, slots=True)
class OpeningCost:
    """What a panel and its circuits (by channel) had cost, and what exported energy had earned."""

    cost: Decimal = ZERO
    circuits: Mapping[str, Decimal] = field(default_factory=dict)
    earned: Decimal = ZERO

    @classmethod
    def of(cls, running: Running, names: Sequence[str]) -> OpeningCost:
        """Totals of an account with these circuits."""
        return cls(running.cost, dict(zip(names, running.circuits, strict=False)), running.earned)

    def running(self, names: Sequence[str]) -> Running:
        """The same in the order of circuits."""
        return Running(self.cost, tuple(self.circuits.get(name, ZERO) for name in names), self.earned)

    def missing_to(self, later: OpeningCost) -> OpeningCost:
        """What this lacks of a later state of it; nothing where it is ahead."""
        names = {*self.circuits, *later.circuits}
        return OpeningCost(
            max(later.cost - self.cost, ZERO),
            {name: max(later.circuits.get(name, ZERO) - self.circuits.get(name, ZERO), ZERO) for name in names},
            max(later.earned - self.earned, ZERO),
        )

    def plus(self, other: OpeningCost) -> OpeningCost:
        """The sum of both."""
        names = {*self.circuits, *other.circuits}
        return OpeningCost(
            self.cost + other.cost,
            {name: self.circuits.get(name, ZERO) + other.circuits.get(name, ZERO) for name in names},
            self.earned + other.earned,
        )

    def to_json(self) -> dict[str, Any]:
        """As JSON, amounts as strings."""
        circuits = {name: str(amount) for name, amount in self.circuits.items() if amount}
        return {"cost": str(self.cost), "circuits": circuits, "earned": str(self.earned)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> OpeningCost:
        """The opening of `to_json`. KeyError, TypeError, ValueError or ArithmeticError if it is none."""
        circuits = {str(name): Decimal(amount) for name, amount in data["circuits"].items()}
        return cls(Decimal(data["cost"]), circuits, Decimal(data["earned"]))

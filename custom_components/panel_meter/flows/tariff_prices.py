"""The amounts of a version of a tariff under names that a person can read, and the same version with other amounts."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final

from ..core.tariff.model import Demand, Energy, Export, Fixed, RateSet, Version

#: Names that mean something else where amounts are shown.
TAKEN: Final = frozenset({"valid_from", "base"})

type _Change = Callable[[str, Decimal], Decimal]


def amounts(version: Version) -> dict[str, Decimal]:
    """Every price and charge of a version, by a name of its own."""
    found: dict[str, Decimal] = {}

    def note(name: str, amount: Decimal) -> Decimal:
        found[name] = amount
        return amount

    _changed(version, _Names(note))
    return found


def with_amounts(version: Version, new: Mapping[str, Decimal]) -> Version:
    """The version with the amounts that are given; the others stay."""
    return _changed(version, _Names(new.get))


class _Names:
    """Gives each amount a name that no other one has, in the order in which they are met."""

    def __init__(self, change: _Change) -> None:
        self._change = change
        self._met = set(TAKEN)

    def __call__(self, name: str, amount: Decimal) -> Decimal:
        number, unique = 1, name
        while unique in self._met:
            number += 1
            unique = f"{name} ({number})"
        self._met.add(unique)
        return self._change(unique, amount)


def _changed(version: Version, change: _Change) -> Version:
    minimum = version.minimum
    if minimum is not None and minimum.amount is not None:
        minimum = replace(minimum, amount=change("Minimum charge", minimum.amount))
    return replace(
        version,
        energy=_energy(version.energy, change),
        export=None if version.export is None else _export(version.export, change),
        demand=tuple(_demand(each, change) for each in version.demand),
        fixed=tuple(_fixed(each, change) for each in version.fixed),
        minimum=minimum,
        credits=tuple(replace(each, amount=change(f"Credit: {each.name}", each.amount)) for each in version.credits),
    )


def _energy(energy: Energy, change: _Change) -> Energy:
    alone = not energy.periods
    return replace(
        energy,
        rates=_rates(energy.rates, "", change, alone=alone),
        alternatives=tuple(_rates(each, _title(each), change, alone=alone) for each in energy.alternatives),
        adders=tuple(replace(each, price=change(f"Added: {each.name}", each.price)) for each in energy.adders),
    )


def _title(rates: RateSet) -> str:
    parts = [*([rates.season] if rates.season else []), *([f"over {rates.over} kWh"] if rates.over is not None else [])]
    return f"{', '.join(parts)}: " if parts else ""


def _rates(rates: RateSet, title: str, change: _Change, *, alone: bool) -> RateSet:
    return replace(rates, prices=_prices(rates.prices, title, change, alone=alone))


def _prices(
    prices: Mapping[str, tuple[Decimal, ...]], title: str, change: _Change, *, alone: bool
) -> dict[str, tuple[Decimal, ...]]:
    return {name: _per_block(values, f"{title}{'Price' if alone else name}", change) for name, values in prices.items()}


def _per_block(values: tuple[Decimal, ...], name: str, change: _Change) -> tuple[Decimal, ...]:
    if len(values) == 1:
        return (change(name, values[0]),)
    return tuple(change(f"{name}, block {number}", value) for number, value in enumerate(values, start=1))


def _export(export: Export, change: _Change) -> Export:
    alone = len(set(export.prices.values())) == 1
    if not alone:
        return replace(export, prices=_prices(export.prices, "Export: ", change, alone=False))
    # Equal prices of all periods are one price to a person.
    values = _per_block(next(iter(export.prices.values())), "Export", change)
    return replace(export, prices=dict.fromkeys(export.prices, values))


def _demand(demand: Demand, change: _Change) -> Demand:
    return replace(demand, price=_per_block(demand.price, f"Demand: {demand.name}", change))


def _fixed(fixed: Fixed, change: _Change) -> Fixed:
    if not fixed.by_usage:
        return replace(fixed, amount=change(f"Fixed: {fixed.name}", fixed.amount))
    steps = tuple(
        (upto, change(f"Fixed: {fixed.name}, {'above' if upto is None else f'up to {upto} kWh'}", amount))
        for upto, amount in fixed.by_usage
    )
    return replace(fixed, by_usage=steps)

"""The lines of imported energy."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal

from ..tariff.model import ZERO, Tariff, Version
from ..tariff.rulebook import unit_price
from .bill import Line, LineKind
from .cycle_rating import CycleRating


@dataclass(frozen=True, slots=True)
class BilledEnergy:
    """Imported energy of one version, period, block and price without adders and taxes."""

    version: Version
    period: int
    block: int
    price: Decimal | None
    kwh: Decimal


def billed_energy(settled: CycleRating) -> list[BilledEnergy]:
    """All imported energy of a cycle; equal prices are one entry."""
    found: dict[tuple[int, int, int, Decimal | None], BilledEnergy] = {}
    for counted in settled.counted:
        number = counted.imports.chosen_number
        for cell in counted.imports.chosen.priced():
            section = settled.sections[cell.section]
            rates = section.rates[min(number, len(section.rates) - 1)]
            price = unit_price(section.version.energy, rates, cell.period, cell.block, cell.raw)
            key = (id(section.version), cell.period, cell.block, price)
            known = found.get(key)
            kwh = cell.kwh if known is None else known.kwh + cell.kwh
            found[key] = BilledEnergy(section.version, cell.period, cell.block, price, kwh)
    entries = list(found.values())
    return _whole_kwh(entries) if settled.book.tariff.rounding.floor_kwh else entries


def _whole_kwh(entries: Sequence[BilledEnergy]) -> list[BilledEnergy]:
    """Take the part of a kWh off the highest blocks."""
    total = sum((entry.kwh for entry in entries), ZERO)
    surplus = total - total.to_integral_value(rounding=ROUND_FLOOR)
    found = []
    for entry in sorted(entries, key=lambda each: -each.block):
        taken = min(surplus, entry.kwh)
        surplus -= taken
        found.append(replace(entry, kwh=entry.kwh - taken))
    return found


def unpriced(entries: Sequence[BilledEnergy]) -> Decimal:
    """kWh whose price is not known."""
    return sum((entry.kwh for entry in entries if entry.price is None), ZERO)


def energy_lines(entries: Sequence[BilledEnergy], tariff: Tariff) -> list[Line]:
    """A line for each version, period and block, one for what has no price, and one for each adder."""
    versions = sorted(
        {id(entry.version): entry.version for entry in entries}.values(), key=lambda each: each.valid_from
    )
    lines: list[Line] = []
    for version in versions:
        own = [entry for entry in entries if entry.version is version]
        groups: dict[tuple[int, int, bool], list[BilledEnergy]] = {}
        for entry in own:
            groups.setdefault((entry.period, entry.block, entry.price is None), []).append(entry)
        lines += [_line(version, groups[key]) for key in sorted(groups)]
        priced = sum((entry.kwh for entry in own if entry.price is not None), ZERO)
        lines += [
            Line(
                kind=LineKind.ADDER,
                name=adder.name,
                amount=priced * adder.price,
                quantity=priced,
                unit="kWh",
                price=adder.price,
            )
            for adder in version.energy.adders
        ]
    return lines


def _line(version: Version, entries: Sequence[BilledEnergy]) -> Line:
    kwh = sum((entry.kwh for entry in entries), ZERO)
    amount = sum((entry.kwh * entry.price for entry in entries if entry.price is not None), ZERO)
    prices = {entry.price for entry in entries if entry.price is not None}
    price = prices.pop() if len(prices) == 1 else amount / kwh if kwh and prices else None
    return Line(
        kind=LineKind.ENERGY,
        name=version.energy.period_names[entries[0].period],
        amount=amount,
        quantity=kwh,
        unit="kWh",
        price=price,
        block=entries[0].block,
    )

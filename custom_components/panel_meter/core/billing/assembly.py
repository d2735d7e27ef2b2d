"""A bill made of a rated cycle: its lines in their order, minimum, taxes, and what is left to the next cycle."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import chain
from typing import Final

from ..model import MILLIWATT_HOURS_PER_KWH
from ..tariff.model import ZERO, ExportMode, Minimum, Part, Tariff
from . import charges
from .bill import PART_OF, Bill, BilledDemand, Carry, CircuitCost, Line, LineKind
from .cycle_rating import CycleRating
from .demand import CyclePeak, DemandCharge
from .energy_lines import billed_energy, energy_lines, unpriced
from .rounding import rounded

DECEMBER: Final = 12
#: Demands of earlier cycles that are kept, for ratchets and means of two years.
MOST_PEAKS: Final = 24


def assemble(rating: CycleRating, carry: Carry, names: Sequence[str], until: int | None = None) -> Bill:
    """The bill of a cycle. ``until`` (UTC seconds): it is still running, and charges per day are due up to that day.

    ``names`` are those of the circuits, ``carry`` is what the cycle before left.
    """
    settled = rating.settle()
    tariff, span = rating.book.tariff, rating.span
    cells = billed_energy(settled)
    energy = energy_lines(cells, tariff)
    export, credit_left, earned = _export(settled, carry, sum((line.amount for line in energy), ZERO))
    demands = [charge for each in settled.charged for charge in charges.demands(each, span, carry)]
    lines = [*energy, *export, *(charges.demand_line(each) for each in demands)]
    for each in settled.charged:
        days = charges.elapsed(rating, each, until)
        lines += charges.fixed_lines(each, span, _kwh(settled.imported), days)
        lines += charges.credit_lines(each, span)
    top_up, basis = _minimum(settled, lines, carry)
    lines += top_up
    lines += _taxes(tariff, lines)
    settles = until is None and _settles(settled)
    payout = _payout(settled, credit_left) if settles else []
    lines = rounded([*lines, *payout], tariff.rounding)
    circuits, remainder, energy_cost = _circuits(settled, names)
    return Bill(
        first=span.first,
        end=span.end,
        start_instant=rating.start,
        end_instant=rating.end,
        lines=tuple(lines),
        total=sum((line.amount for line in lines if not line.included), ZERO),
        imported_kwh=_kwh(settled.imported),
        exported_kwh=_kwh(settled.exported),
        unpriced_kwh=_kwh(settled.unpriced) + unpriced(cells),
        estimated_kwh=_kwh(settled.estimated),
        demands=tuple(_billed(each) for each in demands),
        energy_cost=energy_cost,
        circuits=circuits,
        remainder=remainder,
        export_earned=earned,
        carry=Carry(
            credit=ZERO if settles else credit_left,
            kwh={} if settles else dict(settled.kwh_left),
            peaks=_peaks(carry, demands, span.first),
            year_basis=ZERO if contains_end_of(DECEMBER, span.first, span.end) else carry.year_basis + basis,
        ),
        closed=until is None,
    )


def contains_end_of(month: int, first: date, end: date) -> bool:
    """Whether the last day of a month is one of the days from ``first`` to before ``end``."""
    years = range(first.year, end.year + 1)
    lasts = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1) for year in years)
    return any(first <= last < end for last in lasts)


# --- export ---


def _export(settled: CycleRating, carry: Carry, energy: Decimal) -> tuple[list[Line], Decimal, Decimal]:
    """Lines for exported energy, the credit that is left, and what was earned."""
    lines: list[Line] = []
    earned, credit = ZERO, carry.credit
    carries_over = False
    for each in settled.charged:
        export = each.version.export
        mode = export.mode if export is not None else ExportMode.NONE
        carries_over = carries_over or mode is ExportMode.CARRYOVER
        if mode in (ExportMode.NONE, ExportMode.NET_METERING_KWH):
            continue
        for cell in each.exports.chosen.priced():
            earned += cell.amount
            name = each.version.energy.period_names[cell.period]
            lines.append(
                Line(
                    kind=LineKind.EXPORT,
                    name=name,
                    amount=-cell.amount,
                    quantity=cell.kwh,
                    unit="kWh",
                    price=cell.price,
                    block=cell.block,
                    included=mode is ExportMode.CARRYOVER,
                )
            )
    if not carries_over:
        return lines, credit, earned
    used = min(credit, max(energy, ZERO))
    if used:
        lines.append(Line(kind=LineKind.EXPORT, name="credit", amount=-used))
    return lines, credit - used + earned, earned


def _settles(settled: CycleRating) -> bool:
    months = {each.version.export.settle_month for each in settled.charged if each.version.export is not None}
    return any(contains_end_of(month, settled.span.first, settled.span.end) for month in months)


def _payout(settled: CycleRating, credit: Decimal) -> list[Line]:
    exports = [each.version.export for each in settled.charged if each.version.export is not None]
    left = sum(settled.kwh_left.values(), ZERO)
    amount = credit + left * exports[-1].settle_price
    return [Line(kind=LineKind.CREDIT, name="true-up", amount=-amount)] if amount else []


# --- minimum and taxes ---


def _minimum(settled: CycleRating, lines: Sequence[Line], carry: Carry) -> tuple[list[Line], Decimal]:
    """The line of a minimum charge, and what the minimum of a year is compared with."""
    found: list[Line] = []
    basis = ZERO
    for each in settled.charged:
        if (minimum := each.version.minimum) is None:
            continue
        basis = max(_basis(lines, minimum), ZERO)
        compared = basis
        due = charges.minimum_due(each, settled.span, minimum)
        if due is None:
            if not contains_end_of(DECEMBER, settled.span.first, settled.span.end):
                continue
            compared, due = carry.year_basis + basis, minimum.amount or ZERO
        if due > compared:
            found.append(Line(kind=LineKind.MINIMUM, name="minimum", amount=due - compared))
    return found, basis


def _basis(lines: Sequence[Line], minimum: Minimum) -> Decimal:
    parts = minimum.basis | ({Part.EXPORT} if Part.ENERGY in minimum.basis else set())
    return sum((line.amount for line in lines if PART_OF[line.kind] in parts and not line.included), ZERO)


def _taxes(tariff: Tariff, lines: Sequence[Line]) -> list[Line]:
    found: list[Line] = []
    for tax in tariff.taxes:
        taxed = [
            line for line in lines if PART_OF[line.kind] in tax.on and line.name not in tax.exempt and not line.included
        ]
        basis = sum((line.amount for line in taxed), ZERO)
        if tax.compound:
            basis += sum((line.amount for line in found), ZERO)
        rate = tax.percent / 100
        included = tariff.prices_include_tax
        amount = basis - basis / (1 + rate) if included else basis * rate
        found.append(
            Line(
                kind=LineKind.TAX,
                name=tax.name,
                amount=amount,
                quantity=tax.percent,
                unit="%",
                price=basis / 100,
                included=included,
            )
        )
    return found


# --- what stands beside the lines ---


def _circuits(settled: CycleRating, names: Sequence[str]) -> tuple[tuple[CircuitCost, ...], CircuitCost, Decimal]:
    """Cost of each circuit, of what no circuit measured, and of the panel. They add up."""
    width = len(names) + 1
    kwh = [ZERO] * width
    costs = [ZERO] * width
    for cell in chain.from_iterable(each.imports.chosen.priced() for each in settled.charged):
        for position, energy in enumerate((cell.kwh, *cell.circuits)):
            kwh[position] += energy
            costs[position] += energy * (cell.price or ZERO)
    circuits = tuple(
        CircuitCost(name=name, kwh=energy, cost=cost)
        for name, energy, cost in zip(names, kwh[1:], costs[1:], strict=True)
    )
    rest = CircuitCost(name="", kwh=kwh[0] - sum(kwh[1:], ZERO), cost=costs[0] - sum(costs[1:], ZERO))
    return circuits, rest, costs[0]


def _billed(charge: DemandCharge) -> BilledDemand:
    return BilledDemand(
        name=charge.demand.name,
        measured_kw=charge.measured_kw,
        billed_kw=charge.billed_kw,
        peaks=charge.peaks,
        amount=charge.amount,
    )


def _peaks(carry: Carry, demands: Sequence[DemandCharge], first: date) -> dict[str, tuple[CyclePeak, ...]]:
    peaks = dict(carry.peaks)
    highest: dict[str, Decimal] = {}
    for each in demands:
        highest[each.demand.name] = max(highest.get(each.demand.name, ZERO), each.measured_kw)
    for name, kw in highest.items():
        peaks[name] = (*peaks.get(name, ()), CyclePeak(first.year, first.month, kw))[-MOST_PEAKS:]
    return peaks


def _kwh(energy: int) -> Decimal:
    return Decimal(energy) / MILLIWATT_HOURS_PER_KWH

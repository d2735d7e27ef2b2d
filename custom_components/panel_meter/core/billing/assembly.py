"""A bill made of a rated cycle: its lines in their order, minimum, taxes, and what is left to the next cycle."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import chain
from typing import Final

from ..model import MILLIWATT_HOURS_PER_KWH
from ..tariff.model import ZERO, ExportMode, FixedPer, Minimum, Part, Tariff
from ..tariff.rulebook import tax_load
from . import charges
from .bill import PART_OF, Bill, BilledDemand, Carry, CircuitCost, Line, LineKind
from .cycle_rating import CycleRating
from .demand import CyclePeak, DemandCharge
from .energy_lines import billed_energy, energy_lines, unpriced
from .rounding import rounded
from .usage import Circuits

DECEMBER: Final = 12
#: Demands of earlier cycles that are kept, for ratchets and means of two years.
MOST_PEAKS: Final = 24


def assemble(rating: CycleRating, carry: Carry, circuits: Circuits, until: int | None = None) -> Bill:
    """The bill of a cycle. ``until`` (UTC seconds): it is still running, and charges per day are due up to that day.

    ``carry`` is what the cycle before left.
    """
    settled = rating.settle()
    tariff, span = rating.book.tariff, rating.span
    cells = billed_energy(settled)
    energy = energy_lines(cells, tariff)
    export, credit_left, earned = _export(settled, carry, sum((line.amount for line in energy), ZERO))
    demands = [charge for each in settled.charged for charge in charges.demands(each, span, carry)]
    lines = [*energy, *export, *(charges.demand_line(each) for each in demands)]
    billed_kwh = sum((cell.kwh for cell in cells), ZERO)
    for each in settled.charged:
        days = charges.elapsed(rating, each, until)
        lines += charges.fixed_lines(each, span, billed_kwh, days, last=each is settled.charged[-1])
        lines += charges.credit_lines(each, span)
    top_up, basis = _minimum(settled, lines, carry)
    lines += top_up
    lines += _taxes(tariff, lines)
    settles = until is None and _settles(settled)
    payout = _payout(settled, credit_left) if settles else []
    lines = rounded([*lines, *payout], tariff.rounding)
    costs, remainder, energy_cost = _costs(settled, circuits)
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
        circuits=costs,
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
    found: dict[tuple[int, int, int, bool], Line] = {}
    for cell in chain.from_iterable(each.exports.chosen.priced() for each in settled.counted):
        version = settled.sections[cell.section].version
        mode = version.export.mode if version.export is not None else ExportMode.NONE
        if mode in (ExportMode.NONE, ExportMode.NET_METERING_KWH):
            continue
        key = (id(version), cell.period, cell.block, cell.price is None)
        line = Line(
            kind=LineKind.EXPORT,
            name=version.energy.period_names[cell.period],
            amount=-cell.amount,
            quantity=cell.kwh,
            unit="kWh",
            price=cell.price,
            block=cell.block,
            included=mode is ExportMode.CARRYOVER,
        )
        found[key] = _joined(found[key], line) if key in found else line
    lines = list(found.values())
    earned, credit = -sum((line.amount for line in lines), ZERO), carry.credit
    exports = [each.version.export for each in settled.charged]
    carries_over = any(export is not None and export.mode is ExportMode.CARRYOVER for export in exports)
    if not carries_over:
        return lines, credit, earned
    used = min(credit, max(energy, ZERO))
    if used:
        lines.append(Line(kind=LineKind.EXPORT, name="credit", amount=-used))
    return lines, credit - used + earned, earned


def _joined(line: Line, other: Line) -> Line:
    """Exported energy of both; its price is the mean of theirs."""
    kwh = (line.quantity or ZERO) + (other.quantity or ZERO)
    amount = line.amount + other.amount
    same = line.price == other.price
    return replace(line, quantity=kwh, amount=amount, price=line.price if same or not kwh else -amount / kwh)


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
    """The lines of minimum charges, and what the minimum of a year is compared with."""
    least = [(each, each.version.minimum) for each in settled.charged if each.version.minimum is not None]
    if not least:
        return [], ZERO
    newest, minimum = least[-1]
    basis = max(_basis(lines, minimum), ZERO)
    # Each part of the cycle says what is due for its days; together they are compared with the whole cycle.
    due = sum(
        (charges.minimum_due(each[0], settled.span, each[1]) for each in least if each[1].per is not FixedPer.YEAR),
        ZERO,
    )
    found = _top_up(due, basis)
    if minimum.per is FixedPer.YEAR and contains_end_of(DECEMBER, settled.span.first, settled.span.end):
        found += _top_up(charges.least(newest, minimum), carry.year_basis + basis)
    return found, basis


def _top_up(due: Decimal, basis: Decimal) -> list[Line]:
    return [Line(kind=LineKind.MINIMUM, name="minimum", amount=due - basis)] if due > basis else []


def _basis(lines: Sequence[Line], minimum: Minimum) -> Decimal:
    parts = minimum.basis | ({Part.EXPORT} if Part.ENERGY in minimum.basis else set())
    return sum((line.amount for line in lines if PART_OF[line.kind] in parts and not line.included), ZERO)


def _taxes(tariff: Tariff, lines: Sequence[Line]) -> list[Line]:
    """A line for each tax; each is worked out line by line, so that it compounds with taxes on the same lines only."""
    found: list[Line] = []
    included = tariff.prices_include_tax
    lines = [line for line in lines if not line.included]
    names = [line.name if line.kind in (LineKind.ADDER, LineKind.FIXED) else "" for line in lines]
    places = [(PART_OF[line.kind], name) for line, name in zip(lines, names, strict=True)]
    net = [
        line.amount / tax_load(tariff, *place) if included else line.amount
        for line, place in zip(lines, places, strict=True)
    ]
    loaded = net.copy()
    for tax in tariff.taxes:
        basis = ZERO
        for number, (part, name) in enumerate(places):
            if part in tax.on and name not in tax.exempt:
                taxed = loaded[number] if tax.compound else net[number]
                basis += taxed
                loaded[number] += taxed * tax.percent / 100
        found.append(
            Line(
                kind=LineKind.TAX,
                name=tax.name,
                amount=basis * tax.percent / 100,
                quantity=tax.percent,
                unit="%",
                price=basis / 100,
                included=included,
            )
        )
    return found


# --- what stands beside the lines ---


def _costs(settled: CycleRating, circuits: Circuits) -> tuple[tuple[CircuitCost, ...], CircuitCost, Decimal]:
    """Cost of each circuit, of what no circuit measured, and of the panel. They add up, but for nested circuits."""
    width = len(circuits.names) + 1
    kwh = [ZERO] * width
    costs = [ZERO] * width
    for cell in chain.from_iterable(each.imports.chosen.priced() for each in settled.counted):
        for position, energy in enumerate((cell.kwh, *cell.circuits)):
            kwh[position] += energy
            costs[position] += energy * (cell.price or ZERO)
    found = tuple(
        CircuitCost(name=name, kwh=energy, cost=cost, nested=name in circuits.nested)
        for name, energy, cost in zip(circuits.names, kwh[1:], costs[1:], strict=True)
    )
    direct = [each for each in found if not each.nested]
    rest = CircuitCost(
        name="",
        kwh=kwh[0] - sum((each.kwh for each in direct), ZERO),
        cost=costs[0] - sum((each.cost for each in direct), ZERO),
    )
    return found, rest, costs[0]


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

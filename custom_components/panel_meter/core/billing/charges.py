"""Charges that do not depend on each kWh: demand, fixed amounts, credits and the least that is due."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from ..tariff.days import season_of
from ..tariff.model import ZERO, DemandPer, Fixed, FixedPer, Minimum
from .bill import Carry, Line, LineKind
from .charged import Charged
from .cycle_rating import CycleRating
from .cycles import CycleSpan, times
from .demand import DemandCharge


def elapsed(rating: CycleRating, charged: Charged, until: int | None) -> int:
    """Days of a part of the cycle that have begun; all of them when the cycle is over."""
    if until is None or until >= charged.end:
        return charged.days
    if until < charged.start:
        return 0
    clock = rating.book.clock
    return (clock.day_at(until).date - clock.day_at(charged.start).date).days + 1


def demands(charged: Charged, span: CycleSpan, carry: Carry) -> list[DemandCharge]:
    """What each demand of a part of the cycle comes to."""
    found = []
    for meter in charged.meters:
        factors: dict[DemandPer, Fraction] = {
            DemandPer.CYCLE: charged.share,
            DemandPer.DAY: Fraction(charged.days),
            DemandPer.MONTH: charged.share * span.months,
            DemandPer.YEAR: charged.share * Fraction(span.months, 12),
        }
        found.append(meter.charge(factors[meter.demand.per], carry.peaks.get(meter.demand.name, ())))
    return found


def demand_line(charge: DemandCharge) -> Line:
    """The line of a demand."""
    price = charge.amount / charge.billed_kw if charge.billed_kw else None
    return Line(
        kind=LineKind.DEMAND,
        name=charge.demand.name,
        amount=charge.amount,
        quantity=charge.billed_kw,
        unit="kW",
        price=price,
    )


def fixed_lines(charged: Charged, span: CycleSpan, kwh: Decimal, days: int, *, last: bool) -> list[Line]:
    """The fixed amounts of a part of the cycle; ``kwh`` of the whole cycle, ``days`` that are due.

    An amount that is not shared by days is due once in a cycle: the ``last`` part bills it.
    """
    season = season_of(span.first, charged.version.energy.seasons)
    return [
        _fixed_line(fixed, charged, span, kwh, days)
        for fixed in charged.version.fixed
        if fixed.season in (None, season) and (last or fixed.prorate or fixed.per is FixedPer.DAY)
    ]


def _fixed_line(fixed: Fixed, charged: Charged, span: CycleSpan, kwh: Decimal, days: int) -> Line:
    amount = fixed.amount if not fixed.by_usage else _by_usage(fixed, kwh)
    each = amount * fixed.quantity
    if fixed.per is FixedPer.DAY:
        return Line(
            kind=LineKind.FIXED, name=fixed.name, amount=each * days, quantity=Decimal(days), unit="d", price=each
        )
    share = charged.share if fixed.prorate else Fraction(1)
    total = times(each, share * often(fixed.per, span))
    return Line(kind=LineKind.FIXED, name=fixed.name, amount=total)


def often(per: FixedPer, span: CycleSpan) -> Fraction:
    """How often an amount is due in a cycle."""
    found = {
        FixedPer.DAY: Fraction(span.days),
        FixedPer.CYCLE: Fraction(1),
        FixedPer.MONTH: Fraction(span.months),
        FixedPer.YEAR: Fraction(span.months, 12),
    }
    return found[per]


def _by_usage(fixed: Fixed, kwh: Decimal) -> Decimal:
    for limit, amount in fixed.by_usage:
        if limit is None or kwh <= limit:
            return amount
    return fixed.by_usage[-1][1]


def credit_lines(charged: Charged, span: CycleSpan) -> list[Line]:
    """Amounts that are taken off."""
    return [
        Line(kind=LineKind.CREDIT, name=credit.name, amount=times(-credit.amount, charged.share))
        for credit in charged.version.credits
        if not credit.months or span.first.month in credit.months
    ]


def minimum_due(charged: Charged, span: CycleSpan, minimum: Minimum) -> Decimal:
    """The least that a part of the cycle comes to."""
    return times(least(charged, minimum), charged.share * often(minimum.per, span))


def least(charged: Charged, minimum: Minimum) -> Decimal:
    """The amount of a minimum, for what it is per."""
    if minimum.hours is None:
        return minimum.amount or ZERO
    energy = charged.version.energy
    first = next(iter(energy.rates.prices.values()), (ZERO,))[0]
    adders: Sequence[Decimal] = [adder.price for adder in energy.adders]
    return minimum.hours * minimum.quantity * (first + sum(adders, ZERO))

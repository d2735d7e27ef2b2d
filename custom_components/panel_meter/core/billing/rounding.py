"""Rounding of lines and totals, and amounts that are shared without losing a cent."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Final

from ..tariff.model import ZERO, Rounding, RoundingMode
from .bill import PART_OF, Line, LineKind

_MODES: Final = {
    RoundingMode.HALF_UP: ROUND_HALF_UP,
    RoundingMode.HALF_EVEN: ROUND_HALF_EVEN,
    RoundingMode.FLOOR: ROUND_FLOOR,
    RoundingMode.CEIL: ROUND_CEILING,
}


def to_multiple(amount: Decimal, step: Decimal, mode: RoundingMode) -> Decimal:
    """The multiple of ``step`` that a rounding mode makes of an amount."""
    return (amount / step).quantize(Decimal(1), rounding=_MODES[mode]) * step


def rounded(lines: Sequence[Line], rounding: Rounding) -> list[Line]:
    """Lines as the tariff rounds them, with a line for what rounding sums adds or takes."""
    found = list(lines)
    if rounding.line is not None:
        alone = [not any(_belongs(line, group) for group in rounding.groups) for line in found]
        found = [
            replace(line, amount=to_multiple(line.amount, rounding.line, rounding.mode)) if single else line
            for line, single in zip(found, alone, strict=True)
        ]
        for group in rounding.groups:
            members = [line for line in found if _belongs(line, group)]
            found += _difference(members, rounding.line, rounding.mode)
    if rounding.total is not None:
        found += _difference(found, rounding.total, rounding.mode)
    return found


def _belongs(line: Line, group: frozenset[str]) -> bool:
    part = PART_OF.get(line.kind)
    named = line.name in group if line.kind is not LineKind.ENERGY else False
    return named or (part is not None and part in group and not _named_elsewhere(line))


def _named_elsewhere(line: Line) -> bool:
    # An adder is energy, but a group that wants it names it: a levy is often rounded by itself.
    return line.kind is LineKind.ADDER


def _difference(lines: Sequence[Line], step: Decimal, mode: RoundingMode) -> list[Line]:
    total = sum((line.amount for line in lines if not line.included), ZERO)
    difference = to_multiple(total, step, mode) - total
    return [Line(kind=LineKind.ROUNDING, name="rounding", amount=difference)] if difference else []


def shared(total: Decimal, parts: Sequence[Decimal], step: Decimal) -> list[Decimal]:
    """Parts as multiples of ``step`` that add up to the total rounded to it (method of the largest remainders)."""
    whole = to_multiple(total, step, RoundingMode.HALF_UP)
    floors = [to_multiple(part, step, RoundingMode.FLOOR) for part in parts]
    missing = int((whole - sum(floors, ZERO)) / step)
    by_remainder = sorted(range(len(parts)), key=lambda number: floors[number] - parts[number])
    for place in range(abs(missing)):
        number = by_remainder[place % len(parts)] if missing > 0 else by_remainder[-1 - place % len(parts)]
        floors[number] += step if missing > 0 else -step
    return floors

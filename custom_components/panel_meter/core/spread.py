"""Even distribution of an interval's energy over time, exact to the last mWh."""

from collections.abc import Sequence
from itertools import pairwise


def share(energy: int, start: int, end: int, lower: int, upper: int) -> int:
    """The part of ``energy`` (mWh, measured from ``start`` to ``end``) that falls between ``lower`` and ``upper``.

    Parts of neighbouring ranges add up to ``energy`` exactly, however the span is cut, because each part is the
    difference of two rounded-down running totals. An interval without a span belongs to the range that holds its end:
    ``lower < end <= upper``.
    """
    if end <= start:
        return energy if lower < end <= upper else 0
    span = end - start
    lower, upper = max(lower, start), min(upper, end)
    if lower >= upper:
        return 0
    return energy * (upper - start) // span - energy * (lower - start) // span


def spread(energy: int, start: int, end: int, edges: Sequence[int]) -> list[int]:
    """Cut ``energy`` at ``edges`` (rising instants): one part for each pair of neighbouring edges."""
    return [share(energy, start, end, lower, upper) for lower, upper in pairwise(edges)]

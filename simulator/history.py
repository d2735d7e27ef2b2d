"""Records of days in seconds: what a board would have written, had it run that long."""

from collections.abc import Iterator

import numpy as np

from .messages import FLAG_PARTIAL, FLAG_SIMULATED
from .meter import Meter
from .noise import Integers
from .ring import Ring, Row
from .truth import PanelTruth
from .units import DAY, GRID, HOUR, MICROJOULES_PER_MWH, SECOND, Millis


def fill(meter: Meter, ring: Ring, truth: PanelTruth, start: Millis, end: Millis, interval: int) -> list[int]:
    """Fill the empty ``ring`` with the intervals from ``start`` to ``end``; the registers begin at zero.

    ``start`` and ``end`` are multiples of the grid, ``interval`` is in seconds; what follows the last full interval
    belongs to the open one. Returns the registers at ``end`` in microjoules.
    """
    carry = np.zeros(len(ring.shape.registers), dtype=np.int64)
    base = carry
    last_end = start // SECOND
    for first, count in _days(start, end):
        sums = meter.series(first, count).cumsum(axis=1)
        sums += carry[:, None]
        _tell(truth, ring, sums, base, first, count)
        rows, last_end = _rows(ring, sums, first, count, interval, last_end)
        ring.fill(rows)
        carry = sums[:, -1].copy()
        base = carry // MICROJOULES_PER_MWH
    return [int(value) for value in carry]


def _days(start: Millis, end: Millis) -> Iterator[tuple[int, int]]:
    """The grid from ``start`` to ``end``, cut at midnights: first step, number of steps."""
    position = start
    while position < end:
        edge = min(end, (position // DAY + 1) * DAY)
        yield position // GRID, (edge - position) // GRID
        position = edge


def _rows(ring: Ring, sums: Integers, first: int, count: int, interval: int, last_end: int) -> tuple[list[Row], int]:
    step = GRID // SECOND
    begin = first * step
    ends = range((begin // interval + 1) * interval, begin + count * step + 1, interval)
    energies = (sums[:, [(end - begin) // step - 1 for end in ends]] // MICROJOULES_PER_MWH).T.tolist()
    rows = []
    for place, (end, energy) in enumerate(zip(ends, energies, strict=True)):
        duration = end - last_end
        flags = FLAG_SIMULATED if duration == interval else FLAG_SIMULATED | FLAG_PARTIAL
        rows.append(Row(ring.newest + 1 + place, end, duration, flags, tuple(energy)))
        last_end = end
    return rows, last_end


def _tell(truth: PanelTruth, ring: Ring, sums: Integers, base: Integers, first: int, count: int) -> None:
    """Tell the truth the energy of each hour of the stretch; ``base`` is in mWh at its beginning."""
    per_hour = HOUR // GRID
    position = first
    before = base
    while position < first + count:
        edge = min(first + count, (position // per_hour + 1) * per_hour)
        after = sums[:, edge - first - 1] // MICROJOULES_PER_MWH
        gained = [int(value) for value in after - before]
        truth.add(ring.shape.journal, position // per_hour, gained)
        position, before = edge, after

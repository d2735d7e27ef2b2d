"""From power to energy: exact sums over the grid."""

import numpy as np

from .load import Load
from .noise import Integers
from .units import GRID, HOUR, Millis

_BLOCK = HOUR // GRID
_LIMIT_OF_LOOP = 12


class Meter:
    """Adds up the power of a load, per register."""

    def __init__(self, load: Load) -> None:
        """Start with no calibration."""
        self.load = load
        self.gains = [1.0] * len(load.channels)
        self._wires = [
            (index, sign) for index, channel in enumerate(load.channels) for sign in ((1, -1) if channel.both else (1,))
        ]
        self._channel_of = np.array([index for index, _ in self._wires])
        self._sign_of = np.array([[sign] for _, sign in self._wires], dtype=np.int64)
        self._block_index = -1
        self._block: list[list[int]] = []

    def set_gain(self, channel: int, gain: float) -> None:
        """Scale a channel from now on; absolute."""
        self.gains[channel] = gain
        self._block_index = -1

    def power(self, now: Millis) -> list[int]:
        """Milliwatts per channel."""
        step = now // GRID
        return self._step(step)

    def between(self, start: Millis, end: Millis) -> list[int]:
        """Microjoules that each register gains from ``start`` to ``end``."""
        first, last = start // GRID, (end - 1) // GRID
        if end <= start:
            return [0] * len(self._wires)
        if last - first > _LIMIT_OF_LOOP:
            return self._between_many(start, end)
        total = [0] * len(self._wires)
        for step in range(first, last + 1):
            span = min(end, (step + 1) * GRID) - max(start, step * GRID)
            powers = self._step(step)
            for register, (channel, sign) in enumerate(self._wires):
                power = powers[channel] * sign
                if power > 0:
                    total[register] += power * span
        return total

    def series(self, first: int, count: int) -> Integers:
        """Microjoules that each register gains in each step; shape (registers, count)."""
        powers = self._powers(first, count)
        energies: Integers = np.maximum(powers[self._channel_of] * self._sign_of, 0) * GRID
        return energies

    def _between_many(self, start: Millis, end: Millis) -> list[int]:
        total = [0] * len(self._wires)
        first, last = -(-start // GRID), end // GRID
        for edge in ((start, first * GRID), (last * GRID, end)):
            total = [a + b for a, b in zip(total, self.between(*edge), strict=True)]
        for step in range(first, last, 24 * _BLOCK):
            sums = self.series(step, min(24 * _BLOCK, last - step)).sum(axis=1)
            total = [a + int(b) for a, b in zip(total, sums, strict=True)]
        return total

    def _step(self, step: int) -> list[int]:
        block, position = divmod(step, _BLOCK)
        if block != self._block_index:
            self._block = self._powers(block * _BLOCK, _BLOCK).T.tolist()
            self._block_index = block
        return self._block[position]

    def _powers(self, first: int, count: int) -> Integers:
        powers = self.load.powers(first, count)
        for channel, gain in enumerate(self.gains):
            if gain != 1.0:
                powers[channel] = np.rint(powers[channel] * gain).astype(np.int64)
        return powers

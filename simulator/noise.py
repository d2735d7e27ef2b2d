"""Randomness as a pure function of (seed, index): any instant can be computed without those before it."""

import hashlib
from typing import Final

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Integers = NDArray[np.int64]

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX_1: Final = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2: Final = np.uint64(0x94D049BB133111EB)


def seed_of(*parts: object) -> int:
    """A 64-bit seed from anything with a stable text, e.g. (7, "kitchen", "kettle")."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())


def hex_id(*parts: object) -> str:
    """Eight hex digits from anything with a stable text."""
    return f"{seed_of(*parts) & 0xFFFFFFFF:08x}"


def uniform(seed: int, index: Integers) -> Floats:
    """Numbers in [0, 1), one per index (splitmix64); same shape as ``index``."""
    value = index.astype(np.uint64) * _GOLDEN + np.uint64(seed)
    value = (value ^ (value >> np.uint64(30))) * _MIX_1
    value = (value ^ (value >> np.uint64(27))) * _MIX_2
    value ^= value >> np.uint64(31)
    return (value >> np.uint64(11)).astype(np.float64) / 2.0**53


def smooth(seed: int, seconds: Integers, period: int) -> Floats:
    """Slowly moving numbers in [0, 1): a new value every ``period`` seconds, straight lines in between."""
    cell = seconds // period
    part = (seconds - cell * period) / period
    return uniform(seed, cell) * (1 - part) + uniform(seed, cell + 1) * part

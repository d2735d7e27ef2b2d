"""The lowest power of each night, from the energy of hours."""

from collections.abc import Sequence
from typing import Final

#: Hours of a night that must be known, so that its lowest one is the lowest.
LEAST_HOURS: Final = 4


def night_minima(nights: Sequence[Sequence[int | None]]) -> tuple[float | None, ...]:
    """The lowest mean power in W of each night, in the order of the nights.

    A night is the energies (mWh) of its hours, such as those from midnight to six in local time; None: not known. A
    night of which fewer than four hours are known is None itself.
    """
    return tuple(map(_lowest, nights))


def _lowest(hours: Sequence[int | None]) -> float | None:
    known = [energy for energy in hours if energy is not None and energy >= 0]
    return min(known) / 1000 if len(known) >= LEAST_HOURS else None

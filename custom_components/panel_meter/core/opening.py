"""The opening balance of a ledger that was begun anew: what people had already been shown."""

from collections.abc import Mapping
from typing import Final

from .journal import Admission
from .model import OPENING_JOURNAL, Interval, Journal, Quality, Register

#: The balance is dated this long before the new ledger begins, so that it lies in no running day or month (seconds).
BEFORE: Final = 40 * 86_400


def opening(balances: Mapping[Register, int], begin: int) -> Admission:
    """One row without a span that holds the balance of each register in mWh; ``begin`` of the ledger in UTC seconds."""
    registers = tuple(balances)
    energies = tuple(balances.values())
    at = begin - BEFORE
    return Admission(
        journal=Journal(
            id=OPENING_JOURNAL, registers=registers, watermark=1, last_seq=1, last_end=at, last_energy=energies
        ),
        intervals=(Interval(seq=1, start=at, end=at, energy=energies, quality=Quality.ESTIMATED),),
    )

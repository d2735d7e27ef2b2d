"""The opening balance of a ledger that was begun anew: what people had already been shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import orjson

from .journal import Admission
from .model import OPENING_JOURNAL, Interval, Journal, Quality, Register

#: The balance is dated this long before the new ledger begins, so that it lies in no running day or month (seconds).
BEFORE: Final = 40 * 86_400
#: What stands in the ledger where a balance is booked.
BOOKED: Final = "null"


@dataclass(frozen=True, slots=True)
class Balance:
    """A total that was shown, in mWh, and when (UTC seconds)."""

    total: int
    at: int

    def to_json(self) -> str:
        """As it stands in the ledger until it is booked."""
        return orjson.dumps([self.total, self.at]).decode()

    @classmethod
    def from_json(cls, text: str) -> Balance | None:
        """The balance in a text of ``to_json``; None if it is booked, or cannot be read."""
        try:
            total, at = orjson.loads(text)
        except ValueError, TypeError:
            return None
        return cls(int(total), int(at))


def missing(balance: Balance, known: int, known_later: int) -> int:
    """What the ledger falls short of a balance, in mWh.

    ``known`` is what the ledger holds up to the instant of the balance, and ``known_later`` up to one interval later.
    Between the two lies how far into its interval the shown total had come: then nothing is missing.
    """
    return 0 if balance.total <= known_later else balance.total - known


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

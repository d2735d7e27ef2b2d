"""Accepted energy of a panel's registers -> rows for the ledger: five minutes each, all registers side by side."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from .metering_model import Accepted
from .model import Interval, Quality
from .spread import share

#: Length of a row in milliseconds; rows begin at whole multiples of it, UTC.
BUCKET: Final = 300_000
#: A row waits this long for what belongs into it, because sources speak after the fact. Later energy makes a new row.
GRACE: Final = 90_000


@dataclass(frozen=True, slots=True)
class _Span:
    """What goes into one row: a bucket, or a longer or empty span that is a row of its own."""

    start: int
    end: int
    own: bool


class Booking:
    """The rows of one panel that are not closed yet, by register (its place in the journal)."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._open: dict[_Span, dict[int, Accepted]] = {}

    def add(self, register: int, accepted: Accepted) -> None:
        """Take accepted energy. What has neither energy nor tells of a gap needs no row."""
        if accepted.energy == 0 and not accepted.quality & Quality.GAP:
            return
        if _is_own(accepted):
            self._put(register, accepted, _Span(accepted.start, accepted.end, own=True))
            return
        first = _bucket(accepted.start, accepted.end)
        edge = first + BUCKET
        if accepted.end <= edge:
            self._put(register, accepted, _Span(first, edge, own=False))
            return
        early = share(accepted.energy, accepted.start, accepted.end, accepted.start, edge)
        self.add(register, Accepted(accepted.start, edge, early, accepted.quality))
        self.add(register, Accepted(edge, accepted.end, accepted.energy - early, accepted.quality))

    def open(self, register: int) -> tuple[Accepted, ...]:
        """Pieces of a register that stand in no row yet. Adding them to another booking restores this one."""
        return tuple(cells[register] for cells in self._open.values() if register in cells)

    def total(self, register: int) -> int:
        """Energy in mWh of a register that stands in no row yet."""
        return sum(piece.energy for piece in self.open(register))

    def take(self, now: int, watermark: int, *, close: bool = False) -> tuple[Interval, ...]:
        """Remove and return the rows that nothing more is expected for, numbered from ``watermark`` + 1.

        ``now`` is in UTC milliseconds; ``close`` returns all rows. A row has the energies of as many registers as it
        needs: what is missing at its end is 0.
        """
        done = [span for span in self._open if close or span.own or now >= span.end + GRACE]
        done.sort(key=lambda span: (span.start, span.end))
        return tuple(_row(watermark + number, self._open.pop(span)) for number, span in enumerate(done, start=1))

    def _put(self, register: int, piece: Accepted, span: _Span) -> None:
        cells = self._open.setdefault(span, {})
        before = cells.get(register)
        cells[register] = piece if before is None else _merged((before, piece))


def _is_own(accepted: Accepted) -> bool:
    return accepted.end - accepted.start > BUCKET or bool(accepted.quality & Quality.GAP)


def _bucket(start: int, end: int) -> int:
    """Start of the bucket of an instant; a piece without a span belongs to the bucket that ends with it."""
    instant = start if start < end else end - 1
    return instant - instant % BUCKET


def _merged(pieces: Iterable[Accepted]) -> Accepted:
    all_pieces = tuple(pieces)
    quality = Quality.MEASURED
    for piece in all_pieces:
        quality |= piece.quality
    return Accepted(
        min(piece.start for piece in all_pieces),
        max(piece.end for piece in all_pieces),
        sum(piece.energy for piece in all_pieces),
        quality,
    )


def _row(seq: int, cells: dict[int, Accepted]) -> Interval:
    whole = _merged(cells.values())
    energy = [0] * (max(cells) + 1)
    for register, piece in cells.items():
        energy[register] = piece.energy
    return Interval(
        seq=seq,
        start=whole.start // 1000,
        end=-(-whole.end // 1000),
        energy=tuple(energy),
        quality=whole.quality,
    )

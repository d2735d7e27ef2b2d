"""Records of a journal become intervals: once, in order, whatever the network does (protocol H2, H6, H7)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final
import zlib

from .model import Interval, Journal, Panel, Quality, Record, RecordFlag, RecordRow, RejectedRow, RowRejection
from .plausibility import highest_energy

#: A row may claim to end this much later than the host's clock says.
MAX_AHEAD: Final = 86_400
#: A row that spans more than this is spread evenly and marked as estimated.
MAX_MEASURED_SPAN: Final = 3600
#: No row counts as longer than this, a year and a day, whatever its board says. A clock that began in 1970 and a
#: duration that is nonsense make longer ones, which the ledger would refuse and the board repeat for ever.
LONGEST_SPAN: Final = 366 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What one record message does to a journal."""

    journal: Journal
    intervals: tuple[Interval, ...] = ()
    rejected: tuple[RejectedRow, ...] = ()
    #: Rows at or below the watermark; their content is compared with what is stored.
    duplicates: tuple[RecordRow, ...] = ()
    #: Sequence numbers that the board no longer holds and the host never got (resolution lost, energy exact).
    missing: range = range(0)

    @property
    def moved(self) -> bool:
        """True if the watermark moved."""
        return bool(self.intervals or self.rejected or self.missing)


def checksum(row: RecordRow) -> int:
    """CRC-32 of the content of a row, never 0."""
    content = ",".join(map(str, (row.seq, row.end, row.duration, row.flags, *row.energy)))
    return zlib.crc32(content.encode()) or 1


def admit(journal: Journal, record: Record, panel: Panel, now: int) -> Admission:
    """Take the rows of ``record`` that continue ``journal``; ``now`` is the host's clock in UTC seconds.

    The caller has made sure that every row has one energy per register of the journal.
    """
    missing = range(0)
    if record.oldest > journal.watermark + 1:
        if journal.last_seq:
            missing = range(journal.watermark + 1, record.oldest)
        journal = replace(journal, watermark=record.oldest - 1)
    duplicates = tuple(row for row in record.rows if row.seq <= journal.watermark)
    intervals: list[Interval] = []
    rejected: list[RejectedRow] = []
    for row in _continuing(record.rows, journal.watermark):
        if row.seq == 1:
            # The registers of a journal begin at 0, and whichever row is the first good one counts from there.
            journal = replace(journal, last_energy=(0,) * len(journal.registers))
        reason = _rejection(journal, row, panel, now)
        if reason is None:
            intervals.append(_interval(journal, row, now))
            journal = replace(journal, watermark=row.seq, last_seq=row.seq, last_end=row.end, last_energy=row.energy)
        else:
            rejected.append(RejectedRow(row=row, reason=reason))
            journal = replace(journal, watermark=row.seq)
    return Admission(
        journal=journal,
        intervals=tuple(intervals),
        rejected=tuple(rejected),
        duplicates=duplicates,
        missing=missing,
    )


def _continuing(rows: Iterable[RecordRow], watermark: int) -> Iterable[RecordRow]:
    """The new rows up to the first hole; behind a hole the board has to go back."""
    for row in rows:
        if row.seq == watermark + 1:
            watermark = row.seq
            yield row


def _rejection(journal: Journal, row: RecordRow, panel: Panel, now: int) -> RowRejection | None:
    if row.end > now + MAX_AHEAD:
        return RowRejection.FUTURE
    if journal.last_end is not None and row.end <= journal.last_end and not row.flags & RecordFlag.CLOCK_STEPPED:
        return RowRejection.END_NOT_RISING
    before = _energy_before(journal, row)
    if any(new < old for new, old in zip(row.energy, before, strict=True)):
        return RowRejection.ENERGY_FALLING
    if _beyond_rating(journal, row, before, panel):
        return RowRejection.BEYOND_RATING
    return None


def _energy_before(journal: Journal, row: RecordRow) -> tuple[int, ...]:
    """The registers at the start of the row; the first row of a journal whose begin is unknown is the baseline."""
    return row.energy if journal.last_energy is None else journal.last_energy


def _beyond_rating(journal: Journal, row: RecordRow, before: tuple[int, ...], panel: Panel) -> bool:
    seconds = _seconds(journal, row, panel)
    return any(
        new - old > highest_energy(panel, register.channel, seconds)
        for register, new, old in zip(journal.registers, row.energy, before, strict=True)
    )


def _seconds(journal: Journal, row: RecordRow, panel: Panel) -> int:
    """In how many seconds the row's energy can have flowed.

    Ends of rows are believed before durations, but for the first row and where the clock was stepped in between.
    """
    duration = min(row.duration, LONGEST_SPAN)
    if journal.last_end is None:
        return max(duration, row.seq * panel.interval)
    elapsed = row.end - journal.last_end
    return max(duration, elapsed) if row.flags & RecordFlag.CLOCK_STEPPED else elapsed


def _interval(journal: Journal, row: RecordRow, now: int) -> Interval:
    start, end, estimated = _span(journal, row, now)
    start = max(start, end - LONGEST_SPAN)
    before = _energy_before(journal, row)
    return Interval(
        seq=row.seq,
        start=start,
        end=end,
        energy=tuple(new - old for new, old in zip(row.energy, before, strict=True)),
        quality=_quality(row, estimated=estimated or end - start > MAX_MEASURED_SPAN),
        checksum=checksum(row),
    )


def _quality(row: RecordRow, *, estimated: bool) -> Quality:
    known = Quality(row.flags & 0b111111)
    return known | Quality.ESTIMATED if estimated else known


def _span(journal: Journal, row: RecordRow, now: int) -> tuple[int, int, bool]:
    """Start and end of the time in which the row's energy flowed, and whether that is an estimate."""
    if journal.last_end is None:
        known_begin = journal.last_energy is not None
        return row.end - row.duration if known_begin else row.end, row.end, known_begin and row.seq != 1
    if row.end <= journal.last_end:
        return now - row.duration, now, True
    if row.seq != journal.last_seq + 1:
        return journal.last_end, row.end, True
    begin = row.end - row.duration
    return begin if row.flags & RecordFlag.CLOCK_STEPPED else max(begin, journal.last_end), row.end, False

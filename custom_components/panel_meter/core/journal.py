"""Records of a journal become intervals: once, in order, whatever the network does (protocol H2, H6, H7)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from operator import sub
from typing import Final
import zlib

from .model import Interval, Journal, Panel, Quality, Record, RecordFlag, RecordRow, RejectedRow, RowRejection
from .plausibility import energy_within, highest_rate

#: A row may claim to end this much later than the host's clock says.
MAX_AHEAD: Final = 86_400
#: A row that spans more than this is spread evenly and marked as estimated.
MAX_MEASURED_SPAN: Final = 3600
#: No row counts as longer than this, a year and a day, whatever its board says. A clock that began in 1970 and a
#: duration that is nonsense make longer ones, which the ledger would refuse and the board repeat for ever.
LONGEST_SPAN: Final = 366 * 86_400

# As plain numbers, because arithmetic with flags is slow and a street that was away for long sends millions of rows.
_CLOCK_STEPPED: Final = int(RecordFlag.CLOCK_STEPPED)
_ESTIMATED: Final = int(Quality.ESTIMATED)
_BOARD_FLAGS: Final = 0b111111


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
    reader = _Reader(journal, panel, now)
    for row in _continuing(record.rows, journal.watermark):
        reader.take(row)
    return Admission(
        journal=reader.journal(),
        intervals=tuple(reader.intervals),
        rejected=tuple(reader.rejected),
        duplicates=duplicates,
        missing=missing,
    )


def _continuing(rows: Iterable[RecordRow], watermark: int) -> Iterable[RecordRow]:
    """The new rows up to the first hole; behind a hole the board has to go back."""
    for row in rows:
        if row.seq == watermark + 1:
            watermark = row.seq
            yield row


class _Reader:
    """Takes the rows of a message one after the other and knows where the journal stands then."""

    def __init__(self, journal: Journal, panel: Panel, now: int) -> None:
        self.intervals: list[Interval] = []
        self.rejected: list[RejectedRow] = []
        self._before = journal
        self._interval = panel.interval
        self._now = now
        #: The highest plausible power of each register in W.
        self._rates = [highest_rate(panel, register.channel) for register in journal.registers]
        self._watermark = journal.watermark
        self._last_seq = journal.last_seq
        self._last_end = journal.last_end
        self._last_energy = journal.last_energy

    def journal(self) -> Journal:
        """The journal after the rows that were taken."""
        return replace(
            self._before,
            watermark=self._watermark,
            last_seq=self._last_seq,
            last_end=self._last_end,
            last_energy=self._last_energy,
        )

    def take(self, row: RecordRow) -> None:
        """Accept or reject the next row."""
        if row.seq == 1:
            # The registers of a journal begin at 0, and whichever row is the first good one counts from there.
            self._last_energy = (0,) * len(self._rates)
        # The first row of a journal whose begin is unknown is the baseline.
        before = row.energy if self._last_energy is None else self._last_energy
        gained = tuple(map(sub, row.energy, before, strict=True))
        reason = self._rejection(row, gained)
        self._watermark = row.seq
        if reason is not None:
            self.rejected.append(RejectedRow(row=row, reason=reason))
            return
        self.intervals.append(self._accepted(row, gained))
        self._last_seq, self._last_end, self._last_energy = row.seq, row.end, row.energy

    def _rejection(self, row: RecordRow, gained: tuple[int, ...]) -> RowRejection | None:
        if row.end > self._now + MAX_AHEAD:
            return RowRejection.FUTURE
        if self._last_end is not None and row.end <= self._last_end and not row.flags & _CLOCK_STEPPED:
            return RowRejection.END_NOT_RISING
        if min(gained) < 0:
            return RowRejection.ENERGY_FALLING
        seconds = self._seconds(row)
        if any(energy > energy_within(rate, seconds) for energy, rate in zip(gained, self._rates, strict=True)):
            return RowRejection.BEYOND_RATING
        return None

    def _seconds(self, row: RecordRow) -> int:
        """In how many seconds the row's energy can have flowed.

        Ends of rows are believed before durations, but for the first row and where the clock was stepped in between.
        """
        duration = min(row.duration, LONGEST_SPAN)
        if self._last_end is None:
            return max(duration, row.seq * self._interval)
        elapsed = row.end - self._last_end
        # A clock that steps closes an interval, also after less than a second, and durations are whole seconds.
        return max(duration, elapsed) + 1 if row.flags & _CLOCK_STEPPED else elapsed

    def _accepted(self, row: RecordRow, gained: tuple[int, ...]) -> Interval:
        start, end, estimated = self._span(row)
        start = max(start, end - LONGEST_SPAN)
        quality = row.flags & _BOARD_FLAGS
        if estimated or end - start > MAX_MEASURED_SPAN:
            quality |= _ESTIMATED
        return Interval(seq=row.seq, start=start, end=end, energy=gained, quality=quality, checksum=checksum(row))

    def _span(self, row: RecordRow) -> tuple[int, int, bool]:
        """Start and end of the time in which the row's energy flowed, and whether that is an estimate."""
        last_end = self._last_end
        if last_end is None:
            known_begin = self._last_energy is not None
            return row.end - row.duration if known_begin else row.end, row.end, known_begin and row.seq != 1
        if row.end <= last_end:
            return self._now - row.duration, self._now, True
        if row.seq != self._last_seq + 1:
            return last_end, row.end, True
        begin = row.end - row.duration
        return begin if row.flags & _CLOCK_STEPPED else max(begin, last_end), row.end, False

"""The meter of a panel with a journal: what its records and live messages make of its totals."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from .codecs.parsing import Rejected, RejectReason
from .journal import MAX_AHEAD, Admission, admit
from .model import Interval, Journal, Live, Panel, Quality, Record, Register
from .plausibility import energy_within, highest_rate

#: A new panel whose records stop coming for this long has told all that it has to tell, in seconds.
QUIET_AFTER_BACKLOG: Final = 45
#: Room for the clocks of board and host to differ when a live total is judged, in seconds.
CLOCK_SLACK: Final = 60


#: A panel begins a new journal when its flash is lost or its registers change: not every day.
MOST_JOURNALS: Final = 100
#: No journal is older than the protocol (UTC seconds), and none has closed rows faster than every so many seconds for
#: long; some more because reboots and steps of the clock close rows early.
_FIRST_JOURNAL: Final = 1_767_225_600
_FASTEST_ROWS: Final = 30
_MORE_ROWS: Final = 10_000


def _most_rows(journal: Journal, now: int) -> int:
    """How many rows a board can have closed since the last one that was taken."""
    return _MORE_ROWS + max(now - (journal.last_end or _FIRST_JOURNAL), 0) // _FASTEST_ROWS


@dataclass(frozen=True, slots=True)
class _Sighting:
    """The last live registers of a journal and when they were read (UTC seconds)."""

    journal: str
    time: int


class JournalMeter:
    """Totals of a panel with a journal.

    The ledger's total of a register is the sum of its accepted intervals. The shown total runs ahead of it by what the
    live messages say since the last record, and it never decreases.
    """

    def __init__(
        self,
        panel: Panel,
        *,
        now: int,
        journals: Iterable[Journal] = (),
        totals: Mapping[Register, int] | None = None,
        shown: Mapping[Register, int] | None = None,
    ) -> None:
        """Go on from what the ledger holds."""
        self.panel = panel
        self.journals = {journal.id: journal for journal in journals}
        self.totals = dict(totals or {})
        self._shown = dict(shown or {})
        self._sighting: _Sighting | None = None
        #: The highest live registers of each journal that were believed since the start.
        self._believed: dict[str, tuple[int, ...]] = {}
        #: Highest plausible power of a register in W, looked up once: live messages come every second.
        self._rates: dict[Register, float] = {}
        self._progress = now
        self._caught_up = self.has_history = any(journal.last_seq for journal in self.journals.values())

    def announce(self, panel: Panel) -> None:
        """Take a new description of the panel."""
        self.panel = panel
        self._rates.clear()

    def total(self, register: Register) -> int:
        """The total to show, in mWh."""
        return max(self._shown.get(register, 0), self.totals.get(register, 0))

    def hold(self, register: Register, total: int) -> None:
        """Never show less than ``total`` (mWh), which was shown before a restart."""
        self._shown[register] = max(self._shown.get(register, 0), total)

    @property
    def shown(self) -> dict[Register, int]:
        """The highest totals that were shown, in mWh."""
        return {register: self.total(register) for register in {*self._shown, *self.totals}}

    def caught_up(self, now: int) -> bool:
        """False while the history of a new panel's ring is still coming in."""
        if not self._caught_up:
            self._caught_up = self.has_newest(now) or now - self._progress > QUIET_AFTER_BACKLOG
        return self._caught_up

    def has_newest(self, now: int) -> bool:
        """True if all that the board has recorded by now is in."""
        return self.settled_until(now) >= now - 2 * self.panel.interval - CLOCK_SLACK

    def settled_until(self, _now: int) -> int:
        """End of the last accepted record of the present journal (UTC seconds); 0 if there is none."""
        journal = self.journals.get(self.panel.journal or "")
        return journal.last_end or 0 if journal else 0

    def record(self, record: Record, now: int) -> tuple[Admission, ...]:
        """Take a record message; Rejected if it does not fit the journal that it names.

        The last admission is that of the message. One before it closes the panel's previous journal.
        """
        journal = self._journal(record)
        if any(len(row.energy) != len(journal.registers) for row in record.rows):
            raise Rejected(RejectReason.LENGTH, "records")
        if record.oldest > journal.watermark + 1 + _most_rows(journal, now):
            raise Rejected(RejectReason.OUT_OF_RANGE, "oldest")
        if journal.id not in self.journals and len(self.journals) >= MOST_JOURNALS:
            raise Rejected(RejectReason.OUT_OF_RANGE, "journal")
        begins = not journal.last_seq
        admission = admit(journal, record, self.panel, now)
        if admission.moved:
            self.journals[journal.id] = admission.journal
            self._progress = now
        closings = self._close_previous(journal.id) if begins and admission.intervals else ()
        self._book(admission)
        return (*closings, admission)

    def live(self, live: Live, now: int) -> None:
        """Take a live message; Rejected if it does not fit what the panel announced."""
        registers = self._live_registers(live)
        measured = live.measurements
        channels = len(self.panel.channels)
        if len(live.energy) != len(registers) or any(
            values and len(values) != channels for values in (measured.power, measured.current, measured.power_factor)
        ):
            raise Rejected(RejectReason.LENGTH, "live")
        # A clock that is further ahead than a record's may be is no reason to believe whatever comes with it.
        told = min(live.time or now, now + MAX_AHEAD)
        self._sighting = _Sighting(live.journal, told)
        journal = self.journals.get(live.journal)
        if journal is None or journal.last_energy is None or journal.last_end is None:
            return
        # The board's own clock only counts where it was ahead of ours in the last record too.
        seconds = (told if journal.last_end > now else now) - journal.last_end + CLOCK_SLACK
        believed = list(self._believed.get(live.journal, journal.last_energy))
        for place, (register, new, old) in enumerate(zip(registers, live.energy, journal.last_energy, strict=True)):
            if 0 < new - old <= energy_within(self._rate(register), seconds):
                self.hold(register, self.totals.get(register, 0) + new - old)
                believed[place] = max(believed[place], new)
        self._believed[live.journal] = tuple(believed)

    def credit(self, admission: Admission) -> None:
        """Add an opening balance."""
        self.journals[admission.journal.id] = admission.journal
        self._book(admission)

    def _rate(self, register: Register) -> float:
        rate = self._rates.get(register)
        if rate is None:
            rate = self._rates[register] = highest_rate(self.panel, register.channel)
        return rate

    def _journal(self, record: Record) -> Journal:
        journal = self.journals.get(record.journal)
        if journal is not None:
            if record.registers not in (None, journal.registers):
                raise Rejected(RejectReason.LENGTH, "registers")
            return journal
        if record.registers is not None:
            return Journal(id=record.journal, registers=record.registers)
        if record.journal == self.panel.journal:
            return Journal(id=record.journal, registers=self.panel.registers)
        raise Rejected(RejectReason.UNKNOWN_JOURNAL)

    def _live_registers(self, live: Live) -> tuple[Register, ...]:
        # A list of registers that changed without a new journal says nothing about this journal's numbers.
        if (journal := self.journals.get(live.journal)) is not None:
            return journal.registers
        if live.journal == self.panel.journal:
            return self.panel.registers
        raise Rejected(RejectReason.UNKNOWN_JOURNAL)

    def _book(self, admission: Admission) -> None:
        registers = admission.journal.registers
        columns = zip(*(interval.energy for interval in admission.intervals), strict=True)
        sums = list(map(sum, columns)) or [0] * len(registers)
        for register, added in zip(registers, sums, strict=True):
            self.totals[register] = self.totals.get(register, 0) + added

    def _close_previous(self, successor: str) -> tuple[Admission, ...]:
        """Book what live messages showed of the ended journal and no record will ever carry (protocol F3).

        The totals that were shown do not tell it after a restart: what they are ahead of the ledger may be of records
        that the board sends again.
        """
        ended = [
            (journal, remainder)
            for journal in self.journals.values()
            if journal.last_end and journal.id != successor and any(remainder := self._unrecorded(journal))
        ]
        if not ended:
            return ()
        journal, remainder = max(ended, key=lambda each: each[0].last_end or 0)
        closing = self._closing(journal, journal.last_end or 0, remainder)
        self.journals[journal.id] = closing.journal
        self._book(closing)
        return (closing,)

    def _unrecorded(self, journal: Journal) -> tuple[int, ...]:
        """By how much the believed live registers of a journal exceed its last record, in mWh."""
        if journal.last_energy is None or journal.id not in self._believed:
            return ()
        seen = zip(self._believed[journal.id], journal.last_energy, strict=True)
        return tuple(max(live - recorded, 0) for live, recorded in seen)

    def _closing(self, journal: Journal, last_end: int, remainder: tuple[int, ...]) -> Admission:
        end = last_end + self.panel.interval
        if self._sighting is not None and self._sighting.journal == journal.id:
            end = max(last_end, self._sighting.time)
        interval = Interval(
            seq=journal.watermark + 1,
            start=last_end,
            end=end,
            energy=remainder,
            quality=Quality.ESTIMATED | Quality.PARTIAL,
        )
        # If records of it come all the same, because two boards bear one name, they count on from what is booked now.
        booked = journal.last_energy and tuple(map(sum, zip(journal.last_energy, remainder, strict=True)))
        closed = replace(journal, watermark=interval.seq, last_seq=interval.seq, last_end=end, last_energy=booked)
        return Admission(journal=closed, intervals=(interval,))

"""From readings to the ledger and back to the board: what a host owes a panel (protocol section 5)."""

from asyncio import Future
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
import secrets
from typing import Final, Protocol

from homeassistant.core import callback
import orjson

from .core.codecs.parsing import Rejected, RejectReason
from .core.journal import Admission, checksum
from .core.journal_meter import JournalMeter
from .core.model import (
    Acknowledgement,
    Info,
    Interval,
    Journal,
    Live,
    Panel,
    Reading,
    Record,
    RecordRow,
    Register,
    Status,
)
from .core.opening import Balance
from .ledger import Change, Ledger, LedgerError, LedgerWriter, StoredPanel
from .panel import PanelRuntime

#: A board without a clock is told the time at most this often, in seconds.
SET_TIME_EVERY: Final = 60.0
#: Channels that a panel may have, those included that it announced earlier.
MOST_CHANNELS: Final = 128
#: How many boots of a board are remembered to notice that two boards speak in turn.
REMEMBERED_BOOTS: Final = 4


class Incident(StrEnum):
    """Something about a panel that its owner should know."""

    GAP = "gap"
    ROWS_REJECTED = "rows_rejected"
    SECOND_HOST = "second_host"
    CLONE = "clone"
    JOURNAL_CONFLICT = "journal_conflict"
    JUMP = "jump"


class Office(Protocol):
    """What the intake of a panel needs of the hub."""

    host: str
    writer: LedgerWriter
    ledger: Ledger

    def commit(self, panel: PanelRuntime, change: Change, *, urgent: bool = False) -> Future[None]:
        """Queue a change; the future is done when it is on disk."""

    def publish(self, panel: str, kind: str, payload: bytes, *, retain: bool) -> None:
        """Send a message to a board."""

    def report(self, panel: PanelRuntime, incident: Incident, **details: str) -> None:
        """Tell the owner."""

    def described(self, panel: PanelRuntime) -> None:
        """The panel has a new description."""

    def in_background(self, work: Coroutine[None, None, None]) -> None:
        """Do work that nothing waits for."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When and how a message came: UTC seconds, the event loop's time, and whether the broker had kept it."""

    utc: float
    loop: float
    retained: bool


class JournalIntake:
    """The host's side of one board with a journal."""

    def __init__(self, office: Office, panel: PanelRuntime) -> None:
        """Start without a meter; there is one as soon as the panel is described."""
        self.meter: JournalMeter | None = None
        self.acknowledging = True
        self._office = office
        self._panel = panel
        self._committed: dict[str, int] = {}
        self._boots: deque[str] = deque(maxlen=REMEMBERED_BOOTS)
        self._told_time_at = float("-inf")
        #: All that the panel ever announced since the start; each of them has entities.
        self._channels: frozenset[str] = frozenset()
        self._handlers: Mapping[type, Callable[..., None]] = {
            Info: self._info,
            Status: self._status,
            Live: self._live,
            Record: self._record,
            Acknowledgement: self._acknowledgement,
        }

    def restore(self, stored: StoredPanel, now: int) -> None:
        """Go on from what the ledger holds."""
        if stored.description is None:
            return
        self._panel.meter = self.meter = JournalMeter(
            self._panel.describe(stored.description),
            now=now,
            journals=stored.journals.values(),
            totals=stored.totals,
            shown=stored.shown,
        )
        self._committed = {journal.id: journal.watermark for journal in stored.journals.values()}
        balances = {register: Balance.from_json(text) for register, text in stored.meters.items()}
        self._panel.balances = {register: each for register, each in balances.items() if each is not None}

    def redescribe(self, announced: Panel) -> None:
        """The user changed the panel's settings."""
        panel = self._panel.describe(announced)
        if self.meter is not None:
            self.meter.announce(panel)

    @callback
    def handle(self, reading: Reading, moment: Moment) -> None:
        """Take one reading; Rejected if it cannot be used."""
        handler = self._handlers.get(type(reading))
        if handler is not None:
            handler(reading, moment)

    def open(self) -> tuple[tuple[Interval, ...], tuple[Register, ...]]:
        """Accepted intervals that stand in no row of the ledger: none, a record becomes a row at once."""
        return (), ()

    def checkpoint(self, _now: int, *, close: bool = False) -> Change | None:
        """What must survive although no record carries it yet: the totals that people have seen."""
        if self.meter is None or (shown := self.meter.shown) == self.meter.totals:
            return None
        return Change(panel=self._panel.id, shown=shown)

    # --- one method per kind of message ---

    def _info(self, reading: Info, moment: Moment) -> None:
        announced = reading.panel
        adopted = self.meter is None
        if self._panel.announced != announced:
            self._describe(announced, int(moment.utc))
        if not moment.retained:
            self._notice_boot(announced.boot)
        self._acknowledge(announced.journal or "")
        if adopted:
            self._ask_for_records(announced)

    def _describe(self, announced: Panel, now: int) -> None:
        channels = self._channels | {channel.id for channel in announced.channels}
        if len(channels) > MOST_CHANNELS:
            raise Rejected(RejectReason.OUT_OF_RANGE, "channels")
        self._channels = channels
        before = self._panel.announced
        panel = self._panel.describe(announced)
        if self.meter is None:
            self._panel.meter = self.meter = JournalMeter(panel, now=now)
        else:
            self.meter.announce(panel)
        self._office.commit(self._panel, Change(panel=panel.id, description=announced))
        # A new boot is no new panel: devices and entities stay as they are when a whole street restarts.
        if before is None or replace(announced, boot=before.boot, journal=before.journal) != before:
            self._office.described(self._panel)

    def _status(self, reading: Status, moment: Moment) -> None:
        self._panel.said(online=reading.online)
        self._panel.check_availability(moment.utc)

    def _live(self, reading: Live, moment: Moment) -> None:
        if moment.retained:
            return
        self._known_meter().live(reading, int(moment.utc))
        self._notice_boot(reading.boot)
        before = self._panel.quantities
        self._panel.measured(reading.measurements, moment.loop)
        self._alive(moment)
        if self._panel.quantities is not before:
            self._office.described(self._panel)
        if reading.time is None:
            self._tell_time(reading, moment)

    def _alive(self, moment: Moment) -> None:
        self._panel.heard(moment.utc)
        if not self._panel.available:
            self._panel.said(online=True)
            self._panel.check_availability(moment.utc)

    def _record(self, reading: Record, moment: Moment) -> None:
        admissions = self._known_meter().record(reading, int(moment.utc))
        for admission in admissions:
            self._settle(admission, moment)
        if duplicates := admissions[-1].duplicates:
            self._compare(reading.journal, duplicates)
        if not moment.retained:
            self._alive(moment)

    def _settle(self, admission: Admission, moment: Moment) -> None:
        journal = admission.journal
        if not admission.moved:
            self._acknowledge(journal.id)
            return
        self._count(admission)
        change = Change(
            panel=self._panel.id, journal=journal, intervals=admission.intervals, rejected=admission.rejected
        )
        several = len(admission.intervals) > 1
        future = self._office.commit(self._panel, change, urgent=several)
        future.add_done_callback(lambda done: self._durable(done, journal))
        self._panel.booked(admission.intervals, journal.registers)
        self._panel.changed(moment.loop)

    def _count(self, admission: Admission) -> None:
        if admission.missing:
            self._office.report(self._panel, Incident.GAP, records=str(len(admission.missing)))
        for rejected in admission.rejected:
            self._office.report(self._panel, Incident.ROWS_REJECTED, reason=rejected.reason)

    def _acknowledgement(self, reading: Acknowledgement, moment: Moment) -> None:
        if not moment.retained and self.acknowledging and reading.host != self._office.host:
            self.acknowledging = False
            self._office.report(self._panel, Incident.SECOND_HOST)

    # --- what the host answers ---

    @callback
    def _durable(self, done: Future[None], journal: Journal) -> None:
        """The rows are on disk: only now may the board forget them (protocol H3)."""
        if done.cancelled() or done.exception() is not None:
            return
        self._committed[journal.id] = max(journal.watermark, self._committed.get(journal.id, 0))
        self._acknowledge(journal.id)

    def _acknowledge(self, journal_id: str) -> None:
        if (ack := self.acknowledgement(journal_id)) is not None:
            self._office.publish(self._panel.id, "ack", orjson.dumps(ack), retain=True)

    def acknowledgement(self, journal_id: str) -> dict[str, object] | None:
        """What of a journal is on disk; None while another host acknowledges the panel."""
        if not self.acknowledging:
            return None
        return {"host": self._office.host, "journal": journal_id, "seq": self._committed.get(journal_id, 0)}

    @callback
    def resume(self) -> None:
        """Acknowledge again, beginning with what is already on disk."""
        self.acknowledging = True
        if self._panel.announced is not None and self._panel.announced.journal is not None:
            self._acknowledge(self._panel.announced.journal)

    def _ask_for_records(self, announced: Panel) -> None:
        """Wake a board that nobody answered so far: an acknowledgement of nothing would not (protocol B4)."""
        self._command(
            boot=announced.boot,
            op="resend",
            journal=announced.journal,
            seq=self._committed.get(announced.journal or "", 0) + 1,
        )

    def _command(self, **content: object) -> None:
        command = {"id": secrets.token_hex(4), **content}
        self._office.publish(self._panel.id, "command", orjson.dumps(command), retain=False)

    def _tell_time(self, reading: Live, moment: Moment) -> None:
        """Give a board without a clock the time (protocol B6)."""
        if moment.loop - self._told_time_at < SET_TIME_EVERY:
            return
        self._told_time_at = moment.loop
        self._command(boot=reading.boot, op="set_time", uptime=reading.uptime, time=round(moment.utc))

    # --- what the host notices ---

    def _known_meter(self) -> JournalMeter:
        if self.meter is None:
            raise Rejected(RejectReason.NO_INFO)
        return self.meter

    def _notice_boot(self, boot: str | None) -> None:
        """A boot that comes back after another one means two boards under one name (protocol H9)."""
        if boot is None or (self._boots and self._boots[-1] == boot):
            return
        if boot in self._boots:
            self._office.report(self._panel, Incident.CLONE)
            self._boots.clear()
        self._boots.append(boot)

    def _compare(self, journal_id: str, duplicates: tuple[RecordRow, ...]) -> None:
        """Same key, other content: the first wins and the owner is told (protocol H2)."""
        self._office.in_background(self._compare_stored(journal_id, duplicates))

    async def _compare_stored(self, journal_id: str, duplicates: tuple[RecordRow, ...]) -> None:
        first, last = duplicates[0].seq, duplicates[-1].seq
        with suppress(LedgerError):
            stored = await self._office.writer.read(
                self._office.ledger.checksums, self._panel.id, journal_id, first, last
            )
            if all(stored.get(row.seq, 0) in (0, checksum(row)) for row in duplicates):
                return
            self._office.report(self._panel, Incident.JOURNAL_CONFLICT)

"""Samples of a source without a journal: through its meter into the ledger."""

import logging
from typing import Final

from homeassistant.core import callback

from .core.metering_model import Accepted, Decision, Verdict
from .core.model import LOCAL_JOURNAL, MILLIWATT_HOURS_PER_KWH, Interval, Measurements, Panel, Reading, Register, Sample
from .core.source_meter import FeedResult, SourceMeter
from .intake import Incident, Moment, Office
from .ledger import Change, StoredPanel
from .panel import PanelRuntime

_LOGGER = logging.getLogger(__name__)

_MILLISECONDS: Final = 1000


class SourceIntake:
    """The host's side of one source without a journal."""

    def __init__(self, office: Office, panel: PanelRuntime) -> None:
        """Start without a meter; there is one as soon as the source has spoken."""
        self.meter: SourceMeter | None = None
        self._office = office
        self._panel = panel

    def restore(self, stored: StoredPanel, _now: int) -> None:
        """Go on from what the ledger holds."""
        if stored.description is None:
            return
        self._panel.meter = self.meter = SourceMeter(
            self._panel.describe(stored.description),
            journal=stored.journals.get(LOCAL_JOURNAL),
            meters=stored.meters,
            totals=stored.totals,
            shown=stored.shown,
        )
        for register in self.meter.jumps:
            self._report_jump(register)
        for register in self.meter.damaged:
            _LOGGER.error(
                "What was known of the counter %s of panel %s cannot be read. It goes on from the next value; energy "
                "since the last one is missing",
                register,
                self._panel.id,
            )

    def redescribe(self, announced: Panel) -> None:
        """The user changed the panel's settings."""
        panel = self._panel.describe(announced)
        if self.meter is not None:
            self.meter.announce(panel)

    def open(self) -> tuple[tuple[Interval, ...], tuple[Register, ...]]:
        """Accepted intervals that stand in no row of the ledger yet, and their registers."""
        return ((), ()) if self.meter is None else (self.meter.open(), self.meter.journal.registers)

    @callback
    def handle(self, reading: Reading, moment: Moment) -> None:
        """Take one reading."""
        if not isinstance(reading, Sample):
            return
        panel = self._panel
        if panel.announced != reading.panel:
            self._describe(reading.panel)
        came_back = panel.last_seen is not None and not panel.available
        if self.meter is not None:
            result = self.meter.feed(reading, moment.utc, retained=moment.retained, offline_cycle=came_back)
            self._settle(result)
            if result.urgent and (change := self.checkpoint(int(moment.utc))) is not None:
                self._office.commit(panel, change)
        if moment.retained:
            return
        before = panel.quantities
        panel.heard(moment.utc)
        panel.measured(self._measurements(reading), moment.loop)
        panel.check_availability(moment.utc)
        if panel.quantities is not before:
            self._office.described(panel)

    def _describe(self, announced: Panel) -> None:
        panel = self._panel.describe(announced)
        if self.meter is None:
            self._panel.meter = self.meter = SourceMeter(panel)
        else:
            self.meter.announce(panel)
        self._office.commit(self._panel, Change(panel=panel.id, description=announced))
        self._office.described(self._panel)

    def _settle(self, result: FeedResult) -> None:
        for each in result.results:
            if each.verdict is Verdict.JUMP:
                self._report_jump(each.register)
            elif each.verdict is not Verdict.NORMAL:
                self._panel.events[each.verdict] += 1
            self._count(each.register, each.accepted)

    def _count(self, register: Register, accepted: tuple[Accepted, ...]) -> None:
        """Add accepted energy to the running day and month, to the second."""
        pieces = [
            Interval(
                seq=0,
                start=piece.start // _MILLISECONDS,
                end=-(-piece.end // _MILLISECONDS),
                energy=(piece.energy,),
                quality=piece.quality,
            )
            for piece in accepted
        ]
        self._panel.booked(pieces, (register,))

    def _measurements(self, sample: Sample) -> Measurements:
        """The present values with those of the sample's channel replaced."""
        channels = self._panel.description.channels if self._panel.description else ()
        position = self._panel.position(sample.channel)
        if position is None:
            return self._panel.measurements
        known = self._panel.measurements
        return Measurements(
            power=_with(known.power, position, len(channels), sample.power),
            current=_with(known.current, position, len(channels), sample.current),
            voltage=known.voltage if sample.voltage is None else (sample.voltage,),
            temperature=known.temperature if sample.temperature is None else sample.temperature,
        )

    def _report_jump(self, register: Register) -> None:
        if self.meter is not None and register in self.meter.jumps:
            kwh = f"{self.meter.disputed(register) / MILLIWATT_HOURS_PER_KWH:.3f}"
            self._office.report(self._panel, Incident.JUMP, register=str(register), kwh=kwh)

    @callback
    def resolve(self, register: Register, decision: Decision) -> None:
        """Carry out what the user decided about a jump of a register."""
        if self.meter is not None and register in self.meter.jumps:
            result = self.meter.resolve(register, decision)
            self._count(register, result.accepted)
            self._panel.flush()

    def checkpoint(self, now: int, *, close: bool = False) -> Change | None:
        """What is not durable yet. ``close``: the panel is removed, so its last minutes become rows too."""
        if self.meter is None or (checkpoint := self.meter.checkpoint(now, close=close)) is None:
            return None
        return Change(
            panel=self._panel.id,
            journal=checkpoint.journal,
            intervals=checkpoint.intervals,
            meters=checkpoint.meters,
            shown=self.meter.shown,
        )


def _with(
    values: tuple[float | None, ...], position: int, length: int, value: float | None
) -> tuple[float | None, ...]:
    if value is None and not values:
        return ()
    padded = [*values, *[None] * (length - len(values))]
    padded[position] = value
    return tuple(padded)

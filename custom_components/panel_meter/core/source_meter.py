"""The meter of a panel without a journal: samples in, totals and rows for the ledger out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from .booking import Booking
from .integrator import PowerReading, integrate
from .journal import Admission
from .metering import advance, resolve
from .metering_model import Accepted, CounterReading, Decision, Jump, Limits, Outcome, Verdict
from .model import LOCAL_JOURNAL, Channel, Direction, Interval, Journal, Panel, Register, Sample
from .pace import milliseconds
from .plausibility import highest_power
from .source_state import RegisterState

#: What must be on disk soon, because the source will not say it again.
URGENT: Final = {Verdict.BASELINE, Verdict.RESET, Verdict.REPLACED, Verdict.ROLLOVER, Verdict.JUMP}
#: W; a power beyond this is no number that a meter shows.
MAX_POWER: Final = 1e9


@dataclass(frozen=True, slots=True)
class RegisterResult:
    """What a sample did to one register."""

    register: Register
    verdict: Verdict
    accepted: tuple[Accepted, ...] = ()

    @property
    def energy(self) -> int:
        """What was added to the total, in mWh."""
        return sum(piece.energy for piece in self.accepted)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedResult:
    """What a sample did."""

    results: tuple[RegisterResult, ...]
    #: True if the sample brought registers that the panel did not have.
    grown: bool = False

    @property
    def urgent(self) -> bool:
        """True if a checkpoint should follow at once, because the source will not repeat what happened."""
        return any(result.verdict in URGENT for result in self.results)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCheckpoint:
    """What has to be made durable, in one transaction, so that nothing is in memory only."""

    journal: Journal
    intervals: tuple[Interval, ...]
    meters: Mapping[Register, str]


@dataclass(frozen=True, slots=True)
class _Message:
    """A sample and how it came; ``received`` in UTC milliseconds."""

    sample: Sample
    received: int
    retained: bool
    offline_cycle: bool

    @property
    def device_time(self) -> int | None:
        return None if self.sample.time is None else milliseconds(self.sample.time)


class SourceMeter:
    """Totals of a panel without a journal.

    A total is what the ledger's rows add up to plus what is accepted but stands in no row yet; that part is kept with
    the state of the register, so that a checkpoint holds all of it. Not awaited by anything: ``feed`` does no I/O.
    """

    def __init__(
        self,
        panel: Panel,
        *,
        journal: Journal | None = None,
        meters: Mapping[Register, str] | None = None,
        totals: Mapping[Register, int] | None = None,
        shown: Mapping[Register, int] | None = None,
        moduli: Mapping[Register, int] | None = None,
    ) -> None:
        """Go on from what the ledger holds; ``totals`` are the sums of its rows in mWh.

        ``moduli`` says at which value in mWh a counter wraps, where the user has configured that.
        """
        self.panel = panel
        self.journal = journal or Journal(id=LOCAL_JOURNAL, registers=())
        #: Registers whose stored state could not be read; they begin with a new baseline.
        self.damaged: tuple[Register, ...] = ()
        self._booked = dict(totals or {})
        self.has_history = bool(totals or meters)
        self._shown = dict(shown or {})
        self._moduli = dict(moduli or {})
        self._states: dict[Register, RegisterState] = {}
        self._changed: set[Register] = set()
        self._booking = Booking()
        self.announce(panel)
        self._restore(meters or {})

    def announce(self, panel: Panel) -> None:
        """Take a new description of the panel; its new registers are appended."""
        self.panel = panel
        self._append(panel.registers)

    # --- totals ---

    def total(self, register: Register) -> int:
        """The total to show, in mWh. It never decreases."""
        return max(self._accepted(register), self._shown.get(register, 0))

    @property
    def totals(self) -> dict[Register, int]:
        """Sums of all that was accepted, in mWh, whether it stands in a row or not."""
        return {register: self._accepted(register) for register in self.journal.registers}

    @property
    def shown(self) -> dict[Register, int]:
        """The highest totals that were shown, in mWh."""
        return {register: self.total(register) for register in self.journal.registers}

    def hold(self, register: Register, total: int) -> None:
        """Never show less than ``total`` mWh, which was shown before a restart."""
        self._shown[register] = max(self._shown.get(register, 0), total)

    def caught_up(self, _now: int) -> bool:
        """Sources without a journal have no history that could still come in."""
        return True

    def credit(self, admission: Admission) -> None:
        """Add an opening balance."""
        for register, energy in zip(admission.journal.registers, admission.intervals[0].energy, strict=True):
            self._booked[register] = self._booked.get(register, 0) + energy

    def has_newest(self, _now: int) -> bool:
        """Sources without a journal record nothing."""
        return True

    def settled_until(self, now: int) -> int:
        """Begin of the oldest row that is still open (UTC seconds); ``now`` if there is none."""
        return min((interval.start for interval in self.open()), default=now)

    def open(self) -> tuple[Interval, ...]:
        """What stands in no row yet, as the rows that it would make now; their numbers mean nothing."""
        preview = Booking()
        for position in range(len(self.journal.registers)):
            for piece in self._booking.open(position):
                preview.add(position, piece)
        return preview.take(0, self.journal.watermark, close=True)

    # --- samples ---

    def feed(self, sample: Sample, received: float, *, retained: bool, offline_cycle: bool = False) -> FeedResult:
        """Take a sample that came at ``received`` (UTC seconds).

        ``offline_cycle``: the source was away and came back since its last sample, which is evidence for a reset.
        """
        own = tuple(register for register in sample.panel.registers if register.channel == sample.channel)
        grown = self._append(own)
        message = _Message(sample, milliseconds(received), retained, offline_cycle)
        return FeedResult(results=self._results(message), grown=grown)

    @property
    def jumps(self) -> dict[Register, Jump]:
        """The registers that wait for the user, and on what."""
        found = {register: state.counter.jump for register, state in self._states.items() if state.counter}
        return {register: jump for register, jump in found.items() if jump is not None}

    def disputed(self, register: Register) -> int:
        """How much energy in mWh a jump would add if the user accepts it; 0 where there is none."""
        state = self._states.get(register)
        counter = state.counter if state else None
        return 0 if counter is None or counter.jump is None else counter.jump.last.value - counter.mark.value

    def resolve(self, register: Register, decision: Decision) -> RegisterResult:
        """Carry out what the user decided about a jump; KeyError if the register has no counter."""
        state = self._states[register]
        if state.counter is None:
            raise KeyError(register)
        return self._settle(register, state, resolve(state.counter, decision))

    # --- the ledger ---

    def checkpoint(self, now: float, *, close: bool = False) -> SourceCheckpoint | None:
        """All that changed since the last checkpoint; None if nothing did.

        ``close`` makes rows of the last minutes too: when the panel is removed, not at every stop. What is returned
        counts as written.
        """
        intervals = self._booking.take(milliseconds(now), self.journal.watermark, close=close)
        if not intervals and not self._changed:
            return None
        self._book(intervals)
        changed = [register for register in self.journal.registers if register in self._changed]
        meters = {register: self._state(register).to_json() for register in changed}
        self._changed.clear()
        return SourceCheckpoint(journal=self.journal, intervals=intervals, meters=meters)

    # --- how ---

    def _results(self, message: _Message) -> tuple[RegisterResult, ...]:
        sample = message.sample
        if sample.energy is not None:
            return self._count(message, sample.energy)
        if sample.power is not None and abs(sample.power) <= MAX_POWER:
            return self._integrate(message, sample.power)
        return ()

    def _accepted(self, register: Register) -> int:
        return self._booked.get(register, 0) + self._booking.total(self._position(register))

    def _position(self, register: Register) -> int:
        try:
            return self.journal.registers.index(register)
        except ValueError:
            return -1

    def _append(self, registers: tuple[Register, ...]) -> bool:
        new = tuple(register for register in registers if register not in self.journal.registers)
        if new:
            self.journal = replace(self.journal, registers=(*self.journal.registers, *new))
        return bool(new)

    def _restore(self, meters: Mapping[Register, str]) -> None:
        damaged = []
        for register, text in meters.items():
            self._append((register,))
            try:
                state = RegisterState.from_json(text)
            except ValueError:
                damaged.append(register)
                continue
            self._states[register] = replace(state, open=())
            for piece in state.open:
                self._booking.add(self._position(register), piece)
        self.damaged = tuple(damaged)

    def _channel(self, channel_id: str) -> Channel:
        try:
            return self.panel.channel(channel_id)
        except KeyError:
            return Channel(id=channel_id, name=channel_id)

    def _highest_power(self, channel_id: str) -> float:
        return highest_power(self._channel(channel_id), self.panel.nominal_voltage)

    def _count(self, message: _Message, energy: int) -> tuple[RegisterResult, ...]:
        sample = message.sample
        register = Register(sample.channel, Direction.IMPORT)
        if register not in self.journal.registers:
            return ()
        state = self._states.get(register, RegisterState())
        reading = CounterReading(
            value=energy,
            received=message.received,
            retained=message.retained,
            device_time=message.device_time,
            boot=sample.boot,
            offline_cycle=message.offline_cycle,
            resolution=sample.resolution,
        )
        limits = Limits(power=self._highest_power(sample.channel), modulus=self._moduli.get(register))
        outcome = advance(state.counter, reading, limits)
        if outcome is None:
            return (RegisterResult(register, Verdict.REJECTED),)
        return (self._settle(register, state, outcome),)

    def _settle(self, register: Register, state: RegisterState, outcome: Outcome) -> RegisterResult:
        accepted = () if outcome.accepted is None else (outcome.accepted,)
        # A source that counts is not integrated as well.
        return self._take(register, state, replace(state, counter=outcome.state, power=None), outcome.verdict, accepted)

    def _integrate(self, message: _Message, power: float) -> tuple[RegisterResult, ...]:
        milliwatts = round(power * 1000)
        parts = {Direction.IMPORT: max(milliwatts, 0), Direction.EXPORT: max(-milliwatts, 0)}
        registers = (Register(message.sample.channel, direction) for direction in parts)
        return tuple(
            self._integrate_one(message, register, parts[register.direction])
            for register in registers
            if register in self.journal.registers
        )

    def _integrate_one(self, message: _Message, register: Register, power: int) -> RegisterResult:
        state = self._states.get(register, RegisterState())
        if state.counter is not None:
            # The counter itself carries this energy and will tell with its next value.
            return RegisterResult(register, Verdict.DUPLICATE)
        reading = PowerReading(
            power=power,
            received=message.received,
            retained=message.retained,
            device_time=message.device_time,
        )
        outcome = integrate(state.power, reading, self._highest_power(register.channel))
        return self._take(register, state, replace(state, power=outcome.state), outcome.verdict, outcome.accepted)

    def _take(
        self,
        register: Register,
        before: RegisterState,
        after: RegisterState,
        verdict: Verdict,
        accepted: tuple[Accepted, ...],
    ) -> RegisterResult:
        if after != before:
            self._states[register] = after
            self._changed.add(register)
        position = self._position(register)
        for piece in accepted:
            self._booking.add(position, piece)
        return RegisterResult(register, verdict, accepted)

    def _state(self, register: Register) -> RegisterState:
        state = self._states.get(register, RegisterState())
        return replace(state, open=self._booking.open(self._position(register)))

    def _book(self, intervals: tuple[Interval, ...]) -> None:
        if not intervals:
            return
        for interval in intervals:
            for position, energy in enumerate(interval.energy):
                if energy or interval.quality:
                    register = self.journal.registers[position]
                    self._booked[register] = self._booked.get(register, 0) + energy
                    # What is now in a row must leave the state in the same transaction.
                    self._changed.add(register)
        last = intervals[-1]
        ends = [interval.end for interval in intervals] + [self.journal.last_end or 0]
        self.journal = replace(self.journal, watermark=last.seq, last_seq=last.seq, last_end=max(ends))

"""A cumulative register without a journal: raw values of its counter in, accepted energy out, with a verdict.

A pure state machine. Counter values are mWh, instants are UTC milliseconds. What a reading may add is limited by what
the channel can carry; what a reading may take away is nothing: the accepted total never falls.
"""

from dataclasses import dataclass, replace
from typing import Final

from . import pace
from .metering_model import (
    PROBATION,
    Accepted,
    CounterReading,
    Decision,
    Jump,
    Limits,
    MeterState,
    Outcome,
    Point,
    Previous,
    Verdict,
)
from .model import MAX_ENERGY, Quality

#: So many readings must agree on an impossible rise before the user is asked.
AGREEING_READINGS: Final = 3
#: A counter that fell to a tenth of its old value or less began at zero again; otherwise it was restored or exchanged.
FROM_ZERO: Final = 10


@dataclass(frozen=True, slots=True)
class _Case:
    """A reading before a state, and when it was measured."""

    state: MeterState
    reading: CounterReading
    limits: Limits
    instant: int
    clock: int | None

    @property
    def point(self) -> Point:
        return Point(self.reading.value, self.instant)

    @property
    def elapsed(self) -> int:
        return self.instant - self.state.mark.time

    @property
    def rise(self) -> int:
        return self.reading.value - self.state.mark.value

    @property
    def new_boot(self) -> bool:
        return None not in (self.reading.boot, self.state.boot) and self.reading.boot != self.state.boot

    def plausible(self, energy: int, since: int) -> bool:
        """Whether the channel can have carried so much since then.

        Messages that were held up arrive in a bunch, so no distance counts as shorter than the usual one.
        """
        elapsed = max(min(self.instant - since, pace.LONGEST_SPAN), pace.usual(self.state.recent) or 0)
        return 0 <= energy <= self.limits.energy(elapsed) + self.state.resolution

    @property
    def leaps(self) -> bool:
        """Whether the reading rises by more than what can flow between two usual ones."""
        return self.rise > self.limits.energy(pace.usual(self.state.recent) or 0)

    def follows(self, point: Point) -> bool:
        """Whether the reading can come after ``point`` on one and the same counter."""
        return self.plausible(self.reading.value - point.value, point.time)


def advance(state: MeterState | None, reading: CounterReading, limits: Limits) -> Outcome | None:
    """Judge one reading; None if it is impossible and there is no state yet."""
    clock = pace.sane_clock(reading.device_time, reading.received)
    instant = reading.received if clock is None else clock
    impossible = not 0 <= reading.value <= MAX_ENERGY
    if state is None:
        return None if impossible else Outcome(_begin(reading, instant, clock), Verdict.BASELINE)
    if impossible:
        return Outcome(state, Verdict.REJECTED)
    if 0 < state.mark.time - instant <= pace.MOST_AHEAD:
        # The clocks of device and host differ a little; time has not gone back.
        instant = state.mark.time
    finest = replace(state, resolution=min(state.resolution, reading.resolution))
    case = _Case(finest, reading, limits, instant, clock)
    if _is_late(case):
        return Outcome(state, Verdict.STALE)
    return _retained(case) if reading.retained else _fresh(case)


def resolve(state: MeterState, decision: Decision) -> Outcome:
    """Carry out what the user decided about a jump; without one, nothing changes."""
    jump = state.jump
    if jump is None:
        return Outcome(state, Verdict.DUPLICATE)
    if decision is Decision.IGNORE:
        return Outcome(replace(state, jump=None, suspects=()), Verdict.SPIKE)
    origin = state.mark if decision is Decision.ACCEPT else jump.first
    verdict = Verdict.NORMAL if decision is Decision.ACCEPT else Verdict.REPLACED
    settled = replace(state, mark=jump.last, jump=None, suspects=(), previous=None)
    return Outcome(settled, verdict, _piece(origin, jump.last, jump.last.value - origin.value, Quality.ESTIMATED))


def _begin(reading: CounterReading, instant: int, clock: int | None) -> MeterState:
    return MeterState(
        mark=Point(reading.value, instant),
        clock=clock,
        boot=reading.boot,
        resolution=reading.resolution,
        provisional=reading.retained,
    )


def _is_late(case: _Case) -> bool:
    known = case.state.clock
    return known is not None and case.clock is not None and case.clock < known and case.rise <= 0


def _retained(case: _Case) -> Outcome:
    """A message that the broker kept is of unknown age: it may only add."""
    if case.rise < 0:
        return Outcome(case.state, Verdict.STALE)
    if case.rise == 0:
        return Outcome(case.state, Verdict.DUPLICATE)
    if not case.state.in_doubt and case.follows(case.state.mark):
        return _accept(case, case.rise, Verdict.NORMAL)
    return Outcome(case.state, Verdict.SUSPECT)


def _fresh(case: _Case) -> Outcome:
    state = case.state
    if state.provisional and not case.follows(state.mark):
        return Outcome(_begin(case.reading, case.instant, case.clock), Verdict.BASELINE)
    if _is_echo(case):
        return Outcome(state, Verdict.DUPLICATE)
    if case.rise < 0:
        return _fall(case)
    return _in_doubt(case) if state.in_doubt else _rise(case)


def _is_echo(case: _Case) -> bool:
    """The same message again. It must not confirm what it says itself, so it changes nothing."""
    if case.new_boot or case.reading.offline_cycle:
        return False
    return any(
        case.reading.value == point.value and pace.is_echo(case.state.recent, case.instant - point.time)
        for point in case.state.latest
    )


# --- rises ---------------------------------------------------------------------------------------------------------


def _rise(case: _Case) -> Outcome:
    previous = case.state.previous
    returned = previous is not None and case.follows(previous.mark)
    if returned and previous is not None and previous.probation == PROBATION and (previous.from_zero or case.leaps):
        # A lower value, then at once the old one again: the lower one was wrong, whatever came with it. After a long
        # silence as much could have flowed, but hardly just as much.
        return _return(case, previous)
    if case.follows(case.state.mark):
        return _accept(case, case.rise, Verdict.NORMAL if case.rise else Verdict.DUPLICATE)
    if returned and previous is not None:
        return _return(case, previous)
    return _suspect(case)


def _return(case: _Case, previous: Previous) -> Outcome:
    energy = max(0, case.reading.value - previous.mark.value - previous.credited)
    outcome = _accept(case, energy, Verdict.SPIKE)
    return replace(outcome, state=replace(outcome.state, previous=None))


def _in_doubt(case: _Case) -> Outcome:
    """A reading at or above the mark while other ones are not believed.

    What agrees with those is tried first: the longer they are doubted, the more could have flowed since the mark.
    """
    state = case.state
    if state.jump is not None and case.follows(state.jump.last):
        return Outcome(replace(state, jump=Jump(state.jump.first, case.point), suspects=()), Verdict.WAITING)
    if state.suspects and state.suspects[-1].value >= state.mark.value and case.follows(state.suspects[-1]):
        return _insist(case)
    if case.follows(state.mark):
        return _accept(case, case.rise, Verdict.SPIKE)
    return _suspect(case)


def _insist(case: _Case) -> Outcome:
    """One more reading agrees on an impossible rise."""
    suspects = (*case.state.suspects, case.point)
    if len(suspects) < AGREEING_READINGS:
        return Outcome(replace(case.state, suspects=suspects), Verdict.SUSPECT)
    return Outcome(replace(case.state, suspects=(), jump=Jump(suspects[0], suspects[-1])), Verdict.JUMP)


def _suspect(case: _Case) -> Outcome:
    return Outcome(replace(case.state, suspects=(case.point,)), Verdict.SUSPECT)


# --- falls ---------------------------------------------------------------------------------------------------------


def _fall(case: _Case) -> Outcome:
    state, modulus = case.state, case.limits.modulus
    if modulus is not None and state.mark.value < modulus and case.plausible(case.rise + modulus, state.mark.time):
        return _accept(case, case.rise + modulus, Verdict.ROLLOVER)
    if case.new_boot:
        return _reset(case)
    if -case.rise <= state.noise:
        return _accept(case, 0, Verdict.NOISE)
    if case.reading.offline_cycle:
        return _reset(case)
    if state.suspects and state.suspects[-1].value < state.mark.value:
        return _confirm(case, state.suspects[-1])
    return _suspect(case)


def _reset(case: _Case) -> Outcome:
    """A fall that the device explains."""
    return _rebase(case, _since_zero(case, case.point), Verdict.RESET)


def _confirm(case: _Case, first: Point) -> Outcome:
    """A second low reading: growing it is a counter that began anew, otherwise another counter."""
    grown = case.reading.value - first.value
    if grown > 0 and case.follows(first):
        return _rebase(case, _since_zero(case, first) + grown, Verdict.RESET)
    return _rebase(case, 0, Verdict.REPLACED)


def _since_zero(case: _Case, point: Point) -> int:
    """What a counter that began at zero has counted until ``point``; 0 if it did not begin there."""
    from_zero = point.value * FROM_ZERO <= case.state.mark.value
    return point.value if from_zero and case.plausible(point.value, case.state.mark.time) else 0


def _rebase(case: _Case, energy: int, verdict: Verdict) -> Outcome:
    previous = case.state.previous
    if previous is None or previous.mark.value < case.state.mark.value:
        from_zero = case.reading.value * FROM_ZERO <= case.state.mark.value
        previous = Previous(case.state.mark, from_zero, credited=0)
    outcome = _accept(case, energy, verdict, Quality.REBOOT)
    previous = replace(previous, credited=previous.credited + energy, probation=PROBATION)
    return replace(outcome, state=replace(outcome.state, previous=previous))


# --- what a good reading does --------------------------------------------------------------------------------------


def _accept(case: _Case, energy: int, verdict: Verdict, quality: Quality = Quality.MEASURED) -> Outcome:
    """Book ``energy`` for the time since the mark; the reading is the new mark unless it is noise."""
    state, reading = case.state, case.reading
    if case.elapsed > pace.longest_step(state.recent):
        quality |= Quality.ESTIMATED
    if case.elapsed < 0:
        quality |= Quality.CLOCK_STEPPED
    value = state.mark.value if verdict is Verdict.NOISE else reading.value
    # A message that the broker kept may be as old as the mark, so what the next one may bring is judged from there.
    undated = reading.retained and case.clock is None
    known_since = min(state.mark.time, case.instant) if undated else case.instant
    settled = replace(
        state,
        mark=Point(value, known_since),
        clock=case.clock if case.clock is not None else state.clock,
        boot=reading.boot if reading.boot is not None else state.boot,
        recent=state.recent if reading.retained or verdict is Verdict.NOISE else pace.learn(state.recent, case.elapsed),
        provisional=False,
        suspects=(),
        jump=None,
        previous=_on_probation(state.previous, energy),
    )
    # Where the host's clock was put back there is no span that the energy could belong to.
    origin = state.mark if case.elapsed >= 0 else case.point
    return Outcome(settled, verdict, _piece(origin, case.point, energy, quality))


def _on_probation(previous: Previous | None, energy: int) -> Previous | None:
    if previous is None or energy == 0:
        return previous
    if previous.probation == 1:
        return None
    return replace(previous, credited=previous.credited + energy, probation=previous.probation - 1)


def _piece(origin: Point, end: Point, energy: int, quality: Quality) -> Accepted | None:
    start = max(origin.time, end.time - pace.LONGEST_SPAN)
    return Accepted(start, end.time, energy, quality) if energy > 0 else None

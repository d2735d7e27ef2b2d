"""A source that sends only its power: energy by integration, exact to the last mWh however often it speaks.

Powers are whole mW, instants UTC milliseconds. What is too small for a mWh is carried, not rounded.
"""

from dataclasses import dataclass, replace
from typing import Final

from . import pace
from .metering_model import Accepted, Verdict
from .model import Quality

#: Two mW x ms, because a trapezoid halves the sum of two powers, in a mWh.
PER_MILLIWATT_HOUR: Final = 2 * 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerReading:
    """One power of one direction, never negative, and how it came."""

    power: int
    received: int
    retained: bool = False
    device_time: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerState:
    """The last power, when it was measured, and what was integrated but is not yet a mWh (in 2 mW x ms)."""

    power: int
    time: int
    clock: int | None = None
    carried: int = 0
    recent: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PowerOutcome:
    """The state after a reading, what the reading was and the energy that it brought."""

    state: PowerState | None
    verdict: Verdict
    accepted: tuple[Accepted, ...] = ()


def integrate(state: PowerState | None, reading: PowerReading, highest: float) -> PowerOutcome:
    """Take one power; ``highest`` is what the channel can carry at most, in W."""
    if reading.retained:
        # The age of what the broker kept is unknown, so it says nothing about now.
        return PowerOutcome(state, Verdict.STALE)
    if not 0 <= reading.power <= highest * 1000:
        return PowerOutcome(state, Verdict.REJECTED)
    clock = pace.sane_clock(reading.device_time, reading.received)
    instant = reading.received if clock is None else clock
    if state is None:
        return PowerOutcome(PowerState(power=reading.power, time=instant, clock=clock), Verdict.BASELINE)
    if clock is not None and state.clock is not None and clock <= state.clock:
        return PowerOutcome(state, Verdict.STALE if clock < state.clock else Verdict.DUPLICATE)
    elapsed = instant - state.time
    if elapsed < -pace.MOST_AHEAD:
        # The host's clock was put back: what lies between is not known.
        anew = replace(state, power=reading.power, time=instant, clock=clock)
        return PowerOutcome(anew, Verdict.BASELINE)
    if elapsed <= 0 or (reading.power == state.power and pace.is_echo(state.recent, elapsed)):
        return PowerOutcome(state, Verdict.DUPLICATE)
    return _bridge(replace(state, clock=clock or state.clock), reading.power, instant)


def _bridge(state: PowerState, power: int, instant: int) -> PowerOutcome:
    longest = pace.longest_step(state.recent)
    held = instant - state.time > longest
    until = min(state.time + longest, instant)
    doubled = state.power + (state.power if held else power)
    energy, carried = divmod(state.carried + doubled * (until - state.time), PER_MILLIWATT_HOUR)
    pieces = [Accepted(state.time, until, energy, Quality.ESTIMATED if held else Quality.MEASURED)]
    if held:
        pieces.append(Accepted(max(until, instant - pace.LONGEST_SPAN), instant, 0, Quality.GAP))
    settled = replace(
        state,
        power=power,
        time=instant,
        carried=carried,
        recent=pace.learn(state.recent, instant - state.time),
    )
    return PowerOutcome(settled, Verdict.GAP if held else Verdict.NORMAL, tuple(pieces))

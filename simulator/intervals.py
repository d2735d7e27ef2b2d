"""The open interval of a board, its clock, and how both become records (protocol B2, B3)."""

from collections import deque
from dataclasses import dataclass
from typing import Final

from .flash import Flash
from .messages import FLAG_CLOCK_STEP, FLAG_PARTIAL, FLAG_SIMULATED
from .registers import Registers
from .ring import Ring
from .units import SECOND, Millis

#: A clock that is wrong by no more than this is moved silently.
SILENT_STEP: Final = 3 * SECOND
#: Intervals without a clock that are kept apart; older ones merge.
MOST_UNSTAMPED: Final = 64


@dataclass(frozen=True, slots=True)
class _Unstamped:
    """An interval that ended while there was no clock."""

    closed: Millis
    elapsed: Millis
    flags: int
    energies: tuple[int, ...]


class Intervals:
    """Ends intervals at multiples of their length: of UTC, or of the uptime while there is no clock.

    Made anew at each boot, so that a power cut loses what was not stamped: it merges into the next record.
    """

    def __init__(self, flash: Flash, registers: Registers, booted_at: Millis, flags: int) -> None:
        """The first interval begins, with what a checkpoint kept of the one before; there is no clock yet."""
        self._flash, self._registers = flash, registers
        self._booted_at = booted_at
        self._offset: Millis | None = None
        self._unstamped: deque[_Unstamped] = deque()
        self.begin(booted_at, flags)
        checkpoint = flash.checkpoint
        if checkpoint and checkpoint.journal == self._ring.shape.journal and checkpoint.newest == self._ring.newest:
            self._carried = checkpoint.unrecorded

    @property
    def _ring(self) -> Ring:
        return self._flash.rings[-1]

    @property
    def _length(self) -> int:
        assert self._flash.settings is not None
        return self._flash.settings.interval

    # -- the clock ------------------------------------------------------------------------------------------------

    @property
    def has_clock(self) -> bool:
        """Whether the board knows the time."""
        return self._offset is not None

    def clock(self, now: Millis) -> Millis:
        """What the board believes to be the time, in ms; 0 without a clock."""
        return 0 if self._offset is None else now + self._offset

    def set_clock(self, now: Millis, utc: Millis) -> None:
        """A clock came, or another time."""
        old, self._offset = self._offset, utc - now
        if old is None:
            self._stamp()
            self.find_boundary(now)
        elif abs(self._offset - old) > SILENT_STEP:
            self._registers.advance(now)
            self._record(utc // SECOND, self._elapsed(now), self._flags | FLAG_CLOCK_STEP, self._registers.energies)
            self.begin(now)

    # -- the interval ---------------------------------------------------------------------------------------------

    def begin(self, now: Millis, flags: int = 0) -> None:
        """A new interval."""
        self._opened, self._flags, self._carried = now, flags, 0
        self.find_boundary(now)

    def begin_journal(self, now: Millis) -> None:
        """Registers start anew; what has no time yet is forgotten, the old journal's last live message tells it."""
        self._unstamped.clear()
        self.begin(now)

    def unrecorded(self, now: Millis) -> Millis:
        """How long was measured since the newest row."""
        return sum(interval.elapsed for interval in self._unstamped) + self._elapsed(now)

    def _elapsed(self, now: Millis) -> Millis:
        """How long the open interval was measured, before a power cut and after it."""
        return self._carried + now - self._opened

    def mark(self, flags: int) -> None:
        """Set flags of the open interval."""
        self._flags |= flags

    def find_boundary(self, now: Millis) -> None:
        """Where the open interval ends; to be called again when their length changes."""
        start = now - self._booted_at if self._offset is None else now + self._offset
        last = self._ring.last
        if self._offset is not None and last is not None and 0 < last.end * SECOND - start <= SILENT_STEP:
            # A clock that was put back a little must not end the same interval twice.
            start = last.end * SECOND
        self._boundary = (start // SECOND // self._length + 1) * self._length

    def ends_at(self) -> Millis:
        """When the open interval ends, in true time."""
        if self._offset is None:
            return self._booted_at + self._boundary * SECOND
        return self._boundary * SECOND - self._offset

    def end(self, now: Millis) -> None:
        """The open interval is over."""
        self._registers.advance(now)
        elapsed = self._elapsed(now)
        if self._offset is None:
            self._keep(_Unstamped(now, elapsed, self._flags, self._registers.energies))
        else:
            self._record(self._boundary, elapsed, self._flags, self._registers.energies)
        self.begin(now)

    def end_early(self, now: Millis) -> bool:
        """End the open interval before its time; False without a clock."""
        if self._offset is None:
            return False
        self._registers.advance(now)
        flags = self._flags | FLAG_PARTIAL
        self._record(self.clock(now) // SECOND, self._elapsed(now), flags, self._registers.energies)
        self.begin(now)
        return True

    def _keep(self, interval: _Unstamped) -> None:
        self._unstamped.append(interval)
        if len(self._unstamped) > MOST_UNSTAMPED:
            first, second = self._unstamped.popleft(), self._unstamped.popleft()
            elapsed, flags = first.elapsed + second.elapsed, first.flags | second.flags
            self._unstamped.appendleft(_Unstamped(second.closed, elapsed, flags, second.energies))

    def _stamp(self) -> None:
        """Convert what was measured by uptime."""
        assert self._offset is not None
        while self._unstamped:
            interval = self._unstamped.popleft()
            end = (interval.closed + self._offset) // SECOND
            self._record(end, interval.elapsed, interval.flags, interval.energies)

    def _record(self, end: int, elapsed: Millis, flags: int, energies: tuple[int, ...]) -> None:
        """Append a row; it covers all the time since the row before, as its energy does."""
        last = self._ring.last
        duration = round(elapsed / SECOND)
        if not elapsed and not any(energies):
            return
        if last is not None and end <= last.end:
            if energies == last.energies:
                return
            flags |= FLAG_CLOCK_STEP
        if last is not None and not flags & FLAG_CLOCK_STEP:
            duration = end - last.end
        if duration != self._length:
            flags |= FLAG_PARTIAL
        self._ring.append(end, duration, flags | FLAG_SIMULATED, energies)

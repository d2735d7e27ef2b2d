"""Simulated time: it starts at the wall clock and may run faster."""

from dataclasses import dataclass, field
import time

from .units import Millis


def _wall() -> Millis:
    return time.time_ns() // 1_000_000


@dataclass(slots=True)
class Clock:
    """Simulated time that runs ``speed`` times as fast as real time.

    Above speed 1 it leaves the wall clock behind, so records end in the future of everybody else: a host refuses rows
    that end more than a day ahead of its own clock.
    """

    speed: float = 1.0
    start: Millis = field(default_factory=_wall)
    _origin: float = field(default_factory=time.monotonic)

    def now(self) -> Millis:
        """The present instant."""
        return self.start + int((time.monotonic() - self._origin) * 1000 * self.speed)

    def real_seconds(self, span: Millis) -> float:
        """Seconds of real time that ``span`` takes; never negative."""
        return max(0.0, span / 1000 / self.speed)

    def restart(self) -> None:
        """Let time begin to run now, from ``start`` on or the present if that is later and the speed is 1."""
        self._origin = time.monotonic()
        if self.speed == 1.0:
            self.start = max(self.start, _wall())

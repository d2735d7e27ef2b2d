"""When a board sends records (protocol B4)."""

from dataclasses import dataclass
from typing import Final

from .units import SECOND, Millis

FIRST_TIMEOUT: Final = 30 * SECOND
LONGEST_TIMEOUT: Final = 300 * SECOND


@dataclass(slots=True)
class Sender:
    """One record message in flight; instants are of the board's own steady time."""

    waiting: bool = False
    deadline: Millis = 0
    timeout: Millis = FIRST_TIMEOUT

    def due(self, now: Millis) -> bool:
        """Whether the oldest unacknowledged records may be sent."""
        return not self.waiting or now >= self.deadline

    def sent(self, now: Millis) -> None:
        """A message went out; each one that nobody answered doubles the time to wait."""
        if self.waiting:
            self.timeout = min(2 * self.timeout, LONGEST_TIMEOUT)
        self.waiting = True
        self.deadline = now + self.timeout

    def moved(self) -> None:
        """The watermark moved: the next message may go at once."""
        self.waiting = False
        self.timeout = FIRST_TIMEOUT

    def expire(self, now: Millis) -> None:
        """Try again now, once."""
        self.deadline = min(self.deadline, now)

"""A condition with hysteresis and a least time on both sides."""

from .finding import Finding
from .model import Fact, Kind, Severity


class Latch:
    """On once it was bad for ``rise`` seconds, off once it was good for ``fall`` seconds.

    In between, neither bad nor good, it stays what it is. Interruptions of the bad up to ``slack`` seconds do not
    count. It does not know whether it is on until it was bad or good for long enough.
    """

    __slots__ = ("_bad", "_good", "_last_bad", "_now", "fall", "on", "rise", "slack")

    def __init__(self, rise: float, fall: float, slack: float = 0) -> None:
        """Begin without knowing."""
        self.rise, self.fall, self.slack = rise, fall, slack
        self.on: bool | None = None
        #: Since when it is bad, and good.
        self._bad: float | None = None
        self._good: float | None = None
        self._last_bad = self._now = float("-inf")

    @property
    def busy(self) -> bool:
        """Whether it has to hear of a good condition."""
        return self.on is not False or self._bad is not None

    def step(self, bad: bool, good: bool, now: float) -> bool:
        """Take what is at ``now``; True if it went on or off, or is known to be off for the first time."""
        if now < self._now:
            self.rest()
        self._now = now
        if bad:
            self._good, self._last_bad = None, now
            if self._bad is None:
                self._bad = now
            if not self.on and now - self._bad >= self.rise:
                self.on = True
                return True
            return False
        if self._bad is not None and now - self._last_bad > self.slack:
            self._bad = None
        if not good:
            self._good = None
            return False
        if self._good is None:
            self._good = now
        if self.on is not False and now - self._good >= self.fall:
            self.on, self._bad = False, None
            return True
        return False

    def since(self, now: float) -> float:
        """For how many seconds it is bad."""
        return 0.0 if self._bad is None else now - self._bad

    def rest(self) -> None:
        """Wait anew: for some time nobody said anything, or the clock went back."""
        self._bad = self._good = None


def begun(channel: str | None, kind: Kind, severity: Severity, **facts: Fact) -> Finding:
    """A condition that is there, with its facts."""
    return Finding(channel=channel, kind=kind, severity=severity, facts=facts, active=True)


def over(channel: str | None, kind: Kind) -> Finding:
    """A condition that is over, or was not there from the start."""
    return Finding(channel=channel, kind=kind, severity=Severity.INFO, active=False)

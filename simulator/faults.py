"""What goes wrong on purpose, and how often."""

from dataclasses import dataclass, replace
import random
from typing import Final

from .messages import Message
from .units import SECOND, Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultPlan:
    """Probabilities per message (0-1), and mean seconds of simulated time between events (0: never)."""

    #: A message is lost on its way, in either direction.
    drop: float = 0
    #: A message arrives twice.
    double: float = 0
    #: A message arrives up to ``delay_seconds`` later, so after those behind it.
    delay: float = 0
    delay_seconds: float = 30
    #: A message changes places with the next one.
    reorder: float = 0
    #: A value is no number: null or the bare word NaN.
    nan: float = 0
    #: The network goes away for 2 to 20 seconds.
    cut: float = 0
    #: The power goes away for 2 to 20 seconds.
    power: float = 0
    #: The board restarts in good order.
    reboot: float = 0
    #: The board's clock jumps by up to 10 minutes.
    clock: float = 0
    #: The counter of a legacy panel starts again from zero.
    reset: float = 0

    @property
    def any(self) -> bool:
        """Whether anything at all goes wrong."""
        return self != FaultPlan()


_PROBABILITIES: Final = ("drop", "double", "delay", "reorder", "nan")
#: Seconds between two events when only the name is given.
_PERIODS: Final = {"cut": 300.0, "power": 900.0, "reboot": 900.0, "clock": 1800.0, "reset": 1800.0}
_USUAL_CHANCE: Final = 0.02


def parse_faults(text: str) -> FaultPlan:
    """Read e.g. ``drop=0.01,delay=0.05:30,cut,power=600``; ValueError with a sentence for anything else."""
    plan = FaultPlan()
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, value = part.partition("=")
        try:
            plan = _with(plan, name, value)
        except ValueError:
            known = ", ".join((*_PROBABILITIES, *_PERIODS))
            raise ValueError(f"The fault {part!r} is not understood. Known are: {known}.") from None
    return plan


def _with(plan: FaultPlan, name: str, value: str) -> FaultPlan:
    if name in _PERIODS:
        seconds = float(value) if value else _PERIODS[name]
        if not 0 < seconds < 1e9:
            raise ValueError
        return replace(plan, **{name: seconds})
    if name not in _PROBABILITIES:
        raise ValueError
    chance, _, seconds_text = value.partition(":")
    probability = float(chance) if chance else _USUAL_CHANCE
    if not 0 <= probability <= 1 or (seconds_text and name != "delay"):
        raise ValueError
    plan = replace(plan, **{name: probability})
    if seconds_text:
        delay = float(seconds_text)
        if not 0 < delay < 1e6:
            raise ValueError
        plan = replace(plan, delay_seconds=delay)
    return plan


class Road:
    """The way from a board to the broker, with its holes; deterministic by its dice."""

    def __init__(self, plan: FaultPlan, dice: random.Random) -> None:
        """An empty road."""
        self._plan, self._dice = plan, dice
        self._late: list[tuple[Millis, Message]] = []
        self._held: Message | None = None
        self.counts: dict[str, int] = {}

    def happens(self, name: str, chance: float) -> bool:
        """Throw the dice; counts what happens."""
        if not chance or self._dice.random() >= chance:
            return False
        self.counts[name] = self.counts.get(name, 0) + 1
        return True

    def send(self, message: Message, now: Millis) -> list[Message]:
        """What arrives now because this was sent."""
        plan = self._plan
        if not plan.any or message.retain:
            # Announcements stay whole: a board without them would be no board at all.
            return [message]
        if self.happens("drop", plan.drop):
            return []
        if message.kind == "live" and self.happens("nan", plan.nan):
            message = replace(message, payload=_spoil(message.payload, self._dice))
        if self.happens("delay", plan.delay):
            due = now + int(self._dice.uniform(0.1, 1) * plan.delay_seconds * SECOND)
            self._late.append((due, message))
            return []
        arriving = [message, message] if self.happens("double", plan.double) else [message]
        if self._held is not None:
            arriving.append(self._held)
            self._held = None
        elif self.happens("reorder", plan.reorder):
            self._held = arriving.pop()
        return arriving

    def due(self, now: Millis) -> list[Message]:
        """Delayed messages that arrive now."""
        if not self._late:
            return []
        arriving = [message for at, message in self._late if at <= now]
        self._late = [(at, message) for at, message in self._late if at > now]
        return arriving

    def lets_in(self) -> bool:
        """Whether a message to the board gets through."""
        return not self.happens("drop_to_board", self._plan.drop)

    def clear(self) -> None:
        """The connection broke: what was on the road is lost."""
        self._late.clear()
        self._held = None


def _spoil(payload: bytes, dice: random.Random) -> bytes:
    """Put null or NaN in the place of the first power."""
    head, mark, tail = payload.partition(b'"power":[')
    if not mark:
        return payload
    end = min(place for place in (tail.find(b","), tail.find(b"]")) if place >= 0)
    return head + mark + dice.choice((b"null", b"NaN")) + tail[end:]


class Events:
    """Rare events of one kind, on average every ``period`` seconds."""

    def __init__(self, period: float, now: Millis, dice: random.Random) -> None:
        """Throw for the first one; a period of 0 means never."""
        self._period, self._dice = period, dice
        self._at = self._draw(now)

    def happens(self, now: Millis) -> bool:
        """Whether one is due; then the next one is drawn."""
        if not self._period or now < self._at:
            return False
        self._at = self._draw(now)
        return True

    def _draw(self, now: Millis) -> Millis:
        return now + int(self._dice.uniform(0.3, 1.7) * self._period * SECOND) if self._period else 0

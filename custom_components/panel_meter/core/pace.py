"""How often a source speaks: what is a repetition, what is a gap and which instant a message stands for.

Everything in here is in milliseconds, UTC where it is an instant.
"""

from statistics import median_low
from typing import Final

#: Assumed of a source that has not yet been heard twice.
ASSUMED_INTERVAL: Final = 300_000
#: Nothing shorter is a gap, however fast a source usually speaks.
SHORTEST_GAP: Final = 60_000
#: How many of the last distances between messages make the usual one.
REMEMBERED: Final = 7
#: A repetition comes sooner than this when the usual distance is not known.
ASSUMED_ECHO: Final = 1_000
#: A device's clock is believed when it is not further ahead of ours, or behind it, than this.
MOST_AHEAD: Final = 60_000
MOST_BEHIND: Final = 86_400_000
#: No row of the ledger spans more than this: a year and a day. Clocks that begin in 1970 make longer ones.
LONGEST_SPAN: Final = 366 * 86_400_000


def milliseconds(seconds: float) -> int:
    """Seconds as whole milliseconds."""
    return round(seconds * 1000)


def usual(recent: tuple[int, ...]) -> int | None:
    """The usual distance between two messages; None while it is not known."""
    return median_low(recent) if recent else None


def learn(recent: tuple[int, ...], elapsed: int) -> tuple[int, ...]:
    """Remember one more distance. The median of a few forgets outliers at once and a change of pace soon.

    Messages that were held up come in a bunch; they count as half the usual distance, so that a bunch does not pass for
    a new pace before it is over.
    """
    if elapsed <= 0:
        return recent
    return (*recent, max(elapsed, (usual(recent) or 0) // 2))[-REMEMBERED:]


def longest_step(recent: tuple[int, ...]) -> int:
    """The longest time between two messages that is not a gap."""
    return max(3 * (usual(recent) or ASSUMED_INTERVAL), SHORTEST_GAP)


def is_echo(recent: tuple[int, ...], elapsed: int) -> bool:
    """True if a message that says the same as the one before came too soon to be a new one."""
    interval = usual(recent)
    return 0 <= elapsed < (ASSUMED_ECHO if interval is None else interval // 2)


def sane_clock(device: int | None, received: int) -> int | None:
    """The device's instant of measurement, or None if there is none or its clock is wrong."""
    if device is None or not received - MOST_BEHIND <= device <= received + MOST_AHEAD:
        return None
    return device

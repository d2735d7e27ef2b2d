"""Checks of a board: the kit plays the host."""

from typing import Final

from . import acks, announcements, clock, commands, journals, live, posts, power, records
from .collection import BOARD

#: Statements, or parts of them, that nobody can see from outside.
UNSEEN: Final = {
    "1.6": "Says what a board does not need; the kit, too, speaks MQTT 3.1.1 with a clean session and no will.",
    "6": "This board was asked over MQTT only; boards that post have checks of their own.",
    "F9": "Flag 8 needs a broken sensor, flag 32 tells simulators apart.",
    "B1": "The two slots and their checksums lie inside; seen is that a power cut loses no more than they allow.",
    "B8": "Which reboots are switched off lies inside; seen is that a board without network goes on.",
}

__all__ = [
    "BOARD",
    "UNSEEN",
    "acks",
    "announcements",
    "clock",
    "commands",
    "journals",
    "live",
    "posts",
    "power",
    "records",
]

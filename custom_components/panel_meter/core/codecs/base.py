"""What a codec is: bytes of one wire format in, readings out."""

from dataclasses import dataclass
from typing import Protocol

from ..model import Reading


@dataclass(frozen=True, slots=True)
class TopicFilter:
    """A topic filter to subscribe to and its quality of service."""

    topic: str
    qos: int


@dataclass(frozen=True, slots=True)
class Message:
    """What one message says, and of which panel."""

    panel: str
    readings: tuple[Reading, ...]


class Codec(Protocol):
    """One wire format."""

    @property
    def name(self) -> str:
        """Name of the format, stored with the panels that speak it."""

    def filters(self) -> tuple[TopicFilter, ...]:
        """What to subscribe to: at least one filter, and last that of the announcements, if there are any."""

    def panel_of(self, topic: str) -> str | None:
        """The panel that a topic belongs to, if the topic alone tells."""

    def decode(self, topic: str, payload: bytes) -> Message:
        """Read a message; Rejected if it cannot be used."""

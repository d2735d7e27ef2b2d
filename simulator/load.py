"""What a board is clamped to: channels and their power over time."""

from dataclasses import dataclass
from typing import Protocol

from .noise import Integers
from .units import Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel as ``info`` announces it (protocol F10)."""

    id: str
    name: str
    role: str = "circuit"
    phase: str = "L1"
    rating: int | None = 16
    slot: int | None = None
    poles: int | None = None
    parent: str | None = None
    #: Not announced: how much of the apparent power is real.
    power_factor: float = 0.97
    #: Not announced: whether energy flows in both directions, so that there is an export register.
    both: bool = False


class Load(Protocol):
    """The wires that a board measures."""

    @property
    def channels(self) -> tuple[Channel, ...]:
        """In the order of the board's inputs."""
        ...

    @property
    def phases(self) -> int:
        """How many voltages there are, 1-3."""
        ...

    def powers(self, first: int, count: int) -> Integers:
        """Milliwatts, import positive, in ``count`` steps of the grid from step ``first`` on; (channels, count)."""
        ...

    def temperature(self, now: Millis) -> float:
        """In the panel, in degrees Celsius."""
        ...


def registers_of(load: Load) -> tuple[str, ...]:
    """The names of the registers in the order of the wire (protocol F4)."""
    names = []
    for channel in load.channels:
        names.append(f"{channel.id}.import")
        if channel.both:
            names.append(f"{channel.id}.export")
    return tuple(names)

"""How much energy a channel can carry at most (DESIGN: rating x volts x phases x time x 1.25)."""

from typing import Final

from .model import Channel, Panel, Phase

#: Of a channel whose rating nobody has told: a common three-phase house connection.
DEFAULT_RATING: Final = 63.0
DEFAULT_PHASES: Final = 3
MARGIN: Final = 1.25

_PHASES: Final = {Phase.L1: 1, Phase.L2: 1, Phase.L3: 1, Phase.L1L2: 2, Phase.L123: 3}


def highest_power(channel: Channel, nominal_voltage: float) -> float:
    """The highest plausible power of a channel in W."""
    if channel.rating is None:
        return DEFAULT_RATING * nominal_voltage * DEFAULT_PHASES * MARGIN
    phases = channel.poles or (_PHASES[channel.phase] if channel.phase else DEFAULT_PHASES)
    return channel.rating * nominal_voltage * min(phases, DEFAULT_PHASES) * MARGIN


def highest_energy(panel: Panel, channel_id: str, seconds: float, resolution: int = 1) -> int:
    """The highest plausible energy of a channel in ``seconds``, in mWh, plus one step of its resolution."""
    return energy_within(highest_rate(panel, channel_id), seconds, resolution)


def highest_rate(panel: Panel, channel_id: str) -> float:
    """The highest plausible power of a channel of a panel in W; one that the panel does not know has no rating."""
    channel = next((channel for channel in panel.channels if channel.id == channel_id), None)
    if channel is None:
        channel = Channel(id=channel_id, name=channel_id)
    return highest_power(channel, panel.nominal_voltage)


def energy_within(power: float, seconds: float, resolution: int = 1) -> int:
    """What ``power`` (W) makes in ``seconds``, in mWh, plus one step of the resolution."""
    return int(power * max(seconds, 0) / 3.6) + resolution

"""What the user decided about a panel; it wins over what the panel says of itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from .model import Channel, Panel, Phase, Role

DEFAULT_STATE_INTERVAL: Final = 10.0
#: The user says that nothing but the mains feeds a channel; no channel can have this id.
NO_PARENT: Final = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSettings:
    """Corrections of one channel; None leaves what the panel announced."""

    role: Role | None = None
    phase: Phase | None = None
    rating: float | None = None
    parent: str | None = None
    slot: int | None = None
    poles: int | None = None

    def apply(self, channel: Channel) -> Channel:
        """The channel as the user sees it."""
        return replace(
            channel,
            role=self.role or channel.role,
            phase=self.phase or channel.phase,
            rating=channel.rating if self.rating is None else self.rating,
            parent=None if self.parent == NO_PARENT else self.parent or channel.parent,
            slot=channel.slot if self.slot is None else self.slot,
            poles=channel.poles if self.poles is None else self.poles,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelSettings:
    """Corrections of a panel and how often its states are written."""

    #: Least seconds between two writes of the same state.
    state_interval: float = DEFAULT_STATE_INTERVAL
    channels: Mapping[str, ChannelSettings] = field(default_factory=dict)

    def apply(self, panel: Panel) -> Panel:
        """The panel as the user sees it."""
        if not self.channels:
            return panel
        channels = tuple(
            self.channels[channel.id].apply(channel) if channel.id in self.channels else channel
            for channel in panel.channels
        )
        parents = {channel.id: channel.parent for channel in channels}
        return replace(
            panel,
            channels=tuple(
                channel if hangs_on_the_mains(channel.id, parents) else replace(channel, parent=None)
                for channel in channels
            ),
        )

    @classmethod
    def from_data(cls, data: Mapping[str, object]) -> PanelSettings:
        """Read what a configuration subentry holds."""
        channels = data.get("channels")
        interval = data.get("state_interval", DEFAULT_STATE_INTERVAL)
        return cls(
            state_interval=float(interval) if isinstance(interval, int | float) else DEFAULT_STATE_INTERVAL,
            channels={
                str(channel_id): _channel_settings(settings)
                for channel_id, settings in (channels.items() if isinstance(channels, Mapping) else ())
                if isinstance(settings, Mapping)
            },
        )


def hangs_on_the_mains(channel_id: str, parents: Mapping[str, str | None]) -> bool:
    """False if the channels that feed a channel form a circle, or one of them does not exist."""
    seen = {channel_id}
    parent = parents[channel_id]
    while parent is not None:
        if parent in seen or parent not in parents:
            return False
        seen.add(parent)
        parent = parents[parent]
    return True


def _channel_settings(data: Mapping[str, object]) -> ChannelSettings:
    role, phase, rating, parent = (data.get(key) for key in ("role", "phase", "rating", "parent"))
    slot, poles = data.get("slot"), data.get("poles")
    return ChannelSettings(
        role=Role(role) if isinstance(role, str) else None,
        phase=Phase(phase) if isinstance(phase, str) else None,
        rating=float(rating) if isinstance(rating, int | float) else None,
        parent=parent if isinstance(parent, str) else None,
        slot=int(slot) if isinstance(slot, int | float) else None,
        poles=int(poles) if isinstance(poles, int | float) else None,
    )

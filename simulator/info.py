"""The announcement of a board (protocol T1, F3, F4, F10)."""

from typing import TYPE_CHECKING

from .load import Channel
from .messages import encode

if TYPE_CHECKING:
    from .board import Board


def info_payload(board: Board) -> bytes:
    """``info`` as it is now."""
    spec, settings = board.spec, board.settings
    return encode(
        {
            "protocol": "1.0",
            "id": spec.id,
            "boot": board.boot,
            "journal": board.ring.shape.journal,
            "name": settings.name or spec.name,
            "model": spec.model,
            "firmware": spec.firmware,
            "interval": settings.interval,
            "live_interval": settings.live_interval,
            "capacity": board.ring.shape.capacity,
            "nominal_voltage": spec.nominal_voltage,
            "registers": list(board.names),
            "channels": [_channel(channel, settings.channel_names) for channel in board.load.channels],
        }
    )


def _channel(channel: Channel, names: dict[str, str]) -> dict[str, object]:
    entry: dict[str, object] = {
        "id": channel.id,
        "name": names.get(channel.id, channel.name),
        "role": channel.role,
        "phase": channel.phase,
        "rating": channel.rating,
        "slot": channel.slot,
        "poles": channel.poles,
        "parent": channel.parent,
    }
    return {key: value for key, value in entry.items() if value is not None}

"""A panel's announcement as JSON text and back."""

from collections.abc import Mapping
from dataclasses import asdict
import json

from ..core.model import Channel, Direction, Panel, Phase, Register, Role


def to_text(panel: Panel) -> str:
    """The announcement as compact JSON."""
    return json.dumps(asdict(panel), ensure_ascii=False, separators=(",", ":"))


def from_text(text: str) -> Panel | None:
    """The announcement in a text of `to_text`, or None if it cannot be read: the board announces itself again."""
    try:
        fields = json.loads(text)
        return Panel(
            **fields
            | {
                "channels": tuple(_channel(channel) for channel in fields["channels"]),
                "registers": tuple(
                    Register(register["channel"], Direction(register["direction"])) for register in fields["registers"]
                ),
            }
        )
    except ValueError, TypeError, KeyError:
        return None


def _channel(fields: Mapping[str, object]) -> Channel:
    phase = fields["phase"]
    known = {"role": Role(str(fields["role"])), "phase": None if phase is None else Phase(str(phase))}
    return Channel(**(dict(fields) | known))  # type: ignore[arg-type]

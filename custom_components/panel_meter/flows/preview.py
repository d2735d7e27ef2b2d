"""What the Energy dashboard would get, in words, before the entities exist."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from ..core.model import Panel, Role
from ..markdown import escaped

_PLACES: Final = {
    Role.MAIN: "grid",
    Role.SOLAR: "solar production",
    Role.BATTERY: "battery",
    Role.CIRCUIT: "individual devices",
    Role.SUB: "individual devices",
}


def preview(panels: Iterable[Panel]) -> str:
    """One Markdown line per panel: which of its channels go where."""
    return "\n".join(f"- {escaped(panel.name)}: {_channels(panel)}" for panel in panels)


def _channels(panel: Panel) -> str:
    counts = Counter(_PLACES[channel.role] for channel in panel.channels)
    named = {_PLACES[channel.role]: escaped(channel.name) for channel in panel.channels}
    return ", ".join(f"{named[place] if count == 1 else count} → {place}" for place, count in counts.items())

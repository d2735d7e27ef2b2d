"""Identities of devices and entities: made of panel and channel ids only, never of a name.

The parts are separated by a slash, which no id can hold.
"""

from .const import DOMAIN


def panel_device(panel_id: str) -> tuple[str, str]:
    """Identifier of the device of a panel."""
    return (DOMAIN, panel_id)


def channel_device(panel_id: str, channel_id: str) -> tuple[str, str]:
    """Identifier of the device of a channel."""
    return (DOMAIN, f"{panel_id}/{channel_id}")


def unique_id(panel_id: str, channel_id: str | None, key: str) -> str:
    """Identity of an entity of a channel, or of the panel itself."""
    return f"{panel_id}/{key}" if channel_id is None else f"{panel_id}/{channel_id}/{key}"

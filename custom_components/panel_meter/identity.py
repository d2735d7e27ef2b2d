"""Identities of devices and entities: made of panel and channel ids only, never of a name."""

from .const import DOMAIN


def panel_device(panel_id: str) -> tuple[str, str]:
    """Identifier of the device of a panel."""
    return (DOMAIN, panel_id)


def channel_device(panel_id: str, channel_id: str) -> tuple[str, str]:
    """Identifier of the device of a channel."""
    return (DOMAIN, f"{panel_id}_{channel_id}")


def unique_id(panel_id: str, channel_id: str | None, key: str) -> str:
    """Identity of an entity of a channel, or of the panel itself."""
    return f"{panel_id}_{key}" if channel_id is None else f"{panel_id}_{channel_id}_{key}"

"""Devices: a panel, and its channels inside it."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from .const import MANUFACTURER
from .identity import channel_device, panel_device
from .panel import PanelRuntime


@callback
def register_devices(hass: HomeAssistant, entry: ConfigEntry, panel: PanelRuntime) -> None:
    """Make or renew the devices of a panel that has announced itself; the panel first, as its channels need it."""
    description = panel.description
    if description is None:
        return
    devices = dr.async_get(hass)
    device = devices.async_get_or_create(
        config_entry_id=entry.entry_id,
        config_subentry_id=panel.subentry_id,
        identifiers={panel_device(panel.id)},
        manufacturer=MANUFACTURER,
        name=entry.subentries[panel.subentry_id].title,
        model=description.model,
        sw_version=description.firmware,
    )
    panel.device_id = device.id
    for channel in description.channels:
        devices.async_get_or_create_child(
            config_entry_id=entry.entry_id,
            config_subentry_id=panel.subentry_id,
            identifiers={channel_device(panel.id, channel.id)},
            name=channel.name,
            parent_device_id=device.id,
        )

"""What actions of Panel Meter share: the loaded entry, and which panels are meant."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .core.model import Panel
from .identity import channel_device, panel_device

if TYPE_CHECKING:
    from .hub import PanelMeterConfigEntry

ATTR_PANELS: Final = "panels"
ATTR_PREVIEW: Final = "preview"


def loaded_entry(hass: HomeAssistant) -> PanelMeterConfigEntry:
    """The hub's entry; ServiceValidationError if it is not loaded."""
    entries: list[PanelMeterConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    if not entries:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="not_loaded")
    return entries[0]


def panel_ids(hass: HomeAssistant, panels: Iterable[Panel], device_ids: Iterable[str]) -> set[str]:
    """The panels that the devices are, or that they are circuits of; ServiceValidationError if one is neither."""
    owners = {panel_device(panel.id): panel.id for panel in panels}
    owners |= {channel_device(panel.id, channel.id): panel.id for panel in panels for channel in panel.channels}
    devices = dr.async_get(hass)
    chosen: set[str] = set()
    for device_id in device_ids:
        device = devices.async_get(device_id)
        found = {owners[identifier] for identifier in (device.identifiers if device else ()) if identifier in owners}
        if not found:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="not_a_panel",
                translation_placeholders={
                    "device": (device.name_by_user or device.name if device else None) or device_id
                },
            )
        chosen |= found
    return chosen


def instant(moment: datetime) -> int:
    """UTC seconds of a moment that a person wrote in local time."""
    return int(dt_util.as_utc(moment).timestamp())

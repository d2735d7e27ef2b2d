"""Which entities show the energy of a panel's registers."""

from collections.abc import Mapping

from homeassistant.components.recorder import get_instance
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from .const import DOMAIN
from .core.model import Register
from .identity import unique_id
from .panel import PanelRuntime


def energy_sensors(hass: HomeAssistant, panel: PanelRuntime) -> Mapping[str, Register]:
    """Entity ids of a panel's enabled energy sensors that the recorder keeps."""
    registry, wanted = er.async_get(hass), get_instance(hass).entity_filter
    found: dict[str, Register] = {}
    for register in panel.description.registers if panel.description else ():
        identity = unique_id(panel.id, register.channel, f"energy_{register.direction}")
        entity_id = registry.async_get_entity_id(Platform.SENSOR, DOMAIN, identity)
        entity = registry.async_get(entity_id) if entity_id else None
        if entity is not None and entity.disabled_by is None and (wanted is None or wanted(entity.entity_id)):
            found[entity.entity_id] = register
    return found

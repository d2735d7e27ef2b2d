"""Which entities tell what a panel costs."""

from typing import Final

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from .const import DOMAIN
from .cost_sensor import CIRCUIT_COST_SENSORS, COST_SENSORS, cost_sensors
from .panel import PanelRuntime

#: The last part of the identities of all of them, of a panel or a circuit.
COST_KEYS: Final = frozenset(about.key for about in (*COST_SENSORS, *CIRCUIT_COST_SENSORS))


@callback
def async_forget_cost_entities(hass: HomeAssistant, panel: PanelRuntime) -> None:
    """Remove those that the panel's tariff does not have, or all without one. What the recorder has of them stays."""
    registry = er.async_get(hass)
    kept = {sensor.unique_id for sensor in cost_sensors(panel)}
    for registered in list(registry.entities.values()):
        if registered.platform != DOMAIN or registered.domain != Platform.SENSOR or registered.unique_id in kept:
            continue
        panel_id, *_, key = registered.unique_id.split("/")
        if panel_id == panel.id and key in COST_KEYS:
            registry.async_remove(registered.entity_id)

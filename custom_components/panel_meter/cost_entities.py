"""Which entities tell what a panel costs."""

from typing import Final

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from .const import DOMAIN
from .core.energy_plan import KEY_COMPENSATION, KEY_COST

#: The last part of the identities of all of them, of a panel or a circuit.
COST_KEYS: Final = frozenset(
    {
        KEY_COST,
        KEY_COMPENSATION,
        "cost_today",
        "cost_this_cycle",
        "bill_so_far",
        "projected_bill",
        "price",
        "price_period",
        "next_price_change",
        "demand",
        "peak_demand",
        "peak_demand_time",
    }
)


@callback
def async_forget_cost_entities(hass: HomeAssistant, panel_id: str) -> None:
    """Remove them: the panel has no tariff any more. What the recorder has of them stays."""
    registry = er.async_get(hass)
    for registered in list(registry.entities.values()):
        if registered.platform != DOMAIN or registered.domain != Platform.SENSOR:
            continue
        panel, *_, key = registered.unique_id.split("/")
        if panel == panel_id and key in COST_KEYS:
            registry.async_remove(registered.entity_id)

"""Which entities tell what a panel costs."""

from typing import Final

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from .const import DOMAIN
from .core.energy_plan import KEY_COMPENSATION, KEY_COST
from .core.model import Direction, Panel, Role
from .money import PanelMoney
from .panel import PanelRuntime

#: The last parts of the identities of all of them, of a panel or a circuit.
DEMAND_KEYS: Final = frozenset({"demand", "peak_demand", "peak_demand_time"})
COST_KEYS: Final = DEMAND_KEYS | {
    KEY_COST,
    KEY_COMPENSATION,
    "cost_today",
    "cost_this_cycle",
    "bill_so_far",
    "projected_bill",
    "price",
    "price_period",
    "next_price_change",
}


def earns(money: PanelMoney, panel: Panel) -> bool:
    """Whether exported energy is measured and earns something."""
    mains = {channel.id for channel in panel.channels if channel.role is Role.MAIN}
    returns = any(each.channel in mains and each.direction is Direction.EXPORT for each in panel.registers)
    return money.has_export and returns


@callback
def async_forget_cost_entities(hass: HomeAssistant, panel: PanelRuntime) -> None:
    """Remove those that the panel's tariff does not have, or all without one. What the recorder has of them stays."""
    registry, gone = er.async_get(hass), COST_KEYS - _kept(panel)
    for registered in list(registry.entities.values()):
        if registered.platform != DOMAIN or registered.domain != Platform.SENSOR:
            continue
        panel_id, *_, key = registered.unique_id.split("/")
        if panel_id == panel.id and key in gone:
            registry.async_remove(registered.entity_id)


def _kept(panel: PanelRuntime) -> frozenset[str]:
    if (money := panel.money) is None:
        return frozenset()
    kept = COST_KEYS if money.has_demand else COST_KEYS - DEMAND_KEYS
    description = panel.description
    return kept if description is not None and earns(money, description) else kept - {KEY_COMPENSATION}

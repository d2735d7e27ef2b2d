"""Which of our lifetime totals the recorder keeps, and what they are totals of."""

from collections.abc import Mapping
from dataclasses import dataclass

from homeassistant.components.recorder import get_instance
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from .const import DOMAIN
from .core.billing.cycle_rating import Running
from .core.energy_plan import KEY_COMPENSATION, KEY_COST
from .core.model import Register
from .identity import unique_id
from .panel import PanelRuntime


@dataclass(frozen=True, slots=True)
class CostOf:
    """A cost of a panel's account: of a circuit, at its place, or of the panel."""

    key: str
    circuit: int | None = None

    def of(self, running: Running) -> float:
        """Its value, as the sensor rounds it."""
        value = running.earned if self.key == KEY_COMPENSATION else running.cost
        if self.circuit is not None:
            value = running.circuits[self.circuit] if self.circuit < len(running.circuits) else value * 0
        return float(round(value, 6))


type Total = Register | CostOf


def recorded_sensors(hass: HomeAssistant, panel: PanelRuntime) -> Mapping[str, Total]:
    """Entity ids of a panel's enabled totals that the recorder keeps."""
    registry, wanted = er.async_get(hass), get_instance(hass).entity_filter
    found: dict[str, Total] = {}
    for identity, total in _totals(panel).items():
        entity_id = registry.async_get_entity_id(Platform.SENSOR, DOMAIN, identity)
        entity = registry.async_get(entity_id) if entity_id else None
        if entity is not None and entity.disabled_by is None and (wanted is None or wanted(entity.entity_id)):
            found[entity.entity_id] = total
    return found


def _totals(panel: PanelRuntime) -> dict[str, Total]:
    """Identity of each lifetime total that a panel can have."""
    registers = panel.description.registers if panel.description else ()
    found: dict[str, Total] = {
        unique_id(panel.id, register.channel, f"energy_{register.direction}"): register for register in registers
    }
    if panel.money is None:
        return found
    for key in (KEY_COST, KEY_COMPENSATION):
        found[unique_id(panel.id, None, key)] = CostOf(key)
    for place, circuit in enumerate(panel.money.circuits):
        found[unique_id(panel.id, circuit, KEY_COST)] = CostOf(KEY_COST, place)
    return found

"""Binary sensors of panels."""

from typing import Final, override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .alert_sensors import PROBLEM, ProblemSensor
from .alerts.keeper import alert_keeper
from .entity import PanelEntity
from .hub import PanelMeterConfigEntry
from .panel import PanelRuntime

PARALLEL_UPDATES = 0

CONNECTIVITY: Final = BinarySensorEntityDescription(
    key="connectivity",
    device_class=BinarySensorDeviceClass.CONNECTIVITY,
    entity_category=EntityCategory.DIAGNOSTIC,
)


async def async_setup_entry(
    hass: HomeAssistant, entry: PanelMeterConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the connectivity of every panel, and whether something is wrong with it."""
    added: set[str] = set()
    keeper = alert_keeper(hass)

    @callback
    def add(panel: PanelRuntime) -> None:
        if panel.description is not None and panel.id not in added:
            added.add(panel.id)
            async_add_entities(
                [ConnectivitySensor(panel, CONNECTIVITY), ProblemSensor(panel, keeper, PROBLEM)],
                config_subentry_id=panel.subentry_id,
            )

    @callback
    def forget(panel: PanelRuntime) -> None:
        added.discard(panel.id)

    entry.async_on_unload(entry.runtime_data.watch(add, forget))


class ConnectivitySensor(PanelEntity, BinarySensorEntity):
    """Whether the panel speaks."""

    @property
    @override
    def available(self) -> bool:
        """Always: this is the entity that tells."""
        return True

    @property
    @override
    def is_on(self) -> bool | None:
        """True while the panel speaks; unknown right after a start, so that a restart does not look like an outage."""
        return self.panel.connected

    @override
    def _shown(self) -> object:
        return self.is_on

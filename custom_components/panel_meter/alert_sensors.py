"""Entities that say whether something is wrong with a panel, and how many alerts are open."""

from typing import Final, override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.components.sensor import SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.core import callback
from homeassistant.helpers.entity import EntityDescription

from .alerts.keeper import AlertKeeper
from .core.alerts.model import AlertEvent, Severity
from .entity import PanelEntity
from .panel import PanelRuntime

PROBLEM: Final = BinarySensorEntityDescription(key="problem", device_class=BinarySensorDeviceClass.PROBLEM)
OPEN_ALERTS: Final = SensorEntityDescription(
    key="open_alerts", translation_key="open_alerts", state_class=SensorStateClass.MEASUREMENT
)


class AlertEntity(PanelEntity):
    """An entity of a panel that follows its alerts; it is there whether the panel speaks or not."""

    def __init__(self, panel: PanelRuntime, keeper: AlertKeeper, description: EntityDescription) -> None:
        """Place the entity on the device of the panel."""
        super().__init__(panel, description)
        self.keeper = keeper

    @override
    async def async_added_to_hass(self) -> None:
        """Write the state whenever something happens to an alert of the panel."""
        self.async_on_remove(self.keeper.listen(self._heard))

    @property
    @override
    def available(self) -> bool:
        """Always: alerts outlive the connection."""
        return True

    @callback
    def _heard(self, event: AlertEvent) -> None:
        if event.alert.panel == self.panel.id:
            self.changed(event)

    @callback
    def changed(self, _event: AlertEvent) -> None:
        """Something happened to an alert of the panel."""
        self._update()


class ProblemSensor(AlertEntity, BinarySensorEntity):
    """Whether a warning or something worse is open. What is only worth knowing is no problem."""

    @property
    @override
    def is_on(self) -> bool:
        """True while there is a problem."""
        return any(alert.severity is not Severity.INFO for alert in self.keeper.open(self.panel.id))

    @override
    def _shown(self) -> object:
        return self.is_on


class OpenAlertsSensor(AlertEntity, SensorEntity):
    """How many alerts of a panel are open."""

    @property
    @override
    def native_value(self) -> int:
        """Their number."""
        return len(self.keeper.open(self.panel.id))

    @override
    def _shown(self) -> object:
        return self.native_value

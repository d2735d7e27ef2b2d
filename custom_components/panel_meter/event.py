"""What happens to the alerts of a panel, as events."""

from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .alert_sensors import AlertEntity
from .alerts.keeper import alert_keeper
from .core.alerts.model import AlertEvent, Change
from .hub import PanelMeterConfigEntry
from .panel import PanelRuntime

PARALLEL_UPDATES = 0

ALERT: Final = EventEntityDescription(
    key="alert", translation_key="alert", event_types=[change.value for change in Change]
)


async def async_setup_entry(
    hass: HomeAssistant, entry: PanelMeterConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the alerts of every panel."""
    added: set[str] = set()
    keeper = alert_keeper(hass)

    @callback
    def add(panel: PanelRuntime) -> None:
        if panel.description is not None and panel.id not in added:
            added.add(panel.id)
            async_add_entities([AlertEventEntity(panel, keeper, ALERT)], config_subentry_id=panel.subentry_id)

    @callback
    def forget(panel: PanelRuntime) -> None:
        added.discard(panel.id)

    entry.async_on_unload(entry.runtime_data.watch(add, forget))


class AlertEventEntity(AlertEntity, EventEntity):
    """The last thing that happened to an alert of the panel."""

    entity_description: EventEntityDescription

    @callback
    @override
    def changed(self, event: AlertEvent) -> None:
        """Tell everything, also twice the same."""
        alert, words = event.alert, self.keeper.told(event.alert)
        attributes = {
            "alert": alert.id,
            "kind": alert.kind.value,
            "severity": alert.severity.value,
            "channel": alert.channel,
            "title": words.title,
            "message": words.message,
        }
        self._trigger_event(event.change.value, attributes)
        self.async_write_ha_state()

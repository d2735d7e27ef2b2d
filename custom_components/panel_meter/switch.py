"""The switch of all alerts of a panel."""

from dataclasses import replace
from typing import Any, Final, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .alerts.keeper import AlertKeeper, alert_keeper
from .alerts.settings import alerts_of
from .entity import PanelEntity
from .hub import PanelMeterConfigEntry
from .panel import PanelRuntime

PARALLEL_UPDATES = 0

ALERTS: Final = SwitchEntityDescription(key="alerts", translation_key="alerts", entity_category=EntityCategory.CONFIG)


async def async_setup_entry(
    hass: HomeAssistant, entry: PanelMeterConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the switch of every panel."""
    added: set[str] = set()
    keeper = alert_keeper(hass)

    @callback
    def add(panel: PanelRuntime) -> None:
        if panel.description is not None and panel.id not in added:
            added.add(panel.id)
            async_add_entities([AlertSwitch(entry, keeper, panel)], config_subentry_id=panel.subentry_id)

    @callback
    def forget(panel: PanelRuntime) -> None:
        added.discard(panel.id)

    entry.async_on_unload(entry.runtime_data.watch(add, forget))


class AlertSwitch(PanelEntity, SwitchEntity):
    """Whether the panel is watched. Switched off, its alerts are resolved and none is opened but by hand."""

    def __init__(self, entry: PanelMeterConfigEntry, keeper: AlertKeeper, panel: PanelRuntime) -> None:
        """Place the switch on the device of the panel."""
        super().__init__(panel, ALERTS)
        self._entry = entry
        self._keeper = keeper

    @property
    @override
    def available(self) -> bool:
        """Always."""
        return True

    @property
    @override
    def is_on(self) -> bool:
        """True while the panel is watched."""
        return self._keeper.settings(self.panel.id).watched

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Watch the panel."""
        self._watch(watched=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Let the panel be."""
        self._watch(watched=False)

    def _watch(self, *, watched: bool) -> None:
        if (subentry := self._entry.subentries.get(self.panel.subentry_id)) is not None:
            alerts = replace(alerts_of(self._entry, self.panel), watched=watched)
            self.hass.config_entries.async_update_subentry(self._entry, subentry, data=alerts.in_data(subentry.data))

    @override
    def _shown(self) -> object:
        return self.is_on

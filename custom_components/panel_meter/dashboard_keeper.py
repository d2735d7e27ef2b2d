"""Keeps the Energy dashboard in step with the panels, if the user agreed to that."""

from datetime import datetime
import logging
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_call_later

from .const import DOMAIN
from .energy_dashboard import async_apply, async_follow_renames, async_remove_panel
from .hub import Hub
from .panel import PanelRuntime

_LOGGER = logging.getLogger(__name__)

#: Seconds to wait until the entities of a new panel are registered, and for the next panel that comes at the same time.
SETTLE: Final = 3.0


class DashboardKeeper:
    """Enters new panels and circuits, follows renames and takes removed panels off."""

    def __init__(self, hass: HomeAssistant, hub: Hub) -> None:
        """Do nothing until ``start``."""
        self._hass = hass
        self._hub = hub
        self._due: CALLBACK_TYPE | None = None

    @callback
    def start(self) -> None:
        """Watch until the entry is unloaded."""
        keep = self._hub.entry.async_on_unload
        keep(async_follow_renames(self._hass))
        keep(self._hub.watch(self._changed, self._gone))
        keep(self._cancel)

    @callback
    def _changed(self, panel: PanelRuntime) -> None:
        if self._hub.options.energy_dashboard and panel.description is not None and self._due is None:
            self._due = async_call_later(self._hass, SETTLE, self._async_enter)

    async def _async_enter(self, _now: datetime) -> None:
        self._due = None
        panels = [panel.description for panel in self._hub.panels.values() if panel.description is not None]
        try:
            await async_apply(self._hass, self._hub.entry, panels, restore=False)
        except HomeAssistantError as error:
            _LOGGER.warning("The Energy dashboard was not changed: %s", error)

    @callback
    def _gone(self, panel: PanelRuntime) -> None:
        self._hass.async_create_task(async_remove_panel(self._hass, panel.id), f"{DOMAIN} energy dashboard")

    @callback
    def _cancel(self) -> None:
        if self._due is not None:
            self._due()
            self._due = None

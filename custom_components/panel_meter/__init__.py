"""Panel Meter: an open energy meter for every circuit of a home."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

from .const import DOMAIN, PLATFORMS
from .dashboard_keeper import DashboardKeeper
from .hub import Hub, PanelMeterConfigEntry
from .ledger_file import async_open_writer
from .services import async_register_services
from .statistics_keeper import StatisticsKeeper

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Register the actions."""
    async_register_services(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: PanelMeterConfigEntry) -> bool:
    """Open the ledger and begin to listen."""
    hub = Hub(hass, entry, await async_open_writer(hass))
    entry.runtime_data = hub
    try:
        await hub.async_start()
        await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    except BaseException:
        await hub.async_stop()
        raise
    DashboardKeeper(hass, hub).start()
    await StatisticsKeeper(hass, hub).async_start()
    hub.begin_listening()
    entry.async_on_unload(entry.add_update_listener(_async_updated))
    return True


async def async_unload_entry(hass: HomeAssistant, entry: PanelMeterConfigEntry) -> bool:
    """Let go of everything; what is known is on disk when this returns."""
    unloaded = await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
    if unloaded:
        await entry.runtime_data.async_stop()
    return unloaded


async def _async_updated(hass: HomeAssistant, entry: PanelMeterConfigEntry) -> None:
    """Take new panels and settings as they are; other options need a fresh start."""
    if entry.runtime_data.needs_restart:
        hass.config_entries.async_schedule_reload(entry.entry_id)
    else:
        await entry.runtime_data.async_sync()

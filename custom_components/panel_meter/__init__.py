"""Panel Meter: an open energy meter for every circuit of a home."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv, issue_registry as ir
from homeassistant.helpers.storage import Store
from homeassistant.helpers.typing import ConfigType

from .alerts.keeper import AlertKeeper, alert_keeper
from .alerts.notifier import AlertNotifier
from .api.incoming import async_register_incoming, async_start_incoming
from .api.outgoing import async_register_api
from .api.saved import async_remove_saved
from .api.tokens import async_remove_tokens
from .ask.action import async_register_ask
from .const import DOMAIN, PLATFORMS, SUBENTRY_PANEL
from .cost_memory import STORAGE_KEY as COSTS_STORAGE
from .dashboard_keeper import DashboardKeeper
from .energy_dashboard import STORAGE_KEY as DASHBOARD_STORAGE, async_remove_panel
from .frontend_files import async_serve_frontend, offer_loader, withdraw_loader
from .hub import Hub, PanelMeterConfigEntry
from .ledger_file import async_open_writer
from .money_keeper import MoneyKeeper, money_keeper
from .sentences import Sentences
from .services import async_register_services
from .statistics_keeper import STORAGE_KEY as STATISTICS_STORAGE, StatisticsKeeper
from .tariffs import STORAGE_KEY as TARIFFS_STORAGE

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Register the actions, what programs can read, what devices post to and what browsers show."""
    async_register_services(hass)
    async_register_ask(hass)
    async_register_api(hass)
    async_register_incoming(hass)
    await async_serve_frontend(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: PanelMeterConfigEntry) -> bool:
    """Open the ledger and begin to listen."""
    offer_loader(hass)
    hub = Hub(hass, entry, await async_open_writer(hass))
    entry.runtime_data = hub
    try:
        await hub.async_start()
        DashboardKeeper(hass, hub).start()
        await StatisticsKeeper(hass, hub).async_start()
        await MoneyKeeper(hass, hub).async_start()
        alerts = AlertKeeper(hass, hub)
        await alerts.async_start()
        await AlertNotifier(hass, hub, alerts).async_start()
        await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
        await async_start_incoming(hass, entry)
    except BaseException:
        await hub.async_stop()
        raise
    hub.begin_listening()
    Sentences(hass, hub).start()
    entry.async_on_unload(entry.add_update_listener(_async_updated))
    return True


async def async_unload_entry(hass: HomeAssistant, entry: PanelMeterConfigEntry) -> bool:
    """Let go of everything; what is known is on disk when this returns."""
    unloaded = await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
    if unloaded:
        await entry.runtime_data.async_stop()
    return unloaded


async def async_remove_entry(hass: HomeAssistant, entry: PanelMeterConfigEntry) -> None:
    """Take back what was left elsewhere. The ledger stays: it can go on when Panel Meter is added again."""
    withdraw_loader(hass)
    for subentry in entry.subentries.values():
        if subentry.subentry_type == SUBENTRY_PANEL:
            await async_remove_panel(hass, subentry.unique_id or "")
    for key in (COSTS_STORAGE, DASHBOARD_STORAGE, STATISTICS_STORAGE, TARIFFS_STORAGE):
        await Store[dict[str, object]](hass, 1, key).async_remove()
    await async_remove_tokens(hass)
    await async_remove_saved(hass)
    issues = ir.async_get(hass).issues
    for domain, issue_id in [key for key in issues if key[0] == DOMAIN]:
        ir.async_delete_issue(hass, domain, issue_id)


async def _async_updated(hass: HomeAssistant, entry: PanelMeterConfigEntry) -> None:
    """Take new panels and settings as they are; other options need a fresh start."""
    if entry.runtime_data.needs_restart:
        hass.config_entries.async_schedule_reload(entry.entry_id)
    else:
        await entry.runtime_data.async_sync()
        await money_keeper(hass).async_read_tariffs()
        alert_keeper(hass).read_settings()

"""The actions of Panel Meter."""

from time import time
from typing import TYPE_CHECKING, Final

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_admin_service
from homeassistant.util.json import JsonObjectType
import voluptuous as vol

from . import statistics, statistics_undo
from .action_targets import ATTR_PANELS, ATTR_PREVIEW, instant, loaded_entry, panel_ids
from .alerts.services import async_register_alert_services
from .const import DOMAIN
from .energy_dashboard import async_apply, async_plan, async_undo
from .ledger_file import ledger_path
from .money_services import async_register_money_services
from .options import CONF_ENERGY_DASHBOARD
from .statistics_keeper import async_plan as async_plan_mending

if TYPE_CHECKING:
    from .hub import PanelMeterConfigEntry

SERVICE_SETUP_ENERGY_DASHBOARD: Final = "setup_energy_dashboard"
SERVICE_REBUILD_STATISTICS: Final = "rebuild_statistics"
ATTR_UNDO: Final = "undo"
ATTR_BESIDE_OWN: Final = "beside_own_sources"
ATTR_START: Final = "start"
ATTR_END: Final = "end"
ATTR_UNDO_FILE: Final = "undo_file"

_SETUP_ENERGY_DASHBOARD_SCHEMA: Final = vol.Schema(
    {
        vol.Optional(ATTR_PREVIEW, default=False): cv.boolean,
        vol.Optional(ATTR_UNDO, default=False): cv.boolean,
        vol.Optional(ATTR_BESIDE_OWN, default=False): cv.boolean,
        vol.Optional(ATTR_PANELS): vol.All(cv.ensure_list, [cv.string]),
    }
)

_REBUILD_STATISTICS_SCHEMA: Final = vol.Schema(
    {
        vol.Optional(ATTR_PREVIEW, default=False): cv.boolean,
        vol.Optional(ATTR_START): cv.datetime,
        vol.Optional(ATTR_END): cv.datetime,
        vol.Optional(ATTR_PANELS): vol.All(cv.ensure_list, [cv.string]),
        vol.Optional(ATTR_UNDO_FILE): cv.string,
    }
)


@callback
def async_register_services(hass: HomeAssistant) -> None:
    """Register the actions; they work while the entry is loaded and say so otherwise."""

    async def setup_energy_dashboard(call: ServiceCall) -> ServiceResponse:
        return await _setup_energy_dashboard(hass, call)

    async_register_admin_service(
        hass,
        DOMAIN,
        SERVICE_SETUP_ENERGY_DASHBOARD,
        setup_energy_dashboard,
        _SETUP_ENERGY_DASHBOARD_SCHEMA,
        SupportsResponse.OPTIONAL,
    )

    async def rebuild_statistics(call: ServiceCall) -> ServiceResponse:
        return await _rebuild_statistics(hass, call)

    async_register_admin_service(
        hass,
        DOMAIN,
        SERVICE_REBUILD_STATISTICS,
        rebuild_statistics,
        _REBUILD_STATISTICS_SCHEMA,
        SupportsResponse.OPTIONAL,
    )
    async_register_money_services(hass)
    async_register_alert_services(hass)


async def _rebuild_statistics(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    entry = loaded_entry(hass)
    hub = entry.runtime_data
    folder = ledger_path(hass).parent
    if (file := call.data.get(ATTR_UNDO_FILE)) is not None:
        return {"hours": await statistics_undo.async_undo(hass, folder, file)}
    panels = [panel for panel in hub.panels.values() if panel.description is not None]
    known = [panel.description for panel in panels if panel.description is not None]
    only = panel_ids(hass, known, call.data[ATTR_PANELS]) if ATTR_PANELS in call.data else None
    start = instant(call.data[ATTR_START]) if ATTR_START in call.data else 0
    end = instant(call.data[ATTR_END]) if ATTR_END in call.data else int(time())
    chosen = [panel for panel in panels if only is None or panel.id in only]
    plans = {panel.id: await async_plan_mending(hass, hub, panel, start, end) for panel in chosen}
    mendings = [each for plan in plans.values() if plan is not None for each in plan.mendings if each.needed]
    response: JsonObjectType = {
        "hours": {each.recorded.statistic_id: len(each.rows) for each in mendings},
        "too_early": [panel_id for panel_id, plan in plans.items() if plan is None],
    }
    if mendings and not call.data[ATTR_PREVIEW]:
        name = statistics_undo.file_name(time())
        await hass.async_add_executor_job(statistics_undo.save, folder, name, mendings)
        for mending in mendings:
            statistics.write(hass, mending)
        response[ATTR_UNDO_FILE] = name
    return response


async def _setup_energy_dashboard(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    entry = loaded_entry(hass)
    panels = [panel.description for panel in entry.runtime_data.panels.values() if panel.description is not None]
    only = panel_ids(hass, panels, call.data[ATTR_PANELS]) if ATTR_PANELS in call.data else None
    preview: bool = call.data[ATTR_PREVIEW]
    if call.data[ATTR_UNDO]:
        undone = await async_undo(hass, only=only, preview=preview)
        if only is None and not preview:
            _stop_keeping_in_step(hass, entry)
        return undone.as_response()
    act = async_plan if preview else async_apply
    return (await act(hass, entry, panels, only=only, beside_own=call.data[ATTR_BESIDE_OWN])).as_response()


def _stop_keeping_in_step(hass: HomeAssistant, entry: PanelMeterConfigEntry) -> None:
    """Who takes everything off the dashboard does not want the next new circuit on it."""
    if entry.options.get(CONF_ENERGY_DASHBOARD):
        hass.config_entries.async_update_entry(entry, options={**entry.options, CONF_ENERGY_DASHBOARD: False})

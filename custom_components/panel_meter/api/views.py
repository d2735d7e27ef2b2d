"""The commands of the WebSocket API that the views of the dashboard use beside those for everybody."""

from time import time
from typing import Final

from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType
import voluptuous as vol

from ..core.steps import Step
from . import bills, outlook, parameters as by, queries, usage
from .command import IDS, Message, answers
from .sight import sight_of

#: Hours of prices at most, and without a wish.
MOST_HOURS: Final = 72
USUAL_HOURS: Final = 24


@callback
def register_views(hass: HomeAssistant) -> None:
    """Register the commands; they answer with a sentence while Panel Meter does not run."""
    for command in (_prices, _demand, _usage, _bills, _condition):
        websocket_api.async_register_command(hass, command)


@websocket_api.websocket_command(
    {
        vol.Required("type"): "panel_meter/prices",
        vol.Required("panel"): cv.string,
        vol.Optional("hours", default=USUAL_HOURS): vol.All(int, vol.Range(1, MOST_HOURS)),
    }
)
@websocket_api.async_response
@answers
async def _prices(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> JsonObjectType:
    """Prices of a kWh from now on."""
    hub = queries.loaded_hub(hass)
    sight = sight_of(hass, hub, connection.user)
    return outlook.prices(queries.seen_panel(hub, sight, msg["panel"]), sight, msg["hours"])


@websocket_api.websocket_command({vol.Required("type"): "panel_meter/demand", vol.Required("panel"): cv.string})
@websocket_api.async_response
@answers
async def _demand(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> JsonObjectType:
    """The running interval of every demand, and the highest one of the cycle."""
    hub = queries.loaded_hub(hass)
    sight = sight_of(hass, hub, connection.user)
    return outlook.demand(queries.seen_panel(hub, sight, msg["panel"]), sight)


@websocket_api.websocket_command(
    {
        vol.Required("type"): "panel_meter/usage",
        vol.Required("panel"): cv.string,
        vol.Optional("channels"): IDS,
        vol.Required("from"): cv.string,
        vol.Optional("to"): cv.string,
        vol.Optional("step", default=Step.HOUR.value): vol.In([step.value for step in Step]),
    }
)
@websocket_api.async_response
@answers
async def _usage(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> JsonObjectType:
    """Energy of channels in steps of local time, to 1 mWh."""
    hub = queries.loaded_hub(hass)
    sight = sight_of(hass, hub, connection.user)
    panel = queries.seen_panel(hub, sight, msg["panel"])
    start, end = by.span(msg, int(time()))
    registers = usage.chosen_registers(panel, sight, msg.get("channels"))
    found = await usage.async_usage(hub, panel, registers, start, end, Step(msg["step"]), by.MOST_STEPS)
    following = None if found.more_from is None else queries.local(found.more_from)
    return usage.usage_answer(found, following)


@websocket_api.websocket_command(
    {
        vol.Required("type"): "panel_meter/bills",
        vol.Optional("panels"): IDS,
        vol.Optional("offset", default=0): vol.All(int, vol.Range(0, 1_000_000)),
        vol.Optional("limit", default=24): vol.All(int, vol.Range(1, by.MOST_PAGE)),
    }
)
@websocket_api.async_response
@answers
async def _bills(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> JsonObjectType:
    """The bills: those of running cycles first, then the newest."""
    hub = queries.loaded_hub(hass)
    sight = sight_of(hass, hub, connection.user)
    found, count = bills.bills(hub, sight, msg.get("panels"), msg["offset"], msg["limit"])
    return {"bills": found, "total": count}


@websocket_api.websocket_command({vol.Required("type"): "panel_meter/condition"})
@websocket_api.async_response
@answers
async def _condition(hass: HomeAssistant, connection: ActiveConnection, _msg: Message) -> JsonObjectType:
    """Whether everything works: panels, messages that were refused, gaps, the ledger."""
    hub = queries.loaded_hub(hass)
    return await outlook.async_condition(hass, hub, sight_of(hass, hub, connection.user))

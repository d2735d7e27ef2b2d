"""Commands of Home Assistant's WebSocket API: what the cards use, and whoever else likes."""

from collections.abc import Callable
from datetime import date
from time import time
from typing import Final

from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.http import current_request
from homeassistant.util.json import JsonObjectType, JsonValueType
import voluptuous as vol

from . import bills, parameters as by, queries, usage
from .command import IDS, Message, answers, refuse
from .layout import set_layout
from .live_stream import LiveStream
from .problem import Problem, not_found, too_many
from .sight import sight_of
from .views import register_views

#: Live subscriptions of one connection.
MOST_STREAMS: Final = 16
#: Seconds between two events that a subscriber gets without asking for more.
USUAL_INTERVAL: Final = 0.25


@callback
def register_commands(hass: HomeAssistant) -> None:
    """Register every command; they answer with a sentence while Panel Meter does not run."""
    for command in (_panels, _history, _bill, _summary, _subscribe_live, _live_seen, set_layout):
        websocket_api.async_register_command(hass, command)
    register_views(hass)


@websocket_api.websocket_command({vol.Required("type"): "panel_meter/panels", vol.Optional("panels"): IDS})
@websocket_api.async_response
@answers
async def _panels(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> JsonObjectType:
    """The panels, their channels by role, and the entities that tell their values."""
    hub = queries.loaded_hub(hass)
    found = queries.panels(hass, hub, sight_of(hass, hub, connection.user), msg.get("panels"))
    return {"panels": list[JsonValueType](found)}


@websocket_api.websocket_command({vol.Required("type"): "panel_meter/summary", vol.Optional("panels"): IDS})
@websocket_api.async_response
@answers
async def _summary(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> JsonObjectType:
    """Each panel on one card."""
    hub = queries.loaded_hub(hass)
    sight = sight_of(hass, hub, connection.user)
    found = [queries.summary(hub, panel, sight) for panel in queries.seen_panels(hub, sight, msg.get("panels"))]
    return {"panels": list[JsonValueType](found)}


@websocket_api.websocket_command(
    {
        vol.Required("type"): "panel_meter/history",
        vol.Required("panel"): cv.string,
        vol.Optional("channels"): IDS,
        vol.Required("from"): cv.string,
        vol.Optional("to"): cv.string,
        vol.Required("width"): vol.All(int, vol.Range(1, usage.MOST_POINTS)),
    }
)
@websocket_api.async_response
@answers
async def _history(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> JsonObjectType:
    """Mean powers in as many steps as a chart of some points can show."""
    hub = queries.loaded_hub(hass)
    sight = sight_of(hass, hub, connection.user)
    panel = queries.seen_panel(hub, sight, msg["panel"])
    start, end = by.span(msg, int(time()))
    return await usage.async_history(hub, panel, sight, msg.get("channels"), start, end, msg["width"])


@websocket_api.websocket_command(
    {
        vol.Required("type"): "panel_meter/bill",
        vol.Required("panel"): cv.string,
        vol.Optional("day"): cv.date,
        vol.Optional("projected", default=False): bool,
    }
)
@websocket_api.async_response
@answers
async def _bill(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> JsonObjectType:
    """The bill of the running cycle so far, of the cycle of a day, or the probable one."""
    hub = queries.loaded_hub(hass)
    sight = sight_of(hass, hub, connection.user)
    day: date | None = msg.get("day")
    return bills.bill(queries.seen_panel(hub, sight, msg["panel"]), sight, day, projected=msg["projected"])


@websocket_api.websocket_command(
    {
        vol.Required("type"): "panel_meter/subscribe_live",
        vol.Optional("panels"): IDS,
        vol.Optional("interval", default=USUAL_INTERVAL): vol.All(vol.Coerce(float), vol.Range(0, 60)),
        vol.Optional("in_flight"): vol.All(int, vol.Range(1, 100)),
    }
)
@callback
def _subscribe_live(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> None:
    """Present values as they come; a slow reader gets the newest."""
    number = msg["id"]
    try:
        hub = queries.loaded_hub(hass)
        wanted: list[str] | None = msg.get("panels")
        queries.seen_panels(hub, sight_of(hass, hub, connection.user), wanted)
        if sum(isinstance(each, LiveStream) for each in connection.subscriptions.values()) >= MOST_STREAMS:
            raise too_many(1)
    except Problem as problem:
        refuse(connection, number, problem)
        return

    @callback
    def send(values: JsonObjectType) -> None:
        connection.send_message(websocket_api.event_message(number, values))

    stream = LiveStream(
        hass,
        connection.user,
        send,
        panels=None if wanted is None else frozenset(wanted),
        interval=msg["interval"],
        in_flight=msg.get("in_flight"),
        waiting=_waiting(),
    )
    connection.subscriptions[number] = stream
    connection.send_result(number)
    stream.start()


@websocket_api.websocket_command(
    {
        vol.Required("type"): "panel_meter/live_seen",
        vol.Required("subscription"): int,
        vol.Required("number"): vol.All(int, vol.Range(min=0)),
    }
)
@callback
def _live_seen(_hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> None:
    """A subscriber has dealt with all events up to a number."""
    stream = connection.subscriptions.get(msg["subscription"])
    if not isinstance(stream, LiveStream):
        refuse(connection, msg["id"], not_found("There is no such live subscription."))
        return
    stream.seen(msg["number"])
    connection.send_result(msg["id"])


def _waiting() -> Callable[[], int]:
    """Tells how many bytes the connection of the present request still holds back."""
    request = current_request.get()

    def waiting() -> int:
        transport = request.transport if request is not None else None
        return 0 if transport is None else int(transport.get_write_buffer_size())

    return waiting

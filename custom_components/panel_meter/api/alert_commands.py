"""The commands of the WebSocket API about alerts."""

from typing import Final

from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.util.json import JsonObjectType, JsonValueType
import voluptuous as vol

from ..alerts.keeper import SIGNAL_ALERT
from ..core.alerts.model import AlertEvent
from . import alerts, parameters as by, queries
from .alerts import ACTS, MOST_ALERTS, Actor, Wanted
from .command import IDS, Message, answers, refuse
from .problem import Problem
from .sight import sight_of

_LANGUAGE: Final = vol.Optional("language")


@callback
def register_alert_commands(hass: HomeAssistant) -> None:
    """Register the commands; they answer with a sentence while Panel Meter does not run."""
    for command in (_alerts, _alert_act, _subscribe_alerts):
        websocket_api.async_register_command(hass, command)


@websocket_api.websocket_command(
    {
        vol.Required("type"): "panel_meter/alerts",
        vol.Optional("panels"): IDS,
        vol.Optional("history", default=False): bool,
        vol.Optional("from"): cv.string,
        vol.Optional("to"): cv.string,
        vol.Optional("limit", default=100): vol.All(int, vol.Range(1, MOST_ALERTS)),
        _LANGUAGE: cv.string,
    }
)
@websocket_api.async_response
@answers
async def _alerts(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> JsonObjectType:
    """The open alerts, or those that are over as well, the newest first."""
    hub, keeper = queries.loaded_hub(hass), alerts.keeper_of(hass)
    panels: list[str] | None = msg.get("panels")
    wanted = Wanted(
        panels=None if panels is None else tuple(panels),
        history=msg["history"],
        start=by.FROM.of(msg),
        end=by.TO.of(msg),
    )
    found = await alerts.async_alerts(hub, keeper, sight_of(hass, hub, connection.user), wanted)
    language = by.LANGUAGE.of(msg)
    entries: list[JsonValueType] = [keeper.as_json(alert, language) for alert in found[: msg["limit"]]]
    return {"alerts": entries, "total": len(found)}


@websocket_api.websocket_command(
    {
        vol.Required("type"): "panel_meter/alert_act",
        vol.Required("alert"): vol.All(int, vol.Range(min=1)),
        vol.Required("act"): vol.In(ACTS),
        vol.Optional("until"): cv.string,
    }
)
@websocket_api.async_response
@answers
async def _alert_act(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> JsonObjectType:
    """Acknowledge, resolve or snooze an alert."""
    hub = queries.loaded_hub(hass)
    actor = Actor(hass=hass, hub=hub, user=connection.user, sight=sight_of(hass, hub, connection.user))
    alert = alerts.act(actor, msg["alert"], msg["act"], by.UNTIL.of(msg))
    return {"alert": alerts.keeper_of(hass).as_json(alert)}


@websocket_api.websocket_command(
    {
        vol.Required("type"): "panel_meter/subscribe_alerts",
        vol.Optional("panels"): IDS,
        _LANGUAGE: cv.string,
    }
)
@callback
def _subscribe_alerts(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> None:
    """What happens to alerts from now on; goes on when Panel Meter is reloaded."""
    number = msg["id"]
    panels: list[str] | None = msg.get("panels")
    try:
        hub = queries.loaded_hub(hass)
        queries.seen_panels(hub, sight_of(hass, hub, connection.user), panels)
        language = by.LANGUAGE.of(msg)
    except Problem as problem:
        refuse(connection, number, problem)
        return
    wanted = Wanted(panels=None if panels is None else tuple(panels))

    @callback
    def tell(event: AlertEvent) -> None:
        try:
            hub, keeper = queries.loaded_hub(hass), alerts.keeper_of(hass)
        except Problem:
            return
        # What the user may see can have changed since they subscribed.
        if wanted.admits(event.alert) and sight_of(hass, hub, connection.user).alerts(event.alert.panel):
            said = {"change": event.change.value, "alert": keeper.as_json(event.alert, language)}
            connection.send_message(websocket_api.event_message(number, said))

    connection.subscriptions[number] = async_dispatcher_connect(hass, SIGNAL_ALERT, tell)
    connection.send_result(number)

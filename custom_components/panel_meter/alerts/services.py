"""The actions about alerts."""

from datetime import datetime, timedelta
from time import time
from typing import Final

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.util.json import JsonObjectType
import voluptuous as vol

from ..action_targets import ATTR_PANELS, instant, loaded_entry, panel_ids
from ..const import DOMAIN
from ..core.alerts.model import Alert, Kind, Severity
from ..core.model import Panel
from ..identity import channel_device
from .filter import ATTR_KIND, ATTR_SEVERITY
from .keeper import AlertKeeper, alert_keeper

SERVICE_CREATE: Final = "create_alert"
SERVICE_ACKNOWLEDGE: Final = "acknowledge_alert"
SERVICE_RESOLVE: Final = "resolve_alert"
SERVICE_SNOOZE: Final = "snooze_alert"
SERVICE_GET: Final = "get_alerts"

ATTR_ALERT: Final = "alert"
ATTR_DEVICE: Final = "device"
ATTR_MESSAGE: Final = "message"
ATTR_FOR: Final = "for"
ATTR_UNTIL: Final = "until"
ATTR_HISTORY: Final = "history"
ATTR_START: Final = "start"
ATTR_END: Final = "end"
ATTR_LIMIT: Final = "limit"
ATTR_LANGUAGE: Final = "language"

#: Characters of a message that is created by hand, and alerts of one answer.
MOST_CHARACTERS: Final = 500
MOST_ALERTS: Final = 1000
AN_HOUR: Final = timedelta(hours=1)
LONGEST_SNOOZE: Final = timedelta(days=366)

_SEVERITY: Final = vol.In([each.value for each in Severity])
_ID: Final = vol.All(vol.Coerce(int), vol.Range(min=1))
_ALERT_SCHEMA: Final = vol.Schema({vol.Required(ATTR_ALERT): vol.All(cv.ensure_list, [_ID], vol.Length(min=1))})
_CREATE_SCHEMA: Final = vol.Schema(
    {
        vol.Required(ATTR_DEVICE): cv.string,
        vol.Required(ATTR_MESSAGE): vol.All(cv.string, vol.Strip, vol.Length(1, MOST_CHARACTERS)),
        vol.Optional(ATTR_SEVERITY, default=Severity.WARNING.value): _SEVERITY,
    }
)
_SNOOZE_SCHEMA: Final = _ALERT_SCHEMA.extend(
    {
        vol.Exclusive(ATTR_FOR, "end"): vol.All(cv.positive_time_period, vol.Range(max=LONGEST_SNOOZE)),
        vol.Exclusive(ATTR_UNTIL, "end"): cv.datetime,
    }
)
_GET_SCHEMA: Final = vol.Schema(
    {
        vol.Optional(ATTR_PANELS): vol.All(cv.ensure_list, [cv.string]),
        vol.Optional(ATTR_SEVERITY): vol.All(cv.ensure_list, [_SEVERITY]),
        vol.Optional(ATTR_KIND): vol.All(cv.ensure_list, [vol.In([each.value for each in Kind])]),
        vol.Optional(ATTR_HISTORY, default=False): cv.boolean,
        vol.Optional(ATTR_START): cv.datetime,
        vol.Optional(ATTR_END): cv.datetime,
        vol.Optional(ATTR_LIMIT, default=100): vol.All(vol.Coerce(int), vol.Range(1, MOST_ALERTS)),
        vol.Optional(ATTR_LANGUAGE): cv.string,
    }
)


@callback
def async_register_alert_services(hass: HomeAssistant) -> None:
    """Register the actions."""

    async def create(call: ServiceCall) -> ServiceResponse:
        return _create(hass, call)

    async def acknowledge(call: ServiceCall) -> None:
        keeper, by = _keeper(hass), await async_name_of_caller(hass, call.context.user_id)
        for alert_id in _open(keeper, call):
            keeper.acknowledge(alert_id, by)

    async def resolve(call: ServiceCall) -> None:
        keeper, by = _keeper(hass), await async_name_of_caller(hass, call.context.user_id)
        for alert_id in _open(keeper, call):
            keeper.resolve(alert_id, by)

    async def snooze(call: ServiceCall) -> None:
        keeper, until = _keeper(hass), _end_of_snooze(call)
        for alert_id in _open(keeper, call):
            keeper.snooze(alert_id, until)

    async def get(call: ServiceCall) -> ServiceResponse:
        return await _get(hass, call)

    register = hass.services.async_register
    register(DOMAIN, SERVICE_CREATE, create, _CREATE_SCHEMA, SupportsResponse.OPTIONAL)
    register(DOMAIN, SERVICE_ACKNOWLEDGE, acknowledge, _ALERT_SCHEMA)
    register(DOMAIN, SERVICE_RESOLVE, resolve, _ALERT_SCHEMA)
    register(DOMAIN, SERVICE_SNOOZE, snooze, _SNOOZE_SCHEMA)
    register(DOMAIN, SERVICE_GET, get, _GET_SCHEMA, SupportsResponse.ONLY)


async def async_name_of_caller(hass: HomeAssistant, user_id: str | None) -> str | None:
    """Name of a user of Home Assistant; None for an automation, which nobody called."""
    user = await hass.auth.async_get_user(user_id) if user_id else None
    return user.name if user else None


def _keeper(hass: HomeAssistant) -> AlertKeeper:
    loaded_entry(hass)
    return alert_keeper(hass)


def _open(keeper: AlertKeeper, call: ServiceCall) -> list[int]:
    """The ids that the call names; none is changed unless all of them are open."""
    ids = list(dict.fromkeys(call.data[ATTR_ALERT]))
    for alert_id in ids:
        keeper.require_open(alert_id)
    return ids


def _create(hass: HomeAssistant, call: ServiceCall) -> JsonObjectType:
    keeper = _keeper(hass)
    panel, channel = _target(hass, call.data[ATTR_DEVICE])
    alert = keeper.create(panel, channel, Severity(call.data[ATTR_SEVERITY]), call.data[ATTR_MESSAGE])
    return {"alert": keeper.as_json(alert)}


def _target(hass: HomeAssistant, device_id: str) -> tuple[str, str | None]:
    """Panel and circuit of a device; ServiceValidationError if it is neither."""
    panels = _descriptions(hass)
    panel_id = next(iter(panel_ids(hass, panels, (device_id,))))
    device = dr.async_get(hass).async_get(device_id)
    identifiers = device.identifiers if device else set()
    panel = next(each for each in panels if each.id == panel_id)
    circuits = [each.id for each in panel.channels if channel_device(panel_id, each.id) in identifiers]
    return panel_id, next(iter(circuits), None)


def _descriptions(hass: HomeAssistant) -> list[Panel]:
    panels = loaded_entry(hass).runtime_data.panels.values()
    return [panel.description for panel in panels if panel.description is not None]


def _end_of_snooze(call: ServiceCall) -> int:
    """UTC seconds; an hour from now unless the call says otherwise."""
    if ATTR_UNTIL not in call.data:
        return int(time() + call.data.get(ATTR_FOR, AN_HOUR).total_seconds())
    moment: datetime = call.data[ATTR_UNTIL]
    until = instant(moment)
    if until > time() + LONGEST_SNOOZE.total_seconds():
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="snooze_too_long")
    return until


async def _get(hass: HomeAssistant, call: ServiceCall) -> JsonObjectType:
    keeper = _keeper(hass)
    limit, only = call.data[ATTR_LIMIT], None
    if ATTR_PANELS in call.data:
        only = panel_ids(hass, _descriptions(hass), call.data[ATTR_PANELS])
    alerts = await _asked(keeper, call) if _looks_back(call) else list(keeper.open())
    chosen = [each for each in alerts if (only is None or each.panel in only) and _is_chosen(call, each)]
    language = call.data.get(ATTR_LANGUAGE)
    return {"alerts": [keeper.as_json(each, language) for each in chosen[:limit]]}


def _looks_back(call: ServiceCall) -> bool:
    return bool(call.data[ATTR_HISTORY] or ATTR_START in call.data or ATTR_END in call.data)


async def _asked(keeper: AlertKeeper, call: ServiceCall) -> list[Alert]:
    start, end = (instant(call.data[key]) if key in call.data else None for key in (ATTR_START, ATTR_END))
    return await keeper.async_history(start=start, end=end, limit=MOST_ALERTS)


def _is_chosen(call: ServiceCall, alert: Alert) -> bool:
    severities, kinds = call.data.get(ATTR_SEVERITY), call.data.get(ATTR_KIND)
    return (not severities or alert.severity in severities) and (not kinds or alert.kind in kinds)

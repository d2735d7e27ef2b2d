"""The alerts in the words of the smart energy meter with accounts."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal

from aiohttp import web

from ..alerts.keeper import AlertKeeper
from ..core.alerts.model import Alert, Severity
from ..core.codecs.posted import NAME as POSTED
from .alerts import LONGEST_MESSAGE, Actor, Wanted, act, alert_id, async_alerts, create, keeper_of
from .old_answers import Reader, answer, read_object, reader
from .problem import forbidden, invalid
from .queries import local

MOST: Final = 100
#: Words for severities, those of Panel Meter and common ones.
SEVERITIES: Final = {
    **{severity.value: severity for severity in Severity},
    "low": Severity.INFO,
    "medium": Severity.WARNING,
    "high": Severity.CRITICAL,
}


async def alerts(request: web.Request) -> web.Response:
    """The newest alerts of whoever asks; the user in the path is not needed to know who that is."""
    asked = reader(request)
    keeper = keeper_of(asked.hass)
    own = None if asked.own is None else tuple(sorted(asked.own))
    # A device may have spoken for no panel that there is.
    known = None if own is None else tuple(panel for panel in own if panel in asked.hub.panels)
    found = await async_alerts(asked.hub, keeper, asked.sight, Wanted(panels=known, history=True))
    return answer([_alert(keeper, alert) for alert in found[:MOST]])


def _alert(keeper: AlertKeeper, alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.id,
        "deviceId": alert.panel.removeprefix(f"{POSTED}:"),
        "message": keeper.told(alert).message,
        "type": alert.kind.value,
        "severity": alert.severity.value,
        "read": alert.acknowledged is not None,
        "resolved": not alert.is_open,
        "createdAt": local(alert.opened),
    }


def _actor(asked: Reader) -> Actor:
    """Problem 403 for a device."""
    if asked.user is None:
        raise forbidden("The token of a device changes no alerts. Use that of a user of Home Assistant.")
    return Actor(hass=asked.hass, hub=asked.hub, user=asked.user, sight=asked.sight)


async def create_alert(request: web.Request) -> web.Response:
    """Make an alert by hand."""
    asked = reader(request)
    actor, told = _actor(asked), await read_object(request)
    message, severity = told.get("message"), SEVERITIES.get(str(told.get("severity", Severity.WARNING)).lower())
    if not isinstance(message, str) or not 0 < len(message.strip()) <= LONGEST_MESSAGE or not message.isprintable():
        raise invalid(f"The message must be text of 1 to {LONGEST_MESSAGE} characters.")
    if severity is None:
        raise invalid(f"The severity must be one of {', '.join(SEVERITIES)}.")
    device = told.get("deviceId")
    panel = asked.panel(device) if isinstance(device, str) else asked.chosen(request)
    alert = create(actor, panel.id, None, severity, message.strip())
    return answer({"success": True, "alert": _alert(keeper_of(asked.hass), alert)}, 201)


def acting(what: Literal["acknowledge", "resolve"]) -> Callable[[web.Request], Awaitable[web.Response]]:
    """The answer to marking an alert."""

    async def handle(request: web.Request) -> web.Response:
        asked = reader(request)
        alert = act(_actor(asked), alert_id(request.match_info["alert"]), what)
        return answer({"success": True, "alert": _alert(keeper_of(asked.hass), alert)})

    return handle

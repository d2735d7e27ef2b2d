"""What can be asked and done about alerts, once for REST, WebSocket and the old paths.

Whoever may read the entity that tells of the alerts of a panel sees them; whoever may control it may act on them. What
is not seen does not exist.
"""

from dataclasses import dataclass
from time import time
from typing import Final, Literal

from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from ..alerts.keeper import AlertKeeper, alert_keeper
from ..core.alerts.model import Alert, Kind, Severity
from ..hub import Hub
from ..ledger import LedgerError
from .problem import forbidden, invalid, not_found, unavailable
from .queries import seen_channels, seen_panel, seen_panels
from .sight import Sight, may_act

#: Alerts of the past that are looked at for one answer.
MOST_ALERTS: Final = 1000
#: Characters of a message.
LONGEST_MESSAGE: Final = 500
HOUR: Final = 3600
#: Seconds for which nobody may want to be left alone any longer.
LONGEST_SNOOZE: Final = 366 * 24 * HOUR

#: Digits of an id; more would not be one.
_LONGEST_ID: Final = 15
_MISSING: Final = "There is no such open alert."

type Act = Literal["acknowledge", "resolve", "snooze"]
ACTS: Final[tuple[Act, ...]] = ("acknowledge", "resolve", "snooze")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which alerts are asked for; times are UTC seconds, and None leaves something open."""

    panels: tuple[str, ...] | None = None
    #: Those that are over as well.
    history: bool = False
    start: int | None = None
    end: int | None = None
    severity: Severity | None = None
    kind: Kind | None = None

    def admits(self, alert: Alert) -> bool:
        """Whether an alert has the severity and kind that are asked for, and is of one of the panels."""
        return (
            (self.panels is None or alert.panel in self.panels)
            and self.severity in (None, alert.severity)
            and self.kind in (None, alert.kind)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: a user with what they see."""

    hass: HomeAssistant
    hub: Hub
    user: User
    sight: Sight


@callback
def keeper_of(hass: HomeAssistant) -> AlertKeeper:
    """The keeper of alerts; Problem 503 while it is not there."""
    try:
        return alert_keeper(hass)
    except HomeAssistantError:
        raise unavailable() from None


async def async_alerts(hub: Hub, keeper: AlertKeeper, sight: Sight, wanted: Wanted) -> list[Alert]:
    """The alerts that are asked for and seen, the newest first. Problem 404 for a panel that is not there."""
    if wanted.panels is not None:
        seen_panels(hub, sight, wanted.panels)
    found = await _history(keeper, wanted) if wanted.history else list(keeper.open())
    return [alert for alert in found if sight.alerts(alert.panel) and wanted.admits(alert)]


async def _history(keeper: AlertKeeper, wanted: Wanted) -> list[Alert]:
    only = wanted.panels[0] if wanted.panels is not None and len(wanted.panels) == 1 else None
    try:
        return await keeper.async_history(only, wanted.start, wanted.end, MOST_ALERTS, wanted.kind)
    except (LedgerError, RuntimeError) as error:
        raise unavailable("The ledger cannot be asked now. Try again later.") from error


@callback
def create(actor: Actor, panel_id: str, channel: str | None, severity: Severity, message: str) -> Alert:
    """Open an alert by hand. Problem 404 for a panel or channel that is not there, 403 if the user may not."""
    keeper = keeper_of(actor.hass)
    panel = seen_panel(actor.hub, actor.sight, panel_id)
    _check(actor, panel_id)
    if channel is not None and channel not in {each.id for each in seen_channels(panel, actor.sight)}:
        raise not_found("The panel has no such channel.")
    return keeper.create(panel_id, channel, severity, message)


@callback
def act(actor: Actor, number: int, what: Act, until: int | None = None) -> Alert:
    """Change an open alert; it is snoozed until an instant (UTC seconds), by default for an hour.

    Problem 404 if it is not there or over, 403 if the user may not, 400 if the instant is past or too far.
    """
    keeper = keeper_of(actor.hass)
    alert = _open_alert(keeper, actor.sight, number)
    _check(actor, alert.panel)
    if what == "acknowledge":
        return keeper.acknowledge(number, actor.user.name)
    if what == "resolve":
        return keeper.resolve(number, actor.user.name)
    now = int(time())
    until = now + HOUR if until is None else until
    if not now < until <= now + LONGEST_SNOOZE:
        raise invalid("An alert can be snoozed until a time to come, and for a year at most.")
    return keeper.snooze(number, until)


def alert_id(text: str) -> int:
    """The id of an alert in a path; Problem 404 if it cannot be one."""
    if not text.isascii() or not text.isdecimal() or len(text) > _LONGEST_ID:
        raise not_found(_MISSING)
    return int(text)


def in_minutes(minutes: int) -> int:
    """UTC seconds of so many minutes from now."""
    return int(time()) + 60 * minutes


def _open_alert(keeper: AlertKeeper, sight: Sight, number: int) -> Alert:
    missing = not_found(_MISSING)
    try:
        alert = keeper.require_open(number)
    except ServiceValidationError:
        raise missing from None
    if not sight.alerts(alert.panel):
        raise missing
    return alert


def _check(actor: Actor, panel_id: str) -> None:
    if not may_act(actor.hass, actor.user, panel_id):
        raise forbidden("You may see this panel, and not change its alerts.")

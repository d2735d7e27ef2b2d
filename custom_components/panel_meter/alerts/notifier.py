"""Tells people of alerts: through the notify entities and mobile apps that they chose, or in Home Assistant itself."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
import logging
from time import time
from typing import Final

from homeassistant.components import persistent_notification
from homeassistant.components.notify import ATTR_DATA, ATTR_MESSAGE, ATTR_TITLE, DOMAIN as NOTIFY, SERVICE_SEND_MESSAGE
from homeassistant.const import ATTR_ENTITY_ID, STATE_UNAVAILABLE, Platform
from homeassistant.core import CALLBACK_TYPE, CoreState, Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_call_later, async_track_time_interval
from homeassistant.util import dt as dt_util
import voluptuous as vol

from ..const import DOMAIN
from ..core.alerts.model import Alert, AlertEvent, Change, Severity
from ..hub import Hub
from .keeper import AlertKeeper
from .message import (
    ACKNOWLEDGE,
    SNOOZE,
    Message,
    Words,
    as_markdown,
    button,
    for_app,
    message_of,
    pressed,
    tag_of,
)
from .routes import Routes
from .services import async_name_of_caller

_LOGGER = logging.getLogger(__name__)

#: Seconds to wait for what belongs together: when the power fails, much is found at once.
GATHER: Final = 2.0
TURN_EVERY: Final = timedelta(minutes=1)
#: Seconds for which the button snoozes.
SNOOZED_FOR: Final = 3600
EVENT_BUTTON: Final = "mobile_app_notification_action"

_RANK: Final = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(slots=True, eq=False)
class _Shown:
    """A message that is shown somewhere until all its alerts are read, snoozed or over."""

    #: Which batch it belongs to: what is told later under the same tag takes its place.
    at: int
    alerts: set[int] = field(default_factory=set)
    apps: set[str] = field(default_factory=set)
    persistent: bool = False


class AlertNotifier:
    """Tells people what is opened, once; and takes it away when it is over."""

    def __init__(self, hass: HomeAssistant, hub: Hub, keeper: AlertKeeper) -> None:
        """Do nothing until ``async_start``."""
        self._hass = hass
        self._hub = hub
        self._keeper = keeper
        self._words: Mapping[str, Words] = {}
        self._started = int(time())
        #: Alerts to tell with the next message, those that wait for the end of the quiet hours, and the snoozed ones.
        self._waiting: dict[int, None] = {}
        self._held: dict[int, None] = {}
        self._snoozed: dict[int, int] = {}
        #: How bad an alert was when it was told.
        self._told: dict[int, Severity] = {}
        self._shown: dict[str, _Shown] = {}
        #: Counts what is told at once.
        self._batch = 0
        self._due: CALLBACK_TYPE | None = None
        self._missing: set[str] = set()

    async def async_start(self) -> None:
        """Listen until the entry is unloaded."""
        self._words = await self._hass.async_add_executor_job(Words.load)
        keep = self._hub.entry.async_on_unload
        keep(self._keeper.listen(self._heard))
        keep(self._hass.bus.async_listen(EVENT_BUTTON, self._async_pressed))
        keep(async_track_time_interval(self._hass, self._turn, TURN_EVERY))
        keep(self._cancel)
        self._take_up()

    def _take_up(self) -> None:
        """Go on after a restart, which took away what Home Assistant itself showed."""
        routes = self._routes
        quiet_since = routes.quiet_since(dt_util.now())
        for alert in self._keeper.open():
            if alert.acknowledged is not None:
                continue
            self._told[alert.id] = alert.severity
            if (until := alert.snoozed_until or 0) > self._started:
                self._snoozed[alert.id] = until
            elif self._goes_nowhere(alert, routes) or (
                quiet_since is not None and alert.opened >= quiet_since.timestamp()
            ):
                self._tell_soon(alert.id)

    @property
    def _routes(self) -> Routes:
        return Routes.from_options(self._hub.entry.options)

    @staticmethod
    def _goes_nowhere(alert: Alert, routes: Routes) -> bool:
        route = routes.of(alert.severity)
        return not (route.entities or route.apps)

    # --- what happens ---

    @callback
    def _heard(self, event: AlertEvent) -> None:
        alert = event.alert
        if event.change not in (Change.OPENED, Change.REPEATED):
            for pending in (self._waiting, self._held, self._told):
                pending.pop(alert.id, None)
            self._quieten(alert)
        elif event.change is Change.OPENED or self._is_worse(alert):
            self._tell_soon(alert.id)
        # One that came back may have been snoozed before it was over.
        self._snoozed.pop(alert.id, None)
        if alert.is_open and alert.acknowledged is None and (until := alert.snoozed_until or 0) > time():
            self._snoozed[alert.id] = until

    def _is_worse(self, alert: Alert) -> bool:
        if not _is_news(alert):
            return False
        told = self._told.get(alert.id)
        return told is None or _RANK[alert.severity] > _RANK[told]

    def _tell_soon(self, alert_id: int) -> None:
        self._waiting[alert_id] = None
        if self._due is None:
            self._due = async_call_later(self._hass, GATHER, self._async_tell)

    def _quieten(self, alert: Alert) -> None:
        """Somebody has read it, or it is over: nobody needs to be told any more."""
        shown = {tag: each for tag, each in self._shown.items() if alert.id in each.alerts}
        news = {other.id for other in self._keeper.open() if _is_news(other)}
        for tag, each in shown.items():
            if not news.intersection(each.alerts):
                del self._shown[tag]
                self._take_away(tag, each.apps, persistent=each.persistent)
        if not shown and alert.opened < self._started:
            # It may have been told before the restart.
            self._take_away(tag_of(alert.id), self._routes.of(alert.severity).apps, persistent=False)

    @callback
    def _turn(self, _now: datetime) -> None:
        """Once a minute: what was snoozed, and what waited for the end of the quiet hours."""
        now = time()
        for alert_id in [each for each, until in self._snoozed.items() if until <= now]:
            del self._snoozed[alert_id]
            self._tell_soon(alert_id)
        if self._held and not self._routes.is_quiet(dt_util.now()):
            for alert_id in self._held:
                self._tell_soon(alert_id)
            self._held.clear()

    @callback
    def _cancel(self) -> None:
        if self._due is not None:
            self._due()
            self._due = None

    # --- telling ---

    async def _async_tell(self, _now: datetime) -> None:
        self._due = None
        if self._hass.state in (CoreState.not_running, CoreState.starting):
            # The phones and chats of other integrations may not be there yet.
            self._due = async_call_later(self._hass, GATHER, self._async_tell)
            return
        routes = self._routes
        quiet = routes.is_quiet(dt_util.now())
        waiting, self._waiting = self._waiting, {}
        now = [alert for alert in reversed(self._keeper.open()) if alert.id in waiting and _is_news(alert)]
        told = []
        for alert in now:
            self._told[alert.id] = alert.severity
            if quiet and alert.severity is not Severity.CRITICAL and not self._goes_nowhere(alert, routes):
                self._held[alert.id] = None
            else:
                told.append(alert)
        if told:
            await self._async_route(told, routes)

    async def _async_route(self, alerts: list[Alert], routes: Routes) -> None:
        self._batch += 1
        untold = {alert.id: alert for alert in alerts}
        for entity_id, chosen in _by_target(alerts, lambda severity: routes.of(severity).entities).items():
            if await self._async_send(entity_id, self._message(chosen)):
                for alert in chosen:
                    untold.pop(alert.id, None)
        for app, chosen in _by_target(alerts, lambda severity: routes.of(severity).apps).items():
            if await self._async_push(app, self._message(chosen)):
                for alert in chosen:
                    untold.pop(alert.id, None)
        if untold and routes.fallback:
            # Nobody was chosen, or nobody could be reached.
            self._show(self._message(list(untold.values())))

    def _message(self, alerts: Iterable[Alert]) -> Message:
        return message_of([(alert, self._keeper.told(alert)) for alert in alerts], self._language())

    def _language(self) -> Words:
        language = self._hass.config.language
        return self._words.get(language) or self._words.get(language.partition("-")[0]) or Words()

    async def _async_send(self, entity_id: str, message: Message) -> bool:
        """Through a notify entity, which takes title and text."""
        state = self._hass.states.get(entity_id)
        if state is None or state.state == STATE_UNAVAILABLE:
            return self._cannot_reach(entity_id)
        data = {ATTR_ENTITY_ID: entity_id, ATTR_TITLE: for_app(message.title), ATTR_MESSAGE: for_app(message.text)}
        return await self._async_call(SERVICE_SEND_MESSAGE, data, entity_id)

    async def _async_push(self, app: str, message: Message) -> bool:
        """Through a mobile app's own action, which has buttons."""
        if not self._hass.services.has_service(NOTIFY, app):
            return self._cannot_reach(f"{NOTIFY}.{app}")
        data = {
            ATTR_TITLE: for_app(message.title),
            ATTR_MESSAGE: for_app(message.text),
            ATTR_DATA: self._app_data(message),
        }
        if not await self._async_call(app, data, f"{NOTIFY}.{app}"):
            return False
        self._note(message).apps.add(app)
        return True

    def _app_data(self, message: Message) -> dict[str, object]:
        words = self._language()
        data: dict[str, object] = {
            "tag": message.tag,
            "group": DOMAIN,
            "channel": "Panel Meter",
            "actions": [
                {"action": button(ACKNOWLEDGE, message.alerts), "title": words.acknowledge},
                {"action": button(SNOOZE, message.alerts), "title": words.snooze},
            ],
        }
        if message.severity is Severity.CRITICAL:
            data |= {"priority": "high", "ttl": 0, "push": {"interruption-level": "time-sensitive"}}
        todo = er.async_get(self._hass).async_get_entity_id(Platform.TODO, DOMAIN, "alerts")
        if todo is not None:
            data["url"] = data["clickAction"] = f"/todo?entity_id={todo}"
        return data

    async def _async_call(self, action: str, data: Mapping[str, object], name: str) -> bool:
        try:
            await self._hass.services.async_call(NOTIFY, action, dict(data), blocking=True)
        except (HomeAssistantError, vol.Invalid) as error:
            _LOGGER.warning("Nobody was told of an alert through %s: %s", name, error)
            return False
        except Exception:
            # Whatever the other integration does, the others are told.
            _LOGGER.exception("Nobody was told of an alert through %s", name)
            return False
        self._missing.discard(name)
        return True

    def _cannot_reach(self, name: str) -> bool:
        if name not in self._missing:
            self._missing.add(name)
            _LOGGER.warning("Nobody was told of an alert through %s, which is not there", name)
        return False

    def _show(self, message: Message) -> None:
        """In Home Assistant, which renders the text as Markdown; the title is shown as it is."""
        persistent_notification.async_create(
            self._hass, as_markdown(message.text), title=message.title, notification_id=message.tag
        )
        self._note(message).persistent = True

    def _note(self, message: Message) -> _Shown:
        """Remember what is shown; at once it may be shown to several, with the alerts that each is told of."""
        shown = self._shown.setdefault(message.tag, _Shown(self._batch))
        if shown.at != self._batch:
            shown.at, shown.alerts = self._batch, set()
        shown.alerts.update(message.alerts)
        return shown

    def _take_away(self, tag: str, apps: Iterable[str], *, persistent: bool) -> None:
        if persistent:
            persistent_notification.async_dismiss(self._hass, tag)
        for app in apps:
            if self._hass.services.has_service(NOTIFY, app):
                data = {ATTR_MESSAGE: "clear_notification", ATTR_DATA: {"tag": tag}}
                self._hub.in_background(self._async_clear(app, data))

    async def _async_clear(self, app: str, data: Mapping[str, object]) -> None:
        await self._async_call(app, data, f"{NOTIFY}.{app}")

    # --- buttons ---

    async def _async_pressed(self, event: Event) -> None:
        """Somebody pressed a button; what is over by then needs nothing."""
        if (asked := pressed(event.data.get("action"))) is None:
            return
        act, ids = asked
        by = await async_name_of_caller(self._hass, event.context.user_id)
        still_open = {alert.id for alert in self._keeper.open()}
        for alert_id in ids:
            if alert_id not in still_open:
                continue
            if act == ACKNOWLEDGE:
                self._keeper.acknowledge(alert_id, by)
            else:
                self._keeper.snooze(alert_id, int(time()) + SNOOZED_FOR)


def _is_news(alert: Alert) -> bool:
    """Whether anybody is to be told of an open alert."""
    return alert.acknowledged is None and (alert.snoozed_until or 0) <= time()


def _by_target(alerts: Iterable[Alert], targets: Callable[[Severity], Iterable[str]]) -> dict[str, list[Alert]]:
    """The alerts that each target is told of."""
    found: dict[str, list[Alert]] = {}
    for alert in alerts:
        for target in targets(alert.severity):
            found.setdefault(target, []).append(alert)
    return found

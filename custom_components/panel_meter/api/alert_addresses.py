"""The addresses of alerts."""

from typing import Final

from homeassistant.util.json import JsonValueType

from ..core.alerts.model import Kind, Severity
from . import alerts, members, parameters as by
from .alerts import ACTS, LONGEST_MESSAGE, LONGEST_SNOOZE, Act, Actor, Wanted
from .members import Member
from .parameters import Parameter
from .problem import invalid
from .route import Answer, Question, Route, limits, page, said

_SEVERITIES: Final = tuple(each.value for each in Severity)
_KINDS: Final = tuple(each.value for each in Kind)

STATE: Final = by.one_of("state", "Those that are open, or those that are over as well.", ("open", "all"), "open")
SEVERITY: Final = by.one_of("severity", "All without it.", _SEVERITIES)
KIND: Final = by.one_of("kind", "All without it.", _KINDS)
SINCE: Final = Parameter(
    name="from", about="Those that were open at this time or later.", schema=by.FROM.schema, read=by.moment
)
BEFORE: Final = Parameter(name="to", about="Those that were open before.", schema=by.TO.schema, read=by.moment)

PANEL: Final = members.text("panel", "Id of the panel.", 128, needed=True)
CHANNEL: Final = members.text("channel", "Id of a channel; the whole panel without it.", 128)
MESSAGE: Final = members.text("message", "What people read.", LONGEST_MESSAGE, needed=True)
HOW_BAD: Final = members.word("severity", "How much it matters.", _SEVERITIES, Severity.WARNING.value)


def _moment(value: JsonValueType) -> int:
    return by.moment(value if isinstance(value, str) else "")


def _minutes(value: JsonValueType) -> int:
    most = LONGEST_SNOOZE // 60
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise ValueError(f"must be a whole number from 1 to {most}")
    return value


UNTIL: Final = Member(name="until", about="A date or a time to come.", schema=by.FROM.schema, read=_moment)
MINUTES: Final = Member(
    name="minutes",
    about="From now on; an hour if nothing is said.",
    schema={"type": "integer", "minimum": 1, "maximum": LONGEST_SNOOZE // 60},
    read=_minutes,
)


def _actor(question: Question) -> Actor:
    return Actor(hass=question.hass, hub=question.hub, user=question.user, sight=question.sight)


def _severity(text: str | None) -> Severity | None:
    return None if text is None else Severity(text)


async def _list(question: Question) -> Answer:
    query = question.query
    offset, limit = limits(question)
    start, end, kind = SINCE.of(query), BEFORE.of(query), KIND.of(query)
    history = STATE.of(query) == "all"
    if not history and (start, end) != (None, None):
        raise invalid("The parameters 'from' and 'to' go with 'state=all'.")
    wanted = Wanted(
        panels=by.PANELS.of(query),
        history=history,
        start=start,
        end=end,
        severity=_severity(SEVERITY.of(query)),
        kind=None if kind is None else Kind(kind),
    )
    language, keeper = by.LANGUAGE.of(query), alerts.keeper_of(question.hass)
    found = await alerts.async_alerts(question.hub, keeper, question.sight, wanted)
    entries = [keeper.as_json(alert, language) for alert in found[offset : offset + limit]]
    return page(question, "alerts", "alerts", entries, len(found))


async def _create(question: Question) -> Answer:
    body = question.body
    severity = _severity(HOW_BAD.of(body)) or Severity.WARNING
    message, panel, channel = MESSAGE.of(body), PANEL.of(body), CHANNEL.of(body)
    alert = alerts.create(_actor(question), panel or "", channel, severity, message or "")
    return said(alerts.keeper_of(question.hass).as_json(alert), status=201)


def _acting(what: Act) -> Route:
    async def answer(question: Question) -> Answer:
        until, minutes = UNTIL.of(question.body), MINUTES.of(question.body)
        if until is not None and minutes is not None:
            raise invalid("Say either 'until' or 'minutes'.")
        if minutes is not None:
            until = alerts.in_minutes(minutes)
        alert = alerts.act(_actor(question), alerts.alert_id(question.ids["alert"]), what, until)
        return said(alerts.keeper_of(question.hass).as_json(alert))

    about = {
        "acknowledge": "Say that somebody has read an alert",
        "resolve": "Say that an alert is over",
        "snooze": "Say that nobody is to be told of an alert for a while",
    }
    return Route(
        method="post",
        path=f"alerts/{{alert}}/{what}",
        name=f"{what}_alert",
        about=about[what],
        schema="Alert",
        members=(UNTIL, MINUTES) if what == "snooze" else (),
        answer=answer,
    )


ALERT_ROUTES: Final = (
    Route(
        path="alerts",
        name="alerts",
        about="Alerts, the newest first; of those that are over the newest 1,000",
        schema="AlertPage",
        parameters=(by.PANELS, STATE, SEVERITY, KIND, SINCE, BEFORE, by.LANGUAGE, by.LIMIT, by.OFFSET),
        answer=_list,
    ),
    Route(
        method="post",
        path="alerts",
        name="create_alert",
        about="Make an alert by hand",
        schema="Alert",
        members=(PANEL, CHANNEL, HOW_BAD, MESSAGE),
        status=201,
        answer=_create,
    ),
    *(_acting(what) for what in ACTS),
)

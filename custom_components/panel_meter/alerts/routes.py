"""Who is told of alerts, and when nobody wants to be woken: the owner's choice in the options of the hub."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Final, Self

from homeassistant.util import dt as dt_util

from ..core.alerts.model import Severity

CONF_NOTIFICATIONS: Final = "notifications"
CONF_QUIET_FROM: Final = "quiet_from"
CONF_QUIET_UNTIL: Final = "quiet_until"
CONF_FALLBACK: Final = "show_in_home_assistant"


def entities_key(severity: Severity) -> str:
    """Name of the option with the notify entities of a severity."""
    return f"{severity.value}_entities"


def apps_key(severity: Severity) -> str:
    """Name of the option with the mobile apps of a severity."""
    return f"{severity.value}_apps"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where alerts of one severity go."""

    #: Ids of notify entities.
    entities: tuple[str, ...] = ()
    #: Notify actions of mobile apps, such as ``mobile_app_phone``.
    apps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """Where alerts go."""

    routes: Mapping[Severity, Route] = field(default_factory=dict)
    #: Local times; None: there are no quiet hours. They may go over midnight.
    quiet_from: time | None = None
    quiet_until: time | None = None
    #: Alerts that nobody else is told of are shown as notifications of Home Assistant itself.
    fallback: bool = True

    @classmethod
    def from_options(cls, options: Mapping[str, object]) -> Self:
        """Read the options of the hub's entry; what cannot be read is as if it was never chosen."""
        data = options.get(CONF_NOTIFICATIONS)
        if not isinstance(data, Mapping):
            return cls()
        begin, end = _time(data.get(CONF_QUIET_FROM)), _time(data.get(CONF_QUIET_UNTIL))
        return cls(
            routes={
                severity: Route(
                    entities=_names(data.get(entities_key(severity))), apps=_names(data.get(apps_key(severity)))
                )
                for severity in Severity
            },
            quiet_from=begin if end is not None else None,
            quiet_until=end if begin is not None else None,
            fallback=data.get(CONF_FALLBACK) is not False,
        )

    def of(self, severity: Severity) -> Route:
        """Where alerts of a severity go."""
        return self.routes.get(severity, Route())

    def is_quiet(self, now: datetime) -> bool:
        """Whether a local time lies in the quiet hours."""
        begin, end = self.quiet_from, self.quiet_until
        if begin is None or end is None or begin == end:
            return False
        moment = now.time().replace(tzinfo=None)
        return begin <= moment < end if begin < end else moment >= begin or moment < end

    def quiet_since(self, now: datetime) -> datetime | None:
        """When the quiet hours that hold a local time began; None if it is not quiet."""
        if self.quiet_from is None or not self.is_quiet(now):
            return None
        begin = datetime.combine(now.date(), self.quiet_from, now.tzinfo)
        return begin if begin <= now else begin - timedelta(days=1)


def _names(value: object) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list | tuple) else ()


def _time(value: object) -> time | None:
    return dt_util.parse_time(value) if isinstance(value, str) else None

"""The life of alerts: opened, repeated, read, snoozed, resolved. At most one is open per panel, channel and kind."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

from .finding import Finding
from .model import Alert, AlertEvent, Change, Fact, Kind, Severity

#: An alert that resolved by itself goes on if its condition comes back within this many seconds.
COOLDOWN: Final = 3600
#: Of one panel; what is found beyond is counted in one alert. Critical ones have some places of their own.
MOST_OPEN: Final = 20
MORE_CRITICAL: Final = 10
#: Alerts of one panel that were created by hand and are open.
MOST_BY_HAND: Final = 100
LONGEST_MESSAGE: Final = 1000
#: Variant of the alert that counts what found no room.
WITHHELD: Final = "withheld"

_RANK: Final = {Severity.INFO: 0, Severity.WARNING: 1, Severity.CRITICAL: 2}
#: What an open alert of a kind says as well, so that nobody is told twice: of the same channel, or of the whole panel.
_SILENCES: Final[Mapping[Kind, frozenset[Kind]]] = {
    Kind.OVERLOAD: frozenset({Kind.CONTINUOUS_LOAD, Kind.POWER_SPIKE}),
    Kind.HIGH_POWER: frozenset({Kind.POWER_SPIKE}),
    Kind.CONTINUOUS_LOAD: frozenset({Kind.POWER_SPIKE}),
    Kind.NEUTRAL_LOST: frozenset({Kind.OVERVOLTAGE, Kind.UNDERVOLTAGE, Kind.PHASE_IMBALANCE, Kind.PHASE_LOST}),
    Kind.PHASE_LOST: frozenset({Kind.UNDERVOLTAGE, Kind.PHASE_IMBALANCE}),
}
#: What a panel that is offline cannot know of its channels and its supply.
_LIVE: Final = frozenset(Kind) - {
    Kind.OFFLINE,
    Kind.BASE_LOAD,
    Kind.ENERGY_BUDGET,
    Kind.COST_BUDGET,
    Kind.HIGH_PRICE,
    Kind.CUSTOM,
}

#: Panel, channel and kind.
type Key = tuple[str, str | None, Kind]


class TooManyAlerts(ValueError):
    """More alerts were created by hand than anybody can look at."""


class AlertBook:
    """All alerts that are open, and those that may go on.

    Instants are whole UTC seconds. KeyError for an id that is not known, or not open.
    """

    def __init__(self, alerts: Iterable[Alert], next_id: int) -> None:
        """Take open alerts and those resolved within `COOLDOWN`, and the next id that is free in the ledger."""
        self._alerts = {alert.id: alert for alert in sorted(alerts, key=lambda alert: alert.id)}
        self._next_id = max([next_id, *(number + 1 for number in self._alerts)])
        #: The newest alert of each key, but for those created by hand.
        self._newest: dict[Key, int] = {
            _key(alert): number for number, alert in self._alerts.items() if alert.kind is not Kind.CUSTOM
        }
        #: What is there but has no alert: something else says it, or there is no room.
        self._held: dict[Key, Finding] = {}

    @property
    def open(self) -> tuple[Alert, ...]:
        """The open alerts, the newest first."""
        found = [alert for alert in self._alerts.values() if alert.is_open]
        return tuple(sorted(found, key=lambda alert: (alert.opened, alert.id), reverse=True))

    def get(self, alert_id: int) -> Alert:
        """The alert with that id; KeyError if it is not open and was not resolved lately."""
        return self._alerts[alert_id]

    def found(self, panel: str, finding: Finding, now: int) -> AlertEvent | None:
        """Take what a watch found; the event to tell and to keep, if it changes anything."""
        key = (panel, finding.channel, finding.kind)
        newest = self._newest.get(key)
        alert = None if newest is None else self._alerts[newest]
        if not finding.active:
            self._held.pop(key, None)
            return self.resolve(alert.id, None, now) if alert is not None and alert.is_open else None
        if alert is not None and alert.is_open:
            return self._seen_again(alert, finding, now)
        if self._is_silenced(key):
            self._held[key] = finding
            return None
        if not self._has_room(panel, finding.severity):
            self._held[key] = finding
            return self._count_withheld(panel, now)
        self._held.pop(key, None)
        if alert is not None and alert.resolved_by is None and 0 <= now - (alert.resolved or 0) <= COOLDOWN:
            return self._come_back(alert, finding, now)
        return self._open(key, finding.severity, finding.facts, now)

    def settle(self, panel: str, now: int) -> tuple[AlertEvent, ...]:
        """Once a minute: open what was held back and need not be any more, and forget what is over for long."""
        events = []
        for key, finding in list(self._held.items()):
            if key[0] == panel and not self._is_silenced(key) and self._has_room(panel, finding.severity):
                events.append(self.found(panel, finding, now))
        summary = self._summary(panel)
        if summary is not None and not any(self._wants_room(key, panel) for key in self._held):
            events.append(self.resolve(summary.id, None, now))
        for number, alert in list(self._alerts.items()):
            if alert.resolved is not None and now - alert.resolved > COOLDOWN:
                del self._alerts[number]
                if self._newest.get(_key(alert)) == number:
                    del self._newest[_key(alert)]
        return tuple(event for event in events if event is not None)

    def keep(self, panel: str, watches: Callable[[str | None, Kind], bool], now: int) -> tuple[AlertEvent, ...]:
        """Resolve the alerts that nobody watches any more: their channel is gone or their kind switched off."""
        for key in [key for key in self._held if key[0] == panel and not watches(key[1], key[2])]:
            del self._held[key]
        return tuple(
            self.resolve(alert.id, None, now)
            for alert in self.open
            if alert.panel == panel and alert.kind is not Kind.CUSTOM and not watches(alert.channel, alert.kind)
        )

    def create(self, panel: str, channel: str | None, severity: Severity, message: str, now: int) -> AlertEvent:
        """Open an alert by hand; one that says the same and is open is counted instead.

        TooManyAlerts if a hundred of the panel are open.
        """
        key, facts = (panel, channel, Kind.CUSTOM), {"message": _clean(message)}
        by_hand = [alert for alert in self.open if alert.panel == panel and alert.kind is Kind.CUSTOM]
        for alert in by_hand:
            if (alert.channel, alert.facts) == (channel, facts):
                finding = Finding(channel=channel, kind=Kind.CUSTOM, severity=severity, facts=facts, active=True)
                return self._go_on(alert, finding, now)
        if len(by_hand) >= MOST_BY_HAND:
            raise TooManyAlerts("A hundred alerts that were created by hand are open; resolve some of them first.")
        return self._open(key, severity, facts, now)

    def acknowledge(self, alert_id: int, by: str | None, now: int) -> AlertEvent:
        """Somebody has read it; who reads it again changes nothing."""
        alert = self._opened(alert_id)
        if alert.acknowledged is None:
            alert = replace(alert, acknowledged=now, acknowledged_by=None if by is None else _clean(by))
        return self._put(Change.ACKNOWLEDGED, alert)

    def resolve(self, alert_id: int, by: str | None, now: int) -> AlertEvent:
        """It is over; ``by`` None: by itself."""
        alert = self._opened(alert_id)
        by = None if by is None else _clean(by)
        return self._put(Change.RESOLVED, replace(alert, resolved=max(now, alert.opened), resolved_by=by))

    def snooze(self, alert_id: int, until: int, now: int) -> AlertEvent:
        """Nobody is to be told of it before ``until``; an instant that is over wakes it."""
        alert = self._opened(alert_id)
        return self._put(Change.SNOOZED, replace(alert, snoozed_until=until if until > now else None))

    def _opened(self, alert_id: int) -> Alert:
        alert = self._alerts[alert_id]
        if not alert.is_open:
            raise KeyError(alert_id)
        return alert

    def _seen_again(self, alert: Alert, finding: Finding, now: int) -> AlertEvent | None:
        """It is open already: only news if it got worse, or another of its sentences holds now."""
        rise = _RANK[finding.severity] - _RANK[alert.severity]
        if rise > 0 or (rise == 0 and finding.facts.get("variant") != alert.facts.get("variant")):
            return self._go_on(alert, finding, now)
        self._alerts[alert.id] = replace(alert, seen=max(now, alert.seen))
        return None

    def _come_back(self, alert: Alert, finding: Finding, now: int) -> AlertEvent:
        """It was over, and is there again."""
        alert = replace(alert, resolved=None)
        if finding.severity is Severity.CRITICAL:
            # Who read that the breaker was overloaded takes it for over, not for read.
            alert = replace(alert, acknowledged=None, acknowledged_by=None)
        return self._go_on(alert, finding, now)

    def _go_on(self, alert: Alert, finding: Finding, now: int) -> AlertEvent:
        worse = _RANK[finding.severity] > _RANK[alert.severity]
        alert = replace(
            alert,
            severity=finding.severity,
            facts=dict(finding.facts),
            seen=max(now, alert.seen),
            repeats=alert.repeats + 1,
        )
        if worse:
            # Who has read of a lesser matter has not read of this one.
            alert = replace(alert, acknowledged=None, acknowledged_by=None, snoozed_until=None)
        return self._put(Change.REPEATED, alert)

    def _open(self, key: Key, severity: Severity, facts: Mapping[str, Fact], now: int) -> AlertEvent:
        panel, channel, kind = key
        number, self._next_id = self._next_id, self._next_id + 1
        alert = Alert(
            id=number,
            panel=panel,
            channel=channel,
            kind=kind,
            severity=severity,
            facts=dict(facts),
            opened=now,
            seen=now,
        )
        if kind is not Kind.CUSTOM:
            self._newest[key] = number
        return self._put(Change.OPENED, alert)

    def _put(self, change: Change, alert: Alert) -> AlertEvent:
        self._alerts[alert.id] = alert
        return AlertEvent(change=change, alert=alert)

    # --- what is held back ---

    def _is_silenced(self, key: Key) -> bool:
        panel, channel, kind = key
        if kind in _LIVE and self._is_open((panel, None, Kind.OFFLINE)):
            return True
        return any(
            kind in silenced and self._is_open((panel, channel, louder)) for louder, silenced in _SILENCES.items()
        )

    def _is_open(self, key: Key) -> bool:
        newest = self._newest.get(key)
        return newest is not None and self._alerts[newest].is_open

    def _has_room(self, panel: str, severity: Severity) -> bool:
        most = MOST_OPEN + (MORE_CRITICAL if severity is Severity.CRITICAL else 0)
        return sum(key[0] == panel and self._is_open(key) for key in self._newest) < most

    def _wants_room(self, key: Key, panel: str) -> bool:
        return key[0] == panel and not self._is_silenced(key)

    def _summary(self, panel: str) -> Alert | None:
        for alert in self._alerts.values():
            if alert.is_open and alert.panel == panel and alert.facts.get("variant") == WITHHELD:
                return alert
        return None

    def _count_withheld(self, panel: str, now: int) -> AlertEvent | None:
        facts: dict[str, Fact] = {
            "variant": WITHHELD,
            "withheld": sum(self._wants_room(key, panel) for key in self._held),
            "open": MOST_OPEN,
        }
        summary = self._summary(panel)
        if summary is None:
            return self._open((panel, None, Kind.CUSTOM), Severity.WARNING, facts, now)
        self._alerts[summary.id] = replace(summary, facts=facts, seen=max(now, summary.seen))
        return None


def _key(alert: Alert) -> Key:
    return alert.panel, alert.channel, alert.kind


def _clean(text: str) -> str:
    """Text that every database and page can hold."""
    return text[:LONGEST_MESSAGE].encode("utf-8", "replace").decode().replace("\0", "")

"""Alerts in the ledger. Each function takes a connection and works in its transaction."""

from collections.abc import Iterable
import json
from math import isfinite

import orjson
from sqlalchemy import Connection, Row, Select, delete, func, select, text

from ..core.alerts.model import Alert, Fact, Kind, Severity
from . import schema
from .errors import LedgerDamaged, LedgerRefused
from .records import Change

_COLUMNS = (
    "id",
    "panel",
    "channel",
    "kind",
    "severity",
    "facts",
    "opened",
    "seen",
    "repeats",
    "acknowledged",
    "acknowledged_by",
    "resolved",
    "resolved_by",
    "snoozed_until",
)
# Both databases understand this form, which SQLAlchemy offers for each of them apart only.
_SET = text(
    f"INSERT INTO alert ({', '.join(_COLUMNS)}) VALUES ({', '.join(f':{name}' for name in _COLUMNS)})"  # noqa: S608
    f" ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _COLUMNS[1:])}"
)


def write(connection: Connection, panel: int, change: Change) -> None:
    """Write the alerts of a panel as they are now, of one id the last one.

    LedgerRefused if one is of another panel, or its facts are no numbers and texts.
    """
    rows = []
    for alert in change.alerts:
        if alert.panel != change.panel:
            raise LedgerRefused(f"Alert {alert.id} of panel {alert.panel} came with a change of {change.panel}.")
        if any(isinstance(fact, float) and not isfinite(fact) for fact in alert.facts.values()):
            raise LedgerRefused(f"A number in alert {alert.id} is none.")
        values = {name: getattr(alert, name) for name in _COLUMNS}
        facts = json.dumps(dict(alert.facts), ensure_ascii=False, separators=(",", ":"))
        rows.append(
            {**values, "panel": panel, "kind": alert.kind.value, "severity": alert.severity.value, "facts": facts}
        )
    if rows:
        connection.execute(_SET, rows)


def last(connection: Connection, since: int) -> tuple[list[Alert], int]:
    """Alerts that are open or were resolved at ``since`` or later, by their id; and the highest id, 0 without any."""
    table = schema.alert
    rows = _select().where(table.c.resolved.is_(None) | (table.c.resolved >= since)).order_by(table.c.id)
    return list(_alerts(connection, rows)), connection.scalar(select(func.max(table.c.id))) or 0


def history(
    connection: Connection, panel: str | None, kind: Kind | None, span: tuple[int | None, int | None], limit: int
) -> list[Alert]:
    """Alerts that were open at some instant of ``start <= t < end``, the newest first."""
    table, (start, end) = schema.alert, span
    rows = _select()
    if panel is not None:
        rows = rows.where(schema.panel.c.name == panel)
    if kind is not None:
        rows = rows.where(table.c.kind == kind.value)
    if start is not None:
        rows = rows.where(table.c.resolved.is_(None) | (table.c.resolved >= start))
    if end is not None:
        rows = rows.where(table.c.opened < end)
    rows = rows.order_by(table.c.opened.desc(), table.c.id.desc()).limit(max(limit, 0))
    return list(_alerts(connection, rows))


def forget(connection: Connection, before: int) -> None:
    """Delete the alerts that were resolved before an instant, but for the one with the highest id: ids only rise."""
    table = schema.alert
    highest = select(func.max(table.c.id)).scalar_subquery()
    connection.execute(delete(table).where(table.c.resolved < before, table.c.id != highest))


def check(connection: Connection) -> None:
    """LedgerDamaged if an alert cannot be read."""
    for _ in _alerts(connection, _select().execution_options(yield_per=1000)):
        pass


def _select() -> Select[tuple[object, ...]]:
    table = schema.alert
    others = [table.c[name] for name in _COLUMNS if name != "panel"]
    return select(*others, schema.panel.c.name.label("panel")).join(schema.panel)


def _alerts(connection: Connection, rows: Select[tuple[object, ...]]) -> Iterable[Alert]:
    """The alerts that can be read: one of a kind that only a newer version knows is no reason to have none."""
    for row in connection.execute(rows):
        if row.kind in Kind:
            yield _alert(row)


def _alert(row: Row[tuple[object, ...]]) -> Alert:
    values = dict(row._mapping)  # noqa: SLF001 (SQLAlchemy's public name)
    try:
        values["kind"], values["severity"] = Kind(row.kind), Severity(row.severity)
        values["facts"] = _facts(row.facts)
    except ValueError as error:
        raise LedgerDamaged(f"The ledger is damaged: alert {row.id} cannot be read.") from error
    return Alert(**values)


def _facts(packed: str) -> dict[str, Fact]:
    facts = orjson.loads(packed)
    if not isinstance(facts, dict) or not all(isinstance(fact, int | float | str) for fact in facts.values()):
        raise ValueError("no facts")
    return facts

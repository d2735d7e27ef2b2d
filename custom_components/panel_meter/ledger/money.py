"""Prices and bills in the ledger. Each function takes a connection and works in its transaction."""

from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation

from sqlalchemy import Connection, Select, delete, select, text

from . import schema
from .errors import LedgerDamaged, LedgerRefused
from .records import PricePoint, StoredBill

# Both databases understand this form, which SQLAlchemy offers for each of them apart only.
_SET_PRICE = text(
    "INSERT INTO price (source, start, price) VALUES (:source, :start, :price)"
    " ON CONFLICT (source, start) DO UPDATE SET price = excluded.price"
)
_SET_BILL = text(
    'INSERT INTO bill (panel, start, "end", fingerprint, content)'
    " VALUES (:panel, :start, :end, :fingerprint, :content)"
    ' ON CONFLICT (panel, start) DO UPDATE SET "end" = excluded."end",'
    " fingerprint = excluded.fingerprint, content = excluded.content"
)


def write_prices(connection: Connection, points: Sequence[PricePoint]) -> None:
    """Write points of prices, of one key the last one; LedgerRefused if a price is no finite number."""
    rows = [{"source": point.source, "start": point.start, "price": _to_text(point)} for point in points]
    if rows:
        connection.execute(_SET_PRICE, rows)


def prices(connection: Connection, source: str, start: int, end: int) -> list[PricePoint]:
    """The point in force at the start, then all up to the end, both instants excluded."""
    table = schema.price
    later = _points(source).where(table.c.start > start, table.c.start < end).order_by(table.c.start)
    in_force = _newest(connection, _points(source).where(table.c.start <= start))
    return ([in_force] if in_force else []) + [_point(*row) for row in connection.execute(later).tuples()]


def last_price(connection: Connection, source: str) -> PricePoint | None:
    """The newest point of a source."""
    return _newest(connection, _points(source))


def check_prices(connection: Connection) -> None:
    """LedgerDamaged if a price is no number."""
    table = schema.price
    rows = select(table.c.source, table.c.start, table.c.price).execution_options(yield_per=1000)
    for row in connection.execute(rows).tuples():
        _point(*row)


def write_bills(connection: Connection, panel: int, forget: int | None, bills: Iterable[StoredBill]) -> None:
    """Delete the bills of a panel that end later than ``forget``, then write the others.

    LedgerRefused if a bill does not end after it starts.
    """
    table = schema.bill
    if forget is not None:
        connection.execute(delete(table).where(table.c.panel == panel, table.c.end > forget))
    rows = []
    for bill in bills:
        if bill.end <= bill.start:
            raise LedgerRefused(f"A bill that begins at {bill.start} does not end after that.")
        rows.append(
            {
                "panel": panel,
                "start": bill.start,
                "end": bill.end,
                "fingerprint": bill.fingerprint,
                "content": bill.content,
            }
        )
    if rows:
        connection.execute(_SET_BILL, rows)


def bills(connection: Connection, panel: str) -> list[StoredBill]:
    """The bills of a panel by their start."""
    table = schema.bill
    columns = (table.c.start, table.c.end, table.c.fingerprint, table.c.content)
    rows = select(*columns).join(schema.panel).where(schema.panel.c.name == panel).order_by(table.c.start)
    return [
        StoredBill(start=start, end=end, fingerprint=fingerprint, content=content)
        for start, end, fingerprint, content in connection.execute(rows).tuples()
    ]


def _points(source: str) -> Select[tuple[str, int, str | None]]:
    table = schema.price
    return select(table.c.source, table.c.start, table.c.price).where(table.c.source == source)


def _newest(connection: Connection, points: Select[tuple[str, int, str | None]]) -> PricePoint | None:
    row = connection.execute(points.order_by(schema.price.c.start.desc()).limit(1)).tuples().first()
    return None if row is None else _point(*row)


def _point(source: str, start: int, price: str | None) -> PricePoint:
    return PricePoint(source=source, start=start, price=None if price is None else _to_decimal(price))


def _to_text(point: PricePoint) -> str | None:
    if point.price is None:
        return None
    if not point.price.is_finite():
        raise LedgerRefused(f"The price of {point.source} is no number.")
    return str(point.price)


def _to_decimal(price: str) -> Decimal:
    try:
        number = Decimal(price)
    except InvalidOperation as error:
        raise LedgerDamaged("The ledger is damaged: a price is no number.") from error
    if not number.is_finite():
        raise LedgerDamaged("The ledger is damaged: a price is no number.")
    return number

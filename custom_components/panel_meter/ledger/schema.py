"""The tables of the ledger.

Energies are mWh, instants are UTC seconds, prices are decimal numbers as text. One interval is one row, its energies
are one text (`pack`), because a row per register would take several times the room. Sums of hours per register are kept
next to the intervals and are maintained in the same transaction.
"""

from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

#: Name and number facts about the ledger itself; `version` is that of these tables.
meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

panel = Table(
    "panel",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("description", Text),
)

register = Table(
    "register",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("panel", Integer, ForeignKey("panel.id"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("total", BigInteger, nullable=False, default=0),
    Column("shown", BigInteger),
    Column("meter", Text),
    UniqueConstraint("panel", "channel", "direction"),
)

journal = Table(
    "journal",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("panel", Integer, ForeignKey("panel.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("watermark", BigInteger, nullable=False, default=0),
    Column("last_seq", BigInteger, nullable=False, default=0),
    Column("last_end", BigInteger),
    Column("last_energy", Text),
    UniqueConstraint("panel", "name"),
)

#: Which register stands at which place of a journal's rows. Places are only ever appended, so that the older and
#: shorter rows of a growing journal keep their meaning.
place = Table(
    "place",
    metadata,
    Column("journal", Integer, ForeignKey("journal.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("register", Integer, ForeignKey("register.id"), nullable=False),
    PrimaryKeyConstraint("journal", "position"),
    UniqueConstraint("journal", "register"),
    sqlite_with_rowid=False,
)

interval = Table(
    "interval",
    metadata,
    Column("journal", Integer, ForeignKey("journal.id"), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("end", BigInteger, nullable=False),
    Column("quality", Integer, nullable=False),
    Column("checksum", BigInteger, nullable=False),
    Column("energy", Text, nullable=False),
    PrimaryKeyConstraint("journal", "seq"),
    sqlite_with_rowid=False,
)

#: Intervals longer than this are looked up by an index of their own, so that a search by time need not look back
#: further than this from the end of a row.
USUAL_SPAN = 3600
is_long = text(f'"end" - start > {USUAL_SPAN}')
is_usual = text(f'"end" - start <= {USUAL_SPAN}')

Index("interval_end", interval.c.journal, interval.c.end)
Index("interval_long", interval.c.journal, interval.c.end, sqlite_where=is_long, postgresql_where=is_long)

rejected = Table(
    "rejected",
    metadata,
    Column("journal", Integer, ForeignKey("journal.id"), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("end", BigInteger, nullable=False),
    Column("duration", BigInteger, nullable=False),
    Column("flags", BigInteger, nullable=False),
    Column("energy", Text, nullable=False),
    Column("reason", Text, nullable=False),
    PrimaryKeyConstraint("journal", "seq"),
    sqlite_with_rowid=False,
)

#: `hour` is the first instant of a UTC hour; hours without energy have no row.
hour = Table(
    "hour",
    metadata,
    Column("register", Integer, ForeignKey("register.id"), nullable=False),
    Column("hour", BigInteger, nullable=False),
    Column("energy", BigInteger, nullable=False),
    PrimaryKeyConstraint("register", "hour"),
    sqlite_with_rowid=False,
)

#: What a dynamic price was from an instant on; no price: unknown from then on. `source` is the id of an entity.
price = Table(
    "price",
    metadata,
    Column("source", Text, nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("price", Text),
    PrimaryKeyConstraint("source", "start"),
    sqlite_with_rowid=False,
)

#: Cycles that are over, as they were rated. They can always be made again of intervals, prices and the tariff.
bill = Table(
    "bill",
    metadata,
    Column("panel", Integer, ForeignKey("panel.id"), nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("end", BigInteger, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("content", Text, nullable=False),
    PrimaryKeyConstraint("panel", "start"),
    sqlite_with_rowid=False,
)

#: Alerts from their opening on; `facts` is a JSON object. Of a resolved one `resolved` is set.
alert = Table(
    "alert",
    metadata,
    Column("id", BigInteger, nullable=False, autoincrement=False),
    Column("panel", Integer, ForeignKey("panel.id"), nullable=False),
    Column("channel", Text),
    Column("kind", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("opened", BigInteger, nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("repeats", Integer, nullable=False),
    Column("acknowledged", BigInteger),
    Column("acknowledged_by", Text),
    Column("resolved", BigInteger),
    Column("resolved_by", Text),
    Column("snoozed_until", BigInteger),
    PrimaryKeyConstraint("id"),
    sqlite_with_rowid=False,
)

Index("alert_opened", alert.c.opened)


def pack(energies: Sequence[int]) -> str:
    """Energies as they stand in a column: decimal numbers with commas between them."""
    return ",".join(map(str, energies))


def unpack(packed: str) -> tuple[int, ...]:
    """The energies of `pack`."""
    return tuple(map(int, packed.split(","))) if packed else ()

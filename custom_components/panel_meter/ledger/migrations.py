"""The version of the tables: new ledgers are made whole, older ones are lifted step by step.

Each step is one transaction together with the version that it reaches, so a step that was cut off never happened and
the next start takes it again.
"""

from collections.abc import Callable, Mapping

from sqlalchemy import Connection, Engine, insert, inspect, select, text, update

from .errors import LedgerDamaged, LedgerTooNew
from .schema import meta, metadata

type Step = Callable[[Connection], None]

#: The version of the tables in `schema`. It rises by one with every change of them.
VERSION = 3

# A step spells its tables out: those in `schema` are of the present version and may have gone further.
_TABLES_OF_2 = (
    "CREATE TABLE price (source TEXT NOT NULL, start BIGINT NOT NULL, price TEXT, PRIMARY KEY (source, start))",
    'CREATE TABLE bill (panel INTEGER NOT NULL, start BIGINT NOT NULL, "end" BIGINT NOT NULL,'
    " fingerprint TEXT NOT NULL, content TEXT NOT NULL,"
    " PRIMARY KEY (panel, start), FOREIGN KEY (panel) REFERENCES panel (id))",
)


def _add_prices_and_bills(connection: Connection) -> None:
    for table in _TABLES_OF_2:
        connection.execute(text(table + _suffix(connection)))


_TABLE_OF_3 = (
    "CREATE TABLE alert (id BIGINT NOT NULL, panel INTEGER NOT NULL, channel TEXT, kind TEXT NOT NULL,"
    " severity TEXT NOT NULL, facts TEXT NOT NULL, opened BIGINT NOT NULL, seen BIGINT NOT NULL,"
    " repeats INTEGER NOT NULL, acknowledged BIGINT, acknowledged_by TEXT, resolved BIGINT, resolved_by TEXT,"
    " snoozed_until BIGINT, PRIMARY KEY (id), FOREIGN KEY (panel) REFERENCES panel (id))"
)


def _add_alerts(connection: Connection) -> None:
    connection.execute(text(_TABLE_OF_3 + _suffix(connection)))
    connection.execute(text("CREATE INDEX alert_opened ON alert (opened)"))


def _suffix(connection: Connection) -> str:
    return " WITHOUT ROWID" if connection.dialect.name == "sqlite" else ""


#: What lifts a ledger of the version that is the key to the next one.
STEPS: Mapping[int, Step] = {1: _add_prices_and_bills, 2: _add_alerts}


def create(connection: Connection) -> None:
    """Make all tables of the present version in the caller's transaction."""
    metadata.create_all(connection, checkfirst=False)
    connection.execute(insert(meta).values(name="version", value=VERSION))


def version_of(connection: Connection) -> int | None:
    """The version of the ledger; None if there is no ledger at all; LedgerDamaged if it has lost its version."""
    names = set(inspect(connection).get_table_names())
    if meta.name in names:
        version = connection.scalar(select(meta.c.value).where(meta.c.name == "version"))
        if version is not None:
            return int(version)
    if names & set(metadata.tables):
        raise LedgerDamaged("The ledger has lost its version.")
    return None


def migrate(engine: Engine, target: int = VERSION, steps: Mapping[int, Step] = STEPS) -> None:
    """Lift an existing ledger to the target version; ``engine`` is one for writing.

    LedgerTooNew if the ledger is above it, LedgerDamaged if there is no ledger.
    """
    while True:
        with engine.begin() as connection:
            version = version_of(connection)
            if version is None:
                raise LedgerDamaged("There is no ledger in the database.")
            if version > target:
                raise LedgerTooNew(
                    f"The ledger was written by a newer Panel Meter (version {version}, this one knows {target})."
                    " Install the newer version again, or restore a backup from before it."
                )
            if version == target:
                return
            steps[version](connection)
            connection.execute(update(meta).where(meta.c.name == "version").values(value=version + 1))


def missing_tables(connection: Connection) -> list[str]:
    """Names of the tables that a ledger of the present version should have and this one has not."""
    return sorted(set(metadata.tables) - set(inspect(connection).get_table_names()))

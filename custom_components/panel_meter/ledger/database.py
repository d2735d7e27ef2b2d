"""The connection to the database and the translation of its errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import sqlite3

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    TimeoutError as PoolTimeout,
)
from sqlalchemy.pool import ConnectionPoolEntry

from .errors import LedgerDamaged, LedgerError, LedgerRefused, LedgerUnavailable

#: Seconds that a statement waits for another program's lock.
LOCK_TIMEOUT = 5
#: The write-ahead log is moved into the main file when it has so many pages of 4 KiB: while many boards send their
#: backlogs, the same pages change again and again. After that it is cut back to this size.
LOG_PAGES = 4096
LOG_BYTES = LOG_PAGES * 4096
#: Each connection remembers pages of the file in so many KiB at most: every board writes to a page of its own.
CACHE_KIB = 16 * 1024

_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
#: What SQLite says of a ledger with a broken schema or broken text without a code of its own.
_SIGNS_OF_DAMAGE = ("no such table", "no such column", "decode to UTF-8", "malformed")
_REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_BUSY: "another program has locked it",
    sqlite3.SQLITE_LOCKED: "another program has locked it",
    sqlite3.SQLITE_READONLY: "it is read-only",
    sqlite3.SQLITE_PERM: "access is not permitted",
    sqlite3.SQLITE_AUTH: "access is not permitted",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened",
    sqlite3.SQLITE_IOERR: "the disk reports an error",
    sqlite3.SQLITE_NOMEM: "memory is exhausted",
}


def parse_url(url: str | URL) -> URL:
    """The URL of a ledger; LedgerError if it names neither SQLite nor PostgreSQL."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise LedgerError("The address of the ledger is not a database URL.") from error
    backend = parsed.get_backend_name()
    if backend not in ("sqlite", "postgresql"):
        raise LedgerError(f"The ledger can be kept in SQLite or PostgreSQL, not in {backend}.")
    if backend == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise LedgerError("The ledger needs a file: one in memory would be lost at every restart.")
    return parsed


def file_of(url: URL) -> Path | None:
    """The file that an SQLite URL names; None for a server."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def connect(url: URL) -> Engine:
    """An engine whose every transaction sees one state of the database and whose commits are durable."""
    try:
        if url.get_backend_name() == "postgresql":
            return create_engine(url, isolation_level="REPEATABLE READ", pool_pre_ping=True)
        engine = create_engine(url, connect_args={"timeout": LOCK_TIMEOUT})
    except ImportError as error:
        raise LedgerUnavailable(f"The driver for the ledger's database is not installed: {error.name}.") from error
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def for_writing(engine: Engine) -> Engine:
    """The same engine, but its transactions take the write lock at once instead of failing halfway."""
    return engine.execution_options(takes_write_lock=True)


def _prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # The driver must not begin transactions by itself: it would leave DDL outside of them.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA journal_size_limit = {LOG_BYTES}")
    cursor.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
    cursor.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    cursor.close()


def _begin(connection: Connection) -> None:
    write = connection.get_execution_options().get("takes_write_lock", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Turn the database's errors into LedgerError; ``name`` is how the sentences call the ledger."""
    try:
        yield
    except DBAPIError as error:
        raise _translate(name, error, error.orig) from error
    except sqlite3.Error as error:
        raise _translate(name, error, error) from error
    except PoolTimeout as error:
        raise LedgerUnavailable(f"The ledger {name} has too many readers.") from error
    except OSError as error:
        raise LedgerUnavailable(f"The ledger {name} cannot be used: {error.strerror or error}.") from error


@contextmanager
def legible(name: str) -> Iterator[None]:
    """Turn stored entries that cannot be read, such as half a number, into LedgerDamaged."""
    try:
        yield
    except (ValueError, KeyError, TypeError) as error:
        raise LedgerDamaged(f"The ledger {name} is damaged: an entry cannot be read.") from error


def _translate(name: str, error: Exception, cause: BaseException | None) -> LedgerError:
    if isinstance(error, IntegrityError | sqlite3.IntegrityError):
        return LedgerRefused(f"The ledger {name} refuses a contradicting entry: {cause}.")
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in _REASONS:
            return LedgerUnavailable(f"The ledger {name} cannot be used: {_REASONS[code]}.")
        if code in _DAMAGED or any(sign in str(cause) for sign in _SIGNS_OF_DAMAGE):
            return LedgerDamaged(f"The ledger {name} is damaged: {cause}.")
        return LedgerRefused(f"The ledger {name} refuses an entry: {cause}.")
    if isinstance(error, OperationalError | InterfaceError) or getattr(error, "connection_invalidated", False):
        return LedgerUnavailable(f"The database of the ledger {name} does not answer: {cause}.")
    return LedgerRefused(f"The ledger {name} refuses an entry: {cause}.")

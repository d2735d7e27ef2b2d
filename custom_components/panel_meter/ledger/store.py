"""The ledger: what was accepted, durable and exact."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
import os
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, delete, select, text

from ..core.alerts.model import Alert, Kind
from ..core.model import Interval, Register
from . import alerts, database, migrations, money, queries, schema
from .booking import Booking
from .directory import Directory
from .errors import LedgerDamaged, LedgerError, LedgerRefused, LedgerUnavailable
from .records import Change, JournalKey, LedgerStats, PricePoint, StoredBill, StoredPanel, UsageRow


def sqlite_url(path: Path) -> URL:
    """The URL of a ledger in a file."""
    return URL.create("sqlite", database=str(path))


class Ledger:
    """A ledger that is open.

    `commit`, `commit_prices`, `forget_alerts`, `erase` and `close` must come from one thread at a time; questions may
    come from others meanwhile and see the last committed state. Every method raises LedgerUnavailable or LedgerDamaged
    when the database does.
    """

    def __init__(self, url: URL, engine: Engine) -> None:
        """Use `open`."""
        self._engine = engine
        self._writing = database.for_writing(engine)
        #: The file of the ledger; None if it is on a server.
        self.path = database.file_of(url)
        self.name = self.path.name if self.path else str(url.database)
        self._inode = self.path.stat().st_ino if self.path else None
        self._directory: Directory | None = None

    @classmethod
    def open(cls, url: str | URL) -> Ledger:
        """Open the ledger at a database URL, make it if there is none, lift it to the present version and check it.

        LedgerDamaged if the file is no whole ledger, LedgerTooNew if a newer version wrote it, LedgerUnavailable if it
        cannot be reached, LedgerError if the URL names no database of ours.
        """
        parsed = database.parse_url(url)
        path = database.file_of(parsed)
        name = path.name if path else str(parsed.database)
        with database.translated(name):
            if path is not None and not path.exists():
                _create_file(path)
            elif path is not None and path.stat().st_size == 0:
                raise LedgerDamaged(f"The ledger {name} is empty.")
            engine = database.connect(parsed)
            try:
                _prepare(engine, path, name)
                return cls(parsed, engine)
            except BaseException:
                engine.dispose()
                raise

    def load(self) -> dict[str, StoredPanel]:
        """Every panel by its id."""
        with self._read() as connection:
            return queries.load(connection)

    def commit(self, changes: Sequence[Change]) -> None:
        """Write all changes in one durable transaction, or none.

        An interval or rejected row whose journal has that sequence number already is ignored wholly. LedgerRefused if
        a change contradicts itself or the ledger.
        """
        try:
            with self._write() as connection:
                if self._directory is None:
                    with database.legible(self.name):
                        self._directory = Directory.load(connection)
                booking = Booking(connection, self._directory)
                for change in changes:
                    booking.add(change)
                booking.write()
        except BaseException:
            # It may name rows that were rolled back.
            self._directory = None
            raise

    def commit_prices(self, points: Sequence[PricePoint]) -> None:
        """Write all points of dynamic prices in one durable transaction, or none.

        A point of the same source and instant is replaced. LedgerRefused if a price is no finite number.
        """
        with self._write() as connection:
            money.write_prices(connection, points)

    def energy(self, panel: str, edges: Sequence[int]) -> dict[Register, list[int]]:
        """Energy in mWh of every register of a panel between neighbouring edges (rising UTC seconds), exact to the mWh.

        An interval that straddles an edge is cut evenly; the parts of neighbouring buckets add up to the whole.
        """
        with self._read() as connection:
            return queries.energy(connection, panel, edges)

    def first_hour(self, panel: str) -> int | None:
        """UTC hour in which the first interval of a panel begins, but for an opening balance; None if there is none."""
        with self._read() as connection:
            return queries.first_hour(connection, panel)

    def intervals(self, panel: str, start: int, end: int) -> Iterator[tuple[JournalKey, Interval]]:
        """Intervals of all journals of a panel that share an instant with ``start < t <= end``, by their end.

        Energies are padded with 0 to all registers of the journal. Read it in the thread that asks.
        """
        with self._read() as connection:
            yield from queries.intervals(connection, panel, start, end)

    def usage(self, panel: str, start: int, end: int) -> Iterator[tuple[JournalKey, list[UsageRow]]]:
        """The same intervals in the same order as `intervals`, twice as fast: for whoever rates years of them.

        Each list holds neighbours of one journal. An interval that straddles ``start`` or ``end`` comes whole, and one
        that begins at ``end`` comes too. Read it in the thread that asks.
        """
        with self._read() as connection:
            yield from queries.usage(connection, panel, start, end)

    def prices(self, source: str, start: int, end: int) -> list[PricePoint]:
        """Points of a dynamic price by their start: the one in force at ``start``, and all with ``start < t < end``."""
        with self._read() as connection:
            return money.prices(connection, source, start, end)

    def last_price(self, source: str) -> PricePoint | None:
        """The newest point of a dynamic price; None if there is none."""
        with self._read() as connection:
            return money.last_price(connection, source)

    def bills(self, panel: str) -> list[StoredBill]:
        """The bills of a panel by the start of their cycle."""
        with self._read() as connection:
            return money.bills(connection, panel)

    def last_alerts(self, since: int) -> tuple[list[Alert], int]:
        """Alerts that are open or were resolved at ``since`` or later, by their id; and the highest id that is stored.

        The highest id is 0 without any alert.
        """
        with self._read() as connection:
            return alerts.last(connection, since)

    def alerts(
        self,
        panel: str | None = None,
        kind: Kind | None = None,
        start: int | None = None,
        end: int | None = None,
        limit: int = 100,
    ) -> list[Alert]:
        """Alerts of a panel (None: of all) and kind that were open at some instant of ``start <= t < end``.

        The newest first, at most ``limit`` of them.
        """
        with self._read() as connection:
            return alerts.history(connection, panel, kind, (start, end), limit)

    def forget_alerts(self, before: int) -> None:
        """Delete the alerts that were resolved before an instant, for good."""
        with self._write() as connection:
            alerts.forget(connection, before)

    def checksums(self, panel: str, journal: str, first_seq: int, last_seq: int) -> dict[int, int]:
        """Checksums of the stored intervals of a journal from one sequence number to another, both included."""
        with self._read() as connection:
            return queries.checksums(connection, panel, journal, first_seq, last_seq)

    def stats(self) -> LedgerStats:
        """Counts for diagnostics."""
        with self._read() as connection:
            return queries.stats(connection, migrations.version_of(connection) or 0, self._size(connection))

    def erase(self, panel: str) -> None:
        """Forget a panel and all its energy, for good."""
        with self._write() as connection:
            _erase(connection, panel)
        if self._directory is not None:
            self._directory.forget(panel)

    def checkpoint(self) -> None:
        """Move what stands in the write-ahead log into the main file, so that a copy of that file alone is whole."""
        if self.path is not None:
            self._outside_of_transactions("PRAGMA wal_checkpoint(TRUNCATE)")

    def copy_to(self, path: Path) -> None:
        """Write a whole and durable copy to another file; an existing one is replaced. Only for ledgers in a file."""
        if self.path is None:
            raise LedgerError("A ledger on a database server is copied with the server's own tools.")
        with database.translated(path.name):
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f"{path.name}.draft")
            draft.unlink(missing_ok=True)
            try:
                self._outside_of_transactions("VACUUM INTO ?", str(draft))
                move_durably(draft, path)
            finally:
                draft.unlink(missing_ok=True)

    def verify(self) -> None:
        """Read everything and compare it: LedgerDamaged if the file, the hours, the intervals or the totals disagree.

        Prices must be numbers and alerts legible; bills are not looked at, for they can be made again.
        Takes seconds per million intervals.
        """
        with self._read() as connection:
            if self.path is not None:
                _check_pages(connection, "integrity_check")
                if connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                    raise LedgerDamaged(f"The ledger {self.name} is damaged: an entry belongs to nothing.")
            queries.compare_sums(connection)
            money.check_prices(connection)
            alerts.check(connection)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with database.translated(self.name), database.legible(self.name), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        self._check_in_place()
        with database.translated(self.name):
            try:
                with self._writing.begin() as connection:
                    yield connection
            except OverflowError as error:
                raise LedgerRefused("A number is too large for the ledger.") from error

    def _outside_of_transactions(self, statement: str, *parameters: str) -> None:
        with database.translated(self.name), closing(self._engine.raw_connection()) as connection:
            connection.cursor().execute(statement, parameters)

    def _check_in_place(self) -> None:
        # SQLite goes on writing into a file that was deleted or replaced, and all of it would be lost.
        if self.path is not None:
            try:
                present = self.path.stat().st_ino
            except OSError:
                present = None
            if present != self._inode:
                raise LedgerUnavailable(
                    f"The ledger {self.name} was moved, deleted or replaced while Panel Meter was running."
                )

    def _size(self, connection: Connection) -> int:
        if self.path is not None:
            pages, page = (connection.scalar(text(f"PRAGMA {name}")) for name in ("page_count", "page_size"))
            return int(pages or 0) * int(page or 0)
        sizes = (connection.scalar(text("SELECT pg_total_relation_size(:t)"), {"t": t}) for t in schema.metadata.tables)
        return sum(size or 0 for size in sizes)


def move_durably(source: Path, target: Path) -> None:
    """Rename a finished file so that, whatever happens, the target is the old file or the whole new one."""
    with source.open("rb+") as file:
        os.fsync(file.fileno())
    source.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _create_file(path: Path) -> None:
    # Made aside and renamed when it is whole, so that a file without its tables is always a damaged one.
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.with_name(f"{path.name}-wal").exists():
        # SQLite would play the log of the lost file into the new one.
        raise LedgerDamaged(f"The ledger {path.name} is gone, only its write-ahead log is left.")
    draft = path.with_name(f"{path.name}.draft")
    for suffix in ("", "-wal", "-shm"):
        draft.with_name(draft.name + suffix).unlink(missing_ok=True)
    engine = database.connect(sqlite_url(draft))
    try:
        with database.for_writing(engine).begin() as connection:
            migrations.create(connection)
    finally:
        engine.dispose()
    move_durably(draft, path)


def _prepare(engine: Engine, path: Path | None, name: str) -> None:
    writing = database.for_writing(engine)
    if path is None:
        with writing.begin() as connection:
            if migrations.version_of(connection) is None:
                migrations.create(connection)
    else:
        with engine.begin() as connection:
            _check_pages(connection, "quick_check")
    migrations.migrate(writing)
    with engine.begin() as connection:
        if missing := migrations.missing_tables(connection):
            raise LedgerDamaged(f"The ledger lacks the tables {', '.join(missing)}.")
        with database.legible(name):
            queries.load(connection)
            queries.compare_totals(connection)


def _check_pages(connection: Connection, check: str) -> None:
    complaints = list(connection.exec_driver_sql(f"PRAGMA {check}(3)").scalars())
    if complaints != ["ok"]:
        raise LedgerDamaged(f"The ledger is damaged: {'; '.join(map(str, complaints))}.")


def _erase(connection: Connection, name: str) -> None:
    panel = select(schema.panel.c.id).where(schema.panel.c.name == name).scalar_subquery()
    journals = select(schema.journal.c.id).where(schema.journal.c.panel == panel)
    registers = select(schema.register.c.id).where(schema.register.c.panel == panel)
    for table in (schema.interval, schema.rejected, schema.place):
        connection.execute(delete(table).where(table.c.journal.in_(journals)))
    connection.execute(delete(schema.hour).where(schema.hour.c.register.in_(registers)))
    for table in (schema.alert, schema.bill, schema.journal, schema.register):
        connection.execute(delete(table).where(table.c.panel == panel))
    connection.execute(delete(schema.panel).where(schema.panel.c.name == name))

"""Turns changes into rows: everything that one transaction writes, in few statements however many changes there are."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, Executable, bindparam, insert, select, union_all, update

from ..core.model import Interval, RejectedRow
from ..core.spread import spread
from . import alerts, money, schema
from .description import to_text
from .directory import Directory, JournalEntry, PanelEntry
from .errors import LedgerRefused
from .records import Change

HOUR = 3600
#: Longer intervals are nonsense, and cutting them into hours would fill the disk.
LONGEST_SPAN = 10 * 366 * 24 * HOUR

# Of these there are millions after an absence of many boards, so that their values go to the driver as they are. Both
# databases understand them.
_ADD_INTERVAL = (
    'INSERT INTO interval (journal, seq, start, "end", quality, checksum, energy) VALUES (?, ?, ?, ?, ?, ?, ?)'
)
_ADD_HOUR = (
    "INSERT INTO hour (register, hour, energy) VALUES (?, ?, ?)"
    " ON CONFLICT (register, hour) DO UPDATE SET energy = hour.energy + excluded.energy"
)
_ADD_TOTAL = "UPDATE register SET total = total + ? WHERE id = ?"
_SET_METER = (
    update(schema.register).where(schema.register.c.id == bindparam("register_id")).values(meter=bindparam("state"))
)
_RAISE_SHOWN = (
    update(schema.register)
    .where(schema.register.c.id == bindparam("register_id"))
    .where(schema.register.c.shown.is_(None) | (schema.register.c.shown < bindparam("highest")))
    .values(shown=bindparam("highest"))
)
_SET_JOURNAL = (
    update(schema.journal)
    .where(schema.journal.c.id == bindparam("journal_id"))
    .values(
        watermark=bindparam("mark"),
        last_seq=bindparam("last"),
        last_end=bindparam("at"),
        last_energy=bindparam("registers"),
    )
)


class Booking:
    """Collects changes, then writes them."""

    def __init__(self, connection: Connection, directory: Directory) -> None:
        self._connection = connection
        self._directory = directory
        self._intervals: list[tuple[int | str, ...]] = []
        self._rejected: list[dict[str, int | str]] = []
        self._taken: dict[int, set[int]] = {}
        self._hours: dict[tuple[int, int], int] = {}
        self._totals: dict[int, int] = {}
        self._meters: dict[int, str] = {}
        self._shown: dict[int, int] = {}
        self._journals: dict[int, dict[str, int | str | None]] = {}
        self._descriptions: dict[int, str] = {}
        self._bills: list[tuple[int, Change]] = []
        self._alerts: list[tuple[int, Change]] = []

    def add(self, change: Change) -> None:
        """Take one change in; LedgerRefused if it contradicts the ledger or itself."""
        panel = self._directory.panel(self._connection, change.panel)
        if change.description is not None:
            self._descriptions[panel.id] = to_text(change.description)
        self._add_journal(panel, change)
        for register, state in change.meters.items():
            self._meters[self._directory.register(self._connection, panel, register)] = state
        for register, highest in change.shown.items():
            number = self._directory.register(self._connection, panel, register)
            self._shown[number] = max(highest, self._shown.get(number, highest))
        if change.bills or change.forget_bills is not None:
            self._bills.append((panel.id, change))
        if change.alerts:
            self._alerts.append((panel.id, change))

    def write(self) -> None:
        """Write all that was added, in the transaction of the connection."""
        self._as_they_are(_ADD_INTERVAL, self._intervals)
        self._many(insert(schema.rejected), self._rejected)
        # In the order of the key, because neighbouring rows share pages.
        hours = sorted(self._hours.items())
        self._as_they_are(_ADD_HOUR, [(register, hour, energy) for (register, hour), energy in hours])
        self._as_they_are(_ADD_TOTAL, [(energy, register) for register, energy in self._totals.items()])
        self._many(_SET_METER, [{"register_id": r, "state": state} for r, state in self._meters.items()])
        self._many(_RAISE_SHOWN, [{"register_id": r, "highest": energy} for r, energy in self._shown.items()])
        self._many(_SET_JOURNAL, list(self._journals.values()))
        for number, description in self._descriptions.items():
            connection, table = self._connection, schema.panel
            connection.execute(update(table).where(table.c.id == number).values(description=description))
        # Bills are rare, and whether one is kept depends on the order of the changes.
        for number, change in self._bills:
            money.write_bills(self._connection, number, change.forget_bills, change.bills)
        for number, change in self._alerts:
            alerts.write(self._connection, number, change)

    def _many(self, statement: Executable, rows: Sequence[Mapping[str, object]]) -> None:
        if rows:
            self._connection.execute(statement, rows)

    def _as_they_are(self, statement: str, rows: Sequence[tuple[int | str, ...]]) -> None:
        if rows:
            if self._connection.dialect.paramstyle != "qmark":
                statement = statement.replace("?", "%s")
            self._connection.exec_driver_sql(statement, rows)

    def _add_journal(self, panel: PanelEntry, change: Change) -> None:
        journal = change.journal
        if journal is None:
            if change.intervals or change.rejected:
                raise LedgerRefused(f"A change of panel {change.panel} has rows but names no journal.")
            return
        entry = self._directory.journal(self._connection, panel, journal)
        self._journals[entry.id] = {
            "journal_id": entry.id,
            "mark": journal.watermark,
            "last": journal.last_seq,
            "at": journal.last_end,
            "registers": None if journal.last_energy is None else schema.pack(journal.last_energy),
        }
        taken = self._stored(entry, change)
        for interval in change.intervals:
            if interval.seq not in taken:
                taken.add(interval.seq)
                self._add_interval(entry, interval)
        for rejected in change.rejected:
            if rejected.row.seq not in taken:
                taken.add(rejected.row.seq)
                self._add_rejected(entry, rejected)
        entry.newest = max(entry.newest, max(taken, default=0))

    def _stored(self, entry: JournalEntry, change: Change) -> set[int]:
        """Sequence numbers that are taken: those of this transaction and those in the way of the change."""
        taken = self._taken.setdefault(entry.id, set())
        old = [seq for seq in _seqs(change) if seq <= entry.newest and seq not in taken]
        if old:
            first, last = min(old), max(old)
            found = union_all(
                *(
                    select(table.c.seq).where(table.c.journal == entry.id, table.c.seq.between(first, last))
                    for table in (schema.interval, schema.rejected)
                )
            )
            taken.update(self._connection.scalars(found))
        return taken

    def _add_interval(self, entry: JournalEntry, interval: Interval) -> None:
        energy, start, end = interval.energy, interval.start, interval.end
        if len(energy) > len(entry.register_ids) or min(energy, default=0) < 0:
            raise LedgerRefused(f"Interval {interval.seq} has negative energy, or more than its journal has registers.")
        if not 0 <= end - start <= LONGEST_SPAN:
            raise LedgerRefused(f"Interval {interval.seq} ends before it starts or is longer than ten years.")
        self._intervals.append(
            (entry.id, interval.seq, start, end, int(interval.quality), interval.checksum, schema.pack(energy))
        )
        # An interval without a span belongs to the hour that holds its end (`core.spread.share`).
        last = (end - 1) // HOUR * HOUR
        first = last if start == end else start // HOUR * HOUR
        hours, totals = self._hours, self._totals
        for register, amount in zip(entry.register_ids, energy, strict=False):
            if not amount:
                continue
            totals[register] = totals.get(register, 0) + amount
            if first == last:
                key = (register, last)
                hours[key] = hours.get(key, 0) + amount
                continue
            edges = range(first, last + HOUR + 1, HOUR)
            for instant, part in zip(edges, spread(amount, start, end, edges), strict=False):
                if part:
                    key = (register, instant)
                    hours[key] = hours.get(key, 0) + part

    def _add_rejected(self, entry: JournalEntry, rejected: RejectedRow) -> None:
        row = rejected.row
        self._rejected.append(
            {
                "journal": entry.id,
                "seq": row.seq,
                "end": row.end,
                "duration": row.duration,
                "flags": row.flags,
                "energy": schema.pack(row.energy),
                "reason": rejected.reason.value,
            }
        )


def _seqs(change: Change) -> Iterable[int]:
    yield from (interval.seq for interval in change.intervals)
    yield from (rejected.row.seq for rejected in change.rejected)

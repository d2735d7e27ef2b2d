"""Questions to the ledger. Each takes a connection and sees one state of the database."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import batched, groupby, islice, pairwise
from operator import itemgetter

from sqlalchemy import CTE, BigInteger, Connection, Executable, and_, bindparam, column, func, select, union_all, values

from ..core.model import OPENING_JOURNAL, Direction, Interval, Journal, Register
from ..core.spread import share
from . import schema
from .description import from_text
from .errors import LedgerDamaged
from .records import JournalKey, LedgerStats, StoredPanel, UsageRow

HOUR = 3600
#: Spans that are asked for in one statement.
_SPANS = 400

#: Rows of `usage` that are read at a time.
_CHUNK = 1000

#: Number of the bucket, and its lower and upper edge or a part of it.
type Span = tuple[int, int, int]


def load(connection: Connection) -> dict[str, StoredPanel]:
    """Every panel with its journals and registers."""
    panels = {row.id: row for row in connection.execute(select(schema.panel).order_by(schema.panel.c.id))}
    journals: dict[int, dict[str, Journal]] = {number: {} for number in panels}
    totals: dict[int, dict[Register, int]] = {number: {} for number in panels}
    meters: dict[int, dict[Register, str]] = {number: {} for number in panels}
    shown: dict[int, dict[Register, int]] = {number: {} for number in panels}
    registers: dict[int, Register] = {}
    for row in connection.execute(select(schema.register).order_by(schema.register.c.id)):
        register = registers[row.id] = Register(row.channel, Direction(row.direction))
        totals[row.panel][register] = row.total
        if row.meter is not None:
            meters[row.panel][register] = row.meter
        if row.shown is not None:
            shown[row.panel][register] = row.shown
    places = _places(connection)
    for row in connection.execute(select(schema.journal).order_by(schema.journal.c.id)):
        journals[row.panel][row.name] = Journal(
            id=row.name,
            registers=tuple(registers[number] for number in places.get(row.id, ())),
            watermark=row.watermark,
            last_seq=row.last_seq,
            last_end=row.last_end,
            last_energy=None if row.last_energy is None else schema.unpack(row.last_energy),
        )
    return {
        row.name: StoredPanel(
            description=None if row.description is None else from_text(row.description),
            journals=journals[number],
            totals=totals[number],
            meters=meters[number],
            shown=shown[number],
        )
        for number, row in panels.items()
    }


def energy(connection: Connection, panel: str, edges: Sequence[int]) -> dict[Register, list[int]]:
    """Energy of every register of the panel between neighbouring edges, in mWh."""
    registers = _registers(connection, panel)
    sums = {number: [0] * max(len(edges) - 1, 0) for number in registers}
    hours, parts = _cut(edges)
    for spans in batched(hours, _SPANS, strict=False):
        for bucket, number, amount in _hour_sums(connection, list(registers), spans):
            sums[number][bucket] += int(amount)
    if parts:
        places = {journal: numbers for journal, _, numbers in _journals(connection, panel)}
        _add_parts(connection, places, parts, sums)
    return {register: sums[number] for number, register in registers.items()}


def first_hour(connection: Connection, panel: str) -> int | None:
    """UTC hour in which the first interval of a panel begins, but for an opening balance; None if there is none."""
    table = schema.interval
    begins = [
        connection.scalar(select(table.c.start).where(table.c.journal == number).order_by(table.c.end).limit(1))
        for number, name, _ in _journals(connection, panel)
        if name != OPENING_JOURNAL
    ]
    return min((int(begin) // HOUR * HOUR for begin in begins if begin is not None), default=None)


def intervals(connection: Connection, panel: str, start: int, end: int) -> Iterator[tuple[JournalKey, Interval]]:
    """Intervals that share an instant with ``start < t <= end``, by end; energies for all registers of the journal."""
    keys = _keys(connection, panel)
    rows = _by_end(keys, start, end, *schema.interval.c.keys())
    for row in connection.execution_options(yield_per=1000).execute(rows):
        key = keys[row.journal]
        padded = _padded(schema.unpack(row.energy), len(key.registers))
        yield (
            key,
            Interval(
                seq=row.seq, start=row.start, end=row.end, energy=padded, quality=row.quality, checksum=row.checksum
            ),
        )


def usage(connection: Connection, panel: str, start: int, end: int) -> Iterator[tuple[JournalKey, list[UsageRow]]]:
    """The same as `intervals`, as plain tuples in lists of neighbours of one journal."""
    keys = _keys(connection, panel)
    rows = _by_end(keys, start, end, "journal", "seq", "start", "end", "quality", "energy")
    for chunk in connection.execution_options(yield_per=_CHUNK).execute(rows).partitions():
        for journal, neighbours in groupby(chunk, key=itemgetter(0)):
            key = keys[journal]
            width = len(key.registers)
            yield (
                key,
                [
                    (begin, until, quality, _padded(schema.unpack(packed), width))
                    for _, _, begin, until, quality, packed in neighbours
                ],
            )


def checksums(connection: Connection, panel: str, journal: str, first_seq: int, last_seq: int) -> dict[int, int]:
    """Checksum of every stored interval of a range of sequence numbers, both ends included."""
    table = schema.interval
    rows = (
        select(table.c.seq, table.c.checksum)
        .join(schema.journal, table.c.journal == schema.journal.c.id)
        .join(schema.panel, schema.journal.c.panel == schema.panel.c.id)
        .where(schema.panel.c.name == panel, schema.journal.c.name == journal)
        .where(table.c.seq.between(first_seq, last_seq))
    )
    return {int(seq): int(checksum) for seq, checksum in connection.execute(rows).tuples()}


def stats(connection: Connection, version: int, size_bytes: int) -> LedgerStats:
    """Counts; reads whole indexes, so not for every second."""
    tables = (
        schema.panel,
        schema.journal,
        schema.register,
        schema.interval,
        schema.hour,
        schema.price,
        schema.bill,
        schema.alert,
    )
    counts = [connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables]
    ends = connection.execute(select(func.min(schema.interval.c.end), func.max(schema.interval.c.end))).one()
    rows = (
        select(schema.panel.c.name, schema.rejected.c.reason, func.count())
        .join(schema.journal, schema.rejected.c.journal == schema.journal.c.id)
        .join(schema.panel, schema.journal.c.panel == schema.panel.c.id)
        .group_by(schema.panel.c.name, schema.rejected.c.reason)
    )
    rejected: dict[str, dict[str, int]] = {}
    for panel, reason, count in connection.execute(rows).tuples():
        rejected.setdefault(panel, {})[reason] = count
    return LedgerStats(
        version=version,
        size_bytes=size_bytes,
        panels=counts[0],
        journals=counts[1],
        registers=counts[2],
        intervals=counts[3],
        hours=counts[4],
        prices=counts[5],
        bills=counts[6],
        alerts=counts[7],
        oldest=ends[0],
        newest=ends[1],
        rejected=rejected,
    )


def _registers(connection: Connection, panel: str) -> dict[int, Register]:
    table = schema.register
    rows = select(table).join(schema.panel).where(schema.panel.c.name == panel).order_by(table.c.id)
    return {row.id: Register(row.channel, Direction(row.direction)) for row in connection.execute(rows)}


def _journals(connection: Connection, panel: str) -> list[tuple[int, str, list[int]]]:
    """Row id, name and register ids of every journal of a panel."""
    table = schema.journal
    rows = select(table.c.id, table.c.name).join(schema.panel).where(schema.panel.c.name == panel)
    found = connection.execute(rows.order_by(table.c.id)).tuples().all()
    places = _places(connection, [number for number, _ in found])
    return [(number, name, places.get(number, [])) for number, name in found]


def _keys(connection: Connection, panel: str) -> dict[int, JournalKey]:
    """Name and registers of every journal of a panel, by row id."""
    registers = _registers(connection, panel)
    return {
        journal: JournalKey(name, tuple(registers[number] for number in numbers))
        for journal, name, numbers in _journals(connection, panel)
    }


def _by_end(journals: Iterable[int], start: int, end: int, *names: str) -> Executable:
    """Asks for some columns of the intervals of journals that share an instant with ``start < t <= end``, by end."""
    table = schema.interval
    columns = [table.c[name] for name in names]
    met = and_(table.c.journal.in_(list(journals)), table.c.end > start, table.c.start <= end)
    usual = and_(met, table.c.end <= end + schema.USUAL_SPAN, schema.is_usual)
    rows = union_all(select(*columns).where(usual), select(*columns).where(met, schema.is_long))
    return rows.order_by("end", "journal", "seq")


def _padded(energies: tuple[int, ...], width: int) -> tuple[int, ...]:
    """Energies for all registers of a journal: rows from before it grew are shorter."""
    return energies if len(energies) == width else energies + (0,) * (width - len(energies))


def _places(connection: Connection, journals: Sequence[int] | None = None) -> dict[int, list[int]]:
    """Register ids by journal, in the order of the journal's rows."""
    table = schema.place
    rows = select(table).order_by(table.c.journal, table.c.position)
    if journals is not None:
        rows = rows.where(table.c.journal.in_(journals))
    places: dict[int, list[int]] = {}
    for row in connection.execute(rows):
        places.setdefault(row.journal, []).append(row.register)
    return places


def _cut(edges: Sequence[int]) -> tuple[list[Span], list[Span]]:
    """Split the buckets into runs of whole UTC hours, which are summed already, and the parts of hours around them."""
    hours: list[Span] = []
    parts: list[Span] = []
    for bucket, (lower, upper) in enumerate(pairwise(edges)):
        first, last = -(-lower // HOUR) * HOUR, upper // HOUR * HOUR
        if first > last:
            parts.append((bucket, lower, upper))
            continue
        if lower < first:
            parts.append((bucket, lower, first))
        if first < last:
            hours.append((bucket, first, last))
        if last < upper:
            parts.append((bucket, last, upper))
    return hours, parts


def _spans(spans: Iterable[Span]) -> CTE:
    """A table of spans within the statement. The numbers are written out: some thousand parameters would be slower."""
    columns = (column(name, BigInteger) for name in ("number", "lower", "upper"))
    return values(*columns, name="span", literal_binds=True).data(list(spans)).cte("span")


def _hour_sums(
    connection: Connection, registers: Sequence[int], spans: Iterable[Span]
) -> Iterator[tuple[int, int, int]]:
    """Bucket, register and energy of runs of whole hours."""
    span, table = _spans(spans), schema.hour
    within = and_(table.c.register.in_(registers), table.c.hour >= span.c.lower, table.c.hour < span.c.upper)
    rows = (
        select(span.c.number, table.c.register, func.sum(table.c.energy))
        .join_from(span, table, within)
        .group_by(span.c.number, table.c.register)
    )
    yield from connection.execute(rows).tuples()


def _add_parts(
    connection: Connection, places: Mapping[int, Sequence[int]], spans: Sequence[Span], sums: Mapping[int, list[int]]
) -> None:
    """Add to the buckets what the intervals hold of some parts of hours."""
    for span, journal, start, end, packed in _overlapping(connection, list(places), spans):
        bucket, lower, upper = span
        for register, amount in zip(places[journal], schema.unpack(packed), strict=False):
            sums[register][bucket] += share(amount, start, end, lower, upper)


def _overlapping(
    connection: Connection, journals: Sequence[int], spans: Sequence[Span]
) -> Iterator[tuple[Span, int, int, int, str]]:
    """Span, journal, start, end and energies of every interval that shares an instant with a span.

    The spans rise and none of them crosses the edge of a UTC hour.
    """
    table = schema.interval
    columns = (table.c.journal, table.c.start, table.c.end, table.c.energy)
    lower, upper, latest = (bindparam(name, type_=BigInteger) for name in ("lower", "upper", "latest"))
    met = select(*columns).where(table.c.journal.in_(journals), table.c.end > lower, table.c.start <= upper)
    # One small statement for each hour, because in a join the planner reads whole journals. The usual intervals end
    # soon after the span that they meet; the few long ones have an index of their own.
    usual = met.where(table.c.end <= latest, schema.is_usual)
    for _, group in groupby(spans, key=lambda span: span[1] // HOUR):
        near = list(group)
        bounds = {"lower": near[0][1], "upper": near[-1][2], "latest": near[-1][2] + schema.USUAL_SPAN}
        for row in connection.execute(usual, bounds).tuples():
            for span in near:
                yield span, *row
    whole = {"lower": spans[0][1], "upper": spans[-1][2]}
    for row in connection.execute(met.where(schema.is_long), whole).tuples():
        for span in islice(spans, bisect_right(spans, row[1], key=itemgetter(2)), None):
            if span[1] >= row[2]:
                break
            yield span, *row


def compare_totals(connection: Connection) -> None:
    """LedgerDamaged if the total of a register is not the sum of its hours."""
    register, hour = schema.register, schema.hour
    sums = select(hour.c.register, func.sum(hour.c.energy)).group_by(hour.c.register)
    hours = {number: int(amount) for number, amount in connection.execute(sums).tuples()}
    for number, total in connection.execute(select(register.c.id, register.c.total)).tuples():
        if hours.get(number, 0) != total:
            raise LedgerDamaged("The ledger is damaged: a total is not the sum of its hours.")


def compare_sums(connection: Connection) -> None:
    """LedgerDamaged if the total of a register is not the sum of its hours and the sum of its intervals."""
    compare_totals(connection)
    sums: dict[int, int] = {}
    places = _places(connection)
    rows = select(schema.interval.c.journal, schema.interval.c.energy).execution_options(yield_per=1000)
    for journal, packed in connection.execute(rows).tuples():
        for register, amount in zip(places.get(journal, ()), schema.unpack(packed), strict=False):
            sums[register] = sums.get(register, 0) + amount
    for number, total in connection.execute(select(schema.register.c.id, schema.register.c.total)).tuples():
        if sums.get(number, 0) != total:
            raise LedgerDamaged("The ledger is damaged: a total is not the sum of its intervals.")

"""Long-term statistics of our own totals: what the recorder has, what is true, and how to mend it safely.

A row of an hour holds the state at its end and a sum that counts from a zero point. The truth is the ledger's total at
that instant. Only hours that the recorder has compiled are written, because a row for an hour that it is yet to compile
would cost every sensor that hour; and since the sums of rows are cumulative, mending some hours leaves all later ones
as they are. Statistics of anybody else are never touched.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.db_schema import Statistics, StatisticsRuns, StatisticsShortTerm
from homeassistant.components.recorder.models import StatisticData, StatisticMetaData
from homeassistant.components.recorder.statistics import async_import_statistics, get_metadata
from homeassistant.components.recorder.util import session_scope
from homeassistant.const import UnitOfEnergy
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.unit_conversion import EnergyConverter
from sqlalchemy import func, select
from sqlalchemy.orm import Session

HOUR: Final = 3600
#: The recorder compiles periods of this many seconds.
SHORT_TERM: Final = 300
#: States and sums that are closer than this, in kWh, are the same: 0.1 mWh.
SAME: Final = 1e-7
#: The same for money: less than what the sensors show.
SAME_MONEY: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Row:
    """An hour of a statistic: its start (UTC seconds), the state at its end and the sum since the zero point."""

    start: int
    state: float
    sum: float


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the recorder has of one sensor."""

    metadata: StatisticMetaData
    #: The first row of all, short-term ones included.
    first: Row
    #: The hour before the hours asked for, if there is one.
    before: Row | None
    #: The hours asked for, by their start.
    rows: Mapping[int, Row]

    @property
    def statistic_id(self) -> str:
        """The entity id."""
        return self.metadata["statistic_id"]

    @property
    def unit(self) -> str:
        """The unit of states and sums; the user may have chosen another one than kWh."""
        return self.metadata["unit_of_measurement"] or UnitOfEnergy.KILO_WATT_HOUR

    @property
    def is_energy(self) -> bool:
        """Whether states and sums are energies; else they are money."""
        return self.unit in EnergyConverter.VALID_UNITS

    def convert(self, total: float) -> float:
        """A total in kWh or money as the states and sums have it."""
        if not self.is_energy:
            return total
        return EnergyConverter.convert(total, UnitOfEnergy.KILO_WATT_HOUR, self.unit)

    @property
    def same(self) -> float:
        """States and sums that are closer than this are the same."""
        return self.convert(SAME) if self.is_energy else SAME_MONEY

    @property
    def begin(self) -> int:
        """The hour of the first row."""
        return self.first.start // HOUR * HOUR


@dataclass(frozen=True, slots=True)
class Mending:
    """What has to be written so that hours of one sensor are true."""

    recorded: Recorded
    rows: tuple[Row, ...]
    #: What has to be added to the sums of all rows there are, so that they count from the beginning of the ledger.
    lift: float = 0.0

    @property
    def needed(self) -> bool:
        """False if all is true already."""
        return bool(self.rows)


def read(hass: HomeAssistant, entity_ids: set[str], start: int, end: int) -> tuple[int, Mapping[str, Recorded]]:
    """Up to when hours are compiled (UTC seconds), and what there is of each sensor that has statistics.

    Asks the recorder's database: to be called in the recorder's executor.
    """
    known = get_metadata(hass, statistic_ids=entity_ids)
    with session_scope(hass=hass, read_only=True) as session:
        last_run = session.execute(select(func.max(StatisticsRuns.start))).scalar()
        found = {
            entity_id: _recorded(session, number, metadata, start, end)
            for entity_id, (number, metadata) in known.items()
        }
    if last_run is None:
        return 0, {}
    compiled = int(last_run.replace(tzinfo=UTC).timestamp()) + SHORT_TERM
    return compiled // HOUR * HOUR, {entity_id: each for entity_id, each in found.items() if each is not None}


def _recorded(session: Session, number: int, metadata: StatisticMetaData, start: int, end: int) -> Recorded | None:
    firsts = [_rows(session, table, number, ascending=True, limit=1) for table in (StatisticsShortTerm, Statistics)]
    first = min((row for rows in firsts for row in rows), key=lambda row: row.start, default=None)
    if first is None:
        return None
    before = _rows(session, Statistics, number, ascending=False, limit=1, upper=start)
    rows = _rows(session, Statistics, number, ascending=True, lower=start, upper=end)
    return Recorded(metadata, first, before[0] if before else None, {row.start: row for row in rows})


def _rows(
    session: Session,
    table: type[Statistics | StatisticsShortTerm],
    number: int,
    *,
    ascending: bool,
    limit: int | None = None,
    lower: int | None = None,
    upper: int | None = None,
) -> list[Row]:
    wanted = select(table.start_ts, table.state, table.sum).where(table.metadata_id == number)
    if lower is not None:
        wanted = wanted.where(table.start_ts >= lower)
    if upper is not None:
        wanted = wanted.where(table.start_ts < upper)
    ordered = wanted.order_by(table.start_ts if ascending else table.start_ts.desc())
    return [
        Row(int(start), state, total)
        for start, state, total in session.execute(ordered.limit(limit))
        if state is not None and total is not None
    ]


def mend(recorded: Recorded, edges: Sequence[int], totals: Sequence[float]) -> Mending:
    """Compare hours with the truth: totals (kWh or money) at the end of each hour between ``edges``.

    The hour of the first row and those before it count from the beginning of the ledger, and then all rows have to.
    """
    convert, same = recorded.convert, recorded.same
    first = recorded.first
    zero_point = first.state - first.sum
    lift, offset = 0.0, 0.0
    if edges[0] <= recorded.begin:
        lift = zero_point if abs(zero_point) > same else 0.0
    else:
        reference = recorded.before or first
        offset = reference.sum - reference.state
    rows = []
    for start, total in zip(edges, totals, strict=False):
        state = convert(total)
        true = Row(start, state, state + offset)
        if not _same(recorded.rows.get(start), true, lift, same):
            rows.append(true)
    return Mending(recorded, tuple(rows), lift)


def _same(there: Row | None, true: Row, lift: float, same: float) -> bool:
    if there is None:
        return False
    return abs(there.sum + lift - true.sum) <= same and abs(there.state - true.state) <= same


@callback
def write(hass: HomeAssistant, mending: Mending) -> None:
    """Queue a mending behind whatever the recorder does now."""
    if mending.lift:
        lift(hass, mending.recorded, mending.lift)
    import_rows(hass, mending.recorded.metadata, mending.rows)


@callback
def lift(hass: HomeAssistant, recorded: Recorded, by: float) -> None:
    """Add to the sums of all rows that there are."""
    begin = datetime.fromtimestamp(recorded.first.start, UTC)
    get_instance(hass).async_adjust_statistics(recorded.statistic_id, begin, by, recorded.unit)


@callback
def import_rows(hass: HomeAssistant, metadata: StatisticMetaData, rows: Iterable[Row]) -> None:
    """Write hours of one sensor."""
    data = [StatisticData(start=datetime.fromtimestamp(row.start, UTC), state=row.state, sum=row.sum) for row in rows]
    if data:
        async_import_statistics(hass, metadata, data)

"""History that a board's ring brought from before the first state: into the long-term statistics, hour by hour.

The recorder takes the first state of an energy sensor as its zero point and knows nothing before. The board does. Once
the first statistics of the sensor are compiled, their sums are lifted by the zero point, so that they count from the
beginning of the ledger, and the hours before them are imported. No hour is touched that the recorder has compiled or
will compile for the sensor: such an import would cost every sensor that hour.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
import logging
from typing import Final

from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.const import EVENT_RECORDER_5MIN_STATISTICS_GENERATED
from homeassistant.components.recorder.db_schema import Statistics, StatisticsShortTerm
from homeassistant.components.recorder.models import StatisticData, StatisticMetaData
from homeassistant.components.recorder.statistics import async_import_statistics, get_metadata
from homeassistant.components.recorder.util import session_scope
from homeassistant.const import Platform, UnitOfEnergy
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.util.unit_conversion import EnergyConverter
from sqlalchemy import select

from .const import DOMAIN
from .core.calendar import hour_edges
from .core.model import MILLIWATT_HOURS_PER_KWH, Register
from .hub import Hub
from .identity import unique_id
from .panel import PanelRuntime

_LOGGER = logging.getLogger(__name__)

HOUR: Final = 3600
#: kWh; sums and states closer than this count from the same point.
SAME: Final = 1e-7


@dataclass(frozen=True, slots=True)
class Beginning:
    """The first statistics of a sensor: when (UTC seconds), and the state that its sums count from, in its unit."""

    start: float
    zero_point: float
    metadata: StatisticMetaData


class HistoryImporter:
    """Imports the history of every panel once."""

    def __init__(self, hass: HomeAssistant, hub: Hub) -> None:
        """Do nothing until ``start``."""
        self._hass = hass
        self._hub = hub
        self._waiting: set[str] = set()
        self._busy = False

    @callback
    def start(self) -> None:
        """Look at every panel after the recorder has compiled statistics, until its history is in."""
        keep = self._hub.entry.async_on_unload
        keep(self._hub.watch(self._changed, self._gone))
        keep(self._hass.bus.async_listen(EVENT_RECORDER_5MIN_STATISTICS_GENERATED, self._compiled))

    @callback
    def _changed(self, panel: PanelRuntime) -> None:
        self._waiting.add(panel.id)

    @callback
    def _gone(self, panel: PanelRuntime) -> None:
        self._waiting.discard(panel.id)

    @callback
    def _compiled(self, _event: Event) -> None:
        if self._waiting and not self._busy:
            self._busy = True
            self._hub.in_background(self._async_import_all())

    async def _async_import_all(self) -> None:
        try:
            # The recorder tells before it commits.
            if (committed := get_instance(self._hass).async_get_commit_future()) is not None:
                await committed
            for panel in [self._hub.panels[panel_id] for panel_id in self._waiting if panel_id in self._hub.panels]:
                if await self._async_import(panel):
                    self._waiting.discard(panel.id)
        finally:
            self._busy = False

    async def _async_import(self, panel: PanelRuntime) -> bool:
        """Import what lies before the first statistics of the panel's sensors; False if it is too early for that."""
        now = int(datetime.now(UTC).timestamp())
        if panel.description is None or panel.meter is None or not panel.meter.caught_up(now):
            return False
        sensors = self._sensors(panel, panel.description.registers)
        beginnings = await get_instance(self._hass).async_add_executor_job(_beginnings, self._hass, set(sensors))
        if beginnings.keys() != sensors.keys():
            return False
        first = await self._hub.writer.read(self._hub.ledger.first_hour, panel.id)
        if first is None or not beginnings:
            return True
        edges = hour_edges(first, max(int(each.start) for each in beginnings.values()) + 1)
        sums = await self._hub.writer.read(self._hub.ledger.energy, panel.id, edges)
        for entity_id, register in sensors.items():
            self._import(beginnings[entity_id], edges, sums.get(register, []))
        return True

    def _sensors(self, panel: PanelRuntime, registers: Iterable[Register]) -> dict[str, Register]:
        """Entity ids of the enabled energy sensors."""
        registry = er.async_get(self._hass)
        found: dict[str, Register] = {}
        for register in registers:
            identity = unique_id(panel.id, register.channel, f"energy_{register.direction}")
            entity_id = registry.async_get_entity_id(Platform.SENSOR, DOMAIN, identity)
            entity = registry.async_get(entity_id) if entity_id else None
            if entity is not None and entity.disabled_by is None:
                found[entity.entity_id] = register
        return found

    def _import(self, beginning: Beginning, edges: Sequence[int], energies: Sequence[int]) -> None:
        unit = beginning.metadata["unit_of_measurement"] or UnitOfEnergy.KILO_WATT_HOUR
        rows = _rows(edges, energies, before=int(beginning.start) // HOUR * HOUR, unit=unit)
        if not rows:
            return
        statistic_id = beginning.metadata["statistic_id"]
        _LOGGER.info("Importing %d hours of history of %s", len(rows), statistic_id)
        if abs(beginning.zero_point) > SAME:
            get_instance(self._hass).async_adjust_statistics(
                statistic_id, datetime.fromtimestamp(beginning.start, UTC), beginning.zero_point, unit
            )
        async_import_statistics(self._hass, beginning.metadata, rows)


def _rows(edges: Sequence[int], energies: Sequence[int], *, before: int, unit: str) -> list[StatisticData]:
    """One row per hour before an instant; state and sum are the ledger's total at its end."""
    convert = EnergyConverter.converter_factory(UnitOfEnergy.KILO_WATT_HOUR, unit)
    totals = accumulate(energies)
    values = [(start, convert(total / MILLIWATT_HOURS_PER_KWH)) for start, total in zip(edges, totals, strict=False)]
    return [
        StatisticData(start=datetime.fromtimestamp(start, UTC), state=value, sum=value)
        for start, value in values
        if start < before
    ]


def _beginnings(hass: HomeAssistant, entity_ids: set[str]) -> Mapping[str, Beginning]:
    """The first statistics of each sensor that has some; asks the recorder's database."""
    found: dict[str, Beginning] = {}
    known = get_metadata(hass, statistic_ids=entity_ids)
    with session_scope(hass=hass, read_only=True) as session:
        for entity_id, (metadata_id, metadata) in known.items():
            rows = [
                session.execute(
                    select(table.start_ts, table.state, table.sum)
                    .where(table.metadata_id == metadata_id)
                    .order_by(table.start_ts)
                    .limit(1)
                ).first()
                for table in (StatisticsShortTerm, Statistics)
            ]
            usable = [row for row in rows if row is not None and row.state is not None and row.sum is not None]
            if usable:
                first = min(usable, key=lambda row: row.start_ts)
                found[entity_id] = Beginning(first.start_ts, first.state - first.sum, metadata)
    return found

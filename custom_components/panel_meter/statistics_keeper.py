"""Sees to it that every hour of our energy statistics is true, whenever its energy became known."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
import logging
from time import time
from typing import Final, TypedDict

from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.const import EVENT_RECORDER_5MIN_STATISTICS_GENERATED
from homeassistant.components.recorder.tasks import SynchronizeTask
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.storage import Store
from sqlalchemy.exc import SQLAlchemyError

from . import statistics
from .const import DOMAIN
from .core.billing.cycle_rating import Running
from .core.calendar import hour_edges
from .core.model import MILLIWATT_HOURS_PER_KWH
from .hub import Hub
from .ledger import LedgerError
from .money_keeper import money_keeper
from .panel import PanelRuntime
from .recorded_sensors import CostOf, Total, recorded_sensors
from .statistics import HOUR, Mending

_LOGGER = logging.getLogger(__name__)

STORAGE_KEY: Final = f"{DOMAIN}.statistics"
STORAGE_VERSION: Final = 1


class _Stored(TypedDict):
    #: Panel id -> first hour (UTC seconds) that has to be looked at.
    since: dict[str, int]


@dataclass(frozen=True, slots=True)
class PanelMending:
    """What has to be written for the sensors of a panel, and up to which instant they are true then."""

    mendings: tuple[Mending, ...]
    until: int


class StatisticsKeeper:
    """Mends hours whose energy became known late: after an outage, and from the history of a board's ring."""

    def __init__(self, hass: HomeAssistant, hub: Hub) -> None:
        """Do nothing until ``async_start``."""
        self._hass = hass
        self._hub = hub
        self._store = Store[_Stored](hass, STORAGE_VERSION, STORAGE_KEY)
        self._since: dict[str, int] = {}
        #: Panels of which late energy came while they were being mended.
        self._again: set[str] = set()
        self._busy = False

    async def async_start(self) -> None:
        """Go on with what was not mended yet, and mend whenever the recorder has compiled."""
        stored = await self._store.async_load()
        self._since = stored["since"] if stored else {}
        keep = self._hub.entry.async_on_unload
        keep(self._hub.watch(self._changed, self._gone))
        keep(self._hass.bus.async_listen(EVENT_RECORDER_5MIN_STATISTICS_GENERATED, self._compiled))

    @callback
    def _changed(self, panel: PanelRuntime) -> None:
        panel.on_late = self._late

    @callback
    def _gone(self, panel: PanelRuntime) -> None:
        if self._since.pop(panel.id, None) is not None:
            self._hub.in_background(self._async_save())

    @callback
    def _late(self, panel: PanelRuntime, start: int) -> None:
        """Energy of an hour that the recorder may have compiled already was accepted."""
        self._again.add(panel.id)
        hour = start // HOUR * HOUR
        if hour < self._since.get(panel.id, hour + 1):
            self._since[panel.id] = hour
            self._hub.in_background(self._async_save())

    async def _async_save(self) -> None:
        await self._store.async_save({"since": dict(self._since)})

    @callback
    def _compiled(self, _event: Event) -> None:
        if self._since and not self._busy:
            self._busy = True
            self._hub.in_background(self._async_mend_all())

    async def _async_mend_all(self) -> None:
        try:
            # The recorder tells before it commits.
            committed: asyncio.Future[None] = self._hass.loop.create_future()
            get_instance(self._hass).queue_task(SynchronizeTask(committed))
            await committed
            for panel_id in list(self._since):
                if (panel := self._hub.panels.get(panel_id)) is not None:
                    await self._async_mend(panel, self._since[panel_id])
        except (LedgerError, SQLAlchemyError) as error:
            _LOGGER.warning("Energy statistics are mended later, because they cannot be read now: %s", error)
        finally:
            self._busy = False

    async def _async_mend(self, panel: PanelRuntime, since: int) -> None:
        self._again.discard(panel.id)
        plan = await async_plan(self._hass, self._hub, panel, since, int(time()))
        if plan is None:
            return
        for mending in plan.mendings:
            if mending.needed:
                _LOGGER.info("Mending %d hours of %s", len(mending.rows), mending.recorded.statistic_id)
                statistics.write(self._hass, mending)
        # The running hour is compiled from states that hold all of it, unless more comes late.
        if plan.until >= int(time()) // HOUR * HOUR and panel.id not in self._again:
            self._since.pop(panel.id, None)
            await self._async_save()


async def async_plan(hass: HomeAssistant, hub: Hub, panel: PanelRuntime, start: int, end: int) -> PanelMending | None:
    """Compare the hours of a panel from ``start`` to ``end`` (UTC seconds) with the ledger.

    None if it is too early: history is still coming in, or a sensor has no statistics yet. Hours that are not compiled,
    or whose last record is not in, are left out.
    """
    if panel.description is None or panel.meter is None or panel.balances or not panel.meter.caught_up(int(time())):
        return None
    sensors = recorded_sensors(hass, panel)
    first = await hub.writer.read(hub.ledger.first_hour, panel.id)
    if first is None or not sensors:
        return PanelMending((), end)
    start = max(start // HOUR * HOUR, first)
    compiled, recorded = await get_instance(hass).async_add_executor_job(
        statistics.read, hass, set(sensors), start, end
    )
    if recorded.keys() != sensors.keys():
        return None
    until = min(end, compiled, panel.meter.settled_until(int(time()))) // HOUR * HOUR
    if until <= start:
        return PanelMending((), until)
    edges = hour_edges(start, until)
    truth = await _async_truth(hass, hub, panel, sensors, edges)
    if truth is None:
        return None
    mendings = (statistics.mend(recorded[entity_id], edges, states) for entity_id, states in truth.items())
    return PanelMending(tuple(mendings), until)


async def _async_truth(
    hass: HomeAssistant, hub: Hub, panel: PanelRuntime, sensors: Mapping[str, Total], edges: Sequence[int]
) -> Mapping[str, list[float]] | None:
    """What each sensor should have shown at the end of each hour, in kWh or money; None while costs are not known."""
    sums = await hub.writer.read(hub.ledger.energy, panel.id, [0, *edges])
    costs: Sequence[Running] = []
    if any(isinstance(total, CostOf) for total in sensors.values()):
        found = await money_keeper(hass).async_costs_at(panel, edges[1:])
        if found is None:
            return None
        costs = found

    def states(total: Total) -> list[float]:
        if isinstance(total, CostOf):
            return [total.of(running) for running in costs]
        energies = accumulate(sums.get(total, [0] * len(edges)))
        return [energy / MILLIWATT_HOURS_PER_KWH for energy in energies][1:]

    return {entity_id: states(total) for entity_id, total in sensors.items()}

"""What energy sensors showed at the very end, when Home Assistant ended without saying so.

A clean stop leaves the last states behind, and the ledger holds what was shown up to half a minute ago. After a kill or
a power cut the recorder knows more: it has written every state but those of the last seconds.
"""

from collections.abc import Iterable

from homeassistant.components.recorder import get_instance, history
from homeassistant.components.recorder.db_schema import RecorderRuns
from homeassistant.components.recorder.util import session_scope
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, UnitOfEnergy
from homeassistant.core import HomeAssistant, State
from homeassistant.util.unit_conversion import EnergyConverter
from sqlalchemy import select

from .core.model import MILLIWATT_HOURS_PER_KWH, Register
from .panel import PanelRuntime
from .recorded_sensors import recorded_sensors


async def async_hold_last_totals(hass: HomeAssistant, panels: Iterable[PanelRuntime]) -> None:
    """Show no less than before, if Home Assistant was not stopped in an orderly way."""
    sensors = {
        entity_id: (panel, total)
        for panel in panels
        for entity_id, total in recorded_sensors(hass, panel).items()
        if isinstance(total, Register)
    }
    for entity_id, total in (await get_instance(hass).async_add_executor_job(_read, hass, list(sensors))).items():
        panel, register = sensors[entity_id]
        if panel.meter is not None:
            panel.meter.hold(register, total)


def _read(hass: HomeAssistant, entity_ids: list[str]) -> dict[str, int]:
    """The last total of each sensor in mWh; nothing after an orderly stop."""
    if not _ended_badly(hass):
        return {}
    states = {entity_id: history.get_last_state_changes(hass, 1, entity_id).get(entity_id) for entity_id in entity_ids}
    totals = {entity_id: _total(found[-1]) for entity_id, found in states.items() if found}
    return {entity_id: total for entity_id, total in totals.items() if total is not None}


def _ended_badly(hass: HomeAssistant) -> bool:
    with session_scope(hass=hass, read_only=True) as session:
        runs = select(RecorderRuns.closed_incorrect).order_by(RecorderRuns.run_id.desc()).limit(2)
        # The first one is that which runs now.
        return any(session.execute(runs).scalars().all()[1:])


def _total(state: State) -> int | None:
    unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    if unit not in EnergyConverter.VALID_UNITS:
        return None
    try:
        kwh = EnergyConverter.convert(float(state.state), unit, UnitOfEnergy.KILO_WATT_HOUR)
    except ValueError:
        return None
    return round(kwh * MILLIWATT_HOURS_PER_KWH)

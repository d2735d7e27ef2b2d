"""What the day used, cost, and by which circuits."""

from datetime import datetime, timedelta
import logging
from typing import Any

from homeassistant.components.recorder.models import StatisticData, StatisticMeanType, StatisticMetaData
from homeassistant.components.recorder.statistics import async_import_statistics
from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from tests.blueprints.conftest import NOON, TELL, ZONE, House, Use

MAINS = "sensor.mains_energy"
COST = "sensor.panel_cost"
CIRCUITS = ["sensor.kitchen_energy", "sensor.boiler_energy", "sensor.garage_energy"]
INPUTS = {"at": "21:30:00", "energy": [MAINS], "cost": [COST], "circuits": CIRCUITS, "top": 2, "actions": TELL}
LONG = timedelta(minutes=10)
MIDNIGHT = NOON - timedelta(hours=12)


def changes(*values: float) -> list[dict[str, Any]]:
    return [{"start": "", "end": "", "change": value} for value in values]


DAY = {
    MAINS: changes(5, 7.254),
    COST: changes(1.2, 2.01),
    CIRCUITS[0]: changes(1),
    CIRCUITS[1]: changes(2, 2.5),
    CIRCUITS[2]: changes(3),
}


@pytest.fixture
def asked(hass: HomeAssistant, house: House) -> tuple[list[ServiceCall], dict[str, Any]]:
    """What the recorder is asked for, and the statistics that it answers with."""
    calls: list[ServiceCall] = []
    statistics: dict[str, Any] = {}

    async def answer(call: ServiceCall) -> dict[str, Any]:
        calls.append(call)
        return {"statistics": {each: statistics[each] for each in call.data["statistic_ids"] if each in statistics}}

    hass.services.async_register("recorder", "get_statistics", answer, supports_response=SupportsResponse.ONLY)
    return calls, statistics


async def test_it_tells_of_the_day_so_far(
    house: House, use: Use, asked: tuple[list[ServiceCall], dict[str, Any]]
) -> None:
    asked[1].update(DAY)
    await house.sees(COST, 100, "EUR")
    await house.sees(CIRCUITS[2], 5, "kWh")
    await use("nightly_summary", **INPUTS)
    await house.until(NOON + timedelta(hours=9, minutes=20), step=LONG)
    assert not house.told
    await house.passes(minutes=20)
    assert house.titles == ["Energy today"]
    assert house.messages == ["12.25 kWh, 3.21 EUR. Most: sensor.boiler_energy 4.5 kWh, Garage Energy 3.0 kWh."]
    (call,) = asked[0]
    assert call.data["start_time"] == MIDNIGHT.isoformat()
    assert call.data["period"] == "5minute"
    await house.passes(hours=24, step=LONG)
    assert len(house.told) == 2


async def test_it_tells_of_the_day_before(
    house: House, use: Use, asked: tuple[list[ServiceCall], dict[str, Any]]
) -> None:
    asked[1].update(DAY)
    await use("nightly_summary", **INPUTS | {"at": "07:30:00", "day": "yesterday", "cost": [], "circuits": []})
    await house.until(NOON + timedelta(hours=20), step=LONG)
    assert house.titles == ["Energy yesterday"]
    assert house.messages == ["12.25 kWh."]
    (call,) = asked[0]
    assert call.data["start_time"] == MIDNIGHT.isoformat()
    assert call.data["end_time"] == (MIDNIGHT + timedelta(days=1)).isoformat()
    assert call.data["period"] == "hour"


@pytest.mark.parametrize(("day", "hours"), [("2026-10-25", 25), ("2026-03-29", 23), ("2026-06-30", 24)])
async def test_days_are_as_long_as_they_are(
    house: House, use: Use, asked: tuple[list[ServiceCall], dict[str, Any]], day: str, hours: int
) -> None:
    asked[1].update(DAY)
    house.clock.move_to(datetime.fromisoformat(f"{day} 12:00").replace(tzinfo=NOON.tzinfo))
    await use("nightly_summary", **INPUTS | {"at": "07:30:00", "day": "yesterday"})
    await house.passes(hours=24, step=LONG)
    start, end = (datetime.fromisoformat(asked[0][0].data[key]) for key in ("start_time", "end_time"))
    assert start.astimezone(NOON.tzinfo).isoformat()[:16] == f"{day}T00:00"
    assert (end - start) == timedelta(hours=hours)


async def test_where_hours_are_no_hours_of_utc_it_asks_for_shorter_ones(
    house: House, use: Use, hass: HomeAssistant, asked: tuple[list[ServiceCall], dict[str, Any]]
) -> None:
    asked[1].update(DAY)
    await hass.config.async_set_time_zone("Asia/Kolkata")
    await use("nightly_summary", **INPUTS | {"at": "07:30:00", "day": "yesterday"})
    await house.passes(hours=24, step=LONG)
    assert asked[0][0].data["period"] == "5minute"
    assert house.told
    await hass.config.async_set_time_zone(ZONE)


@pytest.mark.parametrize("statistics", [{}, {COST: changes(1)}, {MAINS: [{"start": "", "end": ""}]}])
async def test_without_figures_it_says_nothing(
    house: House,
    use: Use,
    asked: tuple[list[ServiceCall], dict[str, Any]],
    statistics: dict[str, Any],
) -> None:
    asked[1].update(statistics)
    await use("nightly_summary", **INPUTS)
    await house.passes(hours=24, step=LONG)
    assert len(asked[0]) == 1
    assert not house.told


async def test_circuits_are_named_like_their_devices(
    house: House, use: Use, hass: HomeAssistant, asked: tuple[list[ServiceCall], dict[str, Any]]
) -> None:
    entry = MockConfigEntry()
    entry.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={("test", "1")}, name="{{ 1 }} 'Kitchen'"
    )
    er.async_get(hass).async_get_or_create(
        "sensor", "test", "1", suggested_object_id="kitchen_energy", device_id=device.id
    )
    asked[1].update(DAY)
    await use("nightly_summary", **INPUTS | {"circuits": CIRCUITS[:1]})
    await house.passes(hours=24, step=LONG)
    assert house.messages[0].endswith("Most: {{ 1 }} 'Kitchen' 1.0 kWh.")


async def test_the_recorder_answers(recorder_mock: object, house: House, use: Use, hass: HomeAssistant) -> None:
    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)
    meta = StatisticMetaData(
        mean_type=StatisticMeanType.NONE,
        has_sum=True,
        name=None,
        source="recorder",
        statistic_id=MAINS,
        unit_class="energy",
        unit_of_measurement="Wh",
    )
    hours = [
        StatisticData(start=MIDNIGHT + timedelta(hours=hour), state=2000 + 500 * hour, sum=2000 + 500 * hour)
        for hour in range(-4, 12)
    ]
    async_import_statistics(hass, meta, hours)
    await async_wait_recording_done(hass)
    await use("nightly_summary", **INPUTS | {"at": "12:10:00", "day": "yesterday", "cost": [], "circuits": []})
    await house.passes(minutes=15)
    await hass.async_block_till_done(wait_background_tasks=True)
    # The last three hours of yesterday; what is known begins with the one before.
    assert house.messages == ["1.5 kWh."]

"""History from before the first state, in the long-term statistics."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.statistics import async_import_statistics, get_metadata, statistics_during_period
from homeassistant.components.recorder.tasks import StatisticsTask
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.recorder import get_instance
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from custom_components.panel_meter.const import DOMAIN
from tests.core.protocol import HOUR, info, live, record

from .conftest import Say

ENERGY = "sensor.apartment_101_mains_energy"
OTHER = "sensor.of_somebody_else"
#: The panel is added twenty minutes after a full hour.
ADDED = HOUR + 1200
#: Hours of history in the ring; in the n-th one the mains carry n Wh a minute.
HISTORY = 30


@pytest.fixture(autouse=True)
def _clock(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(datetime.fromtimestamp(ADDED, UTC))


def ring() -> list[list[int]]:
    """All records since the board was first flashed: twelve an hour, and four in the running one."""
    rows, energy = [], 0
    for number in range(HISTORY * 12 + 4):
        energy += 5_000 * (number // 12 + 1)
        rows.append([number + 1, HOUR - HISTORY * 3600 + 300 * (number + 1), 300, 0, energy, 0])
    return rows


async def changes(hass: HomeAssistant, entity_id: str) -> dict[int, float]:
    """Hour (relative to HOUR) and its energy in kWh, as the Energy dashboard reads them."""
    found = await get_instance(hass).async_add_executor_job(
        statistics_during_period,
        hass,
        datetime.fromtimestamp(HOUR - 40 * 3600, UTC),
        None,
        {entity_id},
        "hour",
        None,
        {"change"},
    )
    return {round((row["start"] - HOUR) / 3600): round(row["change"], 6) for row in found.get(entity_id, [])}


async def compile_until(hass: HomeAssistant, freezer: FrozenDateTimeFactory, end: int) -> None:
    """Let the recorder compile one five-minute period after the other."""
    while (now := datetime.now(UTC).timestamp()) < end:
        freezer.tick(timedelta(seconds=300 - now % 300))
        await async_wait_recording_done(hass)
        period = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
        get_instance(hass).queue_task(StatisticsTask(period, fire_events=True))
        await async_wait_recording_done(hass)
        await hass.async_block_till_done(wait_background_tasks=True)
        await async_wait_recording_done(hass)


def counter(hass: HomeAssistant, kwh: float) -> None:
    attributes = {"device_class": "energy", "state_class": "total", "unit_of_measurement": "kWh"}
    hass.states.async_set(OTHER, str(kwh), attributes)


async def test_history_of_the_ring_stands_in_its_hours(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, freezer: FrozenDateTimeFactory
) -> None:
    counter(hass, 100)
    say("info", info(), retain=True)
    rows = ring()
    for first in range(0, len(rows), 20):
        say("record", record(rows[first : first + 20]))
    await hass.async_block_till_done()
    await entry.runtime_data.writer.run(lambda: None)
    entry.runtime_data.panels["apt-101"].flush()
    await hass.async_block_till_done()
    total = rows[-1][4] / 1e6
    assert float(hass.states.get(ENERGY).state) == total

    await compile_until(hass, freezer, HOUR + 1800)
    expected = {hour - HISTORY: 0.06 * (hour + 1) for hour in range(HISTORY)}
    assert await changes(hass, ENERGY) == pytest.approx(expected)

    counter(hass, 101)
    energy = rows[-1][4] + 40_000
    say("live", live(time=HOUR + 1800, energy=[energy, 0]))
    entry.runtime_data.panels["apt-101"].flush()
    await compile_until(hass, freezer, HOUR + 3900)
    assert await changes(hass, ENERGY) == pytest.approx({**expected, 0: 0.62 + 0.04 + 0})
    assert await changes(hass, OTHER) == {0: 1.0}


async def test_looking_again_changes_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, freezer: FrozenDateTimeFactory
) -> None:
    say("info", info(), retain=True)
    say("record", record(ring()[:100]))
    say("record", record(ring()[100:200]))
    say("record", record(ring()[200:]))
    await hass.async_block_till_done()
    await entry.runtime_data.writer.run(lambda: None)
    entry.runtime_data.panels["apt-101"].flush()
    await compile_until(hass, freezer, HOUR + 1800)
    before = await changes(hass, ENERGY)
    assert len(before) == HISTORY
    assert await hass.config_entries.async_reload(entry.entry_id)
    say("info", info(), retain=True)
    await compile_until(hass, freezer, HOUR + 2700)
    assert await changes(hass, ENERGY) == before


async def test_energy_of_an_outage_goes_into_the_hours_in_which_it_flowed(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, freezer: FrozenDateTimeFactory
) -> None:
    """The network is away for three hours while Home Assistant runs; then the board sends what it kept."""
    counter(hass, 100)
    say("info", info(), retain=True)
    rows = [[number, HOUR + 300 * number, 300, 0, 10_000 * number, 0] for number in range(1, 73)]
    say("record", record(rows[:4]))
    await hass.async_block_till_done()
    await entry.runtime_data.writer.run(lambda: None)
    entry.runtime_data.panels["apt-101"].flush()
    await compile_until(hass, freezer, HOUR + 3600)
    counter(hass, 107)
    await compile_until(hass, freezer, HOUR + 4 * 3600 + 600)
    assert (await changes(hass, ENERGY))[3] == 0

    for first in range(4, 50, 10):
        say("record", record(rows[first : first + 10]))
    await hass.async_block_till_done()
    await entry.runtime_data.writer.run(lambda: None)
    entry.runtime_data.panels["apt-101"].flush()
    await compile_until(hass, freezer, HOUR + 4 * 3600 + 900)
    mended = await changes(hass, ENERGY)
    assert {hour: mended[hour] for hour in range(1, 4)} == pytest.approx(dict.fromkeys(range(1, 4), 0.12))
    assert mended[0] == pytest.approx(0.12)

    say("record", record(rows[54:60]))
    await hass.async_block_till_done()
    await entry.runtime_data.writer.run(lambda: None)
    entry.runtime_data.panels["apt-101"].flush()
    await compile_until(hass, freezer, HOUR + 5 * 3600 + 300)
    assert (await changes(hass, ENERGY))[4] == pytest.approx(0.12)
    assert await changes(hass, OTHER) == {0: 0.0, 1: 7.0, 2: 0.0, 3: 0.0, 4: 0.0}
    assert entry.runtime_data.panels["apt-101"].meter.totals


@pytest.mark.parametrize("restarted", [True, False])
@pytest.mark.parametrize("record_first", [True, False])
async def test_a_short_absence_over_a_full_hour_is_mended(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    say: Say,
    freezer: FrozenDateTimeFactory,
    restarted: bool,
    record_first: bool,
) -> None:
    """Nobody saw the total at the full hour, although the record that holds it came only four minutes later."""
    say("info", info(), retain=True)
    rows = [[number, HOUR + 300 * number, 300, 0, 10_000 * number, 0] for number in range(1, 25)]
    say("record", record(rows[:4]))
    for number in range(4, 11):
        await compile_until(hass, freezer, HOUR + 300 * (number + 1))
        say("record", record(rows[number : number + 1]))
    say("live", live(time=HOUR + 3300, energy=[110_000, 0]))
    await hass.async_block_till_done()
    await entry.runtime_data.writer.run(lambda: None)
    entry.runtime_data.panels["apt-101"].flush()
    await hass.async_block_till_done()
    if restarted:
        assert await hass.config_entries.async_unload(entry.entry_id)
    freezer.tick(timedelta(seconds=540))
    if restarted:
        assert await hass.config_entries.async_setup(entry.entry_id)
        say("info", info(), retain=True)
        await hass.async_block_till_done()
    messages = [("record", record(rows[11:12])), ("live", live(time=HOUR + 3840, energy=[128_000, 0]))]
    for kind, payload in messages if record_first else reversed(messages):
        say(kind, payload)
    await hass.async_block_till_done()
    await entry.runtime_data.writer.run(lambda: None)
    entry.runtime_data.panels["apt-101"].flush()
    # The period that ended at the full hour is compiled late, as Home Assistant does after a restart.
    period = datetime.fromtimestamp(HOUR + 3300, UTC)
    get_instance(hass).queue_task(StatisticsTask(period, fire_events=False))
    await async_wait_recording_done(hass)
    await compile_until(hass, freezer, HOUR + 3900)
    assert (await changes(hass, ENERGY))[0] == pytest.approx(0.12)


async def rebuild(hass: HomeAssistant, **data: object) -> dict[str, Any]:
    answer = await hass.services.async_call(DOMAIN, "rebuild_statistics", data, blocking=True, return_response=True)
    await async_wait_recording_done(hass)
    return answer


async def test_rebuilding_by_hand_shows_mends_and_undoes(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, freezer: FrozenDateTimeFactory
) -> None:
    """Somebody has spoilt two hours of the history; nobody but the user can know that."""
    say("info", info(), retain=True)
    for first in range(0, 364, 100):
        say("record", record(ring()[first : first + 100]))
    await hass.async_block_till_done()
    await entry.runtime_data.writer.run(lambda: None)
    entry.runtime_data.panels["apt-101"].flush()
    await compile_until(hass, freezer, HOUR + 1800)
    right = await changes(hass, ENERGY)
    assert (await rebuild(hass))["hours"] == {}

    metadata = (await get_instance(hass).async_add_executor_job(partial(get_metadata, hass, statistic_ids={ENERGY})))[
        ENERGY
    ][1]
    spoilt = [{"start": datetime.fromtimestamp(HOUR - hour * 3600, UTC), "state": 1.0, "sum": 1.0} for hour in (10, 11)]
    async_import_statistics(hass, metadata, spoilt)
    await async_wait_recording_done(hass)
    wrong = await changes(hass, ENERGY)
    assert wrong != right

    assert (await rebuild(hass, preview=True))["hours"] == {ENERGY: 2}
    assert await changes(hass, ENERGY) == wrong
    answer = await rebuild(hass)
    assert answer["hours"] == {ENERGY: 2}
    assert await changes(hass, ENERGY) == right
    assert await rebuild(hass, undo_file=answer["undo_file"]) == {"hours": 2}
    assert await changes(hass, ENERGY) == wrong
    with pytest.raises(ServiceValidationError):
        await rebuild(hass, undo_file="../../secrets.yaml")


async def test_the_naive_way_would_cost_every_sensor_its_hour(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, freezer: FrozenDateTimeFactory
) -> None:
    """Why hours that are not compiled are never written: the recorder then loses the hour of all sensors."""
    counter(hass, 100)
    say("info", info(), retain=True)
    say("record", record(ring()[-100:], oldest=265))
    await hass.async_block_till_done()
    await entry.runtime_data.writer.run(lambda: None)
    entry.runtime_data.panels["apt-101"].flush()
    await compile_until(hass, freezer, HOUR + 1800)
    metadata = (await get_instance(hass).async_add_executor_job(partial(get_metadata, hass, statistic_ids={ENERGY})))[
        ENERGY
    ][1]
    async_import_statistics(hass, metadata, [{"start": datetime.fromtimestamp(HOUR, UTC), "state": 1.0, "sum": 1.0}])
    counter(hass, 105)
    await compile_until(hass, freezer, HOUR + 3600 + 300)
    assert await changes(hass, OTHER) == {}

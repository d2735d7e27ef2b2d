"""What Home Assistant's own cost sensor gets wrong is right here; where it is cheap, it runs beside ours."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.energy.data import async_get_manager
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.core.protocol import live, record

from .conftest import Say
from .costs import (
    COST,
    DAY,
    NOON,
    Board,
    change_tariff,
    pass_time,
    restarted,
    tariff,
    the_panel,
    two_prices,
    value,
    with_tariff,
)

D = Decimal
COUNTER = "sensor.counter"
THEIRS = "sensor.counter_cost"


@pytest.fixture(autouse=True)
def _clock(freezer: FrozenDateTimeFactory) -> Iterator[None]:
    freezer.move_to(datetime.fromtimestamp(NOON, UTC))
    with patch("custom_components.panel_meter.money_keeper.SETTLE", 0.0):
        yield


@pytest.fixture
async def board(hass: HomeAssistant, entry: MockConfigEntry, say: Say) -> Board:
    one = Board(say, NOON - 3600).hello().run(NOON)
    await with_tariff(hass, entry, tariff("0.20", taxes=[]))
    return one


async def core_cost(hass: HomeAssistant, readings: tuple[float, ...]) -> float:
    """What the cost sensor of the Energy dashboard makes of the readings of a counter at 0.20."""
    await async_setup_component(hass, "energy", {})
    manager = await async_get_manager(hass)
    source = {
        "type": "grid",
        "stat_energy_from": COUNTER,
        "stat_cost": None,
        "number_energy_price": 0.20,
        "entity_energy_price": None,
        "cost_adjustment_day": 0.0,
    }
    attributes = {"device_class": "energy", "state_class": "total_increasing", "unit_of_measurement": "kWh"}
    hass.states.async_set(COUNTER, str(readings[0]), attributes)
    await manager.async_update({"energy_sources": [source]})  # type: ignore[list-item]
    await hass.async_block_till_done()
    for reading in readings:
        hass.states.async_set(COUNTER, str(reading), attributes)
        await hass.async_block_till_done()
    state = hass.states.get(THEIRS)
    assert state is not None
    return float(state.state)


async def test_a_dip_of_the_counter(hass: HomeAssistant, entry: MockConfigEntry, board: Board) -> None:
    assert await core_cost(hass, (1000, 1001, 995)) == pytest.approx(-1.0)
    before = await value(hass, COST)
    board.live(NOON)
    board.say("live", live(time=NOON, energy=[energy - 5000 for energy in board.energy]))
    assert await value(hass, COST) == before == D("0.24")


async def test_a_register_that_falls(hass: HomeAssistant, entry: MockConfigEntry, board: Board) -> None:
    # It begins anew and takes the whole counter for energy that was used just now.
    assert await core_cost(hass, (1000, 1004, 850)) == pytest.approx(850 * 0.2)
    before = await value(hass, COST)
    falling = [board.seq + 1, NOON + 300, 300, 0, board.energy[0] - 1_000_000, board.energy[1]]
    board.say("record", record([falling]))
    assert await value(hass, COST) == before


async def test_a_restart_with_energy_used_meanwhile(
    hass: HomeAssistant, entry: MockConfigEntry, board: Board, freezer: FrozenDateTimeFactory
) -> None:
    assert await value(hass, COST) == D("0.24")
    assert await hass.config_entries.async_unload(entry.entry_id)
    freezer.tick(timedelta(hours=25))
    assert await hass.config_entries.async_setup(entry.entry_id)
    board.hello().run(NOON + 25 * 3600, 2400, 0)
    assert await value(hass, COST) == D("0.24") + 60 * D("0.20")


async def test_ten_days_of_silence(
    hass: HomeAssistant, entry: MockConfigEntry, board: Board, freezer: FrozenDateTimeFactory
) -> None:
    assert await value(hass, COST) == D("0.24")
    for day in (1, 5, 9):
        await pass_time(hass, freezer, NOON + day * DAY)
        assert hass.states.get(COST).state == "0.240000"
        assert hass.states.get("sensor.apartment_101_mains_power").state == "unavailable"
    board.hello().run(NOON + 9 * DAY)
    assert await value(hass, COST) == D("0.24") * (1 + 9 * 24)


async def test_a_tariff_switch_within_a_cycle(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, freezer: FrozenDateTimeFactory
) -> None:
    board = Board(say, NOON - 3600).hello().run(NOON)
    flat = {"default_period": "all day", "prices": {"all day": ["0.20"]}}
    dear = {"default_period": "all day", "prices": {"all day": ["0.60"]}}
    versions = [{"valid_from": "2026-01-01", "energy": flat}, {"valid_from": "2026-11-21", "energy": dear}]
    subentry = await with_tariff(hass, entry, tariff(taxes=[], versions=versions))
    freezer.move_to(datetime.fromtimestamp(NOON + DAY, UTC))
    board.run(NOON + DAY)
    # Thirteen hours before midnight and twelve after it.
    expected = D("1.2") * (13 * D("0.20") + 12 * D("0.60"))
    assert await value(hass, COST) == expected
    totals = dict(the_panel(entry).meter.totals)
    await change_tariff(hass, entry, subentry, tariff("0.60", taxes=[]))
    assert await value(hass, COST) == D("1.2") * 25 * D("0.60")
    assert the_panel(entry).meter.totals == totals


async def test_the_start_of_home_assistant_costs_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, board: Board
) -> None:
    for _ in range(3):
        await restarted(hass, entry)
        assert hass.states.get(COST).state in ("0.240000", "unknown")
        board.hello()
        assert await value(hass, COST) == D("0.24")


async def test_several_prices_and_a_record_over_their_edge(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, freezer: FrozenDateTimeFactory
) -> None:
    await with_tariff(hass, entry, two_prices("13:02", "15:00"))
    board = Board(say, NOON).hello()
    freezer.move_to(datetime.fromtimestamp(NOON + 4 * 3600, UTC))
    board.run(NOON + 4 * 3600)
    cheap = D(62 + 60) / 60
    assert await value(hass, COST) == D("1.2") * (cheap * D("0.10") + (4 - cheap) * D("0.50"))

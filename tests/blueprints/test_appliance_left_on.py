"""Told when an appliance is on for too long, and switched off if that is wanted."""

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest

from tests.blueprints.conftest import TELL, House, Use

POWER = "sensor.iron_power"
SWITCH = "input_boolean.iron"
INPUTS = {"power": POWER, "on_above": 50, "on_minutes": 120, "off_minutes": 10, "remind_minutes": 0, "actions": TELL}


@pytest.fixture
async def iron(hass: HomeAssistant) -> str:
    assert await async_setup_component(hass, "input_boolean", {"input_boolean": {"iron": {"initial": True}}})
    return SWITCH


def is_on(hass: HomeAssistant) -> bool:
    state = hass.states.get(SWITCH)
    return state is not None and state.state == "on"


async def test_it_tells_once(house: House, use: Use) -> None:
    await house.sees(POWER, 0)
    await use("appliance_left_on", **INPUTS)
    await house.sees(POWER, 2000)
    await house.passes(minutes=119)
    assert not house.told
    await house.passes(minutes=2)
    assert house.messages == ["Iron Power has been on for 120 minutes."]
    await house.passes(hours=6)
    assert len(house.told) == 1
    await house.sees(POWER, 0)
    await house.passes(minutes=11)
    assert house.runs() == 0
    await house.sees(POWER, 2000)
    await house.passes(minutes=121)
    assert len(house.told) == 2


async def test_a_thermostat_is_not_off_in_its_pauses(house: House, use: Use) -> None:
    await house.sees(POWER, 0)
    await use("appliance_left_on", **INPUTS)
    for _ in range(24):
        await house.sees(POWER, 2000)
        await house.passes(minutes=1)
        await house.sees(POWER, 0)
        await house.passes(minutes=4)
    await house.sees(POWER, 2000)
    await house.passes(seconds=30)
    assert len(house.told) == 1


async def test_what_goes_off_in_time_is_not_told(house: House, use: Use) -> None:
    await house.sees(POWER, 0)
    await use("appliance_left_on", **INPUTS)
    for _ in range(3):
        await house.sees(POWER, 2000)
        await house.passes(minutes=100)
        await house.sees(POWER, 0)
        await house.passes(minutes=15)
    assert not house.told
    assert house.runs() == 0


async def test_it_reminds(house: House, use: Use) -> None:
    await house.sees(POWER, 0)
    await use("appliance_left_on", **INPUTS | {"remind_minutes": 30})
    await house.sees(POWER, 2000)
    await house.passes(minutes=181)
    assert [message.rsplit(" ", 2)[1] for message in house.messages] == ["120", "150", "180"]
    await house.sees(POWER, 0)
    await house.passes(minutes=60)
    assert len(house.told) == 3


async def test_it_switches_off(house: House, use: Use, hass: HomeAssistant, iron: str) -> None:
    await house.sees(POWER, 0)
    await use("appliance_left_on", **INPUTS, turn_off=[iron])
    await house.sees(POWER, 2000)
    await house.passes(minutes=119)
    assert is_on(hass)
    await house.passes(minutes=2)
    assert not is_on(hass)
    assert house.messages == ["Iron Power has been on for 120 minutes and is switched off now."]


async def test_without_it_nothing_is_switched_off(house: House, use: Use, hass: HomeAssistant, iron: str) -> None:
    await house.sees(POWER, 0)
    await use("appliance_left_on", **INPUTS)
    await house.sees(POWER, 2000)
    await house.passes(minutes=121)
    assert is_on(hass)
    assert len(house.told) == 1


@pytest.mark.parametrize("nothing", ["unavailable", "unknown"])
async def test_nothing_is_told_while_the_panel_is_silent(house: House, use: Use, nothing: str) -> None:
    await house.sees(POWER, nothing)
    await use("appliance_left_on", **INPUTS)
    await house.passes(minutes=130)
    assert house.runs() == 0
    await house.sees(POWER, 2000)
    await house.passes(minutes=60)
    await house.sees(POWER, nothing)
    await house.passes(minutes=120)
    assert not house.told
    await house.sees(POWER, 2000)
    await house.passes(minutes=1)
    assert len(house.told) == 1


async def test_after_a_silence_it_can_be_off(house: House, use: Use) -> None:
    await house.sees(POWER, 0)
    await use("appliance_left_on", **INPUTS)
    await house.sees(POWER, 2000)
    await house.passes(minutes=60)
    await house.sees(POWER, "unavailable")
    await house.passes(minutes=120)
    await house.sees(POWER, 0)
    await house.passes(minutes=30)
    assert not house.told
    assert house.runs() == 0


async def test_what_is_on_at_the_start_is_told_after_the_whole_time(house: House, use: Use) -> None:
    house.stopped()
    await house.sees(POWER, 2000)
    await use("appliance_left_on", **INPUTS)
    await house.started()
    await house.passes(minutes=119)
    assert not house.told
    await house.passes(minutes=2)
    assert len(house.told) == 1
    await house.reload()
    await house.passes(minutes=200)
    assert len(house.told) == 1

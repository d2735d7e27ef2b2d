"""A load runs on the surplus, and not on clouds."""

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest

from tests.blueprints.conftest import House, Use

POWER = "sensor.mains_power"
LOAD = "input_boolean.boiler"
INPUTS = {
    "power": POWER,
    "load": LOAD,
    "on_above": 1500,
    "on_minutes": 5,
    "off_below": 0,
    "off_minutes": 3,
    "least_on_minutes": 10,
    "least_off_minutes": 10,
    "silent_minutes": 15,
}


@pytest.fixture(autouse=True)
async def _load(hass: HomeAssistant, house: House) -> None:
    assert await async_setup_component(hass, "input_boolean", {"input_boolean": {"boiler": {"initial": False}}})
    await house.sees(POWER, 300)


def is_on(hass: HomeAssistant) -> bool:
    return hass.states.is_state(LOAD, "on")


async def switch(hass: HomeAssistant, state: str) -> None:
    await hass.services.async_call("input_boolean", f"turn_{state}", {"entity_id": LOAD}, blocking=True)


async def running(house: House, use: Use, hass: HomeAssistant) -> None:
    await use("solar_surplus", **INPUTS)
    await house.sees(POWER, -2000)
    await house.passes(minutes=6)
    assert is_on(hass)
    await house.sees(POWER, -500)


async def test_it_goes_on_with_surplus_and_off_without(house: House, use: Use, hass: HomeAssistant) -> None:
    await use("solar_surplus", **INPUTS)
    await house.sees(POWER, -2000)
    await house.passes(minutes=4)
    assert not is_on(hass)
    await house.passes(minutes=2)
    assert is_on(hass)
    await house.sees(POWER, -500)
    await house.passes(minutes=30)
    assert is_on(hass)
    await house.sees(POWER, 100)
    await house.passes(minutes=2)
    assert is_on(hass)
    await house.passes(minutes=2)
    assert not is_on(hass)


async def test_moments_of_sun_and_clouds_switch_nothing(house: House, use: Use, hass: HomeAssistant) -> None:
    await use("solar_surplus", **INPUTS)
    for _ in range(4):
        await house.sees(POWER, -2000)
        await house.passes(minutes=4)
        await house.sees(POWER, -1400)
        await house.passes(minutes=1)
    assert not is_on(hass)
    await house.sees(POWER, -2000)
    await house.passes(minutes=20)
    for _ in range(4):
        await house.sees(POWER, 500)
        await house.passes(minutes=2)
        await house.sees(POWER, -100)
        await house.passes(minutes=2)
    assert is_on(hass)


async def test_it_stays_on_and_off_for_a_while(house: House, use: Use, hass: HomeAssistant) -> None:
    await running(house, use, hass)
    await house.sees(POWER, 1000)
    await house.passes(minutes=8)
    assert is_on(hass)
    await house.passes(minutes=4.5)
    assert not is_on(hass)
    await house.sees(POWER, -2000)
    await house.passes(minutes=8)
    assert not is_on(hass)
    await house.passes(minutes=3)
    assert is_on(hass)


async def test_a_load_that_was_on_already_is_left_alone(house: House, use: Use, hass: HomeAssistant) -> None:
    await use("solar_surplus", **INPUTS)
    await switch(hass, "on")
    await house.sees(POWER, -2000)
    await house.passes(minutes=20)
    await house.sees(POWER, 2000)
    await house.passes(minutes=60)
    assert is_on(hass)


async def test_a_load_that_is_switched_off_by_hand_stays_off(house: House, use: Use, hass: HomeAssistant) -> None:
    await running(house, use, hass)
    await switch(hass, "off")
    await house.sees(POWER, -2000)
    await house.passes(minutes=3)
    assert not is_on(hass)
    await house.passes(minutes=60)
    await house.sees(POWER, 300)
    await house.sees(POWER, -2000)
    await house.passes(minutes=6)
    assert is_on(hass)


@pytest.mark.parametrize("nothing", ["unavailable", "unknown"])
async def test_a_silent_panel_is_no_surplus_and_no_want(
    house: House, use: Use, hass: HomeAssistant, nothing: str
) -> None:
    await use("solar_surplus", **INPUTS)
    await house.sees(POWER, nothing)
    await house.passes(minutes=20)
    assert not is_on(hass)
    await house.sees(POWER, -2000)
    await house.passes(minutes=20)
    assert is_on(hass)
    await house.sees(POWER, nothing)
    await house.passes(minutes=14)
    await house.sees(POWER, -100)
    await house.passes(minutes=14)
    await house.sees(POWER, nothing)
    await house.passes(minutes=14)
    assert is_on(hass)
    # A heater that nobody watches does not run through the night.
    await house.passes(minutes=2)
    assert not is_on(hass)


async def test_a_load_that_is_on_at_the_start_is_watched(house: House, use: Use, hass: HomeAssistant) -> None:
    house.stopped()
    await switch(hass, "on")
    await use("solar_surplus", **INPUTS)
    await house.started()
    await house.sees(POWER, -100)
    await house.passes(minutes=20)
    assert is_on(hass)
    await house.sees(POWER, 500)
    await house.passes(minutes=4)
    assert not is_on(hass)


async def test_a_load_that_does_not_follow_is_given_up(house: House, use: Use, hass: HomeAssistant) -> None:
    hass.states.async_set("switch.stuck", "off")
    await use("solar_surplus", **INPUTS | {"load": "switch.stuck"})
    await house.sees(POWER, -2000)
    await house.passes(minutes=5.5)
    assert house.runs() == 1
    await house.passes(minutes=1)
    assert house.runs() == 0


async def test_grid_power_can_be_allowed(house: House, use: Use, hass: HomeAssistant) -> None:
    await use("solar_surplus", **INPUTS | {"off_below": -400})
    await house.sees(POWER, -2000)
    await house.passes(minutes=6)
    await house.sees(POWER, 350)
    await house.passes(minutes=60)
    assert is_on(hass)
    await house.sees(POWER, 450)
    await house.passes(minutes=4)
    assert not is_on(hass)

"""The examples of the page work as they stand."""

from datetime import timedelta
import re
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import parse_yaml
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from tests.blueprints.conftest import AUTOMATION, BLUEPRINTS, House

PAGE = BLUEPRINTS.parent.parent.parent / "docs" / "automations.md"
EXAMPLES: list[dict[str, Any]] = [
    example
    for text in re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    if isinstance(example := parse_yaml(text), dict)
]


async def runs(hass: HomeAssistant, number: int) -> None:
    assert await async_setup_component(hass, "automation", {"automation": [{"alias": "under test"} | EXAMPLES[number]]})
    await hass.async_block_till_done()
    state = hass.states.get(AUTOMATION)
    assert state is not None
    assert state.state == "on"


async def ended(hass: HomeAssistant) -> None:
    await hass.services.async_call("automation", "turn_off", {"entity_id": AUTOMATION}, blocking=True)


@pytest.mark.parametrize(("mains", "switched"), [(7000, 1), (5000, 0)])
async def test_triggers_of_home_assistant(house: House, hass: HomeAssistant, mains: int, switched: int) -> None:
    assert await async_setup_component(hass, "power", {})
    calls = async_mock_service(hass, "switch", "turn_off")
    await house.sees("sensor.mains_power", mains, device_class="power")
    await house.sees("sensor.kitchen_power", 100, device_class="power")
    await runs(hass, 0)
    await house.sees("sensor.kitchen_power", 3500, device_class="power")
    await house.passes(minutes=4)
    assert not calls
    await house.passes(minutes=2)
    assert len(calls) == switched
    await ended(hass)


async def test_heating_water(house: House, hass: HomeAssistant) -> None:
    calls = async_mock_service(hass, "switch", "turn_on")
    await house.sees("sensor.apartment_101_price", 0.3, "EUR/kWh")
    await runs(hass, 2)
    await house.passes(minutes=2)
    assert not calls
    await house.sees("sensor.apartment_101_price", 0.1, "EUR/kWh")
    await house.passes(minutes=2)
    assert len(calls) == 1
    await ended(hass)


async def test_the_bill(house: House, hass: HomeAssistant) -> None:
    calls = async_mock_service(hass, "notify", "send_message")
    await house.sees("sensor.apartment_101_projected_bill", 81.5, "EUR")
    await runs(hass, 3)
    await house.passes(hours=24 * 7, step=timedelta(minutes=30))
    assert [call.data["message"] for call in calls] == ["The bill will be about 81.5 EUR."]
    await ended(hass)


def test_no_example_is_without_a_test() -> None:
    # That of the triggers of Panel Meter runs with a real panel, in another file.
    assert [example["triggers"][0]["trigger"] for example in EXAMPLES] == [
        "power.crossed_threshold",
        "panel_meter.alert_opened",
        "numeric_state",
        "time",
    ]

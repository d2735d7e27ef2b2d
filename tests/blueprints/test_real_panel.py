"""With the real integration: the selectors offer the right entities, and a message of a board makes a blueprint run."""

from datetime import UTC, datetime
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from custom_components.panel_meter.alerts.keeper import alert_keeper
from custom_components.panel_meter.core.alerts.model import Severity
from tests.blueprints.conftest import AUTOMATION, BLUEPRINTS, TELL, House, Use, settle
from tests.blueprints.test_page import EXAMPLES
from tests.core.protocol import HOUR, PANEL, info, live
from tests.integration.conftest import Say, entry, prepared_home, say, subscribed_at_once

__all__ = ["entry", "prepared_home", "say", "subscribed_at_once"]

KITCHEN = "sensor.apartment_101_kitchen_power"
NOW = HOUR + 3000

#: What each of the selectors has to offer, by the last part of the identity, of a panel without a tariff.
OFFERED = {
    ("appliance_finished", "power"): {"power"},
    ("appliance_finished", "energy"): {"energy_import", "energy_today", "energy_this_month"},
    ("appliance_left_on", "power"): {"power"},
    ("budget_warning", "sensor"): {"energy_import", "energy_today", "energy_this_month"},
    ("nightly_summary", "energy"): {"energy_import", "energy_today", "energy_this_month"},
    ("nightly_summary", "cost"): set(),
    ("notify_on_threshold", "sensor"): {
        "power",
        "current",
        "apparent_power",
        "voltage_1",
        "frequency",
        "temperature",
        "power_remainder",
        "energy_import",
        "energy_today",
        "energy_this_month",
    },
    ("offline_notice", "panels"): {"connectivity"},
    ("shed_loads", "sensors"): {"power", "current", "apparent_power", "power_remainder"},
    ("shed_loads", "demand"): {"power"},
    ("solar_surplus", "power"): {"power"},
}


@pytest.fixture
async def panel(house: House, hass: HomeAssistant, entry: MockConfigEntry, say: Say) -> Say:
    """A panel that speaks."""
    house.clock.move_to(datetime.fromtimestamp(NOW, UTC))
    say("info", info(), retain=True)
    say("status", b"online", retain=True)
    say(
        "live",
        live(time=NOW, power=[1000.0, 200.0], current=[5.0, 1.0], voltage=[230.0], frequency=50.0, temperature=40),
    )
    await hass.async_block_till_done()
    assert hass.states.get(KITCHEN) is not None
    return say


def selector(blueprint: str, name: str) -> list[dict[str, Any]]:
    inputs = load_yaml_dict(BLUEPRINTS / f"{blueprint}.yaml")["blueprint"]["input"]
    for each in [inputs, *(each["input"] for each in inputs.values() if "input" in each)]:
        if name in each:
            filters: list[dict[str, Any]] = each[name]["selector"]["entity"]["filter"]
            return filters
    raise KeyError(name)


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


@pytest.mark.usefixtures("panel")
async def test_the_selectors_offer_the_entities(entity_registry: er.EntityRegistry, entry: MockConfigEntry) -> None:
    for (blueprint, name), expected in OFFERED.items():
        found = set()
        for registered in er.async_entries_for_config_entry(entity_registry, entry.entry_id):
            for each in selector(blueprint, name):
                device_class = registered.device_class or registered.original_device_class
                if registered.domain in listed(each["domain"]) and device_class in listed(each["device_class"]):
                    found.add(registered.unique_id.rsplit("/", 1)[1])
        assert found >= expected, (blueprint, name)
        assert expected or not found, (blueprint, name)
        assert not found & {"last_seen", "problem", "open_alerts"}, (blueprint, name)


# The panel comes before the automation, which then ends first: unloading would wait for its run.
async def test_a_message_of_a_board_is_told(house: House, panel: Say, use: Use, hass: HomeAssistant) -> None:
    inputs = {"sensor": KITCHEN, "limit": 3000, "above_for": {"minutes": 2}, "actions": TELL}
    await use("notify_on_threshold", **inputs)
    for step in range(20):
        panel("live", live(time=NOW + 15 * step, power=[5000.0, 4000.0 if step > 5 else 300.0]))
        await house.passes(seconds=15)
    assert house.messages == ["Kitchen Power is 4000 W, above the limit of 3000 W."]


async def test_a_board_that_says_goodbye_is_told(house: House, panel: Say, use: Use, hass: HomeAssistant) -> None:
    connectivity = "binary_sensor.apartment_101_connectivity"
    assert hass.states.is_state(connectivity, "on")
    await use("offline_notice", panels=[connectivity], minutes=2, actions=TELL)
    panel("status", b"offline", retain=True)
    await settle()
    await house.passes(minutes=4)
    assert house.messages == ["Apartment 101 has said nothing for 2 minutes."]


async def test_an_alert_runs_the_example_of_the_page(house: House, panel: Say, hass: HomeAssistant) -> None:
    calls = async_mock_service(hass, "light", "turn_on")
    example = next(each for each in EXAMPLES if each["triggers"][0]["trigger"] == "panel_meter.alert_opened")
    assert await async_setup_component(hass, "automation", {"automation": [{"alias": "under test"} | example]})
    await hass.async_block_till_done()
    keeper = alert_keeper(hass)
    keeper.create(PANEL.id, None, Severity.WARNING, "Nothing for a lamp")
    await hass.async_block_till_done()
    assert not calls
    keeper.create(PANEL.id, None, Severity.CRITICAL, "Water under the boiler")
    await hass.async_block_till_done()
    assert [call.data["color_name"] for call in calls] == ["red"]
    await hass.services.async_call("automation", "turn_off", {"entity_id": AUTOMATION}, blocking=True)

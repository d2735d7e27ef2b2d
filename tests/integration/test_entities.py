"""Every entity of a house with three phases, solar, a battery and a sub-panel, as a snapshot."""

from collections.abc import Iterator
from datetime import UTC, datetime
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from syrupy.assertion import SnapshotAssertion

from custom_components.panel_meter.const import DOMAIN
from tests.core.protocol import HOUR, info, live

from .conftest import Say

CHANNELS = [
    {"id": "main", "name": "Mains", "role": "main", "phase": "L123", "rating": 63},
    {"id": "pv", "name": "Roof", "role": "solar", "phase": "L123", "rating": 25},
    {"id": "bat", "name": "Battery", "role": "battery", "phase": "L1", "rating": 16},
    {"id": "sub", "name": "Garage", "role": "sub", "phase": "L2", "rating": 32, "parent": "main"},
    {"id": "car", "name": "Car", "role": "circuit", "phase": "L2", "rating": 16, "parent": "sub"},
]
REGISTERS = [
    "main.import",
    "main.export",
    "pv.import",
    "pv.export",
    "bat.import",
    "bat.export",
    "sub.import",
    "car.import",
]
VALUES = {
    "time": HOUR + 3000,
    "power": [-1200.0, -3500.0, 800.0, 900.0, 700.0],
    "current": [3.1, 5.0, 3.5, 4.0, 3.0],
    "power_factor": [-0.9, -1.0, 1.0, 0.98, None],
    "voltage": [230.1, 229.9, 231.0],
    "energy": [0] * 8,
}


@pytest.fixture(autouse=True)
def _clock(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(datetime.fromtimestamp(HOUR + 3000, UTC))


async def spoken(hass: HomeAssistant, say: Say) -> None:
    say("info", info(channels=CHANNELS, registers=REGISTERS), retain=True)
    say("status", b"online", retain=True)
    say("live", live(**VALUES))
    await hass.async_block_till_done()


@pytest.fixture
def _everything_enabled() -> Iterator[None]:
    """Entities that are disabled by default are there as well."""
    with patch("homeassistant.helpers.entity.Entity.entity_registry_enabled_default", new=True):
        yield


@pytest.mark.usefixtures("_everything_enabled")
@pytest.mark.parametrize("platform", [Platform.SENSOR, Platform.BINARY_SENSOR])
async def test_every_entity(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    say: Say,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
    platform: Platform,
) -> None:
    await spoken(hass, say)
    entities = [
        each for each in er.async_entries_for_config_entry(entity_registry, entry.entry_id) if each.domain == platform
    ]
    assert entities
    for each in entities:
        state = hass.states.get(each.entity_id)
        facts = {
            "unique_id": each.unique_id,
            "category": each.entity_category,
            "state": state.state,
            **{key: value for key, value in state.attributes.items() if key != "friendly_name"},
            "name": state.attributes["friendly_name"],
        }
        assert facts == snapshot(name=each.entity_id)


async def test_circuits_are_child_devices_of_their_panel(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    say: Say,
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
) -> None:
    await spoken(hass, say)
    panel = device_registry.async_get_device_by_identifier((DOMAIN, "apt-101"), entry.entry_id)
    for channel in CHANNELS:
        child = device_registry.async_get_child_device_by_identifier(
            (DOMAIN, f"apt-101/{channel['id']}"), entry.entry_id
        )
        assert (child.name, child.parent_device_id) == (channel["name"], panel.id)
    for each in er.async_entries_for_config_entry(entity_registry, entry.entry_id):
        # The list of alerts is of all panels together.
        assert (each.device_id is not None) != (each.domain == Platform.TODO)


async def test_what_is_not_measured_is_the_rest_of_the_mains(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, entity_registry: er.EntityRegistry
) -> None:
    await spoken(hass, say)
    entity_id = entity_registry.async_get_entity_id("sensor", DOMAIN, "apt-101/power_remainder")
    entity_registry.async_update_entity(entity_id, disabled_by=None)
    await hass.config_entries.async_reload(entry.entry_id)
    await spoken(hass, say)
    entry.runtime_data.panels["apt-101"].flush()
    # -1200 W at the mains, less -3500 W of the roof, 800 W into the battery and 900 W of the garage with the car.
    assert hass.states.get(entity_id).state == "600.0"

"""The Energy dashboard of a real Home Assistant, set up, undone and kept right."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from homeassistant.components.energy.data import EnergyManager, async_get_manager
from homeassistant.components.energy.validate import async_validate
from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.statistics import get_metadata
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.storage import Store
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_fire_time_changed
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
)

from custom_components.panel_meter.const import DOMAIN
from custom_components.panel_meter.core.model import Channel, Direction, Panel, Register, Role
from custom_components.panel_meter.energy_dashboard import (
    async_apply,
    async_follow_renames,
    async_plan,
    async_remove_panel,
    async_undo,
)
from custom_components.panel_meter.services import SERVICE_SETUP_ENERGY_DASHBOARD, async_register_services
from tests.core.protocol import info, live

from .conftest import Say

type Lists = tuple[list[dict[str, Any]], list[dict[str, Any]]]

OWN_WATER = {"type": "water", "stat_energy_from": "sensor.water"}
OWN_PLUG = {"stat_consumption": "sensor.plug", "name": "Plug"}


def panel(panel_id: str, *channels: Channel) -> Panel:
    """A panel that counts every channel both ways."""
    registers = tuple(Register(channel.id, direction) for channel in channels for direction in Direction)
    return Panel(id=panel_id, name=panel_id.title(), codec="native", channels=channels, registers=registers)


HOUSE = panel(
    "house",
    Channel(id="main", name="Main", role=Role.MAIN),
    Channel(id="pv", name="Roof", role=Role.SOLAR),
    Channel(id="bat", name="Cellar", role=Role.BATTERY),
    Channel(id="garage", name="Garage"),
    Channel(id="ev", name="Car", role=Role.SUB, parent="garage"),
)
LOFT = panel("data_pm:PANEL_LANTAI_1", Channel(id="c1", name="Loft"))

UNITS = {
    "energy_import": {"device_class": "energy", "state_class": "total", "unit_of_measurement": "kWh"},
    "energy_export": {"device_class": "energy", "state_class": "total", "unit_of_measurement": "kWh"},
    "power": {"device_class": "power", "state_class": "measurement", "unit_of_measurement": "W"},
}


@pytest.fixture
async def manager(hass: HomeAssistant) -> EnergyManager:
    assert await async_setup_component(hass, "energy", {})
    await hass.async_block_till_done()
    return await async_get_manager(hass)


@pytest.fixture
def hub(hass: HomeAssistant) -> Iterator[MockConfigEntry]:
    """A loaded entry with the entities of both panels, and their values."""
    entry = MockConfigEntry(domain=DOMAIN, state=ConfigEntryState.LOADED)
    entry.add_to_hass(hass)
    entry.runtime_data = SimpleNamespace(
        panels={each.id: SimpleNamespace(description=each) for each in (HOUSE, LOFT)}
        | {"silent": SimpleNamespace(description=None)}
    )
    for each in (HOUSE, LOFT):
        register(hass, entry, each)
    yield entry
    entry.mock_state(hass, ConfigEntryState.NOT_LOADED)


def register(hass: HomeAssistant, entry: MockConfigEntry, described: Panel) -> None:
    """Devices, entities and states as the integration would make them."""
    devices, registry = dr.async_get(hass), er.async_get(hass)
    board = devices.async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={(DOMAIN, described.id)}, name=described.name
    )
    for channel in described.channels:
        identifier = f"{described.id}/{channel.id}"
        device = devices.async_get_or_create_child(
            config_entry_id=entry.entry_id, identifiers={(DOMAIN, identifier)}, parent_device_id=board.id
        )
        for key, attributes in UNITS.items():
            registered = registry.async_get_or_create(
                "sensor",
                DOMAIN,
                f"{identifier}/{key}",
                config_entry=entry,
                device_id=device.id,
                suggested_object_id=f"{channel.id}_{key}",
                original_name=key,
            )
            hass.states.async_set(registered.entity_id, "-250" if key == "power" else "12.5", attributes)


@pytest.fixture
def call(hass: HomeAssistant, hub: MockConfigEntry, manager: EnergyManager) -> Any:
    """Call the action and return its response."""
    async_register_services(hass)

    async def setup_energy_dashboard(context: Context | None = None, **data: Any) -> Any:
        return await hass.services.async_call(
            DOMAIN, SERVICE_SETUP_ENERGY_DASHBOARD, data, blocking=True, return_response=True, context=context
        )

    return setup_energy_dashboard


@pytest.fixture
def follow(hass: HomeAssistant) -> Iterator[None]:
    """Follow renames while the test runs."""
    stop = async_follow_renames(hass)
    yield
    stop()


def lists(manager: EnergyManager) -> Lists:
    assert manager.data is not None
    return list(manager.data["energy_sources"]), list(manager.data["device_consumption"])  # type: ignore[arg-type]


def source(manager: EnergyManager, kind: str) -> dict[str, Any]:
    (found,) = (each for each in lists(manager)[0] if each["type"] == kind)
    return found


async def rename(hass: HomeAssistant, old: str, new: str) -> None:
    er.async_get(hass).async_update_entity(old, new_entity_id=new)
    await hass.async_block_till_done()


async def test_home_assistant_has_nothing_to_complain_of(
    hass: HomeAssistant, hub: MockConfigEntry, manager: EnergyManager
) -> None:
    await async_apply(hass, hub, [HOUSE, LOFT])
    await hass.async_block_till_done()
    await async_wait_recording_done(hass)
    now = dt_util.utcnow()
    do_adhoc_statistics(hass, start=now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0))
    await async_wait_recording_done(hass)

    found = (await async_validate(hass)).as_dict()

    assert [len(found["energy_sources"]), len(found["device_consumption"])] == [3, 3]
    assert found["energy_sources"] == [[], [], []]
    assert found["device_consumption"] == [[], [], []]
    known = await get_instance(hass).async_add_executor_job(lambda: get_metadata(hass))
    assert "sensor.bat_power_inverted" in known


async def test_the_entries_are_those_of_the_plan(
    hass: HomeAssistant, hub: MockConfigEntry, manager: EnergyManager
) -> None:
    await async_apply(hass, hub, [HOUSE])
    await hass.async_block_till_done()

    assert source(manager, "grid") == {
        "type": "grid",
        "name": "Main",
        "stat_energy_from": "sensor.main_energy_import",
        "stat_energy_to": "sensor.main_energy_export",
        "stat_rate": "sensor.main_power",
        "stat_cost": None,
        "entity_energy_price": None,
        "number_energy_price": None,
        "stat_compensation": None,
        "entity_energy_price_export": None,
        "number_energy_price_export": None,
        "cost_adjustment_day": 0.0,
    }
    assert source(manager, "solar")["stat_energy_from"] == "sensor.pv_energy_export"
    battery = source(manager, "battery")
    assert (battery["stat_energy_from"], battery["stat_energy_to"]) == (
        "sensor.bat_energy_export",
        "sensor.bat_energy_import",
    )
    # What Home Assistant makes of a charging or discharging power: discharge is positive there.
    state = hass.states.get(battery["stat_rate"])
    assert state is not None
    assert float(state.state) == 250
    assert lists(manager)[1] == [
        {"stat_consumption": "sensor.garage_energy_import", "name": "Garage", "stat_rate": "sensor.garage_power"},
        {
            "stat_consumption": "sensor.ev_energy_import",
            "name": "Car",
            "stat_rate": "sensor.ev_power",
            "included_in_stat": "sensor.garage_energy_import",
        },
    ]


async def test_a_preview_writes_nothing_and_says_what_the_set_up_then_does(
    hass: HomeAssistant, hub: MockConfigEntry, manager: EnergyManager, hass_storage: dict[str, Any]
) -> None:
    before = manager.data

    preview = await async_plan(hass, hub, [HOUSE, LOFT])

    assert manager.data is before
    assert "panel_meter.energy_dashboard" not in hass_storage
    done = await async_apply(hass, hub, [HOUSE, LOFT])
    assert (preview.added, preview.changed, preview.removed) == (done.added, (), ())
    assert preview.sentence == "Energy dashboard: 6 entries would be added."
    assert done.sentence == "Energy dashboard: 6 entries added."


async def test_a_second_run_changes_nothing_and_says_so(
    hass: HomeAssistant, hub: MockConfigEntry, manager: EnergyManager
) -> None:
    await async_apply(hass, hub, [HOUSE, LOFT])
    once = manager.data

    again = await async_apply(hass, hub, [HOUSE, LOFT])

    assert manager.data is once
    assert not again.changes_anything
    assert again.sentence == "The Energy dashboard needs no change."


async def test_set_ups_at_the_same_time_do_not_double(
    hass: HomeAssistant, hub: MockConfigEntry, manager: EnergyManager
) -> None:
    first, second = await asyncio.gather(async_apply(hass, hub, [HOUSE]), async_apply(hass, hub, [HOUSE]))

    assert (len(first.added), second.changes_anything) == (5, False)
    assert [len(part) for part in lists(manager)] == [3, 2]


async def test_the_users_entries_stay_and_come_out_of_an_undo_as_they_were(
    hass: HomeAssistant, hub: MockConfigEntry, manager: EnergyManager
) -> None:
    await manager.async_update({"energy_sources": [OWN_WATER], "device_consumption": [OWN_PLUG]})  # type: ignore[list-item]
    await async_apply(hass, hub, [HOUSE, LOFT])
    sources, devices = lists(manager)
    assert (sources[0], devices[0]) == (OWN_WATER, OWN_PLUG)
    later = {"stat_consumption": "sensor.later"}
    await manager.async_update({"energy_sources": sources, "device_consumption": [*devices, later]})  # type: ignore[list-item, typeddict-item]

    undone = await async_undo(hass)

    assert lists(manager) == ([OWN_WATER], [OWN_PLUG, later])
    assert len(undone.removed) == 6
    assert (await async_undo(hass)).sentence == "The Energy dashboard has nothing of Panel Meter to take back."


async def test_no_sensor_of_home_assistant_is_left_behind(
    hass: HomeAssistant, hub: MockConfigEntry, manager: EnergyManager
) -> None:
    await async_apply(hass, hub, [HOUSE])
    await hass.async_block_till_done()
    assert er.async_get(hass).async_get("sensor.bat_power_inverted") is not None

    await async_undo(hass)
    await hass.async_block_till_done()

    assert er.async_get(hass).async_get("sensor.bat_power_inverted") is None
    assert hass.states.get("sensor.bat_power_inverted") is None


async def test_the_undo_outlives_a_restart(
    hass: HomeAssistant, hub: MockConfigEntry, manager: EnergyManager, hass_storage: dict[str, Any]
) -> None:
    await manager.async_update({"energy_sources": [OWN_WATER], "device_consumption": []})  # type: ignore[list-item]
    await async_apply(hass, hub, [HOUSE])
    # Never sooner than the dashboard itself, which Home Assistant saves after a minute.
    assert "panel_meter.energy_dashboard" not in hass_storage
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=70))
    await hass.async_block_till_done()
    assert "panel_meter.energy_dashboard" in hass_storage
    for key in [key for key in hass.data if key == "panel_meter.energy_dashboard"]:
        del hass.data[key]

    await async_undo(hass)

    assert lists(manager) == ([OWN_WATER], [])


async def test_what_home_assistant_would_refuse_is_not_written(
    hass: HomeAssistant, hub: MockConfigEntry, manager: EnergyManager
) -> None:
    await manager.async_update({"energy_sources": [], "device_consumption": [{"name": "broken"}]})  # type: ignore[typeddict-item]
    before = manager.data

    with pytest.raises(HomeAssistantError) as error:
        await async_apply(hass, hub, [HOUSE])

    assert error.value.translation_key == "energy_dashboard_invalid"
    assert manager.data is before
    assert not (await async_undo(hass)).changes_anything


async def test_without_the_energy_integration_it_says_so(hass: HomeAssistant, hub: MockConfigEntry) -> None:
    with pytest.raises(HomeAssistantError) as error:
        await async_apply(hass, hub, [HOUSE])

    assert error.value.translation_key == "energy_not_loaded"


async def test_a_disabled_entity_is_not_shown(
    hass: HomeAssistant, hub: MockConfigEntry, manager: EnergyManager
) -> None:
    registry = er.async_get(hass)
    registry.async_update_entity("sensor.garage_energy_import", disabled_by=er.RegistryEntryDisabler.USER)
    registry.async_update_entity("sensor.ev_power", disabled_by=er.RegistryEntryDisabler.USER)

    preview = await async_apply(hass, hub, [HOUSE])

    assert lists(manager)[1] == [{"stat_consumption": "sensor.ev_energy_import", "name": "Car"}]
    assert [(left.name, left.sentence) for left in preview.left_out] == [
        ("Garage", "Home Assistant has no enabled energy entity for it.")
    ]


async def test_the_name_that_the_user_gave_the_device_is_used(
    hass: HomeAssistant, hub: MockConfigEntry, manager: EnergyManager
) -> None:
    devices = dr.async_get(hass)
    device = devices.async_get_child_device_by_identifier((DOMAIN, "house/garage"), hub.entry_id)
    assert device is not None
    devices.async_update_child_device(device.id, name_by_user="Workshop")

    await async_apply(hass, hub, [HOUSE])

    assert lists(manager)[1][0]["name"] == "Workshop"


async def test_keeping_in_step_respects_what_the_user_took_away(
    hass: HomeAssistant, hub: MockConfigEntry, manager: EnergyManager
) -> None:
    await async_apply(hass, hub, [HOUSE])
    sources, devices = lists(manager)
    await manager.async_update({"energy_sources": sources, "device_consumption": devices[:1]})  # type: ignore[typeddict-item]

    assert not (await async_apply(hass, hub, [HOUSE], restore=False)).changes_anything
    await async_undo(hass)
    assert not (await async_apply(hass, hub, [HOUSE], restore=False)).changes_anything
    assert len((await async_apply(hass, hub, [HOUSE, LOFT], restore=False)).added) == 1
    assert len((await async_apply(hass, hub, [HOUSE, LOFT])).added) == 5


# --- renames ---


@pytest.mark.usefixtures("follow")
async def test_renames_are_followed(hass: HomeAssistant, hub: MockConfigEntry, manager: EnergyManager) -> None:
    await async_apply(hass, hub, [HOUSE])
    await hass.async_block_till_done()

    await rename(hass, "sensor.garage_energy_import", "sensor.shed_energy")
    await rename(hass, "sensor.bat_power", "sensor.accu_power")

    garage, car = lists(manager)[1]
    assert (garage["stat_consumption"], car["included_in_stat"]) == ("sensor.shed_energy", "sensor.shed_energy")
    battery = source(manager, "battery")
    assert battery["power_config"] == {"stat_rate_inverted": "sensor.accu_power"}
    assert battery["stat_rate"] == "sensor.accu_power_inverted"
    assert er.async_get(hass).async_get("sensor.bat_power_inverted") is None
    assert not (await async_apply(hass, hub, [HOUSE])).changes_anything
    await async_undo(hass)
    assert lists(manager) == ([], [])


@pytest.mark.usefixtures("follow")
async def test_entities_that_swap_their_names_are_not_confused(
    hass: HomeAssistant, hub: MockConfigEntry, manager: EnergyManager
) -> None:
    await async_apply(hass, hub, [HOUSE])
    registry = er.async_get(hass)
    for entity_id in ("sensor.ev_power", "sensor.garage_power"):
        hass.states.async_remove(entity_id)

    registry.async_update_entity("sensor.ev_power", new_entity_id="sensor.between")
    registry.async_update_entity("sensor.garage_power", new_entity_id="sensor.ev_power")
    registry.async_update_entity("sensor.between", new_entity_id="sensor.garage_power")
    await hass.async_block_till_done()

    assert [(device["name"], device["stat_rate"]) for device in lists(manager)[1]] == [
        ("Garage", "sensor.ev_power"),
        ("Car", "sensor.garage_power"),
    ]


async def test_renames_while_everything_is_still_being_loaded_are_not_confused(
    hass: HomeAssistant, hub: MockConfigEntry, manager: EnergyManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = [{"stat_consumption": f"sensor.{name}_energy_import", "name": name} for name in ("ev", "garage")]
    await manager.async_update({"energy_sources": [], "device_consumption": mine})  # type: ignore[typeddict-item]
    registry = er.async_get(hass)
    for device in mine:
        hass.states.async_remove(device["stat_consumption"])

    async def load_slowly(_store: Store[Any]) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr(Store, "async_load", load_slowly)
    stop = async_follow_renames(hass)
    registry.async_update_entity("sensor.ev_energy_import", new_entity_id="sensor.car")
    registry.async_update_entity("sensor.garage_energy_import", new_entity_id="sensor.ev_energy_import")
    registry.async_update_entity("sensor.ev_energy_import", new_entity_id="sensor.shed")
    await hass.async_block_till_done()
    stop()

    assert [device["stat_consumption"] for device in lists(manager)[1]] == ["sensor.car", "sensor.shed"]


@pytest.mark.usefixtures("follow")
async def test_a_rename_reaches_what_the_user_made_of_our_entities(
    hass: HomeAssistant, hub: MockConfigEntry, manager: EnergyManager
) -> None:
    mine = {"stat_consumption": "sensor.garage_energy_import", "name": "Mine"}
    await manager.async_update({"energy_sources": [], "device_consumption": [mine]})  # type: ignore[list-item]

    await rename(hass, "sensor.garage_energy_import", "sensor.shed_energy")

    assert lists(manager)[1] == [mine | {"stat_consumption": "sensor.shed_energy"}]


@pytest.mark.usefixtures("follow")
async def test_renames_of_others_are_none_of_our_business(
    hass: HomeAssistant, hub: MockConfigEntry, manager: EnergyManager
) -> None:
    # An integration of somebody else may well have the same idea of a unique id.
    other = er.async_get(hass).async_get_or_create(
        "sensor", "other", "house_garage_energy_import", suggested_object_id="plug"
    )
    await manager.async_update({"energy_sources": [], "device_consumption": [OWN_PLUG]})  # type: ignore[list-item]

    await rename(hass, other.entity_id, "sensor.plug_2")

    assert lists(manager)[1] == [OWN_PLUG]


async def test_renames_are_caught_up_with(hass: HomeAssistant, hub: MockConfigEntry, manager: EnergyManager) -> None:
    await async_apply(hass, hub, [HOUSE])
    await rename(hass, "sensor.main_energy_import", "sensor.street")
    assert source(manager, "grid")["stat_energy_from"] == "sensor.main_energy_import"

    stop = async_follow_renames(hass)
    await hass.async_block_till_done()
    stop()

    assert source(manager, "grid")["stat_energy_from"] == "sensor.street"


async def test_after_the_listener_is_gone_nothing_is_written(
    hass: HomeAssistant, hub: MockConfigEntry, manager: EnergyManager
) -> None:
    await async_apply(hass, hub, [HOUSE])
    async_follow_renames(hass)()
    await hass.async_block_till_done()

    await rename(hass, "sensor.main_energy_import", "sensor.street")

    assert source(manager, "grid")["stat_energy_from"] == "sensor.main_energy_import"


async def test_a_removed_panel_leaves_the_dashboard(
    hass: HomeAssistant, hub: MockConfigEntry, manager: EnergyManager
) -> None:
    await async_apply(hass, hub, [HOUSE, LOFT])
    registry = er.async_get(hass)
    for registered in list(registry.entities.values()):
        if registered.unique_id.startswith("house_"):
            registry.async_remove(registered.entity_id)
            hass.states.async_remove(registered.entity_id)

    removed = await async_remove_panel(hass, "house")

    assert len(removed.removed) == 5
    assert [device["name"] for device in lists(manager)[1]] == [f"{LOFT.name} Loft"]
    assert lists(manager)[0] == []
    # A panel that is added again starts afresh.
    register(hass, hub, HOUSE)
    assert len((await async_apply(hass, hub, [HOUSE, LOFT], restore=False)).added) == 5


# --- the action ---


async def test_the_action_sets_up_previews_and_undoes(call: Any, manager: EnergyManager) -> None:
    preview = await call(preview=True)
    assert manager.data is None

    done = await call()
    assert done["added"] == preview["added"]
    assert {"type": "grid", "name": "House Main", "statistic": "sensor.main_energy_import"} in done["added"]
    assert len(lists(manager)[1]) == 3

    undo = await call(undo=True, preview=True)
    assert undo["sentence"] == "Energy dashboard: 6 entries would be removed."
    assert len(lists(manager)[1]) == 3
    assert len((await call(undo=True))["removed"]) == 6
    assert lists(manager) == ([], [])


async def test_the_action_takes_only_the_chosen_panels(
    hass: HomeAssistant, hub: MockConfigEntry, call: Any, manager: EnergyManager
) -> None:
    devices = dr.async_get(hass)
    circuit = devices.async_get_child_device_by_identifier((DOMAIN, f"{LOFT.id}/c1"), hub.entry_id)
    house = devices.async_get_device_by_identifier((DOMAIN, HOUSE.id), hub.entry_id)
    assert circuit is not None
    assert house is not None

    assert len((await call(panels=[circuit.id]))["added"]) == 1
    assert len((await call(panels=[house.id]))["added"]) == 5
    assert len((await call(panels=[circuit.id], undo=True))["removed"]) == 1
    assert len(lists(manager)[1]) == 2


async def test_the_action_leaves_a_second_grid_connection_out_unless_told_otherwise(
    call: Any, manager: EnergyManager
) -> None:
    own = {"type": "grid", "stat_energy_from": "sensor.p1", "cost_adjustment_day": 0.0}
    await manager.async_update({"energy_sources": [own], "device_consumption": []})  # type: ignore[list-item]

    response = await call()

    assert [(left["name"], left["reason"]) for left in response["left_out"]] == [("House Main", "own_source")]
    assert [each["type"] for each in lists(manager)[0]] == ["grid", "solar", "battery"]
    assert [line["name"] for line in (await call(beside_own_sources=True))["added"]] == ["House Main"]
    # What is there once stays there.
    assert (await call())["removed"] == []


async def test_undoing_everything_stops_keeping_in_step(hass: HomeAssistant, hub: MockConfigEntry, call: Any) -> None:
    hass.config_entries.async_update_entry(hub, options={"energy_dashboard": True, "add_panels": True})
    await call()

    await call(undo=True, preview=True)
    assert hub.options["energy_dashboard"] is True
    await call(undo=True)
    assert hub.options == {"energy_dashboard": False, "add_panels": True}


async def test_the_action_refuses_other_devices(hass: HomeAssistant, hub: MockConfigEntry, call: Any) -> None:
    other = dr.async_get(hass).async_get_or_create(
        config_entry_id=hub.entry_id, identifiers={("other", "x")}, name="Lamp"
    )

    for device in (other.id, "nothing"):
        with pytest.raises(ServiceValidationError) as error:
            await call(panels=[device])
        assert error.value.translation_key == "not_a_panel"


async def test_the_action_is_for_administrators(call: Any, hass_read_only_user: MockUser) -> None:
    with pytest.raises(Unauthorized):
        await call(context=Context(user_id=hass_read_only_user.id))


async def test_the_action_says_when_panel_meter_is_not_running(hass: HomeAssistant) -> None:
    async_register_services(hass)

    with pytest.raises(ServiceValidationError) as error:
        await hass.services.async_call(DOMAIN, SERVICE_SETUP_ENERGY_DASHBOARD, {}, blocking=True)

    assert error.value.translation_key == "not_loaded"


async def test_the_entities_of_a_real_board_are_found(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, manager: EnergyManager
) -> None:
    say("info", info(), retain=True)
    say("live", live())
    await hass.async_block_till_done()

    response = await hass.services.async_call(
        DOMAIN, SERVICE_SETUP_ENERGY_DASHBOARD, {}, blocking=True, return_response=True
    )

    assert response is not None
    assert response["left_out"] == []
    assert source(manager, "grid")["stat_rate"] == "sensor.apartment_101_mains_power"
    (kitchen,) = lists(manager)[1]
    assert (kitchen["name"], kitchen["stat_rate"]) == ("Kitchen", "sensor.apartment_101_kitchen_power")
    assert hass.states.get(kitchen["stat_consumption"]) is not None

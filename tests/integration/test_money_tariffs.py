"""Tariffs come, change, break and go: entities, repair issues and the Energy dashboard."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.energy.data import async_get_manager
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.panel_meter.const import DOMAIN, SUBENTRY_TARIFF
from custom_components.panel_meter.money_services import SERVICE_GET_BILL
from tests.core.protocol import PANEL

from .conftest import Say
from .costs import (
    COST,
    NOON,
    Board,
    change_tariff,
    pass_time,
    restarted,
    settled,
    tariff,
    the_panel,
    value,
    version,
    with_tariff,
)

D = Decimal
EARNED = "sensor.apartment_101_compensation_for_exported_energy"
ENERGY = "sensor.apartment_101_mains_energy"
FLAT = {"default_period": "all day", "prices": {"all day": ["0.25"]}}
DEMAND = [{"name": "power", "price": ["8"], "interval_min": 15}]
EXPORT = {"mode": "net_billing", "prices": {"all day": ["0.08"]}}
TWO_WAY: dict[str, Any] = {"registers": ["main.import", "main.export", "c1.import"]}


@pytest.fixture(autouse=True)
def _clock(freezer: FrozenDateTimeFactory) -> Iterator[None]:
    freezer.move_to(datetime.fromtimestamp(NOON, UTC))
    with patch("custom_components.panel_meter.money_keeper.SETTLE", 0.0):
        yield


def cost_keys(hass: HomeAssistant) -> set[str]:
    """Last parts of the identities of all sensors that speak of money or demand."""
    words = ("cost", "bill", "price", "compensation", "demand")
    registered = er.async_get(hass).entities.values()
    ours = [each for each in registered if each.platform == DOMAIN and each.domain == "sensor"]
    keys = [each.unique_id.removeprefix(f"{PANEL.id}/") for each in ours]
    return {key for key in keys if any(word in key.split("/")[-1] for word in words)}


async def remove(hass: HomeAssistant, entry: MockConfigEntry, subentry: ConfigSubentry) -> None:
    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await settled(hass)


async def test_entities_come_change_and_go_with_the_tariff(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say
) -> None:
    Board(say, NOON - 3600, **TWO_WAY).hello().run(NOON, 1200, 300, 0)
    await settled(hass)
    assert cost_keys(hass) == set()
    usual = {
        "cost",
        "cost_today",
        "cost_this_cycle",
        "bill_so_far",
        "projected_bill",
        "price",
        "price_period",
        "next_price_change",
        "c1/cost",
        "c1/cost_today",
        "c1/cost_this_cycle",
    }
    subentry = await with_tariff(hass, entry, tariff(taxes=[]))
    assert cost_keys(hass) == usual
    assert await value(hass, COST) == D("0.3")

    both = tariff(taxes=[], versions=[version(FLAT, demand=DEMAND, export=EXPORT)])
    await change_tariff(hass, entry, subentry, both)
    more = {"demand", "peak_demand", "peak_demand_time", "compensation"}
    assert cost_keys(hass) == usual | more
    assert await value(hass, EARNED) == D("0.024")

    await change_tariff(hass, entry, subentry, tariff(taxes=[]))
    assert cost_keys(hass) == usual
    assert hass.states.get(EARNED) is None

    await remove(hass, entry, subentry)
    assert cost_keys(hass) == set()
    assert hass.states.get(COST) is None
    assert the_panel(entry).money is None

    await with_tariff(hass, entry, both, "Another")
    assert cost_keys(hass) == usual | more
    assert await value(hass, COST) == D("0.3")


async def test_records_that_come_while_there_is_no_tariff_are_in_the_next_bills(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, freezer: FrozenDateTimeFactory
) -> None:
    """A tariff is removed and added again; bills that it left do not know what came in between."""
    board = Board(say, NOON - 3600).hello().run(NOON)
    subentry = await with_tariff(hass, entry, tariff(taxes=[]))
    december = NOON + 12 * 86_400
    await pass_time(hass, freezer, december)
    await restarted(hass, entry)
    assert len(entry.runtime_data.ledger.bills(PANEL.id)) == 1
    await remove(hass, entry, subentry)
    board.hello().run(december)
    await settled(hass)
    await with_tariff(hass, entry, tariff(taxes=[]))
    total = D(the_panel(entry).meter.totals[PANEL.registers[0]]) / 1_000_000
    assert total > 300
    assert await value(hass, COST) == round(total * D("0.25"), 6)


# --- tariffs that are not valid ---


def issues(hass: HomeAssistant) -> dict[str, str]:
    """Translation keys of the issues of tariffs, with what is wrong."""
    return {
        str(issue.translation_key): (issue.translation_placeholders or {}).get("problem", "")
        for (domain, _), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN and str(issue.translation_key).startswith("tariff_")
    }


def breaks(hass: HomeAssistant, entry: MockConfigEntry, subentry: ConfigSubentry, document: object) -> None:
    """What an older version of Panel Meter, or a hand in the storage, leaves."""
    hass.config_entries.async_update_subentry(
        entry, subentry, data={"tariff": document, "panels": [PANEL.id]}, unique_id=subentry.unique_id
    )


BROKEN: list[object] = [
    None,
    "nonsense",
    [],
    {},
    {"schema": "panel_meter.tariff/9"},
    tariff() | {"currency": 5},
    tariff() | {"versions": []},
    tariff("NaN"),
]


@pytest.mark.parametrize("document", BROKEN, ids=str)
async def test_the_last_good_tariff_goes_on(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, document: object
) -> None:
    board = Board(say, NOON - 3600).hello().run(NOON - 1800)
    subentry = await with_tariff(hass, entry, tariff(taxes=[]))
    breaks(hass, entry, subentry, document)
    await restarted(hass, entry)
    assert list(issues(hass)) == ["tariff_invalid"]
    assert issues(hass)["tariff_invalid"]
    board.hello().run(NOON)
    await settled(hass)
    assert await value(hass, COST) == D("0.3")
    await restarted(hass, entry)
    assert await value(hass, COST) == D("0.3")

    breaks(hass, entry, subentry, tariff("0.5", taxes=[]))
    await settled(hass)
    assert issues(hass) == {}
    assert await value(hass, COST) == D("0.6")


async def test_a_tariff_that_was_never_valid_costs_nothing_and_says_so(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say
) -> None:
    Board(say, NOON - 3600).hello().run(NOON)
    subentry = await with_tariff(hass, entry, {"schema": "panel_meter.tariff/9"})
    assert list(issues(hass)) == ["tariff_unusable"]
    assert cost_keys(hass) == set()
    assert hass.states.get(ENERGY).state == "1.2"
    await remove(hass, entry, subentry)
    assert issues(hass) == {}


@pytest.mark.parametrize("panels", [None, "apt-101", 5, [5], ["somebody"]], ids=str)
async def test_a_list_of_panels_that_is_none_harms_nobody(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, panels: object
) -> None:
    Board(say, NOON - 3600).hello().run(NOON)
    subentry = ConfigSubentry(
        data=MappingProxyType({"tariff": tariff(), "panels": panels}),
        subentry_type=SUBENTRY_TARIFF,
        title="Home",
        unique_id="home",
    )
    hass.config_entries.async_add_subentry(entry, subentry)
    await settled(hass)
    await restarted(hass, entry)
    assert hass.states.get(ENERGY).state == "1.2"
    assert cost_keys(hass) == set()


@pytest.mark.parametrize("content", [{}, {"good": None}, {"good": []}, {"good": {"x": 5}}, []], ids=str)
async def test_a_damaged_memory_of_good_tariffs_harms_nobody(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, hass_storage: dict[str, Any], content: object
) -> None:
    Board(say, NOON - 3600).hello().run(NOON)
    await with_tariff(hass, entry, tariff(taxes=[]))
    assert await hass.config_entries.async_unload(entry.entry_id)
    hass_storage["panel_meter.tariffs"] = {
        "version": 1,
        "minor_version": 1,
        "key": "panel_meter.tariffs",
        "data": content,
    }
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert await value(hass, COST) == D("0.3")


# --- Energy dashboard ---


@pytest.fixture
async def grid(hass: HomeAssistant, entry: MockConfigEntry, say: Say, freezer: FrozenDateTimeFactory) -> Any:
    """The panel is on the dashboard and kept there; returns the grid entry when everything is in step."""
    assert await async_setup_component(hass, "energy", {})
    Board(say, NOON - 3600, **TWO_WAY).hello().run(NOON, 1200, 300, 0)
    await settled(hass)
    hass.config_entries.async_update_entry(entry, options={"energy_dashboard": True})
    await settled(hass)
    manager = await async_get_manager(hass)

    async def entry_of_the_grid() -> dict[str, Any]:
        freezer.tick(timedelta(seconds=4))
        async_fire_time_changed(hass)
        await settled(hass)
        (found,) = (each for each in (manager.data or {})["energy_sources"] if each["type"] == "grid")
        return dict(found)

    return entry_of_the_grid


async def test_costs_are_on_the_dashboard_as_long_as_there_is_a_tariff(
    hass: HomeAssistant, entry: MockConfigEntry, grid: Any
) -> None:
    before = await grid()
    assert (before["stat_energy_from"], before["stat_cost"], before["stat_compensation"]) == (ENERGY, None, None)
    both = tariff(taxes=[], versions=[version(FLAT, export=EXPORT)])
    subentry = await with_tariff(hass, entry, both)
    found = await grid()
    assert (found["stat_cost"], found["stat_compensation"]) == (COST, EARNED)

    er.async_get(hass).async_update_entity(COST, new_entity_id="sensor.what_it_costs")
    await settled(hass)
    assert (await grid())["stat_cost"] == "sensor.what_it_costs"

    await change_tariff(hass, entry, subentry, tariff(taxes=[]))
    found = await grid()
    assert (found["stat_cost"], found["stat_compensation"]) == ("sensor.what_it_costs", None)

    await remove(hass, entry, subentry)
    assert await grid() == before


@pytest.mark.parametrize("own", [{"entity_energy_price": "sensor.price"}, {"number_energy_price": 0.3}])
async def test_a_price_of_the_user_stays(
    hass: HomeAssistant, entry: MockConfigEntry, grid: Any, own: dict[str, Any]
) -> None:
    await grid()
    manager = await async_get_manager(hass)
    assert manager.data is not None
    sources: list[Any] = [dict(each) for each in manager.data["energy_sources"]]
    sources[0] |= own
    await manager.async_update({"energy_sources": sources})
    subentry = await with_tariff(hass, entry, tariff(taxes=[]))
    found = await grid()
    assert found["stat_cost"] is None
    assert own.items() <= found.items()
    await remove(hass, entry, subentry)
    assert own.items() <= (await grid()).items()


async def test_the_bill_names_the_circuits(hass: HomeAssistant, entry: MockConfigEntry, say: Say) -> None:
    Board(say, NOON - 3600).hello().run(NOON)
    await with_tariff(hass, entry, tariff(taxes=[]))
    answer = await hass.services.async_call(DOMAIN, SERVICE_GET_BILL, {}, blocking=True, return_response=True)
    assert [circuit["name"] for circuit in answer["bills"][PANEL.id]["circuits"]] == ["Kitchen"]

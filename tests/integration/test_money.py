"""What a panel costs, as its entities show it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from syrupy.assertion import SnapshotAssertion

from custom_components.panel_meter.const import DOMAIN
from custom_components.panel_meter.cost_entities import COST_KEYS

from .conftest import Say
from .costs import (
    BILL,
    COST,
    CYCLE,
    DECEMBER,
    KITCHEN_TODAY,
    MIDNIGHT,
    NOON,
    TODAY,
    Board,
    pass_time,
    settled,
    tariff,
    the_panel,
    two_prices,
    value,
    version,
    with_tariff,
)

D = Decimal
FLAT = {"default_period": "all day", "prices": {"all day": ["0.25"]}}
HOUSE: dict[str, Any] = {
    "channels": [
        {"id": "main", "name": "Mains", "role": "main", "phase": "L123", "rating": 63},
        {"id": "pv", "name": "Roof", "role": "solar", "phase": "L123", "rating": 25},
        {"id": "c1", "name": "Kitchen", "role": "circuit", "phase": "L1", "rating": 16},
    ],
    "registers": ["main.import", "main.export", "pv.export", "c1.import"],
}
WITHOUT_MAINS: dict[str, Any] = {
    "channels": [
        {"id": "c1", "name": "Kitchen", "role": "circuit", "rating": 16},
        {"id": "c2", "name": "Car", "role": "circuit", "rating": 32},
    ],
    "registers": ["c1.import", "c2.import"],
}


@pytest.fixture(autouse=True)
def _clock(freezer: FrozenDateTimeFactory) -> Iterator[None]:
    freezer.move_to(datetime.fromtimestamp(NOON, UTC))
    with patch("custom_components.panel_meter.money_keeper.SETTLE", 0.0):
        yield


async def test_every_cost_entity_of_a_house(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, snapshot: SnapshotAssertion
) -> None:
    demand = [{"name": "power", "price": ["8"], "interval_min": 15}]
    export = {"mode": "net_billing", "prices": {"all day": ["0.08"]}}
    document = tariff(taxes=[], versions=[version(FLAT, demand=demand, export=export)])
    await with_tariff(hass, entry, document)
    Board(say, NOON - 3600, **HOUSE).hello().run(NOON - 1800, 1200, 0, 0, 600).run(NOON, 0, 1200, 2400, 600)
    await settled(hass)
    await value(hass, COST)
    found = [
        each
        for each in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
        if each.unique_id.split("/")[-1] in COST_KEYS
    ]
    assert len(found) == 15
    for each in found:
        state = hass.states.get(each.entity_id)
        facts = {
            "unique_id": each.unique_id,
            "enabled": each.disabled_by is None,
            "state": None if state is None else state.state,
            **({} if state is None else dict(state.attributes)),
        }
        assert facts == snapshot(name=each.entity_id)


async def test_costs_follow_records_and_live_messages(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, freezer: FrozenDateTimeFactory
) -> None:
    board = Board(say, NOON - 3600).hello().run(NOON)
    await with_tariff(hass, entry, tariff())
    # 1.2 kWh and 0.48 kWh at 0.25 with a tax of a tenth.
    assert await value(hass, COST) == D("0.33")
    assert await value(hass, TODAY) == D("0.33")
    assert await value(hass, KITCHEN_TODAY) == D("0.13")
    await pass_time(hass, freezer, NOON + 120)
    board.live(NOON + 120, 40_000, 0)
    await pass_time(hass, freezer, NOON + 122)
    assert await value(hass, COST) == D("0.341")
    # The record says the same as the live messages, and nothing counts twice.
    board.run(NOON + 300, 1200, 0)
    await pass_time(hass, freezer, NOON + 300)
    assert await value(hass, COST) == D("0.3575")
    assert await value(hass, BILL) == round((D("1.3") * D("0.25") + 5) * D("1.1"), 2)


async def test_a_house_with_sun(hass: HomeAssistant, entry: MockConfigEntry, say: Say) -> None:
    """Half an hour without sun, then one in which half of what the roof gave was sold."""
    export = {"mode": "net_billing", "prices": {"all day": ["0.08"]}}
    await with_tariff(hass, entry, tariff(taxes=[], versions=[version(FLAT, export=export)]))
    Board(say, NOON - 3600, **HOUSE).hello().run(NOON - 1800, 1200, 0, 0, 600).run(NOON, 0, 1200, 2400, 600)
    assert await value(hass, COST) == D("0.6") * D("0.25")
    assert await value(hass, "sensor.apartment_101_compensation_for_exported_energy") == D("0.6") * D("0.08")
    account = the_panel(entry).money.account
    # What the kitchen took from the roof was not bought.
    assert account.money(None, NOON).circuits == (D("0.3") * D("0.25"),)


async def test_a_panel_without_mains_buys_what_its_circuits_consume(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say
) -> None:
    await with_tariff(hass, entry, tariff(taxes=[]))
    Board(say, NOON - 3600, **WITHOUT_MAINS).hello().run(NOON, 1200, 2400)
    assert await value(hass, COST) == D("3.6") * D("0.25")
    assert await value(hass, "sensor.apartment_101_car_cost_today") == D("0.6")


async def test_the_day_and_the_cycle_end_although_the_last_records_are_late(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, freezer: FrozenDateTimeFactory
) -> None:
    board = Board(say, NOON - 3600).hello().run(NOON)
    await with_tariff(hass, entry, tariff("0.10", taxes=[]))
    board.run(MIDNIGHT)
    await pass_time(hass, freezer, MIDNIGHT - 1)
    assert await value(hass, TODAY) == round(D("0.12") * 13, 2)
    await pass_time(hass, freezer, MIDNIGHT + 5)
    assert await value(hass, TODAY) == 0
    assert await value(hass, COST) == D("0.12") * 13

    await pass_time(hass, freezer, DECEMBER - 600)
    board.hello().run(DECEMBER - 600)
    whole = D("0.12") * (13 + 24 * 10) - D("0.02")
    assert await value(hass, CYCLE) == round(whole, 2)
    # Twenty minutes are ahead of the last record; half of them were in November.
    await pass_time(hass, freezer, DECEMBER + 600)
    board.live(DECEMBER + 600, 400_000, 0)
    await pass_time(hass, freezer, DECEMBER + 602)
    assert await value(hass, COST) == whole + D("0.04")
    assert await value(hass, CYCLE) == D("0.02")
    assert await value(hass, TODAY) == D("0.02")
    assert await value(hass, "sensor.apartment_101_price") == D("0.10")


async def test_the_price_changes_within_the_day(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, freezer: FrozenDateTimeFactory
) -> None:
    Board(say, NOON - 3600).hello().run(NOON)
    await with_tariff(hass, entry, two_prices("13:00", "15:00"))
    assert await value(hass, "sensor.apartment_101_price") == D("0.10")
    assert hass.states.get("sensor.apartment_101_price_period").state == "cheap"
    assert hass.states.get("sensor.apartment_101_next_price_change").state == "2026-11-20T21:00:00+00:00"
    await pass_time(hass, freezer, NOON + 3600)
    assert await value(hass, "sensor.apartment_101_price") == D("0.50")
    assert hass.states.get("sensor.apartment_101_price_period").state == "dear"
    assert hass.states.get("sensor.apartment_101_next_price_change").state == "2026-11-20T23:00:00+00:00"


@pytest.mark.parametrize("panels", [0, 1])
async def test_no_tariff_no_costs(hass: HomeAssistant, entry: MockConfigEntry, say: Say, panels: int) -> None:
    Board(say, NOON - 3600).hello().run(NOON)
    subentry: ConfigSubentry | None = None
    if panels:
        subentry = await with_tariff(hass, entry, tariff(), panel="somebody-else")
    await settled(hass)
    assert the_panel(entry).money is None
    registered = er.async_get(hass).entities.values()
    assert not [each for each in registered if each.platform == DOMAIN and each.unique_id.split("/")[-1] in COST_KEYS]
    assert (subentry is not None) == bool(panels)

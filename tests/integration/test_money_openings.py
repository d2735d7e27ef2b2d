"""Totals of costs go on: with a tariff that begins later, and with a ledger that was begun anew."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.panel_meter.cost_memory import CostMemory, Remembered
from custom_components.panel_meter.ledger_file import ledger_path
from tests.core.protocol import record

from .conftest import Say, subscribed
from .costs import (
    COST,
    DAY,
    NOON,
    TODAY,
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


@pytest.fixture(autouse=True)
def _clock(freezer: FrozenDateTimeFactory) -> Iterator[None]:
    freezer.move_to(datetime.fromtimestamp(NOON, UTC))
    with patch("custom_components.panel_meter.money_keeper.SETTLE", 0.0):
        yield


def later(price: str) -> dict[str, object]:
    """A tariff without taxes that begins at the last midnight but one: on the 20th of November."""
    energy = {"default_period": "all day", "prices": {"all day": [price]}}
    return tariff(taxes=[], versions=[version(energy, valid_from="2026-11-20")])


async def test_a_tariff_that_begins_later_leaves_what_was_paid(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say
) -> None:
    """Two days at 1.2 kW for 0.25, then half a day for 0.50, whatever was rated before."""
    Board(say, NOON - 2 * DAY - DAY // 2).hello().run(NOON)
    subentry = await with_tariff(hass, entry, tariff(taxes=[]))
    assert await value(hass, COST) == D("18")
    await change_tariff(hass, entry, subentry, later("0.50"))
    # 57.6 kWh until the midnight before NOON, 14.4 kWh since.
    assert await value(hass, COST) == D("57.6") * D("0.25") + D("14.4") * D("0.50")
    assert await value(hass, TODAY) == D("7.2")
    money = the_panel(entry).money
    assert money is not None
    now = money.now(NOON)
    assert now is not None
    assert now.circuits == (D("57.6") * D("0.1") + D("14.4") * D("0.2"),)
    await restarted(hass, entry)
    assert await value(hass, COST) == D("21.6")
    # A third one that begins with the second changes only what that had rated.
    await change_tariff(hass, entry, subentry, later("1"))
    assert await value(hass, COST) == D("28.8")
    # One that begins before all of them rates everything itself.
    await change_tariff(hass, entry, subentry, tariff(taxes=[], price="0.1"))
    assert await value(hass, COST) == D("7.2")


async def test_a_tariff_that_is_removed_and_added_again_is_not_paid_twice(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say
) -> None:
    Board(say, NOON - DAY).hello().run(NOON)
    subentry = await with_tariff(hass, entry, tariff(taxes=[]))
    before = await value(hass, COST)
    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await settled(hass)
    await with_tariff(hass, entry, tariff(taxes=[]), "Again")
    assert await value(hass, COST) == before == D("7.2")


async def test_costs_of_a_lost_ledger_are_not_lost(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, freezer: FrozenDateTimeFactory
) -> None:
    """The board still holds the last hour; what was paid for the rest is remembered."""
    board = Board(say, NOON - DAY).hello().run(NOON)
    await with_tariff(hass, entry, tariff(taxes=[]))
    assert await value(hass, COST) == D("7.2")
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    for file in ledger_path(hass).parent.rglob("ledger*"):
        file.unlink()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await subscribed(hass)
    board.hello()
    first = board.seq - 11
    held = range(first, board.seq + 1)
    rows = [[seq, NOON - 300 * (board.seq - seq), 300, 0, 100_000 * seq, 40_000 * seq] for seq in held]
    say("record", record(rows, oldest=first))
    board.live(NOON)
    for seconds in (10, 20, 40, 60):
        await pass_time(hass, freezer, NOON + seconds)
    board.live(NOON + 60)
    assert await value(hass, COST) == D("7.2")


async def test_a_damaged_memory_harms_nobody(hass: HomeAssistant) -> None:
    memory = CostMemory(hass)
    for damaged in ({}, {"panels": 5}, {"panels": {"a": {"tariffs": []}}}, {"panels": {"a": None}}):
        with patch.object(memory._store, "async_load", return_value=damaged):
            await memory.async_load()
        assert memory.get("a") is None


async def test_what_is_remembered_is_read_again() -> None:
    some = {"cost": "1.5", "circuits": {"c1": "0.5"}, "earned": "0"}
    known = {"tariffs": [{"tariff": {"id": "home"}, "begin": 3}], "paid": some, "lost": some, "at": 5, "totals": some}
    assert Remembered.from_json(known).to_json() == known

"""Prices that an entity tells: every state is kept, and what was not seen is marked."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.panel_meter.price_recorder import price_of

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
    with_tariff,
)

D = Decimal
PRICE = "sensor.spot_price"
OTHER_PRICE = "sensor.other_price"
OUR_PRICE = "sensor.apartment_101_price"


@pytest.fixture(autouse=True)
def _clock(freezer: FrozenDateTimeFactory) -> Iterator[None]:
    freezer.move_to(datetime.fromtimestamp(NOON, UTC))
    with patch("custom_components.panel_meter.money_keeper.SETTLE", 0.0):
        yield


def dynamic(entity_id: str = PRICE, **more: Any) -> dict[str, Any]:
    """A tariff whose price an entity tells."""
    told = {"entity_id": entity_id, "unit": "EUR/kWh", **more}
    energy = {"default_period": "all day", "prices": {"all day": ["0"]}, "dynamic": told}
    return tariff(taxes=[], versions=[{"valid_from": "2026-01-01", "energy": energy}])


@pytest.fixture
async def board(hass: HomeAssistant, entry: MockConfigEntry, say: Say) -> Board:
    hass.states.async_set(PRICE, "0.20")
    one = Board(say, NOON).hello()
    await settled(hass)
    return one


async def at(hass: HomeAssistant, freezer: FrozenDateTimeFactory, seconds: int, price: str | None = None) -> None:
    """Go to so many seconds after noon, and let the entity tell a price."""
    await pass_time(hass, freezer, NOON + seconds)
    if price is not None:
        hass.states.async_set(PRICE, price)
    await settled(hass)


def estimated(entry: MockConfigEntry) -> Decimal:
    """kWh of the running cycle whose price is estimated."""
    bill = the_panel(entry).money.bill(datetime.now(UTC).timestamp() + 61)
    assert bill is not None
    return bill.estimated_kwh


async def test_each_part_of_a_record_has_its_price(
    hass: HomeAssistant, entry: MockConfigEntry, board: Board, freezer: FrozenDateTimeFactory
) -> None:
    await with_tariff(hass, entry, dynamic())
    await at(hass, freezer, 60, "0.80")
    assert await value(hass, OUR_PRICE) == D("0.80")
    board.run(NOON + 300)
    await at(hass, freezer, 300)
    # A minute at 0.20 and four at 0.80 of 0.1 kWh.
    assert await value(hass, COST) == D("0.1") * (D("0.2") * 60 + D("0.8") * 240) / 300
    await restarted(hass, entry)
    assert await value(hass, COST) == D("0.068")


async def test_a_price_that_changes_while_a_live_total_is_ahead(
    hass: HomeAssistant, entry: MockConfigEntry, board: Board, freezer: FrozenDateTimeFactory
) -> None:
    await with_tariff(hass, entry, dynamic())
    board.run(NOON + 300)
    await at(hass, freezer, 420)
    board.live(NOON + 420, 40_000, 0)
    await at(hass, freezer, 422)
    assert await value(hass, COST) == D("0.02") + D("0.008")
    hass.states.async_set(PRICE, "1.0")
    await at(hass, freezer, 482)
    board.live(NOON + 482, 60_000, 0)
    await at(hass, freezer, 542)
    # What is ahead flowed evenly, for 122 of 242 seconds at the old price, until its record tells it better.
    expected = D("0.02") + (D(60_000 * 122 // 242) * D("0.2") + (60_000 - 60_000 * 122 // 242) * D("1.0")) / 1_000_000
    assert await value(hass, COST) == round(expected, 6)


async def test_energy_while_the_price_is_not_available_is_estimated(
    hass: HomeAssistant, entry: MockConfigEntry, board: Board, freezer: FrozenDateTimeFactory
) -> None:
    await with_tariff(hass, entry, dynamic())
    for minute, price in ((0, "0.20"), (5, "unavailable"), (10, "0.80")):
        await at(hass, freezer, minute * 60, price)
        board.run(NOON + minute * 60)
    await at(hass, freezer, 900)
    board.run(NOON + 900)
    # The price before goes on while it is not known, and does not become the one after it.
    assert await value(hass, COST) == D("0.02") + D("0.02") + D("0.08")
    assert estimated(entry) == D("0.1")


async def test_the_fallback_stands_in(
    hass: HomeAssistant, entry: MockConfigEntry, board: Board, freezer: FrozenDateTimeFactory
) -> None:
    await with_tariff(hass, entry, dynamic(missing="fallback", fallback="0.50"))
    await at(hass, freezer, 300, "unknown")
    await at(hass, freezer, 600)
    board.run(NOON + 600)
    assert await value(hass, COST) == D("0.02") + D("0.05")
    assert await value(hass, OUR_PRICE) == D("0.50")


async def test_what_was_used_while_home_assistant_was_away_is_estimated(
    hass: HomeAssistant, entry: MockConfigEntry, board: Board, freezer: FrozenDateTimeFactory
) -> None:
    await with_tariff(hass, entry, dynamic())
    board.run(NOON + 300)
    await at(hass, freezer, 300)
    assert await hass.config_entries.async_unload(entry.entry_id)
    freezer.move_to(datetime.fromtimestamp(NOON + 900, UTC))
    hass.states.async_set(PRICE, "0.90")
    assert await hass.config_entries.async_setup(entry.entry_id)
    board.hello().run(NOON + 1200)
    await at(hass, freezer, 1200)
    assert await value(hass, COST) == D("0.02") + D("0.04") + D("0.09")
    assert estimated(entry) == D("0.2")


@pytest.mark.parametrize("late", [-20, 0, 20])
async def test_an_hourly_price_that_is_told_some_seconds_late_counts_for_the_whole_hour(
    hass: HomeAssistant, entry: MockConfigEntry, board: Board, freezer: FrozenDateTimeFactory, late: int
) -> None:
    await with_tariff(hass, entry, dynamic(resolution_min=60))
    board.run(NOON + 3300)
    await at(hass, freezer, 3300)
    await at(hass, freezer, 3600 + late, "0.60")
    board.run(NOON + 3900)
    await at(hass, freezer, 3900)
    assert await value(hass, COST) == D("1.2") * D("0.20") + D("0.1") * D("0.60")
    await restarted(hass, entry)
    assert await value(hass, COST) == D("0.3")


async def test_a_later_price_of_the_same_interval_counts_for_what_is_rated_already(
    hass: HomeAssistant, entry: MockConfigEntry, board: Board, freezer: FrozenDateTimeFactory
) -> None:
    """The price was wrong for ten minutes of the hour; a restart must not find other costs than were shown."""
    await with_tariff(hass, entry, dynamic(resolution_min=60))
    board.run(NOON + 300)
    await at(hass, freezer, 300)
    assert await value(hass, COST) == D("0.02")
    await at(hass, freezer, 600, "0.70")
    board.run(NOON + 600)
    await at(hass, freezer, 660)
    shown = await value(hass, COST)
    assert shown == D("0.2") * D("0.70")
    await restarted(hass, entry)
    assert await value(hass, COST) == shown


async def test_a_price_that_changes_while_the_panel_is_rated(
    hass: HomeAssistant, entry: MockConfigEntry, board: Board, freezer: FrozenDateTimeFactory
) -> None:
    await with_tariff(hass, entry, dynamic())
    board.run(NOON + 300)
    await at(hass, freezer, 300)
    writer = entry.runtime_data.writer
    original = writer.read

    async def read(function: Any, *args: Any) -> Any:
        found = await original(function, *args)
        if function.__name__ == "rate_present":
            hass.states.async_set(PRICE, "0.90")
            await asyncio.sleep(0)
        return found

    with patch.object(writer, "read", read):
        await hass.services.async_call("panel_meter", "rerate", {}, blocking=True)
    await settled(hass)
    board.run(NOON + 600)
    await at(hass, freezer, 600)
    assert await value(hass, COST) == D("0.02") + D("0.09")
    await restarted(hass, entry)
    assert await value(hass, COST) == D("0.11")


async def test_an_entity_that_no_tariff_named_for_a_while(
    hass: HomeAssistant, entry: MockConfigEntry, board: Board, freezer: FrozenDateTimeFactory
) -> None:
    subentry = await with_tariff(hass, entry, dynamic())
    board.run(NOON + 300)
    await at(hass, freezer, 300)
    hass.states.async_set(OTHER_PRICE, "0.30")
    await change_tariff(hass, entry, subentry, dynamic(OTHER_PRICE))
    await at(hass, freezer, 600, "5.00")
    await at(hass, freezer, 900, "0.20")
    await change_tariff(hass, entry, subentry, dynamic())
    board.run(NOON + 1200)
    await at(hass, freezer, 1200)
    # Nobody looked for ten minutes: the price is held and said to be estimated.
    assert await value(hass, COST) == D("0.4") * D("0.20")
    assert estimated(entry) == D("0.2")


async def test_prices_are_kept_in_the_ledger(
    hass: HomeAssistant, entry: MockConfigEntry, board: Board, freezer: FrozenDateTimeFactory
) -> None:
    await with_tariff(hass, entry, dynamic())
    await at(hass, freezer, 60, "0.30")
    await at(hass, freezer, 120, "0.30")
    await at(hass, freezer, 180, "nonsense")
    await at(hass, freezer, 240, "-0.05")
    found = entry.runtime_data.ledger.prices(PRICE, 0, NOON + 3600)
    assert [(each.start - NOON, each.price) for each in found] == [
        (0, D("0.20")),
        (60, D("0.30")),
        (180, None),
        (240, D("-0.05")),
    ]
    assert await value(hass, OUR_PRICE) == D("-0.05")


@pytest.mark.parametrize(
    "state", ["unknown", "unavailable", "", "abc", "nan", "inf", "-inf", "sNaN", "1e12", "1E+999999", "12 ct"]
)
async def test_states_that_are_no_prices(hass: HomeAssistant, state: str) -> None:
    hass.states.async_set(PRICE, state)
    assert price_of(hass.states.get(PRICE)) is None


async def test_prices_of_any_usual_form(hass: HomeAssistant) -> None:
    assert price_of(None) is None
    for state in ("0", "-0.5", "0.123456789012", "1e-3", " 0.2 "):
        hass.states.async_set(PRICE, state)
        assert price_of(hass.states.get(PRICE)) == D(state)
    # So many digits would be beyond exact sums.
    hass.states.async_set(PRICE, "1E-999999")
    assert str(price_of(hass.states.get(PRICE))) == "0E-18"

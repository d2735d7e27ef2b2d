"""Costs in the long-term statistics: each hour costs what was used in it, whenever that became known."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from custom_components.panel_meter import statistics
from custom_components.panel_meter.const import DOMAIN

from .conftest import Say
from .costs import (
    COST,
    NOON,
    Board,
    change_tariff,
    enable_all,
    settled,
    tariff,
    the_panel,
    two_prices,
    value,
    with_tariff,
)
from .test_statistics import ENERGY, OTHER, changes, compile_until, counter

#: The panel is added twenty minutes after noon, with a ring of six hours and twenty minutes.
ADDED = NOON + 1200
KITCHEN = "sensor.apartment_101_kitchen_cost"


@pytest.fixture(autouse=True)
def _clock(freezer: FrozenDateTimeFactory) -> Iterator[None]:
    freezer.move_to(datetime.fromtimestamp(ADDED, UTC))
    with patch("custom_components.panel_meter.money_keeper.SETTLE", 0.0):
        yield


async def imported(hass: HomeAssistant, freezer: FrozenDateTimeFactory, until: int) -> set[str]:
    """Compile, and tell which statistics were written into."""
    found: set[str] = set()
    original = statistics.write

    def write(hass: HomeAssistant, mending: Any) -> None:
        found.add(mending.recorded.statistic_id)
        original(hass, mending)

    with patch.object(statistics, "write", write):
        await compile_until(hass, freezer, until)
    await settled(hass)
    return found


async def states(hass: HomeAssistant, entity_id: str) -> list[tuple[int, float, float]]:
    """Hour, state and sum of every row."""
    found = await get_instance(hass).async_add_executor_job(
        statistics_during_period,
        hass,
        datetime.fromtimestamp(NOON - 40 * 3600, UTC),
        None,
        {entity_id},
        "hour",
        None,
        {"state", "sum"},
    )
    return [(round((row["start"] - NOON) / 3600), row["state"], row["sum"]) for row in found.get(entity_id, [])]


#: kW in each of the six hours before noon; the first of them is dear.
POWERS = (1200, 600, 2400, 1200, 0, 3000)
DEAR_HOURS = two_prices("06:00", "08:00")


def priced(dear: float, cheap: float) -> dict[int, float]:
    """What each hour costs."""
    prices = [dear, dear, cheap, cheap, cheap, cheap]
    return {
        number - 6: round(power / 1000 * price, 6)
        for number, (power, price) in enumerate(zip(POWERS, prices, strict=True))
    }


async def with_history(hass: HomeAssistant, say: Say) -> Board:
    board = Board(say, NOON - 6 * 3600).hello()
    for number, power in enumerate(POWERS):
        board.run(NOON - (5 - number) * 3600, power, power // 2)
    board.run(ADDED, 1200, 0)
    await settled(hass)
    return board


async def test_history_costs_in_its_hours(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, freezer: FrozenDateTimeFactory
) -> None:
    counter(hass, 100)
    await with_tariff(hass, entry, DEAR_HOURS)
    board = await with_history(hass, say)
    enable_all(hass)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await settled(hass)
    board.hello()
    assert float(await value(hass, COST)) == pytest.approx(sum(priced(0.5, 0.1).values()) + 0.04)
    await compile_until(hass, freezer, NOON + 1800)
    assert await changes(hass, COST) == pytest.approx(priced(0.5, 0.1))
    half = {hour: cost / 2 for hour, cost in priced(0.5, 0.1).items()}
    assert await changes(hass, KITCHEN) == pytest.approx(half)
    # The running hour is compiled by the recorder and adds up with those before it.
    counter(hass, 101)
    board.run(NOON + 1800, 1200, 0)
    await settled(hass)
    await value(hass, COST)
    await compile_until(hass, freezer, NOON + 3900)
    found = await changes(hass, COST)
    assert found == pytest.approx({**priced(0.5, 0.1), 0: 0.06})
    rows = await states(hass, COST)
    assert [row[2] for row in rows] == pytest.approx(list(accumulate(found.values())))
    assert rows[-1][1] == pytest.approx(rows[-1][2])
    assert await changes(hass, OTHER) == {0: 1.0}


async def test_looking_again_writes_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, freezer: FrozenDateTimeFactory
) -> None:
    await with_tariff(hass, entry, DEAR_HOURS)
    board = await with_history(hass, say)
    await value(hass, COST)
    assert COST in await imported(hass, freezer, NOON + 1800)
    before = await states(hass, COST)
    assert await hass.config_entries.async_reload(entry.entry_id)
    board.hello()
    await settled(hass)
    await hass.services.async_call(DOMAIN, "rerate", {}, blocking=True)
    await value(hass, COST)
    assert await imported(hass, freezer, NOON + 2700) == set()
    assert await states(hass, COST) == before


async def test_an_outage_is_mended_in_energy_and_cost(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, freezer: FrozenDateTimeFactory
) -> None:
    """The panel is away for three hours, in which the price changes."""
    await with_tariff(hass, entry, two_prices("14:00", "15:00"))
    board = Board(say, NOON).hello().run(NOON + 1200, 1200, 0)
    await settled(hass)
    await value(hass, COST)
    await compile_until(hass, freezer, NOON + 3600)
    counter(hass, 107)
    await compile_until(hass, freezer, NOON + 4 * 3600 + 600)
    board.hello().run(NOON + 4 * 3600 + 600, 1200, 0)
    await settled(hass)
    await value(hass, COST)
    await compile_until(hass, freezer, NOON + 5 * 3600 + 300)
    energy, cost = await changes(hass, ENERGY), await changes(hass, COST)
    assert {hour: energy[hour] for hour in range(4)} == pytest.approx(dict.fromkeys(range(4), 1.2))
    assert {hour: cost[hour] for hour in range(4)} == pytest.approx({0: 0.12, 1: 0.12, 2: 0.6, 3: 0.12})
    assert sum(cost.values()) == pytest.approx(float(await value(hass, COST)))
    assert set((await changes(hass, OTHER)).values()) == {0.0}


@pytest.mark.parametrize("way", ["tariff", "price of the last version"])
async def test_another_tariff_rewrites_every_hour_that_it_changes(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, freezer: FrozenDateTimeFactory, way: str
) -> None:
    counter(hass, 100)
    subentry = await with_tariff(hass, entry, DEAR_HOURS)
    board = await with_history(hass, say)
    await value(hass, COST)
    await compile_until(hass, freezer, NOON + 1800)
    board.run(NOON + 1800, 1200, 0)
    await settled(hass)
    await value(hass, COST)
    await compile_until(hass, freezer, NOON + 2100)
    before = await changes(hass, ENERGY)
    if way == "tariff":
        cheaper, other = tariff("0.05", taxes=[]), priced(0.05, 0.05)
    else:
        cheaper, other = two_prices("06:00", "07:00"), priced(0.5, 0.1) | {-5: 0.06}
    await change_tariff(hass, entry, subentry, cheaper)
    await value(hass, COST)
    board.run(NOON + 2100, 1200, 0)
    await settled(hass)
    await compile_until(hass, freezer, NOON + 2700)
    found = await changes(hass, COST)
    assert {hour: found[hour] for hour in other} == pytest.approx(other)
    assert await changes(hass, ENERGY) == pytest.approx(before)

    board.run(NOON + 3600, 1200, 0)
    await settled(hass)
    await value(hass, COST)
    await compile_until(hass, freezer, NOON + 4200)
    found = await changes(hass, COST)
    assert found == pytest.approx({**other, 0: 0.06 if way == "tariff" else 0.12})
    rows = await states(hass, COST)
    assert [row[1] for row in rows] == pytest.approx([row[2] for row in rows])
    assert sum((await changes(hass, OTHER)).values()) == 0


async def test_costs_can_be_rebuilt_and_that_undone(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, freezer: FrozenDateTimeFactory
) -> None:
    await with_tariff(hass, entry, DEAR_HOURS)
    await with_history(hass, say)
    await value(hass, COST)
    await compile_until(hass, freezer, NOON + 1800)
    before = await states(hass, COST)
    # Somebody else wrote nonsense into an hour.
    _, recorded = await get_instance(hass).async_add_executor_job(statistics.read, hass, {COST}, 0, NOON)
    spoiled = statistics.Row(NOON - 4 * 3600, 77.0, 77.0)
    statistics.import_rows(hass, recorded[COST].metadata, [spoiled])
    await async_wait_recording_done(hass)
    wrong = await states(hass, COST)
    assert wrong != before
    answer = await hass.services.async_call(DOMAIN, "rebuild_statistics", {}, blocking=True, return_response=True)
    await async_wait_recording_done(hass)
    assert answer["hours"] == {COST: 1}
    assert await states(hass, COST) == pytest.approx(before)
    await hass.services.async_call(
        DOMAIN, "rebuild_statistics", {"undo_file": answer["undo_file"]}, blocking=True, return_response=True
    )
    await async_wait_recording_done(hass)
    assert await states(hass, COST) == wrong
    assert the_panel(entry).money is not None

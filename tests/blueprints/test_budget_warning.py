"""Warned of a budget once a day."""

from datetime import timedelta

import pytest

from tests.blueprints.conftest import NOON, TELL, House, Use

COST = "sensor.cost_today"
LONG = timedelta(minutes=20)
INPUTS = {"sensor": COST, "budget": 5, "share": 80, "actions": TELL}


async def test_it_warns_when_the_share_is_reached(house: House, use: Use) -> None:
    await house.sees(COST, 0, "EUR")
    await use("budget_warning", **INPUTS)
    await house.sees(COST, 3.99, "EUR")
    assert not house.told
    await house.sees(COST, 4, "EUR")
    assert house.messages == ["Cost Today is 4 EUR: 80 % of the budget of 5 EUR."]


async def test_it_warns_once_a_day(house: House, use: Use) -> None:
    await house.sees(COST, 0, "EUR")
    await use("budget_warning", **INPUTS)
    for cost in (4, 3, 6, "unknown", 6, "unavailable", 7):
        await house.sees(COST, cost, "EUR")
        await house.passes(minutes=1)
    await house.reload()
    assert len(house.told) == 1
    await house.until(NOON + timedelta(hours=12, minutes=1), step=LONG)
    await house.sees(COST, 0, "EUR")
    await house.passes(hours=1)
    assert len(house.told) == 1
    await house.sees(COST, 4.5, "EUR")
    assert len(house.told) == 2


@pytest.mark.parametrize("nothing", ["unavailable", "unknown"])
async def test_nothing_known_is_nothing_used(house: House, use: Use, nothing: str) -> None:
    await house.sees(COST, 0, "EUR")
    await use("budget_warning", **INPUTS, remind=True)
    await house.sees(COST, nothing, "EUR")
    await house.passes(hours=24, step=LONG)
    assert not house.told


@pytest.mark.parametrize("exceeded", [True, False])
async def test_what_is_exceeded_at_the_start_is_told(house: House, use: Use, exceeded: bool) -> None:
    house.stopped()
    await house.sees(COST, 6 if exceeded else 3, "EUR")
    await use("budget_warning", **INPUTS)
    await house.started()
    assert len(house.told) == int(exceeded)
    await house.reload()
    assert len(house.told) == int(exceeded)


@pytest.mark.parametrize(("remind", "times"), [(True, 3), (False, 1)])
async def test_it_reminds_if_that_is_wanted(house: House, use: Use, remind: bool, times: int) -> None:
    await house.sees(COST, 0, "EUR")
    await use("budget_warning", **INPUTS, remind=remind, remind_at="08:00:00")
    await house.sees(COST, 6, "EUR")
    await house.passes(hours=48, step=LONG)
    assert len(house.told) == times


async def test_it_reminds_of_nothing_that_is_not_exceeded(house: House, use: Use) -> None:
    await house.sees(COST, 3, "EUR")
    await use("budget_warning", **INPUTS, remind=True)
    await house.passes(hours=48, step=LONG)
    assert not house.told


async def test_no_budget_warns_of_nothing(house: House, use: Use) -> None:
    await house.sees(COST, 0, "EUR")
    await use("budget_warning", **INPUTS | {"budget": 0})
    await house.sees(COST, 6, "EUR")
    assert not house.told

"""The actions about money: what they answer, and what they say to wrong questions."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from custom_components.panel_meter.const import DOMAIN
from tests.core.protocol import PANEL

from .conftest import Say
from .costs import DAY, NOON, Board, settled, tariff, the_panel, version, with_tariff

D = Decimal


@pytest.fixture(autouse=True)
def _clock(freezer: FrozenDateTimeFactory) -> Iterator[None]:
    freezer.move_to(datetime.fromtimestamp(NOON, UTC))
    with patch("custom_components.panel_meter.money_keeper.SETTLE", 0.0):
        yield


async def ask(hass: HomeAssistant, action: str, **data: Any) -> Any:
    """Call an action and return its response."""
    return await hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=True)


async def bill(hass: HomeAssistant, **data: Any) -> Any:
    return (await ask(hass, "get_bill", **data))["bills"][PANEL.id]


@pytest.fixture
async def board(hass: HomeAssistant, entry: MockConfigEntry, say: Say) -> Board:
    """A day in October and two hours today."""
    one = Board(say, NOON - 30 * DAY).hello().run(NOON - 29 * DAY)
    one.time = NOON - 7200
    one.run(NOON, 1234, 411)
    await settled(hass)
    return one


async def test_the_bill_so_far_and_those_of_the_past(hass: HomeAssistant, entry: MockConfigEntry, board: Board) -> None:
    await with_tariff(hass, entry, tariff())
    so_far = await bill(hass)
    assert (so_far["first_day"], so_far["next_bill"], so_far["complete"]) == ("2026-11-01", "2026-12-01", False)
    past = await bill(hass, day="2026-10-31")
    assert (past["first_day"], past["complete"]) == ("2026-10-01", True)
    # A day at 1.2 kW for 0.25, and the fixed charge; both with a tax of a tenth.
    assert past["imported_kwh"] == pytest.approx(28.8)
    assert past["total"] == pytest.approx((28.8 * 0.25 + 5) * 1.1)
    assert await bill(hass, day="2026-11-20") == so_far
    assert await bill(hass, day="2020-01-01") is None
    assert await bill(hass, day="2026-12-01") is None
    likely = await bill(hass, projected=True)
    assert likely["total"] > so_far["total"]
    assert likely["next_bill"] == "2026-12-01"


@pytest.mark.parametrize("price", ["0.25", "0.123456789", "-0.05", "0"])
async def test_costs_of_circuits_add_up_to_the_cent(
    hass: HomeAssistant, entry: MockConfigEntry, board: Board, price: str
) -> None:
    await with_tariff(hass, entry, tariff(price))
    for found in (await bill(hass), await bill(hass, day="2026-10-25")):
        parts = [*(each["cost"] for each in found["circuits"] if not each["part_of_another"])]
        total = sum((D(str(each)) for each in [*parts, found["not_metered"]["cost"]]), D(0))
        assert total == D(str(found["energy_cost"]))
        assert round(total, 2) == total


async def test_demands_name_the_circuits_that_made_the_peak(
    hass: HomeAssistant, entry: MockConfigEntry, board: Board
) -> None:
    flat = {"default_period": "all day", "prices": {"all day": ["0.25"]}}
    demand = [{"name": "power", "price": ["8"], "interval_min": 15}]
    await with_tariff(hass, entry, tariff(taxes=[], versions=[version(flat, demand=demand)]))
    (found,) = (await bill(hass))["demands"]
    assert found["measured_kw"] == pytest.approx(1.234, abs=0.001)
    (peak,) = found["peaks"]
    assert peak["start"] == "2026-11-20T10:00:00-08:00"
    assert peak["circuits"] == [{"name": "Kitchen", "kw": pytest.approx(0.411, abs=0.001)}]


async def test_tariffs_are_compared(hass: HomeAssistant, entry: MockConfigEntry, board: Board) -> None:
    await with_tariff(hass, entry, tariff(taxes=[]))
    answer = (await ask(hass, "compare_tariffs", tariff=tariff("0.50", taxes=[], name="Dear")))["panels"][PANEL.id]
    assert (answer["present_tariff"], answer["other_tariff"], answer["currency"]) == ("Home", "Dear", "EUR")
    (cycle,) = answer["cycles"]
    assert cycle == {
        "first_day": "2026-10-01",
        "next_bill": "2026-11-01",
        "imported_kwh": pytest.approx(28.8),
        "present": pytest.approx(28.8 * 0.25 + 5),
        "other": pytest.approx(28.8 * 0.50 + 5),
    }
    assert (answer["present_total"], answer["other_total"]) == (cycle["present"], cycle["other"])
    same = (await ask(hass, "compare_tariffs", tariff="Home", cycles=1))["panels"][PANEL.id]
    assert same["present_total"] == same["other_total"]
    assert the_panel(entry).money.tariff.name == "Home"


async def test_amounts_of_two_currencies_are_not_compared(
    hass: HomeAssistant, entry: MockConfigEntry, board: Board
) -> None:
    await with_tariff(hass, entry, tariff(taxes=[]))
    other = tariff("4000", taxes=[], currency="IDR")
    answer = (await ask(hass, "compare_tariffs", tariff=other))["panels"][PANEL.id]
    assert answer["currency"] == "IDR"
    assert answer["present_total"] is None
    assert [cycle["present"] for cycle in answer["cycles"]] == [None]


async def test_rating_anew_says_what_it_changed(hass: HomeAssistant, entry: MockConfigEntry, board: Board) -> None:
    await with_tariff(hass, entry, tariff(taxes=[]))
    for data in ({}, {"since": "2026-11-01"}, {"since": "2030-01-01"}):
        answer = (await ask(hass, "rerate", **data))["panels"][PANEL.id]
        assert answer["cost_before"] == answer["cost_after"] == pytest.approx((28.8 + 2.468) * 0.25, abs=1e-4)


@pytest.mark.parametrize("action", ["get_bill", "rerate"])
async def test_without_a_tariff_there_is_a_sentence(
    hass: HomeAssistant, entry: MockConfigEntry, board: Board, action: str
) -> None:
    with pytest.raises(HomeAssistantError, match="None of these panels has a tariff"):
        await ask(hass, action)


async def test_wrong_questions_are_answered_with_sentences(
    hass: HomeAssistant, entry: MockConfigEntry, board: Board
) -> None:
    await with_tariff(hass, entry, tariff())
    with pytest.raises(ServiceValidationError, match="No panel has a tariff with the name Nobody"):
        await ask(hass, "compare_tariffs", tariff="Nobody")
    for document in ({}, {"schema": "x"}, tariff("NaN"), tariff() | {"versions": "none"}):
        with pytest.raises(ServiceValidationError, match="The tariff is not valid: "):
            await ask(hass, "compare_tariffs", tariff=document)
    for action, data in (
        ("get_bill", {"day": "yesterday"}),
        ("get_bill", {"projected": "perhaps"}),
        ("compare_tariffs", {}),
        ("compare_tariffs", {"tariff": [5]}),
        ("compare_tariffs", {"tariff": "Home", "cycles": 0}),
        ("compare_tariffs", {"tariff": "Home", "cycles": 10**9}),
        ("rerate", {"since": 5}),
    ):
        with pytest.raises(vol.Invalid):
            await ask(hass, action, **data)
    with pytest.raises(ServiceValidationError, match="is not a panel or circuit"):
        await ask(hass, "get_bill", panels=["nobody"])

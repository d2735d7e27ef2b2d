"""What the views of the dashboard ask: prices to come, demand, usage, bills and whether everything works."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
import logging
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from tests.core.protocol import PANEL

from .api_house import OTHER, House, a_house, approx, only, somebody, token_of
from .conftest import Say, unload_all
from .costs import NOON, two_prices, with_tariff

type Socket = MockHAClientWebSocket


@pytest.fixture(autouse=True)
def _clock(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(datetime.fromtimestamp(NOON, UTC))
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)


@pytest.fixture
async def house(hass: HomeAssistant, mqtt_mock: object, say: Say, _clock: None) -> AsyncIterator[House]:
    yield await a_house(hass, say)
    await unload_all(hass)


@pytest.fixture
async def socket(house: House, hass_ws_client: WebSocketGenerator) -> Socket:
    return await hass_ws_client(house.hass)


async def ask(socket: Socket, command: str, **more: Any) -> dict[str, Any]:
    await socket.send_json_auto_id({"type": f"panel_meter/{command}", **more})
    answer: dict[str, Any] = await socket.receive_json()
    return answer


async def get(socket: Socket, command: str, **more: Any) -> Any:
    answer = await ask(socket, command, **more)
    assert answer["success"], answer
    return answer["result"]


async def test_prices_of_a_flat_tariff_are_one_step(socket: Socket) -> None:
    found = await get(socket, "prices", panel=PANEL.id, hours=6)
    assert (found["currency"], found["dynamic"], len(found["steps"])) == ("EUR", False, 1)
    (step,) = found["steps"]
    assert step["price_per_kwh"] == approx(0.275)
    assert step["start"] == "2026-11-20T12:00:00-08:00"
    assert step["end"] == "2026-11-20T18:00:00-08:00"
    assert step["period"] == "all day"


async def test_prices_change_with_the_period(house: House, socket: Socket) -> None:
    await with_tariff(house.hass, house.entry, two_prices("17:30", "21:00"), "Two", OTHER)
    steps = (await get(socket, "prices", panel=OTHER))["steps"]
    assert [(each["start"][11:16], each["price_per_kwh"], each["period"]) for each in steps] == [
        ("12:00", 0.1, "cheap"),
        ("17:30", 0.5, "dear"),
        ("21:00", 0.1, "cheap"),
    ]
    assert steps[-1]["end"] == "2026-11-21T12:00:00-08:00"


async def test_what_has_no_tariff_has_no_price(socket: Socket) -> None:
    for command in ("prices", "demand"):
        answer = await ask(socket, command, panel=OTHER)
        assert answer["error"]["code"] == "not_found"
        assert "tariff" in answer["error"]["message"]


async def test_demand_is_the_running_interval_and_the_highest(house: House, socket: Socket) -> None:
    demand = [{"name": "peak", "interval_min": 15, "price": ["10"]}]
    document = two_prices("17:30", "21:00", demand=demand)
    await with_tariff(house.hass, house.entry, document, "Demand", OTHER)
    (found,) = (await get(socket, "demand", panel=OTHER))["demands"]
    assert found["name"] == "peak"
    assert found["running"] == {"start": "2026-11-20T12:00:00-08:00", "end": "2026-11-20T12:15:00-08:00", "kw": 0.0}
    assert found["highest"]["kw"] == approx(0.72)
    assert (await get(socket, "demand", panel=PANEL.id))["demands"] == []


async def test_usage_is_exact(socket: Socket) -> None:
    asked = {"panel": PANEL.id, "from": "2026-11-19", "to": "2026-11-20", "step": "hour"}
    found = await get(socket, "usage", **asked)
    assert [each["register"] for each in found["registers"]] == ["main.import", "c1.import"]
    assert len(found["steps"]) == 24
    assert found["total_kwh"] == [approx(28.8), approx(11.52)]
    assert (await get(socket, "usage", **asked, channels=["c1"]))["total_kwh"] == [approx(11.52)]
    assert (await ask(socket, "usage", **{**asked, "to": "2026-11-18"}))["error"]["code"] == "invalid"
    assert (await ask(socket, "usage", **asked, channels=["nope"]))["error"]["code"] == "not_found"


async def test_bills_begin_with_the_running_one(socket: Socket) -> None:
    found = await get(socket, "bills")
    assert found["total"] == len(found["bills"])
    assert found["bills"][0]["complete"] is False
    assert found["bills"][0]["panel"] == PANEL.id
    assert (await get(socket, "bills", panels=[OTHER])) == {"bills": [], "total": 0}


async def test_condition_tells_of_panels_and_ledger(house: House, socket: Socket) -> None:
    house.board.say("record", b"no json")
    await house.hass.async_block_till_done()
    found = await get(socket, "condition")
    assert (found["status"], found["ledger"]["writable"]) == ("ok", True)
    assert found["ledger"]["size_bytes"] > 0
    assert found["ledger"]["oldest"] is not None
    panel = found["panels"][0]
    assert (panel["id"], panel["online"], panel["rejected_messages"]) == (PANEL.id, True, 1)
    assert panel["rejections"] == {"not_json": 1}


async def test_nobody_sees_more_than_they_may(house: House, hass_ws_client: WebSocketGenerator) -> None:
    user = somebody(house.hass, only(house.entity(f"{OTHER}/energy_today")))
    socket = await hass_ws_client(house.hass, await token_of(house.hass, user))
    for command in ("prices", "demand"):
        assert (await ask(socket, command, panel=PANEL.id))["error"]["code"] == "not_found"
        assert (await ask(socket, command, panel=OTHER))["error"]["code"] == "not_found"
    assert (await get(socket, "bills")) == {"bills": [], "total": 0}
    found = await get(socket, "condition")
    assert [each["id"] for each in found["panels"]] == [OTHER]
    assert found["ledger"] is None
    usage = await get(socket, "usage", panel=OTHER, **{"from": "2026-11-20"})
    assert usage["registers"] == []


async def test_bad_questions_are_refused(socket: Socket) -> None:
    for command, more in (
        ("prices", {"panel": PANEL.id, "hours": 0}),
        ("prices", {"panel": PANEL.id, "hours": 10_000}),
        ("usage", {"panel": PANEL.id, "from": "yesterday"}),
        ("usage", {"panel": PANEL.id, "from": "2026-11-20", "step": "second"}),
        ("bills", {"limit": 0}),
        ("prices", {"panel": "nope"}),
    ):
        answer = await ask(socket, command, **more)
        assert not answer["success"], (command, more)

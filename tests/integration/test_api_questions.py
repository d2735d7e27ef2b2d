"""Questions in words over REST, WebSocket and the old path."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
import logging

from aiohttp.test_utils import TestClient
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.panel_meter.options import CONF_OLD_PATHS

from .api_house import BASE, House, a_house, only, somebody, token_of
from .conftest import Say, unload_all
from .costs import NOON

TODAY = {"question": "How much energy did I use today?", "language": "en"}


@pytest.fixture
async def house(
    hass: HomeAssistant, mqtt_mock: object, say: Say, freezer: FrozenDateTimeFactory
) -> AsyncIterator[House]:
    freezer.move_to(datetime.fromtimestamp(NOON, UTC))
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    yield await a_house(hass, say, {CONF_OLD_PATHS: True})
    await unload_all(hass)


@pytest.fixture
async def client(house: House, hass_client: ClientSessionGenerator) -> TestClient:
    """An administrator's."""
    return await hass_client()


async def test_a_question_is_answered_alike_everywhere(
    house: House, client: TestClient, hass_ws_client: WebSocketGenerator
) -> None:
    answer = await client.post(f"{BASE}/ask", json=TODAY)
    found = await answer.json()
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    assert found["understood"] is True
    # 14.4 kWh of Apartment 101 and 1.44 kWh of Apartment 102.
    assert "15.8" in found["text"]
    socket = await hass_ws_client(house.hass)
    await socket.send_json_auto_id({"type": "panel_meter/ask", **TODAY})
    assert (await socket.receive_json())["result"] == found
    old = await client.post("/api/chatbot/query", json={"query": TODAY["question"]})
    assert (await old.json())["response"] == found["text"]


async def test_what_is_not_understood_is_said(house: House, client: TestClient) -> None:
    found = await (await client.post(f"{BASE}/ask", json={"question": "Sing me a song"})).json()
    assert (found["understood"], found["table"]) == (False, None)
    assert found["text"]


async def test_the_answer_rests_on_what_may_be_seen(house: House, hass_client_no_auth: ClientSessionGenerator) -> None:
    client = await hass_client_no_auth()
    for rights in ({}, only(house.entity("apt-101/c1/power"))):
        token = await token_of(house.hass, somebody(house.hass, rights))
        for path, body in ((f"{BASE}/ask", TODAY), ("/api/chatbot/query", {"query": TODAY["question"]})):
            answer = await client.post(path, json=body, headers={"Authorization": f"Bearer {token}"})
            text = await answer.text()
            assert answer.status == 200
            for secret in ("15.8", "14.4", "1.44", "5.76"):
                assert secret not in text, (path, secret)


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        {"question": ""},
        {"question": "x" * 301},
        {"question": 5},
        {"question": ["How much?"]},
        {"question": "How much?", "language": "x"},
        {"question": "How much?", "language": 5},
        {"question": "How much?", "user": "admin"},
        {"question": "How\x00much?"},
    ],
)
async def test_what_is_no_question_is_refused_with_a_sentence(house: House, client: TestClient, body: object) -> None:
    answer = await client.post(f"{BASE}/ask", json=body)
    problem = await answer.json()
    assert answer.status == 400, problem
    assert problem["detail"].endswith(".")


@pytest.mark.parametrize(
    "question",
    [
        "What's my power consumption today?",
        "Which device consumed most power?",
        "Show me temperature readings",
        "Do I have any alerts?",
        "Help me understand my energy usage",
    ],
)
async def test_the_questions_of_the_smart_meter_are_answered(house: House, client: TestClient, question: str) -> None:
    answer = await client.post("/api/chatbot/query", json={"message": question})
    found = await answer.json()
    assert (answer.status, found["success"]) == (200, True)
    nonsense = await (await client.post("/api/chatbot/query", json={"query": "Sing me a song"})).json()
    assert found["response"] != nonsense["response"]


async def test_it_says_so_while_panel_meter_does_not_run(house: House, client: TestClient) -> None:
    assert await house.hass.config_entries.async_unload(house.entry.entry_id)
    assert (await client.post(f"{BASE}/ask", json=TODAY)).status == 503
    assert await house.hass.config_entries.async_setup(house.entry.entry_id)

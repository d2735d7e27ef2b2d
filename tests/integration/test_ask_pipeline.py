"""Questions that come through a voice pipeline of Assist, as a speaker or the dialog of Home Assistant sends them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
import logging
from typing import Any, Literal

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components import conversation
from homeassistant.components.assist_pipeline import async_get_pipeline, async_update_pipeline
from homeassistant.core import HomeAssistant
from homeassistant.helpers import intent
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from .api_house import House, a_house
from .conftest import Say, unload_all
from .costs import NOON

#: What people asked the system that had a chatbot, word for word, and how the answer begins or what it holds.
FIVE = {
    "What's my power consumption today?": "The home used 15.84 kWh today.",
    "Which device consumed most power?": "Kitchen (Apartment 101) used the most today: 5.76 kWh.",
    "Show me temperature readings": "The temperature of Apartment 101 is 31.5 °C.",
    "Do I have any alerts?": "open alert",
    "Help me understand my energy usage": "You can ask, for example",
}
#: Said at home every day, and no question about energy.
EVERYDAY = ("turn up the power of the music", "how much time is left", "remind me to pay the electricity bill tomorrow")
AGENT_SAYS = "I am another agent."


class OtherAgent(conversation.AbstractConversationAgent):
    """An agent that stands for a language model and remembers what it was asked."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    @property
    def supported_languages(self) -> list[str] | Literal["*"]:
        return "*"

    async def async_process(self, user_input: conversation.ConversationInput) -> conversation.ConversationResult:
        self.heard.append(user_input.text)
        response = intent.IntentResponse(language=user_input.language)
        response.async_set_speech(AGENT_SAYS)
        return conversation.ConversationResult(response=response, conversation_id=user_input.conversation_id)


@pytest.fixture
async def house(
    hass: HomeAssistant, mqtt_mock: object, say: Say, freezer: FrozenDateTimeFactory
) -> AsyncIterator[House]:
    freezer.move_to(datetime.fromtimestamp(NOON, UTC))
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "assist_pipeline", {})
    yield await a_house(hass, say)
    await unload_all(hass)


@pytest.fixture
async def socket(house: House, hass_ws_client: WebSocketGenerator) -> MockHAClientWebSocket:
    return await hass_ws_client(house.hass)


async def heard(socket: MockHAClientWebSocket, text: str) -> dict[str, Any]:
    """Run the preferred pipeline from text to the answer; what the run ended with."""
    await socket.send_json_auto_id(
        {"type": "assist_pipeline/run", "start_stage": "intent", "end_stage": "intent", "input": {"text": text}}
    )
    confirmed = await socket.receive_json()
    assert confirmed["success"], confirmed
    found: dict[str, Any] | None = None
    while True:
        event = (await socket.receive_json())["event"]
        assert event["type"] != "error", event
        if event["type"] == "intent-end":
            found = event["data"]
        if event["type"] == "run-end":
            assert found is not None
            return found


def speech(ended: dict[str, Any]) -> str:
    said: str = ended["intent_output"]["response"]["speech"]["plain"]["speech"]
    return said


async def test_the_pipeline_answers_the_five_questions(house: House, socket: MockHAClientWebSocket) -> None:
    assert async_get_pipeline(house.hass).conversation_engine == conversation.HOME_ASSISTANT_AGENT
    answers = {question: speech(await heard(socket, question)) for question in FIVE}
    assert not {question: answer for question, answer in answers.items() if FIVE[question] not in answer}


async def test_the_default_agent_keeps_the_rest(house: House, socket: MockHAClientWebSocket) -> None:
    """What is no question about energy is not answered by Panel Meter."""
    for text in EVERYDAY:
        ended = await heard(socket, text)
        assert ended["intent_output"]["response"]["response_type"] == "error", text


@pytest.fixture
async def other_agent(house: House) -> OtherAgent:
    """Another agent, chosen as the engine of the preferred pipeline."""
    entry = MockConfigEntry(domain="other_agent", title="Other agent")
    entry.add_to_hass(house.hass)
    agent = OtherAgent()
    conversation.async_set_agent(house.hass, entry, agent)
    await async_update_pipeline(
        house.hass, async_get_pipeline(house.hass), conversation_engine=entry.entry_id, conversation_language="*"
    )
    return agent


async def test_another_agent_is_not_asked_about_energy(
    house: House, other_agent: OtherAgent, socket: MockHAClientWebSocket
) -> None:
    for question, answer in FIVE.items():
        ended = await heard(socket, question)
        assert answer in speech(ended)
        assert ended["processed_locally"]
    assert other_agent.heard == []


async def test_another_agent_hears_everything_else(
    house: House, other_agent: OtherAgent, socket: MockHAClientWebSocket
) -> None:
    for text in EVERYDAY:
        ended = await heard(socket, text)
        assert speech(ended) == AGENT_SAYS
        assert not ended["processed_locally"]
    assert other_agent.heard == list(EVERYDAY)


async def test_another_agent_hears_all_if_assist_is_switched_off(
    house: House, other_agent: OtherAgent, socket: MockHAClientWebSocket
) -> None:
    house.hass.config_entries.async_update_entry(house.entry, options={"assist": False})
    await house.hass.async_block_till_done()
    for question in FIVE:
        assert speech(await heard(socket, question)) == AGENT_SAYS
    assert other_agent.heard == list(FIVE)

"""Questions in words: an address and a command."""

from collections.abc import Mapping
from typing import Final

from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType, JsonValueType
import voluptuous as vol

from ..ask import async_ask
from ..ask.action import as_json
from ..core.questions.words import MOST_CHARACTERS
from . import members, parameters as by, queries
from .command import Message, answers
from .members import Member
from .route import Answer, Question, Route, said
from .sight import Sight, sight_of

QUESTION: Final = members.text("question", "In words, as to a person.", MOST_CHARACTERS, needed=True)
LANGUAGE: Final = Member(
    name="language",
    about=by.LANGUAGE.about,
    schema=by.LANGUAGE.schema,
    read=lambda value: by.LANGUAGE.read(value if isinstance(value, str) else ""),
)


async def async_said(hass: HomeAssistant, sight: Sight, asked: Mapping[str, JsonValueType]) -> JsonObjectType:
    """The answer to what ``asked`` has as members. Problem 400 if they cannot be read."""
    question, language = QUESTION.of(asked), LANGUAGE.of(asked)
    return as_json(await async_ask(hass, question or "", language or hass.config.language, sight))


async def _answer(asked: Question) -> Answer:
    return said(await async_said(asked.hass, asked.sight, asked.body))


ASK_ROUTE: Final = Route(
    method="post",
    path="ask",
    name="ask",
    about="Answer a question in words",
    schema="Said",
    members=(QUESTION, LANGUAGE),
    answer=_answer,
)


@callback
def register_ask_command(hass: HomeAssistant) -> None:
    """Register the command; it answers with a sentence while Panel Meter does not run."""
    websocket_api.async_register_command(hass, _ask_command)


@websocket_api.websocket_command(
    {
        vol.Required("type"): "panel_meter/ask",
        vol.Required("question"): cv.string,
        vol.Optional("language"): cv.string,
    }
)
@websocket_api.async_response
@answers
async def _ask_command(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> JsonObjectType:
    """Answer a question in words."""
    hub = queries.loaded_hub(hass)
    return await async_said(hass, sight_of(hass, hub, connection.user), msg)

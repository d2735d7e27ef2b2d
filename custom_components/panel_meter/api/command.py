"""What the commands of the WebSocket API have in common."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, Final

from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.core import HomeAssistant
from homeassistant.util.json import JsonObjectType
import voluptuous as vol

from .problem import Problem

#: Ids of panels or channels.
IDS: Final = vol.All([vol.All(str, vol.Length(min=1, max=128))], vol.Length(max=100))

type Message = dict[str, Any]
type Ask = Callable[[HomeAssistant, ActiveConnection, Message], Awaitable[JsonObjectType]]


def answers(ask: Ask) -> Callable[[HomeAssistant, ActiveConnection, Message], Awaitable[None]]:
    """Send what is asked for, or why it cannot be."""

    @wraps(ask)
    async def answer(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> None:
        try:
            connection.send_result(msg["id"], await ask(hass, connection, msg))
        except Problem as problem:
            refuse(connection, msg["id"], problem)

    return answer


def refuse(connection: ActiveConnection, number: int, problem: Problem) -> None:
    """Say why something is not answered as asked."""
    connection.send_error(number, problem.name.replace("-", "_"), problem.detail)

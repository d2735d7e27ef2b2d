"""Questions in words in the form of the smart energy meter with accounts."""

from typing import Final

from aiohttp import web

from .old_answers import answer, read_object, reader
from .problem import forbidden
from .questions import async_said

#: Under these names a question was sent.
_NAMES: Final = ("query", "message", "question")


async def chat(request: web.Request) -> web.Response:
    """Answer a question in words."""
    asked = reader(request)
    if asked.user is None:
        raise forbidden("The token of a device asks no questions. Use that of a user of Home Assistant.")
    told = await read_object(request)
    question = next((told[name] for name in _NAMES if name in told), None)
    found = await async_said(asked.hass, asked.sight, {"question": question})
    return answer({"success": True, "response": found["text"], "table": found["table"]})

"""The second way in: an address of its own for a device that cannot send a token. The secret is in the address."""

from time import time

from aiohttp import web
from homeassistant.core import HomeAssistant

from .ingest import Post, async_take
from .limits import check_way, limits_of, read_body
from .problem import Problem, unauthorized
from .sources import loaded, source_by_webhook


async def async_handle(hass: HomeAssistant, hook: str, request: web.Request) -> web.Response:
    """Answer a post to the address of a source, in the same way as one with a token."""
    try:
        return await _async_handle(hass, hook, request)
    except Problem as problem:
        return problem.response()


async def _async_handle(hass: HomeAssistant, hook: str, request: web.Request) -> web.Response:
    limits, tick = limits_of(hass), hass.loop.time()
    limits.check_address(request, tick)
    entry, hub, tokens = loaded(hass)
    if isinstance(request, web.Request):
        # What comes through Home Assistant's cloud is no request of its own and came encrypted.
        check_way(request, allow_plain=hub.options.allow_plain_http)
    source = source_by_webhook(entry, tokens, hook)
    if source is None:
        raise unauthorized("This address is no longer in use.")
    limits.check_caller(source.id, tick, gateway=source.gateway)
    now = time()
    tokens.used(source.id, int(now))
    return await async_take(Post(hub=hub, tokens=tokens, source=source, now=now), await read_body(request))

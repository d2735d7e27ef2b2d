"""What a request may be: how large, how slow, how often, and from where."""

import asyncio
from collections import OrderedDict
from ipaddress import ip_address
from math import ceil
from typing import Final

from aiohttp import web
from homeassistant.core import HomeAssistant
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.network import is_local

from ..const import DOMAIN
from .problem import Problem, forbidden, too_large, too_many, too_slow, unauthorized, unsupported

#: Bytes of a body.
MAX_BODY: Final = 64 * 1024
#: Readings of one post.
MAX_READINGS: Final = 200
#: Seconds within which a body must be here.
BODY_WITHIN: Final = 10.0
#: Callers that are remembered; the one that was quiet for longest is forgotten first.
MOST_CALLERS: Final = 2048

#: Requests a second, and how many may come at once: of one token or user, and of one address. A street of boards may
#: stand behind one address.
PER_TOKEN: Final = (2.0, 20.0)
PER_ADDRESS: Final = (50.0, 200.0)
#: Of a token that speaks for several panels.
PER_GATEWAY: Final = (20.0, 100.0)
#: Wrong tokens of one address: nobody has to guess more often.
PER_STRANGER: Final = (10 / 900, 10.0)


class Buckets:
    """A token bucket for each caller; instants are seconds of any clock that only rises."""

    def __init__(self, rate: float, burst: float, most: int = MOST_CALLERS) -> None:
        """``rate`` a second in the long run and ``burst`` at once, for at most ``most`` callers."""
        self._rate = rate
        self._burst = burst
        self._most = most
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str, now: float) -> float:
        """Take one; returns 0, or how many seconds the caller has to wait and takes nothing."""
        level = self._level(caller, now)
        wait = 0.0 if level >= 1 else (1 - level) / self._rate
        self._levels[caller] = (level if wait else level - 1, now)
        self._levels.move_to_end(caller)
        if len(self._levels) > self._most:
            self._levels.popitem(last=False)
        return wait

    def _level(self, caller: str, now: float) -> float:
        level, since = self._levels.get(caller, (self._burst, now))
        return min(self._burst, level + max(now - since, 0.0) * self._rate)


class Limits:
    """How often anybody may ask."""

    def __init__(self) -> None:
        """Begin with full buckets."""
        self.tokens = Buckets(*PER_TOKEN)
        self.gateways = Buckets(*PER_GATEWAY)
        self.addresses = Buckets(*PER_ADDRESS)
        self.strangers = Buckets(*PER_STRANGER)

    def check_address(self, request: web.Request, now: float) -> None:
        """Count a request of an address; Problem 429 if these are too many."""
        _refuse_if(self.addresses.take(_address(request), now))

    def check_caller(self, caller: str, now: float, *, gateway: bool = False) -> None:
        """Count a request of a token or user that is known; Problem 429 if these are too many."""
        _refuse_if((self.gateways if gateway else self.tokens).take(caller, now))

    def stranger(self, request: web.Request, now: float) -> Problem:
        """Count a wrong token of an address: the answer is 401, or 429 if these are too many.

        Right tokens of the same address go on working: a whole street may stand behind it.
        """
        wait = self.strangers.take(_address(request), now)
        return too_many(max(1, ceil(wait))) if wait else unauthorized()


_LIMITS: Final[HassKey[Limits]] = HassKey(f"{DOMAIN}_limits")


def limits_of(hass: HomeAssistant) -> Limits:
    """The limits of this Home Assistant."""
    return hass.data.setdefault(_LIMITS, Limits())


def check_way(request: web.Request, *, allow_plain: bool) -> None:
    """Problem 403 if a secret would travel in the open: plain HTTP from outside the home, unless allowed."""
    if request.secure or allow_plain or _at_home(request):
        return
    raise forbidden("Requests from outside the home network need HTTPS, because a token must not travel in the open.")


async def read_body(request: web.Request, most: int = MAX_BODY, within: float = BODY_WITHIN) -> bytes:
    """The body of a request. Problem 413, 415 or 408 if it is too large, compressed or too slow.

    What is too large is noticed before it is read if its length is stated, and else as soon as it is.
    """
    if request.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise unsupported("A compressed body is not read. Send it as it is.")
    stated = request.headers.get("Content-Length", "")
    if stated.isdecimal() and int(stated[:20]) > most:
        raise _too_large(most)
    content, parts = request.content, bytearray()
    try:
        async with asyncio.timeout(within):
            while part := await content.read(most + 1 - len(parts)):
                parts += part
                if len(parts) > most:
                    raise _too_large(most)
    except TimeoutError:
        raise too_slow() from None
    return bytes(parts)


def _too_large(most: int) -> Problem:
    return too_large(f"The body is too large: {most // 1024} KB are read at most. Send fewer readings at once.")


def _refuse_if(wait: float) -> None:
    if wait:
        raise too_many(max(1, ceil(wait)))


def _address(request: web.Request) -> str:
    return request.remote or ""


def _at_home(request: web.Request) -> bool:
    try:
        return is_local(ip_address(request.remote or ""))
    except ValueError:
        return False

"""The addresses of the REST API: who may ask, how often, and the form of the answer."""

from collections.abc import Mapping, Sequence
import hashlib
from typing import Final

from aiohttp import web
from homeassistant.auth.models import User
from homeassistant.components.http import KEY_AUTHENTICATED, KEY_HASS_USER, HomeAssistantView
from homeassistant.core import HomeAssistant
from homeassistant.util.hass_dict import HassKey
from multidict import MultiDict

from ..const import DOMAIN
from .limits import Buckets, read_body
from .members import MOST_BODY, read_members
from .openapi import document
from .parameters import check_names
from .problem import answers_problems, too_many, unauthorized
from .queries import loaded_hub
from .route import BASE, Answer, Question, Route
from .routes import ROUTES
from .sight import sight_of

#: Requests of a user a second in the long run, and how many may come at once.
PER_USER: Final = (10.0, 100.0)
#: Bytes from which on an answer is compressed.
_COMPRESS_FROM: Final = 1024
#: The parameter of Home Assistant's signed addresses.
_SIGNATURE: Final = "authSig"

_READERS: Final[HassKey[Buckets]] = HassKey(f"{DOMAIN}_readers")


def check_user(hass: HomeAssistant, request: web.Request) -> User:
    """Who asks, by Home Assistant's own tokens; Problem 401 if nobody does, 429 if too often.

    The answer of the view base to a missing token is no JSON, therefore this is checked here. It is raised as the
    exception of aiohttp, so that Home Assistant counts and bans as it does everywhere.
    """
    user: User | None = request.get(KEY_HASS_USER)
    if not request.get(KEY_AUTHENTICATED, False) or user is None or not user.is_active:
        refused = unauthorized().response()
        raise web.HTTPUnauthorized(
            text=refused.text,
            content_type=refused.content_type,
            headers={name: value for name, value in refused.headers.items() if name != "Content-Type"},
        )
    readers = hass.data.setdefault(_READERS, Buckets(*PER_USER))
    if wait := readers.take(user.id, hass.loop.time()):
        raise too_many(int(wait) + 1)
    return user


class RouteView(HomeAssistantView):
    """All rows of the table of routes that have the same path."""

    requires_auth = False

    def __init__(self, hass: HomeAssistant, routes: Sequence[Route]) -> None:
        """Answer the methods of a path."""
        first = routes[0]
        self.url = first.url
        self.name = f"api:{DOMAIN}:v1:{first.name}"
        self._hass = hass
        self._routes = {route.method: route for route in routes}
        # The view base registers the methods that it finds.
        for method in self._routes:
            setattr(self, method, self._answer)

    @answers_problems
    async def _answer(self, request: web.Request, /, **ids: str) -> web.StreamResponse:
        """Answer, or say why not."""
        route = self._routes["post" if request.method == "POST" else "get"]
        user = check_user(self._hass, request)
        hub = loaded_hub(self._hass)
        query = _query(request)
        check_names(query, route.parameters)
        body = read_members(await read_body(request, MOST_BODY), route.members) if route.method == "post" else {}
        sight = sight_of(self._hass, hub, user)
        question = Question(hass=self._hass, hub=hub, user=user, sight=sight, query=query, ids=ids, body=body)
        return respond(request, await route.answer(question))


class DocumentView(HomeAssistantView):
    """The OpenAPI document, which is also there while Panel Meter does not run."""

    requires_auth = False
    url = f"{BASE}/openapi.json"
    name = f"api:{DOMAIN}:v1:openapi"

    def __init__(self, hass: HomeAssistant) -> None:
        """Answer with the document."""
        self._hass = hass

    @answers_problems
    async def get(self, request: web.Request) -> web.StreamResponse:
        """Answer with the document."""
        check_user(self._hass, request)
        check_names(_query(request), ())
        return respond(request, Answer(body=document()))


def _query(request: web.Request) -> Mapping[str, str]:
    return MultiDict((name, value) for name, value in request.query.items() if name != _SIGNATURE)


def respond(request: web.Request, answer: Answer) -> web.Response:
    """The answer, or 304 if whoever asks has it already; what was done by a post, nobody keeps."""
    if request.method == "POST":
        kept = {"Cache-Control": "no-store"}
        return web.Response(body=answer.body, status=answer.status, content_type=answer.content_type, headers=kept)
    tag = f'W/"{hashlib.sha256(answer.body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization"}
    if answer.following is not None:
        headers["Link"] = f'<{answer.following}>; rel="next"'
    if _has(request, tag):
        return web.Response(status=304, headers=headers)
    if answer.file_name is not None:
        headers["Content-Disposition"] = f'attachment; filename="{answer.file_name}"'
    response = web.Response(
        body=answer.body, content_type=answer.content_type, charset="utf-8", headers=headers, zlib_executor_size=32_768
    )
    if len(answer.body) > _COMPRESS_FROM:
        response.enable_compression()
    return response


def _has(request: web.Request, tag: str) -> bool:
    known = request.headers.get("If-None-Match", "")
    return known.strip() == "*" or tag.removeprefix("W/") in [
        each.strip().removeprefix("W/") for each in known.split(",")
    ]


def register_views(hass: HomeAssistant) -> None:
    """Register every address."""
    for path in dict.fromkeys(route.path for route in ROUTES):
        hass.http.register_view(RouteView(hass, [route for route in ROUTES if route.path == path]))
    hass.http.register_view(DocumentView(hass))

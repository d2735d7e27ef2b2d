"""The paths of the systems that Panel Meter replaces, so that their devices and clients go on working.

They are switched on by an option. What each of them answers stands in ``OLD_PATHS`` and nowhere else.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from aiohttp import web
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from . import old_alerts, old_answers, old_chat
from .limits import limits_of
from .problem import Problem, answers_problems, gone, not_found, not_yet
from .sources import loaded

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_USERS: Final = (
    "Accounts are users of Home Assistant: add them under Settings, People. Clients use a long-lived access token of a "
    "user, devices a token of their own."
)
_DEVICES: Final = "A panel is added by posting with its token and removed on its page under Settings, Devices."
_FORECAST: Final = "Panel Meter does not predict powers yet. What the bill will come to stands in the summary."


@dataclass(frozen=True, slots=True)
class OldPath:
    """One path and method: what answers it, or with which problem it is answered, and what is said of it."""

    method: str
    path: str
    about: str
    answer: Handler | None = None
    problem: Callable[[str], Problem] = not_found
    sentence: str = ""


async def _health(request: web.Request) -> web.Response:
    """Whether Panel Meter runs; nothing else, because nobody is asked who they are."""
    loaded(request.app[KEY_HASS])
    return old_answers.answer({"status": "OK"})


OLD_PATHS: Final = (
    OldPath("GET", "/api/panel/realtime", "Latest data and status of each panel", old_answers.realtime),
    OldPath("GET", "/api/panel/today-usage", "Energy and cost of each panel today", old_answers.today_usage),
    OldPath("GET", "/api/panel/summary", "Latest data of each panel for today", old_answers.summaries),
    OldPath("GET", "/api/energy/monthly", "Energy of each panel by month; year=YYYY", old_answers.monthly),
    OldPath("POST", "/api/energy/add", "Take a reading", old_answers.take),
    OldPath("GET", "/api/energy/{device}", "Newest readings of a device", old_answers.readings),
    OldPath("POST", "/api/data", "Take a reading", old_answers.take),
    OldPath("GET", "/api/usage", "Last 24 hours of a panel in steps of five minutes", old_answers.usage),
    OldPath("POST", "/api/measurements", "Take a reading", old_answers.take),
    OldPath("GET", "/api/measurements", "Newest 50 readings", old_answers.measurements),
    OldPath("GET", "/api/power-data", "Present values of an apartment", old_answers.power_data),
    OldPath("POST", "/api/save-reading", "Save the present values of an apartment", old_answers.save_reading),
    OldPath("GET", "/api/save-reading", "Saved readings, average, maximum, count", old_answers.saved_readings),
    OldPath("GET", "/api/devices", "Panels and what their owner says of them", old_answers.devices),
    OldPath("PUT", "/api/devices/{device}", "Change what the owner says of a panel", old_answers.change_device),
    OldPath("POST", "/api/devices", "Add a device", problem=gone, sentence=_DEVICES),
    OldPath("DELETE", "/api/devices/{device}", "Delete a device", problem=gone, sentence=_DEVICES),
    OldPath("GET", "/api/alerts/{user}", "Newest 100 alerts", old_alerts.alerts),
    OldPath("POST", "/api/alerts/create", "Make an alert", old_alerts.create_alert),
    OldPath("PUT", "/api/alerts/{alert}/read", "Mark an alert as read", old_alerts.acting("acknowledge")),
    OldPath("PUT", "/api/alerts/{alert}/resolve", "Resolve an alert", old_alerts.acting("resolve")),
    OldPath("GET", "/api/ai/predict/{device}", "Predicted values", problem=not_yet, sentence=_FORECAST),
    OldPath("GET", "/api/ai/predictions/{device}", "Earlier predictions", problem=not_yet, sentence=_FORECAST),
    OldPath("POST", "/api/chatbot/query", "Answer a question in words", old_chat.chat),
    OldPath("POST", "/api/auth/register", "Make an account", problem=gone, sentence=_USERS),
    OldPath("POST", "/api/auth/login", "Log in", problem=gone, sentence=_USERS),
    OldPath("POST", "/api/auth/logout", "Log out", problem=gone, sentence=_USERS),
    OldPath("GET", "/health", "Whether it runs", _health),
)


class OldView(HomeAssistantView):
    """One old path with all of its methods."""

    #: Devices have tokens of their own; each answer asks who it is.
    requires_auth = False
    cors_allowed = False

    def __init__(self, path: str, methods: Mapping[str, OldPath]) -> None:
        """Answer the methods of a path."""
        self.url = path
        self.name = f"{DOMAIN}:old:{path}"
        for method, old in methods.items():
            setattr(self, method.lower(), self._handler(old))

    def _handler(self, old: OldPath) -> Callable[..., Awaitable[web.StreamResponse]]:
        @answers_problems
        async def handle(_view: OldView, request: web.Request, /, **_path: str) -> web.StreamResponse:
            hass = request.app[KEY_HASS]
            if old.answer in (None, _health):
                # Nobody is asked who they are, so that only the address tells who asks too often.
                limits_of(hass).check_address(request, hass.loop.time())
            _, hub, _ = loaded(hass)
            if not hub.options.old_paths:
                raise not_found("This path is answered only if the options of Panel Meter say so.")
            if old.answer is None:
                raise old.problem(old.sentence)
            return await old.answer(request)

        async def answer(request: web.Request, **path: str) -> web.StreamResponse:
            return await handle(self, request, **path)

        return answer


_REGISTERED: Final[HassKey[bool]] = HassKey(f"{DOMAIN}_old_paths")


@callback
def async_register_old_paths(hass: HomeAssistant) -> None:
    """Make the old paths known, once: Home Assistant cannot forget an address. Each asks whether it is switched on."""
    if hass.data.get(_REGISTERED):
        return
    hass.data[_REGISTERED] = True
    paths: dict[str, dict[str, OldPath]] = {}
    for old in OLD_PATHS:
        paths.setdefault(old.path, {})[old.method] = old
    # Of two addresses that fit, the one that was registered first answers: '{device}' must not hide a word.
    for path in sorted(paths, key=lambda path: "{" in path):
        hass.http.register_view(OldView(path, paths[path]))

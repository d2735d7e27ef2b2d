"""Who may do what: every address and command there is, asked by everybody, about their own panel and another one.

The rows below are compared with the router: what has no row fails.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
import json
import logging
from typing import Any
from unittest.mock import patch

from aiohttp import WSMsgType
from aiohttp.test_utils import TestClient
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant, async_get_hass
from homeassistant.helpers.http import KEY_HASS
import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.panel_meter.alerts.keeper import alert_keeper
from custom_components.panel_meter.api import limits, rest
from custom_components.panel_meter.api.old_paths import OLD_PATHS
from custom_components.panel_meter.api.tokens import TOKENS
from custom_components.panel_meter.core.alerts.model import Severity
from custom_components.panel_meter.options import CONF_OLD_PATHS
from tests.core.protocol import PANEL, info

from .api_house import BASE, OTHER, House, a_house, only, somebody, token_of
from .conftest import Say, unload_all
from .costs import NOON
from .posting import Device, a_device

#: Stands in a row for the id of the panel that is asked for.
ID = "<panel>"
UNKNOWN = "no-such-panel"
#: It is about everything that somebody may see.
QUESTION = "Do I have any alerts?"
#: Stands for the id of an open alert of that panel.
ALERT = "<alert>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One address: how it is asked about a panel, and what the callers get."""

    query: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    #: Of whoever may do everything.
    good: int = 200
    #: Of a user who may read the power of the kitchen of Apartment 101 and nothing else, about that panel.
    kitchen: int = 200
    #: Of a user without any right, about that panel.
    nobody: int = 404
    #: About a panel that is not there.
    unknown: int = 404
    #: Of the token of the device of that panel; 401: tokens of devices open nothing here.
    device: int = 401
    #: Of the token of another device.
    foreign: int = 401


_LIST = Row(nobody=200, unknown=200)
_NAMED = Row(query={"panel": ID})
#: Addresses of Panel Meter, by method and path below the base.
ROWS: dict[tuple[str, str], Row] = {
    ("GET", "panels"): _NAMED,
    ("GET", "panels/{panel}"): Row(),
    ("GET", "live"): _NAMED,
    ("GET", "usage"): _NAMED,
    ("GET", "today"): _NAMED,
    ("GET", "monthly"): _NAMED,
    ("GET", "summary"): _NAMED,
    ("GET", "bills"): _NAMED,
    ("GET", "tariffs"): _LIST,
    ("GET", "alerts"): _NAMED,
    ("POST", "alerts"): Row(body={"panel": ID, "message": "Look"}, good=201, kitchen=403),
    ("POST", "alerts/{alert}/acknowledge"): Row(kitchen=404),
    ("POST", "alerts/{alert}/resolve"): Row(kitchen=404),
    ("POST", "alerts/{alert}/snooze"): Row(kitchen=404),
    ("POST", "ask"): Row(body={"question": QUESTION}, nobody=200, unknown=200),
    ("GET", "health"): _LIST,
    ("GET", "openapi.json"): _LIST,
    ("POST", "ingest"): Row(body={"info": ID}, good=401, kitchen=401, nobody=401, unknown=401, device=200, foreign=403),
}

_OLD_LIST = Row(nobody=200, unknown=200, device=200, foreign=200)
_OLD_ONE = Row(query={"deviceId": ID}, device=200, foreign=404)
_OLD_POST = Row(body={"info": ID}, good=401, kitchen=401, nobody=401, unknown=401, device=201, foreign=403)
_OLD_GONE = Row(good=410, kitchen=410, nobody=410, unknown=410, device=410, foreign=410)
_OLD_NOT_YET = Row(good=501, kitchen=501, nobody=501, unknown=501, device=501, foreign=501)
#: The paths of older systems.
OLD_ROWS: dict[tuple[str, str], Row] = {
    ("GET", "/api/panel/realtime"): _OLD_LIST,
    ("GET", "/api/panel/today-usage"): _OLD_LIST,
    ("GET", "/api/panel/summary"): _OLD_LIST,
    ("GET", "/api/energy/monthly"): _OLD_LIST,
    ("GET", "/api/energy/{device}"): Row(device=200, foreign=404),
    ("GET", "/api/measurements"): _OLD_LIST,
    ("GET", "/api/usage"): _OLD_ONE,
    ("GET", "/api/power-data"): _OLD_ONE,
    ("POST", "/api/save-reading"): Row(query={"deviceId": ID}, good=201, kitchen=201, device=201, foreign=404),
    ("GET", "/api/save-reading"): _OLD_ONE,
    ("GET", "/api/alerts/{user}"): _OLD_LIST,
    ("POST", "/api/alerts/create"): Row(
        body={"deviceId": ID, "message": "Look"}, good=201, kitchen=403, device=403, foreign=403
    ),
    ("PUT", "/api/alerts/{alert}/read"): Row(kitchen=404, device=403, foreign=403),
    ("PUT", "/api/alerts/{alert}/resolve"): Row(kitchen=404, device=403, foreign=403),
    ("POST", "/api/chatbot/query"): Row(body={"query": QUESTION}, nobody=200, unknown=200, device=403, foreign=403),
    ("GET", "/api/devices"): _OLD_LIST,
    ("PUT", "/api/devices/{device}"): Row(
        body={"location": "Cellar"}, kitchen=403, nobody=403, unknown=404, device=403, foreign=403
    ),
    ("POST", "/api/devices"): _OLD_GONE,
    ("DELETE", "/api/devices/{device}"): _OLD_GONE,
    ("POST", "/api/energy/add"): _OLD_POST,
    ("POST", "/api/data"): _OLD_POST,
    ("POST", "/api/measurements"): _OLD_POST,
    ("GET", "/api/ai/predict/{device}"): _OLD_NOT_YET,
    ("GET", "/api/ai/predictions/{device}"): _OLD_NOT_YET,
    ("POST", "/api/auth/register"): _OLD_GONE,
    ("POST", "/api/auth/login"): _OLD_GONE,
    ("POST", "/api/auth/logout"): _OLD_GONE,
    ("GET", "/health"): _OLD_LIST,
}
#: Answered to anybody, because they tell nothing.
OPEN = {("GET", "/health"), *(key for key, row in OLD_ROWS.items() if row in (_OLD_GONE, _OLD_NOT_YET))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command of the WebSocket: what is sent about a panel, and what the callers get (None: a result)."""

    more: Mapping[str, object]
    kitchen: str | None = None
    nobody: str | None = "not_found"
    good: str | None = None
    #: Whether only administrators get beyond who they are.
    admins: bool = False


_SPAN = {"from": "2026-11-20", "width": 10}
COMMANDS: dict[str, Command] = {
    "panels": Command(more={"panels": [ID]}),
    "summary": Command(more={"panels": [ID]}),
    "history": Command(more={"panel": ID, **_SPAN}),
    "bill": Command(more={"panel": ID}, kitchen="not_found"),
    "bills": Command(more={"panels": [ID]}),
    "usage": Command(more={"panel": ID, "from": "2026-11-20"}),
    "prices": Command(more={"panel": ID}, kitchen="not_found"),
    "demand": Command(more={"panel": ID}, kitchen="not_found"),
    "condition": Command(more={}, nobody=None),
    "ask": Command(more={"question": QUESTION}, nobody=None),
    "alerts": Command(more={"panels": [ID]}),
    "alert_act": Command(more={"alert": ALERT, "act": "acknowledge"}, kitchen="not_found"),
    "subscribe_alerts": Command(more={"panels": [ID]}),
    "set_layout": Command(
        more={"panel": ID, "channels": [{"id": "c1", "slot": 3}]},
        kitchen="unauthorized",
        nobody="unauthorized",
        admins=True,
    ),
    "subscribe_live": Command(more={"panels": [ID]}),
    # A subscription of nobody's.
    "live_seen": Command(more={"subscription": 999, "number": 1}, kitchen="not_found", good="not_found"),
}


@pytest.fixture(autouse=True)
def _clock(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(datetime.fromtimestamp(NOON, UTC))
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)


@pytest.fixture(autouse=True)
def _patience() -> Iterator[None]:
    """Nobody is too fast here, so that the answer is about who asks."""
    many = (1000.0, 10_000.0)
    with (
        patch.object(rest, "PER_USER", many),
        patch.object(limits, "PER_TOKEN", many),
        patch.object(limits, "PER_GATEWAY", many),
        patch.object(limits, "PER_ADDRESS", many),
        patch.object(limits, "PER_STRANGER", many),
    ):
        yield


@pytest.fixture
async def house(hass: HomeAssistant, mqtt_mock: object, say: Say, _clock: None) -> AsyncIterator[House]:
    yield await a_house(hass, say, {CONF_OLD_PATHS: True})
    await unload_all(hass)


@pytest.fixture
async def stranger(house: House, hass_client_no_auth: ClientSessionGenerator) -> TestClient:
    """Sends no token by itself."""
    return await hass_client_no_auth()


@pytest.fixture
async def devices(house: House, stranger: TestClient) -> tuple[Device, Device]:
    """The devices of Apartment 101 and of Apartment 102."""
    found = []
    for panel in (PANEL.id, OTHER):
        device = await a_device(house.hass, house.entry, stranger)
        house.hass.data[TOKENS].bind(device.token.id, panel)
        found.append(device)
    return found[0], found[1]


def kitchen(house: House) -> MockUser:
    """A user who may read one value of Apartment 101."""
    return somebody(house.hass, only(house.entity(f"{PANEL.id}/c1/power")))


def filled(value: Any, panel: str) -> Any:
    """A query, a body or a message about a panel."""
    if isinstance(value, Mapping):
        if value.get("info") == ID:
            return {"info": json.loads(info(id=panel))}
        return {key: filled(each, panel) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, panel) for each in value]
    if value == ALERT:
        return an_alert(async_get_hass(), panel)
    return panel if value == ID else value


def addresses() -> Iterator[tuple[str, str, Row]]:
    """Method, path and row of all addresses."""
    for (method, path), row in ROWS.items():
        yield method, f"{BASE}/{path}", row
    for (method, path), row in OLD_ROWS.items():
        yield method, path, row


def an_alert(hass: HomeAssistant, panel: str) -> int:
    """The id of a new alert of a panel; one that is not there has none."""
    return 999_999 if panel == UNKNOWN else alert_keeper(hass).create(panel, None, Severity.INFO, "Secret words").id


async def ask(client: TestClient, method: str, path: str, row: Row, panel: str, token: str | None) -> tuple[int, str]:
    """Ask an address about a panel."""
    for name in ("{panel}", "{device}", "{user}"):
        path = path.replace(name, panel)
    if "{alert}" in path:
        path = path.replace("{alert}", str(an_alert(client.app[KEY_HASS], panel)))
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    body = None if row.body is None else json.dumps(filled(row.body, panel))
    async with client.request(method, path, params=filled(row.query, panel), data=body, headers=headers) as answer:
        text = await answer.text()
        if answer.status >= HTTPStatus.BAD_REQUEST:
            assert answer.content_type == "application/problem+json", (method, path, text)
        return answer.status, text


async def compare(client: TestClient, token: str | None, panel: str, expected: str) -> dict[str, str]:
    """Ask every address about a panel; returns the answers by address. Each must have the status in its row."""
    answers, wrong = {}, []
    for method, path, row in addresses():
        status, text = await ask(client, method, path, row, panel, token)
        if status != getattr(row, expected):
            wrong.append(f"{method} {path}: {status} instead of {getattr(row, expected)}: {text[:200]}")
        answers[f"{method} {path}"] = text
    assert not wrong, "\n".join(wrong)
    return answers


async def test_every_address_has_a_row(house: House) -> None:
    old = {path.path for path in OLD_PATHS}
    served = {
        (route.method, route.resource.canonical)
        for route in house.hass.http.app.router.routes()
        if route.resource is not None
        # Home Assistant answers to these itself.
        and route.method not in ("OPTIONS", "HEAD")
        and (route.resource.canonical.startswith(f"{BASE}/") or route.resource.canonical in old)
    }
    assert served == {(method, path) for method, path, _ in addresses()}


async def test_every_command_has_a_row(house: House) -> None:
    known = {name.removeprefix("panel_meter/") for name in house.hass.data["websocket_api"] if "panel_meter/" in name}
    assert known == COMMANDS.keys()


async def test_without_a_token_of_its_kind_nothing_is_told(
    house: House, stranger: TestClient, hass_admin_user: MockUser
) -> None:
    asleep = await token_of(house.hass, hass_admin_user)
    hass_admin_user.is_active = False
    tokens = (None, "wrong", "pmt_000000000000_" + "A" * 43, asleep)
    for token in tokens:
        for method, path, row in addresses():
            if (method, path) in OPEN:
                continue
            status, text = await ask(stranger, method, path, row, PANEL.id, token)
            assert status == HTTPStatus.UNAUTHORIZED, (method, path, token, text)
            assert PANEL.id not in text


async def test_an_administrator(house: House, stranger: TestClient, hass_admin_user: MockUser) -> None:
    token = await token_of(house.hass, hass_admin_user)
    for panel in (PANEL.id, OTHER):
        await compare(stranger, token, panel, "good")
    await compare(stranger, token, UNKNOWN, "unknown")


async def test_a_user_who_may_read_one_value(house: House, stranger: TestClient) -> None:
    token = await token_of(house.hass, kitchen(house))
    answers = await compare(stranger, token, PANEL.id, "kitchen")
    for where, text in answers.items():
        assert "Secret words" not in text, where


async def test_a_panel_of_others_is_as_one_that_is_not_there(house: House, stranger: TestClient) -> None:
    token = await token_of(house.hass, kitchen(house))
    for method, path, row in addresses():
        foreign = await ask(stranger, method, path, row, OTHER, token)
        assert foreign == await ask(stranger, method, path, row, UNKNOWN, token), (method, path)
        assert OTHER not in foreign[1], (method, path)
        assert "Apartment 102" not in foreign[1], (method, path)


async def test_a_user_without_any_right(house: House, stranger: TestClient) -> None:
    token = await token_of(house.hass, somebody(house.hass, {}))
    answers = await compare(stranger, token, PANEL.id, "nobody")
    for where, text in answers.items():
        assert "Secret words" not in text, where
        assert PANEL.id not in text.replace("apt-101&", ""), where
        assert "Apartment 101" not in text, where


async def test_the_token_of_a_device_opens_its_own_panel_and_nothing_else(
    house: House, stranger: TestClient, devices: tuple[Device, Device]
) -> None:
    own, other = devices
    answers = await compare(stranger, own.token.text, PANEL.id, "device")
    for where, text in answers.items():
        assert OTHER not in text, where
        assert "Apartment 102" not in text, where
    await compare(stranger, other.token.text, PANEL.id, "foreign")


async def test_the_token_of_a_gateway_opens_no_panel_that_has_its_own(
    house: House, stranger: TestClient, devices: tuple[Device, Device]
) -> None:
    gateway = await a_device(house.hass, house.entry, stranger, gateway=True)
    for method, path, row in addresses():
        status, text = await ask(stranger, method, path, row, PANEL.id, gateway.token.text)
        if path.startswith(BASE):
            assert status == (row.device if row.device == HTTPStatus.UNAUTHORIZED else HTTPStatus.FORBIDDEN), path
        assert "Apartment 101" not in text, (method, path)


# --- commands ---


# The heartbeat of a socket that was closed this early ends with the server.
@pytest.mark.parametrize("expected_lingering_timers", [True])
async def test_no_token_of_a_device_opens_the_websocket(
    house: House, stranger: TestClient, devices: tuple[Device, Device]
) -> None:
    for token in (devices[0].token.text, "wrong", ""):
        async with stranger.ws_connect("/api/websocket") as socket:
            assert (await socket.receive_json())["type"] == "auth_required"
            await socket.send_json({"type": "auth", "access_token": token})
            assert (await socket.receive_json())["type"] == "auth_invalid"
            assert (await socket.receive()).type in (WSMsgType.CLOSE, WSMsgType.CLOSED)


async def test_commands_ask_who_it_is(
    house: House, hass_ws_client: WebSocketGenerator, hass_admin_user: MockUser
) -> None:
    def expected(row: Command, who: str, panel: str) -> str | None:
        names_none = not {ID, ALERT} & set(str(row.more).split("'"))
        if row.admins and who != "admin":
            return "unauthorized"
        if panel == UNKNOWN or (who == "kitchen" and panel == OTHER):
            return row.good if names_none else "not_found"
        return {"admin": row.good, "kitchen": row.kitchen, "nobody": row.nobody}[who]

    people = {"admin": hass_admin_user, "kitchen": kitchen(house), "nobody": somebody(house.hass, {})}
    wrong = []
    for who, user in people.items():
        socket = await hass_ws_client(house.hass, await token_of(house.hass, user))
        for name, row in COMMANDS.items():
            for panel in (PANEL.id,) if who == "nobody" else (PANEL.id, OTHER, UNKNOWN):
                if who == "admin" and name in ("bill", "prices", "demand") and panel == OTHER:
                    # It has no tariff.
                    continue
                await socket.send_json_auto_id({"type": f"panel_meter/{name}", **filled(row.more, panel)})
                answer = await socket.receive_json()
                while answer["type"] == "event":
                    answer = await socket.receive_json()
                code = None if answer["success"] else answer["error"]["code"]
                if code != expected(row, who, panel):
                    wrong.append(f"{name} by {who} about {panel}: {code}, not {expected(row, who, panel)}")
    assert not wrong, "\n".join(wrong)

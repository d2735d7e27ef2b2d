"""Alerts over REST, WebSocket and the old paths."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
import logging
from typing import Any

from aiohttp.test_utils import TestClient
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.panel_meter.alerts.keeper import AlertKeeper, alert_keeper
from custom_components.panel_meter.api.tokens import TOKENS
from custom_components.panel_meter.core.alerts.model import Severity
from custom_components.panel_meter.options import CONF_OLD_PATHS
from tests.core.protocol import PANEL

from .api_house import BASE, OTHER, House, a_house, somebody, token_of
from .conftest import Say, unload_all
from .costs import NOON
from .posting import a_device


@pytest.fixture(autouse=True)
def _clock(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(datetime.fromtimestamp(NOON, UTC))
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)


@pytest.fixture
async def house(hass: HomeAssistant, mqtt_mock: object, say: Say, _clock: None) -> AsyncIterator[House]:
    yield await a_house(hass, say, {CONF_OLD_PATHS: True})
    await unload_all(hass)


@pytest.fixture
def keeper(house: House) -> AlertKeeper:
    return alert_keeper(house.hass)


@pytest.fixture
async def client(house: House, hass_client: ClientSessionGenerator) -> TestClient:
    """An administrator's."""
    return await hass_client()


async def get(client: TestClient, path: str, **query: Any) -> Any:
    answer = await client.get(f"{BASE}/{path}", params=query)
    assert answer.status == 200, await answer.text()
    return await answer.json()


async def post(client: TestClient, path: str, body: object = None, status: int = 200) -> Any:
    answer = await client.post(f"{BASE}/{path}", json=body) if body is not None else await client.post(f"{BASE}/{path}")
    content = await answer.json(content_type=None)
    assert answer.status == status, content
    if status >= 400:
        assert set(content) == {"type", "title", "status", "detail"}
        assert content["detail"].endswith(".")
    return content


# --- REST ---


async def test_an_alert_is_made_read_and_over(house: House, client: TestClient, keeper: AlertKeeper) -> None:
    made = await post(
        client, "alerts", {"panel": PANEL.id, "channel": "c1", "severity": "critical", "message": " It hums "}, 201
    )
    assert (made["kind"], made["severity"], made["channel_name"]) == ("custom", "critical", "Kitchen")
    assert "It hums" in made["message"]
    assert made["opened"] == "2026-11-20T12:00:00-08:00"
    assert await get(client, "alerts") == {"alerts": [made], "total": 1, "next": None}
    read = await post(client, f"alerts/{made['id']}/acknowledge")
    assert (read["acknowledged"], bool(read["acknowledged_by"])) == ("2026-11-20T12:00:00-08:00", True)
    assert keeper.get(made["id"]).acknowledged == NOON
    over = await post(client, f"alerts/{made['id']}/resolve")
    assert over["resolved"] == "2026-11-20T12:00:00-08:00"
    assert (await get(client, "alerts"))["total"] == 0
    past = await get(client, "alerts", state="all")
    assert [each["id"] for each in past["alerts"]] == [made["id"]]
    assert (await post(client, f"alerts/{made['id']}/resolve", status=404))["detail"] == "There is no such open alert."


async def test_an_alert_is_snoozed_for_an_hour_or_as_long_as_somebody_likes(
    house: House, client: TestClient, keeper: AlertKeeper
) -> None:
    path = f"alerts/{keeper.create(PANEL.id, None, Severity.INFO, 'Look').id}/snooze"
    assert (await post(client, path))["snoozed_until"] == "2026-11-20T13:00:00-08:00"
    assert (await post(client, path, {"minutes": 5}))["snoozed_until"] == "2026-11-20T12:05:00-08:00"
    assert (await post(client, path, {"until": "2026-11-21"}))["snoozed_until"] == "2026-11-21T00:00:00-08:00"
    for wrong in (
        {"minutes": 0},
        {"minutes": True},
        {"minutes": "5"},
        {"minutes": 10**9},
        {"until": "2026-11-20T11:59"},
        {"until": "2199-01-01"},
        {"until": 5},
        {"until": "2026-11-21", "minutes": 5},
        {"for": 5},
        [],
        "text",
    ):
        await post(client, path, wrong, 400)


async def test_lists_are_filtered_and_have_pages_and_tags(
    house: House, client: TestClient, keeper: AlertKeeper, freezer: FrozenDateTimeFactory
) -> None:
    numbers = []
    for place, panel in enumerate((PANEL.id, OTHER, PANEL.id)):
        freezer.move_to(datetime.fromtimestamp(NOON + 600 * place, UTC))
        severity = Severity.CRITICAL if place == 2 else Severity.INFO
        numbers.append(keeper.create(panel, None, severity, f"Number {place}").id)

    async def found(**query: Any) -> list[int]:
        return [numbers.index(each["id"]) for each in (await get(client, "alerts", **query))["alerts"]]

    assert await found() == [2, 1, 0]
    assert await found(panel=PANEL.id) == [2, 0]
    assert await found(severity="info") == [1, 0]
    assert await found(kind="custom") == [2, 1, 0]
    assert await found(kind="overload") == []
    assert await found(state="all", to="2026-11-20T12:05") == [0]
    keeper.resolve(numbers[0], None)
    assert await found(state="all", **{"from": "2026-11-20T12:20:01"}) == [2, 1]
    first = await get(client, "alerts", limit=1)
    assert (first["total"], first["next"]) == (2, f"{BASE}/alerts?limit=1&offset=1")
    second = await (await client.get(first["next"])).json()
    assert ([numbers.index(each["id"]) for each in second["alerts"]], second["next"]) == ([1], None)
    answer = await client.get(f"{BASE}/alerts")
    tag = {"If-None-Match": answer.headers["ETag"]}
    assert (await client.get(f"{BASE}/alerts", headers=tag)).status == 304
    keeper.acknowledge(numbers[1], "Ada")
    assert (await client.get(f"{BASE}/alerts", headers=tag)).status == 200
    for wrong in ("from=2026-11-20", "severity=bad", "kind=", "state=closed", "language=x", "language=en%0A"):
        assert (await client.get(f"{BASE}/alerts?{wrong}")).status == 400, wrong


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (None, 400),
        ({}, 400),
        ({"panel": PANEL.id}, 400),
        ({"panel": PANEL.id, "message": ""}, 400),
        ({"panel": PANEL.id, "message": "  "}, 400),
        ({"panel": PANEL.id, "message": "x" * 501}, 400),
        ({"panel": PANEL.id, "message": "a\u202eb"}, 400),
        ({"panel": PANEL.id, "message": 5}, 400),
        ({"panel": PANEL.id, "message": "Look", "severity": "bad"}, 400),
        ({"panel": PANEL.id, "message": "Look", "severity": ["info"]}, 400),
        ({"panel": PANEL.id, "message": "Look", "resolved": True}, 400),
        ({"panel": [PANEL.id], "message": "Look"}, 400),
        ({"panel": "nobody", "message": "Look"}, 404),
        ({"panel": PANEL.id, "channel": "c9", "message": "Look"}, 404),
        ([{"panel": PANEL.id, "message": "Look"}], 400),
        ("x" * 9000, 413),
    ],
)
async def test_what_cannot_be_made_is_refused_with_a_sentence(
    house: House, client: TestClient, keeper: AlertKeeper, body: object, status: int
) -> None:
    await post(client, "alerts", body, status)
    assert keeper.open() == ()


async def test_ids_that_no_alert_has(house: House, client: TestClient, keeper: AlertKeeper) -> None:
    keeper.create(PANEL.id, None, Severity.INFO, "Look")
    for number in ("0", "-1", "1e0", "x", "%D9%A1", "9" * 400, "999", "1%00"):
        answer = await client.post(f"{BASE}/alerts/{number}/resolve")
        assert answer.status in (400, 404), number
    assert len(keeper.open()) == 1


async def test_who_may_control_the_entity_may_act_and_who_may_read_it_may_see(
    house: House, keeper: AlertKeeper, hass_client_no_auth: ClientSessionGenerator
) -> None:
    client = await hass_client_no_auth()
    entity = house.entity(f"{PANEL.id}/problem", "binary_sensor")
    for rights, status in (({"read": True}, 403), ({"read": True, "control": True}, 200)):
        number = keeper.create(PANEL.id, None, Severity.INFO, "Look").id
        user = somebody(house.hass, {"entities": {"entity_ids": {entity: rights}}})
        headers = {"Authorization": f"Bearer {await token_of(house.hass, user)}"}
        seen = await (await client.get(f"{BASE}/alerts", headers=headers)).json()
        assert number in [each["id"] for each in seen["alerts"]]
        for act in ("acknowledge", "snooze", "resolve"):
            answer = await client.post(f"{BASE}/alerts/{number}/{act}", headers=headers)
            assert answer.status == status, act


async def test_a_reader_of_everything_changes_nothing(
    house: House, keeper: AlertKeeper, hass_client_no_auth: ClientSessionGenerator, hass_read_only_access_token: str
) -> None:
    client, number = await hass_client_no_auth(), keeper.create(PANEL.id, None, Severity.INFO, "Look").id
    headers = {"Authorization": f"Bearer {hass_read_only_access_token}"}
    assert (await (await client.get(f"{BASE}/alerts", headers=headers)).json())["total"] == 1
    for path, body in (("alerts", {"panel": PANEL.id, "message": "Mine"}), (f"alerts/{number}/resolve", {})):
        assert (await client.post(f"{BASE}/{path}", json=body, headers=headers)).status == 403
    assert [alert.id for alert in keeper.open()] == [number]


async def test_alerts_say_so_while_panel_meter_does_not_run(house: House, client: TestClient) -> None:
    assert await house.hass.config_entries.async_unload(house.entry.entry_id)
    assert (await client.get(f"{BASE}/alerts")).status == 503
    assert (await client.post(f"{BASE}/alerts/1/resolve")).status == 503
    assert await house.hass.config_entries.async_setup(house.entry.entry_id)


# --- WebSocket ---


async def test_alerts_over_the_websocket(house: House, keeper: AlertKeeper, hass_ws_client: WebSocketGenerator) -> None:
    socket = await hass_ws_client(house.hass)

    async def ask(command: str, **more: Any) -> Any:
        await socket.send_json_auto_id({"type": f"panel_meter/{command}", **more})
        return await socket.receive_json()

    subscribed = await ask("subscribe_alerts", panels=[PANEL.id])
    assert subscribed["success"]
    number = keeper.create(PANEL.id, None, Severity.INFO, "Look").id
    keeper.create(OTHER, None, Severity.INFO, "Not this one")
    event = await socket.receive_json()
    assert (event["id"], event["event"]["change"], event["event"]["alert"]["id"]) == (
        subscribed["id"],
        "opened",
        number,
    )
    assert event["event"]["alert"] == (await ask("alerts", panels=[PANEL.id]))["result"]["alerts"][0]
    await socket.send_json_auto_id({"type": "panel_meter/alert_act", "alert": number, "act": "snooze"})
    told = [await socket.receive_json(), await socket.receive_json()]
    assert {each["type"] for each in told} == {"event", "result"}
    assert keeper.get(number).snoozed_until == NOON + 3600
    for wrong, code in (
        ({"alert": number, "act": "delete"}, "invalid_format"),
        ({"alert": "1", "act": "resolve"}, "invalid_format"),
        ({"alert": 999, "act": "resolve"}, "not_found"),
        ({"alert": number, "act": "snooze", "until": "yesterday"}, "invalid"),
        ({"alert": number, "act": "snooze", "until": "2026-11-19"}, "invalid"),
    ):
        assert (await ask("alert_act", **wrong))["error"]["code"] == code, wrong
    await socket.send_json_auto_id({"type": "unsubscribe_events", "subscription": subscribed["id"]})
    assert (await socket.receive_json())["success"]
    keeper.resolve(number, None)
    history = await ask("alerts", history=True, limit=1)
    assert (len(history["result"]["alerts"]), history["result"]["total"]) == (1, 2)
    assert len((await ask("alerts"))["result"]["alerts"]) == 1


async def test_a_subscriber_hears_only_what_they_may_see_at_that_time(
    house: House, keeper: AlertKeeper, hass_ws_client: WebSocketGenerator
) -> None:
    entity = house.entity(f"{PANEL.id}/problem", "binary_sensor")
    user: MockUser = somebody(house.hass, {"entities": {"entity_ids": {entity: {"read": True}}}})
    socket = await hass_ws_client(house.hass, await token_of(house.hass, user))
    await socket.send_json_auto_id({"type": "panel_meter/subscribe_alerts"})
    assert (await socket.receive_json())["success"]
    keeper.create(OTHER, None, Severity.INFO, "Not yours")
    seen = keeper.create(PANEL.id, None, Severity.INFO, "Yours").id
    assert (await socket.receive_json())["event"]["alert"]["id"] == seen
    user.mock_policy({})
    keeper.resolve(seen, None)
    await socket.send_json_auto_id({"type": "ping"})
    assert (await socket.receive_json())["type"] == "pong"


# --- old paths ---


async def test_the_alerts_of_the_smart_meter(
    house: House, client: TestClient, keeper: AlertKeeper, hass_client_no_auth: ClientSessionGenerator
) -> None:
    told = {"deviceId": PANEL.id, "message": "Spike", "type": "manual", "severity": "high"}
    answer = await client.post("/api/alerts/create", json=told)
    made = (await answer.json())["alert"]
    assert answer.status == 201
    assert (made["deviceId"], made["severity"], made["read"], made["resolved"]) == (PANEL.id, "critical", False, False)
    keeper.create(OTHER, None, Severity.INFO, "Elsewhere")
    assert (await (await client.put(f"/api/alerts/{made['id']}/read")).json())["alert"]["read"] is True
    assert (await (await client.put(f"/api/alerts/{made['id']}/resolve")).json())["alert"]["resolved"] is True
    assert (await client.put(f"/api/alerts/{made['id']}/resolve")).status == 404
    found = await (await client.get("/api/alerts/7")).json()
    assert sorted((each["deviceId"], each["read"], each["resolved"]) for each in found) == [
        (PANEL.id, True, True),
        (OTHER, False, False),
    ]
    device = await a_device(house.hass, house.entry, await hass_client_no_auth())
    house.hass.data[TOKENS].bind(device.token.id, PANEL.id)
    headers = {"Authorization": f"Bearer {device.token.text}"}
    own = await (await device.client.get("/api/alerts/me", headers=headers)).json()
    assert [each["deviceId"] for each in own] == [PANEL.id]
    for wrong in ({}, {"message": "x" * 501}, {"message": "Look", "severity": "odd"}, {"message": 5}):
        assert (await client.post("/api/alerts/create", json={"deviceId": PANEL.id, **wrong})).status == 400

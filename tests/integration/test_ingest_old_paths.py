"""The paths of the systems that Panel Meter replaces: sketches and clients in the field go on working."""

from collections.abc import AsyncIterator
from datetime import timedelta
import json
from time import time
from typing import Any
from unittest.mock import patch

from aiohttp.test_utils import TestClient
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockUser,
    async_fire_mqtt_message,
    async_fire_time_changed,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.panel_meter.api import ingest
from custom_components.panel_meter.api.old_paths import OLD_PATHS, OldPath
from custom_components.panel_meter.options import CONF_OLD_PATHS
from tests.core.protocol import PANEL, info, live

from .conftest import Say, an_entry, subscribed, unload_all
from .posting import Device, a_device

READING = {"deviceId": "esp32_001", "current": 2.0, "voltage": 230.0, "temperature": 32.5}
KNOWN = [each for each in OLD_PATHS if each.answer is not None and each.path != "/health"]


def address(old: OldPath) -> str:
    return old.path.replace("{device}", "esp32_001").replace("{user}", "7").replace("{alert}", "7")


@pytest.fixture
async def entry(hass: HomeAssistant, mqtt_mock: object) -> AsyncIterator[MockConfigEntry]:
    """A hub that answers old paths, with a panel of each kind."""
    entry = an_entry(
        (PANEL.id, "Apartment 101", "native"),
        ("posted:esp32_001", "Cellar", "posted"),
        ("data_pm:PANEL_LANTAI_1", "Lantai 1", "data_pm"),
        options={CONF_OLD_PATHS: True},
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await subscribed(hass)
    yield entry
    await unload_all(hass)


@pytest.fixture
async def client(entry: MockConfigEntry, hass_client: ClientSessionGenerator) -> TestClient:
    """A program with the token of an administrator."""
    return await hass_client()


@pytest.fixture
async def device(
    hass: HomeAssistant, entry: MockConfigEntry, client: TestClient, hass_client_no_auth: ClientSessionGenerator
) -> Device:
    return await a_device(hass, entry, await hass_client_no_auth())


async def said(client: TestClient, path: str, **headers: str) -> Any:
    answer = await client.get(path, headers=headers)
    assert answer.status == 200, await answer.text()
    return await answer.json()


@pytest.mark.parametrize("path", ["/api/energy/add", "/api/data", "/api/measurements"])
async def test_a_sketch_goes_on_posting(hass: HomeAssistant, entry: MockConfigEntry, device: Device, path: str) -> None:
    answer = await device.post(READING, path)
    assert (answer.status, (await answer.json())["success"]) == (201, True)
    assert entry.runtime_data.panels["posted:esp32_001"].measurements.power == (460.0,)
    assert (await device.client.post(path, json=READING)).status == 401
    assert (await device.post({**READING, "voltage": "x"}, path)).status == 422


async def test_readings_can_be_read_back_by_the_device_and_by_users_but_not_by_other_devices(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device, client: TestClient
) -> None:
    for current in range(1, 8):
        await device.post({**READING, "current": current}, "/api/measurements")
    other = await a_device(hass, entry, device.client)
    for path in ("/api/measurements", "/api/energy/esp32_001"):
        own = await said(device.client, path, Authorization=f"Bearer {device.token.text}")
        assert own == await said(client, path)
        assert [each["current"] for each in own] == [7, 6, 5, 4, 3, 2, 1]
        assert own[0] | {"timestamp": None} == {
            "deviceId": "esp32_001",
            "current": 7,
            "voltage": 230.0,
            "power": 1610.0,
            "temperature": 32.5,
            "timestamp": None,
        }
    headers = {"Authorization": f"Bearer {other.token.text}"}
    assert await said(device.client, "/api/measurements", **headers) == []
    assert (await device.client.get("/api/energy/esp32_001", headers=headers)).status == 404
    assert (await device.client.get("/api/power-data?deviceId=esp32_001", headers=headers)).status == 404


async def test_the_panels_in_the_words_of_the_mqtt_backend(
    hass: HomeAssistant, entry: MockConfigEntry, client: TestClient, say: Say
) -> None:
    topic = "DATA/PM/PANEL_LANTAI_1"
    async_fire_mqtt_message(hass, topic, b'{"power_kw": 1.5, "energy_kwh": 10.0}')
    with patch("custom_components.panel_meter.mqtt.time", return_value=time() + 60):
        async_fire_mqtt_message(hass, topic, b'{"power_kw": 1.5, "energy_kwh": 10.025}')
    say("info", info(), retain=True)
    say("live", live())
    await hass.async_block_till_done()
    found = {each["panel"]: each for each in await said(client, "/api/panel/realtime")}
    lantai = found["data_pm:PANEL_LANTAI_1"]
    assert (lantai["power_kw"], lantai["energy_kwh"], lantai["status"]) == (1.5, 0.025, "ONLINE")
    assert found["posted:esp32_001"]["status"] == "OFFLINE"
    assert found["apt-101"]["power_kw"] == 1.5234
    today = {each["panel"]: each for each in await said(client, "/api/panel/today-usage")}
    assert today["data_pm:PANEL_LANTAI_1"]["usage_kwh"] == pytest.approx(0.025, abs=1e-6)
    assert {each["panel"] for each in await said(client, "/api/panel/summary")} == set(found)
    months = await said(client, f"/api/energy/monthly?year={dt_util.now().year}")
    assert {len(each["months"]) for each in months} == {12}
    assert (await client.get("/api/energy/monthly?year=x")).status == 400


async def test_the_history_of_the_last_day(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device, client: TestClient
) -> None:
    begin = int(time()) // 300 * 300 - 3600
    for first in range(0, 120, 60):
        series = [{**READING, "timestamp": begin + 30 * step} for step in range(first, first + 60)]
        await device.post(series, "/api/data")
    with patch("custom_components.panel_meter.hub.time", return_value=time() + 900):
        entry.runtime_data._checkpoint()
    await hass.async_block_till_done()
    await entry.runtime_data.writer.run(lambda: None)
    rows = await said(client, "/api/usage?deviceId=esp32_001")
    assert len(rows) in (288, 289)
    full = [row for row in rows if row["power"] == pytest.approx(460.0, rel=1e-3)]
    assert len(full) >= 10
    counted = [row["kWh"] for row in rows]
    assert counted == sorted(counted)
    assert counted[-1] == pytest.approx(0.46 * 119 / 120, rel=0.02)
    assert (await client.get("/api/usage")).status == 404


async def test_an_apartment_is_shown_and_its_readings_are_saved(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device, client: TestClient, hass_storage: dict[str, Any]
) -> None:
    path = "/api/save-reading?deviceId=esp32_001"
    assert (await client.post(path)).status == 400
    for current in (1, 3):
        await device.post({**READING, "current": current}, "/api/data")
        now = await said(client, "/api/power-data?deviceId=esp32_001")
        assert (now["voltage"], now["current"], now["power"]) == (230.0, current, 230.0 * current)
        assert now["status"] == "connected"
        answer = await client.post(path)
        assert answer.status == 201
    history = (await answer.json())["history"]
    assert history == {"count": 2, "average": 460.0, "maximum": 690.0}
    stored = await said(client, path)
    assert [each["power"] for each in stored["readings"]] == [690.0, 230.0]
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=30))
    await hass.async_block_till_done()
    assert len(hass_storage["panel_meter.saved_readings"]["data"]["posted:esp32_001"]) == 2
    await unload_all(hass)
    await hass.config_entries.async_remove(entry.entry_id)
    assert not [key for key in hass_storage if key.startswith("panel_meter.")]


async def test_an_administrator_may_say_what_a_device_is(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device, client: TestClient
) -> None:
    await device.post(READING, "/api/data")
    told = {"name": "Wash house", "type": "boiler", "location": "Cellar", "description": "Old one", "rating": 16}
    assert (await client.put("/api/devices/esp32_001", json=told)).status == 200
    await hass.async_block_till_done()
    found = {each["id"]: each for each in await said(client, "/api/devices")}
    assert found["posted:esp32_001"] == {
        "id": "posted:esp32_001",
        "deviceId": "esp32_001",
        **told,
        "status": True,
    }
    for wrong in ({}, [], {"name": ""}, {"rating": -1}, {"rating": True}, {"codec": "native"}, {"name": "x" * 201}):
        assert (await client.put("/api/devices/esp32_001", json=wrong)).status == 400, wrong
    assert (await client.put("/api/devices/nobody", json=told)).status == 404
    assert (await device.client.put("/api/devices/esp32_001", json=told)).status == 401
    headers = {"Authorization": f"Bearer {device.token.text}"}
    assert (await device.client.put("/api/devices/esp32_001", json=told, headers=headers)).status == 403


async def test_a_user_who_may_only_read_changes_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, client: TestClient, hass_admin_user: MockUser
) -> None:
    hass_admin_user.groups = []
    assert (await client.put("/api/devices/esp32_001", json={"name": "Mine"})).status in (403, 404)
    assert await said(client, "/api/panel/realtime") == []


@pytest.mark.parametrize("old", KNOWN, ids=lambda old: f"{old.method} {old.path}")
async def test_every_old_path_asks_who_it_is(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device, old: OldPath
) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        answer = await device.client.request(old.method, address(old), headers=headers)
        assert answer.status == 401
        assert (await answer.json(content_type=None))["status"] == 401


@pytest.mark.parametrize(
    "old", [each for each in OLD_PATHS if each.answer is None], ids=lambda old: f"{old.method} {old.path}"
)
async def test_what_another_way_replaces_is_told_in_a_sentence(
    hass: HomeAssistant, entry: MockConfigEntry, client: TestClient, old: OldPath
) -> None:
    answer = await client.request(old.method, address(old))
    problem = await answer.json(content_type=None)
    assert answer.status in (410, 501)
    assert (problem["status"], problem["detail"]) == (answer.status, old.sentence)


async def test_health_is_told_to_everybody_and_nothing_else(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device
) -> None:
    assert await said(device.client, "/health") == {"status": "OK"}


async def test_when_switched_off_the_paths_are_not_answered(
    hass: HomeAssistant, entry: MockConfigEntry, client: TestClient
) -> None:
    hass.config_entries.async_update_entry(entry, options={CONF_OLD_PATHS: False})
    await subscribed(hass)
    for old in OLD_PATHS:
        answer = await client.request(old.method, address(old))
        assert answer.status == 404, old.path


async def test_they_are_off_unless_switched_on(
    hass: HomeAssistant, mqtt_mock: object, hass_client_no_auth: ClientSessionGenerator
) -> None:
    entry = an_entry()
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await subscribed(hass)
    client = await hass_client_no_auth()
    assert (await client.get("/health")).status == 404
    assert (await client.post("/api/data", json=READING)).status == 404
    await unload_all(hass)


async def test_a_device_that_sends_no_header_uses_its_own_address(
    hass: HomeAssistant, entry: MockConfigEntry, client: TestClient, hass_client_no_auth: ClientSessionGenerator
) -> None:
    stranger = await hass_client_no_auth()
    await a_device(hass, entry, client, webhook="c" * 64)
    answer = await stranger.post(f"/api/webhook/{'c' * 64}", data=json.dumps(READING))
    assert (answer.status, (await answer.json())["accepted"]) == (200, 1)
    assert ingest.PATH not in str(answer.url)

"""Devices that post over HTTP: the protocol's form, JSON of any device, tokens and the safety of all that."""

import asyncio
from datetime import UTC, datetime, timedelta
import gzip
import json
import logging
from time import time
from typing import Any
from unittest.mock import patch

from aiohttp.test_utils import TestClient
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.panel_meter.api import ingest, limits
from custom_components.panel_meter.api.ingest import PATH
from custom_components.panel_meter.api.limits import MAX_BODY, MAX_READINGS, Limits, limits_of
from custom_components.panel_meter.api.sources import source_id
from custom_components.panel_meter.api.tokens import STORAGE_KEY, TOKENS, NewToken, Tokens
from custom_components.panel_meter.const import DOMAIN
from custom_components.panel_meter.diagnostics import async_get_config_entry_diagnostics
from custom_components.panel_meter.options import CONF_ALLOW_PLAIN_HTTP
from tests.core.protocol import BOOT, HOUR, JOURNAL, info, live, record

from .conftest import Say, acks, subscribed, unload_all
from .posting import Device, a_device

POSTED = {"deviceId": "esp32_001", "current": 2.0, "voltage": 230.0, "temperature": 32.5}


@pytest.fixture
async def client(entry: MockConfigEntry, hass_client_no_auth: ClientSessionGenerator) -> TestClient:
    return await hass_client_no_auth()


@pytest.fixture
async def device(hass: HomeAssistant, entry: MockConfigEntry, client: TestClient) -> Device:
    return await a_device(hass, entry, client)


def rows(*energies: int, first: int = 1) -> list[list[int]]:
    return [[first + place, HOUR + 300 * (first + place), 300, 0, energy, 0] for place, energy in enumerate(energies)]


def parts(**payloads: bytes) -> dict[str, Any]:
    return {part: json.loads(payload) for part, payload in payloads.items()}


async def add(hass: HomeAssistant, entry: MockConfigEntry, panel_id: str) -> None:
    """Add a panel that has not spoken yet; the hub then asks the broker what it keeps."""
    entry.runtime_data.add_panel(panel_id, panel_id, "posted")
    await subscribed(hass)


def total(entry: MockConfigEntry, panel_id: str) -> int:
    return sum(entry.runtime_data.panels[panel_id].meter.totals.values())


# --- the protocol ---


async def test_a_board_posts_its_records_and_is_answered_when_they_are_on_disk(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device, mqtt_mock: Any
) -> None:
    answer = await device.said(parts(info=info(), record=record(rows(100_000, 250_000))))
    assert answer["ack"] == {"host": "9e01c7d2", "journal": JOURNAL, "seq": 2}
    assert abs(answer["time"] - time()) < 5
    stored = entry.runtime_data.ledger.load()["apt-101"]
    assert {str(register): total for register, total in stored.totals.items()} == {
        "main.import": 250_000,
        "c1.import": 0,
    }
    # What is answered over HTTP is not told to the broker as well.
    assert acks(mqtt_mock) == []


async def test_a_repeated_post_counts_once_and_is_acknowledged_again(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device
) -> None:
    body = parts(info=info(), record=record(rows(100_000, 250_000)))
    answers = [await device.said(body) for _ in range(4)]
    assert [answer["ack"]["seq"] for answer in answers] == [2] * 4
    assert total(entry, "apt-101") == 250_000


async def test_any_post_carries_the_present_acknowledgement(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device
) -> None:
    await device.said(parts(info=info(), record=record(rows(100_000))))
    answer = await device.said(parts(live=live(energy=[100_500, 0])))
    assert answer["ack"]["seq"] == 1
    assert entry.runtime_data.panels["apt-101"].measurements.power == (1523.4, 210.0)


async def test_a_board_without_a_clock_gets_the_time_as_a_command_until_it_responds(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device
) -> None:
    await device.said(parts(info=info()))
    (command,) = [
        each
        for each in (await device.said(parts(live=live(time=0, uptime=77))))["commands"]
        if each["op"] == "set_time"
    ]
    assert (command["boot"], command["uptime"]) == (BOOT, 77)
    assert abs(command["time"] - time()) < 5
    # The answer may have been lost: it comes again, and no longer when the board responded.
    again = await device.said(parts(live=live(time=0, uptime=78)))
    assert command in again["commands"]
    response = json.dumps({"id": command["id"], "ok": True}).encode()
    assert command not in (await device.said(parts(response=response)))["commands"]


async def test_a_command_is_not_repeated_for_ever(hass: HomeAssistant, entry: MockConfigEntry, device: Device) -> None:
    await device.said(parts(info=info()))
    told = [(await device.said(parts(live=live())))["commands"] for _ in range(5)]
    assert [] in told
    assert told[-1] == []


async def test_nothing_is_acknowledged_that_is_not_on_disk(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device
) -> None:
    await device.said(parts(info=info()))
    await entry.runtime_data.writer.pause()
    with patch.object(ingest, "DURABLE_WITHIN", 0.2):
        answer = await device.post(parts(record=record(rows(100_000))))
    assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
    entry.runtime_data.writer.resume()
    assert (await device.said(parts(record=record(rows(100_000)))))["ack"]["seq"] == 1
    assert total(entry, "apt-101") == 100_000


async def test_a_board_that_nobody_knows_is_offered_and_waits(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device
) -> None:
    body = parts(info=info(id="apt-202"), record=record(rows(100_000)))
    answer = await device.said(body, status=202)
    assert (answer["ack"], answer["commands"]) == (None, [])
    await hass.async_block_till_done()
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["unique_id"] == "apt-202"
    await hass.config_entries.flow.async_configure(flow["flow_id"], {})
    await hass.async_block_till_done()
    answer = await device.said(body)
    assert answer["ack"]["seq"] == 1
    assert total(entry, "apt-202") == 100_000


async def test_records_before_info_ask_for_info(hass: HomeAssistant, entry: MockConfigEntry, device: Device) -> None:
    problem = await device.said(parts(record=record(rows(1))), status=422)
    assert (problem["reason"], problem["status"]) == ("no_info", 422)


async def test_a_body_of_which_one_part_is_wrong_changes_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device
) -> None:
    body = parts(info=info(), record=record(rows(100_000)))
    body["live"] = {"journal": JOURNAL}
    problem = await device.said(body, status=422)
    assert problem["reason"] == "missing_key"
    assert entry.runtime_data.panels["apt-101"].description is None
    assert hass.data[TOKENS].get(device.token.id).panel is None


async def test_a_board_may_go_from_http_to_mqtt_and_back(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device, say: Say, mqtt_mock: Any
) -> None:
    await device.said(parts(info=info(), record=record(rows(100_000))))
    say("record", record(rows(200_000, first=2)))
    await hass.async_block_till_done()
    await entry.runtime_data.writer.run(lambda: None)
    await hass.async_block_till_done()
    assert acks(mqtt_mock)[-1]["seq"] == 2
    before = len(acks(mqtt_mock))
    answer = await device.said(parts(record=record(rows(300_000, first=3))))
    assert (answer["ack"]["seq"], len(acks(mqtt_mock))) == (3, before)


async def test_too_many_rows_are_refused_so_that_the_board_halves_them(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device
) -> None:
    await device.said(parts(info=info()))
    many = rows(*range(MAX_READINGS + 1))
    assert (await device.post(parts(record=record(many)))).status == 413
    answer = await device.said(parts(record=record(many[:MAX_READINGS])))
    assert answer["ack"]["seq"] == MAX_READINGS


# --- devices without a journal ---


async def test_a_device_that_posts_is_offered_added_and_measured(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device
) -> None:
    answer = await device.said(POSTED, status=202)
    assert (answer["accepted"], answer["waiting"]) == (0, 1)
    await hass.async_block_till_done()
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    await hass.config_entries.flow.async_configure(flow["flow_id"], {})
    await hass.async_block_till_done()
    answer = await device.said(POSTED)
    assert (answer["accepted"], answer["waiting"], answer["apparent"]) == (1, 0, True)
    await hass.async_block_till_done()
    registry = er.async_get(hass)
    states = {}
    for key in ("main/power", "voltage_1"):
        entity = registry.async_get_entity_id("sensor", DOMAIN, f"posted:esp32_001/{key}")
        states[key] = hass.states.get(entity).state
    assert states == {"main/power": "460.0", "voltage_1": "230.0"}
    assert entry.runtime_data.panels["posted:esp32_001"].measurements.temperature == 32.5


@pytest.mark.parametrize(
    ("body", "panel", "power", "energy"),
    [
        (POSTED, "posted:esp32_001", 460.0, None),
        ({"deviceId": "METER_01", "current": 0.45, "voltage": 230.0}, "posted:METER_01", 103.5, None),
        (
            {"panel": "PANEL_LANTAI_1", "power_kw": 1.25, "energy_kwh": 12.345},
            "posted:PANEL_LANTAI_1",
            1250.0,
            12_345_000,
        ),
        ({"voltage": 220.5, "current": 2.0, "apartment": "101", "floor": "1"}, "posted:101", 441.0, None),
        ({"device": "pi", "current": 1.5, "power": 345.0, "kWh": 2.5, "timestamp": 1}, "posted:pi", 345.0, 2_500_000),
    ],
)
async def test_every_body_of_the_systems_before_is_understood(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    device: Device,
    body: dict[str, Any],
    panel: str,
    power: float,
    energy: int | None,
) -> None:
    await add(hass, entry, panel)
    answer = await device.said(body)
    assert answer["accepted"] == 1
    measured = entry.runtime_data.panels[panel].measurements
    assert measured.power == (pytest.approx(power),)
    assert ("apparent" in answer) is ("power" not in body and "power_kw" not in body)
    if energy is not None:
        more = {**body, **{key: body[key] + 0.1 for key in ("kWh", "energy_kwh") if key in body}}
        later = time() + 600
        more.pop("timestamp", None)
        with patch.object(ingest, "time", return_value=later):
            await device.said(more)
        assert total(entry, panel) == 100_000


async def test_a_body_without_a_name_belongs_to_the_source(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device
) -> None:
    await device.said({"power_kw": 1.0, "energy_kwh": 5.0}, status=202)
    await hass.async_block_till_done()
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["unique_id"] == f"posted:{device.token.id}"
    assert flow["context"]["title_placeholders"] == {"name": "Meter"}


async def test_readings_with_their_instants_are_integrated_between_them_and_a_replay_adds_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device
) -> None:
    await add(hass, entry, "posted:esp32_001")
    begin = int(time()) - 3600
    series = [
        {**POSTED, "timestamp": datetime.fromtimestamp(begin + 30 * step, UTC).isoformat()} for step in range(120)
    ]
    for _ in range(3):
        assert (await device.said(series[::-1]))["accepted"] == 120
    # 460 W over 119 x 30 s.
    assert total(entry, "posted:esp32_001") == 460_000 * 119 * 30 // 3600


async def test_names_of_any_json_can_be_told(hass: HomeAssistant, entry: MockConfigEntry, client: TestClient) -> None:
    named = {"device": "meta.name", "power": "data.p", "power_unit": "kW", "energy": "e", "energy_unit": "Wh"}
    device = await a_device(hass, entry, client, fields=named)
    await add(hass, entry, "posted:cellar")
    await device.said({"meta": {"name": "cellar"}, "data": {"p": 0.5}, "e": 1000})
    with patch.object(ingest, "time", return_value=time() + 600):
        await device.said({"meta": {"name": "cellar"}, "data": {"p": 0.5}, "e": 1012.5})
    panel = entry.runtime_data.panels["posted:cellar"]
    assert panel.measurements.power == (500.0,)
    assert total(entry, "posted:cellar") == 12_500


async def test_a_device_may_use_words_of_the_protocol_for_something_else(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device
) -> None:
    assert (await device.said({**POSTED, "info": "firmware 3", "live": True}, status=202))["waiting"] == 1


async def test_shared_values_stand_beside_the_readings(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device
) -> None:
    await add(hass, entry, "posted:pi")
    answer = await device.said({"device": "pi", "readings": [{"power": 1}, {"power": 2}]})
    assert answer["accepted"] == 2
    assert entry.runtime_data.panels["posted:pi"].measurements.power == (2.0,)


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"", 400, None),
        (b"{", 400, None),
        (b"[" * 50_000, 400, None),
        (b'{"a":' * 9_000 + b"1" + b"}" * 9_000, 400, None),
        (b'"text"', 422, "not_object"),
        (b"[]", 422, "missing_key"),
        (b"[[]]", 422, "wrong_type"),
        (b"{}", 422, "missing_key"),
        (b'{"deviceId":"x"}', 422, "missing_key"),
        (b'{"deviceId":"x","power":NaN}', 400, None),
        (b'{"deviceId":"x","power":1e999}', 400, None),
        (b'{"deviceId":"x","power":"5"}', 422, "wrong_type"),
        (b'{"deviceId":"x","power":true}', 422, "wrong_type"),
        (b'{"deviceId":"x","energy_kwh":-1}', 422, "out_of_range"),
        (b'{"deviceId":"../../x","power":1}', 422, "name"),
        (b'{"deviceId":{},"power":1}', 422, "wrong_type"),
        (b'{"deviceId":"x","voltage":2000,"current":1}', 422, "out_of_range"),
        (b'{"info":[]}', 422, "wrong_type"),
        (b'{"info":{"id":7}}', 422, "wrong_type"),
        (b'{"info":{"id":"../x"}}', 422, "topic"),
        (b'{"record":{"records":"x"},"info":null}', 422, "no_info"),
        (b'{"readings":{"power":1}}', 422, "wrong_type"),
        ((b'{"power":1},' * (MAX_READINGS + 1)).join([b"[", b'{"power":1}]']), 413, None),
    ],
)
async def test_what_cannot_be_used_is_refused_with_a_sentence_and_changes_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device, body: bytes, status: int, reason: str | None
) -> None:
    answer = await device.post(body)
    assert (answer.status, answer.content_type) == (status, "application/problem+json")
    problem = await answer.json()
    assert problem["type"].startswith("urn:panel-meter:problem:")
    assert problem["status"] == status
    assert problem["detail"].endswith(".")
    assert problem.get("reason") == reason
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert hass.data[TOKENS].get(device.token.id).panel is None


# --- tokens ---


async def written(hass: HomeAssistant) -> None:
    """Let the store write what it has put off."""
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=30))
    await hass.async_block_till_done()


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Basic cG10Og==",
        "Bearer pmt_000000000000_" + "A" * 43,
        "Bearer \u00e9\u00e9",
        "Bearer " + "A" * 8000,
    ],
)
async def test_no_token_and_wrong_tokens_are_refused(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = await device.client.post(PATH, json=POSTED, headers=headers)
    assert answer.status == 401
    assert answer.content_type == "application/problem+json"
    assert "Bearer" in answer.headers["WWW-Authenticate"]
    assert hass.data[TOKENS].get(device.token.id).last_used is None


async def test_almost_the_right_token_is_a_wrong_one(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device
) -> None:
    text = device.token.text
    for wrong in (text[:-1] + ("A" if text[-1] != "A" else "B"), text + "A", text[:-1], text.upper()):
        answer = await device.client.post(PATH, json=POSTED, headers={"Authorization": f"Bearer {wrong}"})
        assert answer.status == 401


async def test_a_user_of_home_assistant_is_no_device(
    hass: HomeAssistant, entry: MockConfigEntry, client: TestClient, hass_access_token: str
) -> None:
    answer = await client.post(PATH, json=POSTED, headers={"Authorization": f"Bearer {hass_access_token}"})
    assert answer.status == 401


async def test_a_device_token_opens_nothing_else(
    hass: HomeAssistant, entry: MockConfigEntry, hass_client_no_auth: ClientSessionGenerator
) -> None:
    await async_setup_component(hass, "api", {})
    device = await a_device(hass, entry, await hass_client_no_auth())
    headers = {"Authorization": f"Bearer {device.token.text}"}
    for path in ("/api/", "/api/config", "/api/states", "/api/panel_meter/v1/panels", "/api/panel_meter/v1/usage"):
        assert (await device.client.get(path, headers=headers)).status == 401, path


async def test_a_token_belongs_to_the_first_panel_that_it_speaks_for(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device, client: TestClient
) -> None:
    await device.said(parts(info=info()))
    assert (await device.said(POSTED, status=403))["detail"] == "This token belongs to another panel."
    assert (await device.said(parts(info=info(id="apt-102")), status=403))["status"] == 403
    other = await a_device(hass, entry, client, gateway=True)
    problem = await other.said(parts(info=info(), record=record(rows(100_000))), status=403)
    assert problem["detail"] == "This token belongs to another panel."
    hub = entry.runtime_data
    assert (await hub.writer.run(hub.ledger.load))["apt-101"].totals == {}


async def test_only_a_gateway_speaks_for_several_panels(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device, client: TestClient
) -> None:
    several = [{"apartment": "101", "power": 1}, {"apartment": "102", "power": 2}]
    await device.said(several, status=403)
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    gateway = await a_device(hass, entry, client, gateway=True)
    assert (await gateway.said(several, status=202))["waiting"] == 2
    await hass.async_block_till_done()
    assert len(hass.config_entries.flow.async_progress_by_handler(DOMAIN)) == 2


async def test_a_removed_source_is_revoked_at_once(hass: HomeAssistant, entry: MockConfigEntry, device: Device) -> None:
    await device.said(POSTED, status=202)
    (subentry,) = [each for each in entry.subentries.values() if each.unique_id == source_id(device.token.id)]
    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await device.said(POSTED, status=401)
    await hass.async_block_till_done()
    assert hass.data[TOKENS].get(device.token.id) is None


def test_a_rotated_token_overlaps_as_long_as_the_user_wants(hass: HomeAssistant) -> None:
    tokens, first = Tokens(hass), NewToken.make()
    with patch.object(tokens, "_save"):
        tokens.keep(first, 1000)
        second = NewToken.make(first.id)
        tokens.rotate(second, 2000, 100)
        assert [tokens.verify(each.text, 2099) for each in (first, second)] == [first.id] * 2
        assert [tokens.verify(each.text, 2100) for each in (first, second)] == [None, first.id]
        third = NewToken.make(first.id)
        tokens.rotate(third, 2050, 0)
        assert [tokens.verify(each.text, 2051) for each in (first, second, third)] == [None, None, first.id]


async def test_only_a_hash_is_stored_and_it_lasts(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device, hass_storage: dict[str, Any]
) -> None:
    await device.said(POSTED, status=202)
    await hass.config_entries.async_reload(entry.entry_id)
    await subscribed(hass)
    await device.said(POSTED, status=202)
    await written(hass)
    stored = json.dumps(hass_storage)
    assert device.token.digest in stored
    secret = device.token.text.rpartition("_")[2]
    assert secret not in stored
    after_restart = Tokens(hass)
    await after_restart.async_load()
    assert after_restart.verify(device.token.text, int(time())) == device.token.id
    record_ = after_restart.get(device.token.id)
    assert record_.panel == "posted:esp32_001"
    assert abs(record_.last_used - time()) < 10


async def test_no_secret_in_logs_and_diagnostics(
    hass: HomeAssistant, entry: MockConfigEntry, client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    # The client of these tests is not the product, and logs what it sends.
    for noisy in ("aiohttp.client", "aiohttp.access", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    hook = "b" * 64
    device = await a_device(hass, entry, client, webhook=hook)
    await add(hass, entry, "posted:esp32_001")
    await device.said({**POSTED, "password": "hunter2", "apiKey": device.token.text})
    await device.said(b"nonsense", status=400)
    await device.said({**POSTED, "power": "x"}, status=422)
    diagnostics = json.dumps(await async_get_config_entry_diagnostics(hass, entry))
    secret = device.token.text.rpartition("_")[2]
    for where in (caplog.text, diagnostics):
        assert secret not in where
        assert "hunter2" not in where
        assert device.token.digest not in where
    assert hook not in diagnostics


# --- the second way in ---


async def test_a_webhook_is_a_way_in_without_a_token(
    hass: HomeAssistant, entry: MockConfigEntry, client: TestClient
) -> None:
    hook = "a" * 64
    device = await a_device(hass, entry, client, webhook=hook)
    await add(hass, entry, "posted:esp32_001")
    answer = await client.post(f"/api/webhook/{hook}", json=POSTED)
    assert (answer.status, (await answer.json())["accepted"]) == (200, 1)
    assert (await client.post(f"/api/webhook/{hook}", data=b"x" * (MAX_BODY + 1))).status == 413
    (subentry,) = [each for each in entry.subentries.values() if each.unique_id == source_id(device.token.id)]
    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await hass.async_block_till_done()
    before = entry.runtime_data.panels["posted:esp32_001"].last_seen
    answer = await client.post(f"/api/webhook/{hook}", json=POSTED)
    # Home Assistant answers every unknown address in the same way.
    assert (answer.status, await answer.text()) == (200, "")
    assert entry.runtime_data.panels["posted:esp32_001"].last_seen == before


# --- limits ---


async def test_a_body_that_says_it_is_too_large_is_not_read(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device
) -> None:
    answer = await device.post(b" " * (MAX_BODY + 1))
    assert answer.status == 413
    assert answer.headers["Connection"] == "close"


async def test_a_body_of_unknown_length_is_read_up_to_the_limit_only(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device
) -> None:
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while sent < 50 * MAX_BODY:
            sent += 8192
            yield b" " * 8192
            await asyncio.sleep(0)

    headers = {"Authorization": f"Bearer {device.token.text}"}
    answer = await device.client.post(PATH, data=endless(), headers=headers)
    assert answer.status == 413


async def test_a_compressed_body_is_refused_before_it_is_unpacked(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device
) -> None:
    bomb = gzip.compress(b" " * 30_000_000)
    assert len(bomb) < MAX_BODY
    answer = await device.post(bomb, **{"Content-Encoding": "gzip"})
    assert answer.status == 415


async def test_a_body_that_comes_drop_by_drop_is_given_up(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", device.client.port)
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {device.token.text}\r\nContent-Length: 1000\r\n\r\n"
    )
    with patch.object(limits.read_body, "__defaults__", (MAX_BODY, 0.3)):
        writer.write(head.encode() + b"{")
        answer = await asyncio.wait_for(reader.readline(), 5)
    assert b"408" in answer
    # Meanwhile, others are heard.
    await device.said(POSTED, status=202)
    writer.close()


async def test_who_posts_too_often_is_told_when_to_come_again(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device, client: TestClient
) -> None:
    answers = [await device.post(POSTED) for _ in range(40)]
    refused = [answer for answer in answers if answer.status == 429]
    assert [answer.status for answer in answers[:20]] == [202] * 20
    assert len(refused) >= 10
    assert {answer.headers["Retry-After"] for answer in refused} == {"1"}
    # One that posts too often does not keep others out.
    other = await a_device(hass, entry, client)
    assert (await other.post({**POSTED, "deviceId": "other"})).status == 202


async def test_guessing_is_slowed_down_and_right_tokens_go_on(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device
) -> None:
    guesses = [
        await device.client.post(PATH, json=POSTED, headers={"Authorization": f"Bearer {NewToken.make().text}"})
        for _ in range(30)
    ]
    statuses = [answer.status for answer in guesses]
    assert (statuses[:10], set(statuses[10:])) == ([401] * 10, {429})
    assert int(guesses[-1].headers["Retry-After"]) > 30
    await device.said(POSTED, status=202)


def test_a_bucket_fills_again_and_forgets_who_was_quiet() -> None:
    buckets = limits.Buckets(2, 3, most=2)
    assert [buckets.take("a", 0) for _ in range(4)] == [0, 0, 0, 0.5]
    assert buckets.take("a", 0.5) == 0
    assert buckets.take("a", 0.5) == 0.5
    # A clock that is put back gives nothing.
    assert buckets.take("a", 0.4) > 0
    for caller in ("b", "c"):
        assert buckets.take(caller, 1) == 0
    assert len(buckets._levels) == 2


@pytest.mark.parametrize(
    ("remote", "secure", "allowed", "status"),
    [
        ("192.168.1.7", False, False, 202),
        ("10.1.2.3", False, False, 202),
        ("fe80::1", False, False, 202),
        ("203.0.113.9", False, False, 403),
        ("203.0.113.9", True, False, 202),
        ("203.0.113.9", False, True, 202),
        (None, False, False, 403),
    ],
)
async def test_a_token_does_not_travel_in_the_open(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    device: Device,
    remote: str | None,
    secure: bool,
    allowed: bool,
    status: int,
) -> None:
    if allowed:
        hass.config_entries.async_update_entry(entry, options={CONF_ALLOW_PLAIN_HTTP: True})
        await subscribed(hass)
    with (
        patch("aiohttp.web_request.BaseRequest.remote", remote),
        patch("aiohttp.web_request.BaseRequest.secure", secure),
    ):
        assert (await device.post(POSTED)).status == status


async def test_while_the_hub_is_not_loaded_devices_are_told_to_come_again(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device
) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    problem = await device.said(POSTED, status=503)
    assert problem["detail"].startswith("Panel Meter is not running")
    await hass.config_entries.async_setup(entry.entry_id)
    await subscribed(hass)
    await device.said(POSTED, status=202)


async def test_other_methods_are_refused(hass: HomeAssistant, entry: MockConfigEntry, client: TestClient) -> None:
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        assert (await client.request(method, PATH)).status == 405


def test_limits_belong_to_one_home_assistant(hass: HomeAssistant) -> None:
    assert limits_of(hass) is limits_of(hass)
    assert isinstance(limits_of(hass), Limits)


async def test_what_nobody_expected_is_told_without_internals(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device
) -> None:
    with patch.object(entry.runtime_data, "take", side_effect=RuntimeError("secret internals")):
        answer = await device.post(POSTED)
    assert answer.status == 500
    assert "internals" not in await answer.text()


async def test_whoever_removes_the_hub_leaves_no_token(
    hass: HomeAssistant, entry: MockConfigEntry, device: Device, hass_storage: dict[str, Any]
) -> None:
    await device.said(POSTED, status=202)
    await unload_all(hass)
    await written(hass)
    await hass.config_entries.async_remove(entry.entry_id)
    await written(hass)
    assert STORAGE_KEY not in hass_storage
    assert (await device.post(POSTED)).status == 503

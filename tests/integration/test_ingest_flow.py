"""Adding a device that posts, and changing it, as a person does."""

import re
from typing import Any

from aiohttp.test_utils import TestClient
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.panel_meter.api.ingest import PATH
from custom_components.panel_meter.api.tokens import TOKENS
from custom_components.panel_meter.const import SUBENTRY_SOURCE

from .conftest import subscribed

READING = {"deviceId": "esp32_001", "power": 460.0}


@pytest.fixture
async def client(entry: MockConfigEntry, hass_client_no_auth: ClientSessionGenerator) -> TestClient:
    return await hass_client_no_auth()


async def status(client: TestClient, token: str, body: object = READING) -> int:
    return (await client.post(PATH, json=body, headers={"Authorization": f"Bearer {token}"})).status


def source(entry: MockConfigEntry) -> Any:
    (found,) = [each for each in entry.subentries.values() if each.subentry_type == SUBENTRY_SOURCE]
    return found


async def added(hass: HomeAssistant, entry: MockConfigEntry, **answers: object) -> dict[str, str]:
    """Add a source; returns what was shown."""
    subentries = hass.config_entries.subentries
    flow = await subentries.async_init((entry.entry_id, SUBENTRY_SOURCE), context={"source": "user"})
    assert (flow["type"], flow["step_id"]) == (FlowResultType.FORM, "user")
    given = {"name": "Cellar", "gateway": False, "webhook": False, **answers}
    flow = await subentries.async_configure(flow["flow_id"], given)
    assert (flow["type"], flow["step_id"]) == (FlowResultType.FORM, "token")
    shown: dict[str, str] = flow["description_placeholders"]
    flow = await subentries.async_configure(flow["flow_id"], {})
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    return shown


async def changing(hass: HomeAssistant, entry: MockConfigEntry, step: str) -> Any:
    """The page of a step of the change."""
    subentries = hass.config_entries.subentries
    context = {"source": "reconfigure", "subentry_id": source(entry).subentry_id}
    flow = await subentries.async_init((entry.entry_id, SUBENTRY_SOURCE), context=context)
    assert (flow["type"], flow["step_id"]) == (FlowResultType.MENU, "reconfigure")
    return await subentries.async_configure(flow["flow_id"], {"next_step_id": step})


async def test_the_token_is_shown_once_and_works(
    hass: HomeAssistant, entry: MockConfigEntry, client: TestClient
) -> None:
    shown = await added(hass, entry)
    assert re.fullmatch(r"pmt_[0-9a-f]{12}_[\w-]{43}", shown["token"])
    assert shown["address"].endswith(PATH)
    assert shown["webhook"] == "—"
    assert await status(client, shown["token"]) == 202
    assert source(entry).title == "Cellar"
    assert shown["token"] not in str(source(entry).as_dict())


async def test_a_token_that_nobody_saw_to_the_end_does_not_work(
    hass: HomeAssistant, entry: MockConfigEntry, client: TestClient
) -> None:
    subentries = hass.config_entries.subentries
    flow = await subentries.async_init((entry.entry_id, SUBENTRY_SOURCE), context={"source": "user"})
    flow = await subentries.async_configure(flow["flow_id"], {"name": "Cellar", "gateway": False, "webhook": False})
    subentries.async_abort(flow["flow_id"])
    assert await status(client, flow["description_placeholders"]["token"]) == 401


async def test_a_name_is_needed(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    subentries = hass.config_entries.subentries
    flow = await subentries.async_init((entry.entry_id, SUBENTRY_SOURCE), context={"source": "user"})
    flow = await subentries.async_configure(flow["flow_id"], {"name": "  ", "gateway": False, "webhook": False})
    assert flow["step_id"] == "user"
    subentries.async_abort(flow["flow_id"])


async def test_the_page_shows_last_use_and_panel(
    hass: HomeAssistant, entry: MockConfigEntry, client: TestClient
) -> None:
    shown = await added(hass, entry)
    subentries = hass.config_entries.subentries
    context = {"source": "reconfigure", "subentry_id": source(entry).subentry_id}
    flow = await subentries.async_init((entry.entry_id, SUBENTRY_SOURCE), context=context)
    assert (flow["description_placeholders"]["last_used"], flow["description_placeholders"]["panel"]) == ("—", "—")
    subentries.async_abort(flow["flow_id"])
    await status(client, shown["token"])
    flow = await subentries.async_init((entry.entry_id, SUBENTRY_SOURCE), context=context)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", flow["description_placeholders"]["last_used"])
    assert "esp32" in flow["description_placeholders"]["panel"]
    subentries.async_abort(flow["flow_id"])


async def test_rotation_with_overlap(hass: HomeAssistant, entry: MockConfigEntry, client: TestClient) -> None:
    old = (await added(hass, entry))["token"]
    flow = await changing(hass, entry, "rotate")
    flow = await hass.config_entries.subentries.async_configure(flow["flow_id"], {"overlap": 2})
    new = flow["description_placeholders"]["token"]
    assert (flow["step_id"], flow["description_placeholders"]["hours"]) == ("rotated", "2")
    assert [await status(client, old), await status(client, new)] == [202, 401]
    flow = await hass.config_entries.subentries.async_configure(flow["flow_id"], {})
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "token_rotated")
    assert [await status(client, old), await status(client, new)] == [202, 202]
    flow = await changing(hass, entry, "rotate")
    flow = await hass.config_entries.subentries.async_configure(flow["flow_id"], {"overlap": 0})
    newest = flow["description_placeholders"]["token"]
    await hass.config_entries.subentries.async_configure(flow["flow_id"], {})
    assert [await status(client, each) for each in (old, new, newest)] == [401, 401, 202]


async def test_names_and_units_are_told(hass: HomeAssistant, entry: MockConfigEntry, client: TestClient) -> None:
    token = (await added(hass, entry))["token"]
    assert await status(client, token, {"id": "x", "p": 1}) == 422
    flow = await changing(hass, entry, "fields")
    told = {"device": "id", "power": "p", "power_unit": "kW"}
    flow = await hass.config_entries.subentries.async_configure(flow["flow_id"], told)
    assert flow["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert source(entry).data["fields"] == told
    assert await status(client, token, {"id": "x", "p": 1}) == 202


async def test_an_address_without_a_token_comes_and_goes(
    hass: HomeAssistant, entry: MockConfigEntry, client: TestClient
) -> None:
    shown = await added(hass, entry, webhook=True)
    path = shown["webhook"].partition("/api/")[2]
    assert (await client.post(f"/api/{path}", json=READING)).status == 202
    flow = await changing(hass, entry, "settings")
    given = {"name": "Attic", "gateway": False, "webhook": False, "next_panel": True}
    flow = await hass.config_entries.subentries.async_configure(flow["flow_id"], given)
    assert flow["reason"] == "reconfigure_successful"
    await subscribed(hass)
    answer = await client.post(f"/api/{path}", json=READING)
    assert (answer.status, await answer.text()) == (200, "")
    record = hass.data[TOKENS].get(shown["token"].split("_")[1])
    assert (record.panel, record.webhook, source(entry).title) == (None, None, "Attic")


async def test_the_options_hold_what_is_off_by_default(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    flow = await hass.config_entries.options.async_init(entry.entry_id)
    flow = await hass.config_entries.options.async_configure(flow["flow_id"], {"next_step_id": "general"})
    defaults = {str(key): key.default() for key in flow["data_schema"].schema}
    assert (defaults["old_paths"], defaults["allow_plain_http"]) == (False, False)
    flow = await hass.config_entries.options.async_configure(flow["flow_id"], {**defaults, "old_paths": True})
    await subscribed(hass)
    assert entry.runtime_data.options.old_paths is True

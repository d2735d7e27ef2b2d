"""The set-up flow, offers of new panels, options and panel settings."""

import asyncio
from collections.abc import Iterator
import json
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import SOURCE_INTEGRATION_DISCOVERY, SOURCE_MQTT, SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.service_info.mqtt import MqttServiceInfo
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_mqtt_message

from custom_components.panel_meter.const import DOMAIN
from tests.core.protocol import PANEL, info

from .conftest import Say, an_entry, subscribed, unload_all


@pytest.fixture(autouse=True)
def _look_briefly() -> Iterator[None]:
    """A test has less time than a person."""
    with (
        patch("custom_components.panel_meter.config_flow.SHORT_LOOK", 0.2),
        patch("custom_components.panel_meter.config_flow.LONG_LOOK", 0.3),
        patch("custom_components.panel_meter.flows.panel.SHORT_LOOK", 0.2),
        patch("custom_components.panel_meter.flows.panel.LONG_LOOK", 0.3),
    ):
        yield


async def listened(hass: HomeAssistant, flow_id: str) -> dict[str, Any]:
    """Wait for the end of the listening."""
    await asyncio.sleep(0.05)
    async_fire_mqtt_message(hass, f"panel_meter/1/{PANEL.id}/info", info(), retain=False)
    async_fire_mqtt_message(hass, "DATA/PM/PANEL_LANTAI_1", b'{"power_kw": 1.5, "energy_kwh": 12.34}')
    async_fire_mqtt_message(hass, "DATA/PM/PANEL_LANTAI_2", b"nonsense")
    await hass.async_block_till_done(wait_background_tasks=True)
    return await hass.config_entries.flow.async_configure(flow_id)


async def test_the_whole_set_up(hass: HomeAssistant, mqtt_mock: Any) -> None:
    flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert (flow["type"], flow["step_id"]) == (FlowResultType.FORM, "user")
    flow = await hass.config_entries.flow.async_configure(flow["flow_id"], {"base_topic": "panel_meter"})
    assert (flow["type"], flow["step_id"]) == (FlowResultType.SHOW_PROGRESS, "listen")
    flow = await listened(hass, flow["flow_id"])
    assert (flow["type"], flow["step_id"]) == (FlowResultType.FORM, "panels")
    assert flow["description_placeholders"] == {"count": "2"}
    chosen = ["apt-101", "data_pm:PANEL_LANTAI_1"]
    flow = await hass.config_entries.flow.async_configure(flow["flow_id"], {"panels": chosen, "listen_again": False})
    assert flow["step_id"] == "energy"
    assert "Mains → grid, Kitchen → individual devices" in flow["description_placeholders"]["preview"]
    flow = await hass.config_entries.flow.async_configure(flow["flow_id"], {"energy_dashboard": False})
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    entry = flow["result"]
    assert [(each.unique_id, each.data["codec"]) for each in entry.subentries.values()] == [
        ("apt-101", "native"),
        ("data_pm:PANEL_LANTAI_1", "data_pm"),
    ]
    assert set(entry.runtime_data.panels) == set(chosen)
    await unload_all(hass)


async def test_listening_longer_when_nothing_was_found(hass: HomeAssistant, mqtt_mock: Any) -> None:
    flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    flow = await hass.config_entries.flow.async_configure(flow["flow_id"], {"base_topic": "panel_meter"})
    await hass.async_block_till_done(wait_background_tasks=True)
    flow = await hass.config_entries.flow.async_configure(flow["flow_id"])
    assert flow["step_id"] == "panels"
    (again,) = (key for key in flow["data_schema"].schema if key == "listen_again")
    assert again.default() is True
    flow = await hass.config_entries.flow.async_configure(flow["flow_id"], {"listen_again": True})
    assert flow["type"] is FlowResultType.SHOW_PROGRESS
    flow = await listened(hass, flow["flow_id"])
    assert flow["description_placeholders"] == {"count": "2"}
    hass.config_entries.flow.async_abort(flow["flow_id"])
    await unload_all(hass)


async def test_a_base_topic_with_wildcards_is_refused(hass: HomeAssistant, mqtt_mock: Any) -> None:
    flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    for base in ("a/#", "a/+/b", "$SYS"):
        flow = await hass.config_entries.flow.async_configure(flow["flow_id"], {"base_topic": base})
        assert flow["errors"] == {"base_topic": "invalid_base_topic"}
    hass.config_entries.flow.async_abort(flow["flow_id"])
    await unload_all(hass)


async def test_without_mqtt_there_is_a_hub_for_devices_that_post(hass: HomeAssistant) -> None:
    flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert (flow["type"], flow["step_id"]) == (FlowResultType.FORM, "without_mqtt")
    flow = await hass.config_entries.flow.async_configure(flow["flow_id"], {})
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    entry = flow["result"]
    assert entry.state is ConfigEntryState.LOADED
    flow = await hass.config_entries.subentries.async_init((entry.entry_id, "source"), context={"source": "user"})
    assert flow["step_id"] == "user"
    hass.config_entries.subentries.async_abort(flow["flow_id"])
    assert await hass.config_entries.async_unload(entry.entry_id)


def announcement(payload: str) -> MqttServiceInfo:
    topic = f"panel_meter/1/{PANEL.id}/info"
    return MqttServiceInfo(topic=topic, payload=payload, qos=1, retain=True, subscribed_topic=topic, timestamp=0.0)


async def test_a_board_that_announces_itself_starts_the_set_up(hass: HomeAssistant, mqtt_mock: Any) -> None:
    flow = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_MQTT}, data=announcement(info().decode())
    )
    assert flow["step_id"] == "discovery_confirm"
    assert flow["description_placeholders"] == {"name": "Apartment 101"}
    hass.config_entries.flow.async_abort(flow["flow_id"])
    flow = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_MQTT}, data=announcement('{"protocol":"1.0"}')
    )
    assert flow["reason"] == "invalid_discovery_info"
    await unload_all(hass)


@pytest.mark.parametrize("source", [SOURCE_USER, SOURCE_MQTT])
async def test_a_second_hub_is_refused(hass: HomeAssistant, entry: MockConfigEntry, source: str) -> None:
    data = announcement(info().decode()) if source == SOURCE_MQTT else None
    flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": source}, data=data)
    assert flow["reason"] == "already_configured"


async def test_an_unknown_panel_is_offered_and_added(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    payload = info(id="apt-102", name="Apartment 102")
    async_fire_mqtt_message(hass, "panel_meter/1/apt-102/info", payload)
    await hass.async_block_till_done()
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == SOURCE_INTEGRATION_DISCOVERY
    done = await hass.config_entries.flow.async_configure(flow["flow_id"], {})
    assert done["reason"] == "panel_added"
    await hass.async_block_till_done()
    assert hass.states.get("sensor.apartment_102_kitchen_power") is not None
    assert entry.runtime_data.panels["apt-102"].description.name == "Apartment 102"


async def test_an_ignored_panel_stays_ignored(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    async_fire_mqtt_message(hass, "panel_meter/1/apt-102/info", info(id="apt-102"))
    await hass.async_block_till_done()
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": "ignore"}, data={"unique_id": flow["context"]["unique_id"], "title": "x"}
    )
    again = await hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": SOURCE_INTEGRATION_DISCOVERY},
        data={"panel": "apt-102", "name": "x", "codec": "native", "channels": []},
    )
    assert again["reason"] == "already_configured"


async def test_panels_are_added_without_asking_if_the_user_wants_that(hass: HomeAssistant, mqtt_mock: Any) -> None:
    entry = an_entry(options={"add_panels": True})
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await subscribed(hass)
    async_fire_mqtt_message(hass, "DATA/PM/PANEL_LANTAI_1", b'{"power_kw": 1.5, "energy_kwh": 12.34}')
    await hass.async_block_till_done()
    assert hass.states.get("sensor.panel_lantai_1_mains_power") is not None
    await unload_all(hass)


async def test_options_are_taken_with_a_fresh_start(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    before = entry.runtime_data
    flow = await hass.config_entries.options.async_init(entry.entry_id)
    assert flow["menu_options"] == ["general", "notifications"]
    flow = await hass.config_entries.options.async_configure(flow["flow_id"], {"next_step_id": "general"})
    flow = await hass.config_entries.options.async_configure(
        flow["flow_id"], {"add_panels": True, "energy_dashboard": False, "formats": ["data_pm"]}
    )
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.runtime_data is not before
    assert entry.runtime_data.options.formats == {"data_pm"}


async def test_a_panel_is_added_by_hand(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    flow = await hass.config_entries.subentries.async_init((entry.entry_id, "panel"), context={"source": SOURCE_USER})
    assert flow["type"] is FlowResultType.SHOW_PROGRESS
    await asyncio.sleep(0.05)
    async_fire_mqtt_message(hass, "electricity/building/floor/7", json.dumps({"voltage": 230, "current": 2}).encode())
    await hass.async_block_till_done(wait_background_tasks=True)
    flow = await hass.config_entries.subentries.async_configure(flow["flow_id"])
    assert flow["step_id"] == "choose"
    flow = await hass.config_entries.subentries.async_configure(
        flow["flow_id"], {"panel": "apartment:7", "listen_again": False}
    )
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert "apartment:7" in entry.runtime_data.panels


async def reconfigure(hass: HomeAssistant, entry: MockConfigEntry, step: str) -> dict[str, Any]:
    (subentry_id,) = entry.subentries
    flow = await entry.start_subentry_reconfigure_flow(hass, subentry_id)
    assert flow["type"] is FlowResultType.MENU
    return await hass.config_entries.subentries.async_configure(flow["flow_id"], {"next_step_id": step})


async def test_what_the_user_says_of_a_channel_wins(hass: HomeAssistant, entry: MockConfigEntry, say: Say) -> None:
    say("info", info(), retain=True)
    await hass.async_block_till_done()
    flow = await reconfigure(hass, entry, "choose_channel")
    flow = await hass.config_entries.subentries.async_configure(flow["flow_id"], {"channel": "c1"})
    assert flow["step_id"] == "channel"
    flow = await hass.config_entries.subentries.async_configure(
        flow["flow_id"], {"role": "solar", "rating": 32, "parent": "-"}
    )
    assert flow["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    kitchen = entry.runtime_data.panels["apt-101"].description.channel("c1")
    assert (kitchen.role, kitchen.rating, kitchen.slot) == ("solar", 32, 1)
    say("info", info(firmware="1.0.1"))
    await hass.async_block_till_done()
    assert entry.runtime_data.panels["apt-101"].description.channel("c1").role == "solar"


async def test_channels_cannot_feed_each_other_in_a_circle(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say
) -> None:
    say("info", info(), retain=True)
    await hass.async_block_till_done()
    for channel, parent, expected in (("c1", "main", None), ("main", "c1", "parent_circle")):
        flow = await reconfigure(hass, entry, "choose_channel")
        flow = await hass.config_entries.subentries.async_configure(flow["flow_id"], {"channel": channel})
        flow = await hass.config_entries.subentries.async_configure(
            flow["flow_id"], {"role": "circuit", "parent": parent}
        )
        await hass.async_block_till_done()
        assert (flow.get("errors") or {}).get("parent") == expected
    hass.config_entries.subentries.async_abort(flow["flow_id"])


async def test_the_pace_of_a_panel_is_changed_while_it_runs(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    flow = await reconfigure(hass, entry, "panel")
    flow = await hass.config_entries.subentries.async_configure(flow["flow_id"], {"name": "Flat", "state_interval": 1})
    assert flow["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert entry.runtime_data.panels["apt-101"].settings.state_interval == 1
    (subentry,) = entry.subentries.values()
    for told in ({"location": "Cellar ", "type": "flat", "description": ""}, {}):
        context = {"source": "reconfigure", "subentry_id": subentry.subentry_id}
        flow = await hass.config_entries.subentries.async_init((entry.entry_id, "panel"), context=context)
        flow = await hass.config_entries.subentries.async_configure(flow["flow_id"], {"next_step_id": "panel"})
        given = {"name": "Flat", "state_interval": 1, **told}
        await hass.config_entries.subentries.async_configure(flow["flow_id"], given)
        await hass.async_block_till_done()
        (subentry,) = entry.subentries.values()
        kept = {key: subentry.data[key] for key in ("type", "location", "description") if key in subentry.data}
        assert kept == {key: value.strip() for key, value in told.items() if value}

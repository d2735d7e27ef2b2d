"""What the buttons of repair issues do."""

from datetime import timedelta
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.repairs import DOMAIN as REPAIRS, RepairsFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_mqtt_message

from custom_components.panel_meter.const import DOMAIN
from tests.core.protocol import JOURNAL, info

from .conftest import Say, acks, an_entry, subscribed, unload_all

JUMP = "jump_data_pm:PANEL_LANTAI_1_main.import"


async def open_flow(hass: HomeAssistant, issue_id: str) -> RepairsFlowResult:
    assert await async_setup_component(hass, REPAIRS, {})
    return await hass.data[REPAIRS]["flow_manager"].async_init(DOMAIN, data={"issue_id": issue_id})


async def answer(hass: HomeAssistant, flow: RepairsFlowResult, data: dict[str, Any]) -> RepairsFlowResult:
    return await hass.data[REPAIRS]["flow_manager"].async_configure(flow["flow_id"], data)


@pytest.mark.parametrize(
    ("decision", "total"),
    [
        # 100 kWh at the start and 0.1 kWh counted, then 5,000 kWh more within minutes, then 0.1 kWh more.
        ("accept", 5000.2),
        ("replaced", 0.2),
        ("ignore", 0.1),
    ],
)
async def test_an_impossible_rise_waits_for_the_user(
    hass: HomeAssistant,
    mqtt_mock: Any,
    freezer: FrozenDateTimeFactory,
    issue_registry: ir.IssueRegistry,
    decision: str,
    total: float,
) -> None:
    entry = an_entry(("data_pm:PANEL_LANTAI_1", "Floor 1", "data_pm"))
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await subscribed(hass)

    async def say(kwh: float) -> None:
        async_fire_mqtt_message(hass, "DATA/PM/PANEL_LANTAI_1", json.dumps({"power_kw": 1, "energy_kwh": kwh}).encode())
        await hass.async_block_till_done()
        freezer.tick(timedelta(seconds=60))

    for kwh in (100.0, 100.05, 100.1, 5100.1, 5100.12, 5100.15):
        await say(kwh)
    issue = issue_registry.async_get_issue(DOMAIN, JUMP)
    assert issue is not None
    assert issue.translation_placeholders["panel"] == "Panel Lantai 1"
    panel = entry.runtime_data.panels["data_pm:PANEL_LANTAI_1"]
    (register,) = panel.description.registers
    assert panel.meter.total(register) == 100_000

    flow = await open_flow(hass, JUMP)
    assert (flow["type"], flow["menu_options"]) == (FlowResultType.MENU, ["accept", "replaced", "ignore"])
    flow = await answer(hass, flow, {"next_step_id": decision})
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert issue_registry.async_get_issue(DOMAIN, JUMP) is None
    if decision != "ignore":
        await say(5100.2)
    assert panel.meter.total(register) / 1e6 == pytest.approx(total, abs=1e-6)
    await unload_all(hass)


async def test_the_user_says_that_the_other_host_is_gone(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, mqtt_mock: Any, issue_registry: ir.IssueRegistry
) -> None:
    say("info", info(), retain=True)
    say("ack", json.dumps({"host": "00000bad", "journal": JOURNAL, "seq": 7}).encode())
    await hass.async_block_till_done()
    count = len(acks(mqtt_mock))
    assert await hass.config_entries.async_reload(entry.entry_id)
    await subscribed(hass)
    say("info", info())
    await hass.async_block_till_done()
    assert len(acks(mqtt_mock)) == count, "a restart is no answer"

    flow = await open_flow(hass, "second_host_apt-101")
    assert flow["description_placeholders"] == {"panel": r"Apartment 101"}
    flow = await answer(hass, flow, {})
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert len(acks(mqtt_mock)) == count + 1
    assert issue_registry.async_get_issue(DOMAIN, "second_host_apt-101") is None


async def test_other_issues_are_explained_and_confirmed(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, issue_registry: ir.IssueRegistry
) -> None:
    say("info", info())
    say("info", info(boot="00000002"))
    say("info", info())
    await hass.async_block_till_done()
    flow = await open_flow(hass, "clone_apt-101")
    assert flow["step_id"] == "confirm"
    await answer(hass, flow, {})
    assert issue_registry.async_get_issue(DOMAIN, "clone_apt-101") is None

"""The pages on which alerts are switched and tuned, and on which is chosen who is told."""

from datetime import UTC, datetime
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from custom_components.panel_meter.alerts.keeper import alert_keeper
from custom_components.panel_meter.core.alerts.model import Kind
from custom_components.panel_meter.core.alerts.settings import PANEL_KINDS

from .alerts import PANEL_ID, START, spoken
from .conftest import Say


@pytest.fixture(autouse=True)
def _clock(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(datetime.fromtimestamp(START, UTC))


async def open_page(hass: HomeAssistant, entry: MockConfigEntry, page: str) -> Any:
    (subentry_id,) = entry.subentries
    flow = await hass.config_entries.subentries.async_init(
        (entry.entry_id, "panel"), context={"source": "reconfigure", "subentry_id": subentry_id}
    )
    assert page in flow["menu_options"]
    return await hass.config_entries.subentries.async_configure(flow["flow_id"], {"next_step_id": page})


async def enter(hass: HomeAssistant, flow: Any, **user_input: object) -> Any:
    return await hass.config_entries.subentries.async_configure(flow["flow_id"], user_input)


def suggested(flow: Any) -> dict[str, Any]:
    return {
        str(key): key.description["suggested_value"]
        for key in flow["data_schema"].schema
        if key.description is not None
    }


def stored(entry: MockConfigEntry) -> Any:
    (subentry,) = entry.subentries.values()
    return subentry.data.get("alerts")


async def test_alerts_of_a_panel(hass: HomeAssistant, entry: MockConfigEntry, say: Say) -> None:
    await spoken(hass, say)
    flow = await open_page(hass, entry, "alerts")
    shown = suggested(flow)
    assert Kind.LOW_POWER_FACTOR not in shown["kinds"]
    assert Kind.OVERLOAD in shown["kinds"]
    # Without a tariff nothing about money is asked.
    assert "cost_budget_day" not in [str(key) for key in flow["data_schema"].schema]
    kinds = [kind.value for kind in PANEL_KINDS if kind is not Kind.FREQUENCY]
    limits = {"power_limit": 4000, "voltage_band": 8, "offline_after": 600}
    flow = await enter(hass, flow, kinds=kinds, **limits)
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    await hass.async_block_till_done()
    # What is as it would be anyway is not kept.
    assert stored(entry) == {
        "on": ["low_power_factor"],
        "off": ["frequency"],
        "power_limit": 4000.0,
        "voltage_band": 8.0,
    }
    rules = alert_keeper(hass).settings(PANEL_ID).rules
    assert (rules.is_on(Kind.FREQUENCY), rules.is_on(Kind.LOW_POWER_FACTOR)) == (False, True)
    flow = await open_page(hass, entry, "alerts")
    shown = suggested(flow)
    assert (shown["power_limit"], shown["voltage_band"], shown["offline_after"]) == (4000, 8, 600)
    # What is left empty is not watched any more.
    await enter(hass, flow, kinds=shown["kinds"], voltage_band=8)
    await hass.async_block_till_done()
    assert stored(entry)["voltage_band"] == 8
    assert "power_limit" not in stored(entry)


@pytest.mark.parametrize(
    ("limits", "field", "error"),
    [
        ({"power_limit": -1}, "power_limit", "threshold_out_of_bounds"),
        ({"power_limit": 1e12}, "power_limit", "threshold_out_of_bounds"),
        ({"voltage_band": float("nan")}, "voltage_band", "threshold_out_of_bounds"),
        ({"voltage_band": float("inf")}, "voltage_band", "threshold_out_of_bounds"),
        ({"energy_budget_day": 40, "energy_budget_cycle": 30}, "base", "day_above_cycle"),
    ],
)
async def test_impossible_limits_are_refused(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, limits: dict[str, float], field: str, error: str
) -> None:
    await spoken(hass, say)
    flow = await open_page(hass, entry, "alerts")
    flow = await enter(hass, flow, kinds=["overload"], **limits)
    assert flow["errors"] == {field: error}
    assert set(flow["description_placeholders"]) >= ({"minimum", "maximum"} if field != "base" else {"day", "cycle"})
    assert stored(entry) is None
    # What was entered is still there, to be corrected.
    assert suggested(flow)["kinds"] == ["overload"]
    flow = await enter(hass, flow, kinds=["overload"])
    assert flow["type"] is FlowResultType.ABORT


async def test_alerts_of_a_channel(hass: HomeAssistant, entry: MockConfigEntry, say: Say) -> None:
    await spoken(hass, say)
    flow = await open_page(hass, entry, "choose_alert_channel")
    flow = await enter(hass, flow, channel="c1")
    assert flow["description_placeholders"]["channel"] == "Kitchen"
    for limits, field, error in (
        ({"power_limit": 5000}, "base", "limit_above_breaker"),
        ({"left_on_time": 0}, "left_on_time", "threshold_out_of_bounds"),
    ):
        flow = await enter(hass, flow, off=[], on=[], **limits)
        assert flow["errors"] == {field: error}
    flow = await enter(hass, flow, off=["overload"], on=["overload", "left_on"])
    assert flow["errors"] == {"on": "on_and_off"}
    flow = await enter(hass, flow, off=["overload"], on=[], power_limit=3000, left_on_time=90, left_on_power=20)
    assert flow["type"] is FlowResultType.ABORT
    await hass.async_block_till_done()
    assert stored(entry) == {"channels": {"c1": {"off": ["overload"], "power_limit": 3000.0, "left_on_time": 90.0}}}
    # The panel's own page leaves the channels as they are, and the other way round.
    flow = await open_page(hass, entry, "alerts")
    await enter(hass, flow, kinds=suggested(flow)["kinds"], power_limit=9000)
    await hass.async_block_till_done()
    assert stored(entry)["channels"]["c1"]["power_limit"] == 3000
    flow = await open_page(hass, entry, "choose_alert_channel")
    flow = await enter(hass, flow, channel="c1")
    assert suggested(flow)["off"] == ["overload"]
    await enter(hass, flow, off=[], on=[])
    await hass.async_block_till_done()
    assert stored(entry) == {"power_limit": 9000.0}


async def test_the_pages_need_a_running_hub(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert await hass.config_entries.async_unload(entry.entry_id)
    (subentry_id,) = entry.subentries
    flow = await hass.config_entries.subentries.async_init(
        (entry.entry_id, "panel"), context={"source": "reconfigure", "subentry_id": subentry_id}
    )
    assert flow["menu_options"] == ["panel"]


# --- notifications ---


async def options_page(hass: HomeAssistant, entry: MockConfigEntry) -> Any:
    flow = await hass.config_entries.options.async_init(entry.entry_id)
    return await hass.config_entries.options.async_configure(flow["flow_id"], {"next_step_id": "notifications"})


async def choose(hass: HomeAssistant, flow: Any, **user_input: object) -> Any:
    return await hass.config_entries.options.async_configure(
        flow["flow_id"], {"show_in_home_assistant": True, **user_input}
    )


async def test_who_is_told_is_kept_beside_the_other_options_without_a_fresh_start(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    async_mock_service(hass, "notify", "mobile_app_ann_s_phone")
    hass.states.async_set("notify.chat", "unknown")
    hass.config_entries.async_update_entry(entry, options={"old_paths": True})
    await hass.async_block_till_done(wait_background_tasks=True)
    hub = entry.runtime_data
    flow = await options_page(hass, entry)
    apps = next(value for key, value in flow["data_schema"].schema.items() if str(key) == "critical_apps")
    assert apps.config["options"] == [{"value": "mobile_app_ann_s_phone", "label": "Ann s phone"}]
    flow = await choose(
        hass,
        flow,
        critical_apps=["mobile_app_ann_s_phone"],
        warning_entities=["notify.chat"],
        quiet_from="22:00:00",
        quiet_until="06:30:00",
    )
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.runtime_data is hub
    assert entry.options["old_paths"] is True
    kept = entry.options["notifications"]
    assert (kept["critical_apps"], kept["quiet_until"]) == (["mobile_app_ann_s_phone"], "06:30:00")
    # An app that is away for now can stay chosen.
    hass.services.async_remove("notify", "mobile_app_ann_s_phone")
    flow = await options_page(hass, entry)
    assert suggested(flow)["critical_apps"] == ["mobile_app_ann_s_phone"]
    flow = await choose(hass, flow, critical_apps=["mobile_app_ann_s_phone"])
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize(
    ("chosen", "errors"),
    [
        ({"quiet_from": "22:00:00"}, {"quiet_until": "quiet_needs_both"}),
        ({"quiet_until": "22:00:00"}, {"quiet_from": "quiet_needs_both"}),
        ({"quiet_from": "22:00:00", "quiet_until": "22:00:00"}, {"quiet_until": "quiet_is_never"}),
        ({"info_apps": ["mobile_app_lost"]}, {"info_apps": "not_there"}),
        ({"info_apps": ["{{ 1 }}"]}, {"info_apps": "not_there"}),
        ({"warning_entities": ["notify.gone"]}, {"warning_entities": "not_there"}),
    ],
)
async def test_choices_that_make_no_sense_are_refused(
    hass: HomeAssistant, entry: MockConfigEntry, chosen: dict[str, object], errors: dict[str, str]
) -> None:
    flow = await choose(hass, await options_page(hass, entry), **chosen)
    assert (flow["type"], flow["errors"]) == (FlowResultType.FORM, errors)
    assert "notifications" not in entry.options

"""Alerts in Home Assistant: entities, the to-do list, actions, settings, restarts."""

from collections.abc import Iterator
from datetime import UTC, datetime
import logging
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import Platform
from homeassistant.core import Context, HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from syrupy.assertion import SnapshotAssertion
import voluptuous as vol

from custom_components.panel_meter.alerts.keeper import alert_keeper, open_alerts
from custom_components.panel_meter.const import DOMAIN
from custom_components.panel_meter.core.alerts.model import AlertEvent, Change, Kind, Severity
from custom_components.panel_meter.core.alerts.watch import PanelWatch
from tests.core.protocol import live

from .alerts import PANEL_ID, START, find, found, later, spoken
from .conftest import Say, subscribed

PROBLEM = "binary_sensor.apartment_101_problem"
OPEN = "sensor.apartment_101_open_alerts"
EVENT = "event.apartment_101_alert"
LIST = "todo.panel_alerts"
POWER_LIMIT = "number.apartment_101_power_limit"


@pytest.fixture(autouse=True)
def _clock(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(datetime.fromtimestamp(START, UTC))


@pytest.fixture
def _everything_enabled() -> Iterator[None]:
    with patch("homeassistant.helpers.entity.Entity.entity_registry_enabled_default", new=True):
        yield


def state(hass: HomeAssistant, entity_id: str) -> State:
    found_state = hass.states.get(entity_id)
    assert found_state is not None, entity_id
    return found_state


async def act(hass: HomeAssistant, action: str, context: Context | None = None, **data: Any) -> None:
    await hass.services.async_call(DOMAIN, action, data, blocking=True, context=context)


async def get(hass: HomeAssistant, **data: Any) -> list[Any]:
    answer = await hass.services.async_call(DOMAIN, "get_alerts", data, blocking=True, return_response=True)
    assert isinstance(answer, dict)
    alerts = answer["alerts"]
    assert isinstance(alerts, list)
    return alerts


async def items(hass: HomeAssistant) -> list[Any]:
    answer = await hass.services.async_call(
        "todo", "get_items", {"entity_id": LIST}, blocking=True, return_response=True
    )
    assert isinstance(answer, dict)
    content = answer[LIST]
    assert isinstance(content, dict)
    found_items = content["items"]
    assert isinstance(found_items, list)
    return found_items


def device(hass: HomeAssistant, *path: str) -> str:
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    devices, sought = dr.async_get(hass), (DOMAIN, "/".join((PANEL_ID, *path)))
    find_device = devices.async_get_child_device_by_identifier if path else devices.async_get_device_by_identifier
    found_device = find_device(sought, entry.entry_id)
    assert found_device is not None
    return found_device.id


# --- entities ---


@pytest.mark.usefixtures("_everything_enabled")
@pytest.mark.parametrize("platform", [Platform.EVENT, Platform.NUMBER, Platform.SWITCH, Platform.TODO])
async def test_every_entity(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, snapshot: SnapshotAssertion, platform: Platform
) -> None:
    await spoken(hass, say)
    registry = er.async_get(hass)
    entities = [each for each in er.async_entries_for_config_entry(registry, entry.entry_id) if each.domain == platform]
    assert entities
    for each in sorted(entities, key=lambda each: each.unique_id):
        shown = state(hass, each.entity_id)
        facts = {"unique_id": each.unique_id, "category": each.entity_category, "state": shown.state}
        assert {**facts, **shown.attributes} == snapshot(name=each.entity_id)


@pytest.mark.usefixtures("entry")
async def test_an_alert_shows_everywhere(hass: HomeAssistant, say: Say) -> None:
    keeper = await spoken(hass, say)
    assert (state(hass, PROBLEM).state, state(hass, OPEN).state, state(hass, LIST).state) == ("off", "0", "0")
    await find(hass, say, found(Kind.OVERLOAD, Severity.CRITICAL, "c1"))
    (alert,) = keeper.open()
    assert (alert.panel, alert.channel, alert.kind) == (PANEL_ID, "c1", Kind.OVERLOAD)
    assert (state(hass, PROBLEM).state, state(hass, OPEN).state, state(hass, LIST).state) == ("on", "1", "1")
    told = state(hass, EVENT).attributes
    assert (told["event_type"], told["alert"], told["kind"], told["severity"], told["channel"]) == (
        "opened",
        alert.id,
        "overload",
        "critical",
        "c1",
    )
    assert told["message"] == keeper.told(alert).message
    (item,) = await items(hass)
    assert (item["uid"], item["status"]) == (str(alert.id), "needs_action")
    assert item["summary"] == keeper.told(alert).title
    await find(hass, say, found(Kind.OVERLOAD, Severity.CRITICAL, "c1", active=False))
    assert (state(hass, PROBLEM).state, state(hass, OPEN).state, state(hass, LIST).state) == ("off", "0", "0")
    assert state(hass, EVENT).attributes["event_type"] == "resolved"


@pytest.mark.usefixtures("entry")
async def test_what_is_only_worth_knowing_is_no_problem(hass: HomeAssistant, say: Say) -> None:
    keeper = await spoken(hass, say)
    keeper.create(PANEL_ID, None, Severity.INFO, "The meter is read on Friday")
    await hass.async_block_till_done()
    assert (state(hass, PROBLEM).state, state(hass, OPEN).state) == ("off", "1")
    keeper.create(PANEL_ID, None, Severity.WARNING, "The lid is open")
    await hass.async_block_till_done()
    assert (state(hass, PROBLEM).state, state(hass, OPEN).state) == ("on", "2")


@pytest.mark.usefixtures("entry")
async def test_power_above_a_limit_opens_and_resolves_an_alert(
    hass: HomeAssistant, say: Say, freezer: FrozenDateTimeFactory
) -> None:
    keeper = await spoken(hass, say)
    await hass.services.async_call("number", "set_value", {"entity_id": POWER_LIMIT, "value": 2000}, blocking=True)
    await hass.async_block_till_done()
    assert state(hass, POWER_LIMIT).state == "2000.0"
    for _ in range(15):
        freezer.tick(5)
        say("live", live(time=START, power=[3000.0, 210.0]))
    await hass.async_block_till_done()
    (alert,) = keeper.open()
    assert (alert.kind, alert.channel) == (Kind.HIGH_POWER, None)
    for _ in range(60):
        freezer.tick(5)
        say("live", live(time=START, power=[500.0, 210.0]))
    await hass.async_block_till_done()
    assert keeper.open() == ()


@pytest.mark.usefixtures("entry")
async def test_a_silent_panel_is_told_and_resolved_when_it_speaks(
    hass: HomeAssistant, say: Say, freezer: FrozenDateTimeFactory
) -> None:
    keeper = await spoken(hass, say)
    for _ in range(15):
        await later(hass, freezer, 60)
    assert [alert.kind for alert in keeper.open()] == [Kind.OFFLINE]
    for _ in range(5):
        freezer.tick(5)
        say("live", live(time=START))
        await later(hass, freezer, 60)
    assert keeper.open() == ()


# --- a rule that fails, somebody who fails ---


@pytest.mark.usefixtures("entry")
async def test_a_rule_that_fails_stops_no_message(
    hass: HomeAssistant, say: Say, freezer: FrozenDateTimeFactory, caplog: pytest.LogCaptureFixture
) -> None:
    await spoken(hass, say)
    with patch.object(PanelWatch, "see", side_effect=ZeroDivisionError):
        for power in (2500.0, 3500.0):
            freezer.tick(30)
            say("live", live(time=START, power=[power, 0.0]))
            await hass.async_block_till_done()
            assert state(hass, "sensor.apartment_101_mains_power").state == str(power)
    assert caplog.text.count("A rule of the alerts of panel apt-101 failed") == 1


@pytest.mark.usefixtures("entry")
async def test_a_listener_that_fails_keeps_nobody_else_from_hearing(hass: HomeAssistant, say: Say) -> None:
    keeper = await spoken(hass, say)
    heard: list[AlertEvent] = []

    def fail(_event: AlertEvent) -> None:
        raise ZeroDivisionError

    keeper.listen(fail)
    stop = keeper.listen(heard.append)
    alert = keeper.create(PANEL_ID, None, Severity.INFO, "Hello")
    assert [(each.change, each.alert) for each in heard] == [(Change.OPENED, alert)]
    stop()
    keeper.resolve(alert.id, None)
    assert len(heard) == 1


# --- restart ---


async def test_alerts_survive_a_restart(hass: HomeAssistant, entry: MockConfigEntry, say: Say) -> None:
    keeper = await spoken(hass, say)
    first = keeper.create(PANEL_ID, "c1", Severity.WARNING, "The oven smells")
    second = keeper.create(PANEL_ID, None, Severity.CRITICAL, "Water in the cellar")
    keeper.acknowledge(first.id, "Ann")
    third = keeper.create(PANEL_ID, None, Severity.INFO, "Over")
    keeper.resolve(third.id, "Ben")
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert open_alerts(hass) == ()
    with pytest.raises(HomeAssistantError):
        alert_keeper(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await subscribed(hass)
    again = alert_keeper(hass)
    assert [alert.id for alert in again.open()] == [second.id, first.id]
    assert (again.get(first.id).acknowledged, again.get(first.id).acknowledged_by) == (START, "Ann")
    assert again.get(second.id) == second
    assert (state(hass, OPEN).state, state(hass, LIST).state) == ("2", "2")
    assert again.create(PANEL_ID, None, Severity.INFO, "New").id > third.id
    history = await again.async_history(PANEL_ID, kind=Kind.CUSTOM)
    assert {alert.id: alert.resolved_by for alert in history}[third.id] == "Ben"


async def test_the_alerts_of_a_removed_panel_are_over(hass: HomeAssistant, entry: MockConfigEntry, say: Say) -> None:
    keeper = await spoken(hass, say)
    keeper.create(PANEL_ID, None, Severity.WARNING, "The lid is open")
    await hass.async_block_till_done(wait_background_tasks=True)
    hass.config_entries.async_remove_subentry(entry, next(iter(entry.subentries)))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert keeper.open() == ()
    assert state(hass, LIST).state == "0"


# --- the to-do list ---


@pytest.mark.usefixtures("entry")
async def test_ticking_an_item_off_resolves_the_alert(hass: HomeAssistant, say: Say, hass_admin_user: MockUser) -> None:
    keeper = await spoken(hass, say)
    alert = keeper.create(PANEL_ID, None, Severity.WARNING, "The lid is open")
    await hass.async_block_till_done()
    data = {"entity_id": LIST, "item": str(alert.id), "status": "completed"}
    context = Context(user_id=hass_admin_user.id)
    await hass.services.async_call("todo", "update_item", data, blocking=True, context=context)
    resolved = keeper.get(alert.id)
    assert (resolved.resolved, resolved.resolved_by) == (START, hass_admin_user.name)
    assert await items(hass) == []


@pytest.mark.usefixtures("entry")
async def test_removing_items_resolves_them_and_nothing_else_can_be_done(hass: HomeAssistant, say: Say) -> None:
    keeper = await spoken(hass, say)
    alerts = [keeper.create(PANEL_ID, None, Severity.INFO, f"Number {number}") for number in range(3)]
    await hass.async_block_till_done()
    with pytest.raises(HomeAssistantError):
        await hass.services.async_call("todo", "add_item", {"entity_id": LIST, "item": "Milk"}, blocking=True)
    with pytest.raises(ServiceValidationError) as refused:
        await hass.services.async_call(
            "todo", "update_item", {"entity_id": LIST, "item": str(alerts[0].id), "rename": "Milk"}, blocking=True
        )
    assert refused.value.translation_key == "alert_is_fixed"
    gone = [str(alert.id) for alert in alerts[:2]]
    await hass.services.async_call("todo", "remove_item", {"entity_id": LIST, "item": gone}, blocking=True)
    assert keeper.open() == (alerts[2],)


@pytest.mark.usefixtures("entry")
async def test_the_worst_stands_first(hass: HomeAssistant, say: Say) -> None:
    keeper = await spoken(hass, say)
    ids = [
        keeper.create(PANEL_ID, None, severity, severity.value).id
        for severity in (Severity.INFO, Severity.CRITICAL, Severity.WARNING)
    ]
    await hass.async_block_till_done()
    assert [int(item["uid"]) for item in await items(hass)] == [ids[1], ids[2], ids[0]]


# --- actions ---


@pytest.mark.usefixtures("entry")
async def test_the_life_of_an_alert_by_actions(
    hass: HomeAssistant, say: Say, hass_admin_user: MockUser, freezer: FrozenDateTimeFactory
) -> None:
    await spoken(hass, say)
    context = Context(user_id=hass_admin_user.id)
    created = await hass.services.async_call(
        DOMAIN,
        "create_alert",
        {"device": device(hass, "c1"), "message": " The oven smells ", "severity": "critical"},
        blocking=True,
        return_response=True,
    )
    assert isinstance(created, dict)
    (alert,) = await get(hass)
    assert created["alert"] == alert
    assert (alert["panel"], alert["channel"], alert["channel_name"]) == (PANEL_ID, "c1", "Kitchen")
    assert (alert["kind"], alert["severity"]) == ("custom", "critical")
    assert "The oven smells" in alert["message"]
    await act(hass, "acknowledge_alert", context, alert=alert["id"])
    (alert,) = await get(hass)
    assert (alert["acknowledged_by"], alert["acknowledged"]) == (hass_admin_user.name, alert["opened"])
    await act(hass, "snooze_alert", alert=alert["id"], **{"for": {"hours": 3}})
    (alert,) = await get(hass)
    until = datetime.fromisoformat(alert["snoozed_until"])
    assert until.timestamp() == START + 3 * 3600
    freezer.tick(10)
    await act(hass, "resolve_alert", context, alert=[alert["id"]])
    assert await get(hass) == []
    (alert,) = await get(hass, history=True)
    assert alert["resolved_by"] == hass_admin_user.name
    assert await get(hass, history=True, severity="info") == []
    assert await get(hass, history=True, kind="offline") == []
    assert len(await get(hass, history=True, panels=[device(hass)])) == 1


@pytest.mark.usefixtures("entry")
@pytest.mark.parametrize("action", ["acknowledge_alert", "resolve_alert", "snooze_alert"])
async def test_unknown_and_resolved_ids_are_refused_and_nothing_is_changed(
    hass: HomeAssistant, say: Say, action: str
) -> None:
    keeper = await spoken(hass, say)
    over = keeper.create(PANEL_ID, None, Severity.INFO, "Over")
    keeper.resolve(over.id, None)
    alert = keeper.create(PANEL_ID, None, Severity.INFO, "Open")
    for unknown in (over.id, alert.id + 1, 2**70):
        with pytest.raises(ServiceValidationError) as refused:
            await act(hass, action, alert=[alert.id, unknown])
        assert refused.value.translation_key == "no_such_alert"
    for hostile in ("x", -1, 0, None):
        with pytest.raises(vol.Invalid):
            await act(hass, action, alert=hostile)
    assert keeper.get(alert.id) == alert


@pytest.mark.usefixtures("entry")
async def test_impossible_snoozes_and_targets_are_refused(hass: HomeAssistant, say: Say) -> None:
    keeper = await spoken(hass, say)
    alert = keeper.create(PANEL_ID, None, Severity.INFO, "Open")
    for until, key in (("2001-01-01 00:00:00", "snooze_is_over"), ("2099-01-01 00:00:00", "snooze_too_long")):
        with pytest.raises(ServiceValidationError) as refused:
            await act(hass, "snooze_alert", alert=alert.id, until=until)
        assert refused.value.translation_key == key
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "create_alert", device="nothing", message="Hello")
    assert refused.value.translation_key == "not_a_panel"
    for message in ("", "   ", "x" * 501):
        with pytest.raises(vol.Invalid):
            await act(hass, "create_alert", device=device(hass), message=message)
    with pytest.raises(ServiceValidationError) as refused:
        keeper.create("nothing", None, Severity.INFO, "Hello")
    assert refused.value.translation_key == "no_such_panel"
    assert keeper.open() == (alert,)


async def test_actions_say_that_nothing_is_loaded(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert await hass.config_entries.async_unload(entry.entry_id)
    for action in ("acknowledge_alert", "resolve_alert", "snooze_alert"):
        with pytest.raises(ServiceValidationError) as refused:
            await act(hass, action, alert=1)
        assert refused.value.translation_key == "not_loaded"
    with pytest.raises(ServiceValidationError):
        await get(hass)


# --- settings ---


async def test_a_limit_is_kept_with_the_panel_and_holds_at_once(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say
) -> None:
    await spoken(hass, say)
    hub = entry.runtime_data
    for entity, value in (("power_limit", 3000), ("energy_budget_of_a_day", 12.5)):
        data = {"entity_id": f"number.apartment_101_{entity}", "value": value}
        await hass.services.async_call("number", "set_value", data, blocking=True)
    await hass.async_block_till_done()
    (subentry,) = entry.subentries.values()
    assert subentry.data["alerts"] == {"power_limit": 3000.0, "energy_budget_day": 12.5}
    assert alert_keeper(hass).settings(PANEL_ID).rules.threshold("power_limit") == 3000
    assert entry.runtime_data is hub
    assert state(hass, "number.apartment_101_energy_budget_of_a_day").state == "12.5"


@pytest.mark.usefixtures("entry", "_everything_enabled")
async def test_impossible_limits_are_refused_with_a_sentence(hass: HomeAssistant, say: Say) -> None:
    await spoken(hass, say)

    async def set_limit(entity: str, value: float) -> str | None:
        data = {"entity_id": f"number.{entity}", "value": value}
        with pytest.raises(ServiceValidationError) as refused:
            await hass.services.async_call("number", "set_value", data, blocking=True)
        return refused.value.translation_key

    # The breaker of the kitchen carries 20 A.
    assert await set_limit("apartment_101_kitchen_power_limit", 5000) == "limit_above_breaker"
    assert await set_limit("apartment_101_power_limit", -5) == "out_of_range"
    data = {"entity_id": "number.apartment_101_energy_budget_of_the_billing_cycle", "value": 5}
    await hass.services.async_call("number", "set_value", data, blocking=True)
    await hass.async_block_till_done()
    assert await set_limit("apartment_101_energy_budget_of_a_day", 6) == "day_above_cycle"
    assert alert_keeper(hass).settings(PANEL_ID).rules.thresholds == {"energy_budget_cycle": 5.0}


async def test_switched_off_a_panel_is_left_alone(hass: HomeAssistant, entry: MockConfigEntry, say: Say) -> None:
    keeper = await spoken(hass, say)
    await find(hass, say, found(Kind.OVERLOAD))
    own = keeper.create(PANEL_ID, None, Severity.INFO, "By hand")
    assert len(keeper.open()) == 2
    for action, expected in (("turn_off", "off"), ("turn_on", "on")):
        data = {"entity_id": "switch.apartment_101_alerts"}
        await hass.services.async_call("switch", action, data, blocking=True)
        await hass.async_block_till_done()
        assert state(hass, "switch.apartment_101_alerts").state == expected
        # What a rule found is over, what a person created is not.
        assert keeper.open() == (own,)
        await find(hass, say, found(Kind.OVERLOAD))
        assert len(keeper.open()) == (1 if expected == "off" else 2)
    (subentry,) = entry.subentries.values()
    assert subentry.data["alerts"] == {}


async def test_nonsense_in_the_settings_stops_no_start(hass: HomeAssistant, entry: MockConfigEntry, say: Say) -> None:
    (subentry,) = entry.subentries.values()
    nonsense = {
        "off": ["overload", "nonsense", 7],
        "on": 5,
        "power_limit": "much",
        "voltage_band": -3,
        "temperature_limit": 70,
        "channels": {"c1": {"power_limit": float("nan")}, "main": "x"},
    }
    hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, "alerts": nonsense})
    await hass.async_block_till_done()
    keeper = await spoken(hass, say)
    rules = keeper.settings(PANEL_ID).rules
    assert (rules.thresholds, rules.is_on(Kind.OVERLOAD)) == ({"temperature_limit": 70.0}, False)
    hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, "alerts": "nonsense"})
    await hass.async_block_till_done()
    assert keeper.settings(PANEL_ID).rules.thresholds == {}


# --- hostile names ---

HOSTILE = "{{ states('sun.sun') }} <script>alert(1)</script> [x](http://x) {0} %s"


@pytest.mark.usefixtures("entry")
async def test_hostile_names_are_only_names(hass: HomeAssistant, say: Say, caplog: pytest.LogCaptureFixture) -> None:
    channels = [
        {"id": "main", "name": "Mains", "role": "main", "phase": "L1", "rating": 63},
        {"id": "c1", "name": "{{ 1/0 }}<b>**x**", "role": "circuit", "phase": "L1", "rating": 20},
    ]
    keeper = await spoken(hass, say, name="{% for %}{0}%s", channels=channels)
    caplog.set_level(logging.ERROR)
    await find(hass, say, found(Kind.OVERLOAD))
    alert = keeper.create(PANEL_ID, "c1", Severity.CRITICAL, HOSTILE)
    await hass.async_block_till_done()
    assert HOSTILE in keeper.told(alert).message
    overload = next(each for each in keeper.open() if each.kind is Kind.OVERLOAD)
    assert "{{ 1/0 }}<b>**x**" in f"{keeper.told(overload).title} {keeper.told(overload).message}"
    assert state(hass, OPEN).state == "2"
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]

"""Triggers and conditions of alerts in real automations."""

from datetime import UTC, datetime
from pathlib import Path
import re
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import condition, config_validation as cv, device_registry as dr, trigger
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service
import voluptuous as vol
import yaml

from custom_components.panel_meter.alerts.keeper import AlertKeeper
from custom_components.panel_meter.const import DOMAIN
from custom_components.panel_meter.core.alerts.model import Kind, Severity

from .alerts import PANEL_ID, START, find, found, spoken
from .conftest import Say, subscribed


@pytest.fixture(autouse=True)
def _clock(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(datetime.fromtimestamp(START, UTC))


@pytest.fixture
def calls(hass: HomeAssistant) -> list[ServiceCall]:
    return async_mock_service(hass, "test", "automation")


@pytest.fixture
async def keeper(hass: HomeAssistant, entry: MockConfigEntry, say: Say) -> AlertKeeper:
    return await spoken(hass, say)


async def automate(hass: HomeAssistant, key: str, conditions: list[Any] | None = None, **options: Any) -> None:
    automation = {
        "alias": key,
        "trigger": {"trigger": f"{DOMAIN}.{key}", **({"options": options} if options else {})},
        "conditions": conditions or [],
        "action": {
            "action": "test.automation",
            "data": {"said": "{{ trigger.change }} {{ trigger.alert.kind }} {{ trigger.alert.message }}"},
        },
    }
    assert await async_setup_component(hass, "automation", {"automation": automation})
    await hass.async_block_till_done()


def said(calls: list[ServiceCall]) -> list[str]:
    return [" ".join(call.data["said"].split()[:2]) for call in calls]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("alert_opened", ["opened custom"]),
        ("alert_acknowledged", ["acknowledged custom"]),
        ("alert_resolved", ["resolved custom"]),
        ("budget_crossed", []),
        ("demand_peak_ahead", []),
        ("circuit_left_on", []),
    ],
)
async def test_each_change_has_its_trigger(
    hass: HomeAssistant, keeper: AlertKeeper, calls: list[ServiceCall], key: str, expected: list[str]
) -> None:
    await automate(hass, key)
    alert = keeper.create(PANEL_ID, None, Severity.INFO, "Hello")
    keeper.snooze(alert.id, START + 60)
    keeper.acknowledge(alert.id, "Ann")
    keeper.resolve(alert.id, "Ann")
    await hass.async_block_till_done()
    assert said(calls) == expected


async def test_filters_choose_severities_kinds_and_devices(
    hass: HomeAssistant, entry: MockConfigEntry, keeper: AlertKeeper, calls: list[ServiceCall]
) -> None:
    devices = dr.async_get(hass)
    kitchen = devices.async_get_child_device_by_identifier((DOMAIN, f"{PANEL_ID}/c1"), entry.entry_id)
    panel = devices.async_get_device_by_identifier((DOMAIN, PANEL_ID), entry.entry_id)
    assert kitchen is not None
    assert panel is not None
    automations = [
        {"severity": ["warning", "critical"]},
        {"kind": "overload"},
        {"panels": [kitchen.id]},
        {"panels": panel.id, "severity": "info", "kind": ["custom"]},
        {"panels": ["gone"]},
    ]
    assert await async_setup_component(
        hass,
        "automation",
        {
            "automation": [
                {
                    "alias": str(number),
                    "trigger": {"trigger": f"{DOMAIN}.alert_opened", "options": options},
                    "action": {"action": "test.automation", "data": {"said": f"{number} x"}},
                }
                for number, options in enumerate(automations)
            ]
        },
    )
    await hass.async_block_till_done()

    async def triggered(channel: str | None, severity: Severity) -> list[str]:
        calls.clear()
        keeper.create(PANEL_ID, channel, severity, f"{channel} {severity}")
        await hass.async_block_till_done()
        return sorted(call.data["said"][0] for call in calls)

    assert await triggered(None, Severity.CRITICAL) == ["0"]
    assert await triggered("c1", Severity.WARNING) == ["0", "2"]
    assert await triggered("c1", Severity.INFO) == ["2", "3"]
    assert await triggered("main", Severity.INFO) == ["3"]


async def test_a_budget_is_crossed_when_it_is_used_up_and_not_before(
    hass: HomeAssistant, keeper: AlertKeeper, calls: list[ServiceCall], say: Say
) -> None:
    await automate(hass, "budget_crossed")
    facts: dict[str, Any] = {"used_kwh": 8.0, "limit_kwh": 10.0, "expected_kwh": 12.0}
    await find(hass, say, found(Kind.ENERGY_BUDGET, Severity.INFO, None, variant="day_ahead", **facts))
    assert said(calls) == []
    assert [alert.severity for alert in keeper.open()] == [Severity.INFO]
    facts = {"used_kwh": 10.1, "limit_kwh": 10.0}
    for _ in range(2):
        await find(hass, say, found(Kind.ENERGY_BUDGET, Severity.WARNING, None, variant="day", **facts))
    assert said(calls) == ["repeated energy_budget"]


@pytest.mark.parametrize(
    ("key", "kind", "channel", "facts"),
    [
        (
            "demand_peak_ahead",
            Kind.DEMAND_PEAK,
            None,
            {"expected_kw": 6.0, "limit_kw": 5.0, "left_min": 4, "circuits": "Kitchen"},
        ),
        ("circuit_left_on", Kind.LEFT_ON, "c1", {"power_w": 900.0, "time_min": 120}),
    ],
)
async def test_triggers_of_one_kind(
    hass: HomeAssistant,
    keeper: AlertKeeper,
    calls: list[ServiceCall],
    say: Say,
    key: str,
    kind: Kind,
    channel: str | None,
    facts: dict[str, Any],
) -> None:
    await automate(hass, key)
    await find(hass, say, found(Kind.OVERLOAD))
    await find(hass, say, found(kind, Severity.WARNING, channel, **facts))
    assert said(calls) == [f"opened {kind}"]
    assert len(keeper.open()) == 2


async def test_a_condition_asks_for_open_alerts(
    hass: HomeAssistant, entry: MockConfigEntry, keeper: AlertKeeper
) -> None:
    async def holds(**options: Any) -> bool | None:
        config = {"condition": f"{DOMAIN}.alert_is_open", **({"options": options} if options else {})}
        checked = await condition.async_validate_condition_config(hass, config)
        checker = await condition.async_from_config(hass, checked)
        return checker.async_check()

    assert await holds() is False
    alert = keeper.create(PANEL_ID, "c1", Severity.WARNING, "The oven smells")
    assert await holds() is True
    assert await holds(severity="warning", kind=["custom", "overload"]) is True
    assert await holds(severity=["critical"]) is False
    assert await holds(kind=["overload"]) is False
    assert await holds(panels=["gone"]) is False
    keeper.acknowledge(alert.id, None)
    assert await holds() is True
    keeper.resolve(alert.id, None)
    assert await holds() is False
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert await holds() is False


async def test_a_condition_in_an_automation(hass: HomeAssistant, keeper: AlertKeeper, calls: list[ServiceCall]) -> None:
    await automate(
        hass,
        "alert_acknowledged",
        [{"condition": f"{DOMAIN}.alert_is_open", "options": {"severity": ["critical"]}}],
    )
    alert = keeper.create(PANEL_ID, None, Severity.WARNING, "One")
    keeper.acknowledge(alert.id, None)
    await hass.async_block_till_done()
    assert said(calls) == []
    keeper.create(PANEL_ID, None, Severity.CRITICAL, "Two")
    alert = keeper.create(PANEL_ID, None, Severity.WARNING, "Three")
    keeper.acknowledge(alert.id, None)
    await hass.async_block_till_done()
    assert said(calls) == ["acknowledged custom"]


@pytest.mark.usefixtures("keeper")
@pytest.mark.parametrize(
    ("key", "options"),
    [
        ("alert_opened", {"severity": ["dreadful"]}),
        ("alert_opened", {"kind": ["{{ 1 }}"]}),
        ("alert_opened", {"panels": [{"a": 1}]}),
        ("alert_opened", {"nonsense": 1}),
        ("budget_crossed", {"kind": ["overload"]}),
    ],
)
async def test_options_that_make_no_sense_are_refused(hass: HomeAssistant, key: str, options: dict[str, Any]) -> None:
    config = cv.TRIGGER_SCHEMA([{"trigger": f"{DOMAIN}.{key}", "options": options}])
    with pytest.raises(vol.Invalid):
        await trigger.async_validate_trigger_config(hass, config)


async def test_automations_live_through_a_reload(
    hass: HomeAssistant, entry: MockConfigEntry, keeper: AlertKeeper, calls: list[ServiceCall], say: Say
) -> None:
    await automate(hass, "alert_opened")
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await subscribed(hass)
    again = await spoken(hass, say)
    assert again is not keeper
    again.create(PANEL_ID, None, Severity.INFO, "Hello")
    await hass.async_block_till_done()
    assert said(calls) == ["opened custom"]


@pytest.mark.usefixtures("keeper")
async def test_triggers_and_conditions_are_described(hass: HomeAssistant) -> None:
    triggers = await trigger.async_get_all_descriptions(hass)
    ours = {key.partition(".")[2]: each for key, each in triggers.items() if key.startswith(f"{DOMAIN}.")}
    assert set(ours) == {
        "alert_opened",
        "alert_acknowledged",
        "alert_resolved",
        "budget_crossed",
        "demand_peak_ahead",
        "circuit_left_on",
    }
    described = ours["alert_opened"]
    assert described is not None
    assert described["fields"]["kind"]["selector"]["select"]["options"] == [kind.value for kind in Kind]
    conditions = await condition.async_get_all_descriptions(hass)
    asked = conditions[f"{DOMAIN}.alert_is_open"]
    assert asked is not None
    assert asked["fields"]["kind"]["selector"]["select"]["options"] == [kind.value for kind in Kind]


DOCUMENTED = re.findall(
    r"```yaml\n(.*?)```", (Path(__file__).parents[2] / "docs" / "alerts.md").read_text("utf-8"), re.DOTALL
)


@pytest.mark.usefixtures("keeper")
@pytest.mark.parametrize("example", DOCUMENTED)
async def test_the_examples_of_the_documentation_are_accepted(hass: HomeAssistant, example: str) -> None:
    for integration in ("power", "switch", "notify"):
        assert await async_setup_component(hass, integration, {})
    content = yaml.safe_load(example)
    automation = {"actions": content} if isinstance(content, list) else {"actions": [], **content}
    triggers = cv.TRIGGER_SCHEMA(automation.get("triggers", []))
    assert len(await trigger.async_validate_trigger_config(hass, triggers)) == len(triggers)
    for each in automation.get("conditions", []):
        assert await condition.async_validate_condition_config(hass, each)
    cv.SCRIPT_SCHEMA(automation["actions"])

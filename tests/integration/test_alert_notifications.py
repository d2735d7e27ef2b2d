"""Who is told of alerts, how, and when not."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components import persistent_notification
from homeassistant.components.notify import NotifyEntity, NotifyEntityFeature
from homeassistant.config_entries import ConfigEntry, ConfigFlow
from homeassistant.const import Platform
from homeassistant.core import Context, CoreState, HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    MockUser,
    async_fire_time_changed,
    async_mock_service,
    mock_config_flow,
    mock_integration,
    mock_platform,
    setup_test_component_platform,
)

from custom_components.panel_meter.alerts.keeper import AlertKeeper, alert_keeper
from custom_components.panel_meter.alerts.message import as_markdown, button, for_app, pressed
from custom_components.panel_meter.core.alerts.model import Kind, Severity
from custom_components.panel_meter.core.alerts.watch import PanelWatch

from .alerts import PANEL_ID, START, find, found, later, spoken
from .conftest import Say, subscribed

PHONE = "mobile_app_phone"


@pytest.fixture(autouse=True)
async def _clock(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    await hass.config.async_set_time_zone("UTC")
    freezer.move_to(datetime.fromtimestamp(START, UTC))


class Chat(NotifyEntity):
    """A notify entity that remembers."""

    _attr_name = "Chat"
    _attr_supported_features = NotifyEntityFeature.TITLE

    def __init__(self) -> None:
        self.messages: list[tuple[str | None, str]] = []
        self.error: Exception | None = None

    async def async_send_message(self, message: str, title: str | None = None) -> None:
        if self.error is not None:
            raise self.error
        self.messages.append((title, message))


@pytest.fixture
async def chat(hass: HomeAssistant) -> Chat:
    entity = Chat()

    async def set_up(hass: HomeAssistant, config_entry: ConfigEntry) -> bool:
        await hass.config_entries.async_forward_entry_setups(config_entry, [Platform.NOTIFY])
        return True

    mock_integration(hass, MockModule("test", async_setup_entry=set_up))
    mock_platform(hass, "test.config_flow")
    setup_test_component_platform(hass, "notify", [entity], from_config_entry=True)
    config_entry = MockConfigEntry(domain="test")
    config_entry.add_to_hass(hass)
    with mock_config_flow("test", ConfigFlow):
        assert await hass.config_entries.async_setup(config_entry.entry_id)
    await hass.async_block_till_done()
    return entity


@pytest.fixture
def phone(hass: HomeAssistant) -> list[ServiceCall]:
    return async_mock_service(hass, "notify", PHONE)


@pytest.fixture
def shown(hass: HomeAssistant) -> Iterator[dict[str, Any]]:
    """What Home Assistant itself shows."""
    notifications: dict[str, Any] = {}

    @callback
    def changed(kind: persistent_notification.UpdateType, changes: dict[str, Any]) -> None:
        if kind is persistent_notification.UpdateType.REMOVED:
            for each in changes:
                notifications.pop(each, None)
        else:
            notifications.update(changes)

    stop = persistent_notification.async_register_callback(hass, changed)
    yield notifications
    stop()


def choose(hass: HomeAssistant, entry: MockConfigEntry, **notifications: object) -> None:
    hass.config_entries.async_update_entry(entry, options={**entry.options, "notifications": notifications})


async def told(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Wait until what belongs together was gathered and told."""
    await later(hass, freezer, 3)


@pytest.fixture
async def keeper(hass: HomeAssistant, entry: MockConfigEntry, say: Say) -> AsyncIterator[AlertKeeper]:
    """Of a panel that may stay silent: nothing but what the tests create is told."""
    keeper = await spoken(hass, say)
    with patch.object(PanelWatch, "offline", return_value=()):
        yield keeper


async def test_without_a_choice_home_assistant_shows_it_until_it_is_over(
    hass: HomeAssistant, keeper: AlertKeeper, shown: dict[str, Any], freezer: FrozenDateTimeFactory
) -> None:
    alert = keeper.create(PANEL_ID, None, Severity.INFO, "The lid is open")
    assert not shown
    await told(hass, freezer)
    (notification,) = shown.values()
    words = keeper.told(alert)
    assert (notification["title"], notification["message"]) == (words.title, as_markdown(words.message))
    keeper.resolve(alert.id, None)
    assert not shown


async def test_by_severity_to_those_who_were_chosen(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    keeper: AlertKeeper,
    chat: Chat,
    phone: list[ServiceCall],
    shown: dict[str, Any],
    freezer: FrozenDateTimeFactory,
) -> None:
    choose(hass, entry, warning_entities=["notify.chat"], critical_apps=[PHONE], critical_entities=["notify.chat"])
    warning = keeper.create(PANEL_ID, "c1", Severity.WARNING, "The oven smells")
    await told(hass, freezer)
    words = keeper.told(warning)
    assert (chat.messages, phone, shown) == ([(words.title, words.message)], [], {})
    critical = keeper.create(PANEL_ID, None, Severity.CRITICAL, "Water in the cellar")
    await told(hass, freezer)
    words = keeper.told(critical)
    assert chat.messages[1:] == [(words.title, words.message)]
    (call,) = phone
    assert (call.data["title"], call.data["message"]) == (words.title, words.message)
    data = call.data["data"]
    assert data["tag"] == f"panel_meter_alert_{critical.id}"
    assert [each["action"] for each in data["actions"]] == [
        f"panel_meter/acknowledge/{critical.id}",
        f"panel_meter/snooze/{critical.id}",
    ]
    assert (data["priority"], data["clickAction"]) == ("high", "/todo?entity_id=todo.panel_alerts")
    keeper.create(PANEL_ID, None, Severity.INFO, "By the way")
    await told(hass, freezer)
    assert (len(chat.messages), len(phone), len(shown)) == (2, 1, 1)
    keeper.resolve(critical.id, None)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert phone[1].data == {
        "message": "clear_notification",
        "data": {"tag": f"panel_meter_alert_{critical.id}"},
    }


async def test_many_at_once_are_one_message(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    keeper: AlertKeeper,
    phone: list[ServiceCall],
    freezer: FrozenDateTimeFactory,
) -> None:
    choose(hass, entry, **{f"{severity}_apps": [PHONE] for severity in Severity})
    alerts = [keeper.create(PANEL_ID, None, Severity.INFO, f"Number {number}") for number in range(11)]
    alerts.append(keeper.create(PANEL_ID, None, Severity.CRITICAL, "The worst"))
    await told(hass, freezer)
    (call,) = phone
    lines = call.data["message"].splitlines()
    assert "The worst" in lines[0]
    assert (len(lines), lines[-1]) == (9, "and 4 more")
    assert call.data["title"].startswith("12 ")
    acknowledge = call.data["data"]["actions"][0]["action"]
    hass.bus.async_fire("mobile_app_notification_action", {"action": acknowledge})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert all(keeper.get(alert.id).acknowledged == START + 3 for alert in alerts)
    assert [each.data["message"] for each in phone[1:]] == ["clear_notification"]


async def test_buttons_acknowledge_and_snooze(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    keeper: AlertKeeper,
    phone: list[ServiceCall],
    hass_admin_user: MockUser,
    freezer: FrozenDateTimeFactory,
) -> None:
    choose(hass, entry, warning_apps=[PHONE])
    first = keeper.create(PANEL_ID, None, Severity.WARNING, "First")
    await told(hass, freezer)
    second = keeper.create(PANEL_ID, None, Severity.WARNING, "Second")
    await told(hass, freezer)
    context = Context(user_id=hass_admin_user.id)
    for act, alert in (("acknowledge", first), ("snooze", second)):
        data = {"action": button(act, [alert.id]), "tag": "whatever"}
        hass.bus.async_fire("mobile_app_notification_action", data, context=context)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert keeper.get(first.id).acknowledged_by == hass_admin_user.name
    assert keeper.get(second.id).snoozed_until == START + 6 + 3600
    assert len(phone) == 4
    # When the hour is over, who snoozed it is told again.
    await later(hass, freezer, 3601)
    await told(hass, freezer)
    assert [call.data["data"]["tag"] for call in phone[4:]] == [f"panel_meter_alert_{second.id}"]


@pytest.mark.usefixtures("phone")
@pytest.mark.parametrize(
    "action",
    [
        None,
        7,
        "",
        "panel_meter/acknowledge/",
        "panel_meter/resolve/1",
        "panel_meter/acknowledge/1,",
        "panel_meter/acknowledge/{{ 1 }}",
        "panel_meter/acknowledge/\uff11",
        "panel_meter/acknowledge/99",
        "panel_meter/acknowledge/" + ",".join(["1"] * 200),
        "panel_meter/acknowledge/" + "9" * 100,
        " panel_meter/acknowledge/1",
        "panel_meter/acknowledge/1\n",
    ],
)
async def test_buttons_of_others_and_broken_ones_do_nothing(
    hass: HomeAssistant, keeper: AlertKeeper, action: object, caplog: pytest.LogCaptureFixture
) -> None:
    alert = keeper.create(PANEL_ID, None, Severity.WARNING, "First")
    hass.bus.async_fire("mobile_app_notification_action", {"action": action})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert keeper.open() == (alert,)
    assert "Traceback" not in caplog.text


# --- quiet hours ---


async def test_in_quiet_hours_only_critical_alerts_pass_and_the_rest_waits(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    keeper: AlertKeeper,
    chat: Chat,
    freezer: FrozenDateTimeFactory,
) -> None:
    everywhere = {f"{severity}_entities": ["notify.chat"] for severity in Severity}
    choose(hass, entry, **everywhere, quiet_from="22:00:00", quiet_until="07:00:00")
    night = datetime.fromtimestamp(START, UTC).replace(hour=23, minute=30)
    freezer.move_to(night)
    waiting = [keeper.create(PANEL_ID, None, Severity.WARNING, f"Number {number}") for number in range(3)]
    keeper.create(PANEL_ID, None, Severity.CRITICAL, "Fire")
    await told(hass, freezer)
    assert [message for _, message in chat.messages if "Fire" in message] == [chat.messages[0][1]]
    assert len(chat.messages) == 1
    keeper.resolve(waiting[0].id, None)
    freezer.move_to(night + timedelta(hours=7, minutes=29))
    async_fire_time_changed(hass)
    await told(hass, freezer)
    assert len(chat.messages) == 1
    freezer.move_to(night + timedelta(hours=7, minutes=31))
    async_fire_time_changed(hass)
    await told(hass, freezer)
    assert len(chat.messages) == 2
    title, text = chat.messages[1]
    assert title is not None
    assert title.startswith("2 ")
    assert ("Number 0" in text, "Number 1" in text, "Number 2" in text) == (False, True, True)


async def test_a_restart_in_the_night_forgets_nothing_and_tells_nothing_twice(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    keeper: AlertKeeper,
    chat: Chat,
    shown: dict[str, Any],
    freezer: FrozenDateTimeFactory,
) -> None:
    choose(hass, entry, warning_entities=["notify.chat"], quiet_from="22:00:00", quiet_until="07:00:00")
    night = datetime.fromtimestamp(START, UTC).replace(hour=21, minute=0)
    freezer.move_to(night)
    keeper.create(PANEL_ID, None, Severity.WARNING, "In the evening")
    keeper.create(PANEL_ID, None, Severity.INFO, "By the way")
    await told(hass, freezer)
    freezer.move_to(night + timedelta(hours=3))
    keeper.create(PANEL_ID, None, Severity.WARNING, "In the night")
    await told(hass, freezer)
    assert (len(chat.messages), len(shown)) == (1, 1)
    assert await hass.config_entries.async_unload(entry.entry_id)
    shown.clear()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await subscribed(hass)
    await told(hass, freezer)
    # What Home Assistant itself shows does not outlive a restart, so it is shown again.
    assert (len(chat.messages), len(shown)) == (1, 1)
    freezer.move_to(night + timedelta(hours=10, minutes=1))
    async_fire_time_changed(hass)
    await told(hass, freezer)
    assert [("In the night" in text, "In the evening" in text) for _, text in chat.messages[1:]] == [(True, False)]
    alert = next(each for each in alert_keeper(hass).open() if each.severity is Severity.INFO)
    alert_keeper(hass).resolve(alert.id, None)
    assert not shown


# --- what goes wrong ---


async def test_who_cannot_be_reached_is_replaced_by_home_assistant(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    keeper: AlertKeeper,
    chat: Chat,
    shown: dict[str, Any],
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    choose(hass, entry, warning_apps=["mobile_app_lost"], critical_entities=["notify.chat", "notify.gone"])
    for number in range(2):
        keeper.create(PANEL_ID, None, Severity.WARNING, f"Number {number}")
        await told(hass, freezer)
    assert len(shown) == 2
    assert caplog.text.count("notify.mobile_app_lost, which is not there") == 1
    for error in (HomeAssistantError("no network"), ZeroDivisionError()):
        chat.error = error
        keeper.create(PANEL_ID, None, Severity.CRITICAL, str(error) or "Other")
        await told(hass, freezer)
    assert len(shown) == 4
    assert not ir.async_get(hass).issues
    choose(hass, entry, critical_entities=["notify.chat"], show_in_home_assistant=False)
    keeper.create(PANEL_ID, None, Severity.INFO, "By the way")
    await told(hass, freezer)
    assert len(shown) == 4


async def test_nobody_is_sought_before_home_assistant_has_started(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    keeper: AlertKeeper,
    shown: dict[str, Any],
    freezer: FrozenDateTimeFactory,
) -> None:
    choose(hass, entry, warning_apps=[PHONE])
    hass.set_state(CoreState.starting)
    keeper.create(PANEL_ID, None, Severity.WARNING, "Early")
    await told(hass, freezer)
    phone = async_mock_service(hass, "notify", PHONE)
    hass.set_state(CoreState.running)
    await told(hass, freezer)
    assert (len(phone), shown) == (1, {})


async def test_what_is_over_or_read_before_it_is_told_is_not_told(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    keeper: AlertKeeper,
    chat: Chat,
    freezer: FrozenDateTimeFactory,
) -> None:
    choose(hass, entry, warning_entities=["notify.chat"])
    keeper.resolve(keeper.create(PANEL_ID, None, Severity.WARNING, "Over").id, None)
    keeper.acknowledge(keeper.create(PANEL_ID, None, Severity.WARNING, "Read").id, "Ann")
    keeper.snooze(keeper.create(PANEL_ID, None, Severity.WARNING, "Snoozed").id, START + 600)
    await told(hass, freezer)
    assert chat.messages == []


async def test_what_gets_worse_is_told_again_and_what_comes_back_too(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    keeper: AlertKeeper,
    chat: Chat,
    say: Say,
    freezer: FrozenDateTimeFactory,
) -> None:
    choose(hass, entry, **{f"{severity}_entities": ["notify.chat"] for severity in Severity})
    for severity in (Severity.WARNING, Severity.WARNING, Severity.CRITICAL, Severity.CRITICAL):
        await find(hass, say, found(Kind.OVERLOAD, severity))
        await told(hass, freezer)
    assert len(chat.messages) == 2
    await find(hass, say, found(Kind.OVERLOAD, active=False))
    await find(hass, say, found(Kind.OVERLOAD))
    await told(hass, freezer)
    assert len(chat.messages) == 3
    assert [alert.kind for alert in keeper.open()] == [Kind.OVERLOAD]


# --- hostile texts ---


async def test_names_are_neither_templates_nor_markup_nor_orders(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    keeper: AlertKeeper,
    chat: Chat,
    phone: list[ServiceCall],
    shown: dict[str, Any],
    freezer: FrozenDateTimeFactory,
) -> None:
    choose(hass, entry, warning_entities=["notify.chat"], warning_apps=[PHONE])
    hostile = "{{ states('sun.sun') }} **x** [y](http://z) <script>alert(1)</script> `q` ![p](http://z/p.png)"
    keeper.create(PANEL_ID, None, Severity.WARNING, hostile)
    await told(hass, freezer)
    for text in (chat.messages[0][1], phone[0].data["message"]):
        # Nothing is rendered; a tag is broken by an invisible character for what renders HTML.
        assert text.replace("\u2060", "").endswith(hostile)
        assert "<script" not in text
    keeper.create(PANEL_ID, "c1", Severity.INFO, hostile)
    await told(hass, freezer)
    (notification,) = shown.values()
    assert "**x**" not in notification["message"]
    assert r"\*\*x\*\* \[y\](http\://z) \<script\>" in notification["message"]
    assert "{{ states(" in notification["message"]


@pytest.mark.parametrize(
    "order", ["clear_notification", "request_location_update", "TTS", " command_dnd ", "COMMAND_X"]
)
def test_a_text_is_never_an_order_to_an_app(order: str) -> None:
    assert for_app(order) == f"“{order}”"


def test_other_texts_stay_as_they_are() -> None:
    assert for_app("The command_dnd is 3 kW") == "The command_dnd is 3 kW"
    assert pressed(button("snooze", [3, 4, 3])) == ("snooze", (3, 4))
    assert pressed(button("acknowledge", range(1, 200))) == ("acknowledge", tuple(range(1, 51)))


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ("Kitchen draws 3.2 kW (limit: 2.3 kW). Look!", "Kitchen draws 3.2 kW (limit: 2.3 kW). Look!"),
        ("3.5 kW\n-3 W", "3.5 kW  \n-3 W"),
        ("1. a\n# b\n- c\n---", "1\\. a  \n\\# b  \n\\- c  \n\\---"),
        ("![p](http://z/p.png) <b>", r"!\[p\](http\://z/p.png) \<b\>"),
        ("a_b *x* www.evil.com me@x.y `q`", r"a\_b \*x\* www\.evil.com me\@x.y \`q\`"),
        ("\\[x](y)", r"\\\[x\](y)"),
    ],
)
def test_a_list_shows_a_text_as_it_is(text: str, listed: str) -> None:
    assert as_markdown(text) == listed

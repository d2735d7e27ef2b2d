"""What a second pair of eyes found."""

from datetime import UTC, datetime
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant, ServiceCall
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from custom_components.panel_meter.alerts.keeper import AlertKeeper
from custom_components.panel_meter.core.alerts.model import Kind, Severity
from custom_components.panel_meter.core.alerts.watch import PanelWatch

from .alerts import PANEL_ID, START, find, found, later, spoken
from .conftest import Say

PHONE = "mobile_app_phone"


@pytest.fixture(autouse=True)
async def _clock(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    await hass.config.async_set_time_zone("UTC")
    freezer.move_to(datetime.fromtimestamp(START, UTC))


@pytest.fixture
def phone(hass: HomeAssistant) -> list[ServiceCall]:
    return async_mock_service(hass, "notify", PHONE)


def messages(phone: list[ServiceCall]) -> list[str]:
    return [call.data["message"] for call in phone if call.data["message"] != "clear_notification"]


async def test_what_comes_back_while_it_is_snoozed_is_told_when_the_snooze_ends(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, phone: list[ServiceCall], freezer: FrozenDateTimeFactory
) -> None:
    hass.config_entries.async_update_entry(
        entry, options={**entry.options, "notifications": {"critical_apps": [PHONE]}}
    )
    keeper: AlertKeeper = await spoken(hass, say)
    with patch.object(PanelWatch, "offline", return_value=()):
        await find(hass, say, found())
        await later(hass, freezer, 3)
        assert len(messages(phone)) == 1
        (alert,) = keeper.open(PANEL_ID)
        keeper.snooze(alert.id, int(datetime.now(UTC).timestamp()) + 1800)
        await later(hass, freezer, 60)
        await find(hass, say, found(active=False))
        assert not keeper.open(PANEL_ID)
        await later(hass, freezer, 60)
        await find(hass, say, found())
        assert [each.id for each in keeper.open(PANEL_ID)] == [alert.id]
        # Half an hour later it is still there, and nobody has read it.
        for _ in range(40):
            await later(hass, freezer, 60)
        await later(hass, freezer, 3)
        assert len(messages(phone)) == 2


async def test_a_message_that_replaces_another_stays_until_its_own_alerts_are_over(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, phone: list[ServiceCall], freezer: FrozenDateTimeFactory
) -> None:
    chosen = {"critical_apps": [PHONE], "warning_apps": [PHONE]}
    hass.config_entries.async_update_entry(entry, options={**entry.options, "notifications": chosen})
    keeper: AlertKeeper = await spoken(hass, say)
    first, second = found(severity=Severity.WARNING), found(Kind.HIGH_POWER, Severity.WARNING)
    third = found(Kind.OVERLOAD, Severity.CRITICAL, "main")
    with patch.object(PanelWatch, "offline", return_value=()):
        await find(hass, say, first, second)
        await later(hass, freezer, 3)
        await find(hass, say, found(severity=Severity.CRITICAL), third)
        await later(hass, freezer, 3)
        before, after = (call.data["data"]["tag"] for call in phone)
        # Both are about the first alert, so the second message takes the place of the first.
        assert before == after
        for alert in keeper.open(PANEL_ID):
            if alert.channel != "main":
                keeper.resolve(alert.id, None)
        await later(hass, freezer, 3)
        (left,) = keeper.open(PANEL_ID)
        assert left.acknowledged is None
        # Somebody still has to read that the mains are overloaded.
        assert [call for call in phone if call.data["message"] == "clear_notification"] == []

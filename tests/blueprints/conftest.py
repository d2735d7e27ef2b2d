"""A Home Assistant that runs the blueprints, with states that a test sets and a clock that it moves."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
import shutil
from typing import Any
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT
from homeassistant.core import CoreState, HomeAssistant, ServiceCall
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed, async_mock_service

BLUEPRINTS = Path(__file__).parent.parent.parent / "blueprints" / "automation" / "panel_meter"
ZONE = "Europe/Amsterdam"
NOON = datetime(2026, 11, 17, 12, tzinfo=ZoneInfo(ZONE))
AUTOMATION = "automation.under_test"

#: What a person would be told by.
TELL = [{"action": "test.tell", "data": {"title": "{{ title }}", "message": "{{ message }}"}}]


async def settle() -> None:
    """Let everything happen that happens at once. Runs that wait for something are not waited for."""
    for _ in range(40):
        await asyncio.sleep(0)


class House:
    """What a blueprint sees and does."""

    def __init__(self, hass: HomeAssistant, clock: FrozenDateTimeFactory) -> None:
        self.hass = hass
        self.clock = clock
        self.told: list[ServiceCall] = async_mock_service(hass, "test", "tell")

    @property
    def messages(self) -> list[str]:
        return [call.data["message"] for call in self.told]

    @property
    def titles(self) -> list[str]:
        return [call.data["title"] for call in self.told]

    async def sees(self, entity_id: str, value: object, unit: str | None = "W", **attributes: object) -> None:
        """An entity has this state from now on."""
        known = {ATTR_UNIT_OF_MEASUREMENT: unit, "friendly_name": entity_id.split(".")[1].replace("_", " ").title()}
        self.hass.states.async_set(entity_id, str(value), known | attributes)
        await settle()

    async def passes(self, *, step: timedelta = timedelta(seconds=30), **time: float) -> None:
        """Let time go by, in steps in which one thing happens after the other."""
        rest = timedelta(**time)
        while rest > timedelta():
            passed = min(rest, step)
            self.clock.tick(passed)
            rest -= passed
            async_fire_time_changed(self.hass)
            await settle()

    async def until(self, instant: datetime, *, step: timedelta = timedelta(seconds=30)) -> None:
        """Let time go by until an instant."""
        seconds = (instant - datetime.now(instant.tzinfo)).total_seconds()
        assert seconds > 0
        await self.passes(seconds=seconds, step=step)

    def stopped(self) -> None:
        """Home Assistant has not started yet: automations that are made now wait for it."""
        self.hass.set_state(CoreState.not_running)

    async def started(self) -> None:
        """It has."""
        await self.hass.async_start()
        await settle()

    async def reload(self) -> None:
        """Somebody has edited an automation."""
        self.hass.bus.async_fire("automation_reloaded")
        await settle()

    def runs(self) -> int:
        """How many runs are under way."""
        state = self.hass.states.get(AUTOMATION)
        assert state is not None
        return int(state.attributes["current"])


type Use = Callable[..., Awaitable[None]]


@pytest.fixture
async def house(hass: HomeAssistant, freezer: FrozenDateTimeFactory, tmp_path: Path) -> House:
    """The house before there is an automation."""
    hass.config.config_dir = str(tmp_path)
    shutil.copytree(BLUEPRINTS, tmp_path / "blueprints" / "automation" / "panel_meter")
    await hass.config.async_set_time_zone(ZONE)
    freezer.move_to(NOON)
    assert await async_setup_component(hass, "homeassistant", {})
    return House(hass, freezer)


@pytest.fixture
async def use(hass: HomeAssistant, house: House) -> AsyncIterator[Use]:
    """Make an automation of a blueprint: ``await use("offline_notice", panels=[...])``."""

    async def automation(blueprint: str, **inputs: Any) -> None:
        entry = {
            "alias": "under test",
            "use_blueprint": {"path": f"panel_meter/{blueprint}.yaml", "input": inputs},
        }
        assert await async_setup_component(hass, "persistent_notification", {})
        assert await async_setup_component(hass, "automation", {"automation": [entry]})
        await hass.async_block_till_done()
        state = hass.states.get(AUTOMATION)
        assert state is not None
        assert state.state == "on", "the automation is not valid"

    yield automation
    if hass.states.get(AUTOMATION) is not None:
        await hass.services.async_call("automation", "turn_off", {"entity_id": AUTOMATION}, blocking=True)

"""What a panel costs: entities, restarts, late records, other tariffs."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.panel_meter.const import SUBENTRY_TARIFF
from tests.core.protocol import HOUR, PANEL, info, live, record

from .conftest import Say

#: The zone of tests is UTC-8 or UTC-7 (America/Los_Angeles); HOUR is in the middle of November.
COST = "sensor.apartment_101_cost"
KITCHEN_TODAY = "sensor.apartment_101_kitchen_cost_today"


@pytest.fixture(autouse=True)
def _clock(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(datetime.fromtimestamp(HOUR + 1200, UTC))


def tariff(price: str = "0.25", **more: Any) -> dict[str, Any]:
    """A flat tariff with a tax of ten percent and a fixed charge."""
    return {
        "schema": "panel_meter.tariff/1",
        "id": "home",
        "name": "Home",
        "currency": "EUR",
        "taxes": [{"name": "VAT", "percent": "10", "on": ["energy", "fixed"]}],
        "versions": [
            {
                "valid_from": "2026-01-01",
                "energy": {"default_period": "all day", "prices": {"all day": [price]}},
                "fixed": [{"name": "service", "amount": "5", "per": "cycle"}],
            }
        ],
        **more,
    }


async def with_tariff(hass: HomeAssistant, entry: MockConfigEntry, document: dict[str, Any]) -> ConfigSubentry:
    """Give the panel a tariff."""
    subentry = ConfigSubentry(
        data=MappingProxyType({"tariff": document, "panels": [PANEL.id]}),
        subentry_type=SUBENTRY_TARIFF,
        title=str(document["name"]),
        unique_id=str(document["id"]),
    )
    hass.config_entries.async_add_subentry(entry, subentry)
    await settled(hass)
    return subentry


async def settled(hass: HomeAssistant) -> None:
    """Wait until everything is rated and written."""
    for _ in range(5):
        await hass.async_block_till_done(wait_background_tasks=True)


def rows(first: int, energies: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Records of five minutes with registers of mains and kitchen, from sequence number ``first`` on."""
    return [
        [number, HOUR - 3600 + 300 * number, 300, 0, main, kitchen]
        for number, (main, kitchen) in enumerate(energies, first)
    ]


async def test_costs_follow_records_and_live_messages(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say
) -> None:
    say("info", info(), retain=True)
    say("record", record(rows(1, [(100_000 * n, 40_000 * n) for n in range(1, 17)])))
    await settled(hass)
    await with_tariff(hass, entry, tariff())
    say("live", live(time=HOUR + 1200, energy=[1_600_000, 640_000]))
    await settled(hass)
    # 1.6 kWh at 0.25 and a tax of a tenth.
    assert Decimal(hass.states.get(COST).state) == Decimal("0.44")
    assert Decimal(hass.states.get(KITCHEN_TODAY).state) == Decimal("0.18")
    say("live", live(time=HOUR + 1205, energy=[2_000_000, 640_000]))
    await settled(hass)

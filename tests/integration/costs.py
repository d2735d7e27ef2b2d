"""A board that counts as told and a tariff, for tests of what a panel costs."""

from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.panel_meter.const import DOMAIN, SUBENTRY_TARIFF
from custom_components.panel_meter.panel import PanelRuntime
from tests.core.protocol import HOUR, PANEL, info, live, record

from .conftest import Say

#: The zone of tests is America/Los_Angeles: HOUR is noon of the 20th of November 2026, a Friday.
NOON = HOUR
DAY = 86_400
MIDNIGHT = NOON + DAY // 2
#: When the cycle of November ends.
DECEMBER = MIDNIGHT + 10 * DAY
COST = "sensor.apartment_101_cost"
TODAY = "sensor.apartment_101_cost_today"
CYCLE = "sensor.apartment_101_cost_this_billing_cycle"
BILL = "sensor.apartment_101_bill_so_far"
KITCHEN_TODAY = "sensor.apartment_101_kitchen_cost_today"
ROWS_AT_ONCE = 20


class Board:
    """The apartment's board, with a record every five minutes."""

    def __init__(self, say: Say, start: int, **announced: Any) -> None:
        """Flashed at ``start`` (UTC seconds)."""
        self.say = say
        self._announced = announced
        width = len(announced.get("registers", PANEL.registers))
        self.time = start
        self.energy = [0] * width
        self.seq = 0
        #: What was recorded and not sent.
        self.ring: list[list[int]] = []

    def hello(self) -> Board:
        """Announce itself."""
        self.say("info", info(**self._announced), retain=True)
        return self

    def run(self, until: int, *watts: int, send: bool = True) -> Board:
        """Measure constant powers (kW / 1000 per register) up to an instant, and send the records."""
        while self.time < until:
            self.time += 300
            self.seq += 1
            for place, power in enumerate(watts or (1200, 480)):
                self.energy[place] += power * 1000 // 12
            self.ring.append([self.seq, self.time, 300, 0, *self.energy])
        return self.send() if send else self

    def send(self) -> Board:
        """Send the records that were not sent."""
        while self.ring:
            self.say("record", record(self.ring[:ROWS_AT_ONCE]))
            del self.ring[:ROWS_AT_ONCE]
        return self

    def live(self, now: int, *more: int) -> Board:
        """Tell by how much (mWh) the registers are ahead of the last record."""
        energy = [here + added for here, added in zip(self.energy, more or [0] * len(self.energy), strict=True)]
        channels = len(self._announced.get("channels", PANEL.channels))
        quantities = {"power": [0.0] * channels, "current": [0.0] * channels, "power_factor": [1.0] * channels}
        self.say("live", live(time=now, energy=energy, **quantities))
        return self


def tariff(price: str = "0.25", **more: Any) -> dict[str, Any]:
    """A flat tariff with a tax of ten percent and a fixed charge."""
    return {
        "schema": "panel_meter.tariff/1",
        "id": "home",
        "name": "Home",
        "currency": "EUR",
        "taxes": [{"name": "VAT", "percent": "10", "on": ["energy", "fixed"]}],
        "versions": [version({"default_period": "all day", "prices": {"all day": [price]}})],
        **more,
    }


def version(energy: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A version with a fixed charge of 5 per cycle."""
    fixed = [{"name": "service", "amount": "5", "per": "cycle"}]
    return {"valid_from": "2026-01-01", "energy": energy, "fixed": fixed, **more}


def two_prices(begin: str, end: str, **more: Any) -> dict[str, Any]:
    """A tariff without taxes: 0.50 from ``begin`` to ``end`` local time, 0.10 else."""
    energy = {
        "default_period": "cheap",
        "periods": [{"name": "dear", "rules": [{"from": begin, "to": end}]}],
        "prices": {"dear": ["0.50"], "cheap": ["0.10"]},
    }
    return tariff(taxes=[], versions=[{"valid_from": "2026-01-01", "energy": energy, **more}])


async def settled(hass: HomeAssistant) -> None:
    """Wait until everything is rated and written: the writer would wait for its time, which does not pass."""
    for _ in range(3):
        await hass.async_block_till_done(wait_background_tasks=True)
        for entry in hass.config_entries.async_loaded_entries(DOMAIN):
            await entry.runtime_data.writer.run(lambda: None)
        await hass.async_block_till_done(wait_background_tasks=True)


async def with_tariff(
    hass: HomeAssistant, entry: MockConfigEntry, document: object, name: str = "Home", panel: str = PANEL.id
) -> ConfigSubentry:
    """Give the panel a tariff."""
    subentry = ConfigSubentry(
        data=MappingProxyType({"tariff": document, "panels": [panel]}),
        subentry_type=SUBENTRY_TARIFF,
        title=name,
        unique_id=name,
    )
    hass.config_entries.async_add_subentry(entry, subentry)
    await settled(hass)
    return subentry


async def change_tariff(
    hass: HomeAssistant, entry: MockConfigEntry, subentry: ConfigSubentry, document: object
) -> None:
    """Change the tariff as its form does."""
    hass.config_entries.async_update_subentry(
        entry, subentry, data={"tariff": document, "panels": [PANEL.id]}, unique_id=subentry.unique_id
    )
    await settled(hass)


async def restarted(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Unload and set up again."""
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settled(hass)


async def pass_time(hass: HomeAssistant, freezer: FrozenDateTimeFactory, until: int) -> None:
    """Go to an instant; timers that are due fire."""
    now = datetime.fromtimestamp(until, UTC)
    freezer.move_to(now)
    async_fire_time_changed(hass, now)
    await settled(hass)


def the_panel(entry: MockConfigEntry) -> PanelRuntime:
    """The apartment while it runs."""
    panel: PanelRuntime = entry.runtime_data.panels[PANEL.id]
    return panel


async def value(hass: HomeAssistant, entity_id: str) -> Decimal:
    """What a sensor shows when everything is rated and written."""
    await settled(hass)
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        for panel in entry.runtime_data.panels.values():
            panel.flush()
    await hass.async_block_till_done()
    state = hass.states.get(entity_id)
    assert state is not None, entity_id
    return Decimal(state.state)


def enable_all(hass: HomeAssistant) -> None:
    """Enable every entity; they come with the next load."""
    registry = er.async_get(hass)
    for entity in list(registry.entities.values()):
        if entity.platform == DOMAIN and entity.disabled_by is not None:
            registry.async_update_entity(entity.entity_id, disabled_by=None)

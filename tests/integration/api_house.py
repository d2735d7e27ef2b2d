"""Two panels and people with different rights, for tests of the API."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import CLIENT_ID, MockConfigEntry, MockUser

from custom_components.panel_meter.const import DOMAIN
from tests.core.protocol import PANEL, info, live, record

from .conftest import Say, an_entry, subscribed
from .costs import NOON, Board, settled, tariff, with_tariff

BASE = "/api/panel_meter/v1"
OTHER = "apt-102"
#: Days of the past that the ledger knows.
DAYS = 2
BEGAN = NOON - DAYS * 86_400


@dataclass(frozen=True)
class House:
    """What runs."""

    hass: HomeAssistant
    entry: MockConfigEntry
    board: Board
    other: Board

    def entity(self, identity: str, domain: str = "sensor") -> str:
        found = er.async_get(self.hass).async_get_entity_id(domain, DOMAIN, identity)
        assert found is not None, identity
        return found


class Neighbour(Board):
    """The board of the other panel."""

    def hello(self) -> Board:
        self.say("info", info(id=OTHER, name="Apartment 102", journal="77aa00bb"), retain=True)
        return self

    def send(self) -> Board:
        while self.ring:
            self.say("record", record(self.ring[:20], journal="77aa00bb"))
            del self.ring[:20]
        return self

    def live(self, now: int, *more: int) -> Board:
        self.say("live", live(time=now, energy=self.energy, journal="77aa00bb", power=[720.0, 300.0]))
        return self


async def a_house(hass: HomeAssistant, say: Say, options: dict[str, Any] | None = None) -> House:
    """Apartment 101 draws 1.2 kW, of which 0.48 kW in the kitchen, and has a tariff; Apartment 102 draws 0.72 kW."""
    assert await async_setup_component(hass, "api", {})
    entry = an_entry((PANEL.id, "Apartment 101", "native"), (OTHER, "Apartment 102", "native"), options=options)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await subscribed(hass)
    board = Board(say, BEGAN).hello()
    other = Neighbour(partial(say, base=f"panel_meter/1/{OTHER}"), NOON - 7200).hello()
    await hass.async_block_till_done()
    board.run(NOON)
    other.run(NOON, 720, 300)
    await settled(hass)
    await with_tariff(hass, entry, tariff())
    say("live", live(time=NOON, energy=board.energy))
    other.live(NOON)
    await settled(hass)
    return House(hass, entry, board, other)


async def token_of(hass: HomeAssistant, user: MockUser) -> str:
    """An access token of a user."""
    refresh = await hass.auth.async_create_refresh_token(user, CLIENT_ID)
    return hass.auth.async_create_access_token(refresh)


def somebody(hass: HomeAssistant, policy: dict[str, Any]) -> MockUser:
    """A user who is no administrator, with this policy."""
    user = MockUser(name="Somebody").add_to_hass(hass)
    user.mock_policy(policy)
    return user


def only(*entity_ids: str) -> dict[str, Any]:
    """The policy of a user who may read these entities and nothing else."""
    return {"entities": {"entity_ids": {entity_id: {"read": True} for entity_id in entity_ids}}}


def approx(value: float) -> Any:
    return pytest.approx(value, abs=1e-9)

"""Moving breakers: what an administrator saves on the card is what the panel looks like from then on."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
import logging
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.panel_meter.hub import Hub
from tests.core.protocol import PANEL

from .api_house import House, a_house, somebody, token_of
from .conftest import Say, unload_all
from .costs import NOON
from .test_api_websocket import ask, get, refused


@pytest.fixture(autouse=True)
def _clock(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(datetime.fromtimestamp(NOON, UTC))
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)


@pytest.fixture
async def house(hass: HomeAssistant, mqtt_mock: object, say: Say, _clock: None) -> AsyncIterator[House]:
    yield await a_house(hass, say)
    await unload_all(hass)


@pytest.fixture
async def socket(house: House, hass_ws_client: WebSocketGenerator) -> MockHAClientWebSocket:
    return await hass_ws_client(house.hass)


def settings(house: House) -> Any:
    (found,) = [each for each in house.entry.subentries.values() if each.unique_id == PANEL.id]
    return found.data.get("channels", {})


async def test_what_is_saved_is_shown_and_kept(house: House, socket: MockHAClientWebSocket) -> None:
    hub = house.entry.runtime_data
    wish = {"id": "c1", "slot": 5, "poles": 2, "rating_a": 32, "phase": "L1L2"}
    answer = await get(socket, "set_layout", panel=PANEL.id, channels=[wish])
    assert answer["changed"]
    assert wish in answer["channels"]
    await house.hass.async_block_till_done()
    (panel,) = (await get(socket, "panels", panels=[PANEL.id]))["panels"]
    (c1,) = [each for each in panel["channels"] if each["id"] == "c1"]
    assert (c1["slot"], c1["poles"], c1["rating_a"], c1["phase"]) == (5, 2, 32, "L1L2")
    # Nothing was loaded anew: the live values go on.
    assert house.entry.runtime_data is hub
    assert isinstance(hub, Hub)


async def test_what_the_panel_says_itself_is_not_kept(house: House, socket: MockHAClientWebSocket) -> None:
    said = PANEL.channel("c1")
    wish = {"id": "c1", "slot": 7, "rating_a": 13}
    await get(socket, "set_layout", panel=PANEL.id, channels=[wish])
    assert settings(house) == {"c1": {"slot": 7, "rating": 13}}
    await get(socket, "set_layout", panel=PANEL.id, channels=[{"id": "c1", "slot": said.slot, "rating_a": None}])
    assert settings(house) == {}


async def test_other_settings_stay(house: House, socket: MockHAClientWebSocket) -> None:
    (subentry,) = [each for each in house.entry.subentries.values() if each.unique_id == PANEL.id]
    data = {**subentry.data, "state_interval": 20, "channels": {"c1": {"role": "solar"}}}
    house.hass.config_entries.async_update_subentry(house.entry, subentry, data=data)
    await get(socket, "set_layout", panel=PANEL.id, channels=[{"id": "c1", "slot": 3}])
    assert settings(house) == {"c1": {"role": "solar", "slot": 3}}
    (subentry,) = [each for each in house.entry.subentries.values() if each.unique_id == PANEL.id]
    assert subentry.data["state_interval"] == 20


@pytest.mark.parametrize(
    ("channels", "key", "words"),
    [
        ([{"id": "c1", "slot": 0}], "slot_out_of_range", "1 to 84"),
        ([{"id": "c1", "poles": 9}], "poles_out_of_range", "1 to 3 poles"),
        ([{"id": "c1", "rating_a": -5}], "rating_out_of_range", "1 to 6300 A"),
        ([{"id": "c1", "rating_a": 1e300}], "rating_out_of_range", "1 to 6300 A"),
    ],
)
async def test_impossible_breakers_are_refused_with_a_sentence(
    house: House, socket: MockHAClientWebSocket, channels: list[Any], key: str, words: str
) -> None:
    answer = await ask(socket, "set_layout", panel=PANEL.id, channels=channels)
    assert answer["error"]["translation_key"] == key
    assert words in answer["error"]["message"]
    assert settings(house) == {}


async def test_wrong_requests_change_nothing(house: House, socket: MockHAClientWebSocket) -> None:
    for more, code in [
        ({"panel": "none", "channels": []}, "not_found"),
        ({"panel": PANEL.id, "channels": [{"id": "c99", "slot": 1}]}, "invalid"),
        ({"panel": PANEL.id, "channels": [{"id": "c1", "slot": "1"}]}, "invalid_format"),
        ({"panel": PANEL.id, "channels": [{"id": "c1", "slot": True}]}, "invalid_format"),
        ({"panel": PANEL.id, "channels": [{"id": "c1", "slot": 1.5}]}, "invalid_format"),
        ({"panel": PANEL.id, "channels": [{"id": "c1", "phase": "L9"}]}, "invalid_format"),
        ({"panel": PANEL.id, "channels": [{"id": "c1", "name": "x"}]}, "invalid_format"),
        ({"panel": PANEL.id, "channels": [{"slot": 1}]}, "invalid_format"),
        ({"panel": PANEL.id, "channels": [{"id": "c1"}] * 101}, "invalid_format"),
        ({"panel": PANEL.id, "channels": [], "layout": "heap"}, "invalid_format"),
        ({"panel": PANEL.id}, "invalid_format"),
    ]:
        await refused(socket, "set_layout", code, **more)
    assert settings(house) == {}


async def test_only_an_administrator_moves_breakers(house: House, hass_ws_client: WebSocketGenerator) -> None:
    user = somebody(house.hass, {"entities": True})
    socket = await hass_ws_client(house.hass, await token_of(house.hass, user))
    await refused(socket, "set_layout", "unauthorized", panel=PANEL.id, channels=[{"id": "c1", "slot": 3}])
    assert settings(house) == {}

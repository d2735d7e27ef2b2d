"""What programs can read over the WebSocket."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
import logging
from socket import SO_RCVBUF, SO_SNDBUF, SOL_SOCKET
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockUser, async_fire_time_changed
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.panel_meter.api.live_stream import LOOK_AGAIN, LiveStream
from custom_components.panel_meter.hub import Hub
from tests.core.protocol import PANEL, live

from .api_house import BEGAN, OTHER, House, a_house, approx, only, somebody, token_of
from .conftest import Say, subscribed, unload_all
from .costs import NOON, settled


@pytest.fixture(autouse=True)
def _clock(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(datetime.fromtimestamp(NOON, UTC))
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)


@pytest.fixture
async def house(hass: HomeAssistant, mqtt_mock: object, say: Say, _clock: None) -> AsyncIterator[House]:
    yield await a_house(hass, say)
    await unload_all(hass)


type Socket = MockHAClientWebSocket


@pytest.fixture
async def socket(house: House, hass_ws_client: WebSocketGenerator) -> Socket:
    return await hass_ws_client(house.hass)


async def ask(socket: Socket, command: str, **more: Any) -> dict[str, Any]:
    await socket.send_json_auto_id({"type": f"panel_meter/{command}", **more})
    answer: dict[str, Any] = await socket.receive_json()
    return answer


async def get(socket: Socket, command: str, **more: Any) -> Any:
    answer = await ask(socket, command, **more)
    assert answer["success"], answer
    return answer["result"]


async def refused(socket: Socket, command: str, code: str, **more: Any) -> str:
    answer = await ask(socket, command, **more)
    assert not answer["success"]
    assert answer["error"]["code"] == code
    return str(answer["error"]["message"])


# --- questions ---


async def test_panels_and_summary_are_those_of_rest(house: House, socket: Socket) -> None:
    found = (await get(socket, "panels"))["panels"]
    assert [each["id"] for each in found] == [PANEL.id, OTHER]
    assert found[0]["roles"]["main"] == ["main"]
    assert (await get(socket, "panels", panels=[OTHER]))["panels"] == found[1:]
    assert (await get(socket, "summary", panels=[PANEL.id]))["panels"][0]["cost_today"] == 3.96


async def test_bills(house: House, socket: Socket) -> None:
    bill = await get(socket, "bill", panel=PANEL.id)
    assert (bill["complete"], bill["imported_kwh"]) == (False, approx(57.6))
    probable = await get(socket, "bill", panel=PANEL.id, projected=True)
    assert probable["total"] > bill["total"]
    assert await get(socket, "bill", panel=PANEL.id, day="2026-11-20") == bill
    await refused(socket, "bill", "not_found", panel=PANEL.id, day="2001-01-01")
    await refused(socket, "bill", "not_found", panel=OTHER)
    await refused(socket, "bill", "invalid_format", panel=PANEL.id, day="soon")


async def test_history_is_mean_power_as_wide_as_asked_for(house: House, socket: Socket) -> None:
    found = await get(socket, "history", panel=PANEL.id, width=300, **{"from": "2026-11-19T12:00"})
    assert (found["step"], len(found["edges"])) == ("5min", 289)
    assert set(found["power_w"]) == {"main", "c1"}
    assert found["power_w"]["main"] == [1200.0] * 288
    narrow = await get(socket, "history", panel=PANEL.id, channels=["c1"], width=30, **{"from": "2026-11-19T12:00"})
    assert (narrow["step"], narrow["power_w"]) == ("hour", {"c1": [480.0] * 24})


async def test_what_cannot_be_known_is_a_hole(house: House, socket: Socket) -> None:
    span = {"from": "2026-11-17T00:00", "to": "2026-11-22T00:00"}
    found = await get(socket, "history", panel=PANEL.id, channels=["main"], width=24, **span)
    assert found["step"] == "6hours"
    # The ledger begins at noon of the 18th and ends at noon of the 20th.
    assert found["power_w"]["main"] == [None] * 6 + [1200.0] * 8 + [None] * 6
    assert found["edges"][6] == BEGAN


async def test_history_begins_at_an_edge_so_that_it_stays_when_time_goes_on(house: House, socket: Socket) -> None:
    asked = {"panel": PANEL.id, "width": 30, "to": "2026-11-20T12:00"}
    found = await get(socket, "history", **asked, **{"from": "2026-11-19T12:00"})
    later = await get(socket, "history", **asked, **{"from": "2026-11-19T12:47:11"})
    assert later["edges"] == found["edges"]


async def test_wrong_questions_get_a_sentence(house: House, socket: Socket) -> None:
    for more, code in [
        ({"panel": "none", "from": "2026-11-20", "width": 10}, "not_found"),
        ({"panel": PANEL.id, "from": "2026-11-20", "width": 0}, "invalid_format"),
        ({"panel": PANEL.id, "from": "2026-11-20", "width": 10**9}, "invalid_format"),
        ({"panel": PANEL.id, "from": "2026-11-20", "width": "10"}, "invalid_format"),
        ({"panel": PANEL.id, "from": "never", "width": 10}, "invalid"),
        ({"panel": PANEL.id, "from": "2026-11-20", "to": "2026-11-19", "width": 10}, "invalid"),
        ({"panel": PANEL.id, "from": "2026-11-20", "width": 10, "channels": ["c9"]}, "not_found"),
        ({"panel": PANEL.id, "width": 10}, "invalid_format"),
        ({"panel": [PANEL.id], "from": "2026-11-20", "width": 10}, "invalid_format"),
    ]:
        await refused(socket, "history", code, **more)
    await refused(socket, "subscribe_live", "not_found", panels=["none"])
    await refused(socket, "subscribe_live", "invalid_format", interval=-1)
    await refused(socket, "subscribe_live", "invalid_format", in_flight=0)
    await refused(socket, "live_seen", "not_found", subscription=99, number=1)


async def test_users_see_what_they_may(house: House, hass_ws_client: WebSocketGenerator) -> None:
    user = somebody(house.hass, only(house.entity("apt-101/c1/power")))
    socket = await hass_ws_client(house.hass, await token_of(house.hass, user))
    assert [each["id"] for each in (await get(socket, "panels"))["panels"]] == [PANEL.id]
    for command, more in [
        ("panels", {"panels": [OTHER]}),
        ("summary", {"panels": [OTHER]}),
        ("bill", {"panel": OTHER}),
        ("bill", {"panel": PANEL.id}),
        ("history", {"panel": OTHER, "from": "2026-11-20", "width": 10}),
        ("history", {"panel": PANEL.id, "channels": ["main"], "from": "2026-11-20", "width": 10}),
        ("subscribe_live", {"panels": [OTHER]}),
    ]:
        await refused(socket, command, "not_found", **more)
    # Power may be read, energy may not.
    found = await get(socket, "history", panel=PANEL.id, width=10, **{"from": "2026-11-20"})
    assert found["power_w"] == {}
    await get(socket, "subscribe_live", interval=0)
    first = (await socket.receive_json())["event"]["panels"]
    assert [each["id"] for each in first] == [PANEL.id]
    assert set(first[0]["channels"]) == {"c1"}
    house.other.live(NOON)
    house.board.live(NOON)
    event = (await socket.receive_json())["event"]
    assert [each["id"] for each in event["panels"]] == [PANEL.id]
    # What is taken away is gone at once.
    user.mock_policy({})
    house.board.live(NOON)
    await socket.send_json_auto_id({"type": "ping"})
    assert (await socket.receive_json())["type"] == "pong"


async def test_it_says_so_while_panel_meter_does_not_run(house: House, socket: Socket) -> None:
    assert await house.hass.config_entries.async_unload(house.entry.entry_id)
    for command, more in [
        ("panels", {}),
        ("summary", {}),
        ("bill", {"panel": PANEL.id}),
        ("history", {"panel": PANEL.id, "from": "2026-11-20", "width": 10}),
        ("subscribe_live", {}),
    ]:
        assert "not running" in await refused(socket, command, "unavailable", **more)
    assert await house.hass.config_entries.async_setup(house.entry.entry_id)
    await settled(house.hass)


# --- live values ---


class Reader:
    """A subscriber whose connection the test holds in its hands."""

    def __init__(self, hass: HomeAssistant, user: MockUser, **more: Any) -> None:
        self.events: list[Any] = []
        #: Bytes that the network did not take yet.
        self.held_back = 0
        settings = {"panels": None, "interval": 0.25, "in_flight": None, **more}
        self.stream = LiveStream(hass, user, self.events.append, waiting=lambda: self.held_back, **settings)
        self.stream.start()

    def powers(self) -> list[float]:
        """Of the mains, as they were told."""
        return [each["channels"]["main"]["power_w"] for event in self.events for each in event["panels"]]


async def tick(hass: HomeAssistant, seconds: float = 1.0) -> None:
    """Let timers of the event loop fire that are due within some seconds."""
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=seconds))
    await hass.async_block_till_done()


def says(house: House, watts: float) -> None:
    house.board.say("live", live(time=NOON, energy=house.board.energy, power=[watts, 10.0]))


async def test_every_message_is_told_at_once(house: House, socket: Socket) -> None:
    await get(socket, "subscribe_live", panels=[PANEL.id], interval=0)
    assert (await socket.receive_json())["event"]["number"] == 1
    for number, watts in enumerate((100.0, 101.0, 102.0), 2):
        says(house, watts)
        event = (await socket.receive_json())["event"]
        assert (event["number"], event["merged"]) == (number, 0)
        assert event["panels"][0]["channels"]["main"]["power_w"] == watts


async def test_between_two_events_there_is_some_time(house: House, hass_admin_user: MockUser) -> None:
    reader = Reader(house.hass, hass_admin_user, panels=frozenset({PANEL.id}), interval=5.0)
    await tick(house.hass)
    assert len(reader.events) == 1
    for watts in (1.0, 2.0, 3.0):
        says(house, watts)
    await house.hass.async_block_till_done()
    assert len(reader.events) == 1
    await tick(house.hass, 6)
    await tick(house.hass, 6)
    assert reader.powers()[1:] == [3.0]
    assert reader.events[-1]["merged"] == 2
    reader.stream()


async def test_a_slow_connection_gets_the_newest_and_no_queue(house: House, hass_admin_user: MockUser) -> None:
    reader = Reader(house.hass, hass_admin_user, interval=0.0)
    await tick(house.hass)
    before = len(reader.events)
    reader.held_back = 70_000
    for watts in range(500):
        says(house, float(watts))
        await house.hass.async_block_till_done()
    await tick(house.hass)
    assert len(reader.events) == before
    reader.held_back = 0
    await tick(house.hass, 2 * LOOK_AGAIN)
    assert reader.powers()[2:] == [499.0]
    assert reader.events[-1]["merged"] == 499
    reader.stream()


async def test_a_subscriber_that_confirms_is_never_more_than_that_behind(house: House, socket: Socket) -> None:
    await socket.send_json({"id": 7, "type": "panel_meter/subscribe_live", "interval": 0, "in_flight": 2})
    assert (await socket.receive_json())["success"]
    assert (await socket.receive_json())["event"]["number"] == 1
    for watts in range(100, 200):
        says(house, float(watts))
        await house.hass.async_block_till_done()
    second = (await socket.receive_json())["event"]
    assert (second["number"], second["panels"][0]["channels"]["main"]["power_w"]) == (2, 100.0)
    await socket.send_json({"id": 8, "type": "panel_meter/live_seen", "subscription": 7, "number": 1})
    answers = [await socket.receive_json(), await socket.receive_json()]
    event = next(each["event"] for each in answers if each["type"] == "event")
    assert (event["number"], event["merged"]) == (3, 98)
    assert event["panels"][0]["channels"]["main"]["power_w"] == 199.0
    assert any(each["id"] == 8 and each["success"] for each in answers)
    # Nobody can confirm what was not sent.
    await socket.send_json({"id": 9, "type": "panel_meter/live_seen", "subscription": 7, "number": 10**9})
    assert (await socket.receive_json())["success"]
    for watts in range(5):
        says(house, float(watts))
        await house.hass.async_block_till_done()
    assert [(await socket.receive_json())["event"]["number"] for _ in range(2)] == [4, 5]
    await socket.send_json({"id": 10, "type": "ping"})
    assert (await socket.receive_json())["type"] == "pong"


async def test_a_client_that_does_not_read_finds_no_queue(house: House, socket: Socket) -> None:
    """The real connection, over a network that swallows little."""
    await get(socket, "subscribe_live", interval=0)
    await socket.receive_json()
    reading = socket._conn.protocol  # type: ignore[union-attr]
    narrow(reading.transport, SO_RCVBUF)
    for connection in socket.client.server.handler.connections:
        narrow(connection.transport, SO_SNDBUF)
    reading.pause_reading()
    for watts in range(1500):
        says(house, float(watts))
        await house.hass.async_block_till_done()
    reading.resume_reading()
    told = await until_pong(socket)
    await tick(house.hass, 2 * LOOK_AGAIN)
    told += await until_pong(socket)
    assert told[-1]["panels"][0]["channels"]["main"]["power_w"] == 1499.0
    assert told[-1]["merged"] > 1000
    assert len(told) < 400


def narrow(transport: Any, buffer: int) -> None:
    """Let the operating system hold as little as it may."""
    transport.get_extra_info("socket").setsockopt(SOL_SOCKET, buffer, 2048)


async def until_pong(socket: Socket) -> list[Any]:
    """All events that are under way."""
    await socket.send_json_auto_id({"type": "ping"})
    events = []
    while (message := await socket.receive_json())["type"] != "pong":
        events.append(message["event"])
    return events


async def test_a_panel_that_falls_silent_is_told(house: House, hass_admin_user: MockUser) -> None:
    reader = Reader(house.hass, hass_admin_user, panels=frozenset({OTHER}))
    await tick(house.hass)
    house.entry.runtime_data.panels[OTHER].check_availability(NOON + 300)
    await tick(house.hass)
    assert [event["panels"][0]["online"] for event in reader.events] == [True, False]
    reader.stream()


async def test_a_subscription_outlives_a_reload_and_an_end_is_an_end(house: House, hass_admin_user: MockUser) -> None:
    reader = Reader(house.hass, hass_admin_user)
    await tick(house.hass)
    before: Hub = house.entry.runtime_data
    assert await house.hass.config_entries.async_reload(house.entry.entry_id)
    await subscribed(house.hass)
    assert house.entry.runtime_data is not before
    says(house, 4711.0)
    await tick(house.hass)
    assert 4711.0 in reader.powers()
    reader.stream()
    told = len(reader.events)
    says(house, 1.0)
    await tick(house.hass)
    assert len(reader.events) == told


async def test_no_connection_has_too_many_subscriptions(house: House, socket: Socket) -> None:
    for _ in range(16):
        await socket.send_json_auto_id({"type": "panel_meter/subscribe_live", "panels": [OTHER]})
    answers = [await socket.receive_json() for _ in range(32)]
    assert sum(each["type"] == "result" and each["success"] for each in answers) == 16
    assert "too many" in await refused(socket, "subscribe_live", "too_many_requests")
    await socket.send_json_auto_id({"type": "unsubscribe_events", "subscription": 1})
    assert (await socket.receive_json())["success"]
    assert (await ask(socket, "subscribe_live", panels=[OTHER]))["success"]

"""What comes in over MQTT when much comes at once."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count, pairwise

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import async_fire_mqtt_message

from custom_components.panel_meter import mqtt as adapter
from custom_components.panel_meter.core.codecs import Codec
from custom_components.panel_meter.core.codecs.native import NativeCodec

from .conftest import subscribed

CODEC = NativeCodec("panel_meter")
TOPIC = "panel_meter/1/apt-101/live"
#: Each message takes a second, and so many seconds may be taken at once.
AT_ONCE = 4


@dataclass
class Turns:
    """How often the event loop went round, and in which turn which message was handed over."""

    number: int = 0
    heard: list[int] = field(default_factory=list)
    turns: list[int] = field(default_factory=list)

    def receive(self, _codec: Codec, _topic: str, payload: bytes, _retained: bool, _now: float) -> None:
        self.heard.append(int(payload))
        self.turns.append(self.number)


@pytest.fixture
def _slow(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = count()
    monkeypatch.setattr(adapter, "perf_counter", lambda: float(next(seconds)))
    monkeypatch.setattr(adapter, "AT_ONCE", float(AT_ONCE))


def going_round(hass: HomeAssistant, turns: Turns) -> Callable[[], None]:
    """Count the turns of the event loop, some hundred of them."""

    def turn() -> None:
        turns.number += 1
        if turns.number < 200:
            hass.loop.call_soon(turn)

    return turn


async def some_turns() -> None:
    """Let the event loop go round, more often than is needed here."""
    for _ in range(100):
        await asyncio.sleep(0)


@pytest.mark.usefixtures("mqtt_mock", "_slow")
async def test_a_flood_of_messages_lets_everybody_else_have_their_turn(hass: HomeAssistant) -> None:
    turns = Turns()
    unsubscribe = await adapter.async_subscribe(hass, [CODEC], turns.receive)
    going_round(hass, turns)()
    for number in range(50):
        async_fire_mqtt_message(hass, TOPIC, str(number))
    assert turns.heard == list(range(AT_ONCE))
    await some_turns()
    assert turns.heard == list(range(50))
    assert max(turns.turns.count(each) for each in set(turns.turns)) == AT_ONCE
    assert all(later >= earlier for earlier, later in pairwise(turns.turns))
    unsubscribe()
    await subscribed(hass)


@pytest.mark.usefixtures("mqtt_mock", "_slow")
async def test_what_waits_is_limited(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sends faster than messages can be handed over has to wait, and the memory does not grow."""
    monkeypatch.setattr(adapter, "MOST_WAITING", 10)
    turns = Turns()
    unsubscribe = await adapter.async_subscribe(hass, [CODEC], turns.receive)
    for number in range(50):
        async_fire_mqtt_message(hass, TOPIC, str(number))
    assert turns.heard == list(range(40))
    await some_turns()
    assert turns.heard == list(range(50))
    unsubscribe()
    await subscribed(hass)


@pytest.mark.usefixtures("mqtt_mock", "_slow")
async def test_what_has_come_is_handed_over_although_the_subscription_ends(hass: HomeAssistant) -> None:
    turns = Turns()
    unsubscribe = await adapter.async_subscribe(hass, [CODEC], turns.receive)
    for number in range(10):
        async_fire_mqtt_message(hass, TOPIC, str(number))
    unsubscribe()
    await some_turns()
    assert turns.heard == list(range(10))
    await subscribed(hass)


@pytest.mark.usefixtures("mqtt_mock", "_slow")
async def test_a_message_that_fails_does_not_keep_the_others(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    turns = Turns()

    def receive(codec: Codec, topic: str, payload: bytes, retained: bool, now: float) -> None:
        turns.receive(codec, topic, payload, retained, now)
        if payload == b"2":
            raise RuntimeError("nobody expected this")

    unsubscribe = await adapter.async_subscribe(hass, [CODEC], receive)
    for number in range(10):
        async_fire_mqtt_message(hass, TOPIC, str(number))
    await some_turns()
    assert turns.heard == list(range(10))
    assert "nobody expected this" in caplog.text
    unsubscribe()
    await subscribed(hass)

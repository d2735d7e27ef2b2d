"""A Home Assistant with MQTT (faked at the socket) and Panel Meter."""

from collections.abc import AsyncIterator, Callable, Iterator
import json
import logging
from pathlib import Path
from typing import Any
from unittest.mock import patch

from homeassistant.components.mqtt import DATA_MQTT, DOMAIN as MQTT_DOMAIN
from homeassistant.core import CALLBACK_TYPE, HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_mqtt_message

from custom_components.panel_meter.const import CONF_BASE_TOPIC, CONF_HOST_ID, DOMAIN, SUBENTRY_PANEL
from tests.core.protocol import PANEL

HOST = "9e01c7d2"
BASE = f"panel_meter/1/{PANEL.id}"


@pytest.fixture(autouse=True)
def prepared_home(recorder_mock: object, enable_custom_integrations: None, hass: HomeAssistant, tmp_path: Path) -> None:
    """Panel Meter can be found, the recorder runs, and the ledger of each test lies in a folder of its own."""
    hass.config.config_dir = str(tmp_path)
    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)


def an_entry(*panels: tuple[str, str, str], options: dict[str, Any] | None = None) -> MockConfigEntry:
    """The hub with these panels: id, title and codec."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="Panel Meter",
        unique_id=DOMAIN,
        data={CONF_BASE_TOPIC: "panel_meter", CONF_HOST_ID: HOST},
        options=options or {},
        subentries_data=[
            {"data": {"codec": codec}, "subentry_type": SUBENTRY_PANEL, "title": title, "unique_id": panel_id}
            for panel_id, title, codec in panels
        ],
    )


@pytest.fixture(autouse=True)
def subscribed_at_once() -> Iterator[None]:
    """MQTT gathers subscriptions for a while, which leaves timers behind that a test has no reason to wait for."""
    client = "homeassistant.components.mqtt.client"

    def confirm(_hass: HomeAssistant, _topic: str, _qos: int, done: CALLBACK_TYPE) -> CALLBACK_TYPE:
        done()
        return lambda: None

    with (
        patch(f"{client}.INITIAL_SUBSCRIBE_COOLDOWN", 0.0),
        patch(f"{client}.SUBSCRIBE_COOLDOWN", 0.0),
        patch(f"{client}.UNSUBSCRIBE_COOLDOWN", 0.2),
        patch(f"{client}.MQTT._async_start_misc_periodic"),
        patch("homeassistant.components.mqtt.async_on_subscribe_done", confirm),
    ):
        yield


async def subscribed(hass: HomeAssistant) -> None:
    """Wait until MQTT has nothing left to subscribe to; it fails if it is unloaded in the middle of that."""
    await hass.async_block_till_done()
    debouncer = hass.data[DATA_MQTT].client._subscribe_debouncer
    # Whoever asks while it subscribes only makes it do so once more.
    for _ in range(3):
        await debouncer.async_execute()
        await hass.async_block_till_done()
        if debouncer._timer is None:
            return


async def unload_all(hass: HomeAssistant) -> None:
    """Unload Panel Meter and MQTT."""
    await subscribed(hass)
    for loaded in hass.config_entries.async_loaded_entries(DOMAIN):
        await hass.config_entries.async_unload(loaded.entry_id)
    await hass.data[DATA_MQTT].client._unsubscribe_debouncer.async_execute()
    for loaded in hass.config_entries.async_loaded_entries(MQTT_DOMAIN):
        await hass.config_entries.async_unload(loaded.entry_id)
    await hass.async_block_till_done()


@pytest.fixture
async def entry(hass: HomeAssistant, mqtt_mock: object) -> AsyncIterator[MockConfigEntry]:
    """A running hub with the apartment of the protocol's examples."""
    entry = an_entry((PANEL.id, "Apartment 101", "native"))
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await subscribed(hass)
    yield entry
    await unload_all(hass)


type Say = Callable[..., None]


@pytest.fixture
def say(hass: HomeAssistant) -> Say:
    """Publish a message of the board: ``say("live", payload)``."""

    def publish(kind: str, payload: bytes, *, retain: bool = False, base: str = BASE) -> None:
        async_fire_mqtt_message(hass, f"{base}/{kind}", payload, retain=retain)

    return publish


def acks(mqtt_mock: Any) -> list[dict[str, Any]]:
    """What the host acknowledged so far."""
    return [
        json.loads(call.args[1]) for call in mqtt_mock.async_publish.call_args_list if call.args[0] == f"{BASE}/ack"
    ]

"""MQTT in and out. Bytes of boards arrive here and in the set-up flow, and nowhere else."""

from collections.abc import Callable, Iterable
from time import time

from homeassistant.components import mqtt
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from .core.codecs import Codec

type Receiver = Callable[[Codec, str, bytes, bool, float], None]


async def async_subscribe(hass: HomeAssistant, codecs: Iterable[Codec], receive: Receiver) -> CALLBACK_TYPE:
    """Hand every message that a codec may understand to ``receive``: codec, topic, payload, retained, UTC seconds."""
    unsubscribes = [
        await mqtt.async_subscribe(hass, wanted.topic, _handler(codec, receive), wanted.qos, encoding=None)
        for codec in codecs
        for wanted in codec.filters()
    ]

    @callback
    def unsubscribe() -> None:
        for each in unsubscribes:
            each()

    return unsubscribe


def _handler(codec: Codec, receive: Receiver) -> Callable[[mqtt.ReceiveMessage], None]:
    @callback
    def handle(message: mqtt.ReceiveMessage) -> None:
        # Subscriptions to the same filter share one copy of a message. Home Assistant's own look-out for announcements
        # takes text, so that this may be text although bytes were asked for.
        payload = message.payload.encode() if isinstance(message.payload, str) else bytes(message.payload)
        receive(codec, message.topic, payload, message.retain, time())

    return handle


async def async_publish(hass: HomeAssistant, topic: str, payload: bytes, *, retain: bool) -> None:
    """Publish at least once."""
    await mqtt.async_publish(hass, topic, payload, qos=1, retain=retain)

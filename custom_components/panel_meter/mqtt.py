"""MQTT in and out. Bytes of boards arrive here and in the set-up flow, and nowhere else."""

import asyncio
from collections.abc import Callable, Iterable
from time import time
from typing import Final

from homeassistant.components import mqtt
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from .core.codecs import Codec, TopicFilter

#: Seconds that a connected broker may take to confirm a subscription.
CONFIRMED_WITHIN: Final = 10.0

type Receiver = Callable[[Codec, str, bytes, bool, float], None]


async def async_subscribe(hass: HomeAssistant, codecs: Iterable[Codec], receive: Receiver) -> CALLBACK_TYPE:
    """Hand every message that a codec may understand to ``receive``: codec, topic, payload, retained, UTC seconds.

    Announcements, which are a codec's last filter, are heard last: whoever answers one hears what follows from it.
    """
    unsubscribes: list[CALLBACK_TYPE] = []

    @callback
    def unsubscribe() -> None:
        for each in unsubscribes:
            each()

    try:
        for codec in codecs:
            *others, announcements = codec.filters()
            for wanted in others:
                # One after the other, so that those before a failure are given up again.
                unsubscribes.append(await _subscribe(hass, codec, wanted, receive))  # noqa: PERF401
            if others:
                await _async_heard(hass, others[-1])
            unsubscribes.append(await _subscribe(hass, codec, announcements, receive))
    except BaseException:
        unsubscribe()
        raise
    return unsubscribe


async def _subscribe(hass: HomeAssistant, codec: Codec, wanted: TopicFilter, receive: Receiver) -> CALLBACK_TYPE:
    return await mqtt.async_subscribe(hass, wanted.topic, _handler(codec, receive), wanted.qos, encoding=None)


async def _async_heard(hass: HomeAssistant, wanted: TopicFilter) -> None:
    """Wait until the broker has confirmed a subscription, but not for a broker that is away."""
    confirmed = asyncio.Event()
    stop = mqtt.async_on_subscribe_done(hass, wanted.topic, wanted.qos, confirmed.set)
    try:
        async with asyncio.timeout(CONFIRMED_WITHIN):
            await confirmed.wait()
    except TimeoutError:
        pass
    finally:
        stop()


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

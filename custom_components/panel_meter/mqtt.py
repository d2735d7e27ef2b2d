"""MQTT in and out. Bytes of boards arrive here and in the set-up flow, and nowhere else."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from time import perf_counter, time
from typing import Final

from homeassistant.components import mqtt
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from .core.codecs import Codec, TopicFilter

#: Seconds that a connected broker may take to confirm a subscription.
CONFIRMED_WITHIN: Final = 10.0
#: Seconds for which messages may hold the event loop in one go. Home Assistant's client reads up to 500 messages at
#: once, and a street that comes back sends as many.
AT_ONCE: Final = 0.02
#: Messages that may wait for their turn; more of them make the client, and with it the broker, wait.
MOST_WAITING: Final = 2000

type Receiver = Callable[[Codec, str, bytes, bool, float], None]


async def async_subscribe(hass: HomeAssistant, codecs: Iterable[Codec], receive: Receiver) -> CALLBACK_TYPE:
    """Hand every message that a codec may understand to ``receive``: codec, topic, payload, retained, UTC seconds.

    Announcements, which are a codec's last filter, are heard last: whoever answers one hears what follows from it.
    """
    unsubscribes: list[CALLBACK_TYPE] = []
    inbox = _Inbox(hass.loop, receive)

    @callback
    def unsubscribe() -> None:
        for each in unsubscribes:
            each()

    try:
        for codec in codecs:
            *others, announcements = codec.filters()
            for wanted in others:
                # One after the other, so that those before a failure are given up again.
                unsubscribes.append(await _subscribe(hass, codec, wanted, inbox))  # noqa: PERF401
            if others:
                await _async_heard(hass, others[-1])
            unsubscribes.append(await _subscribe(hass, codec, announcements, inbox))
    except BaseException:
        unsubscribe()
        raise
    return unsubscribe


async def _subscribe(hass: HomeAssistant, codec: Codec, wanted: TopicFilter, inbox: _Inbox) -> CALLBACK_TYPE:
    return await mqtt.async_subscribe(hass, wanted.topic, _handler(codec, inbox), wanted.qos, encoding=None)


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


def _handler(codec: Codec, inbox: _Inbox) -> Callable[[mqtt.ReceiveMessage], None]:
    @callback
    def handle(message: mqtt.ReceiveMessage) -> None:
        # Subscriptions to the same filter share one copy of a message. Home Assistant's own look-out for announcements
        # takes text, so that this may be text although bytes were asked for.
        payload = message.payload.encode() if isinstance(message.payload, str) else bytes(message.payload)
        inbox.put((codec, message.topic, payload, message.retain, time()))

    return handle


type _Letter = tuple[Codec, str, bytes, bool, float]


class _Inbox:
    """Hands messages over in the order in which they come, at once if it can be.

    When they have held the event loop for long enough, the rest waits until everybody else had a turn. What waits is
    handed over even if the subscription ends meanwhile, because the broker does not send it again.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, receive: Receiver) -> None:
        self._loop = loop
        self._receive = receive
        self._waiting: deque[_Letter] = deque()
        #: How long messages have held the event loop since it last had its turn; None if they have not.
        self._held: float | None = None

    def put(self, letter: _Letter) -> None:
        """Take a message."""
        self._waiting.append(letter)
        if self._held is None:
            self._held = 0.0
            self._loop.call_soon(self._next_turn)
        if self._held < AT_ONCE or len(self._waiting) > MOST_WAITING:
            self._hand_over()

    def _next_turn(self) -> None:
        self._held = None
        if not self._waiting:
            return
        self._held = 0.0
        self._loop.call_soon(self._next_turn)
        while self._waiting and self._held < AT_ONCE:
            self._hand_over()

    def _hand_over(self) -> None:
        """Hand the oldest message over."""
        begin = perf_counter()
        try:
            self._receive(*self._waiting.popleft())
        finally:
            self._held = (self._held or 0.0) + perf_counter() - begin


async def async_publish(hass: HomeAssistant, topic: str, payload: bytes, *, retain: bool) -> None:
    """Publish at least once."""
    await mqtt.async_publish(hass, topic, payload, qos=1, retain=retain)

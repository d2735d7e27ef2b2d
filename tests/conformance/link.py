"""The kit's own connection to the broker: MQTT 3.1.1, a clean session, everything heard is kept in order."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
import itertools
import json
import os
import socket
import time
from typing import Any, Final, Self

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage, MQTTMessageInfo, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from .checks import Finding, Untestable

_PATIENCE: Final = 10.0
_numbers = itertools.count(1)

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Where the broker is, and who we are."""

    host: str = "127.0.0.1"
    port: int = 1883
    username: str | None = None
    password: str | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """One message as it arrived; ``at`` is of the monotonic clock."""

    at: float
    topic: str
    payload: bytes
    qos: int
    retained: bool

    @property
    def kind(self) -> str:
        """The last part of the topic."""
        return self.topic.rpartition("/")[2]

    @property
    def json(self) -> Json:
        """The object in it; Finding if there is none."""
        try:
            content = json.loads(self.payload)
        except ValueError as error:
            raise Finding(f"{self.kind} is no JSON ({error}): {self.payload[:80]!r}") from None
        if not isinstance(content, dict):
            raise Finding(f"{self.kind} is no JSON object: {self.payload[:80]!r}")
        return content


@dataclass(slots=True)
class Link:
    """One connection; use it as an async context manager."""

    broker: Broker
    client_id: str | None = None
    #: Called with each message as it arrives.
    on_heard: Callable[[Heard], None] | None = None
    heard: list[Heard] = field(default_factory=list)
    _client: Client | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _up: asyncio.Event = field(default_factory=asyncio.Event)
    _refusal: str | None = None
    _waiting: dict[int, asyncio.Future[None]] = field(default_factory=dict)
    _early: set[int] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        """Connect; Untestable if the broker does not want that."""
        self._loop = asyncio.get_running_loop()
        name = self.client_id or f"conformance-{os.getpid()}-{next(_numbers)}"
        client = Client(CallbackAPIVersion.VERSION2, name, protocol=MQTTv311, reconnect_on_failure=False)
        if self.broker.username is not None:
            client.username_pw_set(self.broker.username, self.broker.password)
        client.on_connect, client.on_message, client.on_subscribe = self._connected, self._message, self._subscribed
        client.on_publish = self._published
        client.on_socket_open = _send_at_once
        # paho holds back messages beyond twenty in flight.
        client.max_inflight_messages_set(1000)
        self._client = client
        try:
            await asyncio.to_thread(client.connect, self.broker.host, self.broker.port, 60)
        except OSError as error:
            raise Untestable(f"No broker answers at {self.broker.host}:{self.broker.port} ({error}).") from None
        client.loop_start()
        async with asyncio.timeout(_PATIENCE):
            await self._up.wait()
        if self._refusal is not None:
            raise Untestable(f"The broker refuses our connection: {self._refusal}.")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Disconnect in good order."""
        if self._client is not None:
            self._client.disconnect()
            await asyncio.to_thread(self._client.loop_stop)
            self._client = None

    # -- out ------------------------------------------------------------------------------------------------------

    async def subscribe(self, *topics: str) -> None:
        """Listen with quality of service 2, so that each message shows the one with which it was published."""
        assert self._client is not None
        _, number = self._client.subscribe([(topic, 2) for topic in topics])
        await self._confirmed(number or 0, "subscription")

    async def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Publish and wait until the broker has it."""
        info = self.publish_soon(topic, payload, qos=qos, retain=retain)
        if qos:
            await self._confirmed(info.mid, "message")

    def publish_soon(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> MQTTMessageInfo:
        """Publish and go on."""
        assert self._client is not None
        return self._client.publish(topic, payload, qos, retain)

    async def _confirmed(self, number: int, what: str) -> None:
        if number in self._early:
            self._early.discard(number)
            return
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(_PATIENCE):
                await future
        except TimeoutError:
            raise Untestable(f"The broker did not confirm our {what}.") from None

    # -- in -------------------------------------------------------------------------------------------------------

    @property
    def mark(self) -> int:
        """Where in ``heard`` the future begins."""
        return len(self.heard)

    async def find(self, fits: Callable[[Heard], bool], *, after: int, within: float) -> Heard | None:
        """The first message since a mark that fits; None if none comes within so many seconds."""
        place, end = after, time.monotonic() + within
        while True:
            while place < len(self.heard):
                if fits(self.heard[place]):
                    return self.heard[place]
                place += 1
            self._news.clear()
            try:
                async with asyncio.timeout(max(0.0, end - time.monotonic())):
                    await self._news.wait()
            except TimeoutError:
                return None

    # -- what paho calls, in its own thread -----------------------------------------------------------------------

    def _soon[*Arguments](self, what: Callable[[*Arguments], None], *arguments: *Arguments) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(what, *arguments)

    def _connected(self, _c: Client, _d: object, _f: ConnectFlags, reason: ReasonCode, _p: Properties | None) -> None:
        self._refusal = str(reason) if reason.is_failure else None
        self._soon(self._up.set)

    def _message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        heard = Heard(time.monotonic(), message.topic, bytes(message.payload), message.qos, message.retain)
        self._soon(self._take, heard)

    def _subscribed(self, _c: Client, _d: object, number: int, _r: list[ReasonCode], _p: Properties | None) -> None:
        self._soon(self._confirm, number)

    def _published(self, _c: Client, _d: object, number: int, _r: ReasonCode, _p: Properties | None) -> None:
        self._soon(self._confirm, number)

    def _take(self, heard: Heard) -> None:
        self.heard.append(heard)
        if self.on_heard is not None:
            self.on_heard(heard)
        self._news.set()

    def _confirm(self, number: int) -> None:
        future = self._waiting.pop(number, None)
        if future is None:
            self._early.add(number)
        elif not future.done():
            future.set_result(None)


def _send_at_once(_client: Client, _data: object, sock: Any) -> None:
    """Small messages wait for nobody: Nagle's algorithm would add 40 ms to each answer."""
    if isinstance(sock, socket.socket):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

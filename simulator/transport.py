"""MQTT connections, each with its own will, all on one selector: hundreds of boards need one thread."""

from collections.abc import Callable
from dataclasses import dataclass
import selectors
import socket
import time
from typing import Any, Final, Protocol

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from .messages import Message

_RETRY: Final = 1.0
_CONNECT_TIMEOUT: Final = 3.0
_KEEPALIVE: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Where the broker is and who we are."""

    host: str = "127.0.0.1"
    port: int = 1883
    username: str | None = None
    password: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """What a connection calls."""

    on_connect: Callable[[], None]
    on_disconnect: Callable[[], None]
    on_message: Callable[[str, bytes], None]
    #: The host does not take so many rows at once; MQTT has no way to say that.
    on_too_large: Callable[[], None] = lambda: None


class Connection(Protocol):
    """The way of a board to its host."""

    def open(self) -> None:
        """Connect as soon as possible, and again whenever the connection breaks."""

    def close(self, *, politely: bool) -> None:
        """Disconnect."""

    @property
    def up(self) -> bool:
        """Whether it is connected."""

    def publish(self, message: Message) -> None:
        """Send; lost when there is no connection."""


class Connections(Protocol):
    """Makes connections, and keeps them going in the thread that polls."""

    problem: str | None

    def connect(
        self, name: str, ends: Ends, *, will: Message | None = None, topics: tuple[str, ...] = ()
    ) -> Connection:
        """A connection that is not open yet."""

    def poll(self, timeout: float) -> None:
        """Handle what arrives within ``timeout`` seconds."""

    def close(self) -> None:
        """The end."""


class Link:
    """One connection. Every attempt uses a new client, so that nothing is remembered from the one before."""

    def __init__(
        self, hub: Links, client_id: str, ends: Ends, *, will: Message | None = None, topics: tuple[str, ...] = ()
    ) -> None:
        """Not connected yet; ``open`` wishes it to be."""
        self._hub, self._id, self._ends, self._will, self._topics = hub, client_id, ends, will, topics
        self._client: Client | None = None
        self._wanted = False
        self._up = False
        self.refusal: str | None = None

    def open(self) -> None:
        """Connect as soon as possible, and again whenever the connection breaks."""
        self._wanted = True

    def close(self, *, politely: bool) -> None:
        """Disconnect; impolitely means that the broker publishes the will."""
        self._wanted = False
        client = self._client
        if client is None:
            return
        if politely:
            client.disconnect()
            self._flush(client)
        self._let_go()

    @property
    def up(self) -> bool:
        """Whether the broker has accepted the connection."""
        return self._up

    @property
    def needs_attempt(self) -> bool:
        """Whether it should be connected and is not."""
        return self._wanted and self._client is None

    def publish(self, message: Message) -> None:
        """Send; lost when there is no connection."""
        if self._client is None or not self._up:
            return
        self._client.publish(message.topic, message.payload, message.qos, message.retain)
        self._hub.watch(self)

    def attempt(self) -> None:
        """Try to connect once; OSError if there is no broker."""
        broker = self._hub.broker
        client = Client(CallbackAPIVersion.VERSION2, client_id=self._id, protocol=MQTTv311, reconnect_on_failure=False)
        client.connect_timeout = _CONNECT_TIMEOUT
        if broker.username is not None:
            client.username_pw_set(broker.username, broker.password)
        if self._will:
            client.will_set(self._will.topic, self._will.payload, self._will.qos, self._will.retain)
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        client.connect(broker.host, broker.port, _KEEPALIVE)
        sock = client.socket()
        if isinstance(sock, socket.socket):
            # Small messages wait for nobody: with Nagle's algorithm every record would cost 40 ms.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._client = client
        self._hub.watch(self)

    @property
    def client(self) -> Client | None:
        """The client of the present connection."""
        return self._client

    def serve(self, events: int) -> None:
        """Read and write what the selector found."""
        client = self._client
        if client is None:
            return
        if events & selectors.EVENT_READ:
            client.loop_read()
            _acknowledge_quickly(client.socket())
        if self._client is client and client.want_write():
            client.loop_write()
        self._check(client)

    def tick(self) -> None:
        """Once a second: keep alive, notice a dead peer."""
        if self._client is not None:
            self._client.loop_misc()
            self._check(self._client)

    def _check(self, client: Client) -> None:
        if self._client is not client:
            return
        if client.socket() is None:
            self._let_go()
        else:
            self._hub.watch(self)

    def _let_go(self) -> None:
        client, self._client = self._client, None
        self._hub.forget(self)
        sock = client.socket() if client else None
        if sock is not None:
            sock.close()
        was_up, self._up = self._up, False
        if was_up:
            self._ends.on_disconnect()

    def _flush(self, client: Client) -> None:
        deadline = time.monotonic() + 1
        while client.socket() is not None and client.want_write() and time.monotonic() < deadline:
            client.loop_write()

    def _on_connect(
        self, client: Client, _data: Any, _flags: ConnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        if client is not self._client:
            return
        if reason.is_failure:
            self.refusal = f"The broker refuses the connection: {reason}."
            return
        self.refusal = None
        self._up = True
        if self._topics:
            client.subscribe([(topic, 1) for topic in self._topics])
        self._ends.on_connect()

    def _on_message(self, client: Client, _data: Any, message: MQTTMessage) -> None:
        if client is self._client:
            self._ends.on_message(message.topic, bytes(message.payload))


def _acknowledge_quickly(sock: object) -> None:
    """A broker that keeps Nagle's algorithm waits for the TCP acknowledgement, which Linux delays by 40 ms."""
    if isinstance(sock, socket.socket) and hasattr(socket, "TCP_QUICKACK"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


class Links:
    """All connections of this process."""

    def __init__(self, broker: Broker) -> None:
        """No connections yet."""
        self.broker = broker
        self.links: list[Link] = []
        self.problem: str | None = None
        self._selector = selectors.DefaultSelector()
        self._sockets: dict[Link, Any] = {}
        self._next_attempt = self._next_tick = 0.0

    def connect(self, name: str, ends: Ends, *, will: Message | None = None, topics: tuple[str, ...] = ()) -> Link:
        """Take care of one more connection."""
        link = Link(self, name, ends, will=will, topics=topics)
        self.links.append(link)
        return link

    def watch(self, link: Link) -> None:
        """Wait for the right events of its socket."""
        client = link.client
        sock = client.socket() if client else None
        known = self._sockets.get(link)
        if sock is None or client is None:
            self.forget(link)
            return
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if client.want_write() else 0)
        if known is None or known is not sock:
            self.forget(link)
            self._selector.register(sock, events, link)
            self._sockets[link] = sock
        elif self._selector.get_key(sock).events != events:
            self._selector.modify(sock, events, link)

    def forget(self, link: Link) -> None:
        """Stop waiting for its socket."""
        sock = self._sockets.pop(link, None)
        if sock is not None:
            try:
                self._selector.unregister(sock)
            except KeyError, ValueError:
                # paho has closed the socket already; epoll then forgot it by itself.
                self._unregister_closed(link)

    def _unregister_closed(self, link: Link) -> None:
        for key in list(self._selector.get_map().values()):
            if key.data is link:
                self._selector.unregister(key.fileobj)

    def poll(self, timeout: float) -> None:
        """Handle what arrives within ``timeout`` seconds, connect what is not connected."""
        now = time.monotonic()
        if now >= self._next_attempt:
            self._attempt(now)
        if now >= self._next_tick:
            self._next_tick = now + 1
            for link in self.links:
                link.tick()
        for key, events in self._selector.select(timeout):
            key.data.serve(events)

    def close(self) -> None:
        """Give the selector back."""
        self._selector.close()

    def _attempt(self, now: float) -> None:
        for link in self.links:
            if not link.needs_attempt:
                continue
            try:
                link.attempt()
                self.problem = None
            except OSError as error:
                # Where one connection fails, the others would fail too: wait once for all.
                self.problem = f"No broker answers at {self.broker.host}:{self.broker.port} ({error})."
                self._next_attempt = now + _RETRY
                return
        refused = next((link.refusal for link in self.links if link.refusal), None)
        if refused:
            self.problem = refused
            self._next_attempt = now + _RETRY

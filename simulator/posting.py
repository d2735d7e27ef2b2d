"""The same contract over HTTP (protocol section 6): every board posts, and finds what it is told in the answers."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
import json
import queue
import time
from typing import Final
from urllib.parse import urlsplit

from .messages import JsonObject, Message, encode
from .transport import Ends

_PARTS: Final = ("info", "live", "record")
#: Seconds until nobody is expected to answer any more, between two attempts, and between them at most.
_PATIENCE: Final = 20.0
_RETRY: Final = 1.0
_LONGEST_RETRY: Final = 60.0
#: An answer longer than this is none of ours.
_LONGEST_ANSWER: Final = 65_536
_AT_ONCE: Final = 8
_ASKS_FOR_INFO: Final = ("no_info", "unknown_journal")


class AddressError(ValueError):
    """An address that nobody can post to; its text is a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where boards post, and the token that they show."""

    url: str
    token: str
    #: Whether several boards share the token, so that each post has to say whose it is.
    shared: bool = False


@dataclass(frozen=True, slots=True)
class _Reply:
    """What came back; status 0: nothing."""

    status: int
    content: JsonObject
    retry_after: float = 0.0
    failure: str = ""


class PostLink:
    """The way of one board to the host. It counts as connected until a post fails."""

    def __init__(self, links: PostLinks, ends: Ends, topics: tuple[str, ...]) -> None:
        """Not open yet."""
        self._links, self._ends = links, ends
        self._ack, self._command = (
            next(topic for topic in topics if topic.endswith(f"/{kind}")) for kind in ("ack", "command")
        )
        self._wanted = self._up = False
        #: Posts that were on their way when the connection was closed are of an earlier one.
        self._connection = 0
        self._busy = False
        self._waiting: dict[str, bytes] = {}
        #: The parts of the post that is on its way.
        self._sent: dict[str, bytes] = {}
        self._responses: deque[bytes] = deque()
        self._info: bytes | None = None
        self._not_before = 0.0
        self._retry = _RETRY
        self.refusal: str | None = None

    def open(self) -> None:
        """Post as soon as there is something to say."""
        self._wanted = True

    def close(self, *, politely: bool) -> None:
        """Say nothing more; what was not answered counts as not said."""
        self._wanted = False
        self._let_go()

    @property
    def up(self) -> bool:
        """Whether the last post was answered, or none was made yet."""
        return self._up

    def publish(self, message: Message) -> None:
        """Say it with the next post; of the same kind the newest counts. Lost while the link is down."""
        if not self._up:
            return
        if message.kind == "response":
            self._responses.append(message.payload)
        elif message.kind in _PARTS:
            self._waiting[message.kind] = message.payload
            if message.kind == "info":
                self._info = message.payload

    def tick(self, now: float) -> None:
        """Connect if it is time for that, and post what waits."""
        if not self._wanted or self.refusal is not None or now < self._not_before:
            return
        if not self._up:
            self._up = True
            self._ends.on_connect()
        if not self._busy and (self._waiting or self._responses):
            self._busy = True
            self._links.send(self, self._connection, self._body())

    def _body(self) -> bytes:
        parts, self._waiting = self._waiting, {}
        if self._links.door.shared and self._info is not None:
            parts.setdefault("info", self._info)
        if self._responses:
            parts["response"] = self._responses.popleft()
        self._sent = parts
        return b"{" + b",".join(encode(part) + b":" + payload for part, payload in parts.items()) + b"}"

    def answered(self, connection: int, reply: _Reply, now: float) -> None:
        """A post came back, or did not."""
        self._busy = False
        if connection != self._connection:
            return
        if reply.status in (HTTPStatus.OK, HTTPStatus.ACCEPTED):
            self._retry = _RETRY
            self._told(reply.content)
        elif reply.status == HTTPStatus.UNAUTHORIZED:
            self.refusal = "The host does not accept the token."
            self._let_go()
        elif reply.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            self._again()
            self._ends.on_too_large()
        elif reply.content.get("reason") in _ASKS_FOR_INFO:
            # A new connection begins with the announcement.
            self._let_go()
        elif reply.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY):
            # What was said is lost; records are kept, and sent again in time.
            self._links.problem = f"The host cannot use a post ({reply.content.get('detail')})."
        else:
            self._back_off(reply, now)

    def _told(self, content: JsonObject) -> None:
        self._links.problem = None
        if isinstance(content.get("ack"), dict):
            self._ends.on_message(self._ack, encode(content["ack"]))
        commands = content.get("commands")
        for command in commands if isinstance(commands, list) else []:
            self._ends.on_message(self._command, encode(command))

    def _again(self) -> None:
        """Say what was in a refused post beside the record: nothing of it was taken."""
        if (response := self._sent.pop("response", None)) is not None:
            self._responses.appendleft(response)
        self._sent.pop("record", None)
        self._waiting = {**self._sent, **self._waiting}

    def _back_off(self, reply: _Reply, now: float) -> None:
        self._links.problem = reply.failure or f"The host answers {reply.status} ({reply.content.get('detail')})."
        self._not_before = now + max(self._retry, reply.retry_after)
        self._retry = min(2 * self._retry, _LONGEST_RETRY)
        self._let_go()

    def _let_go(self) -> None:
        self._connection += 1
        self._waiting.clear()
        self._responses.clear()
        was_up, self._up = self._up, False
        if was_up:
            self._ends.on_disconnect()


class PostLinks:
    """The ways of all boards of this process to one host; what they wait for happens in a few threads."""

    def __init__(self, door: Door) -> None:
        """Nobody has posted yet. AddressError if the address is none."""
        address = urlsplit(door.url)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise AddressError("The address to post to must begin with http:// or https://.")
        self.door = door
        self._address = address
        self._links: list[PostLink] = []
        self._failure: str | None = None
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="post")
        self._done: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    def connect(self, _name: str, ends: Ends, *, will: Message | None = None, topics: tuple[str, ...] = ()) -> PostLink:
        """A way for one board. There is no will: a host that hears nothing draws its own conclusions."""
        del will
        link = PostLink(self, ends, topics)
        self._links.append(link)
        return link

    @property
    def problem(self) -> str | None:
        """What is wrong at the moment, as a sentence."""
        return next((link.refusal for link in self._links if link.refusal), self._failure)

    @problem.setter
    def problem(self, sentence: str | None) -> None:
        self._failure = sentence

    def send(self, link: PostLink, connection: int, body: bytes) -> None:
        """Post; the link hears what came back in the thread that polls."""

        def work() -> None:
            reply = self._post(body)
            self._done.put(lambda: link.answered(connection, reply, time.monotonic()))

        self._pool.submit(work)

    def poll(self, timeout: float) -> None:
        """Post what waits, and handle what comes back within ``timeout`` seconds."""
        self._tick()
        try:
            self._done.get(timeout=timeout)()
            while True:
                self._done.get_nowait()()
        except queue.Empty:
            pass
        self._tick()

    def close(self) -> None:
        """Wait for what is on its way, and no longer than for that."""
        self._pool.shutdown(cancel_futures=True)

    def _tick(self) -> None:
        now = time.monotonic()
        for link in self._links:
            link.tick(now)

    def _post(self, body: bytes) -> _Reply:
        kind = HTTPSConnection if self._address.scheme == "https" else HTTPConnection
        host = kind(self._address.hostname or "", self._address.port, timeout=_PATIENCE)
        headers = {"Authorization": f"Bearer {self.door.token}", "Content-Type": "application/json"}
        path = self._address.path or "/"
        try:
            host.request("POST", f"{path}?{self._address.query}" if self._address.query else path, body, headers)
            answer = host.getresponse()
            text = answer.read(_LONGEST_ANSWER)
            return _Reply(answer.status, _content(text), _seconds(answer.getheader("Retry-After")))
        except (OSError, HTTPException) as error:
            return _Reply(0, {}, failure=f"No host answers at {self.door.url} ({error}).")
        finally:
            host.close()


def _content(text: bytes) -> JsonObject:
    try:
        found = json.loads(text)
    except ValueError, RecursionError:
        return {}
    return found if isinstance(found, dict) else {}


def _seconds(text: str | None) -> float:
    return min(float(text), 3600.0) if text is not None and text.isdecimal() else 0.0

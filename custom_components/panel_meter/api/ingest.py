"""What devices post: the protocol over HTTP (protocol section 6), and the JSON of devices without a journal."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from time import time
from typing import Final

from aiohttp import web
from homeassistant.core import HomeAssistant
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView
import orjson

from ..core.codecs import Message
from ..core.codecs.native import MAX_ROWS, decode_part
from ..core.codecs.parsing import JsonObject, Rejected, RejectReason, as_object
from ..core.codecs.posted import NAME as POSTED, decode
from ..core.model import Info, Reading, Record, Response, Sample
from ..hub import Hub
from ..intake import JournalIntake
from .limits import MAX_READINGS, check_way, limits_of, read_body
from .problem import Problem, answers_problems, forbidden, invalid, too_large, unavailable, unusable
from .sources import Source, loaded, source_of
from .tokens import Tokens

PATH: Final = "/api/panel_meter/v1/ingest"
#: Seconds that a board waits for its records to be on disk; after that it is told to come again.
DURABLE_WITHIN: Final = 15.0
#: The parts of a body in the protocol's form, in the order in which they are taken.
PARTS: Final = ("info", "record", "live", "response")

_SENTENCES: Final[dict[RejectReason, str]] = {
    RejectReason.NOT_JSON: "The body is not JSON.",
    RejectReason.NOT_OBJECT: "The body is neither a JSON object nor a list of them.",
    RejectReason.MISSING_KEY: "Something that is needed is missing: {detail}.",
    RejectReason.WRONG_TYPE: "A value is of the wrong kind: {detail}.",
    RejectReason.OUT_OF_RANGE: "A value is not possible: {detail}.",
    RejectReason.NAME: "A name has characters that a name must not have, or is too long: {detail}.",
    RejectReason.NO_INFO: "The panel has not told what it measures. Send 'info' first.",
    RejectReason.UNKNOWN_JOURNAL: "The journal is not known. Send 'info', or 'registers' with the records.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post that may be heard: of whom, and when it came (UTC seconds)."""

    hub: Hub
    tokens: Tokens
    source: Source
    now: float

    def allow(self, panel_id: str) -> None:
        """Problem 403 unless the source may speak for a panel; the first one that it speaks for becomes its own."""
        owner = self.tokens.owner(panel_id)
        record = self.tokens.get(self.source.id)
        own = record.panel if record is not None else None
        if (owner is not None and owner != self.source.id) or (not self.source.gateway and own not in (None, panel_id)):
            raise forbidden("This token belongs to another panel.")

    def claim(self, panel_id: str) -> None:
        """From now on the source speaks for this panel, unless it speaks for several."""
        if not self.source.gateway:
            self.tokens.bind(self.source.id, panel_id)

    @property
    def own_panel(self) -> str | None:
        """The panel that the source speaks for, as far as that is known."""
        record = self.tokens.get(self.source.id)
        return None if record is None or self.source.gateway else record.panel


class IngestView(HomeAssistantView):
    """Where devices post."""

    url = PATH
    name = "api:panel_meter:v1:ingest"
    #: Devices have tokens of their own, which open nothing else of Home Assistant.
    requires_auth = False
    cors_allowed = False

    @answers_problems
    async def post(self, request: web.Request) -> web.StreamResponse:
        """Take what a device says and tell it what is on disk, what it should do, and the time."""
        return await async_post(request)


async def async_post(request: web.Request) -> web.Response:
    """Take a post that shows a token."""
    hass = request.app[KEY_HASS]
    post = authorized(hass, request)
    return await async_take(post, await read_body(request))


def authorized(hass: HomeAssistant, request: web.Request) -> Post:
    """The post of a source that shows its token; Problem 401, 403, 429 or 503 otherwise."""
    limits, tick = limits_of(hass), hass.loop.time()
    limits.check_address(request, tick)
    entry, hub, tokens = loaded(hass)
    check_way(request, allow_plain=hub.options.allow_plain_http)
    now = time()
    token = tokens.verify(bearer(request), int(now))
    source = None if token is None else source_of(entry, token)
    if source is None:
        raise limits.stranger(request, tick)
    limits.check_caller(source.id, tick, gateway=source.gateway)
    tokens.used(source.id, int(now))
    return Post(hub=hub, tokens=tokens, source=source, now=now)


def bearer(request: web.Request) -> str:
    """The token that a request shows; empty if it shows none."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    return text.strip() if scheme.lower() == "bearer" else ""


async def async_take(post: Post, body: bytes) -> web.Response:
    """Take the body of a post and answer it. Problem 400, 403, 413, 422 or 503 if it cannot be used now."""
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise invalid(_SENTENCES[RejectReason.NOT_JSON]) from None
    try:
        if isinstance(content, dict) and _has_parts(content):
            return await _take_parts(post, content)
        return _take_samples(post, content)
    except Rejected as rejected:
        post.hub.reject(post.own_panel, rejected)
        raise refused(rejected) from None


def refused(rejected: Rejected) -> Problem:
    """What a sender is told of a message that cannot be used."""
    if rejected.reason is RejectReason.TOO_LARGE:
        return too_large("These are too many readings at once. Send fewer.")
    sentence = _SENTENCES.get(rejected.reason, "The message cannot be used: {detail}.")
    return unusable(sentence.format(detail=rejected.detail or rejected.reason), str(rejected.reason))


# --- the protocol ---


def _has_parts(content: JsonObject) -> bool:
    """Whether a body has the protocol's form; a device may use one of its words for something else."""
    return any(isinstance(content.get(part), dict) for part in PARTS) or (bool(content) and set(content) <= set(PARTS))


async def _take_parts(post: Post, content: JsonObject) -> web.Response:
    """Take the parts of a message of the protocol: all of them can be read, or none is taken."""
    parts = {part: as_object(content[part], part) for part in PARTS if content.get(part) is not None}
    panel_id = _panel_of(post, parts)
    readings = {part: _decoded(panel_id, part, source) for part, source in parts.items()}
    if isinstance(record := readings.get("record"), Record) and len(record.rows) > min(MAX_READINGS, MAX_ROWS):
        raise Rejected(RejectReason.TOO_LARGE)
    post.allow(panel_id)
    post.claim(panel_id)
    post.hub.posts.came(panel_id)
    known = True
    for part, reading in readings.items():
        if isinstance(reading, Response):
            post.hub.posts.answered(panel_id, reading.id)
        topic = f"{post.hub.base}/1/{panel_id}/{part}"
        known = post.hub.take(Message(panel_id, (reading,)), topic, orjson.dumps(parts[part]), post.now) and known
    if known and "record" in readings:
        await _on_disk(post.hub)
    return _answer(post, panel_id, readings, known=known)


def _panel_of(post: Post, parts: dict[str, JsonObject]) -> str:
    told = parts.get("info", {}).get("id", post.own_panel)
    if told is None:
        raise Rejected(RejectReason.NO_INFO)
    if not isinstance(told, str):
        raise Rejected(RejectReason.WRONG_TYPE, "id")
    return told


def _decoded(panel_id: str, part: str, source: JsonObject) -> Reading:
    return decode_part(panel_id, part, lambda: source)


async def _on_disk(hub: Hub) -> None:
    """Wait until all that was said is on disk."""
    try:
        async with asyncio.timeout(DURABLE_WITHIN):
            await hub.writer.run(_nothing)
    except TimeoutError, RuntimeError:
        raise unavailable("The records could not be saved at the moment. Keep them and send them again.") from None


def _nothing() -> None:
    pass


def _answer(post: Post, panel_id: str, readings: dict[str, Reading], *, known: bool) -> web.Response:
    intake = post.hub.intake(panel_id)
    journal = _journal(post.hub, panel_id, readings)
    acknowledged = None
    if isinstance(intake, JournalIntake) and journal is not None:
        acknowledged = intake.acknowledgement(journal)
    content = {
        "ack": acknowledged,
        "commands": post.hub.posts.commands(panel_id) if known else [],
        "time": int(time()),
    }
    return _json(content, known=known)


def _journal(hub: Hub, panel_id: str, readings: dict[str, Reading]) -> str | None:
    """The journal that a post is about."""
    record, info = readings.get("record"), readings.get("info")
    if isinstance(record, Record):
        return record.journal
    if isinstance(info, Info):
        return info.panel.journal
    panel = hub.panels.get(panel_id)
    return panel.announced.journal if panel is not None and panel.announced is not None else None


# --- devices without a journal ---


def _take_samples(post: Post, content: object) -> web.Response:
    own = post.own_panel
    if isinstance(content, list) and len(content) > MAX_READINGS:
        raise Rejected(RejectReason.TOO_LARGE)
    device = own.removeprefix(f"{POSTED}:") if own is not None and own.startswith(f"{POSTED}:") else post.source.id
    samples = decode(content, post.source.fields, MAX_READINGS, (device, post.source.name))
    panels = {sample.panel.id for sample in samples}
    for panel_id in panels:
        post.allow(panel_id)
    if len(panels) > 1 and not post.source.gateway:
        raise forbidden("This token speaks for one panel only. Let it speak for several in the settings of the source.")
    for panel_id in panels:
        post.claim(panel_id)
    taken = sum(_take_sample(post, sample) for sample in samples)
    answer: dict[str, object] = {"accepted": taken, "waiting": len(samples) - taken, "time": int(time())}
    if any(sample.apparent for sample in samples):
        answer["apparent"] = True
    return _json(answer, known=taken > 0)


def _take_sample(post: Post, sample: Sample) -> bool:
    values = {
        "device": sample.panel.id.removeprefix(f"{POSTED}:"),
        "power": sample.power,
        "energy_mwh": sample.energy,
        "voltage": sample.voltage,
        "current": sample.current,
        "temperature": sample.temperature,
        "time": sample.time,
    }
    said = orjson.dumps({key: value for key, value in values.items() if value is not None})
    return post.hub.take(Message(sample.panel.id, (sample,)), "http", said, post.now)


def _json(content: Mapping[str, object], *, known: bool) -> web.Response:
    """202 tells that the panel waits for its owner's consent, and that nothing was counted."""
    return web.Response(
        body=orjson.dumps(content),
        status=200 if known else 202,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )

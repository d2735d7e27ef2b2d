"""Stands between a board that posts and Home Assistant, changes nothing, and remembers what both said."""

from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from demo.process import LOOPBACK

PATH = "/api/panel_meter/v1/ingest"

type Row = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One post and its answer."""

    post: dict[str, Any]
    status: int
    answer: dict[str, Any]


@dataclass(slots=True)
class Middleman:
    """Passes posts on to ``url``; while nobody is there, the connection of the board breaks, as it would without us."""

    url: str
    exchanges: list[Exchange] = field(default_factory=list)
    #: Posts that nobody answered.
    lost: list[dict[str, Any]] = field(default_factory=list)
    _runner: web.AppRunner | None = None

    async def start(self) -> str:
        """Listen; returns the address for the board."""
        app = web.Application()
        app.router.add_post(PATH, self._pass_on)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK, 0).start()
        return f"http://{LOOPBACK}:{self._runner.addresses[0][1]}{PATH}"

    async def stop(self) -> None:
        """Listen no more."""
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def journal(self) -> str:
        """The journal of the newest announcement; empty before the first."""
        return next((str(each["info"]["journal"]) for each in reversed(self._posts) if "info" in each), "")

    @property
    def rows(self) -> dict[int, Row]:
        """Every row of the present journal that the board has posted, by number; the same number says the same."""
        found: dict[int, Row] = {}
        for post in self._posts:
            record = post.get("record", {})
            for row in record.get("records", []) if record.get("journal") == self.journal else []:
                assert found.setdefault(row[0], tuple(row)) == tuple(row), f"record {row[0]} has changed"
        return found

    @property
    def acknowledged(self) -> int:
        """The highest number of the present journal that was acknowledged to the board."""
        acks = (each.answer.get("ack") for each in self.exchanges)
        return max((ack["seq"] for ack in acks if ack and ack["journal"] == self.journal), default=0)

    @property
    def commands(self) -> list[dict[str, Any]]:
        """All commands in the answers; one may be repeated."""
        return [command for each in self.exchanges for command in each.answer.get("commands", [])]

    @property
    def responses(self) -> list[dict[str, Any]]:
        """What the board answered to commands."""
        return [post["response"] for post in self._posts if "response" in post]

    @property
    def _posts(self) -> list[dict[str, Any]]:
        return [each.post for each in self.exchanges] + self.lost

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        post = await request.json()
        headers = {name: request.headers[name] for name in ("Authorization", "Content-Type")}
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.post(self.url + PATH, data=body, headers=headers) as answer,
            ):
                content = await answer.read()
                # While Home Assistant starts, it has no such address yet and says so in words.
                said: dict[str, Any] = (
                    await answer.json(content_type=None) if answer.content_type.endswith("json") else {}
                )
        except aiohttp.ClientError:
            self.lost.append(post)
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=502)
        self.exchanges.append(Exchange(post=post, status=answer.status, answer=said))
        kept = {name: answer.headers[name] for name in ("Content-Type", "Retry-After") if name in answer.headers}
        return web.Response(status=answer.status, body=content, headers=kept)

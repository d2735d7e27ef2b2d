"""The real component under the real ESPHome, on this computer: it passes the conformance kit, power cuts included.

ESPHome's host platform compiles it with g++, which takes some minutes the first time. The loads are made up, and time
passes faster; MQTT is the small client of tests/firmware/board, because ESPHome has none on this platform.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
import tempfile
import time
from typing import Any

from aiohttp import web
import pytest

from demo.broker import Broker as LocalBroker
from tests.conformance.board import BOARD
from tests.conformance.board.bench import BoardSubject, Workshop
from tests.conformance.checks import Need
from tests.conformance.link import Broker, Heard, Link
from tests.conformance.runner import Outcome, Verdict, run as run_checks

from .esphome_tool import needs_esphome
from .host_board import SPEED, Boards, host_program, needs_compiler

BOARDS = 6

pytestmark = [pytest.mark.e2e, needs_esphome, needs_compiler]


@pytest.fixture(scope="module")
def program() -> Path:
    """The firmware as a program of this computer."""
    return host_program()


async def energies(program: Path, folder: Path, seconds: float) -> tuple[float, dict[str, int]]:
    """What the registers of a board gain in so many of its seconds, in mWh."""
    broker = LocalBroker(folder / "broker")
    await broker.start()
    boards = Boards(program=program, folder=folder, port=broker.port)
    try:
        await boards.start("host-1")
        async with Link(Broker(port=broker.port)) as link:
            await link.subscribe("panel_meter/1/host-1/#")
            await link.subscribe("DATA/PM/#")

            async def live_after(uptime: float) -> dict[str, Any]:
                def fits(heard: Heard) -> bool:
                    return heard.topic.endswith("/live") and heard.json["uptime"] >= uptime

                found = await link.find(fits, after=0, within=30 + uptime / SPEED)
                assert found is not None
                live: dict[str, Any] = found.json
                return live

            first = await live_after(20)
            last = await live_after(first["uptime"] + seconds)
            info = await link.find(lambda heard: heard.topic.endswith("/info"), after=0, within=1)
            assert info is not None
            older = await link.find(lambda heard: heard.topic == "DATA/PM/PANEL_1", after=0, within=60 / SPEED)
            assert older is not None
            assert older.json["power_kw"] == pytest.approx(2.3, rel=0.001)
            gained = [after - before for before, after in zip(first["energy"], last["energy"], strict=True)]
            return last["uptime"] - first["uptime"], dict(zip(info.json["registers"], gained, strict=True))
    finally:
        await boards.stop()
        await broker.stop()


@dataclass(slots=True)
class HttpHost:
    """A host that takes posts, stores records, and refuses what it does not know."""

    token: str
    fails: int = 0
    refused: int = 0
    posts: list[dict[str, Any]] = field(default_factory=list)
    rows: dict[int, list[int]] = field(default_factory=dict)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, fits: Callable[[], bool]) -> None:
        while not fits():
            self._news.clear()
            await self._news.wait()

    async def answer(self, request: web.Request) -> web.Response:
        self._news.set()
        return await self._judged(request)

    async def _judged(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            self.refused += 1
            return web.Response(status=401)
        if self.fails > 0:
            self.fails -= 1
            return web.Response(status=503)
        post = await request.json()
        self.posts.append(post)
        journal = self.posts[0]["info"]["journal"]
        for row in post.get("record", {}).get("records", []):
            self.rows[row[0]] = row
        commands = []
        if len(self.posts) == 3:
            commands.append({"id": "one", "boot": self.posts[0]["info"]["boot"], "op": "set_name", "name": "Renamed"})
        ack = {"host": "9e01c7d2", "journal": journal, "seq": max(self.rows, default=0)}
        return web.json_response({"ack": ack, "commands": commands, "time": int(time.time())})


async def posted(program: Path, folder: Path) -> None:
    host = HttpHost("a-token-of-this-board", fails=2)
    app = web.Application()
    app.router.add_post("/panel", host.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/panel"
    boards = Boards(program=program, folder=folder, port=0, http=(url, host.token))
    try:
        await boards.start("host-1")
        async with asyncio.timeout(60):
            await host.until(lambda: len(host.rows) >= 4 and any("response" in post for post in host.posts))
        assert host.fails == 0
        assert sorted(host.rows) == list(range(1, 1 + len(host.rows)))
        assert any(post.get("response") == {"id": "one", "ok": True} for post in host.posts)
        assert [post["info"]["name"] for post in host.posts if "info" in post][-1] == "Renamed"
        # A wrong token: one refusal, and then silence.
        await boards.power_off("host-1")
        boards.http = (url, "another-token")
        await boards.start("host-2")
        async with asyncio.timeout(30):
            await host.until(lambda: host.refused > 0)
        await asyncio.sleep(3)
        assert host.refused == 1
        await boards.power_off("host-2")
    finally:
        await boards.stop()
        await runner.cleanup()


async def conformance(program: Path, folder: Path) -> list[Outcome]:
    broker = LocalBroker(folder / "broker")
    await broker.start()
    boards = Boards(program=program, folder=folder, port=broker.port)
    names = tuple(f"host-{number}" for number in range(1, BOARDS + 1))
    try:
        for name in names:
            await boards.start(name)
        subject = BoardSubject(
            broker=Broker(port=broker.port),
            boards=names,
            speed=SPEED,
            now=boards.now,
            licence=True,
            power_cut=boards.power_cut,
            network_cut=boards.network_cut,
            wipe=boards.wipe,
        )
        async with Link(subject.broker) as link:
            await link.subscribe("panel_meter/1/+/status")
            for name in names:
                wanted = f"panel_meter/1/{name}/status"
                await link.find(lambda heard, wanted=wanted: heard.topic == wanted, after=0, within=30)
        # These boards have a clock; without one, the same journal is tested in test_journal.py.
        checks = [check for check in BOARD.checks if Need.CLOCKLESS not in check.needs]
        async with Workshop(subject) as workshop:
            return await run_checks(checks, workshop.lend)
    finally:
        await boards.stop()
        await broker.stop()


@pytest.mark.timeout(1800)
def test_the_registers_count_what_flows(program: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        passed, gained = asyncio.run(energies(program, Path(name), 600))
    hours = passed / 3600
    # The uptime is told in whole seconds.
    close = 0.005
    assert gained["main.import"] == pytest.approx(230 * 10 * hours * 1000, rel=close)
    assert gained["kitchen.import"] == pytest.approx(230 * 5 * 0.5 * hours * 1000, rel=close)
    # 6 s on, 14 s off, from an instant within a cycle.
    assert gained["heater.import"] == pytest.approx(230 * 8.7 * 0.3 * hours * 1000, rel=0.02)
    assert gained["spare.import"] == 0
    assert gained["main.export"] == 0


@pytest.mark.timeout(1800)
def test_the_board_posts_what_the_host_has_not_stored(program: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(posted(program, Path(name)))


@pytest.mark.timeout(1800)
def test_the_component_keeps_every_statement_of_the_protocol(program: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        outcomes = asyncio.run(conformance(program, Path(name)))
    wrong = [outcome for outcome in outcomes if outcome.verdict is not Verdict.PASS]
    assert not wrong, "\n".join(f"{outcome.statements}: {outcome.says} {outcome.detail}" for outcome in wrong)
    assert len(outcomes) > 30

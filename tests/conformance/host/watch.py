"""What a host shows and tells of a board: H5, H9."""

import asyncio
import json
import time

from ..checks import Finding, Need, expect
from .bench import FOREIGN_HOST, FakeBoard, HostBench
from .collection import HOST


async def _becomes(bench: HostBench, board: FakeBoard, *, wished: bool, within: float, because: str) -> None:
    end = time.monotonic() + within
    while time.monotonic() < end:
        if await bench.view.available(board.id) is wished:
            return
        await asyncio.sleep(0.3)
    raise Finding(because)


@HOST.check(
    "H5", "Silence of max(30 s, 3 live intervals) makes a panel unavailable; live revives it.", Need.VIEW, slow=True
)
async def silence(bench: HostBench) -> None:
    board = await bench.board()
    await board.live()
    await _becomes(bench, board, wished=True, within=15, because="A panel that speaks is not available.")
    last = time.monotonic()
    await board.live()
    await asyncio.sleep(25)
    expect(await bench.view.available(board.id), "The panel became unavailable before 30 s of silence.")
    await _becomes(bench, board, wished=False, within=20, because="After 45 s of silence the panel is still available.")
    expect(time.monotonic() - last >= 29, "The panel became unavailable before 30 s of silence.")
    await board.live(boot="0000abcd")
    await _becomes(bench, board, wished=True, within=15, because="A live message did not revive the panel.")


@HOST.check("H5", "The will makes a panel unavailable; a later live message of any boot revives it.", Need.VIEW)
async def will(bench: HostBench) -> None:
    board = await bench.board()
    await board.live()
    await _becomes(bench, board, wished=True, within=15, because="A panel that speaks is not available.")
    await board.say("status", b"offline")
    await _becomes(bench, board, wished=False, within=8, because="status offline did not make the panel unavailable.")
    await board.live(boot="0000abcd")
    await _becomes(bench, board, wished=True, within=8, because="A live message did not revive the panel.")


@HOST.check("H5", "A panel that comes back with retained online and no live message is not yet available.", Need.VIEW)
async def status_alone(bench: HostBench) -> None:
    board = await bench.board()
    await board.say("status", b"online")
    await asyncio.sleep(2)
    expect(await bench.view.available(board.id) is not True, "Nobody has heard this panel yet.")


@HOST.check("H9", "The user is told of a second host.", Need.VIEW)
async def second_host(bench: HostBench) -> None:
    board = await bench.board()
    foreign = {"host": FOREIGN_HOST, "journal": board.journal, "seq": 0}
    await board.link.publish(board.topic("ack"), json.dumps(foreign).encode(), retain=True)
    await bench.told(board, "second_host")


@HOST.check("H9", "The user is told of two boots that alternate.", Need.VIEW)
async def clone(bench: HostBench) -> None:
    board = await bench.board()
    for _ in range(3):
        for boot in (board.boot, "0000c10e"):
            await board.live(boot=boot)
    await bench.told(board, "clone")


@HOST.check("H9", "A boot that follows another one is no clone.", Need.VIEW)
async def no_clone(bench: HostBench) -> None:
    board = await bench.board()
    for boot in ("00000001", "00000002", "00000003"):
        await board.live(boot=boot)
    await asyncio.sleep(1)
    expect("clone" not in await bench.view.issues(board.id), "Three reboots were taken for two boards.")

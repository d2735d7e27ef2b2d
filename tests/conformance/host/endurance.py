"""What a host keeps through restarts, kills and backups: 1.3, H3, H4, H6, H8."""

import asyncio
import time

from ..checks import Need, expect
from ..link import Heard
from .bench import FakeBoard, HostBench
from .collection import HOST


def _acks(board: FakeBoard, after: int = 0) -> list[Heard]:
    heard = board.link.heard[after:]
    return [
        each for each in heard if each.kind == "ack" and each.json.get("journal") == board.journal and not each.retained
    ]


def _rising(acks: list[Heard]) -> list[float]:
    """When a row was acknowledged for the first time; a duplicate may be acknowledged at any time."""
    instants, highest = [], 0
    for each in acks:
        if each.json["seq"] > highest:
            highest = each.json["seq"]
            instants.append(each.at)
    return instants


async def _stream(board: FakeBoard, first: int, stop: asyncio.Event, pause: float) -> int:
    """Send row after row, whether or not they are acknowledged; returns the last."""
    seq = first
    while not stop.is_set():
        acknowledged = max((each.json["seq"] for each in _acks(board)), default=first - 1)
        await board.record(board.rows(acknowledged + 1, acknowledged + 2))
        seq = max(seq, acknowledged + 2)
        await asyncio.sleep(pause)
    return seq


@HOST.check("H4 H6", "After a restart each panel has its retained ack, and the total that was shown.", Need.RESTART)
async def restart(bench: HostBench) -> None:
    boards = [(await bench.board()).recent(2) for _ in range(2)]
    for board in boards:
        await board.accepted(1, 2)
        await board.live((2500, 700))
    if bench.subject.view is not None:
        await bench.shows(boards[0], "main.import", 2500)
    marks = [board.link.mark for board in boards]
    assert bench.subject.restart is not None
    await bench.subject.restart()
    for board, mark in zip(boards, marks, strict=True):
        await board.ack(2, after=mark, within=60)
        kept = await board.kept_ack()
        expect(kept is not None and kept.json["seq"] == 2, "The ack at the start is not retained.")
    if bench.subject.view is not None:
        await bench.shows(boards[0], "main.import", 2500, within=60)


@HOST.check(
    "H3 1.3", "After a kill in the middle of a stream the host knows every row that it has acknowledged.", Need.KILL
)
async def kill(bench: HostBench) -> None:
    board = (await bench.board()).recent(400)
    stop = asyncio.Event()
    stream = asyncio.create_task(_stream(board, 1, stop, 0.1))
    await board.link.find(
        lambda heard: heard.kind == "ack" and not heard.retained and heard.json["seq"] >= 8, after=0, within=30
    )
    assert bench.subject.kill is not None
    killing = asyncio.create_task(bench.subject.kill())
    await asyncio.sleep(0.5)
    stop.set()
    await stream
    promised = max(each.json["seq"] for each in _acks(board))
    expect(promised >= 8, "Nothing was acknowledged.")
    mark = board.link.mark
    await killing
    await board.link.find(lambda heard: heard.kind == "ack" and not heard.retained, after=mark, within=60)
    first = _acks(board, mark)
    expect(first, "After the kill the host published no ack.")
    known = first[0].json["seq"]
    expect(known >= promised, f"{promised} was acknowledged before the kill, but the host only knows {known}.")
    await board.insist(board.rows(known + 1, known + 1))
    if bench.subject.view is not None:
        await bench.shows(board, "main.import", 1000 * (known + 1), within=40)


@HOST.check("H8", "While a backup is made nothing is acknowledged; afterwards it is.", Need.BACKUP)
async def backup(bench: HostBench) -> None:
    board = await bench.board()
    await board.accepted(1, 2)
    stop = asyncio.Event()
    stream = asyncio.create_task(_stream(board, 3, stop, 0.05))
    await asyncio.sleep(2.5)
    before = time.monotonic()
    assert bench.subject.backup is not None
    await bench.subject.backup()
    lasted = time.monotonic() - before
    await asyncio.sleep(2.5)
    stop.set()
    last = await stream
    acks = _rising(_acks(board))
    during = [at for at in acks if before <= at <= before + lasted]
    pauses = [b - a for a, b in zip([before, *during], [*during, before + lasted], strict=True)]
    expect(max(pauses) >= 0.6 * lasted, f"Acks were published all through a backup of {lasted:.1f} s.")
    expect([at for at in acks if at > before + lasted - 1], "After the backup nothing is acknowledged.")
    await board.accepted(last + 1, last + 1, oldest=1)

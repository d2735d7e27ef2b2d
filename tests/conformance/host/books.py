"""What a host counts: H4, H6."""

from ..checks import Need
from .bench import HostBench
from .collection import HOST


@HOST.check("H4", "The first row of a journal that begins at 1 counts from 0.", Need.VIEW)
async def from_the_begin(bench: HostBench) -> None:
    board = (await bench.board()).recent(2)
    after = await board.record([board.row(1, 800, 200), board.row(2, 1900, 500)])
    await board.ack(2, after=after)
    await bench.shows(board, "main.import", 1900)


@HOST.check("H4", "The first row of a journal that begins later is the baseline and counts 0.", Need.VIEW)
async def baseline(bench: HostBench) -> None:
    board = (await bench.board()).recent(58)
    after = await board.record([board.row(57, 5_000_000, 1_000_000)], oldest=57)
    await board.ack(57, after=after)
    after = await board.record([board.row(58, 5_001_000, 1_000_300)], oldest=57)
    await board.ack(58, after=after)
    await bench.shows(board, "main.import", 1000)
    await bench.shows(board, "c1.import", 300)


@HOST.check("H6", "live moves the shown total between records; the record then says what is true.", Need.VIEW)
async def live_moves(bench: HostBench) -> None:
    board = (await bench.board()).recent(2)
    await board.accepted(1, 2)
    await board.live((2400, 700))
    await bench.shows(board, "main.import", 2400)
    await board.live((2200, 700))
    await bench.shows(board, "main.import", 2400, within=3)
    await board.accepted(3, 3)
    await bench.shows(board, "main.import", 3000)


@HOST.check("H6", "An implausible live.energy is ignored.", Need.VIEW)
async def implausible(bench: HostBench) -> None:
    board = (await bench.board()).recent(1)
    await board.accepted(1, 1)
    await board.live((1000 + 20_000_000, 400))
    await bench.shows(board, "c1.import", 400)
    await bench.shows(board, "main.import", 1000, within=3)

"""What a host does with records: 1.1, F3, F7 to F9, H2, H7."""

import asyncio

from ..checks import Need, expect
from .bench import HostBench
from .collection import HOST


@HOST.check("H2", "A duplicate is acknowledged again, with the watermark.")
async def duplicate(bench: HostBench) -> None:
    board = await bench.board()
    await board.accepted(1, 6)
    for again in (board.rows(1, 6), board.rows(2, 3)):
        after = await board.record(again)
        await board.ack(6, after=after)


@HOST.check("H2", "A message that holds old and new rows moves the watermark to its last row.")
async def overlap(bench: HostBench) -> None:
    board = await bench.board()
    await board.accepted(1, 4)
    after = await board.record(board.rows(3, 8))
    await board.ack(8, after=after)


@HOST.check("H2", "Rows behind a hole that the board still holds are ignored: the watermark is acknowledged.")
async def hole(bench: HostBench) -> None:
    board = await bench.board()
    await board.accepted(1, 3)
    after = await board.record(board.rows(6, 8), oldest=1)
    await board.ack(3, after=after)
    after = await board.record(board.rows(4, 8))
    await board.ack(8, after=after)


@HOST.check("H2", "A hole inside a message ends it.")
async def hole_inside(bench: HostBench) -> None:
    board = await bench.board()
    after = await board.record([*board.rows(1, 3), *board.rows(5, 6)])
    await board.ack(3, after=after)


@HOST.check("F8 H2", "If oldest lies beyond the watermark, the host goes on from there.")
async def gone(bench: HostBench) -> None:
    board = await bench.board()
    await board.accepted(1, 3)
    after = await board.record(board.rows(40, 42), oldest=40)
    await board.ack(42, after=after)


@HOST.check("H2 1.1", "Lost records cost no energy.", Need.VIEW)
async def gap_energy(bench: HostBench) -> None:
    board = (await bench.board()).recent(42)
    await board.accepted(1, 3)
    after = await board.record(board.rows(40, 42), oldest=40)
    await board.ack(42, after=after)
    await bench.shows(board, "main.import", 42_000)


@HOST.check("H2", "Other content under the same number is not taken, and the user is told.", Need.VIEW)
async def conflict(bench: HostBench) -> None:
    board = (await bench.board()).recent(3)
    await board.accepted(1, 3)
    after = await board.record([board.row(3, 999_000, 900)])
    await board.ack(3, after=after)
    await bench.told(board, "journal_conflict")
    await bench.shows(board, "main.import", 3000)


@HOST.check("F3", "A record of a former journal is taken, because it names its registers.")
async def former_journal(bench: HostBench) -> None:
    board = await bench.board()
    after = await board.record(board.rows(1, 2), journal="0000f00d", registers=["c1.import", "main.import"])
    await board.ack(2, after=after, journal="0000f00d")


@HOST.check("F3", "A record of an unknown journal without registers is not acknowledged.")
async def unknown_journal(bench: HostBench) -> None:
    board = await bench.board()
    after = await board.record(board.rows(1, 2), journal="0000f00d")
    await board.no_ack(after=after, because="Nobody knows what its numbers mean.")
    await board.accepted(1, 1)


@HOST.check("F3", "When a journal ends, what live showed beyond its last record is counted.", Need.VIEW)
async def journal_ends(bench: HostBench) -> None:
    board = (await bench.board()).recent(2)
    await board.accepted(1, 2)
    await board.live((2750, 700))
    await bench.shows(board, "main.import", 2750)
    board.journal = "0000feed"
    await board.announce()
    after = await board.record([board.row(1, 100, 10, flags=4, end=board.origin + 900)])
    await board.ack(1, after=after)
    await bench.shows(board, "main.import", 2850)


@HOST.check("F7 F9", "Rows of any duration and with any flags are taken, also with unknown ones.")
async def odd_rows(bench: HostBench) -> None:
    board = await bench.board()
    flags = (1, 2, 4, 8, 16, 32, 63, 64 + 32)
    rows = [board.row(seq, flags=flag, duration=300 - seq) for seq, flag in enumerate(flags, 1)]
    after = await board.record(rows)
    await board.ack(len(flags), after=after)


@HOST.check("F7", "After a row with flag 2 that stepped back the records go on.")
async def step_back(bench: HostBench) -> None:
    board = await bench.board()
    await board.accepted(1, 5)
    stepped = board.row(6, end=board.origin + 300, flags=2)
    after = await board.record([stepped])
    await board.ack(6, after=after)
    after = await board.record([board.row(7, end=board.origin + 600)])
    await board.ack(7, after=after)


@HOST.check("F4", "64 registers are taken, in the order in which info names them.")
async def many_registers(bench: HostBench) -> None:
    channels = [{"id": f"c{number}", "role": "circuit", "rating": 16} for number in range(32)]
    names = [f"c{number}.{way}" for number in range(32) for way in ("import", "export")]
    board = await bench.board(channels=channels, registers=names)
    after = await board.record([board.row(1, *range(100, 164))])
    await board.ack(1, after=after)
    after = await board.record([board.row(2, *range(100, 163))])
    await board.no_ack(after=after, because="A row lacks a register.")


@HOST.check("F5", "Energies beyond 32 and 53 bits: the first are taken, the second refused.")
async def large(bench: HostBench) -> None:
    board = await bench.board()
    big = 2**53 - 5000
    after = await board.record([board.row(900, big, big)], oldest=900)
    await board.ack(900, after=after)
    after = await board.record([board.row(901, 2**53, big)], oldest=900)
    await board.no_ack(after=after, because="Its energy is more than 2^53-1.")
    after = await board.record([board.row(901, big + 1000, big + 300)], oldest=900)
    await board.ack(901, after=after)


@HOST.check("F6", "live with nulls, without what is optional or with unknown keys is taken.", Need.VIEW)
async def sparse_live(bench: HostBench) -> None:
    board = await bench.board()
    await board.accepted(1, 1)
    await board.live(
        power=[None, 72.0], voltage=[None], current=[None, None], power_factor=None, frequency=None, new=[1]
    )
    expect(await _becomes(bench, board.id), "A live message with nulls was not taken.")


@HOST.check("F10", "Every role and phase is taken, and what info does not say is assumed.")
async def roles(bench: HostBench) -> None:
    channels = [
        {"id": "main", "role": "main", "phase": "L123", "rating": 63},
        {"id": "c1", "role": "circuit", "phase": "L1L2", "poles": 2, "slot": 3, "name": "Küche 🍳"},
        {"id": "pv", "role": "solar", "phase": "L2"},
        {"id": "b_1", "role": "battery", "phase": "L3"},
        {"id": "abcdefghij_12345", "role": "sub", "parent": "c1"},
    ]
    names = [
        "main.import",
        "main.export",
        "c1.import",
        "pv.export",
        "b_1.import",
        "b_1.export",
        "abcdefghij_12345.import",
    ]
    board = await bench.board(channels=channels, registers=names)
    after = await board.record([board.row(1, *([5] * len(names)))])
    await board.ack(1, after=after)


@HOST.check("H7", "Impossible rows are acknowledged, and block none behind them.")
async def impossible(bench: HostBench) -> None:
    board = await bench.board()
    await board.accepted(1, 2)
    rows = [
        board.row(3, end=board.origin + 600),
        board.row(4, end=board.origin + 10 * 86_400),
        board.row(5, 500, 100),
        board.row(6, 9_000_000_000, 1800),
        board.row(7),
    ]
    after = await board.record(rows)
    await board.ack(7, after=after)


@HOST.check("H7", "The next good row carries the energy of the rejected ones.", Need.VIEW)
async def impossible_energy(bench: HostBench) -> None:
    board = (await bench.board()).recent(5)
    await board.accepted(1, 2)
    after = await board.record([board.row(3, 9_000_000_000, 900), board.row(4, 500, 100), board.row(5)])
    await board.ack(5, after=after)
    await bench.shows(board, "main.import", 5000)
    await bench.shows(board, "c1.import", 1500)


async def _becomes(bench: HostBench, panel: str) -> bool:
    for _ in range(20):
        if await bench.view.available(panel):
            return True
        await asyncio.sleep(0.5)
    return False

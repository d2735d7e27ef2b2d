"""What a host answers, and how: 1.1 to 1.4, T5, T6, B6, H4, H9."""

import json

from ..checks import expect
from ..link import Heard
from .bench import FOREIGN_HOST, HEX, HostBench
from .collection import HOST


def _is_set_time(heard: Heard) -> bool:
    return heard.kind == "command" and heard.json.get("op") == "set_time"


@HOST.check("T5", "ack has QoS 1, at most 128 bytes, and names host, journal and seq.")
async def shape(bench: HostBench) -> None:
    board = await bench.board()
    after = await board.record(board.rows(1, 3))
    heard = await board.ack(3, after=after)
    expect(heard.qos == 1, f"ack is published with QoS {heard.qos}.")
    expect(len(heard.payload) <= 128, f"ack has {len(heard.payload)} bytes.")
    expect(HEX.fullmatch(str(heard.json.get("host"))), f"host is {heard.json.get('host')!r}.")


@HOST.check("1.4", "The broker keeps the ack, and nothing else of the host.")
async def retained(bench: HostBench) -> None:
    board = await bench.board()
    await board.accepted(1, 2)
    kept = await board.kept_ack()
    expect(kept is not None and kept.json.get("seq") == 2, f"The broker keeps {kept.payload if kept else None!r}.")


@HOST.check("1.3", "One ack covers all rows of a message, and those before.")
async def cumulative(bench: HostBench) -> None:
    board = await bench.board()
    await board.accepted(1, 5)
    after = await board.record(board.rows(6, 9))
    await board.ack(9, after=after)


@HOST.check("1.2", "Each journal has its own watermark.")
async def journals(bench: HostBench) -> None:
    board = await bench.board()
    await board.accepted(1, 4)
    old, board.journal = board.journal, "00c0ffee"
    after = board.link.mark
    await board.announce()
    await board.ack(0, after=after)
    await board.accepted(1, 2)
    after = await board.record([board.row(5)], journal=old, registers=["main.import", "c1.import"])
    await board.ack(5, after=after, journal=old)


@HOST.check("H4", "A new board, and a new journal of a known one, is answered with 0.")
async def unknown_journal(bench: HostBench) -> None:
    board = await bench.board()
    await board.accepted(1, 2)
    board.journal = "0000beef"
    after = board.link.mark
    await board.announce()
    await board.ack(0, after=after)


@HOST.check("H4", "info of a known journal is answered with its watermark.")
async def known_journal(bench: HostBench) -> None:
    board = await bench.board()
    await board.accepted(1, 7)
    after = board.link.mark
    await board.announce()
    await board.ack(7, after=after)


@HOST.check(
    "B6 T6", "A board without a clock is told the time: its uptime echoed, QoS 1, not retained, with id and boot."
)
async def time_is_told(bench: HostBench) -> None:
    board = await bench.board()
    after = await board.live((0, 0), time=0, uptime=777)
    heard = await board.link.find(_is_set_time, after=after, within=10)
    expect(heard is not None, "No command came.")
    assert heard is not None
    content = heard.json
    expect(content.get("uptime") == 777, f"The command is {content}.")
    expect(heard.qos == 1 and not heard.retained and len(heard.payload) <= 512, "It is not published as it should.")
    expect(content.get("boot") == board.boot and isinstance(content.get("id"), str), f"The command is {content}.")
    off = content.get("time", 0) - board.origin - 2 * 86_400
    expect(-5 <= off <= 3700, f"The time told is {content.get('time')}.")


@HOST.check("B6", "A board with a clock is not told the time.")
async def time_is_not_told(bench: HostBench) -> None:
    board = await bench.board()
    after = await board.live()
    heard = await board.link.find(_is_set_time, after=after, within=3)
    expect(heard is None, "It was told the time.")


@HOST.check("H9", "After an ack of another host nothing is acknowledged any more.")
async def second_host(bench: HostBench) -> None:
    board = await bench.board()
    await board.accepted(1, 2)
    foreign = {"host": FOREIGN_HOST, "journal": board.journal, "seq": 2}
    await board.link.publish(board.topic("ack"), json.dumps(foreign).encode(), retain=True)
    after = await board.record([board.row(3)])
    await board.no_ack(after=after, because="Two hosts acknowledge this board.")

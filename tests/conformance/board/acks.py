"""How a board sends and what it does with acknowledgements: 1.5, 3, T5, B4, B5."""

import json

from ..checks import Need, expect
from .bench import HOST, BoardBench
from .collection import BOARD

_ROWS = 12


@BOARD.check("1.5", "While nothing is acknowledged, no second record message is sent within 25 s.")
async def one_in_flight(bench: BoardBench) -> None:
    await bench.hold(_ROWS)
    await bench.no_record(after=bench.mark, within=20, because="A second record message came without any ack.")


@BOARD.check("B4", "The oldest unacknowledged rows are sent, in order and without a hole.")
async def oldest_first(bench: BoardBench) -> None:
    low = bench.newest - _ROWS
    held = await bench.hold(_ROWS)
    low = held.json["records"][0][0]
    seqs = [row[0] for row in held.json["records"]]
    expect(seqs == list(range(low, low + len(seqs))), f"The message holds the rows {seqs}.")


@BOARD.check("B4", "An ack that moves the watermark triggers the next send at once.")
async def next_at_once(bench: BoardBench) -> None:
    held = await bench.hold(_ROWS)
    last = held.json["records"][-1][0]
    after = bench.mark
    await bench.ack(last - 1 if last > held.json["records"][0][0] else last)
    following = await bench.hear("record", after=after, within=3, because="After an ack nothing more was sent.")
    first = following.json["records"][0][0]
    expect(first in (last, last + 1), f"After the ack came row {first}.")


@BOARD.check("B4", "An equal ack does nothing.")
async def equal(bench: BoardBench) -> None:
    held = await bench.hold(_ROWS)
    low = held.json["records"][0][0] - 1
    after = bench.mark
    for _ in range(4):
        await bench.ack(low)
    await bench.no_record(after=after, within=15, because="An ack that moved nothing made the board send again.")


@BOARD.check("B4", "The time-out is 30 s and doubles to 300 s.", slow=True)
async def timeouts(bench: BoardBench) -> None:
    held = await bench.hold(_ROWS)
    low = held.json["records"][0][0]
    slack = max(1.0, 0.35 * bench.subject.speed)
    for wished in (30, 60, 120, 240, 300, 300):
        after = bench.mark
        again = await bench.hear(
            "record", after=after, within=wished * 1.2, because=f"After {wished} s nothing was sent again."
        )
        gap = bench.elapsed(held, again)
        expect(wished * 0.9 - slack <= gap <= wished * 1.15 + slack, f"Instead of {wished} s it waited {gap:.1f} s.")
        expect(again.json["records"][0][0] == low, "Something else was sent again.")
        held = again


@BOARD.check("B4", "A reconnect expires the timer, once.")
async def reconnect(bench: BoardBench) -> None:
    held = await bench.hold(_ROWS)
    # The second time-out lasts 60 s: what comes soon after the reconnect comes because of it.
    await bench.hear("record", after=bench.mark, within=45)
    after = await bench.kick()
    await bench.back(after)
    again = await bench.hear("record", after=after, within=8, because="After the reconnect nothing was sent again.")
    expect(again.json["records"][0][0] == held.json["records"][0][0], "Something else was sent again.")
    mark = bench.link.heard.index(again) + 1
    await bench.no_record(after=mark, within=20, because="The reconnect expired the timer more than once.")


@BOARD.check(
    "B4", "homeassistant/status online, where a board listens to it, expires the timer within 10 s.", Need.ALONE
)
async def birth(bench: BoardBench) -> None:
    await bench.hold(_ROWS)
    first = await bench.hear("record", after=bench.mark, within=45)
    second = await bench.hear("record", after=bench.mark, within=80)
    after = bench.mark
    await bench.link.publish("homeassistant/status", b"online")
    again = await bench.find("record", after=after, within=12, grace=0.5)
    expect(bench.elapsed(first, second) > 30, "The time-outs do not double.")
    # A board may listen to it; if this one does, once is enough.
    if again is not None:
        mark = bench.link.heard.index(again) + 1
        await bench.no_record(after=mark, within=20, because="It was sent more than once.")


@BOARD.check("B5", "An ack with a lower seq is obeyed from the row behind it.")
async def lower(bench: BoardBench) -> None:
    await bench.need_rows(9)
    after, low = bench.mark, bench.newest - 8
    bench.acking = False
    await bench.ack(low)
    heard = await bench.hear("record", after=after, within=5, because="A lower ack was not obeyed.")
    expect(heard.json["records"][0][0] == low + 1, f"After ack {low} came row {heard.json['records'][0][0]}.")


@BOARD.check("B5", "An ack below the oldest row is obeyed from the oldest.")
async def below_the_oldest(bench: BoardBench) -> None:
    await bench.need_rows(2)
    after = bench.mark
    bench.acking = False
    await bench.ack(0)
    heard = await bench.hear("record", after=after, within=5, because="An ack of 0 was not obeyed.")
    expect(heard.json["records"][0][0] == heard.json["oldest"], "The first row sent is not the oldest.")


@BOARD.check("B5", "An ack above the newest row or for another journal is ignored.")
async def foolish(bench: BoardBench) -> None:
    held = await bench.hold(_ROWS)
    after = bench.mark
    await bench.ack(bench.newest + 10_000)
    await bench.ack(bench.newest, journal="00000000")
    await bench.no_record(after=after, within=15, because="The board believed an impossible ack.")
    # Nothing is acknowledged, so at the time-out the same rows must come again.
    again = await bench.hear("record", after=after, within=45, because="The board took an impossible ack for its rows.")
    expect(again.json["records"][0][0] == held.json["records"][0][0], "The watermark was not where it should be.")


@BOARD.check("3", "A broken ack changes nothing; unknown keys of an ack are ignored.")
async def broken(bench: BoardBench) -> None:
    held = await bench.hold(_ROWS)
    journal, seq, after = bench.journal, held.json["records"][0][0], bench.mark
    good = {"host": HOST, "journal": journal, "seq": seq}
    bad = [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        json.dumps({**good, "seq": str(seq)}).encode(),
        json.dumps({**good, "seq": -1}).encode(),
        json.dumps({**good, "seq": True}).encode(),
        json.dumps({"host": HOST, "seq": seq}).encode(),
        json.dumps({"host": HOST, "journal": journal}).encode(),
        b"[" * 400,
    ]
    for payload in bad:
        await bench.link.publish(bench.topic("ack"), payload)
    await bench.no_record(after=after, within=10, because="A broken ack moved the watermark.")
    await bench.link.publish(bench.topic("ack"), json.dumps({**good, "future": [1]}).encode())
    await bench.hear("record", after=after, within=3, because="An ack with an unknown key was not obeyed.")


@BOARD.check("T5", "An ack that the broker kept is obeyed when the board comes back.", Need.NETWORK, slow=True)
async def retained(bench: BoardBench) -> None:
    held = await bench.hold(_ROWS)
    first = held.json["records"][0][0]
    cut = bench.subject.network_cut
    assert cut is not None
    after = bench.mark
    await cut(bench.id)
    await bench.hear("status", after=after, within=120, fits=lambda heard: heard.payload == b"offline")
    await bench.ack(first + 2)
    await bench.back(bench.mark, within=1800)
    await bench.hear(
        "record",
        after=after,
        within=60,
        fits=lambda heard: heard.json["records"][0][0] == first + 3,
        because="The retained ack was not obeyed.",
    )


@BOARD.check("T5", "The board listens to its acks with QoS 1 and obeys them whether retained or not.")
async def unretained(bench: BoardBench) -> None:
    held = await bench.hold(_ROWS)
    after, seq = bench.mark, held.json["records"][0][0]
    await bench.link.publish(
        bench.topic("ack"), json.dumps({"host": HOST, "journal": bench.journal, "seq": seq}).encode(), retain=False
    )
    await bench.hear("record", after=after, within=3, because="A non-retained ack was not obeyed.")

"""What a host does with what nobody should send: 3, 7, H1."""

import json

from ..checks import Need, expect
from ..link import Json
from .bench import FakeBoard, HostBench
from .collection import HOST


def _hostile_records(board: FakeBoard) -> dict[str, bytes]:
    """Each is a next row in some way that makes the message unusable."""
    good = {"journal": board.journal, "oldest": 1, "records": [board.row(3)]}

    def but(**changes: object) -> bytes:
        return json.dumps({key: value for key, value in {**good, **changes}.items() if value is not ...}).encode()

    return {
        "empty": b"",
        "cut off": but()[:-3],
        "two objects": but() + but(),
        "an array": b"[" + but() + b"]",
        "a number": b"3",
        "no UTF-8": but().replace(b'"oldest"', b'"\xff\xfe": 1, "oldest"'),
        "deep": b"[" * 4000,
        "no journal": but(journal=...),
        "no oldest": but(oldest=...),
        "no records": but(records=...),
        "a journal of the wrong type": but(journal=7),
        "a journal in capitals": but(journal="5C1E90AA"),
        "seq as text": but(records=[["3", *board.row(3)[1:]]]),
        "seq as a fraction": but(records=[[3.0, *board.row(3)[1:]]]),
        "seq as a truth": but(records=[[True, *board.row(3)[1:]]]),
        "a short row": but(records=[board.row(3)[:-1]]),
        "a long row": but(records=[[*board.row(3), 7]]),
        "a row that is none": but(records=[{"seq": 3}]),
        "negative energy": but(records=[board.row(3, -1, 900)]),
        "energy as a fraction": but(records=[[*board.row(3)[:4], 3000.5, 900]]),
        "energy NaN": but().replace(b"3000", b"NaN"),
        "energy 1e400": but().replace(b"3000", b"1e400"),
        "energy beyond 64 bits": but(records=[board.row(3, 2**70, 900)]),
        "null in a row": but(records=[[3, None, 300, 0, 3000, 900]]),
        "one good and one bad row": but(records=[board.row(3), [4, "x", 300, 0, 4000, 1200]]),
    }


@HOST.check("H1 3", "Unusable records change nothing and are not acknowledged; the next good one is.")
async def hostile_records(bench: HostBench) -> None:
    board = await bench.board()
    await board.accepted(1, 2)
    after = board.link.mark
    for payload in _hostile_records(board).values():
        await board.say("record", payload)
    await board.no_ack(after=after, because="One of the unusable messages was used.")
    await board.accepted(3, 4)


@HOST.check("3", "Unknown keys are ignored.")
async def unknown_keys(bench: HostBench) -> None:
    board = await bench.board(future={"a": 1})
    after = await board.record(board.rows(1, 2), future=[1, {"b": None}])
    await board.ack(2, after=after)


@HOST.check("H1", "A message over 8192 bytes is dropped, one of exactly 8192 is not.")
async def size(bench: HostBench) -> None:
    board = await bench.board()
    payload = json.dumps({"journal": board.journal, "oldest": 1, "records": board.rows(1, 1)}).encode()
    after = await board.say("record", payload + b" " * (8193 - len(payload)))
    await board.no_ack(after=after, because="The message has 8193 bytes.")
    after = await board.say("record", payload + b" " * (1_000_000 - len(payload)))
    await board.no_ack(after=after, because="The message has a million bytes.", within=1)
    after = await board.say("record", payload + b" " * (8192 - len(payload)))
    await board.ack(1, after=after)


@HOST.check("H1", "Unusable info, status and live change nothing.")
async def hostile_others(bench: HostBench) -> None:
    board = await bench.board()
    await board.accepted(1, 2)
    good = json.loads(board.info())
    changes: tuple[Json, ...] = (
        {"registers": "main.import"},
        {"registers": ["main.import"] * 2},
        {"registers": ["nobody.import"]},
        {"registers": [f"main.{number}" for number in range(65)]},
        {"channels": []},
        {"channels": [{"id": "A B"}]},
        {"channels": [{"id": "main", "role": "king"}]},
        {"interval": 7},
        {"boot": 7},
        {"id": "somebody-else"},
        {"journal": "x"},
    )
    for change in changes:
        await board.say("info", json.dumps({**good, **change}).encode())
    for payload in (b"", b"{", b"\xff", b"null", json.dumps({**good, "journal": None}).encode()):
        await board.say("info", payload)
        await board.say("live", payload)
        await board.say("response", payload)
        await board.say("status", payload or b"perhaps")
    for change in (
        {"energy": [1]},
        {"energy": [1, -1]},
        {"power": [1]},
        {"power": ["1", 2]},
        {"uptime": -1},
        {"boot": "x"},
    ):
        await board.live((2000, 600), **change)
    await board.accepted(3, 5)


@HOST.check("H1", "A live message with an impossible energy moves nothing.", Need.VIEW)
async def hostile_live(bench: HostBench) -> None:
    board = (await bench.board()).recent(2)
    await board.accepted(1, 2)
    await bench.shows(board, "main.import", 2000)
    await board.live((2**53 - 1, 600))
    await board.live((10**14, 600))
    await board.live((100, 600))
    await board.accepted(3, 3)
    await bench.shows(board, "main.import", 3000)


@HOST.check("7", "A later minor version is taken.")
async def minor(bench: HostBench) -> None:
    board = await bench.board(protocol="1.7", news={"x": 1})
    await board.accepted(1, 1)


@HOST.check("7", "Another major version is not taken for this one.")
async def major(bench: HostBench) -> None:
    board = await bench.board(take=False)
    after = board.link.mark
    await board.announce(protocol="2.0")
    await board.no_ack(after=after, because="The board speaks version 2.", within=4)
    other = await bench.board()
    expect(other.id != board.id, "A board must have an id of its own.")

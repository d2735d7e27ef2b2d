"""What a board writes down: 1.1, 1.2, T4, F7, F8, F9, B2."""

import itertools
from typing import Final

from ..checks import Need, Untestable, expect
from .bench import BoardBench, Row
from .collection import BOARD

REBOOT: Final = 1
CLOCK_STEPPED: Final = 2
PARTIAL: Final = 4
CALIBRATED: Final = 16
ALL_FLAGS: Final = 63


async def _pairs(bench: BoardBench) -> list[tuple[Row, Row]]:
    """Neighbouring rows."""
    await bench.need_rows(3)
    return [(one, two) for one, two in itertools.pairwise(bench.present) if two[0] == one[0] + 1]


@BOARD.check("F7", "A row is [seq, end, duration, flags, energy...] of whole numbers.")
async def shape(bench: BoardBench) -> None:
    await bench.need_rows(1)
    for row in bench.present:
        expect(all(type(value) is int for value in row), f"Row {row} holds something else than whole numbers.")
        expect(len(row) > 4 and row[0] >= 1 and row[2] >= 0 and row[3] >= 0, f"Row {row} is out of bounds.")


@BOARD.check("F7", "Rows are contiguous, their ends rise (but for flag 2), their energies never fall.")
async def order(bench: BoardBench) -> None:
    rows = bench.present
    for one, two in await _pairs(bench):
        expect(two[1] > one[1] or two[3] & CLOCK_STEPPED, f"Row {two[0]} ends at {two[1]}, not after row {one[0]}.")
        falls = any(new < old for old, new in zip(one[4:], two[4:], strict=True))
        expect(not falls, f"Row {two[0]} holds less energy than row {one[0]}.")
    seqs = [row[0] for row in rows]
    expect(seqs == list(range(seqs[0], seqs[0] + len(seqs))), "There are holes in the numbers of the rows.")


@BOARD.check("1.1", "Rows hold registers, not differences: they go on from one another up to live.energy.")
async def cumulative(bench: BoardBench) -> None:
    await _pairs(bench)
    live = await bench.hear("live", after=bench.mark, within=120)
    last = bench.present[-1]
    seconds = live.json["uptime"] + 86_400
    for total, stored in zip(live.json["energy"], last[4:], strict=True):
        expect(total - stored >= 0, f"live.energy {total} is below the newest row's {stored}.")
        expect(total - stored <= 1e6 * seconds / 3.6, "live.energy has nothing to do with the newest row.")
    gains = [b - a for one, two in await _pairs(bench) for a, b in zip(one[4:], two[4:], strict=True)]
    if not any(gains):
        raise Untestable("Nothing was consumed.")
    expect(max(last[4:]) >= max(gains), "The newest row holds less than one interval's energy.")


@BOARD.check("1.2", "A row that is sent again is the same row: same journal, number and content.")
async def the_same_again(bench: BoardBench) -> None:
    await bench.need_rows(4)
    kept = {row[0]: row for row in bench.present}
    low = bench.newest - 3
    after = bench.mark
    await bench.command("resend", journal=bench.journal, seq=low)
    await bench.hear("record", after=after, within=5, because="The command resend sent nothing.")
    await bench.drain()
    again = [row for heard in bench.messages("record", after) for row in heard.json["records"]]
    expect({row[0] for row in again} >= set(range(low, low + 4)), "Not all rows were sent again.")
    for row in again:
        expect(
            kept.get(row[0], row) == row, f"Row {row[0]} came with another content: {row}, before {kept.get(row[0])}."
        )


@BOARD.check("T4", "record has QoS 1 and at most 940 bytes, or one row.")
async def size(bench: BoardBench) -> None:
    await bench.hold(30)
    bench.acking = True
    await bench.ack(bench.last("record")["records"][-1][0])
    await bench.drain()
    for heard in bench.messages("record"):
        rows = heard.json["records"]
        expect(heard.qos == 1 and not heard.retained, f"record is published with QoS {heard.qos}.")
        expect(len(heard.payload) <= 940 or len(rows) == 1, f"{len(heard.payload)} bytes with {len(rows)} rows.")


@BOARD.check("T4", "A record comes when an interval closes.")
async def at_the_end(bench: BoardBench) -> None:
    interval, after = bench.info["interval"], bench.mark
    heard = await bench.hear("record", after=after, within=interval + 30, because="No record came in a whole interval.")
    late = bench.subject.now() - heard.json["records"][-1][1]
    expect(-5 <= late <= 10 + 2 * bench.subject.speed, f"The record came {late:.0f} s after its end.")


@BOARD.check("F8", "oldest is the lowest number held: what is asked for below it begins there.")
async def oldest(bench: BoardBench) -> None:
    await bench.need_rows(1)
    after = bench.mark
    await bench.command("resend", journal=bench.journal, seq=1)
    first = await bench.hear("record", after=after, within=5, because="The command resend sent nothing.")
    expect(
        first.json.get("oldest") == first.json["records"][0][0],
        f"oldest is {first.json.get('oldest')}, row one is {first.json['records'][0][0]}.",
    )
    await bench.drain()
    for heard in bench.messages("record"):
        low = heard.json.get("oldest")
        expect(type(low) is int and 1 <= low <= heard.json["records"][0][0], f"oldest is {low!r}.")


@BOARD.check("F9", "Only known flags are set, and flag 4 on every row that is shorter or longer than the interval.")
async def flags(bench: BoardBench) -> None:
    await bench.need_rows(1)
    interval = bench.info["interval"]
    for row in bench.present:
        expect(row[3] & ~ALL_FLAGS == 0, f"Row {row[0]} has the flags {row[3]}.")
    odd = [row[0] for row in bench.present[-3:] if row[2] != interval and not row[3] & PARTIAL]
    expect(not odd, f"Rows {odd} do not last {interval} s and lack flag 4.")


@BOARD.check("B2", "The interval divides an hour, and rows end at multiples of it.")
async def alignment(bench: BoardBench) -> None:
    await bench.need_rows(2)
    interval = bench.info["interval"]
    expect(60 <= interval <= 3600 and 3600 % interval == 0, f"interval is {interval!r}.")
    ordinary = [row for row in bench.present if row[2] == interval and not row[3] & (CLOCK_STEPPED | PARTIAL | REBOOT)]
    skew = [row[0] for row in ordinary if row[1] % interval]
    if not ordinary:
        raise Untestable("There is no ordinary row yet.")
    expect(not skew, f"Rows {skew[:8]} do not end at a multiple of {interval} s.")


@BOARD.check("B2", "set_interval takes only divisors of an hour from 60 to 3600 s, and info shows the new one.")
async def interval_setting(bench: BoardBench) -> None:
    usual = bench.info["interval"]
    for wrong in (59, 7200, 420, 0, -300):
        answer = await bench.command("set_interval", interval=wrong)
        expect(answer.get("ok") is False, f"set_interval to {wrong} was accepted.")
    wished = 120 if usual != 120 else 180
    after = bench.mark
    try:
        expect((await bench.command("set_interval", interval=wished)).get("ok") is True, "set_interval was refused.")
        await bench.hear("info", after=after, within=5, fits=lambda heard: heard.json.get("interval") == wished)
    finally:
        await bench.command("set_interval", interval=usual)


@BOARD.check("F9", "After a calibration the row carries flag 16.", Need.LICENCE)
async def calibration_flag(bench: BoardBench) -> None:
    channel = bench.info["channels"][0]["id"]
    await bench.drain()
    newest = bench.newest
    answer = await bench.command("calibrate", channel=channel, gain=1.0)
    expect(answer.get("ok") is True, f"calibrate was refused: {answer}.")
    await bench.need_rows(len(bench.present) + 1)
    row = bench.rows[bench.journal][newest + 1]
    expect(row[3] & CALIBRATED, f"Row {row[0]} has the flags {row[3]}.")

"""Where a board's time comes from: B3, B6, F9."""

from ..checks import Need, expect
from .bench import BoardBench
from .collection import BOARD
from .records import CLOCK_STEPPED


@BOARD.check("B6", "set_time is taken only while its uptime is at most 5 s old.", Need.CLOCKLESS)
async def echo(bench: BoardBench) -> None:
    await bench.forget_clock()
    await bench.hear("live", after=bench.mark, within=120, fits=lambda heard: heard.json["uptime"] > 40)
    old = await bench.set_time(late=30)
    expect(old.get("ok") is False, f"A time with an echo of 30 s ago was taken: {old}.")
    live = (await bench.hear("live", after=bench.mark, within=120)).json
    expect(not live.get("time"), f"Without a clock time is {live.get('time')!r}.")
    answer = await bench.set_time()
    expect(answer.get("ok") is True, f"The time was refused: {answer}.")
    live = (await bench.hear("live", after=bench.mark, within=60)).json
    off = live["time"] - bench.subject.now()
    expect(abs(off) <= 6 + bench.subject.speed, f"After set_time the clock is {off:+.1f} s off.")


@BOARD.check("B3", "Without a clock no record is closed; once it comes, the intervals are stamped.", Need.CLOCKLESS)
async def clock_comes(bench: BoardBench) -> None:
    await bench.forget_clock()
    await bench.drain()
    newest, interval = bench.newest, bench.info["interval"]
    await bench.no_record(after=bench.mark, within=interval * 1.5, because="A record was closed without a clock.")
    after = bench.mark
    answer = await bench.set_time()
    expect(answer.get("ok") is True, f"The time was refused: {answer}.")
    await bench.hear("record", after=after, within=10, because="The clock came, but no interval was stamped.")
    live = (await bench.hear("live", after=bench.mark, within=60)).json
    await bench.drain()
    first, begun = bench.rows[bench.journal][newest + 1], live["time"] - live["uptime"]
    off = first[1] - begun
    expect(0 < off <= live["uptime"] + 10, f"The first interval ends {off} s after the boot, {live['uptime']} s ago.")
    expect(bench.present[-1][1] <= live["time"] + interval, "A row ends in the future.")


@BOARD.check("B3 F9", "A clock that steps back closes the interval with flag 2, and counting goes on.", Need.CLOCKLESS)
async def clock_steps(bench: BoardBench) -> None:
    expect((await bench.set_time()).get("ok") is True, "The time was refused.")
    await bench.drain()
    await bench.hear("live", after=bench.mark, within=60)
    newest = bench.newest
    answer = await bench.set_time(-1000)
    expect(answer.get("ok") is True, f"The time was refused: {answer}.")
    await bench.need_rows(len(bench.present) + 2)
    stepped = bench.rows[bench.journal][newest + 1]
    expect(stepped[3] & CLOCK_STEPPED, f"Row {stepped[0]} has the flags {stepped[3]}.")
    following = bench.present[-1]
    expect(all(b >= a for a, b in zip(stepped[4:], following[4:], strict=True)), "Counting did not go on.")
    await bench.set_time()


@BOARD.check(
    "B3",
    "If power fails before a clock comes, the energy goes into the next record (flag 4).",
    Need.CLOCKLESS,
    Need.POWER,
)
async def power_fails_first(bench: BoardBench) -> None:
    await bench.forget_clock()
    await bench.drain()
    newest, interval = bench.newest, bench.info["interval"]
    await bench.no_record(after=bench.mark, within=interval * 1.3, because="A record was closed without a clock.")
    before = bench.last("live")
    await bench.power_cut()
    live = (await bench.hear("live", after=bench.mark, within=60)).json
    limit = [60 * 1e6 / 3.6] * len(live["energy"])
    for old, new, most in zip(before["energy"], live["energy"], limit, strict=True):
        expect(old - new <= most, "More than 60 s of energy were lost.")
    expect((await bench.set_time()).get("ok") is True, "The time was refused.")
    await bench.need_rows(len(bench.present) + 1)
    row = bench.rows[bench.journal][newest + 1]
    expect(row[3] & 4 and row[3] & 1, f"Row {row[0]} has the flags {row[3]}.")

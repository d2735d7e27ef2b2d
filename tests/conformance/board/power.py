"""What a board keeps without power and without a network: B1, B2, B8, F5, F9."""

from typing import Final

from ..checks import Need, expect
from ..link import Heard
from .bench import BoardBench
from .collection import BOARD
from .records import REBOOT

#: Seconds after a row at which the power is cut; real seconds that may pass until the cut takes effect.
_MIDDLE: Final = 100
_SLACK: Final = 0.3


async def _fall(bench: BoardBench) -> None:
    """Cut the power; Finding if the registers fall behind what they were 60 s before, or behind the newest row."""
    await bench.need_rows(2)
    await bench.drain()
    # In the middle of an interval it is the checkpoint that counts, and not the row before.
    middle = min(_MIDDLE, bench.info["interval"] // 2)
    await bench.hear("live", after=bench.mark, within=700, fits=lambda heard: _since_row(bench, heard) >= middle)
    journal, stored = bench.journal, bench.present[-1]
    before = await bench.hear("live", after=bench.mark, within=60)
    minute_ago = _before(bench, before, 60 + _SLACK * bench.subject.speed)
    info = await bench.power_cut()
    expect(info.json["journal"] == journal, "The journal was lost.")
    place = bench.link.heard.index(info)
    boot = info.json["boot"]
    after = await bench.hear("live", after=place, within=60, fits=lambda heard: heard.json["boot"] == boot)
    energies = zip(info.json["registers"], minute_ago, after.json["energy"], stored[4:], strict=True)
    for name, old, new, row in energies:
        expect(new >= old, f"{name} fell by more than was counted in 60 s: from {old} a minute before to {new} mWh.")
        expect(new >= row, f"{name} fell below the newest row.")


def _since_row(bench: BoardBench, heard: Heard) -> int:
    """Seconds since the newest row."""
    return int(heard.json.get("time") or 0) - bench.present[-1][1]


def _before(bench: BoardBench, heard: Heard, seconds: float) -> list[int]:
    """The registers in the last live message that is so much older, or zeros where the boot is younger."""
    content = heard.json
    older = [
        each.json
        for each in bench.messages("live")
        if each.json["boot"] == content["boot"] and each.json["uptime"] <= content["uptime"] - seconds
    ]
    return list(older[-1]["energy"]) if older else [0] * len(content["energy"])


@BOARD.check("F5", "Across a reboot live.energy falls by no more than 60 s hold.", Need.POWER)
async def energy_across(bench: BoardBench) -> None:
    await _fall(bench)


@BOARD.check("B1", "A power cut costs at most 60 s of energy, and no record.", Need.POWER)
async def ring_across(bench: BoardBench) -> None:
    await _fall(bench)
    journal, kept = bench.journal, list(bench.present[-5:])
    bench.rows[journal].clear()
    answer = await bench.command("resend", journal=journal, seq=kept[0][0])
    expect(answer.get("ok") is True, f"resend was refused: {answer}.")
    await bench.drain()
    for row in kept:
        expect(
            bench.rows[journal].get(row[0]) == row, f"Row {row[0]} was {row} and is {bench.rows[journal].get(row[0])}."
        )


@BOARD.check("B2", "A power cut sets flag 1 in the row in which it happened.", Need.POWER)
async def flag_across(bench: BoardBench) -> None:
    await _fall(bench)
    newest = bench.newest
    await bench.need_rows(len(bench.present) + 1)
    row = bench.rows[bench.journal].get(newest + 1)
    expect(row is not None, f"Row {newest + 1} is missing after the power cut.")
    assert row is not None
    expect(row[3] & REBOOT, f"Row {row[0]} has the flags {row[3]}.")


@BOARD.check(
    "B8",
    "After 20 minutes without a network the boot is the same, and no interval is missing.",
    Need.NETWORK,
    slow=True,
)
async def no_network(bench: BoardBench) -> None:
    await bench.need_rows(1)
    await bench.drain()
    boot, newest, journal = bench.info["boot"], bench.newest, bench.journal
    cut = bench.subject.network_cut
    assert cut is not None
    after = bench.mark
    away = bench.last("live")["uptime"]
    await cut(bench.id)
    await bench.hear("status", after=after, within=120, fits=lambda heard: heard.payload == b"offline")
    mark = bench.mark
    await bench.back(mark, within=2400)
    live = await bench.hear("live", after=mark, within=120)
    expect(live.json["boot"] == boot, "The board has restarted.")
    expect(live.json["uptime"] - away >= 600, "The network was not away long enough to tell.")
    await bench.drain()
    interval = bench.info["interval"]
    rows = [bench.rows[journal].get(seq) for seq in range(newest + 1, bench.newest + 1)]
    expect(None not in rows and bench.journal == journal, "Rows are missing.")
    expect(len(rows) >= (live.json["uptime"] - away) // interval - 1, f"Only {len(rows)} intervals were recorded.")

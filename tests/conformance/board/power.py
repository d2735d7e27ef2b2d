"""What a board keeps without power and without a network: B1, B2, B8, F5, F9."""

from typing import Any

from ..checks import Need, expect
from .bench import BoardBench
from .collection import BOARD
from .records import REBOOT

_VOLTS = 260


def highest(bench: BoardBench, register: str, seconds: float) -> float:
    """What a register can gain, in mWh: its breaker's current on all phases."""
    channels: list[dict[str, Any]] = bench.info["channels"]
    channel = next(each for each in channels if each["id"] == register.partition(".")[0])
    return float(channel.get("rating", 63)) * _VOLTS * 3 * 1.25 * seconds / 3.6


async def _fall(bench: BoardBench) -> None:
    """Cut the power; Finding if the registers fall by more than 60 s hold, or below the newest row."""
    await bench.need_rows(2)
    await bench.drain()
    journal, stored = bench.journal, bench.present[-1]
    before = await bench.hear("live", after=bench.mark, within=60)
    info = await bench.power_cut()
    expect(info.json["journal"] == journal, "The journal was lost.")
    place = bench.link.heard.index(info)
    boot = info.json["boot"]
    after = await bench.hear("live", after=place, within=60, fits=lambda heard: heard.json["boot"] == boot)
    energies = zip(info.json["registers"], before.json["energy"], after.json["energy"], stored[4:], strict=True)
    for name, old, new, row in energies:
        expect(old - new <= highest(bench, name, 60), f"{name} fell by {old - new} mWh.")
        expect(new >= row, f"{name} fell below the newest row.")


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
        expect(bench.rows[journal].get(row[0]) == row, f"Row {row[0]} was {row} and is {bench.rows[journal].get(row[0])}.")


@BOARD.check("B2", "A power cut sets flag 1 in the row in which it happened.", Need.POWER)
async def flag_across(bench: BoardBench) -> None:
    await _fall(bench)
    newest = bench.newest
    await bench.need_rows(len(bench.present) + 1)
    row = bench.rows[bench.journal].get(newest + 1)
    expect(row is not None, f"Row {newest + 1} is missing after the power cut.")
    assert row is not None
    expect(row[3] & REBOOT, f"Row {row[0]} has the flags {row[3]}.")


@BOARD.check("B8", "After 20 minutes without a network the boot is the same, and no interval is missing.", Need.NETWORK)
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

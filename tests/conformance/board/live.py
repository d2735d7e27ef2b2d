"""What a board measures now: T3, F2, F5, F6."""

import itertools
from typing import Any, Final

from ..checks import expect
from ..link import Json
from .bench import BoardBench
from .collection import BOARD

_BOUNDS: Final = {"power": (-1e6, 1e6), "current": (0, 10_000), "power_factor": (-1, 1), "voltage": (0, 1000)}


async def _some(bench: BoardBench, count: int) -> list[Json]:
    """The next live messages."""
    after = bench.mark
    found: list[Json] = []
    while len(found) < count:
        await bench.hear("live", after=bench.mark, within=120)
        found = [heard.json for heard in bench.messages("live", after)]
    return found


@BOARD.check("T3", "live has QoS 0 and at most 3072 bytes.")
async def size(bench: BoardBench) -> None:
    await _some(bench, 3)
    for heard in bench.messages("live"):
        expect(heard.qos == 0, f"live is published with QoS {heard.qos}.")
        expect(len(heard.payload) <= 3072, f"A live message has {len(heard.payload)} bytes.")


@BOARD.check("T3", "live comes every live_interval seconds, and set_live_interval changes that.")
async def period(bench: BoardBench) -> None:
    usual = bench.info["live_interval"]
    try:
        for wished in (20, 10) if bench.subject.speed > 4 else (3, 2):
            answer = await bench.command("set_live_interval", live_interval=wished)
            expect(answer.get("ok") is True, f"set_live_interval to {wished} was refused: {answer}.")
            await _some(bench, 2)
            after = bench.mark
            await _some(bench, 5)
            heard = bench.messages("live", after)
            mean = bench.elapsed(heard[0], heard[-1]) / (len(heard) - 1)
            expect(0.8 * wished <= mean <= 1.25 * wished, f"Of {wished} s between two live messages came {mean:.1f} s.")
            expect(bench.info["live_interval"] == wished, "info does not show the new live_interval.")
    finally:
        await bench.command("set_live_interval", live_interval=usual)


@BOARD.check("F2", "time is right within some seconds, or 0 or absent without a clock.")
async def clock(bench: BoardBench) -> None:
    heard = await bench.hear("live", after=bench.mark, within=120)
    time = heard.json.get("time", 0)
    expect(type(time) is int and time >= 0, f"time is {time!r}.")
    off = time - bench.subject.now()
    expect(time == 0 or abs(off) <= 5 + bench.subject.speed, f"The board's clock is {off:+.1f} s off.")


@BOARD.check("F5", "energy holds whole mWh up to 2^53-1 that never fall, and none is behind the newest record.")
async def energy(bench: BoardBench) -> None:
    messages = await _some(bench, 6)
    for content in messages:
        energies = content.get("energy")
        expect(isinstance(energies, list), f"energy is {energies!r}.")
        expect(all(type(each) is int and 0 <= each <= 2**53 - 1 for each in energies or []), f"energy is {energies}.")
    for before, after in itertools.pairwise(messages):
        falls = before["journal"] == after["journal"] and any(
            new < old for old, new in zip(before["energy"], after["energy"], strict=True)
        )
        expect(not falls, f"energy fell from {before['energy']} to {after['energy']}.")
    if bench.present:
        row = bench.present[-1]
        rests = [new - old for old, new in zip(row[4:], (await _some(bench, 1))[-1]["energy"], strict=True)]
        expect(min(rests) >= 0, "live.energy is behind the newest record.")


@BOARD.check("F4", "energy has one value for each register, in live as in record.")
async def lengths(bench: BoardBench) -> None:
    count = len(bench.info["registers"])
    for content in await _some(bench, 2):
        expect(len(content["energy"]) == count, f"live.energy has {len(content['energy'])} values of {count}.")
    for row in bench.present:
        expect(len(row) == 4 + count, f"Row {row[0]} has {len(row) - 4} energies of {count}.")


@BOARD.check("F6", "The mandatory keys are there, and each quantity has its length and bounds.")
async def quantities(bench: BoardBench) -> None:
    channels = bench.info["channels"]
    for content in await _some(bench, 3):
        for key in ("journal", "boot", "uptime", "energy"):
            expect(key in content, f"live lacks {key}.")
        for key, (low, high) in _BOUNDS.items():
            values = content.get(key)
            if values is None:
                continue
            expect(isinstance(values, list), f"{key} is {values!r}.")
            right = len(values) in (1, 2, 3) if key == "voltage" else len(values) == len(channels)
            expect(right, f"{key} has {len(values)} values for {len(channels)} channels.")
            expect(all(_is_number(value, low, high) for value in values), f"{key} is {values}.")
        expect(_is_number(content.get("frequency"), 0, 1000), f"frequency is {content.get('frequency')!r}.")


def _is_number(value: Any, low: float, high: float) -> bool:
    if value is None:
        return True
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high

"""SIGKILL of Home Assistant at random moments."""

import asyncio
from pathlib import Path
import random
import time

from ..figures import Outcome
from ..lab import Lab, Wishes

_SHORT, _LONG = 3, 200
#: Boards live this many times as fast, so that every kill falls into the stream of records.
_SPEED = 20.0
#: Every so many kills wait until the backlog is in, so that totals before and after can be compared.
_QUIET = 5
#: A kill in the middle of the start too, seconds after the process begins.
_EARLY = 8.0


async def play(folder: Path, long: bool) -> Outcome:
    """SIGKILL of Home Assistant at random moments, also during its start, while records flow in."""
    return await play_some(folder, *((_LONG, 20) if long else (_SHORT, 8)))


async def play_some(folder: Path, kills: int, panels: int, seed: int = 4711) -> Outcome:
    """A number of kills, whose moments depend on ``seed``."""
    outcome = Outcome(
        "kill", f"{kills} x SIGKILL at random moments, {panels} panels at {_SPEED:g}x with 1 day of backlog"
    )
    # Above speed 1 a board's clock runs ahead of ours; the host refuses what is more than a day ahead.
    wishes = Wishes(panels=panels, days=1, speed=_SPEED, live_interval=20, core=min(panels, 4))
    dice = random.Random(seed)
    async with Lab(folder, wishes) as lab:
        await lab.start()
        slowest = deepest = longest = 0.0
        before: dict[str, float] = {}
        compared = 0
        for number in range(kills):
            await asyncio.sleep(dice.uniform(0.0, 4.0))
            if number % _QUIET == 0:
                await lab.drained_once()
            # While a backlog comes in, what a total shows after a kill is behind what live messages had told before.
            before = await lab.totals() if lab.nearly_drained() else {}
            compared += bool(before)
            await lab.home.kill()
            if number % 4 == 3:
                await _kill_in_start(lab, dice)
            begin = time.monotonic()
            await lab.home.start()
            slowest = max(slowest, time.monotonic() - begin)
            begin = time.monotonic()
            deepest = max(deepest, await _fallen(lab, before))
            longest = max(longest, time.monotonic() - begin)
        await lab.finish(outcome)
    outcome.measured = {
        "kills": kills,
        "slowest start s": round(slowest, 1),
        "kills with all totals known before": compared,
    }
    if compared:
        outcome.measured["deepest fall of a shown total mWh"] = round(deepest)
        outcome.measured["and back after s"] = round(longest, 1)
    outcome.expect(longest < 10, f"a shown total was below what it had been for {longest:.0f} s")
    outcome.judge()
    return outcome


async def _fallen(lab: Lab, before: dict[str, float]) -> float:
    """Wait until no total is below what was shown before the kill; returns by how many mWh one was."""
    deepest = 0.0
    for _ in range(150):
        now = await lab.totals()
        fall = max((total - now.get(entity, total) for entity, total in before.items()), default=0.0) * 1e6
        deepest = max(deepest, fall)
        if fall <= 0:
            break
        await asyncio.sleep(0.2)
    return deepest


async def _kill_in_start(lab: Lab, dice: random.Random) -> None:
    await lab.home.child.start()
    await asyncio.sleep(dice.uniform(0.5, _EARLY))
    await lab.home.kill()

"""What happens to boards and to their messages."""

import asyncio
from pathlib import Path
import random

from simulator import FaultPlan

from ..figures import Outcome
from ..lab import Lab, Wishes

_SPEED = 20.0


async def power(folder: Path, long: bool) -> Outcome:
    """The power of boards is cut at random moments, also while they drain their rings."""
    cuts = 400 if long else 40
    outcome = Outcome("board-power", f"{cuts} power cuts of boards at random moments, 8 panels at {_SPEED:g}x")
    dice = random.Random(99)
    async with Lab(folder, Wishes(panels=8, days=0.5, speed=_SPEED, live_interval=20)) as lab:
        await lab.start()
        names = list(lab.boards.boards)
        for _ in range(cuts):
            await asyncio.sleep(dice.uniform(0.0, 0.4))
            lab.boards.power_cut(dice.choice(names), dice.uniform(1, 30))
        await asyncio.sleep(2)
        # A record that spans a cut is spread evenly over it, so that an hour may differ; the energy may not.
        await lab.finish(outcome, hours=False)
        faults = [fault for panel in lab.truth().values() for fault in panel["faults"]]
    outcome.measured = {
        "power cuts": sum(1 for fault in faults if fault["kind"] == "power_cut"),
        "most that one register fell back mWh": max(max(f["lost"].values(), default=0) for f in faults if "lost" in f),
    }
    outcome.judge()
    return outcome


async def overrun(folder: Path, long: bool) -> Outcome:
    """Home Assistant is away for so long that the rings of the boards run over."""
    seconds, capacity, speed = (60 if long else 15), 60, 400.0
    made = seconds * speed / 60
    outcome = Outcome("ring-overrun", f"4 rings of {capacity} records get {made:g} while Home Assistant is away")
    wishes = Wishes(panels=4, speed=speed, live_interval=60, capacity=capacity)
    async with Lab(folder, wishes) as lab:
        await lab.start()
        await asyncio.sleep(5)
        await lab.home.kill()
        await asyncio.sleep(seconds)
        lab.freeze()
        await lab.home.start()
        await lab.finish(outcome, hours=False)
    # The energy of the lost records is in the next one; only their minutes are gone.
    gone, outcome.ledger.records_lost = outcome.ledger.records_lost, 0
    outcome.measured = {"records gone before anybody took them": gone}
    outcome.expect(gone > 0, "no ring ran over, so nothing was shown")
    outcome.judge()
    return outcome


async def messages(folder: Path, long: bool) -> Outcome:
    """Messages are lost, doubled, delayed and out of order, sensors send NaN, networks break, boards reboot."""
    seconds = 300 if long else 25
    plan = FaultPlan(drop=0.02, double=0.1, delay=0.1, delay_seconds=60, reorder=0.1, nan=0.05, cut=600, reboot=3600)
    outcome = Outcome("messages", f"{seconds} s at {_SPEED:g}x of lost, doubled, late and swapped messages, 8 panels")
    async with Lab(folder, Wishes(panels=8, days=0.5, speed=_SPEED, live_interval=20, faults=plan)) as lab:
        await lab.start()
        await asyncio.sleep(seconds)
        counts: dict[str, int] = {}
        for unit in lab.boards.boards.values():
            for name, number in unit.road.counts.items():
                counts[name] = counts.get(name, 0) + number
            lab.boards.call(lambda unit=unit: setattr(unit.road, "_plan", FaultPlan()))
        await lab.finish(outcome, hours=False, timeout=400)
    outcome.measured = {name: float(number) for name, number in sorted(counts.items())}
    outcome.judge()
    return outcome

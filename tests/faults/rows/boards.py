"""What happens to boards and to their messages."""

import asyncio
from pathlib import Path
import random

from simulator import FaultPlan
from simulator.flash import Flash

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
        await lab.finish(outcome)
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
        await lab.finish(outcome)
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
        await lab.finish(outcome, timeout=400)
    outcome.measured = {name: float(number) for name, number in sorted(counts.items())}
    outcome.judge()
    return outcome


async def wiped(folder: Path, long: bool) -> Outcome:
    """The flash of boards is wiped: their registers and their journals begin anew."""
    times, pause = (30, 5.0) if long else (4, 4.0)
    outcome = Outcome("flash-wiped", f"{times} x flash wiped at random moments, 4 panels at {_SPEED:g}x")
    live = 20
    bound = 0.0
    dice = random.Random(5)
    async with Lab(folder, Wishes(panels=4, days=0.1, speed=_SPEED, live_interval=live)) as lab:
        await lab.start()
        names = list(lab.boards.boards)
        for _ in range(times):
            await asyncio.sleep(pause)
            name = dice.choice(names)
            lab.boards.call(lambda name=name: _wipe(lab, name))
            powers = lab.observer.panels[name].powers
            # What flowed since the last live message that the host has heard is known to nobody.
            bound += sum(max(map(abs, seen), default=0.0) for seen in powers.values()) * (live + 5) / 3.6
        await asyncio.sleep(pause)
        await lab.finish(outcome)
        faults = [fault for panel in lab.truth().values() for fault in panel["faults"]]
    books = outcome.ledger
    # The cut took from the registers what was not in flash yet; live messages had told the host of some of it.
    taken = sum(sum(fault["lost"].values()) for fault in faults if "lost" in fault)
    outcome.measured = {
        "lost since the last live message mWh": books.lost,
        "forgotten by boards mWh": taken,
        "of that known to Home Assistant mWh": books.doubled,
    }
    outcome.expect(books.doubled <= taken, f"{books.doubled} mWh are doubled")
    books.doubled = 0
    outcome.expect(0 <= books.lost <= bound, f"{books.lost} mWh are lost, at most {bound:.0f} could be")
    books.lost = 0
    outcome.judge()
    return outcome


def _wipe(lab: Lab, name: str) -> None:
    unit = lab.boards.boards[name]
    unit.cut_power(lab.boards.clock.now(), 5)
    unit.board.flash = Flash()


async def clocks(folder: Path, long: bool) -> Outcome:
    """The clocks of boards jump forth and back; the energy stays right."""
    seconds = 240 if long else 40
    outcome = Outcome("board-clocks", f"{seconds} s at {_SPEED:g}x, clocks jump by up to 10 min every 5 min, 6 panels")
    plan = FaultPlan(clock=300)
    async with Lab(folder, Wishes(panels=6, speed=_SPEED, live_interval=20, faults=plan)) as lab:
        await lab.start()
        await asyncio.sleep(seconds)
        # Which hour is right is a matter of opinion while a clock is wrong; how much energy is not.
        await lab.finish(outcome, hours=False)
        faults = [fault for panel in lab.truth().values() for fault in panel["faults"]]
    outcome.measured = {"clock steps": sum(1 for fault in faults if fault["kind"] == "clock_step")}
    outcome.expect(outcome.measured["clock steps"] > 0, "no clock jumped, so nothing was shown")
    outcome.judge()
    return outcome


async def no_clock(folder: Path, long: bool) -> Outcome:
    """Boards that have no clock are told the time by Home Assistant, and count on meanwhile."""
    seconds = 300 if long else 75
    outcome = Outcome("no-clock", f"{seconds} s, 3 panels without a clock of their own, Home Assistant comes later")
    async with Lab(folder, Wishes(panels=3, clock=False)) as lab:
        await lab.start()
        await asyncio.sleep(seconds)
        await lab.finish(outcome, hours=False)
    outcome.expect(outcome.ledger.records > 0, "no board made a record")
    outcome.judge()
    return outcome

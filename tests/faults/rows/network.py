"""Cables and brokers that go away."""

import asyncio
from pathlib import Path
import time

from ..figures import Outcome
from ..lab import Lab, Wishes

_SPEED = 20.0


def _fast(panels: int, *, cable: bool = False) -> Wishes:
    return Wishes(panels=panels, days=1, speed=_SPEED, live_interval=20, cable=cable, core=3)


async def cable(folder: Path, long: bool) -> Outcome:
    """The network between Home Assistant and the broker is cut while records flow, again and again."""
    cuts, gap = (20, 20.0) if long else (2, 4.0)
    outcome = Outcome("cable", f"{cuts} x network of Home Assistant cut for {gap:g} s, 8 panels at {_SPEED:g}x")
    slowest = 0.0
    async with Lab(folder, _fast(8, cable=True)) as lab:
        await lab.start()
        for _ in range(cuts):
            await asyncio.sleep(1)
            await lab.cable.cut()
            await asyncio.sleep(gap)
            await lab.cable.start()
            slowest = max(slowest, await _answered(lab))
        await lab.finish(outcome)
    outcome.measured = {"until Home Assistant acknowledges again, slowest s": round(slowest, 1)}
    outcome.judge()
    return outcome


async def boards(folder: Path, long: bool) -> Outcome:
    """All boards lose their network at once, and come back together with a backlog."""
    cuts, gap = (20, 20.0) if long else (2, 6.0)
    outcome = Outcome("boards-network", f"{cuts} x all boards without network for {gap:g} s, 8 panels at {_SPEED:g}x")
    async with Lab(folder, _fast(8)) as lab:
        await lab.start()
        for _ in range(cuts):
            await asyncio.sleep(1)
            for name in lab.boards.boards:
                lab.boards.network_cut(name, gap * _SPEED)
            await asyncio.sleep(gap)
            await lab.speaking()
        await lab.finish(outcome)
    outcome.judge()
    return outcome


async def broker(folder: Path, long: bool) -> Outcome:
    """The broker is killed and starts again, with what it had kept."""
    return await _broker(folder, "broker", 50 if long else 3, wipe=False)


async def broker_forgets(folder: Path, long: bool) -> Outcome:
    """The broker is killed and starts again with nothing: no session, no retained message."""
    return await _broker(folder, "broker-forgets", 50 if long else 3, wipe=True)


async def _broker(folder: Path, name: str, kills: int, *, wipe: bool) -> Outcome:
    kept = "its retained messages are gone" if wipe else "its retained messages are kept"
    outcome = Outcome(name, f"{kills} x SIGKILL of the broker, {kept}, 8 panels at {_SPEED:g}x")
    slowest, ours = 0.0, list[float]()
    async with Lab(folder, _fast(8)) as lab:
        await lab.start()
        for _ in range(kills):
            await asyncio.sleep(1.5)
            await lab.broker.child.kill()
            if wipe:
                for file in (lab.folder / "broker").glob("*.db*"):
                    file.unlink()
            await asyncio.sleep(0.5)
            await lab.broker.start()
            begin = time.monotonic()
            slowest = max(slowest, await _answered(lab))
            assert lab.births is not None
            if born := [moment for moment in lab.births.times if moment > begin]:
                ours.append(time.monotonic() - born[0])
        await lab.finish(outcome)
    outcome.measured = {"broker up until acknowledged again, slowest s": round(slowest, 1)}
    if ours:
        outcome.measured["of that since Home Assistant's MQTT is connected, slowest s"] = round(max(ours), 1)
    outcome.judge()
    return outcome


async def _answered(lab: Lab, timeout: float = 60) -> float:
    """Seconds until Home Assistant acknowledges records of every board anew."""
    units = lab.boards.boards
    begin = time.monotonic()
    before = lab.boards.call(lambda: {name: unit.board.ring.watermark for name, unit in units.items()})
    while time.monotonic() - begin < timeout:
        now = lab.boards.call(lambda: {name: unit.board.ring.watermark for name, unit in units.items()})
        if all(now[name] > before[name] for name in before):
            return time.monotonic() - begin
        await asyncio.sleep(0.05)
    return timeout

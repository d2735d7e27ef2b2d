"""Two boards that bear one name."""

import asyncio
from pathlib import Path
import time

from demo.process import LOOPBACK
from demo.waiting import until
from simulator import Options, Simulation
from simulator.transport import Broker

from ..figures import Outcome
from ..lab import Lab, Wishes, slow_down
from ..truth import compare_journal

_SPEED = 20.0


async def play(folder: Path, long: bool) -> Outcome:
    """A second board is flashed with the same name: the owner is told, and both are booked to the mWh."""
    seconds = 120 if long else 20
    outcome = Outcome("clone", f"two boards with one name for {seconds} s at {_SPEED:g}x, 2 other panels beside them")
    wishes = Wishes(panels=3, days=0.2, speed=_SPEED, live_interval=20)
    async with Lab(folder, wishes) as lab:
        await lab.start()
        await lab.drained_once()
        name = next(iter(lab.boards.boards))
        twin = _twin(lab, name)
        begin = time.monotonic()
        twin.start()
        try:

            async def told() -> bool:
                return f"clone_{name}" in await lab.issues()

            await until(told, "the clone to be noticed", 60)
            outcome.measured["noticed after s"] = round(time.monotonic() - begin, 1)
            await asyncio.sleep(seconds)
            slow_down(twin)
            lab.freeze()
            ring = twin.boards[name].board.ring

            async def safe() -> bool:
                return twin.call(lambda: ring.unacknowledged) == 0

            await until(safe, "the records of the twin to be acknowledged", 240)
        finally:
            await asyncio.to_thread(twin.close)
        # The ledger holds both; the truth of the one with that name alone is not the whole.
        await lab.finish(outcome, without=(name,))
    outcome.expect(ring.newest > 0, "the twin made no record, so nothing was shown")
    for each in (lab.boards.boards[name].board.ring, ring):
        compare_journal(lab.home.ledger_file, name, each, outcome.ledger)
    outcome.judge()
    return outcome


def _twin(lab: Lab, name: str) -> Simulation:
    wishes = lab.wishes
    twin = Simulation(
        Options(
            broker=Broker(host=LOOPBACK, port=lab.broker.port),
            seed=wishes.seed,
            speed=wishes.speed,
            interval=wishes.interval,
            live_interval=wishes.live_interval,
        )
    )
    # With one client id the broker would let only one of them speak at a time.
    twin.boards[name].link._id = "twin"
    return twin

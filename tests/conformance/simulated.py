"""The simulator as the board under test: fast, with its power, network and flash in our hands."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from simulator import Options, Simulation, transport
from simulator.flash import Flash

from .board import BOARD, UNSEEN
from .board.bench import BoardSubject, Workshop
from .checks import Need
from .link import Broker
from .runner import Line, Outcome, judge, merge, run
from .statements import Role

#: Simulated seconds per second; at this, the 5 s of B6 are still longer than an answer takes on a busy computer.
SPEED = 40.0
_BOARDS = 8
_CLOCKLESS = 3


@asynccontextmanager
async def simulated(broker: Broker, *, clock: bool) -> AsyncIterator[BoardSubject]:
    """Boards that run; with a clock they have some hours of history."""
    options = Options(
        broker=transport.Broker(host=broker.host, port=broker.port),
        panels=_BOARDS if clock else _CLOCKLESS,
        speed=SPEED,
        history=0.25 if clock else None,
        capacity=512,
        clock=clock,
        seed=11,
    )
    async with Simulation(options) as simulation:

        async def call(what: Callable[[], object]) -> None:
            await asyncio.to_thread(simulation.call, what)

        async def power_cut(board: str) -> None:
            await call(lambda: simulation.boards[board].cut_power(simulation.clock.now(), 5))

        async def network_cut(board: str) -> None:
            await call(lambda: simulation.boards[board].cut_network(simulation.clock.now(), 1200))

        async def wipe(board: str) -> None:
            def do() -> None:
                unit = simulation.boards[board]
                unit.cut_power(simulation.clock.now(), 5)
                unit.board.flash = Flash()

            await call(do)

        yield BoardSubject(
            broker=broker,
            boards=tuple(simulation.boards),
            speed=SPEED,
            now=lambda: simulation.clock.now() / 1000,
            licence=True,
            power_cut=power_cut,
            network_cut=network_cut,
            wipe=wipe,
        )


async def check_simulator(
    broker: Broker, *, clock: bool, tell: Callable[[Outcome], None] = lambda _: None
) -> list[Outcome]:
    """The checks of boards with a clock of their own, or those of boards without one."""
    checks = [check for check in BOARD.checks if (Need.CLOCKLESS in check.needs) != clock]
    async with simulated(broker, clock=clock) as subject, Workshop(subject) as workshop:
        return await run(checks, workshop.lend, tell=tell)


def judged(*runs: list[Outcome]) -> list[Line]:
    """One line for each statement about boards."""
    return judge(Role.BOARD, merge(*runs), UNSEEN)

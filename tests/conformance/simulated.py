"""The simulator as the board under test: fast, with its power, network and flash in our hands."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
import tempfile

from demo.broker import Broker as LocalBroker
from simulator import Options, Simulation, transport
from simulator.flash import Flash
from simulator.posting import Door

from .board import BOARD, UNSEEN
from .board.bench import BoardBench, BoardSubject, Workshop
from .board.posts import POSTING, PostingBench, PostingSubject, lend
from .checks import Check, Need
from .link import Broker
from .runner import Line, Outcome, judge, merge, run
from .statements import Role

#: Simulated seconds per second; at this, the 5 s of B6 are still longer than an answer takes on a busy computer.
SPEED = 40.0
_BOARDS = 8
_CLOCKLESS = 3

type Choose = Callable[[list[Check[BoardBench]]], list[Check[BoardBench]]]
type ChoosePosts = Callable[[list[Check[PostingBench]]], list[Check[PostingBench]]]


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
    *, wanted: Choose = list, wanted_of_posts: ChoosePosts = list, tell: Callable[[Outcome], None] = lambda _: None
) -> list[Outcome]:
    """The checks of boards, each on one with a clock of its own or without, as it needs; on brokers of our own."""
    # The two kinds of boards bear the same ids, so each has a broker to itself.
    runs = await asyncio.gather(
        check_boards(wanted, tell, clock=True),
        check_boards(wanted, tell, clock=False),
        check_posting(wanted_of_posts, tell),
    )
    return merge(*runs)


@asynccontextmanager
async def posting(url: str, token: str, clock: bool) -> AsyncIterator[Simulation]:
    """A board that posts; with a clock it has some hours of history."""
    options = Options(
        door=Door(url=url, token=token),
        speed=SPEED if clock else 1.0,
        history=0.5 if clock else None,
        live_interval=5 if clock else 1,
        capacity=512,
        clock=clock,
        seed=12,
    )
    async with Simulation(options) as simulation:
        yield simulation


async def check_posting(wanted: ChoosePosts, tell: Callable[[Outcome], None]) -> list[Outcome]:
    """The checks of a board that posts."""
    return await run(wanted(POSTING.checks), lend(PostingSubject(run=posting, speed=SPEED)), tell=tell)


async def check_boards(wanted: Choose, tell: Callable[[Outcome], None], *, clock: bool) -> list[Outcome]:
    """The checks that need boards with a clock, or those that need boards without; on a broker of its own."""
    checks = wanted([check for check in BOARD.checks if (Need.CLOCKLESS in check.needs) != clock])
    with tempfile.TemporaryDirectory() as folder:
        broker = LocalBroker(Path(folder))
        await broker.start()
        try:
            async with simulated(Broker(port=broker.port), clock=clock) as subject, Workshop(subject) as workshop:
                return await run(checks, workshop.lend, tell=tell)
        finally:
            await broker.stop()


def judged(outcomes: list[Outcome]) -> list[Line]:
    """One line for each statement about boards."""
    asked = any("6" in outcome.statements for outcome in outcomes)
    return judge(Role.BOARD, outcomes, {name: why for name, why in UNSEEN.items() if name != "6" or not asked})

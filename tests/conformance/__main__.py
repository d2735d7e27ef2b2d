"""``python -m tests.conformance``: test a board or a host on any broker, or what this project contains."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
import sys
import tempfile
import time

from rich.console import Console

from . import report
from .board import BOARD, UNSEEN as UNSEEN_OF_BOARDS
from .board.bench import BoardSubject, Workshop
from .checks import Check
from .host import HOST, UNSEEN as UNSEEN_OF_HOSTS
from .host.bench import Door, Fleet, HostSubject
from .link import Broker, Link
from .runner import Line, Outcome, Verdict, judge, run
from .statements import Role, statements

_EPILOG = """\
Stop the real host while a board is tested: the kit acknowledges in its place, and puts the retained ack back at the
end, so that the board then sends the host what it missed. A host that is tested must take new boards without being
asked (Panel Meter: the option "Add panels without asking"). In a command, {board} stands for the id of the board;
the command must come back once the power, or the network, is away or back again.
"""

type Tell = Callable[[Outcome], None]
type Tested = tuple[str, list[Line], list[Outcome]]


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__, epilog=_EPILOG)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--board", nargs="+", metavar="ID", help="test a board; with several, all at once")
    what.add_argument("--host", action="store_true", help="test the host")
    what.add_argument("--simulator", action="store_true", help="start a broker and the simulator, and test that")
    what.add_argument("--integration", action="store_true", help="start a broker and Home Assistant, and test that")
    parser.add_argument("--broker", default="127.0.0.1:1883", metavar="HOST:PORT", help="default: %(default)s")
    parser.add_argument("--username", metavar="NAME")
    parser.add_argument("--password", metavar="WORD")
    parser.add_argument("--base", default="panel_meter", metavar="TOPIC", help="default: %(default)s")
    parser.add_argument("--only", default="", metavar="IDS", help="only these statements, e.g. B4,B5")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result here, too")
    boards = parser.add_argument_group("boards")
    boards.add_argument("--speed", type=float, default=1.0, metavar="X", help="seconds of the board per second (1)")
    boards.add_argument("--disruptive", action="store_true", help="also reboot, calibrate and begin new journals")
    boards.add_argument("--power-cut", metavar="CMD", help="cuts the power and brings it back")
    boards.add_argument(
        "--network-cut", metavar="CMD", help="takes the network away for 20 minutes (may come back at once)"
    )
    boards.add_argument("--wipe", metavar="CMD", help="empties the flash")
    hosts = parser.add_argument_group("hosts")
    hosts.add_argument("--home-assistant", metavar="URL", help="look at what this Home Assistant shows")
    hosts.add_argument("--token", metavar="WORD", help="a long-lived access token for it")
    hosts.add_argument("--restart", metavar="CMD", help="restarts the host in good order and waits until it is up")
    hosts.add_argument("--kill", metavar="CMD", help="kills the host, starts it again and waits until it is up")
    hosts.add_argument("--backup", metavar="CMD", help="makes a backup of the host and waits until it is done")
    hosts.add_argument("--post", metavar="URL", help="the address to which boards post")
    hosts.add_argument("--post-token", metavar="WORD", help="a token for it that may speak for any board")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Test, print the table; 0 if nothing failed."""
    given = parse(arguments)
    console = Console()
    wrong = _chosen(given) - {statement.id for statement in statements()}
    if wrong:
        console.print(f"There is no statement {', '.join(sorted(wrong))}.", markup=False)
        return 2
    title, lines, outcomes = asyncio.run(_test(given, lambda outcome: _tell(console, outcome)))
    report.show(title, lines, console)
    if given.json is not None:
        given.json.write_text(report.as_json(title, lines, outcomes))
    return int(any(line.verdict is Verdict.FAIL for line in lines))


async def _test(given: argparse.Namespace, tell: Tell) -> Tested:
    if given.simulator:
        return await _simulator(given, tell)
    if given.integration:
        return await _integration(given, tell)
    if given.host:
        return await _host(given, tell)
    return await _board(given, tell)


async def _board(given: argparse.Namespace, tell: Tell) -> Tested:
    subject = BoardSubject(
        broker=_broker(given),
        boards=tuple(given.board),
        base=given.base,
        speed=given.speed,
        licence=given.disruptive,
        power_cut=_of_board(given.power_cut),
        network_cut=_of_board(given.network_cut),
        wipe=_of_board(given.wipe),
    )
    if given.speed != 1:
        subject = replace(subject, now=await _clock_of(subject))
    async with Workshop(subject) as workshop:
        outcomes = await run(_wanted(BOARD.checks, given), workshop.lend, tell=tell)
    return f"Board {', '.join(given.board)}", _lines(judge(Role.BOARD, outcomes, UNSEEN_OF_BOARDS), given), outcomes


async def _host(given: argparse.Namespace, tell: Tell) -> Tested:
    restart, kill, backup = map(_of_host, (given.restart, given.kill, given.backup))
    door = Door(url=given.post, token=given.post_token) if given.post and given.post_token else None
    subject = HostSubject(broker=_broker(given), base=given.base, restart=restart, kill=kill, backup=backup, door=door)
    if given.home_assistant is None:
        outcomes = await run(_wanted(HOST.checks, given), Fleet(subject).lend, tell=tell)
    else:
        from demo.client import Client

        from .home_assistant import HomeAssistantView

        async with Client(given.home_assistant.rstrip("/")) as client:
            client.token = given.token
            fleet = Fleet(replace(subject, view=HomeAssistantView(client)))
            outcomes = await run(_wanted(HOST.checks, given), fleet.lend, tell=tell)
    return "The host", _lines(judge(Role.HOST, outcomes, UNSEEN_OF_HOSTS), given), outcomes


async def _simulator(given: argparse.Namespace, tell: Tell) -> Tested:
    from .simulated import check_simulator, judged

    outcomes = await check_simulator(
        wanted=lambda checks: _wanted(checks, given), wanted_of_posts=lambda checks: _wanted(checks, given), tell=tell
    )
    return "The simulator", _lines(judged(outcomes), given), outcomes


async def _integration(given: argparse.Namespace, tell: Tell) -> Tested:
    from .home_assistant import check_integration, judged

    with tempfile.TemporaryDirectory() as folder:
        outcomes = await check_integration(Path(folder), wanted=lambda checks: _wanted(checks, given), tell=tell)
    return "The integration", _lines(judged(outcomes), given), outcomes


async def _clock_of(subject: BoardSubject) -> Callable[[], float]:
    """Simulated time has left the wall clock behind: take it from the board, and let it run on from there."""
    async with Link(subject.broker) as link:
        await link.subscribe(f"{subject.base}/1/{subject.boards[0]}/live")
        heard = await link.find(lambda heard: True, after=0, within=120 / subject.speed + 5)
        known = heard.json.get("time") if heard else None
    began, at = (time.time(), time.monotonic()) if heard is None or not known else (known, heard.at)
    return lambda: began + (time.monotonic() - at) * subject.speed


# -- what the arguments mean ------------------------------------------------------------------------------------------


def _chosen(given: argparse.Namespace) -> set[str]:
    return {part.strip() for part in given.only.split(",") if part.strip()}


def _wanted[Bench](checks: Sequence[Check[Bench]], given: argparse.Namespace) -> list[Check[Bench]]:
    chosen = _chosen(given)
    return [check for check in checks if not chosen or chosen.intersection(check.statements)]


def _lines(lines: list[Line], given: argparse.Namespace) -> list[Line]:
    chosen = _chosen(given)
    return [line for line in lines if not chosen or line.id in chosen]


def _broker(given: argparse.Namespace) -> Broker:
    host, colon, port = given.broker.rpartition(":")
    name = host if colon else given.broker
    return Broker(host=name, port=int(port) if colon else 1883, username=given.username, password=given.password)


def _of_board(command: str | None) -> Callable[[str], Awaitable[None]] | None:
    if command is None:
        return None

    async def control(board: str) -> None:
        # Boards may be found missing long before the command ends, which is no reason to wait for it.
        await asyncio.create_subprocess_shell(command.replace("{board}", board))

    return control


def _of_host(command: str | None) -> Callable[[], Coroutine[None, None, None]] | None:
    if command is None:
        return None

    async def control() -> None:
        process = await asyncio.create_subprocess_shell(command)
        await process.wait()

    return control


def _tell(console: Console, outcome: Outcome) -> None:
    ids = " ".join(outcome.statements)
    console.print(
        f"{outcome.seconds:6.1f} s  {outcome.verdict:10}  {ids}: {outcome.says} {outcome.detail}", markup=False
    )


if __name__ == "__main__":
    sys.exit(main())

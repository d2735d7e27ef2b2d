"""The command line."""

import argparse
from pathlib import Path
import signal
import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from .dump import DumpError, play
from .faults import FaultPlan, parse_faults
from .options import Options
from .posting import AddressError, Door
from .replay import ReplayError
from .simulation import Simulation
from .transport import Broker


def parse(arguments: list[str] | None = None) -> Options:
    """Read the command line; ends the program on --help or nonsense."""
    parser = argparse.ArgumentParser(
        prog="python -m simulator",
        description="Simulate boards that speak the Panel Meter protocol v1 over MQTT, and write the truth about what "
        "they measured. Ends cleanly with Ctrl-C.",
        epilog="Faults, separated by commas: drop=P, double=P, delay=P:SECONDS, reorder=P, nan=P (probability per "
        "message); cut=S, power=S, reboot=S, clock=S, reset=S (about every S simulated seconds). "
        "Example: --faults drop=0.01,delay=0.05:30,cut=300,power=900",
    )
    where = parser.add_argument_group("broker")
    where.add_argument("--broker", default="127.0.0.1:1883", metavar="HOST:PORT", help="default: %(default)s")
    where.add_argument("--username", metavar="NAME")
    where.add_argument("--password", metavar="WORD")
    where.add_argument("--base", default="panel_meter", metavar="TOPIC", help="first part of the topics (%(default)s)")
    where.add_argument("--post", metavar="URL", help="the boards post here instead, over HTTP")
    where.add_argument("--post-token", metavar="WORD", help="for it; with several boards one that may speak for all")
    what = parser.add_argument_group("what is simulated")
    what.add_argument(
        "--panels",
        type=_count,
        default=None,
        metavar="N",
        help="boards with a journal (default: 1, or 0 with --legacy or --apartments alone)",
    )
    what.add_argument("--legacy", type=_count, default=0, metavar="N", help="panels on DATA/PM/PANEL_LANTAI_<n>")
    what.add_argument("--apartments", type=_count, default=0, metavar="N", help="electricity/building/floor/<apt>")
    what.add_argument(
        "--replay",
        type=Path,
        metavar="FILE",
        help="a CSV or CSV.gz file of measured powers as the only board; its end is "
        "moved to now, the file is the history, then it begins again",
    )
    what.add_argument(
        "--dump",
        type=Path,
        metavar="FILE",
        help="play the messages of a diagnostics dump of Panel Meter, and nothing else",
    )
    what.add_argument(
        "--history",
        type=_days,
        metavar="DAYS",
        help="days of records in the ring at the start (with --replay: of the file; default all of it)",
    )
    what.add_argument("--seed", type=int, default=1, metavar="N", help="which houses are made up (default: 1)")
    what.add_argument(
        "--utc-offset", type=float, default=1.0, metavar="HOURS", help="of the people in the houses (default: 1)"
    )
    how = parser.add_argument_group("boards")
    how.add_argument("--interval", type=_interval, default=300, metavar="S", help="seconds of a record (default: 300)")
    how.add_argument("--live-interval", type=_live_interval, default=5, metavar="S", help="between live messages (5)")
    how.add_argument(
        "--capacity", type=_count, default=2048, metavar="ROWS", help="of the ring; more if the history needs it"
    )
    how.add_argument("--clock", choices=("sntp", "none"), default="sntp", help="none: the host must set the clock")
    how.add_argument("--faults", type=_faults, default=FaultPlan(), metavar="LIST", help="see below")
    run = parser.add_argument_group("run")
    run.add_argument(
        "--speed",
        type=_positive,
        default=1.0,
        metavar="X",
        help="simulated seconds per second; above 1 records end in the future, "
        "and a host refuses more than a day of that",
    )
    run.add_argument("--duration", type=_positive, metavar="S", help="end after so many real seconds")
    run.add_argument(
        "--truth", type=Path, metavar="FILE", help="write the truth here as JSON, every few seconds and at the end"
    )
    run.add_argument("--state", type=Path, metavar="DIR", help="keep the boards' flash here over restarts")
    run.add_argument("--quiet", action="store_true", help="print only problems")
    given = parser.parse_args(arguments)
    panels = given.panels
    if panels is None:
        panels = 0 if given.legacy or given.apartments else 1
    host, port = _broker(parser, given.broker)
    door = _door(parser, given, panels)
    return Options(
        broker=Broker(host=host, port=port, username=given.username, password=given.password),
        door=door,
        base=given.base.strip("/"),
        panels=panels,
        seed=given.seed,
        speed=given.speed,
        history=given.history,
        interval=given.interval,
        live_interval=given.live_interval,
        capacity=max(given.capacity, 1),
        clock=given.clock == "sntp",
        utc_offset=given.utc_offset,
        legacy=given.legacy,
        apartments=given.apartments,
        replay=given.replay,
        dump=given.dump,
        faults=given.faults,
        duration=given.duration,
        truth=given.truth,
        state=given.state,
        quiet=given.quiet,
    )


def main(arguments: list[str] | None = None) -> int:
    """Run the simulator; returns the exit code."""
    options = parse(arguments)
    console = Console(stderr=True, quiet=options.quiet)
    problems = Console(stderr=True)
    try:
        if options.dump is not None:
            console.print(f"{play(options.dump, options.broker, options.speed)} messages played.", markup=False)
            return 0
        simulation = _prepare(options, console, problems)
    except (ReplayError, DumpError, AddressError) as error:
        problems.print(str(error), markup=False)
        return 2
    except KeyboardInterrupt:
        return 130
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: simulation.stop())
    _introduce(simulation, console)
    simulation.run()
    return 1 if simulation.links.problem else 0


def _prepare(options: Options, console: Console, problems: Console) -> Simulation:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=options.quiet) as bar:
        task = bar.add_task("Making up the history", total=None)

        def tell(done: int, total: int, _name: str) -> None:
            bar.update(task, completed=done, total=total)

        return Simulation(
            options, progress=tell, on_problem=lambda problem: problems.print(problem, markup=False, soft_wrap=True)
        )


def _introduce(simulation: Simulation, console: Console) -> None:
    options = simulation.options
    names = list(simulation.boards) + [device.id for device in simulation.legacy]
    shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    where = options.door.url if options.door else f"{options.broker.host}:{options.broker.port}"
    console.print(f"{len(names)} at {where}: {shown}. Ctrl-C ends.", markup=False)
    if simulation.replay:
        days = simulation.replay.recording.minutes / 1440
        console.print(f"The recording of {days:.1f} days is shifted so that it ends now.", markup=False)


def _broker(parser: argparse.ArgumentParser, text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon:
        return text, 1883
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        parser.error("The broker must be given as host:port.")
    return host.strip("[]"), int(port)


def _door(parser: argparse.ArgumentParser, given: argparse.Namespace, panels: int) -> Door | None:
    if given.post is None:
        return None
    if not given.post_token:
        parser.error("With --post comes --post-token.")
    if given.legacy or given.apartments or given.dump:
        parser.error("Only boards with a journal can post; old devices and dumps need a broker.")
    return Door(url=given.post, token=given.post_token, shared=panels > 1)


def _number(text: str, low: float, high: float) -> float:
    value = float(text)
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"must be from {low:g} to {high:g}")
    return value


def _count(text: str) -> int:
    return int(_number(text, 0, 1_000_000))


def _days(text: str) -> float:
    return _number(text, 0, 1830)


def _positive(text: str) -> float:
    return _number(text, 1e-3, 1e9)


def _interval(text: str) -> int:
    value = int(_number(text, 60, 3600))
    if 3600 % value:
        raise argparse.ArgumentTypeError("must divide an hour")
    return value


def _live_interval(text: str) -> int:
    return int(_number(text, 1, 60))


def _faults(text: str) -> FaultPlan:
    try:
        return parse_faults(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


if __name__ == "__main__":
    sys.exit(main())

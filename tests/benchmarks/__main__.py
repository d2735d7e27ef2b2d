"""``scripts/bench [NAME ...]``."""

import argparse
import asyncio
from pathlib import Path
import tempfile

from rich.console import Console
from rich.progress import Progress

from . import cpu


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measure Panel Meter on this machine.")
    parser.add_argument("names", nargs="*", default=["cpu"])
    parser.add_argument("--panels", type=int, default=10)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--ways")
    parser.add_argument("--profile", default="")
    parser.add_argument("--keep", type=Path)
    return parser.parse_args()


async def _run(options: argparse.Namespace, console: Console) -> None:
    folder = options.keep or Path(tempfile.mkdtemp())
    ways = [w for w in cpu.WAYS if not options.ways or w.name in options.ways.split(",")]
    with Progress(console=console) as progress:
        result = await cpu.measure(
            folder,
            panels=options.panels,
            seconds=options.seconds,
            progress=progress,
            ways=ways,
            profile=options.profile,
        )
    for u in result.usages:
        console.print(
            u.way.name,
            u.entities,
            u.known,
            round(u.process, 2),
            round(u.loop, 2),
            u.rows,
            f"{result.cost(u):.3f} {result.cost(u, loop=True):.3f}",
        )
    console.print(result.seconds, result.late)


asyncio.run(_run(_options(), Console()))

"""``scripts/bench [NAME ...]``."""

import argparse
import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import shutil
import sys
import tempfile

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from . import alerts, card, cpu, money, posts, room, rows, start, tables, traffic, views
from .home import LabError

NAMES = ("cpu", "rows", "traffic", "room", "start", "money", "posts", "alerts", "views", "card")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Measures Panel Meter on this machine: the CPU that it costs (cpu), the rows that it makes in the "
        "recorder (rows), messages and records a second (traffic), the size of the ledger (room), the time to "
        "start (start), that to rate energy (money), posts a second beside core's API (posts), the time to look for "
        "alerts (alerts), that of charts in the ledger (views), the panel card in a browser (card). Without a name "
        "all of them, in about 15 minutes.",
    )
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--panels", type=int, default=10, help="cpu: so many panels speak once a second (10)")
    parser.add_argument("--seconds", type=int, default=300, help="cpu: so long is measured, in real time (300)")
    parser.add_argument("--repeat", type=int, default=1, help="cpu: so many runs, of which the median is shown (1)")
    parser.add_argument("--profile", metavar="WAY", default="", help="cpu: profile a way; needs --keep")
    parser.add_argument("--keep", metavar="FOLDER", type=Path, help="keep config folders, logs and profiles there")
    return parser.parse_args()


async def _measure(name: str, folder: Path, options: argparse.Namespace, progress: Progress) -> tuple[Table, list[str]]:
    match name:
        case "cpu":
            runs = [
                await cpu.measure(
                    folder / str(number),
                    panels=options.panels,
                    seconds=options.seconds,
                    progress=progress,
                    profile=options.profile,
                )
                for number in range(options.repeat)
            ]
            return tables.cpu_table(runs)
        case "rows":
            return tables.rows_table(await rows.measure(folder, progress=progress))
        case "traffic":
            return tables.traffic_table(await traffic.measure(folder, progress=progress))
        case "room":
            return tables.room_table(await asyncio.to_thread(room.measure, folder))
        case "posts":
            return tables.posts_table(await posts.measure(folder, progress=progress))
        case "card":
            return tables.card_table(await card.measure(progress=progress))
        case "alerts":
            return tables.alerts_table(await asyncio.to_thread(alerts.measure))
        case "views":
            return tables.views_table(await asyncio.to_thread(views.measure, folder))
        case "money":
            return tables.money_table(await asyncio.to_thread(money.measure))
        case _:
            return tables.start_table(await start.measure(folder, progress=progress))


async def _run(options: argparse.Namespace, console: Console) -> None:
    with _folder(options.keep) as folder, Progress(console=console, transient=True) as progress:
        for name in options.names or NAMES:
            table, notes = await _measure(name, folder / name, options, progress)
            console.print(table)
            for note in notes:
                console.print(note, highlight=False)
            console.print()


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
        return
    made = Path(tempfile.mkdtemp(prefix="panel-meter-bench-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def main() -> int:
    """Measure what was asked for."""
    console = Console(width=None if sys.stdout.isatty() else 160)
    try:
        asyncio.run(_run(_options(), console))
    except LabError as error:
        console.print(str(error), style="red", markup=False)
        return 1
    except KeyboardInterrupt:
        console.print("Ended.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())

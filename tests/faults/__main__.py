"""The command line of the fault programme."""

import argparse
import asyncio
import os
from pathlib import Path
import shutil
import sys
import tempfile
import time

from demo.broker import mosquitto
from demo.errors import DemoError
from demo.process import REPOSITORY

from . import faketime
from .figures import Outcome, markdown, save, show
from .rows import Row, rows

_FIGURES = REPOSITORY / "tests" / "artifacts" / "faults.json"


def missing(row: Row) -> str | None:
    """What this machine lacks for a row; None if it can be played."""
    if mosquitto() is None:
        return "mosquitto is not installed"
    if "faketime" in row.needs and faketime.library() is None:
        return "libfaketime is not installed"
    if "namespaces" in row.needs and not _own_mounts():
        return "this user may not mount a disk of its own (unshare --mount)"
    return None


def _own_mounts() -> bool:
    return shutil.which("unshare") is not None and os.geteuid() == 0


async def run(row: Row, *, long: bool, keep: Path | None) -> Outcome:
    """Play a row; whatever goes wrong with the programme itself is said in its place of the table."""
    folder = Path(tempfile.mkdtemp(prefix=f"faults-{row.name}-", dir=keep))
    begin = time.monotonic()
    try:
        outcome = await row.play(folder, long)
    except (DemoError, TimeoutError, AssertionError) as error:
        outcome = Outcome(row.name, row.done, broken=[f"could not be played to its end: {error}"])
    outcome.seconds = round(time.monotonic() - begin, 1)
    if keep is None and not outcome.broken:
        shutil.rmtree(folder)
    elif outcome.broken:
        print(f"{row.name}: the files are in {folder}", file=sys.stderr)
    return outcome


def main() -> int:
    """Run what is asked for; 1 if a row is not true, 2 if one cannot be played here."""
    known = rows()
    parser = argparse.ArgumentParser(prog="scripts/faults", description="Break things, and compare with the truth.")
    parser.add_argument("rows", nargs="*", metavar="ROW", help="rows to play (default: all)")
    parser.add_argument("--long", action="store_true", help="the long form of each row; hours for all of them")
    parser.add_argument("--list", action="store_true", help="only list the rows")
    parser.add_argument("--markdown", action="store_true", help="only print the figures of earlier runs as a table")
    parser.add_argument("--keep", type=Path, help="leave all files below this folder")
    parser.add_argument("--figures", type=Path, default=_FIGURES, help="where the figures go (%(default)s)")
    given = parser.parse_args()
    if given.list:
        for row in known.values():
            print(f"{row.name:16} {row.done}")
        return 0
    if given.markdown:
        print(markdown(given.figures, known))
        return 0
    if unknown := [name for name in given.rows if name not in known]:
        parser.error(f"There is no row {', '.join(unknown)}. --list shows the rows.")
    if given.keep is not None:
        given.keep.mkdir(parents=True, exist_ok=True)
    outcomes, skipped = [], 0
    for name in given.rows or known:
        row = known[name]
        if (lack := missing(row)) is not None:
            print(f"{name}: not played, {lack}", file=sys.stderr)
            skipped += 1
            continue
        print(f"{name}: {row.done}", file=sys.stderr)
        outcome = asyncio.run(run(row, long=given.long, keep=given.keep))
        print(f"{name}: {'true' if not outcome.broken else 'NOT TRUE'} after {outcome.seconds:g} s", file=sys.stderr)
        outcomes.append(outcome)
        save(given.figures, [outcome])
    show(outcomes)
    if any(outcome.broken for outcome in outcomes):
        return 1
    return 2 if skipped else 0


if __name__ == "__main__":
    sys.exit(main())

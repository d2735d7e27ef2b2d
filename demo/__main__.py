"""``python -m demo``; people type ``scripts/demo``, which prepares the machine first."""

import asyncio
import sys

from rich.console import Console

from .errors import DemoError
from .options import parse
from .show import end_on_signals, run


async def _main(console: Console) -> int:
    try:
        options = parse()
        work = asyncio.create_task(run(options, console))
        end_on_signals(work)
        await work
    except asyncio.CancelledError:
        console.print("Everything has ended.")
    except DemoError as error:
        console.print(str(error), style="red", markup=False)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(_main(Console(highlight=False))))

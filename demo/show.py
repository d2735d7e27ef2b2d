"""The demo as a person sees it: one line per step, then the address, then the end on Ctrl-C."""

import asyncio
from collections.abc import AsyncIterator, Iterator
import contextlib
from pathlib import Path
import shutil
import signal
import tempfile
import time
import webbrowser

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from . import dashboard, energy
from .errors import DemoError
from .onboarding import PASSWORD, USER, Home
from .options import Options
from .stage import DOMAIN, Stage
from .waiting import until

#: The recorder looks at new entities every five minutes.
_COMPILE = 420

#: Answers to the form of a tariff with two prices.
DEMO_TARIFF = {"user": "day_night", "day_price": 0.34, "night_price": 0.26}

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def run(options: Options, console: Console) -> None:
    """Bring everything up and keep it running until somebody ends it."""
    port = options.web_port()
    with _folder(options.keep) as folder:
        async with Stage(folder, options.wishes, port=port, python_broker=options.python_broker) as stage:
            try:
                await _bring_up(stage, options, console)
                _invite(stage, console)
                if not options.once:
                    await _stay(stage, options, console)
            except DemoError:
                _keep_log(stage, console)
                raise
            finally:
                _ignore_signals()
                console.print("Ending everything …")


async def _stay(stage: Stage, options: Options, console: Console) -> None:
    if options.browser:
        webbrowser.open(f"{stage.home_assistant.url}/{dashboard.PATH}")
    async with _background(_announce_energy(stage, console)):
        await stage.home_assistant.keep_running()
    raise DemoError(f"Home Assistant has ended by itself. It last said:\n{stage.home_assistant.child.tail(5)}")


async def _bring_up(stage: Stage, options: Options, console: Console) -> None:
    with _step(console, f"MQTT broker: {stage.broker.kind} on {stage.broker.address}"):
        await stage.start_broker()
    wishes = options.wishes
    what = f"replaying {wishes.replay.name}" if wishes.replay else f"{wishes.panels} simulated panels"
    # The simulator makes up its history while Home Assistant starts.
    with _step(console, f"Boards: {what}"):
        await stage.boards.start()
    with _step(console, f'Home Assistant on {stage.home_assistant.url}, user "{USER}"'):
        await stage.start_home_assistant(Home())
    with _step(console, "MQTT set up"):
        await stage.set_up_mqtt()
    with _step(console, "Boards online"):
        await stage.boards.wait_for_truth()
    with _step(console, "Panel Meter set up"):
        await stage.set_up_panel_meter()
    with _step(console, "Live values"):
        await stage.wait_for_values()
    await _drain(stage, console)
    with _step(console, "A tariff for all panels"):
        await stage.set_up_tariff(DEMO_TARIFF)
    with _step(console, "Energy dashboard set up"):
        await stage.set_up_energy()
    with _step(console, "Dashboard made"):
        await dashboard.set_up(stage.client)


async def _drain(stage: Stage, console: Console) -> None:
    """Show how the records of the past arrive."""
    columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        _step(console, "History in the ledger"),
        Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar,
    ):
        task = bar.add_task("records")
        waiting = asyncio.create_task(stage.wait_for_records(timeout=900))
        while not waiting.done():
            done, total = stage.backlog()
            bar.update(task, completed=done, total=total)
            await asyncio.wait([waiting], timeout=0.25)
        await waiting


def _invite(stage: Stage, console: Console) -> None:
    url = stage.home_assistant.url
    lines = (
        f"Home Assistant   [bold]{url}[/bold]   user [bold]{USER}[/bold], password [bold]{PASSWORD}[/bold]",
        f"Dashboard        [bold]{url}/{dashboard.PATH}[/bold]",
        f"Panels           {url}/config/integrations/integration/{DOMAIN}",
        f"Energy           {url}/energy   (Home Assistant fills it within six minutes)",
        f"MQTT             {stage.broker.address}",
        "",
        "Ctrl-C ends all of it.",
    )
    console.print()
    for line in lines:
        console.print(f"  {line}", soft_wrap=True)
    console.print()


async def _announce_energy(stage: Stage, console: Console) -> None:
    async def filled() -> bool:
        with contextlib.suppress(DemoError):
            return await energy.compiled(stage.client)
        return False

    with contextlib.suppress(DemoError):
        await until(filled, "the Energy dashboard", timeout=_COMPILE, pause=5)
        console.print("  The Energy dashboard is filled now.")


@contextlib.contextmanager
def _step(console: Console, text: str) -> Iterator[None]:
    """Print the step when it is done, with the time that it took."""
    begin = time.monotonic()
    # A status line would fight with a bar for the cursor; the bar's step prints its own.
    try:
        yield
    except Exception:
        console.print(f"[red]✗[/red] {text}")
        raise
    console.print(f"[green]✓[/green] {text} [dim]({time.monotonic() - begin:.1f} s)[/dim]")


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """The folder for all files: the one to keep, or one that is removed at the end."""
    if keep is not None:
        if keep.exists() and any(keep.iterdir()):
            raise DemoError(f"{keep} is not empty. Name a new folder.")
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
        return
    folder = Path(tempfile.mkdtemp(prefix="panel-meter-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.asynccontextmanager
async def _background(work: object) -> AsyncIterator[None]:
    assert asyncio.iscoroutine(work)
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _keep_log(stage: Stage, console: Console) -> None:
    """Save what Home Assistant said from the folder that is about to be removed."""
    log = stage.home_assistant.child.log
    if not log.exists():
        return
    saved = Path(tempfile.gettempdir()) / "panel-meter-demo.log"
    shutil.copy(log, saved)
    console.print(f"What Home Assistant said is kept in {saved}.")
    for line in stage.home_assistant.problems()[-10:]:
        console.print(f"  {line}", markup=False, soft_wrap=True)


def end_on_signals(task: asyncio.Task[None]) -> None:
    """Let Ctrl-C, a closed terminal and ``kill`` end the task in good order."""
    loop = asyncio.get_running_loop()
    for number in _ENDING:
        loop.add_signal_handler(number, task.cancel)


def _ignore_signals() -> None:
    """While everything ends already, an impatient second Ctrl-C would only leave programs and files behind."""
    loop = asyncio.get_running_loop()
    for number in _ENDING:
        loop.add_signal_handler(number, lambda: None)

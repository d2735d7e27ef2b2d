"""Home Assistant away over the boundaries of hours."""

from pathlib import Path
import time

from ..figures import Outcome
from ..lab import Lab, Wishes
from ..truth import HOUR

_SHORT, _LONG = (1,), (1, 26, 170)


async def play(folder: Path, long: bool) -> Outcome:
    """Home Assistant is killed before a full hour and comes back hours later (1, 26 and 170 boundaries)."""
    return await play_over(folder, _LONG if long else _SHORT, hurried=long)


async def play_over(folder: Path, boundaries: tuple[int, ...], *, hurried: bool = False) -> Outcome:
    """One absence for each number of hour boundaries, one after another, in one Home Assistant.

    ``hurried``: nobody waits for the recorder's own five minutes; it is told to compile.
    """
    words = ", ".join(map(str, boundaries))
    outcome = Outcome("away", f"SIGKILL at x:56, back at y:03 after {words} boundaries of hours, 3 panels")
    # A ring of the usual size holds a week of the usual intervals.
    wishes = Wishes(panels=3, days=2, interval=300, live_interval=5, capacity=4096, fake_clock=True, core=3)
    async with Lab(folder, wishes) as lab:
        lab.jump_to(50 if hurried else 53, 30, hours=1 if time.time() % HOUR > 53 * 60 else 0)
        await lab.start()
        await lab.drained()
        if hurried:
            await lab.hurry(55, 30)
        # The compile of the five minutes up to x:55 gives every statistic its first row, and imports the history.
        hour = int(lab.now) // HOUR * HOUR
        await lab.compare_statistics(outcome, hour)
        outcome.expect(outcome.statistics.right, f"the history was not imported: {outcome.statistics}")
        for count in boundaries:
            await _away(lab, count, outcome, hurried=hurried)
        await lab.finish(outcome)
    outcome.judge(statistics=True)
    return outcome


async def _away(lab: Lab, count: int, outcome: Outcome, *, hurried: bool) -> None:
    left = int(lab.now) // HOUR * HOUR
    lab.jump_to(56)
    await lab.speaking()
    await lab.home.kill()
    lab.jump_to(3, 30, hours=count)
    begin = time.monotonic()
    await lab.home.start()
    await lab.drained()
    if hurried:
        await lab.hurry(5, 30)
    outcome.measured[f"{count} h: start and catch up s"] = round(time.monotonic() - begin, 1)
    hour = int(lab.now) // HOUR * HOUR
    await lab.compare_statistics(outcome, hour)
    outcome.measured[f"{count} h: mended after s"] = round(time.monotonic() - begin, 1)
    outcome.expect(outcome.statistics.right, f"{count} h: the statistics are {outcome.statistics}")
    if count > 1:
        # Full hours only: core's rows of the hours at both ends of the absence are partly right.
        outcome.core[f"{count} h"] = await lab.core_misplaced(left + HOUR, hour)

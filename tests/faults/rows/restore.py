"""A backup of Home Assistant is restored."""

from contextlib import suppress
from pathlib import Path
import time

from demo.errors import DemoError
from demo.waiting import until

from ..figures import Outcome
from ..lab import Lab, Wishes
from ..truth import HOUR

_LOCAL_AGENT = "backup.local"
_DAYS = 3


async def play(folder: Path, _long: bool) -> Outcome:
    """A backup three days old is restored by Home Assistant itself: the boards send what came after it again."""
    outcome = Outcome("restore", f"Home Assistant's own backup of {_DAYS} days ago restored, 3 panels")
    wishes = Wishes(panels=3, days=2, interval=300, live_interval=5, capacity=4096, fake_clock=True, backups=True)
    async with Lab(folder, wishes) as lab:
        lab.jump_to(50, 30, hours=1 if time.time() % HOUR > 50 * 60 else 0)
        await lab.start()
        await lab.drained()
        await lab.hurry(55, 30)
        await lab.compare_statistics(outcome, int(lab.now) // HOUR * HOUR)
        outcome.expect(outcome.statistics.right, f"the history was not imported: {outcome.statistics}")
        backup = await _back_up(lab)
        lab.jump_to(3, 30, hours=24 * _DAYS + 1)
        await lab.speaking()
        await lab.drained()
        repeated, records = _repeated(lab), lab.records()
        begin = time.monotonic()
        # It may go away before it answers.
        with suppress(DemoError):
            await lab.home.client.command("backup/restore", backup_id=backup, agent_id=_LOCAL_AGENT)
        await lab.home.start_restored()
        await lab.drained()
        await lab.hurry(5, 30)
        outcome.measured["restored and caught up after s"] = round(time.monotonic() - begin, 1)
        outcome.measured["records of the boards"] = records
        outcome.measured["records sent again"] = _repeated(lab) - repeated
        await lab.compare_statistics(outcome, int(lab.now) // HOUR * HOUR)
        outcome.measured["mended after s"] = round(time.monotonic() - begin, 1)
        await lab.finish(outcome)
    least = wishes.panels * _DAYS * 24 * HOUR // wishes.interval
    outcome.expect(
        outcome.measured["records sent again"] >= least,
        "the boards did not send three days again, so that no old backup was restored",
    )
    outcome.judge(statistics=True)
    return outcome


async def _back_up(lab: Lab) -> str:
    """Make a backup of everything, and return its id."""
    await lab.home.client.command("backup/generate", agent_ids=[_LOCAL_AGENT])
    found: list[str] = []

    async def made() -> bool:
        info = await lab.home.client.command("backup/info")
        assert isinstance(info, dict)
        backups = info["backups"]
        assert isinstance(backups, list)
        found[:] = [str(each["backup_id"]) for each in backups if isinstance(each, dict)]
        return bool(found) and info["state"] == "idle"

    await until(made, "the backup to be made", 120, 0.5)
    return found[0]


def _repeated(lab: Lab) -> int:
    return sum(panel.repeated for panel in lab.observer.panels.values())

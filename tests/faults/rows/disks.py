"""Disks, databases and files."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
import os
from pathlib import Path
import shutil
import sqlite3
import subprocess
import time

from demo.errors import DemoError
from demo.waiting import until

from ..figures import Outcome
from ..lab import Lab, Wishes
from ..truth import compare_ledger

_SPEED = 20.0
_UNWRITABLE = "ledger_unwritable"


async def full(folder: Path, long: bool) -> Outcome:
    """The disk of the ledger is full for a while."""
    return await _disk(folder, "disk-full", 60 if long else 15, _fill, _empty)


async def no_writes(folder: Path, long: bool) -> Outcome:
    """Every write of Home Assistant fails for a while, to the ledger and to the recorder, as with a failing card."""
    return await _disk(folder, "no-writes", 60 if long else 15, _limit("0:unlimited"), _limit("unlimited"))


async def _disk(
    folder: Path, name: str, seconds: int, spoil: Callable[[Lab], None], mend: Callable[[Lab], None]
) -> Outcome:
    how = "full" if name == "disk-full" else "refuses every write"
    outcome = Outcome(name, f"disk of the ledger {how} for {seconds} s, then good again, 4 panels at {_SPEED:g}x")
    wishes = Wishes(panels=4, days=0.25, speed=_SPEED, live_interval=20, disk_kb=24_000)
    async with Lab(folder, wishes) as lab:
        await lab.start()
        await lab.drained_once()
        spoil(lab)
        told = await _issue(lab, there=True)
        waiting = lab.unacknowledged()
        await asyncio.sleep(seconds)
        held = lab.unacknowledged() - waiting
        mend(lab)
        begin = time.monotonic()
        gone = await _issue(lab, there=False)
        back = time.monotonic() - begin
        lab.freeze()
        await lab.drained(120)
        await asyncio.to_thread(lab.boards.close)
        await lab.drained(30)
        # The disk is there only as long as somebody holds it.
        disk = os.open(_inside(lab), os.O_RDONLY)
        try:
            await lab.home.stop()
            shutil.copytree(f"/proc/self/fd/{disk}", folder / "disk")
        finally:
            os.close(disk)
        outcome.ledger = compare_ledger(folder / "disk" / "ledger.db", lab.truth())
    outcome.measured = {"records held back meanwhile": held, "writing again after s": round(back, 1)}
    outcome.expect(told, "nobody told the user that the ledger cannot be written")
    outcome.expect(gone, "the repair issue did not go away")
    outcome.expect(held > 0, "boards were told that records were safe although they could not be")
    outcome.judge()
    return outcome


def _inside(lab: Lab) -> Path:
    """The ledger's folder as Home Assistant sees it."""
    return Path(f"/proc/{lab.home.pid}/root{lab.home.ledger_file.parent}")


def _fill(lab: Lab) -> None:
    with (_inside(lab) / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
        for size in (1 << 20, 4096, 1):
            with suppress(OSError):
                while ballast.write(bytes(size)):
                    pass


def _empty(lab: Lab) -> None:
    (_inside(lab) / "ballast").unlink()


def _limit(bytes_: str) -> Callable[[Lab], None]:
    def limit(lab: Lab) -> None:
        subprocess.run(["prlimit", "--pid", str(lab.home.pid), f"--fsize={bytes_}"], check=True)

    return limit


async def _issue(lab: Lab, *, there: bool) -> bool:
    async def seen() -> bool:
        return (_UNWRITABLE in await lab.issues()) == there

    try:
        await until(seen, "the repair issue", 90)
    except DemoError:
        return False
    return True


async def recorder_locked(folder: Path, long: bool) -> Outcome:
    """Another program locks the recorder's database for a minute."""
    seconds = 60 if long else 20
    outcome = Outcome("recorder-locked", f"recorder's database locked for {seconds} s, 4 panels at {_SPEED:g}x")
    async with Lab(folder, Wishes(panels=4, days=0.25, speed=_SPEED, live_interval=20)) as lab:
        await lab.start()
        await lab.drained_once()
        connection = sqlite3.connect(lab.home.folder / "home-assistant_v2.db", timeout=30, isolation_level=None)
        connection.execute("BEGIN EXCLUSIVE")
        before = lab.records() - lab.unacknowledged()
        await asyncio.sleep(seconds)
        taken = lab.records() - lab.unacknowledged() - before
        connection.execute("ROLLBACK")
        connection.close()
        await lab.finish(outcome)
    outcome.measured = {"records taken while it was locked": taken}
    outcome.expect(taken > 0, "the ledger waited for the recorder")
    outcome.judge()
    return outcome


async def recorder_deleted(folder: Path, _long: bool) -> Outcome:
    """The recorder's database is deleted while Home Assistant is away; the ledger fills a new one."""
    outcome = Outcome(
        "recorder-deleted", "recorder's database deleted, 3 panels with 2 days: every hour is there again"
    )
    wishes = Wishes(panels=3, days=2, interval=300, live_interval=5, fake_clock=True)
    async with Lab(folder, wishes) as lab:
        lab.jump_to(50, 30, hours=1 if time.time() % 3600 > 50 * 60 else 0)
        await lab.start()
        await lab.drained()
        await lab.hurry(55, 30)
        hour = int(lab.now) // 3600 * 3600
        await lab.compare_statistics(outcome, hour)
        outcome.expect(outcome.statistics.right, f"the history was not imported: {outcome.statistics}")
        await lab.home.stop()
        for file in lab.home.folder.glob("home-assistant_v2.db*"):
            file.unlink()
        lab.jump_to(3, 30, hours=1)
        await lab.home.start()
        await lab.drained()
        await lab.hurry(5, 30)
        begin = time.monotonic()
        hour = int(lab.now) // 3600 * 3600
        await lab.compare_statistics(outcome, hour, timeout=20)
        if not outcome.statistics.right:
            outcome.measured["mWh missing until rebuild_statistics"] = outcome.statistics.lost
            await lab.home.client.action("panel_meter", "rebuild_statistics")
            await lab.compare_statistics(outcome, hour, timeout=40)
        outcome.measured["right after s"] = round(time.monotonic() - begin, 1)
        await lab.finish(outcome)
    outcome.judge(statistics=True)
    return outcome


async def ledger_older(folder: Path, long: bool) -> Outcome:
    """A copy of the ledger from before is put back, as a restored backup does: the boards send the rest again."""
    seconds = 60 if long else 10
    outcome = Outcome("ledger-older", f"ledger of {seconds * 400 / 60:.0f} min ago put back, 4 panels at 400x")
    wishes = Wishes(panels=4, days=0.25, speed=400, live_interval=60)
    async with Lab(folder, wishes) as lab:
        await lab.start()
        await lab.drained_once()
        await lab.home.stop()
        older = folder / "older.db"
        shutil.copy(lab.home.ledger_file, older)
        await lab.home.start()
        await asyncio.sleep(seconds)
        await lab.home.stop()
        for file in lab.home.ledger_file.parent.glob("ledger.db*"):
            file.unlink()
        shutil.copy(older, lab.home.ledger_file)
        lab.freeze()
        await lab.home.start()
        await lab.finish(outcome)
        outcome.measured = {"records sent again": sum(p.repeated for p in lab.observer.panels.values())}
    outcome.expect(outcome.measured["records sent again"] > 0, "no board sent anything again, so nothing was shown")
    outcome.judge()
    return outcome


async def ledger_torn(folder: Path, long: bool) -> Outcome:
    """The ledger's file is cut off or filled with rubbish while Home Assistant is away, or is gone altogether."""
    broken = (_cut, _flip, _truncate, _delete) if long else (_cut, _delete)
    how = "cut in half, filled with rubbish, emptied and deleted" if long else "cut in half, then deleted"
    outcome = Outcome("ledger-torn", f"ledger {how}, no copy: the rings of 3 panels fill it anew each time")
    # At the usual speed: what was shown is compared with the ledger by the clock, and fast boards are ahead of it.
    async with Lab(folder, Wishes(panels=3, days=1)) as lab:
        await lab.start()
        for damage in broken:
            await lab.drained_once()
            await lab.home.stop()
            damage(lab.home.ledger_file)
            await lab.home.start()
            await asyncio.sleep(1)
        outcome.measured = {"told": float(any("ledger" in issue for issue in await lab.issues()))}
        await lab.finish(outcome)
    outcome.expect(bool(outcome.measured["told"]), "nobody told the user")
    outcome.judge()
    return outcome


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _truncate(path: Path) -> None:
    os.truncate(path, 0)


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for place in range(5000, len(content), 4096):
        content[place] ^= 0xFF
    path.write_bytes(content)


def _delete(path: Path) -> None:
    for file in path.parent.glob("ledger.db*"):
        file.unlink()

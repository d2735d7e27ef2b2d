"""What to do with a damaged or lost ledger: put it aside, restore the newest good copy, tell. And making the copies."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
import re
import shutil
from typing import Final

from .database import translated
from .errors import LedgerDamaged, LedgerTooNew
from .store import Ledger, move_durably, sqlite_url

#: Alerts that were resolved longer ago than this many seconds are dropped when a copy is made.
KEPT_ALERTS: Final = 400 * 86_400

#: What SQLite keeps beside a file. The log is part of the truth: it is put aside and never meets another main file.
_COMPANIONS = ("-wal", "-shm", "-journal")
_COPY = re.compile(r"-(\d+)\.db")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescue:
    """A ledger was damaged or lost, and what was done about it."""

    #: A sentence that says what was wrong.
    reason: str
    #: Where the damaged file lies now; None if it was missing.
    damaged: Path | None
    #: The copy that the ledger was restored from; None if it begins empty.
    restored: Path | None
    #: Copies that were found but are no good either.
    unusable: tuple[Path, ...] = ()


def open_or_rescue(path: Path, copies: Sequence[Path], now: int) -> tuple[Ledger, Rescue | None]:
    """Open the ledger in a file, or rescue it when it is damaged, or missing although there are copies.

    The damaged file is renamed to ``<name>.damaged-<now>`` with its companions; then the newest copy that opens takes
    its place, or a new ledger. LedgerTooNew and LedgerUnavailable are not damage and are raised.
    """
    present = sorted((copy for copy in copies if copy.is_file()), key=_made, reverse=True)
    if not path.exists() and present:
        return _rescue(path, present, now, f"The ledger {path.name} was missing.")
    try:
        return Ledger.open(sqlite_url(path)), None
    except LedgerDamaged as error:
        return _rescue(path, present, now, str(error))


def make_copy(ledger: Ledger, folder: Path, now: int, keep: int = 2) -> Path:
    """Copy the ledger to ``<folder>/<stem>-<now>.db`` and delete all but the newest ``keep`` copies there.

    Alerts that were resolved more than 400 days ago are forgotten before.

    LedgerError if the ledger is on a server, LedgerUnavailable if the copy cannot be written.
    """
    if ledger.path is not None:
        ledger.forget_alerts(now - KEPT_ALERTS)
    copy = folder / f"{Path(ledger.name).stem}-{now}.db"
    ledger.copy_to(copy)
    with translated(copy.name):
        for old in copies_in(folder)[keep:]:
            old.unlink(missing_ok=True)
    return copy


def copies_in(folder: Path) -> list[Path]:
    """The copies that `make_copy` made in a folder, newest first; none if there is no such folder."""
    if not folder.is_dir():
        return []
    return sorted((file for file in folder.iterdir() if _COPY.search(file.name)), key=_made, reverse=True)


def _made(copy: Path) -> int:
    """When a copy was made, in UTC seconds: its name outlives moving and restoring, the time of the file does not."""
    found = _COPY.search(copy.name)
    return int(found[1]) if found else int(copy.stat().st_mtime)


def _rescue(path: Path, copies: Sequence[Path], now: int, reason: str) -> tuple[Ledger, Rescue]:
    with translated(path.name):
        damaged = _put_aside(path, now)
    unusable: list[Path] = []
    for copy in copies:
        try:
            ledger = _restore(copy, path)
        except LedgerDamaged, LedgerTooNew:
            with translated(path.name):
                _discard(path)
            unusable.append(copy)
        else:
            return ledger, Rescue(reason=reason, damaged=damaged, restored=copy, unusable=tuple(unusable))
    ledger = Ledger.open(sqlite_url(path))
    return ledger, Rescue(reason=reason, damaged=damaged, restored=None, unusable=tuple(unusable))


def _put_aside(path: Path, now: int) -> Path | None:
    """Rename the file and its companions; returns the new name of the file, or of its log if only that is there."""
    aside = path.with_name(f"{path.name}.damaged-{now}")
    number = 1
    while any(aside.with_name(aside.name + suffix).exists() for suffix in ("", *_COMPANIONS)):
        number += 1
        aside = path.with_name(f"{path.name}.damaged-{now}-{number}")
    moved = []
    for suffix in (*_COMPANIONS, ""):
        source = path.with_name(path.name + suffix)
        if source.exists():
            moved.append(source.rename(aside.with_name(aside.name + suffix)))
    return moved[-1] if moved else None


def _restore(copy: Path, path: Path) -> Ledger:
    draft = path.with_name(f"{path.name}.draft")
    with translated(copy.name):
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(copy, draft)
        move_durably(draft, path)
    return Ledger.open(sqlite_url(path))


def _discard(path: Path) -> None:
    """Delete a file that is a copy of a copy, with its companions."""
    for suffix in ("", *_COMPANIONS):
        path.with_name(path.name + suffix).unlink(missing_ok=True)

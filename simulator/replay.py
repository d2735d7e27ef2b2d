"""Real measurements instead of made-up houses: a CSV file with one power per column and minute."""

from collections.abc import Iterator
import csv
from dataclasses import dataclass
from datetime import UTC, datetime
import gzip
from pathlib import Path
from typing import Final

import numpy as np

from .load import Channel
from .noise import Integers
from .units import GRID, MICROJOULES_PER_MWH, MINUTE, SECOND, Millis

_PER_MINUTE: Final = MINUTE // GRID
_MAINS: Final = "aggregate"
_MOST_MINUTES: Final = 5 * 366 * 1440


class ReplayError(Exception):
    """A file that cannot be replayed; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Powers in milliwatts, (columns, minutes), without holes: what is missing in the file is 0 and listed."""

    names: tuple[str, ...]
    powers: Integers
    #: When the file begins and ends, in its own time (seconds UTC).
    begin: int
    end: int
    #: Stretches without data: first and last minute (seconds UTC of the file), for each column or "" for all.
    gaps: tuple[tuple[str, int, int], ...]

    @property
    def minutes(self) -> int:
        """How long it is."""
        return int(self.powers.shape[1])


def read(path: Path) -> Recording:
    """Read a CSV or CSV.gz with the columns ``time``, ``aggregate_w`` and ``<appliance>_w``; ReplayError otherwise."""
    try:
        with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as file:
            return _recording(csv.reader(file))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise ReplayError(f"The file {path} cannot be read: {error}.") from error


def _recording(lines: Iterator[list[str]]) -> Recording:
    header = next(lines, [])
    if len(header) < 2 or header[0] != "time" or not all(name.endswith("_w") for name in header[1:]):
        raise ReplayError("The first line must be: time,aggregate_w,<appliance>_w,...")
    names = tuple(name.removesuffix("_w") for name in header[1:])
    rows: dict[int, list[float]] = {}
    for number, line in enumerate(lines, 2):
        if line:
            rows.setdefault(*_row(line, len(names), number))
    if not rows:
        raise ReplayError("The file holds no measurements.")
    begin, end = min(rows), max(rows) + 60
    minutes = (end - begin) // 60
    if minutes > _MOST_MINUTES:
        raise ReplayError("The file spans more than five years.")
    watts = np.full((len(names), minutes), np.nan)
    for time, values in rows.items():
        watts[:, (time - begin) // 60] = values
    return Recording(
        names=names,
        powers=np.rint(np.nan_to_num(watts) * 1000).astype(np.int64),
        begin=begin,
        end=end,
        gaps=tuple(_gaps(names, watts, begin)),
    )


def _row(line: list[str], columns: int, number: int) -> tuple[int, list[float]]:
    if len(line) != columns + 1:
        raise ReplayError(f"Line {number} has {len(line)} fields instead of {columns + 1}.")
    try:
        time = datetime.fromisoformat(line[0])
        values = [float(field) if field.strip() else float("nan") for field in line[1:]]
    except ValueError:
        raise ReplayError(f"Line {number} holds something that is neither a time nor a number.") from None
    if any(abs(value) > 1e6 for value in values):
        raise ReplayError(f"Line {number} holds a power beyond a million watts.")
    if time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    return int(time.timestamp()) // 60 * 60, values


def _gaps(names: tuple[str, ...], watts: np.ndarray, begin: int) -> Iterator[tuple[str, int, int]]:
    """Runs of minutes without data: those common to all columns once, the others per column."""
    missing = np.isnan(watts)
    everywhere = missing.all(axis=0)
    for name, row in (("", everywhere), *((name, row & ~everywhere) for name, row in zip(names, missing, strict=True))):
        edges = np.flatnonzero(np.diff(np.concatenate(([0], row.astype(np.int8), [0]))))
        for first, after in edges.reshape(-1, 2).tolist():
            yield name, begin + first * 60, begin + (after - 1) * 60


class Replay:
    """A load that plays a recording: its END falls on ``end``, and after that it begins again.

    Minutes keep their place within the minute, but weekdays and hours of the day move with the shift.
    """

    def __init__(self, recording: Recording, end: Millis) -> None:
        """``end`` is a multiple of a minute."""
        if end % MINUTE:
            raise ValueError("A recording must end at a full minute.")
        self.recording = recording
        self.end = end
        self.channels = tuple(_channels(recording.names))
        self.phases = 1

    @property
    def begin(self) -> Millis:
        """When the recording begins in simulated time."""
        return self.end - self.recording.minutes * MINUTE

    def powers(self, first: int, count: int) -> Integers:
        """Milliwatts; (channels, count)."""
        minutes = (np.arange(first, first + count) - self.begin // GRID) // _PER_MINUTE
        powers: Integers = self.recording.powers[:, minutes % self.recording.minutes]
        return powers

    def temperature(self, now: Millis) -> float:
        """Not recorded."""
        return 20.0

    def to_json(self, begin: Millis) -> dict[str, object]:
        """For the truth: what the file holds from ``begin`` (a full minute) to its end; all in seconds and mWh."""
        recording = self.recording
        first = (begin - self.begin) // MINUTE
        sums = [int(energy) for energy in np.maximum(recording.powers[:, first:], 0).sum(axis=1) * MINUTE]
        ids = [channel.id for channel in self.channels]
        return {
            "begin": begin // SECOND,
            "end": self.end // SECOND,
            "shifted_by": self.end // SECOND - recording.end,
            "minutes": recording.minutes - first,
            "mwh": {name: energy // MICROJOULES_PER_MWH for name, energy in zip(ids, sums, strict=True)},
            "kwh": {name: round(energy / 3.6e12, 9) for name, energy in zip(ids, sums, strict=True)},
            "gaps": [{"column": name, "first": start, "last": last} for name, start, last in recording.gaps],
        }


def _channels(names: tuple[str, ...]) -> Iterator[Channel]:
    taken: set[str] = set()
    for number, name in enumerate(names):
        if name == _MAINS and "main" not in taken:
            taken.add("main")
            yield Channel(id="main", name="Mains", role="main", rating=100, poles=1)
            continue
        known = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name.lower())[:16]
        known = known if known and known != "main" and known not in taken else f"c{number}"
        taken.add(known)
        yield Channel(id=known, name=name.capitalize()[:32] or known, rating=32, slot=number)

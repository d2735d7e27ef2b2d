"""Plays the accuracy grid and reads its rows."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
import json
from pathlib import Path
import shutil
import subprocess
from typing import Final

from ..measurement_build import FAST, program

HERE: Final = Path(__file__).parent
GROUPS: Final = ("currents", "mains", "shapes", "disturbed", "bursts", "no load")
_TITLES: Final = {
    "currents": "Currents and power factors",
    "mains": "Frequency and voltage",
    "shapes": "Shapes",
    "disturbed": "Disturbances",
    "non-linearity": "Non-linearity of the converter",
    "bursts": "Bursts",
}
_HEAD: Final = (
    "load", "s", "true W", "ideal", "this", "scatter W", "limit", "current clamp", "1 cycle of 25", "20 half waves"
)  # fmt: skip
#: A day of samples takes some minutes.
_MOST_SECONDS: Final = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One load, measured in several ways. Errors are in % of the true power."""

    group: str
    row: str
    #: "ideal" samples, or the "model" of a converter.
    adc: str
    #: What is measured, in s.
    seconds: float
    #: The true mean power in W.
    watts: float = 0.0
    error: float = 0.0
    #: Standard deviation of single seconds, in W.
    scatter: float = 0.0
    #: The largest error that is allowed in %; 0: none is promised.
    limit: float = 0.0
    faults: int = 0
    frequency: float = 0.0
    clamp: float | None = None
    one_cycle: float | None = None
    half_waves: float | None = None
    #: Without a load: what the registers counted, and what a current clamp shows in W.
    counted_mwh: int | None = None
    clamp_watts: float | None = None

    @property
    def is_kept(self) -> bool:
        """Whether the error is within its limit."""
        return not self.limit or abs(self.error) <= self.limit


def play(*, is_short: bool = False, groups: Sequence[str] = ()) -> list[Row]:
    """Play these groups of the grid, all of them by default, side by side."""
    grid = program("grid", HERE / "grid.cpp", FAST)
    chosen = groups or [group for group in GROUPS if not (is_short and group == "disturbed")]

    def played(group: str) -> list[Row]:
        command = [str(grid), *(["--short"] if is_short else []), group]
        lines = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_MOST_SECONDS).stdout
        return [Row(**json.loads(line)) for line in lines.splitlines()]

    with ThreadPoolExecutor(2) as pool:
        # What takes longest begins first.
        later = {group: pool.submit(played, group) for group in reversed(chosen)}
        return [row for group in chosen for row in later[group].result()]


def report(rows: Sequence[Row]) -> str:
    """The rows as tables in Markdown, one for each group; an error beyond its limit is bold."""
    ideal = {(row.group, row.row): row for row in rows if row.adc == "ideal"}
    modelled = {(row.group, row.row) for row in rows if row.adc == "model"}
    lines: list[str] = []
    group = ""
    for row in rows:
        if row.counted_mwh is not None:
            lines += ["", f"{row.row}: {row.counted_mwh} mWh counted; a current clamp shows {row.clamp_watts:.0f} W."]
            continue
        key = (row.group, row.row)
        if row.adc == "ideal" and key in modelled:
            continue
        if row.group != group:
            group = row.group
            lines += ["", f"### {_TITLES[group]}", "", f"| {' | '.join(_HEAD)} |", "|---" + "|---:" * 9 + "|"]
        lines.append(f"| {' | '.join(_cells(row, ideal.get(key)))} |")
    return "\n".join(lines).strip()


def _cells(row: Row, exact: Row | None) -> Iterator[str]:
    yield from (row.row, f"{row.seconds:.0f}", f"{row.watts:.0f}")
    yield _error(exact) if exact else ""
    yield _error(row) if row.adc == "model" else ""
    yield f"{row.scatter:.2f}"
    yield " / ".join(f"{each.limit:g}" for each in (exact, row) if each is not None and each.limit)
    yield from map(_percent, (row.clamp, row.one_cycle, row.half_waves))


def cost(circuits: int, optimised: str) -> float | None:
    """Instructions of this computer for one scan of a voltage and some circuits; None without valgrind."""
    if shutil.which("valgrind") is None:
        return None
    built = program(f"cost{optimised}", HERE / "cost.cpp", (*FAST, optimised))
    second = 8000
    counted = [_instructions([str(built), str(circuits), str(seconds)]) for seconds in (1, 6)]
    return (counted[1] - counted[0]) / (5 * second)


def _instructions(command: list[str]) -> int:
    valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    said = subprocess.run([*valgrind, *command], capture_output=True, text=True, check=True).stderr
    (line,) = [line for line in said.splitlines() if "Collected" in line]
    return int(line.rpartition(":")[2])


def _percent(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:+.0f}" if abs(value) >= 10 else f"{value:+.1f}" if abs(value) >= 1 else f"{value:+.2f}"


def _error(row: Row) -> str:
    shown = f"{row.error:+.3f}"
    return shown if row.is_kept else f"**{shown}**"

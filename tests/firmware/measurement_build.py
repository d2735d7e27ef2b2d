"""Builds programs from the measuring half of the firmware and from test code."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
import hashlib
import os
from pathlib import Path
import shutil
import subprocess
from typing import Final

REPOSITORY: Final = Path(__file__).parents[2]
FOLDER: Final = REPOSITORY / "esphome" / "components" / "panel_meter"
BUILT: Final = REPOSITORY / "tests" / "artifacts" / "firmware"
#: The measuring half; the journal is built by its own tests.
MEASUREMENT: Final = (
    "accumulator",
    "adc_table",
    "calibration",
    "energy",
    "harmonics",
    "meter",
    "pulses",
    "sample_clock",
    "scan",
)
HEADERS_ONLY: Final = ("measure_types",)
_STRICT: Final = (
    "-std=c++17",
    "-fno-exceptions",
    "-fno-rtti",
    "-Wall",
    "-Wextra",
    "-Wconversion",
    "-Wshadow=local",
    "-Wdouble-promotion",
    "-Werror",
    f"-I{FOLDER}",
    f"-I{REPOSITORY / 'tests' / 'firmware' / 'accuracy'}",
)
#: Finds mistakes: a read or a sum out of bounds ends the program.
CHECKED: Final = (*_STRICT, "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
#: As fast as on a board, for hours of samples.
FAST: Final = (*_STRICT, "-O2")


def compiler() -> str | None:
    """The path of g++, None if it is not installed."""
    return shutil.which("g++")


def core_sources() -> list[Path]:
    """The files of the measuring half."""
    return [FOLDER / f"{name}.cpp" for name in MEASUREMENT]


def objects(sources: Sequence[Path], flags: Sequence[str]) -> list[Path]:
    """Compile; what has not changed is taken from the run before. AssertionError says what g++ says."""
    BUILT.mkdir(parents=True, exist_ok=True)
    own = {FOLDER / f"{stem}.h" for stem in (*MEASUREMENT, *HEADERS_ONLY)}
    near = {header for folder in ("measurement", "accuracy") for header in (Path(__file__).parent / folder).glob("*.h")}
    base = hashlib.sha256(repr(tuple(flags)).encode())
    for header in sorted(header for header in own if header.exists()):
        base.update(header.read_bytes())

    def compiled(source: Path) -> Path:
        digest = base.copy()
        for part in (source, *(sorted(near) if source.parent != FOLDER else ())):
            digest.update(part.read_bytes())
        target = BUILT / f"{source.stem}-{digest.hexdigest()[:16]}.o"
        if not target.exists():
            _run("g++", *flags, "-c", str(source), "-o", str(half := target.with_suffix(f".{os.getpid()}")))
            half.rename(target)
        return target

    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        return list(pool.map(compiled, sources))


def program(name: str, source: Path, flags: Sequence[str]) -> Path:
    """Compile and link test code with the measuring half."""
    parts = objects([source, *core_sources()], flags)
    digest = hashlib.sha256("".join(sorted(each.name for each in parts)).encode()).hexdigest()[:16]
    target = BUILT / f"{name}-{digest}"
    if not target.exists():
        _run("g++", *flags, *map(str, parts), "-o", str(half := target.with_suffix(f".{os.getpid()}")))
        half.rename(target)
    return target


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:8000]

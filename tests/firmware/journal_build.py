"""Builds programs from the journal of the firmware and from test code, with every check that the compiler knows."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
import hashlib
import os
from pathlib import Path
import shutil
import subprocess
import time
from typing import Final

REPOSITORY: Final = Path(__file__).parents[2]
FOLDER: Final = REPOSITORY / "esphome" / "components" / "panel_meter"
BUILT: Final = REPOSITORY / "tests" / "artifacts" / "firmware"
#: What is portable and belongs to the journal; the measuring half is built by its own tests.
JOURNAL: Final = (
    "checkpoint",
    "commands",
    "http_form",
    "intervals",
    "journals",
    "json_reader",
    "legacy",
    "messages",
    "protocol",
    "protocol_messages",
    "record",
    "ring",
    "settings",
    "slots",
)
#: Another test run may be about to link what is younger, in seconds.
_STALE: Final = 600
_HEADERS_ONLY: Final = ("bytes", "json_writer", "registers", "sender", "storage", "transport", "types", "utf8")
FLAGS: Final = (
    "-std=c++17",
    "-g",
    "-fno-exceptions",
    "-Wall",
    "-Wextra",
    "-Wconversion",
    "-Wshadow=local",
    "-Wdouble-promotion",
    "-Werror",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    f"-I{FOLDER}",
)
#: What fails inside of a sanitizer ends the program at once.
ENVIRONMENT: Final = {**os.environ, "ASAN_OPTIONS": "detect_leaks=1", "UBSAN_OPTIONS": "print_stacktrace=1"}


def compiler() -> str | None:
    """The path of g++, None if it is not installed."""
    return shutil.which("g++")


def journal_sources() -> list[Path]:
    """The files of the journal that there are."""
    return [FOLDER / f"{name}.cpp" for name in JOURNAL]


def build(name: str, sources: Sequence[Path]) -> Path:
    """Compile and link; what has not changed is taken from the run before. AssertionError says what g++ says."""
    BUILT.mkdir(parents=True, exist_ok=True)
    own = {FOLDER / f"{stem}.h" for stem in (*JOURNAL, *_HEADERS_ONLY)}
    near = {header for source in sources if source.parent != FOLDER for header in source.parent.glob("*.h")}
    headers = sorted(header for header in own | near if header.exists())
    base = hashlib.sha256(repr(FLAGS).encode())
    for header in headers:
        base.update(header.read_bytes())

    def compiled(source: Path) -> Path:
        digest = base.copy()
        digest.update(source.read_bytes())
        target = _newest(f"{source.parent.name}-{source.stem}", f"{digest.hexdigest()[:16]}.o")
        if not target.exists():
            # Test code takes longer to optimise than to run.
            level = "-O1" if source.parent == FOLDER else "-O0"
            _run("g++", *FLAGS, level, "-c", str(source), "-o", str(half := target.with_suffix(f".{os.getpid()}.o")))
            half.rename(target)
        return target

    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        objects = list(pool.map(compiled, sources))
    digest = hashlib.sha256("".join(sorted(each.name for each in objects)).encode()).hexdigest()[:16]
    program = _newest(f"{name}-program", digest)
    if not program.exists():
        _run("g++", *FLAGS, *map(str, objects), "-o", str(half := program.with_suffix(f".{os.getpid()}")))
        half.rename(program)
    return program


def _newest(name: str, digest: str) -> Path:
    """Where something is built; what was built of it from older sources goes away."""
    target = BUILT / f"{name}.{digest}"
    for other in BUILT.glob(f"{name}.*"):
        if other != target and other.stat().st_mtime < time.time() - _STALE:
            other.unlink(missing_ok=True)
    return target


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:8000]

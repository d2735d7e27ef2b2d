"""Between measuring and board: calibration by references, what survives a restart, setups that do not fit."""

import hashlib
from pathlib import Path
import shutil
import subprocess

import pytest

from .esphome_tool import COMPONENTS, REPOSITORY

SOURCES = COMPONENTS / "panel_meter"
BUILT = REPOSITORY / "tests" / "artifacts" / "firmware"
TESTS = sorted((Path(__file__).parent / "glue").glob("*.cpp"))
PARTS = (
    "accumulator",
    "board_setup",
    "calibration",
    "calibration_store",
    "energy",
    "harmonic_watch",
    "harmonics",
    "measuring",
    "measuring_calibration",
    "meter",
    "pulses",
    "sample_clock",
    "slots",
)
FLAGS = ("-std=c++17", "-fno-exceptions", "-Wall", "-Wextra", "-Wconversion", "-Wshadow=local", "-Werror", "-O1", "-g")
CHECKS = ("-fno-sanitize-recover=all", "-pthread", f"-I{SOURCES}")


@pytest.mark.skipif(not shutil.which("g++"), reason="g++ is not installed")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("sanitizer", ["address,undefined", "thread"])
def test_calibration_and_setup(sanitizer: str) -> None:
    checks = (f"-fsanitize={sanitizer}", *CHECKS)
    sources = [*TESTS, *(SOURCES / f"{part}.cpp" for part in PARTS)]
    digest = hashlib.sha256(repr((FLAGS, checks)).encode())
    for path in sorted([*sources, *SOURCES.glob("*.h"), *TESTS[0].parent.glob("*.h")]):
        digest.update(path.read_bytes())
    program = BUILT / f"measuring-{digest.hexdigest()[:16]}"
    if not program.exists():
        BUILT.mkdir(parents=True, exist_ok=True)
        half = program.with_suffix(".half")
        made = subprocess.run(
            ["g++", *FLAGS, *checks, *sources, "-o", half], capture_output=True, text=True, timeout=110, check=False
        )
        assert made.returncode == 0, made.stderr
        half.rename(program)
    ran = subprocess.run(
        [program], capture_output=True, text=True, timeout=100, check=False, env={"ASAN_OPTIONS": "detect_leaks=0"}
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr

"""The measuring half of the firmware: its own tests under sanitizers, and a part of the accuracy grid."""

from pathlib import Path
import re
import subprocess

import pytest

from .accuracy.rows import Row, play, report
from .measurement_build import (
    CHECKED,
    FAST,
    FOLDER,
    HEADERS_ONLY,
    MEASUREMENT,
    compiler,
    core_sources,
    objects,
    program,
)

HERE = Path(__file__).parent / "measurement"
MOST_LINES = 420

pytestmark = pytest.mark.skipif(compiler() is None, reason="g++ is not installed: the firmware cannot be built here")


def names() -> list[tuple[str, str]]:
    return [
        (path.stem, name)
        for path in sorted(HERE.glob("test_*.cpp"))
        for name in re.findall(r"^TEST\((\w+)\)", path.read_text(), re.MULTILINE)
    ]


@pytest.mark.parametrize(("suite", "name"), names(), ids=lambda part: part.removeprefix("test_"))
def test_in_cpp(suite: str, name: str) -> None:
    built = program(suite, HERE / f"{suite}.cpp", CHECKED)
    done = subprocess.run([built, name], capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr[:4000]


def test_every_test_in_cpp_is_run() -> None:
    listed = {
        (path.stem, name)
        for path in HERE.glob("test_*.cpp")
        for name in subprocess.run(
            [program(path.stem, path, CHECKED)], capture_output=True, text=True, check=True
        ).stdout.split()
    }
    assert listed == set(names())
    assert len(listed) > 40


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return play(is_short=True)


def test_what_is_promised_is_kept(rows: list[Row]) -> None:
    promised = [row for row in rows if row.limit]
    assert len(promised) > 15
    assert {row.adc for row in promised} == {"ideal", "model"}
    assert not [row for row in promised if not row.is_kept], "\n" + report(promised)


def test_an_empty_circuit_counts_nothing(rows: list[Row]) -> None:
    (empty,) = [row for row in rows if row.group == "no load"]
    assert empty.counted_mwh == 0
    assert empty.clamp_watts is not None
    assert empty.clamp_watts > 20


def test_the_other_methods_are_really_played(rows: list[Row]) -> None:
    # With a steady resistive load of 5 A, everybody is right; without a voltage, a power factor of 0.5 is wrong twice.
    steady = next(row for row in rows if row.row == "5 A, PF 1" and row.adc == "model")
    assert all(value is not None and abs(value) < 1.5 for value in (steady.clamp, steady.one_cycle, steady.half_waves))
    lagging = next(row for row in rows if row.row == "5 A, PF 0.5 inductive" and row.adc == "model")
    assert lagging.clamp == pytest.approx(100, abs=5)


def test_the_core_needs_no_heap_and_little_stack_and_throws_nothing() -> None:
    # What the files ask of others, by the names of the linker: new, delete, malloc, exceptions.
    forbidden = re.compile(r"\b(_Zn[aw]|_Zd[al]|malloc|calloc|realloc|__cxa_(throw|allocate_exception|guard))")
    # The stack of a task on a board is a few thousand bytes.
    for part in objects(core_sources(), (*FAST, "-Wframe-larger-than=512")):
        asked = subprocess.run(["nm", "--undefined-only", part], capture_output=True, text=True, check=True).stdout
        assert not forbidden.search(asked), f"{part.stem}: {asked}"


@pytest.mark.parametrize("stem", [*MEASUREMENT, *HEADERS_ONLY])
def test_the_core_is_portable_and_small(stem: str) -> None:
    standard = {"cmath", "cstddef", "cstdint", "limits", "new"}
    own = {f"{each}.h" for each in (*MEASUREMENT, *HEADERS_ONLY)}
    for path in (FOLDER / f"{stem}.h", FOLDER / f"{stem}.cpp"):
        if not path.exists():
            assert stem in HEADERS_ONLY
            continue
        source = path.read_text()
        included = set(re.findall(r"^#include [<\"]([^>\"]+)[>\"]", source, re.MULTILINE))
        assert included <= standard | own, path.name
        assert len(source.splitlines()) <= MOST_LINES, path.name

"""A short run of every fuzzer; the long one is ``scripts/fuzz``."""

from importlib.util import find_spec
from pathlib import Path
import re
import subprocess
import sys

from hypothesis import given, settings, strategies as st
import pytest

from .targets import SEEDS, TARGETS

REPOSITORY = Path(__file__).parent.parent.parent
SECONDS = 12


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_takes_its_seeds_and_what_is_left_of_them(name: str) -> None:
    for seed in SEEDS[name]:
        for length in range(len(seed), 0, -max(1, len(seed) // 40)):
            TARGETS[name](seed[:length])


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_target_takes_seeds_with_other_values(name: str, data: st.DataObject) -> None:
    seed = data.draw(st.sampled_from(SEEDS[name]))
    numbers = [match.span() for match in re.finditer(rb"-?\d+(\.\d+)?|null|true|false|\"[^\"]*\"|\[[^\[\]]*\]", seed)]
    if not numbers:
        return
    start, end = data.draw(st.sampled_from(numbers))
    other = data.draw(st.sampled_from(OTHERS))
    TARGETS[name](seed[:start] + other + seed[end:])


OTHERS = [
    b"null", b"true", b"-1", b"0", b"-0.0", b"1e-300", b"1e308", b"1e999", b"NaN", b"9007199254740991",
    b"9007199254740992", b"9223372036854775808", b"18446744073709551615", b"18446744073709551616", b"1" * 400, b'""',
    b'"x"', rb'"\u0000"', rb'"\ud800"', b'"\xff"', b"[]", b"{}", b"[[]]", b"[" * 2000, b'{"a":' * 2000,
    b'"main.import"',
]  # fmt: skip


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is not installed (dependency group 'fuzz')")
def test_the_fuzzer_finds_nothing(tmp_path: Path) -> None:
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.fuzz",
            "everything",
            "--seconds",
            str(SECONDS),
            "--corpus",
            str(tmp_path / "corpus"),
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    found = [path for path in tmp_path.iterdir() if path.is_file()]
    assert not found, f"{found[0].read_bytes()[:500]!r}\n{run.stderr[-3000:]}"
    assert run.returncode == 0, run.stderr[-3000:]
    runs = re.search(r"number_of_executed_units: (\d+)", run.stderr)
    assert runs, run.stderr[-3000:]
    assert int(runs[1]) > 500

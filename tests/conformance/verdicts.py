"""What the tests of simulator and integration have in common: each statement is a test of its own."""

from pathlib import Path

import pytest
from rich.console import Console

from . import report
from .runner import Line, Outcome, Verdict


def insist(line: Line) -> None:
    """Fail with what was found; skip, with the reason, what nobody can see from outside."""
    if line.verdict is Verdict.UNTESTED:
        pytest.skip("; ".join(line.notes))
    assert line.verdict is Verdict.PASS, "\n".join(line.notes)


def keep(folder: Path, name: str, lines: list[Line], outcomes: list[Outcome]) -> None:
    """Print the table into the log of the test, and keep it as JSON."""
    report.show(f"Conformance of the {name}", lines, Console(width=160))
    folder.mkdir(exist_ok=True)
    (folder / f"conformance-{name}.json").write_text(report.as_json(name, lines, outcomes))

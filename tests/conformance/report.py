"""The table of statements, for people and for programs."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
import json

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .runner import Line, Outcome, Verdict

_COLOURS = {Verdict.PASS: "green", Verdict.FAIL: "bold red", Verdict.UNTESTED: "yellow"}


def show(title: str, lines: Sequence[Line], console: Console) -> None:
    """Print the table and its sum."""
    table = Table(title=title, title_justify="left", expand=False)
    table.add_column("id", no_wrap=True)
    table.add_column("statement", ratio=3, overflow="fold")
    table.add_column("verdict", no_wrap=True)
    table.add_column("checks", justify="right", no_wrap=True)
    table.add_column("what failed, or was not tested and why", ratio=3, overflow="fold")
    for line in lines:
        checks = f"{line.passed}/{line.checks}" if line.checks else "-"
        verdict = Text(line.verdict, _COLOURS[line.verdict])
        table.add_row(line.id, Text(line.short), verdict, checks, Text("\n".join(line.notes)))
    console.print(table)
    console.print(summary(lines), markup=False)


def summary(lines: Sequence[Line]) -> str:
    """How many statements came out how."""
    counted = Counter(line.verdict for line in lines)
    return f"{len(lines)} statements: " + ", ".join(f"{counted[verdict]} {verdict}" for verdict in Verdict) + "."


def as_json(title: str, lines: Sequence[Line], outcomes: Sequence[Outcome]) -> str:
    """The same with every single check."""
    content = {
        "subject": title,
        "statements": [asdict(line) for line in lines],
        "checks": [asdict(outcome) for outcome in outcomes],
    }
    return json.dumps(content, indent=1, ensure_ascii=False)

"""What a row found, and how it is shown."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
import json
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(slots=True)
class Books:
    """A comparison with the truth, in mWh over all registers, and in records."""

    registers: int = 0
    hours: int = 0
    truth: int = 0
    lost: int = 0
    doubled: int = 0
    misplaced: int = 0
    records: int = 0
    records_lost: int = 0

    @property
    def right(self) -> bool:
        """Whether everything was compared and nothing is wrong."""
        return self.registers > 0 and not (self.lost or self.doubled or self.misplaced or self.records_lost)

    def plus(self, other: Books) -> Books:
        """The books of several comparisons."""
        return Books(**{each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(Books)})

    def __str__(self) -> str:
        if not self.registers:
            return "-"
        return f"{self.lost} / {self.doubled} / {self.misplaced}"


@dataclass(slots=True)
class Outcome:
    """One row of the table."""

    row: str
    done: str
    ledger: Books = field(default_factory=Books)
    statistics: Books = field(default_factory=Books)
    #: Core's own sensors beside ours: what, and by how many percent of the truth it is wrong.
    core: dict[str, str] = field(default_factory=dict)
    #: Anything else that was measured.
    measured: dict[str, float] = field(default_factory=dict)
    #: Sentences about what did not hold; empty if the row is true.
    broken: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def expect(self, holds: bool, sentence: str) -> None:
        """Note a sentence that says what is wrong unless it holds."""
        if not holds:
            self.broken.append(sentence)

    def judge(self, *, statistics: bool = False) -> None:
        """Nothing lost, nothing twice, nothing in the wrong hour."""
        self.expect(self.ledger.right, f"the ledger differs from the truth by {self.ledger} mWh")
        if statistics:
            self.expect(self.statistics.right, f"the statistics differ from the truth by {self.statistics} mWh")

    def to_json(self) -> dict[str, object]:
        """For the file."""
        return {**asdict(self), "true": not self.broken}


def show(outcomes: list[Outcome]) -> None:
    """Print the table."""
    table = Table(title="Lost / doubled / misplaced, in mWh", show_lines=True)
    for name in ("row", "what was done", "ledger", "statistics", "core beside it", "measured", "true"):
        table.add_column(name, overflow="fold")
    for each in outcomes:
        table.add_row(
            each.row,
            each.done,
            _books(each.ledger),
            _books(each.statistics),
            _pairs(each.core),
            _pairs({name: f"{value:g}" for name, value in each.measured.items()}),
            "yes" if not each.broken else "NO: " + "; ".join(each.broken),
        )
    Console(width=170).print(table)


def save(path: Path, outcomes: list[Outcome]) -> None:
    """Write or complete the file with the figures; rows that were not run keep theirs."""
    known = json.loads(path.read_text()) if path.exists() else {}
    known |= {each.row: each.to_json() for each in outcomes}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(known, indent=2) + "\n")


def markdown(path: Path, rows: Iterable[str]) -> str:
    """The figures of a file as a table for the documentation, in the order of ``rows``."""
    known = json.loads(path.read_text()) if path.exists() else {}
    lines = [
        "| row | what was done | ledger: lost / doubled / misplaced | statistics | core beside it | measured |",
        "|---|---|---|---|---|---|",
    ]
    for name in rows:
        if (each := known.get(name)) is None:
            lines.append(f"| `{name}` | not played | | | | |")
            continue
        books = [Books(**each[part]) for part in ("ledger", "statistics")]
        cells = [f"{b} of {b.truth / 1e6:.1f} kWh" if b.registers else "" for b in books]
        core = "; ".join(f"{what} {value}" for what, value in each["core"].items())
        measured = "; ".join(f"{what} {value:,g}" for what, value in each["measured"].items())
        broken = f" **Not true: {'; '.join(each['broken'])}**" if each["broken"] else ""
        lines.append(f"| `{name}` | {each['done']} | {cells[0]} | {cells[1]} | {core} | {measured}{broken} |")
    return "\n".join(lines)


def _books(books: Books) -> str:
    if not books.registers:
        return "-"
    return f"{books}\nof {books.truth / 1e6:.1f} kWh, {books.hours} h x register, {books.records} records"


def _pairs(values: Mapping[str, str]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in values.items()) or "-"

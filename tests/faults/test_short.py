"""The strongest rows of the fault programme in their short form; ``scripts/faults`` plays all of them."""

import asyncio
from pathlib import Path

import pytest

from .__main__ import missing
from .figures import Books, Outcome
from .rows import rows
from .rows.away import play_over
from .truth import misplaced


@pytest.mark.parametrize("name", ["kill", "cable"])
def test_row_is_true(name: str, tmp_path: Path) -> None:
    """Nothing lost, nothing twice, nothing in the wrong hour."""
    row = rows()[name]
    if (lack := missing(row)) is not None:
        pytest.skip(lack)
    long = False
    outcome = asyncio.run(row.play(tmp_path, long))
    assert outcome.broken == [], outcome
    assert outcome.ledger.registers > 0
    assert outcome.ledger.hours > 0


def test_home_assistant_is_away_over_a_full_hour(tmp_path: Path) -> None:
    """Ledger and statistics are right, to the mWh, although nobody saw the full hour."""
    if (lack := missing(rows()["away"])) is not None:
        pytest.skip(lack)
    outcome = asyncio.run(play_over(tmp_path, (1,), hurried=True))
    assert outcome.broken == [], outcome
    assert outcome.statistics.hours > 0


def test_a_difference_is_seen() -> None:
    """The comparison tells energy in a wrong hour from energy that is lost or doubled."""
    assert misplaced({0: 5, 3600: 5}, {0: 5, 3600: 5}) == 0
    assert misplaced({0: 5, 3600: 5}, {0: 2, 3600: 8}) == 3
    assert misplaced({0: 5, 3600: 5}, {0: 5}) == 0
    assert misplaced({0: 5, 3600: 5}, {0: 9}) == 4
    for books in (Books(registers=1, lost=1), Books(registers=1, misplaced=1), Books(registers=1, records_lost=1)):
        outcome = Outcome("row", "", ledger=books)
        outcome.judge()
        assert outcome.broken


def test_nothing_compared_is_no_success() -> None:
    """A row in which no register was compared is not true."""
    outcome = Outcome("row", "")
    outcome.judge()
    assert outcome.broken


def test_every_row_says_what_it_does() -> None:
    for row in rows().values():
        assert row.done.endswith((".", "again.")), row.name

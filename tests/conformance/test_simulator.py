"""The simulated boards do what the protocol says of boards."""

import asyncio
from collections.abc import Mapping

import pytest

from .board import UNSEEN
from .conftest import ARTIFACTS
from .runner import Line
from .simulated import check_simulator, judged
from .statements import Role, bound
from .verdicts import insist, keep

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def lines(own_broker: None) -> Mapping[str, Line]:
    """The table."""
    outcomes = asyncio.run(check_simulator())
    table = judged(outcomes)
    keep(ARTIFACTS, "simulator", table, outcomes)
    return {line.id: line for line in table}


@pytest.mark.parametrize("id", [statement.id for statement in bound(Role.BOARD)])
def test_statement(lines: Mapping[str, Line], id: str) -> None:
    insist(lines[id])


def test_all_checks_were_made(lines: Mapping[str, Line]) -> None:
    silent = {line.id for line in lines.values() if line.passed < line.checks}
    assert not silent, "Some checks of these statements were not made."
    assert {line.id for line in lines.values() if not line.checks} <= UNSEEN.keys()

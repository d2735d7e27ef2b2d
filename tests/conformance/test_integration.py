"""The integration, in a real Home Assistant, does what the protocol says of hosts."""

import asyncio
from collections.abc import Mapping

import pytest

from .conftest import ARTIFACTS
from .home_assistant import check_integration, judged
from .host import UNSEEN
from .runner import Line
from .statements import Role, bound
from .verdicts import insist, keep

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def lines(own_broker: None, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Line]:
    """The table."""
    outcomes = asyncio.run(check_integration(tmp_path_factory.mktemp("conformance")))
    table = judged(outcomes)
    keep(ARTIFACTS, "integration", table, outcomes)
    return {line.id: line for line in table}


@pytest.mark.parametrize("id", [statement.id for statement in bound(Role.HOST)])
def test_statement(lines: Mapping[str, Line], id: str) -> None:
    insist(lines[id])


def test_all_checks_were_made(lines: Mapping[str, Line]) -> None:
    silent = {line.id for line in lines.values() if line.passed < line.checks}
    assert not silent, "Some checks of these statements were not made."
    assert {line.id for line in lines.values() if not line.checks} <= UNSEEN.keys()

"""The kit itself: it knows every statement, it finds what is wrong, and it says what it could not look at."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
import json

import pytest

from .board import BOARD, UNSEEN as UNSEEN_OF_BOARDS
from .board.posts import POSTING
from .checks import Check, Collection, Finding, Need, Untestable, expect
from .host import HOST, UNSEEN as UNSEEN_OF_HOSTS
from .report import as_json, summary
from .runner import Outcome, Verdict, judge, merge, run
from .statements import Role, bound, statements


def test_every_statement_of_the_document_is_known() -> None:
    wanted = [
        *(f"1.{number}" for number in range(1, 7)),
        *(f"T{number}" for number in range(1, 8)),
        "3",
        *(f"F{number}" for number in range(1, 11)),
        *(f"B{number}" for number in range(1, 9)),
        *(f"H{number}" for number in range(1, 10)),
        "6",
        "7",
    ]
    assert [statement.id for statement in statements()] == wanted
    assert all(len(statement.text) > 20 and len(statement.short) <= 110 for statement in statements())


@pytest.mark.parametrize(("collection", "unseen"), [(BOARD, UNSEEN_OF_BOARDS), (HOST, UNSEEN_OF_HOSTS)])
def test_every_statement_has_a_check_or_a_reason(collection: Collection[object], unseen: dict[str, str]) -> None:
    binding = {statement.id for statement in bound(collection.role)}
    checked = {name for check in collection.checks for name in check.statements}
    assert checked <= binding, "A check names a statement that does not bind this role."
    assert set(unseen) <= binding
    assert binding - checked - set(unseen) == set()


@pytest.mark.parametrize("collection", [BOARD, POSTING, HOST])
def test_checks_are_sentences_of_their_own(collection: Collection[object]) -> None:
    said = [check.says for check in collection.checks]
    assert len(set(said)) == len(said)
    assert all(sentence.endswith(".") for sentence in said)


async def _good(_bench: str) -> None:
    expect(_bench, "There must be a bench.")


async def _bad(_bench: str) -> None:
    raise Finding("It is wrong.")


async def _impossible(_bench: str) -> None:
    raise Untestable("There is no power.")


async def _broken(_bench: str) -> None:
    raise ZeroDivisionError


@asynccontextmanager
async def _lend(check: Check[str]) -> AsyncIterator[str]:
    if Need.POWER in check.needs:
        raise Untestable("It needs --power-cut.")
    yield "bench"


type Does = Callable[[str], Awaitable[None]]


def _outcomes(*checks: tuple[str, Does]) -> list[Outcome]:
    made = [Check((name,), f"{name} holds.", Role.BOARD, does, frozenset()) for name, does in checks]
    return asyncio.run(run(made, _lend))


@pytest.mark.parametrize(
    ("does", "verdict", "detail"),
    [
        (_good, Verdict.PASS, ""),
        (_bad, Verdict.FAIL, "It is wrong."),
        (_impossible, Verdict.UNTESTED, "There is no power."),
        (_broken, Verdict.FAIL, "The check broke: ZeroDivisionError"),
    ],
)
def test_a_check_ends_in_a_verdict(does: Does, verdict: Verdict, detail: str) -> None:
    [outcome] = _outcomes(("T1", does))
    assert outcome.verdict is verdict
    assert outcome.detail.startswith(detail)


def test_a_check_that_lacks_its_means_is_not_made() -> None:
    check = Check(("B1",), "It holds.", Role.BOARD, _bad, frozenset({Need.POWER}))
    [outcome] = asyncio.run(run([check], _lend))
    assert (outcome.verdict, outcome.detail) == (Verdict.UNTESTED, "It needs --power-cut.")


def test_one_failure_fails_the_statement_and_is_told() -> None:
    lines = {line.id: line for line in judge(Role.BOARD, _outcomes(("T1", _good), ("T1", _bad), ("T2", _good)), {})}
    assert (lines["T1"].verdict, lines["T1"].passed, lines["T1"].checks) == (Verdict.FAIL, 1, 2)
    assert lines["T1"].notes == ("T1 holds. It is wrong.",)
    assert lines["T2"].verdict is Verdict.PASS


def test_a_statement_without_a_check_is_listed_with_its_reason() -> None:
    lines = {line.id: line for line in judge(Role.BOARD, [], {"6": "No HTTP."})}
    assert set(lines) == {statement.id for statement in bound(Role.BOARD)}
    assert (lines["6"].verdict, lines["6"].notes) == (Verdict.UNTESTED, ("No HTTP.",))


def test_of_several_runs_a_failure_counts_first_and_a_pass_second() -> None:
    passed, failed, untested = (_outcomes(("T1", does)) for does in (_good, _bad, _impossible))
    assert [outcome.verdict for outcome in merge(untested, passed)] == [Verdict.PASS]
    assert [outcome.verdict for outcome in merge(passed, failed, untested)] == [Verdict.FAIL]


def test_the_report_says_everything() -> None:
    outcomes = _outcomes(("T1", _bad))
    lines = judge(Role.BOARD, outcomes, {})
    content = json.loads(as_json("A board", lines, outcomes))
    assert content["checks"][0]["detail"] == "It is wrong."
    assert len(content["statements"]) == len(lines)
    assert summary(lines).startswith(f"{len(lines)} statements: 0 pass, 1 fail, ")

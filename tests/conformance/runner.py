"""Runs checks and judges statements."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
import time
import traceback

from .checks import Check, Finding, Untestable
from .statements import Role, bound

#: No check of any role takes longer than this, in real seconds.
LONGEST = 900.0


class Verdict(StrEnum):
    """What came out."""

    PASS = "pass"
    FAIL = "fail"
    UNTESTED = "not tested"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out of one check."""

    statements: tuple[str, ...]
    says: str
    verdict: Verdict
    detail: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Line:
    """A statement with its verdict; ``notes`` say what is wrong or why something was not tested."""

    id: str
    short: str
    verdict: Verdict
    passed: int
    checks: int
    notes: tuple[str, ...]


type Lend[Bench] = Callable[[Check[Bench]], AbstractAsyncContextManager[Bench]]


async def run[Bench](
    checks: Sequence[Check[Bench]], lend: Lend[Bench], *, tell: Callable[[Outcome], None] = lambda _: None
) -> list[Outcome]:
    """Run all checks, each on a bench that ``lend`` lends; those that disturb everybody run alone, at the end."""
    together = sorted((check for check in checks if not check.exclusive), key=lambda check: not check.slow)
    found = dict(
        zip(map(id, together), await asyncio.gather(*[_one(check, lend, tell) for check in together]), strict=True)
    )
    for check in checks:
        if check.exclusive:
            found[id(check)] = await _one(check, lend, tell)
    return [found[id(check)] for check in checks]


async def _one[Bench](check: Check[Bench], lend: Lend[Bench], tell: Callable[[Outcome], None]) -> Outcome:
    started = time.monotonic()

    def outcome(verdict: Verdict, detail: str = "") -> Outcome:
        return Outcome(check.statements, check.says, verdict, detail, round(time.monotonic() - started, 2))

    try:
        async with lend(check) as bench:
            started = time.monotonic()
            async with asyncio.timeout(LONGEST):
                await check.run(bench)
        result = outcome(Verdict.PASS)
    except Finding as finding:
        result = outcome(Verdict.FAIL, str(finding))
    except Untestable as reason:
        result = outcome(Verdict.UNTESTED, str(reason))
    except (Exception, TimeoutError) as error:  # noqa: BLE001 -- one broken check must not end the run
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{where.filename.rpartition('/')[2]}:{where.lineno}"
        result = outcome(Verdict.FAIL, f"The check broke: {type(error).__name__} {error} ({place})")
    tell(result)
    return result


def merge(*runs: Iterable[Outcome]) -> list[Outcome]:
    """Several runs of the same checks on different subjects: a failure counts first, then a pass."""
    rank = {Verdict.UNTESTED: 0, Verdict.PASS: 1, Verdict.FAIL: 2}
    best: dict[tuple[tuple[str, ...], str], Outcome] = {}
    for outcome in (outcome for run in runs for outcome in run):
        known = best.get((outcome.statements, outcome.says))
        if known is None or rank[outcome.verdict] > rank[known.verdict]:
            best[outcome.statements, outcome.says] = outcome
    return list(best.values())


def judge(role: Role, outcomes: Iterable[Outcome], unseen: Mapping[str, str]) -> list[Line]:
    """One line for each statement that binds a role."""
    listed = list(outcomes)
    lines = []
    for statement in bound(role):
        own = [outcome for outcome in listed if statement.id in outcome.statements]
        failed = [outcome for outcome in own if outcome.verdict is Verdict.FAIL]
        passed = [outcome for outcome in own if outcome.verdict is Verdict.PASS]
        verdict = Verdict.FAIL if failed else Verdict.PASS if passed else Verdict.UNTESTED
        notes = [f"{outcome.says} {outcome.detail}" for outcome in own if outcome.verdict is not Verdict.PASS]
        if statement.id in unseen:
            notes.append(unseen[statement.id])
        lines.append(Line(statement.id, statement.short, verdict, len(passed), len(own), tuple(notes)))
    return lines

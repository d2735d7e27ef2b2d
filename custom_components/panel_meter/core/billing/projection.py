"""What the bill of the running cycle will probably come to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from .account import Account
from .bill import Bill
from .usage import Usage

WEEK: Final = 7 * 86_400
DAY: Final = 86_400
QUARTER: Final = 900


@dataclass(frozen=True, slots=True)
class Projection:
    """The probable bill, and those if the rest of the cycle takes a fifth less or more than the last days did."""

    bill: Bill
    low: Bill
    high: Bill


def project(account: Account, recent: Sequence[Usage], now: int) -> Projection | None:
    """Go on to the end of the cycle as in the last days; None without anything recent.

    ``recent`` is the usage of up to the last seven days, in order and without holes. It is repeated by whole weeks,
    or by whole days where there is less than a week, so that the hours of the day and the days of the week fit. Less
    than a day is repeated as it is.
    """
    if not recent or not recent[0].start < recent[-1].end:
        return None
    known = recent[-1].end - recent[0].start
    step = WEEK if known >= WEEK else known // DAY * DAY or known
    future = list(_repeated(_in_quarters(recent), step, now, account.cycle.end))
    bills = [_with(account, future, percent) for percent in (100, 80, 120)]
    return Projection(*bills)


def _in_quarters(recent: Sequence[Usage]) -> Sequence[Usage]:
    """The same with the rows of each quarter of an hour as one: hardly a price changes within it, and it is quicker."""
    found: list[Usage] = []
    for usage in recent:
        last = found[-1] if found else None
        if last is not None and last.end == usage.start and usage.end <= last.start - last.start % QUARTER + QUARTER:
            found[-1] = replace(
                last,
                end=usage.end,
                imported=last.imported + usage.imported,
                exported=last.exported + usage.exported,
                consumed=last.consumed + usage.consumed,
                circuits=tuple(one + other for one, other in zip(last.circuits, usage.circuits, strict=True)),
            )
        else:
            found.append(usage)
    return found


def _repeated(recent: Sequence[Usage], step: int, now: int, end: int) -> Sequence[Usage]:
    found: list[Usage] = []
    pattern = [usage for usage in recent if usage.start >= recent[-1].end - step]
    shift = step
    while now < end and recent[-1].end + shift - step < end:
        for usage in pattern:
            later = replace(usage, start=usage.start + shift, end=usage.end + shift)
            if later.end > now and later.start < end:
                found.append(later.part(max(later.start, now), min(later.end, end)))
        shift += step
    return found


def _with(account: Account, future: Sequence[Usage], percent: int) -> Bill:
    ahead = account.copy()
    for usage in future:
        ahead.add(
            replace(
                usage,
                imported=usage.imported * percent // 100,
                exported=usage.exported,
                consumed=usage.consumed * percent // 100,
                circuits=tuple(energy * percent // 100 for energy in usage.circuits),
            )
        )
    # The cycle is not over, whatever the bill says it comes to.
    return replace(ahead.close(), closed=False)

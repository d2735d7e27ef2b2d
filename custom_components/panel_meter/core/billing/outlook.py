"""What the next kWh costs now and in the hours to come."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from ..tariff.rulebook import Rulebook
from .running import RunningAccount

HOUR: Final = 3600
#: Prices that an entity tells may change this often.
QUARTER: Final = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceStep:
    """A price that stays the same ``[start, end)`` (UTC seconds), with its adders and taxes; None: not known."""

    start: int
    end: int
    price: Decimal | None
    #: Name of the period of the day; None before the tariff begins.
    period: str | None


def price_steps(account: RunningAccount, now: int, hours: int) -> tuple[PriceStep, ...]:
    """Prices from the hour that holds ``now`` (UTC seconds) on.

    Blocks are those of the consumption so far: what will be used is not known. Nor is a price that an entity tells
    known before its time comes: with one of those the steps end with the present hour, and the hours before it, as far
    as they lie in the cycle, stand in front.
    """
    book = account.account.book
    here = now - now % HOUR
    version = book.version_at(now)
    if version is None:
        return ()
    if version.energy.dynamic is None:
        start, end, pace = here, here + hours * HOUR, HOUR
    else:
        start, end, pace = max(here - hours * HOUR, account.account.cycle.start), here + HOUR, QUARTER
    found: list[PriceStep] = []
    for begin, until, period in _spans(book, start, end, pace):
        step = PriceStep(start=begin, end=until, price=account.price(begin), period=period)
        before = found[-1] if found else None
        if before is not None and (before.price, before.period) == (step.price, step.period):
            found[-1] = PriceStep(start=before.start, end=step.end, price=step.price, period=step.period)
        else:
            found.append(step)
    return tuple(found)


def _spans(book: Rulebook, start: int, end: int, pace: int) -> Iterator[tuple[int, int, str | None]]:
    """Parts of at most ``pace`` seconds in which the period does not change, with the name of the period."""
    instant = start
    while instant < end:
        version, until = book.version_at(instant), min(instant - instant % pace + pace, end)
        if version is None:
            yield instant, until, None
        else:
            span = book.timetable(version).at(instant)
            until = min(until, span.end)
            names = version.energy.period_names
            yield instant, until, names[span.index] if span.index < len(names) else None
        instant = until

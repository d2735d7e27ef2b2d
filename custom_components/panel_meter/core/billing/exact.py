"""Arithmetic with money, whatever somebody else asked of decimals in this thread."""

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Context, DivisionByZero, InvalidOperation, Overflow, localcontext
from functools import wraps
from typing import Final

#: A price of 18 digits from a sensor, a multiplier and two taxes on an energy in mWh come to fewer digits than these.
EXACT: Final = Context(prec=50, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow])


def exactly[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """Compute with so many digits that sums of products come out exactly."""

    @wraps(function)
    def inner(*args: P.args, **kwargs: P.kwargs) -> R:
        with localcontext(EXACT):
            return function(*args, **kwargs)

    return inner

"""What a dynamic price was, from its recorded history."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from .model import Dynamic, Missing

HOUR: Final = 3600
#: An instant that never comes.
NEVER: Final = 2**53


@dataclass(frozen=True, slots=True)
class PricePoint:
    """What a price is from an instant on; None: not known."""

    start: int
    price: Decimal | None


@dataclass(frozen=True, slots=True)
class Quote:
    """A price ``[start, end)``: None where it is not known and nothing stands in for it."""

    start: int
    end: int
    price: Decimal | None
    estimated: bool = False


class PriceSeries:
    """Points in the order of time; what was not recorded is missing."""

    def __init__(self, points: Iterable[PricePoint] = ()) -> None:
        """Points may come in any order; the last of an instant counts."""
        ordered = {point.start: point.price for point in sorted(points, key=lambda each: each.start)}
        self._starts = list(ordered)
        self._prices = list(ordered.values())

    def add(self, point: PricePoint) -> None:
        """Add the newest point, or put another price in the place of one there is."""
        place = bisect_right(self._starts, point.start)
        if place and self._starts[place - 1] == point.start:
            self._prices[place - 1] = point.price
        else:
            self._starts.insert(place, point.start)
            self._prices.insert(place, point.price)

    def quote(self, instant: int, dynamic: Dynamic) -> Quote:
        """The price at an instant as the tariff reads it, and from when to when that holds."""
        if not dynamic.resolution_min:
            return self._quote(instant, dynamic)
        step = dynamic.resolution_min * 60
        start = instant - instant % step
        # Prices are published some seconds early or late: the one that holds longest is meant for the whole interval.
        pieces = list(self._pieces(start, start + step, dynamic))
        best = max(pieces, key=lambda piece: (piece.price is not None, not piece.estimated, piece.end - piece.start))
        return Quote(start, start + step, best.price, best.estimated)

    def _pieces(self, start: int, end: int, dynamic: Dynamic) -> Iterator[Quote]:
        while start < end:
            quote = self._quote(start, dynamic)
            yield Quote(start, min(quote.end, end), quote.price, quote.estimated)
            start = quote.end

    def _quote(self, instant: int, dynamic: Dynamic) -> Quote:
        place = bisect_right(self._starts, instant) - 1
        start = self._starts[place] if place >= 0 else -NEVER
        end = self._starts[place + 1] if place + 1 < len(self._starts) else NEVER
        price = self._prices[place] if place >= 0 else None
        if price is None:
            return self._stand_in(start, end, place, dynamic)
        stale = NEVER if dynamic.hold_hours is None else start + dynamic.hold_hours * HOUR
        if instant < stale:
            return Quote(start, min(end, stale), price)
        return self._stand_in(stale, end, place, dynamic)

    def _stand_in(self, start: int, end: int, place: int, dynamic: Dynamic) -> Quote:
        if dynamic.missing is Missing.FALLBACK:
            return Quote(start, end, None, estimated=True)
        known = next((price for price in reversed(self._prices[: place + 1]) if price is not None), None)
        return Quote(start, end, known, estimated=dynamic.missing is Missing.MARK_ESTIMATED)

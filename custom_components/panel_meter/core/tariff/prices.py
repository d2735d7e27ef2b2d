"""What a dynamic price was, from its recorded history."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
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
        ordered = {point.start: point for point in sorted(points, key=lambda each: each.start)}
        self._points = tuple(ordered.values())

    def add(self, point: PricePoint) -> None:
        """Add a point, or put another price in the place of one there is."""
        # Another thread may be reading: it goes on with the points that it has.
        before = (each for each in self._points if each.start < point.start)
        after = (each for each in self._points if each.start > point.start)
        self._points = (*before, point, *after)

    @property
    def last_price(self) -> Decimal | None:
        """The newest price; None if it is not known, or if there never was one."""
        return self._points[-1].price if self._points else None

    def quote(self, instant: int, dynamic: Dynamic) -> Quote:
        """The price at an instant as the tariff reads it, and from when to when that holds."""
        if not dynamic.resolution_min:
            return self._quote(instant, dynamic)
        step = dynamic.resolution_min * 60
        start = instant - instant % step
        # Prices are published some seconds early or late: the one that holds longest is meant for the whole interval.
        held: dict[tuple[Decimal | None, bool], int] = {}
        for piece in self._pieces(start, start + step, dynamic):
            key = (piece.price, piece.estimated)
            held[key] = held.get(key, 0) + piece.end - piece.start
        price, estimated = max(held, key=lambda key: (key[0] is not None, not key[1], held[key]))
        return Quote(start, start + step, price, estimated)

    def _pieces(self, start: int, end: int, dynamic: Dynamic) -> Iterator[Quote]:
        while start < end:
            quote = self._quote(start, dynamic)
            yield Quote(start, min(quote.end, end), quote.price, quote.estimated)
            start = quote.end

    def _quote(self, instant: int, dynamic: Dynamic) -> Quote:
        points = self._points
        place = bisect_right(points, instant, key=lambda point: point.start) - 1
        start = points[place].start if place >= 0 else -NEVER
        end = points[place + 1].start if place + 1 < len(points) else NEVER
        price = points[place].price if place >= 0 else None
        if price is None:
            return _stand_in(points[: max(place, 0)], start, end, dynamic)
        stale = NEVER if dynamic.hold_hours is None else start + dynamic.hold_hours * HOUR
        if instant < stale:
            return Quote(start, min(end, stale), price)
        return _stand_in(points[: place + 1], stale, end, dynamic)


def _stand_in(points: Sequence[PricePoint], start: int, end: int, dynamic: Dynamic) -> Quote:
    if dynamic.missing is Missing.FALLBACK:
        return Quote(start, end, None, estimated=True)
    known = next((point.price for point in reversed(points) if point.price is not None), None)
    return Quote(start, end, known, estimated=dynamic.missing is Missing.MARK_ESTIMATED)

"""Import and export that are set off against each other within spans of time."""

from collections.abc import Callable
from typing import Final

from ..tariff.clock import WallClock
from ..tariff.model import NettingSpan
from .energy import Place

#: Imported, exported, consumed, and the energies of the circuits.
type Flows = list[int]
#: Takes what is left of a span: place, imported, exported, consumed and the circuits.
type Sink = Callable[[Place, Flows], None]

_IMPORTED: Final = 0
_EXPORTED: Final = 1


class Netting:
    """Collects the energy of a span per place and passes on what is left of it."""

    def __init__(self, span: int | NettingSpan, clock: WallClock) -> None:
        """``span`` in minutes; 0 nets nothing, and a whole cycle ends when the caller says so."""
        self._span = span
        self._clock = clock
        self._key = -1
        self._open: dict[Place, Flows] = {}

    def copy(self) -> Netting:
        """One that goes on by itself."""
        other = Netting(self._span, self._clock)
        other._key = self._key
        other._open = {place: flows.copy() for place, flows in self._open.items()}
        return other

    def add(self, instant: int, place: Place, flows: Flows, sink: Sink) -> None:
        """Add the energy of a slice that begins at ``instant``; spans that have ended go to the sink."""
        if self._span == 0:
            sink(place, flows)
            return
        key = self._key_of(instant)
        if key != self._key:
            self.flush(sink)
            self._key = key
        known = self._open.get(place)
        if known is None:
            self._open[place] = list(flows)
        else:
            for position, energy in enumerate(flows):
                known[position] += energy

    def flush(self, sink: Sink) -> None:
        """End the span."""
        for place, flows in self._open.items():
            sink(place, netted(flows))
        self._open = {}

    def pending(self) -> list[tuple[Place, Flows]]:
        """What is left so far of the span that has not ended."""
        return [(place, netted(flows)) for place, flows in self._open.items()]

    def _key_of(self, instant: int) -> int:
        if self._span is NettingSpan.CYCLE:
            return 0
        if isinstance(self._span, NettingSpan):
            return self._clock.day_at(instant).start
        seconds = self._span * 60
        offset = self._clock.offset(instant) if seconds > 900 else 0
        return (instant + offset) // seconds


def netted(flows: Flows) -> Flows:
    """Flows of which import or export is left, not both."""
    both = min(flows[_IMPORTED], flows[_EXPORTED])
    return [flows[_IMPORTED] - both, flows[_EXPORTED] - both, *flows[2:]]

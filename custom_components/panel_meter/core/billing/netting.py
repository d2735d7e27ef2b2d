"""Import and export that are set off against each other within spans of time."""

from collections.abc import Callable, Iterator
from typing import Final

from ..tariff.clock import WallClock
from ..tariff.model import NettingSpan
from .energy import Place
from .usage import Usage

#: Where imported energy is billed, and where exported energy is: their dynamic prices may differ.
type Spot = tuple[Place, Place]
#: Imported, exported, consumed, and the energies of the circuits.
type Flows = list[int]
#: Takes what is left of a span: spot, and imported, exported, consumed and the circuits.
type Sink = Callable[[Spot, Flows], None]

_IMPORTED: Final = 0
_EXPORTED: Final = 1
_QUARTER: Final = 900


class Netting:
    """Collects the energy of a span per spot and passes on what is left of it."""

    def __init__(self, span: int | NettingSpan, clock: WallClock) -> None:
        """``span`` in minutes; 0 nets nothing, and a whole cycle ends when the caller says so."""
        self._span = span
        self._clock = clock
        #: Begin of the span that is open.
        self._begin = -1
        self._open: dict[Spot, Flows] = {}

    def copy(self) -> Netting:
        """One that goes on by itself."""
        other = Netting(self._span, self._clock)
        other._begin = self._begin
        other._open = {spot: flows.copy() for spot, flows in self._open.items()}
        return other

    def cut(self, usage: Usage) -> Iterator[Usage]:
        """The parts of usage that fall into one span each."""
        if not isinstance(self._span, NettingSpan) and self._span:
            seconds = self._span * 60
            while (end := self._begin_of(usage.start) + seconds) < usage.end:
                yield usage.part(usage.start, end)
                usage = usage.part(end, usage.end)
        yield usage

    def add(self, instant: int, spot: Spot, flows: Flows, sink: Sink) -> None:
        """Add the energy of a slice that begins at ``instant``; spans that have ended go to the sink."""
        if self._span == 0:
            sink(spot, flows)
            return
        begin = self._begin_of(instant)
        if begin != self._begin:
            self.flush(sink)
            self._begin = begin
        known = self._open.get(spot)
        if known is None:
            self._open[spot] = list(flows)
        else:
            for position, energy in enumerate(flows):
                known[position] += energy

    def flush(self, sink: Sink) -> None:
        """End the span."""
        for spot, flows in self._open.items():
            sink(spot, netted(flows))
        self._open = {}

    def pending(self) -> list[tuple[Spot, Flows]]:
        """What is left so far of the span that has not ended."""
        return [(spot, netted(flows)) for spot, flows in self._open.items()]

    def _begin_of(self, instant: int) -> int:
        """The begin of the span that holds an instant: an hour that the clock repeats is two spans."""
        if self._span is NettingSpan.CYCLE:
            return 0
        if isinstance(self._span, NettingSpan):
            return self._clock.day_at(instant).start
        seconds = self._span * 60
        offset = self._clock.offset(instant) if seconds > _QUARTER else 0
        return instant - (instant + offset) % seconds


def netted(flows: Flows) -> Flows:
    """Flows of which import or export is left, not both."""
    both = min(flows[_IMPORTED], flows[_EXPORTED])
    return [flows[_IMPORTED] - both, flows[_EXPORTED] - both, *flows[2:]]

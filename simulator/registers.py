"""The cumulative registers of a board while it has power."""

from .meter import Meter
from .truth import PanelTruth
from .units import HOUR, MICROJOULES_PER_MWH, Millis


class Registers:
    """Counts exactly; tells the truth what was counted in which hour, and what a power cut took."""

    def __init__(self, meter: Meter, names: tuple[str, ...], truth: PanelTruth) -> None:
        """All zero, at no time."""
        self._meter, self._names, self._truth = meter, names, truth
        self._micro = [0] * len(names)
        self.journal = ""
        self.until: Millis = 0

    @property
    def energies(self) -> tuple[int, ...]:
        """mWh, in the order of the wire."""
        return tuple([micro // MICROJOULES_PER_MWH for micro in self._micro])

    def start(self, journal: str, now: Millis, energies: tuple[int, ...] | None = None) -> None:
        """Count from these energies on (None: zero)."""
        self.journal = journal
        self._truth.begin(journal, self._names)
        self.until = now
        self._micro = [energy * MICROJOULES_PER_MWH for energy in energies or (0,) * len(self._names)]

    def resume(self, micro: list[int], now: Millis) -> None:
        """Go on from sums in microjoules that the truth knows already."""
        self._micro = list(micro)
        self.until = now

    def advance(self, now: Millis) -> None:
        """Count up to ``now``; hour by hour, so that the truth is exact."""
        while self.until < now:
            edge = min(now, (self.until // HOUR + 1) * HOUR)
            before = self.energies
            for index, gain in enumerate(self._meter.between(self.until, edge)):
                self._micro[index] += gain
            gained = [new - old for new, old in zip(self.energies, before, strict=True)]
            self._truth.add(self.journal, self.until // HOUR, gained)
            self.until = edge

    def fall_back(self, energies: tuple[int, ...]) -> dict[str, int]:
        """A power cut: what was counted since ``energies`` is gone. Returns what was lost, per register in mWh."""
        lost = [now - then for now, then in zip(self.energies, energies, strict=True)]
        self._truth.fell_back(self.journal, lost)
        return {name: energy for name, energy in zip(self._names, lost, strict=True) if energy}

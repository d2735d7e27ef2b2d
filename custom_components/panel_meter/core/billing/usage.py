"""What a panel used between two instants, as a tariff sees it."""

from dataclasses import dataclass
from itertools import pairwise

from ..spread import share


@dataclass(frozen=True, slots=True)
class Circuits:
    """The circuits whose costs are wanted, in their order; ``nested`` are those behind another one."""

    names: tuple[str, ...] = ()
    nested: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Usage:
    """Energy in mWh between two instants (UTC seconds).

    ``consumed`` is what all of the panel consumed, from the grid and from its own production. ``circuits`` are the
    energies of the circuits whose costs are wanted, always in the same order; those that are not behind another
    circuit have consumed no more than all of the panel.
    """

    start: int
    end: int
    imported: int
    exported: int = 0
    consumed: int = 0
    circuits: tuple[int, ...] = ()
    #: The board measured it, but its distribution over the span is not known.
    estimated: bool = False

    def part(self, lower: int, upper: int) -> Usage:
        """What falls between two instants when the energy flowed evenly; neighbouring parts add up exactly."""
        start, end = self.start, self.end

        def cut(energy: int) -> int:
            return share(energy, start, end, lower, upper)

        return Usage(
            max(start, lower),
            min(end, upper),
            cut(self.imported),
            cut(self.exported),
            cut(self.consumed),
            tuple(map(cut, self.circuits)),
            self.estimated,
        )

    def cut(self, edges: list[int]) -> list[Usage]:
        """The parts between edges (rising instants); what is outside of all of them is part of the first and last."""
        inner = [edge for edge in edges if self.start < edge < self.end]
        if not inner:
            return [self]
        bounds = [self.start, *inner, self.end]
        return [self.part(lower, upper) for lower, upper in pairwise(bounds)]


def drawn(circuits: tuple[int, ...], consumed: int, imported: int) -> tuple[int, ...]:
    """The circuits' parts of imported energy, in mWh.

    What a panel produces itself is shared by all that consumes, so every circuit draws the same part of its
    consumption from the grid. Without production that is all of it.
    """
    whole = max(consumed, imported)
    if whole == imported:
        return circuits
    return tuple(energy * imported // whole for energy in circuits) if whole else circuits

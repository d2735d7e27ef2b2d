"""What a panel's registers mean for its tariff: what is imported, exported and consumed, and by which circuits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..model import Direction, Panel, Quality, Register, Role
from .usage import Circuits, Usage

#: Start, end, quality and energies of a row, in the order of the registers that it was made for.
type Row = tuple[int, int, int, Sequence[int]]

_LOADS = (Role.CIRCUIT, Role.SUB)


@dataclass(frozen=True, slots=True)
class Wiring:
    """The registers of a panel by what they mean."""

    imported: tuple[Register, ...]
    exported: tuple[Register, ...]
    #: Own production, and what came out of batteries.
    produced: tuple[Register, ...]
    charged: tuple[Register, ...]
    #: Import of each circuit.
    circuits: tuple[Register, ...]
    nested: frozenset[str]
    #: Nothing measures the grid: what the circuits consume is bought.
    without_mains: bool

    @property
    def names(self) -> Circuits:
        """The circuits by the ids of their channels."""
        return Circuits(tuple(register.channel for register in self.circuits), self.nested)


def wiring_of(panel: Panel) -> Wiring:
    """Sort the registers of a panel."""
    mains = {channel.id for channel in panel.channels if channel.role is Role.MAIN}
    solar = {channel.id for channel in panel.channels if channel.role is Role.SOLAR}
    batteries = {channel.id for channel in panel.channels if channel.role is Role.BATTERY}
    loads = {channel.id: channel for channel in panel.channels if channel.role in _LOADS}
    two_way = {register.channel for register in panel.registers if register.direction is Direction.EXPORT}

    def of(channels: set[str], direction: Direction) -> tuple[Register, ...]:
        return tuple(each for each in panel.registers if each.channel in channels and each.direction is direction)

    circuits = of(set(loads), Direction.IMPORT)
    # A clamp that tells no direction counts what the sun gives as import.
    sun = (*of(solar, Direction.EXPORT), *of(solar - two_way, Direction.IMPORT))
    return Wiring(
        imported=of(mains, Direction.IMPORT),
        exported=of(mains, Direction.EXPORT),
        produced=(*sun, *of(batteries, Direction.EXPORT)),
        charged=of(batteries & two_way, Direction.IMPORT),
        circuits=circuits,
        nested=frozenset(name for name, channel in loads.items() if channel.parent in loads),
        without_mains=not mains,
    )


def reader(
    wiring: Wiring, registers: Sequence[Register], *, net_phases: bool = False, buy_all: bool = False
) -> Callable[[Row], Usage]:
    """A function that makes usage of rows whose energies are of these registers.

    ``net_phases`` sets import and export of all mains off against each other in each row, ``buy_all`` buys all that is
    consumed and sells all that is produced.
    """
    places = {register: place for place, register in enumerate(registers)}

    def places_of(wanted: Sequence[Register]) -> tuple[int, ...]:
        return tuple(places[register] for register in wanted if register in places)

    imports, exports = places_of(wiring.imported), places_of(wiring.exported)
    produced, charged = places_of(wiring.produced), places_of(wiring.charged)
    circuits = tuple(places.get(register) for register in wiring.circuits)
    direct = tuple(
        places[register] for register in wiring.circuits if register in places and register.channel not in wiring.nested
    )

    def read(row: Row) -> Usage:
        start, end, quality, energies = row
        imported = sum(energies[place] for place in imports)
        exported = sum(energies[place] for place in exports)
        made = sum(energies[place] for place in produced)
        used = tuple(0 if place is None else energies[place] for place in circuits)
        measured = sum(energies[place] for place in direct)
        if wiring.without_mains:
            imported = measured
        consumed = max(imported + made - exported - sum(energies[place] for place in charged), measured, 0)
        if buy_all:
            imported, exported = consumed, made
        elif net_phases:
            both = min(imported, exported)
            imported, exported = imported - both, exported - both
        return Usage(start, end, imported, exported, consumed, used, bool(quality & Quality.ESTIMATED))

    return read

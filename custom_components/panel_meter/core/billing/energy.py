"""Energy of a cycle in cells of one price each.

A cell is what was used in one section, period and block at one dynamic price. In the order of time a count of the cycle
says which block is reached; pro rata, and where the block reached sets the price of everything, the blocks are known
only for the cycle as a whole.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Final

from ..model import MILLIWATT_HOURS_PER_KWH
from ..tariff.model import Allocation, Block, BlockMode, BlockPer, RateSet
from .cycles import times

MWH: Final = Decimal(MILLIWATT_HOURS_PER_KWH)
ZERO: Final = Decimal(0)

#: Section, period, dynamic price, and whether that price is estimated.
type Place = tuple[int, int, Decimal | None, bool]
#: Price per kWh of a place and block; None: not known.
type Pricer = Callable[[int, int, int, Decimal | None], Decimal | None]


@dataclass(frozen=True, slots=True)
class Cell:
    """Energy at one price. ``kwh`` is of the panel, ``circuits`` are kWh of the circuits."""

    section: int
    period: int
    block: int
    #: What the entity of a dynamic price said.
    raw: Decimal | None
    #: With adders and taxes.
    price: Decimal | None
    estimated: bool
    kwh: Decimal
    circuits: tuple[Decimal, ...]

    @property
    def amount(self) -> Decimal:
        """What it costs; 0 while the price is not known."""
        return self.kwh * self.price if self.price is not None else ZERO


def limits(blocks: Sequence[Block], scale: Fraction, days: int, demand_kw: Decimal) -> tuple[int | None, ...]:
    """Upper limits of blocks in mWh for a part ``scale`` of a cycle and its days."""
    factors = {
        BlockPer.CYCLE: scale,
        BlockPer.DAY: Fraction(days),
        BlockPer.KW: Fraction(demand_kw) * scale,
        BlockPer.KW_DAY: Fraction(demand_kw) * days,
    }
    return tuple(
        None if block.upto is None else round(Fraction(block.upto) * factors[block.per] * MILLIWATT_HOURS_PER_KWH)
        for block in blocks
    )


class Ordered:
    """Cells in the order of time: the count of the cycle decides the block of each mWh."""

    def __init__(self, upper: Sequence[int | None], pricer: Pricer) -> None:
        """``upper`` are rising limits in mWh; the last block has no end, whatever its limit says."""
        self._upper = [limit for limit in upper[:-1] if limit is not None]
        self._pricer = pricer
        self.count = 0
        #: What the panel's energy costs, and that of each circuit; empty before any energy.
        self.costs: list[Decimal] = []
        self.cells: dict[tuple[Place, int], list[int]] = {}
        self._units: dict[tuple[Place, int], Decimal] = {}

    def copy(self) -> Ordered:
        """One that goes on by itself."""
        other = Ordered([*self._upper, None], self._pricer)
        other.count, other.costs, other._units = self.count, self.costs, self._units
        other.cells = {key: cell.copy() for key, cell in self.cells.items()}
        return other

    @property
    def block(self) -> int:
        """The block that the next mWh falls into."""
        return sum(limit <= self.count for limit in self._upper)

    def parts(self, energies: Sequence[int], ahead: int = 0) -> Iterator[tuple[int, Sequence[int]]]:
        """Block and energies of each part of what comes next; ``energies`` begins with that of the panel."""
        total, count = energies[0], self.count + ahead
        end = count + total
        inner = [limit for limit in self._upper if count < limit < end]
        if not inner:
            yield sum(limit <= count for limit in self._upper), energies
            return
        for lower, upper in pairwise([count, *inner, end]):
            block = sum(limit <= lower for limit in self._upper)
            before, after = lower - count, upper - count
            yield block, [energy * after // total - energy * before // total for energy in energies]

    def add(self, place: Place, energies: Sequence[int]) -> None:
        """Add energies (mWh) of the panel and its circuits."""
        for block, part in self.parts(energies):
            key = (place, block)
            cell = self.cells.get(key)
            if cell is None:
                self.cells[key] = list(part)
            else:
                for position, energy in enumerate(part):
                    cell[position] += energy
            unit = self._unit(key)
            known = self.costs or [ZERO] * len(part)
            self.costs = [cost + energy * unit for cost, energy in zip(known, part, strict=True)]
        self.count += energies[0]

    def preview(self, place: Place, energies: Sequence[int], ahead: int = 0) -> list[Decimal]:
        """What energies would cost if they came after ``ahead`` mWh more: the panel's and the circuits'."""
        costs = [ZERO] * len(energies)
        for block, part in self.parts(energies, ahead):
            unit = self._unit((place, block))
            costs = [cost + energy * unit for cost, energy in zip(costs, part, strict=True)]
        return costs

    def _unit(self, key: tuple[Place, int]) -> Decimal:
        """Price per mWh."""
        if (unit := self._units.get(key)) is None:
            (section, period, raw, _), block = key
            price = self._pricer(section, period, block, raw)
            unit = self._units[key] = (price or ZERO) / MWH
        return unit

    def priced(self) -> list[Cell]:
        """All cells."""
        return [
            Cell(
                section,
                period,
                block,
                raw,
                self._pricer(section, period, block, raw),
                estimated,
                *_split(_kwh(energies)),
            )
            for ((section, period, raw, estimated), block), energies in self.cells.items()
        ]


class Pooled:
    """Cells whose blocks depend on the cycle as a whole."""

    def __init__(self, upper: Sequence[int | None], pricer: Pricer, mode: BlockMode, unit: int) -> None:
        """``upper`` are rising limits in mWh; whether one is exceeded is told by multiples of ``unit`` mWh."""
        self._upper = list(upper)
        self._pricer = pricer
        self._mode = mode
        self._unit = unit
        self.cells: dict[Place, list[int]] = {}

    def copy(self) -> Pooled:
        """One that goes on by itself."""
        other = Pooled(self._upper, self._pricer, self._mode, self._unit)
        other.cells = {key: cell.copy() for key, cell in self.cells.items()}
        return other

    @property
    def count(self) -> int:
        """Energy of the panel in mWh."""
        return sum(cell[0] for cell in self.cells.values())

    @property
    def block(self) -> int:
        """The block that the next mWh falls into."""
        count = self.count
        return sum(limit is not None and limit <= count for limit in self._upper[:-1])

    def add(self, place: Place, energies: Sequence[int]) -> None:
        """Add energies (mWh) of the panel and its circuits."""
        cell = self.cells.get(place)
        if cell is None:
            self.cells[place] = list(energies)
        else:
            for position, energy in enumerate(energies):
                cell[position] += energy

    def priced(self) -> list[Cell]:
        """All cells, cut into blocks."""
        shares = self._shares()
        return [
            Cell(section, period, block, raw, self._pricer(section, period, block, raw), estimated, *_split(kwh))
            for (section, period, raw, estimated), energies in self.cells.items()
            for (block, _), kwh in zip(shares, _in_shares(_kwh(energies), shares), strict=True)
        ]

    def _shares(self) -> list[tuple[int, Fraction]]:
        """Each block that is reached, and its part of all energy."""
        total = self.count
        if self._mode is BlockMode.WHOLE or not total:
            total -= total % self._unit
            reached = sum(limit is not None and limit < total for limit in self._upper[:-1])
            return [(reached, Fraction(1))]
        found, lower = [], 0
        for block, limit in enumerate(self._upper):
            last = limit is None or block == len(self._upper) - 1
            upper = total if last or limit is None else min(limit, total)
            if upper > lower:
                found.append((block, Fraction(upper - lower, total)))
                lower = upper
        return found


def _kwh(energies: Sequence[int]) -> list[Decimal]:
    return [energy / MWH for energy in energies]


def _split(kwh: Sequence[Decimal]) -> tuple[Decimal, tuple[Decimal, ...]]:
    return kwh[0], tuple(kwh[1:])


def _in_shares(kwh: list[Decimal], shares: Sequence[tuple[int, Fraction]]) -> Iterator[list[Decimal]]:
    """Energies in proportion to shares; the last of them takes the rest, so that nothing is lost."""
    rest = kwh
    for _, share in shares[:-1]:
        part = [times(energy, share) for energy in kwh]
        rest = [left - taken for left, taken in zip(rest, part, strict=True)]
        yield part
    yield rest


class RateGroup:
    """The energy of the sections of a cycle that share one count of kWh."""

    def __init__(
        self,
        rates: Sequence[RateSet],
        pricers: Sequence[Pricer],
        allocation: Allocation,
        scale: Fraction,
        days: int,
        unit: int = 1,
    ) -> None:
        """``rates`` are tried in order; each has its pricer. Pro rata is for tariffs with blocks only.

        Energy is billed in multiples of ``unit`` mWh, so the part of one exceeds no limit that changes all prices.
        """
        self._rates = tuple(rates)
        self._pricers = tuple(pricers)
        self._allocation = allocation
        self._scale = scale
        self._days = days
        self._unit = unit
        self._demand_kw = ZERO
        #: What came, as long as a limit may still move with the demand.
        self._log: list[tuple[Place, Sequence[int]]] | None = [] if _by_demand(rates) else None
        self._candidates = [self._make(number) for number in range(len(self._rates))]
        self.total = 0

    def copy(self) -> RateGroup:
        """One that goes on by itself."""
        other = RateGroup(self._rates, self._pricers, self._allocation, self._scale, self._days, self._unit)
        other._demand_kw, other.total = self._demand_kw, self.total
        other._log = None if self._log is None else self._log.copy()
        other._candidates = [each.copy() for each in self._candidates]
        return other

    def _make(self, number: int) -> Ordered | Pooled:
        rates = self._rates[number]
        upper = limits(rates.blocks, self._scale, self._days, self._demand_kw)
        if rates.block_mode is BlockMode.WHOLE or (self._allocation is Allocation.PRORATA and len(upper) > 1):
            return Pooled(upper, self._pricers[number], rates.block_mode, self._unit)
        return Ordered(upper, self._pricers[number])

    def add(self, place: Place, energies: Sequence[int]) -> None:
        """Add energies (mWh) of the panel and its circuits."""
        self.total += energies[0]
        for each in self._candidates:
            each.add(place, energies)
        if self._log is not None:
            self._log.append((place, energies))

    def set_demand(self, demand_kw: Decimal) -> None:
        """Move limits that depend on the demand of the cycle."""
        if self._log is None or demand_kw == self._demand_kw:
            return
        self._demand_kw = demand_kw
        self._candidates = [self._make(number) for number in range(len(self._rates))]
        for place, energies in self._log:
            for each in self._candidates:
                each.add(place, energies)

    @property
    def chosen_number(self) -> int:
        """Which candidate's rates count for the energy so far."""
        total = self.total - self.total % self._unit
        for number, rates in enumerate(self._rates):
            if rates.over is None or total > Fraction(rates.over) * self._scale * MILLIWATT_HOURS_PER_KWH:
                return number
        return len(self._rates) - 1

    @property
    def chosen(self) -> Ordered | Pooled:
        """The candidate that counts."""
        return self._candidates[self.chosen_number]

    def costs(self, width: int) -> list[Decimal]:
        """What all energy costs, with adders and taxes: the panel's, and that of each of the ``width - 1`` circuits."""
        chosen = self.chosen
        if isinstance(chosen, Ordered):
            return chosen.costs or [ZERO] * width
        costs = [ZERO] * width
        for cell in chosen.priced():
            if cell.price is not None:
                for position, kwh in enumerate((cell.kwh, *cell.circuits)):
                    costs[position] += kwh * cell.price
        return costs

    @property
    def follows_demand(self) -> bool:
        """Whether limits move with the demand of the cycle."""
        return self._log is not None

    @property
    def demand_kw(self) -> Decimal:
        """The demand that limits follow."""
        return self._demand_kw

    @property
    def in_order(self) -> Ordered | None:
        """The cells, if what comes next changes no price of what came before."""
        only = self._candidates[0]
        return only if len(self._candidates) == 1 and not self.follows_demand and isinstance(only, Ordered) else None

    def next_price(self, section: int, period: int, raw: Decimal | None) -> Decimal | None:
        """What the next kWh costs in a section and period."""
        return self._pricers[self.chosen_number](section, period, self.chosen.block, raw)


def _by_demand(rates: Sequence[RateSet]) -> bool:
    return any(block.per in (BlockPer.KW, BlockPer.KW_DAY) for each in rates for block in each.blocks)

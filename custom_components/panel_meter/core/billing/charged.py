"""The parts of a cycle: sections that share a count of kWh, and those that share demand, fixed and other charges."""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Final

from ..model import MILLIWATT_HOURS_PER_KWH
from ..tariff.days import season_of
from ..tariff.model import ZERO, Demand, RateSet
from ..tariff.rulebook import Rulebook, export_price
from .cycles import CycleSpan, Section, share_of
from .demand import DemandMeter
from .energy import RateGroup

#: What blocks per kW of demand are multiplied by where no demand charge says it.
_LOAD: Final = Demand(name="", price=(ZERO,))


class Counted:
    """The sections of a cycle that share a count of kWh."""

    def __init__(self, book: Rulebook, number: int, members: Sequence[Section], span: CycleSpan) -> None:
        """``number`` is that of the first section."""
        last = members[-1]
        days = sum(member.days for member in members)
        unit = MILLIWATT_HOURS_PER_KWH if book.tariff.rounding.floor_kwh else 1
        allocation, share = last.version.energy.allocation, share_of(days, span)
        self.sections = range(number, number + len(members))
        pricers = [partial(_import_price, book, members, number, rates) for rates in range(len(last.rates))]
        self.imports = RateGroup(last.rates, pricers, allocation, share, days, unit)
        # Export has a count of its own against the same limits.
        rates = RateSet(prices={}, blocks=last.rates[-1].blocks)
        self.exports = RateGroup((rates,), (partial(_export_price, members, number),), allocation, share, days, unit)

    def copy(self) -> Counted:
        """One that goes on by itself."""
        other = object.__new__(Counted)
        other.sections = self.sections
        other.imports, other.exports = self.imports.copy(), self.exports.copy()
        return other


class Charged:
    """The sections of a cycle that share charges: those of one version, and of another that carries its count on."""

    def __init__(self, book: Rulebook, number: int, members: Sequence[Section], span: CycleSpan) -> None:
        """``number`` is that of the first section."""
        self.version = members[-1].version
        self.days = sum(member.days for member in members)
        self.share = share_of(self.days, span)
        self.start, self.end = members[0].start, members[-1].end
        self.counted = _counted(book, number, members, span)
        season = season_of(span.first, self.version.energy.seasons)
        demands = [demand for demand in self.version.demand if demand.season in (None, season)]
        self.meters = [self._meter(book, demand) for demand in demands]
        follows = any(each.imports.follows_demand for each in self.counted)
        self.load = self._meter(book, _LOAD) if follows and all(demand.window for demand in demands) else None

    def _meter(self, book: Rulebook, demand: Demand) -> DemandMeter:
        export = self.version.export
        nets = export is not None and isinstance(export.netting, int) and export.netting > 0
        return DemandMeter(demand, book.window(self.version, demand), book.clock, netted=nets)

    def copy(self) -> Charged:
        """One that goes on by itself."""
        other = object.__new__(Charged)
        other.version, other.days, other.share = self.version, self.days, self.share
        other.start, other.end = self.start, self.end
        other.counted = [each.copy() for each in self.counted]
        other.meters = [meter.copy() for meter in self.meters]
        other.load = None if self.load is None else self.load.copy()
        return other

    def settle_demand(self) -> None:
        """Move limits that are multiples of the demand to the one measured so far."""
        if not any(each.imports.follows_demand for each in self.counted):
            return
        meters = [meter for meter in self.meters if not meter.demand.window] + ([self.load] if self.load else [])
        demand_kw = max(meter.charge(0, ()).billed_kw for meter in meters)
        for each in self.counted:
            each.imports.set_demand(demand_kw)
            each.exports.set_demand(demand_kw)


def charged_parts(book: Rulebook, sections: Sequence[Section], span: CycleSpan) -> list[Charged]:
    """All sections of a cycle by the charges that they share, in order."""
    found: list[Charged] = []
    begin = 0
    for number in range(1, len(sections) + 1):
        if number < len(sections):
            section = sections[number]
            if section.carries or section.version is sections[number - 1].version:
                continue
        found.append(Charged(book, begin, sections[begin:number], span))
        begin = number
    return found


def _counted(book: Rulebook, first: int, members: Sequence[Section], span: CycleSpan) -> list[Counted]:
    begins = [place for place, member in enumerate(members) if place == 0 or not member.carries]
    ends = [*begins[1:], len(members)]
    return [Counted(book, first + begin, members[begin:end], span) for begin, end in zip(begins, ends, strict=True)]


def _import_price(
    book: Rulebook, members: Sequence[Section], first: int, number: int, section: int, period: int, block: int,
    raw: Decimal | None,
) -> Decimal | None:  # fmt: skip
    member = members[section - first]
    rates = member.rates[number] if number < len(member.rates) else member.rates[-1]
    return book.all_in(member.version, rates, period, block, raw)


def _export_price(
    members: Sequence[Section], first: int, section: int, period: int, block: int, raw: Decimal | None
) -> Decimal | None:
    return export_price(members[section - first].version, period, block, raw)

"""Rating of one billing cycle, in the order of time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Final

from ..tariff.model import (
    ZERO,
    BlockPer,
    Demand,
    Dynamic,
    Export,
    ExportMode,
    NettingSpan,
    RateSet,
    Version,
)
from ..tariff.prices import NEVER, PriceSeries
from ..tariff.rulebook import Rulebook, export_price
from .cycles import CycleSpan, Section, sections, share_of
from .demand import DemandMeter
from .energy import Cell, Place, RateGroup
from .netting import Flows, Netting
from .usage import Usage, drawn

_NO_EXPORT: Final = Export(mode=ExportMode.NONE)
_NO_PRICES: Final = PriceSeries()


@dataclass(frozen=True, slots=True)
class Running:
    """Costs so far: of the panel and its circuits with taxes, and what exported energy earned."""

    cost: Decimal
    circuits: tuple[Decimal, ...]
    earned: Decimal


@dataclass(frozen=True, slots=True)
class Context:
    """Where an instant stands, and from when to when nothing of that changes."""

    start: int
    end: int
    section: int
    place: Place


#: No instant.
_NOWHERE: Final = Context(0, 0, -1, (0, 0, None, False))


class Charged:
    """A part of a cycle with charges of its own: the sections that share a count of kWh."""

    def __init__(self, book: Rulebook, number: int, members: Sequence[Section], span: CycleSpan) -> None:
        """``number`` is that of the first section."""
        self.version = members[-1].version
        self.sections = range(number, number + len(members))
        self.days = sum(member.days for member in members)
        self.share = share_of(self.days, span)
        self.start, self.end = members[0].start, members[-1].end
        self.imports = self._import_group(book, members)
        self.exports = self._export_group(members)
        self.meters = [self._meter(book, demand) for demand in self.version.demand]
        self.load = self._load_meter(book)

    def _import_group(self, book: Rulebook, members: Sequence[Section]) -> RateGroup:
        last = members[-1]
        pricers = [
            partial(_import_price, book, members, self.sections.start, number) for number in range(len(last.rates))
        ]
        return RateGroup(last.rates, pricers, last.version.energy.allocation, self.share, self.days)

    def _export_group(self, members: Sequence[Section]) -> RateGroup:
        last = members[-1]
        # Export has a count of its own against the same limits.
        rates = RateSet(prices={}, blocks=last.rates[-1].blocks)
        pricer = partial(_export_price, members, self.sections.start)
        return RateGroup((rates,), (pricer,), last.version.energy.allocation, self.share, self.days)

    def _meter(self, book: Rulebook, demand: Demand) -> DemandMeter:
        return DemandMeter(demand, book.window(self.version, demand), book.clock, netted=self._nets())

    def _load_meter(self, book: Rulebook) -> DemandMeter | None:
        """What blocks per kW of demand are multiplied by where no demand charge says it."""
        per_kw = any(block.per in (BlockPer.KW, BlockPer.KW_DAY) for block in self.version.energy.rates.blocks)
        if not per_kw or any(not demand.window for demand in self.version.demand):
            return None
        return self._meter(book, Demand(name="", price=(ZERO,)))

    def _nets(self) -> bool:
        export = self.version.export
        return export is not None and isinstance(export.netting, int) and export.netting > 0

    def copy(self) -> Charged:
        """One that goes on by itself."""
        other = object.__new__(Charged)
        other.version, other.sections, other.days, other.share = self.version, self.sections, self.days, self.share
        other.start, other.end = self.start, self.end
        other.imports, other.exports = self.imports.copy(), self.exports.copy()
        other.meters = [meter.copy() for meter in self.meters]
        other.load = None if self.load is None else self.load.copy()
        return other


class CycleRating:
    """What is known of a cycle. Usage comes in the order of time; ``copy`` allows to look ahead."""

    def __init__(
        self, book: Rulebook, span: CycleSpan, width: int, prices: Mapping[str, PriceSeries], kwh: Mapping[str, Decimal]
    ) -> None:
        """``width`` circuits; ``prices`` by entity; ``kwh`` per period were left by net metering."""
        self.book = book
        self.span = span
        self.start, self.end = book.clock.start(span.first), book.clock.start(span.end)
        self.sections = sections(book.tariff, span, book.clock)
        self.charged = _charged(book, self.sections, span)
        self.unpriced = self.estimated = self.imported = self.exported = 0
        self.kwh_before = dict(kwh)
        self._width = width
        self._prices = prices
        self._group_of = [number for number, each in enumerate(self.charged) for _ in each.sections]
        self._netting = [Netting(_netting_span(section.version), book.clock) for section in self.sections]
        self._pool = Netting(NettingSpan.CYCLE, book.clock)
        self._context = _NOWHERE
        self._booked: Running | None = None
        self._nets_nothing = all(
            _netting_span(section.version) == 0 and not _nets_kwh(section.version) for section in self.sections
        )
        #: What net metering leaves to the next cycle; only known of a settled one.
        self.kwh_left: Mapping[str, Decimal] = {}

    def copy(self) -> CycleRating:
        """One that goes on by itself."""
        other = object.__new__(CycleRating)
        other.__dict__.update(self.__dict__)
        other.charged = [each.copy() for each in self.charged]
        other._netting = [each.copy() for each in self._netting]
        other._pool = self._pool.copy()
        return other

    # --- taking energy ---

    def add(self, usage: Usage) -> None:
        """Rate what was used; only what falls into the cycle may be given."""
        self._booked = None
        for part, context in self._slices(usage):
            if context is None:
                self.unpriced += part.imported
                continue
            charged = self.charged[self._group_of[context.section]]
            for meter in charged.meters:
                meter.add(part)
            if charged.load is not None:
                charged.load.add(part)
            if part.estimated or context.place[3]:
                self.estimated += part.imported
            flows = [part.imported, part.exported, part.consumed, *part.circuits]
            self._netting[context.section].add(part.start, context.place, flows, self._take)

    def _slices(self, usage: Usage) -> list[tuple[Usage, Context | None]]:
        here = self._context
        if here.section >= 0 and here.start <= usage.start and usage.start < usage.end <= here.end:
            return [(usage, here)]
        if usage.end <= usage.start:
            return [(usage, self._find(usage.end - 1))]
        found: list[tuple[Usage, Context | None]] = []
        instant = usage.start
        while instant < usage.end:
            context = self._find(instant)
            until = min(usage.end, self._next_section(instant) if context is None else context.end)
            found.append((usage if until - instant == usage.end - usage.start else usage.part(instant, until), context))
            instant = until
        return found

    def _find(self, instant: int) -> Context | None:
        here = self._context
        if here.section >= 0 and here.start <= instant < here.end:
            return here
        for number, section in enumerate(self.sections):
            if section.start <= instant < section.end:
                self._context = self._make_context(number, section, instant)
                return self._context
        return None

    def _make_context(self, number: int, section: Section, instant: int) -> Context:
        span = self.book.timetable(section.version).at(instant)
        start, end = max(span.start, section.start), min(span.end, section.end)
        raw, estimated = None, False
        if (dynamic := _dynamic(section.version)) is not None:
            quote = self._prices.get(dynamic.entity_id, _NO_PRICES).quote(instant, dynamic)
            raw, estimated = quote.price, quote.estimated
            start, end = max(start, quote.start), min(end, quote.end)
        return Context(start, end, number, (number, span.index, raw, estimated))

    def forget_prices(self) -> None:
        """A price changed: what it is now is to be looked up again."""
        self._context = _NOWHERE

    def _next_section(self, instant: int) -> int:
        return min((section.start for section in self.sections if section.start > instant), default=NEVER)

    def _take(self, place: Place, flows: Flows) -> None:
        imported, exported = flows[0], flows[1]
        self.imported += imported
        self.exported += exported
        if _nets_kwh(self.sections[place[0]].version):
            self._pool.add(0, place, flows, self._take)
            return
        self._book(place, flows, self.charged)

    def _book(self, place: Place, flows: Flows, charged: Sequence[Charged]) -> None:
        imported, exported, consumed, *circuits = flows
        group = charged[self._group_of[place[0]]]
        if imported:
            group.imports.add(place, [imported, *drawn(tuple(circuits), consumed, imported)])
        if exported:
            group.exports.add(self._export_place(place), [exported])

    def _export_place(self, place: Place) -> Place:
        export = self.sections[place[0]].version.export
        if export is None or export.dynamic is None:
            return (place[0], place[1], None, False)
        quote = self._prices.get(export.dynamic.entity_id, _NO_PRICES).quote(self._context.start, export.dynamic)
        return (place[0], place[1], quote.price, quote.estimated)

    # --- what it comes to ---

    def settle(self) -> CycleRating:
        """This cycle as if it ended now: nothing waits for the end of a span, and net metering is settled."""
        settled = self.copy()
        settled.finish()
        return settled

    def finish(self) -> None:
        """End every span; nothing can be added after that."""
        for netting in self._netting:
            netting.flush(self._take)
        self._settle_pool()
        self._settle_demand()

    def _settle_pool(self) -> None:
        """Set the exported energy of each period off against the imported one, that of earlier cycles first."""
        left = {name: int(kwh * 1_000_000) for name, kwh in self.kwh_before.items()}
        for place, flows in self._pool.pending():
            name = self.sections[place[0]].version.energy.period_names[place[1]]
            imported, exported, *others = flows
            available = exported + left.get(name, 0)
            used = min(imported, available)
            left[name] = available - used
            if imported > used:
                self._book(place, [imported - used, 0, *others], self.charged)
        self.kwh_left = {name: Decimal(mwh) / 1_000_000 for name, mwh in left.items() if mwh}

    def _settle_demand(self) -> None:
        for each in self.charged:
            meters = [meter for meter in each.meters if not meter.demand.window] or ([each.load] if each.load else [])
            if meters:
                each.imports.set_demand(max(meter.charge(ZERO, ()).billed_kw for meter in meters))
                each.exports.set_demand(each.imports.demand_kw)

    def running(self, ahead: Usage | None = None) -> Running:
        """Costs so far, with what came after the last usage that was added."""
        if self._in_order:
            if self._booked is None:
                self._booked = self.totals()
            return self._booked if ahead is None else self._with(self._booked, ahead)
        look = self.copy()
        if ahead is not None:
            look.add(ahead)
        return look.settle().totals()

    @property
    def _in_order(self) -> bool:
        """Whether costs follow from the order of time alone: the usual case, and the quick one."""
        return self._nets_nothing and all(each.imports.in_order and each.exports.in_order for each in self.charged)

    def _with(self, booked: Running, ahead: Usage) -> Running:
        costs, earned = [booked.cost, *booked.circuits], booked.earned
        counts = [[0, 0] for _ in self.charged]
        for part, context in self._slices(ahead):
            if context is None:
                continue
            number = self._group_of[context.section]
            imports, exports = self.charged[number].imports.in_order, self.charged[number].exports.in_order
            if imports is not None and part.imported:
                energies = [part.imported, *drawn(part.circuits, part.consumed, part.imported)]
                more = imports.preview(context.place, energies, counts[number][0])
                costs = [cost + extra for cost, extra in zip(costs, more, strict=True)]
            if exports is not None and part.exported:
                earned += exports.preview(self._export_place(context.place), [part.exported], counts[number][1])[0]
            counts[number][0] += part.imported
            counts[number][1] += part.exported
        return Running(costs[0], tuple(costs[1:]), earned)

    def totals(self) -> Running:
        """Costs of what is booked."""
        costs, earned = [ZERO] * (self._width + 1), ZERO
        for each in self.charged:
            costs = [sum(pair, ZERO) for pair in zip(costs, each.imports.costs(self._width + 1), strict=True)]
            earned += each.exports.cost
        return Running(costs[0], tuple(costs[1:]), earned)

    @property
    def cost(self) -> Decimal:
        """The panel's cost so far with taxes, quickly."""
        charged = self.charged if self._in_order else self.settle().charged
        return sum((each.imports.cost for each in charged), ZERO)

    def cells(self, charged: Charged) -> list[Cell]:
        """Imported energy of a part of the cycle in cells."""
        return charged.imports.chosen.priced()

    def price(self, instant: int) -> Decimal | None:
        """What the next kWh costs at an instant, with its adders and taxes; None if it is not known."""
        if (context := self._find(instant)) is None:
            return None
        section, period, raw, _ = context.place
        return self.charged[self._group_of[section]].imports.next_price(section, period, raw)


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


def _charged(book: Rulebook, parts: Sequence[Section], span: CycleSpan) -> list[Charged]:
    found: list[Charged] = []
    begin = 0
    for number in range(1, len(parts) + 1):
        if number == len(parts) or not parts[number].carries:
            found.append(Charged(book, begin, parts[begin:number], span))
            begin = number
    return found


def _dynamic(version: Version) -> Dynamic | None:
    return version.energy.dynamic


def _netting_span(version: Version) -> int | NettingSpan:
    return (version.export or _NO_EXPORT).netting


def _nets_kwh(version: Version) -> bool:
    return version.export is not None and version.export.mode is ExportMode.NET_METERING_KWH

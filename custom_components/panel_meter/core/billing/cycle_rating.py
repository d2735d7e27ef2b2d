"""Rating of one billing cycle, in the order of time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from ..model import MILLIWATT_HOURS_PER_KWH
from ..tariff.model import ZERO, Dynamic, Export, ExportMode, NettingSpan, Version
from ..tariff.prices import NEVER, PriceSeries
from ..tariff.rulebook import Rulebook
from .charged import Charged, Counted, charged_parts
from .cycles import CycleSpan, Section, sections
from .energy import Place
from .netting import Flows, Netting, Sink, Spot
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
    #: Where imported and exported energy is billed.
    spot: Spot


#: No instant.
_NOWHERE: Final = Context(0, 0, -1, ((0, 0, None, False), (0, 0, None, False)))


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
        #: The sections by the charges that they share, and by the count of kWh.
        self.charged = charged_parts(book, self.sections, span)
        self.counted = _all_counted(self.charged)
        self.unpriced = self.estimated = self.imported = self.exported = 0
        self.kwh_before = dict(kwh)
        self._width = width
        self._prices = prices
        #: Of each section, the numbers of what it is charged and counted with.
        self._charged_of = [
            number for number, each in enumerate(self.charged) for part in each.counted for _ in part.sections
        ]
        self._counted_of = [number for number, each in enumerate(self.counted) for _ in each.sections]
        self._netting = [Netting(_netting_span(section.version), book.clock) for section in self.sections]
        self._pool = Netting(NettingSpan.CYCLE, book.clock)
        self._context = _NOWHERE
        self._booked: Running | None = None
        self._nets_kwh = any(_nets_kwh(section.version) for section in self.sections)
        #: What net metering leaves to the next cycle; only known of a settled one.
        self.kwh_left: Mapping[str, Decimal] = {}

    def copy(self) -> CycleRating:
        """One that goes on by itself."""
        other = object.__new__(CycleRating)
        other.__dict__.update(self.__dict__)
        other.charged = [each.copy() for each in self.charged]
        other.counted = _all_counted(other.charged)
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
                self.imported += part.imported
                self.exported += part.exported
                continue
            charged = self.charged[self._charged_of[context.section]]
            for meter in charged.meters:
                meter.add(part)
            if charged.load is not None:
                charged.load.add(part)
            if part.estimated or context.spot[0][3]:
                self.estimated += part.imported
            self._net(self._netting, part, context, self._take)

    def _net(self, netting: Sequence[Netting], part: Usage, context: Context, sink: Sink) -> None:
        """Give a slice to the netting of its section; that of the sections before is over."""
        for over in netting[: context.section]:
            over.flush(sink)
        own = netting[context.section]
        for piece in own.cut(part):
            own.add(piece.start, context.spot, [piece.imported, piece.exported, piece.consumed, *piece.circuits], sink)

    def _slices(self, usage: Usage) -> list[tuple[Usage, Context | None]]:
        here = self._context
        if here.section >= 0 and here.start <= usage.start and usage.start < usage.end <= here.end:
            return [(usage, here)]
        if usage.end <= usage.start:
            return [(usage, self._find(max(usage.end - 1, self.start)))]
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
        bounds = [(span.start, span.end), (section.start, section.end)]

        def place(dynamic: Dynamic | None) -> Place:
            if dynamic is None:
                return (number, span.index, None, False)
            quote = self._prices.get(dynamic.entity_id, _NO_PRICES).quote(instant, dynamic)
            bounds.append((quote.start, quote.end))
            return (number, span.index, quote.price, quote.estimated)

        export = section.version.export or _NO_EXPORT
        spot = (place(section.version.energy.dynamic), place(export.dynamic))
        return Context(max(start for start, _ in bounds), min(end for _, end in bounds), number, spot)

    def forget_prices(self) -> None:
        """A price changed: what it is now is to be looked up again."""
        self._context = _NOWHERE

    def _next_section(self, instant: int) -> int:
        return min((section.start for section in self.sections if section.start > instant), default=NEVER)

    def _take(self, spot: Spot, flows: Flows) -> None:
        imported, exported = flows[0], flows[1]
        self.imported += imported
        self.exported += exported
        if _nets_kwh(self.sections[spot[0][0]].version):
            self._pool.add(0, spot, flows, self._take)
        else:
            self._book(spot, flows)

    def _book(self, spot: Spot, flows: Flows) -> None:
        imported, exported, consumed, *circuits = flows
        counted = self.counted[self._counted_of[spot[0][0]]]
        if imported:
            counted.imports.add(spot[0], [imported, *drawn(tuple(circuits), consumed, imported)])
        if exported:
            counted.exports.add(spot[1], [exported])

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
        for each in self.charged:
            each.settle_demand()

    def _settle_pool(self) -> None:
        """Set the exported energy of each period off against the imported one, that of earlier cycles first."""
        left = {name: int(kwh * MILLIWATT_HOURS_PER_KWH) for name, kwh in self.kwh_before.items()}
        for spot, flows in self._pool.pending():
            section, period, *_ = spot[0]
            name = self.sections[section].version.energy.period_names[period]
            imported, exported, *others = flows
            available = exported + left.get(name, 0)
            used = min(imported, available)
            left[name] = available - used
            if imported > used:
                self._book(spot, [imported - used, 0, *others])
        self.kwh_left = {name: Decimal(mwh) / MILLIWATT_HOURS_PER_KWH for name, mwh in left.items() if mwh}

    def running(self, ahead: Usage | None = None) -> Running:
        """Costs so far, with what came after the last usage that was added."""
        if self._in_order:
            return self._with(ahead)
        self._follow_demand()
        look = self.copy()
        if ahead is not None:
            look.add(ahead)
        return look.settle().totals()

    @property
    def _in_order(self) -> bool:
        """Whether what comes next changes no price of what came before: the usual case, and the quick one."""
        return not self._nets_kwh and all(each.imports.in_order and each.exports.in_order for each in self.counted)

    def _follow_demand(self) -> None:
        # Done here, and not in a copy alone, it is quick the next time.
        for each in self.charged:
            each.settle_demand()

    def _with(self, ahead: Usage | None) -> Running:
        """Costs with what waits for the end of its span and what is ahead of everything added, without booking it."""
        if self._booked is None:
            self._booked = self.totals()
        waiting: list[tuple[Spot, Flows]] = []
        netting = [each.copy() for each in self._netting]
        for part, context in self._slices(ahead) if ahead is not None else ():
            if context is not None:
                self._net(netting, part, context, lambda spot, flows: waiting.append((spot, flows)))
        for each in netting:
            waiting += each.pending()
        costs, earned = [self._booked.cost, *self._booked.circuits], self._booked.earned
        counts = [[0, 0] for _ in self.counted]
        for spot, (imported, exported, consumed, *circuits) in waiting:
            number = self._counted_of[spot[0][0]]
            imports, exports = self.counted[number].imports.in_order, self.counted[number].exports.in_order
            if imports is not None and imported:
                energies = [imported, *drawn(tuple(circuits), consumed, imported)]
                more = imports.preview(spot[0], energies, counts[number][0])
                costs = [cost + extra for cost, extra in zip(costs, more, strict=True)]
            if exports is not None and exported:
                earned += exports.preview(spot[1], [exported], counts[number][1])[0]
            counts[number][0] += imported
            counts[number][1] += exported
        return Running(costs[0], tuple(costs[1:]), earned)

    def totals(self) -> Running:
        """Costs of what is booked."""
        costs, earned = [ZERO] * (self._width + 1), ZERO
        for each in self.counted:
            costs = [sum(pair, ZERO) for pair in zip(costs, each.imports.costs(self._width + 1), strict=True)]
            earned += each.exports.costs(1)[0]
        return Running(costs[0], tuple(costs[1:]), earned)

    @property
    def cost(self) -> Decimal:
        """The panel's cost so far with taxes."""
        return self.running().cost

    def price(self, instant: int) -> Decimal | None:
        """What the next kWh costs at an instant, with its adders and taxes; None if it is not known."""
        if (context := self._find(instant)) is None:
            return None
        self._follow_demand()
        section, period, raw, _ = context.spot[0]
        return self.counted[self._counted_of[section]].imports.next_price(section, period, raw)


def _all_counted(charged: Sequence[Charged]) -> list[Counted]:
    return [part for each in charged for part in each.counted]


def _netting_span(version: Version) -> int | NettingSpan:
    return (version.export or _NO_EXPORT).netting


def _nets_kwh(version: Version) -> bool:
    return version.export is not None and version.export.mode is ExportMode.NET_METERING_KWH

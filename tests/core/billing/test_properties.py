"""What holds for every tariff and every usage.

Few examples, so that a run is quick; whoever changes the rating searches on with ``--hypothesis-profile=default``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings, strategies as st

from custom_components.panel_meter.core.billing.account import Account
from custom_components.panel_meter.core.billing.bill import Bill, CircuitCost, LineKind
from custom_components.panel_meter.core.billing.exact import exactly
from custom_components.panel_meter.core.billing.rounding import shared
from custom_components.panel_meter.core.billing.usage import Circuits, Usage
from custom_components.panel_meter.core.calendar import start_of_day
from custom_components.panel_meter.core.tariff.model import Allocation, BlockMode, BlockPer, ExportMode, Tariff
from custom_components.panel_meter.core.tariff.prices import PriceSeries
from custom_components.panel_meter.core.tariff.rulebook import Rulebook
from custom_components.panel_meter.core.tariff.times import WEEK, Calendar, DayKind, HolidayAs, Season

from .strategies import BEGINS, ENTITY, ZONES, rich_tariffs, series, simple_tariffs, usages

KWH = 1_000_000
#: Making a whole tariff takes a while where other programs are running too.
BUSY = [HealthCheck.too_slow]


@dataclass(frozen=True)
class Example:
    """A tariff, what was used, and what prices there were."""

    tariff: Tariff
    zone: ZoneInfo
    begin: int
    usages: list[Usage]
    prices: PriceSeries

    def account(self, begin: int | None = None, **more: object) -> Account:
        return Account(
            Rulebook(self.tariff, self.zone),
            self.begin if begin is None else begin,
            circuits=Circuits(("one", "two")),
            prices={ENTITY: self.prices},
            **more,
        )

    def fed(self) -> Account:
        one = self.account()
        for usage in self.usages:
            one.add(usage)
        return one

    def bills(self) -> list[Bill]:
        one = self.fed()
        return [*one.bills, one.close()]


@st.composite
def examples(
    draw: st.DrawFn, tariffs: st.SearchStrategy[Tariff], *, unit: int = 60, exports: bool = True, most: int = 25
) -> Example:
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    begin = start_of_day(draw(st.sampled_from(BEGINS)), zone) + draw(st.integers(0, 4 * 24)) * 3600
    return Example(
        draw(tariffs), zone, begin, draw(usages(begin, unit, exports=exports, most=most)), draw(series(begin))
    )


SIMPLE = examples(simple_tariffs(), exports=False)
RICH = examples(rich_tariffs())


# --- an oracle: minute by minute, with fractions, without timetables ---


def _is_in(day: date, season: Season) -> bool:
    end = (2, 29) if season.end == (2, 28) else season.end
    here = (day.month, day.day)
    if season.begin <= season.end:
        return season.begin <= here <= end
    return here >= season.begin or here <= end


def _kinds(day: date, calendar: Calendar) -> set[DayKind]:
    name = WEEK[day.weekday()]
    kinds = {name, DayKind.WEEKEND if name in calendar.weekend else DayKind.WEEKDAY}
    if day not in calendar.holidays and (day.month, day.day) not in calendar.yearly_holidays:
        return kinds
    return {
        HolidayAs.OWN: {DayKind.HOLIDAY},
        HolidayAs.WEEKDAY: kinds | {DayKind.HOLIDAY},
        HolidayAs.WEEKEND: {DayKind.HOLIDAY, DayKind.WEEKEND} | set(calendar.weekend),
    }[calendar.holiday_as]


def _period(tariff: Tariff, local: datetime) -> str:
    energy = tariff.versions[0].energy
    minute = local.hour * 60 + local.minute

    def says(season: str | None, days: frozenset[DayKind], day: date) -> bool:
        first = next((each.name for each in energy.seasons if _is_in(day, each)), None)
        return (season is None or season == first) and (not days or bool(days & _kinds(day, tariff.calendar)))

    today, yesterday = local.date(), local.date() - timedelta(days=1)
    for period in energy.periods:
        for rule in period.rules:
            if rule.begin < rule.end:
                holds = rule.begin <= minute < rule.end and says(rule.season, rule.days, today)
            else:
                holds = (minute >= rule.begin and says(rule.season, rule.days, today)) or (
                    minute < rule.end and says(rule.season, rule.days, yesterday)
                )
            if holds:
                return period.name
    return energy.default_period


def _begin_of_cycle(tariff: Tariff, day: date) -> date:
    """Go back day by day to one on which a cycle begins."""
    cycle = tariff.cycle
    while True:
        tomorrow = day + timedelta(days=1)
        is_last = tomorrow.month != day.month
        if (day.day == cycle.anchor_day or (is_last and day.day < cycle.anchor_day)) and (
            (day.month - cycle.first_month) % cycle.months == 0
        ):
            return day
        day -= timedelta(days=1)


def _days_of_cycle(tariff: Tariff, first: date) -> int:
    day = first + timedelta(days=1)
    while _begin_of_cycle(tariff, day) == first:
        day += timedelta(days=1)
    return (day - first).days


def oracle(example: Example) -> tuple[Fraction, dict[date, dict[str, Fraction]]]:
    """Cost of everything, and kWh per cycle and period."""
    tariff = example.tariff
    rates = tariff.versions[0].energy.rates
    counts: dict[date, Fraction] = {}
    kwh: dict[date, dict[str, Fraction]] = {}
    cost = Fraction(0)
    days: dict[date, int] = {}
    firsts: dict[date, date] = {}
    for usage in example.usages:
        minutes = (usage.end - usage.start) // 60
        each = Fraction(usage.imported, minutes * KWH)
        for minute in range(minutes):
            local = datetime.fromtimestamp(usage.start + minute * 60, example.zone)
            if (today := local.date()) not in firsts:
                firsts[today] = _begin_of_cycle(tariff, today)
                days.setdefault(firsts[today], _days_of_cycle(tariff, firsts[today]))
            first = firsts[today]
            period = _period(tariff, local)
            cycle = kwh.setdefault(first, {})
            cycle[period] = cycle.get(period, Fraction(0)) + each
            left, count = each, counts.get(first, Fraction(0))
            for block, price in zip(rates.blocks, rates.prices[period], strict=True):
                if block.upto is None:
                    part = left
                else:
                    limit = Fraction(block.upto) * (days[first] if block.per is BlockPer.DAY else 1)
                    part = min(left, max(limit - count, Fraction(0)))
                cost += part * Fraction(price)
                count += part
                left -= part
            counts[first] = count
    return cost, kwh


@settings(max_examples=50, suppress_health_check=BUSY)
@given(SIMPLE)
def test_an_independent_calculation_comes_to_the_same(example: Example) -> None:
    cost, kwh = oracle(example)
    bills = example.bills()
    assert Fraction(sum(bill.energy_cost for bill in bills)) == cost
    assert Fraction(sum(bill.total for bill in bills)) == cost
    found = {
        bill.first: {
            name: sum((Fraction(line.quantity or 0) for line in bill.lines if line.name == name), Fraction(0))
            for name in {line.name for line in bill.lines}
        }
        for bill in bills
    }
    for first, periods in kwh.items():
        assert {name: energy for name, energy in periods.items() if energy} == {
            name: energy for name, energy in found[first].items() if energy
        }


# --- one cost, however it is asked for ---


@settings(max_examples=50, suppress_health_check=BUSY)
@given(RICH)
@exactly
def test_costs_are_the_sum_of_their_parts(example: Example) -> None:
    one = example.fed()
    for bill in [*one.bills, one.bill(one.cycle.end)]:
        assert sum((each.cost for each in bill.circuits), bill.remainder.cost) == bill.energy_cost
        assert sum(line.amount for line in bill.lines if not line.included) == bill.total
        lines = sum((line.quantity or Decimal(0)) for line in bill.lines if line.kind is LineKind.ENERGY)
        # Energy before the first version is in no line.
        assert lines <= bill.imported_kwh
        assert bill.unpriced_kwh <= bill.imported_kwh or _nets(example)
        assert bill.remainder.kwh + sum(each.kwh for each in bill.circuits) == lines
        assert bill.remainder.kwh >= 0
        assert all(each.kwh >= 0 for each in bill.circuits)
        for line in bill.lines:
            if line.quantity is not None and line.price is not None:
                assert abs(abs(line.amount) - abs(line.quantity * line.price)) < Decimal("1e-18")
    cells = sum(
        (cell.amount for counted in one.cycle.settle().counted for cell in counted.imports.chosen.priced()), Decimal(0)
    )
    assert cells == one.bill(one.cycle.end).energy_cost == one.running().cost == one.cycle.cost
    assert one.cost == sum((bill.energy_cost for bill in one.bills), cells)
    total = sum(usage.imported for usage in example.usages)
    if not _nets(example):
        found = sum(bill.imported_kwh for bill in [*one.bills, one.bill(one.cycle.end)])
        assert found * KWH == total


def _nets(example: Example) -> bool:
    exports = [version.export for version in example.tariff.versions if version.export is not None]
    return any(export.netting or export.mode is ExportMode.NET_METERING_KWH for export in exports)


@settings(max_examples=50, suppress_health_check=BUSY)
@given(RICH)
def test_what_is_ahead_costs_what_it_costs_once_it_is_added(example: Example) -> None:
    one = example.account()
    for usage in example.usages:
        if usage.end <= one.cycle.end:
            ahead = one.running(usage)
            again = one.running(usage)
            before = one.running()
            one.add(usage)
            assert ahead == again == one.running()
            if usage.imported == usage.exported == 0:
                assert before == ahead
        else:
            one.add(usage)


@settings(max_examples=40, suppress_health_check=BUSY)
@given(RICH, st.data())
def test_copies_go_on_by_themselves(example: Example, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(example.usages)))
    one = example.account()
    for usage in example.usages[:place]:
        one.add(usage)
    before = (one.bill(one.cycle.end), one.running())
    copy = one.copy()
    for usage in example.usages[place:]:
        copy.add(usage)
    later = [*copy.bills, copy.close()]
    assert (one.bill(one.cycle.end), one.running()) == before
    known = len(one.bills)
    for usage in example.usages[place:]:
        one.add(usage)
    assert [*one.bills[known:], one.close()] == later


@settings(max_examples=40, suppress_health_check=BUSY)
@given(RICH)
def test_rating_twice_is_rating_once_and_asking_changes_nothing(example: Example) -> None:
    one = example.account()
    for usage in example.usages:
        one.running(usage)
        one.cycle.price(usage.start)
        one.bill(usage.start)
        one.add(usage)
    assert [*one.bills, one.close()] == example.bills()


@settings(max_examples=40, suppress_health_check=BUSY)
@given(RICH)
def test_an_account_is_its_cycles_one_after_another(example: Example) -> None:
    bills = example.bills()
    found: list[Bill] = []
    for number, bill in enumerate(bills):
        carry = found[-1].carry if number else None
        one = example.account(bill.start_instant, carry=carry)
        for usage in example.usages:
            if usage.start < bill.end_instant and usage.end > bill.start_instant:
                one.add(usage.part(max(usage.start, bill.start_instant), min(usage.end, bill.end_instant)))
        found.append(one.close())
    assert found == bills


# --- how time is cut ---


def _cut(usage: Usage, edges: Sequence[int]) -> Iterator[Usage]:
    yield from usage.cut(sorted(edges))


@settings(max_examples=40, suppress_health_check=BUSY)
@given(examples(rich_tariffs(), unit=1, most=10), st.data())
def test_splitting_usage_in_time_changes_no_bill(example: Example, data: st.DataObject) -> None:
    cut: list[Usage] = []
    for usage in example.usages:
        edges = data.draw(st.lists(st.integers(usage.start, usage.end), max_size=4))
        cut += _cut(usage, edges)
    assert [_without_circuits(bill) for bill in replace(example, usages=cut).bills()] == [
        _without_circuits(bill) for bill in example.bills()
    ]


def _without_circuits(bill: Bill) -> Bill:
    # What a circuit draws from the grid is rounded down to a mWh in each part.
    nothing = CircuitCost(name="", kwh=Decimal(0), cost=Decimal(0))
    return replace(bill, circuits=(), remainder=nothing)


@settings(max_examples=30, suppress_health_check=BUSY)
@given(examples(simple_tariffs(), unit=1, exports=False, most=10), st.data())
def test_splitting_usage_in_time_changes_no_circuit_without_production(example: Example, data: st.DataObject) -> None:
    # A row that goes over the limit of a block or the edge of a period is shared by the mWh.
    energy = example.tariff.versions[0].energy
    one_block = replace(energy.rates, blocks=energy.rates.blocks[-1:])
    version = replace(example.tariff.versions[0], energy=replace(energy, rates=one_block))
    example = replace(example, tariff=replace(example.tariff, versions=(version,)))
    cut = [part for usage in example.usages for part in _cut(usage, data.draw(_edges(usage)))]
    assert replace(example, usages=cut).bills() == example.bills()


def _edges(usage: Usage) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(usage.start, usage.end), max_size=4)


# --- prices and costs ---


@settings(max_examples=40, suppress_health_check=BUSY)
@given(SIMPLE)
def test_costs_never_fall_where_prices_are_not_negative(example: Example) -> None:
    one = example.account()
    last = Decimal(0)
    for usage in example.usages:
        one.add(usage)
        assert one.cost >= last
        last = one.cost


@settings(max_examples=40, suppress_health_check=BUSY)
@given(examples(rich_tariffs(), exports=False))
def test_the_price_is_what_one_more_mwh_costs(example: Example) -> None:
    one = example.account()
    for usage in example.usages:
        price = one.cycle.price(usage.start) if usage.start < one.cycle.end else None
        if price is not None and _in_order(example.tariff) and not _nets(example):
            more = one.running(Usage(usage.start, usage.start + 1, 1, 0, 1, (0, 0))).cost - one.running().cost
            assert more * KWH == price
        one.add(usage)


def _in_order(tariff: Tariff) -> bool:
    """Whether a kWh more changes no price of those before it."""
    for version in tariff.versions:
        sets = (version.energy.rates, *version.energy.alternatives)
        if any(each.block_mode is BlockMode.WHOLE or each.over is not None for each in sets):
            return False
        if version.energy.allocation is Allocation.PRORATA:
            return False
        if any(block.per in (BlockPer.KW, BlockPer.KW_DAY) for each in sets for block in each.blocks):
            return False
    return True


@settings(max_examples=30, suppress_health_check=BUSY)
@given(RICH)
def test_another_tariff_changes_no_kwh(example: Example) -> None:
    one = example.tariff.versions[0].energy.rates
    free = replace(one, prices={name: tuple(Decimal(0) for _ in each) for name, each in one.prices.items()})
    versions = tuple(
        replace(each, energy=replace(each.energy, rates=replace(each.energy.rates, prices=free.prices)))
        if each is example.tariff.versions[0]
        else each
        for each in example.tariff.versions
    )
    found = replace(example, tariff=replace(example.tariff, versions=versions)).bills()
    for bill, other in zip(found, example.bills(), strict=True):
        assert (bill.imported_kwh, bill.exported_kwh) == (other.imported_kwh, other.exported_kwh)
        assert [each.kwh for each in bill.circuits] == [each.kwh for each in other.circuits]


@given(
    st.lists(st.integers(0, 10**9).map(lambda number: Decimal(number) / 10**5), min_size=1, max_size=20),
    st.sampled_from([Decimal("0.01"), Decimal(1), Decimal("0.05")]),
)
def test_shared_amounts_add_up_to_the_rounded_total(parts: list[Decimal], step: Decimal) -> None:
    found = shared(sum(parts), parts, step)
    assert abs(sum(found) - sum(parts)) <= step / 2
    assert all(abs(one - part) < step and one % step == 0 for one, part in zip(found, parts, strict=True))

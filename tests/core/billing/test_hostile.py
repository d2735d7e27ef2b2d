"""Wrong, late, huge and empty input; and that nothing grows."""

from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from custom_components.panel_meter.core.billing.account import Account
from custom_components.panel_meter.core.billing.bill import LineKind
from custom_components.panel_meter.core.billing.usage import Usage, drawn
from custom_components.panel_meter.core.tariff.clock import WallClock
from custom_components.panel_meter.core.tariff.model import (
    BlockPer,
    Calendar,
    ClockKind,
    Cycle,
    Demand,
    Export,
    ExportMode,
    Fixed,
    FixedPer,
    NettingSpan,
)
from custom_components.panel_meter.core.tariff.timetable import Timetable

from .make import KWH, D, account, at, energy, feed, night, rule, season, tariff, use, version

START = at("2026-01-01 00:00")


def test_usage_before_the_cycle_is_refused() -> None:
    one = account(tariff(energy("1")), "2026-01-15 00:00")
    with pytest.raises(ValueError, match="before the cycle"):
        one.add(Usage(START - 1, START + 3600, KWH))
    assert one.running().cost == 0
    one.add(Usage(START, START + 3600, KWH))
    assert one.running().cost == 1


def test_usage_over_several_years_is_shared_by_all_its_cycles() -> None:
    # 1,096 days of a kWh each; 2024 has 366.
    one = account(tariff(energy("1")), "2024-01-01 00:00")
    one.add(Usage(at("2024-01-01 00:00"), at("2027-01-01 00:00"), 1096 * KWH))
    one.close_until(at("2027-01-01 00:00"))
    assert [bill.total for bill in one.bills[:3]] == [31, 29, 31]
    assert (len(one.bills), sum(bill.total for bill in one.bills), one.cost) == (36, 1096, 1096)


def test_a_hole_of_years_makes_bills_without_energy() -> None:
    one = account(tariff(version(energy("1"), fixed=(Fixed(name="b", amount=D(2)),))), "2024-01-01 00:00")
    use(one, "2024-01-10 00:00", "1")
    use(one, "2026-06-10 00:00", "1")
    assert [bill.total for bill in one.bills] == [3, *[D(2)] * 28]
    assert one.close().total == 3


@pytest.mark.parametrize("when", ["2026-01-01 00:00", "2026-01-10 12:00", "2026-01-31 23:59"])
@pytest.mark.parametrize("netting", [0, 15, NettingSpan.DAY])
def test_energy_without_a_span_belongs_to_the_time_that_ends_with_it(when: str, netting: int | NettingSpan) -> None:
    one = account(tariff(version(night("06:00-12:00"), export=Export(netting=netting))), "2026-01-01 00:00")
    one.add(Usage(at(when), at(when), KWH))
    bill = one.close()
    assert (bill.imported_kwh, bill.unpriced_kwh) == (1, 0)
    assert bill.total == (D("0.10") if "12:00" in when else D("0.30"))


def test_energy_without_a_span_at_the_end_of_a_cycle_is_of_that_cycle() -> None:
    one = account(tariff(energy("1")), "2026-01-01 00:00")
    one.add(Usage(at("2026-02-01 00:00"), at("2026-02-01 00:00"), KWH))
    assert not one.bills
    assert one.close().total == 1


def test_no_energy_is_no_line_of_cost() -> None:
    for made in (tariff(energy(("1", "2"), "10")), tariff(energy(("1", "2"), "10", per=BlockPer.KW))):
        one = account(made, "2026-01-01 00:00", circuits=("oven",))
        assert (one.running().cost, one.running().circuits) == (0, (0,))
        one.add(Usage(START, START + 300, 0, circuits=(0,)))
        bill = one.close()
        assert (bill.total, bill.energy_cost, bill.circuits[0].cost, bill.remainder.cost) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("circuits", "consumed", "imported", "expected"),
    [
        ((5, 2), 10, 10, (5, 2)),
        ((5, 2), 10, 5, (2, 1)),
        ((5, 2), 10, 0, (0, 0)),
        ((0, 0), 0, 0, (0, 0)),
        # The consumption is not known: without production it is what was bought.
        ((5, 2), 0, 8, (5, 2)),
        ((10**15, 1), 10**16, 10**15, (10**14, 0)),
    ],
)
def test_what_circuits_draw(circuits: tuple[int, ...], consumed: int, imported: int, expected: tuple[int, ...]) -> None:
    assert drawn(circuits, consumed, imported) == expected


def test_energies_and_prices_of_any_size_come_out_exactly() -> None:
    huge = 2**53 - 1
    prices = ("0.000000000001", "1000000000000")
    one = account(tariff(energy(prices, "1")), "2026-01-01 00:00", circuits=("oven",))
    one.add(Usage(START, START + 3600, huge, consumed=huge, circuits=(huge // 2,)))
    # A kWh at the first price, the rest at the second one.
    expected = Fraction(prices[0]) + Fraction(huge - KWH, KWH) * Fraction(prices[1])
    assert Fraction(one.running().cost) == expected
    bill = one.close()
    assert Fraction(bill.energy_cost) == expected
    assert Fraction(bill.circuits[0].cost) + Fraction(bill.remainder.cost) == expected


# --- nothing grows ---


def cells_of(one: Account) -> int:
    return sum(len(counted.imports.chosen.cells) for counted in one.cycle.counted)


def test_a_cycle_of_known_prices_keeps_a_cell_for_each_period_and_block() -> None:
    one = account(tariff(night("22:00-06:00")), "2026-01-01 00:00")
    feed(one, "2026-01-01 00:00", "2026-01-31 00:00")
    assert cells_of(one) == 2


def test_copies_for_a_look_ahead_leave_nothing_behind() -> None:
    demand = Demand(name="peak", price=(D(1),))
    made = tariff(version(energy(("1", "2"), "5", per=BlockPer.KW), demand=(demand,), export=Export(netting=15)))
    one = account(made, "2026-01-01 00:00")
    feed(one, "2026-01-01 00:00", "2026-01-02 00:00")
    first = one.running()
    before = (cells_of(one), len(one.bills))
    for number in range(50):
        one.running(Usage(at("2026-01-02 00:00"), at("2026-01-02 00:00") + 60 + number, KWH))
    assert (cells_of(one), len(one.bills)) == before
    assert one.running() == first


# --- windows and timetables on their own ---


def berlin(kind: ClockKind = ClockKind.LOCAL) -> WallClock:
    return WallClock(kind, ZoneInfo("Europe/Berlin"))


def test_spans_of_a_day_touch_each_other_and_cover_it() -> None:
    clock = berlin()
    table = Timetable([[rule("22:00-06:00")], [rule("05:00-23:00", days="sunday")]], (), Calendar(), clock)
    for text in ("2026-03-28", "2026-03-29", "2026-10-25", "2026-10-26"):
        day = at(f"{text} 12:00", "Europe/Berlin")
        spans = table.of_day(clock.day_at(day).date)
        assert spans[0].start == at(f"{text} 00:00", "Europe/Berlin")
        assert spans[-1].end == clock.day_at(day).end
        for span, following in pairwise(spans):
            assert span.end == following.start
            assert span.index != following.index
        for span in spans:
            for instant in (span.start, span.end - 1):
                assert table.at(instant) == span


def test_the_next_change() -> None:
    table = Timetable([[rule("22:00-06:00", days="weekday")]], (), Calendar(), berlin())
    # Saturday morning until 6:00 is Friday's night; the next one is Monday's.
    now = at("2026-06-06 07:00", "Europe/Berlin")
    change = table.next_change(now)
    assert change is not None
    assert (change.start, change.index) == (at("2026-06-08 22:00", "Europe/Berlin"), 0)
    assert table.next_change(now, days=1) is None
    always = Timetable([[rule()]], (), Calendar(), berlin())
    assert always.next_change(now) is None


def test_two_versions_that_share_a_demand_have_their_own_windows() -> None:
    demand = Demand(name="peak", price=(D(1),), window=(rule(season="hot"),))
    old = version(energy("0", seasons=(season("hot", "01-01", "01-10"),)), demand=(demand,))
    new = version(energy("0", seasons=(season("hot", "01-21", "01-31"),)), "2026-01-16", demand=(demand,))
    one = account(tariff(old, new), "2026-01-01 00:00")
    for day, kwh in ((5, "2"), (12, "9"), (17, "9"), (25, "3")):
        use(one, f"2026-01-{day:02} 00:00", kwh)
    assert [each.measured_kw for each in one.close().demands] == [2, 3]


def test_a_year_in_one_piece_is_a_year_in_hours() -> None:
    fixed = (Fixed(name="meter", amount=D(1), per=FixedPer.DAY),)
    yearly = tariff(version(energy("0.2"), fixed=fixed), cycle=Cycle(months=12))
    whole, days = (account(yearly, "2028-01-01 00:00", "Europe/Berlin") for _ in range(2))
    feed(whole, "2028-01-01 00:00", "2029-01-01 00:00", zone="Europe/Berlin", step=366 * 86_400)
    feed(days, "2028-01-01 00:00", "2029-01-01 00:00", zone="Europe/Berlin", step=3600)
    bills = [one.bill(one.cycle.end) for one in (whole, days)]
    assert bills[0].lines == bills[1].lines
    assert bills[0].amount(LineKind.FIXED) == 366
    assert bills[0].amount(LineKind.ENERGY) == 366 * 24 * D("0.2")


def test_the_credit_of_a_long_hole_is_kept() -> None:
    export = Export(mode=ExportMode.CARRYOVER, prices={"default": (D("0.10"),)}, settle_month=12)
    one = account(tariff(version(energy("0.2"), export=export)), "2026-01-01 00:00")
    one.add(Usage(START, START + 3600, 0, 50 * KWH))
    one.close_until(at("2026-12-01 00:00"))
    assert one.carry.credit == 5
    one.close()
    assert (one.bills[-1].total, one.carry.credit) == (-5, 0)

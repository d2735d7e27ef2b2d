"""Cycles, and versions of a tariff that begin inside of one."""

from datetime import date
import itertools

import pytest

from custom_components.panel_meter.core.billing.bill import LineKind
from custom_components.panel_meter.core.billing.cycles import cycle_at, next_cycle
from custom_components.panel_meter.core.tariff.model import (
    Adder,
    BlockPer,
    Credit,
    Demand,
    Fixed,
    FixedPer,
    Minimum,
    OnChange,
    Rounding,
    RoundingMode,
)
from custom_components.panel_meter.core.tariff.times import Cycle

from .make import D, account, amounts, day_of, energy, feed, kwh_of, period, rates, rule, season, tariff, use, version


@pytest.mark.parametrize(
    ("cycle", "begins"),
    [
        (Cycle(anchor_day=31), "2026-01-31 2026-02-28 2026-03-31 2026-04-30 2026-05-31"),
        (Cycle(anchor_day=31), "2028-01-31 2028-02-29 2028-03-31"),
        (Cycle(anchor_day=30), "2026-01-30 2026-02-28 2026-03-30"),
        (Cycle(anchor_day=29, months=12, first_month=2), "2026-02-28 2027-02-28 2028-02-29 2029-02-28"),
        (Cycle(anchor_day=7, months=2), "2026-01-07 2026-03-07 2026-05-07 2026-07-07 2026-09-07 2026-11-07 2027-01-07"),
        (Cycle(anchor_day=7, months=2, first_month=2), "2025-12-07 2026-02-07 2026-04-07"),
        (Cycle(months=3, first_month=3), "2025-12-01 2026-03-01 2026-06-01 2026-09-01 2026-12-01 2027-03-01"),
        (Cycle(anchor_day=31, months=3, first_month=2), "2025-11-30 2026-02-28 2026-05-31 2026-08-31"),
        (Cycle(months=12, first_month=7), "2025-07-01 2026-07-01 2027-07-01"),
        (
            Cycle(read_dates=(date(2026, 1, 9), date(2026, 2, 6), date(2026, 3, 11))),
            # Half a month before the first and after the last of the days nothing begins by the anchor.
            "2025-12-01 2026-01-09 2026-02-06 2026-03-11 2026-04-01 2026-05-01",
        ),
        (
            Cycle(read_dates=(date(2026, 1, 20), date(2026, 2, 20))),
            "2025-12-01 2026-01-01 2026-01-20 2026-02-20 2026-04-01",
        ),
        (
            Cycle(months=2, read_dates=(date(2026, 1, 20), date(2026, 5, 20))),
            "2025-11-01 2026-01-20 2026-05-20 2026-07-01",
        ),
    ],
)
def test_cycles_follow_each_other(cycle: Cycle, begins: str) -> None:
    days = [day_of(day) for day in begins.split()]
    span = cycle_at(cycle, days[0])
    for first, end in itertools.pairwise(days):
        assert (span.first, span.end, span.months) == (first, end, cycle.months)
        # Every day of it is in it.
        for number in range(first.toordinal(), end.toordinal()):
            assert cycle_at(cycle, date.fromordinal(number)) == span
        span = next_cycle(cycle, span)


def test_amounts_of_cycles_of_several_months() -> None:
    fixed = (
        Fixed(name="cycle", amount=D("10"), per=FixedPer.CYCLE),
        Fixed(name="month", amount=D("10"), per=FixedPer.MONTH),
        Fixed(name="year", amount=D("10"), per=FixedPer.YEAR),
        Fixed(name="day", amount=D("1"), per=FixedPer.DAY),
        Fixed(name="30 A", amount=D("2.5"), per=FixedPer.MONTH, quantity=D("3")),
    )
    expected = {
        # Cycle, months, a part of the year, days of January ..., three times 2.50 a month.
        1: ("10", "10", "10/12", "31", "7.5"),
        2: ("10", "20", "10/6", "59", "15"),
        3: ("10", "30", "2.5", "90", "22.5"),
        12: ("10", "120", "10", "365", "90"),
    }
    for months, amounts_of in expected.items():
        made = tariff(version(energy("0"), fixed=fixed), cycle=Cycle(months=months))
        found = amounts(account(made, "2026-01-01 00:00").close(), LineKind.FIXED)
        for name, text in zip(("cycle", "month", "year", "day", "30 A"), amounts_of, strict=True):
            over, _, under = text.partition("/")
            assert abs(found[name] - D(over) / D(under or 1)) < D("1e-17"), (months, name)


def test_blocks_of_a_cycle_of_two_months_are_for_both() -> None:
    made = tariff(energy(("1", "2"), "100"), cycle=Cycle(months=2))
    one = account(made, "2026-01-01 00:00")
    use(one, "2026-01-10 00:00", "80")
    use(one, "2026-02-10 00:00", "80")
    assert one.close().total == 100 * 1 + 60 * 2


# --- a version that begins inside of a cycle ---


def test_versions_share_a_cycle_by_days() -> None:
    # January: ten days of the old version, 21 of the new one. Limits: 31 kWh x 10/31 = 10 and 62 x 21/31 = 42.
    old = version(
        energy(("1", "2"), "31"),
        fixed=(Fixed(name="base", amount=D("31")), Fixed(name="day", amount=D("1"), per=FixedPer.DAY)),
        credits=(Credit(name="relief", amount=D("3.1")),),
    )
    new = version(
        energy(("3", "4"), "62"),
        "2026-01-11",
        fixed=(Fixed(name="base", amount=D("62")), Fixed(name="day", amount=D("2"), per=FixedPer.DAY)),
        credits=(Credit(name="relief", amount=D("6.2")),),
    )
    one = account(tariff(old, new), "2026-01-01 00:00")
    use(one, "2026-01-05 00:00", "15")
    use(one, "2026-01-10 23:00", "1")
    use(one, "2026-01-11 00:00", "50")
    bill = one.close()
    assert amounts(bill, LineKind.ENERGY) == {"default": D(10 * 1 + 6 * 2 + 42 * 3 + 8 * 4)}
    assert amounts(bill, LineKind.FIXED) == {"base": D(10) + D(42), "day": D(10) + D(42)}
    assert amounts(bill, LineKind.CREDIT) == {"relief": D("-1") + D("-4.2")}
    # The next cycle knows the new one alone.
    use(one, "2026-02-01 00:00", "70")
    assert amounts(one.close(), LineKind.ENERGY) == {"default": D(62 * 3 + 8 * 4)}


def test_usage_over_the_begin_of_a_version_is_cut_there() -> None:
    one = account(tariff(version(energy("1")), version(energy("3"), "2026-01-11")), "2026-01-01 00:00")
    use(one, "2026-01-10 18:00", "12", hours=8)
    assert one.close().total == 9 * 1 + 3 * 3


def test_a_version_that_carries_goes_on_with_the_count() -> None:
    old = version(energy(("1", "2"), "31"), fixed=(Fixed(name="base", amount=D("31")),))
    new = version(
        energy(("3", "4"), "62"), "2026-01-11", fixed=(Fixed(name="base", amount=D("62")),), on_change=OnChange.CARRY
    )
    one = account(tariff(old, new), "2026-01-01 00:00")
    use(one, "2026-01-05 00:00", "40")
    assert one.cycle.price(one.cycle.start + 86_400 * 9) == 1
    assert one.cycle.price(one.cycle.start + 86_400 * 10) == 3
    use(one, "2026-01-11 00:00", "40")
    bill = one.close()
    # One count up to the newer limit of 62: all of the 40 at the old price, then 22 and 18 at the new ones.
    assert bill.amount(LineKind.ENERGY) == 40 * 1 + 22 * 3 + 18 * 4
    assert amounts(bill, LineKind.FIXED) == {"base": D(62)}


def test_a_version_that_carries_may_have_other_periods() -> None:
    old = version(energy("1"))
    periods = (period("peak", rule("08:00-20:00")), period("evening", rule("20:00-22:00")))
    new = version(
        energy({"peak": "5", "evening": "4", "default": "3"}, periods=periods), "2026-01-11", on_change=OnChange.CARRY
    )
    one = account(tariff(old, new), "2026-01-01 00:00")
    feed(one, "2026-01-10 00:00", "2026-01-12 00:00")
    bill = one.close()
    assert [kwh_of(bill, name) for name in ("peak", "evening")] == [12, 2]
    assert bill.total == 24 * 1 + 12 * 5 + 2 * 4 + 10 * 3


@pytest.mark.parametrize("on_change", OnChange)
def test_a_version_that_begins_with_a_cycle_shares_nothing(on_change: OnChange) -> None:
    made = tariff(version(energy("1")), version(energy("3"), "2026-02-01", on_change=on_change))
    one = account(made, "2026-01-01 00:00")
    use(one, "2026-01-31 18:00", "12", hours=12)
    assert [one.bills[0].total, one.close().total] == [6, 18]


def test_several_versions_in_a_cycle() -> None:
    versions = [version(energy("1")), *(version(energy(str(n)), f"2026-01-{n:02}") for n in (10, 20, 30))]
    one = account(tariff(*reversed(versions)), "2026-01-01 00:00")
    feed(one, "2026-01-01 00:00", "2026-02-01 00:00", step=86_400 * 31)
    assert one.close().total == 24 * (9 * 1 + 10 * 10 + 10 * 20 + 2 * 30)


def test_an_amount_that_is_not_shared_is_due_once() -> None:
    old = version(energy("0"), fixed=(Fixed(name="base", amount=D("30"), prorate=False),))
    new = version(energy("0"), "2026-01-11", fixed=(Fixed(name="base", amount=D("40"), prorate=False),))
    assert account(tariff(old, new), "2026-01-01 00:00").close().total == 40


def test_demand_of_both_versions_by_days() -> None:
    # 31 a month for 10 days and 62 for 21 days, each for the peak of its own days: 4 and 6 kW.
    old = version(energy("0"), demand=(Demand(name="peak", price=(D(31),)),))
    new = version(energy("0"), "2026-01-11", demand=(Demand(name="peak", price=(D(62),)),))
    one = account(tariff(old, new), "2026-01-01 00:00")
    use(one, "2026-01-05 00:00", "4")
    use(one, "2026-01-20 00:00", "6")
    bill = one.close()
    assert [line.amount for line in bill.lines if line.kind is LineKind.DEMAND] == [4 * 10, 6 * 42]
    assert bill.carry.peaks["peak"][-1].kw == 6


def test_the_minimum_of_two_versions_is_compared_once() -> None:
    # 31 x 10/31 + 62 x 21/31 = 10 + 42 = 52 are due, 40 were used; neither part alone exceeds 40 by much.
    old = version(energy("1"), minimum=Minimum(amount=D(31)))
    new = version(energy("1"), "2026-01-11", minimum=Minimum(amount=D(62)))
    one = account(tariff(old, new), "2026-01-01 00:00")
    use(one, "2026-01-05 00:00", "40")
    assert amounts(one.close(), LineKind.MINIMUM) == {"minimum": D(12)}


# --- before the first version ---


def test_energy_before_the_first_version_has_no_price() -> None:
    made = tariff(version(energy("2"), "2026-01-11"))
    one = account(made, "2026-01-01 00:00", circuits=("oven",))
    use(one, "2026-01-10 20:00", "8", hours=8, circuits=(4_000_000,))
    bill = one.bill(one.cycle.end)
    assert (bill.unpriced_kwh, bill.imported_kwh) == (4, 8)
    assert bill.total == 4 * 2
    assert bill.circuits[0].kwh == 2
    assert one.cycle.price(one.cycle.start) is None
    assert one.running().cost == 8
    assert one.cost == 8


def test_a_cycle_before_the_first_version_has_no_lines() -> None:
    one = account(tariff(version(energy("2"), "2026-02-01")), "2026-01-01 00:00")
    use(one, "2026-01-10 20:00", "8")
    bill = one.close()
    assert (bill.lines, bill.unpriced_kwh, bill.imported_kwh) == ((), 8, 8)


def test_the_first_cycle_of_a_tariff_pays_for_its_days() -> None:
    # From 11 January on: 21 of 31 days, and blocks of 31 kWh x 21/31 = 21.
    fixed = (
        Fixed(name="shared", amount=D("31")),
        Fixed(name="whole", amount=D("31"), prorate=False),
        Fixed(name="day", amount=D("1"), per=FixedPer.DAY),
        Fixed(name="year", amount=D("372"), per=FixedPer.YEAR),
    )
    made = tariff(version(energy(("1", "2"), "31"), "2026-01-11", fixed=fixed, minimum=Minimum(amount=D("31"))))
    one = account(made, "2026-01-01 00:00")
    use(one, "2026-01-20 00:00", "30")
    bill = one.close()
    assert amounts(bill, LineKind.FIXED) == {"shared": D(21), "whole": D(31), "day": D(21), "year": D(21)}
    assert bill.amount(LineKind.ENERGY) == 21 * 1 + 9 * 2


# --- seasons with rates of their own ---


def test_a_season_with_rates_of_its_own_cuts_the_count_but_not_the_charges() -> None:
    # Cycle 16 June to 15 July: 15 days of winter rates, 15 of summer rates, so limits are halved.
    summer = season("summer", "07-01", "08-31")
    of = energy(
        ("1", "2"), "100", seasons=(summer,), alternatives=(rates(("3", "4"), "200", season="summer"),),
    )  # fmt: skip
    made = tariff(
        version(
            of,
            fixed=(Fixed(name="base", amount=D("10")),),
            demand=(Demand(name="peak", price=(D(6),)),),
            minimum=Minimum(amount=D(1)),
            credits=(Credit(name="relief", amount=D(1)),),
        ),
        cycle=Cycle(anchor_day=16),
        rounding=Rounding(total=D("0.01"), mode=RoundingMode.FLOOR),
    )
    one = account(made, "2026-06-16 00:00")
    use(one, "2026-06-20 00:00", "60")
    use(one, "2026-07-10 00:00", "110", hours=2)
    bill = one.close()
    assert bill.amount(LineKind.ENERGY) == (50 * 1 + 10 * 2) + (100 * 3 + 10 * 4)
    # One peak and one base for the whole cycle.
    assert [(line.name, line.amount) for line in bill.lines if line.kind in (LineKind.DEMAND, LineKind.FIXED)] == [
        ("peak", D(60 * 6)),
        ("base", D(10)),
    ]
    assert amounts(bill, LineKind.CREDIT) == {"relief": D(-1)}
    assert not amounts(bill, LineKind.ROUNDING)
    assert bill.total == 70 + 340 + 360 + 10 - 1


def test_a_season_cut_does_not_lose_a_cent_to_thirds() -> None:
    # 10 and 20 of 30 days: a third and two thirds of 10.00, rounded down, are still 10.00.
    summer = season("summer", "07-01", "08-31")
    of = energy("0", seasons=(summer,), alternatives=(rates("0", season="summer"),))
    made = tariff(
        version(of, fixed=(Fixed(name="base", amount=D("10")),)),
        cycle=Cycle(anchor_day=21),
        rounding=Rounding(line=D("0.01"), mode=RoundingMode.FLOOR),
    )
    assert account(made, "2026-06-21 00:00").close().total == 10


def test_fixed_amounts_and_demands_of_a_season_are_for_cycles_that_begin_in_it() -> None:
    summer = season("summer", "06-16", "08-31")
    made = tariff(
        version(
            energy("0", seasons=(summer,)),
            fixed=(Fixed(name="cooling", amount=D(7), season="summer"),),
            demand=(
                Demand(name="peak", price=(D(9),), season="summer"),
                Demand(name="peak", price=(D(1),), season=None, min_kw=D(1)),
            ),
        ),
        cycle=Cycle(anchor_day=16),
    )
    one = account(made, "2026-05-16 00:00")
    use(one, "2026-07-01 00:00", "4")
    assert one.bills[0].total == 1
    assert one.close().total == 7 + 4 * 9 + 4 * 1


def test_an_adder_ends_with_its_version() -> None:
    old = version(energy("0", adders=(Adder(name="levy", price=D("0.5")),)))
    made = tariff(old, version(energy("0"), "2026-01-11"))
    one = account(made, "2026-01-01 00:00")
    feed(one, "2026-01-10 00:00", "2026-01-12 00:00")
    assert one.close().total == 12


def test_blocks_per_day_of_two_versions() -> None:
    old = version(energy(("1", "2"), "1", per=BlockPer.DAY))
    new = version(energy(("3", "4"), "2", per=BlockPer.DAY), "2026-01-11")
    one = account(tariff(old, new), "2026-01-01 00:00")
    use(one, "2026-01-05 00:00", "15")
    use(one, "2026-01-20 00:00", "50")
    # Ten days of 1 kWh, 21 days of 2 kWh.
    assert one.close().total == (10 * 1 + 5 * 2) + (42 * 3 + 8 * 4)

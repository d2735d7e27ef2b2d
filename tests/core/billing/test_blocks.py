"""Blocks of consumption: progressive, whole, pro rata, by demand, and rates that replace others."""

import pytest

from custom_components.panel_meter.core.billing.bill import LineKind
from custom_components.panel_meter.core.tariff.model import (
    Allocation,
    BlockMode,
    BlockPer,
    Demand,
    Fixed,
    FixedPer,
    Rounding,
    Tariff,
)

from .make import D, account, amounts, energy, feed, kwh_of, period, rates, rule, tariff, total_of, use, version

PEAK = (period("peak", rule("12:00-24:00")),)


def test_progressive_blocks_at_their_edges() -> None:
    made = tariff(energy(("1", "2", "4"), "10", "30"))
    for kwh, expected in (("0", "0"), ("10", "10"), ("10.000001", "10.000002"), ("30", "50"), ("31.5", "56")):
        assert total_of(made, kwh).total == D(expected)


def test_usage_over_an_edge_is_cut_in_the_order_of_time() -> None:
    one = account(tariff(energy({"peak": ("3", "5"), "default": ("1", "2")}, "10", periods=PEAK)), "2026-01-01 00:00")
    # 8 kWh before noon, 8 after it: 8 at 1, 2 at 3, 6 at 5.
    use(one, "2026-01-01 10:00", "16", hours=4)
    bill = one.close()
    assert [(line.name, line.block, line.quantity) for line in bill.lines] == [
        ("peak", 0, 2),
        ("peak", 1, 6),
        ("default", 0, 8),
    ]
    assert bill.total == 8 * 1 + 2 * 3 + 6 * 5


def test_pro_rata_shares_each_block_by_the_periods() -> None:
    made = energy(
        {"peak": ("3", "5"), "default": ("1", "2")}, "10", periods=PEAK, allocation=Allocation.PRORATA
    )  # fmt: skip
    one = account(tariff(made), "2026-01-01 00:00")
    use(one, "2026-01-01 00:00", "12")
    use(one, "2026-01-01 12:00", "4")
    # 10/16 of everything is in the first block: 7.5 and 2.5, and 4.5 and 1.5 in the second one.
    assert one.close().total == D("7.5") * 1 + D("2.5") * 3 + D("4.5") * 2 + D("1.5") * 5


def test_pro_rata_thirds_lose_nothing() -> None:
    made = energy(
        {"peak": ("0.3", "0.3"), "default": ("0.1", "0.1")}, "10", periods=PEAK, allocation=Allocation.PRORATA
    )
    one = account(tariff(made), "2026-01-01 00:00")
    use(one, "2026-01-01 00:00", "10")
    use(one, "2026-01-01 12:00", "20")
    bill = one.close()
    assert (kwh_of(bill, "default"), kwh_of(bill, "peak")) == (10, 20)
    assert bill.energy_cost == 7


WHOLE = tariff(energy(("1", "2", "4"), "10", "30", block_mode=BlockMode.WHOLE))


@pytest.mark.parametrize(
    ("kwh", "expected"), [("0", "0"), ("10", "10"), ("10.000001", "20.000002"), ("30", "60"), ("31", "124")]
)
def test_the_block_that_is_reached_prices_everything(kwh: str, expected: str) -> None:
    made = tariff(energy(("1", "2", "4"), "10", "30"))
    assert total_of(WHOLE, kwh).total == D(expected)
    assert total_of(made, kwh).total <= D(expected)


def test_the_whole_mode_rates_the_cycle_anew_when_a_block_is_reached() -> None:
    one = account(WHOLE, "2026-01-01 00:00", circuits=("oven",))
    use(one, "2026-01-01 00:00", "10", circuits=(4_000_000,))
    assert one.running().circuits == (4,)
    assert one.cycle.price(one.cycle.start) == 2
    use(one, "2026-01-02 00:00", "1", circuits=(0,))
    assert (one.running().cost, one.running().circuits) == (22, (8,))


# --- rates that replace others ---


def kerala() -> Tariff:
    """Telescopic up to 250 kWh; above that one price for everything, by the slab that is reached."""
    flat = rates(("5.80", "6.60", "6.90", "7.10", "7.90"), "300", "350", "400", "500",
                 block_mode=BlockMode.WHOLE, over=D(250))  # fmt: skip
    slabs = energy(("3.15", "3.70", "4.80", "6.40", "7.60"), "50", "100", "150", "200", alternatives=(flat,))
    steps = (
        ("50", "35"), ("100", "45"), ("150", "55"), ("200", "70"), ("250", "80"),
        ("300", "100"), ("350", "110"), ("400", "120"), ("500", "130"), (None, "150"),
    )  # fmt: skip
    by_usage = tuple((None if upto is None else D(upto), D(amount)) for upto, amount in steps)
    return tariff(version(slabs, fixed=(Fixed(name="fixed", by_usage=by_usage),)))


@pytest.mark.parametrize(
    ("kwh", "expected_energy", "fixed"),
    [
        ("40", "126", "35"),
        # 50 x (3.15 + 3.70 + 4.80 + 6.40 + 7.60) = 1282.50
        ("250", "1282.50", "80"),
        # One more: 251 x 5.80
        ("251", "1455.80", "100"),
        ("300.000001", "1980.0000066", "110"),
        ("501", "3957.90", "150"),
    ],
)
def test_kerala(kwh: str, expected_energy: str, fixed: str) -> None:
    bill = total_of(kerala(), kwh)
    assert bill.amount(LineKind.ENERGY) == D(expected_energy)
    assert bill.amount(LineKind.FIXED) == D(fixed)


def test_the_price_and_the_costs_follow_when_rates_are_replaced() -> None:
    one = account(kerala(), "2026-01-01 00:00", circuits=("oven",))
    use(one, "2026-01-01 00:00", "250", circuits=(25_000_000,))
    # The oven was a tenth of everything in every slab.
    assert one.running().circuits == (D("128.25"),)
    assert one.cycle.price(one.cycle.start) == D("7.60")
    use(one, "2026-01-01 01:00", "1", circuits=(0,))
    assert one.cycle.price(one.cycle.start) == D("5.80")
    assert (one.running().cost, one.running().circuits) == (251 * D("5.80"), (25 * D("5.80"),))
    assert one.cost == 251 * D("5.80")


def test_the_part_of_a_kwh_exceeds_no_limit_where_whole_kwh_are_billed() -> None:
    made = kerala()
    floored = tariff(*made.versions, rounding=Rounding(floor_kwh=True))
    assert total_of(floored, "250.999999").total == D("1282.50") + 80
    assert total_of(floored, "251").total == D("1455.80") + 100
    assert total_of(floored, "300.5").total == 300 * D("5.80") + 100


def test_whole_kwh_are_taken_off_the_highest_block() -> None:
    made = tariff(energy(("1", "2"), "10"), rounding=Rounding(floor_kwh=True))
    one = account(made, "2026-01-01 00:00")
    use(one, "2026-01-01 00:00", "12.9")
    bill = one.close()
    assert bill.total == 10 + 2 * 2
    # The energy and what it costs are told as they are.
    assert (bill.imported_kwh, bill.energy_cost) == (D("12.9"), 10 + D("5.8"))
    assert total_of(made, "0.999999").total == 0


def test_limits_of_replacing_rates_are_shared_by_days() -> None:
    # Valid for 21 of 31 days: 310 kWh are 210.
    of = energy("1", alternatives=(rates("2", over=D(310)),))
    made = tariff(version(of, "2026-01-11"))
    for kwh, expected in (("210", 210), ("211", 422)):
        one = account(made, "2026-01-01 00:00")
        use(one, "2026-01-15 00:00", kwh)
        assert one.close().total == expected


# --- blocks per kW of demand (hours of use) ---


def hours_of_use(*demands: Demand, per: BlockPer = BlockPer.KW) -> Tariff:
    return tariff(version(energy(("1", "2"), "10", per=per), demand=demands))


@pytest.mark.parametrize(
    ("demands", "expected"),
    [
        # The highest quarter hour is 4 kW: the limit is 40 kWh of 50.
        ((), 40 * 1 + 10 * 2),
        ((Demand(name="peak", price=(D(0),)),), 40 * 1 + 10 * 2),
        # The hour that holds it has (4 + 1 + 1 + 1) / 4 = 1.75 kW: the limit is 17.5.
        ((Demand(name="peak", price=(D(0),), interval_min=60),), D("17.5") + D("32.5") * 2),
        # At least 4.5 kW.
        ((Demand(name="peak", price=(D(0),), min_kw=D("4.5")),), 45 + 5 * 2),
        # A window says nothing about the whole cycle.
        ((Demand(name="peak", price=(D(0),), window=(rule("20:00-21:00"),)),), 40 * 1 + 10 * 2),
    ],
)
def test_limits_that_are_multiples_of_the_demand(demands: tuple[Demand, ...], expected: int) -> None:
    one = account(hours_of_use(*demands), "2026-01-01 00:00")
    feed(one, "2026-01-01 00:00", "2026-01-01 00:15", kw="4")
    feed(one, "2026-01-01 00:15", "2026-01-01 00:30", kw="1")
    feed(one, "2026-01-01 00:30", "2026-01-03 01:15", kw="1")
    running = one.running()
    assert running == one.running()
    assert one.bill(one.cycle.end).amount(LineKind.ENERGY) == running.cost
    bill = one.close()
    kwh = bill.imported_kwh
    assert kwh == 50
    assert bill.total == expected


def test_the_price_follows_the_demand() -> None:
    one = account(hours_of_use(), "2026-01-01 00:00")
    feed(one, "2026-01-01 00:00", "2026-01-01 01:00")
    assert one.cycle.price(one.cycle.start) == 1
    feed(one, "2026-01-01 01:00", "2026-01-01 10:00")
    assert one.cycle.price(one.cycle.start) == 2
    # More demand moves the limit up again.
    use(one, "2026-01-01 10:00", "5")
    assert one.cycle.price(one.cycle.start) == 1
    assert one.running().cost == 15


def test_hours_of_use_in_rates_that_replace_others() -> None:
    # Above 20 kWh: 5 kWh per kW at 3, the rest at 4.
    of = energy("1", alternatives=(rates(("3", "4"), "5", per=BlockPer.KW, over=D(20)),))
    one = account(tariff(of), "2026-01-01 00:00")
    feed(one, "2026-01-01 00:00", "2026-01-01 06:00", kw="4")
    assert one.close().total == 20 * 3 + 4 * 4


def test_hours_of_use_per_day() -> None:
    one = account(hours_of_use(per=BlockPer.KW_DAY), "2026-02-01 00:00")
    # 10 kWh x 1 kW x 28 days = 280.
    feed(one, "2026-02-01 00:00", "2026-02-13 12:00")
    assert one.close().total == 280 + 20 * 2


def test_amounts_by_usage() -> None:
    steps = ((D(200), D(910)), (D(400), D(1600)), (None, D(7300)))
    made = tariff(version(energy("0"), fixed=(Fixed(name="base", by_usage=steps, quantity=D(2)),)))
    for kwh, expected in (("0", 910), ("200", 910), ("200.000001", 1600), ("400", 1600), ("401", 7300)):
        assert total_of(made, kwh).total == 2 * expected
    # Where whole kWh are billed, they count here too.
    floored = tariff(*made.versions, rounding=Rounding(floor_kwh=True))
    assert total_of(floored, "200.9").total == 2 * 910


def test_an_amount_by_usage_a_day_and_use_beyond_its_end() -> None:
    steps = ((D(200), D("0.1")), (D(400), D("0.2")))
    made = tariff(version(energy("0"), fixed=(Fixed(name="base", by_usage=steps, per=FixedPer.DAY),)))
    assert total_of(made, "500").total == 31 * D("0.2")
    assert amounts(total_of(made, "100"), LineKind.FIXED) == {"base": 31 * D("0.1")}

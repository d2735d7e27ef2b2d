"""Dynamic prices: how a series is read, and what is billed by it."""

from decimal import Decimal

import pytest

from custom_components.panel_meter.core.billing.account import Account
from custom_components.panel_meter.core.billing.bill import LineKind
from custom_components.panel_meter.core.billing.usage import Usage
from custom_components.panel_meter.core.tariff.model import Adder, Dynamic, Export, ExportMode, Missing, Tariff
from custom_components.panel_meter.core.tariff.prices import NEVER, PricePoint, PriceSeries

from .make import KWH, D, account, amounts, at, energy, feed, kwh_of, period, rule, tariff, use, version

PRICE = "sensor.price"
T0 = at("2026-01-01 00:00")


def series(*points: tuple[str, str | None]) -> PriceSeries:
    """Points of 1 January."""
    return PriceSeries(
        PricePoint(at(f"2026-01-01 {time}"), None if price is None else D(price)) for time, price in points
    )


def dynamic(**more: object) -> Dynamic:
    return Dynamic(entity_id=PRICE, **more)


def opened(of: Tariff, prices: PriceSeries, **more: object) -> Account:
    return account(of, "2026-01-01 00:00", prices={PRICE: prices}, **more)


def test_each_part_of_the_usage_has_the_price_of_its_time() -> None:
    one = opened(
        tariff(energy("0", dynamic=dynamic())), series(("00:00", "0.10"), ("01:00", "0.50"), ("01:15", "-0.20"))
    )
    # Two hours at once: 1 kWh at 0.10, 0.25 at 0.50, 0.75 at -0.20.
    use(one, "2026-01-01 00:00", "2", hours=2)
    bill = one.bill(one.cycle.end)
    assert bill.total == D("0.10") + D("0.125") - D("0.15")
    (line,) = bill.lines
    assert (line.quantity, line.price) == (2, bill.total / 2)
    assert (bill.estimated_kwh, bill.unpriced_kwh) == (0, 0)


def test_multiplier_offset_of_the_period_base_price_and_adders() -> None:
    # 1.05 x (2.2 W + 12 from 16 to 19): 2.31 W and 12.6, and a fixed 1 of the period; 0.5 are a levy.
    of = energy(
        {"peak": "1", "default": "0"},
        periods=(period("peak", rule("16:00-19:00")),),
        dynamic=dynamic(multiplier=D("2.31"), offset={"peak": D("12.6")}),
        adders=(Adder(name="levy", price=D("0.5")),),
    )
    one = opened(tariff(of), series(("00:00", "5")))
    assert one.cycle.price(at("2026-01-01 12:00")) == D("11.55") + D("0.5")
    assert one.cycle.price(at("2026-01-01 16:00")) == D("11.55") + D("12.6") + 1 + D("0.5")
    use(one, "2026-01-01 15:00", "2", hours=2)
    assert one.running().cost == D("12.05") + D("25.65")


@pytest.mark.parametrize(
    ("price", "expected"), [("20", "35"), ("15.2", "35"), ("15", "34.65"), ("-1", "-2.31"), ("-9", "-10")]
)
def test_cap_and_floor(price: str, expected: str) -> None:
    of = energy("0", dynamic=dynamic(multiplier=D("2.31")), cap=D(35), floor=D(-10))
    assert opened(tariff(of), series(("00:00", price))).cycle.price(T0) == D(expected)


def test_cap_and_floor_leave_adders_alone_and_hold_for_known_prices_too() -> None:
    of = energy(("0.10", "0.60"), "1", cap=D("0.40"), floor=D("0.20"), adders=(Adder(name="levy", price=D("0.05")),))
    one = account(tariff(of), "2026-01-01 00:00")
    use(one, "2026-01-01 00:00", "2")
    assert one.close().total == D("0.20") + D("0.40") + 2 * D("0.05")


# The price is 0.30 until 2:00, then not known, and 0.10 from 4:00 on.
GAP = (("00:00", "0.30"), ("02:00", None), ("04:00", "0.10"))


@pytest.mark.parametrize(
    ("more", "total", "estimated", "unpriced"),
    [
        # Two hours at 0.30, two of the gap, two at 0.10.
        ({"missing": Missing.HOLD}, "1.40", 0, 0),
        ({"missing": Missing.MARK_ESTIMATED}, "1.40", 2, 0),
        ({"missing": Missing.FALLBACK, "fallback": D("0.50")}, "1.80", 2, 0),
        ({"missing": Missing.FALLBACK}, "0.80", 2, 2),
    ],
)
@pytest.mark.parametrize("step", [300, 900, 6 * 3600])
def test_gaps(more: dict[str, object], total: str, estimated: int, unpriced: int, step: int) -> None:
    one = opened(tariff(energy("0", dynamic=dynamic(**more))), series(*GAP))
    feed(one, "2026-01-01 00:00", "2026-01-01 06:00", kw="1.2", step=step)
    bill = one.bill(one.cycle.end)
    assert bill.total == D(total) * D("1.2")
    assert (bill.estimated_kwh, bill.unpriced_kwh) == (estimated * D("1.2"), unpriced * D("1.2"))


@pytest.mark.parametrize(
    ("missing", "expected"), [(Missing.HOLD, "0.90"), (Missing.MARK_ESTIMATED, "0.90"), (Missing.FALLBACK, "2.30")]
)
def test_a_price_that_is_too_old_is_missing(missing: Missing, expected: str) -> None:
    # 0.30 for an hour; the two hours after it count as missing: 0.30 goes on, or it is 1.00.
    of = energy("0", dynamic=dynamic(missing=missing, hold_hours=1, fallback=D(1)))
    one = opened(tariff(of), series(("00:00", "0.30")))
    feed(one, "2026-01-01 00:00", "2026-01-01 03:00")
    bill = one.bill(one.cycle.end)
    assert bill.total == D(expected)
    assert bill.estimated_kwh == (0 if missing is Missing.HOLD else 2)


@pytest.mark.parametrize("missing", Missing)
def test_before_the_first_price_only_a_fallback_helps(missing: Missing) -> None:
    for fallback, unpriced in ((None, 1), (D("0.2"), 0)):
        of = energy("0", dynamic=dynamic(missing=missing, fallback=fallback))
        one = opened(tariff(of), series(("01:00", "0.30")))
        use(one, "2026-01-01 00:00", "2", hours=2)
        bill = one.bill(one.cycle.end)
        assert bill.unpriced_kwh == unpriced
        assert bill.total == D("0.30") + (fallback or 0)


def test_without_a_series_nothing_is_free() -> None:
    one = account(tariff(energy("0", dynamic=dynamic())), "2026-01-01 00:00")
    use(one, "2026-01-01 00:00", "2")
    assert one.bill(one.cycle.end).unpriced_kwh == 2
    assert one.cycle.price(T0) is None


def test_within_an_interval_the_price_that_holds_longest_counts() -> None:
    # The price of 1:00 comes 20 s late, the one of 2:00 40 s early.
    points = PriceSeries(
        [
            PricePoint(T0, D(1)),
            PricePoint(T0 + 3620, D(2)),
            PricePoint(T0 + 7160, D(3)),
        ]
    )
    one = opened(tariff(energy("0", dynamic=dynamic(resolution_min=60))), points)
    feed(one, "2026-01-01 00:00", "2026-01-01 03:00", kw="1.2", step=300)
    assert one.running().cost == (1 + 2 + 3) * D("1.2")


def test_a_price_that_is_told_in_pieces_holds_as_long_as_they_do_together() -> None:
    points = series(("00:00", "1"), ("00:20", "9"), ("00:45", "1"))
    assert points.quote(T0 + 1500, dynamic(resolution_min=60)).price == 1


def test_a_known_price_counts_before_one_that_stands_in() -> None:
    points = series(("00:00", None), ("00:50", "1"))
    found = points.quote(T0, dynamic(resolution_min=60, missing=Missing.FALLBACK, fallback=D(9)))
    assert (found.start, found.end, found.price, found.estimated) == (T0, T0 + 3600, 1, False)


def test_points_in_any_order_and_the_last_of_an_instant() -> None:
    points = PriceSeries([PricePoint(T0 + 60, D(2)), PricePoint(T0, D(1)), PricePoint(T0 + 60, D(3))])
    points.add(PricePoint(T0 + 30, D(5)))
    points.add(PricePoint(T0 + 30, D(6)))
    points.add(PricePoint(T0 + 90, None))
    found = [points.quote(T0 + second, dynamic(missing=Missing.FALLBACK)) for second in (-1, 0, 29, 30, 59, 60, 89, 90)]
    assert [each.price for each in found] == [None, 1, 1, 6, 6, 3, 3, None]
    assert (found[0].start, found[0].end, found[-1].start, found[-1].end) == (-NEVER, T0, T0 + 90, NEVER)


def test_a_new_price_is_seen_once_the_old_one_is_forgotten() -> None:
    points = series(("00:00", "1"))
    one = opened(tariff(energy("0", dynamic=dynamic())), points)
    use(one, "2026-01-01 00:00", "1")
    points.add(PricePoint(T0 + 3600, D(5)))
    one.cycle.forget_prices()
    use(one, "2026-01-01 01:00", "1")
    assert one.running().cost == 6


def test_dynamic_prices_and_blocks_share_one_count() -> None:
    of = energy(("0.10", "0.20"), "3", dynamic=dynamic())
    one = opened(tariff(of), series(("00:00", "1"), ("02:00", "2")))
    feed(one, "2026-01-01 00:00", "2026-01-01 05:00")
    assert one.close().total == (2 * 1 + 3 * 2) + 3 * D("0.10") + 2 * D("0.20")


def test_lines_of_dynamic_prices_are_few() -> None:
    points = PriceSeries(PricePoint(T0 + 900 * number, D(number)) for number in range(2976))
    export = Export(dynamic=dynamic(multiplier=D("0.5")))
    one = opened(tariff(version(energy("0", dynamic=dynamic()), export=export)), points)
    feed(one, "2026-01-01 00:00", "2026-02-01 00:00", export_kw="0.4")
    bill = one.close()
    assert [line.kind for line in bill.lines] == [LineKind.ENERGY, LineKind.EXPORT]
    # The sum of 0 ... 2975 is 4,426,800; a quarter of each at 1 kW, and a tenth at half the price.
    assert bill.amount(LineKind.ENERGY) == D(4_426_800) / 4
    assert bill.export_earned == D(4_426_800) / 20
    assert [line.price for line in bill.lines] == [D("1487.5"), D("743.75")]


# --- exported energy ---


@pytest.mark.parametrize("netting", [0, 15, 60])
@pytest.mark.parametrize("step", [300, 900, 3600, 4 * 3600])
def test_exported_energy_has_the_price_of_its_own_time(netting: int, step: int) -> None:
    # What is bought has one price all day, what is sold another one every hour.
    export = Export(netting=netting, dynamic=dynamic())
    one = opened(
        tariff(version(energy("1"), export=export)),
        series(("00:00", "0.1"), ("01:00", "0.2"), ("02:00", "0.4"), ("03:00", "0.8")),
    )
    feed(one, "2026-01-01 00:00", "2026-01-01 04:00", kw="0", export_kw="1.2", step=step)
    assert one.running().earned == D("1.5") * D("1.2")
    bill = one.close()
    assert bill.export_earned == D("1.5") * D("1.2")
    assert bill.total == -D("1.5") * D("1.2")


def test_what_is_sold_while_its_price_is_not_known_earns_nothing_yet() -> None:
    one = opened(tariff(version(energy("1"), export=Export(dynamic=dynamic()))), series(("01:00", "0.2")))
    feed(one, "2026-01-01 00:00", "2026-01-01 02:00", export_kw="1")
    assert one.close().export_earned == D("0.2")


def test_export_may_cost_money() -> None:
    made = tariff(version(energy("1"), export=Export(mode=ExportMode.CARRYOVER, dynamic=dynamic())))
    one = opened(made, series(("00:00", "-0.2")))
    feed(one, "2026-01-01 00:00", "2026-01-01 01:00", kw="0", export_kw="1")
    assert (one.running().earned, one.close().carry.credit) == (D("-0.2"), D("-0.2"))


# --- prices that nobody should have ---


@pytest.mark.parametrize("price", ["1e30", "-1e30", "1e-30", "0.12345678901234567890123", "0"])
def test_absurd_prices_are_still_arithmetic(price: str) -> None:
    one = opened(tariff(energy("0", dynamic=dynamic())), series(("00:00", price)), circuits=("oven",))
    use(one, "2026-01-01 00:00", "3", circuits=(KWH,))
    bill = one.bill(one.cycle.end)
    assert (bill.energy_cost, bill.circuits[0].cost, bill.remainder.cost) == (3 * D(price), D(price), 2 * D(price))
    assert one.running(Usage(T0 + 3600, T0 + 7200, KWH, circuits=(0,))).cost == 4 * D(price)


def test_many_gaps_are_read_in_good_time() -> None:
    # Every second point is missing: each stand-in is found near by.
    points = PriceSeries(PricePoint(T0 + 60 * number, D(number) if number % 2 else None) for number in range(20_000))
    found = [points.quote(T0 + 60 * number + 30, dynamic()) for number in range(2, 20_000, 2)]
    assert [each.price for each in found] == [Decimal(number - 1) for number in range(2, 20_000, 2)]
    assert all(each.estimated for each in found)


def test_periods_of_dynamic_prices_are_told_apart() -> None:
    of = energy(
        {"peak": "0", "default": "0"}, periods=(period("peak", rule("01:00-02:00")),), dynamic=dynamic()
    )  # fmt: skip
    one = opened(tariff(of), series(("00:00", "1")))
    use(one, "2026-01-01 00:00", "3", hours=3)
    bill = one.close()
    assert (kwh_of(bill, "peak"), amounts(bill, LineKind.ENERGY)) == (1, {"peak": 1, "default": 2})

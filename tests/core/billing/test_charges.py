"""Taxes, rounding, minimum charges, credits and adders."""

from decimal import Decimal, getcontext, localcontext

import pytest

from custom_components.panel_meter.core.billing.bill import Bill, LineKind
from custom_components.panel_meter.core.billing.cycle_rating import Running
from custom_components.panel_meter.core.billing.rounding import shared, to_multiple
from custom_components.panel_meter.core.billing.usage import Usage
from custom_components.panel_meter.core.tariff.model import (
    Adder,
    Credit,
    Demand,
    Export,
    Fixed,
    FixedPer,
    Minimum,
    Part,
    Rounding,
    RoundingMode,
    Tax,
)
from custom_components.panel_meter.core.tariff.times import Cycle

from .make import D, account, amounts, at, energy, feed, tariff, total_of, use, version

ENERGY, FIXED, DEMAND, EXPORT = (frozenset({each}) for each in (Part.ENERGY, Part.FIXED, Part.DEMAND, Part.EXPORT))


def taxes_of(*taxes: Tax, included: bool = False, kwh: str = "100") -> dict[str, Decimal]:
    """100 kWh at 1.00 with a levy of 0.10, 20.00 fixed and a fund of 5.00."""
    made = tariff(
        version(
            energy("1", adders=(Adder(name="levy", price=D("0.1")),)),
            fixed=(Fixed(name="base", amount=D(20)), Fixed(name="fund", amount=D(5))),
        ),
        taxes=taxes,
        prices_include_tax=included,
    )
    bill = total_of(made, kwh)
    return {**amounts(bill, LineKind.TAX), "total": bill.total, "energy": bill.energy_cost}


@pytest.mark.parametrize(
    ("taxes", "expected"),
    [
        # Energy 100 + 10, fixed 25.
        ((Tax(name="a", percent=D(10)),), {"a": "13.5", "total": "148.5", "energy": "121"}),
        ((Tax(name="a", percent=D(10), on=ENERGY),), {"a": "11", "total": "146", "energy": "121"}),
        ((Tax(name="a", percent=D(10), on=FIXED),), {"a": "2.5", "total": "137.5", "energy": "110"}),
        (
            (Tax(name="a", percent=D(10), exempt=frozenset({"levy", "fund"})),),
            {"a": "12", "total": "147", "energy": "120"},
        ),
        (
            # 10 % of the energy, then 20 % of everything: 0.2 x 135, or with the first tax 0.2 x (135 + 11).
            (Tax(name="a", percent=D(10), on=ENERGY), Tax(name="b", percent=D(20))),
            {"a": "11", "b": "27", "total": "173", "energy": "143"},
        ),
        (
            (Tax(name="a", percent=D(10), on=ENERGY), Tax(name="b", percent=D(20), compound=True)),
            {"a": "11", "b": "29.2", "total": "175.2", "energy": "145.2"},
        ),
        (
            # The first is on fixed amounts, the second on energy: they have nothing to compound.
            (Tax(name="a", percent=D(10), on=FIXED), Tax(name="b", percent=D(20), on=ENERGY, compound=True)),
            {"a": "2.5", "b": "22", "total": "159.5", "energy": "132"},
        ),
        (
            # The levy has no first tax, so the second is on the levy alone: 0.2 x (100 + 10 + 10).
            (
                Tax(name="a", percent=D(10), on=ENERGY, exempt=frozenset({"levy"})),
                Tax(name="b", percent=D(20), on=ENERGY, compound=True),
            ),
            {"a": "10", "b": "24", "total": "169", "energy": "144"},
        ),
        ((Tax(name="a", percent=D(0)), Tax(name="b", percent=D("2.5"), on=EXPORT)), {"a": "0", "b": "0"}),
    ],
)
def test_taxes(taxes: tuple[Tax, ...], expected: dict[str, str]) -> None:
    found = taxes_of(*taxes)
    assert {name: found[name] for name in expected} == {name: D(amount) for name, amount in expected.items()}
    # What circuits cost has the taxes of energy, so the rest of the bill is that of everything else.
    assert found["total"] - found["energy"] == taxes_of(*taxes, kwh="0")["total"]


def test_taxes_that_are_within_the_prices_are_shown_and_not_added() -> None:
    # 135 = net x 1.25: the net is 108, and the two taxes are 10.80 and 16.20.
    found = taxes_of(Tax(name="a", percent=D(10)), Tax(name="b", percent=D(15)), included=True)
    assert found == {"a": D("10.8"), "b": D("16.2"), "total": D(135), "energy": D(110)}
    # 1.10 x 1.20 = 1.32: with 132 of energy and levy the net is 100.
    found = taxes_of(
        Tax(name="a", percent=D(10), on=ENERGY), Tax(name="b", percent=D(20), on=ENERGY, compound=True),
        included=True, kwh="120",
    )  # fmt: skip
    assert found == {"a": D(10), "b": D(22), "total": D(157), "energy": D(132)}


def test_a_tax_of_a_line_is_percent_times_its_price() -> None:
    made = tariff(version(energy("1")), taxes=(Tax(name="a", percent=D("7.5")),))
    line = next(line for line in total_of(made, "40").lines if line.kind is LineKind.TAX)
    assert (line.quantity, line.unit, line.price, line.amount) == (D("7.5"), "%", D("0.4"), 3)


def test_a_tax_on_exported_energy_is_taken_off() -> None:
    made = tariff(
        version(energy("1"), export=Export(prices={"default": (D("0.5"),)})),
        taxes=(Tax(name="a", percent=D(10), on=frozenset({Part.ENERGY, Part.EXPORT})),),
    )
    one = account(made, "2026-01-01 00:00")
    feed(one, "2026-01-01 00:00", "2026-01-01 10:00", export_kw="0.4")
    # 10 - 2 = 8, and a tenth of it.
    assert one.close().total == D("8.8")


def test_an_adder_named_like_a_period_is_exempt_and_the_period_is_not() -> None:
    of = energy({"levy": "1"}, default_period="levy", adders=(Adder(name="levy", price=D(1)),))
    made = tariff(of, taxes=(Tax(name="a", percent=D(10), exempt=frozenset({"levy"})),))
    bill = total_of(made, "10")
    assert bill.total == bill.energy_cost == 10 + 10 + 1


# --- rounding ---


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (RoundingMode.HALF_UP, "0.03 0.02 -0.03 0.02 0.03"),
        (RoundingMode.HALF_EVEN, "0.02 0.02 -0.02 0.02 0.03"),
        (RoundingMode.FLOOR, "0.02 0.02 -0.03 0.02 0.02"),
        (RoundingMode.CEIL, "0.03 0.03 -0.02 0.02 0.03"),
    ],
)
def test_rounding_modes(mode: RoundingMode, expected: str) -> None:
    found = [to_multiple(D(amount), D("0.01"), mode) for amount in ("0.025", "0.024", "-0.025", "0.02", "0.026")]
    assert found == [D(each) for each in expected.split()]


@pytest.mark.parametrize(("step", "expected"), [("0.05", "1.25"), ("1", "1"), ("0.25", "1.25"), ("100", "0")])
def test_rounding_to_multiples(step: str, expected: str) -> None:
    assert to_multiple(D("1.23"), D(step), RoundingMode.HALF_UP) == D(expected)


THREE = version(
    energy("0.333", adders=(Adder(name="levy", price=D("0.333")),)), fixed=(Fixed(name="b", amount=D("0.333")),)
)


@pytest.mark.parametrize(
    ("rounding", "total", "difference"),
    [
        # Three lines of 0.333 each.
        (Rounding(), "0.999", None),
        (Rounding(line=D("0.01")), "0.99", None),
        (Rounding(total=D("0.01")), "1.00", "0.001"),
        (Rounding(line=D("0.01"), total=D("0.1")), "1.0", "0.01"),
        # Energy and fixed amounts together are 0.666, the levy is rounded by itself.
        (Rounding(line=D("0.01"), groups=(frozenset({"energy", "fixed"}),)), "1.00", "0.004"),
        (Rounding(line=D("0.01"), groups=(frozenset({"energy", "levy", "b"}),)), "1.00", "0.001"),
        (Rounding(line=D("0.01"), groups=(frozenset({"levy", "b"}), frozenset({"energy"}))), "1.00", "0.001"),
        (Rounding(line=D("0.01"), total=D(1), mode=RoundingMode.FLOOR), "0", "-0.99"),
        (Rounding(line=D("0.01"), total=D(1), mode=RoundingMode.CEIL), "2", "0.98"),
    ],
)
def test_rounding_of_lines_groups_and_totals(rounding: Rounding, total: str, difference: str | None) -> None:
    bill = total_of(tariff(THREE, rounding=rounding), "1")
    assert bill.total == D(total)
    assert sum(line.amount for line in bill.lines) == bill.total
    assert amounts(bill, LineKind.ROUNDING).get("rounding") == (None if difference is None else D(difference))


def test_amounts_that_have_an_end_are_not_rounded_down_by_a_hair() -> None:
    # 120 a year and kW is 10 a month and kW, and 12 a year is 1.
    made = tariff(
        version(
            energy("0"),
            fixed=(Fixed(name="year", amount=D(12), per=FixedPer.YEAR),),
            demand=(Demand(name="peak", price=(D("40.4"),), per="year", min_kw=D(3)),),
        ),
        rounding=Rounding(line=D("0.01"), mode=RoundingMode.FLOOR),
    )
    # 40.4 x 3 / 12 = 10.1
    assert total_of(made, "0").total == D("11.10")


@pytest.mark.parametrize(
    ("total", "parts", "expected"),
    [
        ("10", "3.333 3.333 3.334", "3.33 3.33 3.34"),
        ("10", "3.3333 3.3333 3.3334", "3.33 3.33 3.34"),
        ("0.02", "0.005 0.005 0.005 0.005", "0.01 0.01 0.00 0.00"),
        ("-1", "-0.335 -0.333 -0.332", "-0.34 -0.33 -0.33"),
        ("5", "5", "5"),
    ],
)
def test_shared_amounts_add_up(total: str, parts: str, expected: str) -> None:
    found = shared(D(total), [D(each) for each in parts.split()], D("0.01"))
    assert sum(found) == D(total)
    assert found == [D(each) for each in expected.split()]


def test_nobody_elses_precision_counts() -> None:
    made = tariff(
        version(energy("0.1234567890123456789", "1000"), demand=(Demand(name="p", price=(D("1.23456"),)),)),
        taxes=(Tax(name="a", percent=D("19")), Tax(name="b", percent=D("7.25"), compound=True)),
        rounding=Rounding(total=D("0.01")),
    )
    usage = Usage(at("2026-01-01 00:00"), at("2026-01-05 00:00"), 1_234_567_891)

    def rated() -> tuple[Bill, Running, Decimal]:
        one = account(made, "2026-01-01 00:00")
        one.add(usage)
        return one.bill(one.cycle.end), one.running(usage), one.cost

    expected = rated()
    with localcontext() as context:
        context.prec = 3
        found = rated()
    assert found == expected
    assert getcontext().prec == 28


# --- minimum charges ---


@pytest.mark.parametrize(
    ("minimum", "kwh", "top_up"),
    [
        # Energy at 1.00 and 5.00 fixed.
        (Minimum(amount=D(15)), "2", "8"),
        (Minimum(amount=D(15)), "10", None),
        (Minimum(amount=D(15)), "20", None),
        (Minimum(amount=D(15), basis=frozenset({Part.ENERGY})), "2", "13"),
        (Minimum(amount=D("0.5"), per=FixedPer.DAY), "2", "8.5"),
        (Minimum(amount=D(15), per=FixedPer.MONTH), "2", "8"),
        # 40 hours of 1.3 kVA at the price of the first block and its adder: 52 x 1.25 = 65, less 5 and 2.5.
        (Minimum(hours=D(40), quantity=D("1.3")), "2", "57.5"),
        (Minimum(amount=D(0)), "0", None),
    ],
)
def test_minimum_charges(minimum: Minimum, kwh: str, top_up: str | None) -> None:
    adders = (Adder(name="levy", price=D("0.25")),) if minimum.hours else ()
    of = energy(("1", "2"), "50", adders=adders)
    made = tariff(version(of, fixed=(Fixed(name="base", amount=D(5)),), minimum=minimum))
    bill = total_of(made, kwh)
    assert amounts(bill, LineKind.MINIMUM) == ({} if top_up is None else {"minimum": D(top_up)})
    if top_up is not None:
        assert bill.total >= D(top_up)


def test_a_minimum_counts_credits_of_export_but_never_less_than_nothing() -> None:
    made = tariff(
        version(energy("1"), export=Export(prices={"default": (D(1),)}), minimum=Minimum(amount=D(15))),
    )
    one = account(made, "2026-01-01 00:00")
    feed(one, "2026-01-01 00:00", "2026-01-01 10:00", export_kw="0.4")
    assert amounts(one.bill(one.cycle.end), LineKind.MINIMUM) == {"minimum": D(15 - 6)}
    feed(one, "2026-01-02 00:00", "2026-01-02 10:00", kw="0", export_kw="4")
    # Energy is 10 - 44: the minimum is due all the same, on top of the credit.
    assert one.close().total == 10 - 44 + 15


@pytest.mark.parametrize("months", [1, 2, 12])
def test_the_minimum_of_a_year_is_settled_once(months: int) -> None:
    # 3 a month of use against 100: the bill of December asks for 64.
    made = tariff(version(energy("1"), minimum=Minimum(amount=D(100), per=FixedPer.YEAR)), cycle=Cycle(months=months))
    one = account(made, "2026-01-01 00:00")
    for year in (2026, 2027):
        for month in range(1, 13):
            use(one, f"{year}-{month:02}-10 00:00", "3")
    one.close_until(one.cycle.end)
    top_ups = [amounts(bill, LineKind.MINIMUM).get("minimum", D(0)) for bill in one.bills]
    a_year = [D(0)] * (12 // months - 1) + [D(64)]
    assert top_ups[: 24 // months] == a_year * 2


def test_the_minimum_of_a_year_in_hours() -> None:
    minimum = Minimum(hours=D(100), quantity=D(2), per=FixedPer.YEAR)
    made = tariff(version(energy("0.5"), minimum=minimum), cycle=Cycle(months=12))
    assert total_of(made, "10").total == 100


def test_the_minimum_of_a_year_with_a_cycle_over_new_year() -> None:
    made = tariff(version(energy("1"), minimum=Minimum(amount=D(100), per=FixedPer.YEAR)), cycle=Cycle(anchor_day=7))
    one = account(made, "2026-11-07 00:00")
    use(one, "2026-11-10 00:00", "10")
    use(one, "2027-01-03 00:00", "10")
    use(one, "2027-01-10 00:00", "10")
    one.close()
    found = [amounts(bill, LineKind.MINIMUM) for bill in one.bills]
    assert found == [{}, {"minimum": D(80)}, {}]
    assert [bill.carry.year_basis for bill in one.bills] == [10, 0, 10]


def test_two_versions_with_the_minimum_of_a_year_ask_for_it_once() -> None:
    old = version(energy("1"), minimum=Minimum(amount=D(50), per=FixedPer.YEAR))
    new = version(energy("1"), "2026-12-11", minimum=Minimum(amount=D(100), per=FixedPer.YEAR))
    assert total_of(tariff(old, new), "10", "2026-12-01 00:00").total == 100


# --- credits ---


def test_credits_of_certain_months() -> None:
    credit = Credit(name="climate", amount=D("36.18"), months=frozenset({4, 10}))
    made = tariff(version(energy("1"), credits=(credit, Credit(name="relief", amount=D(1)))), cycle=Cycle(anchor_day=7))
    one = account(made, "2026-01-07 00:00")
    one.close_until(one.cycle.start + 400 * 86_400)
    found = {(bill.first.month, bill.total) for bill in one.bills}
    assert found == {(month, D("-37.18") if month in (4, 10) else D(-1)) for month in range(1, 13)}

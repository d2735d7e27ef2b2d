"""What exported energy earns, and netting."""

import pytest

from custom_components.panel_meter.core.billing.account import Account
from custom_components.panel_meter.core.billing.bill import LineKind
from custom_components.panel_meter.core.billing.usage import Usage
from custom_components.panel_meter.core.tariff.model import (
    Export,
    ExportMode,
    Fixed,
    Minimum,
    NettingSpan,
    OnChange,
    Tariff,
    Tax,
)
from custom_components.panel_meter.core.tariff.times import Cycle

from .make import KWH, D, account, amounts, at, decimals, energy, feed, night, period, rule, tariff, version

HOUR = 3600


def flow(to: Account, when: str, imported: str, exported: str, zone: str = "UTC", seconds: int = HOUR) -> None:
    """Energy in kWh over an hour, or some seconds."""
    start = at(when, zone)
    to.add(Usage(start, start + seconds, int(D(imported) * KWH), int(D(exported) * KWH)))


def selling(mode: ExportMode, price: str = "0.06", **more: object) -> Tariff:
    return tariff(version(energy("0.20"), export=Export(mode=mode, prices={"default": (D(price),)}, **more)))


def test_nothing_is_earned_without_an_export() -> None:
    for made in (tariff(energy("0.20")), selling(ExportMode.NONE), tariff(version(energy("0.20"), export=Export()))):
        one = account(made, "2026-01-01 00:00")
        flow(one, "2026-01-01 00:00", "5", "9")
        bill = one.close()
        assert (bill.total, bill.exported_kwh, bill.export_earned) == (1, 9, 0)


@pytest.mark.parametrize("mode", [ExportMode.NET_BILLING, ExportMode.BUY_ALL_SELL_ALL])
def test_each_kwh_is_paid_on_the_bill_of_its_cycle(mode: ExportMode) -> None:
    one = account(selling(mode), "2026-01-01 00:00")
    flow(one, "2026-01-01 00:00", "5", "50")
    assert (one.running().cost, one.running().earned) == (1, 3)
    bill = one.close()
    assert (bill.total, bill.export_earned, bill.carry.credit) == (-2, 3, 0)
    assert amounts(bill, LineKind.EXPORT) == {"default": -3}


def test_export_prices_per_period_and_block() -> None:
    # The first 10 kWh sold at 0.08, by night at 0.05; the rest at 0.04 and 0.02. It is a count of its own.
    of = night("00:00-06:00")
    of = energy(
        {"night": ("0.10", "0.20"), "default": ("0.30", "0.40")}, "10", periods=of.periods
    )  # fmt: skip
    prices = {"night": decimals(("0.05", "0.02")), "default": decimals(("0.08", "0.04"))}
    one = account(tariff(version(of, export=Export(prices=prices))), "2026-01-01 00:00")
    flow(one, "2026-01-01 05:00", "20", "4")
    flow(one, "2026-01-01 12:00", "0", "10")
    bill = one.close()
    assert bill.amount(LineKind.ENERGY) == 10 * D("0.10") + 10 * D("0.20")
    assert bill.export_earned == 4 * D("0.05") + 6 * D("0.08") + 4 * D("0.04")


def test_the_price_of_export_for_periods_that_are_not_named() -> None:
    export = Export(prices={"default": (D("0.06"),)})
    for of in (night("00:00-06:00"), energy({"day": "1"}, default_period="day")):
        one = account(tariff(version(of, export=export)), "2026-01-01 00:00")
        flow(one, "2026-01-01 00:00", "0", "10")
        assert one.close().export_earned == D("0.6")


# --- credit that is carried over ---


def test_credit_pays_energy_of_later_cycles_and_is_paid_out_once_a_year() -> None:
    export = Export(mode=ExportMode.CARRYOVER, prices={"default": (D("0.10"),)}, settle_month=3)
    made = tariff(version(energy("0.20"), export=export, fixed=(Fixed(name="b", amount=D(2)),)))
    one = account(made, "2026-01-01 00:00")
    # January earns 6 and pays its own energy: 1 + 2.
    flow(one, "2026-01-10 00:00", "5", "60")
    # February: energy 4 is paid by the credit, 2 of it are left and 1 comes; fixed amounts are due.
    flow(one, "2026-02-10 00:00", "20", "10")
    # March: energy 1, so 2 are left, and 5 come: 7 are paid out.
    flow(one, "2026-03-10 00:00", "5", "50")
    flow(one, "2026-04-10 00:00", "5", "0")
    one.close()
    assert [bill.total for bill in one.bills] == [3, 2, 2 - 7, 3]
    assert [bill.carry.credit for bill in one.bills] == [6, 3, 0, 0]
    assert [bill.export_earned for bill in one.bills] == [6, 1, 5, 0]
    assert amounts(one.bills[1], LineKind.EXPORT)["credit"] == -4
    assert amounts(one.bills[2], LineKind.CREDIT) == {"true-up": -7}
    # Over all cycles nothing is lost: energy and fixed amounts less what was earned.
    assert sum(bill.total for bill in one.bills) == 35 * D("0.20") + 4 * 2 - 12


def test_the_credit_is_settled_with_the_last_day_of_its_month() -> None:
    made = selling(ExportMode.CARRYOVER, price="0.10", settle_month=12)
    for cycle, days in ((Cycle(anchor_day=7), "2026-12-07"), (Cycle(months=12), "2026-01-01"), (Cycle(), "2026-12-01")):
        one = account(tariff(*made.versions, cycle=cycle), f"{days} 00:00")
        flow(one, f"{days} 00:00", "0", "10")
        # A bill of a cycle that is running settles nothing.
        assert one.bill(one.cycle.end - 1).total == 0
        assert one.close().total == -1
    one = account(tariff(*made.versions, cycle=Cycle(anchor_day=7)), "2026-11-07 00:00")
    flow(one, "2026-11-10 00:00", "0", "10")
    assert (one.close().total, one.carry.credit) == (0, 1)


def test_a_minimum_counts_what_credit_paid() -> None:
    made = selling(ExportMode.CARRYOVER, price="0.10")
    made = tariff(version(made.versions[0].energy, export=made.versions[0].export, minimum=Minimum(amount=D(3))))
    one = account(made, "2026-01-01 00:00")
    flow(one, "2026-01-10 00:00", "0", "100")
    flow(one, "2026-02-10 00:00", "20", "0")
    one.close()
    # Energy is 4, the credit takes it to 0, the minimum asks for 3 in both months.
    assert [bill.total for bill in one.bills] == [3, 3]
    assert one.carry.credit == 6


# --- net metering ---


def net_metering(**more: object) -> Tariff:
    periods = (period("peak", rule("12:00-18:00")),)
    return tariff(
        version(
            energy({"peak": "0.50", "default": "0.20"}, periods=periods),
            export=Export(mode=ExportMode.NET_METERING_KWH, **more),
        )
    )


def test_kwh_are_set_off_within_their_period_and_those_left_in_later_cycles() -> None:
    one = account(net_metering(), "2026-01-01 00:00")
    # January: 10 kWh of peak are left over, 5 of the rest of the day are bought.
    flow(one, "2026-01-10 12:00", "20", "30")
    flow(one, "2026-01-10 19:00", "25", "20")
    # February: of 16 at peak 10 are set off.
    flow(one, "2026-02-10 12:00", "16", "0")
    flow(one, "2026-02-10 19:00", "1", "3")
    one.close()
    assert [bill.total for bill in one.bills] == [5 * D("0.20"), 6 * D("0.50")]
    assert [dict(bill.carry.kwh) for bill in one.bills] == [{"peak": 10}, {"default": 2}]
    assert (one.bills[0].imported_kwh, one.bills[0].exported_kwh) == (45, 50)
    assert one.bills[0].export_earned == 0


def test_kwh_that_are_left_are_worth_something_once_a_year() -> None:
    one = account(net_metering(settle_month=2, settle_price=D("0.03")), "2026-01-01 00:00")
    flow(one, "2026-01-10 12:00", "0", "30")
    flow(one, "2026-02-10 12:00", "10", "0")
    flow(one, "2026-03-10 12:00", "10", "0")
    one.close()
    assert [bill.total for bill in one.bills] == [0, -20 * D("0.03"), 5]
    assert [dict(bill.carry.kwh) for bill in one.bills] == [{"peak": 30}, {}, {}]


def test_running_costs_of_net_metering_are_of_what_is_left() -> None:
    one = account(net_metering(), "2026-01-01 00:00", circuits=("oven",))
    start = at("2026-01-10 00:00")
    one.add(Usage(start, start + HOUR, 20 * KWH, 0, 20 * KWH, (10 * KWH,)))
    assert (one.running().cost, one.running().circuits) == (4, (2,))
    ahead = Usage(start + HOUR, start + 2 * HOUR, 0, 5 * KWH, 0, (0,))
    # 15 of 20 kWh are left, and the oven has half of them.
    assert (one.running(ahead).cost, one.running(ahead).circuits) == (3, (D("1.5"),))
    assert one.running().cost == 4


def test_taxes_and_circuits_of_net_metering_are_of_what_is_left() -> None:
    made = net_metering()
    made = tariff(*made.versions, taxes=(Tax(name="vat", percent=D(10)),))
    one = account(made, "2026-01-01 00:00")
    flow(one, "2026-01-10 19:00", "25", "20")
    assert one.close().total == D("1.1")


# --- netting within spans ---


def netting(span: int | NettingSpan, zone: str = "UTC") -> Account:
    made = tariff(version(energy("1"), export=Export(netting=span, prices={"default": (D("0.1"),)})))
    return account(made, "2026-10-20 00:00", zone)


@pytest.mark.parametrize(
    ("span", "imported", "exported"),
    [
        # 2 kWh in and then 4 out within the first quarter of an hour, 6 out an hour later, 4 in the next night.
        (0, "6", "10"),
        (5, "6", "10"),
        (15, "4", "8"),
        (30, "4", "8"),
        (60, "4", "8"),
        # The first day has 2 in and 10 out, the second 4 in.
        (NettingSpan.DAY, "4", "8"),
        (NettingSpan.CYCLE, "0", "4"),
    ],
)
def test_spans_of_netting(span: int | NettingSpan, imported: str, exported: str) -> None:
    one = netting(span)
    flow(one, "2026-10-20 10:00", "1", "0", seconds=300)
    flow(one, "2026-10-20 10:05", "1", "0", seconds=300)
    flow(one, "2026-10-20 10:10", "0", "4", seconds=300)
    flow(one, "2026-10-20 11:00", "0", "6")
    flow(one, "2026-10-21 02:00", "4", "0")
    running = one.running()
    bill = one.close()
    assert (bill.imported_kwh, bill.exported_kwh) == (D(imported), D(exported))
    assert (running.cost, running.earned) == (D(imported), D(exported) / 10)
    assert bill.total == running.cost - running.earned


@pytest.mark.parametrize("span", [15, 30, 60])
def test_long_usage_is_cut_at_the_edges_of_spans(span: int) -> None:
    # 4 kWh in over two hours, 2 kWh out over the second of them: 2 and 0 are left, whatever the rows' length.
    one = netting(span)
    one.add(Usage(at("2026-10-20 10:00"), at("2026-10-20 12:00"), 4 * KWH))
    one.add(Usage(at("2026-10-20 12:00"), at("2026-10-20 14:00"), 4 * KWH, 6 * KWH))
    bill = one.close()
    assert (bill.imported_kwh, bill.exported_kwh) == (4, 2)
    whole, halves = netting(span), netting(span)
    usage = Usage(at("2026-10-20 10:20"), at("2026-10-20 11:40"), 8 * KWH, 4 * KWH)
    whole.add(usage)
    for part in usage.cut([at("2026-10-20 10:37"), at("2026-10-20 11:01")]):
        halves.add(part)
    assert whole.close().lines == halves.close().lines


@pytest.mark.parametrize(
    ("zone", "first"),
    # Hours that come twice are two hours: one buys, the other one sells. Kolkata's hours begin at half past.
    [
        ("Europe/Berlin", "2026-10-25 00:00"),
        ("Europe/Lisbon", "2026-10-25 00:00"),
        ("Asia/Kolkata", "2026-10-25 00:30"),
    ],
)
def test_an_hour_that_comes_twice_is_two_spans(zone: str, first: str) -> None:
    one = netting(60, zone)
    flow(one, first, "2", "0")
    start = at(first) + HOUR
    one.add(Usage(start, start + HOUR, 0, 2 * KWH))
    bill = one.close()
    assert (bill.imported_kwh, bill.exported_kwh) == (2, 2)


def test_a_day_of_netting_is_a_local_day() -> None:
    one = netting(NettingSpan.DAY, "Europe/Berlin")
    # 25 October has 25 hours; its last one is 22:00 UTC.
    flow(one, "2026-10-24 22:00", "2", "0")
    flow(one, "2026-10-25 22:00", "0", "2")
    flow(one, "2026-10-25 23:00", "3", "0")
    bill = one.close()
    assert (bill.imported_kwh, bill.exported_kwh) == (3, 0)


def test_netting_is_within_a_period() -> None:
    of = night("00:00-06:00", ("0.10", "0.30"))
    one = account(tariff(version(of, export=Export(netting=NettingSpan.DAY))), "2026-01-01 00:00")
    flow(one, "2026-01-01 03:00", "4", "0")
    flow(one, "2026-01-01 12:00", "1", "3")
    bill = one.close()
    assert (bill.imported_kwh, bill.exported_kwh, bill.total) == (4, 2, D("0.40"))


def test_spans_end_with_a_version_and_carry_their_order_on() -> None:
    # Blocks go on through the change, so what waits of the old version must be counted first.
    export = Export(netting=NettingSpan.DAY)
    made = tariff(
        version(energy(("1", "2"), "10"), export=export),
        version(energy(("3", "4"), "10"), "2026-01-11", export=export, on_change=OnChange.CARRY),
    )
    one = account(made, "2026-01-01 00:00")
    flow(one, "2026-01-10 12:00", "8", "0")
    flow(one, "2026-01-11 12:00", "5", "0")
    flow(one, "2026-01-12 12:00", "1", "0")
    assert one.running().cost == 8 * 1 + 2 * 3 + 3 * 4 + 4
    assert one.close().total == 8 * 1 + 2 * 3 + 3 * 4 + 4


def test_circuits_draw_what_is_left_after_netting() -> None:
    made = tariff(version(energy("1"), export=Export(netting=15)))
    one = account(made, "2026-01-01 00:00", circuits=("oven", "car"))
    start = at("2026-01-01 00:00")
    # 4 in and 2 out in a quarter hour; the consumption was 8, half of it the car's.
    one.add(Usage(start, start + 300, 4 * KWH, 0, 4 * KWH, (KWH, 2 * KWH)))
    one.add(Usage(start + 300, start + 900, 0, 2 * KWH, 4 * KWH, (KWH, 2 * KWH)))
    bill = one.close()
    assert [circuit.cost for circuit in bill.circuits] == [D("0.5"), 1]
    assert (bill.remainder.cost, bill.energy_cost) == (D("0.5"), 2)


def test_own_production_is_shared_by_all_that_consumes() -> None:
    one = account(tariff(energy("1")), "2026-01-01 00:00", circuits=("oven", "car"))
    start = at("2026-01-01 00:00")
    # 10 are consumed, 4 of them bought: everybody buys 40 % of what they use.
    one.add(Usage(start, start + HOUR, 4 * KWH, 0, 10 * KWH, (5 * KWH, 2 * KWH)))
    # All of it is produced: nothing is bought.
    one.add(Usage(start + HOUR, start + 2 * HOUR, 0, KWH, 10 * KWH, (5 * KWH, 2 * KWH)))
    bill = one.close()
    assert [circuit.cost for circuit in bill.circuits] == [2, D("0.8")]
    assert (bill.remainder.cost, bill.energy_cost) == (D("1.2"), 4)


def test_a_mode_that_changes_inside_a_cycle() -> None:
    made = tariff(
        version(energy("1"), export=Export(prices={"default": (D("0.5"),)})),
        version(energy("1"), "2026-01-11", export=Export(mode=ExportMode.NONE)),
    )
    one = account(made, "2026-01-01 00:00")
    feed(one, "2026-01-10 00:00", "2026-01-12 00:00", kw="0", export_kw="1")
    assert one.close().total == -12

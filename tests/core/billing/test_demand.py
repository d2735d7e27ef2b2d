"""Demand: intervals, windows, means, and what earlier cycles say."""

import pytest

from custom_components.panel_meter.core.billing.bill import Bill, Carry, LineKind
from custom_components.panel_meter.core.billing.demand import CyclePeak
from custom_components.panel_meter.core.billing.usage import Usage
from custom_components.panel_meter.core.tariff.model import Demand, DemandPer, DemandStat, Export, Ratchet
from custom_components.panel_meter.core.tariff.times import Calendar, Cycle

from .make import (
    KWH,
    D,
    account,
    amounts,
    at,
    blocks,
    day_of,
    decimals,
    energy,
    feed,
    rule,
    season,
    tariff,
    use,
    version,
)


def with_demand(*demands: Demand, **more: object) -> object:
    return tariff(version(energy("0"), demand=demands), **more)


def billed(bill: Bill, name: str = "peak") -> tuple[str, str]:
    """Measured and billed kW."""
    found = next(demand for demand in bill.demands if demand.name == name)
    return f"{found.measured_kw.normalize():f}", f"{found.billed_kw.normalize():f}"


PEAK = Demand(name="peak", price=(D(10),))


def test_the_highest_interval_counts_and_is_told_with_its_circuits() -> None:
    one = account(with_demand(PEAK), "2026-01-01 00:00", circuits=("oven", "sauna"))
    feed(one, "2026-01-01 00:00", "2026-01-02 00:00", circuits=("0.4", "0.2"))
    # Two five-minute rows in one quarter hour: 0.5 kWh in it are 2 kW.
    start = at("2026-01-02 00:00")
    one.add(Usage(start, start + 300, 300_000, circuits=(200_000, 0)))
    one.add(Usage(start + 300, start + 600, 200_000, circuits=(50_000, 100_000)))
    bill = one.bill(one.cycle.end)
    (peak,) = bill.demands[0].peaks
    assert (peak.start, peak.end, peak.kw, peak.circuits) == (start, start + 900, 2, (1, D("0.4")))
    assert (bill.total, bill.demands[0].amount) == (20, 20)
    line = next(line for line in bill.lines if line.kind is LineKind.DEMAND)
    assert (line.quantity, line.unit, line.price) == (2, "kW", 10)
    # The first of equal intervals stays.
    use(one, "2026-01-03 00:00", "2", circuits=(0, 0))
    assert one.bill(one.cycle.end).demands[0].peaks == (peak,)


@pytest.mark.parametrize(
    ("interval", "kw"),
    # 1 kWh in five minutes, nothing else: 12, 4, 2 and 1 kW.
    [(5, "12"), (15, "4"), (30, "2"), (60, "1")],
)
def test_lengths_of_intervals(interval: int, kw: str) -> None:
    one = account(with_demand(Demand(name="peak", price=(D(1),), interval_min=interval)), "2026-01-01 00:00")
    one.add(Usage(at("2026-01-01 10:20"), at("2026-01-01 10:25"), KWH))
    assert billed(one.close()) == (kw, kw)


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Asia/Kathmandu", "Australia/Adelaide"])
def test_hours_are_those_of_the_wall_clock(zone: str) -> None:
    # The hour from 10:00 local time holds 2 kWh, those of UTC would hold 1 each.
    one = account(with_demand(Demand(name="peak", price=(D(1),), interval_min=60)), "2026-01-01 12:00", zone)
    use(one, "2026-01-01 10:00", "2", zone=zone)
    bill = one.close()
    assert billed(bill) == ("2", "2")
    assert bill.demands[0].peaks[0].start == at("2026-01-01 10:00", zone)


@pytest.mark.parametrize("step", [300, 900, 3600, 6 * 3600])
def test_half_hours_of_daylight_saving_do_not_shift_the_hours(step: int) -> None:
    # 2:00 becomes 2:30 at 15:30 UTC, and the wall's hour from 2:00 is half an hour long.
    zone = "Australia/Lord_Howe"
    one = account(with_demand(Demand(name="peak", price=(D(1),), interval_min=60)), "2026-10-04 12:00", zone)
    start = at("2026-10-03 12:00")
    for begin in range(start, start + 6 * 3600, step):
        one.add(Usage(begin, begin + step, step * 1000))
    peak = one.bill(one.cycle.end).demands[0].peaks[0]
    assert (peak.kw, peak.start) == (D("3.6"), at("2026-10-03 12:30"))
    # One more hour of double power, from 4:00 on the wall, is 17:00 UTC.
    one.add(Usage(start + 6 * 3600, start + 7 * 3600, 7_200_000))
    assert one.bill(one.cycle.end).demands[0].peaks[0].start == at("2026-10-03 18:00")


def test_usage_of_days_has_its_mean_power() -> None:
    one = account(with_demand(PEAK), "2026-01-01 00:00")
    one.add(Usage(at("2026-01-02 00:07"), at("2026-01-09 00:07"), 7 * 24 * 3 * KWH))
    assert billed(one.close()) == ("3", "3")


def test_windows_of_days_times_and_seasons() -> None:
    summer = season("summer", "12-01", "02-28")
    window = (rule("15:00-21:30", days="weekday", season="summer"), rule("22:00-02:00", days="friday"))
    made = tariff(
        version(energy("0", seasons=(summer,)), demand=(Demand(name="peak", price=(D(1),), window=window),)),
        calendar=Calendar(holidays=frozenset({day_of("2026-01-06")})),
    )
    one = account(made, "2026-01-01 00:00")

    def peak_after(when: str, kwh: str) -> str:
        use(one, when, kwh)
        return billed(one.bill(one.cycle.end))[0]

    # Saturday, a weekday too early, in the last half hour, too late, and on a holiday.
    assert peak_after("2026-01-03 16:00", "9") == "0"
    assert peak_after("2026-01-05 14:00", "9") == "0"
    assert peak_after("2026-01-05 21:00", "2") == "2"
    assert peak_after("2026-01-05 21:30", "9") == "2"
    assert peak_after("2026-01-06 16:00", "9") == "2"
    # The night of Friday goes on until Saturday 2:00.
    assert peak_after("2026-01-10 01:00", "4") == "4"
    assert peak_after("2026-01-10 02:00", "9") == "4"
    # Not in March.
    use(one, "2026-03-02 16:00", "9")
    assert billed(one.close()) == ("0", "0")


def test_the_mean_of_the_highest_days() -> None:
    # The best interval of each day: 6, 5, 4, 3, 2 kW; the second one of the first day does not count.
    demand = Demand(name="peak", price=(D(10),), stat=DemandStat.MEAN_TOP_DAYS, n=4, min_kw=D(1))
    one = account(with_demand(demand), "2026-01-01 00:00")
    for day, kw in ((3, "2"), (4, "4"), (5, "6"), (6, "3"), (7, "5")):
        use(one, f"2026-01-{day:02} 08:00", "1")
        use(one, f"2026-01-{day:02} 10:00", kw)
        use(one, f"2026-01-{day:02} 12:00", "1")
    bill = one.close()
    assert billed(bill) == ("4.5", "4.5")
    assert [peak.kw for peak in bill.demands[0].peaks] == [6, 5, 4, 3]
    assert bill.total == 45
    # With fewer days the mean is that of those there are.
    use(one, "2026-02-01 08:00", "2")
    use(one, "2026-02-02 08:00", "1")
    assert billed(one.close()) == ("1.5", "1.5")
    assert billed(one.close()) == ("0", "1")


def test_days_of_the_mean_are_local_days() -> None:
    # 23:00 and 1:00 in Berlin are two days, in UTC one.
    demand = Demand(name="peak", price=(D(1),), stat=DemandStat.MEAN_TOP_DAYS, n=2)
    one = account(with_demand(demand), "2026-07-01 12:00", "Europe/Berlin")
    use(one, "2026-07-10 01:00", "6", zone="Europe/Berlin")
    use(one, "2026-07-10 23:00", "4", zone="Europe/Berlin")
    use(one, "2026-07-11 01:00", "2", zone="Europe/Berlin")
    assert billed(one.close()) == ("4", "4")


def peaks_of(demand: Demand, *kws: str, begin: str = "2026-01-01 00:00", cycle: Cycle | None = None) -> list[str]:
    """Billed demand of following cycles with these peaks."""
    one = account(with_demand(demand, cycle=cycle or Cycle()), begin)
    for kw in kws:
        start = one.cycle.start + 86_400
        one.add(Usage(start, start + 3600, int(D(kw) * KWH)))
        one.close()
    return [billed(bill)[1] for bill in one.bills]


def test_the_mean_of_the_last_cycles_with_the_floor_of_each() -> None:
    demand = Demand(name="peak", price=(D("40.4"),), stat=DemandStat.MEAN_LAST_CYCLES, n=3, min_kw=D("2.5"),
                    per=DemandPer.YEAR)  # fmt: skip
    # The cycles count 4, 2.5, 7 and 2.5 kW: means of 4, of 6.5 / 2, of 13.5 / 3 and of 12 / 3.
    assert peaks_of(demand, "4", "1", "7", "2") == ["4", "3.25", "4.5", "4"]
    one = account(with_demand(demand), "2026-01-01 00:00")
    use(one, "2026-01-10 00:00", "3")
    # 40.4 a year and kW: 40.4 x 3 / 12 = 10.1
    assert one.close().total == D("10.1")


@pytest.mark.parametrize(
    ("ratchet", "kws", "expected"),
    [
        # Half of the highest of the two cycles before: 10 in November lifts December and January, not February.
        (Ratchet(percent=D(50), cycles=2), "10 1 1 1 1", "10 5 5 1 1"),
        (Ratchet(percent=D(80), cycles=1), "10 1 1", "10 8 1"),
        (Ratchet(percent=D(100), cycles=12), "10 1 1 12 1", "10 10 10 12 12"),
        # A high demand of the cycle itself counts as it is.
        (Ratchet(percent=D(50), cycles=2), "10 6 6 6", "10 6 6 6"),
        # Only demands of January and February are looked back at; the first cycle is November.
        (Ratchet(percent=D(50), cycles=11, months=frozenset({1, 2})), "20 1 10 1 1", "20 1 10 5 5"),
    ],
)
def test_ratchets_over_new_year(ratchet: Ratchet, kws: str, expected: str) -> None:
    demand = Demand(name="peak", price=(D(1),), ratchet=ratchet)
    assert peaks_of(demand, *kws.split(), begin="2025-11-01 00:00") == expected.split()


def test_what_was_billed_is_no_peak_of_later_cycles() -> None:
    # The ratchet looks at measured demand: it does not lift itself for ever.
    demand = Demand(name="peak", price=(D(1),), ratchet=Ratchet(percent=D(100), cycles=1))
    assert peaks_of(demand, "8", "2", "1", "1") == ["8", "8", "2", "1"]


def test_earlier_peaks_may_be_given() -> None:
    demand = Demand(name="peak", price=(D(1),), ratchet=Ratchet(percent=D(50), cycles=12))
    carry = Carry(peaks={"peak": (CyclePeak(2025, 12, D(20)),), "other": (CyclePeak(2025, 12, D(90)),)})
    one = account(with_demand(demand), "2026-01-01 00:00", carry=carry)
    assert billed(one.close()) == ("0", "10")


def test_blocks_of_demand_add_up() -> None:
    # The first 2 kW at 5, up to 6 kW at 8, the rest at 10.
    demand = Demand(name="peak", price=decimals(["5", "8", "10"]), blocks=blocks("2", "6"))
    for kw, expected in (("1", 5), ("2", 10), ("5", 10 + 24), ("8", 10 + 32 + 20)):
        one = account(with_demand(demand), "2026-01-01 00:00")
        use(one, "2026-01-01 00:00", kw)
        assert one.close().total == expected


@pytest.mark.parametrize(
    ("per", "months", "expected"),
    # 4 kW at 3.10; January, January and February, the year.
    [
        (DemandPer.CYCLE, 1, "12.4"), (DemandPer.DAY, 1, "384.4"), (DemandPer.MONTH, 1, "12.4"),
        (DemandPer.CYCLE, 2, "12.4"), (DemandPer.DAY, 2, "731.6"), (DemandPer.MONTH, 2, "24.8"),
        (DemandPer.YEAR, 3, "3.1"), (DemandPer.YEAR, 12, "12.4"),
    ],
)  # fmt: skip
def test_what_a_price_per_kw_is_for(per: DemandPer, months: int, expected: str) -> None:
    demand = Demand(name="peak", price=(D("3.10"),), per=per)
    one = account(with_demand(demand, cycle=Cycle(months=months)), "2026-01-01 00:00")
    use(one, "2026-01-10 00:00", "4")
    assert one.close().total == D(expected)


def test_several_demands_add_up() -> None:
    flat = Demand(name="flat", price=(D(1),))
    evening = Demand(name="evening", price=(D(10),), window=(rule("18:00-22:00"),))
    one = account(with_demand(flat, evening), "2026-01-01 00:00")
    use(one, "2026-01-10 12:00", "8")
    use(one, "2026-01-11 19:00", "3")
    assert amounts(one.close(), LineKind.DEMAND) == {"flat": 8, "evening": 30}


def test_netted_demand_is_of_what_is_left() -> None:
    made = tariff(version(energy("0"), demand=(PEAK,), export=Export(netting=15)))
    one = account(made, "2026-01-01 00:00")
    feed(one, "2026-01-01 00:00", "2026-01-01 01:00", kw="5", export_kw="3")
    feed(one, "2026-01-01 01:00", "2026-01-01 02:00", kw="1", export_kw="6")
    assert billed(one.close()) == ("2", "2")


def test_the_running_interval() -> None:
    demand = Demand(name="peak", price=(D(1),), window=(rule("08:00-20:00"),))
    one = account(with_demand(demand), "2026-01-01 00:00", circuits=("oven",))
    start = at("2026-01-01 10:00")
    one.add(Usage(start, start + 300, KWH // 2, circuits=(KWH // 4,)))
    (meter,) = one.cycle.charged[0].meters
    now = meter.running(start + 300)
    assert now is not None
    assert (now.start, now.end, now.kw, now.circuits) == (start, start + 900, 2, (1,))
    # A later one has nothing yet; outside of the window there is none.
    later = meter.running(start + 900)
    assert later is not None
    assert (later.start, later.kw) == (start + 900, 0)
    assert meter.running(at("2026-01-01 20:00")) is None

"""Local days of 23, 24.5 and 25 hours, clocks, holidays and times of day. Power is always 1 kW."""

from decimal import Decimal

import pytest

from custom_components.panel_meter.core.billing.bill import LineKind
from custom_components.panel_meter.core.billing.usage import Usage
from custom_components.panel_meter.core.tariff.model import BlockPer, Demand, Fixed, FixedPer
from custom_components.panel_meter.core.tariff.times import Calendar, ClockKind, Cycle, DayKind, HolidayAs

from .make import (
    KWH,
    D,
    account,
    amounts,
    at,
    day_of,
    energy,
    feed,
    kwh_of,
    next_day,
    night,
    period,
    rule,
    season,
    tariff,
    use,
    version,
)

BERLIN, NEW_YORK, SYDNEY = "Europe/Berlin", "America/New_York", "Australia/Sydney"
LORD_HOWE, CAIRO = "Australia/Lord_Howe", "Africa/Cairo"


@pytest.mark.parametrize(
    ("zone", "day", "span", "expected", "all_day"),
    [
        # The clock jumps from 2:00 to 3:00: six hours of the wall are five.
        (BERLIN, "2026-03-29", "00:00-06:00", "5", "23"),
        (BERLIN, "2026-03-29", "02:00-03:00", "0", "23"),
        (BERLIN, "2026-03-29", "02:30-04:00", "1", "23"),
        (BERLIN, "2026-03-29", "01:30-02:30", "0.5", "23"),
        # It is put back from 3:00 to 2:00: the hour comes twice, and so does each half of it.
        (BERLIN, "2026-10-25", "00:00-06:00", "7", "25"),
        (BERLIN, "2026-10-25", "02:00-03:00", "2", "25"),
        (BERLIN, "2026-10-25", "02:30-04:00", "2", "25"),
        (BERLIN, "2026-10-25", "01:30-02:30", "1.5", "25"),
        (BERLIN, "2026-06-01", "02:54-15:24", "12.5", "24"),
        (NEW_YORK, "2026-03-08", "00:00-06:00", "5", "23"),
        (NEW_YORK, "2026-03-08", "16:00-21:00", "5", "23"),
        (NEW_YORK, "2026-11-01", "00:00-06:00", "7", "25"),
        (NEW_YORK, "2026-11-01", "01:00-02:00", "2", "25"),
        # South of the equator it is the other way round.
        (SYDNEY, "2026-10-04", "00:00-06:00", "5", "23"),
        (SYDNEY, "2026-04-05", "00:00-06:00", "7", "25"),
        # Half an hour: 2:00 becomes 2:30, and 2:00 becomes 1:30.
        (LORD_HOWE, "2026-10-04", "00:00-06:00", "5.5", "23.5"),
        (LORD_HOWE, "2026-10-04", "02:00-03:00", "0.5", "23.5"),
        (LORD_HOWE, "2026-04-05", "00:00-06:00", "6.5", "24.5"),
        (LORD_HOWE, "2026-04-05", "01:00-02:00", "1.5", "24.5"),
        (LORD_HOWE, "2026-04-05", "01:45-02:00", "0.5", "24.5"),
        # The day begins at 1:00; in autumn its last hour comes twice.
        (CAIRO, "2026-04-24", "00:00-02:00", "1", "23"),
        (CAIRO, "2026-04-24", "00:00-01:00", "0", "23"),
        (CAIRO, "2026-10-29", "23:00-24:00", "2", "25"),
        (CAIRO, "2026-10-29", "22:00-23:00", "1", "25"),
    ],
)
def test_hours_of_a_period_on_days_when_the_clock_changes(
    zone: str, day: str, span: str, expected: str, all_day: str
) -> None:
    one = account(tariff(night(span)), f"{day} 12:00", zone)
    feed(one, f"{day} 00:00", next_day(f"{day} 00:00"), zone=zone)
    bill = one.bill(one.cycle.end)
    assert kwh_of(bill, "night") == D(expected)
    assert bill.imported_kwh == D(all_day)
    assert bill.total == D(expected) * D("0.10") + (D(all_day) - D(expected)) * D("0.30")


@pytest.mark.parametrize("step", [300, 420, 3600, 86_400 * 3])
def test_odd_minutes_cut_the_usage_whatever_its_length(step: int) -> None:
    # Three days of 12.5 hours by night; 2:54 is within the five minutes from 2:50.
    one = account(tariff(night("02:54-15:24")), "2026-06-01 00:00")
    feed(one, "2026-06-01 00:00", "2026-06-04 00:00", kw="0.36", step=step)
    assert kwh_of(one.bill(one.cycle.end), "night") == D("12.5") * 3 * D("0.36")


def test_a_rule_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    # Friday 2026-06-05 22:00 to Saturday 6:00 is a night of a weekday. Saturday's and Sunday's nights are not, and
    # so Monday begins at the other price.
    one = account(tariff(night("22:00-06:00", days="weekday")), "2026-06-01 00:00")
    feed(one, "2026-06-05 12:00", "2026-06-06 12:00")
    assert kwh_of(one.bill(one.cycle.end), "night") == 8
    feed(one, "2026-06-06 12:00", "2026-06-08 12:00")
    assert kwh_of(one.bill(one.cycle.end), "night") == 8
    feed(one, "2026-06-08 12:00", "2026-06-09 12:00")
    assert kwh_of(one.bill(one.cycle.end), "night") == 16


def test_a_season_of_a_rule_over_midnight_is_that_of_its_begin() -> None:
    summer = season("summer", "06-01", "06-30")
    periods = (period("night", rule("22:00-06:00", season="summer")),)
    made = tariff(energy({"night": "0.1", "default": "0.3"}, seasons=(summer,), periods=periods))
    one = account(made, "2026-05-01 00:00")
    feed(one, "2026-05-31 00:00", "2026-06-02 00:00")
    # May's night does not begin in summer, so 1 June has only the two hours from 22:00 on.
    assert kwh_of(one.bills[0], "night") == 0
    assert kwh_of(one.bill(one.cycle.end), "night") == 2
    feed(one, "2026-06-30 12:00", "2026-07-01 12:00")
    assert kwh_of(one.bills[-1], "night") == 2 + 2
    assert kwh_of(one.bill(one.cycle.end), "night") == 6


@pytest.mark.parametrize(
    ("begin", "end", "days"),
    [
        # 28 February holds the 29th too: 1 to 28 February are 28 days, in 2028 29.
        ("02-01", "02-28", {"2026-02": 28, "2028-02": 29, "2028-03": 0}),
        ("11-15", "02-10", {"2026-11": 16, "2026-12": 31, "2026-01": 31, "2026-02": 10, "2026-03": 0}),
        ("02-29", "03-01", {"2026-02": 0, "2026-03": 1, "2028-02": 1, "2028-03": 1}),
    ],
)
def test_days_of_a_season(begin: str, end: str, days: dict[str, int]) -> None:
    seasons = (season("cold", begin, end),)
    cold = (period("cold", rule(season="cold")),)
    made = tariff(energy({"cold": "1", "default": "0"}, seasons=seasons, periods=cold))
    for month, expected in days.items():
        one = account(made, f"{month}-01 00:00")
        for usage_day in range((one.cycle.end - one.cycle.start) // 86_400):
            use(one, f"{month}-{usage_day + 1:02} 00:00", "1", hours=24)
        assert one.close().total == expected, month


# 2026-01-01 is a Thursday, 2026-01-03 a Saturday.
@pytest.mark.parametrize(
    ("holiday_as", "expected"),
    [
        # Thursday the 1st and Saturday the 3rd are holidays; from the 1st to the 7th there are five weekdays.
        (HolidayAs.WEEKEND, {"weekday": 4 * 24, "weekend": 3 * 24}),
        (HolidayAs.WEEKDAY, {"weekday": 5 * 24, "weekend": 2 * 24}),
        (HolidayAs.OWN, {"weekday": 4 * 24, "weekend": 1 * 24, "default": 2 * 24}),
    ],
)
@pytest.mark.parametrize("yearly", [False, True])
def test_holidays(holiday_as: HolidayAs, expected: dict[str, int], yearly: bool) -> None:
    calendar = (
        Calendar(yearly_holidays=frozenset({(1, 1), (1, 3)}), holiday_as=holiday_as)
        if yearly
        else Calendar(holidays=frozenset({day_of("2026-01-01"), day_of("2026-01-03")}), holiday_as=holiday_as)
    )
    periods = (period("weekday", rule(days="weekday")), period("weekend", rule(days="weekend")))
    prices = {"weekday": "3", "weekend": "2", "default": "1"}
    one = account(tariff(energy(prices, periods=periods), calendar=calendar), "2026-01-01 00:00")
    feed(one, "2026-01-01 00:00", "2026-01-08 00:00")
    bill = one.bill(one.cycle.end)
    assert {name: kwh_of(bill, name) for name in prices if kwh_of(bill, name)} == expected


def test_a_rule_may_name_holidays_and_a_holiday_wraps_into_the_next_day() -> None:
    calendar = Calendar(yearly_holidays=frozenset({(12, 25)}), holiday_as=HolidayAs.OWN)
    one = account(tariff(night("22:00-06:00", days="holiday"), calendar=calendar), "2026-12-01 00:00")
    feed(one, "2026-12-24 00:00", "2026-12-27 00:00")
    assert kwh_of(one.bill(one.cycle.end), "night") == 8


def test_a_weekend_of_friday_and_saturday() -> None:
    calendar = Calendar(weekend=frozenset({DayKind.FRIDAY, DayKind.SATURDAY}))
    one = account(tariff(night("00:00-24:00", days="weekend"), calendar=calendar), "2026-01-01 00:00")
    feed(one, "2026-01-02 00:00", "2026-01-05 00:00")
    assert kwh_of(one.bill(one.cycle.end), "night") == 48


@pytest.mark.parametrize(
    ("kind", "zone", "begin", "expected"),
    [
        # 22:00-6:00 by the meter; the power flows from 22:00 to 7:00 by the clock on the wall.
        (ClockKind.LOCAL, BERLIN, "2026-07-01", 8),
        # Standard time is an hour behind: the meter's night is 23:00-7:00 on the wall.
        (ClockKind.STANDARD, BERLIN, "2026-07-01", 8),
        (ClockKind.STANDARD, BERLIN, "2026-01-14", 8),
        # UTC is two hours behind in summer: 0:00-8:00 on the wall, of which seven hours count.
        (ClockKind.UTC, BERLIN, "2026-07-01", 7),
        # Dublin calls its winter the exception, and Sydney's summer is in January.
        (ClockKind.STANDARD, "Europe/Dublin", "2026-07-01", 8),
        (ClockKind.STANDARD, SYDNEY, "2026-01-14", 8),
        # UTC in Sydney in July: 22:00 is 8:00 on the wall.
        (ClockKind.UTC, SYDNEY, "2026-07-01", 0),
    ],
)
def test_the_clock_of_the_meter(kind: ClockKind, zone: str, begin: str, expected: int) -> None:
    one = account(tariff(night("22:00-06:00"), clock=kind), f"{begin} 12:00", zone)
    evening, morning = f"{begin} 22:00", next_day(f"{begin} 07:00")
    feed(one, evening, morning, zone=zone)
    assert kwh_of(one.bill(one.cycle.end), "night") == expected


def test_standard_time_has_no_short_days_and_begins_its_cycles_an_hour_later_in_summer() -> None:
    one = account(tariff(energy("1"), clock=ClockKind.STANDARD), "2026-07-10 00:00", BERLIN)
    assert (one.cycle.start, one.cycle.end) == (at("2026-07-01 01:00", BERLIN), at("2026-08-01 01:00", BERLIN))
    spring = account(tariff(night("00:00-06:00"), clock=ClockKind.STANDARD), "2026-03-29 12:00", BERLIN)
    feed(spring, "2026-03-29 00:00", "2026-03-30 01:00", zone=BERLIN)
    assert kwh_of(spring.bill(spring.cycle.end), "night") == 6


def test_a_tariff_names_its_own_time_zone() -> None:
    one = account(tariff(energy("1"), time_zone="Asia/Jakarta"), "2026-07-10 00:00", BERLIN)
    assert one.cycle.start == at("2026-07-01 00:00", "Asia/Jakarta")


@pytest.mark.parametrize(
    ("zone", "month", "days", "hours"),
    [(BERLIN, "2026-03", 31, 743), (BERLIN, "2026-10", 31, 745), (LORD_HOWE, "2026-04", 30, Decimal("720.5"))],
)
def test_blocks_and_amounts_per_day_count_calendar_days(zone: str, month: str, days: int, hours: Decimal) -> None:
    fixed = Fixed(name="meter", amount=D("0.25"), per=FixedPer.DAY)
    made = tariff(version(energy(("0.10", "0.20"), "10", per=BlockPer.DAY), fixed=(fixed,)))
    one = account(made, f"{month}-01 00:00", zone)
    last = one.cycle.span.end.isoformat()
    bill = feed(one, f"{month}-01 00:00", f"{last} 00:00", zone=zone).close()
    first = D(10 * days)
    assert bill.imported_kwh == hours
    assert bill.amount(LineKind.ENERGY) == first * D("0.10") + (D(hours) - first) * D("0.20")
    assert bill.amount(LineKind.FIXED) == days * D("0.25")


def test_amounts_per_day_of_a_running_cycle_are_due_for_the_days_that_have_begun() -> None:
    fixed = Fixed(name="meter", amount=D("0.25"), per=FixedPer.DAY)
    one = account(tariff(version(energy("1"), fixed=(fixed,))), "2026-03-01 00:00", BERLIN)
    for until, days in (("2026-03-01 00:00", 1), ("2026-03-29 23:59", 29), ("2026-03-30 00:00", 30)):
        assert one.bill(at(until, BERLIN)).total == days * D("0.25")


@pytest.mark.parametrize(
    ("zone", "day", "window", "kw"),
    [
        # The window does not exist on this day.
        (BERLIN, "2026-03-29", "02:00-03:00", "0"),
        # It comes twice; the second time is the higher one.
        (BERLIN, "2026-10-25", "02:00-03:00", "5"),
        (LORD_HOWE, "2026-04-05", "01:30-02:00", "5"),
        # The day begins at 1:00, and power is high from 1:00 to 2:00.
        (CAIRO, "2026-04-24", "00:00-02:00", "5"),
    ],
)
def test_demand_windows_when_the_clock_changes(zone: str, day: str, window: str, kw: str) -> None:
    high = {BERLIN: "2026-10-25 01:00", LORD_HOWE: "2026-04-04 15:00", CAIRO: "2026-04-23 22:00"}[zone]
    demand = Demand(name="peak", price=(D(2),), window=(rule(window),))
    one = account(tariff(version(energy("0"), demand=(demand,))), f"{day} 12:00", zone)
    for begin in range(at(f"{day} 00:00", zone), at(next_day(f"{day} 00:00"), zone), 900):
        power = 5 if at(high) <= begin < at(high) + 1800 else 1
        one.add(Usage(begin, begin + 900, power * KWH // 4))
    bill = one.bill(one.cycle.end)
    assert bill.demands[0].measured_kw == D(kw)
    assert amounts(bill, LineKind.DEMAND) == {"peak": 2 * D(kw)}


def test_a_cycle_begins_where_its_midnight_is_skipped() -> None:
    one = account(tariff(energy("1"), cycle=Cycle(anchor_day=24)), "2026-04-25 00:00", CAIRO)
    assert one.cycle.start == at("2026-04-23 22:00")
    assert one.cycle.span.days == 30

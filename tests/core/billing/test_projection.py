"""What the bill of the running cycle will probably come to."""

from dataclasses import replace

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.panel_meter.core.billing.account import Account
from custom_components.panel_meter.core.billing.projection import Projection, project
from custom_components.panel_meter.core.billing.serial import to_json
from custom_components.panel_meter.core.billing.usage import Usage
from custom_components.panel_meter.core.tariff.model import Fixed, Tariff

from .make import HOUR, D, account, at, energy, feed, night, steady, tariff, version

BERLIN = "Europe/Berlin"


def projected(one: Account, recent: list[Usage], now: str, zone: str = "UTC") -> Projection:
    found = project(one, recent, at(now, zone))
    assert found is not None
    return found


def fed(of: Tariff, begin: str, now: str, kw: str = "1", zone: str = "UTC") -> tuple[Account, list[Usage]]:
    """An account with constant power, and the usage of the last seven days at most."""
    one = feed(account(of, begin, zone), begin, now, kw, zone=zone)
    since = max(at(begin, zone), at(now, zone) - 7 * 86_400)
    return one, list(steady(since, at(now, zone), kw))


@pytest.mark.parametrize(
    "now", ["2026-04-01 01:00", "2026-04-01 23:45", "2026-04-02 12:00", "2026-04-09 06:15", "2026-04-30 23:45"]
)
def test_constant_power_goes_on(now: str) -> None:
    one, recent = fed(tariff(energy("0.25")), "2026-04-01 00:00", now)
    found = projected(one, recent, now)
    assert found.bill.total == 30 * 24 * D("0.25")
    assert found.bill.imported_kwh == 720
    assert not found.bill.closed
    used = D(at(now) - at("2026-04-01 00:00")) / HOUR
    assert found.low.imported_kwh == pytest.approx(used + (720 - used) * D("0.8"))
    assert found.high.imported_kwh == pytest.approx(used + (720 - used) * D("1.2"))


def test_a_month_in_which_the_clock_is_put_back() -> None:
    one, recent = fed(tariff(energy("0.25")), "2026-10-01 00:00", "2026-10-12 00:00", zone=BERLIN)
    assert projected(one, recent, "2026-10-12 00:00", BERLIN).bill.imported_kwh == 31 * 24 + 1


def test_hours_of_the_day_come_again() -> None:
    """Only the nights of the last days had any use."""
    of = tariff(night("00:00-06:00"))
    begin, now = "2026-04-01 00:00", "2026-04-04 00:00"
    one = account(of, begin)
    recent: list[Usage] = []
    for day in range(3):
        start = at(begin) + day * 86_400
        recent += [*steady(start, start + 6 * HOUR), *steady(start + 6 * HOUR, start + 86_400, "0")]
    for usage in recent:
        one.add(usage)
    assert projected(one, recent, now).bill.total == 30 * 6 * D("0.10")


def test_days_of_the_week_come_again() -> None:
    of = tariff(night("00:00-24:00", days="saturday sunday"))
    begin, now = "2026-06-01 00:00", "2026-06-15 00:00"
    one = account(of, begin)
    recent: list[Usage] = []
    for day in range(14):
        start = at(begin) + day * 86_400
        usage = list(steady(start, start + 86_400, "1" if day % 7 in (5, 6) else "0"))
        recent += usage if day >= 7 else []
        for each in usage:
            one.add(each)
    # June 2026 begins on a Monday: four weekends.
    assert projected(one, recent, now).bill.total == 8 * 24 * D("0.10")


def test_charges_of_the_whole_cycle_are_in_it() -> None:
    of = tariff(version(energy("0.25"), fixed=(Fixed(name="service", amount=D(5)),)))
    one, recent = fed(of, "2026-04-01 00:00", "2026-04-11 00:00")
    assert projected(one, recent, "2026-04-11 00:00").bill.total == 180 + 5


def test_nothing_recent_is_no_projection() -> None:
    one = account(tariff(energy("0.25")), "2026-04-01 00:00")
    assert project(one, [], at("2026-04-02 00:00")) is None
    instant = at("2026-04-01 05:00")
    assert project(one, [Usage(instant, instant, 5)], at("2026-04-02 00:00")) is None


def test_a_cycle_that_is_over_is_projected_as_it_is() -> None:
    one, recent = fed(tariff(energy("0.25")), "2026-04-01 00:00", "2026-05-01 00:00")
    assert projected(one, recent, "2026-05-01 00:05").bill.total == 180


@settings(max_examples=30)
@given(
    days=st.integers(1, 29 * 96),
    power=st.sampled_from(["0", "0.4", "1"]),
    known=st.integers(1, 7 * 96),
)
def test_low_and_high_are_around_it_and_the_account_stays(days: int, power: str, known: int) -> None:
    one = account(tariff(energy(["0.10", "0.30"], "300")), "2026-04-01 00:00")
    start = at("2026-04-01 00:00")
    usage = list(steady(start, start + 900 * days, power))
    for each in usage:
        one.add(each)
    before = to_json(one.bill(start + 900 * days))
    found = project(one, usage[-known:], start + 900 * days)
    assert found is not None
    assert found.low.total <= found.bill.total <= found.high.total
    assert found.bill.imported_kwh == 720 * D(power)
    assert to_json(one.bill(start + 900 * days)) == before


def test_recent_usage_that_a_gap_ends_is_used_up_to_now() -> None:
    """The panel has been silent for three days: what it used then is not known, the rest goes on."""
    of = tariff(energy("0.25"))
    one = feed(account(of, "2026-04-01 00:00"), "2026-04-01 00:00", "2026-04-08 00:00")
    recent = [replace(each) for each in steady(at("2026-04-04 00:00"), at("2026-04-08 00:00"))]
    assert projected(one, recent, "2026-04-11 00:00").bill.imported_kwh == 7 * 24 + 20 * 24

"""Prices of the coming hours, and of the last ones where they cannot be known before."""

from custom_components.panel_meter.core.billing.outlook import PriceStep, price_steps
from custom_components.panel_meter.core.billing.running import RunningAccount
from custom_components.panel_meter.core.tariff.model import Dynamic, Tariff
from custom_components.panel_meter.core.tariff.prices import PricePoint, PriceSeries

from .make import HOUR, D, account, at, energy, period, rule, tariff
from .test_running import BERLIN, WIRING, running

PRICE = "sensor.price"
TWO = tariff(energy({"peak": "0.50", "default": "0.10"}, periods=(period("peak", rule("17:30-21:00")),)))


def told(steps: tuple[PriceStep, ...]) -> list[tuple[int, int, str]]:
    return [(step.start, step.end, str(step.price)) for step in steps]


def test_steps_are_cut_where_the_period_changes_and_nowhere_else() -> None:
    now = at("2026-03-27 12:34", "Europe/Berlin")
    dear, cheap = at("2026-03-27 17:30", "Europe/Berlin"), at("2026-03-27 21:00", "Europe/Berlin")
    here = now - now % HOUR
    steps = price_steps(running(TWO), now, 24)
    assert told(steps) == [
        (here, dear, "0.10"),
        (dear, cheap, "0.50"),
        (cheap, here + 24 * HOUR, "0.10"),
    ]
    assert [step.period for step in steps] == ["default", "peak", "default"]


def test_in_the_night_of_23_hours_periods_keep_to_the_clock_on_the_wall() -> None:
    # From noon before the clock is put forward to noon after it there are 23 hours.
    now = at("2026-03-28 12:00", "Europe/Berlin")
    steps = price_steps(running(TWO), now, 34)
    dear = [step for step in steps if step.period == "peak"]
    assert [(step.start, step.end) for step in dear] == [
        (at(f"2026-03-{day} 17:30", "Europe/Berlin"), at(f"2026-03-{day} 21:00", "Europe/Berlin")) for day in (28, 29)
    ]


def test_looking_ahead_changes_nothing() -> None:
    one = running(TWO)
    now = at("2026-03-27 12:00", "Europe/Berlin")
    before = (one.price(now), one.totals())
    price_steps(one, now, 72)
    assert (one.price(now), one.totals()) == before


def test_steps_go_on_over_the_end_of_the_cycle() -> None:
    now = at("2026-03-30 22:00", "Europe/Berlin")
    steps = price_steps(running(TWO), now, 72)
    assert steps[-1].end == now + 72 * HOUR
    assert all(step.price is not None for step in steps)


def test_before_the_tariff_begins_there_is_no_price() -> None:
    assert price_steps(running(TWO), 0, 24) == ()


def _dynamic() -> tuple[Tariff, PriceSeries]:
    of = tariff(energy("0", dynamic=Dynamic(entity_id=PRICE)))
    points = [("10:00", "0.10"), ("11:00", "0.20"), ("11:15", "0.30")]
    return of, PriceSeries(PricePoint(at(f"2026-01-02 {time}"), D(price)) for time, price in points)


def test_prices_of_an_entity_are_those_of_the_past() -> None:
    of, series = _dynamic()
    one = RunningAccount(account(of, "2026-01-01 00:00", prices={PRICE: series}), WIRING, BERLIN)
    now = at("2026-01-02 11:20")
    steps = price_steps(one, now, 2)
    assert steps[-1].end == at("2026-01-02 12:00"), "what comes is not known"
    assert told(steps[-3:]) == [
        (at("2026-01-02 10:00"), at("2026-01-02 11:00"), "0.10"),
        (at("2026-01-02 11:00"), at("2026-01-02 11:15"), "0.20"),
        (at("2026-01-02 11:15"), at("2026-01-02 12:00"), "0.30"),
    ]
    assert steps[0].start == at("2026-01-02 09:00")
    assert steps[0].price is None

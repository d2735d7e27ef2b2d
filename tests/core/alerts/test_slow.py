"""Budgets, price, demand and base load: what is looked at once a minute."""

from dataclasses import replace
from decimal import Decimal

import pytest

from custom_components.panel_meter.core.alerts.finding import DemandFacts, SlowFacts
from custom_components.panel_meter.core.alerts.model import Change
from custom_components.panel_meter.core.alerts.nights import night_minima

from .play import NOON, Play, settings

KWH = 1_000_000
MIDNIGHT = NOON - 12 * 3600
DAY = (MIDNIGHT, MIDNIGHT + 86_400)
#: 20 days are over at noon.
CYCLE = (MIDNIGHT - 20 * 86_400, MIDNIGHT + 10 * 86_400)


def energy(used_today: float, used: float, **more: object) -> SlowFacts:
    facts = SlowFacts(day=DAY, cycle=CYCLE, energy_day=int(used_today * KWH), energy_cycle=int(used * KWH))
    return replace(facts, **more)  # type: ignore[arg-type]


def look(play: Play, slow: SlowFacts) -> list[tuple[str, str, bool]]:
    """Variant, severity and whether it is there."""
    before = len(play.findings)
    play.take(play.watch.look(slow, play.now))
    return [
        (str(each.facts.get("variant", "")), each.severity.value, each.active) for _, each in play.findings[before:]
    ]


def test_a_budget_is_nearly_used_then_exceeded_then_a_new_day_begins() -> None:
    play = Play(rules=settings(energy_budget_day=10, off=["demand_peak"]))
    assert look(play, energy(4.9, 100)) == [("", "info", False)]
    # More than the share of the day that is over, but far from the budget.
    assert look(play, energy(6, 100)) == []
    assert look(play, energy(8.1, 100)) == [("day_ahead", "info", True)]
    assert play.events[-1].alert.facts == {
        "variant": "day_ahead",
        "used_kwh": 8.1,
        "limit_kwh": 10.0,
        "expected_kwh": 16.2,
    }
    assert look(play, energy(9.5, 100)) == []
    assert look(play, energy(10.1, 100)) == [("day", "warning", True)]
    play.now = DAY[1] + 60
    assert look(play, energy(0, 100, day=(DAY[1], DAY[1] + 86_400))) == [("", "info", False)]
    assert [event.change for event in play.events] == [Change.OPENED, Change.REPEATED, Change.RESOLVED]


def test_the_budget_of_the_cycle_wins_and_wants_some_days_first() -> None:
    play = Play(rules=settings(energy_budget_day=10, energy_budget_cycle=200, off=["demand_peak"]))
    early = (MIDNIGHT - 2 * 86_400, MIDNIGHT + 28 * 86_400)
    assert look(play, energy(1, 60, cycle=early)) == [("", "info", False)]
    assert look(play, energy(11, 199)) == [("day", "warning", True)]
    assert look(play, energy(11, 201)) == [("cycle", "warning", True)]
    # The cycle is a new one, the day is still exceeded.
    assert look(play, energy(11, 1, cycle=(MIDNIGHT, MIDNIGHT + 30 * 86_400))) == [("day", "warning", True)]


def test_a_projection_has_a_hysteresis() -> None:
    play = Play(rules=settings(energy_budget_cycle=150, off=["demand_peak"]))
    # 20.5 of 30 days.
    for used, told in ((104, []), (108, [("cycle_ahead", "info", True)]), (104, []), (102, [("", "info", False)])):
        assert [each for each in look(play, energy(1, used)) if each != ("", "info", False) or used == 102] == told


def test_costs_go_by_the_projected_bill() -> None:
    play = Play(rules=settings(cost_budget_cycle=100, cost_budget_day=5, off=["demand_peak"]))
    slow = SlowFacts(day=DAY, cycle=CYCLE, cost_day=Decimal(1), cost_cycle=Decimal(90), currency="EUR")
    assert look(play, replace(slow, cost_projected=Decimal(99))) == [("", "info", False)]
    assert look(play, replace(slow, cost_projected=Decimal("105.01"))) == [("cycle_ahead", "info", True)]
    assert play.events[-1].alert.facts["expected_money"] == 105.01
    assert play.events[-1].alert.facts["currency"] == "EUR"
    assert look(play, replace(slow, cost_cycle=Decimal("100.01"))) == [("cycle", "warning", True)]
    assert look(play, replace(slow, cost_cycle=None, cost_day=None)) == []
    assert look(play, replace(slow, cost_cycle=None)) == []
    assert look(play, replace(slow, cost_projected=Decimal("Infinity"))) == [("cycle_ahead", "info", True)]
    assert look(play, replace(slow, cost_cycle=Decimal("NaN"), cost_day=Decimal("5.01"))) == [("day", "warning", True)]


def test_without_a_budget_nothing_is_said() -> None:
    play = Play()
    assert look(play, energy(1000, 1000, cost_day=Decimal(10**6), price=Decimal(99))) == [("", "info", False)]
    assert [finding.kind for _, finding in play.findings] == ["demand_peak"]


def test_a_price_is_compared_with_the_limit() -> None:
    play = Play(rules=settings(price_limit=0.4, off=["demand_peak"]))
    for price, until, told in (
        ("0.4", None, [("", "info", False)]),
        ("0.41", NOON + 1800, [("until", "info", True)]),
        ("0.50", NOON + 1800, []),
        (None, None, []),
        ("-0.1", None, [("", "info", False)]),
        ("0.9", None, [("", "info", True)]),
    ):
        slow = SlowFacts(price=None if price is None else Decimal(price), price_until=until, currency="EUR")
        assert look(play, slow) == told
    assert play.events[0].alert.facts == {
        "price_rate": 0.41,
        "limit_rate": 0.4,
        "currency": "EUR",
        "variant": "until",
        "left_min": 30,
    }


def demand(so_far: float, highest: float | None = 5.0, start: int = NOON, age: int = 10) -> SlowFacts:
    return SlowFacts(
        demand=DemandFacts(
            start=start, end=start + 900, so_far_kw=so_far, highest_kw=highest, cycle_start=start - age * 86_400
        )
    )


def test_a_new_peak_is_seen_ahead_with_what_makes_it() -> None:
    play = Play()
    play.powers(600, {"main": 7000, "c1": 4000, "c2": 2500})
    # Ten of fifteen minutes are over at 4 kW: with 7 kW it comes to 2.67 + 2.33 = 5.
    assert look(play, demand(2.67)) == [("", "info", False)]
    assert look(play, demand(3.5)) == [("ahead", "warning", True)]
    facts = play.events[-1].alert.facts
    assert facts["circuits"] == "Oven, Heat pump"
    assert facts["left_min"] == 5
    assert facts["expected_kw"] == pytest.approx(3.5 + 7 / 3, abs=0.01)
    # 0.83 kW of the mean are a third of the interval: 2.5 kW must go.
    assert facts["shed_w"] == pytest.approx(2500, abs=10)
    play.powers(200, {"main": 1000})
    assert look(play, demand(3.9)) == [("", "info", False)]


def test_a_peak_that_is_set_stays_until_the_interval_is_over() -> None:
    play = Play()
    play.powers(600, {"main": 9000})
    assert look(play, demand(5.5)) == [("set", "warning", True)]
    play.powers(300, {"main": 100})
    assert look(play, demand(0.0, 5.5, NOON + 900)) == [("", "info", False)]


@pytest.mark.parametrize(
    "slow", [demand(3.5, None), demand(3.5, 0.5), demand(3.5, age=2), demand(3.5, start=NOON - 9000), SlowFacts()]
)
def test_a_peak_that_says_nothing_is_none(slow: SlowFacts) -> None:
    play = Play()
    play.powers(600, {"main": 9000})
    assert look(play, slow) == [("", "info", False)]


def test_a_demand_limit_works_without_a_tariff() -> None:
    play = Play(rules=settings(demand_limit=4))
    play.powers(300, {"main": 2000})
    assert look(play, SlowFacts()) == [("", "info", False)]
    play.powers(300, {"main": 8000})
    assert look(play, SlowFacts()) == [("ahead", "warning", True)]
    play.powers(240, {"main": 100})
    assert look(play, SlowFacts()) == [("", "info", False)]


def test_the_first_minutes_of_an_interval_say_nothing() -> None:
    play = Play(rules=settings(demand_limit=4))
    play.powers(900, {"main": 2000})
    play.powers(120, {"main": 9000})
    assert [each for each in look(play, SlowFacts()) if each[2]] == []
    play.powers(120, {"main": 9000})
    assert look(play, SlowFacts()) == [("ahead", "warning", True)]


def nights(new: float, old: float, *, known: int = 28) -> SlowFacts:
    return SlowFacts(nights=(new,) * 7 + (old,) * known)


def test_a_base_load_that_has_grown_is_told_and_one_that_waned_is_not() -> None:
    play = Play(rules=settings(off=["demand_peak"]))
    assert look(play, nights(200, 180)) == [("", "info", False)]
    assert look(play, nights(250, 180)) == [("", "info", True)]
    assert play.events[-1].alert.facts == {"power_w": 250, "usual_w": 180, "rise_w": 70, "year_kwh": 613}
    assert look(play, nights(225, 180)) == []
    assert look(play, nights(200, 180)) == [("", "info", False)]
    assert look(play, nights(100, 180)) == []
    endless = SlowFacts(nights=(float("inf"), float("nan"), -1.0) + (900.0,) * 4 + (180.0,) * 28)
    for unknown in (endless, nights(900, 180, known=13), SlowFacts(nights=(None,) * 3 + (900.0,) * 4 + (180.0,) * 28)):
        assert look(play, unknown) == []


def test_a_night_is_its_lowest_hour() -> None:
    watts = [300_000, 120_000, 150_000, None, 180_000, 200_000]
    assert night_minima([watts, watts[:4], [], [-5, *watts]]) == (120.0, None, None, 120.0)

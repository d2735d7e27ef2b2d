"""The rules supply exactly the facts that the sentences name."""

from collections.abc import Iterator
from decimal import Decimal

from custom_components.panel_meter.core.alerts.book import MOST_OPEN
from custom_components.panel_meter.core.alerts.finding import DemandFacts, Finding, SlowFacts
from custom_components.panel_meter.core.alerts.model import Kind, Severity
from custom_components.panel_meter.core.model import Channel, Measurements, Phase, Role

from .play import NOON, Play, a_panel, settings
from .test_slow import CYCLE, DAY
from .test_text import FACTS


def loads() -> Play:
    """Everything that a power says."""
    channel = {"power_limit": 1000, "left_on_time": 10}
    play = Play(rules=settings(on=["low_power_factor"], power_limit=100, channels={"c1": channel}), every=10)
    play.watch.learn("c2", [100.0] * 10)
    play.powers(4000, {"c1": 3900, "c2": 3000})
    play.powers(1000, {"c1": 4800, "c2": -300})
    play.powers(1000, {"c1": 9000, "c2": -300})
    play.run(1000, lambda _: Measurements(power=(1000.0,) * 4, power_factor=(0.1,) * 4))
    return play


def supply() -> Play:
    """Everything else that a message says."""
    mains = tuple(
        Channel(id=f"m{each}", name=each, role=Role.MAIN, phase=Phase(each), rating=25) for each in ("L1", "L2", "L3")
    )
    play = Play(a_panel(*mains), every=1)
    play.run(1200, lambda _: Measurements(power=(5500.0, 50.0, 50.0), frequency=51.0, temperature=99.0))
    for volts in ((254, 254, 254), (300, 254, 254), (205, 205, 205), (180, 205, 205), (245, 230, 225), (230, 230, 230)):
        play.volts(1200, *volts)
    play.volts(1200, 230, 0, 230)
    play.volts(1200, 230, 230, 230)
    play.volts(30, 270, 190, 230)
    play.take(play.watch.offline(connected=False, now=play.now))
    play.take(play.watch.offline(connected=False, now=play.now + 9999))
    return play


def slow() -> Play:
    """Everything that is looked at once a minute."""
    budgets = {f"{kind}_budget_{span}": 10 for kind in ("energy", "cost") for span in ("day", "cycle")}
    play = Play(rules=settings(**budgets, price_limit=0.3))
    play.powers(300, {"main": 9000})

    def look(**facts: object) -> None:
        play.take(play.watch.look(SlowFacts(day=DAY, cycle=CYCLE, currency="EUR", **facts), play.now))  # type: ignore[arg-type]

    for day, cycle in ((9, 1), (11, 1), (1, 9), (1, 11)):
        look(
            energy_day=day * 1_000_000, energy_cycle=cycle * 1_000_000, cost_day=Decimal(day), cost_cycle=Decimal(cycle)
        )
    for until in (None, int(play.now) + 600):
        look(price=Decimal(1), price_until=until)
        look(price=Decimal(0))
    for so_far in (2.0, 9.0):
        look(demand=DemandFacts(start=NOON, end=NOON + 900, so_far_kw=so_far, highest_kw=5, cycle_start=0))
    look(nights=(900.0,) * 7 + (100.0,) * 28)
    return play


def by_hand() -> Iterator[Finding]:
    """What the book itself says."""
    play = Play()
    play.book.create("p1", None, Severity.INFO, "x", NOON)
    for number in range(MOST_OPEN + 1):
        finding = Finding(channel=f"c{number}", kind=Kind.OVERLOAD, severity=Severity.WARNING, active=True)
        play.book.found("p1", finding, NOON)
    for alert in play.book.open:
        if alert.kind is Kind.CUSTOM:
            yield Finding(channel=None, kind=alert.kind, severity=alert.severity, facts=alert.facts, active=True)


def test_rules_supply_the_facts_of_the_sentences() -> None:
    found: dict[str, set[frozenset[str]]] = {}
    findings = [finding for play in (loads(), supply(), slow()) for _, finding in play.findings]
    for finding in (*findings, *by_hand()):
        if finding.active:
            variant = finding.facts.get("variant")
            name = f"{finding.kind}.{variant}" if variant else str(finding.kind)
            found.setdefault(name, set()).add(frozenset(finding.facts) - {"variant"})
    assert found == {name: {frozenset(facts)} for name, facts in FACTS.items()}

"""The rules of what changes slowly: budgets, the price, the demand of the running interval."""

from dataclasses import dataclass
from typing import Final

from .finding import DemandFacts, Finding, SlowFacts
from .latch import begun, over
from .model import Fact, Kind, Severity
from .settings import AlertSettings

#: A day's budget is about to be exceeded when this share of it is used and more of it than of the day.
DAY_NEARLY: Final = 0.8
#: The cycle's is when so much of the cycle is over that its average means something, and that comes to so much more.
CYCLE_KNOWN: Final = 0.2
AHEAD: Final = 1.05
AHEAD_OVER: Final = 1.0
#: A demand interval says something of itself after this share of it, and nothing can be done in its last minute.
DEMAND_KNOWN: Final = 0.2
DEMAND_TOO_LATE: Final = 60
DEMAND_ABOVE: Final = 1.02
DEMAND_OVER: Final = 0.97
#: The first days of a cycle set one peak after the other.
YOUNG_CYCLE: Final = 3 * 86_400
#: A peak below this many kW is none worth a word.
LEAST_PEAK: Final = 1.0

#: How bad a budget stands, by the variant of its sentence; "" is well.
_RANKS: Final = ("", "day_ahead", "cycle_ahead", "day", "cycle")


class BudgetWatch:
    """The budgets of day and cycle, of energy or of cost."""

    def __init__(self, kind: Kind, day: float | None, cycle: float | None) -> None:
        """The budgets in kWh or in the currency; None: none."""
        self.kind = kind
        self._limits = {"day": day, "cycle": cycle}
        self._told: str | None = None

    def look(self, slow: SlowFacts, now: float) -> Finding | None:
        """Compare what is used; a kind of budget has one alert, which says the worst."""
        states = [
            (variant, used, limit, expected)
            for span, limit in self._limits.items()
            if limit is not None and (used := self._used(slow, span)) is not None
            for variant, expected in [self._state(slow, span, used, limit, now)]
        ]
        if not states:
            return None
        known = len(states) == sum(limit is not None for limit in self._limits.values())
        variant, used, limit, expected = max(states, key=lambda state: _RANKS.index(state[0]))
        if variant == self._told or not (variant or known):
            return None
        self._told = variant
        if not variant:
            return over(None, self.kind)
        severity = Severity.INFO if variant.endswith("_ahead") else Severity.WARNING
        return begun(None, self.kind, severity, **self._facts(slow, variant, used, limit, expected))

    def _used(self, slow: SlowFacts, span: str) -> float | None:
        if self.kind is Kind.ENERGY_BUDGET:
            energy = slow.energy_day if span == "day" else slow.energy_cycle
            return None if energy is None else energy / 1_000_000
        cost = slow.cost_day if span == "day" else slow.cost_cycle
        return None if cost is None or not cost.is_finite() else float(cost)

    def _state(self, slow: SlowFacts, span: str, used: float, limit: float, now: float) -> tuple[str, float]:
        """The variant, and what it will come to."""
        if used > limit:
            return span, used
        ends = slow.day if span == "day" else slow.cycle
        if ends is None or not ends[0] < now < ends[1]:
            return "", used
        elapsed = (now - ends[0]) / (ends[1] - ends[0])
        expected = used / max(elapsed, 0.001)
        projected = slow.cost_projected if span == "cycle" and self.kind is Kind.COST_BUDGET else None
        if projected is not None and projected.is_finite():
            expected = float(projected)
        elif elapsed < CYCLE_KNOWN or (span == "day" and used < limit * DAY_NEARLY):
            return "", used
        ahead = f"{span}_ahead"
        least = AHEAD_OVER if self._told == ahead else AHEAD
        return (ahead, expected) if expected > limit * least else ("", used)

    def _facts(self, slow: SlowFacts, variant: str, used: float, limit: float, expected: float) -> dict[str, Fact]:
        unit, digits = ("kwh", 1) if self.kind is Kind.ENERGY_BUDGET else ("money", 2)
        facts: dict[str, Fact] = {"variant": variant, f"used_{unit}": round(used, digits)}
        facts[f"limit_{unit}"] = round(limit, digits)
        if variant.endswith("_ahead"):
            facts[f"expected_{unit}"] = round(expected, digits)
        if self.kind is Kind.COST_BUDGET:
            facts["currency"] = slow.currency
        return facts


class PriceWatch:
    """The price of the next kWh."""

    def __init__(self, limit: float) -> None:
        """``limit`` in the currency for each kWh."""
        self._limit = limit
        self._on: bool | None = None

    def look(self, slow: SlowFacts, now: float) -> Finding | None:
        """Compare the price."""
        if slow.price is None or not slow.price.is_finite():
            return None
        price, was = float(slow.price), self._on
        self._on = price > self._limit
        if self._on is was:
            return None
        if not self._on:
            return over(None, Kind.HIGH_PRICE)
        facts: dict[str, Fact] = {"price_rate": round(price, 5), "limit_rate": round(self._limit, 5)}
        if slow.price_until is not None and slow.price_until > now:
            facts |= {"variant": "until", "left_min": round((slow.price_until - now) / 60)}
        return begun(None, Kind.HIGH_PRICE, Severity.INFO, **facts, currency=slow.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandLoad:
    """What the panel draws now: power in W and the names of the largest circuits."""

    power: float
    circuits: str


class DemandWatch:
    """Whether the running demand interval will set a new peak."""

    def __init__(self, limit: float | None) -> None:
        """``limit`` in kW; None: the highest demand of the cycle."""
        self._limit = limit
        self._told: str | None = None

    def look(self, demand: DemandFacts | None, load: DemandLoad | None, now: float) -> Finding | None:
        """Work out what the interval comes to if everything stays as it is."""
        limit = None if demand is None else self._least(demand, now)
        if demand is None or load is None or limit is None or not demand.start <= now < demand.end:
            return self._over()
        length, left = demand.end - demand.start, demand.end - now
        expected = demand.so_far_kw + max(load.power, 0.0) / 1000 * left / length
        if demand.so_far_kw > limit:
            return self._tell("set", load, {"so_far_kw": round(demand.so_far_kw, 2), "limit_kw": round(limit, 2)})
        ahead = self._told == "ahead"
        if expected <= limit * (DEMAND_OVER if ahead else DEMAND_ABOVE):
            return self._over()
        if not ahead and (left > length * (1 - DEMAND_KNOWN) or left < DEMAND_TOO_LATE):
            return None
        shed = (expected - limit) * 1000 * length / left
        facts: dict[str, Fact] = {
            "expected_kw": round(expected, 2),
            "limit_kw": round(limit, 2),
            "left_min": max(round(left / 60), 1),
            "shed_w": round(min(shed, load.power)),
        }
        return self._tell("ahead", load, facts)

    def _least(self, demand: DemandFacts, now: float) -> float | None:
        if self._limit is not None:
            return self._limit
        if demand.highest_kw is None or demand.highest_kw < LEAST_PEAK or now - demand.cycle_start < YOUNG_CYCLE:
            return None
        return demand.highest_kw

    def _tell(self, variant: str, load: DemandLoad, facts: dict[str, Fact]) -> Finding | None:
        if self._told == variant:
            return None
        self._told = variant
        return begun(None, Kind.DEMAND_PEAK, Severity.WARNING, **facts, variant=variant, circuits=load.circuits or "-")

    def _over(self) -> Finding | None:
        if self._told == "":
            return None
        self._told = ""
        return over(None, Kind.DEMAND_PEAK)


def budgets(settings: AlertSettings) -> list[BudgetWatch]:
    """The budgets that are set and switched on."""
    found = []
    for kind, name in ((Kind.ENERGY_BUDGET, "energy_budget"), (Kind.COST_BUDGET, "cost_budget")):
        day, cycle = settings.threshold(f"{name}_day"), settings.threshold(f"{name}_cycle")
        if settings.is_on(kind) and (day is not None or cycle is not None):
            found.append(BudgetWatch(kind, day, cycle))
    return found

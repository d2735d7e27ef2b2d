"""The nouns of alerts.

Instants are whole UTC seconds. What an alert says is not stored as a sentence but as its kind and the facts in it, so
that everybody reads it in their own language.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

#: A value that a sentence of an alert names: a number in the unit of its name (``power_w``), or a text.
type Fact = int | float | str


class Severity(StrEnum):
    """How much an alert matters."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Kind(StrEnum):
    """What an alert is about."""

    #: Power above a threshold of the user's for a time.
    HIGH_POWER = "high_power"
    #: More than 80 % of the breaker's rating for long (continuous load).
    CONTINUOUS_LOAD = "continuous_load"
    #: More than the breaker's rating.
    OVERLOAD = "overload"
    OVERVOLTAGE = "overvoltage"
    UNDERVOLTAGE = "undervoltage"
    FREQUENCY = "frequency"
    PHASE_IMBALANCE = "phase_imbalance"
    LOW_POWER_FACTOR = "low_power_factor"
    PHASE_LOST = "phase_lost"
    #: The voltages of the phases drift apart against each other.
    NEUTRAL_LOST = "neutral_lost"
    #: A load delivers power: its clamp sits the wrong way round.
    REVERSED_CLAMP = "reversed_clamp"
    OFFLINE = "offline"
    HIGH_TEMPERATURE = "high_temperature"
    #: What is drawn when the home sleeps has grown.
    BASE_LOAD = "base_load"
    ENERGY_BUDGET = "energy_budget"
    COST_BUDGET = "cost_budget"
    #: The running demand interval is about to set a new peak of the cycle.
    DEMAND_PEAK = "demand_peak"
    #: A circuit is on for longer than it should be.
    LEFT_ON = "left_on"
    HIGH_PRICE = "high_price"
    #: Far more power than this channel usually draws.
    POWER_SPIKE = "power_spike"
    #: Created by hand.
    CUSTOM = "custom"


class Change(StrEnum):
    """What happened to an alert; also the types of events that automations hear."""

    OPENED = "opened"
    #: The condition came back soon after it was over, or got worse; counted instead of opened anew.
    REPEATED = "repeated"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert from its opening on; it is open as long as it is not resolved."""

    #: Unique in the ledger, rising.
    id: int
    panel: str
    #: None: of the whole panel.
    channel: str | None = None
    kind: Kind
    severity: Severity
    #: What its sentence names, by the placeholder's name; of a custom one ``message``.
    facts: Mapping[str, Fact] = field(default_factory=dict)
    opened: int
    #: When the condition was last seen.
    seen: int
    repeats: int = 0
    acknowledged: int | None = None
    #: Name of the person, or None.
    acknowledged_by: str | None = None
    resolved: int | None = None
    #: Name of the person; None: it resolved by itself.
    resolved_by: str | None = None
    #: Nobody is to be told of it before.
    snoozed_until: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is not resolved."""
        return self.resolved is None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEvent:
    """An alert as it is after a change."""

    change: Change
    alert: Alert

"""Triggers for automations: what happens to alerts."""

from typing import ClassVar, Final, override

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.trigger import Trigger, TriggerActionRunner, TriggerConfig, TriggerNotTriggeredReporter
from homeassistant.helpers.typing import ConfigType
import voluptuous as vol

from .alerts.filter import ANY_KIND_SCHEMA, ONE_KIND_SCHEMA, AlertFilter
from .alerts.keeper import SIGNAL_ALERT, alert_keeper
from .core.alerts.model import AlertEvent, Change, Kind

#: A sentence whose variant ends like this says that a budget will be used up; it is not yet.
AHEAD: Final = "_ahead"


class AlertTrigger(Trigger):
    """Fires when an alert that the options admit changes in a certain way."""

    changes: ClassVar[frozenset[Change]]
    #: Empty: the options choose.
    kinds: ClassVar[frozenset[Kind]] = frozenset()
    schema: ClassVar[vol.Schema] = ANY_KIND_SCHEMA

    @classmethod
    @override
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Check the options."""
        checked: ConfigType = cls.schema(config)
        return checked

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Take validated options."""
        super().__init__(hass, config)
        self._filter = AlertFilter.from_options(config.options, self.kinds)

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: TriggerNotTriggeredReporter | None = None
    ) -> CALLBACK_TYPE:
        """Listen, also while the entry of Panel Meter is loaded anew."""

        @callback
        def heard(event: AlertEvent) -> None:
            if self.means(event) and self._filter.admits(self._hass, event.alert):
                told = alert_keeper(self._hass).as_json(event.alert)
                run_action({"change": event.change.value, "alert": told}, f"alert {event.change}")

        return async_dispatcher_connect(self._hass, SIGNAL_ALERT, heard)

    def means(self, event: AlertEvent) -> bool:
        """Whether the trigger is about this change."""
        return event.change in self.changes


class AlertOpened(AlertTrigger):
    """An alert was opened."""

    changes = frozenset({Change.OPENED})


class AlertAcknowledged(AlertTrigger):
    """Somebody has read an alert."""

    changes = frozenset({Change.ACKNOWLEDGED})


class AlertResolved(AlertTrigger):
    """An alert is over."""

    changes = frozenset({Change.RESOLVED})


class BudgetCrossed(AlertTrigger):
    """The budget of energy or cost of a day or cycle is used up; not yet when it only will be."""

    changes = frozenset({Change.OPENED, Change.REPEATED})
    kinds = frozenset({Kind.ENERGY_BUDGET, Kind.COST_BUDGET})
    schema = ONE_KIND_SCHEMA

    @override
    def means(self, event: AlertEvent) -> bool:
        """An alert that said that the budget will be crossed is repeated when it is."""
        return super().means(event) and not str(event.alert.facts.get("variant", "")).endswith(AHEAD)


class DemandPeakAhead(AlertTrigger):
    """The running demand interval is about to set a new peak of the cycle."""

    changes = frozenset({Change.OPENED, Change.REPEATED})
    kinds = frozenset({Kind.DEMAND_PEAK})
    schema = ONE_KIND_SCHEMA


class CircuitLeftOn(AlertTrigger):
    """A circuit is on for longer than it should be."""

    changes = frozenset({Change.OPENED, Change.REPEATED})
    kinds = frozenset({Kind.LEFT_ON})
    schema = ONE_KIND_SCHEMA


TRIGGERS: Final[dict[str, type[Trigger]]] = {
    "alert_opened": AlertOpened,
    "alert_acknowledged": AlertAcknowledged,
    "alert_resolved": AlertResolved,
    "budget_crossed": BudgetCrossed,
    "demand_peak_ahead": DemandPeakAhead,
    "circuit_left_on": CircuitLeftOn,
}


async def async_get_triggers(_hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """The triggers by their keys."""
    return TRIGGERS

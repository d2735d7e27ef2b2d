"""Conditions for automations: whether an alert is open."""

from collections.abc import Callable
from typing import Final, Unpack, override

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.condition import Condition, ConditionCheckParams, ConditionConfig
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.typing import ConfigType

from .alerts.filter import ANY_KIND_SCHEMA, AlertFilter
from .alerts.keeper import SIGNAL_ALERT, open_alerts
from .core.alerts.model import AlertEvent


class AlertIsOpen(Condition):
    """True while an alert that the options admit is open."""

    @classmethod
    @override
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Check the options."""
        checked: ConfigType = ANY_KIND_SCHEMA(config)
        return checked

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Take validated options."""
        super().__init__(hass, config)
        self._filter = AlertFilter.from_options(config.options)

    @override
    async def _async_track_changes(self, action: Callable[[], None]) -> CALLBACK_TYPE:
        @callback
        def heard(_event: AlertEvent) -> None:
            action()

        return async_dispatcher_connect(self._hass, SIGNAL_ALERT, heard)

    @override
    def _async_check(self, **_kwargs: Unpack[ConditionCheckParams]) -> bool:
        return any(self._filter.admits(self._hass, alert) for alert in open_alerts(self._hass))


CONDITIONS: Final[dict[str, type[Condition]]] = {"alert_is_open": AlertIsOpen}


async def async_get_conditions(_hass: HomeAssistant) -> dict[str, type[Condition]]:
    """The conditions by their keys."""
    return CONDITIONS

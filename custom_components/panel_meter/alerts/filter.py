"""Which alerts an automation means: those of some devices, severities and kinds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from homeassistant.const import CONF_OPTIONS
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv, device_registry as dr
import voluptuous as vol

from ..action_targets import ATTR_PANELS
from ..core.alerts.model import Alert, Kind, Severity
from ..identity import channel_device, panel_device

ATTR_SEVERITY: Final = "severity"
ATTR_KIND: Final = "kind"

_DEVICES: Final = {vol.Optional(ATTR_PANELS, default=list): vol.All(cv.ensure_list, [cv.string])}
_SEVERITIES: Final = {
    vol.Optional(ATTR_SEVERITY, default=list): vol.All(cv.ensure_list, [vol.In([each.value for each in Severity])])
}
_KINDS: Final = {
    vol.Optional(ATTR_KIND, default=list): vol.All(cv.ensure_list, [vol.In([each.value for each in Kind])])
}

#: Options of triggers and conditions that leave open what the alert is about, and of those that are about one kind.
ANY_KIND_SCHEMA: Final = vol.Schema({vol.Required(CONF_OPTIONS, default=dict): {**_DEVICES, **_SEVERITIES, **_KINDS}})
ONE_KIND_SCHEMA: Final = vol.Schema({vol.Required(CONF_OPTIONS, default=dict): _DEVICES})


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFilter:
    """What is empty admits everything."""

    #: Ids of devices of panels and circuits in Home Assistant.
    devices: frozenset[str] = frozenset()
    severities: frozenset[Severity] = frozenset()
    kinds: frozenset[Kind] = frozenset()

    @classmethod
    def from_options(cls, options: Mapping[str, object] | None, kinds: frozenset[Kind] = frozenset()) -> Self:
        """Read validated options; ``kinds`` are those that a trigger is about in any case."""
        given = options or {}
        return cls(
            devices=frozenset(_texts(given.get(ATTR_PANELS))),
            severities=frozenset(Severity(each) for each in _texts(given.get(ATTR_SEVERITY))),
            kinds=kinds or frozenset(Kind(each) for each in _texts(given.get(ATTR_KIND))),
        )

    @callback
    def admits(self, hass: HomeAssistant, alert: Alert) -> bool:
        """Whether the alert is meant. A panel includes its circuits, a circuit only itself."""
        if self.severities and alert.severity not in self.severities:
            return False
        if self.kinds and alert.kind not in self.kinds:
            return False
        return not self.devices or self._is_of_a_device(hass, alert)

    def _is_of_a_device(self, hass: HomeAssistant, alert: Alert) -> bool:
        sought = {panel_device(alert.panel)}
        if alert.channel is not None:
            sought.add(channel_device(alert.panel, alert.channel))
        registry = dr.async_get(hass)
        found = (registry.async_get(device_id) for device_id in self.devices)
        return any(sought & device.identifiers for device in found if device is not None)


def _texts(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []

"""Where the settings of alerts are kept: in the panel's subentry, and for notifications in the hub's options."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Self

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant, callback

from ..core.alerts.settings import AlertSettings
from ..core.model import Panel
from ..panel import PanelRuntime

CONF_ALERTS: Final = "alerts"
#: False: the owner has switched all alerts of the panel off. The rules themselves are kept for when they are on again.
CONF_WATCHED: Final = "watched"


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelAlerts:
    """What the owner decided about the alerts of a panel."""

    watched: bool = True
    rules: AlertSettings = field(default_factory=AlertSettings)

    @classmethod
    def from_subentry(cls, subentry: ConfigSubentry) -> Self:
        """Read a panel's subentry; what somebody wrote into it that is impossible is passed over."""
        data = subentry.data.get(CONF_ALERTS)
        if not isinstance(data, Mapping):
            return cls()
        return cls(watched=data.get(CONF_WATCHED) is not False, rules=AlertSettings.salvaged(data))

    @callback
    def write(
        self, hass: HomeAssistant, entry: ConfigEntry, subentry: ConfigSubentry, description: Panel | None
    ) -> None:
        """Keep this in the panel's subentry; ImpossibleThreshold if limits contradict each other or the panel."""
        if description is not None:
            self.rules.check(description)
        hass.config_entries.async_update_subentry(entry, subentry, data=self.in_data(subentry.data))

    def in_data(self, data: Mapping[str, object]) -> dict[str, object]:
        """The data of a subentry with this in it."""
        kept = self.rules.as_data() if self.watched else {**self.rules.as_data(), CONF_WATCHED: False}
        return {**data, CONF_ALERTS: kept}

    def with_panel_limit(self, name: str, value: float | None) -> Self:
        """The same with another limit of the panel; None: the default."""
        return replace(self, rules=self.rules.with_threshold(name, value))

    def with_channel_limit(self, channel: str, name: str, value: float | None) -> Self:
        """The same with another limit of a channel; None: the default."""
        settings = self.rules.for_channel(channel).with_threshold(name, value)
        return replace(self, rules=self.rules.with_channel(channel, settings))


@callback
def alerts_of(entry: ConfigEntry, panel: PanelRuntime) -> PanelAlerts:
    """The settings of a panel that runs; the defaults while its subentry is being removed."""
    subentry = entry.subentries.get(panel.subentry_id)
    return PanelAlerts() if subentry is None else PanelAlerts.from_subentry(subentry)

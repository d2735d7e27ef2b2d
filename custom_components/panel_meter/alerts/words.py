"""Alerts in words: the sentences of every language, and the names that people gave to panels and circuits."""

from collections.abc import Mapping
from datetime import UTC, datetime
import logging
from pathlib import Path
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType, json_loads_object

from ..core.alerts.model import Alert
from ..core.alerts.text import Texts, Told, told
from ..hub import Hub
from ..identity import channel_device, panel_device

_LOGGER = logging.getLogger(__name__)

#: The language in which every alert has its sentence.
FALLBACK: Final = "en"


class AlertWords:
    """Tells alerts. Without sentences of a language it speaks English."""

    def __init__(self, hass: HomeAssistant, hub: Hub) -> None:
        """Do nothing until ``async_load``."""
        self._hass = hass
        self._hub = hub
        self._texts: Mapping[str, Texts] = {}

    async def async_load(self) -> None:
        """Read the sentences of all languages."""
        self._texts = await self._hass.async_add_executor_job(_load, Path(__file__).parent.parent / "texts")

    @callback
    def told(self, alert: Alert, language: str | None = None) -> Told:
        """Title and message as plain text; by default in the language of Home Assistant."""
        texts = self._texts_of(language or self._hass.config.language)
        panel = self.panel_name(alert.panel)
        words = told(alert, texts, panel, self.channel_name(alert.panel, alert.channel))
        if len(self._hub.panels) > 1 and panel not in words.title:
            # Every apartment has a kitchen.
            return Told(f"{words.title} ({panel})", words.message)
        return words

    def panel_name(self, panel: str) -> str:
        """What people call a panel; its id if it is gone."""
        runtime = self._hub.panels.get(panel)
        return self._renamed(panel) or (runtime.name if runtime else panel)

    def channel_name(self, panel: str, channel: str | None) -> str | None:
        """What people call a circuit; its id if it is gone, None for the whole panel."""
        if channel is None:
            return None
        runtime = self._hub.panels.get(panel)
        channels = runtime.description.channels if runtime and runtime.description else ()
        known = next((each.name for each in channels if each.id == channel), channel)
        return self._renamed(panel, channel) or known

    @callback
    def as_json(self, alert: Alert, language: str | None = None) -> JsonObjectType:
        """The alert for programs: with its sentence, and times as local times with their distance from UTC."""
        words = self.told(alert, language)
        return {
            "id": alert.id,
            "panel": alert.panel,
            "panel_name": self.panel_name(alert.panel),
            "channel": alert.channel,
            "channel_name": self.channel_name(alert.panel, alert.channel),
            "kind": alert.kind.value,
            "severity": alert.severity.value,
            "title": words.title,
            "message": words.message,
            "facts": dict(alert.facts),
            "opened": _local(alert.opened),
            "seen": _local(alert.seen),
            "repeats": alert.repeats,
            "acknowledged": _local(alert.acknowledged),
            "acknowledged_by": alert.acknowledged_by,
            "resolved": _local(alert.resolved),
            "resolved_by": alert.resolved_by,
            "snoozed_until": _local(alert.snoozed_until),
        }

    def _renamed(self, panel: str, channel: str | None = None) -> str | None:
        """The name that a person gave to the device of a panel or circuit."""
        devices, entry = dr.async_get(self._hass), self._hub.entry.entry_id
        if channel is None:
            device = devices.async_get_device_by_identifier(panel_device(panel), entry)
            return device.name_by_user if device else None
        circuit = devices.async_get_child_device_by_identifier(channel_device(panel, channel), entry)
        return circuit.name_by_user if circuit else None

    def _texts_of(self, language: str) -> Texts:
        texts = self._texts
        return texts.get(language) or texts.get(language.partition("-")[0]) or texts[FALLBACK]


def _local(instant: int | None) -> str | None:
    if instant is None:
        return None
    return datetime.fromtimestamp(instant, UTC).astimezone(dt_util.get_default_time_zone()).isoformat()


def _load(folder: Path) -> dict[str, Texts]:
    found = {}
    for path in sorted(folder.glob("alerts.*.json")):
        language = path.name.split(".")[1]
        try:
            found[language] = Texts.from_data(language, json_loads_object(path.read_bytes()))
        except ValueError as error:
            # A contributor's file with a mistake must not keep the meter from running.
            _LOGGER.warning("The sentences of alerts in %s cannot be used: %s", path.name, error)
    found.setdefault(FALLBACK, Texts.from_data(FALLBACK, {}))
    return found

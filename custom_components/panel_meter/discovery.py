"""Panels that nobody has added yet: offered once, and never more of them than a person can look at."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Final

from homeassistant.config_entries import SOURCE_INTEGRATION_DISCOVERY, ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import discovery_flow, issue_registry as ir

from .const import DOMAIN, SUBENTRY_PANEL
from .core.codecs import Message
from .core.model import Panel

MAX_OFFERS: Final = 32
#: Seconds between two looks whether offers were answered while there is no room for more.
LOOK_EVERY: Final = 30.0
ISSUE_FLOOD: Final = "discovery_flood"


class Offers:
    """The offers of one hub."""

    def __init__(self, hass: HomeAssistant, add_at_once: Callable[[Panel], bool]) -> None:
        """``add_at_once`` adds a panel without asking if the user wants that, and says whether it did."""
        self._hass = hass
        self._add_at_once = add_at_once
        self._offered: dict[str, Message] = {}
        self._looked_at = float("-inf")
        self._left_out = False

    @callback
    def see(self, panel: Panel, message: Message) -> None:
        """A panel that is not added spoke; the newest message that tells what it is is kept."""
        if panel.id in self._offered:
            self._offered[panel.id] = message
            return
        if len(self._offered) >= MAX_OFFERS and not self._room():
            self._leave_out()
            return
        self._offered[panel.id] = message
        if not self._add_at_once(panel):
            discovery_flow.async_create_flow(
                self._hass,
                DOMAIN,
                {"source": SOURCE_INTEGRATION_DISCOVERY},
                {
                    "panel": panel.id,
                    "name": panel.name,
                    "codec": panel.codec,
                    "channels": [channel.name for channel in panel.channels],
                },
            )

    @callback
    def forget(self, panel_id: str) -> Message | None:
        """The panel was added: returns the message that told what it is."""
        return self._offered.pop(panel_id, None)

    @callback
    def has_room_again(self) -> bool:
        """True once after offers were answered, if panels had to be left out until then."""
        if not self._left_out or not self._room():
            return False
        self._left_out = False
        ir.async_delete_issue(self._hass, DOMAIN, ISSUE_FLOOD)
        return True

    def _room(self) -> bool:
        """Forget the offers that were answered; a flood makes this look at most once in a while."""
        now = self._hass.loop.time()
        if now - self._looked_at < LOOK_EVERY or not self._hass.is_running:
            return False
        self._looked_at = now
        flows = self._hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        waiting = {flow["context"].get("unique_id") for flow in flows}
        self._offered = {panel: message for panel, message in self._offered.items() if panel in waiting}
        return len(self._offered) < MAX_OFFERS

    def _leave_out(self) -> None:
        if self._left_out:
            return
        self._left_out = True
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            ISSUE_FLOOD,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=ISSUE_FLOOD,
            translation_placeholders={"most": str(MAX_OFFERS)},
        )


def panel_subentry(panel_id: str, name: str, codec: str) -> ConfigSubentry:
    """The subentry of a new panel."""
    return ConfigSubentry(
        data=MappingProxyType({"codec": codec}), subentry_type=SUBENTRY_PANEL, title=name, unique_id=panel_id
    )

"""What a user of Home Assistant may see of the panels: what their permissions let them read of the entities."""

from collections.abc import Iterable
from typing import Final, Self

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..const import DOMAIN
from ..hub import Hub
from ..identity import unique_id

#: The entities that tell of the alerts of a panel, by platform and key; whoever may read one of them sees the alerts.
ALERT_ENTITIES: Final = (("event", "alert"), ("binary_sensor", "problem"))


class Sight:
    """Everything, or the values whose entities may be read.

    A value without an entity, such as one that was deleted, is seen by those only who may read everything.
    """

    def __init__(self, identities: Iterable[str] | None) -> None:
        """``identities`` are those of the entities that may be read; None: everything."""
        self._identities = None if identities is None else frozenset(identities)
        # Identities without a slash are those of the hub.
        parts = [identity.split("/") for identity in self._identities or () if "/" in identity]
        self._panels = {panel for panel, *_ in parts}
        self._channels = {(panel, channel) for panel, channel, *rest in parts if rest}

    @classmethod
    def everything(cls) -> Self:
        """For whoever acts for the house, not for a user."""
        return cls(None)

    @property
    def whole(self) -> bool:
        """Whether everything is seen."""
        return self._identities is None

    def panel(self, panel_id: str) -> bool:
        """Whether anything of a panel is seen."""
        return self.whole or panel_id in self._panels

    def channel(self, panel_id: str, channel_id: str) -> bool:
        """Whether anything of a channel is seen."""
        return self.whole or (panel_id, channel_id) in self._channels

    def value(self, panel_id: str, channel_id: str | None, key: str) -> bool:
        """Whether a value of a channel, or of the panel itself, is seen; ``key`` is that of its entity."""
        return self._identities is None or unique_id(panel_id, channel_id, key) in self._identities

    def alerts(self, panel_id: str) -> bool:
        """Whether the alerts of a panel are seen; they may tell values of every channel."""
        return any(self.value(panel_id, None, key) for _, key in ALERT_ENTITIES)


@callback
def sight_of(hass: HomeAssistant, hub: Hub, user: User) -> Sight:
    """What a user sees now. An inactive user sees nothing."""
    if not user.is_active:
        return Sight(())
    if user.permissions.access_all_entities(POLICY_READ):
        return Sight.everything()
    may_read = user.permissions.check_entity
    return Sight(
        entity.unique_id
        for entity in er.async_entries_for_config_entry(er.async_get(hass), hub.entry.entry_id)
        if entity.platform == DOMAIN and may_read(entity.entity_id, POLICY_READ)
    )


@callback
def may_act(hass: HomeAssistant, user: User, panel_id: str) -> bool:
    """Whether a user may make alerts of a panel and change them: who may control what tells of them."""
    if not user.is_active:
        return False
    if user.permissions.access_all_entities(POLICY_CONTROL):
        return True
    registry = er.async_get(hass)
    found = (
        registry.async_get_entity_id(platform, DOMAIN, unique_id(panel_id, None, key))
        for platform, key in ALERT_ENTITIES
    )
    return any(each is not None and user.permissions.check_entity(each, POLICY_CONTROL) for each in found)

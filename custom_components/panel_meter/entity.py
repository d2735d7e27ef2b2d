"""What all entities of a panel share: their device, their identity and when they write their state."""

from typing import override

from homeassistant.core import callback
from homeassistant.helpers.device_registry import ChildDeviceInfo, DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription

from .core.model import Channel
from .identity import channel_device, panel_device, unique_id
from .panel import PanelRuntime


class PanelEntity(Entity):
    """An entity of a panel, or of one of its channels."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, panel: PanelRuntime, description: EntityDescription, channel: Channel | None = None) -> None:
        """Place the entity on the device of its panel or channel."""
        self.panel = panel
        self.channel = channel
        self.entity_description = description
        self._attr_unique_id = unique_id(panel.id, channel.id if channel else None, description.key)
        self._attr_device_info = _device(panel, channel)
        self._written: object = self

    @override
    async def async_added_to_hass(self) -> None:
        """Write the state whenever values of the channel, or of the panel, are due."""
        self.async_on_remove(self.panel.listen(self.channel.id if self.channel else None, self._update))

    @property
    @override
    def available(self) -> bool:
        """Present values are known while the panel speaks."""
        return self.panel.available

    def _shown(self) -> object:
        """What the state would show now; a state is only written when this changed."""
        raise NotImplementedError

    @callback
    def _update(self) -> None:
        shown = (self.available, self._shown())
        if shown != self._written:
            self._written = shown
            self.async_write_ha_state()


def _device(panel: PanelRuntime, channel: Channel | None) -> DeviceInfo | ChildDeviceInfo:
    if channel is None or panel.device_id is None:
        return DeviceInfo(identifiers={panel_device(panel.id)})
    return ChildDeviceInfo(
        identifiers={channel_device(panel.id, channel.id)}, name=channel.name, parent_device_id=panel.device_id
    )

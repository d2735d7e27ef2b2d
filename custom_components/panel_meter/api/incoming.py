"""Everything that devices post to, made known to Home Assistant."""

from homeassistant.core import HomeAssistant, callback

from ..hub import PanelMeterConfigEntry
from .ingest import IngestView
from .old_paths import async_register_old_paths
from .sources import async_start_sources
from .webhook import async_handle


@callback
def async_register_incoming(hass: HomeAssistant) -> None:
    """Register what is always there; while the hub is not loaded it answers with a sentence."""
    hass.http.register_view(IngestView())


async def async_start_incoming(hass: HomeAssistant, entry: PanelMeterConfigEntry) -> None:
    """Hear the sources of a hub that has started, on the old paths too if the user wants that."""
    await async_start_sources(hass, entry, async_handle)
    if entry.runtime_data.options.old_paths:
        async_register_old_paths(hass)

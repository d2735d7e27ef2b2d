"""What programs can read: REST and WebSocket."""

from homeassistant.core import HomeAssistant, callback

from .alert_commands import register_alert_commands
from .questions import register_ask_command
from .rest import register_views
from .websocket import register_commands


@callback
def async_register_api(hass: HomeAssistant) -> None:
    """Register every address and command, once. They say so while Panel Meter does not run."""
    register_views(hass)
    register_commands(hass)
    register_alert_commands(hass)
    register_ask_command(hass)

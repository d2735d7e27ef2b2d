"""The least that showing a panel can cost: parse once, write plain sensors. Only for comparison."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.discovery import async_load_platform
from homeassistant.helpers.typing import ConfigType

DOMAIN = "bench_floor"


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Add the sensors."""
    hass.async_create_task(async_load_platform(hass, "sensor", DOMAIN, config[DOMAIN], config))
    return True

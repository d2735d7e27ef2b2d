"""Backups of Home Assistant hold a whole ledger: nothing is written, and so acknowledged, while one is made."""

from homeassistant.core import HomeAssistant

from .const import DOMAIN


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Hold the ledger still."""
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        await entry.runtime_data.writer.pause()


async def async_post_backup(hass: HomeAssistant) -> None:
    """Go on writing."""
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        entry.runtime_data.writer.resume()

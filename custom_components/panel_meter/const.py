"""Names and bounds that more than one file of the integration needs."""

from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "panel_meter"
MANUFACTURER: Final = "Panel Meter"
PLATFORMS: Final = (
    Platform.BINARY_SENSOR,
    Platform.EVENT,
    Platform.NUMBER,
    Platform.SENSOR,
    Platform.SWITCH,
    Platform.TODO,
)

SUBENTRY_PANEL: Final = "panel"
#: What the owner says of a panel for people and programs to read; Panel Meter itself makes nothing of it.
PANEL_TEXTS: Final = ("type", "location", "description")
SUBENTRY_TARIFF: Final = "tariff"
SUBENTRY_SOURCE: Final = "source"

CONF_BASE_TOPIC: Final = "base_topic"
DEFAULT_BASE_TOPIC: Final = "panel_meter"
CONF_HOST_ID: Final = "host_id"

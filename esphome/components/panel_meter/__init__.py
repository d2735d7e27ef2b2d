"""Panel Meter: measures every circuit of an electrical panel and delivers its energy without losing any."""

from esphome.types import ConfigType

from . import actions as actions
from .checks import CONFIG_SCHEMA
from .const import FILTER_SOURCE_FILES, PanelMeter, panel_meter_ns
from .generation import generate
from .surroundings import final_validate

__all__ = [
    "CONFIG_SCHEMA",
    "FILTER_SOURCE_FILES",
    "FINAL_VALIDATE_SCHEMA",
    "PanelMeter",
    "panel_meter_ns",
    "to_code",
]

FINAL_VALIDATE_SCHEMA = final_validate
DEPENDENCIES = ["time"]
AUTO_LOAD = ["preferences"]


async def to_code(config: ConfigType) -> None:
    """Writes the C++ of one board."""
    await generate(config)

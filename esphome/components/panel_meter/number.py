"""Numbers: what a reference meter shows. Entering it calibrates the gain of a channel or of a voltage input."""

import esphome.codegen as cg
from esphome.components import number
import esphome.config_validation as cv
from esphome.const import (
    CONF_CHANNEL,
    CONF_MODE,
    CONF_VOLTAGE,
    DEVICE_CLASS_POWER,
    DEVICE_CLASS_VOLTAGE,
    ENTITY_CATEGORY_CONFIG,
    UNIT_VOLT,
    UNIT_WATT,
)
from esphome.types import ConfigType

from . import const as pm
from .places import channel_number, check_measured, check_voltage_input, voltage_number

DEPENDENCIES = ["panel_meter"]
FILTER_SOURCE_FILES = pm.FILTER_SOURCE_FILES

CONF_REFERENCE_POWER = "reference_power"
CONF_REFERENCE_VOLTAGE = "reference_voltage"

ReferenceNumber = pm.panel_meter_ns.class_("ReferenceNumber", number.Number)
Reference = pm.panel_meter_ns.enum("Reference", is_class=True)


def _reference(unit: str, device_class: str) -> cv.Schema:
    return number.number_schema(
        ReferenceNumber,
        unit_of_measurement=unit,
        device_class=device_class,
        entity_category=ENTITY_CATEGORY_CONFIG,
        icon="mdi:tune-vertical",
    ).extend({cv.Optional(CONF_MODE, default="BOX"): cv.enum(number.NUMBER_MODES, upper=True)})


CONFIG_SCHEMA = cv.All(
    cv.Schema(
        {
            cv.GenerateID(pm.CONF_PANEL_METER_ID): cv.use_id(pm.PanelMeter),
            cv.Inclusive(CONF_CHANNEL, "channel", msg="`channel` and `reference_power` belong together."): (
                cv.string_strict
            ),
            cv.Inclusive(
                CONF_REFERENCE_POWER, "channel", msg="`channel` and `reference_power` belong together."
            ): _reference(UNIT_WATT, DEVICE_CLASS_POWER),
            cv.Inclusive(CONF_VOLTAGE, "voltage", msg="`voltage` and `reference_voltage` belong together."): (
                cv.string_strict
            ),
            cv.Inclusive(
                CONF_REFERENCE_VOLTAGE, "voltage", msg="`voltage` and `reference_voltage` belong together."
            ): _reference(UNIT_VOLT, DEVICE_CLASS_VOLTAGE),
        }
    ),
    cv.has_at_least_one_key(CONF_REFERENCE_POWER, CONF_REFERENCE_VOLTAGE),
)

FINAL_VALIDATE_SCHEMA = cv.All(check_voltage_input, check_measured)


async def to_code(config: ConfigType) -> None:
    """One number for each reference."""
    parent = await cg.get_variable(config[pm.CONF_PANEL_METER_ID])
    cg.add_define("USE_PANEL_METER_NUMBERS")
    if CONF_REFERENCE_POWER in config:
        var = await number.new_number(
            config[CONF_REFERENCE_POWER], parent, Reference.POWER, min_value=0, max_value=100_000, step=0.1
        )
        cg.add(var.set_place(channel_number(config[CONF_CHANNEL])))
    if CONF_REFERENCE_VOLTAGE in config:
        var = await number.new_number(
            config[CONF_REFERENCE_VOLTAGE], parent, Reference.VOLTAGE, min_value=0, max_value=1000, step=0.1
        )
        cg.add(var.set_place(voltage_number(config[CONF_VOLTAGE])))

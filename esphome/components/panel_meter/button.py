"""Buttons: the steps of a calibration that need no number."""

import esphome.codegen as cg
from esphome.components import button
import esphome.config_validation as cv
from esphome.const import CONF_CHANNEL, ENTITY_CATEGORY_CONFIG
from esphome.types import ConfigType

from . import const as pm
from .places import channel_number, check_measured

DEPENDENCIES = ["panel_meter"]
FILTER_SOURCE_FILES = pm.FILTER_SOURCE_FILES

CalibrationButton = pm.panel_meter_ns.class_("CalibrationButton", button.Button)
Step = pm.panel_meter_ns.enum("Step", is_class=True)

#: The keys of the YAML, and what each of them shows as.
STEPS = {"zero": "mdi:numeric-0-circle-outline", "phase": "mdi:sine-wave", "reset": "mdi:restore"}

CONFIG_SCHEMA = cv.All(
    cv.Schema(
        {
            cv.GenerateID(pm.CONF_PANEL_METER_ID): cv.use_id(pm.PanelMeter),
            cv.Required(CONF_CHANNEL): cv.string_strict,
            **{
                cv.Optional(step): button.button_schema(
                    CalibrationButton, icon=icon, entity_category=ENTITY_CATEGORY_CONFIG
                )
                for step, icon in STEPS.items()
            },
        }
    ),
    cv.has_at_least_one_key(*STEPS),
)

FINAL_VALIDATE_SCHEMA = check_measured


async def to_code(config: ConfigType) -> None:
    """One button for each step."""
    parent = await cg.get_variable(config[pm.CONF_PANEL_METER_ID])
    cg.add_define("USE_PANEL_METER_BUTTONS")
    for step in STEPS:
        if step in config:
            var = await button.new_button(config[step], parent, getattr(Step, step.upper()))
            cg.add(var.set_place(channel_number(config[CONF_CHANNEL])))

"""Actions for automations on the board: the same steps that the protocol knows as commands."""

from esphome import automation
import esphome.codegen as cg
import esphome.config_validation as cv
from esphome.const import CONF_CHANNEL, CONF_ID

from . import const as pm

CONF_DEGREES = "degrees"
CONF_REFERENCE = "reference"


def _of_channel(**more: object) -> cv.Schema:
    return cv.Schema(
        {
            cv.GenerateID(): cv.use_id(pm.PanelMeter),
            cv.Required(CONF_CHANNEL): cv.templatable(cv.string_strict),
            **{cv.Required(key): validator for key, validator in more.items()},
        }
    )


def _register(name: str, method: str, key: str = "", validator: object = None) -> None:
    members: tuple[tuple[str, object], ...] = ((CONF_CHANNEL, cg.std_string),)
    if key:
        members += ((key, cg.float_),)
    arguments = ", ".join(["{}"] * len(members))
    automation.register_apply_action(
        f"panel_meter.{name}",
        _of_channel(**({key: cv.templatable(validator)} if key else {})),
        automation.ApplyCall(f"{method}({arguments})", members),
        id_key=CONF_ID,
    )


_register("calibrate", "calibrate_channel", pm.CONF_GAIN, cv.float_range(min=0.5, max=2.0))
_register("calibrate_to", "calibrate_channel_to", CONF_REFERENCE, cv.float_range(min=0, max=1_000_000))
_register("set_phase", "set_phase_of_channel", CONF_DEGREES, cv.float_range(min=-15, max=15))
_register("zero", "zero_channel")
_register("phase", "find_phase_of_channel")
_register("reset_calibration", "reset_channel")

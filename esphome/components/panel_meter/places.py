"""Entities that belong to one channel or one voltage input find it by its id."""

import esphome.config_validation as cv
from esphome.const import CONF_CHANNEL, CONF_ID, CONF_VOLTAGE
from esphome.core import CORE
import esphome.final_validate as fv
from esphome.types import ConfigType

from .checks import channels_of
from .const import CONF_PULSES

DOMAIN = "panel_meter"


def _voltages(config: ConfigType) -> list[str]:
    return [conf[CONF_ID] for conf in config[CONF_VOLTAGE]]


def _channels(config: ConfigType) -> list[str]:
    return [conf[CONF_ID] for conf in channels_of(config)]


def check_channel(config: ConfigType) -> ConfigType:
    """A channel that is named exists."""
    ids = _channels(fv.full_config.get()[DOMAIN])
    if config.get(CONF_CHANNEL, ids[0]) not in ids:
        raise cv.Invalid(f"There is no channel with the id '{config[CONF_CHANNEL]}'. There are: {', '.join(ids)}.")
    return config


def check_measured(config: ConfigType) -> ConfigType:
    """A channel that is named exists and has a transformer."""
    check_channel(config)
    counted = [conf[CONF_ID] for conf in fv.full_config.get()[DOMAIN][CONF_PULSES]]
    if config.get(CONF_CHANNEL) in counted:
        raise cv.Invalid(
            f"The channel '{config[CONF_CHANNEL]}' is counted by pulses: there is nothing to calibrate and no waveform."
        )
    return config


def check_voltage_input(config: ConfigType) -> ConfigType:
    """A voltage input that is named exists."""
    ids = _voltages(fv.full_config.get()[DOMAIN])
    if CONF_VOLTAGE in config and config[CONF_VOLTAGE] not in ids:
        raise cv.Invalid(
            f"There is no voltage input with the id '{config[CONF_VOLTAGE]}'. There are: {', '.join(ids) or 'none'}."
        )
    return config


def check_places(config: ConfigType) -> ConfigType:
    """Whatever is named exists."""
    return check_voltage_input(check_channel(config))


def channel_number(channel: str) -> int:
    """The place of a channel among the channels."""
    return _channels(CORE.config[DOMAIN]).index(channel)


def voltage_number(voltage: str) -> int:
    """The place of a voltage input among the voltage inputs."""
    return _voltages(CORE.config[DOMAIN]).index(voltage)

"""What the other components of a board must not do to this one."""

from typing import Any

import esphome.config_validation as cv
from esphome.const import (
    CONF_API,
    CONF_BIRTH_MESSAGE,
    CONF_MQTT,
    CONF_NUMBER,
    CONF_PIN,
    CONF_PLATFORM,
    CONF_REBOOT_TIMEOUT,
    CONF_SENSOR,
    CONF_WIFI,
)
from esphome.core import CORE
import esphome.final_validate as fv
from esphome.types import ConfigType

from .schema import chip


def check_adc(whole: ConfigType) -> None:
    """ADC1 is sampled without a gap, so nothing else can read it."""
    known = chip()
    for conf in whole.get(CONF_SENSOR, []):
        if known is None or conf.get(CONF_PLATFORM) != "adc":
            continue
        pin = conf.get(CONF_PIN)
        if isinstance(pin, dict) and pin[CONF_NUMBER] in known.pins:
            raise cv.Invalid(
                f"The sensor `adc` reads GPIO{pin[CONF_NUMBER]}, which belongs to ADC1, and Panel Meter samples ADC1 "
                "without a pause: both cannot be. Remove that sensor, or use an external converter for it."
            )


def check_i2s(whole: ConfigType) -> None:
    """The first ESP32 moves the samples of its ADC through the I2S unit that sound needs."""
    known = chip()
    if known is not None and known.uses_i2s and "i2s_audio" in whole:
        raise cv.Invalid(
            f"On the {known.name} the ADC takes its samples through the same I2S unit as `i2s_audio`. Remove "
            "`i2s_audio`, or use an ESP32-S3."
        )


def check_reboots(whole: ConfigType) -> None:
    """A board that restarts because the network is away loses what it has measured since its last checkpoint."""
    for name in (CONF_WIFI, CONF_API, CONF_MQTT):
        timeout: Any = whole.get(name, {}).get(CONF_REBOOT_TIMEOUT)
        if timeout is not None and timeout.total_milliseconds != 0:
            raise cv.Invalid(
                f"`{name}` would restart the board after {timeout} without a connection, and measuring must go on "
                f"then. Add `reboot_timeout: 0s` to `{name}`."
            )


def check_mqtt(whole: ConfigType, *, over_http: bool) -> None:
    """Records travel over MQTT, and the status of the board is the protocol's, not ESPHome's."""
    conf = whole.get(CONF_MQTT)
    if over_http and "legacy" in whole["panel_meter"]:
        raise cv.Invalid("The formats of `legacy` are MQTT; with `http` there is none. Remove one of them.")
    if CORE.is_host or over_http:
        return
    if conf is None:
        raise cv.Invalid(
            "Panel Meter sends its records over MQTT, and there is no `mqtt` section. Add one with your `broker`, or "
            "the package mqtt.yaml; or say `http` in `panel_meter`."
        )
    if conf.get(CONF_BIRTH_MESSAGE):
        raise cv.Invalid(
            "Panel Meter announces itself in its own words, and ESPHome's would contradict them. Add "
            "`topic_prefix: null` to `mqtt`, or use the package mqtt.yaml."
        )


def final_validate(config: ConfigType) -> ConfigType:
    """Looks at the whole configuration."""
    whole = fv.full_config.get()
    check_adc(whole)
    check_i2s(whole)
    check_reboots(whole)
    check_mqtt(whole, over_http="http" in config)
    return config

"""Sensors: a view of what is measured, for automations on the board.

They are internal unless the YAML says otherwise: Home Assistant gets the values from the protocol, and the same board
should not appear twice. The truth about energy is the registers, not the rounded numbers of these sensors.
"""

import esphome.codegen as cg
from esphome.components import sensor
import esphome.config_validation as cv
from esphome.const import (
    CONF_APPARENT_POWER,
    CONF_CHANNEL,
    CONF_CURRENT,
    CONF_FREQUENCY,
    CONF_INTERNAL,
    CONF_POWER,
    CONF_POWER_FACTOR,
    CONF_REACTIVE_POWER,
    CONF_VOLTAGE,
    DEVICE_CLASS_APPARENT_POWER,
    DEVICE_CLASS_CURRENT,
    DEVICE_CLASS_DURATION,
    DEVICE_CLASS_ENERGY,
    DEVICE_CLASS_FREQUENCY,
    DEVICE_CLASS_POWER,
    DEVICE_CLASS_POWER_FACTOR,
    DEVICE_CLASS_REACTIVE_POWER,
    DEVICE_CLASS_VOLTAGE,
    ENTITY_CATEGORY_DIAGNOSTIC,
    STATE_CLASS_MEASUREMENT,
    STATE_CLASS_TOTAL_INCREASING,
    UNIT_AMPERE,
    UNIT_HERTZ,
    UNIT_KILOWATT_HOURS,
    UNIT_PERCENT,
    UNIT_SECOND,
    UNIT_VOLT,
    UNIT_VOLT_AMPS,
    UNIT_VOLT_AMPS_REACTIVE,
    UNIT_WATT,
)
from esphome.cpp_generator import MockObj
import esphome.final_validate as fv
from esphome.types import ConfigType

from . import const as pm
from .places import DOMAIN, channel_number, check_measured, check_places, voltage_number

DEPENDENCIES = ["panel_meter"]
FILTER_SOURCE_FILES = pm.FILTER_SOURCE_FILES

Quantity = pm.panel_meter_ns.enum("Quantity", is_class=True)


def _sensor(**details: object) -> cv.Schema:
    return sensor.sensor_schema(**details).extend({cv.Optional(CONF_INTERNAL, default=True): cv.boolean})


def _measured(unit: str, decimals: int, device_class: str) -> cv.Schema:
    return _sensor(
        unit_of_measurement=unit,
        accuracy_decimals=decimals,
        device_class=device_class,
        state_class=STATE_CLASS_MEASUREMENT,
    )


def _energy() -> cv.Schema:
    return _sensor(
        unit_of_measurement=UNIT_KILOWATT_HOURS,
        accuracy_decimals=3,
        device_class=DEVICE_CLASS_ENERGY,
        state_class=STATE_CLASS_TOTAL_INCREASING,
    )


def _percent() -> cv.Schema:
    return _sensor(
        unit_of_measurement=UNIT_PERCENT,
        accuracy_decimals=1,
        icon="mdi:sine-wave",
        state_class=STATE_CLASS_MEASUREMENT,
    )


#: Parts of the fundamental, by key: all harmonics together (0), or the one of this order.
HARMONICS = {"thd": 0, **{f"harmonic_{order}": order for order in range(2, 16)}}
VOLTS_HARMONICS = {f"volts_{key}": order for key, order in HARMONICS.items()}
_ALL_HARMONICS = {**HARMONICS, **VOLTS_HARMONICS}

#: Sensors of a channel, of a voltage input, and of the whole board.
OF_CHANNEL = {
    CONF_POWER: _measured(UNIT_WATT, 1, DEVICE_CLASS_POWER),
    CONF_REACTIVE_POWER: _measured(UNIT_VOLT_AMPS_REACTIVE, 1, DEVICE_CLASS_REACTIVE_POWER),
    CONF_APPARENT_POWER: _measured(UNIT_VOLT_AMPS, 1, DEVICE_CLASS_APPARENT_POWER),
    CONF_CURRENT: _measured(UNIT_AMPERE, 3, DEVICE_CLASS_CURRENT),
    CONF_POWER_FACTOR: _measured("", 3, DEVICE_CLASS_POWER_FACTOR),
    "energy_import": _energy(),
    "energy_export": _energy(),
    **{key: _percent() for key in HARMONICS},
}
OF_VOLTAGE = {
    "volts": _measured(UNIT_VOLT, 1, DEVICE_CLASS_VOLTAGE),
    **{key: _percent() for key in VOLTS_HARMONICS},
}
OF_BOARD = {
    CONF_FREQUENCY: _measured(UNIT_HERTZ, 2, DEVICE_CLASS_FREQUENCY),
    "sample_rate": _measured(UNIT_HERTZ, 1, DEVICE_CLASS_FREQUENCY),
    "lost_time": _sensor(
        unit_of_measurement=UNIT_SECOND,
        accuracy_decimals=1,
        device_class=DEVICE_CLASS_DURATION,
        entity_category=ENTITY_CATEGORY_DIAGNOSTIC,
    ),
    "unacknowledged": _sensor(accuracy_decimals=0, entity_category=ENTITY_CATEGORY_DIAGNOSTIC),
}


def check_place(config: ConfigType) -> ConfigType:
    """What is measured of a channel needs the channel, and nothing else may name one."""
    for keys, place in ((OF_CHANNEL, CONF_CHANNEL), (OF_VOLTAGE, CONF_VOLTAGE)):
        wants = [key for key in keys if key in config]
        if wants and place not in config:
            raise cv.Invalid(f"`{wants[0]}` is measured for one `{place}`: say which by its id.")
        if place in config and not wants:
            known = ", ".join(key for key in keys if "harmonic" not in key)
            raise cv.Invalid(f"Nothing of the {place} '{config[place]}' is asked for. Try one of: {known}.")
    return config


CONFIG_SCHEMA = cv.All(
    cv.Schema(
        {
            cv.GenerateID(pm.CONF_PANEL_METER_ID): cv.use_id(pm.PanelMeter),
            cv.Optional(CONF_CHANNEL): cv.string_strict,
            cv.Optional(CONF_VOLTAGE): cv.string_strict,
            **{cv.Optional(key): schema for keys in (OF_CHANNEL, OF_VOLTAGE, OF_BOARD) for key, schema in keys.items()},
        }
    ),
    check_place,
)


def check_harmonics(config: ConfigType) -> ConfigType:
    """Only what is sampled has harmonics, and they are looked for where the frequency is known."""
    wanted = sorted(_ALL_HARMONICS.keys() & config.keys())
    if not wanted:
        return config
    check_measured(config)
    if not fv.full_config.get()[DOMAIN][CONF_VOLTAGE]:
        raise cv.Invalid(f"`{wanted[0]}` needs a voltage input: the frequency of the mains is measured there.")
    return config


FINAL_VALIDATE_SCHEMA = cv.All(check_places, check_harmonics)


def quantity_of(key: str) -> MockObj:
    """What a sensor shows."""
    if key in HARMONICS:
        return Quantity.HARMONICS
    return Quantity.VOLTS_HARMONICS if key in VOLTS_HARMONICS else getattr(Quantity, key.upper())


async def to_code(config: ConfigType) -> None:
    """Hands every sensor to the meter, with its quantity and its place."""
    parent = await cg.get_variable(config[pm.CONF_PANEL_METER_ID])
    places = {
        **dict.fromkeys(OF_CHANNEL, channel_number(config[CONF_CHANNEL]) if CONF_CHANNEL in config else 0),
        **dict.fromkeys(OF_VOLTAGE, voltage_number(config[CONF_VOLTAGE]) if CONF_VOLTAGE in config else 0),
        **dict.fromkeys(OF_BOARD, 0),
    }
    cg.add_define("USE_PANEL_METER_SENSORS")
    for key, place in places.items():
        if key in config:
            shown = await sensor.new_sensor(config[key])
            cg.add(parent.add_view(quantity_of(key), place, _ALL_HARMONICS.get(key, 0), shown))

"""From the checked configuration to the C++ that sets the component up."""

from typing import Any

from esphome import automation
import esphome.codegen as cg
from esphome.components import esp32
from esphome.const import (
    CONF_CHANNEL,
    CONF_CURRENT,
    CONF_DIRECTION,
    CONF_FREQUENCY,
    CONF_ID,
    CONF_INTERVAL,
    CONF_MODEL,
    CONF_NAME,
    CONF_NUMBER,
    CONF_PIN,
    CONF_POWER_FACTOR,
    CONF_SAMPLE_RATE,
    CONF_TIME_ID,
    CONF_URL,
    CONF_VOLTAGE,
)
from esphome.core import CORE, TimePeriodSeconds
from esphome.types import ConfigType

from . import const as pm
from .checks import channels_of, inputs_of
from .schema import chip
from .transformers import TRANSFORMERS, VOLTAGE_RATIOS

PHASE = pm.panel_meter_ns.enum("Phase", is_class=True)
ROLE = pm.panel_meter_ns.enum("Role", is_class=True)
VoltageSetup = pm.panel_meter_ns.struct("VoltageSetup")
LegSetup = pm.panel_meter_ns.struct("LegSetup")
ChannelSetup = pm.panel_meter_ns.struct("ChannelSetup")
PulseSetup = pm.panel_meter_ns.struct("PulseSetup")
SamplingSetup = pm.panel_meter_ns.struct("SamplingSetup")

#: Frequency at which the tables of the known transformers were measured, in Hz.
TABLE_FREQUENCY = 50
#: The voltage of a leg that measures none.
NO_VOLTAGE = 255


def amperes_per_volt(conf: ConfigType) -> float:
    """Amperes of the wire for one volt at the pin; negative if the transformer is clipped on backwards."""
    known = TRANSFORMERS.get(conf[CONF_MODEL])
    ratio = conf.get(pm.CONF_RATIO, known.ratio if known else 0.0)
    if ratio:
        burden = conf.get(pm.CONF_BURDEN, known.burden if known else 0.0)
        factor = ratio / burden
    else:
        factor = known.rated / known.volts if known else conf[pm.CONF_RATED]
    factor /= conf[pm.CONF_AMPLIFIER]
    return float(-factor if conf[pm.CONF_REVERSED] else factor)


def volts_per_volt(conf: ConfigType) -> float:
    """Volts of the mains for one volt at the pin."""
    return float(conf.get(pm.CONF_RATIO, VOLTAGE_RATIOS.get(conf[CONF_MODEL], 0.0)))


def points_of(conf: ConfigType) -> list[tuple[float, float, float]]:
    """The table of a transformer: ampere, lead in degrees, gain."""
    said = conf[pm.CONF_CALIBRATION].get(pm.CONF_LEADS)
    if said is not None:
        return [(point[CONF_CURRENT], point[pm.CONF_LEAD], point[pm.CONF_GAIN]) for point in said]
    known = TRANSFORMERS.get(conf[CONF_MODEL])
    return [(amperes, lead, 1.0) for amperes, lead in known.leads] if known else []


def voltage_of(config: ConfigType, conf: ConfigType) -> tuple[int, int]:
    """Which voltage input drives a leg, and by how many degrees its phase lags that input."""
    inputs = config[CONF_VOLTAGE]
    lags = pm.LAGS[config[pm.CONF_MAINS][pm.CONF_TOPOLOGY]]
    if not inputs:
        return NO_VOLTAGE, 0
    for index, voltage in enumerate(inputs):
        if voltage[CONF_ID] == conf.get(CONF_VOLTAGE) or (
            CONF_VOLTAGE not in conf and voltage[pm.CONF_PHASE] == conf[pm.CONF_PHASE]
        ):
            return index, (lags[conf[pm.CONF_PHASE]] - lags[voltage[pm.CONF_PHASE]]) % 360
    return 0, (lags[conf[pm.CONF_PHASE]] - lags[inputs[0][pm.CONF_PHASE]]) % 360


def measures_both_ways(channel: ConfigType) -> bool:
    """Whether a channel has an export register."""
    if channel[CONF_DIRECTION] == "auto":
        return channel[pm.CONF_ROLE] in {"main", "solar", "battery"}
    return bool(channel[CONF_DIRECTION] == "both")


def _pin(config: ConfigType, conf: ConfigType) -> int:
    """The pin of an input; on the host platform, which has none, its place in the scan."""
    if CONF_PIN in conf:
        return int(conf[CONF_PIN][CONF_NUMBER])
    return next(index for index, (_, other) in enumerate(inputs_of(config)) if other is conf)


def _seconds(period: TimePeriodSeconds | None) -> int:
    return int(period.total_seconds) if period is not None else 0


def _add_voltages(var: Any, config: ConfigType) -> None:
    for conf in config[CONF_VOLTAGE]:
        setup = cg.StructInitializer(
            VoltageSetup,
            ("id", conf[CONF_ID]),
            ("gpio", _pin(config, conf)),
            ("phase", pm.PHASES["L123"].index(conf[pm.CONF_PHASE])),
            ("lag_degrees", float(pm.LAGS[config[pm.CONF_MAINS][pm.CONF_TOPOLOGY]][conf[pm.CONF_PHASE]])),
            ("volts_per_volt", volts_per_volt(conf)),
            ("gain", conf[pm.CONF_GAIN]),
            ("lead_degrees", conf[pm.CONF_LEAD]),
        )
        cg.add(var.add_voltage(setup))


def _add_leg(var: Any, config: ConfigType, conf: ConfigType) -> None:
    voltage, shift = voltage_of(config, conf)
    load = conf.get(pm.CONF_LOAD, {})
    setup = cg.StructInitializer(
        LegSetup,
        ("gpio", _pin(config, conf)),
        ("voltage", voltage),
        ("shift_degrees", float(shift)),
        ("amperes_per_volt", amperes_per_volt(conf)),
        ("gain", conf[pm.CONF_CALIBRATION][pm.CONF_GAIN]),
        ("load_amperes", load.get(CONF_CURRENT, 0.0)),
        ("load_power_factor", load.get(CONF_POWER_FACTOR, 1.0)),
        ("load_on_seconds", _seconds(load.get(pm.CONF_ON_TIME))),
        ("load_off_seconds", _seconds(load.get(pm.CONF_OFF_TIME))),
    )
    cg.add(var.add_leg(setup))
    for amperes, lead, gain in points_of(conf):
        cg.add(var.add_point(amperes, lead, gain))


def _channel(conf: ConfigType) -> Any:
    conductors = len(pm.PHASES[conf[pm.CONF_PHASE]])
    legs = len(conf.get(pm.CONF_CT, [])) or conductors
    return cg.StructInitializer(
        ChannelSetup,
        ("id", conf[CONF_ID]),
        ("name", conf.get(CONF_NAME, conf[CONF_ID])),
        ("role", getattr(ROLE, conf[pm.CONF_ROLE].upper())),
        ("phase", getattr(PHASE, conf[pm.CONF_PHASE])),
        ("rating", conf[pm.CONF_RATING]),
        ("slot", conf[pm.CONF_SLOT]),
        ("poles", conf[pm.CONF_POLES] or conductors),
        ("parent", conf.get(pm.CONF_PARENT, cg.nullptr)),
        ("both_ways", pm.CONF_CT in conf and measures_both_ways(conf)),
        ("each_leg", conf.get(pm.CONF_NETTING) == pm.CONF_EACH_LEG),
        ("multiplier", conf.get(pm.CONF_MULTIPLIER, float(conductors) / legs)),
        ("creep_watts", conf.get(pm.CONF_CREEP, 0.0)),
        ("assumed_power_factor", conf.get(pm.CONF_ASSUMED_POWER_FACTOR, 1.0)),
    )


def _add_channels(var: Any, config: ConfigType) -> None:
    for conf in config[pm.CONF_CHANNELS]:
        cg.add(var.add_channel(_channel(conf)))
        for transformer_conf in conf[pm.CONF_CT]:
            _add_leg(var, config, transformer_conf)


async def _add_pulses(var: Any, config: ConfigType) -> None:
    for conf in config[pm.CONF_PULSES]:
        setup = cg.StructInitializer(
            PulseSetup,
            ("pulses_per_kwh", conf[pm.CONF_PULSES_PER_KWH]),
            ("least_us", conf[pm.CONF_SHORTEST].total_microseconds),
        )
        cg.add(var.add_pulses(_channel(conf), setup, await cg.gpio_pin_expression(conf[CONF_PIN])))


def _add_sampling(var: Any, config: ConfigType) -> None:
    known = chip()
    bias = config.get(pm.CONF_BIAS, known.bias if known else 1.25)
    setup = cg.StructInitializer(
        SamplingSetup,
        ("rate", config[CONF_SAMPLE_RATE]),
        ("real_share", known.yields if known else 1.0),
        ("bias_millivolts", round(bias * 1000)),
        ("lowest_millivolts", known.lowest if known else 0),
        ("highest_millivolts", known.highest if known else 2500),
        ("frequency", config[pm.CONF_MAINS][CONF_FREQUENCY]),
        ("table_frequency", float(TABLE_FREQUENCY)),
        ("nominal_voltage", config[pm.CONF_MAINS][pm.CONF_NOMINAL_VOLTAGE]),
    )
    cg.add(var.set_sampling(setup))


def _add_legacy(var: Any, config: ConfigType) -> None:
    legacy = config[pm.CONF_LEGACY]
    ids = [conf[CONF_ID] for conf in channels_of(config)]
    names = [legacy.get(key, cg.nullptr) for key in (pm.CONF_PANEL, pm.CONF_APARTMENT, pm.CONF_FLOOR)]
    cg.add(var.set_legacy(*names, ids.index(legacy.get(CONF_CHANNEL, ids[0]))))


def _add_http(var: Any, conf: ConfigType) -> None:
    cg.add_define("USE_PANEL_METER_HTTP")
    if CORE.is_esp32:
        esp32.request_http_client()
        esp32.require_certificate_bundle()
    cg.add(var.set_http(conf[CONF_URL], conf[pm.CONF_TOKEN]))


def _prepare_chip() -> None:
    """The driver is left out of ESPHome's builds, and it must go on while the flash is written."""
    esp32.include_builtin_idf_component("esp_adc")
    esp32.add_idf_sdkconfig_option(name="CONFIG_ADC_CONTINUOUS_ISR_IRAM_SAFE", value=True)
    known = chip()
    if known is not None and not known.uses_i2s:
        esp32.add_idf_sdkconfig_option(name="CONFIG_GDMA_ISR_IRAM_SAFE", value=True)


def model_of(config: ConfigType) -> str:
    """What the board calls itself, if the YAML does not say it."""
    known = chip()
    legs = len(inputs_of(config)) - len(config[CONF_VOLTAGE])
    return f"{known.name.lower() if known else 'host'}-{legs}ct{'-v' if config[CONF_VOLTAGE] else ''}"


async def generate(config: ConfigType) -> None:
    """Sets the component up: voltages first, then the channels with their legs, in the order of a scan."""
    var = cg.new_Pvariable(config[CONF_ID])
    await cg.register_component(var, config)
    if pm.CONF_PANEL in config:
        cg.add(var.set_panel(config[pm.CONF_PANEL]))
    if CONF_NAME in config:
        cg.add(var.set_name(config[CONF_NAME]))
    cg.add(var.set_model(config.get(CONF_MODEL, model_of(config))))
    cg.add(var.set_base(config[pm.CONF_BASE]))
    cg.add(var.set_intervals(config[CONF_INTERVAL], config[pm.CONF_LIVE_INTERVAL], config[pm.CONF_CAPACITY]))
    cg.add(var.set_clock(await cg.get_variable(config[CONF_TIME_ID])))
    _add_sampling(var, config)
    _add_voltages(var, config)
    _add_channels(var, config)
    await _add_pulses(var, config)
    if pm.CONF_HTTP in config:
        _add_http(var, config[pm.CONF_HTTP])
    if pm.CONF_LEGACY in config:
        _add_legacy(var, config)
    if pm.CONF_ON_IDENTIFY in config:
        await automation.build_automation(var.get_identify_trigger(), [], config[pm.CONF_ON_IDENTIFY])
    if CORE.is_esp32:
        _prepare_chip()

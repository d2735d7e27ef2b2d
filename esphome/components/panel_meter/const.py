"""Names that the parts of this component share."""

import esphome.codegen as cg
from esphome.config_helpers import filter_source_files_from_platform
from esphome.const import PlatformFramework

#: Not in ESPHome's namespace: the portable core knows nothing of ESPHome.
panel_meter_ns = cg.global_ns.namespace("panel_meter")
PanelMeter = panel_meter_ns.class_("PanelMeter", cg.Component)

#: Each part of the component that ESPHome loads (the component and its platforms) must say this.
FILTER_SOURCE_FILES = filter_source_files_from_platform(
    {
        "hal_esp32.cpp": {PlatformFramework.ESP32_IDF, PlatformFramework.ESP32_ARDUINO},
        "hal_host.cpp": {PlatformFramework.HOST_NATIVE},
        "http_poster_esp32.cpp": {PlatformFramework.ESP32_IDF, PlatformFramework.ESP32_ARDUINO},
        "http_poster_host.cpp": {PlatformFramework.HOST_NATIVE},
    }
)

CONF_AMPLIFIER = "amplifier"
CONF_APARTMENT = "apartment"
CONF_ASSUMED_POWER_FACTOR = "assumed_power_factor"
CONF_BASE = "base"
CONF_BIAS = "bias"
CONF_BURDEN = "burden"
CONF_CALIBRATION = "calibration"
CONF_CAPACITY = "capacity"
CONF_CHANNELS = "channels"
CONF_CREEP = "creep"
CONF_CT = "ct"
CONF_EACH_LEG = "each_leg"
CONF_FLOOR = "floor"
CONF_GAIN = "gain"
CONF_HTTP = "http"
CONF_LEAD = "lead"
CONF_LEADS = "leads"
CONF_LEGACY = "legacy"
CONF_LIVE_INTERVAL = "live_interval"
CONF_LOAD = "load"
CONF_MAINS = "mains"
CONF_MULTIPLIER = "multiplier"
CONF_NETTING = "netting"
CONF_NOMINAL_VOLTAGE = "nominal_voltage"
CONF_OFF_TIME = "off_time"
CONF_ON_IDENTIFY = "on_identify"
CONF_ON_TIME = "on_time"
CONF_PANEL = "panel"
CONF_PANEL_METER_ID = "panel_meter_id"
CONF_PARENT = "parent"
CONF_PHASE = "phase"
CONF_POLES = "poles"
CONF_PULSES = "pulses"
CONF_PULSES_PER_KWH = "pulses_per_kwh"
CONF_RATED = "rated"
CONF_RATING = "rating"
CONF_RATIO = "ratio"
CONF_REVERSED = "reversed"
CONF_ROLE = "role"
CONF_SHORTEST = "shortest"
CONF_SLOT = "slot"
CONF_TOKEN = "token"  # noqa: S105, a name and no password
CONF_TOPOLOGY = "topology"

#: The phases that each phase of a channel stands for.
PHASES = {"L1": ("L1",), "L2": ("L2",), "L3": ("L3",), "L1L2": ("L1", "L2"), "L123": ("L1", "L2", "L3")}
TOPOLOGIES = {"single": ("L1",), "split": ("L1", "L2"), "three": ("L1", "L2", "L3")}
#: By how many degrees a phase lags L1.
LAGS = {"single": {"L1": 0}, "split": {"L1": 0, "L2": 180}, "three": {"L1": 0, "L2": 120, "L3": 240}}
ROLES = ("main", "circuit", "solar", "battery", "sub")

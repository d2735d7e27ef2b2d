"""The YAML of this component: what may be said, and a sentence for everything that may not."""

from typing import Any

from esphome import automation, pins
from esphome.components import time
import esphome.config_validation as cv
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
from esphome.core import CORE
from esphome.types import ConfigType

from . import const as pm
from .chips import CHIPS, Chip, listed
from .transformers import TRANSFORMERS, VOLTAGE_RATIOS

_watts = cv.float_with_unit("power", "(W|w)", optional_unit=True)
_amperes = cv.All(cv.current, cv.Range(min=0, min_included=False, max=10_000))


def chip() -> Chip | None:
    """The chip that is configured; nothing on the host platform."""
    from esphome.components.esp32 import get_esp32_variant

    if not CORE.is_esp32:
        return None
    variant: str = get_esp32_variant()
    if variant not in CHIPS:
        raise cv.Invalid(
            f"The ADC of the {variant} cannot be sampled by Panel Meter. Use one of: {', '.join(sorted(CHIPS))}."
        )
    return CHIPS[variant]


def analogue_pin(value: Any) -> ConfigType:
    """A pin of the first ADC, which is the only one that can be sampled without gaps."""
    checked: ConfigType = pins.internal_gpio_input_pin_schema(value)
    known = chip()
    if known is not None and checked[CONF_NUMBER] not in known.pins:
        raise cv.Invalid(
            f"GPIO{checked[CONF_NUMBER]} of the {known.name} does not belong to ADC1, and only ADC1 can be sampled "
            f"while Wi-Fi is on. Use {listed(known.pins)}."
        )
    return checked


def identifier(value: Any) -> str:
    """An id as the protocol wants it."""
    text: str = cv.string_strict(value)
    if not 1 <= len(text) <= 16 or not set(text) <= set("abcdefghijklmnopqrstuvwxyz0123456789_"):
        raise cv.Invalid(f"'{text}' cannot be an id: use 1 to 16 of a-z, 0-9 and the underscore.")
    return text


def panel_id(value: Any) -> str:
    """The id of the panel in topics."""
    text: str = cv.string_strict(value)
    letters = set("abcdefghijklmnopqrstuvwxyz0123456789")
    if not 1 <= len(text) <= 32 or text[0] not in letters or not set(text) <= letters | {"-"}:
        raise cv.Invalid(f"'{text}' cannot be the id of a panel: use up to 32 of a-z, 0-9 and -, not - first.")
    return text


def short_name(value: Any) -> str:
    """A name that fits into the announcement of the board."""
    text: str = cv.string_strict(value)
    if not 1 <= len(text.encode()) <= 64:
        raise cv.Invalid(f"The name '{text}' is too long: 64 bytes are the most.")
    return text


def seconds_between(least: int, most: int, what: str) -> Any:
    """Whole seconds within bounds."""

    def check(value: Any) -> int:
        period = cv.positive_time_period_seconds(value)
        if not least <= period.total_seconds <= most:
            raise cv.Invalid(f"{what} must be between {least} s and {most} s.")
        return int(period.total_seconds)

    return check


def interval(value: Any) -> int:
    """The length of a record in seconds."""
    seconds: int = seconds_between(60, 3600, "The interval")(value)
    if 3600 % seconds:
        raise cv.Invalid(f"An interval of {seconds} s does not divide an hour. Try 60 s, 300 s or 900 s.")
    return seconds


def topic(value: Any) -> str:
    """The beginning of every topic."""
    text: str = cv.publish_topic(value)
    if len(text.encode()) > 64 or text.endswith("/") or text.startswith("/"):
        raise cv.Invalid("The base of the topics must have at most 64 bytes and no / at its ends.")
    return text


POINT = cv.Schema(
    {
        cv.Required(CONF_CURRENT): _amperes,
        cv.Optional(pm.CONF_LEAD, default=0.0): cv.All(cv.angle, cv.Range(min=-30, max=30)),
        cv.Optional(pm.CONF_GAIN, default=1.0): cv.float_range(min=0.5, max=2.0),
    }
)


def points(value: Any) -> list[ConfigType]:
    """The table of a transformer, by rising currents."""
    table: list[ConfigType] = cv.All(cv.ensure_list(POINT), cv.Length(min=1, max=8))(value)
    currents = [point[CONF_CURRENT] for point in table]
    if currents != sorted(set(currents)):
        raise cv.Invalid("The currents of the table must rise from line to line.")
    return table


CURRENT_CALIBRATION = cv.Schema(
    {
        cv.Optional(pm.CONF_GAIN, default=1.0): cv.float_range(min=0.5, max=2.0),
        cv.Optional(pm.CONF_LEADS): points,
    }
)

#: What flows on the host platform, where nothing is measured.
LOAD = cv.Schema(
    {
        cv.Required(CONF_CURRENT): cv.All(cv.current, cv.Range(min=0, max=1000)),
        cv.Optional(CONF_POWER_FACTOR, default=1.0): cv.float_range(min=-1, max=1),
        cv.Inclusive(pm.CONF_ON_TIME, "cycle"): cv.positive_time_period_seconds,
        cv.Inclusive(pm.CONF_OFF_TIME, "cycle"): cv.positive_time_period_seconds,
    }
)


def _only_on_host(value: Any) -> Any:
    if not CORE.is_host:
        raise cv.Invalid("A load can only be made up on the host platform; a board measures it.")
    return LOAD(value)


CT = cv.Schema(
    {
        cv.Optional(CONF_PIN): analogue_pin,
        cv.Required(CONF_MODEL): cv.one_of(*TRANSFORMERS, "custom", lower=True),
        cv.Optional(pm.CONF_BURDEN): cv.All(cv.resistance, cv.Range(min=0.1, max=10_000)),
        cv.Optional(pm.CONF_AMPLIFIER, default=1.0): cv.float_range(min=0.01, max=1000),
        cv.Optional(pm.CONF_RATIO): cv.float_range(min=1, max=100_000),
        cv.Optional(pm.CONF_RATED): _amperes,
        cv.Optional(CONF_VOLTAGE): identifier,
        cv.Optional(pm.CONF_PHASE): cv.one_of("L1", "L2", "L3", upper=True),
        cv.Optional(pm.CONF_REVERSED, default=False): cv.boolean,
        cv.Optional(pm.CONF_CALIBRATION, default={}): CURRENT_CALIBRATION,
        cv.Optional(pm.CONF_LOAD): _only_on_host,
    }
)


def transformer(value: Any) -> ConfigType:
    """A current transformer, with everything that its output needs."""
    conf: ConfigType = CT(value)
    model = conf[CONF_MODEL]
    if model == "custom":
        by_ratio = pm.CONF_RATIO in conf and pm.CONF_BURDEN in conf
        if by_ratio == (pm.CONF_RATED in conf):
            raise cv.Invalid(
                "A transformer of your own needs either `ratio` and `burden` (it gives a current), or `rated`, the "
                "amperes at which it gives 1 V."
            )
        return conf
    known = TRANSFORMERS[model]
    if pm.CONF_RATIO in conf or pm.CONF_RATED in conf:
        raise cv.Invalid(f"The {model} is known: leave `ratio` and `rated` out, or choose the model `custom`.")
    if known.ratio and not known.burden and pm.CONF_BURDEN not in conf:
        raise cv.Invalid(
            f"The {model} gives a current: say which `burden` stands across it, for example 22ohm. Without a burden "
            "its output rises to dangerous voltages."
        )
    if not known.ratio and pm.CONF_BURDEN in conf:
        raise cv.Invalid(f"The {model} has its burden inside and gives volts: leave `burden` out and solder none.")
    return conf


VOLTAGE = cv.Schema(
    {
        cv.Required(CONF_ID): identifier,
        cv.Optional(CONF_PIN): analogue_pin,
        cv.Optional(pm.CONF_PHASE): cv.one_of("L1", "L2", "L3", upper=True),
        cv.Optional(CONF_MODEL, default="zmpt101b"): cv.one_of(*VOLTAGE_RATIOS, "custom", lower=True),
        cv.Optional(pm.CONF_RATIO): cv.float_range(min=1, max=100_000),
        cv.Optional(pm.CONF_GAIN, default=1.0): cv.float_range(min=0.5, max=2.0),
        cv.Optional(pm.CONF_LEAD, default=0.0): cv.All(cv.angle, cv.Range(min=-30, max=30)),
    }
)


def voltage_input(value: Any) -> ConfigType:
    """A voltage input whose ratio is known."""
    conf: ConfigType = VOLTAGE(value)
    if conf[CONF_MODEL] == "custom" and pm.CONF_RATIO not in conf:
        raise cv.Invalid("A voltage input of your own needs its `ratio`: volts of the mains for one volt at the pin.")
    return conf


#: What every channel is, however it is measured.
IDENTITY = cv.Schema(
    {
        cv.Required(CONF_ID): identifier,
        cv.Optional(CONF_NAME): short_name,
        cv.Optional(pm.CONF_ROLE, default="circuit"): cv.one_of(*pm.ROLES, lower=True),
        cv.Optional(pm.CONF_PARENT): identifier,
        cv.Optional(pm.CONF_PHASE, default="L1"): cv.one_of(*pm.PHASES, upper=True),
        cv.Optional(pm.CONF_RATING, default=0.0): cv.All(cv.current, cv.Range(min=0, max=10_000)),
        cv.Optional(pm.CONF_SLOT, default=0): cv.int_range(min=0, max=255),
        cv.Optional(pm.CONF_POLES, default=0): cv.int_range(min=0, max=4),
    }
)

CHANNEL = IDENTITY.extend(
    {
        cv.Optional(CONF_DIRECTION, default="auto"): cv.one_of("auto", "import", "both", lower=True),
        cv.Optional(pm.CONF_NETTING, default="sum"): cv.one_of("sum", "each_leg", lower=True),
        cv.Optional(pm.CONF_MULTIPLIER): cv.float_range(min=0.1, max=10),
        cv.Optional(pm.CONF_CREEP, default=1.0): cv.All(_watts, cv.Range(min=0, max=1000)),
        cv.Optional(pm.CONF_ASSUMED_POWER_FACTOR, default=1.0): cv.float_range(min=0.1, max=1.0),
        cv.Required(pm.CONF_CT): cv.All(cv.ensure_list(transformer), cv.Length(min=1, max=3)),
    }
)

PULSES = IDENTITY.extend(
    {
        cv.Required(CONF_PIN): pins.internal_gpio_input_pin_schema,
        cv.Required(pm.CONF_PULSES_PER_KWH): cv.int_range(min=1, max=1_000_000),
        cv.Optional(pm.CONF_SHORTEST, default="30ms"): cv.positive_time_period_microseconds,
    }
)


def level(value: Any) -> str:
    """One level of a topic."""
    text: str = cv.string_strict(value)
    if not 1 <= len(text.encode()) <= 64 or set(text) & set("/+#"):
        raise cv.Invalid(f"'{text}' cannot be a level of a topic: 1 to 64 bytes without /, + and #.")
    return text


#: Formats of older systems, beside the protocol.
LEGACY = cv.All(
    cv.Schema(
        {
            cv.Optional(pm.CONF_PANEL): level,
            cv.Inclusive(pm.CONF_APARTMENT, "apartment", msg="`apartment` and `floor` belong together."): level,
            cv.Inclusive(pm.CONF_FLOOR, "apartment", msg="`apartment` and `floor` belong together."): level,
            cv.Optional(CONF_CHANNEL): identifier,
        }
    ),
    cv.has_at_least_one_key(pm.CONF_PANEL, pm.CONF_APARTMENT),
)


#: Where Home Assistant takes posts.
INGEST_PATH = "/api/panel_meter/v1/ingest"


def http_url(value: Any) -> str:
    """Where to post; an address without a path is that of a Home Assistant."""
    url: str = cv.url(value)
    if not url.startswith(("http://", "https://")):
        raise cv.Invalid("The `url` must begin with http:// or https://.")
    url = url.removesuffix("/")
    return url if "/" in url.partition("://")[2] else url + INGEST_PATH


def token(value: Any) -> str:
    """What the board shows to the host."""
    text: str = cv.string_strict(value)
    if not 8 <= len(text) <= 256 or not text.isascii() or not text.isprintable() or " " in text:
        raise cv.Invalid("The `token` must be the one that Home Assistant showed: 8 to 256 letters without spaces.")
    return text


HTTP = cv.Schema({cv.Required(CONF_URL): http_url, cv.Required(pm.CONF_TOKEN): cv.sensitive(token)})

SCHEMA = cv.Schema(
    {
        cv.GenerateID(): cv.declare_id(pm.PanelMeter),
        cv.Optional(pm.CONF_PANEL): panel_id,
        cv.Optional(CONF_NAME): short_name,
        cv.Optional(CONF_MODEL): short_name,
        cv.Optional(pm.CONF_BASE, default="panel_meter"): topic,
        cv.Optional(CONF_INTERVAL, default="5min"): interval,
        cv.Optional(pm.CONF_LIVE_INTERVAL, default="5s"): seconds_between(1, 60, "The live interval"),
        cv.Optional(pm.CONF_CAPACITY, default=2048): cv.int_range(min=64, max=8192),
        cv.GenerateID(CONF_TIME_ID): cv.use_id(time.RealTimeClock),
        cv.Optional(CONF_SAMPLE_RATE, default="auto"): cv.Any(
            cv.one_of("auto", lower=True), cv.All(cv.frequency, cv.Range(min=1), cv.int_)
        ),
        cv.Optional(pm.CONF_BIAS): cv.All(cv.voltage, cv.Range(min=0.5, max=2.0)),
        cv.Optional(pm.CONF_MAINS, default={}): cv.Schema(
            {
                cv.Optional(CONF_FREQUENCY, default="50Hz"): cv.All(cv.frequency, cv.Range(min=45, max=65)),
                cv.Optional(pm.CONF_NOMINAL_VOLTAGE, default="230V"): cv.All(cv.voltage, cv.Range(min=50, max=500)),
                cv.Optional(pm.CONF_TOPOLOGY, default="single"): cv.one_of(*pm.TOPOLOGIES, lower=True),
            }
        ),
        cv.Optional(CONF_VOLTAGE, default=[]): cv.All(cv.ensure_list(voltage_input), cv.Length(max=3)),
        cv.Optional(pm.CONF_PULSES, default=[]): cv.All(cv.ensure_list(PULSES), cv.Length(max=4)),
        cv.Optional(pm.CONF_HTTP): HTTP,
        cv.Optional(pm.CONF_LEGACY): LEGACY,
        cv.Optional(pm.CONF_ON_IDENTIFY): automation.validate_automation(single=True),
        cv.Required(pm.CONF_CHANNELS): cv.All(cv.ensure_list(CHANNEL), cv.Length(min=1, max=16)),
    }
).extend(cv.COMPONENT_SCHEMA)

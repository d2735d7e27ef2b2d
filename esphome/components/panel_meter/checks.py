"""What the parts of the YAML must be to one another: pins, rates, ids and phases fit together."""

from typing import Any

import esphome.config_validation as cv
from esphome.const import (
    CONF_CHANNEL,
    CONF_ID,
    CONF_NUMBER,
    CONF_PIN,
    CONF_SAMPLE_RATE,
    CONF_VOLTAGE,
)
from esphome.core import CORE
from esphome.types import ConfigType

from . import const as pm
from .chips import LEAST_PER_INPUT, automatic_rate, samples_per_input
from .schema import SCHEMA, chip


def inputs_of(config: ConfigType) -> list[tuple[list[Any], ConfigType]]:
    """Every analogue input, the voltages first, with its place in the YAML: the order of a scan."""
    found: list[tuple[list[Any], ConfigType]] = [
        ([CONF_VOLTAGE, index], conf) for index, conf in enumerate(config[CONF_VOLTAGE])
    ]
    for index, channel in enumerate(config[pm.CONF_CHANNELS]):
        found += [([pm.CONF_CHANNELS, index, pm.CONF_CT, leg], conf) for leg, conf in enumerate(channel[pm.CONF_CT])]
    return found


def channels_of(config: ConfigType) -> list[ConfigType]:
    """All channels in the order of the protocol: those that are measured, then those that are counted by pulses."""
    return [*config[pm.CONF_CHANNELS], *config[pm.CONF_PULSES]]


def check_pins(config: ConfigType) -> ConfigType:
    """Every input has a pin of its own."""
    taken: dict[int, list[Any]] = {}
    for path, conf in inputs_of(config):
        if CONF_PIN not in conf:
            if CORE.is_host:
                continue
            raise cv.Invalid("This input needs a `pin`.", path)
        number = conf[CONF_PIN][CONF_NUMBER]
        if number in taken:
            raise cv.Invalid(f"GPIO{number} is used twice: every input needs a pin of its own.", [*path, CONF_PIN])
        taken[number] = path
    if len(inputs_of(config)) > 16:
        raise cv.Invalid("A board has at most 16 inputs; spread them over two boards.", [pm.CONF_CHANNELS])
    return config


def check_rate(config: ConfigType) -> ConfigType:
    """The converter can sample that many inputs often enough; `auto` becomes a number."""
    known, count = chip(), len(inputs_of(config))
    if known is None:
        config[CONF_SAMPLE_RATE] = 8000 * count if config[CONF_SAMPLE_RATE] == "auto" else config[CONF_SAMPLE_RATE]
        return config
    if count > known.pattern:
        raise cv.Invalid(f"The {known.name} scans at most {known.pattern} inputs, not {count}.", [pm.CONF_CHANNELS])
    if config[CONF_SAMPLE_RATE] == "auto":
        config[CONF_SAMPLE_RATE] = automatic_rate(known, count)
    rate = config[CONF_SAMPLE_RATE]
    if not known.least_rate <= rate <= known.most_rate:
        raise cv.Invalid(
            f"The {known.name} converts {known.least_rate} to {known.most_rate} times a second, not {rate}. "
            "Leave `sample_rate` out to have it chosen.",
            [CONF_SAMPLE_RATE],
        )
    each = samples_per_input(known, rate, count)
    if each < LEAST_PER_INPUT:
        raise cv.Invalid(
            f"{count} inputs at {rate} Hz leave {each:.0f} samples a second to each of them; {LEAST_PER_INPUT} are "
            "needed for an honest measurement. Raise `sample_rate` or measure fewer circuits.",
            [CONF_SAMPLE_RATE],
        )
    return config


def check_ids(config: ConfigType) -> ConfigType:
    """Ids are unique, and what refers to one finds it."""
    channel_ids: set[str] = set()
    for section, seen in ((CONF_VOLTAGE, set[str]()), (pm.CONF_CHANNELS, channel_ids), (pm.CONF_PULSES, channel_ids)):
        for index, conf in enumerate(config[section]):
            if conf[CONF_ID] in seen:
                raise cv.Invalid(f"The id '{conf[CONF_ID]}' is used twice.", [section, index, CONF_ID])
            seen.add(conf[CONF_ID])
    voltages = {conf[CONF_ID] for conf in config[CONF_VOLTAGE]}
    for path, conf in inputs_of(config):
        if path[0] != CONF_VOLTAGE and conf.get(CONF_VOLTAGE, next(iter(voltages), "")) not in voltages | {""}:
            raise cv.Invalid(
                f"There is no voltage input with the id '{conf[CONF_VOLTAGE]}'. There are: "
                f"{', '.join(sorted(voltages)) or 'none'}.",
                [*path, CONF_VOLTAGE],
            )
    legacy = config.get(pm.CONF_LEGACY, {})
    if legacy.get(CONF_CHANNEL, config[pm.CONF_CHANNELS][0][CONF_ID]) not in channel_ids:
        raise cv.Invalid(f"There is no channel with the id '{legacy[CONF_CHANNEL]}'.", [pm.CONF_LEGACY, CONF_CHANNEL])
    for index, conf in enumerate(channels_of(config)):
        # Pulses come behind the channels that are measured.
        path = [pm.CONF_CHANNELS, index, pm.CONF_PARENT] if pm.CONF_CT in conf else [pm.CONF_PULSES]
        if (conf[pm.CONF_ROLE] == "sub") != (pm.CONF_PARENT in conf):
            raise cv.Invalid("`role: sub` and `parent`, the channel that feeds it, belong together.", path)
        if conf.get(pm.CONF_PARENT, conf[CONF_ID]) not in channel_ids or conf.get(pm.CONF_PARENT) == conf[CONF_ID]:
            raise cv.Invalid(f"There is no other channel with the id '{conf[pm.CONF_PARENT]}'.", path)
    return config


def check_phases(config: ConfigType) -> ConfigType:
    """Phases exist in the house, and the transformers of a channel fit to its phases."""
    topology = config[pm.CONF_MAINS][pm.CONF_TOPOLOGY]
    phases = pm.TOPOLOGIES[topology]
    for index, conf in enumerate(config[CONF_VOLTAGE]):
        conf.setdefault(pm.CONF_PHASE, phases[min(index, len(phases) - 1)])
    measured = [conf[pm.CONF_PHASE] for conf in config[CONF_VOLTAGE]]
    for index, phase in enumerate(measured):
        if phase not in phases or phase in measured[:index]:
            raise cv.Invalid(
                f"A `{topology}` house has one voltage for each of {', '.join(phases)}; {phase} does not fit.",
                [CONF_VOLTAGE, index],
            )
    for index, conf in enumerate(config[pm.CONF_CHANNELS]):
        place = [pm.CONF_CHANNELS, index]
        wanted = pm.PHASES[conf[pm.CONF_PHASE]]
        if not set(wanted) <= set(phases):
            raise cv.Invalid(f"A `{topology}` house has no {conf[pm.CONF_PHASE]}.", [*place, pm.CONF_PHASE])
        if len(conf[pm.CONF_CT]) not in {1, len(wanted)}:
            raise cv.Invalid(
                f"A channel on {conf[pm.CONF_PHASE]} has one transformer for each of {', '.join(wanted)}, or a single "
                "one if its load is balanced.",
                [*place, pm.CONF_CT],
            )
        for leg, transformer_conf in enumerate(conf[pm.CONF_CT]):
            if transformer_conf.setdefault(pm.CONF_PHASE, wanted[leg]) not in wanted:
                raise cv.Invalid(f"This channel has no {transformer_conf[pm.CONF_PHASE]}.", [*place, pm.CONF_CT, leg])
    return config


CONFIG_SCHEMA = cv.All(cv.only_on(["esp32", "host"]), SCHEMA, check_pins, check_rate, check_ids, check_phases)

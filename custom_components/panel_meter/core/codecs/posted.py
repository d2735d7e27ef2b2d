"""JSON that devices post over HTTP: one reading, or many with their instants, under the names that people gave them.

Known without any setting: ``{deviceId, current, voltage, temperature}``, ``{power_kw, energy_kwh}``,
``{voltage, current, apartment, floor}``, ``{current, power, kWh, timestamp}``. Other names can be told.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
import re
from typing import Final, Literal

from ..model import MILLIWATT_HOURS_PER_KWH, Channel, Direction, Panel, Register, Role, Sample
from .data_pm import MAX_CURRENT, MAX_ENERGY_KWH, MAX_POWER_KW, MAX_VOLTAGE, device_time, milliwatt_hours, pretty
from .parsing import JsonObject, Rejected, RejectReason, as_list, as_number, as_object

NAME: Final = "posted"
#: Under this key, a list of readings; what stands beside it holds for each of them.
READINGS: Final = "readings"
APARTMENT: Final = "apartment"
#: A dot in a name goes one object deeper, so often at most.
DEEPEST: Final = 4
#: Temperatures beyond these are mistakes, in °C.
ABSOLUTE_ZERO: Final = -273.15
HOTTEST: Final = 1000

_DEVICE: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_MAIN: Final = Channel(id="main", name="Mains", role=Role.MAIN)
_REGISTERS: Final = (Register("main", Direction.IMPORT),)

type PowerUnit = Literal["W", "kW"]
type EnergyUnit = Literal["Wh", "kWh"]
POWER_UNITS: Final[Mapping[str, int]] = {"W": 1, "kW": 1000}
#: In mWh.
ENERGY_UNITS: Final[Mapping[str, int]] = {"Wh": 1000, "kWh": MILLIWATT_HOURS_PER_KWH}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """Under which names a body says what; the first that is there counts. Powers and energies have a unit as well."""

    device: tuple[str, ...] = ("deviceId", "device_id", "device", "panel", APARTMENT)
    power: tuple[tuple[str, str], ...] = (("power", "W"), ("power_w", "W"), ("power_kw", "kW"))
    energy: tuple[tuple[str, str], ...] = (("energy_kwh", "kWh"), ("kwh", "kWh"), ("kWh", "kWh"), ("energy_wh", "Wh"))
    voltage: tuple[str, ...] = ("voltage",)
    current: tuple[str, ...] = ("current",)
    temperature: tuple[str, ...] = ("temperature",)
    time: tuple[str, ...] = ("timestamp", "time")

    @classmethod
    def from_data(cls, data: Mapping[str, object]) -> Fields:
        """What a user told: a name for each quantity, and units; what is left out stays as it is known."""
        names = {key: value.strip() for key, value in data.items() if isinstance(value, str) and value.strip()}
        known = cls()
        power, energy = names.get("power"), names.get("energy")
        power_unit, energy_unit = names.get("power_unit", "W"), names.get("energy_unit", "kWh")
        return replace(
            known,
            device=_told(names, "device", known.device),
            power=((power, power_unit if power_unit in POWER_UNITS else "W"),) if power else known.power,
            energy=((energy, energy_unit if energy_unit in ENERGY_UNITS else "kWh"),) if energy else known.energy,
            voltage=_told(names, "voltage", known.voltage),
            current=_told(names, "current", known.current),
            temperature=_told(names, "temperature", known.temperature),
            time=_told(names, "time", known.time),
        )


def _told(names: Mapping[str, str], key: str, known: tuple[str, ...]) -> tuple[str, ...]:
    return (names[key],) if key in names else known


def decode(content: object, fields: Fields, most: int, device: tuple[str, str] | None = None) -> tuple[Sample, ...]:
    """The samples of a body, the oldest first if all of them say when; Rejected if any of them cannot be used.

    ``device`` is who speaks, and the name for people, where the body does not say it; ``most`` readings are taken at
    once.
    """
    samples = tuple(_sample(reading, fields, device) for reading in _readings(content, most))
    if not samples:
        raise Rejected(RejectReason.MISSING_KEY, READINGS)
    if all(sample.time is not None for sample in samples):
        return tuple(sorted(samples, key=lambda sample: sample.time or 0.0))
    return samples


def _readings(content: object, most: int) -> list[JsonObject]:
    if isinstance(content, list):
        return [as_object(each, READINGS) for each in as_list(content, READINGS, most)]
    if not isinstance(content, dict):
        raise Rejected(RejectReason.NOT_OBJECT)
    if (inner := content.get(READINGS)) is None:
        return [content]
    common = {key: value for key, value in content.items() if key != READINGS}
    return [{**common, **as_object(each, READINGS)} for each in as_list(inner, READINGS, most)]


def _sample(source: JsonObject, fields: Fields, device: tuple[str, str] | None) -> Sample:
    voltage = _number(source, fields.voltage, 0, MAX_VOLTAGE)
    current = _number(source, fields.current, 0, MAX_CURRENT)
    energy, resolution = _energy(source, fields)
    power, apparent = _power(source, fields), False
    if power is None and voltage is not None and current is not None:
        power, apparent = voltage * current, True
    if power is None and energy is None:
        raise Rejected(RejectReason.MISSING_KEY, fields.power[0][0])
    return Sample(
        panel=_panel(source, fields, device),
        channel=_MAIN.id,
        power=power,
        voltage=voltage,
        current=current,
        temperature=_number(source, fields.temperature, ABSOLUTE_ZERO, HOTTEST),
        energy=energy,
        resolution=resolution,
        time=_time(source, fields),
        apparent=apparent,
    )


def _power(source: JsonObject, fields: Fields) -> float | None:
    for name, unit in fields.power:
        factor = POWER_UNITS[unit]
        most = MAX_POWER_KW * 1000 / factor
        if (value := _number(source, (name,), -most, most)) is not None:
            return float(Decimal(repr(value)) * factor)
    return None


def _energy(source: JsonObject, fields: Fields) -> tuple[int | None, int]:
    for name, unit in fields.energy:
        factor = ENERGY_UNITS[unit]
        most = MAX_ENERGY_KWH * MILLIWATT_HOURS_PER_KWH / factor
        if (value := _number(source, (name,), 0, most)) is not None:
            return milliwatt_hours(value, factor)
    return None, 1


def _panel(source: JsonObject, fields: Fields, device: tuple[str, str] | None) -> Panel:
    for name in fields.device:
        told = _value(source, name)
        if isinstance(told, int) and not isinstance(told, bool):
            told = str(told)
        if told is None:
            continue
        if not isinstance(told, str):
            raise Rejected(RejectReason.WRONG_TYPE, name)
        if not _DEVICE.fullmatch(told):
            raise Rejected(RejectReason.NAME, name)
        return panel_of(told, f"Apartment {told}" if name == APARTMENT else pretty(told))
    if device is None:
        raise Rejected(RejectReason.MISSING_KEY, fields.device[0])
    return panel_of(*device)


def panel_of(device: str, name: str) -> Panel:
    """The panel of a device that posts."""
    return Panel(id=f"{NAME}:{device}", name=name, codec=NAME, channels=(_MAIN,), registers=_REGISTERS)


def _time(source: JsonObject, fields: Fields) -> float | None:
    """UTC seconds or milliseconds, or a time in words that tells its zone; another one is ignored."""
    for name in fields.time:
        value = _value(source, name)
        if isinstance(value, str):
            try:
                told = datetime.fromisoformat(value)
                return told.timestamp() if told.tzinfo is not None and told.year > 1970 else None
            except ValueError, OverflowError:
                return None
        if (found := device_time({"time": value})) is not None:
            return found
    return None


def _number(source: JsonObject, names: tuple[str, ...], low: float, high: float) -> float | None:
    for name in names:
        if (value := _value(source, name)) is not None:
            return as_number(value, name, low, high)
    return None


def _value(source: JsonObject, name: str) -> object:
    """What stands under a name; a name with dots goes deeper where it is not itself there."""
    if name in source:
        return source[name]
    value: object = source
    for part in name.split(".", DEEPEST):
        value = value.get(part) if isinstance(value, dict) else None
    return value

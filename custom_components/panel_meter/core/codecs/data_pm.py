"""Panels that send ``{"power_kw": .., "energy_kwh": ..}`` to ``DATA/PM/<PANEL>``, usually once a minute."""

from dataclasses import dataclass
from decimal import Decimal
import re
from typing import Final

from ..model import (
    MAX_ENERGY,
    MILLIWATT_HOURS_PER_KWH,
    Channel,
    Direction,
    Panel,
    Register,
    Role,
    Sample,
)
from .base import Message, TopicFilter
from .parsing import JsonObject, Rejected, RejectReason, json_object, number

NAME: Final = "data_pm"
PREFIX: Final = "DATA/PM/"
MAX_POWER_KW: Final = 1000.0
MAX_ENERGY_KWH: Final = MAX_ENERGY / MILLIWATT_HOURS_PER_KWH
MAX_VOLTAGE: Final = 1000.0
MAX_CURRENT: Final = 10_000.0
#: Later instants in seconds are milliseconds.
MAX_SECONDS: Final = 1e11

_PANEL: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_MAIN: Final = Channel(id="main", name="Mains", role=Role.MAIN)
_REGISTERS: Final = (Register("main", Direction.IMPORT),)


@dataclass(frozen=True, slots=True)
class DataPmCodec:
    """The format of the MQTT energy backends with InfluxDB."""

    name: str = NAME

    def filters(self) -> tuple[TopicFilter, ...]:
        """One level below the prefix: the panel."""
        return (TopicFilter(f"{PREFIX}+", 0),)

    def panel_of(self, topic: str) -> str | None:
        """The panel's name is the last level."""
        name = topic.removeprefix(PREFIX)
        return f"{NAME}:{name}" if name != topic and _PANEL.fullmatch(name) else None

    def decode(self, topic: str, payload: bytes) -> Message:
        """One sample of the panel's mains; other keys are ignored."""
        panel_id = self.panel_of(topic)
        if panel_id is None:
            raise Rejected(RejectReason.TOPIC, "panel")
        source = json_object(payload)
        power = number(source, "power_kw", -MAX_POWER_KW, MAX_POWER_KW)
        kwh = number(source, "energy_kwh", 0, MAX_ENERGY_KWH)
        if power is None and kwh is None:
            raise Rejected(RejectReason.MISSING_KEY, "power_kw")
        energy, resolution = (None, 1) if kwh is None else milliwatt_hours(kwh)
        sample = Sample(
            panel=_panel(panel_id, topic.removeprefix(PREFIX)),
            channel=_MAIN.id,
            power=None if power is None else float(Decimal(repr(power)) * 1000),
            voltage=number(source, "voltage", 0, MAX_VOLTAGE),
            current=number(source, "current", 0, MAX_CURRENT),
            energy=energy,
            resolution=resolution,
            time=device_time(source),
        )
        return Message(panel_id, (sample,))


def milliwatt_hours(energy: float, unit: int = MILLIWATT_HOURS_PER_KWH) -> tuple[int, int]:
    """An energy as the sender wrote it, in mWh, and the step in mWh of its last decimal (at least 1).

    ``unit`` is what the sender counts in, kWh unless told, in mWh.
    """
    written = Decimal(repr(energy))
    exponent = written.normalize().as_tuple().exponent
    decimals = min(max(-exponent, 0), 6) if isinstance(exponent, int) else 6
    counted = int((written * unit).to_integral_value())
    return min(counted, MAX_ENERGY), max(unit // 10**decimals, 1)


def device_time(source: JsonObject) -> float | None:
    """The instant of measurement if it is sent as UTC seconds, or milliseconds, since 1970.

    Times in words are ignored, because they do not tell their zone.
    """
    for key in ("timestamp", "time"):
        value = source.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1000 * MAX_SECONDS:
            return float(value) if value < MAX_SECONDS else value / 1000
    return None


def _panel(panel_id: str, name: str) -> Panel:
    return Panel(id=panel_id, name=pretty(name), codec=NAME, channels=(_MAIN,), registers=_REGISTERS)


def pretty(name: str) -> str:
    """``PANEL_LANTAI_1`` as people write it: ``Panel Lantai 1``."""
    words = re.split(r"[_.\-]+", name)
    return " ".join(word.capitalize() if word.isupper() else word for word in words if word) or name

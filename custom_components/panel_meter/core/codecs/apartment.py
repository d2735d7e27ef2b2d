"""Apartments that send voltage and current to ``electricity/building/floor/<apartment>`` or ``electricity/data``."""

from dataclasses import dataclass
import re
from typing import Final

from ..model import Channel, Direction, Panel, Register, Role, Sample
from .base import Message, TopicFilter
from .data_pm import device_time
from .parsing import JsonObject, Rejected, RejectReason, json_object, number

NAME: Final = "apartment"
PREFIX: Final = "electricity/building/floor/"
SHARED_TOPIC: Final = "electricity/data"
MAX_VOLTAGE: Final = 1000.0
MAX_CURRENT: Final = 10_000.0
MAX_POWER: Final = 1e6

_APARTMENT: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_MAIN: Final = Channel(id="main", name="Mains", role=Role.MAIN)
_REGISTERS: Final = (Register("main", Direction.IMPORT),)


@dataclass(frozen=True, slots=True)
class ApartmentCodec:
    """The format of the multi-apartment monitor."""

    name: str = NAME

    def filters(self) -> tuple[TopicFilter, ...]:
        """One topic for each apartment, and one for all of them."""
        return (TopicFilter(f"{PREFIX}+", 0), TopicFilter(SHARED_TOPIC, 0))

    def panel_of(self, topic: str) -> str | None:
        """The apartment is the last level; on the shared topic only the payload tells."""
        apartment = topic.removeprefix(PREFIX)
        return f"{NAME}:{apartment}" if apartment != topic and _APARTMENT.fullmatch(apartment) else None

    def decode(self, topic: str, payload: bytes) -> Message:
        """One sample of the apartment's mains; power is V x I (apparent) unless it is sent."""
        if topic != SHARED_TOPIC and self.panel_of(topic) is None:
            raise Rejected(RejectReason.TOPIC, "apartment")
        source = json_object(payload)
        apartment = _apartment(topic, source)
        voltage = number(source, "voltage", 0, MAX_VOLTAGE)
        current = number(source, "current", 0, MAX_CURRENT)
        power, apparent = number(source, "power", -MAX_POWER, MAX_POWER), False
        if power is None:
            if voltage is None or current is None:
                raise Rejected(RejectReason.MISSING_KEY, "current" if current is None else "voltage")
            power, apparent = voltage * current, True
        sample = Sample(
            panel=_panel(apartment),
            channel=_MAIN.id,
            power=power,
            voltage=voltage,
            current=current,
            time=device_time(source),
            apparent=apparent,
        )
        return Message(sample.panel.id, (sample,))


def _apartment(topic: str, source: JsonObject) -> str:
    """The apartment that topic and payload agree on."""
    told = source.get("apartment")
    if isinstance(told, int) and not isinstance(told, bool):
        told = str(told)
    if told is not None and not isinstance(told, str):
        raise Rejected(RejectReason.WRONG_TYPE, "apartment")
    if topic == SHARED_TOPIC:
        if told is None:
            raise Rejected(RejectReason.MISSING_KEY, "apartment")
        if not _APARTMENT.fullmatch(told):
            raise Rejected(RejectReason.NAME, "apartment")
        return told
    named = topic.removeprefix(PREFIX)
    if told not in (None, named):
        raise Rejected(RejectReason.TOPIC, "apartment")
    return named


def _panel(apartment: str) -> Panel:
    return Panel(
        id=f"{NAME}:{apartment}",
        name=f"Apartment {apartment}",
        codec=NAME,
        channels=(_MAIN,),
        registers=_REGISTERS,
    )

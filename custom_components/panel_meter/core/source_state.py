"""What the ledger keeps of a register without a journal, as JSON, so that metering goes on after a restart."""

from dataclasses import dataclass
from typing import Final

import orjson

from .integrator import PowerState
from .metering_model import Accepted, Jump, MeterState, Point, Previous
from .model import MAX_ENERGY, Quality
from .pace import LONGEST_SPAN

VERSION: Final = 1

#: Milliseconds. What is longer, the ledger would refuse.
_LONGEST_SPAN: Final = 9 * LONGEST_SPAN
_DAMAGED: Final = "The stored state of a register is damaged."

type Json = None | bool | int | str | list[Json] | dict[str, Json]


class DamagedState(ValueError):
    """The stored state of a register cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterState:
    """A counter or an integrator, and the energy that is accepted but stands in no row yet."""

    counter: MeterState | None = None
    power: PowerState | None = None
    open: tuple[Accepted, ...] = ()

    def to_json(self) -> str:
        """The state as text."""
        source: dict[str, Json] = {"version": VERSION}
        if self.counter is not None:
            source["counter"] = _from_counter(self.counter)
        if self.power is not None:
            source["power"] = _from_power(self.power)
        if self.open:
            source["open"] = [[piece.start, piece.end, piece.energy, int(piece.quality)] for piece in self.open]
        return orjson.dumps(source).decode()

    @classmethod
    def from_json(cls, text: str) -> RegisterState:
        """Read what ``to_json`` wrote; DamagedState if it is anything else or of another version."""
        try:
            source = _object(orjson.loads(text))
            if source["version"] != VERSION:
                raise DamagedState("The stored state of a register is of another version.")
            counter, power = source.get("counter"), source.get("power")
            return cls(
                counter=None if counter is None else _to_counter(_object(counter)),
                power=None if power is None else _to_power(_object(power)),
                open=tuple(_accepted(piece) for piece in _list(source.get("open", []))),
            )
        except KeyError, orjson.JSONDecodeError:
            raise DamagedState(_DAMAGED) from None


def _from_counter(state: MeterState) -> Json:
    jump, previous = state.jump, state.previous
    return {
        "mark": _from_point(state.mark),
        "clock": state.clock,
        "boot": state.boot,
        "resolution": state.resolution,
        "recent": list(state.recent),
        "provisional": state.provisional,
        "suspects": [_from_point(point) for point in state.suspects],
        "jump": None if jump is None else [_from_point(jump.first), _from_point(jump.last)],
        "previous": None
        if previous is None
        else [_from_point(previous.mark), previous.from_zero, previous.credited, previous.probation],
    }


def _to_counter(source: dict[str, Json]) -> MeterState:
    jump, previous, resolution = source["jump"], source["previous"], _integer(source["resolution"])
    if resolution < 1:
        raise DamagedState(_DAMAGED)
    return MeterState(
        mark=_point(source["mark"]),
        clock=_optional_integer(source["clock"]),
        boot=None if source["boot"] is None else _text(source["boot"]),
        resolution=resolution,
        recent=_integers(source["recent"]),
        provisional=_boolean(source["provisional"]),
        suspects=tuple(_point(point) for point in _list(source["suspects"])),
        jump=None if jump is None else _jump(jump),
        previous=None if previous is None else _previous(previous),
    )


def _from_power(state: PowerState) -> Json:
    return {
        "power": state.power,
        "time": state.time,
        "clock": state.clock,
        "carried": state.carried,
        "recent": list(state.recent),
    }


def _to_power(source: dict[str, Json]) -> PowerState:
    return PowerState(
        power=_integer(source["power"]),
        time=_integer(source["time"]),
        clock=_optional_integer(source["clock"]),
        carried=_integer(source["carried"]),
        recent=_integers(source["recent"]),
    )


def _accepted(value: Json) -> Accepted:
    start, end, energy, quality = _integers(value, 4)
    if not 0 <= end - start <= _LONGEST_SPAN or energy < 0 or not 0 <= quality < 2 * Quality.GAP:
        raise DamagedState(_DAMAGED)
    return Accepted(start, end, energy, Quality(quality))


def _from_point(point: Point) -> list[Json]:
    return [point.value, point.time]


def _point(value: Json) -> Point:
    return Point(*_integers(value, 2))


def _jump(value: Json) -> Jump:
    first, last = _list(value, 2)
    return Jump(_point(first), _point(last))


def _previous(value: Json) -> Previous:
    mark, from_zero, credited, probation = _list(value, 4)
    return Previous(_point(mark), _boolean(from_zero), _integer(credited), _integer(probation))


# --- types ---------------------------------------------------------------------------------------------------------


def _object(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise DamagedState(_DAMAGED)
    return value


def _list(value: Json, length: int | None = None) -> list[Json]:
    if not isinstance(value, list) or length not in (None, len(value)):
        raise DamagedState(_DAMAGED)
    return value


def _integers(value: Json, length: int | None = None) -> tuple[int, ...]:
    return tuple(_integer(item) for item in _list(value, length))


def _integer(value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > MAX_ENERGY:
        raise DamagedState(_DAMAGED)
    return value


def _optional_integer(value: Json) -> int | None:
    return None if value is None else _integer(value)


def _boolean(value: Json) -> bool:
    if not isinstance(value, bool):
        raise DamagedState(_DAMAGED)
    return value


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise DamagedState(_DAMAGED)
    return value

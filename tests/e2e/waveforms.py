"""What really flows through a board on the host platform, computed from its waveforms and from nothing else."""

from dataclasses import dataclass
from itertools import pairwise
import math
from pathlib import Path
from typing import Any, Final

import yaml

#: The mains of the board: effective volts, and hertz.
VOLTS: Final = 230.0
HERTZ: Final = 50.0
#: Points of a cycle at which volts and amperes are multiplied.
_POINTS: Final = 400
_MWH_PER_WS: Final = 1000 / 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A current that is a sine, perhaps switched on and off for whole seconds, beginning with the board."""

    amperes: float
    power_factor: float = 1.0
    on: int = 0
    off: int = 0

    @property
    def watts(self) -> float:
        """The power while it is on: the mean of the products of both waveforms over a cycle."""
        lag = math.acos(self.power_factor)
        angles = (2 * math.pi * point / _POINTS for point in range(_POINTS))
        products = (2 * VOLTS * math.sin(angle) * self.amperes * math.sin(angle - lag) for angle in angles)
        return sum(products) / _POINTS

    def seconds_on(self, seconds: float) -> float:
        """For how long it is on in the first ``seconds``."""
        if not self.off:
            return seconds
        cycles, rest = divmod(seconds, self.on + self.off)
        return cycles * self.on + min(rest, self.on)

    def energy(self, seconds: float) -> float:
        """Its energy in the first ``seconds``, in mWh."""
        return self.watts * self.seconds_on(seconds) * _MWH_PER_WS


def loads_of(board: Path) -> dict[str, Load]:
    """The loads that the YAML of a board makes up, by channel."""
    channels: list[dict[str, Any]] = yaml.safe_load(board.read_text())["panel_meter"]["channels"]
    return {channel["id"]: _load(channel["ct"]["load"]) for channel in channels}


def seconds_of(energy: float, load: Load) -> float:
    """How long a load that is always on takes for an energy in mWh."""
    assert not load.off
    return energy / (load.watts * _MWH_PER_WS)


def never_falls(rows: list[tuple[int, ...]]) -> bool:
    """Whether no register of the rows of a journal ever falls."""
    return all(now >= then for before, after in pairwise(rows) for then, now in zip(before[4:], after[4:], strict=True))


def _load(told: dict[str, Any]) -> Load:
    return Load(
        amperes=float(told["current"].removesuffix("A")),
        power_factor=told.get("power_factor", 1.0),
        on=int(told.get("on_time", "0s").removesuffix("s")),
        off=int(told.get("off_time", "0s").removesuffix("s")),
    )

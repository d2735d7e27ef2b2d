"""A panel with nine channels as the wire sees it, second by second."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
import json
import random
from typing import Final

from simulator.houses import House, family_house
from simulator.load import Channel, registers_of
from simulator.noise import seed_of
from simulator.site import Site
from simulator.units import GRID, SECOND

#: A Wednesday in January; the evening is when most circuits of a home are in use.
MIDNIGHT: Final = int(datetime(2026, 1, 14, tzinfo=UTC).timestamp())
EVENING: Final = MIDNIGHT + 18 * 3600
DAY: Final = 86_400
PHASES: Final = 3

#: The simulator's power is constant for ten seconds. A real meter shows another number every second: what the
#: appliances do within ten seconds and the noise of a converter of 12 bits, as a share and as watts (one sigma).
NOISE_SHARE: Final = 0.002
NOISE_WATTS: Final = 0.2
#: Below this a board shows 0, as real ones do.
CREEP_WATTS: Final = 0.5
NOISE_VOLTS: Final = 0.08

_STEP: Final = GRID // SECOND
_WATT_SECONDS_PER_MWH: Final = 3.6


@dataclass(frozen=True, slots=True)
class Second:
    """What the panel measures in one second; energies in mWh since the start."""

    power: tuple[float, ...]
    current: tuple[float, ...]
    power_factor: tuple[float, ...]
    voltage: tuple[float, ...]
    energy: tuple[int, ...]


class Source:
    """Mains and eight circuits of the simulated family, with the noise of a measurement added."""

    def __init__(self, number: int) -> None:
        """The same number gives the same panel."""
        seed = seed_of(7, "bench", number)
        house = family_house(seed, Site(seed=seed, utc_offset=0))
        # Solar is left out: nine channels, of which one is the mains, are what a common board has.
        self._house: House = replace(house, mains=replace(house.mains, both=False), circuits=house.circuits[1:])
        self._random = random.Random(seed)
        self.id = f"bench-{number}"
        self.journal = f"{seed % 2**32:08x}"

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The mains first."""
        return self._house.channels

    def info(self) -> bytes:
        """The announcement."""
        channels = [
            {"id": c.id, "name": c.name, "role": c.role, "phase": c.phase, "rating": c.rating} for c in self.channels
        ]
        return encode(
            {
                "protocol": "1.0",
                "id": self.id,
                "boot": "00000001",
                "journal": self.journal,
                "name": f"Bench {self.id.rpartition('-')[2]}",
                "model": "bench",
                "firmware": "1.0.0",
                "interval": 300,
                "live_interval": 1,
                "capacity": 2048,
                "nominal_voltage": 230,
                "registers": list(registers_of(self._house)),
                "channels": channels,
            }
        )

    def seconds(self, start: int, count: int) -> Iterator[Second]:
        """``count`` seconds from ``start`` on (UTC seconds in the life of the house, a multiple of ten)."""
        noise = self._random.gauss
        watt_seconds = [0.0] * len(self.channels)
        steps = -(-count // _STEP)
        powers = self._house.powers(start // _STEP, steps).T.tolist()
        factors = tuple(channel.power_factor for channel in self.channels)
        for second in range(count):
            base = [milliwatts / 1000 for milliwatts in powers[second // _STEP]]
            noisy = [_measured(watts, noise) for watts in base[1:]]
            # The mains carry what the circuits carry, noise included.
            mains = _measured(base[0] - sum(base[1:]), noise) + sum(noisy)
            watts = [mains, *noisy]
            for place, value in enumerate(watts):
                watt_seconds[place] += max(value, 0.0)
            volts = tuple(round(230 - mains * 1.2e-4 + noise(0, NOISE_VOLTS), 1) for _ in range(PHASES))
            yield Second(
                power=tuple(round(value, 1) for value in watts),
                current=tuple(round(value / f / volts[0], 2) for value, f in zip(watts, factors, strict=True)),
                power_factor=factors,
                voltage=volts,
                energy=tuple(int(value / _WATT_SECONDS_PER_MWH) for value in watt_seconds),
            )

    def intervals(self, start: int, count: int, length: int = 300) -> list[list[int]]:
        """Energy in mWh of each channel in ``count`` intervals from ``start`` on, without noise."""
        steps = length // _STEP
        powers = self._house.powers(start // _STEP, count * steps)
        energies = powers.reshape(len(self.channels), count, steps).sum(axis=2) * _STEP // 3600
        rows: list[list[int]] = energies.T.tolist()
        return rows

    def live(self, second: Second, uptime: int, now: int, lead: tuple[int, ...]) -> bytes:
        """A live message; ``lead`` is added to the energies."""
        return encode(
            {
                "journal": self.journal,
                "boot": "00000001",
                "uptime": uptime,
                "time": now,
                "power": second.power,
                "voltage": second.voltage,
                "current": second.current,
                "power_factor": second.power_factor,
                "frequency": 50.01,
                "temperature": 31.5,
                "energy": added(second.energy, lead),
            }
        )

    def record(self, rows: list[list[int]], *, oldest: int = 1) -> bytes:
        """A record message with rows of the wire."""
        return encode({"journal": self.journal, "oldest": oldest, "records": rows})


def added(energy: tuple[int, ...], lead: tuple[int, ...]) -> list[int]:
    """Registers that did not begin at 0."""
    return [a + b for a, b in zip(energy, lead, strict=True)]


def encode(value: object) -> bytes:
    """JSON as boards send it: without spaces."""
    return json.dumps(value, separators=(",", ":")).encode()


def _measured(watts: float, noise: object) -> float:
    if abs(watts) < CREEP_WATTS:
        return 0.0
    assert callable(noise)
    value: float = watts + noise(0, NOISE_WATTS + NOISE_SHARE * abs(watts))
    return value

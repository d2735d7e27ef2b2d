"""What draws power in a house, and what makes it. Every power is a pure function of (seed, time)."""

from collections.abc import Sequence
from dataclasses import dataclass
import random
from typing import Protocol

import numpy as np

from .noise import Floats, seed_of, uniform
from .site import Steps
from .units import GRID, SECOND

_STEP = GRID // SECOND
_DAY = 86_400

#: A stretch of a program: seconds, watts.
type Stretch = tuple[int, float]


class Appliance(Protocol):
    """Anything with a power."""

    def power(self, steps: Steps, seed: int) -> Floats:
        """Watts in each step, import positive; shape (steps.count,)."""
        ...


@dataclass(frozen=True, slots=True)
class Base:
    """Always on: standby, router, ventilation."""

    watts: float

    def power(self, steps: Steps, seed: int) -> Floats:
        """Watts with a little noise."""
        return self.watts * (0.96 + 0.08 * uniform(seed, steps.utc))


@dataclass(frozen=True, slots=True)
class Fridge:
    """A compressor that runs for a part of each cycle."""

    watts: float = 85
    period: int = 2700
    duty: float = 0.38

    def power(self, steps: Steps, seed: int) -> Floats:
        """Watts; the share of running changes a little from cycle to cycle and is higher by day."""
        shifted = steps.utc + seed % self.period
        cycle = shifted // self.period
        part = (shifted - cycle * self.period) / self.period
        duty = self.duty * (0.8 + 0.25 * uniform(seed, cycle) + 0.15 * (steps.presence > 0.5))
        surge = 1 + 0.35 * np.exp(-part * self.period / 90)
        return np.where(part < duty, self.watts * surge, 1.5)


@dataclass(frozen=True, slots=True)
class Use:
    """A habit: around which local hour, how often (0-1 per day) on workdays and at the weekend."""

    hour: float
    spread: float = 0.5
    workday: float = 1.0
    weekend: float = 1.0


@dataclass(frozen=True, slots=True)
class Program:
    """Something that is started and runs through its stretches: kettle, washing machine, oven, charging car."""

    uses: tuple[Use, ...]
    stretches: tuple[Stretch, ...]
    #: How much shorter or longer it may run.
    stretch: float = 0.1

    def power(self, steps: Steps, seed: int) -> Floats:
        """Watts; runs that began the day before go on past midnight."""
        watts = np.zeros(steps.count)
        if not steps.count:
            return watts
        origin = int(steps.local[0])
        for day in range(int(steps.day[0]) - 1, int(steps.day[-1]) + 1):
            for start, factor in self._starts(day, seed):
                _paint(watts, start - origin, self.stretches, factor)
        return watts

    def _starts(self, day: int, seed: int) -> list[tuple[int, float]]:
        dice = random.Random(seed_of(seed, day))
        weekend = (day + 3) % 7 >= 5
        starts = []
        for use in self.uses:
            wanted, moment, factor = dice.random(), dice.gauss(use.hour, use.spread), dice.random()
            if wanted < (use.weekend if weekend else use.workday):
                length = 1 + self.stretch * (2 * factor - 1)
                starts.append((day * _DAY + int(min(max(moment, 0), 23.99) * 3600), length))
        return starts


def _paint(watts: Floats, start: int, stretches: Sequence[Stretch], factor: float) -> None:
    """Add the stretches to the steps that they cover; ``start`` is in seconds from the first step."""
    position = start
    for seconds, power in stretches:
        end = position + max(_STEP, int(seconds * factor))
        low, high = max(position // _STEP, 0), min(end // _STEP, len(watts))
        if low < high:
            watts[low:high] += power
        position = end


@dataclass(frozen=True, slots=True)
class Lighting:
    """Lamps that are on when it is dark and somebody is there."""

    watts: float

    def power(self, steps: Steps, seed: int) -> Floats:
        """Watts."""
        dark = np.clip((0.12 - steps.sun) / 0.2, 0, 1)
        return self.watts * dark * steps.presence * (0.3 + 0.7 * steps.chance(seed, 1200))


@dataclass(frozen=True, slots=True)
class Leisure:
    """Television, computers: on in half-hours while somebody is there."""

    watts: float
    share: float = 0.6

    def power(self, steps: Steps, seed: int) -> Floats:
        """Watts; a few remain as standby."""
        on = steps.chance(seed, 1800) < self.share * steps.presence
        return np.where(on, self.watts * (0.85 + 0.3 * uniform(seed + 1, steps.utc // 30)), 2.0)


@dataclass(frozen=True, slots=True)
class HeatPump:
    """Heating by the outside temperature: modulating in the cold, cycling when it is mild."""

    watts: float
    heating_limit: float = 16.5

    def power(self, steps: Steps, seed: int) -> Floats:
        """Watts."""
        demand = np.clip((self.heating_limit - steps.temperature) / 28, 0, 1)
        period = 2400
        part = ((steps.utc + seed % period) % period) / period
        lowest = 0.3
        cycling = np.where(part < demand / lowest, lowest, 0.0)
        level = np.where(demand < lowest, cycling, demand)
        return np.where(level > 0, self.watts * level + 60, 8.0) * (0.97 + 0.06 * uniform(seed, steps.utc))


@dataclass(frozen=True, slots=True)
class Boiler:
    """Hot water by a heating rod, filled up after mornings and evenings."""

    watts: float = 2000

    def power(self, steps: Steps, seed: int) -> Floats:
        """Watts."""
        program = Program((Use(5.2, 0.2), Use(8.0, 0.6, 0.9, 0.7), Use(20.5, 0.8)), ((1500, self.watts),), stretch=0.4)
        return program.power(steps, seed)


@dataclass(frozen=True, slots=True)
class Solar:
    """Photovoltaic modules; production is negative."""

    peak: float

    def power(self, steps: Steps, seed: int) -> Floats:
        """Watts; the inverter draws 6 W at night."""
        light = np.clip(steps.sun, 0, 1) ** 1.1 * (1 - 0.82 * steps.clouds)
        flutter = 1 - 0.08 * steps.clouds * uniform(seed, steps.utc)
        produced = self.peak * 0.92 * light * flutter
        return np.where(produced > 15, -produced, 6.0)


@dataclass(frozen=True, slots=True)
class Machines:
    """Motors of a workshop: busy on workdays, idle otherwise."""

    watts: float

    def power(self, steps: Steps, seed: int) -> Floats:
        """Watts."""
        open_now = (
            (steps.weekend == 0)
            & (steps.hour >= 7)
            & (steps.hour < 16.5)
            & ~((steps.hour >= 12) & (steps.hour < 12.75))
        )
        busy = steps.chance(seed, 240) < 0.45
        return np.where(open_now & busy, self.watts * (0.4 + 0.6 * uniform(seed + 1, steps.utc)), 0.0)

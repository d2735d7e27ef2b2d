"""The formats of older systems: no journal, no acknowledgement, whatever is lost is lost."""

from dataclasses import dataclass
import json
import random
from typing import Protocol

from .electrical import measurements
from .faults import Events, FaultPlan
from .messages import Message
from .meter import Meter
from .noise import seed_of
from .registers import Registers
from .truth import PanelTruth
from .units import MINUTE, SECOND, Millis


class Legacy(Protocol):
    """A device that only publishes."""

    id: str
    truth: PanelTruth

    def step(self, now: Millis) -> list[Message]:
        """What it publishes up to ``now``."""
        ...


@dataclass(slots=True)
class _Spoiler:
    """Now and then a number that is none."""

    chance: float
    dice: random.Random

    def number(self, value: float) -> float:
        """The value, or NaN."""
        return float("nan") if self.chance and self.dice.random() < self.chance else value


class PanelOfFloor:
    """``DATA/PM/PANEL_LANTAI_<n>``: power in kW and a cumulative counter in kWh, once a minute."""

    def __init__(self, number: int, meter: Meter, now: Millis, *, seed: int, faults: FaultPlan) -> None:
        """The counter shows what an older device would show."""
        self.id = f"PANEL_LANTAI_{number}"
        self.truth = PanelTruth(self.id)
        self._topic = f"DATA/PM/{self.id}"
        self._meter = meter
        dice = random.Random(seed_of(seed, self.id))
        self._spoiler = _Spoiler(faults.nan, dice)
        self._resets = Events(faults.reset, now, dice)
        #: What the counter showed at the start, in Wh, and how many digits it shows.
        self._offset = dice.randrange(100_000, 9_000_000)
        self._digits = 2 + number % 2
        self._registers = Registers(meter, ("main.import",), self.truth)
        self._registers.start("legacy", now)
        self._zero_at = 0
        self._next = now

    def step(self, now: Millis) -> list[Message]:
        """One message when a minute is over."""
        if now < self._next:
            return []
        self._next = now + MINUTE
        self._registers.advance(now)
        counted = self._registers.energies[0]
        if self._resets.happens(now):
            self._offset, self._zero_at = 0, counted
            self.truth.fault(now, "counter_reset")
        energy = self._offset / 1000 + (counted - self._zero_at) / 1e6
        content = {
            "power_kw": self._spoiler.number(round(self._meter.power(now)[0] / 1e6, 3)),
            "energy_kwh": self._spoiler.number(round(energy, self._digits)),
        }
        self.truth.count("data_pm")
        return [Message(self._topic, json.dumps(content).encode(), kind="live", at=now)]


class Apartment:
    """``electricity/building/floor/<apartment>``: volts and amperes every two seconds; no energy."""

    def __init__(self, number: int, meter: Meter, now: Millis, *, seed: int, faults: FaultPlan) -> None:
        """``number`` counts from 1; eight apartments to a floor."""
        floor = 1 + (number - 1) // 8
        self.id = f"{floor}{1 + (number - 1) % 8:02d}"
        self.truth = PanelTruth(f"apartment-{self.id}")
        self._floor = str(floor)
        self._meter, self._seed = meter, seed
        self._spoiler = _Spoiler(faults.nan, random.Random(seed_of(seed, self.id)))
        self._registers = Registers(meter, ("main.import",), self.truth)
        self._registers.start("legacy", now)
        self._next = now

    def step(self, now: Millis) -> list[Message]:
        """One message every two seconds."""
        if now < self._next:
            return []
        self._next = now + 2 * SECOND
        self._registers.advance(now)
        powers = self._meter.power(now)
        values = measurements(self._meter.load, powers, now, seed=self._seed, nominal_voltage=220)
        voltages = values["voltage"]
        assert isinstance(voltages, list)
        content = {
            "voltage": self._spoiler.number(voltages[0]),
            "current": self._spoiler.number(round(abs(powers[0]) / 1000 / voltages[0], 2)),
            "apartment": self.id,
            "floor": self._floor,
        }
        self.truth.count("apartment")
        topic = f"electricity/building/floor/{self.id}"
        return [Message(topic, json.dumps(content).encode(), kind="live", at=now)]

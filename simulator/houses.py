"""Houses made of circuits, and circuits made of appliances."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .appliances import (
    Appliance,
    Base,
    Boiler,
    Fridge,
    HeatPump,
    Leisure,
    Lighting,
    Machines,
    Program,
    Solar,
    Use,
)
from .load import Channel
from .noise import Integers, seed_of
from .site import Site, Steps
from .units import GRID, Millis


@dataclass(frozen=True, slots=True)
class Circuit:
    """A channel and what hangs on it."""

    channel: Channel
    appliances: tuple[Appliance, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Circuits behind mains; the mains also carry what no circuit measures."""

    id: str
    name: str
    model: str
    site: Site
    mains: Channel
    circuits: tuple[Circuit, ...]
    unmetered: tuple[Appliance, ...]
    phases: int = 1

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The mains first."""
        return (self.mains, *(circuit.channel for circuit in self.circuits))

    def powers(self, first: int, count: int) -> Integers:
        """Milliwatts; (channels, count). The mains are exactly the sum of what is behind them."""
        steps = Steps(self.site, first, count)
        rows = np.empty((len(self.circuits) + 1, count), dtype=np.int64)
        rows[0] = self._sum(self.unmetered, steps, "rest")
        for index, circuit in enumerate(self.circuits, 1):
            rows[index] = self._sum(circuit.appliances, steps, circuit.channel.id)
            # A sub-channel hangs behind another circuit, which carries its power already.
            if circuit.channel.parent in (None, self.mains.id):
                rows[0] += rows[index]
        self._carry_subs(rows)
        return rows

    def _carry_subs(self, rows: Integers) -> None:
        places = {circuit.channel.id: index for index, circuit in enumerate(self.circuits, 1)}
        for index, circuit in enumerate(self.circuits, 1):
            parent = places.get(circuit.channel.parent or "")
            if parent is not None:
                rows[parent] += rows[index]
                rows[0] += rows[index]

    def _sum(self, appliances: Sequence[Appliance], steps: Steps, name: str) -> Integers:
        watts = np.zeros(steps.count)
        for number, appliance in enumerate(appliances):
            watts += appliance.power(steps, seed_of(self.site.seed, name, number))
        return np.rint(watts * 1000).astype(np.int64)

    def temperature(self, now: Millis) -> float:
        """In the panel: warmer than outside."""
        return round(18 + 0.4 * float(Steps(self.site, now // GRID, 1).temperature[0]), 1)


_KETTLE = Program(
    (Use(6.9, 0.3, 0.9, 0.2), Use(9.4, 0.6, 0.1, 0.9), Use(15.8, 1.0, 0.3, 0.8), Use(20.1, 0.8, 0.7, 0.7)),
    ((170, 2050),),
)
_COFFEE = Program((Use(6.8, 0.3, 1, 0.3), Use(9.1, 0.5, 0.2, 1), Use(14.5, 1, 0.2, 0.7)), ((60, 1250), (600, 40)))
_OVEN = Program((Use(12.2, 0.4, 0.1, 0.6), Use(18.6, 0.5, 0.55, 0.5)), ((600, 2400), *(((120, 2300), (150, 20)) * 9)))
_HOB = Program((Use(12.0, 0.4, 0.15, 0.8), Use(18.4, 0.5, 0.9, 0.8)), ((300, 1900), *(((60, 1700), (90, 300)) * 8)))
_WASHING = Program(
    (Use(10.5, 1.5, 0.15, 0.6), Use(19.0, 0.8, 0.4, 0.2)),
    ((240, 90), (1200, 2050), *(((20, 320), (40, 60)) * 60), (300, 80), (480, 420)),
)
_DRYER = Program((Use(13.2, 1.4, 0.1, 0.5), Use(21.4, 0.4, 0.3, 0.1)), ((3600, 720), (900, 300)))
_DISHWASHER = Program(
    (Use(20.2, 0.7, 0.75, 0.9),), ((300, 60), (960, 2000), (1500, 80), (840, 2000), (900, 50), (600, 20))
)
_IRON = Program((Use(17.5, 1.5, 0.1, 0.35),), ((45, 2200), (75, 0)) * 14)
_MICROWAVE = Program((Use(7.1, 0.3, 0.4, 0.2), Use(12.6, 0.5, 0.3, 0.5), Use(19.2, 0.9, 0.6, 0.5)), ((150, 1250),))


def _car(watts: float) -> Program:
    return Program((Use(18.3, 0.9, 0.62, 0.3),), ((2 * 3600, watts), (900, watts * 0.45)), stretch=0.45)


def _circuit(
    number: int, name: str, *appliances: Appliance, phase: str = "L1", rating: int = 16, power_factor: float = 0.97
) -> Circuit:
    poles = 3 if phase == "L123" else 1
    channel = Channel(
        id=f"c{number}", name=name, phase=phase, rating=rating, slot=number, poles=poles, power_factor=power_factor
    )
    return Circuit(channel, appliances)


def _mains(phases: int, rating: int, *, both: bool) -> Channel:
    phase = "L123" if phases == 3 else "L1"
    return Channel(id="main", name="Mains", role="main", phase=phase, rating=rating, poles=phases, both=both)


def _solar(peak: float, phase: str, rating: int) -> Circuit:
    channel = Channel(
        id="solar",
        name="Solar",
        role="solar",
        phase=phase,
        rating=rating,
        poles=3 if phase == "L123" else 1,
        both=True,
        power_factor=0.99,
    )
    return Circuit(channel, (Solar(peak),))


def family_house(seed: int, site: Site, *, id: str = "house", name: str = "House") -> House:
    """Three phases, eight circuits and photovoltaics."""
    return House(
        id=id,
        name=name,
        model="esp32-12ch",
        site=site,
        phases=3,
        mains=_mains(3, 63, both=True),
        circuits=(
            _solar(6800, "L123", 16),
            _circuit(1, "Kitchen", Fridge(), _KETTLE, _COFFEE, _MICROWAVE, Base(6), phase="L1"),
            _circuit(2, "Cooker", _HOB, _OVEN, phase="L123", rating=20, power_factor=0.99),
            _circuit(3, "Dishwasher", _DISHWASHER, phase="L2", power_factor=0.98),
            _circuit(4, "Laundry", _WASHING, _DRYER, _IRON, Base(3), phase="L3", power_factor=0.93),
            _circuit(5, "Living room", Leisure(140), Lighting(90), Base(14), phase="L2", rating=13, power_factor=0.9),
            _circuit(6, "Bedrooms", Leisure(75, 0.4), Lighting(60), Base(8), phase="L3", rating=13, power_factor=0.91),
            _circuit(7, "Heat pump", HeatPump(3300), phase="L123", power_factor=0.95),
            _circuit(8, "Car", _car(7360), phase="L1", rating=32, power_factor=0.99),
        ),
        unmetered=(Base(55), Lighting(45), Fridge(70, 3100, 0.33)),
    )


def apartment(seed: int, site: Site, *, id: str, name: str) -> House:
    """One phase, four circuits; who lives there differs from flat to flat."""
    size = 0.7 + (seed % 7) / 10
    extra: tuple[Appliance, ...] = (_DRYER,) if seed % 3 == 0 else ()
    water: tuple[Appliance, ...] = (Boiler(),) if seed % 2 else (Base(2),)
    return House(
        id=id,
        name=name,
        model="esp32c3-4ch",
        site=site,
        mains=_mains(1, 40, both=False),
        circuits=(
            _circuit(1, "Kitchen", Fridge(70 * size), _KETTLE, _MICROWAVE, _HOB, rating=20),
            _circuit(2, "Rooms", Leisure(160 * size), Lighting(80 * size), Base(12), rating=13, power_factor=0.9),
            _circuit(3, "Bathroom", _WASHING, *extra, power_factor=0.94),
            _circuit(4, "Hot water", *water, power_factor=1.0),
        ),
        unmetered=(Base(18 * size),),
    )


def workshop(seed: int, site: Site, *, id: str, name: str) -> House:
    """Three phases, machines by day, two cars to charge."""
    return House(
        id=id,
        name=name,
        model="esp32-8ch",
        site=site,
        phases=3,
        mains=_mains(3, 80, both=True),
        circuits=(
            _solar(11500, "L123", 25),
            _circuit(1, "Machines", Machines(6500), phase="L123", rating=32, power_factor=0.82),
            _circuit(2, "Compressor", Machines(2200), Base(20), phase="L123", power_factor=0.85),
            _circuit(3, "Charger left", _car(11000), phase="L123", rating=20, power_factor=0.99),
            _circuit(4, "Charger right", _car(11000), phase="L123", rating=20, power_factor=0.99),
            _circuit(5, "Office", Leisure(260, 0.8), Lighting(240), Base(45), phase="L2", power_factor=0.92),
        ),
        unmetered=(Base(90), Lighting(120)),
    )


def cottage(seed: int, site: Site, *, id: str, name: str) -> House:
    """One phase, a heat pump with its pump as a sub-channel, a small solar plant."""
    pump = Channel(id="pump", name="Circulation pump", role="sub", parent="c1", rating=6, slot=5, power_factor=0.8)
    return House(
        id=id,
        name=name,
        model="esp32-6ch",
        site=site,
        mains=_mains(1, 50, both=True),
        circuits=(
            _solar(2400, "L1", 16),
            _circuit(1, "Heating", HeatPump(1900), rating=20, power_factor=0.94),
            _circuit(2, "Kitchen", Fridge(), _KETTLE, _HOB, _COFFEE, rating=20),
            _circuit(3, "Rooms", Leisure(110), Lighting(70), Base(10), power_factor=0.91),
            Circuit(pump, (Base(38),)),
        ),
        unmetered=(Base(25),),
    )


class MainsOnly:
    """The mains of a house as one channel, without what its solar plant makes: what an older device measures."""

    def __init__(self, house: House) -> None:
        """The house goes on by itself."""
        self._house = house
        self._solar = [index for index, channel in enumerate(house.channels) if channel.role == "solar"]
        self.channels = (replace(house.mains, both=False),)
        self.phases = 1

    def powers(self, first: int, count: int) -> Integers:
        """Milliwatts; (1, count)."""
        rows = self._house.powers(first, count)
        mains: Integers = rows[:1] - rows[self._solar].sum(axis=0)
        return mains

    def temperature(self, now: Millis) -> float:
        """In the panel."""
        return self._house.temperature(now)


#: What stands in the street, again and again.
_STREET = (family_house, apartment, workshop, apartment, cottage, apartment, apartment)


def street(count: int, seed: int, utc_offset: float = 1.0) -> list[House]:
    """``count`` panels, the same ones for the same seed; the first is "house"."""
    homes: list[House] = []
    seen: dict[str, int] = {}
    for index in range(count):
        kind = _STREET[index % len(_STREET)]
        own = seed_of(seed, "panel", index)
        site = Site(seed=own, latitude=48.0, utc_offset=utc_offset)
        number = seen[kind.__name__] = seen.get(kind.__name__, 0) + 1
        match kind.__name__:
            case "apartment":
                room = (1 + (number - 1) // 8) * 100 + 1 + (number - 1) % 8
                home = apartment(own, site, id=f"apt-{room}", name=f"Apartment {room}")
            case "family_house":
                suffix = "" if number == 1 else f"-{number}"
                home = family_house(own, site, id=f"house{suffix}", name=f"House{suffix.replace('-', ' ')}")
            case other:
                suffix = "" if number == 1 else f"-{number}"
                home = kind(own, site, id=f"{other}{suffix}", name=f"{other.capitalize()}{suffix.replace('-', ' ')}")
        homes.append(home)
    return homes

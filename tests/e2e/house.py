"""Simulated panels for the views: a house of 12 circuits, a panel with one circuit and one with 42 and hostile names.

``python -m tests.e2e.house KIND ...`` is the simulator (same arguments) with the houses of a kind in its street.
"""

from collections.abc import Callable
from dataclasses import replace
import sys
from typing import Final
from unittest.mock import patch

from simulator import houses, street
from simulator.appliances import Appliance, Base, Boiler, Fridge, HeatPump, Leisure, Lighting, Program, Use
from simulator.cli import main
from simulator.houses import Circuit, House
from simulator.load import Channel
from simulator.site import Site

#: Names that end up in a page; every one of them is text and nothing else.
HOSTILE: Final = (
    "<script>window.hacked = 1</script>",
    '<img src=x onerror="window.hacked = 2">',
    "مطبخ الطابق الأول",
    "🔥🍕 Pizza oven 🧑🍳",
    "W" * 64,
    "{{ states('sun.sun') }} [a](javascript:alert(1)) **bold**",
    'Åse & Øyvind\'s "corner"',
    "עבודה אחרי שעות",
)

_SERVER = Base(62)
_WASH = Program((Use(10.5, 1.5, 0.2, 0.6),), ((240, 90), (1200, 2050), *(((20, 320), (40, 60)) * 60), (300, 80)))


def _circuit(number: int, name: str, *appliances: Appliance, phase: str = "L1", rating: int = 16) -> Circuit:
    poles = 3 if phase == "L123" else 1
    channel = Channel(id=f"c{number}", name=name, phase=phase, rating=rating, slot=number, poles=poles)
    return Circuit(channel, appliances)


def family(site: Site) -> House:
    """Three phases, photovoltaics and twelve circuits."""
    house = houses.family_house(site.seed, site, id="home", name="Our house")
    more = (
        _circuit(9, "Office", Leisure(120, 0.9), Base(35), phase="L2"),
        _circuit(10, "Bathroom", _WASH, Boiler(1800), phase="L3"),
        _circuit(11, "Server cupboard", _SERVER, phase="L1", rating=10),
        _circuit(12, "Garden", Lighting(120), HeatPump(400), phase="L2", rating=10),
    )
    return replace(house, circuits=(*house.circuits, *more), model="esp32-18ch")


def one(site: Site) -> House:
    """The least that there can be: mains and one circuit."""
    house = houses.apartment(site.seed, site, id="shed", name="Shed")
    return replace(house, circuits=(_circuit(1, "Lights", Lighting(60), Base(9)),), unmetered=(Base(3),))


def many(site: Site) -> House:
    """42 circuits; the first ones have names that were meant to break something."""
    circuits = tuple(
        _circuit(
            number,
            HOSTILE[number - 1] if number <= len(HOSTILE) else f"Circuit {number}",
            Base(8.0 + 6 * number) if number % 3 else Fridge(60 + number),
            phase=f"L{1 + (number - 1) // 2 % 3}",
        )
        for number in range(1, 43)
    )
    house = houses.workshop(site.seed, site, id="many", name='Hall <b>"42"</b>')
    return replace(house, circuits=circuits, unmetered=(Base(40),))


KINDS: Final[dict[str, tuple[Callable[[Site], House], ...]]] = {"family": (family,), "others": (one, many)}


def _street(kind: str) -> Callable[[int, int, float], list[House]]:
    def made(count: int, seed: int, utc_offset: float = 1.0) -> list[House]:
        site = Site(seed=seed, latitude=48.0, utc_offset=utc_offset)
        return [make(site) for make in KINDS[kind][:count]]

    return made


if __name__ == "__main__":
    # The street is what the simulator's boards are made of; everything else of it stays as it is.
    with patch.object(street, "street", _street(sys.argv[1])):
        sys.exit(main(sys.argv[2:]))

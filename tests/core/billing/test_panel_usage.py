"""What the registers of a panel mean for a tariff."""

from hypothesis import given, strategies as st
import pytest

from custom_components.panel_meter.core.billing.panel_usage import Wiring, reader, wiring_of
from custom_components.panel_meter.core.billing.usage import Usage
from custom_components.panel_meter.core.model import Channel, Direction, Panel, Quality, Register, Role

IMPORT, EXPORT = Direction.IMPORT, Direction.EXPORT


def panel(*channels: tuple[str, Role, str | None], both: str = "") -> Panel:
    """A panel of channels (id, role, parent); those named in ``both`` count both ways."""
    registers: list[Register] = []
    for name, _, _ in channels:
        registers += [Register(name, IMPORT)] + ([Register(name, EXPORT)] if name in both.split() else [])
    return Panel(
        id="p",
        name="P",
        codec="native",
        channels=tuple(Channel(id=name, name=name, role=role, parent=parent) for name, role, parent in channels),
        registers=tuple(registers),
    )


HOUSE = panel(
    ("m1", Role.MAIN, None),
    ("m2", Role.MAIN, None),
    ("pv", Role.SOLAR, None),
    ("bat", Role.BATTERY, None),
    ("garage", Role.CIRCUIT, None),
    ("car", Role.SUB, "garage"),
    both="m1 m2 pv bat",
)


def read(of: Panel, energies: dict[str, int], quality: int = 0, **more: bool) -> Usage:
    """Usage of a row with these energies by register; the others are 0."""
    row = [energies.get(str(register), 0) for register in of.registers]
    return reader(wiring_of(of), of.registers, **more)((100, 400, quality, row))


def test_a_house_with_everything() -> None:
    usage = read(
        HOUSE,
        {
            "m1.import": 300,
            "m2.import": 200,
            "m2.export": 40,
            "pv.export": 500,
            "pv.import": 3,
            "bat.import": 120,
            "bat.export": 20,
            "garage.import": 250,
            "car.import": 200,
        },
    )
    # From the grid, the roof and the battery, without what was sold and what the battery took. What an inverter draws
    # at night is a part of what is consumed.
    assert usage == Usage(100, 400, 500, 40, 500 + 500 + 20 - 40 - 120, (250, 200))


def test_a_nested_circuit_is_known_as_such() -> None:
    assert wiring_of(HOUSE).names.names == ("garage", "car")
    assert wiring_of(HOUSE).nested == {"car"}


def test_a_sub_panel_behind_the_mains_is_not_nested() -> None:
    of = panel(("m1", Role.MAIN, None), ("sub", Role.SUB, "m1"), ("lamp", Role.CIRCUIT, "sub"))
    assert wiring_of(of).nested == {"lamp"}
    assert read(of, {"m1.import": 90, "sub.import": 70, "lamp.import": 60}) == Usage(100, 400, 90, 0, 90, (70, 60))


def test_without_mains_the_circuits_are_what_is_bought() -> None:
    of = panel(("a", Role.CIRCUIT, None), ("b", Role.CIRCUIT, None), ("c", Role.SUB, "b"))
    assert wiring_of(of).without_mains
    assert read(of, {"a.import": 10, "b.import": 20, "c.import": 15}) == Usage(100, 400, 30, 0, 30, (10, 20, 15))


def test_a_solar_clamp_without_a_direction_counts_what_the_sun_gives() -> None:
    of = panel(("m", Role.MAIN, None), ("pv", Role.SOLAR, None), both="m")
    assert read(of, {"m.import": 10, "pv.import": 100, "m.export": 60}) == Usage(100, 400, 10, 60, 50, ())


def test_a_one_way_battery_counts_as_neither() -> None:
    of = panel(("m", Role.MAIN, None), ("bat", Role.BATTERY, None))
    assert read(of, {"m.import": 100, "bat.import": 70}) == Usage(100, 400, 100, 0, 100, ())


def test_buy_all_sell_all() -> None:
    usage = read(HOUSE, {"m1.import": 100, "m1.export": 50, "pv.export": 400}, buy_all=True)
    assert (usage.imported, usage.exported, usage.consumed) == (450, 400, 450)


def test_phases_are_set_off_against_each_other() -> None:
    usage = read(HOUSE, {"m1.import": 100, "m2.export": 30}, net_phases=True)
    assert (usage.imported, usage.exported) == (70, 0)
    usage = read(HOUSE, {"m1.import": 30, "m2.export": 100, "pv.export": 200}, net_phases=True)
    assert (usage.imported, usage.exported, usage.consumed) == (0, 70, 130)


@pytest.mark.parametrize(
    ("quality", "estimated"),
    [(0, False), (Quality.REBOOT, False), (Quality.ESTIMATED, True), (Quality.ESTIMATED | Quality.PARTIAL, True)],
)
def test_estimated_rows_are_marked(quality: int, estimated: bool) -> None:
    assert read(HOUSE, {}, quality).estimated is estimated


def test_registers_that_a_journal_does_not_have_are_zero() -> None:
    registers = (Register("car", IMPORT), Register("m1", IMPORT))
    assert reader(wiring_of(HOUSE), registers)((0, 1, 0, (5, 9))) == Usage(0, 1, 9, 0, 9, (0, 5))


def test_registers_of_an_older_description_mean_nothing() -> None:
    registers = (Register("gone", IMPORT), Register("m1", IMPORT))
    assert reader(wiring_of(HOUSE), registers)((0, 1, 0, (5, 9))).imported == 9


@given(st.lists(st.integers(0, 10**9), min_size=10, max_size=10), st.booleans(), st.booleans())
def test_circuits_never_consume_more_than_the_panel(energies: list[int], net_phases: bool, buy_all: bool) -> None:
    wiring: Wiring = wiring_of(HOUSE)
    assert len(HOUSE.registers) == len(energies)
    usage = reader(wiring, HOUSE.registers, net_phases=net_phases, buy_all=buy_all)((0, 300, 0, energies))
    direct = sum(
        energy for name, energy in zip(wiring.names.names, usage.circuits, strict=True) if name not in wiring.nested
    )
    assert usage.consumed >= direct
    assert min(usage.imported, usage.exported) >= 0
    if net_phases and not buy_all:
        assert 0 in (usage.imported, usage.exported)

"""Told when an appliance has finished, and not in its pauses."""

import pytest

from tests.blueprints.conftest import TELL, House, Use

POWER = "sensor.laundry_power"
ENERGY = "sensor.laundry_energy"
INPUTS = {
    "power": POWER,
    "running_above": 10,
    "running_seconds": 60,
    "finished_below": 5,
    "finished_minutes": 3,
    "least_minutes": 10,
    "actions": TELL,
}


async def washes(house: House, minutes: float) -> None:
    await house.sees(POWER, 2000)
    await house.passes(minutes=minutes)
    await house.sees(POWER, 1)


async def test_it_tells_when_it_has_finished(house: House, use: Use) -> None:
    await house.sees(POWER, 1)
    await house.sees(ENERGY, 100, "kWh")
    await use("appliance_finished", **INPUTS, energy=ENERGY)
    await house.sees(POWER, 2000)
    await house.passes(minutes=30)
    await house.sees(ENERGY, 100.75, "kWh")
    await house.sees(POWER, 1)
    await house.passes(minutes=2)
    assert not house.told
    await house.passes(minutes=2)
    assert house.messages == ["Laundry Power has finished after 30 minutes and took 0.75 kWh."]
    await house.passes(minutes=120)
    assert house.runs() == 0
    await washes(house, 15)
    await house.passes(minutes=4)
    assert house.messages[1:] == ["Laundry Power has finished after 15 minutes and took 0.0 kWh."]


async def test_pauses_and_moments_are_no_end(house: House, use: Use) -> None:
    await house.sees(POWER, 1)
    await use("appliance_finished", **INPUTS)
    await house.sees(POWER, 2000)
    await house.passes(minutes=20)
    for power in (1, 7, 4, 2000, 0):
        await house.sees(POWER, power)
        await house.passes(minutes=2)
    assert not house.told
    await house.passes(minutes=2)
    assert house.messages == ["Laundry Power has finished after 28 minutes."]


@pytest.mark.parametrize("minutes", [0.5, 5, 9])
async def test_short_runs_are_not_told(house: House, use: Use, minutes: float) -> None:
    await house.sees(POWER, 1)
    await use("appliance_finished", **INPUTS)
    await washes(house, minutes)
    await house.passes(minutes=30)
    assert not house.told
    assert house.runs() == 0


@pytest.mark.parametrize("nothing", ["unavailable", "unknown"])
async def test_a_silent_panel_neither_starts_nor_ends_a_run(house: House, use: Use, nothing: str) -> None:
    await house.sees(POWER, nothing)
    await use("appliance_finished", **INPUTS)
    await house.passes(minutes=20)
    assert house.runs() == 0
    await washes(house, 20)
    await house.passes(minutes=1)
    await house.sees(POWER, nothing)
    await house.passes(minutes=20)
    assert not house.told
    await house.sees(POWER, 1)
    await house.passes(minutes=4)
    assert len(house.told) == 1


async def test_what_runs_at_the_start_is_told_without_its_duration(house: House, use: Use) -> None:
    house.stopped()
    await house.sees(POWER, 2000)
    await house.sees(ENERGY, 100, "kWh")
    await use("appliance_finished", **INPUTS, energy=ENERGY)
    await house.started()
    await house.passes(minutes=2)
    await house.sees(POWER, 1)
    await house.passes(minutes=4)
    assert house.messages == ["Laundry Power has finished."]


async def test_a_moment_at_the_start_is_no_run(house: House, use: Use) -> None:
    house.stopped()
    await house.sees(POWER, 2000)
    await use("appliance_finished", **INPUTS)
    await house.started()
    await house.passes(seconds=30)
    await house.sees(POWER, 1)
    await house.passes(minutes=10)
    assert not house.told


async def test_editing_another_automation_does_not_end_or_double_a_run(house: House, use: Use) -> None:
    await house.sees(POWER, 1)
    await use("appliance_finished", **INPUTS)
    await house.sees(POWER, 2000)
    await house.passes(minutes=12)
    await house.reload()
    await house.passes(minutes=3)
    await house.sees(POWER, 1)
    await house.passes(minutes=30)
    assert house.messages == ["Laundry Power has finished after 15 minutes."]


async def test_limits_the_wrong_way_round_do_not_tell_while_it_runs(house: House, use: Use) -> None:
    await house.sees(POWER, 1)
    await use("appliance_finished", **INPUTS | {"finished_below": 50})
    await house.sees(POWER, 30)
    await house.passes(minutes=60)
    assert not house.told
    await house.sees(POWER, 1)
    await house.passes(minutes=4)
    assert len(house.told) == 1

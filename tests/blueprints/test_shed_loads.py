"""Loads are shed in order before the breaker trips or the peak rises, and given back in reverse order."""

from datetime import timedelta

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest

from tests.blueprints.conftest import NOON, House, Use

CURRENT = "sensor.mains_current"
SECOND = "sensor.mains_current_2"
DEMAND = "sensor.demand"
PEAK = "sensor.peak_demand"
MAINS = "sensor.mains_power"
CAR, BOILER, DRYER = LOADS = [f"input_boolean.{name}" for name in ("car", "boiler", "dryer")]
MEMORY = "input_text.shed"

ACTIONS = [{"action": "test.tell", "data": {"title": "{{ what }} {{ load }}", "message": "{{ message }}"}}]
INPUTS = {"loads": LOADS, "actions": ACTIONS, "shed_seconds": 30, "quiet_minutes": 5}
BREAKER = INPUTS | {"sensors": [CURRENT], "rating": 40}
CHARGE = INPUTS | {"demand": DEMAND, "peak": PEAK, "least_peak": 2.5, "interval": 15}


@pytest.fixture(autouse=True)
async def _loads(hass: HomeAssistant, house: House) -> None:
    loads = {entity_id.split(".")[1]: {"initial": True, "name": entity_id[14:].title()} for entity_id in LOADS}
    assert await async_setup_component(hass, "input_boolean", {"input_boolean": loads})
    assert await async_setup_component(hass, "input_text", {"input_text": {"shed": {"max": 255}}})


def off(hass: HomeAssistant) -> list[str]:
    return [entity_id for entity_id in LOADS if hass.states.is_state(entity_id, "off")]


async def switch(hass: HomeAssistant, entity_id: str, state: str) -> None:
    await hass.services.async_call("input_boolean", f"turn_{state}", {"entity_id": entity_id}, blocking=True)


async def test_it_sheds_in_order_and_gives_back_in_reverse_order(house: House, use: Use, hass: HomeAssistant) -> None:
    await house.sees(CURRENT, 20, "A")
    await use("shed_loads", **BREAKER)
    await house.sees(CURRENT, 39, "A")
    await house.passes(seconds=20)
    assert off(hass) == []
    await house.passes(seconds=15)
    assert off(hass) == [CAR]
    await house.sees(CURRENT, 37, "A")
    await house.passes(seconds=35)
    assert off(hass) == [CAR, BOILER]
    # 30 A are between: nothing is shed, nothing is given back.
    await house.sees(CURRENT, 30, "A")
    await house.passes(minutes=20)
    assert off(hass) == [CAR, BOILER]
    await house.sees(CURRENT, 20, "A")
    await house.passes(minutes=4)
    assert off(hass) == [CAR, BOILER]
    await house.passes(minutes=2)
    assert off(hass) == [CAR]
    await house.passes(minutes=5)
    assert off(hass) == []
    assert house.runs() == 0
    assert house.titles == [f"shed {CAR}", f"shed {BOILER}", f"given_back {BOILER}", f"given_back {CAR}"]
    assert house.messages[0] == "Car is switched off, because the limit is close."


async def test_a_moment_sheds_nothing(house: House, use: Use, hass: HomeAssistant) -> None:
    await house.sees(CURRENT, 20, "A")
    await use("shed_loads", **BREAKER)
    for _ in range(5):
        await house.sees(CURRENT, 45, "A")
        await house.passes(seconds=20)
        await house.sees(CURRENT, 35, "A")
        await house.passes(seconds=20)
    assert off(hass) == []
    assert house.runs() == 0


async def test_the_highest_phase_counts(house: House, use: Use, hass: HomeAssistant) -> None:
    await house.sees(CURRENT, 5, "A")
    await house.sees(SECOND, 5, "A")
    await use("shed_loads", **BREAKER | {"sensors": [CURRENT, SECOND]})
    await house.sees(SECOND, 39, "A")
    await house.passes(seconds=35)
    assert off(hass) == [CAR]


async def test_what_is_off_already_is_neither_shed_nor_given_back(house: House, use: Use, hass: HomeAssistant) -> None:
    await switch(hass, CAR, "off")
    await house.sees(CURRENT, 20, "A")
    await use("shed_loads", **BREAKER)
    await house.sees(CURRENT, 39, "A")
    await house.passes(seconds=35)
    assert off(hass) == [CAR, BOILER]
    await house.sees(CURRENT, 10, "A")
    await house.passes(minutes=30)
    assert off(hass) == [CAR]
    assert house.runs() == 0


async def test_what_somebody_switches_on_again_is_not_given_back(house: House, use: Use, hass: HomeAssistant) -> None:
    await house.sees(CURRENT, 20, "A")
    await use("shed_loads", **BREAKER)
    await house.sees(CURRENT, 39, "A")
    await house.passes(seconds=35)
    await house.sees(CURRENT, 30, "A")
    await switch(hass, CAR, "on")
    await house.sees(CURRENT, 20, "A")
    await house.passes(minutes=6)
    assert house.titles == [f"shed {CAR}"]
    assert house.runs() == 0


async def test_when_none_is_left_it_says_so_once(house: House, use: Use, hass: HomeAssistant) -> None:
    await house.sees(CURRENT, 20, "A")
    await use("shed_loads", **BREAKER)
    await house.sees(CURRENT, 50, "A")
    await house.passes(minutes=15)
    assert off(hass) == LOADS
    assert [title.split()[0] for title in house.titles] == ["shed", "shed", "shed", "none_left"]
    # One that is switched on meanwhile is shed again.
    await switch(hass, DRYER, "on")
    await house.passes(minutes=1)
    assert off(hass) == LOADS
    assert len(house.told) == 4


async def test_a_load_that_does_not_follow_holds_up_no_other(house: House, use: Use, hass: HomeAssistant) -> None:
    hass.states.async_set("switch.stuck", "on")
    await house.sees(CURRENT, 20, "A")
    await use("shed_loads", **BREAKER | {"loads": ["switch.stuck", CAR]})
    await house.sees(CURRENT, 39, "A")
    await house.passes(minutes=5)
    assert off(hass) == [CAR]
    assert [title.split()[0] for title in house.titles] == ["shed", "shed", "none_left"]


@pytest.mark.parametrize("nothing", ["unavailable", "unknown"])
async def test_a_silent_panel_switches_nothing(house: House, use: Use, hass: HomeAssistant, nothing: str) -> None:
    await house.sees(CURRENT, nothing, "A")
    await use("shed_loads", **BREAKER)
    await house.passes(minutes=5)
    await house.sees(CURRENT, 39, "A")
    await house.passes(seconds=20)
    await house.sees(CURRENT, nothing, "A")
    await house.passes(minutes=5)
    assert off(hass) == []
    await house.sees(CURRENT, 39, "A")
    await house.passes(seconds=35)
    assert off(hass) == [CAR]
    await house.sees(CURRENT, nothing, "A")
    await house.passes(minutes=30)
    assert off(hass) == [CAR]
    await house.sees(CURRENT, 10, "A")
    await house.passes(minutes=6)
    assert off(hass) == []


@pytest.mark.parametrize("remembers", [True, False])
async def test_what_was_shed_before_a_restart_is_given_back_with_a_memory(
    house: House, use: Use, hass: HomeAssistant, remembers: bool
) -> None:
    house.stopped()
    await switch(hass, CAR, "off")
    await switch(hass, DRYER, "off")
    await house.sees(CURRENT, 10, "A")
    # The second is none of the loads any more.
    await hass.services.async_call(
        "input_text", "set_value", {"entity_id": MEMORY, "value": f"{CAR},input_boolean.gone"}, blocking=True
    )
    await use("shed_loads", **BREAKER | ({"memory": MEMORY} if remembers else {}))
    await house.started()
    await house.passes(minutes=6)
    assert off(hass) == ([DRYER] if remembers else [CAR, DRYER])
    assert house.runs() == 0
    assert hass.states.is_state(MEMORY, "" if remembers else f"{CAR},input_boolean.gone")


async def test_the_memory_is_kept(house: House, use: Use, hass: HomeAssistant) -> None:
    await house.sees(CURRENT, 20, "A")
    await use("shed_loads", **BREAKER, memory=MEMORY)
    await house.sees(CURRENT, 39, "A")
    await house.passes(seconds=65)
    assert hass.states.is_state(MEMORY, f"{CAR},{BOILER}")
    await house.sees(CURRENT, 10, "A")
    await house.passes(minutes=6)
    assert hass.states.is_state(MEMORY, CAR)


async def test_what_is_over_at_the_start_is_shed(house: House, use: Use, hass: HomeAssistant) -> None:
    house.stopped()
    await house.sees(CURRENT, 39, "A")
    await use("shed_loads", **BREAKER)
    await house.started()
    await house.passes(seconds=35)
    assert off(hass) == [CAR]


async def test_it_sheds_when_the_interval_comes_close_to_the_peak(house: House, use: Use, hass: HomeAssistant) -> None:
    await house.sees(DEMAND, 1, "kW")
    await house.sees(PEAK, 4, "kW")
    await use("shed_loads", **CHARGE)
    await house.sees(DEMAND, 3.5, "kW")
    await house.passes(minutes=5)
    assert off(hass) == []
    await house.sees(DEMAND, 3.7, "kW")
    await house.passes(seconds=35)
    assert off(hass) == [CAR]
    # The next interval begins.
    await house.sees(DEMAND, 0.1, "kW")
    await house.passes(minutes=6)
    assert off(hass) == []


async def test_peaks_that_cost_nothing_shed_nothing(house: House, use: Use, hass: HomeAssistant) -> None:
    await house.sees(DEMAND, 0, "kW")
    await house.sees(PEAK, 0, "kW")
    await use("shed_loads", **CHARGE)
    for demand in (0.5, 1, 2, 2.2):
        # The running interval is the peak of a cycle that has just begun.
        await house.sees(DEMAND, demand, "kW")
        await house.sees(PEAK, demand, "kW")
        await house.passes(minutes=2)
    assert off(hass) == []
    await house.sees(DEMAND, 2.3, "kW")
    await house.sees(PEAK, 2.3, "kW")
    await house.passes(minutes=1)
    assert off(hass)[0] == CAR


async def test_with_the_power_it_foresees_the_end_of_the_interval(house: House, use: Use, hass: HomeAssistant) -> None:
    await house.sees(DEMAND, 0.1, "kW")
    await house.sees(PEAK, 4, "kW")
    await house.sees(MAINS, 1000)
    await use("shed_loads", **CHARGE, mains=MAINS)
    await house.until(NOON + timedelta(minutes=3))
    # 1 kW so far and 2.4 kW in the rest of it.
    await house.sees(DEMAND, 1, "kW")
    await house.sees(MAINS, 3000)
    await house.passes(seconds=45)
    assert off(hass) == []
    # 1 kW so far and 5.8 kW in the rest of it.
    await house.sees(MAINS, 8000)
    await house.passes(seconds=35)
    assert off(hass) == [CAR]


async def test_outside_of_the_hours_of_demand_loads_are_given_back(house: House, use: Use, hass: HomeAssistant) -> None:
    await house.sees(DEMAND, 1, "kW")
    await house.sees(PEAK, 4, "kW")
    await use("shed_loads", **CHARGE)
    await house.sees(DEMAND, 3.9, "kW")
    await house.passes(seconds=35)
    assert off(hass) == [CAR]
    await house.sees(DEMAND, "unavailable", "kW")
    await house.passes(minutes=30)
    assert off(hass) == [CAR]
    await house.sees(DEMAND, "unknown", "kW")
    await house.passes(minutes=6)
    assert off(hass) == []

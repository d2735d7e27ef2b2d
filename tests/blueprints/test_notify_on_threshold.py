"""Told when a value stays too high, once, and when it is normal again."""

from homeassistant.components import persistent_notification
from homeassistant.core import HomeAssistant
import pytest

from tests.blueprints.conftest import TELL, House, Use

POWER = "sensor.kitchen_power"
INPUTS = {
    "sensor": POWER,
    "limit": 3000,
    "above_for": {"minutes": 5},
    "hysteresis": 200,
    "normal_for": {"minutes": 1},
    "actions": TELL,
    "normal_actions": TELL,
}


async def test_it_tells_after_the_time_and_once_when_it_is_normal_again(house: House, use: Use) -> None:
    await house.sees(POWER, 500)
    await use("notify_on_threshold", **INPUTS)
    await house.sees(POWER, 3500)
    await house.passes(minutes=4)
    assert not house.told
    await house.passes(minutes=1.5)
    assert house.titles == ["Above the limit"]
    assert house.messages == ["Kitchen Power is 3500 W, above the limit of 3000 W."]
    await house.sees(POWER, 100)
    await house.passes(minutes=2)
    assert house.titles == ["Above the limit", "Back to normal"]
    assert house.messages[1] == "Kitchen Power is back to 100 W."
    assert house.runs() == 0
    await house.sees(POWER, 3500)
    await house.passes(minutes=6)
    assert house.titles[2:] == ["Above the limit"]


async def test_a_moment_is_not_told(house: House, use: Use) -> None:
    await house.sees(POWER, 500)
    await use("notify_on_threshold", **INPUTS)
    for _ in range(4):
        await house.sees(POWER, 3500)
        await house.passes(minutes=4)
        await house.sees(POWER, 2999)
        await house.passes(minutes=1)
    assert not house.told


async def test_a_value_that_dances_around_the_limit_is_told_once(house: House, use: Use) -> None:
    await house.sees(POWER, 3500)
    await use("notify_on_threshold", **INPUTS)
    await house.sees(POWER, 2900)
    for _ in range(5):
        await house.sees(POWER, 3100)
        await house.passes(minutes=6)
        await house.sees(POWER, 2900)
        await house.passes(minutes=6)
    assert house.titles == ["Above the limit"]
    # Below for a moment is not normal yet.
    await house.sees(POWER, 2700)
    await house.passes(seconds=30)
    await house.sees(POWER, 2900)
    await house.passes(minutes=5)
    assert house.titles == ["Above the limit"]


@pytest.mark.parametrize("nothing", ["unavailable", "unknown"])
async def test_a_silent_panel_is_neither_above_nor_back(house: House, use: Use, nothing: str) -> None:
    await house.sees(POWER, nothing)
    await use("notify_on_threshold", **INPUTS)
    await house.passes(minutes=10)
    await house.sees(POWER, 3500)
    await house.passes(minutes=4)
    await house.sees(POWER, nothing)
    await house.passes(minutes=10)
    assert not house.told
    await house.sees(POWER, 3500)
    await house.passes(minutes=6)
    assert house.titles == ["Above the limit"]
    await house.sees(POWER, nothing)
    await house.passes(minutes=30)
    await house.sees(POWER, 3500)
    await house.passes(minutes=30)
    assert house.titles == ["Above the limit"]
    await house.sees(POWER, 0)
    await house.passes(minutes=2)
    assert house.titles == ["Above the limit", "Back to normal"]


@pytest.mark.parametrize("stays", [True, False])
async def test_what_is_above_at_the_start_is_told_if_it_stays(house: House, use: Use, stays: bool) -> None:
    house.stopped()
    await house.sees(POWER, 3500)
    await use("notify_on_threshold", **INPUTS)
    await house.started()
    await house.passes(minutes=4)
    assert not house.told
    if not stays:
        await house.sees(POWER, 100)
    await house.passes(minutes=2)
    assert house.titles == (["Above the limit"] if stays else [])


async def test_editing_another_automation_tells_nothing_again(house: House, use: Use) -> None:
    await house.sees(POWER, 500)
    await use("notify_on_threshold", **INPUTS)
    await house.reload()
    await house.sees(POWER, 3500)
    await house.passes(minutes=6)
    for _ in range(3):
        await house.reload()
        await house.passes(minutes=6)
    assert house.titles == ["Above the limit"]


async def test_an_action_that_fails_is_not_repeated(house: House, use: Use) -> None:
    await house.sees(POWER, 500)
    failing = [*TELL, {"action": "homeassistant.update_entity", "data": {"entity_id": "no such entity"}}]
    await use("notify_on_threshold", **INPUTS | {"actions": failing})
    await house.sees(POWER, 3500)
    await house.passes(minutes=6)
    assert len(house.told) == 1


async def test_names_are_shown_and_neither_rendered_nor_markup(house: House, use: Use, hass: HomeAssistant) -> None:
    await house.sees(POWER, 500)
    await use("notify_on_threshold", **{k: v for k, v in INPUTS.items() if k != "actions"})
    await house.sees(POWER, 3500, friendly_name="{{ 1 + 1 }} **big** <img src=x>")
    await house.passes(minutes=6)
    (written,) = persistent_notification._async_get_or_create_notifications(hass).values()
    assert written["title"] == "Above the limit"
    assert written["message"].startswith(r"\{\{ 1 \+ 1 \}\} \*\*big\*\* \<img src=x\> is 3500 W")

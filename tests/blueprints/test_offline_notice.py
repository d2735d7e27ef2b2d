"""Told of panels that are offline, together, and once."""

from homeassistant.core import HomeAssistant
import pytest

from tests.blueprints.conftest import TELL, House, Use

FIRST, SECOND, THIRD = PANELS = [f"binary_sensor.apartment_{number}" for number in (1, 2, 3)]
BACK = [{"action": "test.tell", "data": {"title": "{{ title }}", "message": "{{ message }}"}}]
INPUTS = {"panels": PANELS, "minutes": 10, "actions": TELL, "back_actions": BACK}


@pytest.fixture(autouse=True)
async def _panels(house: House) -> None:
    for panel in PANELS:
        await house.sees(panel, "on", None)


async def test_it_tells_after_the_time_and_when_it_is_back(house: House, use: Use) -> None:
    await use("offline_notice", **INPUTS)
    await house.sees(FIRST, "off", None)
    await house.passes(minutes=9)
    assert not house.told
    await house.passes(minutes=2)
    assert house.messages == ["Apartment 1 has said nothing for 10 minutes."]
    await house.passes(hours=3)
    assert len(house.told) == 1
    await house.sees(FIRST, "on", None)
    assert house.messages[1:] == ["Apartment 1 is back."]
    assert house.runs() == 0
    await house.sees(FIRST, "off", None)
    await house.passes(minutes=11)
    assert len(house.told) == 3


async def test_all_that_fall_silent_together_are_one_message(house: House, use: Use) -> None:
    await use("offline_notice", **INPUTS)
    for panel in PANELS:
        await house.sees(panel, "off", None)
    await house.passes(minutes=12)
    assert house.messages == ["Apartment 1, Apartment 2, Apartment 3 have said nothing for 10 minutes."]


async def test_each_has_its_own_time(house: House, use: Use) -> None:
    await use("offline_notice", **INPUTS)
    await house.sees(FIRST, "off", None)
    await house.passes(minutes=5)
    await house.sees(SECOND, "off", None)
    await house.passes(minutes=8)
    assert house.titles == ["Panel offline"]
    await house.sees(FIRST, "on", None)
    await house.passes(minutes=5)
    assert house.messages[1:] == ["Apartment 1 is back.", "Apartment 2 has said nothing for 10 minutes."]
    await house.sees(SECOND, "on", None)
    assert house.messages[3:] == ["Apartment 2 is back."]
    assert house.runs() == 0


async def test_short_silences_are_not_told(house: House, use: Use) -> None:
    await use("offline_notice", **INPUTS)
    for _ in range(4):
        await house.sees(FIRST, "off", None)
        await house.passes(minutes=9)
        await house.sees(FIRST, "on", None)
        await house.passes(minutes=2)
        assert house.runs() == 0
    assert not house.told


@pytest.mark.parametrize("nothing", ["unavailable", "unknown"])
async def test_what_is_not_known_is_not_offline(house: House, use: Use, nothing: str) -> None:
    await use("offline_notice", **INPUTS)
    await house.sees(FIRST, nothing, None)
    await house.passes(minutes=30)
    assert not house.told
    await house.sees(FIRST, "off", None)
    await house.passes(minutes=12)
    await house.sees(FIRST, nothing, None)
    await house.passes(minutes=5)
    # Not back either.
    assert house.titles == ["Panel offline"]


async def test_what_is_offline_at_the_start_is_told(house: House, use: Use) -> None:
    house.stopped()
    await house.sees(FIRST, "off", None)
    await use("offline_notice", **INPUTS)
    await house.started()
    await house.passes(minutes=11)
    assert len(house.told) == 1
    await house.reload()
    await house.passes(minutes=11)
    assert len(house.told) == 1


async def test_a_panel_that_is_removed_holds_nothing_up(house: House, use: Use, hass: HomeAssistant) -> None:
    await use("offline_notice", **INPUTS)
    await house.sees(FIRST, "off", None)
    await house.passes(minutes=11)
    hass.states.async_remove(FIRST)
    await house.passes(minutes=2)
    assert house.runs() == 0
    assert house.titles == ["Panel offline"]


async def test_names_are_not_rendered(house: House, use: Use) -> None:
    await use("offline_notice", **INPUTS)
    await house.sees(FIRST, "off", None, friendly_name="{{ 1 + 1 }}'\"")
    await house.passes(minutes=11)
    assert house.messages == ["{{ 1 + 1 }}'\" has said nothing for 10 minutes."]

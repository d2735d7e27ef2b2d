"""Breakers and their slots."""

from dataclasses import replace

import pytest

from custom_components.panel_meter.core.model import Channel, Panel, Phase, Role
from custom_components.panel_meter.core.placement import (
    MOST_SLOTS,
    ImpossiblePlacement,
    Layout,
    Place,
    check_place,
    check_slots,
    poles_of,
    taken_slots,
    usual_layout,
)

OVEN = Channel(id="c1", name="Oven", slot=1, poles=2)
KITCHEN = Channel(id="c2", name="Kitchen", slot=2)


def a_panel(volts: float, *channels: Channel) -> Panel:
    return Panel(id="p", name="Home", codec="native", channels=channels, registers=(), nominal_voltage=volts)


def test_a_split_phase_stands_in_columns_and_everything_else_on_rails() -> None:
    assert usual_layout(a_panel(120)) is Layout.COLUMNS
    assert usual_layout(a_panel(230)) is Layout.RAIL
    assert usual_layout(a_panel(240, replace(OVEN, phase=Phase.L1L2))) is Layout.COLUMNS


def test_a_breaker_goes_on_downwards_or_to_the_right() -> None:
    assert taken_slots(1, 3, Layout.COLUMNS) == (1, 3, 5)
    assert taken_slots(1, 3, Layout.RAIL) == (1, 2, 3)


def test_poles_follow_from_the_phase() -> None:
    assert poles_of(OVEN) == 2
    assert poles_of(KITCHEN) == 1
    assert poles_of(replace(KITCHEN, phase=Phase.L1L2)) == 2
    assert poles_of(replace(KITCHEN, phase=Phase.L123)) == 3


def test_the_same_places_are_free_in_columns_and_taken_on_a_rail() -> None:
    check_slots([OVEN, KITCHEN], [], Layout.COLUMNS)
    with pytest.raises(ImpossiblePlacement) as refused:
        check_slots([OVEN, KITCHEN], [], Layout.RAIL)
    assert refused.value.key == "slot_taken"
    assert refused.value.placeholders == {"channel": "Kitchen", "other": "Oven", "slot": "2"}


def test_breakers_of_the_same_name_are_two() -> None:
    with pytest.raises(ImpossiblePlacement):
        check_slots([KITCHEN, replace(KITCHEN, id="c9")], [], Layout.COLUMNS)


def test_others_count_and_their_own_quarrels_do_not() -> None:
    with pytest.raises(ImpossiblePlacement):
        check_slots([replace(KITCHEN, slot=3)], [OVEN], Layout.COLUMNS)
    check_slots([KITCHEN], [OVEN, replace(OVEN, id="c9")], Layout.COLUMNS)


def test_the_mains_and_channels_without_a_slot_take_none() -> None:
    mains = replace(KITCHEN, id="main", role=Role.MAIN)
    check_slots([KITCHEN, mains, replace(KITCHEN, id="c3", slot=None)], [], Layout.RAIL)


def test_no_breaker_reaches_beyond_the_last_slot() -> None:
    check_slots([replace(OVEN, slot=MOST_SLOTS - 1)], [], Layout.RAIL)
    with pytest.raises(ImpossiblePlacement, match="slot_out_of_range"):
        check_slots([replace(OVEN, slot=MOST_SLOTS)], [], Layout.RAIL)


@pytest.mark.parametrize(
    ("place", "key"),
    [
        (Place(channel="c1", slot=0), "slot_out_of_range"),
        (Place(channel="c1", slot=MOST_SLOTS + 1), "slot_out_of_range"),
        (Place(channel="c1", poles=0), "poles_out_of_range"),
        (Place(channel="c1", poles=4), "poles_out_of_range"),
        (Place(channel="c1", rating=0), "rating_out_of_range"),
        (Place(channel="c1", rating=1e9), "rating_out_of_range"),
        (Place(channel="c1", rating=float("nan")), "rating_out_of_range"),
    ],
)
def test_what_no_breaker_is(place: Place, key: str) -> None:
    with pytest.raises(ImpossiblePlacement, match=key):
        check_place(place, "Oven")

"""What of a panel belongs where on the Energy dashboard, and how that is merged with what the user has."""

from dataclasses import replace

from hypothesis import given, strategies as st
import pytest

from custom_components.panel_meter.core.energy_merge import (
    Change,
    Entry,
    Json,
    Preferences,
    as_entry,
    difference,
    identity,
    merge,
    renamed,
    renamed_change,
    take_back,
)
from custom_components.panel_meter.core.energy_plan import (
    EntryKind,
    LeftOutReason,
    Plan,
    PlannedEntry,
    plan,
)
from custom_components.panel_meter.core.model import Channel, Direction, Panel, Register, Role


def board(*channels: Channel, one_way: tuple[str, ...] = (), panel_id: str = "p") -> Panel:
    """A panel whose channels count both ways, but those of ``one_way`` only import."""
    return Panel(
        id=panel_id,
        name=f"Panel {panel_id}",
        codec="native",
        channels=channels,
        registers=tuple(
            Register(channel.id, direction)
            for channel in channels
            for direction in Direction
            if direction is Direction.IMPORT or channel.id not in one_way
        ),
    )


def channel(channel_id: str, role: Role = Role.CIRCUIT, parent: str | None = None) -> Channel:
    return Channel(id=channel_id, name=channel_id.title(), role=role, parent=parent)


def entities(*panels: Panel, without: tuple[str, ...] = ()) -> dict[tuple[str, str, str], str]:
    """All entities of the panels, named sensor.<panel>_<channel>_<key>."""
    return {
        (panel.id, each.id, key): f"sensor.{panel.id}_{each.id}_{key}"
        for panel in panels
        for each in panel.channels
        for key in ("energy_import", "energy_export", "power")
        if f"{each.id}_{key}" not in without
    }


def planned(panel: Panel, *, without: tuple[str, ...] = ()) -> dict[str, PlannedEntry]:
    return {entry.channel: entry for entry in plan([panel], entities(panel, without=without)).entries}


# --- the plan ---


def test_mains_draw_from_the_grid_and_return_to_it() -> None:
    main = planned(board(channel("main", Role.MAIN)))["main"]

    assert main.kind is EntryKind.GRID
    assert (main.energy_from, main.energy_to) == ("sensor.p_main_energy_import", "sensor.p_main_energy_export")
    assert (main.power, main.power_inverted) == ("sensor.p_main_power", False)


def test_mains_without_an_export_register_return_nothing() -> None:
    assert planned(board(channel("main", Role.MAIN), one_way=("main",)))["main"].energy_to is None


def test_every_main_of_a_board_is_a_grid_connection() -> None:
    phases = planned(board(channel("l1", Role.MAIN), channel("l2", Role.MAIN)))

    assert [entry.kind for entry in phases.values()] == [EntryKind.GRID, EntryKind.GRID]
    assert len({entry.statistic for entry in phases.values()}) == 2


def test_two_way_solar_produces_what_it_exports_and_its_negative_power_is_not_shown() -> None:
    solar = planned(board(channel("pv", Role.SOLAR)))["pv"]

    assert (solar.kind, solar.energy_from, solar.power) == (EntryKind.SOLAR, "sensor.p_pv_energy_export", None)


def test_two_way_solar_shows_its_production_power_where_there_is_one() -> None:
    panel = board(channel("pv", Role.SOLAR))

    (solar,) = plan([panel], entities(panel) | {("p", "pv", "production"): "sensor.p_pv_production"}).entries

    assert solar.power == "sensor.p_pv_production"


def test_one_way_solar_produces_what_it_imports() -> None:
    solar = planned(board(channel("pv", Role.SOLAR), one_way=("pv",)))["pv"]

    assert (solar.energy_from, solar.power) == ("sensor.p_pv_energy_import", "sensor.p_pv_power")


def test_battery_discharges_what_it_exports_and_its_power_is_inverted() -> None:
    battery = planned(board(channel("bat", Role.BATTERY)))["bat"]

    assert (battery.energy_from, battery.energy_to) == ("sensor.p_bat_energy_export", "sensor.p_bat_energy_import")
    assert as_entry(battery)["power_config"] == {"stat_rate_inverted": "sensor.p_bat_power"}


@pytest.mark.parametrize(
    ("panel", "without", "reason"),
    [
        (board(channel("x", Role.BATTERY), one_way=("x",)), (), LeftOutReason.ONE_WAY_BATTERY),
        (board(channel("x", Role.BATTERY)), ("x_energy_export",), LeftOutReason.NO_ENERGY_ENTITY),
        (board(channel("x", Role.SOLAR)), ("x_energy_export",), LeftOutReason.NO_ENERGY_ENTITY),
        (board(channel("x")), ("x_energy_import",), LeftOutReason.NO_ENERGY_ENTITY),
        (board(channel("x", Role.MAIN)), ("x_energy_import", "x_energy_export"), LeftOutReason.NO_ENERGY_ENTITY),
    ],
)
def test_what_cannot_be_shown_is_left_out_with_its_reason(
    panel: Panel, without: tuple[str, ...], reason: LeftOutReason
) -> None:
    result = plan([panel], entities(panel, without=without))

    assert result.entries == ()
    assert [(left.channel, left.reason) for left in result.left_out] == [("x", reason)]


def test_sub_channels_are_part_of_the_device_that_feeds_them() -> None:
    devices = planned(
        board(
            channel("main", Role.MAIN),
            channel("garage", parent="main"),
            channel("ev", Role.SUB, "garage"),
            channel("heater", Role.SUB, "ev"),
            channel("kitchen"),
        )
    )

    assert devices["garage"].included_in is None
    assert devices["ev"].included_in == "sensor.p_garage_energy_import"
    assert devices["heater"].included_in == "sensor.p_ev_energy_import"
    assert devices["kitchen"].included_in is None


def test_a_feeder_that_is_not_listed_is_stepped_over() -> None:
    panel = board(channel("garage"), channel("ev", Role.SUB, "garage"), channel("heater", Role.SUB, "ev"))

    assert planned(panel, without=("ev_energy_import",))["heater"].included_in == "sensor.p_garage_energy_import"


@given(st.lists(st.sampled_from(["a", "b", "c", "d", "nobody", None]), min_size=4, max_size=4))
def test_devices_never_contain_themselves(parents: list[str | None]) -> None:
    names = ("a", "b", "c", "d")
    panel = board(*(channel(name, Role.SUB, parent) for name, parent in zip(names, parents, strict=True)))
    inside = {entry.statistic: entry.included_in for entry in planned(panel).values()}

    for above in inside.values():
        steps, at = 0, above
        while at is not None:
            steps, at = steps + 1, inside[at]
            assert steps < len(names)


def test_names_carry_the_panel_only_where_there_are_several() -> None:
    one, other = board(channel("a"), panel_id="p"), board(channel("a"), panel_id="q")

    assert [entry.name for entry in plan([one], entities(one)).entries] == ["A"]
    assert [entry.name for entry in plan([one, other], entities(one, other)).entries] == ["Panel p A", "Panel q A"]


# --- merging ---

HOUSE = board(
    channel("main", Role.MAIN),
    channel("pv", Role.SOLAR),
    channel("bat", Role.BATTERY),
    channel("garage"),
    channel("ev", Role.SUB, "garage"),
)
ENTITIES = entities(HOUSE)
PLAN = plan([HOUSE], ENTITIES)
OURS = set(ENTITIES.values())
OWN_GRID: Entry = {"type": "grid", "stat_energy_from": "sensor.p1_import", "cost_adjustment_day": 0.0}
OWN_WATER: Entry = {"type": "water", "stat_energy_from": "sensor.water"}
OWN_DEVICE: Entry = {"stat_consumption": "sensor.plug", "included_in_stat": "sensor.p_garage_energy_import"}


def apply(
    current: Preferences, changes: tuple[Change, ...] = (), wanted: Plan = PLAN, *, beside_own: bool = False
) -> tuple[Preferences, tuple[Change, ...]]:
    merged = merge(current, wanted, changes, scope={"p"}, ours=OURS, beside_own=beside_own)
    return merged.preferences, merged.changes


def edited(preferences: Preferences, statistic: str, **fields: Json) -> Preferences:
    """As if the user had changed the entry of that statistic."""
    (key,) = (key for key in preferences.entries() if key[1] == statistic)
    return preferences.with_entry(key, preferences.entries()[key] | fields)


def test_what_the_user_has_stays_in_its_place() -> None:
    before = Preferences((OWN_WATER,), (OWN_DEVICE,))

    after, _ = apply(before)

    assert (after.sources[0], after.devices[0]) == (OWN_WATER, OWN_DEVICE)
    assert [source["type"] for source in after.sources[1:]] == ["grid", "solar", "battery"]
    assert [identity(device)[1] for device in after.devices[1:]] == [
        "sensor.p_garage_energy_import",
        "sensor.p_ev_energy_import",
    ]


def test_a_second_run_changes_nothing() -> None:
    once = apply(Preferences((OWN_WATER,), (OWN_DEVICE,)))

    assert apply(*once) == once


def test_the_same_electricity_is_not_counted_twice() -> None:
    merged = merge(Preferences((OWN_GRID,)), PLAN, (), scope={"p"}, ours=OURS)

    assert [source["type"] for source in merged.preferences.sources] == ["grid", "solar", "battery"]
    assert [(left.channel, left.reason) for left in merged.left_out] == [("main", LeftOutReason.OWN_SOURCE)]


def test_sources_stand_beside_the_users_own_if_that_is_wanted() -> None:
    after, _ = apply(Preferences((OWN_GRID,)), beside_own=True)

    assert [source["type"] for source in after.sources] == ["grid", "grid", "solar", "battery"]


def test_energy_that_the_user_shows_elsewhere_is_left_there() -> None:
    as_device: Entry = {"stat_consumption": "sensor.p_main_energy_import"}

    merged = merge(Preferences((), (as_device,)), PLAN, (), scope={"p"}, ours=OURS)

    assert merged.preferences.devices[0] == as_device
    assert "grid" not in [source["type"] for source in merged.preferences.sources]
    assert [left.reason for left in merged.left_out] == [LeftOutReason.USED_ELSEWHERE]


def test_an_entry_that_the_user_made_of_ours_is_only_completed() -> None:
    mine: Entry = {
        "type": "grid",
        "stat_energy_from": "sensor.p_main_energy_import",
        "name": "Street",
        "number_energy_price": 0.3,
        "cost_adjustment_day": 1.5,
    }
    priced = Plan(tuple(replace(entry, cost="sensor.p_main_cost") for entry in PLAN.entries))

    after, changes = apply(Preferences((mine,)), wanted=priced)

    assert after.sources[0] == mine | {
        "stat_energy_to": "sensor.p_main_energy_export",
        "stat_rate": "sensor.p_main_power",
    }
    assert take_back(after, changes) == Preferences((mine,))


@pytest.mark.parametrize(
    ("statistic", "fields"),
    [
        ("sensor.p_garage_energy_import", {"name": "Workshop"}),
        ("sensor.p_garage_energy_import", {"name": None}),
        ("sensor.p_ev_energy_import", {"included_in_stat": "sensor.plug"}),
        ("sensor.p_main_energy_import", {"entity_energy_price": "sensor.price"}),
        ("sensor.p_main_energy_import", {"stat_cost": "sensor.cost"}),
        ("sensor.p_bat_energy_export", {"stat_soc": "sensor.soc", "capacity": 10.0}),
        ("sensor.p_pv_energy_export", {"config_entry_solar_forecast": ["abc"]}),
    ],
)
def test_what_the_user_changed_in_our_entries_stays(statistic: str, fields: dict[str, Json]) -> None:
    preferences, changes = apply(Preferences((), (OWN_DEVICE,)))
    changed = edited(preferences, statistic, **fields)

    for _ in range(2):
        after, changes = apply(changed, changes)
        assert after == changed


def test_what_the_user_did_not_change_follows_the_plan() -> None:
    preferences, changes = apply(Preferences())
    preferences = edited(preferences, "sensor.p_garage_energy_import", name="Workshop")
    other = Plan(tuple(replace(entry, name=f"New {entry.name}", power=None) for entry in PLAN.entries))

    after, _ = apply(preferences, changes, other)

    assert after.entries()["device", "sensor.p_garage_energy_import"] == {
        "stat_consumption": "sensor.p_garage_energy_import",
        "name": "Workshop",
    }
    assert after.entries()["battery", "sensor.p_bat_energy_export"]["name"] == "New Bat"
    assert "power_config" not in after.entries()["battery", "sensor.p_bat_energy_export"]


def test_the_sensor_that_home_assistant_makes_for_a_battery_is_no_change_of_the_user() -> None:
    preferences, changes = apply(Preferences())
    stored = edited(preferences, "sensor.p_bat_energy_export", stat_rate="sensor.p_bat_power_inverted")

    assert apply(stored, changes)[0] == stored


def test_a_channel_with_another_role_moves() -> None:
    preferences, changes = apply(Preferences())
    solar_garage = replace(
        HOUSE,
        channels=tuple(replace(each, role=Role.SOLAR) if each.id == "garage" else each for each in HOUSE.channels),
    )

    after, _ = apply(preferences, changes, plan([solar_garage], ENTITIES))

    assert ("device", "sensor.p_garage_energy_import") not in after.entries()
    assert ("solar", "sensor.p_garage_energy_export") in after.entries()
    assert "included_in_stat" not in after.entries()["device", "sensor.p_ev_energy_import"]


def test_panels_out_of_scope_keep_their_entries() -> None:
    preferences, changes = apply(Preferences())

    merged = merge(preferences, Plan(), changes, scope={"q"}, ours=OURS)

    assert (merged.preferences, merged.changes) == (preferences, changes)


def test_undo_restores_and_keeps_what_the_user_added_since() -> None:
    own = Preferences((OWN_WATER,), ({"stat_consumption": "sensor.plug"},))
    preferences, changes = apply(own)
    added: Entry = {"stat_consumption": "sensor.later", "included_in_stat": "sensor.p_garage_energy_import"}

    undone = take_back(replace(preferences, devices=(*preferences.devices, added)), changes)

    assert undone.sources == own.sources
    assert undone.devices == (*own.devices, {"stat_consumption": "sensor.later"})


def test_an_entry_that_the_user_removed_comes_back_only_with_the_next_run() -> None:
    preferences, changes = apply(Preferences())
    removed = preferences.without([("device", "sensor.p_ev_energy_import")])

    assert ("device", "sensor.p_ev_energy_import") not in take_back(removed, changes).entries()
    assert apply(removed, changes)[0].entries() == preferences.entries()


def test_a_run_that_nobody_asked_for_leaves_away_what_the_user_took_away() -> None:
    preferences, changes = apply(Preferences())
    removed = preferences.without([("device", "sensor.p_ev_energy_import"), ("grid", "sensor.p_main_energy_import")])

    merged = merge(removed, PLAN, changes, scope={"p"}, ours=OURS, restore=False)

    assert merged.preferences == removed
    # It is still known later, and a set-up that the user asks for brings it back.
    assert merge(removed, PLAN, merged.changes, scope={"p"}, ours=OURS, restore=False).preferences == removed
    assert apply(removed, merged.changes)[0].entries() == preferences.entries()


def test_what_was_undone_comes_back_only_when_it_is_asked_for() -> None:
    mine: Entry = {"stat_consumption": "sensor.p_ev_energy_import", "name": "Mine"}
    preferences, changes = apply(Preferences((), (mine,)))
    undone = take_back(preferences, changes)
    withdrawn = tuple(replace(change, withdrawn=True) for change in changes)

    unasked = merge(undone, PLAN, withdrawn, scope={"p"}, ours=OURS, restore=False)

    assert undone == Preferences((), (mine,))
    assert (unasked.preferences, unasked.changes) == (undone, withdrawn)
    assert take_back(undone, withdrawn) == undone
    assert apply(undone, withdrawn) == (preferences, changes)


def test_an_undo_leaves_what_the_user_put_back_by_hand() -> None:
    _, changes = apply(Preferences())
    by_hand = Preferences((), ({"stat_consumption": "sensor.p_ev_energy_import"},))

    assert take_back(by_hand, [replace(change, withdrawn=True) for change in changes]) == by_hand


def test_a_new_circuit_is_brought_in_without_being_asked_for() -> None:
    garage_only = Plan(tuple(entry for entry in PLAN.entries if entry.channel == "garage"))
    preferences, changes = apply(Preferences(), wanted=garage_only)

    merged = merge(preferences, PLAN, changes, scope={"p"}, ours=OURS, restore=False)

    assert merged.preferences.entries() == apply(Preferences())[0].entries()


def test_a_grid_statistic_that_another_connection_uses_is_not_used_again() -> None:
    export_only: Entry = {
        "type": "grid",
        "stat_energy_from": None,
        "stat_energy_to": "sensor.p_main_energy_export",
        "stat_rate": "sensor.p_main_power",
    }
    import_only: Entry = {"type": "grid", "stat_energy_from": "sensor.p_main_energy_import", "stat_energy_to": None}

    after, _ = apply(Preferences((export_only, import_only)))

    assert after.sources[0] == export_only
    assert after.sources[1]["stat_energy_to"] is None
    assert "stat_rate" not in after.sources[1]


def test_a_rename_reaches_every_field_but_no_name() -> None:
    preferences, changes = apply(Preferences((), (OWN_DEVICE,)))
    preferences = edited(preferences, "sensor.p_ev_energy_import", name="sensor.p_bat_power")
    names = {"sensor.p_garage_energy_import": "sensor.shed", "sensor.p_bat_power": "sensor.accu"}

    after, followed = renamed(preferences, names), tuple(renamed_change(change, names) for change in changes)

    assert after.entries()["device", "sensor.plug"]["included_in_stat"] == "sensor.shed"
    assert after.entries()["battery", "sensor.p_bat_energy_export"]["power_config"] == {
        "stat_rate_inverted": "sensor.accu"
    }
    assert after.entries()["device", "sensor.p_ev_energy_import"]["name"] == "sensor.p_bat_power"
    assert take_back(after, followed).devices == ({"stat_consumption": "sensor.plug"},)


def test_differences_are_told_apart() -> None:
    before, _ = apply(Preferences((OWN_WATER,)))
    after = edited(before, "sensor.p_garage_energy_import", name="Workshop").without([("water", "sensor.water")])
    after = after.with_entry(("device", "sensor.plug"), OWN_DEVICE)

    found = difference(before, after)

    assert list(found.added) == [("device", "sensor.plug")]
    assert list(found.changed) == [("device", "sensor.p_garage_energy_import")]
    assert list(found.removed) == [("water", "sensor.water")]
    assert not difference(before, before)

"""Houses: the same for the same seed, exact sums, and powers that a person would believe."""

from itertools import pairwise
import time

import numpy as np
import pytest

from simulator.appliances import Program, Use
from simulator.houses import House, MainsOnly, street
from simulator.load import registers_of
from simulator.meter import Meter
from simulator.site import Site, Steps
from simulator.units import DAY, GRID, HOUR

#: Midnight UTC between a Sunday and a Monday in November, and one in June.
NOVEMBER = 1_795_392_000_000
JUNE = NOVEMBER - 154 * DAY
PER_DAY = DAY // GRID


def powers(house: House, start: int, days: float) -> dict[str, np.ndarray]:
    rows = house.powers(start // GRID, int(days * PER_DAY)) / 1000
    return {channel.id: row for channel, row in zip(house.channels, rows, strict=True)}


def test_the_same_seed_makes_the_same_street_and_another_seed_another() -> None:
    one, same, other = street(7, 1), street(7, 1), street(7, 2)
    step = NOVEMBER // GRID
    for a, b, c in zip(one, same, other, strict=True):
        assert a.channels == b.channels
        assert (a.powers(step, PER_DAY) == b.powers(step, PER_DAY)).all()
        assert (a.powers(step, PER_DAY) != c.powers(step, PER_DAY)).any()


def test_power_is_a_pure_function_of_time_wherever_one_begins_to_look() -> None:
    step = NOVEMBER // GRID
    for house in street(7, 3):
        whole = house.powers(step, 2 * PER_DAY)
        for first, count in ((0, 1), (1, 7), (360, 360), (PER_DAY - 5, 11), (2 * PER_DAY - 1, 1)):
            assert (house.powers(step + first, count) == whole[:, first : first + count]).all()


@pytest.mark.parametrize("index", range(7))
def test_the_mains_are_exactly_what_is_behind_them_and_a_rest(index: int) -> None:
    house = street(7, 1)[index]
    rows = house.powers(NOVEMBER // GRID, PER_DAY)
    top = [row for channel, row in zip(house.channels, rows, strict=True) if channel.parent is None][1:]
    rest = rows[0] - np.sum(top, axis=0)
    assert (rest > 0).all()
    assert rest.mean() < 400_000


def test_a_sub_channel_is_part_of_its_parent() -> None:
    cottage = next(house for house in street(7, 1) if house.id == "cottage")
    rows = powers(cottage, NOVEMBER, 1)
    assert (rows["c1"] >= rows["pump"]).all()
    assert (rows["pump"] > 30).all()


def test_ids_are_unique_and_allowed_on_the_wire() -> None:
    homes = street(300, 1)
    assert len({house.id for house in homes}) == 300
    assert all(len(house.id) <= 32 and set(house.id) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for house in homes)
    assert homes[0].id == "house"
    assert len([c for c in homes[0].channels if c.role == "circuit"]) == 8
    assert homes[0].phases == 3


def test_registers_have_an_export_only_where_energy_flows_back() -> None:
    names = registers_of(street(1, 1)[0])
    assert names[:4] == ("main.import", "main.export", "solar.import", "solar.export")
    assert all(name.endswith(".import") for name in names[4:])


def test_no_load_is_beyond_what_its_breaker_carries() -> None:
    for house in street(7, 5):
        for start in (NOVEMBER, JUNE):
            for channel, row in zip(house.channels, house.powers(start // GRID, 14 * PER_DAY), strict=True):
                assert channel.rating is not None
                limit = channel.rating * 230 * (channel.poles or 1) * 1.25
                assert abs(row).max() / 1000 <= limit, (house.id, channel.id)


def test_the_sun_shines_by_day_and_more_in_june() -> None:
    house = street(1, 1)[0]
    winter, summer = powers(house, NOVEMBER, 14)["solar"], powers(house, JUNE, 14)["solar"]
    assert -summer[summer < 0].sum() > 2.5 * -winter[winter < 0].sum() > 0
    hours = (np.arange(14 * PER_DAY) % PER_DAY) * GRID / HOUR + 1
    assert (winter[(hours < 6) | (hours > 19)] == 6).all()
    assert summer.min() < -3000


def test_heating_is_for_the_winter() -> None:
    house = street(1, 1)[0]
    assert powers(house, NOVEMBER, 14)["c7"].mean() > 5 * powers(house, JUNE, 14)["c7"].mean()


def test_machines_rest_at_the_weekend() -> None:
    workshop = next(house for house in street(3, 1) if house.id == "workshop")
    week = powers(workshop, NOVEMBER, 7)["c1"]
    assert week[: 5 * PER_DAY].mean() > 300
    assert week[5 * PER_DAY :].max() == 0


def test_a_fridge_comes_and_goes() -> None:
    kitchen = powers(street(2, 1)[1], NOVEMBER, 1)["c1"]
    starts = ((kitchen[1:] > 30) & (kitchen[:-1] <= 30)).sum()
    assert 20 <= starts <= 60


def test_a_program_that_begins_in_the_evening_goes_on_after_midnight() -> None:
    program = Program((Use(23.5, 0),), ((3600, 1000),), stretch=0)
    site = Site(utc_offset=0)
    night = program.power(Steps(site, NOVEMBER // GRID - 360, 720), 1)
    assert night.sum() == 1000 * 360
    assert np.flatnonzero(night).tolist() == list(range(180, 540))
    # Looked at from midnight on, the second half is there all the same.
    assert program.power(Steps(site, NOVEMBER // GRID, 360), 1).sum() == 1000 * 180


def test_older_devices_see_the_mains_without_the_sun() -> None:
    house = street(1, 1)[0]
    rows = house.powers(JUNE // GRID, PER_DAY)
    mains = MainsOnly(house)
    assert (mains.powers(JUNE // GRID, PER_DAY)[0] == rows[0] - rows[1]).all()
    assert mains.powers(JUNE // GRID, PER_DAY).min() > 0
    assert registers_of(mains) == ("main.import",)


def test_energy_is_the_same_however_the_time_is_cut() -> None:
    house = street(1, 1)[0]
    edges = [NOVEMBER + int(part) for part in np.random.default_rng(1).uniform(0, 2 * DAY, 300)]
    edges = [NOVEMBER, *sorted(edges), NOVEMBER + 2 * DAY]
    meter = Meter(house)
    whole = meter.between(NOVEMBER, NOVEMBER + 2 * DAY)
    parts = [meter.between(a, b) for a, b in pairwise(edges)]
    assert [sum(column) for column in zip(*parts, strict=True)] == whole
    assert whole == meter.series(NOVEMBER // GRID, 2 * PER_DAY).sum(axis=1).tolist()


def test_thirty_days_of_a_panel_are_made_up_in_seconds() -> None:
    from simulator.board import Board, BoardSpec

    began = time.process_time()
    board = Board(
        BoardSpec(id="house", name="House", capacity=10_000),
        street(1, 1)[0],
        NOVEMBER,
        history_from=NOVEMBER - 30 * DAY,
    )
    # A wide bound against an accidental loop in Python; it takes a tenth of it.
    assert time.process_time() - began < 5
    assert (board.ring.oldest, board.ring.newest) == (1, 30 * 288)

"""The default rules with the simulated family: what its powers call for is told at the right instants, and no more."""

from datetime import UTC, datetime

import pytest

from custom_components.panel_meter.core.alerts.model import Change, Kind
from custom_components.panel_meter.core.model import Channel, Measurements, Phase, Role
from simulator.houses import family_house
from simulator.noise import seed_of
from simulator.site import Site
from simulator.units import GRID, SECOND

from .play import Play, a_panel

DAYS = 8
DAY = 86_400
#: Seconds of constant power.
STEP = GRID // SECOND


def long_loads(watts: list[float], start: int, rated: float) -> list[int]:
    """Worked out apart from the rules: when a load has stood above 80 % of the rating for an hour."""
    found, since = [], None
    for place, power in enumerate(watts):
        now = start + place * STEP
        if power <= 0.8 * rated:
            since = None
        elif since is None:
            since = now
        elif now - since == 3600:
            found.append(now)
    return found


@pytest.mark.parametrize("month", [1, 7])
def test_a_family_is_told_of_its_car_and_of_nothing_else(month: int) -> None:
    seed = seed_of(7, "alerts", month)
    house = family_house(seed, Site(seed=seed, utc_offset=0))
    channels = tuple(
        Channel(
            id=each.id,
            name=each.name,
            role=Role(each.role),
            phase=Phase(each.phase) if each.phase else None,
            rating=each.rating,
        )
        for each in house.channels
    )
    play = Play(a_panel(*channels))
    start = int(datetime(2026, month, 5, tzinfo=UTC).timestamp())
    rows = (house.powers(start // STEP, DAYS * DAY // STEP).T / 1000).tolist()
    for place, row in enumerate(rows):
        play.now = start + place * STEP
        play.send(Measurements(power=tuple(row)))

    expected = set()
    for place, channel in enumerate(channels):
        assert channel.rating
        phases = 3 if channel.phase is Phase.L123 else 1
        if channel.role is not Role.SOLAR:
            rated = channel.rating * 230 * phases
            powers = [abs(row[place]) for row in rows]
            expected |= {(channel.id, at) for at in long_loads(powers, start, rated)}
    opened = {(event.alert.channel, event.alert.opened) for event in play.events if event.change is Change.OPENED}
    assert {event.alert.kind for event in play.events} == {Kind.CONTINUOUS_LOAD}
    assert {channel for channel, _ in opened} == {"c8"}
    assert opened == expected

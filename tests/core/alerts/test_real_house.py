"""The default rules in a real house: 35 days of one-minute powers, in which nothing was wrong."""

from collections.abc import Iterator
import csv
from datetime import datetime
import gzip
from pathlib import Path

import pytest

from custom_components.panel_meter.core.alerts.finding import SlowFacts
from custom_components.panel_meter.core.alerts.model import Change
from custom_components.panel_meter.core.alerts.nights import night_minima
from custom_components.panel_meter.core.model import Channel, Measurements, Phase, Role

from .play import Play, a_panel

DATA = Path(__file__).parents[4] / "shared" / "data" / "house_refit20.csv.gz"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the measurements of the real house are not here")

#: The smallest breakers that such circuits have.
CHANNELS = (
    Channel(id="main", name="Mains", role=Role.MAIN, phase=Phase.L1, rating=60),
    Channel(id="c1", name="Kettle", phase=Phase.L1, rating=13),
    Channel(id="c2", name="Dishwasher", phase=Phase.L1, rating=13),
    Channel(id="c3", name="Washing machine", phase=Phase.L1, rating=13),
    Channel(id="c4", name="Microwave", phase=Phase.L1, rating=13),
)
MONTH = 30 * 86_400


def messages() -> Iterator[tuple[int, Measurements]]:
    with gzip.open(DATA, "rt") as file:
        for time, *powers in list(csv.reader(file))[1:]:
            # A minute in which the logger was off is a minute without a message.
            if any(powers):
                row = tuple(float(each) if each else None for each in powers)
                yield int(datetime.fromisoformat(time).timestamp()), Measurements(power=row)


def live_through(play: Play) -> tuple[int, int]:
    """Play all days with their nights; returns the first and the last instant."""
    hours: dict[int, list[float]] = {}
    began, day = 0, None
    for now, measurements in messages():
        began = began or now
        play.now = now
        play.send(measurements)
        play.take(play.watch.offline(connected=True, now=now))
        if measurements.power[0] is not None:
            hours.setdefault(now // 3600, []).append(measurements.power[0])
        if now // 86_400 != day:
            day = now // 86_400
            nights = [
                [
                    round(sum(watts) / len(watts) * 1000)
                    if len(watts := hours.get(each * 24 + hour, [])) > 50
                    else None
                    for hour in range(6)
                ]
                for each in range(day - 1, day - 36, -1)
            ]
            play.take(play.watch.look(SlowFacts(nights=night_minima(nights)), now))
    return began, int(play.now)


def test_the_default_rules_raise_at_most_one_false_alert_a_month() -> None:
    play = Play(a_panel(*CHANNELS))
    began, ended = live_through(play)
    opened = [event.alert for event in play.events if event.change is Change.OPENED]
    assert ended - began > 34 * 86_400
    assert len(opened) <= (ended - began) / MONTH, [(alert.kind, alert.channel, alert.facts) for alert in opened]


def test_the_same_house_is_watched_indeed() -> None:
    """With a breaker that is too small and a limit that is too low, the same days are full of alerts."""
    channels = tuple(
        Channel(id=each.id, name=each.name, role=each.role, phase=each.phase, rating=8) for each in CHANNELS
    )
    play = Play(a_panel(*channels))
    live_through(play)
    kinds = {(event.alert.kind.value, event.alert.channel) for event in play.events}
    assert ("overload", "main") in kinds
    assert ("overload", "c1") in kinds

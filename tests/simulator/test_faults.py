"""Faults: what the words mean, and that the dice are the same every time."""

import itertools
import json
import random

import pytest

from simulator.faults import Events, FaultPlan, Road, parse_faults
from simulator.messages import Message


def test_faults_are_read_from_one_line() -> None:
    plan = parse_faults("drop=0.01, double=0.02,delay=0.05:12,reorder=0.1,nan=1,cut=60,power,reboot=5,clock=7,reset=9")
    assert plan == FaultPlan(
        drop=0.01,
        double=0.02,
        delay=0.05,
        delay_seconds=12,
        reorder=0.1,
        nan=1,
        cut=60,
        power=900,
        reboot=5,
        clock=7,
        reset=9,
    )
    assert not parse_faults("").any
    assert parse_faults("drop").drop == 0.02


@pytest.mark.parametrize(
    "text", ["drip=1", "drop=2", "drop=-1", "drop=x", "drop=0.1:5", "cut=0", "delay=0.1:-3", "drop=nan"]
)
def test_what_is_no_fault_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not understood\. Known are: drop"):
        parse_faults(text)


def travel(plan: FaultPlan, count: int = 2000, seed: int = 1) -> tuple[list[int], Road]:
    """The order in which numbered messages arrive."""
    road = Road(plan, random.Random(seed))
    arrived: list[int] = []
    for number in range(count):
        now = number * 1000
        arrived += [int(message.payload) for message in road.send(Message("t", b"%d" % number, kind="record"), now)]
        arrived += [int(message.payload) for message in road.due(now)]
    return arrived, road


def test_without_faults_all_arrive_in_order() -> None:
    assert travel(FaultPlan())[0] == list(range(2000))


def test_drop_loses_the_wished_share() -> None:
    arrived, road = travel(FaultPlan(drop=0.1))
    assert len(arrived) == 2000 - road.counts["drop"]
    assert 150 < road.counts["drop"] < 250


def test_double_doubles_the_wished_share() -> None:
    arrived, road = travel(FaultPlan(double=0.1))
    assert len(arrived) == 2000 + road.counts["double"]
    assert set(arrived) == set(range(2000))


def test_delay_lets_others_pass_but_loses_nothing_older_than_its_time() -> None:
    arrived, road = travel(FaultPlan(delay=0.1, delay_seconds=20))
    assert set(range(1975)) <= set(arrived)
    assert arrived != sorted(arrived)
    assert all(arrived[place] - number <= 21 for place, number in enumerate(sorted(arrived)))
    assert road.counts["delay"] > 100


def test_reorder_swaps_neighbours() -> None:
    arrived, road = travel(FaultPlan(reorder=0.2))
    assert set(range(1999)) <= set(arrived)
    assert sum(1 for a, b in itertools.pairwise(arrived) if b < a) >= road.counts["reorder"] - 1 > 100


def test_the_same_seed_throws_the_same_dice() -> None:
    plan = FaultPlan(drop=0.1, double=0.1, delay=0.1, reorder=0.1)
    assert travel(plan)[0] == travel(plan)[0] != travel(plan, seed=2)[0]


def test_announcements_are_never_touched() -> None:
    road = Road(FaultPlan(drop=1), random.Random(1))
    message = Message("t", b"online", 1, retain=True, kind="status")
    assert road.send(message, 0) == [message]


def test_a_broken_connection_loses_what_is_on_the_road() -> None:
    road = Road(FaultPlan(delay=1), random.Random(1))
    road.send(Message("t", b"1"), 0)
    road.clear()
    assert road.due(10**9) == []


def test_nan_spoils_one_power_of_a_live_message() -> None:
    payload = b'{"power":[1523.4,210.0],"energy":[1]}'
    seen = set()
    for seed in range(20):
        [message] = Road(FaultPlan(nan=1), random.Random(seed)).send(Message("t", payload, kind="live"), 0)
        power = json.loads(message.payload)["power"]
        assert power[1] == 210.0
        seen.add(str(power[0]))
    assert seen == {"None", "nan"}


def test_events_come_about_as_often_as_wished() -> None:
    events = Events(100, 0, random.Random(1))
    count = sum(events.happens(second * 1000) for second in range(100_000))
    assert 900 < count < 1100
    assert not any(Events(0, 0, random.Random(1)).happens(second) for second in range(1000))

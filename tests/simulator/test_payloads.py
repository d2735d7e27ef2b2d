"""T1-T7 and F1-F10: what a board says, byte by byte."""

import json
import re

import pytest

from simulator.board import Board, BoardSpec
from simulator.houses import street

from .bench import HOUR, bench

HEX = re.compile(r"[0-9a-f]{8}")


@pytest.fixture(scope="module")
def boards() -> list[Board]:
    boards = []
    for house in street(7, 1):
        board = Board(BoardSpec(id=house.id, name=house.name), house, HOUR)
        board.connected(HOUR)
        board.step(HOUR + 700_000)
        boards.append(board)
    return boards


def test_t1_t2_after_a_connect_come_info_and_then_online_retained_with_qos_1() -> None:
    table = bench().connect()
    info, status, *_ = table.board.outbox
    assert (info.topic, info.qos, info.retain) == ("panel_meter/1/apt-101/info", 1, True)
    assert (status.topic, status.payload, status.qos, status.retain) == (
        "panel_meter/1/apt-101/status",
        b"online",
        1,
        True,
    )


def test_t2_shutting_down_says_offline_and_loses_nothing() -> None:
    table = bench().connect().wait(17)
    table.listen()
    table.board.shut_down(table.now)
    [*_, last] = table.board.outbox
    assert (last.kind, last.payload, last.retain) == ("status", b"offline", True)
    checkpoint = table.board.flash.checkpoint
    assert checkpoint is not None
    assert checkpoint.energies[0] == 17_000


def test_t3_live_comes_every_live_interval_with_qos_0_and_is_never_retained() -> None:
    table = bench(live_interval=7).connect()
    table.listen()
    count = 0
    for _ in range(70):
        table.wait(1)
        for message in table.board.outbox:
            if message.kind == "live":
                count += 1
                assert (message.qos, message.retain) == (0, False)
        table.listen()
    assert count == 10


def test_t3_a_board_that_was_not_asked_for_long_says_its_live_values_once() -> None:
    table = bench().connect()
    table.listen()
    assert table.wait(3600).kinds().count("live") <= 2 * 12 + 720
    table.board.step(table.now)
    assert table.kinds() == []


def test_sizes_are_within_the_limits(boards: list[Board]) -> None:
    limits = {"info": 8192, "status": 7, "live": 3072, "record": 940, "response": 512}
    for board in boards:
        assert {message.kind for message in board.outbox} >= {"info", "status", "live", "record"}
        for message in board.outbox:
            assert len(message.payload) <= limits[message.kind]


def test_f4_f10_info_names_registers_and_channels(boards: list[Board]) -> None:
    for board in boards:
        info = json.loads(board.outbox[0].payload)
        ids = [channel["id"] for channel in info["channels"]]
        assert info["protocol"] == "1.0"
        assert info["id"] == board.spec.id
        assert HEX.fullmatch(info["boot"])
        assert HEX.fullmatch(info["journal"])
        assert len(set(info["registers"])) == len(info["registers"]) <= 64
        assert {register.split(".")[0] for register in info["registers"]} == set(ids)
        assert {register.split(".")[1] for register in info["registers"]} <= {"import", "export"}
        for channel in info["channels"]:
            assert re.fullmatch(r"[a-z0-9_]{1,16}", channel["id"])
            assert channel["role"] in {"main", "circuit", "solar", "battery", "sub"}
            assert channel["phase"] in {"L1", "L2", "L3", "L1L2", "L123"}
            assert (channel["role"] == "sub") == ("parent" in channel)
            assert channel.get("parent", ids[0]) in ids
            assert len(channel["name"].encode()) <= 64


def test_f6_live_has_one_value_per_channel_and_one_voltage_per_phase(boards: list[Board]) -> None:
    for board in boards:
        live = next(json.loads(message.payload) for message in board.outbox if message.kind == "live")
        channels = len(board.load.channels)
        assert len(live["power"]) == len(live["current"]) == len(live["power_factor"]) == channels
        assert len(live["voltage"]) == board.load.phases
        assert len(live["energy"]) == len(board.names)
        assert all(-1 <= factor <= 1 for factor in live["power_factor"])
        assert all(200 < volts < 260 for volts in live["voltage"])
        assert all(current >= 0 for current in live["current"])
        assert live["uptime"] == 0
        assert live["time"] == HOUR // 1000
        for power, factor in zip(live["power"], live["power_factor"], strict=True):
            assert power * factor >= 0


def test_f6_a_sensor_fault_is_null_and_sets_flag_8() -> None:
    table = bench().connect()
    table.board.faulty = True
    table.wait(5)
    live = table.listen()[-1][1]
    assert isinstance(live, dict)
    assert live["power"][0] is None
    assert live["power"][1] == 360
    table.board.faulty = False
    table.wait(600)
    assert [row[3] & 8 for row in table.rows()] == [8, 0]


def test_f1_boot_changes_at_each_boot_and_uptime_begins_again() -> None:
    table = bench().wait(100)
    boots = {table.board.boot}
    for _ in range(5):
        table.board.power_cut(table.now)
        table.at += 1
        table.board.power_on(table.now)
        boots.add(table.board.boot)
        assert table.board.uptime == 0
    assert len(boots) == 6
    assert all(HEX.fullmatch(boot) for boot in boots)


def test_f3_a_fresh_flash_has_a_journal_of_its_own_even_with_the_same_seed() -> None:
    journals = {bench(start=start).board.ring.shape.journal for start in range(5)}
    assert len(journals) == 5


def test_f9_every_record_says_that_it_is_simulated(boards: list[Board]) -> None:
    for board in boards:
        assert board.ring.newest == 2
        assert all(board.ring.row(seq).flags & 32 for seq in (1, 2))

"""The whole simulator against a real broker."""

import asyncio
import itertools
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import time

import pytest

from simulator import Options, Simulation, parse_faults
from simulator.transport import Broker

from .conftest import OwnBroker
from .host import Host

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def host(broker: OwnBroker):  # type: ignore[no-untyped-def]
    own = Host(broker.port)
    yield own
    own.close()


def options(broker: OwnBroker, **values: object) -> Options:
    return Options(broker=Broker(port=broker.port), **values)  # type: ignore[arg-type]


def drained(host: Host, simulation: Simulation) -> bool:
    return all(not unit.board.ring.unacknowledged for unit in simulation.boards.values())


def test_days_of_history_are_drained_within_seconds_and_are_the_truth(broker: OwnBroker, host: Host) -> None:
    with Simulation(options(broker, panels=3, history=2, live_interval=1)) as simulation:
        host.until(lambda: drained(host, simulation))
        host.until(lambda: all(len(live) >= 2 for live in host.live.values()) and len(host.live) == 3)
        truth = simulation.truth()
    panels = truth["panels"]
    assert isinstance(panels, dict)
    assert set(panels) == {"house", "apt-101", "workshop"}
    for name, panel in panels.items():
        rows = host.rows[name, panel["journal"]]
        assert [row[0] for row in rows] == list(range(1, panel["newest_seq"] + 1))
        assert rows[-1] == panel["newest_record"] == panel["acknowledged_record"]
        assert dict(zip(panel["registers"], panel["energy"], strict=True)) == panel["totals"]
        for index, register in enumerate(panel["registers"]):
            assert 0 <= panel["totals"][register] - rows[-1][4 + index] < 25_000 * 300
    assert host.complaints == []
    host.until(lambda: all(said[-1] == "offline" for said in host.status.values()))
    assert host.retained <= {"info", "status", "ack"}


def test_a_power_cut_publishes_the_will_and_the_board_comes_back_with_another_boot(
    broker: OwnBroker, host: Host
) -> None:
    with Simulation(options(broker, live_interval=1)) as simulation:
        host.until(lambda: host.status.get("house") == ["online"])
        boot = host.info["house"]["boot"]
        simulation.power_cut("house", 1)
        host.until(lambda: host.status["house"] == ["online", "offline"])
        host.until(lambda: host.status["house"] == ["online", "offline", "online"])
        assert host.info["house"]["boot"] != boot
        [fault] = simulation.truth()["panels"]["house"]["faults"]  # type: ignore[index]
        assert fault["kind"] == "power_cut"


def test_a_network_cut_publishes_the_will_and_keeps_the_boot(broker: OwnBroker, host: Host) -> None:
    with Simulation(options(broker)) as simulation:
        host.until(lambda: host.status.get("house") == ["online"])
        boot = host.info["house"]["boot"]
        simulation.network_cut("house", 1)
        host.until(lambda: host.status["house"] == ["online", "offline", "online"])
        assert host.info["house"]["boot"] == boot


def hear_the_house(broker: OwnBroker) -> None:
    host = Host(broker.port)
    host.until(lambda: host.live.get("house"))
    host.close()


def test_boards_wait_for_a_broker_that_is_not_there_and_come_back_after_its_end(broker: OwnBroker) -> None:
    broker.stop()
    with Simulation(options(broker, live_interval=1)) as simulation:
        time.sleep(0.5)
        assert simulation.links.problem is not None
        assert str(broker.port) in simulation.links.problem
        for _ in range(2):
            broker.start()
            hear_the_house(broker)
            broker.stop()


def test_with_every_fault_at_once_nothing_is_missing_or_doubled(broker: OwnBroker, host: Host) -> None:
    faults = parse_faults("drop=0.03,double=0.1,delay=0.03:40,reorder=0.05,nan=0.1,cut=300,power=240,reboot=400")
    wished = options(broker, panels=3, history=0.5, interval=60, live_interval=5, speed=60, faults=faults, seed=3)
    with Simulation(wished) as simulation:
        host.until(lambda: {len(unit.truth.faults) > 3 for unit in simulation.boards.values()} == {True}, 40)
        truth = simulation.truth()
        goals = {
            (name, panel["journal"]): panel["newest_seq"]
            for name, panel in truth["panels"].items()  # type: ignore[attr-defined]
        }
        host.until(lambda: all(host.watermark(key) >= seq for key, seq in goals.items()), 40)
    assert host.complaints == []
    assert host.duplicates > 0
    for rows in host.rows.values():
        assert all(
            before <= after for a, b in itertools.pairwise(rows) for before, after in zip(a[4:], b[4:], strict=True)
        )
    for unit in simulation.boards.values():
        assert tuple(unit.truth.totals().values()) == unit.board.registers.energies


def test_a_clock_that_the_host_sets_lets_the_records_flow(broker: OwnBroker, host: Host) -> None:
    with Simulation(options(broker, clock=False, interval=60, live_interval=1, speed=60)) as simulation:
        host.until(lambda: len(host.live.get("house", [])) > 3)
        assert host.rows == {}

        def set_time() -> None:
            latest = host.live["house"][-1]
            host.command("house", "set_time", uptime=latest["uptime"], time=simulation.clock.now() // 1000)

        # At this speed the five seconds of B6 are a twelfth of a second: it may take some tries.
        for _ in range(40):
            set_time()
            time.sleep(0.2)
            if host.live["house"][-1]["time"]:
                break
        host.until(lambda: host.rows)


async def test_it_runs_inside_asyncio(broker: OwnBroker) -> None:
    simulation = await asyncio.to_thread(Simulation, options(broker, legacy=1, apartments=1))
    async with simulation:
        await asyncio.sleep(0.5)
        assert simulation.boards["house"].board.is_connected
    assert not simulation.boards["house"].board.powered


def test_the_program_survives_sigkill_with_its_state_and_ends_cleanly_with_ctrl_c(
    broker: OwnBroker, host: Host, tmp_path: Path
) -> None:
    command = [
        sys.executable, "-m", "simulator", "--broker", f"127.0.0.1:{broker.port}", "--history", "0.2",
        "--interval", "60", "--live-interval", "1", "--speed", "120", "--truth", tmp_path / "truth.json",
        "--state", tmp_path / "flash", "--quiet",
    ]  # fmt: skip
    for _ in range(3):
        began = len(host.live.get("house", []))
        process = subprocess.Popen(command, cwd=REPOSITORY)
        host.until(lambda: len(host.live.get("house", [])) > began + 20)  # noqa: B023
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    process = subprocess.Popen(command, cwd=REPOSITORY)
    host.until(lambda: host.status["house"][-1] == "online")
    host.until((tmp_path / "truth.json").exists)
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    host.until(lambda: host.status["house"][-1] == "offline")
    panel = json.loads((tmp_path / "truth.json").read_text())["panels"]["house"]
    assert host.complaints == []
    [key] = host.rows
    assert key == ("house", panel["journal"])
    assert list(panel["totals"].values()) == panel["energy"]
    assert host.watermark(key) in (panel["newest_seq"], panel["newest_seq"] - 1)

"""The command line."""

from pathlib import Path

import pytest

from simulator.cli import main, parse
from simulator.faults import FaultPlan


def test_what_is_not_said_has_its_usual_value() -> None:
    options = parse([])
    assert (options.broker.host, options.broker.port) == ("127.0.0.1", 1883)
    assert (options.panels, options.interval, options.live_interval, options.speed) == (1, 300, 5, 1)
    assert options.history is None
    assert options.clock
    assert options.faults == FaultPlan()


def test_old_devices_alone_come_without_a_board() -> None:
    assert parse(["--legacy", "3"]).panels == 0
    assert parse(["--apartments", "3"]).panels == 0
    assert parse(["--legacy", "3", "--panels", "2"]).panels == 2


def test_everything_that_can_be_said() -> None:
    options = parse(
        [
            "--broker",
            "[::1]:2883",
            "--username",
            "me",
            "--password",
            "secret",
            "--base",
            "/attic/meter/",
            "--panels",
            "5",
            "--seed",
            "9",
            "--speed",
            "2.5",
            "--history",
            "30",
            "--interval",
            "900",
            "--live-interval",
            "10",
            "--clock",
            "none",
            "--faults",
            "drop=0.5",
            "--duration",
            "3",
            "--quiet",
            "--truth",
            "t.json",
            "--state",
            "s",
            "--utc-offset",
            "-7",
            "--capacity",
            "99",
        ]
    )
    assert (options.broker.host, options.broker.port) == ("::1", 2883)
    assert (options.broker.username, options.broker.password) == ("me", "secret")
    assert options.base == "attic/meter"
    assert (options.panels, options.seed, options.speed, options.history) == (5, 9, 2.5, 30)
    assert (options.interval, options.live_interval, options.capacity) == (900, 10, 99)
    assert not options.clock
    assert options.faults.drop == 0.5
    assert (options.truth, options.state) == (Path("t.json"), Path("s"))
    assert options.quiet


@pytest.mark.parametrize(
    "arguments",
    [
        ["--interval", "420"],
        ["--interval", "30"],
        ["--live-interval", "0"],
        ["--panels", "-1"],
        ["--speed", "0"],
        ["--history", "-1"],
        ["--broker", "host:port"],
        ["--broker", ":1883"],
        ["--faults", "earthquake=1"],
        ["--clock", "sun"],
    ],
)
def test_nonsense_ends_the_program_with_a_sentence(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(arguments)
    assert ended.value.code == 2
    assert arguments[0].split("=")[0].strip("-") in capsys.readouterr().err


def test_a_file_that_cannot_be_replayed_ends_the_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--replay", str(tmp_path / "nothing.csv"), "--quiet"]) == 2
    assert "cannot be read" in capsys.readouterr().err.replace("\n", " ")


@pytest.mark.usefixtures("network")
def test_without_a_broker_it_says_so_and_the_truth_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import signal

    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    try:
        # Nobody listens on the port for discarding.
        code = main(["--broker", "127.0.0.1:9", "--duration", "0.5", "--truth", str(tmp_path / "t.json"), "--quiet"])
    finally:
        signal.signal(signal.SIGINT, before[0])
        signal.signal(signal.SIGTERM, before[1])
    assert code == 1
    assert capsys.readouterr().err.count("No broker answers at 127.0.0.1:9") == 1
    assert (tmp_path / "t.json").exists()

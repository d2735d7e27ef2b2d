"""A SIGKILL at any moment leaves a ledger in which everything agrees, with all that was acknowledged."""

from pathlib import Path
import random
import signal
import subprocess
import sys
import textwrap

import pytest

from custom_components.panel_meter.core.model import Register
from custom_components.panel_meter.ledger import Ledger, sqlite_url

from .build import JOURNAL, KITCHEN, MAIN, sums

#: Goes on where the ledger stands, writes for ever and says what is durable.
WRITER = """
    import sys
    from pathlib import Path
    from custom_components.panel_meter.ledger import Ledger, sqlite_url
    from tests.ledger.build import JOURNAL, change, row

    ledger = Ledger.open(sqlite_url(Path(sys.argv[1])))
    stored = ledger.load().get("apt-1")
    seq = stored.journals[JOURNAL].watermark if stored else 0
    print("ready", flush=True)
    while True:
        rows = [row(number, number, 0, 7) for number in range(seq + 1, seq + 41)]
        ledger.commit([change(*rows[:20]), change(*rows[20:]), change(*rows, panel="apt-2")])
        seq += 40
        print(seq, flush=True)
"""


def run_and_kill(path: Path, seconds: float) -> int:
    """Let the writer write for some time, kill it and return the last sequence number that it called durable."""
    command = [sys.executable, "-c", textwrap.dedent(WRITER), str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        said = [line for line in process.stdout if line.endswith("\n")]
    assert process.returncode == -signal.SIGKILL
    return int(said[-1]) if said else 0


@pytest.mark.parametrize("panel", ["apt-1", "apt-2"])
def test_the_killed_writer_would_be_noticed(panel: str, tmp_path: Path) -> None:
    """The check of the test below does fail when rows and totals part ways."""
    path = tmp_path / "l.db"
    durable = run_and_kill(path, 0.2)
    with pytest.raises(AssertionError):
        check(path, panel, durable + 10_000)


def test_nothing_is_lost_or_doubled_by_kills_at_random_moments(path: Path) -> None:
    dice = random.Random(20261120)
    durable = 0
    for _ in range(8):
        durable = max(durable, run_and_kill(path, dice.uniform(0.0, 0.25)))
        for panel in ("apt-1", "apt-2"):
            check(path, panel, durable)
    assert durable > 100


def check(path: Path, panel: str, durable: int) -> None:
    """Everything that the ledger says agrees and reaches as far as was promised."""
    ledger = Ledger.open(sqlite_url(path))
    try:
        ledger.verify()
        stored = ledger.load()[panel]
        watermark = stored.journals[JOURNAL].watermark
        assert watermark >= durable
        assert [item.seq for _, item in ledger.intervals(panel, 0, 2**40)] == list(range(1, watermark + 1))
        wanted: dict[Register, int] = {MAIN: watermark * (watermark + 1) // 2, KITCHEN: 7 * watermark}
        assert {register: stored.totals[register] for register in wanted} == wanted
        assert {register: sums(ledger, panel)[register] for register in wanted} == wanted
    finally:
        ledger.close()

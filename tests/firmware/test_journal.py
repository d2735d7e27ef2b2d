"""The journal of the firmware: unit tests in C++, hostile input, power cuts, and the conformance kit."""

import asyncio
from collections.abc import Mapping
import json
import math
from pathlib import Path
import random
import re
import subprocess
import tempfile
from typing import Any

import pytest
import pytest_socket

from demo.broker import Broker as LocalBroker
from tests.conformance.board import UNSEEN
from tests.conformance.conftest import ARTIFACTS
from tests.conformance.link import Broker, Heard, Link
from tests.conformance.runner import Line, Outcome
from tests.conformance.simulated import judged
from tests.conformance.statements import Role, bound
from tests.conformance.verdicts import insist, keep

from .journal_boards import Bench, board_program, check_boards
from .journal_build import ENVIRONMENT, build, compiler, journal_sources

pytestmark = pytest.mark.timeout(300)

HERE = Path(__file__).parent
CASES = sorted(
    name
    for source in (HERE / "journal").glob("*.cpp")
    for name in re.findall(r"^TEST\((\w+)\)", source.read_text(), re.MULTILINE)
)
#: Rows by number, and live messages.
type Killed = tuple[dict[int, list[int]], list[Heard]]

#: What the reader of the firmware and that of Python do not agree about, on purpose.
MAX_DEPTH = 20


@pytest.fixture(scope="module")
def tests() -> Path:
    """The program with the unit tests."""
    if compiler() is None:
        pytest.skip("g++ is not installed")
    return build("journal", [*journal_sources(), *sorted((HERE / "journal").glob("*.cpp"))])


@pytest.fixture(scope="module")
def board(own_broker: None) -> Path:
    """The program that is a board."""
    if compiler() is None:
        pytest.skip("g++ is not installed")
    return board_program()


def test_all_cases_are_known(tests: Path) -> None:
    listed = subprocess.run([tests, "--list"], capture_output=True, text=True, check=True)
    assert sorted(listed.stdout.split()) == CASES


@pytest.mark.parametrize("case", CASES)
def test_case(tests: Path, case: str) -> None:
    done = subprocess.run([tests, case], capture_output=True, text=True, check=False, env=ENVIRONMENT)
    assert done.returncode == 0, done.stderr[:8000]


def test_the_journal_allocates_nothing_and_throws_nothing(tests: Path, tmp_path: Path) -> None:
    flags = ("-std=c++17", "-O1", "-fno-exceptions", "-fno-rtti", "-Wall", "-Wextra", "-Wconversion", "-Werror")
    subprocess.run(["g++", *flags, "-c", *journal_sources()], cwd=tmp_path, check=True)
    objects = sorted(tmp_path.glob("*.o"))
    assert len(objects) == len(journal_sources())
    said = subprocess.run(["nm", "--undefined-only", *objects], capture_output=True, text=True, check=True).stdout
    wanted = set(re.findall(r"\bU (\w+)", said))
    assert {name for name in wanted if "panel_meter" not in name} <= {
        "_GLOBAL_OFFSET_TABLE_", "__memcpy_chk", "__stack_chk_fail", "memcmp", "memcpy", "memmove", "memset", "pow",
        "strcmp", "strlen", "strncpy", "strpbrk",
    }  # fmt: skip


# -- JSON -------------------------------------------------------------------------------------------------------------


def depth(value: object) -> int:
    """How many brackets are open at the deepest place."""
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    return 0


def refuse(_: str) -> None:
    raise ValueError


def verdict(payload: bytes) -> str:
    """What the reader of the firmware must say of a payload, by the reader of Python."""
    try:
        value = json.loads(payload.decode(), parse_constant=refuse)
    except ValueError, RecursionError:
        return "no"
    if depth(value) > MAX_DEPTH:
        return "no"
    member: Any = value.get("a") if isinstance(value, dict) else None
    if type(member) is int and 0 <= member < 2**64 and b"-0" not in payload:
        return f"yes {member}"
    if isinstance(member, str) and "\0" not in member and not re.search("[\ud800-\udfff]", member):
        text = member.encode()
        return f'yes "{text.hex()}' if len(text) < 64 else "yes"
    return "yes"


def mangled(dice: random.Random) -> bytes:
    """Something that is nearly JSON."""
    seeds = (
        '{"a":412,"b":[1,-2.5e3,{"c":[[],{},null,true,false]}]}',
        '{"b":1,"a":"Küche \\u00fc \\ud83d\\ude00 \\" \\/"}',
        ' { "a" : 18446744073709551615 , "a" : 0 } ',
        "[" * 18 + "1" + "]" * 18,
    )
    parts = (*'"\\{}[],:01.-é\na', "e5", "\\u12", "\\ud800", "tru")
    content = bytearray(dice.choice(seeds).encode())
    for _ in range(dice.randrange(4)):
        place = dice.randrange(len(content) + 1)
        match dice.randrange(4):
            case 0:
                content[place:place] = dice.choice(parts).encode()
            case 1:
                del content[place : place + dice.randrange(1, 4)]
            case 2:
                content[place : place + 1] = bytes([dice.randrange(256)])
            case _:
                start = dice.randrange(len(content) + 1)
                content[place:place] = content[start : start + dice.randrange(1, 9)]
    return bytes(content)


def test_json_is_read_as_python_reads_it(tests: Path) -> None:
    dice = random.Random(7)
    payloads = [mangled(dice) for _ in range(8000)]
    asked = "".join(f"{payload.hex()}\n" for payload in payloads)
    said = subprocess.run([tests, "--json"], input=asked, capture_output=True, text=True, check=True, env=ENVIRONMENT)
    expected = [verdict(payload) for payload in payloads]
    differ = [each for each in zip(payloads, said.stdout.splitlines(), expected, strict=True) if each[1] != each[2]]
    assert not differ, differ[:5]
    assert 1000 < expected.count("no") < 7000


def is_online(heard: Heard) -> bool:
    return heard.kind == "status" and heard.payload == b"online" and not heard.retained


# -- the board as a process -------------------------------------------------------------------------------------------


async def kill_often(program: Path, folder: Path, times: int) -> Killed:
    """Rows by number, and the live messages, of a board that is killed again and again, half of the time in a write."""
    dice = random.Random(3)
    broker = LocalBroker(folder / "broker")
    await broker.start()
    bench = Bench(program, folder / "boards", broker.port, speed=150, options=("--interval", "60"))
    rows: dict[int, list[int]] = {}
    journals: set[str] = set()
    lives: list[Heard] = []

    def heard(message: Heard) -> None:
        if message.kind == "live":
            lives.append(message)
        if message.kind == "record":
            content = message.json
            journals.add(content["journal"])
            for row in content["records"]:
                assert rows.setdefault(row[0], row) == row
            ack = {"host": "c0f0c0f0", "journal": content["journal"], "seq": content["records"][-1][0]}
            link.publish_soon("panel_meter/1/killed/ack", json.dumps(ack).encode(), retain=True)

    link = Link(Broker(port=broker.port), on_heard=heard)
    try:
        async with link:
            await link.subscribe("panel_meter/1/killed/#")
            for _ in range(times):
                torn = ("--die-after", str(dice.randrange(4000))) if dice.random() < 0.5 else ()
                after = link.mark
                process = await bench.start("killed", *torn)
                alive = asyncio.create_task(link.find(is_online, after=after, within=20))
                await asyncio.wait({alive, asyncio.create_task(process.wait())}, return_when=asyncio.FIRST_COMPLETED)
                alive.cancel()
                await asyncio.sleep(dice.uniform(0, 0.8))
                await bench.kill("killed")
            after = link.mark
            await bench.start("killed")
            await link.find(is_online, after=after, within=20)
            await asyncio.sleep(1.5)
            await bench.stop()
    finally:
        await broker.stop()
    assert not bench.complaints(), bench.complaints()
    assert len(journals) == 1
    return rows, lives


@pytest.fixture(scope="module")
def played(board: Path) -> tuple[list[Outcome], Killed]:
    """What came out of the conformance kit, and of killing; both wait most of the time, so they do it together."""

    async def play() -> tuple[list[Outcome], Killed]:
        return await asyncio.gather(check_boards(board), kill_often(board, Path(folder), 15))

    # Sockets are forbidden anew before each test, and module fixtures come first.
    pytest_socket.enable_socket()
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(play())


def test_a_board_that_is_killed_loses_no_row_and_a_minute_of_energy(played: tuple[list[Outcome], Killed]) -> None:
    rows, lives = played[1]
    assert sorted(rows) == list(range(1, len(rows) + 1))
    assert len(rows) > 8
    for seq in range(2, len(rows) + 1):
        before, row = rows[seq - 1], rows[seq]
        assert row[1] > before[1]
        assert row[2] == row[1] - before[1]
        assert all(new >= old for old, new in zip(before[4:], row[4:], strict=True))
    boots = list(dict.fromkeys(message.json["boot"] for message in lives))
    assert len(boots) > 6
    # No register falls by more than what a minute of all loads together holds.
    minute = math.ceil(60 * 10_000 / 3.6)
    newest = [0] * len(rows[1][4:])
    for message in lives:
        energies = message.json["energy"]
        assert all(new >= old - minute for old, new in zip(newest, energies, strict=True)), (newest, energies)
        newest = energies
    assert all(new >= old for old, new in zip(rows[len(rows)][4:], newest, strict=True))


@pytest.fixture(scope="module")
def lines(played: tuple[list[Outcome], Killed]) -> Mapping[str, Line]:
    """The table of the conformance kit."""
    outcomes = played[0]
    table = judged(outcomes)
    keep(ARTIFACTS, "firmware", table, outcomes)
    return {line.id: line for line in table}


@pytest.mark.parametrize("id", [statement.id for statement in bound(Role.BOARD)])
def test_statement(lines: Mapping[str, Line], id: str) -> None:
    insist(lines[id])


def test_all_checks_were_made(lines: Mapping[str, Line]) -> None:
    silent = {line.id for line in lines.values() if line.passed < line.checks}
    assert not silent, "Some checks of these statements were not made."
    assert {line.id for line in lines.values() if not line.checks} <= UNSEEN.keys()

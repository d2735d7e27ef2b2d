"""Replay: the energies of a file, to the mWh."""

from collections.abc import Sequence
import csv
from fractions import Fraction
import gzip
from pathlib import Path

import pytest

from simulator.options import Options
from simulator.replay import Replay, ReplayError, read
from simulator.street import Street
from simulator.units import DAY, GRID, HOUR, MINUTE

REAL = Path(__file__).parents[3] / "shared" / "data" / "house_refit20.csv.gz"
NOW = 1_795_204_800_000 + 1234
HEADER = "time,aggregate_w,kettle_w"


def file(folder: Path, lines: Sequence[str], name: str = "house.csv") -> Path:
    path = folder / name
    data = "\n".join(lines) + "\n"
    if name.endswith(".gz"):
        with gzip.open(path, "wt") as packed:
            packed.write(data)
    else:
        path.write_text(data)
    return path


def small(folder: Path, minutes: int = 137, name: str = "house.csv") -> Path:
    lines = [f"2014-03-30T{12 + m // 60:02d}:{m % 60:02d}:00Z,{200 + 7 * m},{m % 3 * 1000.5}" for m in range(minutes)]
    return file(folder, [HEADER, *lines], name)


@pytest.mark.parametrize("name", ["house.csv", "house.csv.gz"])
def test_the_history_holds_the_energy_of_the_file_to_the_mwh(tmp_path: Path, name: str) -> None:
    path = small(tmp_path, name=name)
    [board] = Street(Options(replay=path), NOW).boards()
    last = board.ring.last
    assert last is not None
    # W held for a minute each: mWh = W x 1000 / 60.
    main = sum(Fraction(200 + 7 * minute) for minute in range(137)) * 1000 / 60
    kettle = sum(Fraction(minute % 3) * Fraction("1000.5") for minute in range(137)) * 1000 / 60
    assert last.energies == (int(main), int(kettle))
    assert last.end * 1000 == NOW // (5 * MINUTE) * (5 * MINUTE)
    assert sum(board.ring.row(seq).duration for seq in range(1, board.ring.newest + 1)) == 137 * 60
    told = board.truth.extra["replay"]
    assert isinstance(told, dict)
    assert told["mwh"] == {"main": int(main), "kettle": int(kettle)}
    assert told["seq"] == board.ring.newest
    assert told["gaps"] == []


def test_the_end_of_the_file_is_now_and_then_it_begins_again(tmp_path: Path) -> None:
    load = Replay(read(small(tmp_path)), NOW // MINUTE * MINUTE)
    assert load.begin == load.end - 137 * MINUTE
    assert load.powers(load.end // GRID - 1, 1)[0, 0] == (200 + 7 * 136) * 1000
    assert load.powers(load.end // GRID, 1)[0, 0] == 200 * 1000
    assert load.powers(load.end // GRID + 6, 1)[0, 0] == 207 * 1000


def test_empty_fields_and_missing_minutes_are_no_power_and_are_listed(tmp_path: Path) -> None:
    lines = [
        HEADER,
        "2014-03-30T12:00:00Z,100,10",
        "2014-03-30T12:01:00Z,,",
        "2014-03-30T12:02:00Z,,",
        "2014-03-30T12:03:00Z,100,",
        "2014-03-30T12:06:00Z,100,10",
    ]
    recording = read(file(tmp_path, lines))
    start = recording.begin
    assert recording.powers.tolist() == [
        [100_000, 0, 0, 100_000, 0, 0, 100_000],
        [10_000, 0, 0, 0, 0, 0, 10_000],
    ]
    assert recording.gaps == (
        ("", start + 60, start + 120),
        ("", start + 240, start + 300),
        ("kettle", start + 180, start + 180),
    )


def test_days_of_history_are_the_newest_of_the_file(tmp_path: Path) -> None:
    [board] = Street(Options(replay=small(tmp_path), history=1 / 24), NOW).boards()
    last = board.ring.last
    assert last is not None
    assert last.energies[0] == sum(200 + 7 * minute for minute in range(77, 137)) * 1000 // 60


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([], "first line"),
        (["a,b"], "first line"),
        ([HEADER], "no measurements"),
        ([HEADER, "yesterday,1,2"], "Line 2"),
        ([HEADER, "2014-03-30T12:00:00Z,1"], "Line 2"),
        ([HEADER, "2014-03-30T12:00:00Z,1,x"], "Line 2"),
        ([HEADER, "2014-03-30T12:00:00Z,1,inf"], "Line 2"),
        ([HEADER, "1914-03-30T12:00:00Z,1,2", "2014-03-30T12:00:00Z,1,2"], "five years"),
    ],
)
def test_a_file_that_cannot_be_replayed_is_refused_with_a_sentence(
    tmp_path: Path, lines: list[str], sentence: str
) -> None:
    with pytest.raises(ReplayError, match=sentence):
        read(file(tmp_path, lines))


def test_a_file_that_is_no_archive_or_not_there_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "house.csv.gz"
    broken.write_bytes(b"no archive")
    for path in (broken, tmp_path / "nothing.csv", tmp_path):
        with pytest.raises(ReplayError, match="cannot be read"):
            read(path)


@pytest.mark.skipif(not REAL.exists(), reason="the measured house is not part of this copy")
def test_the_real_house_has_the_energy_of_its_file() -> None:
    with gzip.open(REAL, "rt", newline="") as packed:
        lines = list(csv.reader(packed))
    zip(*(line[1:] for line in lines[1:]), strict=True)
    sums = [
        sum(Fraction(field or 0) for field in column) * 1000 / 60
        for column in zip(*(line[1:] for line in lines[1:]), strict=True)
    ]
    [board] = Street(Options(replay=REAL), NOW).boards()
    last = board.ring.last
    assert last is not None
    assert last.energies == tuple(int(energy) for energy in sums)
    assert [channel.id for channel in board.load.channels] == [
        "main",
        "kettle",
        "dishwasher",
        "washingmachine",
        "microwave",
    ]
    assert 35 * DAY <= NOW - board.booted_at < 35 * DAY + HOUR

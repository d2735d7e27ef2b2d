"""The truth: hours that add up to the registers, in a file that is never half."""

import json
from pathlib import Path

from simulator import truth as truth_file
from simulator.options import Options
from simulator.street import Street
from simulator.truth import JournalTruth, PanelTruth, hours_of

from .bench import HOUR, SteadyLoad, bench

HOUR_SECONDS = HOUR // 1000


def test_hours_are_utc_hours_and_add_up() -> None:
    table = bench(start=1800).wait(5000)
    table.board.registers.advance(table.now)
    panel = truth_file.panel_json(table.board)
    assert hours_of(panel, "main.import") == {
        HOUR_SECONDS: 1_800_000,
        HOUR_SECONDS + 3600: 3_200_000,
    }
    assert panel["totals"] == {"main.import": 5_000_000, "c1.import": 500_000}
    assert panel["energy"] == [5_000_000, 500_000]


def test_records_differ_hour_by_hour_by_what_the_truth_says() -> None:
    table = bench(load=SteadyLoad(solar=True), start=86_400, history=86_400, capacity=512)
    journal = table.board.truth.journals[table.board.ring.shape.journal]
    by_end = {row[1]: row[4:] for row in table.rows()}
    whole = [hour for hour in journal.hours if hour * 3600 in by_end and (hour + 1) * 3600 in by_end]
    assert len(whole) == 23
    for hour in whole:
        assert journal.hours[hour] == [
            after - before for before, after in zip(by_end[hour * 3600], by_end[(hour + 1) * 3600], strict=True)
        ]


def test_a_power_cut_is_listed_with_what_it_took_and_the_hours_still_add_up() -> None:
    # Without a clock there is no record between the hours that would keep the first ten seconds.
    table = bench(start=3590, sntp=False).wait(30)
    lost = table.board.power_cut(table.now)
    assert lost == {"main.import": 30_000, "c1.import": 3_000}
    [fault] = table.board.truth.faults
    assert fault["kind"] == "power_cut"
    assert fault["lost"] == lost
    assert hours_of(table.board.truth.to_json(), "main.import") == {HOUR_SECONDS: 0, HOUR_SECONDS + 3600: 0}
    assert table.board.truth.totals() == {"main.import": 0, "c1.import": 0}


def test_what_is_taken_comes_out_of_the_newest_hours() -> None:
    journal = JournalTruth(("main.import",), {1: [100], 2: [30]})
    journal.take([50])
    assert journal.hours == {1: [80], 2: [0]}


def test_the_truth_survives_a_file() -> None:
    table = bench(start=3000).wait(2000)
    table.board.power_cut(table.now)
    truth = table.board.truth
    again = PanelTruth.from_json(truth.id, json.loads(json.dumps(truth.to_json())))
    assert again.to_json() == truth.to_json()


def test_hours_without_any_time_are_zero_in_the_file() -> None:
    truth = PanelTruth("x")
    truth.begin("5c1e90aa", ("main.import",))
    truth.add("5c1e90aa", 10, [1])
    truth.add("5c1e90aa", 13, [2])
    panel = truth.to_json()
    assert hours_of(panel, "main.import") == {36_000: 1, 39_600: 0, 43_200: 0, 46_800: 2}
    assert hours_of(panel, "nothing") == {}


def test_a_journal_that_has_just_begun_has_no_hours() -> None:
    truth = PanelTruth("x")
    truth.begin("5c1e90aa", ("main.import",))
    assert truth.totals() == {"main.import": 0}
    assert hours_of(truth.to_json(), "main.import") == {}


def test_writing_replaces_the_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "truth.json"
    truth_file.write(path, {"a": 1})
    with path.open() as old:
        truth_file.write(path, {"a": 2})
        # Who has opened it before still reads the old one whole.
        assert json.load(old) == {"a": 1}
    assert json.loads(path.read_text()) == {"a": 2}
    assert list(tmp_path.iterdir()) == [path]


def test_flash_and_truth_are_kept_together_over_restarts(tmp_path: Path) -> None:
    options = Options(panels=2, history=0.1, state=tmp_path)
    first = Street(options, HOUR)
    boards = list(first.boards())
    for board in boards:
        board.step(HOUR + 130_000)
    first.save(HOUR + 130_000)
    for board in boards:
        # Not in the truth that was saved, but in the flash.
        board.step(HOUR + 400_000)
    again = list(Street(options, HOUR + 500_000).boards())
    for old, new in zip(boards, again, strict=True):
        assert new.ring.shape == old.ring.shape
        assert new.ring.newest == old.ring.newest
        assert tuple(new.truth.totals().values()) == new.registers.energies
        assert new.registers.energies >= old.ring.row(old.ring.newest).energies


def test_a_restart_at_speed_goes_on_in_simulated_time(tmp_path: Path) -> None:
    from simulator.street import start_of

    options = Options(speed=60, state=tmp_path)
    assert start_of(options, HOUR) == HOUR
    Street(options, HOUR).save(HOUR + 7_200_000)
    assert start_of(options, HOUR + 120_000) == HOUR + 7_200_000 + 600_000
    assert start_of(Options(state=tmp_path), HOUR + 120_000) == HOUR + 120_000

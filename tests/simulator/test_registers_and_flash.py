"""B1 and B2: registers, checkpoints and the ring survive a power cut at any point."""

import itertools
from pathlib import Path

from hypothesis import given, settings, strategies as st
import pytest

from simulator.flash import Checkpoint, Flash
from simulator.ring import Ring, RingShape
from simulator.storage import FileStorage, PowerFailed, Storage

from .bench import HOUR, SteadyLoad, bench

SHAPE = RingShape("5c1e90aa", ("main.import", "c1.import"), 8)


def test_b1_registers_count_whole_milliwatthours() -> None:
    board = bench(start=1).wait(59).board
    board.registers.advance(HOUR + 60_000)
    assert board.registers.energies == (59_000, 5_900)


def test_b1_a_fraction_of_a_milliwatthour_is_never_lost_between_steps() -> None:
    thin = SteadyLoad(main=1, circuit=7)
    table = bench(load=thin)
    for _ in range(1000):
        table.wait(3.601)
        table.board.registers.advance(table.now)
    assert table.board.registers.energies == (3_601 * 1000 // 3_600_000, 7 * 3_601 * 1000 // 3_600_000)


def test_b1_a_checkpoint_comes_every_minute_in_alternating_slots() -> None:
    table = bench()
    for minute in range(1, 6):
        table.wait(60)
        assert table.board.flash.generation == minute
        checkpoint = table.board.flash.checkpoint
        assert checkpoint is not None
        assert checkpoint.energies[0] == minute * 60_000


@pytest.mark.parametrize("off_at", [30.0, 59.9, 60.1, 119.0, 300.2, 4000.7])
def test_b1_b2_a_power_cut_loses_at_most_sixty_seconds(off_at: float) -> None:
    table = bench().wait(off_at)
    lost = table.board.power_cut(table.now)
    assert lost.get("main.import", 0) <= 60_000
    table.at += 5
    table.board.power_on(table.now)
    kept = table.board.registers.energies[0]
    assert kept == int(off_at * 1000) - lost.get("main.import", 0)
    assert table.board.truth.totals()["main.import"] == kept


def test_b1_at_boot_the_newest_row_counts_when_it_is_higher_than_the_checkpoint() -> None:
    table = bench(start=270).wait(31)
    # A row at 300 s, the last checkpoint would be at 330 s: only the row knows these 30 seconds.
    assert table.board.flash.checkpoint is None
    table.board.power_cut(table.now)
    table.board.power_on(table.now + 1000)
    assert table.board.registers.energies == (30_000, 3_000)


def test_b2_the_first_record_after_a_power_cut_has_flag_1_and_spans_the_time_without_power() -> None:
    table = bench().wait(450)
    table.board.power_cut(table.now)
    table.at = 1300
    table.board.power_on(table.now)
    table.wait(300)
    seq, end, duration, flags, energy, _ = table.rows()[-1]
    assert (seq, end, duration) == (2, HOUR // 1000 + 1500, 1200)
    assert flags == 1 | 4 | 32
    # 300 s were in the row before, 120 s more in the checkpoint, 200 s came after the boot.
    assert energy == 300_000 + 120_000 + 200_000


def test_b2_power_comes_back_by_itself_and_the_boot_changes() -> None:
    table = bench().wait(100)
    before = table.board.boot
    table.board.power_cut(table.now, back_at=table.now + 7_000)
    table.wait(6)
    assert not table.board.powered
    table.wait(2)
    assert table.board.powered
    assert table.board.boot != before
    assert table.board.uptime == 1


def test_b1_a_flash_that_was_torn_in_every_byte_of_a_checkpoint_still_holds_the_one_before() -> None:
    first, second = Checkpoint(SHAPE.journal, 3, (1000, 2000)), Checkpoint(SHAPE.journal, 4, (1500, 2500))
    whole = 16 + len(second.pack()) + 4
    for budget in range(whole + 1):
        storage = Storage()
        flash = Flash(storage)
        flash.save_checkpoint(first)
        storage.budget = budget
        try:
            flash.save_checkpoint(second)
            finished = True
        except PowerFailed:
            finished = False
        storage.budget = None
        found = Flash(storage).checkpoint
        assert finished == (budget >= whole)
        assert found == (second if finished else first)


def test_b2_a_ring_that_was_torn_in_every_byte_of_a_row_holds_all_rows_but_that_one() -> None:
    size = 26 + 16 + 4
    for budget in range(size + 1):
        storage = Storage()
        ring = Ring(storage, SHAPE)
        for number in range(1, 12):
            ring.append(number * 300, 300, 0, (number, number))
        storage.budget = budget
        try:
            ring.append(3600, 300, 0, (12, 12))
            finished = True
        except PowerFailed:
            finished = False
        storage.budget = None
        again = Ring(storage, SHAPE)
        assert again.newest == (12 if finished else 11)
        # What was written over is gone as soon as a byte differs (the first four name the journal); the rest is there.
        assert again.oldest == (4 if budget <= 4 else 5)
        assert [again.row(seq).energies[0] for seq in range(again.oldest, again.newest + 1)] == list(
            range(again.oldest, again.newest + 1)
        )


@given(budgets=st.lists(st.integers(0, 700), min_size=1, max_size=6), pause=st.integers(1, 500))
@settings(max_examples=60, deadline=None)
def test_b1_a_board_whose_power_fails_within_any_write_goes_on_with_at_most_a_minute_lost(
    budgets: list[int], pause: int
) -> None:
    storage = Storage()
    table = bench(storage=storage, interval=60)
    highest = 0
    for budget in budgets:
        storage.budget = budget
        try:
            table.wait(pause)
        except PowerFailed:
            table.at = (table.board.registers.until - HOUR) / 1000
        storage.budget = None
        lost = table.board.power_cut(table.now).get("main.import", 0)
        table.at += 3
        table.board.power_on(table.now)
        kept = table.board.registers.energies[0]
        assert lost <= 60_000
        assert highest <= kept
        assert table.board.truth.totals()["main.import"] == kept
        highest = kept
    rows = table.rows()
    assert [row[0] for row in rows] == list(range(table.board.ring.oldest, table.board.ring.newest + 1))
    assert all(a[4] <= b[4] and a[1] < b[1] for a, b in itertools.pairwise(rows))


def test_b2_the_ring_forgets_the_oldest_rows_first() -> None:
    table = bench(capacity=10, interval=60).wait(60 * 25)
    assert (table.board.ring.oldest, table.board.ring.newest) == (16, 25)
    with pytest.raises(KeyError):
        table.board.ring.row(15)


def test_b1_flash_in_files_is_found_again_by_another_process(tmp_path: Path) -> None:
    table = bench(storage=FileStorage(tmp_path)).wait(1000)
    rows, journal, energies = table.rows(), table.board.ring.shape.journal, table.board.registers.energies
    # No goodbye: what was written through is all that there is.
    other = bench(storage=FileStorage(tmp_path), start=1003)
    assert other.rows() == rows
    assert other.board.ring.shape.journal == journal
    assert other.board.registers.energies[0] == 960_000
    assert energies[0] == 900_000 + 60_000

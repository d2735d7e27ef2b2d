"""B2, B3 and F7: which records a board writes, with and without a clock."""

import itertools

from hypothesis import given, settings, strategies as st

from .bench import HOUR, SteadyLoad, bench

START = HOUR // 1000


def test_f7_records_end_at_multiples_of_the_interval_and_their_differences_are_the_register() -> None:
    table = bench(start=130).wait(1000)
    assert [row[:4] for row in table.rows()] == [
        [1, START + 300, 170, 4 | 32],
        [2, START + 600, 300, 32],
        [3, START + 900, 300, 32],
    ]
    assert [row[4] for row in table.rows()] == [170_000, 470_000, 770_000]


@given(steps=st.lists(st.floats(0.05, 700), min_size=1, max_size=40), solar=st.booleans())
@settings(max_examples=60, deadline=None)
def test_f7_records_do_not_depend_on_how_often_the_board_is_asked(steps: list[float], solar: bool) -> None:
    many, one = bench(load=SteadyLoad(solar=solar), interval=60), bench(load=SteadyLoad(solar=solar), interval=60)
    for step in steps:
        many.wait(step)
    one.at = many.at
    one.board.step(one.now)
    assert many.rows() == one.rows()
    for before, after in itertools.pairwise(one.rows()):
        assert all(old <= new for old, new in zip(before[4:], after[4:], strict=True))


def test_f5_import_and_export_of_the_mains_follow_the_direction_of_the_sum() -> None:
    table = bench(load=SteadyLoad(solar=True)).wait(20)
    table.board.registers.advance(table.now)
    # Ten seconds at 360 + 6 W, ten at 360 - 5000 W.
    assert dict(zip(table.board.names, table.board.registers.energies, strict=True)) == {
        "main.import": 3660 * 1000 // 3600,
        "main.export": 46_400_000 // 3600,
        "c1.import": 2000,
        "solar.import": 60_000 // 3600,
        "solar.export": 50_000_000 // 3600,
    }


def test_b3_without_a_clock_no_record_is_closed_and_time_is_0() -> None:
    table = bench(sntp=False).connect().wait(1000)
    assert table.rows() == []
    lives = [content for kind, content in table.listen() if kind == "live"]
    assert lives
    assert all(isinstance(live, dict) and live["time"] == 0 for live in lives)


def test_b3_intervals_by_uptime_are_stamped_when_the_clock_comes_in_the_same_boot() -> None:
    table = bench(sntp=False, start=10).wait(700)
    table.board.set_clock(table.now, table.now)
    # By uptime they ended 300 and 600 s after the boot.
    assert [row[:4] for row in table.rows()] == [[1, START + 310, 300, 32], [2, START + 610, 300, 32]]
    table.wait(200)
    assert table.rows()[-1][:4] == [3, START + 900, 290, 4 | 32]
    assert table.rows()[-1][4] == 890_000


def test_b3_without_a_clock_before_the_power_fails_all_merges_into_the_next_record() -> None:
    table = bench(sntp=False).wait(1000)
    lost = table.board.power_cut(table.now)["main.import"]
    table.at = 1100
    table.board.power_on(table.now)
    table.board.set_clock(table.now, table.now)
    table.wait(100)
    assert len(table.rows()) == 1
    assert table.rows()[0][1:5] == [
        START + 1200,
        960 + 100,
        1 | 4 | 32,
        1_000_000 - lost + 100_000,
    ]


def test_b3_a_long_time_without_a_clock_merges_the_oldest_intervals_and_keeps_their_energy() -> None:
    table = bench(sntp=False, interval=60).wait(60 * 200)
    table.board.set_clock(table.now, table.now)
    first, last = table.rows()[0], table.rows()[-1]
    assert len(table.rows()) == 64
    assert first[1:5] == [START + 137 * 60, 137 * 60, 4 | 32, 137 * 60_000]
    assert last[4] == 200 * 60_000


def test_b3_when_the_clock_steps_back_the_open_interval_is_closed_with_flag_2_and_counting_goes_on() -> None:
    table = bench().wait(400)
    table.board.shift_clock(table.now, -250_000)
    table.wait(300)
    # True time 400 is 150 on the clock; the next boundary is 300 on the clock, 550 in truth.
    assert [row[:5] for row in table.rows()] == [
        [1, START + 300, 300, 32, 300_000],
        [2, START + 150, 100, 2 | 4 | 32, 400_000],
        [3, START + 300, 150, 4 | 32, 550_000],
    ]


def test_b3_when_the_clock_steps_forward_the_interval_keeps_its_true_length() -> None:
    table = bench().wait(400)
    table.board.shift_clock(table.now, 5_000_000)
    table.wait(300)
    assert [row[:5] for row in table.rows()[1:]] == [
        [2, START + 5400, 100, 2 | 4 | 32, 400_000],
        [3, START + 5700, 300, 32, 700_000],
    ]


def test_b3_a_clock_that_is_wrong_by_three_seconds_is_moved_silently() -> None:
    table = bench().wait(301)
    table.board.shift_clock(table.now, -3_000)
    table.wait(600)
    assert [row[:4] for row in table.rows()] == [
        [1, START + 300, 300, 32],
        [2, START + 600, 300, 32],
    ]


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("wait"), st.integers(1, 4000)),
            st.tuples(st.just("clock"), st.integers(-5000, 5000)),
            st.tuples(st.just("cut"), st.integers(1, 2000)),
            st.tuples(st.just("interval"), st.sampled_from([60, 300, 900, 3600])),
        ),
        max_size=25,
    ),
    st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_f7_whatever_happens_rows_are_contiguous_energies_never_fall_and_the_truth_is_the_register(
    story: list[tuple[str, int]], sntp: bool
) -> None:
    table = bench(sntp=sntp, capacity=4096).connect()
    for what, value in story:
        match what:
            case "wait":
                table.wait(value)
            case "clock":
                table.board.shift_clock(table.now, value * 1000)
            case "interval":
                table.command("set_interval", interval=value, key=f"{table.at}-{len(table.heard)}")
            case _:
                table.board.power_cut(table.now)
                table.at += value
                table.board.power_on(table.now)
                table.connect()
    table.board.registers.advance(table.now)
    rows = table.rows()
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    for a, b in itertools.pairwise(rows):
        assert b[4] >= a[4]
        assert b[1] > a[1] or b[3] & 2
    assert tuple(table.board.truth.totals().values()) == table.board.registers.energies
    assert not rows or rows[-1][4] <= table.board.registers.energies[0]


def test_history_is_what_the_board_would_have_written_itself() -> None:
    past = bench(load=SteadyLoad(solar=True), start=200_000, history=199_990, capacity=2048)
    lived = bench(load=SteadyLoad(solar=True), start=10, capacity=2048)
    lived.at = 200_000
    lived.board.step(lived.now)
    lived.board.registers.advance(lived.now)
    assert past.rows() == lived.rows()
    assert past.board.registers.energies == lived.board.registers.energies
    mine, theirs = (next(iter(table.board.truth.journals.values())).hours for table in (past, lived))
    assert mine == theirs
    assert past.wait(4000).rows() == lived.wait(4000).rows()

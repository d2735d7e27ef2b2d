"""Records -> intervals: every rule of the host for a journal, and that nothing is lost or doubled."""

from dataclasses import replace

from hypothesis import given, strategies as st

from custom_components.panel_meter.core.journal import Admission, admit, checksum
from custom_components.panel_meter.core.model import Journal, Quality, RecordFlag, RecordRow, RowRejection

from .protocol import HOUR, JOURNAL, NOW, PANEL, message, rows

FRESH = Journal(id=JOURNAL, registers=PANEL.registers)


def take(journal: Journal, *sent: RecordRow, oldest: int = 1, now: int = NOW) -> Admission:
    return admit(journal, message(*sent, oldest=oldest), PANEL, now)


def test_the_first_record_of_a_journal_counts_from_zero() -> None:
    admission = take(FRESH, *rows([(100, 10), (250, 10)]))
    assert [interval.energy for interval in admission.intervals] == [(100, 10), (150, 0)]
    assert [(interval.start - HOUR, interval.end - HOUR) for interval in admission.intervals] == [(0, 300), (300, 600)]
    assert all(interval.quality == Quality.MEASURED for interval in admission.intervals)
    assert admission.journal.watermark == 2


def test_the_first_record_of_an_old_journal_is_the_baseline() -> None:
    admission = take(FRESH, *rows([(1000, 10), (1250, 30)], first=412), oldest=412)
    assert [interval.energy for interval in admission.intervals] == [(0, 0), (250, 20)]
    assert admission.intervals[0].start == admission.intervals[0].end
    assert not admission.missing


def test_a_repeated_record_changes_nothing_and_is_acknowledged_again() -> None:
    sent = rows([(100, 10), (250, 10)])
    journal = take(FRESH, *sent).journal
    again = take(journal, *sent)
    assert not again.moved
    assert again.journal == journal
    assert again.duplicates == sent


def test_a_hole_makes_the_board_go_back() -> None:
    one, _, three = rows([(100, 10), (250, 10), (300, 10)])
    admission = take(take(FRESH, one).journal, three)
    assert not admission.moved
    assert admission.journal.watermark == 1


def test_a_hole_inside_a_message_stops_there() -> None:
    one, two, _, four = rows([(100, 10), (250, 10), (300, 10), (400, 10)])
    admission = take(FRESH, one, two, four)
    assert admission.journal.watermark == 2


def test_records_that_the_ring_lost_cost_resolution_but_no_energy() -> None:
    sent = rows([(100, 0), (200, 0), (300, 0), (400, 0)])
    admission = take(take(FRESH, sent[0]).journal, sent[3], oldest=4)
    assert admission.missing == range(2, 4)
    (interval,) = admission.intervals
    assert interval.energy == (300, 0)
    assert (interval.start, interval.end) == (sent[0].end, sent[3].end)
    assert interval.quality == Quality.ESTIMATED


def test_a_falling_register_is_settled_and_the_next_good_row_carries_its_energy() -> None:
    one, two, three = rows([(100, 50), (150, 40), (300, 90)])
    admission = take(FRESH, one, two, three)
    assert [rejected.reason for rejected in admission.rejected] == [RowRejection.ENERGY_FALLING]
    assert [interval.energy for interval in admission.intervals] == [(100, 50), (200, 40)]
    assert admission.intervals[1].start == one.end
    assert admission.journal.watermark == 3


def test_an_end_that_does_not_rise_is_rejected() -> None:
    one, two = rows([(100, 0), (200, 0)])
    admission = take(FRESH, one, replace(two, end=one.end))
    assert [rejected.reason for rejected in admission.rejected] == [RowRejection.END_NOT_RISING]


def test_a_row_of_a_stepped_clock_is_placed_by_its_arrival() -> None:
    one, two = rows([(100, 0), (200, 0)])
    stepped = replace(two, end=one.end - 7200, flags=RecordFlag.CLOCK_STEPPED)
    admission = take(FRESH, one, stepped)
    placed = admission.intervals[1]
    assert (placed.start, placed.end) == (NOW - 300, NOW)
    assert placed.quality == Quality.CLOCK_STEPPED | Quality.ESTIMATED
    assert admission.journal.last_end == stepped.end


def test_a_step_less_than_a_second_after_a_record_costs_no_row() -> None:
    """Were that row rejected, so would be all that follow until the clock is where it was."""
    one, two, three = rows([(100, 0), (200, 0), (300, 0)])
    stepped = replace(two, end=one.end - 466, duration=0, flags=RecordFlag.CLOCK_STEPPED | RecordFlag.PARTIAL)
    admission = take(FRESH, one, stepped, replace(three, end=stepped.end + 60, duration=60))
    assert not admission.rejected
    assert [interval.energy[0] for interval in admission.intervals] == [100, 100, 100]


def test_a_row_from_the_future_is_rejected() -> None:
    (one,) = rows([(100, 0)])
    admission = take(FRESH, one, now=one.end - 86_401)
    assert [rejected.reason for rejected in admission.rejected] == [RowRejection.FUTURE]
    assert take(FRESH, one, now=one.end - 86_400).intervals


def test_more_than_the_breaker_can_carry_is_rejected_until_the_time_for_it_has_passed() -> None:
    # 20 A x 230 V x 1.25 in five minutes are 479 Wh for the kitchen, whose clamp sits on one phase.
    one, two, three = rows([(0, 0), (0, 600_000), (0, 600_000)])
    admission = take(FRESH, one, two, three)
    assert [rejected.reason for rejected in admission.rejected] == [RowRejection.BEYOND_RATING]
    assert admission.intervals[1].energy == (0, 600_000)
    assert admission.intervals[1].end - admission.intervals[1].start == 600


def test_when_the_first_record_is_rejected_the_next_one_carries_its_energy() -> None:
    one, two = rows([(100, 0), (250, 0)])
    admission = take(FRESH, replace(one, end=NOW * 2), two)
    assert [rejected.reason for rejected in admission.rejected] == [RowRejection.FUTURE]
    (interval,) = admission.intervals
    assert (interval.energy, interval.quality) == ((250, 0), Quality.ESTIMATED)


def test_a_row_over_more_than_an_hour_is_estimated() -> None:
    one, two = rows([(100, 0), (200, 0)])
    long = replace(two, end=one.end + 7200, duration=7200, flags=RecordFlag.PARTIAL)
    assert take(FRESH, one, long).intervals[1].quality == Quality.PARTIAL | Quality.ESTIMATED


def test_the_checksum_tells_other_content_under_the_same_number() -> None:
    one, other = rows([(100, 0)])[0], rows([(101, 0)])[0]
    assert checksum(one) == checksum(replace(one))
    assert checksum(one) != checksum(other)


_DAY = rows([(number * 7, number * number) for number in range(1, 25)])


@given(st.lists(st.tuples(st.integers(0, 23), st.integers(1, 6)), max_size=60))
def test_any_replay_and_permutation_of_messages_counts_once(deliveries: list[tuple[int, int]]) -> None:
    journal, booked, seqs = FRESH, [0, 0], []
    # At the end the board, which sees no further acknowledgement, sends all in order once more.
    for first, count in [*deliveries, (0, 24)]:
        admission = take(journal, *_DAY[first : first + count])
        journal = admission.journal
        for interval in admission.intervals:
            seqs.append(interval.seq)
            booked = [sum(pair) for pair in zip(booked, interval.energy, strict=True)]
    assert seqs == list(range(1, 25))
    assert tuple(booked) == _DAY[-1].energy


@given(
    st.lists(
        st.tuples(st.integers(0, 400_000), st.integers(0, 100_000), st.integers(-400, 900), st.integers(0, 63)),
        min_size=1,
        max_size=30,
    )
)
def test_whatever_the_rows_hold_all_are_settled_and_the_sum_is_the_last_good_register(
    steps: list[tuple[int, int, int, int]],
) -> None:
    sent, main, kitchen, end = [], 0, 0, HOUR
    for seq, (more, other, later, flags) in enumerate(steps, 1):
        main, kitchen, end = main + more - 1000, kitchen + other, end + later
        sent.append(RecordRow(seq, max(end, 0), abs(later), flags, (max(main, 0), kitchen)))
    admission = take(FRESH, *sent)
    assert admission.journal.watermark == len(sent)
    assert len(admission.intervals) + len(admission.rejected) == len(sent)
    total = tuple(sum(interval.energy[place] for interval in admission.intervals) for place in (0, 1))
    assert total == (admission.journal.last_energy or (0, 0))
    assert all(part >= 0 for interval in admission.intervals for part in interval.energy)

"""Accepted energy -> rows: exact sums, immutable rows, five minutes each."""

from hypothesis import given, strategies as st

from custom_components.panel_meter.core.booking import BUCKET, GRACE, Booking
from custom_components.panel_meter.core.metering_model import Accepted
from custom_components.panel_meter.core.model import Interval, Quality

#: A whole bucket.
START = 1_795_204_800_000
SECONDS = START // 1000
MINUTE = 60_000


def piece(start: int, end: int, energy: int, quality: Quality = Quality.MEASURED) -> Accepted:
    """Times in milliseconds after START."""
    return Accepted(START + start, START + end, energy, quality)


def test_pieces_of_a_bucket_become_one_row_with_all_registers() -> None:
    booking = Booking()
    for minute in range(5):
        booking.add(0, piece(minute * MINUTE, (minute + 1) * MINUTE, 100))
        booking.add(2, piece(minute * MINUTE, (minute + 1) * MINUTE, 7))
    assert booking.take(START + BUCKET + GRACE, 41) == (
        Interval(seq=42, start=SECONDS, end=SECONDS + 300, energy=(500, 0, 35)),
    )
    assert booking.take(START + 10 * BUCKET, 42) == ()


def test_a_row_waits_for_what_belongs_into_it() -> None:
    booking = Booking()
    booking.add(0, piece(0, MINUTE, 100))
    assert booking.take(START + BUCKET + GRACE - 1, 0) == ()
    assert booking.total(0) == 100
    assert len(booking.take(START + BUCKET + GRACE, 0)) == 1
    assert booking.total(0) == 0


def test_a_late_piece_makes_one_more_row() -> None:
    booking = Booking()
    booking.add(0, piece(0, MINUTE, 100))
    first = booking.take(START + BUCKET + GRACE, 0)
    booking.add(0, piece(MINUTE, 2 * MINUTE, 50))
    second = booking.take(START + BUCKET + GRACE, 1)
    assert [row.energy for row in first + second] == [(100,), (50,)]
    assert [row.seq for row in first + second] == [1, 2]


def test_a_piece_across_an_edge_is_cut_there() -> None:
    booking = Booking()
    booking.add(0, piece(BUCKET - 20_000, BUCKET + 40_000, 100))
    rows = booking.take(START, 0, close=True)
    assert [(row.start - SECONDS, row.end - SECONDS, row.energy) for row in rows] == [
        (280, 300, (33,)),
        (300, 340, (67,)),
    ]


def test_a_long_piece_is_a_row_of_its_own_shared_by_registers() -> None:
    booking = Booking()
    long = piece(MINUTE, 10 * 60 * MINUTE, 5_000, Quality.ESTIMATED)
    booking.add(0, long)
    booking.add(1, long)
    assert booking.take(START, 0) == (
        Interval(seq=1, start=SECONDS + 60, end=SECONDS + 36_000, energy=(5_000, 5_000), quality=Quality.ESTIMATED),
    )


def test_a_gap_is_a_row_without_energy() -> None:
    booking = Booking()
    booking.add(0, piece(0, MINUTE, 100))
    booking.add(0, piece(MINUTE, 2 * MINUTE, 0, Quality.GAP))
    rows = booking.take(START, 0, close=True)
    assert [(row.energy, row.quality) for row in rows] == [((100,), Quality.MEASURED), ((0,), Quality.GAP)]


def test_nothing_makes_no_row() -> None:
    booking = Booking()
    booking.add(0, piece(0, MINUTE, 0))
    assert booking.take(START, 0, close=True) == ()


def test_energy_without_a_span_belongs_to_the_bucket_that_ends_with_it() -> None:
    booking = Booking()
    booking.add(0, piece(BUCKET, BUCKET, 9))
    booking.add(0, piece(0, MINUTE, 1))
    (row,) = booking.take(START, 0, close=True)
    assert (row.start, row.end, row.energy) == (SECONDS, SECONDS + 300, (10,))


def test_the_quality_of_a_row_is_that_of_all_its_pieces() -> None:
    booking = Booking()
    booking.add(0, piece(0, MINUTE, 1, Quality.REBOOT))
    booking.add(1, piece(MINUTE, 2 * MINUTE, 1, Quality.ESTIMATED))
    (row,) = booking.take(START, 0, close=True)
    assert row.quality == Quality.REBOOT | Quality.ESTIMATED


PIECES = st.builds(
    lambda register, start, span, energy, quality: (register, piece(start, start + span, energy, quality)),
    st.integers(0, 3),
    st.integers(0, 12 * BUCKET),
    st.one_of(st.just(0), st.integers(0, BUCKET), st.integers(0, 20 * BUCKET)),
    st.integers(0, 10**9),
    st.sampled_from([Quality.MEASURED, Quality.ESTIMATED, Quality.REBOOT]),
)


@given(pieces=st.lists(PIECES, max_size=30), takes=st.lists(st.integers(0, 30), max_size=4))
def test_rows_and_what_is_open_are_all_that_was_accepted(pieces: list[tuple[int, Accepted]], takes: list[int]) -> None:
    booking = Booking()
    rows: list[Interval] = []
    for number, (register, accepted) in enumerate(pieces):
        booking.add(register, accepted)
        if number in takes:
            rows.extend(booking.take(START + number * BUCKET, len(rows)))
    for register in range(4):
        accepted_energy = sum(accepted.energy for owner, accepted in pieces if owner == register)
        booked = sum(row.energy[register] for row in rows if len(row.energy) > register)
        assert booked + booking.total(register) == accepted_energy
    rows.extend(booking.take(0, len(rows), close=True))
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    for row in rows:
        assert row.start <= row.end
        assert (
            row.end - row.start > BUCKET // 1000
            or row.start // 300 == max(row.end - 1, row.start) // 300
            or (row.start == row.end)
        )


@given(pieces=st.lists(PIECES, max_size=30))
def test_open_pieces_restore_a_booking(pieces: list[tuple[int, Accepted]]) -> None:
    booking, again = Booking(), Booking()
    for register, accepted in pieces:
        booking.add(register, accepted)
    for register in range(4):
        for open_piece in booking.open(register):
            again.add(register, open_piece)
    assert again.take(0, 0, close=True) == booking.take(0, 0, close=True)

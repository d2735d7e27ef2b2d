"""What the machines found, told shortly."""

from dataclasses import replace
from pathlib import Path

import pytest

from custom_components.panel_meter.core.codecs.native import decode
from custom_components.panel_meter.core.codecs.parsing import Rejected, RejectReason
from custom_components.panel_meter.core.journal import LONGEST_SPAN, admit
from custom_components.panel_meter.core.journal_meter import JournalMeter
from custom_components.panel_meter.core.metering import advance
from custom_components.panel_meter.core.metering_model import CounterReading, Limits, Verdict
from custom_components.panel_meter.core.model import Journal, Live, Quality, Record, RecordRow, Register, RowRejection
from custom_components.panel_meter.ledger import Change, Ledger, sqlite_url
from tests.core.protocol import HOUR, JOURNAL, NOW, PANEL, live, message, rows

MAIN, KITCHEN = PANEL.registers
SOON = HOUR + 700
EMPTY = Journal(id=JOURNAL, registers=PANEL.registers)
LIMITS = Limits(power=10_000)


def a_live(*energy: int, **changes: object) -> Live:
    reading = decode(PANEL.id, "live", live(energy=list(energy), **{"time": SOON, **changes}))
    assert isinstance(reading, Live)
    return reading


@pytest.fixture
def meter() -> JournalMeter:
    meter = JournalMeter(PANEL, now=HOUR)
    meter.record(message(*rows([(100_000, 0), (200_000, 0)])), SOON)
    return meter


def test_a_row_that_claims_to_be_endless_does_not_block_those_behind_it(folder: Path) -> None:
    endless = RecordRow(1, HOUR, 2**40, 0, (100_000, 0))
    admission = admit(EMPTY, message(endless), PANEL, NOW)
    (stretched,) = admission.intervals
    assert (stretched.end - stretched.start, stretched.energy) == (LONGEST_SPAN, (100_000, 0))
    assert stretched.quality & Quality.ESTIMATED
    ledger = Ledger.open(sqlite_url(folder / "empty.db"))
    ledger.commit([Change(panel=PANEL.id, journal=admission.journal, intervals=admission.intervals)])
    ledger.close()


def test_a_clock_that_began_in_1970_does_not_block_the_rows_after_a_gap() -> None:
    first = admit(EMPTY, message(RecordRow(1, 300, 300, 0, (1, 0))), PANEL, NOW).journal
    later = RecordRow(9, HOUR, 300, 0, (50_000, 0))
    admission = admit(first, message(later, oldest=9), PANEL, NOW)
    assert [(row.end, row.end - row.start, row.energy) for row in admission.intervals] == [
        (HOUR, LONGEST_SPAN, (49_999, 0))
    ]


def test_a_long_duration_is_no_excuse_for_any_energy() -> None:
    row = RecordRow(1, HOUR, 2**40, 0, (2**52, 0))
    admission = admit(EMPTY, message(row), PANEL, NOW)
    assert [each.reason for each in admission.rejected] == [RowRejection.BEYOND_RATING]


def test_records_of_a_journal_that_was_taken_for_ended_count_on_from_what_was_booked(meter: JournalMeter) -> None:
    meter.live(a_live(205_000, 0), SOON)
    stranger = Record(journal="0000beef", oldest=1, rows=rows([(7,)]), registers=(KITCHEN,))
    meter.record(stranger, SOON)
    assert meter.totals == {MAIN: 205_000, KITCHEN: 7}
    meter.record(message(*rows([(205_000, 0), (206_000, 0)], first=3, start=HOUR + 600)), SOON + 600)
    assert meter.totals == {MAIN: 206_000, KITCHEN: 7}


def test_registers_that_changed_without_a_new_journal_are_refused_not_fallen_over(meter: JournalMeter) -> None:
    meter.announce(replace(PANEL, registers=(MAIN, KITCHEN, Register.parse("c1.export"))))
    with pytest.raises(Rejected) as rejected:
        meter.live(a_live(201_000, 0, 0), SOON)
    assert rejected.value.reason is RejectReason.LENGTH
    assert meter.total(MAIN) == 200_000


def test_what_a_restart_remembers_of_a_new_journal_is_not_booked_for_the_old_one_as_well(meter: JournalMeter) -> None:
    # The ledger has the old journal only; the first row of the new one was shown, but lost before it was on disk.
    again = JournalMeter(PANEL, now=SOON, journals=meter.journals.values(), totals=meter.totals)
    again.hold(MAIN, 201_000)
    again.announce(replace(PANEL, journal="0000beef"))
    again.record(Record(journal="0000beef", oldest=1, rows=rows([(1_000, 0)], start=HOUR + 900)), SOON + 900)
    assert again.total(MAIN) == again.totals[MAIN] == 201_000


@pytest.mark.parametrize("time", [2**40, SOON + 40 * 366 * 86_400])
def test_a_clock_far_ahead_does_not_make_a_live_register_plausible(meter: JournalMeter, time: int) -> None:
    meter.live(a_live(10**12, 50, time=time), SOON)
    assert (meter.total(MAIN), meter.total(KITCHEN)) == (200_000, 50)


def test_a_journal_is_not_closed_in_a_far_future(meter: JournalMeter) -> None:
    meter.live(a_live(205_000, 0, time=2**40), SOON)
    fresh = Record(journal="0000beef", oldest=1, rows=rows([(1_000, 10)], start=HOUR + 900))
    meter.announce(replace(PANEL, journal="0000beef"))
    closing, _ = meter.record(fresh, SOON + 900)
    assert closing.intervals[0].energy == (5_000, 0)
    assert closing.intervals[0].end <= SOON + 86_400


def test_what_a_kept_message_says_may_be_old_so_the_next_one_may_bring_more() -> None:
    def reading(value: int, seconds: int, *, retained: bool = False) -> CounterReading:
        return CounterReading(value=value, received=(HOUR + seconds) * 1000, retained=retained)

    first = advance(None, reading(1_000_000, 0), LIMITS)
    assert first is not None
    kept = advance(first.state, reading(1_000_001, 600, retained=True), LIMITS)
    assert kept is not None
    assert (kept.verdict, kept.accepted and kept.accepted.energy) == (Verdict.NORMAL, 1)
    # Ten minutes at 9 kW, most of them before the kept message came.
    then = advance(kept.state, reading(2_500_000, 660), LIMITS)
    assert then is not None
    assert (then.verdict, then.accepted and then.accepted.energy) == (Verdict.NORMAL, 1_499_999)

"""Totals of a panel with a journal: the ledger's and the shown ones."""

from dataclasses import replace

import pytest

from custom_components.panel_meter.core.codecs.native import decode
from custom_components.panel_meter.core.codecs.parsing import Rejected, RejectReason
from custom_components.panel_meter.core.journal_meter import JournalMeter
from custom_components.panel_meter.core.model import Live, Quality, Record, Register

from .protocol import HOUR, JOURNAL, NOW, PANEL, live, message, rows

MAIN, KITCHEN = PANEL.registers
SOON = HOUR + 700


def a_live(*energy: int, **changes: object) -> Live:
    reading = decode(PANEL.id, "live", live(energy=list(energy), **{"time": SOON, **changes}))
    assert isinstance(reading, Live)
    return reading


@pytest.fixture
def meter() -> JournalMeter:
    meter = JournalMeter(PANEL, now=HOUR)
    meter.record(message(*rows([(100_000, 0), (200_000, 0)])), SOON)
    return meter


def test_records_make_the_total(meter: JournalMeter) -> None:
    assert meter.totals == {MAIN: 200_000, KITCHEN: 0}
    assert meter.total(MAIN) == 200_000


def test_live_registers_move_the_shown_total_between_records(meter: JournalMeter) -> None:
    meter.live(a_live(201_000, 50), SOON)
    assert (meter.total(MAIN), meter.total(KITCHEN)) == (201_000, 50)
    assert meter.totals[MAIN] == 200_000


def test_an_implausible_live_register_is_ignored(meter: JournalMeter) -> None:
    meter.live(a_live(10**12, 50), SOON)
    assert (meter.total(MAIN), meter.total(KITCHEN)) == (200_000, 50)


def test_the_shown_total_never_falls(meter: JournalMeter) -> None:
    meter.live(a_live(205_000, 0), SOON)
    meter.live(a_live(203_000, 0), SOON)
    meter.record(message(*rows([(204_000, 0)], first=3, start=HOUR + 600)), SOON + 300)
    assert meter.total(MAIN) == 205_000
    meter.record(message(*rows([(206_000, 0)], first=4, start=HOUR + 900)), SOON + 600)
    assert meter.total(MAIN) == 206_000


def test_after_a_restart_the_last_shown_total_is_held(meter: JournalMeter) -> None:
    again = JournalMeter(PANEL, now=SOON, journals=meter.journals.values(), totals=meter.totals)
    again.hold(MAIN, 207_000)
    assert again.total(MAIN) == 207_000
    again.live(a_live(208_000, 0), SOON)
    assert again.total(MAIN) == 208_000


def test_a_new_journal_goes_on_and_books_what_only_live_messages_showed(meter: JournalMeter) -> None:
    meter.live(a_live(205_000, 0), SOON)
    meter.announce(replace(PANEL, journal="0000beef"))
    fresh = Record(journal="0000beef", oldest=1, rows=rows([(1_000, 10)], start=HOUR + 900))
    closing, first = meter.record(fresh, SOON + 900)
    assert closing.journal.id == JOURNAL
    assert closing.intervals[0].energy == (5_000, 0)
    assert closing.intervals[0].quality == Quality.ESTIMATED | Quality.PARTIAL
    assert (closing.intervals[0].start, closing.intervals[0].end) == (HOUR + 600, SOON)
    assert first.intervals[0].energy == (1_000, 10)
    assert meter.total(MAIN) == meter.totals[MAIN] == 206_000


def test_an_old_journal_is_drained_by_its_own_registers(meter: JournalMeter) -> None:
    old = Record(journal="0000beef", oldest=1, rows=rows([(7,)]), registers=(Register.parse("c1.import"),))
    meter.record(old, SOON)
    assert meter.total(KITCHEN) == 7


def test_records_of_an_unknown_journal_without_registers_are_refused(meter: JournalMeter) -> None:
    with pytest.raises(Rejected) as rejected:
        meter.record(Record(journal="0000beef", oldest=1, rows=rows([(7,)])), SOON)
    assert rejected.value.reason is RejectReason.UNKNOWN_JOURNAL


def test_rows_and_live_values_of_another_shape_are_refused_whole(meter: JournalMeter) -> None:
    before = dict(meter.totals)
    with pytest.raises(Rejected):
        meter.record(message(*rows([(300_000, 0), (300_000,)], first=3, start=HOUR + 600)), SOON)
    with pytest.raises(Rejected):
        meter.live(a_live(201_000), SOON)
    with pytest.raises(Rejected):
        meter.live(a_live(201_000, 0, power=[1.0]), SOON)
    assert meter.totals == before
    assert meter.total(MAIN) == 200_000


def test_a_new_panel_is_silent_until_its_history_is_in() -> None:
    meter = JournalMeter(PANEL, now=NOW)
    assert not meter.caught_up(NOW + 1)
    meter.record(message(*rows([(100, 0), (200, 0)])), NOW + 2)
    assert not meter.caught_up(NOW + 3)
    meter.record(message(*rows([(300, 0)], first=3, start=NOW - 300)), NOW + 4)
    assert meter.caught_up(NOW + 5)


def test_a_new_panel_without_history_is_not_waited_for_long() -> None:
    meter = JournalMeter(PANEL, now=NOW)
    assert not meter.caught_up(NOW + 45)
    assert meter.caught_up(NOW + 46)

"""Sums are exact, however the time is cut."""

from datetime import date
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.panel_meter.core.calendar import day_edges, hour_edges, month_edges
from custom_components.panel_meter.core.model import Interval
from custom_components.panel_meter.core.spread import share
from custom_components.panel_meter.ledger import Ledger, sqlite_url

from .build import BACK, KITCHEN, MAIN, NOON, REGISTERS, change, interval, sums

WEEK = 7 * 24 * 3600
LONGEST = 3 * 24 * 3600

energies = st.integers(0, 2**53 - 1) | st.integers(0, 1000)


@st.composite
def histories(draw: st.DrawFn) -> list[Interval]:
    """Intervals in no order of time: short, long, without a span, overlapping."""
    history = []
    for seq in range(1, draw(st.integers(1, 12)) + 1):
        start = NOON + draw(st.integers(0, WEEK) | st.integers(0, WEEK // 1800).map(lambda half: half * 1800))
        span = draw(st.sampled_from([0, 300, 1800, 3600, 3601]) | st.integers(0, LONGEST))
        history.append(interval(seq, start, start + span, draw(energies), draw(energies)))
    return history


@settings(max_examples=60, deadline=None)
@given(history=histories(), cuts=st.lists(st.integers(NOON - 3600, NOON + WEEK + LONGEST), max_size=12, unique=True))
def test_hours_are_intervals_are_totals(history: list[Interval], cuts: list[int]) -> None:
    with TemporaryDirectory() as folder:
        ledger = Ledger.open(sqlite_url(Path(folder) / "l.db"))
        for first in range(0, len(history), 5):
            ledger.commit([change(*history[first : first + 5])])
        totals = ledger.load()["apt-1"].totals
        assert (
            totals
            == sums(ledger)
            == {
                MAIN: sum(item.energy[0] for item in history),
                BACK: sum(item.energy[1] for item in history),
                KITCHEN: 0,
            }
        )
        begin, end = NOON - 3600, NOON + WEEK + LONGEST
        by_hour = ledger.energy("apt-1", hour_edges(begin, end))
        edges = [begin, *sorted(set(cuts) - {begin, end}), end]
        by_cut = ledger.energy("apt-1", edges)
        for place, register in enumerate((MAIN, BACK)):
            assert sum(by_hour[register]) == totals[register]
            assert by_cut[register] == [
                sum(share(item.energy[place], item.start, item.end, lower, upper) for item in history)
                for lower, upper in pairwise(edges)
            ]
        ledger.verify()
        ledger.close()


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
        ("Asia/Kolkata", date(2026, 3, 29), 24),
        ("Asia/Kathmandu", date(2026, 3, 29), 24),
    ],
)
def test_local_days_and_months_hold_what_was_used_in_them(ledger: Ledger, zone: str, day: date, hours: float) -> None:
    local = ZoneInfo(zone)
    edges = month_edges(day, day, local)
    # One mWh in each second and some more in the export, so that every bucket shows its length.
    rows = [
        interval(seq, start, start + 300, 300, 7 * 300)
        for seq, start in enumerate(range(edges[0] - 900, edges[-1] + 900, 300), 1)
    ]
    ledger.commit([change(*rows)])

    lengths = [upper - lower for lower, upper in pairwise(edges)]
    assert ledger.energy("apt-1", edges)[MAIN] == lengths
    days = day_edges(day.replace(day=1), day, local)
    lengths = [upper - lower for lower, upper in pairwise(days)]
    assert lengths[-1] == hours * 3600
    by_day = ledger.energy("apt-1", days)
    assert by_day[MAIN] == lengths
    assert by_day[BACK] == [7 * length for length in lengths]


def test_an_interval_without_a_span_belongs_to_what_ends_with_it(ledger: Ledger) -> None:
    ledger.commit([change(interval(1, NOON, NOON, 5), interval(2, NOON + 1800, NOON + 1800, 7))])
    edges = [NOON - 3600, NOON, NOON + 1800, NOON + 3600]
    assert ledger.energy("apt-1", edges)[MAIN] == [5, 7, 0]
    assert ledger.energy("apt-1", [NOON - 3600, NOON, NOON + 3600])[MAIN] == [5, 7]


def test_an_outage_of_weeks_is_spread_and_found_again(ledger: Ledger) -> None:
    span = 20 * 24 * 3600
    ledger.commit([change(interval(1, NOON + 900, NOON + 900 + span, span * 3), interval(2, NOON, NOON + 300, 1))])
    middle = NOON + 10 * 24 * 3600
    assert ledger.energy("apt-1", [middle + 60, middle + 120, middle + 3720])[MAIN] == [180, 10800]
    assert [item.seq for _, item in ledger.intervals("apt-1", middle, middle + 1)] == [1]


def test_intervals_come_by_their_end_from_all_journals(ledger: Ledger) -> None:
    ledger.commit([change(interval(1, NOON, NOON + 300, 1), interval(2, NOON + 600, NOON + 900, 3))])
    ledger.commit([change(interval(1, NOON + 300, NOON + 600, 2), journal="00000000")])
    found = [(key.id, key.registers, item.energy[0]) for key, item in ledger.intervals("apt-1", NOON, NOON + 900)]
    assert found == [
        ("5c1e90aa", REGISTERS, 1),
        ("00000000", REGISTERS, 2),
        ("5c1e90aa", REGISTERS, 3),
    ]
    assert [item.energy[0] for _, item in ledger.intervals("apt-1", NOON + 300, NOON + 599)] == [2]


def test_the_order_of_booking_does_not_matter(tmp_path: Path) -> None:
    rows = [interval(seq, NOON + 700 * seq, NOON + 700 * seq + 5000, seq * 1001) for seq in range(1, 30)]
    sums_of = []
    for name, order in (("a.db", rows), ("b.db", rows[::-1])):
        ledger = Ledger.open(sqlite_url(tmp_path / name))
        for item in order:
            ledger.commit([change(item)])
        sums_of.append(ledger.energy("apt-1", list(range(NOON, NOON + 40000, 1234))))
        ledger.close()
    assert sums_of[0] == sums_of[1]

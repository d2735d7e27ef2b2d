"""Steps of local time."""

from datetime import UTC, datetime
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.panel_meter.core.spread import spread
from custom_components.panel_meter.core.steps import Step, edges, next_edge, step_for

#: Whole, half and quarter hours from UTC; clocks that move by an hour, by half an hour, at midnight; a skipped day.
ZONES = [
    ZoneInfo(name)
    for name in (
        *("UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe"),
        *("America/Havana", "Africa/Cairo", "Asia/Beirut", "America/Santiago", "Pacific/Apia", "America/Sao_Paulo"),
    )
]
DAY = 86_400
instants = st.integers(
    int(datetime(1995, 1, 1, tzinfo=UTC).timestamp()), int(datetime(2040, 1, 1, tzinfo=UTC).timestamp())
)
LONGEST = {Step.DAY: 2, Step.WEEK: 8, Step.MONTH: 32, Step.YEAR: 367}


def at(zone: ZoneInfo, *when: int) -> int:
    return int(datetime(*when, tzinfo=zone).timestamp())  # type: ignore[arg-type]


def told(zone: ZoneInfo, *found: int) -> list[str]:
    return [datetime.fromtimestamp(each, zone).strftime("%m-%d %H:%M") for each in found]


@given(instants, st.sampled_from(Step), st.sampled_from(ZONES))
def test_steps_go_on_and_are_not_longer_than_their_name(instant: int, step: Step, zone: ZoneInfo) -> None:
    edge = next_edge(instant, step, zone)
    assert instant < edge <= instant + LONGEST.get(step, 1) * DAY
    assert edge < next_edge(edge, step, zone)


@given(instants, st.sampled_from(Step), st.sampled_from(ZONES))
def test_an_edge_is_where_the_clock_on_the_wall_has_one(instant: int, step: Step, zone: ZoneInfo) -> None:
    edge = datetime.fromtimestamp(next_edge(instant, step, zone), zone)
    before = datetime.fromtimestamp(edge.timestamp() - 1, zone)
    moved = before.utcoffset() != edge.utcoffset()
    minutes = {Step.FIVE_MINUTES: 5, Step.QUARTER: 15, Step.HALF_HOUR: 30, Step.HOUR: 60, Step.THREE_HOURS: 180}
    if step in minutes:
        assert moved or (edge.hour * 60 + edge.minute) % minutes[step] == 0
    elif step in LONGEST:
        assert before.date() < edge.date()
        assert step is not Step.WEEK or edge.weekday() == 0 or (edge.date() - before.date()).days > 1
        assert step not in (Step.MONTH, Step.YEAR) or edge.day == 1
    assert edge.second == 0 or edge.year < 1996


@given(
    instants,
    st.integers(0, 40 * DAY),
    st.sampled_from([step for step in Step if step is not Step.FIVE_MINUTES]),
    st.sampled_from(ZONES),
    st.lists(st.tuples(st.integers(-3 * DAY, 43 * DAY), st.integers(0, 2 * DAY), st.integers(0, 10**9)), max_size=8),
)
def test_energy_in_steps_adds_up_to_the_whole(
    start: int, span: int, step: Step, zone: ZoneInfo, rows: list[tuple[int, int, int]]
) -> None:
    end = start + span
    found = list(edges(start, end, step, zone))
    assert found == sorted(set(found))
    assert found[:1] + found[-1:] == ([start, end] if span else [])
    for offset, length, energy in rows:
        begin = start + offset
        [whole] = spread(energy, begin, begin + length, (start, end))
        assert sum(spread(energy, begin, begin + length, found)) == (whole if span else 0)


def test_days_of_23_and_25_hours() -> None:
    zone = ZoneInfo("Europe/Berlin")
    hours = {
        (month, day): len(
            list(pairwise(edges(at(zone, 2026, month, day), at(zone, 2026, month, day + 1), Step.HOUR, zone)))
        )
        for month, day in ((3, 28), (3, 29), (10, 25))
    }
    assert hours == {(3, 28): 24, (3, 29): 23, (10, 25): 25}
    long_day = list(edges(at(zone, 2026, 10, 24), at(zone, 2026, 10, 27), Step.DAY, zone))
    assert [upper - lower for lower, upper in pairwise(long_day)] == [24 * 3600, 25 * 3600, 24 * 3600]


def test_hours_begin_when_the_clock_on_the_wall_says_so() -> None:
    kolkata, lord_howe = ZoneInfo("Asia/Kolkata"), ZoneInfo("Australia/Lord_Howe")
    assert told(kolkata, *edges(at(kolkata, 2026, 5, 1, 10, 10), at(kolkata, 2026, 5, 1, 12), Step.HOUR, kolkata)) == [
        "05-01 10:10",
        "05-01 11:00",
        "05-01 12:00",
    ]
    # The clock goes back by half an hour at two.
    begin = at(lord_howe, 2026, 4, 5, 1)
    assert told(lord_howe, *islice(edges(begin, begin + DAY, Step.HOUR, lord_howe), 4)) == [
        "04-05 01:00",
        "04-05 01:30",
        "04-05 02:00",
        "04-05 03:00",
    ]


def test_long_steps_are_those_of_the_calendar() -> None:
    zone = ZoneInfo("America/Los_Angeles")
    begin, end = at(zone, 2026, 11, 4, 15), at(zone, 2028, 2, 2)
    assert told(zone, *edges(begin, begin + 14 * DAY, Step.WEEK, zone)) == [
        "11-04 15:00",
        "11-09 00:00",
        "11-16 00:00",
        "11-18 15:00",
    ]
    assert told(zone, *list(edges(begin, end, Step.MONTH, zone))[:4]) == [
        "11-04 15:00",
        "12-01 00:00",
        "01-01 00:00",
        "02-01 00:00",
    ]
    assert told(zone, *edges(begin, end, Step.YEAR, zone)) == [
        "11-04 15:00",
        "01-01 00:00",
        "01-01 00:00",
        "02-02 00:00",
    ]


@pytest.mark.parametrize(
    ("span", "most", "step"),
    [
        (DAY, 300, Step.FIVE_MINUTES),
        (DAY, 100, Step.QUARTER),
        (7 * DAY, 200, Step.HOUR),
        (366 * DAY, 400, Step.DAY),
        (366 * DAY, 10, Step.YEAR),
        (100 * 366 * DAY, 1, Step.YEAR),
        (1, 1, Step.FIVE_MINUTES),
    ],
)
def test_a_chart_gets_the_shortest_steps_that_fit(span: int, most: int, step: Step) -> None:
    assert step_for(span, most) is step

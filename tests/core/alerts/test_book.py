"""The life of alerts: whatever is found in whatever order, the book stays true."""

from dataclasses import replace

from hypothesis import given, settings as hypothesis_settings, strategies as st
import pytest

from custom_components.panel_meter.core.alerts.book import (
    COOLDOWN,
    LONGEST_MESSAGE,
    MORE_CRITICAL,
    MOST_BY_HAND,
    MOST_OPEN,
    AlertBook,
    TooManyAlerts,
)
from custom_components.panel_meter.core.alerts.finding import Finding
from custom_components.panel_meter.core.alerts.model import Alert, AlertEvent, Change, Fact, Kind, Severity

NOON = 1795176000
INFO, WARNING, CRITICAL = Severity.INFO, Severity.WARNING, Severity.CRITICAL


def there(
    channel: str | None = "c1", kind: Kind = Kind.OVERLOAD, severity: Severity = WARNING, **facts: Fact
) -> Finding:
    return Finding(channel=channel, kind=kind, severity=severity, facts=facts, active=True)


def gone(channel: str | None = "c1", kind: Kind = Kind.OVERLOAD) -> Finding:
    return Finding(channel=channel, kind=kind, severity=INFO, active=False)


def found(book: AlertBook, finding: Finding, now: int, panel: str = "p1") -> AlertEvent:
    event = book.found(panel, finding, now)
    assert event is not None
    return event


def test_a_life() -> None:
    book = AlertBook((), 7)
    opened = found(book, there(load_a=21), NOON)
    assert opened == AlertEvent(
        change=Change.OPENED,
        alert=Alert(
            id=7,
            panel="p1",
            channel="c1",
            kind=Kind.OVERLOAD,
            severity=WARNING,
            facts={"load_a": 21},
            opened=NOON,
            seen=NOON,
        ),
    )
    assert book.found("p1", there(load_a=22), NOON + 1) is None
    assert book.get(7).seen == NOON + 1
    worse = found(book, there(severity=CRITICAL, variant="trip"), NOON + 2)
    assert (worse.change, worse.alert.repeats, worse.alert.severity) == (Change.REPEATED, 1, CRITICAL)
    read = book.acknowledge(7, "Ada", NOON + 3)
    assert (read.alert.acknowledged, read.alert.acknowledged_by) == (NOON + 3, "Ada")
    assert book.acknowledge(7, "Bob", NOON + 4).alert.acknowledged_by == "Ada"
    assert book.snooze(7, NOON + 100, NOON + 5).alert.snoozed_until == NOON + 100
    assert book.snooze(7, NOON, NOON + 6).alert.snoozed_until is None
    over = found(book, gone(), NOON + 7)
    assert (over.change, over.alert.resolved, over.alert.resolved_by) == (Change.RESOLVED, NOON + 7, None)
    assert book.open == ()
    for act in (book.acknowledge, book.resolve):
        with pytest.raises(KeyError):
            act(7, None, NOON)
    with pytest.raises(KeyError):
        book.snooze(8, NOON + 9, NOON)
    with pytest.raises(KeyError):
        book.get(8)


def test_what_comes_back_soon_goes_on_and_what_comes_back_late_is_new() -> None:
    book = AlertBook((), 1)
    found(book, there(), NOON)
    found(book, gone(), NOON + 60)
    again = found(book, there(load_a=23), NOON + 60 + COOLDOWN)
    assert (again.change, again.alert.id, again.alert.repeats, again.alert.resolved) == (Change.REPEATED, 1, 1, None)
    assert again.alert.opened == NOON
    assert again.alert.facts == {"load_a": 23}
    found(book, gone(), NOON + 4000)
    assert found(book, there(), NOON + 4001 + COOLDOWN).alert.id == 2


def test_what_a_person_resolved_stays_resolved() -> None:
    book = AlertBook((), 1)
    found(book, there(), NOON)
    book.resolve(1, "Ada", NOON + 1)
    assert book.found("p1", gone(), NOON + 2) is None
    assert found(book, there(), NOON + 3).alert.id == 2
    assert book.get(1).resolved_by == "Ada"


def test_a_flapping_condition_is_one_alert() -> None:
    book = AlertBook((), 1)
    for minute in range(0, 1440, 5):
        found(book, there(), NOON + 60 * minute)
        found(book, gone(), NOON + 60 * minute + 90)
        book.settle("p1", NOON + 60 * minute + 120)
    alert = book.get(1)
    assert alert.repeats == 287
    with pytest.raises(KeyError):
        book.get(2)


def test_who_read_of_a_lesser_matter_is_told_of_a_worse_one() -> None:
    book = AlertBook((), 1)
    found(book, there(), NOON)
    book.acknowledge(1, "Ada", NOON)
    book.snooze(1, NOON + 9999, NOON)
    alert = found(book, there(severity=CRITICAL), NOON + 1).alert
    assert (alert.acknowledged, alert.acknowledged_by, alert.snoozed_until) == (None, None, None)
    # What becomes less is no news.
    assert book.found("p1", there(severity=INFO), NOON + 2) is None
    assert book.get(1).severity is CRITICAL


@pytest.mark.parametrize(("severity", "is_read"), [(WARNING, True), (CRITICAL, False)])
def test_what_is_critical_and_comes_back_is_to_be_read_again(severity: Severity, is_read: bool) -> None:
    book = AlertBook((), 1)
    alert = found(book, there(severity=severity), NOON).alert
    book.acknowledge(alert.id, "Ada", NOON + 1)
    found(book, gone(), NOON + 60)
    again = found(book, there(severity=severity), NOON + 120)
    assert (again.change, again.alert.id) == (Change.REPEATED, alert.id)
    assert (again.alert.acknowledged is not None, again.alert.acknowledged_by == "Ada") == (is_read, is_read)


def test_one_thing_is_told_once() -> None:
    book = AlertBook((), 1)
    found(book, there(None, Kind.NEUTRAL_LOST, CRITICAL), NOON)
    assert book.found("p1", there(None, Kind.OVERVOLTAGE), NOON) is None
    found(book, there("c1"), NOON)
    assert book.found("p1", there("c1", Kind.CONTINUOUS_LOAD), NOON) is None
    assert found(book, there("c2", Kind.CONTINUOUS_LOAD), NOON).change is Change.OPENED
    assert found(book, there(None, Kind.OVERVOLTAGE), NOON, "p2").change is Change.OPENED
    assert book.settle("p1", NOON) == ()
    found(book, gone("c1"), NOON + 60)
    # It is still there, and now nothing else says it.
    [event] = book.settle("p1", NOON + 60)
    assert (event.change, event.alert.kind) == (Change.OPENED, Kind.CONTINUOUS_LOAD)
    found(book, gone(None, Kind.NEUTRAL_LOST), NOON + 61)
    assert book.found("p1", gone(None, Kind.OVERVOLTAGE), NOON + 61) is None
    assert book.settle("p1", NOON + 120) == ()


def test_a_panel_that_is_offline_says_nothing_else_of_its_channels() -> None:
    book = AlertBook((), 1)
    found(book, there(None, Kind.OFFLINE), NOON)
    assert book.found("p1", there(), NOON) is None
    assert found(book, there(None, Kind.ENERGY_BUDGET), NOON).change is Change.OPENED
    found(book, gone(None, Kind.OFFLINE), NOON + 60)
    assert [event.alert.kind for event in book.settle("p1", NOON + 60)] == [Kind.OVERLOAD]


def test_a_storm_is_counted_and_opened_when_there_is_room() -> None:
    book = AlertBook((), 1)
    events = [book.found("p1", there(f"c{number}"), NOON) for number in range(MOST_OPEN + 5)]
    told = [event for event in events if event is not None]
    assert len(told) == MOST_OPEN + 1
    summary = told[-1].alert
    assert (summary.kind, summary.facts) == (Kind.CUSTOM, {"variant": "withheld", "withheld": 1, "open": MOST_OPEN})
    assert book.get(summary.id).facts["withheld"] == 5
    # Another panel has room of its own, and critical ones have some more.
    assert found(book, there(), NOON, "p2").change is Change.OPENED
    for number in range(MORE_CRITICAL + 1):
        book.found("p1", there(f"k{number}", severity=CRITICAL), NOON)
    assert len([alert for alert in book.open if alert.panel == "p1"]) == MOST_OPEN + MORE_CRITICAL + 1
    assert book.get(summary.id).facts["withheld"] == 6
    for number in range(MORE_CRITICAL):
        found(book, gone(f"k{number}"), NOON + 1)
    for number in range(4):
        found(book, gone(f"c{number}"), NOON + 1)
    opened = book.settle("p1", NOON + 60)
    assert [event.change for event in opened] == [Change.OPENED] * len(opened)
    for number in range(4, MOST_OPEN):
        found(book, gone(f"c{number}"), NOON + 61)
    assert book.settle("p1", NOON + 120)[-1].alert.id == summary.id
    assert {alert.channel for alert in book.open if alert.panel == "p1"} == {"c20", "c21", "c22", "c23", "c24", "k10"}


def test_alerts_that_nobody_watches_any_more_are_resolved() -> None:
    book = AlertBook((), 1)
    found(book, there("c1"), NOON)
    found(book, there("c2"), NOON)
    found(book, there("c1"), NOON, "p2")
    book.create("p1", "c1", INFO, "a note", NOON)
    events = book.keep("p1", lambda channel, kind: channel == "c2", NOON + 1)
    assert [(event.change, event.alert.id) for event in events] == [(Change.RESOLVED, 1)]
    assert {alert.id for alert in book.open} == {2, 3, 4}


def test_alerts_are_created_by_hand() -> None:
    book = AlertBook((), 1)
    event = book.create("p1", None, CRITICAL, "The cellar is wet {panel}", NOON)
    assert (event.change, event.alert.kind, event.alert.facts) == (
        Change.OPENED,
        Kind.CUSTOM,
        {"message": "The cellar is wet {panel}"},
    )
    assert book.create("p1", None, INFO, "Another", NOON).alert.id == 2
    again = book.create("p1", None, CRITICAL, "The cellar is wet {panel}", NOON + 1)
    assert (again.change, again.alert.id, again.alert.repeats) == (Change.REPEATED, 1, 1)
    assert found(book, there(), NOON).alert.id == 3
    for number in range(MOST_BY_HAND - 2):
        book.create("p1", None, INFO, str(number), NOON)
    with pytest.raises(TooManyAlerts):
        book.create("p1", None, INFO, "one too many", NOON)
    assert book.create("p2", None, INFO, "one too many", NOON).change is Change.OPENED


def test_texts_are_cut_and_can_be_stored() -> None:
    book = AlertBook((), 1)
    alert = book.create("p1", None, INFO, "a\0b\ud800" + "x" * 5000, NOON).alert
    message = str(alert.facts["message"])
    assert message.startswith("ab?x")
    assert len(message) <= LONGEST_MESSAGE
    message.encode()
    assert book.acknowledge(1, "\ud800", NOON).alert.acknowledged_by == "?"


def test_the_newest_is_first() -> None:
    book = AlertBook((), 1)
    for number, at in enumerate((NOON, NOON + 5, NOON + 5)):
        found(book, there(f"c{number}"), at)
    assert [alert.id for alert in book.open] == [3, 2, 1]


# --- Any order -----------------------------------------------------------------------------------------------------

KINDS = (Kind.OVERLOAD, Kind.CONTINUOUS_LOAD, Kind.POWER_SPIKE, Kind.OFFLINE)
STEPS = st.lists(
    st.tuples(
        st.integers(0, 3000),
        st.sampled_from(["p1", "p2"]),
        st.sampled_from([None, "c1", "c2"]),
        st.sampled_from(KINDS),
        st.sampled_from(Severity),
        st.sampled_from(["there", "gone", "settle", "resolve", "acknowledge", "create"]),
    ),
    max_size=60,
)


def play(book: AlertBook, steps: list[tuple[int, str, str | None, Kind, Severity, str]]) -> list[AlertEvent]:
    """What comes of the steps; the first of each is the instant since noon."""
    events: list[AlertEvent | None] = []
    for now, panel, channel, kind, severity, act in steps:
        match act:
            case "there":
                events.append(book.found(panel, there(channel, kind, severity), NOON + now))
            case "gone":
                events.append(book.found(panel, gone(channel, kind), NOON + now))
            case "settle":
                events += book.settle(panel, NOON + now)
            case "create":
                events.append(book.create(panel, channel, severity, "x", NOON + now))
            case _ if book.open:
                method = book.resolve if act == "resolve" else book.acknowledge
                events.append(method(book.open[0].id, "Ada", NOON + now))
    return [event for event in events if event is not None]


def rising(
    steps: list[tuple[int, str, str | None, Kind, Severity, str]], every: int = 1
) -> list[tuple[int, str, str | None, Kind, Severity, str]]:
    """The same with steps of time instead of instants."""
    at, found_steps = 0, []
    for step, *others in steps:
        at += step * every
        found_steps.append((at, *others))
    return found_steps  # type: ignore[return-value]


@hypothesis_settings(max_examples=300, deadline=None)
@given(STEPS)
def test_in_any_order_at_most_one_is_open_and_ids_rise(
    steps: list[tuple[int, str, str | None, Kind, Severity, str]],
) -> None:
    book = AlertBook((), 1)
    known: dict[int, Alert] = {}
    for step in rising(steps):
        for event in play(book, [step]):
            alert, before = event.alert, known.get(event.alert.id)
            if before is None:
                assert event.change is Change.OPENED
                assert alert.id > max(known, default=0)
            else:
                assert event.change is not Change.OPENED
            if before is not None and before.resolved is not None:
                # Only a condition that came back soon goes on with what resolved by itself.
                assert event.change is Change.REPEATED
                assert before.resolved_by is None
                assert alert.seen - before.resolved <= COOLDOWN
            known[alert.id] = alert
        keys = [(alert.panel, alert.channel, alert.kind) for alert in book.open if alert.kind is not Kind.CUSTOM]
        assert len(keys) == len(set(keys))
        assert {alert.id for alert in book.open} == {alert.id for alert in known.values() if alert.is_open}


@hypothesis_settings(max_examples=300, deadline=None)
@given(STEPS, STEPS)
def test_a_book_that_is_restored_goes_on_identically(
    before: list[tuple[int, str, str | None, Kind, Severity, str]],
    after: list[tuple[int, str, str | None, Kind, Severity, str]],
) -> None:
    before = rising(before)
    book = AlertBook((), 1)
    stored = {event.alert.id: event.alert for event in play(book, before)}
    now = before[-1][0] if before else 0
    last = [alert for alert in stored.values() if alert.resolved is None or NOON + now - alert.resolved <= COOLDOWN]
    restored = AlertBook(last, max(stored, default=0) + 1)
    # A watch that begins anew tells again what is there; what had no alert before gets one in neither book.
    conditions = {
        (panel, channel, kind): severity for _, panel, channel, kind, severity, act in before if act == "there"
    }
    for _, panel, channel, kind, _, act in before:
        if act == "gone":
            conditions.pop((panel, channel, kind), None)
    again = [(now, *key, severity, "there") for key, severity in conditions.items()]
    later = [(now + at, *others) for at, *others in rising(after)]
    assert play(book, [*again, *later]) == play(restored, [*again, *later])  # type: ignore[list-item]
    assert [replace(alert, seen=0) for alert in book.open] == [replace(alert, seen=0) for alert in restored.open]

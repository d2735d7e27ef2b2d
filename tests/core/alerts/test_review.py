"""What a second pair of eyes found."""

from dataclasses import replace

import pytest

from custom_components.panel_meter.core.alerts.book import AlertBook
from custom_components.panel_meter.core.alerts.finding import Finding
from custom_components.panel_meter.core.alerts.model import Alert, Change, Kind, Severity
from custom_components.panel_meter.core.alerts.settings import AlertSettings
from custom_components.panel_meter.core.model import Measurements

from .play import NOON, Play, a_panel


@pytest.mark.parametrize("volts", [(120.0,), (120.0, 121.0), (110.0,)])
def test_a_grid_that_the_codec_did_not_guess_is_no_fault(volts: tuple[float, ...]) -> None:
    # The panel does not say what it is made for: 230 V are assumed until it is known better.
    play = Play(panel=a_panel(volts=230.0))
    play.volts(3600, *volts)
    assert [each for _, each in play.findings if each.active] == []


@pytest.mark.parametrize(("volts", "kind"), [(204.0, Kind.UNDERVOLTAGE), (256.0, Kind.OVERVOLTAGE)])
def test_a_restart_does_not_resolve_what_its_window_has_not_judged_yet(volts: float, kind: Kind) -> None:
    before = Play()
    before.volts(1500, volts)
    (opened,) = [event.alert for event in before.events if event.alert.kind is kind]
    # The same voltage goes on after Home Assistant was started again.
    after = Play(now=before.now)
    after.book = AlertBook([opened], 2)
    after.volts(1500, volts)
    assert [event.change for event in after.events if event.alert.kind is kind] == []


def a_finding(*, active: bool = True) -> Finding:
    return Finding(channel="c1", kind=Kind.OVERLOAD, severity=Severity.CRITICAL, active=active)


def test_who_reads_again_is_no_news() -> None:
    book = AlertBook((), 1)
    event = book.found("p1", a_finding(), NOON)
    assert event is not None
    first = book.acknowledge(event.alert.id, "Anna", NOON + 1)
    again = book.acknowledge(event.alert.id, "Bert", NOON + 2)
    assert again.alert == first.alert


def test_a_new_watch_bears_everything_an_old_one_learnt_from_another_panel() -> None:
    # A board was exchanged: other channels, other order.
    play = Play()
    play.powers(3600)
    other = a_panel(*reversed(play.panel.channels[1:]))
    play.panel, play.watch = other, type(play.watch)(other, AlertSettings(), play.watch)
    play.powers(3600)
    assert not [each for _, each in play.findings if each.active]


def test_an_alert_of_the_ledger_from_the_future_is_borne() -> None:
    # The clock was wrong once.
    event = AlertBook((), 1).found("p1", a_finding(), NOON)
    assert event is not None
    alert: Alert = replace(event.alert, opened=NOON + 10**6, seen=NOON + 10**6)
    book = AlertBook([alert], 1)
    resolved = book.found("p1", a_finding(active=False), NOON)
    assert resolved is not None
    assert resolved.change is Change.RESOLVED
    again = book.found("p1", a_finding(), NOON + 10)
    assert again is not None
    assert again.alert.id == alert.id + 1 or again.change is Change.REPEATED


def test_rows_of_the_wrong_length_are_borne() -> None:
    play = Play()
    for row in ((), (1.0,), (None,) * 9, (float("nan"),) * 4, (1e300,) * 4):
        play.run(600, lambda _, row=row: Measurements(power=row, current=row, power_factor=row, voltage=row))
    assert not [each for _, each in play.findings if each.active]

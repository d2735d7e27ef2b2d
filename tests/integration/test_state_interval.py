"""How often the states of a panel are written, as the clock of the event loop sees it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from custom_components.panel_meter import panel as panel_module
from custom_components.panel_meter.core.model import Measurements
from custom_components.panel_meter.core.settings import PanelSettings
from custom_components.panel_meter.panel import PanelRuntime
from tests.core.protocol import PANEL


@dataclass
class Timer:
    when: float
    call: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


@dataclass
class Clock:
    """Stands in for the event loop of a panel."""

    now: float = 1000.0
    timers: list[Timer] = field(default_factory=list)

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, call: Callable[[], None]) -> Timer:
        self.timers.append(Timer(when, call))
        return self.timers[-1]

    def go_to(self, now: float) -> None:
        for timer in sorted(self.timers, key=lambda timer: timer.when):
            if timer.when <= now and not timer.cancelled:
                self.now = timer.when
                timer.call()
        self.now = now
        self.timers = [timer for timer in self.timers if timer.when > now and not timer.cancelled]


@pytest.fixture(autouse=True)
def prepared_home() -> None:
    """No Home Assistant is needed."""


@pytest.fixture(autouse=True)
def subscribed_at_once() -> None:
    """No MQTT either."""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(panel_module, "asyncio", SimpleNamespace(get_running_loop=lambda: clock))
    return clock


def writes(clock: Clock, state_interval: float, times: list[float], until: float) -> list[float]:
    """When a panel that states a message every five seconds writes, if messages come at these times."""
    panel = PanelRuntime(PANEL.id, "sub", PanelSettings(state_interval=state_interval))
    panel.describe(PANEL)
    written: list[float] = []
    panel.listen("main", lambda: written.append(round(clock.now - 1000, 3)))
    for number, time in enumerate(times):
        clock.go_to(1000 + time)
        panel.measured(Measurements(power=(500.0 + number, 10.0)), clock.now)
    clock.go_to(1000 + until)
    return written


def test_the_message_after_the_interval_is_written_and_no_timer_beside_it(clock: Clock) -> None:
    assert writes(clock, 10, [0, 5, 10.01, 15, 20.02, 25], until=27) == [0, 10.01, 20.02]


def test_a_message_just_too_early_leaves_the_write_to_the_next_one(clock: Clock) -> None:
    assert writes(clock, 10, [0, 5, 9.99, 14.9], until=14.95) == [0, 14.9]


def test_the_last_value_is_written_although_no_message_follows(clock: Clock) -> None:
    assert writes(clock, 10, [0, 5, 9.99], until=60) == [0, 15]


def test_a_panel_that_speaks_no_more_often_than_it_may_write_is_written_at_every_message(clock: Clock) -> None:
    assert writes(clock, 5, [0, 4.99, 10, 14.98], until=16) == [0, 4.99, 10, 14.98]


def test_a_panel_that_speaks_faster_than_it_says_is_still_written_calmly(clock: Clock) -> None:
    times = [number / 10 for number in range(100)]
    assert len(writes(clock, 5, times, until=10)) <= 5

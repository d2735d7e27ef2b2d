"""What looking for alerts costs: every rule, for every message of a street of panels."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
import time
from typing import Final

from custom_components.panel_meter.core.alerts.book import AlertBook
from custom_components.panel_meter.core.alerts.model import AlertEvent
from custom_components.panel_meter.core.alerts.settings import CHANNEL_THRESHOLDS, AlertSettings
from custom_components.panel_meter.core.alerts.watch import PanelWatch
from custom_components.panel_meter.core.model import Channel, Measurements, Panel, Phase, Role

from .source import EVENING, Second, Source

PANELS: Final = 100
SECONDS: Final = 300
#: Seconds before that, which are not counted: at its start a watch does not know yet that all is well.
WARM: Final = 700

#: The measurements of a second as they are sent.
type Shape = Callable[[Second], Measurements]


@dataclass(frozen=True, slots=True)
class AlertsResult:
    """Figures of one way."""

    name: str
    messages: int
    #: Seconds for each message: of all panels, and of the panel that took longest.
    mean: float
    slowest: float
    #: Alerts that were opened, warming up included.
    alerts: int


def measure() -> list[AlertsResult]:
    """An evening of the simulated family: as by default, with every rule that there is, and with every one waiting."""
    every = AlertSettings.from_data(
        {
            "on": ["low_power_factor"],
            "power_limit": 20_000,
            "demand_limit": 20,
            "channels": {
                channel.id: {"power_limit": 10_000, "left_on_time": CHANNEL_THRESHOLDS["left_on_time"].maximum}
                for channel in Source(0).channels
            },
        }
    )
    return [
        _measure("default rules", AlertSettings(), _as_sent),
        _measure("every rule", every, _as_sent),
        _measure("every rule, all of them waiting", every, _troubled),
    ]


def _measure(name: str, settings: AlertSettings, shape: Shape) -> AlertsResult:
    rows = list(Source(0).seconds(EVENING, WARM + SECONDS))
    messages = [shape(row) for row in rows]
    book, alerts, times = AlertBook((), 1), 0, []
    for number in range(PANELS):
        panel = _panel(number)
        watch = PanelWatch(panel, settings)
        alerts += sum(event.change == "opened" for event in _play(watch, book, messages[:WARM], EVENING))
        begin = time.perf_counter()
        alerts += sum(event.change == "opened" for event in _play(watch, book, messages[WARM:], EVENING + WARM))
        times.append((time.perf_counter() - begin) / SECONDS)
    return AlertsResult(name, PANELS * SECONDS, sum(times) / PANELS, max(times), alerts)


def _play(watch: PanelWatch, book: AlertBook, messages: Sequence[Measurements], start: int) -> Iterator[AlertEvent]:
    for second, measurements in enumerate(messages):
        now = start + second
        for finding in watch.see(measurements, now):
            if (event := book.found(watch.panel.id, finding, now)) is not None:
                yield event


def _panel(number: int) -> Panel:
    channels = tuple(
        Channel(
            id=channel.id,
            name=channel.name,
            role=Role(channel.role),
            phase=Phase(channel.phase) if channel.phase else None,
            rating=channel.rating,
        )
        for channel in Source(0).channels
    )
    return Panel(id=f"bench-{number}", name="Bench", codec="native", channels=channels, registers=())


def _as_sent(row: Second) -> Measurements:
    return Measurements(
        power=row.power,
        current=row.current,
        power_factor=row.power_factor,
        voltage=row.voltage,
        frequency=50.01,
        temperature=31.5,
    )


def _troubled(row: Second) -> Measurements:
    """Every load near its limit, every voltage outside of the quiet middle: no rule may look away."""
    return Measurements(
        power=tuple(watts + 3000 for watts in row.power),
        current=row.current,
        power_factor=tuple(0.72 for _ in row.power),
        voltage=(218.0, 244.0, 230.0),
        frequency=50.45,
        temperature=78.0,
    )

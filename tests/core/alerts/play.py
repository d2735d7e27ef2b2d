"""Plays messages to a watch, as a panel would send them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from custom_components.panel_meter.core.alerts.book import AlertBook
from custom_components.panel_meter.core.alerts.finding import Finding
from custom_components.panel_meter.core.alerts.model import AlertEvent
from custom_components.panel_meter.core.alerts.settings import AlertSettings
from custom_components.panel_meter.core.alerts.watch import PanelWatch
from custom_components.panel_meter.core.model import Channel, Measurements, Panel, Phase, Role

#: A full quarter of an hour: 2026-11-20 12:00 UTC.
NOON = 1795176000

MAINS = Channel(id="main", name="Mains", role=Role.MAIN, phase=Phase.L1, rating=63)
OVEN = Channel(id="c1", name="Oven", phase=Phase.L1, rating=20)
PUMP = Channel(id="c2", name="Heat pump", phase=Phase.L1, rating=16)
SOLAR = Channel(id="pv", name="Roof", role=Role.SOLAR, phase=Phase.L1, rating=16)
CHANNELS = (MAINS, OVEN, PUMP, SOLAR)


def a_panel(*channels: Channel, volts: float = 230.0) -> Panel:
    return Panel(
        id="p1",
        name="Home",
        codec="native",
        channels=channels or CHANNELS,
        registers=(),
        nominal_voltage=volts,
    )


def settings(**data: object) -> AlertSettings:
    return AlertSettings.from_data(data)


@dataclass
class Play:
    """A panel, its watch, its book, and what came of it."""

    panel: Panel = field(default_factory=a_panel)
    rules: AlertSettings = field(default_factory=AlertSettings)
    now: float = NOON
    every: float = 10.0
    findings: list[tuple[float, Finding]] = field(default_factory=list)
    events: list[AlertEvent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.watch = PanelWatch(self.panel, self.rules)
        self.book = AlertBook((), 1)

    def send(self, measurements: Measurements) -> None:
        self.take(self.watch.see(measurements, self.now))

    def take(self, findings: Sequence[Finding]) -> None:
        for finding in findings:
            self.findings.append((self.now - NOON, finding))
            if (event := self.book.found(self.panel.id, finding, int(self.now))) is not None:
                self.events.append(event)

    def run(self, seconds: float, make: Callable[[float], Measurements]) -> None:
        """Send a message every ``every`` seconds; ``make`` is told the seconds since noon."""
        end = self.now + seconds
        while self.now < end:
            self.send(make(self.now - NOON))
            self.now += self.every

    def powers(self, seconds: float, powers: Mapping[str, float | None] | None = None) -> None:
        """So many seconds of constant powers by channel; the others draw 100 W."""
        row = tuple((powers or {}).get(each.id, 100.0) for each in self.panel.channels)
        self.run(seconds, lambda _: Measurements(power=row))

    def volts(self, seconds: float, *volts: float | None) -> None:
        self.run(seconds, lambda _: Measurements(voltage=volts))

    def told(self, kind: str) -> list[tuple[float, str | None, str, bool]]:
        """Seconds since noon, channel, severity and whether it is there, of one kind, without the first all-clear."""
        found = [(at, each) for at, each in self.findings if each.kind == kind]
        first = next((place for place, (_, each) in enumerate(found) if each.active), len(found))
        return [(at, each.channel, each.severity.value, each.active) for at, each in found[first:]]

    def times(self, kind: str) -> list[float]:
        """The instants at which it began and was over."""
        return [at for at, *_ in self.told(kind)]

"""The rules of what comes into the panel: voltage, frequency, phases, neutral, temperature.

The bands are those of EN 50160: the means of ten minutes within 10 % of the nominal voltage, never beyond 15 % below
or, by far, above it; the frequency within 1 %.
"""

from collections.abc import Callable, Sequence
from typing import Final

from ..model import Panel
from .finding import Finding
from .latch import Latch, begun, over
from .model import Fact, Kind, Severity
from .settings import AlertSettings

#: Voltages and frequencies that grids have; a panel that is far from what it says of itself has one of these.
NOMINAL_VOLTAGES: Final = (100.0, 110.0, 120.0, 127.0, 208.0, 220.0, 230.0, 240.0, 277.0, 400.0, 480.0)
FAR_FROM_NOMINAL: Final = 0.25
CLOSE_TO_NOMINAL: Final = 0.1
#: For that many seconds it must have been far from it.
SETTLING: Final = 60.0
WINDOW: Final = 600
#: Of a window that many seconds must have been heard.
LEAST_HEARD: Final = 300.0
#: Beyond this share the voltage is told at once.
FAR: Final = 0.15
FAR_OVER: Final = 0.12
TOO_HIGH_TIME: Final = 3.0
TOO_LOW_TIME: Final = 10.0
#: A mean that comes back by this share inside the band is over.
BAND_OVER: Final = 0.005
#: Below this share of the nominal voltage a phase is dead, if another is alive; a single one has no sensor below 5 %.
DEAD: Final = 0.5
ALIVE: Final = 0.8
NO_SENSOR: Final = 0.05
#: Phases that are this far above and below at the same time have no common neutral.
APART: Final = 0.08
APART_OVER: Final = 0.05
PHASE_TIME: Final = 5.0
#: Largest deviation from the mean of the phases (as NEMA MG 1 counts it); motors suffer from there on.
UNEVEN: Final = 0.03
UNEVEN_OVER: Final = 0.025
FREQUENCY_SHARE: Final = 0.01
FREQUENCY_OVER: Final = 0.008
COOLER: Final = 5.0
MUCH_HOTTER: Final = 10.0


class VoltageWatch:
    """Voltages of all phases of a panel."""

    def __init__(self, panel: Panel, settings: AlertSettings) -> None:
        """Make the rules that are switched on."""
        self._nominal = panel.nominal_voltage if panel.nominal_voltage > 0 else 230.0
        self._settled = False
        self._strange_since: float | None = None
        self._band = (settings.threshold("voltage_band") or 10.0) / 100
        every = (
            Kind.OVERVOLTAGE,
            Kind.UNDERVOLTAGE,
            Kind.PHASE_LOST,
            Kind.NEUTRAL_LOST,
            Kind.PHASE_IMBALANCE,
        )
        self.kinds = {kind for kind in every if settings.is_on(kind)}
        self._far = {Kind.OVERVOLTAGE: Latch(TOO_HIGH_TIME, 60), Kind.UNDERVOLTAGE: Latch(TOO_LOW_TIME, 60)}
        self._mean = {Kind.OVERVOLTAGE: Latch(0, 0), Kind.UNDERVOLTAGE: Latch(0, 0)}
        self._told: dict[Kind, Severity | None] = {}
        self._lost, self._apart, self._uneven = Latch(PHASE_TIME, 60), Latch(PHASE_TIME, 60), Latch(0, 0)
        self._sums: list[float] = []
        self._times: list[float] = []
        self._window: int | None = None
        self._disturbed = False
        self._calm = False

    @property
    def _faulty(self) -> bool:
        return bool(self._lost.on or self._apart.on)

    @property
    def may_be_uneven(self) -> bool:
        """Whether the phases differ too much, as far as is known."""
        return self._uneven.on is True or (self._uneven.on is None and len(self._sums) > 1)

    def see(self, voltages: Sequence[float | None], step: float, now: float, out: list[Finding]) -> None:
        """Take the voltages (V) by phase, ``step`` seconds after the ones before."""
        window = int(now // WINDOW)
        if window != self._window:
            self._end_window(now, out)
            self._window = window
        if len(voltages) != len(self._sums):
            self._sums, self._times = [0.0] * len(voltages), [0.0] * len(voltages)
        lowest, highest = 1e9, -1.0
        sums, times = self._sums, self._times
        for phase, voltage in enumerate(voltages):
            if voltage is None or not 0 <= voltage < 1e6:
                continue
            sums[phase] += voltage * step
            times[phase] += step
            lowest = min(lowest, voltage)
            highest = max(highest, voltage)
        if highest < 0 or not (self._settled or self._settle(voltages, now)):
            return
        nominal = self._nominal
        if self._calm and lowest > nominal * (1 - APART_OVER) and highest < nominal * (1 + APART_OVER):
            return
        self._look(lowest / nominal, highest / nominal, voltages, now, out)

    def _look(self, low: float, high: float, voltages: Sequence[float | None], now: float, out: list[Finding]) -> None:
        """Look closer: the lowest and highest voltage are these shares of the nominal one."""
        several = len(voltages) > 1
        apart = several and low < 1 - APART and high > 1 + APART
        if several:
            self._look_at_phases(low, high, voltages, now, out)
        if apart or self._faulty:
            self._disturbed = True
        else:
            self._look_far(low, high, several, voltages, now, out)
        latches = (self._lost, self._apart, *self._far.values()) if several else tuple(self._far.values())
        self._calm = not any(latch.busy for latch in latches)

    def _look_at_phases(
        self, low: float, high: float, voltages: Sequence[float | None], now: float, out: list[Finding]
    ) -> None:
        apart = low < 1 - APART and high > 1 + APART
        if self._apart.step(apart, low > 1 - APART_OVER or high < 1 + APART_OVER, now):
            facts: dict[str, Fact] = {"low_v": round(low * self._nominal, 1), "high_v": round(high * self._nominal, 1)}
            self._tell(Kind.NEUTRAL_LOST, facts if self._apart.on else None, Severity.CRITICAL, out)
        if self._lost.step(low < DEAD and high > ALIVE and not apart, low > DEAD + 0.1, now):
            facts = {"phase": _phase(voltages, min), "voltage_v": round(low * self._nominal, 1)}
            self._tell(Kind.PHASE_LOST, facts if self._lost.on else None, Severity.CRITICAL, out)

    def _look_far(
        self, low: float, high: float, several: bool, voltages: Sequence[float | None], now: float, out: list[Finding]
    ) -> None:
        # A dead phase is another matter, and a voltage near 0 of the only one is no sensor.
        dead = low < (DEAD if several else NO_SENSOR)
        if self._far[Kind.OVERVOLTAGE].step(high > 1 + FAR, high < 1 + FAR_OVER, now):
            self._judge(Kind.OVERVOLTAGE, high * self._nominal, _phase(voltages, max), out)
        if self._far[Kind.UNDERVOLTAGE].step(low < 1 - FAR and not dead, low > 1 - FAR_OVER, now):
            self._judge(Kind.UNDERVOLTAGE, low * self._nominal, _phase(voltages, min), out)

    def _end_window(self, now: float, out: list[Finding]) -> None:
        means = [
            total / seconds if seconds >= LEAST_HEARD else None
            for total, seconds in zip(self._sums, self._times, strict=True)
        ]
        self._sums, self._times = [0.0] * len(means), [0.0] * len(means)
        disturbed, self._disturbed = self._disturbed, self._faulty
        known = [mean for mean in means if mean is not None]
        if not known or disturbed:
            return
        if not self._settled:
            return
        low, high, nominal = min(known), max(known), self._nominal
        if self._mean[Kind.OVERVOLTAGE].step(
            high > nominal * (1 + self._band), high < nominal * (1 + self._band - BAND_OVER), now
        ):
            self._judge(Kind.OVERVOLTAGE, high, _phase(means, max), out)
        if low > nominal * NO_SENSOR and self._mean[Kind.UNDERVOLTAGE].step(
            low < nominal * (1 - self._band), low > nominal * (1 - self._band + BAND_OVER), now
        ):
            self._judge(Kind.UNDERVOLTAGE, low, _phase(means, min), out)
        if len(known) > 1 and low > nominal * DEAD:
            self._compare(known, now, out)

    def _settle(self, voltages: Sequence[float | None], now: float) -> bool:
        """Find out what the grid is made for: some panels do not say it, and their codec only guesses.

        Nothing is judged before that is known.
        """
        known = sorted(each for each in voltages if each is not None and 0 <= each < 1e6)
        middle = known[len(known) // 2]
        if middle < self._nominal * NO_SENSOR:
            # A board that has just started may send zeros first.
            self._strange_since = None
        elif abs(middle / self._nominal - 1) <= FAR_FROM_NOMINAL:
            self._settled = True
        elif self._strange_since is None or now < self._strange_since:
            self._strange_since = now
        elif now - self._strange_since >= SETTLING:
            nearest = min(NOMINAL_VOLTAGES, key=lambda nominal: abs(nominal - middle))
            if abs(middle / nearest - 1) <= CLOSE_TO_NOMINAL:
                self._nominal = nearest
            self._settled = True
        if self._settled:
            # What came before is in no mean.
            self._sums, self._times = [0.0] * len(self._sums), [0.0] * len(self._times)
        return self._settled

    def _compare(self, means: Sequence[float], now: float, out: list[Finding]) -> None:
        middle = sum(means) / len(means)
        worst = max(abs(mean - middle) for mean in means) / middle
        if self._uneven.step(worst > UNEVEN, worst < UNEVEN_OVER, now):
            facts: dict[str, Fact] = {
                "uneven_pct": round(worst * 100, 1),
                "low_v": round(min(means), 1),
                "high_v": round(max(means), 1),
            }
            self._tell(Kind.PHASE_IMBALANCE, facts if self._uneven.on else None, Severity.WARNING, out)

    def _judge(self, kind: Kind, voltage: float, phase: str, out: list[Finding]) -> None:
        """Tell of a kind what its two rules come to, if that is news."""
        far, mean = self._far[kind].on, self._mean[kind].on
        severity = Severity.CRITICAL if far else Severity.WARNING if mean else None
        if severity is None and (far is None or mean is None):
            # All is well when both rules say so: after a restart the mean of ten minutes is not known yet.
            return
        if kind in self._told and self._told[kind] is severity:
            return
        self._told[kind] = severity
        facts: dict[str, Fact] = {"voltage_v": round(voltage, 1), "nominal_v": round(self._nominal), "phase": phase}
        if far:
            facts["variant"] = "far"
        self._tell(kind, None if severity is None else facts, severity or Severity.INFO, out)

    def _tell(self, kind: Kind, facts: dict[str, Fact] | None, severity: Severity, out: list[Finding]) -> None:
        if kind in self.kinds:
            out.append(over(None, kind) if facts is None else begun(None, kind, severity, **facts))

    def rest(self) -> None:
        """Nobody said anything for some time: wait anew."""
        for latch in (self._lost, self._apart, *self._far.values()):
            latch.rest()
        self._sums, self._times = [0.0] * len(self._sums), [0.0] * len(self._times)
        self._calm = False


class FrequencyWatch:
    """The frequency of the grid, 50 or 60 Hz, whichever is nearer."""

    def __init__(self) -> None:
        """Begin without knowing which."""
        self._nominal = 0.0
        self._latch = Latch(60, 60)

    def see(self, frequency: float, now: float) -> Finding | None:
        """Take a frequency in Hz."""
        if not 30 < frequency < 80:
            return None
        if not self._nominal:
            self._nominal = 50.0 if frequency < 55 else 60.0
        share = abs(frequency / self._nominal - 1)
        if not self._latch.step(share > FREQUENCY_SHARE, share < FREQUENCY_OVER, now):
            return None
        if not self._latch.on:
            return over(None, Kind.FREQUENCY)
        facts: dict[str, Fact] = {"frequency_hz": round(frequency, 2), "nominal_hz": round(self._nominal)}
        return begun(None, Kind.FREQUENCY, Severity.WARNING, **facts)

    def rest(self) -> None:
        """Wait anew."""
        self._latch.rest()


class TemperatureWatch:
    """How hot it is where the board is."""

    def __init__(self, limit: float) -> None:
        """``limit`` in degrees Celsius."""
        self._limit = limit
        self._latch, self._much = Latch(60, 300), Latch(60, 300)

    def see(self, temperature: float, now: float) -> Finding | None:
        """Take a temperature in degrees Celsius."""
        if not -100 < temperature < 300:
            return None
        limit = self._limit
        changed = self._latch.step(temperature > limit, temperature < limit - COOLER, now)
        worse = self._much.step(temperature > limit + MUCH_HOTTER, temperature < limit, now) and self._much.on
        if not changed and not (worse and self._latch.on):
            return None
        if not self._latch.on:
            return over(None, Kind.HIGH_TEMPERATURE)
        severity = Severity.CRITICAL if self._much.on else Severity.WARNING
        facts: dict[str, Fact] = {"temperature_c": round(temperature, 1), "limit_c": round(limit, 1)}
        return begun(None, Kind.HIGH_TEMPERATURE, severity, **facts)

    def rest(self) -> None:
        """Wait anew."""
        self._latch.rest()
        self._much.rest()


class OfflineWatch:
    """Whether the panel speaks."""

    #: A panel of which nothing is known since the start is given this many times as long.
    UNKNOWN: Final = 3

    def __init__(self, seconds: float) -> None:
        """Patience in seconds."""
        self._seconds = seconds
        self._since: float | None = None
        self._on: bool | None = None

    def see(self, connected: bool | None, now: float) -> Finding | None:
        """Take whether it is connected; None: not known."""
        if connected:
            was, self._on, self._since = self._on, False, None
            return over(None, Kind.OFFLINE) if was is not False else None
        if self._since is None or now < self._since:
            self._since = now
        patience = self._seconds * (self.UNKNOWN if connected is None else 1)
        if self._on or now - self._since < patience:
            return None
        self._on = True
        minutes = round((now - self._since) / 60)
        return begun(None, Kind.OFFLINE, Severity.WARNING, minutes_min=minutes)


def _phase(voltages: Sequence[float | None], choose: Callable[[list[float]], float]) -> str:
    """Name of the phase with the lowest or highest voltage."""
    return f"L{voltages.index(choose([each for each in voltages if each is not None and 0 <= each < 1e6])) + 1}"

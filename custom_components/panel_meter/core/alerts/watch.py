"""Looks at everything that a panel says and finds what a person should know."""

from collections.abc import Sequence
from typing import Final

from ..model import Measurements, Panel, Phase, Role
from .channel import ChannelWatch, HighPower
from .finding import DemandFacts, Finding, SlowFacts
from .habits import BaseLoad
from .latch import Latch, begun, over
from .model import Kind, Severity
from .settings import AlertSettings
from .slow import DemandLoad, DemandWatch, PriceWatch, budgets
from .supply import FrequencyWatch, OfflineWatch, TemperatureWatch, VoltageWatch

#: After so many seconds without a message nobody knows what was in between: whatever waits begins anew.
SILENCE: Final = 900.0
BUCKET: Final = 300
#: A power counts for no longer than this many seconds in a mean.
LONGEST_STEP: Final = 300.0
#: How many circuits a sentence names.
NAMED: Final = 3
#: One phase carries more than this share of what the mains are rated for, while another carries less than that.
CROWDED: Final = 0.8
EMPTY: Final = 0.4
CROWDED_OVER: Final = 0.7
#: Demand intervals of a panel without a tariff that has one, in seconds.
OWN_INTERVAL: Final = 900


class PanelWatch:
    """The rules of one panel. Make a new one when the panel or its settings change; ``like`` hands on what it learnt.

    Nothing is raised whatever a panel says. Instants are UTC seconds; if the clock goes back, waiting begins anew.
    """

    def __init__(self, panel: Panel, settings: AlertSettings, like: PanelWatch | None = None) -> None:
        """Begin to watch."""
        self.panel = panel
        self.settings = settings
        self._channels = tuple(ChannelWatch(panel, channel, settings) for channel in panel.channels)
        self._factors = tuple(place for place, each in enumerate(self._channels) if each.has_factor)
        self._mains = tuple(place for place, each in enumerate(panel.channels) if each.role is Role.MAIN) or tuple(
            place
            for place, each in enumerate(panel.channels)
            if each.parent is None and each.role in (Role.CIRCUIT, Role.SUB)
        )
        self._voltage = VoltageWatch(panel, settings)
        limit = settings.threshold("temperature_limit")
        self._frequency = FrequencyWatch() if settings.is_on(Kind.FREQUENCY) else None
        self._temperature = (
            TemperatureWatch(limit) if limit is not None and settings.is_on(Kind.HIGH_TEMPERATURE) else None
        )
        self._whole = _whole(settings)
        self._phases = PhaseLoads(panel) if settings.is_on(Kind.PHASE_IMBALANCE) else None
        patience = settings.threshold("offline_after")
        self._offline = OfflineWatch(patience) if patience is not None and settings.is_on(Kind.OFFLINE) else None
        self._budgets = budgets(settings)
        price, self._demand_limit = settings.threshold("price_limit"), settings.threshold("demand_limit")
        self._price = PriceWatch(price) if price is not None and settings.is_on(Kind.HIGH_PRICE) else None
        self._demand = DemandWatch(self._demand_limit) if settings.is_on(Kind.DEMAND_PEAK) else None
        self._base = BaseLoad() if settings.is_on(Kind.BASE_LOAD) else None
        self._last: float | None = None
        self._bucket: int | None = None
        self._drawn = _Drawn()
        if like is not None:
            self._take_habits(like)

    def watches(self, channel: str | None, kind: Kind) -> bool:
        """Whether a rule of this kind looks at the channel (None: the whole panel)."""
        if channel is not None:
            return any(each.channel.id == channel and kind in each.kinds for each in self._channels)
        rules = {
            Kind.HIGH_POWER: self._whole,
            Kind.FREQUENCY: self._frequency,
            Kind.HIGH_TEMPERATURE: self._temperature,
            Kind.OFFLINE: self._offline,
            Kind.HIGH_PRICE: self._price,
            Kind.DEMAND_PEAK: self._demand,
            Kind.BASE_LOAD: self._base,
        }
        return (
            rules.get(kind) is not None
            or kind in self._voltage.kinds
            or kind in (budget.kind for budget in self._budgets)
        )

    def see(self, measurements: Measurements, now: float) -> Sequence[Finding]:
        """Look at a message: what began, changed or is over by it."""
        out: list[Finding] = []
        step = 0.0 if self._last is None else now - self._last
        if step < 0 or step > SILENCE:
            self._rest()
            step = 0.0
        self._last = now
        step = min(step, LONGEST_STEP)
        power, current = measurements.power, measurements.current
        channels = self._channels
        if len(power) == len(channels):
            bucket = int(now // BUCKET)
            if bucket != self._bucket:
                self._end_bucket(bucket, out)
            if len(current) == len(channels):
                for watch, watts, amperes in zip(channels, power, current, strict=True):
                    watch.see(watts, amperes, step, now, out)
            else:
                for watch, watts in zip(channels, power, strict=True):
                    watch.see(watts, None, step, now, out)
            self._see_whole(step, now, out)
            if self._factors and len(measurements.power_factor) == len(channels):
                for place in self._factors:
                    channels[place].see_factor(measurements.power_factor[place], now, out)
        self._see_supply(measurements, step, now, out)
        if out and (self._voltage.may_be_uneven or (self._phases is not None and self._phases.may_be_crowded)):
            # Two rules share a kind: it is over when both know that it is.
            return [each for each in out if each.active or each.kind is not Kind.PHASE_IMBALANCE]
        return out

    def _see_supply(self, measurements: Measurements, step: float, now: float, out: list[Finding]) -> None:
        if measurements.voltage:
            self._voltage.see(measurements.voltage, step, now, out)
        if self._frequency is not None and measurements.frequency is not None:
            _add(out, self._frequency.see(measurements.frequency, now))
        if self._temperature is not None and measurements.temperature is not None:
            _add(out, self._temperature.see(measurements.temperature, now))

    def offline(self, connected: bool | None, now: float) -> Sequence[Finding]:
        """Hear whether the panel speaks (None: not known yet); at every change and once a minute."""
        finding = None if self._offline is None else self._offline.see(connected, now)
        return () if finding is None else (finding,)

    def look(self, slow: SlowFacts, now: float) -> Sequence[Finding]:
        """Look at what changes slowly, once a minute."""
        out: list[Finding] = []
        for budget in self._budgets:
            _add(out, budget.look(slow, now))
        if self._price is not None:
            _add(out, self._price.look(slow, now))
        if self._demand is not None:
            demand = slow.demand or (None if self._demand_limit is None else self._drawn.demand(now))
            _add(out, self._demand.look(demand, self._demand_load(now), now))
        if self._base is not None and slow.nights:
            _add(out, self._base.look(slow.nights))
        return out

    def learn(self, channel: str, highest: Sequence[float]) -> None:
        """Take the highest five-minute power (W) of the last days of a channel, the last day first."""
        for watch in self._channels:
            if watch.channel.id == channel and watch.spike is not None:
                watch.spike.learn(highest)

    def _see_whole(self, step: float, now: float, out: list[Finding]) -> None:
        """What the whole panel draws; unknown if one of its mains is."""
        total = 0.0
        for place in self._mains:
            watts = self._channels[place].last
            if watts is None:
                return
            total += watts
        self._drawn.add(total, step, now)
        if self._whole is not None:
            _add(out, self._whole.see(total, 0.0, step, now))

    def _end_bucket(self, bucket: int, out: list[Finding]) -> None:
        if self._bucket is not None:
            day = self._bucket * BUCKET // 86_400
            for watch in self._channels:
                watch.end_bucket(day, out)
            if self._phases is not None:
                _add(out, self._phases.see([watch.mean for watch in self._channels], self._bucket * BUCKET))
        self._bucket = bucket

    def _demand_load(self, now: float) -> DemandLoad | None:
        power = self._drawn.power
        if power is None or self._last is None or not 0 <= now - self._last < SILENCE:
            return None
        loads = [
            (watch.last, watch.channel.name)
            for watch in self._channels
            if watch.last is not None and watch.last > 0 and watch.channel.role in (Role.CIRCUIT, Role.SUB)
        ]
        loads.sort(key=lambda load: -load[0])
        return DemandLoad(power=power, circuits=", ".join(name for _, name in loads[:NAMED]))

    def _take_habits(self, like: PanelWatch) -> None:
        known = {watch.channel.id: watch.spike for watch in like._channels}
        for watch in self._channels:
            if watch.spike is not None and (other := known.get(watch.channel.id)) is not None:
                watch.spike.like(other)

    def _rest(self) -> None:
        for watch in self._channels:
            watch.rest()
        self._voltage.rest()
        for each in (self._whole, self._frequency, self._temperature):
            if each is not None:
                each.rest()
        self._bucket = None
        self._drawn = _Drawn()


class PhaseLoads:
    """Whether one phase of the mains is nearly full while another is nearly empty."""

    def __init__(self, panel: Panel) -> None:
        """Add up the mains by phase, or the circuits where the mains are measured as one."""
        mains = [each for each in panel.channels if each.role is Role.MAIN and each.rating]
        self.rating = min((each.rating for each in mains if each.rating), default=None)
        self._volts = panel.nominal_voltage
        single = {Phase.L1, Phase.L2, Phase.L3}
        by_phase = len({each.phase for each in mains} & single) > 1
        role = Role.MAIN if by_phase else Role.CIRCUIT
        self._places = {
            phase: [place for place, each in enumerate(panel.channels) if each.phase is phase and each.role is role]
            for phase in (Phase.L1, Phase.L2, Phase.L3)
        }
        self._places = {phase: places for phase, places in self._places.items() if places}
        # Two windows of five minutes in a row.
        self._latch = Latch(BUCKET, BUCKET)

    @property
    def may_be_crowded(self) -> bool:
        """Whether it is so, as far as is known."""
        return self._latch.on is True or (self._latch.on is None and self.rating is not None and len(self._places) > 1)

    def see(self, means: Sequence[float | None], now: float) -> Finding | None:
        """Take the mean power of five minutes of every channel in W."""
        if self.rating is None or len(self._places) < 2:
            return None
        loads: dict[Phase, float] = {}
        for phase, places in self._places.items():
            known = [watts for place in places if (watts := means[place]) is not None]
            if len(known) < len(places):
                return None
            loads[phase] = abs(sum(known)) / self._volts
        full, low = max(loads, key=loads.__getitem__), min(loads.values())
        high, rating = loads[full], self.rating
        crowded = high > rating * CROWDED and low < rating * EMPTY
        if not self._latch.step(crowded, high < rating * CROWDED_OVER or low > rating * (EMPTY + 0.1), now):
            return None
        if not self._latch.on:
            return over(None, Kind.PHASE_IMBALANCE)
        return begun(
            None,
            Kind.PHASE_IMBALANCE,
            Severity.WARNING,
            variant="load",
            phase=full.value,
            high_a=round(high, 1),
            low_a=round(low, 1),
            rating_a=round(rating, 1),
        )


class _Drawn:
    """What the whole panel draws: its power, a minute's mean, and the energy of the running quarter of an hour."""

    __slots__ = ("_energy", "_heard", "_mean", "_start")

    def __init__(self) -> None:
        self._mean: float | None = None
        self._start, self._energy, self._heard = 0, 0.0, 0.0

    @property
    def power(self) -> float | None:
        """In W."""
        return self._mean

    def add(self, power: float, step: float, now: float) -> None:
        """Take a power in W after ``step`` seconds."""
        mean = self._mean
        self._mean = power if mean is None else mean + (power - mean) * min(step / 60, 1.0)
        start = int(now) // OWN_INTERVAL * OWN_INTERVAL
        if start != self._start:
            self._start, self._energy, self._heard = start, 0.0, 0.0
        self._energy += power * step
        self._heard += step

    def demand(self, now: float) -> DemandFacts | None:
        """The running quarter of an hour; None if most of it was not heard."""
        elapsed = now - self._start
        if not 0 <= elapsed < OWN_INTERVAL or self._heard < elapsed * 0.7 - 60:
            return None
        return DemandFacts(
            start=self._start,
            end=self._start + OWN_INTERVAL,
            so_far_kw=max(self._energy, 0.0) / OWN_INTERVAL / 1000,
            highest_kw=None,
            cycle_start=0,
        )


def _whole(settings: AlertSettings) -> HighPower | None:
    limit, seconds = settings.threshold("power_limit"), settings.threshold("power_limit_time")
    if limit is None or seconds is None or not settings.is_on(Kind.HIGH_POWER):
        return None
    return HighPower(None, limit, seconds)


def _add(out: list[Finding], finding: Finding | None) -> None:
    if finding is not None:
        out.append(finding)

"""The rules of one channel: its load, its clamp and its habits."""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from ..model import Channel, Panel, Role
from .finding import Finding
from .habits import LeftOn, PowerSpike
from .latch import Latch, begun, over
from .model import Fact, Kind, Severity
from .settings import AlertSettings, conductors, rated_power

#: No meter of a home measures more; what is not below is no number either.
MOST_WATTS: Final = 1e7

#: A continuous load is one above this share of the rating (NEC 210.20(A): a breaker carries 125 % of it) for this long.
#: NEC article 100 speaks of three hours; who is told after one can still act.
CONTINUOUS_SHARE: Final = 0.8
CONTINUOUS_OVER: Final = 0.75
CONTINUOUS_TIME: Final = 3600.0
#: A breaker after IEC 60898 carries 1.13 of its rating for an hour; from there on it may trip.
TRIP_SHARE: Final = 1.13
#: The square of the share above 1, summed over seconds, at which an overload is told: 54 s at 1.45, 11 s at 2.55.
OVERLOAD_HEAT: Final = 60.0
#: A clamp may be wrong by so much: a car that charges with exactly what its breaker is rated for is no overload.
OVERLOAD_FROM: Final = 1.03
#: What cools in a second between the rating and that.
OVERLOAD_COOLING: Final = 0.05
OVERLOAD_OVER: Final = 0.95
OVERLOAD_OVER_TIME: Final = 60.0
#: Nobody knows how it was between two messages: what one of them says heats for no longer than this.
LONGEST_HEAT: Final = 60.0
#: A load that delivers more than this for that long has its clamp the wrong way round.
REVERSED_WATTS: Final = 40.0
REVERSED_TIME: Final = 900.0
POOR_POWER_FACTOR: Final = 0.7
FAIR_POWER_FACTOR: Final = 0.75
#: Below this power the factor of a channel says nothing that matters.
POWER_FACTOR_WATTS: Final = 500.0
POWER_FACTOR_TIME: Final = 900.0


class Rule(Protocol):
    """Looks at the power of a channel."""

    @property
    def kind(self) -> Kind:
        """What it finds."""

    @property
    def low(self) -> float:
        """At powers between this one and `high` (W) it has nothing to do unless it is busy."""

    @property
    def high(self) -> float:
        """See `low`."""

    @property
    def busy(self) -> bool:
        """Whether it has to hear of quiet powers too."""

    def see(self, power: float, load: float, step: float, now: float) -> Finding | None:
        """Take a power (W) and a load (W that the current amounts to), ``step`` seconds after the ones before."""

    def rest(self) -> None:
        """Wait anew."""


class HighPower:
    """More than a limit of the user's."""

    kind: Final = Kind.HIGH_POWER
    low = -MOST_WATTS

    def __init__(self, channel: str | None, limit: float, seconds: float) -> None:
        """``limit`` in W."""
        self._channel, self.high, self._seconds = channel, limit, seconds
        self._latch = Latch(seconds, 60)

    @property
    def busy(self) -> bool:
        """Whether it waits for the end."""
        return self._latch.busy

    def see(self, power: float, load: float, step: float, now: float) -> Finding | None:
        """Compare; at least 5 % less is over."""
        limit = self.high
        if not self._latch.step(power > limit, power < limit * 0.95, now):
            return None
        if not self._latch.on:
            return over(self._channel, self.kind)
        facts: dict[str, Fact] = {"power_w": round(power), "limit_w": round(limit), "limit_s": round(self._seconds)}
        return begun(self._channel, self.kind, Severity.WARNING, **facts)

    def rest(self) -> None:
        """Wait anew."""
        self._latch.rest()


class ContinuousLoad:
    """More than a breaker is to carry for hours."""

    kind: Final = Kind.CONTINUOUS_LOAD
    low = -MOST_WATTS

    def __init__(self, channel: str, rating: float, rated: float) -> None:
        """``rating`` in A is ``rated`` W."""
        self._channel, self._rating, self._rated = channel, rating, rated
        self.high = rated * CONTINUOUS_SHARE
        self._latch = Latch(CONTINUOUS_TIME, 600, 60)

    @property
    def busy(self) -> bool:
        """Whether it waits for something."""
        return self._latch.busy

    def see(self, power: float, load: float, step: float, now: float) -> Finding | None:
        """Compare the load."""
        share = load / self._rated
        if not self._latch.step(share > CONTINUOUS_SHARE, share < CONTINUOUS_OVER, now):
            return None
        if not self._latch.on:
            return over(self._channel, self.kind)
        minutes = round(self._latch.since(now) / 60)
        return begun(self._channel, self.kind, Severity.WARNING, **amperes(share, self._rating), minutes_min=minutes)

    def rest(self) -> None:
        """Wait anew."""
        self._latch.rest()


class Overload:
    """More than the breaker's rating, told the sooner the more it is."""

    kind: Final = Kind.OVERLOAD
    low = -MOST_WATTS

    def __init__(self, channel: str, rating: float, rated: float) -> None:
        """``rating`` in A is ``rated`` W."""
        self._channel, self._rating, self._rated = channel, rating, rated
        self.high = rated * OVERLOAD_FROM
        self._heat = 0.0
        self._over = Latch(0, OVERLOAD_OVER_TIME)
        self._severity: Severity | None = None

    @property
    def busy(self) -> bool:
        """Whether it cools, or waits for the end."""
        return self._heat > 0 or self._over.on is not False

    def see(self, power: float, load: float, step: float, now: float) -> Finding | None:
        """Heat or cool."""
        share = load / self._rated
        rise = share * share - 1
        if share <= OVERLOAD_FROM:
            rise = min(rise, -OVERLOAD_COOLING)
        self._heat = min(max(self._heat + rise * min(step, LONGEST_HEAT), 0.0), 2 * OVERLOAD_HEAT)
        hot = self._heat >= OVERLOAD_HEAT and share > OVERLOAD_FROM
        changed = self._over.step(hot, share < OVERLOAD_OVER, now)
        if not self._over.on:
            self._severity = None
            return over(self._channel, self.kind) if changed else None
        severity = Severity.CRITICAL if share >= TRIP_SHARE else Severity.WARNING
        if not changed and (severity is not Severity.CRITICAL or self._severity is severity or not hot):
            return None
        self._severity = severity
        variant: dict[str, Fact] = {"variant": "trip"} if severity is Severity.CRITICAL else {}
        return begun(self._channel, self.kind, severity, **amperes(share, self._rating), **variant)

    def rest(self) -> None:
        """Cool, and wait anew."""
        self._heat = 0.0
        self._over.rest()


class ReversedClamp:
    """A load that delivers."""

    kind: Final = Kind.REVERSED_CLAMP
    high = MOST_WATTS

    def __init__(self, channel: str) -> None:
        """Only for channels that cannot deliver."""
        self._channel, self.low = channel, -REVERSED_WATTS
        # A single higher power is proof of the contrary; a standing load is not.
        self._latch = Latch(REVERSED_TIME, 60, 60)

    @property
    def busy(self) -> bool:
        """Whether it waits for something."""
        return self._latch.busy

    def see(self, power: float, load: float, step: float, now: float) -> Finding | None:
        """Compare; a power that flows the right way is over."""
        if not self._latch.step(power < self.low, power > REVERSED_WATTS / 2, now):
            return None
        if not self._latch.on:
            return over(self._channel, self.kind)
        return begun(self._channel, self.kind, Severity.WARNING, power_w=round(power))

    def rest(self) -> None:
        """Wait anew."""
        self._latch.rest()


class LowPowerFactor:
    """Much current for little power."""

    def __init__(self, channel: str) -> None:
        """Watch a channel."""
        self._channel = channel
        self._latch = Latch(POWER_FACTOR_TIME, 300)

    def see(self, factor: float, power: float, now: float) -> Finding | None:
        """Take a power factor and its power in W; below the least power it says nothing."""
        size, much = abs(factor), abs(power) >= POWER_FACTOR_WATTS
        if not self._latch.step(size < POOR_POWER_FACTOR and much, size > FAIR_POWER_FACTOR or not much, now):
            return None
        if not self._latch.on:
            return over(self._channel, Kind.LOW_POWER_FACTOR)
        facts: dict[str, Fact] = {"factor": round(size, 2), "power_w": round(power)}
        return begun(self._channel, Kind.LOW_POWER_FACTOR, Severity.INFO, **facts)

    def rest(self) -> None:
        """Wait anew."""
        self._latch.rest()


class ChannelWatch:
    """All rules of a channel, and its mean power of five minutes."""

    def __init__(self, panel: Panel, channel: Channel, settings: AlertSettings) -> None:
        """Make the rules that are switched on and make sense for the channel."""
        self.channel = channel
        self._rules = _rules(panel, channel, settings)
        self._factor = (
            LowPowerFactor(channel.id)
            if settings.is_on(Kind.LOW_POWER_FACTOR, channel.id) and channel.role in _CARRIES_LOAD
            else None
        )
        watched = channel.role in (Role.CIRCUIT, Role.SUB) and settings.is_on(Kind.POWER_SPIKE, channel.id)
        self.spike = PowerSpike(channel.id) if watched else None
        self._low = max((rule.low for rule in self._rules), default=-MOST_WATTS)
        self._high = min((rule.high for rule in self._rules), default=MOST_WATTS)
        self._busy = bool(self._rules)
        #: W per A of the current, where the current says more than the power: one phase only.
        self._per_ampere = panel.nominal_voltage if conductors(panel, channel.id) == 1 else 0.0
        self._energy = self._seconds = 0.0
        #: Mean power of the last five minutes that are over, in W; None: too little was heard.
        self.mean: float | None = None
        self.last: float | None = None

    @property
    def kinds(self) -> set[Kind]:
        """What it looks for."""
        found = {rule.kind for rule in self._rules}
        if self._factor is not None:
            found.add(Kind.LOW_POWER_FACTOR)
        if self.spike is not None:
            found.add(Kind.POWER_SPIKE)
        return found

    def see(self, power: float | None, current: float | None, step: float, now: float, out: list[Finding]) -> None:
        """Take a power (W) and current (A), ``step`` seconds after the ones before."""
        if power is None or not -MOST_WATTS < power < MOST_WATTS:
            self.last = None
            return
        self.last = power
        self._energy += power * step
        self._seconds += step
        load = power if power >= 0 else -power
        if current is not None and current * self._per_ampere > load:
            load = min(current * self._per_ampere, MOST_WATTS)
        if not self._busy and self._low < power and load < self._high:
            return
        busy = False
        for rule in self._rules:
            if (finding := rule.see(power, load, step, now)) is not None:
                out.append(finding)
            busy = busy or rule.busy
        self._busy = busy

    def see_factor(self, factor: float | None, now: float, out: list[Finding]) -> None:
        """Take the power factor that belongs to the power before."""
        if self._factor is None or factor is None or self.last is None or not -1 <= factor <= 1:
            return
        if (finding := self._factor.see(factor, self.last, now)) is not None:
            out.append(finding)

    @property
    def has_factor(self) -> bool:
        """Whether it wants to know the power factor."""
        return self._factor is not None

    def end_bucket(self, day: int, out: list[Finding]) -> None:
        """Five minutes are over, of the UTC day of that number."""
        self.mean = self._energy / self._seconds if self._seconds >= 150 else None
        self._energy = self._seconds = 0.0
        if self.spike is not None and self.mean is not None and (finding := self.spike.see(self.mean, day)) is not None:
            out.append(finding)

    def rest(self) -> None:
        """Nobody said anything for some time: wait anew."""
        for rule in self._rules:
            rule.rest()
        if self._factor is not None:
            self._factor.rest()
        self._energy = self._seconds = 0.0
        self.mean = self.last = None


_CARRIES_LOAD: Final = (Role.MAIN, Role.CIRCUIT, Role.SUB)


def amperes(share: float, rating: float) -> Mapping[str, Fact]:
    """A load as facts: its current, the rating of the breaker, and the share of it."""
    return {"load_a": round(share * rating, 1), "rating_a": round(rating, 1), "load_pct": round(share * 100)}


def _rules(panel: Panel, channel: Channel, settings: AlertSettings) -> Sequence[Rule]:
    own, rules = settings.for_channel(channel.id), list[Rule]()

    def on(kind: Kind) -> bool:
        return settings.is_on(kind, channel.id)

    if channel.rating and (rated := rated_power(panel, channel.id)):
        if on(Kind.OVERLOAD):
            rules.append(Overload(channel.id, channel.rating, rated))
        # An inverter is built to run at its rating.
        if on(Kind.CONTINUOUS_LOAD) and channel.role in _CARRIES_LOAD:
            rules.append(ContinuousLoad(channel.id, channel.rating, rated))
    limit, seconds = own.threshold("power_limit"), own.threshold("power_limit_time")
    if limit is not None and seconds is not None and on(Kind.HIGH_POWER):
        rules.append(HighPower(channel.id, limit, seconds))
    # Behind a sub channel there may be a roof full of solar panels.
    if channel.role is Role.CIRCUIT and on(Kind.REVERSED_CLAMP):
        rules.append(ReversedClamp(channel.id))
    watts, minutes = own.threshold("left_on_power"), own.threshold("left_on_time")
    if watts is not None and minutes is not None and on(Kind.LEFT_ON):
        rules.append(LeftOn(channel.id, watts, minutes * 60))
    return rules

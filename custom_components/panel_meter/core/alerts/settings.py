"""Which alerts a panel raises and where their limits lie, as the user decided it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import isfinite
from types import MappingProxyType
from typing import Final

from ..model import Panel
from .model import Kind

#: What an alert may name as a reason for being refused, by its placeholder's name.
type Placeholders = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """The bounds of a limit. Without a default its rule watches only when the user has set it."""

    minimum: float
    maximum: float
    step: float
    #: Of the number; empty: money in the currency of the tariff.
    unit: str
    default: float | None = None


class ImpossibleThreshold(ValueError):
    """A limit or a switch that makes no sense; the text is a sentence, key and placeholders are for translations."""

    def __init__(self, key: str, sentence: str, placeholders: Placeholders) -> None:
        """Take the translation key, the sentence in English and what it names."""
        super().__init__(sentence)
        self.key = key
        self.placeholders = placeholders


#: Limits of a panel.
THRESHOLDS: Final[Mapping[str, Threshold]] = MappingProxyType(
    {
        "power_limit": Threshold(minimum=50, maximum=1_000_000, step=50, unit="W"),
        "power_limit_time": Threshold(minimum=0, maximum=86_400, step=5, unit="s", default=60),
        "voltage_band": Threshold(minimum=2, maximum=20, step=0.5, unit="%", default=10),
        "temperature_limit": Threshold(minimum=30, maximum=120, step=1, unit="°C", default=80),
        "energy_budget_day": Threshold(minimum=0.1, maximum=100_000, step=0.1, unit="kWh"),
        "energy_budget_cycle": Threshold(minimum=1, maximum=10_000_000, step=1, unit="kWh"),
        "cost_budget_day": Threshold(minimum=0.01, maximum=1e9, step=0.01, unit=""),
        "cost_budget_cycle": Threshold(minimum=0.01, maximum=1e11, step=0.01, unit=""),
        "price_limit": Threshold(minimum=-1_000_000, maximum=1_000_000, step=0.0001, unit=""),
        "demand_limit": Threshold(minimum=0.1, maximum=10_000, step=0.1, unit="kW"),
        "offline_after": Threshold(minimum=30, maximum=604_800, step=30, unit="s", default=600),
    }
)
#: Limits of a channel.
CHANNEL_THRESHOLDS: Final[Mapping[str, Threshold]] = MappingProxyType(
    {
        "power_limit": Threshold(minimum=5, maximum=1_000_000, step=5, unit="W"),
        "power_limit_time": Threshold(minimum=0, maximum=86_400, step=5, unit="s", default=60),
        "left_on_power": Threshold(minimum=1, maximum=100_000, step=1, unit="W", default=20),
        "left_on_time": Threshold(minimum=1, maximum=20_160, step=1, unit="min"),
    }
)
#: Kinds that are off until the user switches them on: they say something true that few people want to be told.
OFF_BY_DEFAULT: Final = frozenset({Kind.LOW_POWER_FACTOR})
#: Kinds that can be switched, of the panel as a whole and of each channel; those created by hand cannot.
PANEL_KINDS: Final = tuple(kind for kind in Kind if kind is not Kind.CUSTOM)
CHANNEL_KINDS: Final = (
    Kind.HIGH_POWER,
    Kind.CONTINUOUS_LOAD,
    Kind.OVERLOAD,
    Kind.LOW_POWER_FACTOR,
    Kind.REVERSED_CLAMP,
    Kind.LEFT_ON,
    Kind.POWER_SPIKE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelAlertSettings:
    """What the user decided about one channel; it wins over what was decided about the panel."""

    off: frozenset[Kind] = frozenset()
    on: frozenset[Kind] = frozenset()
    #: By name, only those that the user set.
    thresholds: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what is impossible."""
        _check(self.off, self.on, self.thresholds, CHANNEL_KINDS, CHANNEL_THRESHOLDS)

    def threshold(self, name: str) -> float | None:
        """A limit by its name in `CHANNEL_THRESHOLDS`; None: not set, and there is no default."""
        return self.thresholds.get(name, CHANNEL_THRESHOLDS[name].default)

    def with_threshold(self, name: str, value: float | None) -> ChannelAlertSettings:
        """The same with another limit; None: the default."""
        return replace(self, thresholds=_with(self.thresholds, name, value))

    def as_data(self) -> dict[str, object]:
        """What `from_data` reads."""
        return _as_data(self.off, self.on, self.thresholds)

    @classmethod
    def from_data(cls, data: Mapping[str, object]) -> ChannelAlertSettings:
        """Read what `as_data` wrote; names that are not known are passed over. ImpossibleThreshold."""
        return cls(
            off=_kinds(data.get("off"), CHANNEL_KINDS),
            on=_kinds(data.get("on"), CHANNEL_KINDS),
            thresholds=_numbers(data, CHANNEL_THRESHOLDS),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSettings:
    """What the user decided about the alerts of a panel."""

    off: frozenset[Kind] = frozenset()
    on: frozenset[Kind] = frozenset()
    #: By name, only those that the user set.
    thresholds: Mapping[str, float] = field(default_factory=dict)
    channels: Mapping[str, ChannelAlertSettings] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what is impossible."""
        _check(self.off, self.on, self.thresholds, PANEL_KINDS, THRESHOLDS)

    @property
    def enabled(self) -> Mapping[Kind, bool]:
        """Every kind that can be switched, and whether it is on for the panel."""
        return {kind: self.is_on(kind) for kind in PANEL_KINDS}

    def is_on(self, kind: Kind, channel: str | None = None) -> bool:
        """Whether a kind is watched on the panel, or on one of its channels."""
        if channel is not None and (settings := self.channels.get(channel)) is not None:
            if kind in settings.off:
                return False
            if kind in settings.on:
                return True
        return kind not in self.off and (kind in self.on or kind not in OFF_BY_DEFAULT)

    def threshold(self, name: str) -> float | None:
        """A limit by its name in `THRESHOLDS`; None: not set, and there is no default."""
        return self.thresholds.get(name, THRESHOLDS[name].default)

    def for_channel(self, channel: str) -> ChannelAlertSettings:
        """What was decided about a channel."""
        return self.channels.get(channel) or ChannelAlertSettings()

    def with_threshold(self, name: str, value: float | None) -> AlertSettings:
        """The same with another limit; None: the default."""
        return replace(self, thresholds=_with(self.thresholds, name, value))

    def with_enabled(self, kind: Kind, on: bool) -> AlertSettings:
        """The same with a kind switched on or off for the panel."""
        if on:
            return replace(self, off=self.off - {kind}, on=self.on | {kind} if kind in OFF_BY_DEFAULT else self.on)
        return replace(self, off=self.off | {kind}, on=self.on - {kind})

    def with_channel(self, channel: str, settings: ChannelAlertSettings) -> AlertSettings:
        """The same with other settings of a channel."""
        return replace(self, channels={**self.channels, channel: settings})

    def check(self, panel: Panel) -> None:
        """ImpossibleThreshold if a limit of a channel contradicts what its breaker is rated for, or one day the cycle.

        A warning above the breaker's rating would never come: the breaker trips before.
        """
        _check_budgets(self.thresholds)
        for channel in panel.channels:
            limit, most = self.for_channel(channel.id).thresholds.get("power_limit"), rated_power(panel, channel.id)
            if limit is not None and most is not None and limit > most:
                raise ImpossibleThreshold(
                    "limit_above_breaker",
                    f"The breaker of {channel.name} carries {most:.0f} W; a limit of {limit:.0f} W would never warn.",
                    {"channel": channel.name, "limit": f"{limit:.0f}", "rated": f"{most:.0f}"},
                )

    def as_data(self) -> dict[str, object]:
        """What `from_data` reads; nothing that is as it would be anyway."""
        data = _as_data(self.off, self.on, self.thresholds)
        if channels := {name: found for name, each in sorted(self.channels.items()) if (found := each.as_data())}:
            data["channels"] = channels
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, object]) -> AlertSettings:
        """Read what a configuration subentry holds; what is missing is as by default.

        Kinds and limits that are not known are passed over: a newer version may have written them.
        ImpossibleThreshold if a number is out of its bounds or none.
        """
        channels = data.get("channels")
        return cls(
            off=_kinds(data.get("off"), PANEL_KINDS),
            on=_kinds(data.get("on"), PANEL_KINDS),
            thresholds=_numbers(data, THRESHOLDS),
            channels={
                str(name): ChannelAlertSettings.from_data(each)
                for name, each in (channels.items() if isinstance(channels, Mapping) else ())
                if isinstance(each, Mapping)
            },
        )

    @classmethod
    def salvaged(cls, data: Mapping[str, object]) -> AlertSettings:
        """As `from_data`, but what is impossible is left out instead of refused: for a start that must not fail."""
        channels = data.get("channels")
        sound = _possible(data, PANEL_KINDS, THRESHOLDS)
        sound["channels"] = {
            name: _possible(each, CHANNEL_KINDS, CHANNEL_THRESHOLDS)
            for name, each in (channels.items() if isinstance(channels, Mapping) else ())
            if isinstance(each, Mapping)
        }
        return cls.from_data(sound)


def check_threshold(name: str, value: object, threshold: Threshold) -> float:
    """The value as a number; ImpossibleThreshold if it is none or out of bounds."""
    low, high, unit = f"{threshold.minimum:g}", f"{threshold.maximum:g}", threshold.unit
    number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    if number is None or not isfinite(number) or not threshold.minimum <= number <= threshold.maximum:
        raise ImpossibleThreshold(
            "threshold_out_of_bounds",
            f"The limit {name} must be a number from {low} to {high} {unit}".rstrip() + ".",
            {"name": name, "minimum": low, "maximum": high, "unit": unit},
        )
    return number


def rated_power(panel: Panel, channel_id: str) -> float | None:
    """What the breaker of a channel carries in W; None if nobody has told its rating or the channel is not there."""
    for channel in panel.channels:
        if channel.id == channel_id and channel.rating:
            return channel.rating * panel.nominal_voltage * conductors(panel, channel_id)
    return None


def conductors(panel: Panel, channel_id: str) -> int:
    """Over how many phases the power of a channel flows."""
    for channel in panel.channels:
        if channel.id == channel_id:
            return {"L1L2": 2, "L123": 3}.get(channel.phase or "", min(channel.poles or 1, 3))
    return 1


def _check_budgets(thresholds: Mapping[str, float]) -> None:
    for name in ("energy_budget", "cost_budget"):
        day, cycle = thresholds.get(f"{name}_day"), thresholds.get(f"{name}_cycle")
        if day is not None and cycle is not None and day > cycle:
            raise ImpossibleThreshold(
                "day_above_cycle",
                f"The budget of a day ({day:g}) is larger than that of the whole cycle ({cycle:g}).",
                {"day": f"{day:g}", "cycle": f"{cycle:g}"},
            )


def _check(
    off: frozenset[Kind],
    on: frozenset[Kind],
    thresholds: Mapping[str, float],
    kinds: Iterable[Kind],
    known: Mapping[str, Threshold],
) -> None:
    if both := sorted(off & on):
        raise ImpossibleThreshold("on_and_off", f"{both[0]} is switched on and off.", {"kind": both[0].value})
    if foreign := sorted((off | on) - set(kinds)):
        raise ImpossibleThreshold("no_switch", f"{foreign[0]} cannot be switched.", {"kind": foreign[0].value})
    for name, value in thresholds.items():
        if name not in known:
            raise ImpossibleThreshold("no_such_threshold", f"There is no limit {name}.", {"name": name})
        check_threshold(name, value, known[name])


def _kinds(value: object, known: Iterable[Kind]) -> frozenset[Kind]:
    names = {each for each in value if isinstance(each, str)} if isinstance(value, Iterable) else set()
    return frozenset(kind for kind in known if kind.value in names)


def _numbers(data: Mapping[str, object], known: Mapping[str, Threshold]) -> dict[str, float]:
    return {
        name: check_threshold(name, data[name], threshold)
        for name, threshold in known.items()
        if data.get(name) is not None
    }


def _possible(data: Mapping[str, object], kinds: Iterable[Kind], known: Mapping[str, Threshold]) -> dict[str, object]:
    off = _kinds(data.get("off"), kinds)
    sound: dict[str, object] = {"off": sorted(off), "on": sorted(_kinds(data.get("on"), kinds) - off)}
    for name, threshold in known.items():
        try:
            sound[name] = check_threshold(name, data.get(name), threshold)
        except ImpossibleThreshold:
            continue
    return sound


def _with(thresholds: Mapping[str, float], name: str, value: float | None) -> Mapping[str, float]:
    others = {key: number for key, number in thresholds.items() if key != name}
    return others if value is None else {**others, name: value}


def _as_data(off: frozenset[Kind], on: frozenset[Kind], thresholds: Mapping[str, float]) -> dict[str, object]:
    data: dict[str, object] = dict(sorted(thresholds.items()))
    if off:
        data["off"] = sorted(kind.value for kind in off)
    if on:
        data["on"] = sorted(kind.value for kind in on)
    return data

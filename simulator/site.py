"""Where a house stands: local time, sun and weather."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .noise import Floats, Integers, seed_of, smooth, uniform
from .units import GRID, SECOND

_STEP = GRID // SECOND
_DAY = 86_400
_YEAR = 365.2425


@dataclass(frozen=True, kw_only=True)
class Site:
    """A place. Its local time is a fixed distance from UTC; its weather is random but the same at every look."""

    seed: int = 0
    latitude: float = 48.0
    #: Hours east of UTC, for the habits of the people and for the sun.
    utc_offset: float = 1.0
    #: Mean of the year and half the difference between July and January, in degrees Celsius.
    mean_temperature: float = 9.5
    season_swing: float = 10.0


@dataclass(frozen=True)
class Steps:
    """``count`` steps of the grid from step ``first`` on (step = instant // GRID), seen from a site.

    All arrays have the shape (count,).
    """

    site: Site
    first: int
    count: int

    @cached_property
    def utc(self) -> Integers:
        """The beginning of each step in seconds UTC."""
        return (np.arange(self.first, self.first + self.count, dtype=np.int64)) * _STEP

    @cached_property
    def local(self) -> Integers:
        """The same in local seconds."""
        return self.utc + round(self.site.utc_offset * 3600)

    @cached_property
    def day(self) -> Integers:
        """The local day, counted from 1970."""
        return self.local // _DAY

    @cached_property
    def hour(self) -> Floats:
        """The local hour of the day, 0-24."""
        return (self.local - self.day * _DAY) / 3600

    @cached_property
    def weekend(self) -> Integers:
        """1 on Saturday and Sunday, else 0 (the first of January 1970 was a Thursday)."""
        return ((self.day + 3) % 7 >= 5).astype(np.int64)

    @cached_property
    def sun(self) -> Floats:
        """The sine of the sun's elevation; negative at night."""
        angle = 2 * np.pi * ((self.day % _YEAR) - 80) / _YEAR
        declination = np.radians(23.44) * np.sin(angle)
        latitude = np.radians(self.site.latitude)
        turn = np.radians((self.hour - 12) * 15)
        return np.asarray(
            np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.cos(turn)
        )

    @cached_property
    def clouds(self) -> Floats:
        """How much of the sky is covered, 0-1: some days are grey, others have passing clouds."""
        seed = seed_of(self.site.seed, "clouds")
        grey = smooth(seed, self.local, _DAY)
        passing = smooth(seed + 1, self.local, 420)
        return np.clip(grey * 1.3 - 0.25 + (passing - 0.5) * 0.7, 0, 1)

    @cached_property
    def temperature(self) -> Floats:
        """Outside, in degrees Celsius."""
        site = self.site
        season = -np.cos(2 * np.pi * ((self.local / _DAY) % _YEAR - 18) / _YEAR)
        daily = 3.5 * np.sin(2 * np.pi * (self.hour - 9) / 24)
        weather = (smooth(seed_of(site.seed, "weather"), self.local, 2 * _DAY) - 0.5) * 8
        return np.asarray(site.mean_temperature + site.season_swing * season + daily + weather)

    @cached_property
    def presence(self) -> Floats:
        """How many of the people are at home and awake, 0-1."""
        hour = self.hour
        morning = (hour >= 6.2) & (hour < 8.6)
        evening = (hour >= 17) & (hour < 22.8)
        workday = np.where(morning, 0.7, np.where(evening, 1.0, np.where((hour >= 8.6) & (hour < 17), 0.18, 0.02)))
        free = np.where((hour >= 8.2) & (hour < 23.6), 0.85, 0.04)
        return np.where(self.weekend == 1, free, workday)

    def chance(self, seed: int, period: int) -> Floats:
        """A number in [0, 1) that is drawn anew every ``period`` seconds."""
        return uniform(seed, self.local // period)

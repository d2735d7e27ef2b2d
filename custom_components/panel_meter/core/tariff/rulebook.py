"""A tariff made ready for rating: timetables, prices of a place and the part of taxes in them."""

from datetime import tzinfo
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from .clock import WallClock
from .model import ZERO, Demand, Dynamic, Energy, ExportMode, Part, RateSet, Tariff, Version
from .timetable import Timetable


class Rulebook:
    """What a tariff says, looked up quickly."""

    def __init__(self, tariff: Tariff, zone: tzinfo) -> None:
        """``zone`` is that of the home; a tariff may name another one."""
        self.tariff = tariff
        self.clock = WallClock(tariff.clock, ZoneInfo(tariff.time_zone) if tariff.time_zone else zone)
        self._timetables: dict[int, Timetable] = {}
        self._windows: dict[tuple[int, int], Timetable] = {}
        self.tax_factor = lru_cache(maxsize=64)(self._tax_factor)

    def version_at(self, instant: int) -> Version | None:
        """The version in force at an instant; None before the first one."""
        day = self.clock.day_at(instant).date
        valid = [version for version in self.tariff.versions if version.valid_from <= day]
        return max(valid, key=lambda version: version.valid_from, default=None)

    def timetable(self, version: Version) -> Timetable:
        """When which period of a version applies."""
        key = id(version)
        if key not in self._timetables:
            energy = version.energy
            rules = [period.rules for period in energy.periods]
            self._timetables[key] = Timetable(rules, energy.seasons, self.tariff.calendar, self.clock)
        return self._timetables[key]

    def window(self, version: Version, demand: Demand) -> Timetable | None:
        """When a demand counts (place 0); None: always."""
        if not demand.window:
            return None
        key = (id(version), id(demand))
        if key not in self._windows:
            seasons = version.energy.seasons
            self._windows[key] = Timetable([demand.window], seasons, self.tariff.calendar, self.clock)
        return self._windows[key]

    def all_in(self, version: Version, rates: RateSet, period: int, block: int, raw: Decimal | None) -> Decimal | None:
        """Price of a kWh with its adders and the taxes on both; None if it is not known."""
        price = unit_price(version.energy, rates, period, block, raw)
        if price is None:
            return None
        adders = (each.price * self.tax_factor(Part.ENERGY, each.name) for each in version.energy.adders)
        return price * self.tax_factor(Part.ENERGY, "") + sum(adders, ZERO)

    def _tax_factor(self, part: Part, name: str) -> Decimal:
        """What an amount is multiplied by so that it holds its taxes."""
        return Decimal(1) if self.tariff.prices_include_tax else tax_load(self.tariff, part, name)


def tax_load(tariff: Tariff, part: Part, name: str) -> Decimal:
    """An amount with all its taxes, as a multiple of the amount without; ``name`` of its adder or fixed charge."""
    factor = Decimal(1)
    for tax in tariff.taxes:
        if part in tax.on and name not in tax.exempt:
            factor += (factor if tax.compound else Decimal(1)) * tax.percent / 100
    return factor


def unit_price(energy: Energy, rates: RateSet, period: int, block: int, raw: Decimal | None) -> Decimal | None:
    """Price of a kWh without adders and taxes; ``raw`` is what the entity of a dynamic price says."""
    name = energy.period_names[period]
    prices = rates.prices.get(name, ())
    base = prices[min(block, len(prices) - 1)] if prices else ZERO
    price = base if energy.dynamic is None else _dynamic(energy.dynamic, name, base, raw)
    if price is None:
        return None
    if energy.cap is not None:
        price = min(price, energy.cap)
    return price if energy.floor is None else max(price, energy.floor)


def _dynamic(dynamic: Dynamic, period: str, base: Decimal, raw: Decimal | None) -> Decimal | None:
    if raw is None:
        return dynamic.fallback
    return raw * dynamic.multiplier + dynamic.offset.get(period, ZERO) + base


def export_price(version: Version, period: int, block: int, raw: Decimal | None) -> Decimal | None:
    """What an exported kWh earns; None if a dynamic price is not known."""
    export = version.export
    if export is None or export.mode in (ExportMode.NONE, ExportMode.NET_METERING_KWH):
        return ZERO
    name = version.energy.period_names[period]
    prices = export.prices.get(name, export.prices.get("default", ()))
    base = prices[min(block, len(prices) - 1)] if prices else ZERO
    return base if export.dynamic is None else _dynamic(export.dynamic, name, base, raw)

"""Fields that the pages of the tariff flow share."""

from collections.abc import Iterable, Mapping
from typing import Final

from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    EntityWithDeviceFilterSelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
)

from ..core.tariff.times import WEEK, DayKind
from .tariff_units import usual_units

#: Months as select fields know them.
MONTHS: Final = tuple(str(month) for month in range(1, 13))
#: Words for sets of days, in the order in which they are offered.
DAY_SETS: Final[Mapping[str, frozenset[DayKind]]] = {
    "every_day": frozenset(),
    "weekday": frozenset({DayKind.WEEKDAY}),
    "monday_to_saturday": frozenset(WEEK[:6]),
    "weekend": frozenset({DayKind.WEEKEND}),
}


def price(unit: str) -> NumberSelector:
    """A price; it may be negative."""
    return NumberSelector(NumberSelectorConfig(mode=NumberSelectorMode.BOX, step="any", unit_of_measurement=unit))


def quantity(low: float, high: float, unit: str, step: float | None = None) -> NumberSelector:
    """A number between two others; without a step it may have any digits."""
    config = NumberSelectorConfig(min=low, max=high, mode=NumberSelectorMode.BOX, step=step or "any")
    if unit:
        config["unit_of_measurement"] = unit
    return NumberSelector(config)


def choice(values: Iterable[str], key: str) -> SelectSelector:
    """One of several words that are translated."""
    return SelectSelector(
        SelectSelectorConfig(options=list(values), mode=SelectSelectorMode.DROPDOWN, translation_key=key)
    )


def many(names: Mapping[str, str]) -> SelectSelector:
    """Some of several ids, shown by their names."""
    options = [SelectOptionDict(value=key, label=name) for key, name in names.items()]
    return SelectSelector(SelectSelectorConfig(options=options, multiple=True, mode=SelectSelectorMode.LIST))


def month() -> SelectSelector:
    """A month of the year."""
    return choice(MONTHS, "month")


def days() -> SelectSelector:
    """A set of days."""
    return choice(DAY_SETS, "days")


def price_entity(currency: str) -> EntitySelector:
    """An entity that tells a price."""
    found = EntityWithDeviceFilterSelectorConfig(
        domain=["sensor", "input_number", "number"], unit_of_measurement=usual_units(currency)
    )
    return EntitySelector(EntitySelectorConfig(filter=[found]))


def long_text() -> TextSelector:
    """Text of many lines."""
    return TextSelector(TextSelectorConfig(multiline=True))

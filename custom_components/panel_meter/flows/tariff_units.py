"""Units of prices that entities tell, and numbers that people type."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from ..core.tariff.document import decimal_of
from ..core.tariff.times import MINUTES_PER_DAY

_ENERGY: Final = {"kWh": Decimal(1), "MWh": Decimal("0.001"), "Wh": Decimal(1000)}
#: Signs that several currencies share; which one is meant is that of the home.
_SIGNS: Final = frozenset({"$", "€", "£", "¥", "kr", "₹", "zł", "Rp", "R", "₩", "₺", "Kč", "Ft"})
_HUNDREDTHS: Final = frozenset({"c", "ct", "cent", "cents", "¢", "p", "pence", "öre", "øre", "ore", "gr"})

#: A number that is none: the rules of tariffs refuse it where it stands.
NO_NUMBER: Final = Decimal("NaN")


def factor(unit: str | None, currency: str) -> Decimal | None:
    """What a price in a unit is multiplied by so that it is per kWh in the currency; None if that cannot be known."""
    if unit is None or unit.count("/") != 1:
        return None
    money, energy = (part.strip() for part in unit.split("/"))
    if energy not in _ENERGY:
        return None
    if money == currency or money in _SIGNS:
        return _ENERGY[energy]
    return _ENERGY[energy] / 100 if money in _HUNDREDTHS else None


def usual_units(currency: str) -> list[str]:
    """Units by which price entities are found."""
    monies = [currency, *sorted(_SIGNS), *sorted(_HUNDREDTHS)]
    return [f"{money}/{energy}" for money in monies for energy in _ENERGY]


def number(answers: Mapping[str, Any], key: str) -> Decimal | None:
    """The number of a field; None if it is empty."""
    value = answers.get(key)
    if value is None or value == "":
        return None
    found = decimal_of(value)
    return NO_NUMBER if found is None else found


def needed(answers: Mapping[str, Any], key: str) -> Decimal:
    """The number of a field that cannot be empty."""
    found = number(answers, key)
    return NO_NUMBER if found is None else found


def typed(answers: Mapping[str, Any], key: str, before: Decimal) -> Decimal:
    """The number of a field that showed another one: untouched it keeps the digits that the field could not show."""
    found = needed(answers, key)
    return before if decimal_of(float(before)) == found else found


def whole(answers: Mapping[str, Any], key: str) -> int:
    """The whole number of a field; 0, which no field wants, for anything else."""
    found = needed(answers, key)
    return int(found) if found.is_finite() and found == found.to_integral_value() else 0


def minute(value: str) -> int:
    """Minutes since midnight of what a time selector says; seconds do not count."""
    hours, minutes = (int(part) for part in value.split(":")[:2])
    return hours * 60 + minutes


def end_minute(value: str) -> int:
    """The same for the end of a span: midnight is that of the end of the day."""
    return minute(value) or MINUTES_PER_DAY


def clock(minutes: int) -> str:
    """What a time selector shows of minutes since midnight."""
    minutes %= MINUTES_PER_DAY
    return f"{minutes // 60:02}:{minutes % 60:02}:00"

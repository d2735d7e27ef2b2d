"""How amounts of a currency are written."""

from decimal import Decimal
from typing import Final

#: ISO 4217 currencies without a minor unit, and those whose minor unit nobody uses any more.
_WHOLE: Final = frozenset(
    {
        *("BIF", "CLP", "COP", "DJF", "GNF", "HUF", "IDR", "ISK", "JPY", "KMF", "KRW", "LAK"),
        *("MMK", "PYG", "RSD", "RWF", "UGX", "UZS", "VND", "VUV", "XAF", "XOF", "XPF"),
    }
)
_THOUSANDTHS: Final = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


def digits(currency: str) -> int:
    """Digits behind the point that people write."""
    return 0 if currency in _WHOLE else 3 if currency in _THOUSANDTHS else 2


def smallest(currency: str) -> Decimal:
    """The smallest amount that people write."""
    return Decimal(1).scaleb(-digits(currency))

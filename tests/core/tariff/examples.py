"""A tariff as a document, and ways to change it."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

#: Seasons, times of the day, blocks, demand, tax and rounding.
HOME: dict[str, Any] = {
    "schema": "panel_meter.tariff/1",
    "id": "home",
    "name": "Seasonal TOU with blocks",
    "currency": "USD",
    "clock": "local",
    "calendar": {"holidays": ["2026-01-01", "12-25"], "holiday_as": "weekend"},
    "cycle": {"anchor_day": 7, "months": 1},
    "taxes": [{"name": "City tax", "percent": "7.5", "on": ["energy", "fixed", "demand"]}],
    "rounding": {"line": "0.01", "total": "0.01", "mode": "half_up"},
    "versions": [
        {
            "valid_from": "2026-01-01",
            "energy": {
                "seasons": [{"name": "summer", "from": "06-01", "to": "09-30"}],
                "periods": [
                    {
                        "name": "summer_peak",
                        "rules": [{"season": "summer", "days": ["weekday"], "from": "16:00", "to": "21:00"}],
                    },
                    {"name": "peak", "rules": [{"days": ["weekday"], "from": "16:00", "to": "21:00"}]},
                    {"name": "summer_off", "rules": [{"season": "summer"}]},
                ],
                "default_period": "off",
                "blocks": [{"upto": "350"}, {}],
                "block_mode": "progressive",
                "allocation": "chronological",
                "prices": {
                    "summer_peak": ["0.3513", "0.5613"],
                    "peak": ["0.2513", "0.3913"],
                    "summer_off": ["0.2613", "0.3013"],
                    "off": ["0.2213", "0.2513"],
                },
            },
            "demand": [
                {
                    "name": "peak demand",
                    "window": [{"days": ["weekday"], "from": "12:00", "to": "18:00"}],
                    "interval_min": 15,
                    "stat": "max",
                    "price": "8.09",
                    "per": "cycle",
                }
            ],
            "fixed": [{"name": "service", "amount": "5", "per": "cycle"}],
            "minimum": {"amount": "15", "per": "cycle"},
            "export": {"mode": "net_billing", "prices": {"default": ["0.06"]}},
        }
    ],
}

type Change = Callable[[dict[str, Any]], object]


def home(*changes: Change) -> dict[str, Any]:
    """The document with changes made to a copy of it."""
    document = deepcopy(HOME)
    for change in changes:
        change(document)
    return document


def put(path: str, value: object) -> Change:
    """Put a value at a path such as ``versions.0.energy.prices``."""

    def change(document: Any) -> None:
        *way, last = path.split(".")
        for key in way:
            document = document[int(key) if isinstance(document, list) else key]
        document[int(last) if isinstance(document, list) else last] = value

    return change


def drop(path: str) -> Change:
    """Remove what is at a path."""

    def change(document: Any) -> None:
        *way, last = path.split(".")
        for key in way:
            document = document[int(key) if isinstance(document, list) else key]
        del document[int(last) if isinstance(document, list) else last]

    return change

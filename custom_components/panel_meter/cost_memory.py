"""What panels had cost, outside of the ledger: so that no total of costs begins anew.

A tariff that is replaced by one that begins later leaves what was paid until then. A ledger that is lost takes the
energy of the past with it, and with the energy all that could be rated.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self, TypedDict

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from .const import DOMAIN
from .core.billing.opening import OpeningCost
from .core.tariff.document import JSON

STORAGE_KEY: Final = f"{DOMAIN}.costs"
STORAGE_VERSION: Final = 1


class _Stored(TypedDict):
    panels: dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """A tariff as a document, and from when on (UTC seconds) a panel was rated with it, until the next one begins."""

    tariff: dict[str, JSON]
    begin: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What is known of a panel."""

    #: Tariffs in the order of their begins; the last one is that of now.
    tariffs: tuple[Rated, ...]
    #: What was paid under all but the last, and what no energy of the ledger stands for any more.
    paid: OpeningCost = field(default_factory=OpeningCost)
    lost: OpeningCost = field(default_factory=OpeningCost)
    #: What all came to at an instant.
    at: int = 0
    totals: OpeningCost | None = None

    @property
    def currency(self) -> object:
        """That of the tariff of now."""
        return self.tariffs[-1].tariff.get("currency")

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "tariffs": [{"tariff": each.tariff, "begin": each.begin} for each in self.tariffs],
            "paid": self.paid.to_json(),
            "lost": self.lost.to_json(),
            "at": self.at,
            "totals": None if self.totals is None else self.totals.to_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The memory of `to_json`. KeyError, TypeError, ValueError or ArithmeticError if it is none."""
        tariffs = tuple(Rated(tariff=dict(each["tariff"]), begin=int(each["begin"])) for each in data["tariffs"])
        if not tariffs:
            raise ValueError("A panel that is remembered has a tariff.")
        return cls(
            tariffs=tariffs,
            paid=OpeningCost.from_json(data["paid"]),
            lost=OpeningCost.from_json(data["lost"]),
            at=int(data["at"]),
            totals=None if data["totals"] is None else OpeningCost.from_json(data["totals"]),
        )


class CostMemory:
    """Remembers panels in a store of Home Assistant."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Know nothing until ``async_load``."""
        self._store = Store[_Stored](hass, STORAGE_VERSION, STORAGE_KEY)
        self._panels: dict[str, Remembered] = {}

    async def async_load(self) -> None:
        """Read the store; what cannot be understood is forgotten."""
        stored = await self._store.async_load()
        panels = stored.get("panels") if isinstance(stored, dict) else None
        for panel_id, data in (panels if isinstance(panels, dict) else {}).items():
            try:
                self._panels[panel_id] = Remembered.from_json(data)
            except KeyError, TypeError, ValueError, ArithmeticError, AttributeError:
                continue

    def get(self, panel_id: str) -> Remembered | None:
        """What is known of a panel."""
        return self._panels.get(panel_id)

    async def async_set(self, panel_id: str, remembered: Remembered) -> None:
        """Remember a panel, at once."""
        if self._panels.get(panel_id) != remembered:
            self._panels[panel_id] = remembered
            await self.async_save()

    def note(self, panel_id: str, remembered: Remembered) -> None:
        """Remember a panel when the store is next saved."""
        self._panels[panel_id] = remembered

    async def async_save(self) -> None:
        """Write the store."""
        await self._store.async_save(self._data())

    def _data(self) -> _Stored:
        return {"panels": {panel_id: each.to_json() for panel_id, each in self._panels.items()}}

"""Readings that somebody saved by hand, as the multi-apartment monitor did: the newest of each panel."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN

STORAGE_KEY: Final = f"{DOMAIN}.saved_readings"
#: Readings that are kept of a panel.
MOST: Final = 500
SAVE_WITHIN: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedReading:
    """Present values of a panel at an instant (UTC seconds); V, A and W."""

    time: int
    voltage: float | None
    current: float | None
    power: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """The powers of saved readings, in W; None without any."""

    count: int
    average: float | None
    maximum: float | None


class SavedReadings:
    """All saved readings, by panel."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Empty until ``async_load``."""
        self._store = Store[dict[str, list[dict[str, Any]]]](hass, 1, STORAGE_KEY)
        self._readings: dict[str, list[SavedReading]] = {}
        self._saving = False

    async def async_load(self) -> None:
        """Read what is kept."""
        stored = await self._store.async_load() or {}
        self._readings = {panel: [SavedReading(**each) for each in readings] for panel, readings in stored.items()}

    async def async_remove(self) -> None:
        """Forget all of them, on disk as well."""
        self._readings.clear()
        await self._store.async_remove()
        # A save that was due is not any more.
        self._saving = False

    @callback
    def add(self, panel_id: str, reading: SavedReading) -> None:
        """Keep a reading."""
        readings = self._readings.setdefault(panel_id, [])
        readings.append(reading)
        del readings[:-MOST]
        if not self._saving:
            self._saving = True
            self._store.async_delay_save(self._content, SAVE_WITHIN)

    def of(self, panel_id: str) -> Sequence[SavedReading]:
        """The readings of a panel, the oldest first."""
        return self._readings.get(panel_id, [])

    def review(self, panel_id: str) -> Review:
        """Average, highest and number of the powers of a panel."""
        powers = [each.power for each in self.of(panel_id) if each.power is not None]
        return Review(
            count=len(self.of(panel_id)),
            average=round(sum(powers) / len(powers), 3) if powers else None,
            maximum=max(powers, default=None),
        )

    @callback
    def _content(self) -> dict[str, list[dict[str, Any]]]:
        self._saving = False
        return {panel: [asdict(each) for each in readings] for panel, readings in self._readings.items()}


_SAVED: Final[HassKey[SavedReadings]] = HassKey(f"{DOMAIN}_saved_readings")


async def async_saved(hass: HomeAssistant) -> SavedReadings:
    """The saved readings of this Home Assistant."""
    if (saved := hass.data.get(_SAVED)) is None:
        saved = SavedReadings(hass)
        await saved.async_load()
        hass.data.setdefault(_SAVED, saved)
    return hass.data[_SAVED]


async def async_remove_saved(hass: HomeAssistant) -> None:
    """Forget all saved readings when the hub is removed."""
    await (await async_saved(hass)).async_remove()

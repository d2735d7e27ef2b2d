"""The tariffs of the config entry: which panel has which, and what to do with one that is no longer understood."""

from collections.abc import Mapping
from dataclasses import dataclass
import logging
from typing import Final, TypedDict

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.storage import Store

from .const import DOMAIN, SUBENTRY_TARIFF
from .core.tariff.document import JSON
from .core.tariff.model import Tariff
from .core.tariff.problems import TariffInvalid
from .core.tariff.reading import read
from .core.tariff.writing import write

_LOGGER = logging.getLogger(__name__)

CONF_TARIFF: Final = "tariff"
CONF_PANELS: Final = "panels"
STORAGE_KEY: Final = f"{DOMAIN}.tariffs"
STORAGE_VERSION: Final = 1


_ISSUE: Final = "tariff_"


def _issue(subentry_id: str) -> str:
    return f"{_ISSUE}{subentry_id}"


class _Stored(TypedDict):
    #: Subentry id -> the last tariff that was understood.
    good: dict[str, dict[str, JSON]]


@dataclass(frozen=True, slots=True)
class Assigned:
    """A tariff and the panels that have it."""

    subentry_id: str
    tariff: Tariff
    panels: tuple[str, ...]


class Tariffs:
    """Reads the subentries, and remembers the last good form of each."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Do nothing until ``async_read``."""
        self._hass = hass
        self._entry = entry
        self._store = Store[_Stored](hass, STORAGE_VERSION, STORAGE_KEY)
        self._good: dict[str, dict[str, JSON]] | None = None

    async def async_read(self) -> Mapping[str, Tariff]:
        """Panel id -> its tariff."""
        if self._good is None:
            stored = await self._store.async_load()
            good_before = stored.get("good") if isinstance(stored, dict) else None
            self._good = dict(good_before) if isinstance(good_before, dict) else {}
        subentries = [each for each in self._entry.subentries.values() if each.subentry_type == SUBENTRY_TARIFF]
        assigned = [each for each in (self._assigned(subentry) for subentry in subentries) if each is not None]
        self._forget_issues({_issue(subentry.subentry_id) for subentry in subentries})
        good = {each.subentry_id: write(each.tariff) for each in assigned}
        if good != self._good:
            self._good = good
            await self._store.async_save({"good": good})
        return {panel_id: each.tariff for each in reversed(assigned) for panel_id in each.panels}

    def _assigned(self, subentry: ConfigSubentry) -> Assigned | None:
        listed = subentry.data.get(CONF_PANELS)
        panels = tuple(str(panel_id) for panel_id in listed) if isinstance(listed, list | tuple) else ()
        issue = _issue(subentry.subentry_id)
        try:
            tariff = read(subentry.data.get(CONF_TARIFF))
        except TariffInvalid as invalid:
            problem = "; ".join(each.text for each in invalid.problems[:3])
            _LOGGER.warning("The tariff %s is not valid: %s", subentry.title, problem)
            tariff_before = self._last_good(subentry.subentry_id)
            ir.async_create_issue(
                self._hass,
                DOMAIN,
                issue,
                is_fixable=False,
                severity=ir.IssueSeverity.ERROR,
                translation_key="tariff_invalid" if tariff_before else "tariff_unusable",
                translation_placeholders={"tariff": subentry.title, "problem": problem},
            )
            return None if tariff_before is None else Assigned(subentry.subentry_id, tariff_before, panels)
        ir.async_delete_issue(self._hass, DOMAIN, issue)
        return Assigned(subentry.subentry_id, tariff, panels)

    def _forget_issues(self, present: set[str]) -> None:
        """Those of tariffs that are gone."""
        for domain, issue in list(ir.async_get(self._hass).issues):
            if domain == DOMAIN and issue.startswith(_ISSUE) and issue not in present:
                ir.async_delete_issue(self._hass, DOMAIN, issue)

    def _last_good(self, subentry_id: str) -> Tariff | None:
        try:
            return read((self._good or {})[subentry_id])
        except KeyError, TariffInvalid:
            return None

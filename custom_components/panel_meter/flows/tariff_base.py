"""What all pages of the tariff flow have in common."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
import secrets
from typing import Any

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntryState,
    ConfigSubentry,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
import voluptuous as vol

from ..const import SUBENTRY_PANEL, SUBENTRY_TARIFF
from ..core.tariff.model import Tariff, Version
from ..core.tariff.problems import Problem, problem
from ..core.tariff.templates import newest_version
from ..core.tariff.validation import check, check_entity, dynamic_prices
from ..hub import Hub, PanelMeterConfigEntry
from .tariff_errors import Errors, Fields, Sentences, async_sentences, errors_of


class TariffPages(ConfigSubentryFlow):
    """The tariff that is being made, and forms that refuse what is wrong with it."""

    def __init__(self) -> None:
        """Begin with nothing."""
        #: As it would be saved.
        self.tariff: Tariff | None = None
        self.tariff_id = f"tariff_{secrets.token_hex(4)}"
        self.panels: list[str] = []
        #: Answers of the first of two pages that belong together.
        self.answers: dict[str, Any] = {}
        #: What is said on the last page: it is no mistake, but worth a look.
        self.remarks: list[Problem] = []

    @property
    def draft(self) -> Tariff:
        """The tariff that is being made."""
        assert self.tariff is not None
        return self.tariff

    @property
    def newest(self) -> Version:
        """Its last version."""
        return newest_version(self.draft)

    @property
    def currency(self) -> str:
        """Currency of the tariff; of a new one that of Home Assistant."""
        return self.tariff.currency if self.tariff else self.hass.config.currency

    @property
    def changes(self) -> bool:
        """Whether there is a tariff already, which is changed."""
        return self.source == SOURCE_RECONFIGURE

    def with_newest(self, version: Version) -> Tariff:
        """The tariff with another last version."""
        newest = self.newest
        return replace(self.draft, versions=tuple(version if each is newest else each for each in self.draft.versions))

    def others(self) -> list[ConfigSubentry]:
        """The other tariffs."""
        return [
            each
            for each in self._get_entry().subentries.values()
            if each.subentry_type == SUBENTRY_TARIFF and each.unique_id != self.tariff_id
        ]

    def hub(self) -> Hub | None:
        """The hub; None if it stopped while the forms were open."""
        entry: PanelMeterConfigEntry = self._get_entry()
        return entry.runtime_data if entry.state is ConfigEntryState.LOADED else None

    def panel_names(self) -> dict[str, str]:
        """Ids and names of all panels."""
        subentries = self._get_entry().subentries.values()
        return {each.unique_id or "": each.title for each in subentries if each.subentry_type == SUBENTRY_PANEL}

    async def async_errors(self, tariff: Tariff, fields: Fields) -> Errors:
        """What is wrong with a tariff, at the fields of a form. Without errors it is the new draft."""
        errors = await self.async_told(await self.async_wrong(tariff), fields)
        if not errors:
            self.tariff = tariff
        return errors

    async def async_wrong(self, tariff: Tariff) -> list[Problem]:
        """What makes a tariff impossible here."""
        found = [*check(tariff), *await async_outside(self.hass, tariff)]
        return [each for each in found if not each.warning]

    async def async_told(self, problems: Iterable[Problem], fields: Fields) -> Errors:
        """Problems at the fields of a form."""
        return errors_of(problems, fields, await self.async_sentences())

    async def async_sentences(self) -> Sentences:
        """Sentences for people."""
        return await async_sentences(self.hass)

    def show(
        self,
        step: str,
        schema: vol.Schema,
        answers: Mapping[str, Any] | None,
        errors: Errors | None = None,
        *,
        last: bool = False,
        **placeholders: str,
    ) -> SubentryFlowResult:
        """A form; what was typed stays in it."""
        found = errors or Errors()
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(schema, answers),
            errors=found.fields,
            # The placeholders of errors come last: without them an error could not be read.
            description_placeholders={"currency": self.currency, **placeholders, **found.placeholders},
            last_step=last,
        )


async def async_outside(hass: HomeAssistant, tariff: Tariff) -> list[Problem]:
    """What is wrong with the things that a tariff names: entities and its time zone."""
    found: list[Problem] = []
    for entity_id in dict.fromkeys(each.entity_id for each in dynamic_prices(tariff).values()):
        state = hass.states.get(entity_id)
        attributes: Mapping[str, Any] = state.attributes if state else {}
        unit, state_class = attributes.get("unit_of_measurement"), attributes.get("state_class")
        found += check_entity(tariff, entity_id, unit, state_class, state.state if state else None)
    if tariff.time_zone is not None and await dt_util.async_get_time_zone(tariff.time_zone) is None:
        found.append(problem("T60", "time_zone", x=tariff.time_zone))
    return found


def day(value: str) -> date:
    """The day of a date selector."""
    found: date = cv.date(value)
    return found

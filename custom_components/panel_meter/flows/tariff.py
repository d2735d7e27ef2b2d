"""The tariff of one or several panels: what a kWh costs, and what else the utility asks."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
import json
import time
from typing import Any, Final

from homeassistant.config_entries import ConfigEntryState, SubentryFlowResult
from homeassistant.core import callback
from homeassistant.helpers.selector import DateSelector
from homeassistant.util import dt as dt_util
import voluptuous as vol

from ..core.tariff import templates
from ..core.tariff.document import decimal_of
from ..core.tariff.model import Dynamic, Tariff
from ..core.tariff.problems import TariffInvalid
from ..core.tariff.reading import read
from ..core.tariff.validation import check_start, warnings
from ..core.tariff.writing import write
from ..ledger import LedgerError
from ..markdown import escaped
from ..money_preview import async_compare
from ..tariffs import CONF_PANELS, CONF_TARIFF
from . import tariff_kinds as kinds
from .tariff_base import async_outside, day
from .tariff_errors import Errors
from .tariff_extras import CONF_VALID_FROM, ExtraPages, simple_demand, simple_export
from .tariff_fields import choice, price
from .tariff_import import ImportPages, as_text
from .tariff_kinds import Kind
from .tariff_prices import amounts, with_amounts
from .tariff_summary import comparison, summary
from .tariff_units import typed
from .tariff_versions import continued, with_version

CONF_KIND: Final = "kind"
KINDS: Final = ("flat", "day_night", "seasons", "blocks", "blocks_times", "dynamic", "urdb")
#: A tariff with more amounts is changed as a document.
MOST_AMOUNTS: Final = 60
#: Panels whose last cycle is compared.
MOST_COMPARED: Final = 5


class TariffSubentryFlow(ExtraPages, ImportPages):
    """Add a tariff, or change one."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        #: The tariff to which another version is added, and the day from which on that holds.
        self._before: Tariff | None = None
        self._from = date.min
        #: Names of charges of it that the new version does not have.
        self._lost: list[str] = []

    # --- add ---

    async def async_step_user(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask what the price sheet looks like."""
        if self._get_entry().state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="hub_not_loaded")
        if not self.panel_names():
            return self.async_abort(reason="no_panels")
        return self.async_show_menu(step_id="user", menu_options=[*KINDS, "document"])

    async def async_step_flat(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """One price at all times."""
        return await self._async_kind(kinds.FLAT, user_input)

    async def async_step_day_night(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Two prices by the time of the day."""
        return await self._async_kind(kinds.DAY_NIGHT, user_input)

    async def async_step_seasons(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Seasons and peak hours."""
        return await self._async_kind(kinds.SEASONS, user_input, kinds.SEASON_PRICES)

    async def async_step_season_prices(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Their prices."""
        return await self._async_kind(kinds.SEASON_PRICES, user_input)

    async def async_step_blocks(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Prices by consumption."""
        return await self._async_kind(kinds.BLOCKS, user_input)

    async def async_step_blocks_times(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Limits of blocks, and peak hours."""
        return await self._async_kind(kinds.BLOCKS_TIMES, user_input, kinds.BLOCK_PRICES)

    async def async_step_block_prices(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Their prices."""
        return await self._async_kind(kinds.BLOCK_PRICES, user_input)

    async def async_step_dynamic(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """The price of an entity."""
        if user_input is not None:
            state = self.hass.states.get(user_input["entity"])
            self.answers["unit"] = state.attributes.get("unit_of_measurement") if state else None
        return await self._async_kind(kinds.DYNAMIC, user_input)

    async def _async_kind(
        self, kind: Kind, user_input: dict[str, Any] | None, following: Kind | None = None
    ) -> SubentryFlowResult:
        """A page of a kind; what both of two pages say makes the tariff."""
        errors = Errors()
        if user_input is not None:
            errors.fields = dict.fromkeys(kind.missing(self.currency, self.answers, user_input), "empty")
        if user_input is not None and not errors:
            answers = {**self.answers, **user_input}
            first = self._from if self._before else dt_util.now().date()
            about = kinds.basics(self.tariff_id, self.currency, first, answers)
            tariff = kind.makes(about, answers)
            errors = await self.async_told(await self.async_wrong(tariff), kind.fields)
            if not errors and following is not None:
                self.answers = answers
                return await self._async_kind(following, None)
            if not errors:
                return await self.async_built(tariff)
        schema = vol.Schema(kind.asks(self.currency, self.answers))
        return self.show(kind.step, schema, user_input or kind.suggests, errors)

    async def async_built(self, tariff: Tariff) -> SubentryFlowResult:
        """Go on with the energy prices of a tariff: a new one, or a version of the one that there is."""
        if self._before is None:
            self.tariff = tariff
            return await self.async_step_panels()
        version, self._lost = continued(templates.newest_version(self._before), tariff.versions[-1])
        whole = with_version(self._before, replace(version, valid_from=self._from))
        if wrong := await self.async_wrong(whole):
            return self._show_plan(None, await self.async_told(wrong, ()))
        self.tariff = whole
        return await self.async_step_confirm()

    async def async_whole(self) -> SubentryFlowResult:
        """Go on with a document, which says everything but the panels."""
        self.is_whole = True
        return await (self.async_step_confirm() if self.changes else self.async_step_panels())

    def document(self) -> str:
        """The tariff as it is, or a short one to begin with."""
        if self.tariff is not None:
            return as_text(self.tariff)
        if self.changes:
            # What cannot be read can still be mended.
            return json.dumps(self._get_reconfigure_subentry().data.get(CONF_TARIFF), indent=2, ensure_ascii=False)
        about = templates.Basics(
            id=self.tariff_id, name="Electricity", currency=self.currency, valid_from=dt_util.now().date()
        )
        return as_text(templates.flat(about, Decimal("0.30")))

    # --- change ---

    async def async_step_reconfigure(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask what to change."""
        if self._get_entry().state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="hub_not_loaded")
        subentry = self._get_reconfigure_subentry()
        self.tariff_id = subentry.unique_id or self.tariff_id
        self.panels = [str(panel) for panel in subentry.data.get(CONF_PANELS, ())]
        try:
            self.tariff = read(subentry.data.get(CONF_TARIFF))
        except TariffInvalid:
            return self.async_show_menu(step_id="reconfigure", menu_options=["document"])
        options = ["plan", "panels", "cycle", "charges"]
        if len(amounts(self.newest)) <= MOST_AMOUNTS:
            options.insert(0, "prices")
        # A page that cannot show everything would lose what it does not show.
        options += ["demand"] if simple_demand(self.newest) else []
        options += ["export"] if simple_export(self.newest) else []
        return self.async_show_menu(step_id="reconfigure", menu_options=[*options, "document"])

    async def async_step_prices(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """The same kind of tariff with other amounts from a day on."""
        newest, errors = self.newest, Errors()
        names = amounts(newest)
        if user_input is not None:
            errors = self._too_early(user_input)
            if not errors:
                new = {name: typed(user_input, name, amount) for name, amount in names.items()}
                version = replace(with_amounts(newest, new), valid_from=day(user_input[CONF_VALID_FROM]))
                errors = await self.async_errors(with_version(self.draft, version), ())
            if not errors:
                return await self.async_step_confirm()
        fields: dict[vol.Marker, object] = {vol.Required(CONF_VALID_FROM): DateSelector()}
        fields |= {vol.Required(name): price(self.currency) for name in names}
        suggested = {name: float(amount) for name, amount in names.items()}
        return self.show(
            "prices",
            vol.Schema(fields),
            user_input or {CONF_VALID_FROM: self._today(), **suggested},
            errors,
            valid_from=newest.valid_from.isoformat(),
        )

    async def async_step_plan(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Another kind of tariff from a day on."""
        errors = Errors()
        if user_input is not None and not (errors := self._too_early(user_input)):
            self._before, self._from = self.draft, day(user_input[CONF_VALID_FROM])
            steps: Mapping[str, Callable[[], Awaitable[SubentryFlowResult]]] = {
                "flat": self.async_step_flat,
                "day_night": self.async_step_day_night,
                "seasons": self.async_step_seasons,
                "blocks": self.async_step_blocks,
                "blocks_times": self.async_step_blocks_times,
                "dynamic": self.async_step_dynamic,
                "urdb": self.async_step_urdb,
            }
            return await steps[user_input[CONF_KIND]]()
        return self._show_plan(user_input, errors)

    def _show_plan(self, answers: dict[str, Any] | None, errors: Errors) -> SubentryFlowResult:
        schema = vol.Schema(
            {vol.Required(CONF_VALID_FROM): DateSelector(), vol.Required(CONF_KIND): choice(KINDS, "kind")}
        )
        suggested = answers or {CONF_VALID_FROM: self._today(), CONF_KIND: KINDS[0]}
        return self.show("plan", schema, suggested, errors, valid_from=self.newest.valid_from.isoformat())

    def _too_early(self, answers: dict[str, Any]) -> Errors:
        first = self.newest.valid_from
        if day(answers[CONF_VALID_FROM]) >= first:
            return Errors()
        return Errors({CONF_VALID_FROM: "too_early"}, {"first": first.isoformat()})

    def _today(self) -> str:
        """Today, or the begin of the newest version if that is still to come."""
        return max(dt_util.now().date(), self.newest.valid_from).isoformat()

    # --- the last page ---

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show what the tariff comes to, and save it."""
        if user_input is None:
            return self.show(
                "confirm",
                vol.Schema({}),
                None,
                last=True,
                name=escaped(self.draft.name),
                summary=summary(self.draft, dt_util.get_default_time_zone(), int(time.time()), self._raw),
                remarks=await self._async_remarks(),
            )
        data = {CONF_TARIFF: write(self.draft), CONF_PANELS: self.panels}
        if self.changes:
            done = self.async_update_and_abort(
                self._get_entry(), self._get_reconfigure_subentry(), title=self.draft.name, data=data
            )
            self._take_over()
            return done
        # Until the new tariff is there the panels keep their old ones: without any, their costs would be forgotten.
        self.hass.loop.call_soon(self._take_over)
        return self.async_create_entry(title=self.draft.name, data=data, unique_id=self.tariff_id)

    @callback
    def _take_over(self) -> None:
        """Take the panels out of the other tariffs; a panel has one."""
        entry = self._get_entry()
        if not any(each.unique_id == self.tariff_id for each in entry.subentries.values()):
            return
        for other in self.others():
            had = other.data.get(CONF_PANELS, ())
            left = [panel for panel in had if panel not in self.panels]
            if len(left) < len(had):
                data = {**other.data, CONF_PANELS: left}
                self.hass.config_entries.async_update_subentry(entry, other, data=data)

    async def _async_remarks(self) -> str:
        """What is worth a look: the last cycle, panels that leave another tariff, and warnings."""
        parts = [await self._async_compared(), self._moved(), await self._async_warnings()]
        return "\n\n".join(part for part in parts if part)

    async def _async_compared(self) -> str:
        names, lines, hub = self.panel_names(), list[str](), self.hub()
        if hub is None:
            return ""
        for panel in self.panels[:MOST_COMPARED]:
            try:
                compared = await async_compare(self.hass, hub, panel, self.draft)
            except LedgerError:
                break
            if compared is not None:
                lines.append(comparison(names.get(panel, panel), compared))
        return "\n".join(["**The last complete cycle**", "", *lines]) if lines else ""

    def _moved(self) -> str:
        names = self.panel_names()
        lines = [
            f"- {escaped(names.get(panel, panel))}: {escaped(other.title)}"
            for other in self.others()
            for panel in other.data.get(CONF_PANELS, ())
            if panel in self.panels
        ]
        return "\n".join(["**These panels leave another tariff**", "", *lines]) if lines else ""

    async def _async_warnings(self) -> str:
        found = [*self.remarks, *warnings(self.draft)]
        found += [each for each in await async_outside(self.hass, self.draft) if each.warning]
        if (first := await self.async_first_day(self.panels)) is not None:
            found += check_start(self.draft, first)
        lines = (await self.async_sentences()).lines(found)
        if self._lost:
            kept = escaped(", ".join(self._lost))
            lines = f"{lines}\n- The new version does not have: {kept}. Add what is still charged.".strip()
        return f"**Worth a look**\n\n{lines}" if lines else ""

    def _raw(self, dynamic: Dynamic) -> Decimal | None:
        state = self.hass.states.get(dynamic.entity_id)
        return None if state is None else decimal_of(state.state)

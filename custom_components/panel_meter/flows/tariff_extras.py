"""The pages on what every tariff has: panels, cycle and charges, demand and exported energy."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.helpers.selector import BooleanSelector, DateSelector, TimeSelector
from homeassistant.util import dt as dt_util
import voluptuous as vol

from ..core.tariff.model import (
    ZERO,
    Demand,
    DemandPer,
    DemandStat,
    Export,
    ExportMode,
    Fixed,
    FixedPer,
    NettingSpan,
    Tariff,
    Tax,
    Version,
)
from ..core.tariff.times import Cycle, Rule
from ..ledger import LedgerError
from ..markdown import escaped
from ..tariffs import CONF_PANELS
from .tariff_base import TariffPages, day
from .tariff_errors import Errors, Fields
from .tariff_fields import DAY_SETS, choice, days, many, month, price, quantity
from .tariff_units import clock, end_minute, minute, needed, number, typed, whole

CONF_VALID_FROM: Final = "valid_from"

_MOST: Final = 1e9
_CYCLE_MONTHS: Final = ("1", "2", "3", "12")
_NETTING: Final = ("0", "5", "15", "30", "60", NettingSpan.DAY.value, NettingSpan.CYCLE.value)

_CYCLE_FIELDS: Final[Fields] = (
    (r"cycle\.anchor_day", "anchor_day"),
    (r"cycle\.months", "months"),
    (r"cycle\.first_month", "first_month"),
)
_CHARGE_FIELDS: Final[Fields] = (
    (r"taxes\.\d+(\..*)?", "tax"),
    (r"versions\.\d+\.fixed\..*", "fixed"),
)
_DEMAND_FIELDS: Final[Fields] = (
    (r"versions\.\d+\.demand\.\d+\.price(\..*)?", "demand_price"),
    (r"versions\.\d+\.demand\.\d+\.window\..*", "demand_to"),
    (r"versions\.\d+\.demand\.\d+\.interval_min", "demand_interval"),
    (r"versions\.\d+\.demand\.\d+\.min_kw", "demand_min_kw"),
    (r"versions\.\d+\.demand\.\d+\.n", "demand_n"),
)
_EXPORT_FIELDS: Final[Fields] = (
    (r"versions\.\d+\.export\.prices(\..*)?", "export_price"),
    (r"versions\.\d+\.export\.netting_min", "netting"),
    (r"versions\.\d+\.export\.settle_price", "settle_price"),
    (r"versions\.\d+\.export(\..*)?", "export_mode"),
)


class ExtraPages(TariffPages):
    """Pages that add to the draft. Each ends with what comes next."""

    def __init__(self) -> None:
        """Begin with nothing chosen."""
        super().__init__()
        #: The tariff came as a document that says all of this.
        self.is_whole = False
        self._wanted: list[str] = []

    # --- panels ---

    async def async_step_panels(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Whose energy the tariff prices, and from when on."""
        names = self.panel_names()
        taken = {panel: each.title for each in self.others() for panel in each.data.get(CONF_PANELS, ())}
        errors = Errors()
        if user_input is not None:
            self.panels = [panel for panel in user_input.get(CONF_PANELS, ()) if panel in names]
            if not self.panels:
                errors.fields[CONF_PANELS] = "no_panel_chosen"
            elif self.changes or self.is_whole:
                return await self.async_step_confirm()
            elif not (errors := await self.async_errors(self._begun(day(user_input[CONF_VALID_FROM])), _START)):
                return await self.async_step_cycle()
        usual = self.panels or [panel for panel in names if panel not in taken or len(names) == 1]
        fields: dict[vol.Marker, object] = {vol.Required(CONF_PANELS): many(names)}
        suggested: dict[str, object] = {CONF_PANELS: [panel for panel in usual if panel in names]}
        if not self.changes and not self.is_whole:
            fields[vol.Required(CONF_VALID_FROM)] = DateSelector()
            first = await self.async_first_day(usual or list(names)) or dt_util.now().date()
            suggested[CONF_VALID_FROM] = first.isoformat()
        return self.show("panels", vol.Schema(fields), user_input or suggested, errors, taken=_taken(names, taken))

    def _begun(self, first: date) -> Tariff:
        return self.with_newest(replace(self.newest, valid_from=first))

    async def async_first_day(self, panels: list[str]) -> date | None:
        """The first day of which any of some panels has energy; None if there is none."""
        hub = self.hub()
        if hub is None:
            return None
        try:
            found = [await hub.writer.read(hub.ledger.first_hour, panel) for panel in panels]
        except LedgerError:
            return None
        hours = [hour for hour in found if hour is not None]
        if not hours:
            return None
        return datetime.fromtimestamp(min(hours), dt_util.get_default_time_zone()).date()

    # --- cycle, tax and fixed charge ---

    async def async_step_cycle(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """When a bill begins."""
        errors = Errors()
        if user_input is not None:
            cycle = replace(
                self.draft.cycle,
                anchor_day=whole(user_input, "anchor_day"),
                months=int(user_input["months"]),
                first_month=int(user_input["first_month"]),
            )
            if not (errors := await self.async_errors(replace(self.draft, cycle=cycle), _CYCLE_FIELDS)):
                return await self.async_step_confirm() if self.changes else await self.async_step_charges()
        schema = vol.Schema(
            {
                vol.Required("anchor_day"): quantity(1, 31, "", 1),
                vol.Required("months"): choice(_CYCLE_MONTHS, "cycle_months"),
                vol.Required("first_month"): month(),
            }
        )
        return self.show("cycle", schema, user_input or _cycle_answers(self.draft.cycle), errors)

    async def async_step_charges(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Tax and fixed charge, and whether there is more."""
        errors = Errors()
        if user_input is not None:
            errors = await self.async_errors(self._charged(user_input), _CHARGE_FIELDS)
            if not errors:
                self._wanted = [step for step in ("demand", "export") if user_input.get(step)]
                return await self._async_next_wanted()
        fields: dict[vol.Marker, object] = {}
        if len(self.draft.taxes) <= 1:
            fields[vol.Optional("tax")] = quantity(0, 1000, "%")
            fields[vol.Required("prices_include_tax")] = BooleanSelector()
        if _is_simple(self.newest.fixed):
            fields[vol.Optional("fixed")] = price(self.currency)
            fields[vol.Required("fixed_per")] = choice([each.value for each in FixedPer], "fixed_per")
        if not self.changes and simple_demand(self.newest):
            fields[vol.Required("demand")] = BooleanSelector()
        if not self.changes and simple_export(self.newest):
            fields[vol.Required("export")] = BooleanSelector()
        suggested = user_input or _charge_answers(self.draft, self.newest)
        return self.show(
            "charges", vol.Schema(fields), suggested, errors, valid_from=self.newest.valid_from.isoformat()
        )

    def _charged(self, answers: Mapping[str, Any]) -> Tariff:
        tariff, version = self.draft, self.newest
        if "prices_include_tax" in answers:
            taxes: tuple[Tax, ...] = ()
            if number(answers, "tax"):
                tax = tariff.taxes[0] if tariff.taxes else Tax(name="Tax", percent=ZERO)
                taxes = (replace(tax, percent=typed(answers, "tax", tax.percent)),)
            tariff = replace(tariff, taxes=taxes, prices_include_tax=answers["prices_include_tax"])
        if "fixed_per" not in answers:
            return tariff
        fixed: tuple[Fixed, ...] = ()
        if number(answers, "fixed"):
            usual = version.fixed[0] if version.fixed else Fixed(name="Fixed charge")
            amount = typed(answers, "fixed", usual.amount)
            fixed = (replace(usual, amount=amount, per=FixedPer(answers["fixed_per"])),)
        return replace(tariff, versions=self.with_newest(replace(version, fixed=fixed)).versions)

    async def _async_next_wanted(self) -> SubentryFlowResult:
        if not self._wanted:
            return await self.async_step_confirm()
        step = self._wanted.pop(0)
        return await (self.async_step_demand() if step == "demand" else self.async_step_export())

    # --- demand ---

    async def async_step_demand(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """A charge for the highest power."""
        errors = Errors()
        if user_input is not None:
            demand = (_demand(user_input),) if number(user_input, "demand_price") else ()
            tariff = self.with_newest(replace(self.newest, demand=demand))
            if not (errors := await self.async_errors(tariff, _DEMAND_FIELDS)):
                return await self._async_next_wanted()
        schema = vol.Schema(
            {
                vol.Optional("demand_price"): price(f"{self.currency}/kW"),
                vol.Required("demand_per"): choice([each.value for each in DemandPer], "demand_per"),
                vol.Required("demand_interval"): choice(("5", "15", "30", "60"), "minutes"),
                vol.Required("demand_days"): days(),
                vol.Optional("demand_from"): TimeSelector(),
                vol.Optional("demand_to"): TimeSelector(),
                vol.Required("demand_stat"): choice([each.value for each in DemandStat], "demand_stat"),
                vol.Required("demand_n"): quantity(1, 24, "", 1),
                vol.Required("demand_min_kw"): quantity(0, _MOST, "kW"),
            }
        )
        return self.show("demand", schema, user_input or _demand_answers(self.newest.demand), errors)

    # --- export ---

    async def async_step_export(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """What happens with energy that flows out."""
        errors = Errors()
        if user_input is not None:
            tariff = self.with_newest(replace(self.newest, export=_export(user_input, self.newest)))
            if not (errors := await self.async_errors(tariff, _EXPORT_FIELDS)):
                return await self._async_next_wanted()
        schema = vol.Schema(
            {
                vol.Required("export_mode"): choice([each.value for each in ExportMode], "export_mode"),
                vol.Optional("export_price"): price(f"{self.currency}/kWh"),
                vol.Required("netting"): choice(_NETTING, "netting"),
                vol.Required("settle_month"): month(),
                vol.Required("settle_price"): price(f"{self.currency}/kWh"),
            }
        )
        return self.show("export", schema, user_input or _export_answers(self.newest.export), errors)

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """The last page."""
        raise NotImplementedError


#: The start of the first version is the only thing that the page of the panels says of a tariff.
_START: Final[Fields] = ((r"versions\.\d+\.valid_from", CONF_VALID_FROM),)


def simple_demand(version: Version) -> bool:
    """Whether the page of the demand can show what a version says of it."""
    if not version.demand:
        return True
    (first, *others) = version.demand
    return not others and first == _demand(_demand_answers((first,)), first.name)


def simple_export(version: Version) -> bool:
    """Whether the page of exported energy can show what a version says of it."""
    export = version.export
    return export is None or export == _export(_export_answers(export), version)


def _is_simple(fixed: tuple[Fixed, ...]) -> bool:
    return len(fixed) <= 1 and not any(each.by_usage for each in fixed)


def _taken(names: Mapping[str, str], taken: Mapping[str, str]) -> str:
    lines = [f"- {escaped(names[panel])}: {escaped(title)}" for panel, title in taken.items() if panel in names]
    return "\n".join(lines)


# --- what a page shows of a tariff ---


def _cycle_answers(cycle: Cycle) -> dict[str, object]:
    return {
        "anchor_day": cycle.anchor_day,
        "months": str(cycle.months),
        "first_month": str(cycle.first_month),
    }


def _charge_answers(tariff: Tariff, version: Version) -> dict[str, object]:
    fixed = version.fixed[0] if version.fixed else Fixed(name="", per=FixedPer.MONTH)
    return {
        "tax": float(tariff.taxes[0].percent) if tariff.taxes else None,
        "prices_include_tax": tariff.prices_include_tax,
        "fixed": float(fixed.amount) if version.fixed else None,
        "fixed_per": fixed.per.value,
        "demand": bool(version.demand),
        "export": version.export is not None,
    }


def _demand_answers(demands: tuple[Demand, ...]) -> dict[str, Any]:
    demand = demands[0] if demands else Demand(name="", price=())
    rule = demand.window[0] if demand.window else Rule()
    whole = (rule.begin, rule.end) == (Rule().begin, Rule().end)
    return {
        "demand_price": float(demand.price[0]) if demand.price else None,
        "demand_per": demand.per.value,
        "demand_interval": str(demand.interval_min),
        "demand_days": next((word for word, kinds in DAY_SETS.items() if kinds == rule.days), "every_day"),
        "demand_from": None if whole else clock(rule.begin),
        "demand_to": None if whole else clock(rule.end),
        "demand_stat": demand.stat.value,
        "demand_n": demand.n,
        "demand_min_kw": float(demand.min_kw),
    }


def _demand(answers: Mapping[str, Any], name: str = "Demand") -> Demand:
    kinds = DAY_SETS[answers["demand_days"]]
    begin, end = answers.get("demand_from"), answers.get("demand_to")
    rule = Rule(days=kinds, begin=minute(begin or "00:00"), end=end_minute(end or "00:00"))
    return Demand(
        name=name,
        price=(needed(answers, "demand_price"),),
        window=() if rule == Rule() else (rule,),
        interval_min=int(answers["demand_interval"]),
        stat=DemandStat(answers["demand_stat"]),
        n=whole(answers, "demand_n"),
        min_kw=needed(answers, "demand_min_kw"),
        per=DemandPer(answers["demand_per"]),
    )


def _export_answers(export: Export | None) -> dict[str, Any]:
    shown = export or Export(mode=ExportMode.NET_BILLING)
    prices = next(iter(shown.prices.values()), ())
    netting = shown.netting
    return {
        "export_mode": shown.mode.value,
        "export_price": float(prices[0]) if prices else None,
        "netting": netting.value if isinstance(netting, NettingSpan) else str(netting),
        "settle_month": str(shown.settle_month),
        "settle_price": float(shown.settle_price),
    }


def _export(answers: Mapping[str, Any], version: Version) -> Export | None:
    mode = ExportMode(answers["export_mode"])
    if mode is ExportMode.NONE:
        return None
    value: Decimal | None = number(answers, "export_price")
    netting = answers["netting"]
    return Export(
        mode=mode,
        netting=int(netting) if netting.isdigit() else NettingSpan(netting),
        prices={} if value is None else dict.fromkeys(version.energy.period_names, (value,)),
        settle_month=int(answers["settle_month"]),
        settle_price=needed(answers, "settle_price"),
    )

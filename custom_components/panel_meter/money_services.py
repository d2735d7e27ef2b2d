"""The actions about money: bills, other tariffs, and rating anew."""

from collections.abc import Iterable
from datetime import date, datetime, time as time_of_day
from time import time
from typing import Final

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_admin_service
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType
import voluptuous as vol

from .action_targets import ATTR_PANELS, instant, loaded_entry, panel_ids
from .bill_response import bill_response
from .const import DOMAIN
from .core.billing.bill import Bill
from .core.tariff.model import Tariff
from .core.tariff.problems import TariffInvalid
from .core.tariff.reading import read
from .hub import Hub
from .money import PanelMoney
from .money_keeper import money_keeper
from .money_preview import async_bills_under
from .panel import PanelRuntime

SERVICE_GET_BILL: Final = "get_bill"
SERVICE_COMPARE_TARIFFS: Final = "compare_tariffs"
SERVICE_RERATE: Final = "rerate"
ATTR_DAY: Final = "day"
ATTR_PROJECTED: Final = "projected"
ATTR_TARIFF: Final = "tariff"
ATTR_CYCLES: Final = "cycles"
ATTR_SINCE: Final = "since"
MOST_CYCLES: Final = 36

_PANELS: Final = {vol.Optional(ATTR_PANELS): vol.All(cv.ensure_list, [cv.string])}
_GET_BILL_SCHEMA: Final = vol.Schema(
    {**_PANELS, vol.Optional(ATTR_DAY): cv.date, vol.Optional(ATTR_PROJECTED, default=False): cv.boolean}
)
_COMPARE_SCHEMA: Final = vol.Schema(
    {
        **_PANELS,
        vol.Required(ATTR_TARIFF): vol.Any(dict, cv.string),
        vol.Optional(ATTR_CYCLES, default=12): vol.All(vol.Coerce(int), vol.Range(1, MOST_CYCLES)),
    }
)
_RERATE_SCHEMA: Final = vol.Schema({**_PANELS, vol.Optional(ATTR_SINCE): cv.date})


@callback
def async_register_money_services(hass: HomeAssistant) -> None:
    """Register the actions."""

    async def get_bill(call: ServiceCall) -> ServiceResponse:
        return _get_bill(hass, call)

    async def compare_tariffs(call: ServiceCall) -> ServiceResponse:
        return await _compare_tariffs(hass, call)

    async def rerate(call: ServiceCall) -> ServiceResponse:
        return await _rerate(hass, call)

    only = SupportsResponse.ONLY
    hass.services.async_register(DOMAIN, SERVICE_GET_BILL, get_bill, _GET_BILL_SCHEMA, only)
    hass.services.async_register(DOMAIN, SERVICE_COMPARE_TARIFFS, compare_tariffs, _COMPARE_SCHEMA, only)
    async_register_admin_service(hass, DOMAIN, SERVICE_RERATE, rerate, _RERATE_SCHEMA, SupportsResponse.OPTIONAL)


def _get_bill(hass: HomeAssistant, call: ServiceCall) -> JsonObjectType:
    """The bill of the running cycle so far, of the cycle of a day, or the one that is probable."""
    bills: JsonObjectType = {}
    for panel, money in _rated(hass, call):
        bill = bill_of(money, call.data.get(ATTR_DAY), projected=call.data[ATTR_PROJECTED])
        bills[panel.id] = None if bill is None else bill_response(bill, money.tariff, _names(panel))
    return {"bills": bills}


def bill_of(money: PanelMoney, day: date | None, *, projected: bool) -> Bill | None:
    """The bill of the cycle that holds a day, by default of the running one; None if it is not known."""
    if day is not None and money.account is not None:
        past = next((bill for bill in money.account.bills if bill.first <= day < bill.end), None)
        span = money.account.account.cycle.span
        if past is not None or not span.first <= day < span.end:
            return past
    if projected:
        return money.projection.bill if money.projection else None
    return money.bill(time())


async def _compare_tariffs(hass: HomeAssistant, call: ServiceCall) -> JsonObjectType:
    """Complete cycles under the panel's own tariff and under another one."""
    hub = loaded_entry(hass).runtime_data
    other = _tariff(hub, call.data[ATTR_TARIFF])
    panels: JsonObjectType = {}
    for panel in _chosen(hass, call):
        cycles = call.data[ATTR_CYCLES]
        new = await async_bills_under(hass, hub, panel, other, other.cycle, cycles)
        present = panel.money.tariff if panel.money else None
        old: list[Bill] = []
        if present is not None and present.currency == other.currency:
            old = await async_bills_under(hass, hub, panel, present, other.cycle, cycles)
        panels[panel.id] = _compared(old, new, present, other)
    return {"panels": panels}


def _compared(old: Iterable[Bill], new: Iterable[Bill], present: Tariff | None, other: Tariff) -> JsonObjectType:
    before = {bill.first: float(round(bill.total, 6)) for bill in old}
    after = {bill.first: bill for bill in new}
    return {
        "present_tariff": present.name if present else None,
        "other_tariff": other.name,
        "currency": other.currency,
        "cycles": [
            {
                "first_day": first.isoformat(),
                "next_bill": bill.end.isoformat(),
                "imported_kwh": float(round(bill.imported_kwh, 6)),
                "present": before.get(first),
                "other": float(round(bill.total, 6)),
            }
            for first, bill in sorted(after.items())
        ],
        "present_total": round(sum(before.values()), 6) if before else None,
        "other_total": float(round(sum(bill.total for bill in after.values()), 6)),
    }


async def _rerate(hass: HomeAssistant, call: ServiceCall) -> JsonObjectType:
    """Rate anew from a day on, or from the beginning, and tell what that changed."""
    since = call.data.get(ATTR_SINCE)
    begin = 0 if since is None else instant(dt_util.start_of_local_day(datetime.combine(since, time_of_day())))
    panels: JsonObjectType = {}
    for panel, money in _rated(hass, call):
        before = money.now(time())
        await money_keeper(hass).async_rate_anew(panel, begin)
        after = money.now(time())
        panels[panel.id] = {
            "cost_before": None if before is None else float(round(before.cost, 6)),
            "cost_after": None if after is None else float(round(after.cost, 6)),
        }
    return {"panels": panels}


def _tariff(hub: Hub, given: str | dict[str, object]) -> Tariff:
    """A tariff by its name, or as JSON."""
    if isinstance(given, str):
        for panel in hub.panels.values():
            if panel.money is not None and given in (panel.money.tariff.name, panel.money.tariff.id):
                return panel.money.tariff
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="no_such_tariff", translation_placeholders={"tariff": given}
        )
    try:
        return read(given)
    except TariffInvalid as invalid:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="tariff_not_valid",
            translation_placeholders={"problem": "; ".join(problem.text for problem in invalid.problems[:3])},
        ) from invalid


def _chosen(hass: HomeAssistant, call: ServiceCall) -> list[PanelRuntime]:
    panels = list(loaded_entry(hass).runtime_data.panels.values())
    known = [panel.description for panel in panels if panel.description is not None]
    only = panel_ids(hass, known, call.data[ATTR_PANELS]) if ATTR_PANELS in call.data else None
    return [panel for panel in panels if panel.description is not None and (only is None or panel.id in only)]


def _rated(hass: HomeAssistant, call: ServiceCall) -> list[tuple[PanelRuntime, PanelMoney]]:
    """The chosen panels that have a tariff; an error if none has."""
    found = [(panel, panel.money) for panel in _chosen(hass, call) if panel.money is not None]
    if not found:
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="no_tariff")
    return found


def _names(panel: PanelRuntime) -> dict[str, str]:
    return {channel.id: channel.name for channel in panel.description.channels} if panel.description else {}

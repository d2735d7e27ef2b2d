"""What can be asked about money: bills and tariffs."""

from collections.abc import Iterable
from datetime import date
from time import time
from typing import Final

from homeassistant.config_entries import ConfigSubentry
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..bill_response import bill_response
from ..const import SUBENTRY_TARIFF
from ..core.billing.bill import Bill
from ..core.tariff.model import Tariff
from ..core.tariff.problems import TariffInvalid
from ..core.tariff.reading import read
from ..core.tariff.writing import write
from ..hub import Hub
from ..money import PanelMoney
from ..money_services import bill_of
from ..panel import PanelRuntime
from ..tariffs import CONF_PANELS, CONF_TARIFF
from .problem import not_found
from .queries import seen_panels
from .sight import Sight

#: The entity that a bill is seen by.
_BILL: Final = "bill_so_far"


def bill(panel: PanelRuntime, sight: Sight, day: date | None, *, projected: bool) -> JsonObjectType:
    """The bill of the running cycle so far, of the cycle of a day, or the probable one; Problem 404 without one."""
    if panel.money is None or not sight.value(panel.id, None, _BILL):
        raise not_found("The panel has no tariff, and so no bill.")
    found = bill_of(panel.money, day, projected=projected)
    if found is None:
        raise not_found("There is no such bill, or it is not worked out yet.")
    return _answer(panel, panel.money, found, sight)


def bills(
    hub: Hub, sight: Sight, only: Iterable[str] | None, offset: int, limit: int
) -> tuple[list[JsonValueType], int]:
    """Some of all bills, those of running cycles first and then the newest, and how many there are."""
    found: list[tuple[PanelRuntime, PanelMoney, Bill]] = []
    for panel in seen_panels(hub, sight, only):
        if (money := panel.money) is None or not sight.value(panel.id, None, _BILL):
            continue
        if (running := money.bill(time())) is not None:
            found.append((panel, money, running))
        if money.account is not None:
            found += [(panel, money, past) for past in money.account.bills]
    found.sort(key=lambda each: (each[2].closed, -each[2].start_instant))
    page = found[offset : offset + limit]
    return [_answer(panel, money, each, sight) for panel, money, each in page], len(found)


def tariffs(hub: Hub, sight: Sight) -> list[JsonObjectType]:
    """The tariffs, each as its document and with the panels that have it.

    Whoever does not see everything sees the tariffs of the panels whose price they see.
    """
    found: list[JsonObjectType] = []
    for subentry in hub.entry.subentries.values():
        if subentry.subentry_type != SUBENTRY_TARIFF:
            continue
        panels = [
            str(panel_id)
            for panel_id in subentry.data.get(CONF_PANELS, ())
            if panel_id in hub.panels and sight.value(str(panel_id), None, "price")
        ]
        if panels or sight.whole:
            found.append(_tariff(subentry, panels))
    return found


def _tariff(subentry: ConfigSubentry, panels: list[str]) -> JsonObjectType:
    valid = _read(subentry)
    return {
        "id": subentry.subentry_id,
        "name": subentry.title,
        "valid": valid is not None,
        "currency": valid.currency if valid else None,
        "panels": list[JsonValueType](panels),
        "document": dict[str, JsonValueType](write(valid)) if valid else None,
    }


def _read(subentry: ConfigSubentry) -> Tariff | None:
    try:
        return read(subentry.data.get(CONF_TARIFF))
    except TariffInvalid:
        return None


def _answer(panel: PanelRuntime, money: PanelMoney, found: Bill, sight: Sight) -> JsonObjectType:
    names = {channel.id: channel.name for channel in panel.description.channels} if panel.description else {}
    answer = bill_response(found, money.tariff, names)
    if not all(sight.value(panel.id, circuit.name, "cost") for circuit in found.circuits):
        # A part of the circuits would tell what the others cost: then it is the bill of the panel as a whole.
        answer = {key: value for key, value in answer.items() if key not in ("circuits", "demands", "not_metered")}
    return {"panel": panel.id, **answer}

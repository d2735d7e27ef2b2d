"""What complete cycles of a panel come to under any tariff, its own or another one."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from time import time

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from . import rating
from .core.billing.bill import Bill
from .core.billing.cycles import cycle_at
from .core.billing.panel_usage import wiring_of
from .core.tariff.model import Tariff
from .core.tariff.rulebook import Rulebook
from .core.tariff.times import Cycle
from .hub import Hub
from .ledger import Ledger
from .panel import PanelRuntime
from .rating import Terms


@dataclass(frozen=True, slots=True)
class Comparison:
    """A complete cycle under the present and under another tariff."""

    first: date
    #: The first day that does not belong to it.
    end: date
    #: None without a present tariff, or where it asks another currency.
    old_total: Decimal | None
    new_total: Decimal
    currency: str


async def async_compare(hass: HomeAssistant, hub: Hub, panel_id: str, tariff: Tariff) -> Comparison | None:
    """The last complete cycle; None if the ledger has no energy of it.

    Both tariffs are taken as if they had always been valid, with the cycle of the new one.
    """
    panel = hub.panels.get(panel_id)
    new = [] if panel is None else await async_bills_under(hass, hub, panel, tariff, tariff.cycle, 1)
    if panel is None or not new:
        return None
    present = panel.money.tariff if panel.money else None
    old: list[Bill] = []
    if present is not None and present.currency == tariff.currency:
        old = await async_bills_under(hass, hub, panel, present, tariff.cycle, 1)
    return Comparison(new[0].first, new[0].end, old[0].total if old else None, new[0].total, tariff.currency)


async def async_bills_under(
    hass: HomeAssistant, hub: Hub, panel: PanelRuntime, tariff: Tariff, cycle: Cycle, number: int
) -> list[Bill]:
    """The bills of the last complete cycles of which the ledger has energy, under the newest version of a tariff."""
    if panel.description is None:
        return []
    zone = dt_util.get_default_time_zone()
    always = _always_valid(tariff, cycle)
    book = Rulebook(always, zone)
    prices = await hub.writer.read(rating.recorded_prices, hub.ledger, always)
    terms = Terms(panel.id, book, wiring_of(panel.description), zone, prices)
    return await hub.writer.read(_bills, hub.ledger, terms, int(time()), number)


def _always_valid(tariff: Tariff, cycle: Cycle) -> Tariff:
    """The tariff with its newest version only, as if it had always been there."""
    newest = max(tariff.versions, key=lambda version: version.valid_from)
    return replace(tariff, versions=(replace(newest, valid_from=date(2000, 1, 1)),), cycle=cycle)


def _bills(ledger: Ledger, terms: Terms, now: int, number: int) -> list[Bill]:
    clock, cycle = terms.book.clock, terms.book.tariff.cycle
    present = begin = rating.present_cycle(terms.book.tariff, terms.book, now)
    for _ in range(number):
        begin = clock.start(cycle_at(cycle, clock.day_at(begin - 1).date).first)
    bills = rating.rate_history(ledger, terms, (), begin, present)
    return [bill for bill in bills if bill.imported_kwh + bill.exported_kwh]

"""Finds bills, projections, prices, demand and what changed since the cycle before."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from time import time
from typing import Final

from homeassistant.util import dt as dt_util

from ..api.sight import Sight
from ..core.billing.bill import Bill
from ..core.billing.demand import Peak
from ..core.billing.outlook import PriceStep, price_steps
from ..core.calendar import local_day, start_of_day
from ..core.questions.found import Found, Line, Notes, Unit
from ..core.questions.model import Period, Query, Within
from ..core.questions.spans import days
from ..money import PanelMoney
from ..money_keeper import money_keeper
from ..panel import PanelRuntime
from .amounts import Asker, cycles_of
from .home import panel_name

#: Hours ahead in which the cheapest ones are looked for.
AHEAD: Final = 24
_LAST: Final = frozenset({Within.LAST_MONTH, Within.LAST_CYCLE, Within.MONTH})


def _rated(asker: Asker, query: Query, key: str) -> tuple[list[tuple[PanelRuntime, PanelMoney]], Notes]:
    """The panels of a query with a tariff whose value may be seen, and notes on the others."""
    found: list[tuple[PanelRuntime, PanelMoney]] = []
    without: list[str] = []
    rating: list[str] = []
    for panel in asker.panels(query):
        if panel.money is None:
            without.append(panel_name(asker.hub, panel))
        elif panel.money.account is None:
            rating.append(panel_name(asker.hub, panel))
        elif asker.sight.value(panel.id, None, key):
            found.append((panel, panel.money))
    # A panel without a tariff beside others is meant to have none.
    return found, Notes(no_tariff=() if found else tuple(without), rating=tuple(rating))


async def async_bill(asker: Asker, query: Query) -> Found:
    """The bill so far, or that of a cycle that is over."""
    rated, notes = _rated(asker, query, "bill_so_far")
    past = query.period is not None and query.period.within in _LAST
    lines: list[Line] = []
    for panel, money in rated:
        bill = _past_bill(money, panel, query.period) if past and query.period else money.bill(time())
        lines.append(_money_line(asker, panel, money, bill.total if bill else None))
    return Found(query=query, lines=tuple(lines), notes=notes, visible=bool(lines or notes.no_tariff or notes.rating))


def _money_line(asker: Asker, panel: PanelRuntime, money: PanelMoney, value: Decimal | None) -> Line:
    return Line(name=panel_name(asker.hub, panel), unit=Unit.MONEY, value=value, currency=money.tariff.currency)


def _past_bill(money: PanelMoney, panel: PanelRuntime, period: Period) -> Bill | None:
    """The bill of the cycle that holds most of a month, or of the cycle before the running one."""
    bills = money.account.bills if money.account else []
    if period.within is Within.LAST_CYCLE:
        return bills[-1] if bills else None
    first, after = days(period, _today(), cycles_of(panel))
    best = max(bills, key=lambda bill: _common(bill, first, after), default=None)
    return best if best is not None and _common(best, first, after) > 0 else None


def _common(bill: Bill, first: date, after: date) -> int:
    return (min(bill.end, after) - max(bill.first, first)).days


def _today() -> date:
    return local_day(int(time()), dt_util.get_default_time_zone())


async def async_projection(asker: Asker, query: Query) -> Found:
    """What the bill of the running cycle will probably come to."""
    rated, notes = _rated(asker, query, "projected_bill")
    lines: list[Line] = []
    for panel, money in rated:
        line = _money_line(asker, panel, money, None)
        if (projection := money.projection) is not None:
            line = replace(line, value=projection.bill.total, low=projection.low.total, high=projection.high.total)
        lines.append(line)
    return Found(query=query, lines=tuple(lines), notes=notes, visible=bool(lines or notes.no_tariff or notes.rating))


# --- prices ---


async def async_price(asker: Asker, query: Query) -> Found:
    """The price now, and the next one."""
    rated, notes = _rated(asker, query, "price")
    lines: list[Line] = []
    now = time()
    for panel, money in rated:
        change = money.next_change(now)
        later = money.account.price(change) if change is not None and money.account else None
        lines.append(
            Line(
                name=panel_name(asker.hub, panel),
                unit=Unit.PRICE,
                value=money.price(now),
                other=later,
                start=change if later is not None else None,
                currency=money.tariff.currency,
                label=(money.period(now) or "") if asker.sight.value(panel.id, None, "price_period") else "",
            )
        )
    return Found(query=query, lines=tuple(lines), notes=notes)


async def async_cheapest(asker: Asker, query: Query) -> Found:
    """When a kWh costs the least in the day to come."""
    rated, notes = _rated(asker, query, "price")
    lines: list[Line] = []
    for panel, money in rated:
        steps = _ahead(money, query.period)
        best = min(steps, key=lambda step: (step.price or 0, step.start), default=None)
        line = Line(
            name=panel_name(asker.hub, panel),
            unit=Unit.PRICE,
            value=best.price if best else None,
            currency=money.tariff.currency,
        )
        if best is not None and len({step.price for step in steps}) > 1:
            same = _stretch(steps, best)
            line = replace(line, start=same[0].start, end=same[-1].end)
        lines.append(line)
    return Found(query=query, lines=tuple(lines), notes=notes)


def _ahead(money: PanelMoney, period: Period | None) -> list[PriceStep]:
    """The known prices of the hours to come; none where an entity tells them when their time comes."""
    now = int(time())
    version = money.book.version_at(now)
    if money.account is None or version is None or version.energy.dynamic is not None:
        return []
    steps = [step for step in price_steps(money.account, now, AHEAD) if step.price is not None and step.end > now]
    if period is None:
        return steps
    zone = dt_util.get_default_time_zone()
    midnight = start_of_day(days(period, local_day(now, zone))[1], zone)
    return [replace(step, end=min(step.end, midnight)) for step in steps if step.start < midnight]


def _stretch(steps: list[PriceStep], best: PriceStep) -> list[PriceStep]:
    """The neighbours with the same price."""
    at = steps.index(best)
    last = at
    while last + 1 < len(steps) and steps[last + 1].price == best.price:
        last += 1
    return steps[at : last + 1]


# --- demand ---


async def async_demand(asker: Asker, query: Query) -> Found:
    """The highest demand of the running cycle, or of one that is over."""
    rated, notes = _rated(asker, query, "peak_demand")
    past = query.period is not None and query.period.within in _LAST
    lines: list[Line] = []
    for panel, money in rated:
        bill = _past_bill(money, panel, query.period) if past and query.period else None
        peaks = _peaks_of(bill) if past else [each.highest for each in money.demands(time()) if each.highest]
        highest = max(peaks, key=lambda peak: peak.kw, default=None)
        line = Line(name=panel_name(asker.hub, panel), unit=Unit.KILOWATT)
        if highest is not None:
            line = replace(line, value=highest.kw, start=highest.start, end=highest.end)
        lines.append(line)
    if not lines:
        lines = [Line(name=panel_name(asker.hub, panel), unit=Unit.KILOWATT) for panel in asker.panels(query)]
    return Found(query=query, lines=tuple(lines), notes=notes, visible=bool(lines))


def _peaks_of(bill: Bill | None) -> list[Peak]:
    return [peak for demand in bill.demands for peak in demand.peaks] if bill else []


# --- why the bill is higher ---


async def async_why(asker: Asker, query: Query) -> Found:
    """What the running cycle costs beside the one before at the same point, by circuit."""
    rated, notes = _rated(asker, query, "cost_this_cycle")
    lines = [await _so_far(asker, panel, money) for panel, money in rated]
    return Found(query=query, lines=tuple(lines), notes=notes, visible=bool(lines or notes.no_tariff or notes.rating))


async def _so_far(asker: Asker, panel: PanelRuntime, money: PanelMoney) -> Line:
    """The running cycle and the one before at the same point."""
    line, now = _money_line(asker, panel, money, None), int(time())
    costs, cycles, account = money.now(now), cycles_of(panel), money.account
    if costs is None or cycles is None or account is None or not account.bills:
        return line
    zone = dt_util.get_default_time_zone()
    begin, before = (start_of_day(day, zone) for day in cycles)
    if account.bills[-1].start_instant != before:
        return line
    point = min(before + now - begin, begin)
    found = await money_keeper(asker.hass).async_costs_at(panel, [before, point])
    if not found:
        return line
    old = dict(zip(money.circuits, _less(found[1].circuits, found[0].circuits), strict=False))
    new = dict(zip(money.circuits, costs.cycle_circuits, strict=False))
    parts = _changes(panel, asker.sight, money, old, new)
    return replace(line, value=costs.cycle, other=found[1].cost - found[0].cost, parts=parts)


def _less(values: tuple[Decimal, ...], base: tuple[Decimal, ...]) -> Iterable[Decimal]:
    padded = base + (Decimal(0),) * (len(values) - len(base))
    return [value - before for value, before in zip(values, padded, strict=False)]


def _changes(
    panel: PanelRuntime, sight: Sight, money: PanelMoney, old: dict[str, Decimal], new: dict[str, Decimal]
) -> tuple[Line, ...]:
    """The circuits by how much they changed, the largest first."""
    channels = panel.description.channels if panel.description else ()
    lines = [
        Line(
            name=channel.name,
            unit=Unit.MONEY,
            value=new.get(channel.id, Decimal(0)),
            other=old.get(channel.id, Decimal(0)),
            currency=money.tariff.currency,
        )
        for channel in channels
        if (channel.id in old or channel.id in new) and sight.channel(panel.id, channel.id)
    ]
    return tuple(sorted(lines, key=lambda line: abs(Decimal(line.value or 0) - Decimal(line.other or 0)), reverse=True))

"""What the views ask beyond what is measured: prices to come, the demand clock, past bills, usage and health."""

from collections import Counter
from time import time
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..core.billing.demand import Peak
from ..core.billing.outlook import price_steps
from ..hub import Hub
from ..ledger import LedgerError, LedgerStats
from ..panel import PanelRuntime
from .problem import not_found
from .queries import async_health, local, seen_panels
from .sight import Sight

#: Decimals of prices and powers.
_DIGITS: Final = 6


def prices(panel: PanelRuntime, sight: Sight, hours: int) -> JsonObjectType:
    """Price of a kWh from now on, in the currency that stands beside it. Problem 404 without a tariff."""
    money = panel.money
    if money is None or not sight.value(panel.id, None, "price"):
        raise not_found("The panel has no tariff, and so no price.")
    now = int(time())
    steps = price_steps(money.account, now, hours) if money.account else ()
    version = money.book.version_at(now)
    return {
        "panel": panel.id,
        "tariff": money.tariff.name,
        "currency": money.tariff.currency,
        "dynamic": version is not None and version.energy.dynamic is not None,
        "steps": [
            {
                "start": local(step.start),
                "end": local(step.end),
                "price_per_kwh": None if step.price is None else float(round(step.price, _DIGITS)),
                "period": step.period,
            }
            for step in steps
        ],
    }


def demand(panel: PanelRuntime, sight: Sight) -> JsonObjectType:
    """Every demand that the tariff charges: its running interval so far, and the highest one of the cycle."""
    money = panel.money
    if money is None or not sight.value(panel.id, None, "price"):
        raise not_found("The panel has no tariff, and so no demand.")
    found = money.demands(time()) if sight.value(panel.id, None, "demand") else []
    return {
        "panel": panel.id,
        "demands": [
            {"name": each.name, "running": _peak(each.running), "highest": _peak(each.highest)} for each in found
        ],
    }


def _peak(peak: Peak | None) -> JsonObjectType | None:
    if peak is None:
        return None
    return {"start": local(peak.start), "end": local(peak.end), "kw": float(round(peak.kw, _DIGITS))}


async def async_condition(hass: HomeAssistant, hub: Hub, sight: Sight) -> JsonObjectType:
    """Whether everything works, with what was refused, what was repaired and how large the ledger is."""
    health = await async_health(hass, hub, sight)
    stats = await _stats(hub)
    if stats is not None and sight.whole:
        health["ledger"] = {**_writing(hub), **_numbers(stats)}
    panels: list[JsonValueType] = [_panel(panel, stats) for panel in seen_panels(hub, sight)]
    return {**health, "panels": panels}


async def _stats(hub: Hub) -> LedgerStats | None:
    """Numbers of the ledger; None while it cannot be asked, which its health tells."""
    try:
        return await hub.writer.read(hub.ledger.stats)
    except LedgerError, RuntimeError:
        return None


def _writing(hub: Hub) -> JsonObjectType:
    return {"writable": not hub.writer.failing, "waiting_changes": hub.writer.pending}


def _numbers(stats: LedgerStats) -> JsonObjectType:
    return {
        "size_bytes": stats.size_bytes,
        "intervals": stats.intervals,
        "bills": stats.bills,
        "oldest": None if stats.oldest is None else local(stats.oldest),
        "newest": None if stats.newest is None else local(stats.newest),
    }


def _panel(panel: PanelRuntime, stats: LedgerStats | None) -> JsonObjectType:
    rows = Counter(stats.rejected.get(panel.id, {})) if stats else Counter[str]()
    description = panel.description
    return {
        "id": panel.id,
        "online": panel.connected,
        "last_seen": None if panel.last_seen is None else local(int(panel.last_seen)),
        "firmware": description.firmware if description else None,
        "rejected_messages": sum(panel.rejections.values()),
        "rejections": {str(reason): count for reason, count in panel.rejections.items()},
        "rejected_rows": {str(reason): count for reason, count in rows.items()},
        "events": {str(event): count for event, count in panel.events.items()},
    }

"""What a person sends along with a question: everything that helps, no name and no secret."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Final

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.core import HomeAssistant
import orjson

from .alerts.routes import CONF_NOTIFICATIONS
from .core.tariff.writing import write
from .hub import PanelMeterConfigEntry
from .money import PanelMoney
from .panel import PanelRuntime

#: Names that people give; ids stay, because without them a dump cannot be replayed.
TO_REDACT: Final = {"name", "title"}


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: PanelMeterConfigEntry) -> dict[str, Any]:
    """Diagnostics of the hub. ``messages`` of a panel can be replayed: ``python -m simulator --dump FILE``."""
    hub = entry.runtime_data
    stats = await hub.writer.read(hub.ledger.stats)
    return {
        "entry": {
            "options": async_redact_data(dict(entry.options), {CONF_NOTIFICATIONS}),
            "formats": sorted(hub.options.formats),
        },
        "ledger": {
            "version": stats.version,
            "size_bytes": stats.size_bytes,
            "intervals": stats.intervals,
            "oldest": stats.oldest,
            "newest": stats.newest,
            "prices": stats.prices,
            "bills": stats.bills,
            "rejected": {panel: dict(reasons) for panel, reasons in stats.rejected.items()},
            "failing": hub.writer.failing,
            "pending": hub.writer.pending,
        },
        "rejections_of_unknown_panels": dict(hub.rejections),
        "panels": [_panel(panel) for panel in hub.panels.values()],
    }


def _panel(panel: PanelRuntime) -> Mapping[str, Any]:
    meter, description = panel.meter, panel.description
    return {
        "id": panel.id,
        "codec": description.codec if description else None,
        "model": description.model if description else None,
        "firmware": description.firmware if description else None,
        "available": panel.available,
        "last_seen": panel.last_seen,
        "patience": panel.patience(),
        "rejections": dict(panel.rejections),
        "events": {str(event): count for event, count in panel.events.items()},
        "money": _money(panel.money) if panel.money else None,
        "totals": {str(register): total for register, total in meter.totals.items()} if meter else {},
        "messages": [
            {"time": time, "topic": topic, "payload": _payload(payload)} for time, topic, payload in panel.recent
        ],
    }


def _money(money: PanelMoney) -> Mapping[str, Any]:
    account = money.account
    return {
        "tariff": async_redact_data(write(money.tariff), TO_REDACT),
        "rated_until": account.until if account else None,
        "bills": len(account.bills) if account else 0,
    }


def _payload(payload: bytes) -> object:
    """The message as it came, without names; what is no JSON is kept as base64."""
    try:
        return async_redact_data(orjson.loads(payload), TO_REDACT)
    except orjson.JSONDecodeError:
        return {"base64": b64encode(payload).decode()}

"""What can be asked of the panels, once for REST, WebSocket and the old paths. Answers are plain JSON.

Everything takes the loaded hub and the sight of whoever asks: what is not seen is left out, and a panel of which
nothing is seen does not exist. Energies are kWh to 1 mWh, money is in the currency that stands beside it, times are
local times with their distance from UTC.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from time import time
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.loader import async_get_integration
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..const import DOMAIN
from ..core.balance import remainder
from ..core.model import MILLIWATT_HOURS_PER_KWH, Channel, Direction, Panel, Register, Role
from ..core.tariff.currency import digits
from ..hub import Hub, PanelMeterConfigEntry
from ..panel import PanelRuntime
from .problem import not_found, unavailable
from .sight import Sight

#: Keys of the entities that a value of a channel is read by.
_CHANNEL_VALUES: Final = ("power", "current", "power_factor")


@callback
def loaded_hub(hass: HomeAssistant) -> Hub:
    """The hub; Problem 503 while it is not loaded."""
    entries: list[PanelMeterConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    if not entries:
        raise unavailable()
    return entries[0].runtime_data


def seen_panels(hub: Hub, sight: Sight, only: Iterable[str] | None = None) -> list[PanelRuntime]:
    """The panels that are seen, or of these the named ones; Problem 404 if one of those is not there."""
    seen = {panel.id: panel for panel in hub.panels.values() if sight.panel(panel.id)}
    if only is None:
        return list(seen.values())
    return [_named(seen, panel_id) for panel_id in dict.fromkeys(only)]


def seen_panel(hub: Hub, sight: Sight, panel_id: str) -> PanelRuntime:
    """A panel; Problem 404 if it is not there, or not seen."""
    return seen_panels(hub, sight, (panel_id,))[0]


def seen_channels(panel: PanelRuntime, sight: Sight) -> list[Channel]:
    """The channels of a panel that are seen, in their order."""
    channels = panel.description.channels if panel.description else ()
    return [channel for channel in channels if sight.channel(panel.id, channel.id)]


def seen_registers(panel: PanelRuntime, sight: Sight) -> list[Register]:
    """The registers of a panel whose energy is seen, in their order."""
    registers = panel.description.registers if panel.description else ()
    return [each for each in registers if sight.value(panel.id, each.channel, f"energy_{each.direction}")]


def _named(panels: Mapping[str, PanelRuntime], panel_id: str) -> PanelRuntime:
    if (panel := panels.get(panel_id)) is None:
        raise not_found("There is no such panel.")
    return panel


# --- what there is ---


@callback
def panels(hass: HomeAssistant, hub: Hub, sight: Sight, only: Iterable[str] | None = None) -> list[JsonObjectType]:
    """What each panel is, its channels by role, and the entities that tell their values."""
    entities = _entities(hass, hub)
    return [_structure(hub, panel, sight, entities[panel.id]) for panel in seen_panels(hub, sight, only)]


type _ByChannel = Mapping[str | None, Mapping[str, str]]


def _entities(hass: HomeAssistant, hub: Hub) -> Mapping[str, _ByChannel]:
    """Entity ids by panel, channel (None: the panel itself) and key."""
    found: dict[str, dict[str | None, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for entity in er.async_entries_for_config_entry(er.async_get(hass), hub.entry.entry_id):
        if entity.disabled_by is not None or "/" not in entity.unique_id:
            # The others are of the hub.
            continue
        panel_id, *channel, key = entity.unique_id.split("/")
        found[panel_id][channel[0] if channel else None][key] = entity.entity_id
    return found


def _structure(hub: Hub, panel: PanelRuntime, sight: Sight, entities: _ByChannel) -> JsonObjectType:
    description = panel.description
    channels = seen_channels(panel, sight)
    roles: JsonObjectType = {role.value: [each.id for each in channels if each.role is role] for role in Role}
    return {
        "id": panel.id,
        "name": _title(hub, panel),
        "online": panel.connected,
        "last_seen": None if panel.last_seen is None else local(int(panel.last_seen)),
        "device_id": panel.device_id,
        "codec": description.codec if description else None,
        "model": description.model if description else None,
        "firmware": description.firmware if description else None,
        "nominal_voltage_v": description.nominal_voltage if description else None,
        "live_interval_s": description.live_interval if description else None,
        "tariff": panel.money.tariff.name if panel.money and sight.value(panel.id, None, "price") else None,
        "currency": panel.money.tariff.currency if panel.money else None,
        "roles": roles,
        "entities": _readable(panel.id, None, sight, entities),
        "channels": [_channel(panel.id, each, sight, entities) for each in channels],
    }


def _channel(panel_id: str, channel: Channel, sight: Sight, entities: _ByChannel) -> JsonObjectType:
    return {
        "id": channel.id,
        "name": channel.name,
        "role": channel.role.value,
        "phase": channel.phase.value if channel.phase else None,
        "rating_a": channel.rating,
        "slot": channel.slot,
        "poles": channel.poles,
        "parent": channel.parent,
        "entities": _readable(panel_id, channel.id, sight, entities),
    }


def _readable(panel_id: str, channel_id: str | None, sight: Sight, entities: _ByChannel) -> JsonObjectType:
    known = entities.get(channel_id, {})
    return {key: entity_id for key, entity_id in known.items() if sight.value(panel_id, channel_id, key)}


# --- now ---


@callback
def live(hub: Hub, panel: PanelRuntime, sight: Sight) -> JsonObjectType:
    """The present values of a panel; those of one that does not speak are not known."""
    measured, believed = panel.measurements, panel.available

    def value(values: tuple[float | None, ...], position: int, places: int) -> float | None:
        found = values[position] if believed and position < len(values) else None
        return None if found is None else round(found, places)

    def alone(key: str, found: float | None) -> float | None:
        return found if believed and sight.value(panel.id, None, key) else None

    channels: JsonObjectType = {}
    for position, channel in enumerate(panel.description.channels if panel.description else ()):
        power, current, factor = (sight.value(panel.id, channel.id, key) for key in _CHANNEL_VALUES)
        if power or current or factor:
            channels[channel.id] = {
                "power_w": value(measured.power, position, 1) if power else None,
                "current_a": value(measured.current, position, 3) if current else None,
                "power_factor": value(measured.power_factor, position, 4) if factor else None,
            }
    phases = range(len(measured.voltage))
    rest = remainder(panel.description, measured) if panel.description else None
    return {
        "id": panel.id,
        "name": _title(hub, panel),
        "online": panel.connected,
        "last_seen": None if panel.last_seen is None else local(int(panel.last_seen)),
        "channels": channels,
        "voltage_v": [alone(f"voltage_{phase + 1}", value(measured.voltage, phase, 1)) for phase in phases],
        "frequency_hz": alone("frequency", measured.frequency),
        "temperature_c": alone("temperature", measured.temperature),
        "not_metered_w": alone("power_remainder", None if rest is None else round(rest, 1)),
    }


@callback
def summary(hub: Hub, panel: PanelRuntime, sight: Sight) -> JsonObjectType:
    """A panel on one card: power now, energy of the day and month, costs, the bill and where it is going."""
    now = time()
    return {
        "id": panel.id,
        "name": _title(hub, panel),
        "online": panel.connected,
        "last_seen": None if panel.last_seen is None else local(int(panel.last_seen)),
        "power_w": _consumed_power(panel, sight),
        "energy_today_kwh": energy_today(panel, sight),
        "energy_this_month_kwh": (
            kwh(panel.running(panel.month)) if sight.value(panel.id, None, "energy_this_month") else None
        ),
        **_costs_now(panel, sight, now),
    }


def energy_today(panel: PanelRuntime, sight: Sight) -> float | None:
    """What a panel has drawn since local midnight, with what live messages say; in kWh."""
    return kwh(panel.running(panel.day)) if sight.value(panel.id, None, "energy_today") else None


def _consumed_power(panel: PanelRuntime, sight: Sight) -> float | None:
    """What flows into the panel: its mains, or all of its circuits side by side."""
    found = 0.0
    for channel in dict.fromkeys(register.channel for register in panel.consumption):
        position, powers = panel.position(channel), panel.measurements.power
        if position is None or position >= len(powers) or not panel.available:
            return None
        power = powers[position]
        if power is None or not sight.value(panel.id, channel, "power"):
            return None
        found += power
    return round(found, 1) if panel.consumption else None


def _costs_now(panel: PanelRuntime, sight: Sight, now: float) -> JsonObjectType:
    money = panel.money
    if money is None:
        return {"currency": None}
    costs, bill, projection = money.now(now), money.bill(now), money.projection
    currency, change = money.tariff.currency, money.next_change(now)
    price = money.price(now)

    def amount(key: str, value: Decimal | None) -> float | None:
        return None if value is None or not sight.value(panel.id, None, key) else cents(value, currency)

    projected: JsonValueType = None
    if projection is not None and sight.value(panel.id, None, "projected_bill"):
        bills = {"probable": projection.bill, "low": projection.low, "high": projection.high}
        projected = {name: cents(each.total, currency) for name, each in bills.items()}
    return {
        "currency": currency,
        "cost_today": amount("cost_today", costs.today if costs else None),
        "cost_this_cycle": amount("cost_this_cycle", costs.cycle if costs else None),
        "bill_so_far": amount("bill_so_far", bill.total if bill else None),
        "projected_bill": projected,
        "price_per_kwh": float(price) if price is not None and sight.value(panel.id, None, "price") else None,
        "price_period": money.period(now) if sight.value(panel.id, None, "price_period") else None,
        "next_price_change": (
            local(change) if change is not None and sight.value(panel.id, None, "next_price_change") else None
        ),
    }


# --- health ---


async def async_health(hass: HomeAssistant, hub: Hub, sight: Sight) -> JsonObjectType:
    """Whether everything works: the ledger, and which panels speak."""
    failing = hub.writer.failing
    seen = seen_panels(hub, sight)
    silent = any(panel.connected is False for panel in seen)
    return {
        "status": "failing" if failing else "degraded" if silent else "ok",
        "version": str((await async_get_integration(hass, DOMAIN)).version),
        "time": local(int(time())),
        "ledger": {"writable": not failing, "waiting_changes": hub.writer.pending} if sight.whole else None,
        "panels": [
            {
                "id": panel.id,
                "online": panel.connected,
                "last_seen": None if panel.last_seen is None else local(int(panel.last_seen)),
                "rejected_messages": sum(panel.rejections.values()),
            }
            for panel in seen
        ],
    }


# --- how values are told ---


def local(instant: int) -> str:
    """An instant (UTC seconds) as local time with its distance from UTC."""
    return datetime.fromtimestamp(instant, UTC).astimezone(dt_util.get_default_time_zone()).isoformat()


def kwh(energy: int | None) -> float | None:
    """Energy of mWh in kWh; exact, because a number of JSON holds fifteen digits."""
    return None if energy is None else energy / MILLIWATT_HOURS_PER_KWH


def cents(amount: Decimal, currency: str) -> float:
    """An amount as people write it."""
    return float(round(amount, digits(currency)))


def describe_register(description: Panel, register: Register) -> JsonObjectType:
    """Which channel and direction an energy is of."""
    return {
        "register": str(register),
        "channel": register.channel,
        "name": description.channel(register.channel).name,
        "direction": "export" if register.direction is Direction.EXPORT else "import",
    }


def _title(hub: Hub, panel: PanelRuntime) -> str:
    subentry = hub.entry.subentries.get(panel.subentry_id)
    return subentry.title if subentry else panel.name

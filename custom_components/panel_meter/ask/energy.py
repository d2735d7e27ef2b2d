"""Energy and costs of a period, and powers now, of panels and channels."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from time import time
from typing import Final

from homeassistant.core import HomeAssistant

from ..api.sight import Sight
from ..api.usage import async_sums
from ..core.billing.cycle_rating import Running
from ..core.energy_plan import KEY_COST
from ..core.model import Quality, Register
from ..core.spread import share
from ..hub import Hub
from ..ledger import Ledger
from ..money_keeper import money_keeper
from ..panel import PanelRuntime
from .home import Target

#: Rows are looked at one by one for what is estimated only in periods up to so many seconds.
LONGEST_LOOK: Final = 35 * 86_400
#: Live messages are ahead of the rows by so many seconds at most: what ends earlier is in rows.
_NOW: Final = 5


async def async_energy(hub: Hub, target: Target, start: int, end: int) -> int | None:
    """What a target drew between two instants in mWh, with what live messages say; None: nothing measures it."""
    return await async_energy_of(hub, target.panel, target.registers, start, end)


async def async_energy_of(
    hub: Hub, panel: PanelRuntime, registers: Sequence[Register], start: int, end: int
) -> int | None:
    """The same of registers of a panel."""
    if not registers:
        return None
    if start >= end:
        return 0
    sums = await async_sums(hub, panel.id, registers, (start, end))
    ahead = sum(_ahead(panel, register) for register in registers) if end >= time() - _NOW else 0
    return sum(map(sum, sums)) + ahead


def _ahead(panel: PanelRuntime, register: Register) -> int:
    return panel.meter.total(register) - panel.meter.totals.get(register, 0) if panel.meter else 0


async def async_quality(hub: Hub, target: Target, start: int, end: int) -> tuple[int, int]:
    """mWh whose distribution is estimated, and seconds in which nothing was measured."""
    if not target.registers or not 0 < end - start <= LONGEST_LOOK:
        return 0, 0
    return await hub.writer.read(_quality, hub.ledger, target.panel.id, target.registers, start, end)


def _quality(ledger: Ledger, panel_id: str, registers: Sequence[Register], start: int, end: int) -> tuple[int, int]:
    estimated = missing = 0
    for key, rows in ledger.usage(panel_id, start, end):
        places = [place for place, register in enumerate(key.registers) if register in registers]
        for begin, until, quality, energies in rows:
            if quality & Quality.GAP:
                missing += max(min(until, end) - max(begin, start), 0)
            if quality & Quality.ESTIMATED:
                estimated += sum(share(energies[place], begin, until, start, end) for place in places)
    return estimated, missing


def power(target: Target, sight: Sight) -> float | None:
    """What a target draws now in W; None if one of its channels is not known or not seen."""
    channels = [target.channel.id] if target.channel else dict.fromkeys(each.channel for each in target.registers)
    found = [_power(target.panel, channel, sight) for channel in channels]
    known = [each for each in found if each is not None]
    return sum(known) if known and len(known) == len(found) else None


def _power(panel: PanelRuntime, channel: str, sight: Sight) -> float | None:
    position, powers = panel.position(channel), panel.measurements.power
    if position is None or position >= len(powers) or not panel.available:
        return None
    return powers[position] if sight.value(panel.id, channel, "power") else None


async def async_costs(
    hass: HomeAssistant, panel: PanelRuntime, channels: Iterable[str | None], start: int, end: int, sight: Sight
) -> dict[str | None, Decimal]:
    """What a panel (None) and its circuits cost between two instants; what has no cost then is left out."""
    wanted = [each for each in channels if sight.value(panel.id, each, KEY_COST)]
    money = panel.money
    if money is None or not wanted or (now := money.now(time())) is None:
        return {}
    live = end >= time() - _NOW
    edges = [start] if live else [start, end]
    found = await money_keeper(hass).async_costs_at(panel, edges) if start < end else None
    if not found:
        return {}
    last = Running(now.cost, now.circuits, now.earned) if live else found[-1]
    costs: dict[str | None, Decimal] = {}
    for circuit in wanted:
        place = None if circuit is None else money.position(circuit)
        if circuit is None:
            costs[None] = last.cost - found[0].cost
        elif place is not None and place < len(last.circuits):
            before = found[0].circuits[place] if place < len(found[0].circuits) else Decimal(0)
            costs[circuit] = last.circuits[place] - before
    return costs

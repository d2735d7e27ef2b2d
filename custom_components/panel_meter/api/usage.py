"""What the ledger says of energy over time: usage in steps, today, the months of a year, powers for a chart."""

import asyncio
from collections.abc import Iterable, Sequence
import csv
from dataclasses import dataclass
from datetime import date, tzinfo
from io import StringIO
from itertools import islice, pairwise
from time import time
from typing import Final

from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..core.calendar import local_day, month_edges, start_of_day
from ..core.model import Direction, Register
from ..core.periods import running_day
from ..core.steps import Step, edges as step_edges, step_for
from ..hub import Hub
from ..ledger import Ledger, LedgerError
from ..panel import PanelRuntime
from .parameters import MOST_STEPS
from .problem import not_found, unavailable
from .queries import cents, describe_register, energy_today, kwh, local, seen_channels, seen_registers
from .sight import Sight

#: Values of one answer at most: what lies beyond is on the next page.
MOST_VALUES: Final = 100_000
#: Steps that the ledger is asked for at once: others have their turn in between.
_AT_ONCE: Final = 500
#: Seconds after which a question is given up.
WITHIN: Final = 30.0
#: Points of a chart.
MOST_POINTS: Final = 2000
#: mWh in an hour to W in a second.
_WATT_SECONDS: Final = 3.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Energy of registers between neighbouring edges."""

    panel: PanelRuntime
    step: Step
    registers: tuple[Register, ...]
    #: UTC seconds, one more than steps.
    edges: tuple[int, ...]
    #: In mWh, by step and in the order of the registers.
    energies: tuple[tuple[int, ...], ...]
    #: From where on the next page goes; None: this was all.
    more_from: int | None

    @property
    def totals(self) -> tuple[int, ...]:
        """Sums of all steps, in the order of the registers."""
        return tuple(sum(column) for column in zip(*self.energies, strict=True)) or (0,) * len(self.registers)


def chosen_registers(panel: PanelRuntime, sight: Sight, channels: Iterable[str] | None) -> tuple[Register, ...]:
    """The registers that are seen, or of these those of some channels; Problem 404 if one of those is not there."""
    registers = seen_registers(panel, sight)
    if channels is None:
        return tuple(registers)
    wanted = set(channels)
    if not wanted <= {channel.id for channel in seen_channels(panel, sight)}:
        raise not_found("The panel has no such channel.")
    return tuple(register for register in registers if register.channel in wanted)


async def async_usage(
    hub: Hub, panel: PanelRuntime, registers: Sequence[Register], start: int, end: int, step: Step, most: int
) -> Usage:
    """Energy between two instants in steps, at most ``most`` of them. Problem 503 if the ledger cannot be asked."""
    most = max(1, min(most, MOST_STEPS, MOST_VALUES // max(len(registers), 1)))
    zone = dt_util.get_default_time_zone()
    edges = list(islice(step_edges(start, end, step, zone), most + 1))
    sums = await async_sums(hub, panel.id, registers, edges)
    return Usage(
        panel=panel,
        step=step,
        registers=tuple(registers),
        edges=tuple(edges),
        energies=tuple(zip(*sums, strict=True)) if sums else ((),) * max(len(edges) - 1, 0),
        more_from=edges[-1] if edges and edges[-1] < end else None,
    )


async def async_sums(hub: Hub, panel_id: str, registers: Sequence[Register], edges: Sequence[int]) -> list[list[int]]:
    """Energy in mWh by register and step; Problem 503 if the ledger cannot be asked, or takes too long."""
    sums: list[list[int]] = [[] for _ in registers]
    try:
        async with asyncio.timeout(WITHIN):
            for first in range(0, len(edges) - 1, _AT_ONCE):
                part = edges[first : first + _AT_ONCE + 1]
                found = await hub.writer.read(_energy, hub.ledger, panel_id, registers, part)
                for column, more in zip(sums, found, strict=True):
                    column.extend(more)
    except (LedgerError, TimeoutError, RuntimeError) as error:
        raise unavailable("The ledger cannot be asked now. Try again later.") from error
    return sums


def _energy(ledger: Ledger, panel_id: str, registers: Sequence[Register], edges: Sequence[int]) -> list[list[int]]:
    found = ledger.energy(panel_id, edges)
    return [found.get(register) or [0] * (len(edges) - 1) for register in registers]


def usage_answer(usage: Usage, following: str | None) -> JsonObjectType:
    """Usage as JSON; ``following`` is the address of the next page."""
    description = usage.panel.description
    settled = _settled(usage.panel)
    places = range(len(usage.edges) - 1)
    times = [local(edge) for edge in usage.edges]
    return {
        "panel": usage.panel.id,
        "step": usage.step.value,
        "time_zone": str(dt_util.get_default_time_zone()),
        "settled_until": local(settled) if settled else None,
        "registers": [describe_register(description, each) for each in usage.registers] if description else [],
        "steps": [
            {
                "start": times[place],
                "end": times[place + 1],
                "energy_kwh": [kwh(each) for each in usage.energies[place]],
            }
            for place in places
        ],
        "total_kwh": [kwh(total) for total in usage.totals],
        "next": following,
    }


def _settled(panel: PanelRuntime) -> int:
    """Up to when (UTC seconds) all energy is in the ledger, as far as is known; 0: nothing is."""
    settled = panel.meter.settled_until(int(time())) if panel.meter else 0
    return settled if panel.last_seen is None else min(settled, int(panel.last_seen))


def usage_csv(usage: Usage) -> str:
    """Usage as a table: begin and end of each step, and kWh of each register, named as in the protocol."""
    text = StringIO()
    table = csv.writer(text)
    table.writerow(["start", "end", *(f"{register}_kwh" for register in usage.registers)])
    times = [local(edge) for edge in usage.edges]
    for place, energies in enumerate(usage.energies):
        table.writerow([times[place], times[place + 1], *(f"{kwh(each):.6f}" for each in energies)])
    return text.getvalue()


# --- periods that people ask for ---


async def async_today(hub: Hub, panel: PanelRuntime, sight: Sight) -> JsonObjectType:
    """Energy and cost since local midnight, of the panel and its channels, with what live messages say."""
    day = running_day(int(time()), dt_util.get_default_time_zone())
    registers = seen_registers(panel, sight)
    sums = await async_sums(hub, panel.id, registers, (day.start, day.end))
    return {
        "id": panel.id,
        "start": local(day.start),
        "energy_kwh": energy_today(panel, sight),
        **_cost_today(panel, sight),
        "channels": _by_channel(
            panel,
            {register: sum(found) + _ahead(panel, register) for register, found in zip(registers, sums, strict=True)},
        ),
        "circuit_costs": _circuit_costs_today(panel, sight),
    }


def _ahead(panel: PanelRuntime, register: Register) -> int:
    """What live messages say beyond the rows, in mWh."""
    return panel.meter.total(register) - panel.meter.totals.get(register, 0) if panel.meter else 0


def _cost_today(panel: PanelRuntime, sight: Sight) -> JsonObjectType:
    money = panel.money
    costs = money.now(time()) if money and sight.value(panel.id, None, "cost_today") else None
    return {
        "cost": cents(costs.today, money.tariff.currency) if money and costs else None,
        "currency": money.tariff.currency if money else None,
    }


def _circuit_costs_today(panel: PanelRuntime, sight: Sight) -> JsonObjectType:
    money = panel.money
    costs = money.now(time()) if money else None
    if money is None or costs is None:
        return {}
    return {
        circuit: cents(cost, money.tariff.currency)
        for circuit, cost in zip(money.circuits, costs.today_circuits, strict=False)
        if sight.value(panel.id, circuit, "cost_today")
    }


async def async_months(hub: Hub, panel: PanelRuntime, sight: Sight, year: int) -> JsonObjectType:
    """Energy of every month of a year, of the panel and its channels; months to come have none."""
    zone = dt_util.get_default_time_zone()
    now = int(time())
    edges = [min(edge, now) for edge in month_edges(date(year, 1, 1), date(year, 12, 1), zone)]
    registers = seen_registers(panel, sight)
    whole = sight.value(panel.id, None, "energy_this_month")
    asked = [*registers, *(each for each in panel.consumption if whole and each not in registers)]
    sums = dict(zip(asked, await async_sums(hub, panel.id, asked, edges), strict=True))
    months: list[JsonValueType] = [
        {
            "month": number + 1,
            "start": local(start_of_day(date(year, number + 1, 1), zone)),
            "energy_kwh": kwh(sum(sums[each][number] for each in panel.consumption)) if whole else None,
            "channels": _by_channel(panel, {register: sums[register][number] for register in registers}),
        }
        for number in range(12)
    ]
    return {"id": panel.id, "year": year, "months": months}


def _by_channel(panel: PanelRuntime, energies: dict[Register, int]) -> JsonObjectType:
    found: dict[str, dict[str, JsonValueType]] = {}
    for register, energy in energies.items():
        key = "exported_kwh" if register.direction is Direction.EXPORT else "imported_kwh"
        found.setdefault(register.channel, {})[key] = kwh(energy)
    return dict(found.items())


# --- charts ---


async def async_history(
    hub: Hub, panel: PanelRuntime, sight: Sight, channels: Iterable[str] | None, start: int, end: int, width: int
) -> JsonObjectType:
    """Mean powers of channels in steps that a chart of some points can show; import is positive.

    None where nothing can be known: before the ledger begins, and after what has come in.
    """
    zone = dt_util.get_default_time_zone()
    step = step_for(max(end - start, 1), max(1, min(width, MOST_POINTS)))
    registers = chosen_registers(panel, sight, channels)
    edges = list(step_edges(_aligned(start, step, zone), end, step, zone))
    sums = await async_sums(hub, panel.id, registers, edges)
    begin = await _begin(hub, panel.id)
    settled = _settled(panel)
    known = [begin is not None and upper > begin and lower < settled for lower, upper in pairwise(edges)]
    net: dict[str, list[int]] = {}
    for register, energies in zip(registers, sums, strict=True):
        sign = -1 if register.direction is Direction.EXPORT else 1
        before = net.setdefault(register.channel, [0] * len(energies))
        net[register.channel] = [here + sign * energy for here, energy in zip(before, energies, strict=True)]
    powers: JsonObjectType = {channel: _powers(energies, edges, known) for channel, energies in net.items()}
    return {"panel": panel.id, "step": step.value, "edges": list[JsonValueType](edges), "power_w": powers}


def _aligned(start: int, step: Step, zone: tzinfo) -> int:
    """The edge of a local step at or before an instant, so that a chart that moves on shows the same steps."""
    if step in (Step.WEEK, Step.MONTH, Step.YEAR):
        return start
    edges = list(step_edges(start_of_day(local_day(start, zone), zone), start + 1, step, zone))
    return edges[-2] if len(edges) > 1 else start


def _powers(energies: Sequence[int], edges: Sequence[int], known: Sequence[bool]) -> list[JsonValueType]:
    return [
        round(energy * _WATT_SECONDS / (edges[place + 1] - edges[place]), 1) if known[place] else None
        for place, energy in enumerate(energies)
    ]


async def _begin(hub: Hub, panel_id: str) -> int | None:
    try:
        return await hub.writer.read(hub.ledger.first_hour, panel_id)
    except (LedgerError, RuntimeError) as error:
        raise unavailable("The ledger cannot be asked now. Try again later.") from error

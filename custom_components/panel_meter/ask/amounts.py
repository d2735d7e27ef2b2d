"""Finds powers, energies, costs, rankings and comparisons for a query."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from time import time
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..api.queries import seen_channels, seen_panels
from ..api.sight import Sight
from ..core.billing.cycles import cycle_at
from ..core.calendar import local_day
from ..core.model import Direction, Register, Role
from ..core.questions.found import Found, Line, Notes, Number, Unit
from ..core.questions.model import Measure, Period, Query, SubjectKind, Topic, Within
from ..core.questions.spans import Cycles, bounds, is_running
from ..hub import Hub
from ..ledger import LedgerError
from ..panel import PanelRuntime
from .energy import async_costs, async_energy, async_energy_of, async_quality, power
from .home import Target, channel_target, distinct, panel_name, targets

_TODAY: Final = Period(within=Within.TODAY)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and of what."""

    hass: HomeAssistant
    hub: Hub
    sight: Sight
    #: Of the answer.
    language: str

    def targets(self, query: Query) -> list[Target]:
        """What a query is about."""
        return targets(self.hass, self.hub, self.sight, query)

    def panels(self, query: Query) -> list[PanelRuntime]:
        """The panels that are named, or that hold what is named; without a name all that are seen."""
        named = {subject.panel for subject in query.subjects}
        return [panel for panel in seen_panels(self.hub, self.sight) if not named or panel.id in named]


def cycles_of(panel: PanelRuntime) -> Cycles | None:
    """The first days of the running billing cycle and of the one before; None without a tariff."""
    if panel.money is None:
        return None
    cycle = panel.money.tariff.cycle
    here = cycle_at(cycle, local_day(int(time()), dt_util.get_default_time_zone()))
    before = cycle_at(cycle, here.first - timedelta(days=1))
    return here.first, before.first


def span_of(panel: PanelRuntime, period: Period | None) -> tuple[int, int]:
    """A period as instants; today where none was named."""
    return bounds(period or _TODAY, int(time()), dt_util.get_default_time_zone(), cycles_of(panel))


def offline(hub: Hub, chosen: Sequence[Target]) -> tuple[tuple[str, int], ...]:
    """The panels that do not speak, with the time of their last message."""
    return tuple(
        (panel_name(hub, panel), int(panel.last_seen))
        for panel in dict.fromkeys(target.panel for target in chosen)
        if panel.connected is False and panel.last_seen is not None
    )


# --- power ---


async def async_power(asker: Asker, query: Query) -> Found:
    """What flows now."""
    chosen = asker.targets(query)
    lines = tuple(_power_line(asker, target) for target in chosen)
    return Found(
        query=query,
        lines=lines if query.subjects or len(lines) > 1 else (),
        whole=None if query.subjects else _sum(lines, Unit.WATT),
        notes=Notes(offline=offline(asker.hub, chosen)),
        visible=bool(chosen),
    )


def _power_line(asker: Asker, target: Target) -> Line:
    return Line(name=target.name, unit=Unit.WATT, value=power(target, asker.sight))


def _sum(lines: Sequence[Line], unit: Unit) -> Line | None:
    """All lines together; None without any, or if the currencies differ."""
    known = [line for line in lines if line.value is not None]
    if not lines or len({line.currency for line in known}) > 1:
        return None
    values = [line.value for line in known if line.value is not None]
    others = [line.other for line in known if line.other is not None]
    return Line(
        name="",
        unit=unit,
        value=_total(values),
        other=_total(others) if len(others) == len(known) else None,
        currency=known[0].currency if known else "",
    )


def _total(values: Sequence[Number]) -> Number | None:
    if not values:
        return None
    exact = sum((Decimal(value) for value in values), Decimal(0))
    return int(exact) if all(isinstance(value, int) for value in values) else exact


# --- energy and cost of a period ---


async def async_usage(asker: Asker, query: Query) -> Found:
    """Energy of a period."""
    chosen = asker.targets(query)
    lines, notes = await _measured(asker, chosen, query.period, Measure.USAGE)
    return _found(query, lines, notes, Unit.ENERGY)


async def async_cost(asker: Asker, query: Query) -> Found:
    """Cost of a period."""
    chosen = asker.targets(query)
    lines, notes = await _measured(asker, chosen, query.period, Measure.COST)
    return _found(query, lines, notes, Unit.MONEY)


def _found(query: Query, lines: Sequence[Line], notes: Notes, unit: Unit) -> Found:
    whole = None if query.subjects else _sum(lines, unit)
    known = tuple(line for line in lines if line.value is not None)
    area = [subject for subject in query.subjects if subject.kind is SubjectKind.AREA]
    if len(query.subjects) == 1 and area and len(known) > 1 and (total := _sum(known, unit)) is not None:
        known = (replace(total, name=area[0].name, parts=known),)
    single = not query.subjects and len(known) == 1
    return Found(query=query, lines=() if single else known, whole=whole, notes=notes, visible=bool(lines))


async def _measured(
    asker: Asker, chosen: Sequence[Target], period: Period | None, measure: Measure, *, quality: bool = True
) -> tuple[list[Line], Notes]:
    """A line for every target, and what they rest on."""
    lines: list[Line] = []
    notes = Notes(offline=offline(asker.hub, chosen))
    costs: dict[str, dict[str | None, Decimal]] = {}
    for target in chosen:
        start, end = span_of(target.panel, period)
        if measure is Measure.USAGE:
            value: Number | None = await async_energy(asker.hub, target, start, end)
            lines.append(Line(name=target.name, unit=Unit.ENERGY, value=value))
        else:
            if target.panel.id not in costs:
                wanted = [each.channel.id if each.channel else None for each in chosen if each.panel is target.panel]
                costs[target.panel.id] = await async_costs(asker.hass, target.panel, wanted, start, end, asker.sight)
            line, notes = _cost_line(target, costs[target.panel.id], notes)
            lines.append(line)
        if quality and (measure is Measure.USAGE or lines[-1].value is not None):
            notes = await _with_quality(asker, target, start, end, notes)
    return lines, notes


def _cost_line(target: Target, costs: dict[str | None, Decimal], notes: Notes) -> tuple[Line, Notes]:
    money = target.panel.money
    circuit = target.channel.id if target.channel else None
    if money is None:
        return Line(name=target.name, unit=Unit.MONEY), replace(notes, no_tariff=(*notes.no_tariff, target.name))
    if money.account is None:
        return Line(name=target.name, unit=Unit.MONEY), replace(notes, rating=(*notes.rating, target.name))
    value = costs.get(circuit)
    if value is None:
        notes = replace(notes, no_cost=(*notes.no_cost, target.name))
    return Line(name=target.name, unit=Unit.MONEY, value=value, currency=money.tariff.currency), notes


async def _with_quality(asker: Asker, target: Target, start: int, end: int, notes: Notes) -> Notes:
    try:
        estimated, missing = await async_quality(asker.hub, target, start, end)
        begins = await asker.hub.writer.read(asker.hub.ledger.first_hour, target.panel.id)
    except LedgerError, RuntimeError:
        return notes
    late = begins is not None and start < begins
    known = [each for each in (notes.begins, begins) if each is not None]
    return replace(
        notes,
        estimated=notes.estimated + estimated,
        missing=max(notes.missing, missing),
        begins=max(known) if late else notes.begins,
    )


# --- rankings ---


async def async_top(asker: Asker, query: Query) -> Found:
    """The circuits that take the most, first the one that takes most of all."""
    chosen = _circuits(asker, query)
    if query.measure is Measure.POWER:
        lines, notes = [_power_line(asker, target) for target in chosen], Notes()
    else:
        lines, notes = await _measured(asker, chosen, query.period, query.measure or Measure.USAGE, quality=False)
        # Of a circuit without a cost nobody asked by name.
        notes = replace(notes, no_cost=(), no_tariff=(), rating=tuple(dict.fromkeys(notes.rating))[:1])
    known = [line for line in lines if line.value is not None and line.value > 0]
    known.sort(key=lambda line: Decimal(line.value or 0), reverse=True)
    return Found(query=query, lines=tuple(known), notes=notes, visible=bool(chosen))


def _circuits(asker: Asker, query: Query) -> list[Target]:
    areas = [subject for subject in query.subjects if subject.kind is SubjectKind.AREA]
    if areas:
        return [each for each in asker.targets(query) if each.channel and each.channel.role in _LOADS]
    loads = [
        channel_target(panel, channel)
        for panel in asker.panels(query)
        for channel in seen_channels(panel, asker.sight)
        if channel.role in _LOADS
    ]
    return distinct(asker.hub, loads)


_LOADS: Final = frozenset({Role.CIRCUIT, Role.SUB})


# --- comparisons ---


async def async_compare(asker: Asker, query: Query) -> Found:
    """Two periods of the same, or two things of the same period."""
    measure = query.measure or Measure.USAGE
    unit = Unit.MONEY if measure is Measure.COST else Unit.ENERGY
    chosen = asker.targets(query)
    lines, notes = await _measured(asker, chosen, query.period, measure)
    if query.other is not None:
        before, more = await _measured(asker, chosen, query.other, measure)
        lines = [replace(one, other=two.value) for one, two in zip(lines, before, strict=True)]
        notes = replace(notes, estimated=notes.estimated + more.estimated, missing=notes.missing + more.missing)
        running = tuple(each for each in (query.period, query.other) if each is not None and is_running(each))
        notes = replace(notes, running=running if len(running) == 1 else (), begins=more.begins or notes.begins)
    found = _found(query, lines, notes, unit)
    if found.whole is not None and not found.lines:
        name = lines[0].name if len(lines) == 1 else ""
        found = replace(found, whole=replace(found.whole, name=name))
    return found


# --- what flows the other way ---


async def async_export(asker: Asker, query: Query) -> Found:
    """Energy that went back into the grid."""
    return await _exported(asker, query, (Role.MAIN,))


async def async_production(asker: Asker, query: Query) -> Found:
    """Energy that the solar channels delivered, and what they deliver now."""
    return await _exported(asker, query, (Role.SOLAR,))


async def _exported(asker: Asker, query: Query, roles: tuple[Role, ...]) -> Found:
    lines: list[Line] = []
    beside: list[Line] = []
    wanted = {(each.panel, each.id) for each in query.subjects if each.kind is SubjectKind.CHANNEL}
    for panel in asker.panels(query):
        start, end = span_of(panel, query.period)
        known = panel.description.registers if panel.description else ()
        for channel in seen_channels(panel, asker.sight):
            register = Register(channel.id, Direction.EXPORT)
            named = not wanted or (panel.id, channel.id) in wanted
            if channel.role not in roles or not named or register not in known:
                continue
            if not asker.sight.value(panel.id, channel.id, f"energy_{register.direction}"):
                continue
            value = await async_energy_of(asker.hub, panel, (register,), start, end)
            lines.append(Line(name=channel.name, unit=Unit.ENERGY, value=value))
            now = power(channel_target(panel, channel), asker.sight)
            if query.topic is Topic.PRODUCTION and query.period is None and now is not None:
                beside.append(Line(name=channel.name, unit=Unit.WATT, value=max(-now, 0)))
    whole = _sum(lines, Unit.ENERGY)
    return Found(query=query, lines=tuple(lines) if len(lines) > 1 else (), whole=whole, beside=tuple(beside))

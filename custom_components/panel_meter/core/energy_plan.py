"""What of the panels belongs where on the Energy dashboard.

Mains are connections to the grid, solar and battery channels are sources of their own and every circuit is a device.
Powers are import-positive in Panel Meter: a discharging battery and a producing solar channel are negative. The
dashboard wants the opposite of both, so the plan says where a power must be inverted.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .model import Channel, Direction, Panel, Register, Role

#: Panel id, channel id (None: of the whole panel) and the key of the quantity -> entity id.
type Entities = Mapping[tuple[str, str | None, str], str]

KEY_IMPORT: Final = "energy_import"
KEY_EXPORT: Final = "energy_export"
KEY_POWER: Final = "power"
#: Power of a solar channel, positive while it produces. Optional: without it the dashboard shows no solar power for
#: a channel that counts its production as export, because solar sources cannot be inverted there.
KEY_PRODUCTION: Final = "production"
ENTITY_KEYS: Final = (KEY_IMPORT, KEY_EXPORT, KEY_POWER, KEY_PRODUCTION)
#: What the whole panel costs and earns; they stand with its first mains, so that they are counted once.
KEY_COST: Final = "cost"
KEY_COMPENSATION: Final = "compensation"
PANEL_KEYS: Final = (KEY_COST, KEY_COMPENSATION)


class EntryKind(StrEnum):
    """The kinds of entries that the dashboard knows and we use."""

    GRID = "grid"
    SOLAR = "solar"
    BATTERY = "battery"
    DEVICE = "device"


class LeftOutReason(StrEnum):
    """Why a channel is not put onto the dashboard."""

    NO_ENERGY_ENTITY = "no_energy_entity"
    ONE_WAY_BATTERY = "one_way_battery"
    USED_ELSEWHERE = "used_elsewhere"
    OWN_SOURCE = "own_source"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedEntry:
    """One entry of the dashboard. Every statistic is an entity id; at least one of the energies is set."""

    panel: str
    channel: str
    kind: EntryKind
    name: str
    #: Energy out of the grid, the sun or the battery; what a device consumes.
    energy_from: str | None
    #: Energy back into the grid or the battery.
    energy_to: str | None = None
    power: str | None = None
    power_inverted: bool = False
    cost: str | None = None
    compensation: str | None = None
    #: Energy of the device that feeds this one.
    included_in: str | None = None

    @property
    def statistic(self) -> str:
        """The statistic that the dashboard knows the entry by."""
        return self.energy_from or self.energy_to or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A channel that the dashboard does not get."""

    panel: str
    channel: str
    name: str
    kind: EntryKind
    reason: LeftOutReason


@dataclass(frozen=True, slots=True)
class Plan:
    """All entries that the panels should have, and the channels that cannot have one."""

    entries: tuple[PlannedEntry, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


def plan(panels: Iterable[Panel], entities: Entities) -> Plan:
    """Plan the entries of the panels from the entities that exist and are enabled."""
    panels = tuple(panels)
    outcomes = [outcome for panel in panels for outcome in _plan_panel(panel, entities, qualified=len(panels) > 1)]
    return Plan(
        tuple(outcome for outcome in outcomes if isinstance(outcome, PlannedEntry)),
        tuple(outcome for outcome in outcomes if isinstance(outcome, LeftOut)),
    )


def _plan_panel(panel: Panel, entities: Entities, *, qualified: bool) -> Iterator[PlannedEntry | LeftOut]:
    for channel in panel.channels:
        wiring = _Wiring(panel, channel, entities)
        name = _name(panel, channel, qualified=qualified)
        match channel.role:
            case Role.MAIN:
                yield _grid(wiring, name)
            case Role.SOLAR:
                yield _solar(wiring, name)
            case Role.BATTERY:
                yield _battery(wiring, name)
            case Role.CIRCUIT | Role.SUB:
                yield _device(wiring, name)


@dataclass(frozen=True, slots=True)
class _Wiring:
    """A channel and the entities that speak for it."""

    panel: Panel
    channel: Channel
    entities: Entities

    def entity(self, key: str) -> str | None:
        return self.entities.get((self.panel.id, self.channel.id, key))

    def of_panel(self, key: str) -> str | None:
        """What speaks for the whole panel, if this is the first of its mains."""
        mains = (channel.id for channel in self.panel.channels if channel.role is Role.MAIN)
        return self.entities.get((self.panel.id, None, key)) if self.channel.id == next(mains, None) else None

    def counts(self, direction: Direction) -> bool:
        return Register(self.channel.id, direction) in self.panel.registers

    def energy(self, direction: Direction) -> str | None:
        if not self.counts(direction):
            return None
        return self.entity(KEY_IMPORT if direction is Direction.IMPORT else KEY_EXPORT)

    def left_out(self, name: str, kind: EntryKind, reason: LeftOutReason) -> LeftOut:
        return LeftOut(panel=self.panel.id, channel=self.channel.id, name=name, kind=kind, reason=reason)


def _grid(wiring: _Wiring, name: str) -> PlannedEntry | LeftOut:
    drawn, returned = wiring.energy(Direction.IMPORT), wiring.energy(Direction.EXPORT)
    if drawn is None and returned is None:
        return wiring.left_out(name, EntryKind.GRID, LeftOutReason.NO_ENERGY_ENTITY)
    return PlannedEntry(
        panel=wiring.panel.id,
        channel=wiring.channel.id,
        kind=EntryKind.GRID,
        name=name,
        energy_from=drawn,
        energy_to=returned,
        power=wiring.entity(KEY_POWER),
        cost=wiring.of_panel(KEY_COST) if drawn is not None else None,
        compensation=wiring.of_panel(KEY_COMPENSATION) if returned is not None else None,
    )


def _solar(wiring: _Wiring, name: str) -> PlannedEntry | LeftOut:
    two_way = wiring.counts(Direction.EXPORT)
    produced = wiring.energy(Direction.EXPORT if two_way else Direction.IMPORT)
    if produced is None:
        return wiring.left_out(name, EntryKind.SOLAR, LeftOutReason.NO_ENERGY_ENTITY)
    return PlannedEntry(
        panel=wiring.panel.id,
        channel=wiring.channel.id,
        kind=EntryKind.SOLAR,
        name=name,
        energy_from=produced,
        # A channel without a direction counts its production as import, and its power is positive as well.
        power=wiring.entity(KEY_PRODUCTION) or (None if two_way else wiring.entity(KEY_POWER)),
    )


def _battery(wiring: _Wiring, name: str) -> PlannedEntry | LeftOut:
    if not (wiring.counts(Direction.IMPORT) and wiring.counts(Direction.EXPORT)):
        return wiring.left_out(name, EntryKind.BATTERY, LeftOutReason.ONE_WAY_BATTERY)
    charged, discharged = wiring.energy(Direction.IMPORT), wiring.energy(Direction.EXPORT)
    if charged is None or discharged is None:
        return wiring.left_out(name, EntryKind.BATTERY, LeftOutReason.NO_ENERGY_ENTITY)
    return PlannedEntry(
        panel=wiring.panel.id,
        channel=wiring.channel.id,
        kind=EntryKind.BATTERY,
        name=name,
        energy_from=discharged,
        energy_to=charged,
        power=wiring.entity(KEY_POWER),
        power_inverted=True,
    )


def _device(wiring: _Wiring, name: str) -> PlannedEntry | LeftOut:
    consumed = wiring.energy(Direction.IMPORT)
    if consumed is None:
        return wiring.left_out(name, EntryKind.DEVICE, LeftOutReason.NO_ENERGY_ENTITY)
    return PlannedEntry(
        panel=wiring.panel.id,
        channel=wiring.channel.id,
        kind=EntryKind.DEVICE,
        name=name,
        energy_from=consumed,
        power=wiring.entity(KEY_POWER),
        included_in=_feeding_device(wiring),
    )


def _feeding_device(wiring: _Wiring) -> str | None:
    """The energy of the nearest device above a channel. What a board says of parents may be a circle or nonsense."""
    channels = {channel.id: channel for channel in wiring.panel.channels}
    seen = {wiring.channel.id}
    above = wiring.channel.parent
    while above is not None and above not in seen and above in channels:
        seen.add(above)
        feeder = channels[above]
        if feeder.role in (Role.CIRCUIT, Role.SUB) and not _leads_back(wiring.channel, feeder, channels):
            energy = _Wiring(wiring.panel, feeder, wiring.entities).energy(Direction.IMPORT)
            if energy is not None:
                return energy
        above = feeder.parent
    return None


def _leads_back(channel: Channel, feeder: Channel, channels: Mapping[str, Channel]) -> bool:
    """Whether a feeder is itself fed, over however many steps, by the channel that it feeds."""
    seen: Collection[str] = {feeder.id}
    above = feeder.parent
    while above is not None and above not in seen:
        if above == channel.id:
            return True
        seen = {*seen, above}
        above = channels[above].parent if above in channels else None
    return False


def _name(panel: Panel, channel: Channel, *, qualified: bool) -> str:
    name = channel.name or channel.id
    return f"{panel.name or panel.id} {name}" if qualified else name

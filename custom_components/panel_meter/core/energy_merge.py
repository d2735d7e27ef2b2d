"""Bringing a plan into the preferences of the Energy dashboard, and taking it back, without touching what is not ours.

Every field is merged three ways: what we wrote the last time, what stands there now and what we want now. A field that
differs from what we wrote was set by the user and stays.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from .energy_plan import EntryKind, LeftOut, LeftOutReason, Plan, PlannedEntry

type Json = None | bool | int | float | str | list[Json] | dict[str, Json]
#: An entry of the dashboard as Home Assistant stores it.
type Entry = dict[str, Json]
#: Kind and statistic. Kinds that we do not write (gas, water) occur in what the user has.
type Identity = tuple[str, str]

#: Fields that belong together: the user's choice of one is the user's choice of all.
_POWER: Final = ("stat_rate", "power_config")
_COST: Final = ("stat_cost", "entity_energy_price", "number_energy_price")
_COMPENSATION: Final = ("stat_compensation", "entity_energy_price_export", "number_energy_price_export")
_MERGED: Final = (("stat_energy_to",), _POWER, _COST, _COMPENSATION, ("name",), ("included_in_stat",))


@dataclass(frozen=True, slots=True)
class Preferences:
    """The two lists of the dashboard that we take part in."""

    sources: tuple[Entry, ...] = ()
    devices: tuple[Entry, ...] = ()

    def entries(self) -> dict[Identity, Entry]:
        """Every entry by its identity; of entries with the same identity the first one."""
        found: dict[Identity, Entry] = {}
        for source in self.sources:
            found.setdefault(identity(source), source)
        for device in self.devices:
            found.setdefault(identity(device), device)
        return found

    def with_entry(self, key: Identity, entry: Entry) -> Preferences:
        """Replace the entry of that identity, or append it."""
        if key[0] == EntryKind.DEVICE:
            return replace(self, devices=_put(self.devices, key, entry))
        return replace(self, sources=_put(self.sources, key, entry))

    def without(self, keys: Collection[Identity]) -> Preferences:
        """Remove entries, and what says of a device that it is part of a removed one."""
        sources = tuple(source for source in self.sources if identity(source) not in keys)
        devices = tuple(device for device in self.devices if identity(device) not in keys)
        gone = {statistic for kind, statistic in keys if kind == EntryKind.DEVICE}
        return Preferences(sources, tuple(_detached(device, gone) for device in devices))


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What we did to one entry of the dashboard."""

    panel: str
    kind: str
    statistic: str
    #: As it was before we first touched it; None: we added it.
    before: Entry | None
    #: As we wanted it the last time.
    wanted: Entry
    #: The user had it undone: only a set-up that the user asks for brings it back.
    withdrawn: bool = False

    @property
    def identity(self) -> Identity:
        """The identity of the entry."""
        return self.kind, self.statistic


@dataclass(frozen=True, slots=True)
class Merged:
    """Preferences that hold the plan, and what was done to get there."""

    preferences: Preferences
    changes: tuple[Change, ...]
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """Identities and entries that differ between two preferences."""

    added: dict[Identity, Entry] = field(default_factory=dict)
    changed: dict[Identity, Entry] = field(default_factory=dict)
    removed: dict[Identity, Entry] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.added or self.changed or self.removed)


def identity(entry: Entry) -> Identity:
    """Kind and statistic of an entry of either list."""
    if "stat_consumption" in entry:
        return EntryKind.DEVICE, str(entry["stat_consumption"])
    return str(entry.get("type")), str(entry.get("stat_energy_from") or entry.get("stat_energy_to") or "")


def merge(
    current: Preferences,
    wanted: Plan,
    changes: Sequence[Change],
    *,
    scope: Collection[str],
    ours: Collection[str],
    beside_own: bool = False,
    restore: bool = True,
) -> Merged:
    """Bring the plan's entries of the panels in ``scope`` into the preferences.

    ``changes`` is what earlier merges did; ``ours`` are all entity ids of Panel Meter, everything else belongs to the
    user. Where the user has a source of the same kind, ours is left out unless ``beside_own``: it would probably
    count the same electricity twice. With ``restore`` entries that the user removed or had undone come back.
    """
    planned = {(entry.kind, entry.statistic): entry for entry in wanted.entries if entry.panel in scope}
    obsolete = [change for change in changes if change.panel in scope and change.identity not in planned]
    preferences = take_back(current, obsolete)
    known = {change.identity: change for change in changes if change not in obsolete}
    if restore:
        known = {key: change for key, change in known.items() if not (change.withdrawn and key in planned)}
    else:
        declined = {key for key, change in known.items() if change.withdrawn or key not in preferences.entries()}
        planned = {key: entry for key, entry in planned.items() if key not in declined}

    accepted: list[PlannedEntry] = []
    left_out = [left for left in wanted.left_out if left.panel in scope]
    for key, entry in planned.items():
        reason = _objection(entry, preferences, ours, beside_own=beside_own)
        if reason is None:
            accepted.append(_without_shared(entry, preferences))
        else:
            known.pop(key, None)
            left_out.append(_refused(entry, reason))
    for entry in _on_listed_devices(accepted, preferences):
        preferences, change = _bring_in(preferences, entry, known.get((entry.kind, entry.statistic)))
        if change is not None:
            known[change.identity] = change
    return Merged(preferences, tuple(known.values()), tuple(left_out))


def take_back(current: Preferences, changes: Iterable[Change]) -> Preferences:
    """Undo changes: what we added goes, what we filled in is as before, what the user did since stays."""
    preferences, gone = current, set[Identity]()
    entries = current.entries()
    for change in changes:
        present = entries.get(change.identity)
        if present is None or change.withdrawn:
            continue
        if change.before is None:
            gone.add(change.identity)
        else:
            restored = _three_way(change.wanted, present, change.before)
            preferences = preferences.with_entry(change.identity, restored)
    return preferences.without(gone)


def difference(before: Preferences, after: Preferences) -> Difference:
    """What was added, changed and removed between two preferences."""
    old, new = before.entries(), after.entries()
    return Difference(
        added={key: entry for key, entry in new.items() if key not in old},
        changed={key: entry for key, entry in new.items() if key in old and old[key] != entry},
        removed={key: entry for key, entry in old.items() if key not in new},
    )


def renamed(preferences: Preferences, names: Mapping[str, str]) -> Preferences:
    """The preferences with every statistic in ``names`` under its new name."""
    return Preferences(
        tuple(_renamed_entry(source, names) for source in preferences.sources),
        tuple(_renamed_entry(device, names) for device in preferences.devices),
    )


def renamed_change(change: Change, names: Mapping[str, str]) -> Change:
    """A change with every statistic in ``names`` under its new name."""
    return replace(
        change,
        statistic=names.get(change.statistic, change.statistic),
        before=None if change.before is None else _renamed_entry(change.before, names),
        wanted=_renamed_entry(change.wanted, names),
    )


def mentioned(entries: Iterable[Entry]) -> set[str]:
    """Every statistic that the entries speak of."""
    found: set[str] = set()
    for entry in entries:
        for value in (entry, entry.get("power_config")):
            if isinstance(value, dict):
                found |= {text for text in (value.get(key) for key in value if key != "name") if isinstance(text, str)}
    return found


def as_entry(entry: PlannedEntry) -> Entry:
    """A planned entry in the form that Home Assistant stores."""
    if entry.kind is EntryKind.DEVICE:
        made: Entry = {"stat_consumption": entry.energy_from, "name": entry.name}
        if entry.included_in is not None:
            made["included_in_stat"] = entry.included_in
    else:
        made = {"type": str(entry.kind), "stat_energy_from": entry.energy_from, "name": entry.name}
    match entry.kind:
        case EntryKind.GRID:
            made |= dict.fromkeys((*_COST, *_COMPENSATION))
            made |= {"stat_energy_to": entry.energy_to, "cost_adjustment_day": 0.0}
            made |= {"stat_cost": entry.cost, "stat_compensation": entry.compensation}
        case EntryKind.SOLAR:
            made["config_entry_solar_forecast"] = None
        case EntryKind.BATTERY:
            made["stat_energy_to"] = entry.energy_to
    if entry.power is not None:
        made |= (
            {"power_config": {"stat_rate_inverted": entry.power}}
            if entry.power_inverted
            else {"stat_rate": entry.power}
        )
    return made


def _on_listed_devices(accepted: Iterable[PlannedEntry], preferences: Preferences) -> list[PlannedEntry]:
    """The entries, without a feeding device that the dashboard does not and will not list."""
    entries = list(accepted)
    devices = {statistic for kind, statistic in preferences.entries() if kind == EntryKind.DEVICE}
    devices |= {entry.statistic for entry in entries if entry.kind is EntryKind.DEVICE}
    return [entry if entry.included_in in devices else replace(entry, included_in=None) for entry in entries]


def _bring_in(
    preferences: Preferences, entry: PlannedEntry, change: Change | None
) -> tuple[Preferences, Change | None]:
    """Add or complete one entry; the second value is what to remember of it, None: it was as wanted already."""
    key, target = (entry.kind, entry.statistic), as_entry(entry)
    present = preferences.entries().get(key)
    result = target if present is None else _three_way(change.wanted if change else None, present, target)
    if change is None and result == present:
        return preferences, None
    before = change.before if change is not None and present is not None else present
    remembered = Change(panel=entry.panel, kind=entry.kind, statistic=entry.statistic, before=before, wanted=target)
    return (preferences if result == present else preferences.with_entry(key, result)), remembered


def _refused(entry: PlannedEntry, reason: LeftOutReason) -> LeftOut:
    return LeftOut(panel=entry.panel, channel=entry.channel, name=entry.name, kind=entry.kind, reason=reason)


def _objection(
    entry: PlannedEntry, preferences: Preferences, ours: Collection[str], *, beside_own: bool
) -> LeftOutReason | None:
    """Why an entry must not be added; an entry that is there already is never objected to."""
    present = preferences.entries()
    if (entry.kind, entry.statistic) in present:
        return None
    if {entry.energy_from, entry.energy_to} & _energies(present.values()):
        return LeftOutReason.USED_ELSEWHERE
    own = any(kind == entry.kind and statistic not in ours for kind, statistic in present)
    if own and not beside_own and entry.kind is not EntryKind.DEVICE:
        return LeftOutReason.OWN_SOURCE
    return None


def _without_shared(entry: PlannedEntry, preferences: Preferences) -> PlannedEntry:
    """Leave to other grid connections what they use: Home Assistant accepts every statistic only once there."""
    if entry.kind is not EntryKind.GRID:
        return entry
    others = [
        source
        for key, source in preferences.entries().items()
        if key[0] == EntryKind.GRID and key != (entry.kind, entry.statistic)
    ]
    if entry.energy_from is not None and entry.energy_to in _energies(others):
        entry = replace(entry, energy_to=None)
    if entry.power in mentioned(others):
        entry = replace(entry, power=None)
    return entry


def _energies(entries: Iterable[Entry]) -> set[Json]:
    keys = ("stat_energy_from", "stat_energy_to", "stat_consumption")
    return {value for entry in entries for value in (entry.get(key) for key in keys) if isinstance(value, str)}


def _three_way(base: Entry | None, present: Entry, wanted: Entry) -> Entry:
    """``present`` with the fields of ``wanted`` wherever the user did not decide otherwise.

    Without a ``base`` every field that is set was set by the user.
    """
    result = dict(present)
    for fields in _MERGED:
        now, target = _value(present, fields), _value(wanted, fields)
        untouched = _value(base, fields) if base is not None else _value({}, fields)
        if now == target or now != untouched:
            continue
        for name in fields:
            result.pop(name, None)
        result |= {name: wanted[name] for name in fields if name in wanted}
    return result


def _value(entry: Entry, fields: Sequence[str]) -> list[Json]:
    """Comparable values of fields that belong together."""
    if fields != _POWER:
        return [entry.get(name) for name in fields]
    config = entry.get("power_config")
    if isinstance(config, dict) and "stat_rate" not in config:
        # Home Assistant makes a sensor for such a choice and writes its name into stat_rate.
        return [config]
    return [config["stat_rate"] if isinstance(config, dict) else entry.get("stat_rate")]


def _put(entries: tuple[Entry, ...], key: Identity, entry: Entry) -> tuple[Entry, ...]:
    for position, present in enumerate(entries):
        if identity(present) == key:
            return (*entries[:position], entry, *entries[position + 1 :])
    return (*entries, entry)


def _detached(device: Entry, gone: Collection[str]) -> Entry:
    if device.get("included_in_stat") not in gone:
        return device
    return {name: value for name, value in device.items() if name != "included_in_stat"}


def _renamed_entry(entry: Entry, names: Mapping[str, str]) -> Entry:
    return {key: value if key == "name" else _renamed_value(value, names) for key, value in entry.items()}


def _renamed_value(value: Json, names: Mapping[str, str]) -> Json:
    match value:
        case str():
            return names.get(value, value)
        case dict():
            return {key: _renamed_value(part, names) for key, part in value.items()}
        case _:
            return value

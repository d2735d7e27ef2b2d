"""The Energy dashboard: show what setting it up would change, do it, undo it and keep it right through renames.

Home Assistant replaces whole lists without looking at them. Everything here reads, merges and writes without a pause
in between, validates with Home Assistant's own schema first, and remembers what it did so that it can be undone.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Final, TypedDict, cast

from homeassistant.components.energy.data import (
    DEVICE_CONSUMPTION_SCHEMA,
    ENERGY_SOURCE_SCHEMA,
    DeviceConsumption,
    EnergyManager,
    SourceType,
    async_get_manager,
)
from homeassistant.components.energy.helpers import generate_power_sensor_unique_id
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.storage import Store
from homeassistant.util.hass_dict import HassKey
import voluptuous as vol

from .const import DOMAIN
from .core.energy_merge import (
    Change,
    Entry,
    Merged,
    Preferences,
    difference,
    mentioned,
    merge,
    renamed,
    renamed_change,
    take_back,
)
from .core.energy_plan import ENTITY_KEYS, PANEL_KEYS, Entities, Plan, plan
from .core.model import Channel, Panel
from .energy_preview import Preview, preview_of
from .identity import channel_device, panel_device, unique_id

ENERGY_DOMAIN: Final = "energy"
STORAGE_KEY: Final = f"{DOMAIN}.energy_dashboard"
STORAGE_VERSION: Final = 1
#: Home Assistant saves the dashboard so many seconds after a change. What we remember of it is saved just behind it:
#: sooner, a crash in between would look as if the user had taken our entries away.
SAVED_AFTER: Final = 61


class _StoredChange(TypedDict):
    panel: str
    kind: str
    statistic: str
    before: Entry | None
    wanted: Entry
    withdrawn: bool


class _Stored(TypedDict):
    changes: list[_StoredChange]
    #: Entity id as the dashboard has it -> our unique id, to find an entity that was renamed.
    entities: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Memory:
    """What is known of earlier changes; ``entities`` is entity id on the dashboard -> our unique id."""

    changes: tuple[Change, ...] = ()
    entities: Mapping[str, str] = field(default_factory=dict)


async def async_plan(
    hass: HomeAssistant,
    entry: ConfigEntry,
    panels: Iterable[Panel],
    *,
    only: Collection[str] | None = None,
    beside_own: bool = False,
) -> Preview:
    """What setting up the dashboard would change; HomeAssistantError if there is no Energy dashboard.

    ``panels`` are all panels of the entry, ``only`` the ids of those to set up (default: all). Unless ``beside_own``,
    mains, solar and battery channels are left out where the user has a source of that kind from elsewhere.
    """
    _require_energy(hass)
    return await _dashboard(hass).async_set_up(_Task(entry, tuple(panels), only, beside_own=beside_own), write=False)


async def async_apply(
    hass: HomeAssistant,
    entry: ConfigEntry,
    panels: Iterable[Panel],
    *,
    only: Collection[str] | None = None,
    beside_own: bool = False,
    restore: bool = True,
) -> Preview:
    """Set up the dashboard as ``async_plan`` says; HomeAssistantError if Home Assistant would not accept it.

    ``restore`` brings back what the user removed from the dashboard or had undone: right when the user asks for the
    set-up, wrong when it only keeps the dashboard in step with the panels.
    """
    _require_energy(hass)
    task = _Task(entry, tuple(panels), only, beside_own=beside_own, restore=restore)
    return await _dashboard(hass).async_set_up(task, write=True)


async def async_undo(hass: HomeAssistant, *, only: Collection[str] | None = None, preview: bool = False) -> Preview:
    """Bring the dashboard back to how it was before us, but keep what the user changed since.

    ``only`` are the ids of the panels to take off (default: everything). With ``preview`` nothing is written.
    """
    _require_energy(hass)
    return await _dashboard(hass).async_take_back(only, write=not preview)


async def async_remove_panel(hass: HomeAssistant, panel_id: str) -> Preview:
    """Take a panel that is being removed off the dashboard and forget what was done for it."""
    return await _dashboard(hass).async_take_back({panel_id}, forget=True)


@callback
def async_follow_renames(hass: HomeAssistant) -> CALLBACK_TYPE:
    """Keep the dashboard right when our entities are renamed, now and until the returned function is called."""
    dashboard = _dashboard(hass)
    hass.async_create_task(dashboard.async_catch_up(), f"{DOMAIN} energy dashboard renames")

    @callback
    def renamed_entity(event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        old = event.data["old_entity_id"]  # type: ignore[typeddict-item]  # the filter lets only renames through
        registered = er.async_get(hass).async_get(event.data["entity_id"])
        if registered is None or registered.platform != DOMAIN:
            return
        dashboard.heard(old, registered.unique_id)
        hass.async_create_task(dashboard.async_catch_up(), f"{DOMAIN} energy dashboard renames")

    return hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, renamed_entity, event_filter=_is_rename)


@callback
def _is_rename(data: er.EventEntityRegistryUpdatedData) -> bool:
    return data["action"] == "update" and "old_entity_id" in data


@dataclass(frozen=True, slots=True)
class _Task:
    """What to set up, and how."""

    entry: ConfigEntry
    panels: tuple[Panel, ...]
    only: Collection[str] | None
    _: KW_ONLY
    beside_own: bool = False
    restore: bool = True


class _Dashboard:
    """The one writer of our entries; every change is made under its lock."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._store = Store[_Stored](hass, STORAGE_VERSION, STORAGE_KEY)
        self._lock = asyncio.Lock()
        self._memory: _Memory | None = None
        self._renamed: dict[str, str] = {}

    @callback
    def heard(self, old: str, identity: str) -> None:
        """Remember what an entity was called, until ``async_catch_up`` has seen to it."""
        self._renamed.setdefault(old, identity)

    async def async_set_up(self, task: _Task, *, write: bool) -> Preview:
        """Merge the plan of the panels into the preferences."""

        def work(current: Preferences, changes: Sequence[Change]) -> Merged:
            return merge(
                current,
                _plan(self._hass, task.entry, task.panels),
                changes,
                scope={panel.id for panel in task.panels} if task.only is None else task.only,
                ours=_our_entities(self._hass).keys(),
                beside_own=task.beside_own,
                restore=task.restore,
            )

        return await self._async_change(work, write=write, undo=False)

    async def async_take_back(
        self, only: Collection[str] | None, *, write: bool = True, forget: bool = False
    ) -> Preview:
        """Undo the changes of some or all panels; with ``forget`` as if they had never been made."""

        def work(current: Preferences, changes: Sequence[Change]) -> Merged:
            undone = [change for change in changes if only is None or change.panel in only]
            kept = [change if change not in undone else replace(change, withdrawn=True) for change in changes]
            return Merged(
                take_back(current, undone), tuple(change for change in kept if not (forget and change.withdrawn))
            )

        return await self._async_change(work, write=write, undo=True)

    async def async_catch_up(self) -> None:
        """Follow the renames of our entities, also those that happened while nobody listened."""
        async with self._lock:
            await self._async_catch_up()

    async def _async_change(
        self, work: Callable[[Preferences, Sequence[Change]], Merged], *, write: bool, undo: bool
    ) -> Preview:
        async with self._lock:
            manager, memory = await self._async_catch_up()
            current = _preferences(manager)
            merged = work(current, memory.changes)
            if write:
                await self._async_write(manager, current, merged.preferences)
                await self._async_remember(merged.changes, merged.preferences)
            return preview_of(difference(current, merged.preferences), merged.left_out, done=write, undo=undo)

    async def _async_catch_up(self) -> tuple[EnergyManager, _Memory]:
        manager, memory = await async_get_manager(self._hass), await self._async_recall()
        registry = er.async_get(self._hass)
        known, self._renamed = {**memory.entities, **self._renamed}, {}
        names = {
            old: new
            for old, identity in known.items()
            if (new := registry.async_get_entity_id(Platform.SENSOR, DOMAIN, identity)) is not None and new != old
        }
        if names:
            current = _preferences(manager)
            follows = renamed(current, names)
            await self._async_write(manager, current, follows)
            memory = await self._async_remember(
                tuple(renamed_change(change, names) for change in memory.changes), follows
            )
        return manager, memory

    async def _async_write(self, manager: EnergyManager, before: Preferences, after: Preferences) -> None:
        if before == after:
            return
        _validate(after)
        await manager.async_update(
            {
                "energy_sources": cast("list[SourceType]", list(after.sources)),
                "device_consumption": cast("list[DeviceConsumption]", list(after.devices)),
            }
        )
        _forget_generated(self._hass, _inverted(before) - _inverted(after))

    async def _async_recall(self) -> _Memory:
        if self._memory is None:
            stored = await self._store.async_load()
            self._memory = (
                _Memory(tuple(Change(**change) for change in stored["changes"]), stored["entities"])
                if stored
                else _Memory()
            )
        return self._memory

    async def _async_remember(self, changes: tuple[Change, ...], preferences: Preferences) -> _Memory:
        registered = _our_entities(self._hass)
        on_dashboard = mentioned([*preferences.sources, *preferences.devices])
        memory = _Memory(
            changes, {entity_id: registered[entity_id] for entity_id in sorted(on_dashboard) if entity_id in registered}
        )
        if memory != self._memory:
            self._memory = memory
            stored = _Stored(changes=[_stored(each) for each in changes], entities=dict(memory.entities))
            self._store.async_delay_save(lambda: stored, SAVED_AFTER)
        return memory


_DASHBOARD: HassKey[_Dashboard] = HassKey(STORAGE_KEY)


@callback
def _dashboard(hass: HomeAssistant) -> _Dashboard:
    if _DASHBOARD not in hass.data:
        hass.data[_DASHBOARD] = _Dashboard(hass)
    return hass.data[_DASHBOARD]


def _require_energy(hass: HomeAssistant) -> None:
    if ENERGY_DOMAIN not in hass.config.components:
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="energy_not_loaded")


def _plan(hass: HomeAssistant, entry: ConfigEntry, panels: Sequence[Panel]) -> Plan:
    return plan([_as_named_by_user(hass, entry, panel) for panel in panels], _entities(hass, entry, panels))


def _as_named_by_user(hass: HomeAssistant, entry: ConfigEntry, panel: Panel) -> Panel:
    """The panel with the names that the user gave its devices in Home Assistant."""
    devices = dr.async_get(hass)

    def named(channel: Channel) -> Channel:
        identifier = channel_device(panel.id, channel.id)
        device = devices.async_get_child_device_by_identifier(identifier, entry.entry_id)
        return replace(channel, name=device.name_by_user) if device and device.name_by_user else channel

    board = devices.async_get_device_by_identifier(panel_device(panel.id), entry.entry_id)
    return replace(
        panel,
        name=(board.name_by_user if board else None) or panel.name,
        channels=tuple(named(channel) for channel in panel.channels),
    )


def _entities(hass: HomeAssistant, entry: ConfigEntry, panels: Iterable[Panel]) -> Entities:
    """The enabled entities of the panels and their channels."""
    registry = er.async_get(hass)
    wanted = [
        (panel.id, channel, key)
        for panel in panels
        for channel, keys in [(None, PANEL_KEYS), *((channel.id, ENTITY_KEYS) for channel in panel.channels)]
        for key in keys
    ]
    found: dict[tuple[str, str | None, str], str] = {}
    for identity in wanted:
        entity_id = registry.async_get_entity_id(Platform.SENSOR, DOMAIN, unique_id(*identity))
        registered = registry.async_get(entity_id) if entity_id else None
        if registered and not registered.disabled and registered.config_entry_id == entry.entry_id:
            found[identity] = registered.entity_id
    return found


def _our_entities(hass: HomeAssistant) -> dict[str, str]:
    """Entity id -> unique id of all sensors of Panel Meter."""
    return {
        registered.entity_id: registered.unique_id
        for registered in er.async_get(hass).entities.values()
        if registered.platform == DOMAIN and registered.domain == Platform.SENSOR
    }


def _preferences(manager: EnergyManager) -> Preferences:
    data = manager.data or EnergyManager.default_preferences()
    return Preferences(
        tuple(cast("list[Entry]", data["energy_sources"])), tuple(cast("list[Entry]", data["device_consumption"]))
    )


def _validate(preferences: Preferences) -> None:
    try:
        ENERGY_SOURCE_SCHEMA(list(preferences.sources))
        for device in preferences.devices:
            DEVICE_CONSUMPTION_SCHEMA(device)
    except vol.Invalid as error:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="energy_dashboard_invalid",
            translation_placeholders={"error": str(error)},
        ) from error


def _inverted(preferences: Preferences) -> set[str]:
    """Powers that Home Assistant inverts for a battery by a sensor of its own."""
    return {
        power
        for source in preferences.sources
        if source.get("type") == "battery" and isinstance(config := source.get("power_config"), dict)
        if isinstance(power := config.get("stat_rate_inverted"), str)
    }


def _forget_generated(hass: HomeAssistant, powers: Iterable[str]) -> None:
    """Home Assistant stops a sensor that it no longer needs but leaves it in the registry."""
    registry = er.async_get(hass)
    for power in powers:
        unique_id = generate_power_sensor_unique_id("battery", {"stat_rate_inverted": power})
        if (entity_id := registry.async_get_entity_id(Platform.SENSOR, ENERGY_DOMAIN, unique_id)) is not None:
            registry.async_remove(entity_id)


def _stored(change: Change) -> _StoredChange:
    return {
        "panel": change.panel,
        "kind": change.kind,
        "statistic": change.statistic,
        "before": change.before,
        "wanted": change.wanted,
        "withdrawn": change.withdrawn,
    }

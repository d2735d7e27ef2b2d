"""What has a name in this home, as far as whoever asks may see it, and what a name stands for."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import area_registry as ar, device_registry as dr

from ..api.queries import seen_channels, seen_panels
from ..api.sight import Sight
from ..core.model import Channel, Direction, Register, Role
from ..core.questions.model import Query, Subject, SubjectKind
from ..hub import Hub
from ..identity import channel_device, panel_device
from ..panel import PanelRuntime

type _Device = dr.DeviceEntry | dr.ChildDeviceEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A panel, or one of its channels, with the registers whose energy it draws."""

    panel: PanelRuntime
    channel: Channel | None
    name: str
    registers: tuple[Register, ...]


def panel_name(hub: Hub, panel: PanelRuntime) -> str:
    """What the owner calls a panel."""
    subentry = hub.entry.subentries.get(panel.subentry_id)
    return subentry.title if subentry else panel.name


@callback
def subjects(hass: HomeAssistant, hub: Hub, sight: Sight) -> list[Subject]:
    """Everything with a name: panels, channels and areas that hold one of them. A device may have another name."""
    found: list[Subject] = []
    areas: set[str] = set()
    devices = _devices(hass, hub)
    for panel in seen_panels(hub, sight):
        device = devices.get(panel_device(panel.id))
        areas.add(device.area_id or "" if device else "")
        names = _called(panel_name(hub, panel), device)
        found += [Subject(kind=SubjectKind.PANEL, panel=panel.id, name=name) for name in names]
        for channel in seen_channels(panel, sight):
            device = devices.get(channel_device(panel.id, channel.id))
            areas.add(device.area_id or "" if device else "")
            found += [_channel(panel.id, channel, name) for name in _called(channel.name, device)]
    registry = ar.async_get(hass)
    for area_id in sorted(areas):
        if (area := registry.async_get_area(area_id)) is not None:
            called = (area.name, *area.aliases)
            found += [Subject(kind=SubjectKind.AREA, id=area.id, name=name) for name in called]
    return found


def _devices(hass: HomeAssistant, hub: Hub) -> Mapping[tuple[str, str], _Device]:
    """The devices of the hub, panels and the circuits in them, by their identifiers."""
    registry, entry_id = dr.async_get(hass), hub.entry.entry_id
    found: list[_Device] = [
        *dr.async_entries_for_config_entry(registry, entry_id),
        *dr.async_child_entries_for_config_entry(registry, entry_id),
    ]
    return {identifier: device for device in found for identifier in device.identifiers}


def _called(name: str, device: _Device | None) -> Iterable[str]:
    given = device.name_by_user if device else None
    return dict.fromkeys(each for each in (name, given) if each)


def _channel(panel: str, channel: Channel, name: str) -> Subject:
    produces = channel.role is Role.SOLAR
    return Subject(kind=SubjectKind.CHANNEL, panel=panel, id=channel.id, name=name, produces=produces)


@callback
def targets(hass: HomeAssistant, hub: Hub, sight: Sight, query: Query) -> list[Target]:
    """What a query is about: the named things, or every panel that is seen as a whole."""
    if not query.subjects:
        return [whole_panel(hub, panel) for panel in seen_panels(hub, sight) if sees_whole(panel, sight)]
    found: list[Target] = []
    for subject in query.subjects:
        found += _of(hass, hub, sight, subject)
    return distinct(hub, found)


def distinct(hub: Hub, found: Sequence[Target]) -> list[Target]:
    """The same, where things of the same name say of which panel they are."""
    names = Counter(target.name for target in found)
    return [
        replace(target, name=f"{target.name} ({panel_name(hub, target.panel)})")
        if names[target.name] > 1 and target.channel
        else target
        for target in found
    ]


def sees_whole(panel: PanelRuntime, sight: Sight) -> bool:
    """Whether what a panel draws as a whole is seen."""
    return all(sight.value(panel.id, each.channel, f"energy_{each.direction}") for each in panel.consumption)


def whole_panel(hub: Hub, panel: PanelRuntime) -> Target:
    """A panel with what it draws."""
    return Target(panel=panel, channel=None, name=panel_name(hub, panel), registers=panel.consumption)


def channel_target(panel: PanelRuntime, channel: Channel, name: str = "") -> Target:
    """A channel with what it draws."""
    register = Register(channel.id, Direction.IMPORT)
    known = panel.description.registers if panel.description else ()
    registers = (register,) if register in known else ()
    return Target(panel=panel, channel=channel, name=name or channel.name, registers=registers)


def _of(hass: HomeAssistant, hub: Hub, sight: Sight, subject: Subject) -> Iterator[Target]:
    if subject.kind is SubjectKind.AREA:
        yield from _in_area(hass, hub, sight, subject.id)
        return
    panel = hub.panels.get(subject.panel)
    if panel is None or not sight.panel(panel.id):
        return
    if subject.kind is SubjectKind.PANEL:
        if sees_whole(panel, sight):
            yield whole_panel(hub, panel)
        return
    for channel in seen_channels(panel, sight):
        if channel.id == subject.id:
            yield channel_target(panel, channel, subject.name)


def _in_area(hass: HomeAssistant, hub: Hub, sight: Sight, area_id: str) -> Iterator[Target]:
    """The channels of an area: a panel that stands in it and measures circuits elsewhere is not one of them."""
    devices = _devices(hass, hub)
    for panel in seen_panels(hub, sight):
        for channel in seen_channels(panel, sight):
            device = devices.get(channel_device(panel.id, channel.id))
            if device is not None and device.area_id == area_id:
                yield channel_target(panel, channel)

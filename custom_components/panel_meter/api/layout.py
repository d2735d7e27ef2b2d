"""Saving where the breakers of a panel sit, as an administrator has moved them on the card."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.json import JsonObjectType, JsonValueType
import voluptuous as vol

from ..const import DOMAIN, SUBENTRY_PANEL
from ..core.model import Channel, Phase
from ..core.placement import ImpossiblePlacement, Layout, Place, check_place, check_slots, usual_layout
from ..core.settings import PanelSettings
from ..hub import Hub
from .command import Message, refuse
from .problem import Problem, invalid, not_found
from .queries import loaded_hub

#: The fields of a channel that the card may change: by their name there, and in the settings of a channel.
_FIELDS: Final = {"slot": "slot", "poles": "poles", "rating_a": "rating", "phase": "phase"}
_MOST_CHANNELS: Final = 100


def _number(value: object) -> float | None:
    """A number; JSON's true and false are none."""
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    raise vol.Invalid("expected a number")


def _whole(value: object) -> int | None:
    """A whole number."""
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise vol.Invalid("expected a whole number")


_CHANNEL: Final = vol.Schema(
    {
        vol.Required("id"): vol.All(str, vol.Length(min=1, max=128)),
        vol.Optional("slot"): _whole,
        vol.Optional("poles"): _whole,
        vol.Optional("rating_a"): _number,
        vol.Optional("phase"): vol.Any(None, vol.All(str, vol.In([phase.value for phase in Phase]), vol.Coerce(Phase))),
    }
)


@websocket_api.require_admin
@websocket_api.websocket_command(
    {
        vol.Required("type"): "panel_meter/set_layout",
        vol.Required("panel"): str,
        vol.Required("channels"): vol.All([_CHANNEL], vol.Length(max=_MOST_CHANNELS)),
        vol.Optional("layout"): vol.All(vol.In([layout.value for layout in Layout]), vol.Coerce(Layout)),
    }
)
@callback
def set_layout(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> None:
    """Keep slot, poles, rating and phase of channels in the settings of their panel; None: as the panel says it."""
    try:
        connection.send_result(msg["id"], _save(hass, msg["panel"], msg["channels"], msg.get("layout")))
    except Problem as problem:
        refuse(connection, msg["id"], problem)
    except ImpossiblePlacement as impossible:
        translation = {"translation_domain": DOMAIN, "translation_key": impossible.key}
        sentence = HomeAssistantError(**translation, translation_placeholders=impossible.placeholders)
        connection.send_error(
            msg["id"],
            "impossible",
            str(sentence),
            **translation,
            translation_placeholders=impossible.placeholders,
        )


def _save(
    hass: HomeAssistant, panel_id: str, asked: Iterable[Mapping[str, Any]], layout: Layout | None
) -> JsonObjectType:
    hub = loaded_hub(hass)
    subentry = _subentry(hub, panel_id)
    runtime = hub.panels.get(panel_id)
    announced = runtime.announced if runtime else None
    if subentry is None or announced is None:
        raise not_found("There is no such panel, or it has never spoken.")
    known = {channel.id: channel for channel in announced.channels}
    wishes = {wish["id"]: wish for wish in asked}
    if unknown := [channel_id for channel_id in wishes if channel_id not in known]:
        raise invalid(f"{len(unknown)} of these channels are not part of the panel.")
    for channel_id, wish in wishes.items():
        check_place(_place(wish), known[channel_id].name)
    data = _changed(subentry.data, known, wishes)
    corrected = PanelSettings.from_data(data).apply(announced)
    moved = [channel for channel in corrected.channels if channel.id in wishes]
    others = [channel for channel in corrected.channels if channel.id not in wishes]
    check_slots(moved, others, layout or usual_layout(corrected))
    changed = hass.config_entries.async_update_subentry(hub.entry, subentry, data=data)
    return {"changed": changed, "channels": [_answer(channel) for channel in corrected.channels]}


def _subentry(hub: Hub, panel_id: str) -> ConfigSubentry | None:
    found = hub.entry.subentries.values()
    return next((each for each in found if (each.subentry_type, each.unique_id) == (SUBENTRY_PANEL, panel_id)), None)


def _place(wish: Mapping[str, Any]) -> Place:
    return Place(channel=wish["id"], **{ours: wish.get(theirs) for theirs, ours in _FIELDS.items()})


def _changed(
    data: Mapping[str, Any], known: Mapping[str, Channel], wishes: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """The settings with the wishes. What is as the panel says it is not kept, so that it can still correct it."""
    channels = {**data.get("channels", {})}
    for channel_id, wish in wishes.items():
        settings = {**channels.get(channel_id, {})}
        for theirs, ours in _FIELDS.items():
            if theirs not in wish:
                continue
            value = wish[theirs]
            if value is None or value == getattr(known[channel_id], ours):
                settings.pop(ours, None)
            else:
                settings[ours] = value.value if isinstance(value, Phase) else value
        channels[channel_id] = settings
    return {**data, "channels": {channel_id: settings for channel_id, settings in channels.items() if settings}}


def _answer(channel: Channel) -> JsonObjectType:
    phase: JsonValueType = channel.phase.value if channel.phase else None
    return {
        "id": channel.id,
        "slot": channel.slot,
        "poles": channel.poles,
        "rating_a": channel.rating,
        "phase": phase,
    }

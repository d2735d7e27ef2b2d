"""Sources that post: each a subentry of the hub with a token, and perhaps with an address of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from homeassistant.components import webhook
from homeassistant.config_entries import ConfigEntry, ConfigEntryState, ConfigSubentry
from homeassistant.core import HomeAssistant, callback

from ..const import DOMAIN, SUBENTRY_SOURCE
from ..core.codecs.posted import Fields
from ..hub import Hub, PanelMeterConfigEntry
from .problem import unavailable
from .tokens import TOKENS, Tokens, async_tokens

CONF_GATEWAY: Final = "gateway"
CONF_WEBHOOK: Final = "webhook"
CONF_FIELDS: Final = "fields"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source that posts, as the user set it up."""

    #: Also the id of its token.
    id: str
    name: str
    #: Whether it speaks for several panels.
    gateway: bool
    fields: Fields

    @classmethod
    def of(cls, subentry: ConfigSubentry) -> Source:
        """Read the subentry of a source."""
        told = subentry.data.get(CONF_FIELDS)
        return cls(
            id=token_id(subentry),
            name=subentry.title,
            gateway=bool(subentry.data.get(CONF_GATEWAY, False)),
            fields=Fields.from_data(told if isinstance(told, dict) else {}),
        )


def source_id(token: str) -> str:
    """The identity of the subentry of a token; no panel can have it."""
    return f"source/{token}"


def token_id(subentry: ConfigSubentry) -> str:
    """The id of the token of a source."""
    return (subentry.unique_id or "").removeprefix("source/")


def sources(entry: ConfigEntry) -> Iterator[ConfigSubentry]:
    """The sources of the hub."""
    return (each for each in entry.subentries.values() if each.subentry_type == SUBENTRY_SOURCE)


def source_of(entry: ConfigEntry, token: str) -> Source | None:
    """The source of a token; None if it was removed."""
    wanted = source_id(token)
    return next((Source.of(each) for each in sources(entry) if each.unique_id == wanted), None)


def loaded(hass: HomeAssistant) -> tuple[PanelMeterConfigEntry, Hub, Tokens]:
    """The hub and the tokens; Problem 503 while they are not there."""
    entries: list[PanelMeterConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    if not entries or TOKENS not in hass.data:
        raise unavailable()
    return entries[0], entries[0].runtime_data, hass.data[TOKENS]


async def async_start_sources(hass: HomeAssistant, entry: PanelMeterConfigEntry, handler: webhook.HandlerType) -> None:
    """Know the tokens, and hear the sources that have an address of their own."""
    tokens = await async_tokens(hass)
    heard: dict[str, str] = {}

    @callback
    def follow() -> None:
        wanted = {token_id(each): each.title for each in sources(entry)}
        hooks = {
            record.webhook: title
            for each, title in wanted.items()
            if (record := tokens.get(each)) is not None and record.webhook is not None
        }
        for hook in [hook for hook in heard if hook not in hooks]:
            webhook.async_unregister(hass, hook)
            del heard[hook]
        for hook, title in hooks.items():
            if hook not in heard:
                # Whether a caller from outside may use it is decided by the handler, which logs no address.
                webhook.async_register(hass, DOMAIN, title, hook, handler, local_only=False, allowed_methods=["POST"])
                heard[hook] = title
        tokens.retain(wanted)

    async def updated(_hass: HomeAssistant, _entry: ConfigEntry) -> None:
        follow()

    @callback
    def stop() -> None:
        for hook in heard:
            webhook.async_unregister(hass, hook)

    follow()
    entry.async_on_unload(entry.add_update_listener(updated))
    entry.async_on_unload(stop)


def source_by_webhook(entry: ConfigEntry, tokens: Tokens, hook: str) -> Source | None:
    """The source that an address belongs to."""
    for subentry in sources(entry):
        record = tokens.get(token_id(subentry))
        if record is not None and record.webhook == hook:
            return Source.of(subentry)
    return None


def is_running(entry: ConfigEntry) -> bool:
    """Whether the hub runs."""
    return entry.state is ConfigEntryState.LOADED

"""Set-up of the hub: listen, show the panels that speak, add them, and offer the Energy dashboard."""

import asyncio
from collections.abc import Mapping
import secrets
from typing import Any, Final, override

from homeassistant.components.mqtt import async_wait_for_mqtt_client, valid_publish_topic
from homeassistant.config_entries import (
    SOURCE_IGNORE,
    SOURCE_USER,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryFlow,
    OptionsFlow,
)
from homeassistant.core import callback
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
from homeassistant.helpers.service_info.mqtt import MqttServiceInfo
import voluptuous as vol

from .const import (
    CONF_BASE_TOPIC,
    CONF_HOST_ID,
    DEFAULT_BASE_TOPIC,
    DOMAIN,
    SUBENTRY_PANEL,
    SUBENTRY_SOURCE,
    SUBENTRY_TARIFF,
)
from .core.codecs import codecs_for
from .core.model import Panel
from .flows.listening import async_listen, heard, labels
from .flows.options import HubOptionsFlow
from .flows.panel import PanelSubentryFlow
from .flows.preview import preview
from .flows.source import SourceSubentryFlow
from .flows.tariff import TariffSubentryFlow
from .markdown import escaped
from .options import CONF_ENERGY_DASHBOARD

CONF_PANELS: Final = "panels"
CONF_LISTEN_AGAIN: Final = "listen_again"

#: Retained announcements arrive at once; sources that speak once a minute need the long look.
SHORT_LOOK: Final = 6.0
LONG_LOOK: Final = 64.0


class PanelMeterConfigFlow(ConfigFlow, domain=DOMAIN):
    """Set up the one hub, or answer the offer of a new panel."""

    VERSION = 1

    def __init__(self) -> None:
        """Begin with nothing found."""
        self._base = DEFAULT_BASE_TOPIC
        self._found: dict[str, Panel] = {}
        self._chosen: list[str] = []
        self._look = SHORT_LOOK
        self._listening: asyncio.Task[None] | None = None
        self._offer: Mapping[str, Any] = {}

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(cls, config_entry: ConfigEntry) -> dict[str, type[ConfigSubentryFlow]]:
        """Panels are subentries, and so are tariffs and the sources that post."""
        return {
            SUBENTRY_PANEL: PanelSubentryFlow,
            SUBENTRY_TARIFF: TariffSubentryFlow,
            SUBENTRY_SOURCE: SourceSubentryFlow,
        }

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        """Options of the hub."""
        return HubOptionsFlow()

    # --- the hub ---

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the base topic, which hardly anybody changes."""
        if (refusal := await self._async_refusal()) is not None:
            return refusal
        errors: dict[str, str] = {}
        if user_input is not None:
            base = user_input[CONF_BASE_TOPIC].strip().strip("/")
            if _is_topic(base):
                self._base = base
                return await self.async_step_listen()
            errors[CONF_BASE_TOPIC] = "invalid_base_topic"
        return self.async_show_form(
            step_id="user",
            data_schema=vol.Schema({vol.Required(CONF_BASE_TOPIC, default=self._base): str}),
            errors=errors,
        )

    @override
    async def async_step_mqtt(self, discovery_info: MqttServiceInfo) -> ConfigFlowResult:
        """A board announced itself. With a hub, the hub itself hears it and offers the panel."""
        if (refusal := await self._async_refusal()) is not None:
            return refusal
        payload = discovery_info.payload
        content = payload.encode() if isinstance(payload, str) else bytes(payload)
        for codec in codecs_for(self._base, frozenset()):
            for panel in heard(codec, discovery_info.topic, content):
                self._found[panel.id] = panel
        if not self._found:
            return self.async_abort(reason="invalid_discovery_info")
        return await self.async_step_discovery_confirm()

    async def async_step_discovery_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask whether to set up Panel Meter for the board that announced itself."""
        if user_input is not None:
            return await self.async_step_listen()
        name = next(iter(self._found.values())).name
        self.context["title_placeholders"] = {"name": name}
        return self.async_show_form(step_id="discovery_confirm", description_placeholders={"name": escaped(name)})

    async def async_step_listen(self, _user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Listen for panels."""
        if self._listening is None:
            self._listening = self.hass.async_create_task(
                async_listen(self.hass, self._base, self._look, self._found, self.async_update_progress)
            )
        if not self._listening.done():
            return self.async_show_progress(
                step_id="listen",
                progress_action="listen",
                progress_task=self._listening,
                description_placeholders={"seconds": str(round(self._look))},
            )
        self._listening = None
        return self.async_show_progress_done(next_step_id="panels")

    async def async_step_panels(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show what was found, and offer to listen longer."""
        if user_input is not None:
            if user_input[CONF_LISTEN_AGAIN]:
                self._look = LONG_LOOK
                return await self.async_step_listen()
            self._chosen = user_input.get(CONF_PANELS, [])
            return await self.async_step_energy() if self._chosen else self._create()
        fields: dict[vol.Marker, object] = {}
        if self._found:
            fields[vol.Optional(CONF_PANELS, default=list(self._found))] = _choice(self._found)
        listened_long = self._look == LONG_LOOK
        fields[vol.Required(CONF_LISTEN_AGAIN, default=not self._found and not listened_long)] = bool
        return self.async_show_form(
            step_id="panels",
            data_schema=vol.Schema(fields),
            description_placeholders={"count": str(len(self._found))},
            last_step=not self._found,
        )

    async def async_step_energy(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show what would go into the Energy dashboard and ask for consent."""
        if user_input is not None:
            return self._create(energy_dashboard=user_input[CONF_ENERGY_DASHBOARD])
        return self.async_show_form(
            step_id="energy",
            data_schema=vol.Schema({vol.Required(CONF_ENERGY_DASHBOARD, default=True): bool}),
            description_placeholders={"preview": preview([self._found[panel] for panel in self._chosen])},
            last_step=True,
        )

    def _create(self, *, energy_dashboard: bool = False) -> ConfigFlowResult:
        return self.async_create_entry(
            title="Panel Meter",
            data={CONF_BASE_TOPIC: self._base, CONF_HOST_ID: secrets.token_hex(4)},
            options={CONF_ENERGY_DASHBOARD: energy_dashboard},
            subentries=[
                {
                    "data": {"codec": panel.codec},
                    "subentry_type": SUBENTRY_PANEL,
                    "title": panel.name,
                    "unique_id": panel.id,
                }
                for panel in (self._found[panel_id] for panel_id in self._chosen)
            ],
        )

    async def _async_refusal(self) -> ConfigFlowResult | None:
        """Why there can be no hub now, or what to ask first: there is one, or no MQTT."""
        # A card that waits on the integrations page must not keep the user from adding Panel Meter by hand.
        await self.async_set_unique_id(DOMAIN, raise_on_progress=self.source != SOURCE_USER)
        if self._async_current_entries(include_ignore=False):
            return self.async_abort(reason="already_configured")
        if self.source != SOURCE_USER:
            self._abort_if_unique_id_configured()
        if not await async_wait_for_mqtt_client(self.hass):
            return await self.async_step_without_mqtt()
        return None

    async def async_step_without_mqtt(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """There is no broker, which devices that post over HTTP do not need."""
        if user_input is not None:
            return self._create()
        return self.async_show_form(step_id="without_mqtt", last_step=True)

    # --- a panel that the hub heard ---

    async def async_step_integration_discovery(self, discovery_info: Mapping[str, Any]) -> ConfigFlowResult:
        """Offer a panel that the hub heard and that nobody has added."""
        await self.async_set_unique_id(discovery_info["panel"])
        if any(
            entry.unique_id == self.unique_id
            for entry in self._async_current_entries(include_ignore=True)
            if entry.source == SOURCE_IGNORE
        ):
            return self.async_abort(reason="already_configured")
        self._offer = discovery_info
        self.context["title_placeholders"] = {"name": discovery_info["name"]}
        return await self.async_step_panel_confirm()

    async def async_step_panel_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Add the panel when the user says so."""
        if user_input is not None:
            for entry in self.hass.config_entries.async_loaded_entries(DOMAIN):
                entry.runtime_data.add_panel(self._offer["panel"], self._offer["name"], self._offer["codec"])
                return self.async_abort(reason="panel_added")
            return self.async_abort(reason="hub_missing")
        return self.async_show_form(
            step_id="panel_confirm",
            description_placeholders={
                "name": escaped(self._offer["name"]),
                "id": escaped(self._offer["panel"]),
                "channels": escaped(", ".join(self._offer["channels"])),
            },
        )


def _choice(panels: Mapping[str, Panel]) -> SelectSelector:
    return SelectSelector(
        SelectSelectorConfig(
            options=[SelectOptionDict(value=panel_id, label=label) for panel_id, label in labels(panels)],
            multiple=True,
            mode=SelectSelectorMode.LIST,
        )
    )


def _is_topic(base: str) -> bool:
    try:
        valid_publish_topic(base)
    except vol.Invalid:
        return False
    return not base.startswith("$")

"""Adding a panel by hand, and correcting what a panel says of itself."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final, override

from homeassistant.config_entries import ConfigEntryState, SubentryFlowResult
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
import voluptuous as vol

from ..const import PANEL_TEXTS
from ..core.model import Channel, Panel, Phase, Role
from ..core.settings import NO_PARENT, PanelSettings, hangs_on_the_mains
from ..panel import PanelRuntime
from .alerts import AlertSteps
from .listening import async_listen, labels

CONF_PANEL: Final = "panel"
CONF_CHANNEL: Final = "channel"
CONF_LISTEN_AGAIN: Final = "listen_again"
CONF_NAME: Final = "name"
CONF_STATE_INTERVAL: Final = "state_interval"
#: Retained announcements arrive at once; sources that speak once a minute need the long look.
SHORT_LOOK: Final = 6.0
LONG_LOOK: Final = 64.0


class PanelSubentryFlow(AlertSteps):
    """Add a panel that speaks, or change its settings."""

    def __init__(self) -> None:
        """Begin with nothing found."""
        self._found: dict[str, Panel] = {}
        self._channel_id: str | None = None
        self._listening: asyncio.Task[None] | None = None
        self._look = SHORT_LOOK

    # --- add ---

    async def async_step_user(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Listen for panels."""
        entry = self._get_entry()
        if entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="hub_not_loaded")
        if self._listening is None:
            self._listening = self.hass.async_create_task(
                async_listen(self.hass, entry.runtime_data.base, self._look, self._found, self.async_update_progress)
            )
        if not self._listening.done():
            return self.async_show_progress(
                step_id="user",
                progress_action="listen",
                progress_task=self._listening,
                description_placeholders={"seconds": str(round(self._look))},
            )
        self._listening = None
        return self.async_show_progress_done(next_step_id="choose")

    async def async_step_choose(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Choose one of the panels that spoke."""
        if user_input is not None:
            if user_input[CONF_LISTEN_AGAIN]:
                self._look = LONG_LOOK
                return await self.async_step_user()
            panel = self._found[user_input[CONF_PANEL]]
            return self.async_create_entry(title=panel.name, data={"codec": panel.codec}, unique_id=panel.id)
        added = {subentry.unique_id for subentry in self._get_entry().subentries.values()}
        new = {panel_id: panel for panel_id, panel in self._found.items() if panel_id not in added}
        if not new and self._look == LONG_LOOK:
            return self.async_abort(reason="no_new_panels")
        if not new:
            self._look = LONG_LOOK
            return await self.async_step_user()
        fields = {
            vol.Required(CONF_PANEL, default=next(iter(new))): _select(labels(new)),
            vol.Required(CONF_LISTEN_AGAIN, default=False): bool,
        }
        return self.async_show_form(step_id="choose", data_schema=vol.Schema(fields))

    # --- change ---

    async def async_step_reconfigure(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask what to change."""
        options = ["panel", "choose_channel", "alerts", "choose_alert_channel"]
        if self._panel() is None:
            options = ["panel", "alerts"] if self._runtime() else ["panel"]
        return self.async_show_menu(step_id="reconfigure", menu_options=options)

    async def async_step_panel(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Settings of the whole panel."""
        subentry = self._get_reconfigure_subentry()
        if user_input is not None:
            told = {key: user_input[key].strip() for key in PANEL_TEXTS if user_input.get(key, "").strip()}
            kept = {key: value for key, value in subentry.data.items() if key not in PANEL_TEXTS}
            return self.async_update_and_abort(
                self._get_entry(),
                subentry,
                title=user_input[CONF_NAME],
                data={**kept, **told, CONF_STATE_INTERVAL: user_input[CONF_STATE_INTERVAL]},
            )
        settings = PanelSettings.from_data(subentry.data)
        return self.async_show_form(
            step_id="panel",
            data_schema=vol.Schema(
                {
                    vol.Required(CONF_NAME, default=subentry.title): TextSelector(),
                    vol.Required(CONF_STATE_INTERVAL, default=settings.state_interval): _number(1, 60, "s"),
                    **{
                        vol.Optional(key, description={"suggested_value": subentry.data.get(key)}): TextSelector()
                        for key in PANEL_TEXTS
                    },
                }
            ),
        )

    async def async_step_choose_channel(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Choose the channel whose settings to change."""
        if user_input is not None:
            self._channel_id = user_input[CONF_CHANNEL]
            return await self.async_step_channel()
        panel = self._panel()
        names = [(channel.id, channel.name) for channel in panel.channels] if panel else []
        return self.async_show_form(
            step_id="choose_channel", data_schema=vol.Schema({vol.Required(CONF_CHANNEL): _select(names)})
        )

    async def async_step_channel(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Settings of one channel; what is left empty stays as the board says it."""
        panel, channel_id = self._panel(), self._channel_id
        if panel is None or channel_id is None:
            return self.async_abort(reason="hub_not_loaded")
        channel = panel.channel(channel_id)
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = _problems(panel, channel, user_input)
            if not errors:
                return self._save(channel, user_input)
        return self.async_show_form(
            step_id="channel",
            data_schema=self.add_suggested_values_to_schema(
                _channel_schema(panel, channel), user_input or _suggested(channel)
            ),
            description_placeholders={"channel": channel.name},
            errors=errors,
        )

    def _save(self, channel: Channel, user_input: Mapping[str, Any]) -> SubentryFlowResult:
        """Keep what differs from what the board says, so that the board can still correct the rest."""
        runtime = self._runtime()
        announced = runtime.announced if runtime else None
        said = _suggested(announced.channel(channel.id) if announced else channel)
        settings = {key: value for key, value in user_input.items() if value is not None and value != said[key]}
        subentry = self._get_reconfigure_subentry()
        channels = {**subentry.data.get("channels", {}), channel.id: settings}
        return self.async_update_and_abort(self._get_entry(), subentry, data={**subentry.data, "channels": channels})

    def _panel(self) -> Panel | None:
        """The panel as it is known now; None while it never spoke."""
        runtime = self._runtime()
        return None if runtime is None else runtime.description

    @override
    def _runtime(self) -> PanelRuntime | None:
        entry, subentry = self._get_entry(), self._get_reconfigure_subentry()
        if entry.state is not ConfigEntryState.LOADED:
            return None
        panels: dict[str | None, PanelRuntime] = entry.runtime_data.panels
        return panels.get(subentry.unique_id)


def _problems(panel: Panel, channel: Channel, user_input: Mapping[str, Any]) -> dict[str, str]:
    parents = {each.id: each.parent for each in panel.channels}
    parent = user_input.get("parent")
    parents[channel.id] = None if parent == NO_PARENT else parent
    return {} if hangs_on_the_mains(channel.id, parents) else {"parent": "parent_circle"}


def _channel_schema(panel: Panel, channel: Channel) -> vol.Schema:
    others = [(NO_PARENT, "—")] + [(each.id, each.name) for each in panel.channels if each.id != channel.id]
    return vol.Schema(
        {
            vol.Required("role"): _translated([role.value for role in Role], "role"),
            vol.Optional("rating"): _number(1, 10_000, "A"),
            vol.Optional("phase"): _select([(phase.value, phase.value) for phase in Phase]),
            vol.Optional("parent"): _select(others),
            vol.Optional("slot"): _number(1, 1000, None),
            vol.Optional("poles"): _number(1, 4, None),
        }
    )


def _suggested(channel: Channel) -> dict[str, Any]:
    return {
        "role": channel.role.value,
        "rating": channel.rating,
        "phase": channel.phase.value if channel.phase else None,
        "parent": channel.parent or NO_PARENT,
        "slot": channel.slot,
        "poles": channel.poles,
    }


def _select(pairs: list[tuple[str, str]]) -> SelectSelector:
    options = [SelectOptionDict(value=value, label=label) for value, label in pairs]
    return SelectSelector(SelectSelectorConfig(options=options, mode=SelectSelectorMode.DROPDOWN))


def _translated(values: list[str], key: str) -> SelectSelector:
    return SelectSelector(SelectSelectorConfig(options=values, mode=SelectSelectorMode.DROPDOWN, translation_key=key))


def _number(low: float, high: float, unit: str | None) -> NumberSelector:
    config = NumberSelectorConfig(min=low, max=high, mode=NumberSelectorMode.BOX)
    if unit is not None:
        config["unit_of_measurement"] = unit
    return NumberSelector(config)

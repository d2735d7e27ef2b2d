"""Options of the hub."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.components.notify import DOMAIN as NOTIFY
from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TimeSelector,
)
import voluptuous as vol

from ..alerts.routes import (
    CONF_FALLBACK,
    CONF_NOTIFICATIONS,
    CONF_QUIET_FROM,
    CONF_QUIET_UNTIL,
    Routes,
    apps_key,
    entities_key,
)
from ..core.alerts.model import Severity
from ..core.codecs import FORMATS
from ..options import (
    CONF_ADD_PANELS,
    CONF_ALLOW_PLAIN_HTTP,
    CONF_ASSIST,
    CONF_ENERGY_DASHBOARD,
    CONF_FORMATS,
    CONF_OLD_PATHS,
    HubOptions,
)

#: Notify actions of mobile apps begin with this.
APP_PREFIX: Final = "mobile_app_"


class HubOptionsFlow(OptionsFlow):
    """What the user can choose for the whole hub."""

    async def async_step_init(self, _user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask what to change."""
        return self.async_show_menu(step_id="init", menu_options=["general", "notifications"])

    async def async_step_general(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """What is listened to and what is done with it."""
        if user_input is not None:
            return self._save(user_input)
        options = HubOptions.from_entry(self.config_entry)
        formats = SelectSelector(
            SelectSelectorConfig(
                options=list(FORMATS), multiple=True, mode=SelectSelectorMode.LIST, translation_key=CONF_FORMATS
            )
        )
        return self.async_show_form(
            step_id="general",
            data_schema=vol.Schema(
                {
                    vol.Required(CONF_ADD_PANELS, default=options.add_panels): bool,
                    vol.Required(CONF_ENERGY_DASHBOARD, default=options.energy_dashboard): bool,
                    vol.Required(CONF_FORMATS, default=sorted(options.formats)): formats,
                    vol.Required(CONF_OLD_PATHS, default=options.old_paths): bool,
                    vol.Required(CONF_ALLOW_PLAIN_HTTP, default=options.allow_plain_http): bool,
                    vol.Required(CONF_ASSIST, default=options.assist): bool,
                }
            ),
        )

    async def async_step_notifications(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Who is told of alerts, and when not."""
        errors: dict[str, str] = {}
        target = ""
        if user_input is not None:
            errors, target = self._problems(user_input)
            if not errors:
                return self._save({CONF_NOTIFICATIONS: user_input})
        shown = user_input or self.config_entry.options.get(CONF_NOTIFICATIONS, {})
        return self.async_show_form(
            step_id="notifications",
            data_schema=self.add_suggested_values_to_schema(self._notifications_schema(), shown),
            errors=errors,
            description_placeholders={"target": target},
        )

    def _save(self, chosen: Mapping[str, Any]) -> ConfigFlowResult:
        return self.async_create_entry(data={**self.config_entry.options, **chosen})

    def _notifications_schema(self) -> vol.Schema:
        entities = EntitySelector(EntitySelectorConfig(domain=NOTIFY, multiple=True))
        apps = SelectSelector(
            SelectSelectorConfig(
                options=[SelectOptionDict(value=app, label=_label(app)) for app in self._apps()],
                multiple=True,
                custom_value=True,
                mode=SelectSelectorMode.DROPDOWN,
            )
        )
        fields: dict[vol.Marker, object] = {}
        for severity in reversed(Severity):
            fields[vol.Optional(entities_key(severity), default=list)] = entities
            fields[vol.Optional(apps_key(severity), default=list)] = apps
        fields[vol.Optional(CONF_QUIET_FROM)] = TimeSelector()
        fields[vol.Optional(CONF_QUIET_UNTIL)] = TimeSelector()
        fields[vol.Required(CONF_FALLBACK, default=True)] = bool
        return vol.Schema(fields)

    def _apps(self) -> list[str]:
        """The apps that are there, and those that were chosen and are away for now."""
        there = {name for name in self.hass.services.async_services_for_domain(NOTIFY) if name.startswith(APP_PREFIX)}
        return sorted(there | self._chosen_apps())

    def _chosen_apps(self) -> set[str]:
        routes = Routes.from_options(self.config_entry.options)
        return {app for severity in Severity for app in routes.of(severity).apps}

    def _problems(self, user_input: Mapping[str, Any]) -> tuple[dict[str, str], str]:
        """Errors by field, and the target that one of them names."""
        begin, end = user_input.get(CONF_QUIET_FROM), user_input.get(CONF_QUIET_UNTIL)
        if (begin is None) != (end is None):
            return {CONF_QUIET_UNTIL if end is None else CONF_QUIET_FROM: "quiet_needs_both"}, ""
        if begin is not None and begin == end:
            return {CONF_QUIET_UNTIL: "quiet_is_never"}, ""
        known = set(self._apps())
        for severity in Severity:
            for app in user_input[apps_key(severity)]:
                if app not in known:
                    return {apps_key(severity): "not_there"}, app
            for entity_id in user_input[entities_key(severity)]:
                state = self.hass.states.get(entity_id)
                if state is None or state.state == STATE_UNAVAILABLE:
                    return {entities_key(severity): "not_there"}, entity_id
        return {}, ""


def _label(app: str) -> str:
    return app.removeprefix(APP_PREFIX).replace("_", " ").capitalize()

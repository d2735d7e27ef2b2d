"""Options of the hub."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.helpers.selector import SelectSelector, SelectSelectorConfig, SelectSelectorMode
import voluptuous as vol

from ..core.codecs import FORMATS
from ..options import (
    CONF_ADD_PANELS,
    CONF_ALLOW_PLAIN_HTTP,
    CONF_ENERGY_DASHBOARD,
    CONF_FORMATS,
    CONF_OLD_PATHS,
    HubOptions,
)


class HubOptionsFlow(OptionsFlow):
    """What the user can choose for the whole hub."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show and take the options."""
        if user_input is not None:
            return self.async_create_entry(data=user_input)
        options = HubOptions.from_entry(self.config_entry)
        formats = SelectSelector(
            SelectSelectorConfig(
                options=list(FORMATS), multiple=True, mode=SelectSelectorMode.LIST, translation_key=CONF_FORMATS
            )
        )
        return self.async_show_form(
            step_id="init",
            data_schema=vol.Schema(
                {
                    vol.Required(CONF_ADD_PANELS, default=options.add_panels): bool,
                    vol.Required(CONF_ENERGY_DASHBOARD, default=options.energy_dashboard): bool,
                    vol.Required(CONF_FORMATS, default=sorted(options.formats)): formats,
                    vol.Required(CONF_OLD_PATHS, default=options.old_paths): bool,
                    vol.Required(CONF_ALLOW_PLAIN_HTTP, default=options.allow_plain_http): bool,
                }
            ),
        )

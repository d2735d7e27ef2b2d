"""Devices that post over HTTP: their tokens, addresses and the names in their JSON."""

from collections.abc import Mapping
from time import time
from typing import Any, Final

from homeassistant.components import webhook
from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult
from homeassistant.helpers.network import NoURLAvailableError, get_url
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
from homeassistant.util import dt as dt_util
import voluptuous as vol

from ..api.ingest import PATH
from ..api.sources import CONF_FIELDS, CONF_GATEWAY, CONF_WEBHOOK, is_running, source_id, token_id
from ..api.tokens import TOKENS, NewToken, Record, Tokens
from ..core.codecs.posted import ENERGY_UNITS, POWER_UNITS
from ..markdown import escaped

CONF_NAME: Final = "name"
CONF_OVERLAP: Final = "overlap"
CONF_NEXT_PANEL: Final = "next_panel"
#: Hours for which the old token goes on working unless the user says otherwise, and at most.
OVERLAP: Final = 24
MOST_OVERLAP: Final = 24 * 90
HOUR: Final = 3600
#: What can have another name, and the units that can be chosen.
NAMES: Final = ("device", "power", "energy", "voltage", "current", "temperature", "time")


class SourceSubentryFlow(ConfigSubentryFlow):
    """Add a device that posts, or change what it may and says."""

    def __init__(self) -> None:
        """Begin without a token."""
        self._token: NewToken | None = None
        self._webhook: str | None = None
        self._answers: Mapping[str, Any] = {}

    # --- add ---

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask what the device is called and may do."""
        if self._tokens() is None:
            return self.async_abort(reason="hub_not_loaded")
        if user_input is not None and user_input[CONF_NAME].strip():
            self._answers, self._token = user_input, NewToken.make()
            self._webhook = webhook.async_generate_id() if user_input[CONF_WEBHOOK] else None
            return await self.async_step_token()
        return self.async_show_form(step_id="user", data_schema=_settings("", gateway=False, hook=False))

    async def async_step_token(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the token, this once; it works from the moment when the user has seen it."""
        tokens, token = self._tokens(), self._token
        if tokens is None or token is None:
            return self.async_abort(reason="hub_not_loaded")
        if user_input is None:
            return self.async_show_form(
                step_id="token",
                data_schema=vol.Schema({}),
                description_placeholders={**self._addresses(self._webhook), "token": token.text},
                last_step=True,
            )
        tokens.keep(token, int(time()), webhook=self._webhook)
        return self.async_create_entry(
            title=self._answers[CONF_NAME].strip(),
            data={
                CONF_GATEWAY: self._answers[CONF_GATEWAY],
                CONF_WEBHOOK: self._answers[CONF_WEBHOOK],
                CONF_FIELDS: {},
            },
            unique_id=source_id(token.id),
        )

    # --- change ---

    async def async_step_reconfigure(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show when it was used last, and ask what to change."""
        if (record := self._record()) is None:
            return self.async_abort(reason="hub_not_loaded")
        return self.async_show_menu(
            step_id="reconfigure",
            menu_options=["settings", "fields", "rotate"],
            description_placeholders={
                "last_used": _local(record.last_used),
                "created": _local(record.created),
                "panel": escaped(record.panel or "—"),
                **self._addresses(record.webhook),
            },
        )

    async def async_step_settings(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Name, what it may speak for, and its other address."""
        subentry, record, tokens = self._get_reconfigure_subentry(), self._record(), self._tokens()
        if record is None or tokens is None:
            return self.async_abort(reason="hub_not_loaded")
        if user_input is None or not user_input[CONF_NAME].strip():
            gateway = bool(subentry.data.get(CONF_GATEWAY, False))
            schema = _settings(subentry.title, gateway=gateway, hook=record.webhook is not None)
            return self.async_show_form(
                step_id="settings",
                data_schema=schema.extend({vol.Required(CONF_NEXT_PANEL, default=False): bool}),
            )
        token = token_id(subentry)
        if user_input[CONF_NEXT_PANEL] or user_input[CONF_GATEWAY]:
            tokens.bind(token, None)
        if user_input[CONF_WEBHOOK] != (record.webhook is not None):
            tokens.set_webhook(token, webhook.async_generate_id() if user_input[CONF_WEBHOOK] else None)
        return self.async_update_and_abort(
            self._get_entry(),
            subentry,
            title=user_input[CONF_NAME].strip(),
            # The address itself is not kept here, because this may be shown.
            data={
                **subentry.data,
                CONF_GATEWAY: user_input[CONF_GATEWAY],
                CONF_WEBHOOK: user_input[CONF_WEBHOOK],
            },
        )

    async def async_step_fields(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """The names in the JSON of the device."""
        subentry = self._get_reconfigure_subentry()
        if user_input is not None:
            told = {key: value.strip() for key, value in user_input.items() if value and value.strip()}
            return self.async_update_and_abort(self._get_entry(), subentry, data={**subentry.data, CONF_FIELDS: told})
        fields: dict[vol.Marker, object] = {vol.Optional(name): TextSelector() for name in NAMES}
        fields[vol.Optional("power_unit")] = _select(list(POWER_UNITS))
        fields[vol.Optional("energy_unit")] = _select(list(ENERGY_UNITS))
        return self.async_show_form(
            step_id="fields",
            data_schema=self.add_suggested_values_to_schema(vol.Schema(fields), subentry.data.get(CONF_FIELDS, {})),
        )

    async def async_step_rotate(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask how long the old token goes on working."""
        if user_input is not None:
            self._answers = user_input
            self._token = NewToken.make(token_id(self._get_reconfigure_subentry()))
            return await self.async_step_rotated()
        hours = NumberSelector(
            NumberSelectorConfig(min=0, max=MOST_OVERLAP, mode=NumberSelectorMode.BOX, unit_of_measurement="h")
        )
        return self.async_show_form(
            step_id="rotate", data_schema=vol.Schema({vol.Required(CONF_OVERLAP, default=OVERLAP): hours})
        )

    async def async_step_rotated(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the new token, this once."""
        tokens, token, record = self._tokens(), self._token, self._record()
        if tokens is None or token is None or record is None:
            return self.async_abort(reason="hub_not_loaded")
        if user_input is None:
            return self.async_show_form(
                step_id="rotated",
                data_schema=vol.Schema({}),
                description_placeholders={
                    **self._addresses(record.webhook),
                    "token": token.text,
                    "hours": str(round(self._answers[CONF_OVERLAP])),
                },
                last_step=True,
            )
        tokens.rotate(token, int(time()), round(self._answers[CONF_OVERLAP] * HOUR))
        return self.async_abort(reason="token_rotated")

    # --- how ---

    def _tokens(self) -> Tokens | None:
        return self.hass.data.get(TOKENS) if is_running(self._get_entry()) else None

    def _record(self) -> Record | None:
        tokens = self._tokens()
        return None if tokens is None else tokens.get(token_id(self._get_reconfigure_subentry()))

    def _addresses(self, hook: str | None) -> dict[str, str]:
        """Where the device posts: with its token, and without one."""
        try:
            base = get_url(self.hass)
        except NoURLAvailableError:
            base = "http://homeassistant.local:8123"
        return {
            "address": f"{base}{PATH}",
            "webhook": "—" if hook is None else f"{base}{webhook.async_generate_path(hook)}",
        }


def _settings(name: str, *, gateway: bool, hook: bool) -> vol.Schema:
    return vol.Schema(
        {
            vol.Required(CONF_NAME, default=name): TextSelector(),
            vol.Required(CONF_GATEWAY, default=gateway): bool,
            vol.Required(CONF_WEBHOOK, default=hook): bool,
        }
    )


def _select(values: list[str]) -> SelectSelector:
    return SelectSelector(SelectSelectorConfig(options=values, mode=SelectSelectorMode.DROPDOWN))


def _local(instant: int | None) -> str:
    """An instant as the user's clock shows it."""
    if instant is None:
        return "—"
    return dt_util.as_local(dt_util.utc_from_timestamp(instant)).strftime("%Y-%m-%d %H:%M")

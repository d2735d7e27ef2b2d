"""The action that answers a question in words."""

from typing import Final

from homeassistant.core import Context, HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType
import voluptuous as vol

from ..action_targets import loaded_entry
from ..api.sight import Sight, sight_of
from ..const import DOMAIN
from ..core.questions.model import Answer
from ..core.questions.words import MOST_CHARACTERS
from ..hub import Hub
from .answering import async_ask

SERVICE_ASK: Final = "ask"
ATTR_QUESTION: Final = "question"
ATTR_LANGUAGE: Final = "language"
_SCHEMA: Final = vol.Schema(
    {
        vol.Required(ATTR_QUESTION): vol.All(cv.string, vol.Length(min=1, max=MOST_CHARACTERS)),
        vol.Optional(ATTR_LANGUAGE): cv.string,
    }
)


@callback
def async_register_ask(hass: HomeAssistant) -> None:
    """Register the action; it works while the entry is loaded and says so otherwise."""

    async def ask(call: ServiceCall) -> ServiceResponse:
        hub = loaded_entry(hass).runtime_data
        sight = await async_sight(hass, hub, call.context)
        answer = await async_ask(
            hass, call.data[ATTR_QUESTION], call.data.get(ATTR_LANGUAGE, hass.config.language), sight
        )
        return as_json(answer)

    hass.services.async_register(DOMAIN, SERVICE_ASK, ask, _SCHEMA, SupportsResponse.ONLY)


async def async_sight(hass: HomeAssistant, hub: Hub, context: Context | None) -> Sight:
    """What whoever stands behind a context may see: without a user, as in automations, everything.

    Unauthorized if the user is gone.
    """
    if context is None or context.user_id is None:
        return Sight.everything()
    if (user := await hass.auth.async_get_user(context.user_id)) is None:
        raise Unauthorized(context=context)
    return sight_of(hass, hub, user)


def as_json(answer: Answer) -> JsonObjectType:
    """An answer for programs."""
    table = answer.table
    return {
        "understood": answer.understood,
        "text": answer.text,
        "table": {"columns": list(table.columns), "rows": [list(row) for row in table.rows]} if table else None,
        "rests_on": list(answer.rests_on),
        **({"data": dict(answer.data)} if answer.understood else {}),
    }

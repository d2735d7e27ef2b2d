"""What a person has to look at, and what the repair buttons do."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow, RepairsFlowResult
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
import voluptuous as vol

from .const import DOMAIN
from .core.metering_model import Decision
from .core.model import Register

if TYPE_CHECKING:
    from .intake import Incident
    from .panel import PanelRuntime

#: Incidents that need the owner; the others are counted and shown in the diagnostics.
_ISSUES: Final = {
    "second_host": ir.IssueSeverity.ERROR,
    "clone": ir.IssueSeverity.WARNING,
    "journal_conflict": ir.IssueSeverity.WARNING,
    "jump": ir.IssueSeverity.WARNING,
}


@callback
def async_report(hass: HomeAssistant, panel: PanelRuntime, incident: Incident, details: Mapping[str, str]) -> None:
    """Raise the issue of an incident, if it has one."""
    if incident not in _ISSUES:
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        "_".join([incident, panel.id, *([details["register"]] if "register" in details else [])]),
        data={"incident": str(incident), "panel": panel.id, **details},
        is_fixable=True,
        severity=_ISSUES[incident],
        translation_key=str(incident),
        translation_placeholders={"panel": panel.description.name if panel.description else panel.id, **details},
    )


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """The flow behind the button of an issue."""
    if data and data.get("incident") == "second_host":
        return ResumeFlow(str(data.get("panel")))
    if data and data.get("incident") == "jump":
        return JumpFlow(str(data.get("panel")), Register.parse(str(data.get("register"))))
    return ConfirmRepairFlow()


class ResumeFlow(RepairsFlow):
    """The other host is gone: acknowledge the panel's records again."""

    def __init__(self, panel_id: str) -> None:
        """Remember the panel."""
        self._panel_id = panel_id

    async def async_step_init(self, _user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Begin with the question."""
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Resume when the user says so."""
        if user_input is None:
            return self.async_show_form(step_id="confirm", data_schema=vol.Schema({}))
        for entry in self.hass.config_entries.async_loaded_entries(DOMAIN):
            entry.runtime_data.resume(self._panel_id)
        return self.async_create_entry(data={})


class JumpFlow(RepairsFlow):
    """A counter rose by more than its channel can carry: the user knows why."""

    def __init__(self, panel_id: str, register: Register) -> None:
        """Remember the register."""
        self._panel_id = panel_id
        self._register = register

    async def async_step_init(self, _user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Ask what happened."""
        issue = ir.async_get(self.hass).async_get_issue(self.handler, self.issue_id)
        return self.async_show_menu(
            step_id="init",
            menu_options=[decision.value for decision in Decision],
            description_placeholders=issue.translation_placeholders if issue else None,
        )

    async def async_step_accept(self, _user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """The energy really flowed."""
        return self._resolve(Decision.ACCEPT)

    async def async_step_replaced(self, _user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Another meter speaks now; count on from its value."""
        return self._resolve(Decision.REPLACED)

    async def async_step_ignore(self, _user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """The values were wrong."""
        return self._resolve(Decision.IGNORE)

    def _resolve(self, decision: Decision) -> RepairsFlowResult:
        for entry in self.hass.config_entries.async_loaded_entries(DOMAIN):
            entry.runtime_data.resolve_jump(self._panel_id, self._register, decision)
        return self.async_create_entry(data={})

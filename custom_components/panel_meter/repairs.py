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
from .markdown import escaped

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


def issue_id(incident: Incident, panel_id: str, register: str | None = None) -> str:
    """Identity of the issue of an incident."""
    return "_".join([incident, panel_id, *([register] if register else [])])


@callback
def async_is_open(hass: HomeAssistant, incident: Incident, panel_id: str) -> bool:
    """True while the user has not answered."""
    return ir.async_get(hass).async_get_issue(DOMAIN, issue_id(incident, panel_id)) is not None


@callback
def async_report(hass: HomeAssistant, panel: PanelRuntime, incident: Incident, details: Mapping[str, str]) -> None:
    """Raise the issue of an incident, if it has one."""
    if incident not in _ISSUES:
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id(incident, panel.id, details.get("register")),
        data={"incident": str(incident), "panel": panel.id, **details},
        is_fixable=True,
        # A restart does not answer the question.
        is_persistent=True,
        severity=_ISSUES[incident],
        translation_key=str(incident),
        translation_placeholders={
            "panel": escaped(panel.name),
            **{key: escaped(value) for key, value in details.items()},
        },
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


def _placeholders(flow: RepairsFlow) -> Mapping[str, str] | None:
    issue = ir.async_get(flow.hass).async_get_issue(DOMAIN, flow.issue_id)
    return issue.translation_placeholders if issue else None


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
            return self.async_show_form(
                step_id="confirm", data_schema=vol.Schema({}), description_placeholders=_placeholders(self)
            )
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
        return self.async_show_menu(
            step_id="init",
            menu_options=[decision.value for decision in Decision],
            description_placeholders=_placeholders(self),
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

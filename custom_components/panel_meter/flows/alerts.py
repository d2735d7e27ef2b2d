"""Pages on which the alerts of a panel and of its channels are switched and tuned."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
import voluptuous as vol

from ..alerts.settings import PanelAlerts
from ..core.alerts.model import Kind
from ..core.alerts.settings import (
    CHANNEL_KINDS,
    CHANNEL_THRESHOLDS,
    OFF_BY_DEFAULT,
    PANEL_KINDS,
    THRESHOLDS,
    AlertSettings,
    ChannelAlertSettings,
    ImpossibleThreshold,
    Threshold,
    check_threshold,
)
from ..panel import PanelRuntime

CONF_KINDS: Final = "kinds"
CONF_ON: Final = "on"
CONF_OFF: Final = "off"
CONF_CHANNEL: Final = "channel"
#: Limits in the currency of the tariff: asked only where there is one.
_MONEY: Final = {"cost_budget_day": "", "cost_budget_cycle": "", "price_limit": "/kWh"}


class AlertSteps(ConfigSubentryFlow):
    """The pages about alerts among those of a panel."""

    _alert_channel: str | None = None

    def _runtime(self) -> PanelRuntime | None:
        """The panel while the hub runs."""
        raise NotImplementedError

    async def async_step_alerts(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Which alerts the panel raises, and its limits."""
        runtime = self._runtime()
        if runtime is None:
            return self.async_abort(reason="hub_not_loaded")
        alerts, names = self._alerts(), _panel_limits(runtime)
        problem: _Problem | None = None
        if user_input is not None:
            found = _panel_rules(alerts.rules, user_input, names)
            if isinstance(found, AlertSettings) and (problem := _contradiction(found, runtime)) is None:
                return self._keep(alerts, found)
            problem = found if isinstance(found, _Problem) else problem
        on = [kind.value for kind in PANEL_KINDS if alerts.rules.is_on(kind)]
        limits = {name: alerts.rules.threshold(name) for name in names}
        fields = {vol.Required(CONF_KINDS): _kinds(PANEL_KINDS), **_numbers(names, THRESHOLDS, _currency(runtime))}
        return self._form("alerts", fields, user_input or {CONF_KINDS: on, **limits}, problem)

    async def async_step_choose_alert_channel(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Choose the channel whose alerts to tune."""
        if user_input is not None:
            self._alert_channel = user_input[CONF_CHANNEL]
            return await self.async_step_alert_channel()
        runtime = self._runtime()
        channels = runtime.description.channels if runtime and runtime.description else ()
        options = [SelectOptionDict(value=each.id, label=each.name) for each in channels]
        selector = SelectSelector(SelectSelectorConfig(options=options, mode=SelectSelectorMode.DROPDOWN))
        return self.async_show_form(
            step_id="choose_alert_channel", data_schema=vol.Schema({vol.Required(CONF_CHANNEL): selector})
        )

    async def async_step_alert_channel(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Which alerts a channel raises, and its limits."""
        runtime, channel = self._runtime(), self._alert_channel
        if runtime is None or runtime.description is None or channel is None:
            return self.async_abort(reason="hub_not_loaded")
        alerts = self._alerts()
        own, names = alerts.rules.for_channel(channel), tuple(CHANNEL_THRESHOLDS)
        problem: _Problem | None = None
        if user_input is not None:
            found = _channel_rules(user_input)
            if isinstance(found, ChannelAlertSettings):
                rules = alerts.rules.with_channel(channel, found)
                if (problem := _contradiction(rules, runtime)) is None:
                    return self._keep(alerts, rules)
            else:
                problem = found
        fields = {
            vol.Required(CONF_OFF, default=list): _kinds(CHANNEL_KINDS),
            vol.Required(CONF_ON, default=list): _kinds(CHANNEL_KINDS),
            **_numbers(names, CHANNEL_THRESHOLDS, ""),
        }
        shown = user_input or {
            CONF_OFF: [kind.value for kind in CHANNEL_KINDS if kind in own.off],
            CONF_ON: [kind.value for kind in CHANNEL_KINDS if kind in own.on],
            **{name: own.threshold(name) for name in names},
        }
        name = next((each.name for each in runtime.description.channels if each.id == channel), channel)
        return self._form("alert_channel", fields, shown, problem, channel=name)

    def _alerts(self) -> PanelAlerts:
        return PanelAlerts.from_subentry(self._get_reconfigure_subentry())

    def _keep(self, alerts: PanelAlerts, rules: AlertSettings) -> SubentryFlowResult:
        subentry = self._get_reconfigure_subentry()
        changed = PanelAlerts(watched=alerts.watched, rules=rules)
        return self.async_update_and_abort(self._get_entry(), subentry, data=changed.in_data(subentry.data))

    def _form(
        self,
        step: str,
        fields: Mapping[vol.Marker, object],
        shown: Mapping[str, Any],
        problem: _Problem | None,
        **placeholders: str,
    ) -> SubentryFlowResult:
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(vol.Schema(dict(fields)), shown),
            errors={} if problem is None else {problem.field: problem.key},
            description_placeholders={**placeholders, **({} if problem is None else problem.placeholders)},
        )


@dataclass(frozen=True, slots=True)
class _Problem:
    """Why an input is refused: the field, the text and what it names."""

    field: str
    key: str
    placeholders: Mapping[str, str]


def _panel_limits(runtime: PanelRuntime) -> tuple[str, ...]:
    return tuple(name for name in THRESHOLDS if name not in _MONEY or runtime.money is not None)


def _currency(runtime: PanelRuntime) -> str:
    return runtime.money.tariff.currency if runtime.money else ""


def _panel_rules(rules: AlertSettings, user_input: Mapping[str, Any], names: Iterable[str]) -> AlertSettings | _Problem:
    """The rules with what was entered; limits that were not asked for stay."""
    on = {Kind(each) for each in user_input[CONF_KINDS]}
    limits = _limits(user_input, names, THRESHOLDS)
    if isinstance(limits, _Problem):
        return limits
    kept = {name: value for name, value in rules.thresholds.items() if name not in names}
    return replace(
        rules,
        off=frozenset(PANEL_KINDS) - on - OFF_BY_DEFAULT,
        on=frozenset(on & OFF_BY_DEFAULT),
        thresholds={**kept, **limits},
    )


def _channel_rules(user_input: Mapping[str, Any]) -> ChannelAlertSettings | _Problem:
    limits = _limits(user_input, CHANNEL_THRESHOLDS, CHANNEL_THRESHOLDS)
    if isinstance(limits, _Problem):
        return limits
    off, on = (frozenset(Kind(each) for each in user_input[key]) for key in (CONF_OFF, CONF_ON))
    try:
        return ChannelAlertSettings(off=off, on=on, thresholds=limits)
    except ImpossibleThreshold as impossible:
        return _Problem(CONF_ON, impossible.key, impossible.placeholders)


def _limits(
    user_input: Mapping[str, Any], names: Iterable[str], known: Mapping[str, Threshold]
) -> dict[str, float] | _Problem:
    """The limits that differ from their defaults."""
    limits = {}
    for name in names:
        if (value := user_input.get(name)) is None:
            continue
        try:
            number = check_threshold(name, value, known[name])
        except ImpossibleThreshold as impossible:
            return _Problem(name, impossible.key, impossible.placeholders)
        if number != known[name].default:
            limits[name] = number
    return limits


def _contradiction(rules: AlertSettings, runtime: PanelRuntime) -> _Problem | None:
    """Limits that contradict each other or the breakers."""
    if runtime.description is None:
        return None
    try:
        rules.check(runtime.description)
    except ImpossibleThreshold as impossible:
        return _Problem("base", impossible.key, impossible.placeholders)
    return None


def _kinds(kinds: Iterable[Kind]) -> SelectSelector:
    return SelectSelector(
        SelectSelectorConfig(
            options=[kind.value for kind in kinds],
            multiple=True,
            mode=SelectSelectorMode.LIST,
            translation_key="alert_kind",
        )
    )


def _numbers(names: Iterable[str], known: Mapping[str, Threshold], currency: str) -> dict[vol.Marker, object]:
    """Fields without bounds: what is out of them is refused with a sentence."""
    fields: dict[vol.Marker, object] = {}
    for name in names:
        unit = f"{currency}{_MONEY[name]}" if name in _MONEY else known[name].unit
        config = NumberSelectorConfig(mode=NumberSelectorMode.BOX, step="any")
        if unit:
            config["unit_of_measurement"] = unit
        fields[vol.Optional(name)] = NumberSelector(config)
    return fields

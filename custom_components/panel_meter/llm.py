"""Tools of language models: what panels measure and cost, as values. They only read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, override

from homeassistant.components.llm import LLMTools
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.llm import LLM_API_ASSIST, LLMContext, Tool, ToolAnnotations, ToolInput, ToolResult
from homeassistant.util.json import JsonObjectType
import voluptuous as vol

from .action_targets import loaded_entry
from .ask import async_answer
from .ask.action import as_json, async_sight
from .ask.home import subjects
from .const import DOMAIN
from .core.questions.marks import Names
from .core.questions.model import Measure, Period, Query, Subject, Topic, Within
from .core.questions.words import words_of
from .hub import PanelMeterConfigEntry

ARG_ABOUT: Final = "about"
ARG_PERIOD: Final = "period"
ARG_OTHER: Final = "other_period"
ARG_FIRST: Final = "first_day"
ARG_LAST: Final = "last_day"
ARG_BY: Final = "by"
MOST_NAMES: Final = 20
#: Periods that need no day.
_PLAIN: Final = tuple(
    within.value
    for within in Within
    if within.value.startswith(("this_", "last_")) or within in (Within.TODAY, Within.YESTERDAY)
)
_BETWEEN: Final = Within.BETWEEN.value

_ABOUT: Final = {
    vol.Optional(
        ARG_ABOUT, description="Names of panels, circuits or areas, as they are called in this home. Default: all."
    ): vol.All(cv.ensure_list, vol.Length(max=MOST_NAMES), [str])
}
_PERIOD: Final = {
    vol.Optional(
        ARG_PERIOD, description="Local time. With 'between', give first_day and last_day. Default: today."
    ): vol.In([*_PLAIN, _BETWEEN]),
    vol.Optional(ARG_FIRST, description="First day, as 2026-05-03."): cv.date,
    vol.Optional(ARG_LAST, description="Last day, included. Default: the first day."): cv.date,
}
_BY: Final = {
    vol.Optional(ARG_BY, default=Measure.USAGE.value): vol.In([Measure.USAGE.value, Measure.COST.value]),
}
_TOP_BY: Final = {vol.Optional(ARG_BY, default=Measure.USAGE.value): vol.In([each.value for each in Measure])}
_CYCLE: Final = {
    vol.Optional(ARG_PERIOD, description="Which billing cycle. Default: the running one."): vol.In(
        [Within.THIS_CYCLE.value, Within.LAST_CYCLE.value]
    )
}
_BILL: Final = {
    vol.Optional(
        ARG_PERIOD, description="Which bill; 'expected' is what the running one will come to. Default: this_cycle."
    ): vol.In([Within.THIS_CYCLE.value, Within.LAST_CYCLE.value, "expected"])
}


type Arguments = Mapping[str, object]


class ArgumentInvalid(HomeAssistantError):
    """An argument that does not fit, with a sentence for the model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A tool: what it tells and how its arguments become a query."""

    name: str
    title: str
    description: str
    schema: Mapping[vol.Marker, object]
    query: Callable[[Arguments, tuple[Subject, ...]], Query]


def _period(arguments: Arguments, name: str = ARG_PERIOD) -> Period | None:
    """The period of the arguments; ArgumentInvalid if it lacks a day."""
    within, first, last = arguments.get(name), arguments.get(ARG_FIRST), arguments.get(ARG_LAST)
    if within is None and first is None:
        return None
    if within in _PLAIN:
        return Period(within=Within(str(within)))
    if not isinstance(first, date):
        raise ArgumentInvalid("The period 'between' needs first_day.")
    end = last if isinstance(last, date) else first
    if end < first:
        raise ArgumentInvalid("last_day is before first_day.")
    return Period(within=Within.BETWEEN, first=first, last=end)


def _simple(topic: Topic) -> Callable[[Arguments, tuple[Subject, ...]], Query]:
    return lambda arguments, about: Query(topic=topic, subjects=about, period=_period(arguments))


def _top(arguments: Arguments, about: tuple[Subject, ...]) -> Query:
    measure = Measure(str(arguments[ARG_BY]))
    period = None if measure is Measure.POWER else _period(arguments)
    return Query(topic=Topic.TOP, measure=measure, subjects=about, period=period)


def _compare(arguments: Arguments, about: tuple[Subject, ...]) -> Query:
    other = arguments.get(ARG_OTHER)
    second = None if other is None else Period(within=Within(str(other)))
    if second is None and len(about) < 2:
        raise ArgumentInvalid("Give other_period, or two names in about.")
    return Query(
        topic=Topic.COMPARE,
        measure=Measure(str(arguments[ARG_BY])),
        subjects=about,
        period=_period(arguments) or Period(within=Within.TODAY),
        other=second,
    )


def _bill(arguments: Arguments, about: tuple[Subject, ...]) -> Query:
    if arguments.get(ARG_PERIOD) == "expected":
        return Query(topic=Topic.PROJECTION, subjects=about)
    return Query(topic=Topic.BILL, subjects=about, period=_period(arguments))


SPECS: Final = (
    Spec(
        name="live",
        title="Power now",
        description="What the home, panels, circuits or areas draw at this moment, in W.",
        schema=_ABOUT,
        query=_simple(Topic.POWER),
    ),
    Spec(
        name="usage",
        title="Energy of a period",
        description="Energy in kWh that the home, panels, circuits or areas used in a period.",
        schema={**_ABOUT, **_PERIOD},
        query=_simple(Topic.USAGE),
    ),
    Spec(
        name="cost",
        title="Cost of a period",
        description="What the energy of the home, panels, circuits or areas cost in a period, with taxes.",
        schema={**_ABOUT, **_PERIOD},
        query=_simple(Topic.COST),
    ),
    Spec(
        name="compare",
        title="Compare",
        description="Two periods of the same, or two circuits in one period, side by side.",
        schema={
            **_ABOUT,
            **_PERIOD,
            vol.Optional(ARG_OTHER, description="What the period is compared with."): vol.In(_PLAIN),
            **_BY,
        },
        query=_compare,
    ),
    Spec(
        name="top_consumers",
        title="Top consumers",
        description="The circuits by what they used or cost in a period, or by the power that they draw now.",
        schema={**_ABOUT, **_PERIOD, **_TOP_BY},
        query=_top,
    ),
    Spec(
        name="alerts",
        title="Open alerts",
        description="The open alerts of the electrical panels.",
        schema=_ABOUT,
        query=_simple(Topic.ALERTS),
    ),
    Spec(
        name="bill",
        title="Electricity bill",
        description="The electricity bill of a billing cycle, or what it will probably come to.",
        schema={**_ABOUT, **_BILL},
        query=_bill,
    ),
    Spec(
        name="demand",
        title="Peak demand",
        description="The highest average power of a billing cycle that a tariff charges, in kW, and when it was.",
        schema={**_ABOUT, **_CYCLE},
        query=_simple(Topic.DEMAND),
    ),
    Spec(
        name="price",
        title="Price of a kWh",
        description="What a kWh costs now, and when and to what that changes.",
        schema=_ABOUT,
        query=_simple(Topic.PRICE),
    ),
)


class QuestionTool(Tool):
    """A structured question."""

    annotations = ToolAnnotations(read_only=True, destructive=False, idempotent=True, open_world=False)
    integration = DOMAIN

    def __init__(self, spec: Spec) -> None:
        """Take the description of the tool."""
        self._spec = spec
        self.name = f"{DOMAIN}__{spec.name}"
        self.title = spec.title
        self.description = spec.description
        self.parameters = vol.Schema(spec.schema)

    @override
    async def async_call(self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext) -> ToolResult:
        """Answer; an argument that does not fit is said to the model, which can ask again."""
        hub = loaded_entry(hass).runtime_data
        sight = await async_sight(hass, hub, llm_context.context)
        names = Names(subjects(hass, hub, sight))
        try:
            arguments = self.parameters(tool_input.tool_args)
            query = self._spec.query(arguments, _named(arguments, names))
        except vol.Invalid as error:
            return _refused(f"An argument cannot be used: {error}")
        except ArgumentInvalid as error:
            return _refused(str(error))
        answer = await async_answer(hass, query, llm_context.language, sight)
        return ToolResult(data=as_json(answer))


def _named(arguments: Arguments, names: Names) -> tuple[Subject, ...]:
    """What the names stand for; ArgumentInvalid if nothing is called so."""
    found: list[Subject] = []
    given = arguments.get(ARG_ABOUT, ())
    for name in given if isinstance(given, list) else ():
        if not (known := names.get(words_of(name))):
            raise ArgumentInvalid("There is no panel, circuit or area of that name.")
        found.extend(known)
    return tuple(dict.fromkeys(found))


def _refused(problem: str) -> ToolResult:
    data: JsonObjectType = {"error": problem}
    return ToolResult(data=data, error=True)


@callback
def async_get_tools(hass: HomeAssistant, _llm_context: LLMContext, api_id: str) -> LLMTools | None:
    """The tools, while Panel Meter runs and questions are not switched off."""
    entries: list[PanelMeterConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    if api_id != LLM_API_ASSIST or not entries or not entries[0].runtime_data.options.assist:
        return None
    tools: list[Tool] = [QuestionTool(spec) for spec in SPECS]
    return LLMTools(
        tools=tools,
        prompt="For questions about electricity (power, energy, cost, bills, circuits, alerts of panels) use the "
        f"{DOMAIN}__ tools; their numbers are exact, so do not work them out from states.",
    )

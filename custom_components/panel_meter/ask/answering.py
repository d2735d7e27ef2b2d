"""A question becomes a query, the query finds its values, and the values become an answer."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
import logging
from time import time
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..alerts.keeper import alert_keeper
from ..api.problem import Problem
from ..api.queries import loaded_hub
from ..api.sight import Sight
from ..core.calendar import local_day
from ..core.questions.found import Found, Line, Unit
from ..core.questions.marks import Names
from ..core.questions.model import Answer, Measure, Period, Query, SubjectKind, Topic, Within
from ..core.questions.tell import not_understood, tell, unavailable
from ..core.questions.understand import understand
from ..core.questions.wording import Wording
from ..ledger import LedgerError
from ..panel import PanelRuntime
from .amounts import (
    Asker,
    async_compare,
    async_cost,
    async_export,
    async_power,
    async_production,
    async_top,
    async_usage,
)
from .home import panel_name, subjects
from .money import async_bill, async_cheapest, async_demand, async_price, async_projection, async_why
from .texts import async_texts, language_of

_LOGGER = logging.getLogger(__name__)


async def async_ask(hass: HomeAssistant, text: str, language: str | None, sight: Sight | None = None) -> Answer:
    """Answer a question in words; ``sight`` limits what the answer may rest on (None: everything).

    Never raises for what a person writes: what is not understood is answered with that. Problem 503 while the hub is
    not loaded.
    """
    hub = loaded_hub(hass)
    texts = (loaded := await async_texts(hass))[language_of(loaded, language)]
    seen = sight or Sight.everything()
    today = local_day(int(time()), dt_util.get_default_time_zone())
    query = understand(text, texts.vocabulary, Names(subjects(hass, hub, seen)), today)
    if query is None:
        return not_understood(_wording(texts.data))
    return await async_answer(hass, query, language, seen)


async def async_answer(hass: HomeAssistant, query: Query, language: str | None, sight: Sight | None = None) -> Answer:
    """Answer a query."""
    loaded = await async_texts(hass)
    spoken = language_of(loaded, language)
    wording = _wording(loaded[spoken].data)
    asker = Asker(hass, loaded_hub(hass), sight or Sight.everything(), spoken)
    try:
        found = await _FINDERS[query.topic](asker, query)
    except (LedgerError, Problem, RuntimeError) as error:
        _LOGGER.debug("A question cannot be answered now: %s", error)
        return replace(unavailable(wording), query=query)
    return tell(found, wording)


def _wording(data: Mapping[str, object]) -> Wording:
    return Wording.from_data(data, dt_util.get_default_time_zone(), int(time()))


# --- what a panel measures as a whole ---


async def _async_temperature(asker: Asker, query: Query) -> Found:
    return _reading(asker, query, Unit.CELSIUS, "temperature", lambda panel: panel.measurements.temperature)


async def _async_frequency(asker: Asker, query: Query) -> Found:
    return _reading(asker, query, Unit.HERTZ, "frequency", lambda panel: panel.measurements.frequency)


async def _async_voltage(asker: Asker, query: Query) -> Found:
    lines: list[Line] = []
    for panel in asker.panels(query):
        phases = panel.measurements.voltage if panel.available else ()
        for phase, value in enumerate(phases, 1):
            if asker.sight.value(panel.id, None, f"voltage_{phase}"):
                name = panel_name(asker.hub, panel)
                lines.append(Line(name=f"{name} L{phase}" if len(phases) > 1 else name, unit=Unit.VOLT, value=value))
    return Found(query=query, lines=tuple(lines))


def _reading(asker: Asker, query: Query, unit: Unit, key: str, value: Callable[[PanelRuntime], float | None]) -> Found:
    lines = [
        Line(name=panel_name(asker.hub, panel), unit=unit, value=value(panel) if panel.available else None)
        for panel in asker.panels(query)
        if asker.sight.value(panel.id, None, key)
    ]
    return Found(query=query, lines=tuple(lines))


# --- alerts and the overview ---


async def _async_alerts(asker: Asker, query: Query) -> Found:
    return Found(query=query, lines=_open_alerts(asker, query))


def _open_alerts(asker: Asker, query: Query) -> tuple[Line, ...]:
    keeper = alert_keeper(asker.hass)
    named = [(each.panel, each.id or None) for each in query.subjects if each.kind is not SubjectKind.AREA]
    lines: list[Line] = []
    for alert in keeper.open():
        seen = asker.sight.alerts(alert.panel)
        about = not named or any(panel == alert.panel and channel in (None, alert.channel) for panel, channel in named)
        if seen and about and (panel := asker.hub.panels.get(alert.panel)) is not None:
            message = keeper.told(alert, asker.language).message
            lines.append(Line(name=panel_name(asker.hub, panel), unit=Unit.WATT, label=message, start=alert.opened))
    return tuple(lines)


async def _async_overview(asker: Asker, query: Query) -> Found:
    """Power now, today, what took the most today, the bill so far and the open alerts."""
    today = Period(within=Within.TODAY)
    power = await async_power(asker, replace(query, topic=Topic.POWER))
    usage = await async_usage(asker, replace(query, topic=Topic.USAGE, period=today))
    top = await async_top(asker, replace(query, topic=Topic.TOP, measure=Measure.USAGE, period=today))
    bill = await async_bill(asker, replace(query, topic=Topic.BILL))
    lines = [line for line in (power.whole, usage.whole) if line is not None and line.value is not None]
    lines += top.lines[:1]
    lines += bill.lines if len(bill.lines) == 1 else ()
    return Found(query=query, lines=tuple(lines), beside=_open_alerts(asker, query), notes=usage.notes)


_FINDERS: Final[Mapping[Topic, Callable[[Asker, Query], Awaitable[Found]]]] = {
    Topic.POWER: async_power,
    Topic.USAGE: async_usage,
    Topic.COST: async_cost,
    Topic.TOP: async_top,
    Topic.COMPARE: async_compare,
    Topic.TEMPERATURE: _async_temperature,
    Topic.VOLTAGE: _async_voltage,
    Topic.FREQUENCY: _async_frequency,
    Topic.ALERTS: _async_alerts,
    Topic.BILL: async_bill,
    Topic.PROJECTION: async_projection,
    Topic.PRICE: async_price,
    Topic.CHEAPEST: async_cheapest,
    Topic.DEMAND: async_demand,
    Topic.WHY: async_why,
    Topic.EXPORT: async_export,
    Topic.PRODUCTION: async_production,
    Topic.HELP: _async_overview,
}

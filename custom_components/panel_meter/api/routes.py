"""What is answered under /api/panel_meter/v1/: one table, of which the router and the OpenAPI document are made."""

from datetime import datetime
from time import time
from typing import Final

from homeassistant.helpers.json import json_bytes
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonValueType

from ..core.calendar import start_of_day
from ..core.steps import Step
from ..panel import PanelRuntime
from . import bills, parameters as by, queries, usage
from .alert_addresses import ALERT_ROUTES
from .problem import invalid, not_found
from .questions import ASK_ROUTE
from .route import CSV, JSON, Answer, Question, Route, address, limits, page, said


def _panels(question: Question) -> list[PanelRuntime]:
    return queries.seen_panels(question.hub, question.sight, by.PANELS.of(question.query))


def _one(question: Question) -> PanelRuntime:
    """The panel that is asked for, or the only one."""
    wanted = by.PANEL.of(question.query)
    seen = queries.seen_panels(question.hub, question.sight, None if wanted is None else (wanted,))
    if len(seen) > 1:
        raise invalid("There are several panels. Say which one you mean with the parameter 'panel'.")
    if not seen:
        raise not_found("There is no panel yet.")
    return seen[0]


# --- what each address answers ---


async def _list_panels(question: Question) -> Answer:
    offset, limit = limits(question)
    seen = _panels(question)
    chosen = [panel.id for panel in seen[offset : offset + limit]]
    entries = queries.panels(question.hass, question.hub, question.sight, chosen)
    return page(question, "panels", "panels", entries, len(seen))


async def _one_panel(question: Question) -> Answer:
    found = queries.panels(question.hass, question.hub, question.sight, (question.ids["panel"],))
    return said(found[0])


async def _live(question: Question) -> Answer:
    found = [queries.live(question.hub, panel, question.sight) for panel in _panels(question)]
    return said({"panels": list[JsonValueType](found)})


async def _summary(question: Question) -> Answer:
    found = [queries.summary(question.hub, panel, question.sight) for panel in _panels(question)]
    return said({"panels": list[JsonValueType](found)})


async def _today(question: Question) -> Answer:
    found = [await usage.async_today(question.hub, panel, question.sight) for panel in _panels(question)]
    return said({"panels": list[JsonValueType](found)})


async def _monthly(question: Question) -> Answer:
    year = by.YEAR.of(question.query) or dt_util.now().year
    found = [await usage.async_months(question.hub, panel, question.sight, year) for panel in _panels(question)]
    return said({"year": year, "panels": list[JsonValueType](found)})


async def _usage(question: Question) -> Answer:
    query, panel = question.query, _one(question)
    start, end = by.span(query, int(time()), _today_began())
    step = Step(by.STEP.of(query) or Step.HOUR)
    registers = usage.chosen_registers(panel, question.sight, by.CHANNELS.of(query))
    limit = by.STEPS.of(query) or by.USUAL_STEPS
    found = await usage.async_usage(question.hub, panel, registers, start, end, step, limit)
    following = None
    if found.more_from is not None:
        span = {"from": _utc(found.more_from), "to": _utc(end)}
        following = address("usage", {**query, "panel": panel.id, **span})
    if by.FORMAT.of(query) == "csv":
        text = await question.hass.async_add_executor_job(usage.usage_csv, found)
        return Answer(body=text.encode(), content_type=CSV, following=following, file_name="usage.csv")
    body = await question.hass.async_add_executor_job(lambda: json_bytes(usage.usage_answer(found, following)))
    return Answer(body=body, following=following)


async def _bills(question: Question) -> Answer:
    offset, limit = limits(question)
    entries, total = bills.bills(question.hub, question.sight, by.PANELS.of(question.query), offset, limit)
    return page(question, "bills", "bills", entries, total)


async def _tariffs(question: Question) -> Answer:
    return said({"tariffs": list[JsonValueType](bills.tariffs(question.hub, question.sight))})


async def _health(question: Question) -> Answer:
    return said(await queries.async_health(question.hass, question.hub, question.sight))


def _today_began() -> int:
    return start_of_day(dt_util.now().date(), dt_util.get_default_time_zone())


def _utc(instant: int) -> str:
    # Without a plus sign, which would have to be written as %2B.
    return datetime.fromtimestamp(instant, dt_util.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_PAGE: Final = (by.PANELS, by.LIMIT, by.OFFSET)

ROUTES: Final = (
    Route(
        path="panels",
        name="panels",
        about="The panels, their channels by role, and the entities that tell their values",
        schema="PanelPage",
        parameters=_PAGE,
        answer=_list_panels,
    ),
    Route(path="panels/{panel}", name="panel", about="One panel", schema="Panel", answer=_one_panel),
    Route(
        path="live",
        name="live",
        about="Present values of the channels",
        schema="Live",
        parameters=(by.PANELS,),
        answer=_live,
    ),
    Route(
        path="usage",
        name="usage",
        about="Energy of a panel in steps from five minutes to a year, of each register",
        schema="Usage",
        parameters=(by.PANEL, by.CHANNELS, by.FROM, by.TO, by.STEP, by.FORMAT, by.STEPS),
        content_types=(JSON, CSV),
        answer=_usage,
    ),
    Route(
        path="today",
        name="today",
        about="Energy and costs since local midnight",
        schema="Today",
        parameters=(by.PANELS,),
        answer=_today,
    ),
    Route(
        path="monthly",
        name="monthly",
        about="Energy of every month of a year",
        schema="Monthly",
        parameters=(by.PANELS, by.YEAR),
        answer=_monthly,
    ),
    Route(
        path="summary",
        name="summary",
        about="Each panel on one card: power, energy, costs, the bill and where it is going",
        schema="Summary",
        parameters=(by.PANELS,),
        answer=_summary,
    ),
    Route(
        path="bills",
        name="bills",
        about="Bills, those of the running cycles first and then the newest",
        schema="BillPage",
        parameters=_PAGE,
        answer=_bills,
    ),
    Route(
        path="tariffs", name="tariffs", about="Tariffs and which panels have them", schema="Tariffs", answer=_tariffs
    ),
    *ALERT_ROUTES,
    ASK_ROUTE,
    Route(path="health", name="health", about="Whether everything works", schema="Health", answer=_health),
)

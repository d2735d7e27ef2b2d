"""What is answered under /api/panel_meter/v1/: one table, of which the router and the OpenAPI document are made."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from time import time
from typing import Final
from urllib.parse import urlencode

from homeassistant.core import HomeAssistant
from homeassistant.helpers.json import json_bytes
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..core.calendar import start_of_day
from ..core.steps import Step
from ..hub import Hub
from ..panel import PanelRuntime
from . import bills, parameters as by, queries, usage
from .parameters import Parameter
from .problem import invalid, not_found
from .sight import Sight

BASE: Final = "/api/panel_meter/v1"
JSON: Final = "application/json"
CSV: Final = "text/csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What somebody asks."""

    hass: HomeAssistant
    hub: Hub
    sight: Sight
    query: Mapping[str, str]
    #: Id in the path.
    panel: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is answered."""

    body: bytes
    content_type: str = JSON
    #: Address of the next page.
    following: str | None = None
    file_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One address and what it answers."""

    #: Below ``BASE``.
    path: str
    name: str
    about: str
    #: Name of the JSON Schema of the answer.
    schema: str
    answer: Callable[[Question], Awaitable[Answer]]
    parameters: tuple[Parameter[object], ...] = ()
    content_types: tuple[str, ...] = (JSON,)

    @property
    def url(self) -> str:
        """The whole path."""
        return f"{BASE}/{self.path}"


def _said(content: JsonObjectType, following: str | None = None) -> Answer:
    return Answer(body=json_bytes(content), following=following)


def _page[Entry: JsonValueType](question: Question, path: str, key: str, entries: list[Entry], total: int) -> Answer:
    """Entries of a page, how many there are of all, and where the next ones are."""
    offset = by.OFFSET.of(question.query) or 0
    following = None
    if offset + len(entries) < total and entries:
        following = _address(path, {**question.query, "offset": str(offset + len(entries))})
    return _said({key: list[JsonValueType](entries), "total": total, "next": following}, following)


def _address(path: str, query: Mapping[str, str]) -> str:
    return f"{BASE}/{path}?{urlencode(query)}"


def _limits(question: Question) -> tuple[int, int]:
    return by.OFFSET.of(question.query) or 0, by.LIMIT.of(question.query) or 50


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
    offset, limit = _limits(question)
    seen = _panels(question)
    chosen = [panel.id for panel in seen[offset : offset + limit]]
    entries = queries.panels(question.hass, question.hub, question.sight, chosen)
    return _page(question, "panels", "panels", entries, len(seen))


async def _one_panel(question: Question) -> Answer:
    found = queries.panels(question.hass, question.hub, question.sight, (question.panel or "",))
    return _said(found[0])


async def _live(question: Question) -> Answer:
    found = [queries.live(question.hub, panel, question.sight) for panel in _panels(question)]
    return _said({"panels": list[JsonValueType](found)})


async def _summary(question: Question) -> Answer:
    found = [queries.summary(question.hub, panel, question.sight) for panel in _panels(question)]
    return _said({"panels": list[JsonValueType](found)})


async def _today(question: Question) -> Answer:
    found = [await usage.async_today(question.hub, panel, question.sight) for panel in _panels(question)]
    return _said({"panels": list[JsonValueType](found)})


async def _monthly(question: Question) -> Answer:
    year = by.YEAR.of(question.query) or dt_util.now().year
    found = [await usage.async_months(question.hub, panel, question.sight, year) for panel in _panels(question)]
    return _said({"year": year, "panels": list[JsonValueType](found)})


async def _usage(question: Question) -> Answer:
    query, panel = question.query, _one(question)
    end = _or(by.TO.of(query), int(time()))
    start = _or(by.FROM.of(query), _today_began())
    if end < start:
        raise invalid("The parameter 'to' must not be before 'from'.")
    step = Step(by.STEP.of(query) or Step.HOUR)
    registers = usage.chosen_registers(panel, question.sight, by.CHANNELS.of(query))
    limit = by.STEPS.of(query) or by.USUAL_STEPS
    found = await usage.async_usage(question.hub, panel, registers, start, end, step, limit)
    following = None
    if found.more_from is not None:
        span = {"from": _utc(found.more_from), "to": _utc(end)}
        following = _address("usage", {**query, "panel": panel.id, **span})
    if by.FORMAT.of(query) == "csv":
        text = await question.hass.async_add_executor_job(usage.usage_csv, found)
        return Answer(body=text.encode(), content_type=CSV, following=following, file_name="usage.csv")
    body = await question.hass.async_add_executor_job(lambda: json_bytes(usage.usage_answer(found, following)))
    return Answer(body=body, following=following)


async def _bills(question: Question) -> Answer:
    offset, limit = _limits(question)
    entries, total = bills.bills(question.hub, question.sight, by.PANELS.of(question.query), offset, limit)
    return _page(question, "bills", "bills", entries, total)


async def _tariffs(question: Question) -> Answer:
    return _said({"tariffs": list[JsonValueType](bills.tariffs(question.hub, question.sight))})


async def _health(question: Question) -> Answer:
    return _said(await queries.async_health(question.hass, question.hub, question.sight))


def _or(given: int | None, usual: int) -> int:
    return usual if given is None else given


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
    Route(path="health", name="health", about="Whether everything works", schema="Health", answer=_health),
)

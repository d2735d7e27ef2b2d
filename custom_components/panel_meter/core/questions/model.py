"""The nouns of questions: what is asked, of what and of when, and the answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

type Json = dict[str, Json] | list[Json] | str | int | float | None


class Topic(StrEnum):
    """What a question is about."""

    #: Power now, in W.
    POWER = "power"
    #: Energy over a period.
    USAGE = "usage"
    COST = "cost"
    #: Which circuits take the most.
    TOP = "top"
    #: Two periods, or two channels, side by side.
    COMPARE = "compare"
    TEMPERATURE = "temperature"
    VOLTAGE = "voltage"
    FREQUENCY = "frequency"
    #: The open alerts.
    ALERTS = "alerts"
    BILL = "bill"
    #: What the bill of the running cycle will probably come to.
    PROJECTION = "projection"
    #: What a kWh costs now.
    PRICE = "price"
    #: When a kWh costs the least.
    CHEAPEST = "cheapest"
    DEMAND = "demand"
    #: Why the bill is higher than the one before.
    WHY = "why"
    EXPORT = "export"
    PRODUCTION = "production"
    #: An overview, and what can be asked.
    HELP = "help"


class Measure(StrEnum):
    """What ``TOP`` and ``COMPARE`` go by."""

    USAGE = "usage"
    COST = "cost"
    POWER = "power"


class Within(StrEnum):
    """How a period is meant; all of them are of local time."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    THIS_WEEK = "this_week"
    LAST_WEEK = "last_week"
    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"
    THIS_YEAR = "this_year"
    LAST_YEAR = "last_year"
    #: The billing cycle.
    THIS_CYCLE = "this_cycle"
    LAST_CYCLE = "last_cycle"
    #: So many hours or days up to now.
    HOURS = "hours"
    DAYS = "days"
    #: From a day on.
    SINCE = "since"
    #: The days ``first`` to ``last``, both included; a single day, a month or a year is one of these too.
    DAY = "day"
    BETWEEN = "between"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A stretch of time as it was asked for."""

    within: Within
    first: date | None = None
    last: date | None = None
    #: Of ``HOURS`` and ``DAYS``.
    count: int = 0

    def __str__(self) -> str:
        """A short form for programs and tests, such as ``since:2026-05-03``."""
        match self.within:
            case Within.HOURS | Within.DAYS:
                return f"{self.within}:{self.count}"
            case Within.BETWEEN:
                return f"{self.within}:{self.first}..{self.last}"
            case Within.MONTH if self.first:
                return f"{self.within}:{self.first:%Y-%m}"
            case Within.YEAR if self.first:
                return f"{self.within}:{self.first.year}"
            case Within.SINCE | Within.DAY:
                return f"{self.within}:{self.first}"
        return self.within.value


class SubjectKind(StrEnum):
    """What a name belongs to."""

    CHANNEL = "channel"
    PANEL = "panel"
    AREA = "area"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Something that has a name in this home."""

    kind: SubjectKind
    #: Id of the panel; empty for an area.
    panel: str = ""
    #: Id of the channel or the area; empty for a panel.
    id: str = ""
    #: As people call it.
    name: str = field(default="", compare=False)
    #: True for a channel that produces.
    produces: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A question that was understood. Without subjects it is about the whole home."""

    topic: Topic
    #: Of ``TOP`` and ``COMPARE``.
    measure: Measure | None = None
    subjects: tuple[Subject, ...] = ()
    #: None where none was named.
    period: Period | None = None
    #: What ``period`` is compared with.
    other: Period | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A small table; every row has as many cells as there are columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is said to a question: plain text, never markup."""

    text: str
    table: Table | None = None
    #: Sentences that say what the answer rests on, and what is missing; they are part of the text too.
    rests_on: tuple[str, ...] = ()
    #: None if the question was not understood.
    query: Query | None = None
    #: The same as values for programs.
    data: Mapping[str, Json] = field(default_factory=dict)

    @property
    def understood(self) -> bool:
        """Whether the question was understood."""
        return self.query is not None

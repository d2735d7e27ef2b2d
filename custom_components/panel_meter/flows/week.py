"""A week of a tariff as a picture and in words.

Home Assistant lets descriptions of flows draw: its Markdown keeps tables, and of SVG pictures the path with its stroke,
data and transformation. Everything else of a picture is dropped, so each stretch of a day is a thick line.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from ..core.tariff.days import is_holiday, season_of
from ..core.tariff.model import RateSet, Tariff, Version
from ..core.tariff.rulebook import Rulebook
from ..core.tariff.times import MINUTES_PER_DAY
from ..markdown import escaped

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

#: From cheap to dear; people who do not see red and green apart see these.
_COLOURS: Final = ("#2c7bb6", "#abd9e9", "#fee08b", "#fdae61", "#d7191c")
_ONLY: Final = "#2c7bb6"
_UNKNOWN: Final = "#9e9e9e"
#: Pixels of an hour, and of the height of a day.
_HOUR: Final = 10
_HEIGHT: Final = 16
_MARKS: Final = (0, 6, 12, 18)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A period on one day: minutes since midnight ``[begin, end)`` and the place of the period."""

    begin: int
    end: int
    period: int


type _Days = tuple[tuple[Stretch, ...], ...]


@dataclass(frozen=True, slots=True)
class Shade:
    """What is said of a period: its name, its price per kWh (None: not known), its colour and when it applies."""

    name: str
    price: Decimal | None
    colour: str
    times: str


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days from Monday to Sunday, and the periods that occur in them."""

    season: str | None
    days: _Days
    shades: dict[int, Shade]


def weeks(book: Rulebook, version: Version, today: date, raw: Decimal | None) -> tuple[Week, ...]:
    """A usual week of the present season and of every other one, without holidays where that is possible.

    ``raw`` is what the entity of a dynamic price says now. One price has one colour in all weeks.
    """
    here = season_of(today, version.energy.seasons)
    others = [each for each in dict.fromkeys([*(each.name for each in version.energy.seasons), None]) if each != here]
    begins = {here: _plain_week(book.tariff, version, today, here)}
    for season in others:
        if (first := _first_week(book.tariff, version, today, season)) is not None:
            begins[season] = first
    days = {season: _days_of(book, version, first) for season, first in begins.items()}
    prices = {season: _prices(book, version, days[season], season, raw) for season in begins}
    scale = sorted({price for each in prices.values() for price in each.values() if price is not None})
    return tuple(Week(season, days[season], _shades(version, days[season], prices[season], scale)) for season in begins)


def drawn(week: Week) -> str:
    """The picture, as HTML that is one block of Markdown."""
    hours = "".join(f'<td width="{6 * _HOUR}">{hour}:00</td>' for hour in _MARKS)
    rows = "".join(
        f'<tr><td>{name}</td><td colspan="4">{_strip(day, week.shades)}</td></tr>'
        for name, day in zip(DAYS, week.days, strict=True)
    )
    return f'<table role="presentation"><tr><td></td>{hours}</tr>{rows}</table>'


def swatch(colour: str) -> str:
    """A square in a colour."""
    return _picture(_HEIGHT, f'<path stroke="{colour}" transform="scale({_HEIGHT})" d="M0 .5h1"/>')


def _strip(day: Sequence[Stretch], shades: dict[int, Shade]) -> str:
    lines = "".join(
        f'<path stroke="{shades[each.period].colour}" transform="scale({_HOUR} {_HEIGHT})"'
        f' d="M{_hours(each.begin)} .5h{_hours(each.end - each.begin)}"/>'
        for each in day
    )
    return _picture(24 * _HOUR, lines)


def _picture(width: int, content: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{_HEIGHT}">{content}</svg>'


def _hours(minutes: int) -> str:
    return f"{minutes / 60:.4f}".rstrip("0").rstrip(".")


# --- what a week holds ---


def _days_of(book: Rulebook, version: Version, first: date) -> _Days:
    table = book.timetable(version)
    days = []
    for number in range(7):
        day = first + timedelta(days=number)
        clock = book.clock.day(day)
        spans = table.of_day(day)
        begins = [0, *(clock.minute(span.start) for span in spans[1:]), MINUTES_PER_DAY]
        days.append(
            tuple(
                Stretch(begin, end, span.index)
                for span, begin, end in zip(spans, begins, begins[1:], strict=False)
                if begin < end
            )
        )
    return tuple(days)


def _prices(
    book: Rulebook, version: Version, days: _Days, season: str | None, raw: Decimal | None
) -> dict[int, Decimal | None]:
    periods = sorted({stretch.period for day in days for stretch in day})
    rates = rates_of(version, season)
    return {period: book.all_in(version, rates, period, 0, raw) for period in periods}


def _shades(
    version: Version, days: _Days, prices: Mapping[int, Decimal | None], scale: Sequence[Decimal]
) -> dict[int, Shade]:
    names = version.energy.period_names
    return {
        period: Shade(
            names[period] if version.energy.periods else "All hours", price, _colour(price, scale), times(days, period)
        )
        for period, price in prices.items()
    }


def rates_of(version: Version, season: str | None) -> RateSet:
    """The prices of a season while little has been consumed."""
    fitting = (each for each in version.energy.alternatives if each.season in (None, season) and each.over is None)
    return next(fitting, version.energy.rates)


def _colour(price: Decimal | None, scale: Sequence[Decimal]) -> str:
    if price is None:
        return _UNKNOWN
    if len(scale) == 1:
        return _ONLY
    return _COLOURS[round(scale.index(price) * (len(_COLOURS) - 1) / (len(scale) - 1))]


def times(days: Sequence[Sequence[Stretch]], period: int) -> str:
    """When a period applies, in words: days that are alike are named together."""
    daily = [tuple((each.begin, each.end) for each in day if each.period == period) for day in days]
    groups: dict[tuple[tuple[int, int], ...], list[int]] = {}
    for number, stretches in enumerate(daily):
        if stretches:
            groups.setdefault(stretches, []).append(number)
    return "; ".join(f"{_days(numbers)} {_spans(stretches)}" for stretches, numbers in groups.items())


def _spans(stretches: Sequence[tuple[int, int]]) -> str:
    if list(stretches) == [(0, MINUTES_PER_DAY)]:
        return "all day"
    return ", ".join(f"{_clock(begin)}-{_clock(end)}" for begin, end in stretches)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _days(numbers: Sequence[int]) -> str:
    if len(numbers) == 7:
        return "every day"
    return ", ".join(_run(run) for run in _runs(numbers))


def _runs(numbers: Sequence[int]) -> Iterator[list[int]]:
    run: list[int] = []
    for number in numbers:
        if run and number != run[-1] + 1:
            yield run
            run = []
        run.append(number)
    yield run


def _run(run: Sequence[int]) -> str:
    return DAYS[run[0]] if len(run) == 1 else f"{DAYS[run[0]]}-{DAYS[run[-1]]}"


# --- which week is shown ---


def _first_week(tariff: Tariff, version: Version, today: date, season: str | None) -> date | None:
    """The Monday of the next usual week that begins in a season; None if the year has none."""
    seasons = version.energy.seasons
    for number in range(1, 367):
        day = today + timedelta(days=number)
        if season_of(day, seasons) == season:
            return _plain_week(tariff, version, day, season)
    return None


def _plain_week(tariff: Tariff, version: Version, day: date, season: str | None) -> date:
    """The Monday of the first week from that of a day on that is all in the season and has no holiday."""
    monday = day - timedelta(days=day.weekday())
    seasons = version.energy.seasons
    for number in range(9):
        first = monday + timedelta(weeks=number)
        week = [first + timedelta(days=each) for each in range(-1, 7)]
        if all(season_of(each, seasons) == season and not is_holiday(each, tariff.calendar) for each in week):
            return first
    return monday


def legend(week: Week, unit: str) -> str:
    """The periods of a week as Markdown lines: colour, name, price and times."""
    return "\n".join(
        f"- {swatch(shade.colour)} **{escaped(shade.name)}**: {_price(shade.price, unit)}, {escaped(shade.times)}"
        for shade in week.shades.values()
    )


def _price(price: Decimal | None, unit: str) -> str:
    return "price not known" if price is None else f"{escaped(money(price))} {escaped(unit)}"


def money(price: Decimal) -> str:
    """A price with as many digits as it needs, at most six after the dot."""
    text = f"{price:.6f}".rstrip("0")
    whole, _, cents = text.partition(".")
    return f"{whole}.{cents.ljust(2, '0')}"

"""What a tariff comes to, in words and pictures for the last page before it is saved."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Final

from ..core.tariff.days import season_of
from ..core.tariff.model import Dynamic, Tariff, Version
from ..core.tariff.rulebook import Rulebook
from ..markdown import escaped
from ..money_preview import Comparison
from .week import DAYS, drawn, legend, money, rates_of, weeks

#: Weeks of more seasons than this would be a long page.
_MOST_WEEKS: Final = 4

#: What the entity of a dynamic price says now; None: nothing.
type Raw = Callable[[Dynamic], Decimal | None]


def summary(tariff: Tariff, zone: tzinfo, now: int, raw: Raw) -> str:
    """The price now, what comes next, and a picture of the week; ``now`` in UTC seconds."""
    book = Rulebook(tariff, zone)
    version, shown = book.version_at(now), _shown_version(tariff, book, now)
    lines = [_begins(tariff, book, now)] if version is None else list(_now(book, version, now, raw))
    return "\n\n".join([*lines, *_weeks(book, shown, now, raw)])


def comparison(name: str, compared: Comparison) -> str:
    """A line on a panel's last complete cycle."""
    last = compared.end - timedelta(days=1)
    days = f"{compared.first.isoformat()} to {last.isoformat()}"
    new = f"{escaped(f'{compared.new_total:.2f}')} {escaped(compared.currency)}"
    if compared.old_total is None:
        return f"- {escaped(name)}, {escaped(days)}: {new} with this tariff"
    old = f"{escaped(f'{compared.old_total:.2f}')} {escaped(compared.currency)}"
    return f"- {escaped(name)}, {escaped(days)}: {old} as it was, {new} with this tariff"


def _shown_version(tariff: Tariff, book: Rulebook, now: int) -> Version:
    """The version in force, or the first one that will be."""
    return book.version_at(now) or min(tariff.versions, key=lambda version: version.valid_from)


def _begins(tariff: Tariff, book: Rulebook, now: int) -> str:
    first = _shown_version(tariff, book, now).valid_from
    return f"The tariff begins on {escaped(first.isoformat())}. Energy before that day has no price."


def _now(book: Rulebook, version: Version, now: int, raw: Raw) -> Iterator[str]:
    table = book.timetable(version)
    here = table.at(now).index
    yield f"**Now**: {_priced(book, version, here, now, raw)}."
    if (change := table.next_change(now)) is not None:
        yield f"**{_moment(book, change.start)}**: {_priced(book, version, change.index, change.start, raw)}."
    later = [each.valid_from for each in book.tariff.versions if each.valid_from > book.clock.day_at(now).date]
    if later:
        yield f"Other prices begin on {escaped(min(later).isoformat())}."


def _priced(book: Rulebook, version: Version, period: int, at: int, raw: Raw) -> str:
    energy = version.energy
    rates = rates_of(version, season_of(book.clock.day_at(at).date, energy.seasons))
    price = book.all_in(version, rates, period, 0, _raw(version, raw))
    name = f" ({escaped(energy.period_names[period])})" if energy.periods else ""
    if price is None:
        return f"the price is not known{name}"
    first = ", in the first block" if len(rates.blocks) > 1 else ""
    return f"{escaped(money(price))} {escaped(_unit(book.tariff))}{name}{first}{_taxes(book.tariff)}"


def _weeks(book: Rulebook, version: Version, now: int, raw: Raw) -> Iterator[str]:
    shown = weeks(book, version, book.clock.day_at(now).date, _raw(version, raw))
    if len(shown) == 1 and not version.energy.periods:
        return
    for week in shown[:_MOST_WEEKS]:
        if len(shown) > 1:
            yield f"**{escaped(week.season.capitalize()) if week.season else 'Rest of the year'}**"
        # A picture of one colour tells nothing.
        if len(week.shades) > 1:
            yield drawn(week)
        yield legend(week, _unit(book.tariff))
    if len(shown) > _MOST_WEEKS:
        yield f"… and {len(shown) - _MOST_WEEKS} more seasons."


def _raw(version: Version, raw: Raw) -> Decimal | None:
    return None if version.energy.dynamic is None else raw(version.energy.dynamic)


def _unit(tariff: Tariff) -> str:
    return f"{tariff.currency}/kWh"


def _taxes(tariff: Tariff) -> str:
    return ", with taxes" if tariff.taxes else ""


def _moment(book: Rulebook, instant: int) -> str:
    day = book.clock.day_at(instant)
    minute = day.minute(instant)
    weekday = DAYS[day.date.weekday()]
    moment = datetime(day.date.year, day.date.month, day.date.day, minute // 60, minute % 60)  # noqa: DTZ001
    return f"From {weekday} {escaped(moment.strftime('%Y-%m-%d %H:%M'))}"

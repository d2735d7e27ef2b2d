"""Documents of the URDB from tariffs, for what the URDB can say."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
import re
from typing import Final

from .clock import WallClock
from .days import season_of
from .document import JSON, plain
from .model import (
    ZERO,
    Block,
    BlockMode,
    BlockPer,
    Demand,
    DemandPer,
    DemandStat,
    Export,
    ExportMode,
    FixedPer,
    Minimum,
    Ratchet,
    RateSet,
    Tariff,
    Version,
)
from .times import ClockKind, DayKind, Rule
from .timetable import Timetable
from .urdb_schedule import MONTHS

#: A leap year: it holds every day that there is.
_YEAR: Final = 2024
_INDEX: Final = re.compile(r"period (\d{1,3})", re.ASCII)
_UNITS: Final = {
    BlockPer.CYCLE: "kWh",
    BlockPer.DAY: "kWh daily",
    BlockPer.KW: "kWh/kW",
    BlockPer.KW_DAY: "kWh/kW daily",
}
_PER: Final = {
    FixedPer.DAY: "$/day",
    FixedPer.CYCLE: "$/month",
    FixedPer.MONTH: "$/month",
    FixedPer.YEAR: "$/year",
}

type _Rows = tuple[list[list[int]], list[list[int]]]


class CannotExport(ValueError):
    """The URDB has no words for something in a tariff; the message is a sentence for people."""


def to_urdb(tariff: Tariff, version: Version) -> dict[str, JSON]:
    """A version of a tariff as a URDB document; CannotExport if bills made of it would differ.

    The day of the month on which bills begin and the rounding of a bill are no matter of the URDB.
    """
    _refuse_tariff(tariff)
    _refuse_version(version)
    book = _Book(tariff, version)
    return {
        "name": tariff.name,
        "startdate": int(datetime(*version.valid_from.timetuple()[:3], tzinfo=UTC).timestamp()),
        **_energy(version, book),
        **_export(version.export),
        **_demand(version, book),
        **_fixed(version),
        **_minimum(version.minimum),
    }


def _refuse(condition: bool, sentence: str) -> None:
    if condition:
        raise CannotExport(sentence)


def _refuse_tariff(tariff: Tariff) -> None:
    calendar = tariff.calendar
    _refuse(tariff.clock is not ClockKind.LOCAL, "The URDB knows the local time only.")
    _refuse(bool(tariff.taxes), "The URDB has no taxes.")
    _refuse(bool(calendar.holidays or calendar.yearly_holidays), "The URDB has no holidays.")
    _refuse(calendar.weekend != {DayKind.SATURDAY, DayKind.SUNDAY}, "In the URDB the weekend is Saturday and Sunday.")
    _refuse(tariff.cycle.months != 1, "The URDB has monthly bills only.")
    _refuse(tariff.rounding.floor_kwh, "The URDB bills parts of a kWh.")


def _refuse_version(version: Version) -> None:
    energy = version.energy
    _refuse(energy.dynamic is not None, "The URDB has no dynamic prices.")
    _refuse(energy.cap is not None or energy.floor is not None, "The URDB has no highest and lowest price.")
    _refuse(bool(version.credits), "The URDB has no credits.")
    for rates in (energy.rates, *energy.alternatives):
        _refuse(rates.over is not None, "In the URDB prices do not depend on the use of the whole month.")
        _refuse(
            rates.block_mode is BlockMode.WHOLE and len(rates.blocks) > 1,
            "In the URDB the block that is reached does not set the price of everything.",
        )


class _Book:
    """Which of several sets of rules applies in each month and hour."""

    def __init__(self, tariff: Tariff, version: Version) -> None:
        self._seasons = version.energy.seasons
        self._calendar = tariff.calendar
        self._clock = WallClock(ClockKind.UTC, UTC)

    def season(self, month: int) -> str | None:
        """The season of a month."""
        found = {season_of(day, self._seasons) for day in _days(month)}
        _refuse(len(found) > 1, "In the URDB seasons begin with a month.")
        return found.pop()

    def rows(self, sets: Sequence[Sequence[Rule]]) -> _Rows:
        """Places of the sets for weekdays and weekends: 12 rows of 24."""
        timetable = Timetable(sets, self._seasons, self._calendar, self._clock)
        rows: _Rows = ([], [])
        for month in MONTHS:
            for weekend in (False, True):
                found = {self._day(timetable, day) for day in _days(month) if (day.weekday() >= 5) is weekend}
                _refuse(len(found) > 1, "In the URDB all weekdays of a month are alike, and all days of its weekends.")
                rows[weekend].append(list(found.pop()))
        return rows

    def _day(self, timetable: Timetable, day: date) -> tuple[int, ...]:
        start = self._clock.start(day)
        hours: list[int] = []
        for span in timetable.of_day(day):
            _refuse((span.start - start) % 3600 != 0, "In the URDB periods begin at whole hours.")
            hours += [span.index] * ((span.end - span.start) // 3600)
        return tuple(hours)


def _days(month: int) -> list[date]:
    first = date(_YEAR, month, 1)
    return [day for number in range(31) if (day := first + timedelta(days=number)).month == month]


# --- energy ---


def _energy(version: Version, book: _Book) -> dict[str, JSON]:
    energy = version.energy
    rows = book.rows([period.rules for period in energy.periods])
    chosen = [_rates_of(version, book.season(month)) for month in MONTHS]
    numbers: dict[tuple[int, int], int] = {}
    schedules: list[list[JSON]] = [[], []]
    for kind in (0, 1):
        for month, row in enumerate(rows[kind]):
            pairs = [(place, chosen[month]) for place in row]
            for pair in pairs:
                numbers.setdefault(pair, _number(energy.period_names[pair[0]], set(numbers.values())))
            schedules[kind].append([numbers[pair] for pair in pairs])
    structure: list[JSON] = [[{"rate": 0}] for _ in range(max(numbers.values()) + 1)]
    for (place, index), number in numbers.items():
        structure[number] = _tiers(version, energy.period_names[place], index)
    return {
        "energyratestructure": structure,
        "energyweekdayschedule": schedules[0],
        "energyweekendschedule": schedules[1],
    }


def _sets(version: Version) -> tuple[RateSet, ...]:
    return (*version.energy.alternatives, version.energy.rates)


def _rates_of(version: Version, season: str | None) -> int:
    """Number of the rates that count in a season."""
    return next(number for number, rates in enumerate(_sets(version)) if rates.season in (None, season))


def _number(name: str, taken: set[int]) -> int:
    """The number that a period had in the URDB, or the next free one."""
    if (found := _INDEX.fullmatch(name)) and int(found[1]) not in taken:
        return int(found[1])
    return max(taken, default=-1) + 1


def _tiers(version: Version, name: str, index: int) -> list[JSON]:
    rates = _sets(version)[index]
    adders = sum((adder.price for adder in version.energy.adders), ZERO)
    sold = version.export.prices.get(name, ()) if version.export is not None else ()
    found: list[JSON] = []
    for number, (block, price) in enumerate(zip(rates.blocks, rates.prices[name], strict=True)):
        tier: dict[str, JSON] = {"rate": _json(price), "unit": _UNITS[block.per], **_limit(block)}
        if adders:
            tier["adj"] = _json(adders)
        if sold:
            tier["sell"] = _json(sold[min(number, len(sold) - 1)])
        found.append(tier)
    return found


def _limit(block: Block) -> dict[str, JSON]:
    return {} if block.upto is None else {"max": _json(block.upto)}


def _json(number: Decimal) -> int | float:
    """A number as JSON has it; refused if a float would change it."""
    whole = int(number)
    if whole == number:
        return whole
    _refuse(Decimal(str(float(number))) != number, f"{plain(number)} has more digits than the URDB can hold.")
    return float(number)


def _export(export: Export | None) -> dict[str, JSON]:
    if export is None or export.mode is ExportMode.NONE:
        return {}
    _refuse(export.dynamic is not None, "The URDB has no dynamic prices.")
    _refuse(export.mode is ExportMode.CARRYOVER, "The URDB does not carry credit for exported energy over.")
    _refuse(bool(export.settle_price), "The URDB does not say what kWh are worth that are left at the end of a year.")
    match export.mode, export.netting:
        case ExportMode.NET_METERING_KWH, _:
            return {"dgrules": "Net Metering"}
        case ExportMode.BUY_ALL_SELL_ALL, _:
            return {"dgrules": "Buy All Sell All"}
        case _, 60:
            return {"dgrules": "Net Billing Hourly"}
        case _, 0:
            return {"dgrules": "Net Billing Instantaneous"}
        case _, netting:
            raise CannotExport(f"The URDB nets at once or by the hour, not by {netting}.")


# --- demand ---


def _demand(version: Version, book: _Book) -> dict[str, JSON]:
    for demand in version.demand:
        _refuse_demand(demand)
    windows = {demand.interval_min for demand in version.demand}
    _refuse(len(windows) > 1, "In the URDB all demands have intervals of the same length.")
    months = [_months(demand, book) for demand in version.demand]
    flat = [(demand, each) for demand, each in zip(version.demand, months, strict=True) if each is not None]
    timed = [demand for demand, each in zip(version.demand, months, strict=True) if each is None]
    ratchets = {demand.ratchet for demand in version.demand}
    _refuse(
        len(ratchets) > 1 or (bool(timed) and ratchets != {None}),
        "In the URDB what is billed at least of earlier demand is the same all day and all year.",
    )
    return {
        **({"demandwindow": windows.pop()} if windows else {}),
        **_flat(flat),
        **_timed(timed, book),
        **_lookback(next(iter(ratchets), None)),
    }


def _refuse_demand(demand: Demand) -> None:
    _refuse(
        demand.stat is not DemandStat.MAX or bool(demand.min_kw),
        "In the URDB the highest demand of the month is billed, however low it is.",
    )
    _refuse(demand.per not in (DemandPer.CYCLE, DemandPer.MONTH), "In the URDB prices of demand are for a month.")
    limited = demand.window or demand.season is not None
    _refuse(bool(limited) and not any(demand.price), "In the URDB a demand without a price counts all day.")


def _months(demand: Demand, book: _Book) -> frozenset[int] | None:
    """The months in which a demand counts all day; None if it does not."""
    rows = book.rows([demand.window or (Rule(),)])
    found = set()
    for month in MONTHS:
        if demand.season is not None and book.season(month) != demand.season:
            continue
        places = {*rows[0][month - 1], *rows[1][month - 1]}
        if places == {0}:
            found.add(month)
        elif 0 in places:
            _refuse(demand.season is not None, "In the URDB a demand has either a season or times of the day.")
            return None
    return frozenset(found)


def _flat(demands: Sequence[tuple[Demand, frozenset[int]]]) -> dict[str, JSON]:
    costly = [each for each in demands if any(each[0].price)]
    if not costly:
        return {}
    structure: list[JSON] = [_demand_tiers(demand) for demand, _ in costly]
    structure.append([{"rate": 0, "unit": "kW"}])
    of_month: list[JSON] = []
    for month in MONTHS:
        places = [place for place, (_, months) in enumerate(costly) if month in months]
        _refuse(len(places) > 1, "In the URDB a month has one demand that counts all day.")
        of_month.append(places[0] if places else len(costly))
    return {"flatdemandstructure": structure, "flatdemandmonths": of_month}


def _timed(demands: Sequence[Demand], book: _Book) -> dict[str, JSON]:
    if not demands:
        return {}
    schedules = book.rows([demand.window for demand in demands])
    for place, demand in enumerate(demands):
        own = book.rows([demand.window])
        covered = [
            (hour == 0) != (all_in == place)
            for kind in (0, 1)
            for alone, together in zip(own[kind], schedules[kind], strict=True)
            for hour, all_in in zip(alone, together, strict=True)
        ]
        _refuse(any(covered), "In the URDB an hour belongs to one demand by times of the day.")
    structure: list[JSON] = [*map(_demand_tiers, demands), [{"rate": 0, "unit": "kW"}]]
    weekday, weekend = ([list[JSON](row) for row in rows] for rows in schedules)
    return {
        "demandratestructure": structure,
        "demandweekdayschedule": list[JSON](weekday),
        "demandweekendschedule": list[JSON](weekend),
    }


def _demand_tiers(demand: Demand) -> list[JSON]:
    return [
        {"rate": _json(price), "unit": "kW", **_limit(block)}
        for block, price in zip(demand.blocks, demand.price, strict=True)
    ]


def _lookback(ratchet: Ratchet | None) -> dict[str, JSON]:
    if ratchet is None:
        return {}
    months: list[JSON] = [int(month in ratchet.months) for month in MONTHS]
    return {
        "lookbackpercent": _json(ratchet.percent / 100),
        "lookbackrange": ratchet.cycles,
        **({"lookbackmonths": months} if ratchet.months else {}),
    }


# --- fixed amounts ---


def _fixed(version: Version) -> dict[str, JSON]:
    if not version.fixed:
        return {}
    units = {_PER[fixed.per] for fixed in version.fixed}
    _refuse(len(units) > 1, "In the URDB all fixed amounts are due equally often.")
    for fixed in version.fixed:
        _refuse(bool(fixed.by_usage), "In the URDB fixed amounts do not depend on the use.")
        _refuse(fixed.season is not None, "In the URDB fixed amounts are the same all year.")
    amount = sum((fixed.amount * fixed.quantity for fixed in version.fixed), ZERO)
    return {"fixedchargefirstmeter": _json(amount), "fixedchargeunits": units.pop()}


def _minimum(minimum: Minimum | None) -> dict[str, JSON]:
    if minimum is None:
        return {}
    _refuse(minimum.amount is None, "In the URDB a minimum charge is an amount.")
    _refuse(
        minimum.basis != Minimum().basis, "In the URDB a minimum is compared with energy, demand and fixed amounts."
    )
    return {"mincharge": _json(minimum.amount or ZERO), "minchargeunits": _PER[minimum.per]}

"""Tariffs from a few values: they are sound, and each price holds when it should."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from custom_components.panel_meter.core.tariff import templates
from custom_components.panel_meter.core.tariff.model import (
    Adder,
    Allocation,
    Block,
    BlockMode,
    BlockPer,
    Missing,
    Tariff,
)
from custom_components.panel_meter.core.tariff.reading import read
from custom_components.panel_meter.core.tariff.rulebook import Rulebook
from custom_components.panel_meter.core.tariff.times import Calendar, DayKind
from custom_components.panel_meter.core.tariff.validation import check
from custom_components.panel_meter.core.tariff.writing import write

BASICS = templates.Basics(id="home", name="Home", currency="EUR", valid_from=date(2026, 1, 1))
WEEKDAYS = frozenset({DayKind.WEEKDAY})
EVENING = templates.Times(begin=16 * 60, end=21 * 60, days=WEEKDAYS)
BRUSSELS = ZoneInfo("Europe/Brussels")


def d(text: str) -> Decimal:
    return Decimal(text)


def price_at(tariff: Tariff, *when: int, block: int = 0) -> Decimal:
    """The price of a kWh at a local time."""
    version = tariff.versions[-1]
    instant = int(datetime(*when, tzinfo=BRUSSELS).astimezone(UTC).timestamp())  # type: ignore[misc,arg-type]
    index = Rulebook(tariff, BRUSSELS).timetable(version).at(instant).index
    return version.energy.rates.prices[version.energy.period_names[index]][block]


def sound(tariff: Tariff) -> Tariff:
    assert check(tariff) == ()
    assert read(write(tariff)) == tariff
    return tariff


FLAT = templates.flat(BASICS, d("0.3"))
DAY_NIGHT = templates.day_night(
    BASICS,
    templates.DayNight(
        day=d("0.28"),
        night=d("0.21"),
        night_times=templates.Times(begin=22 * 60, end=7 * 60),
        night_days=frozenset({DayKind.WEEKEND}),
    ),
)
SEASONAL = templates.seasonal(
    BASICS,
    templates.Seasonal(
        summer_first_month=6,
        summer_last_month=9,
        summer=templates.PeakPrices(off_peak=d("0.30"), peak=d("0.60"), peak_times=(EVENING,)),
        winter=templates.PeakPrices(off_peak=d("0.25"), peak=d("0.35"), peak_times=(EVENING,)),
    ),
)
BLOCKS = templates.blocks(BASICS, templates.Blocks(limits=(d("200"), d("400")), prices=(d("1"), d("2"), d("3"))))
BLOCKS_BY_TIME = templates.blocks_by_time(
    BASICS,
    templates.BlocksByTime(
        limits=(d("350"),),
        peak=(d("0.4"), d("0.5")),
        off_peak=(d("0.2"), d("0.3")),
        peak_times=(EVENING,),
        allocation=Allocation.PRORATA,
    ),
)
DYNAMIC = templates.dynamic(
    BASICS,
    templates.DynamicPrice(
        entity_id="sensor.price",
        multiplier=d("0.001"),
        unit="EUR/MWh",
        adders=(Adder(name="levy", price=d("0.0125")),),
        cap=d("0.4"),
        floor=d("-0.1"),
        resolution_min=15,
        missing=Missing.FALLBACK,
        fallback=d("0.25"),
    ),
)
ALL = {
    "flat": FLAT,
    "day and night": DAY_NIGHT,
    "seasonal": SEASONAL,
    "blocks": BLOCKS,
    "blocks by time": BLOCKS_BY_TIME,
    "dynamic": DYNAMIC,
}


@pytest.mark.parametrize("name", ALL)
def test_every_template_is_sound(name: str) -> None:
    sound(ALL[name])


def test_a_flat_price_holds_always() -> None:
    assert {price_at(FLAT, 2026, month, 1, hour) for month in range(1, 13) for hour in range(24)} == {d("0.3")}


@pytest.mark.parametrize(
    ("when", "price"),
    [
        ((2026, 3, 4, 6, 59), "0.21"),
        ((2026, 3, 4, 7), "0.28"),
        ((2026, 3, 4, 21, 59), "0.28"),
        ((2026, 3, 4, 22), "0.21"),
        ((2026, 3, 7, 12), "0.21"),
        # The night of Sunday goes on into Monday morning.
        ((2026, 3, 9, 6), "0.21"),
        ((2026, 3, 9, 7), "0.28"),
    ],
)
def test_day_and_night(when: tuple[int, ...], price: str) -> None:
    assert price_at(DAY_NIGHT, *when) == d(price)


@pytest.mark.parametrize(
    ("when", "price"),
    [
        ((2026, 5, 29, 17), "0.35"),
        ((2026, 5, 29, 21), "0.25"),
        ((2026, 6, 1, 17), "0.60"),
        ((2026, 6, 1, 15, 59), "0.30"),
        ((2026, 6, 6, 17), "0.30"),
        ((2026, 9, 30, 17), "0.60"),
        ((2026, 10, 1, 17), "0.35"),
    ],
)
def test_seasons_and_peak_hours(when: tuple[int, ...], price: str) -> None:
    assert price_at(SEASONAL, *when) == d(price)


@pytest.mark.parametrize(("first", "last"), [(11, 2), (1, 12), (2, 2), (12, 3), (4, 6)])
def test_any_months_may_be_the_summer(first: int, last: int) -> None:
    values = templates.Seasonal(
        summer_first_month=first,
        summer_last_month=last,
        summer=templates.PeakPrices(off_peak=d("2")),
        winter=templates.PeakPrices(off_peak=d("1")),
    )
    tariff = sound(templates.seasonal(BASICS, values))
    months = {(first + number - 1) % 12 + 1 for number in range((last - first) % 12 + 1)}
    for number in range(366):
        day = date(2028, 1, 1) + timedelta(days=number)
        expected = d("2") if day.month in months else d("1")
        assert price_at(tariff, day.year, day.month, day.day, 12) == expected, day


def test_blocks_have_limits_and_prices() -> None:
    rates = BLOCKS.versions[0].energy.rates
    assert rates.blocks == (Block(upto=d("200")), Block(upto=d("400")), Block())
    assert rates.prices == {"default": (1, 2, 3)}
    daily = templates.Blocks(limits=(d("9"),), prices=(d("1"), d("2")), per=BlockPer.DAY, mode=BlockMode.WHOLE)
    other = sound(templates.blocks(BASICS, daily)).versions[0].energy.rates
    assert (other.blocks[0].per, other.block_mode) == (BlockPer.DAY, BlockMode.WHOLE)


def test_a_price_too_few_is_noticed() -> None:
    tariff = templates.blocks(BASICS, templates.Blocks(limits=(d("200"),), prices=(d("1"),)))
    assert [problem.code for problem in check(tariff)] == ["T08"]


def test_blocks_by_time() -> None:
    assert BLOCKS_BY_TIME.versions[0].energy.allocation is Allocation.PRORATA
    assert price_at(BLOCKS_BY_TIME, 2026, 3, 4, 17, block=1) == d("0.5")
    assert price_at(BLOCKS_BY_TIME, 2026, 3, 7, 17, block=1) == d("0.3")


def test_a_dynamic_price() -> None:
    energy = DYNAMIC.versions[0].energy
    assert energy.dynamic is not None
    assert (energy.dynamic.multiplier, energy.dynamic.fallback, energy.dynamic.resolution_min) == (
        d("0.001"), d("0.25"), 15,
    )  # fmt: skip
    assert (energy.cap, energy.floor, energy.adders[0].price) == (d("0.4"), d("-0.1"), d("0.0125"))


def test_the_newest_version_is_the_one_that_begins_last() -> None:
    older = replace(FLAT.versions[0], valid_from=date(2025, 1, 1))
    assert templates.newest_version(replace(FLAT, versions=(FLAT.versions[0], older))) is FLAT.versions[0]


def test_the_calendar_is_a_choice() -> None:
    calendar = Calendar(yearly_holidays=frozenset({(12, 25)}))
    basics = templates.Basics(id="home", name="Home", currency="EUR", valid_from=date(2026, 1, 1), calendar=calendar)
    values = templates.DayNight(
        day=d("0.28"), night=d("0.21"), night_times=EVENING, night_days=frozenset({DayKind.WEEKEND})
    )
    # Christmas of 2026 is a Friday.
    assert price_at(templates.day_night(basics, values), 2026, 12, 25, 12) == d("0.21")
    assert price_at(templates.day_night(BASICS, values), 2026, 12, 25, 12) == d("0.28")

"""What rating costs: a year of records, and one look at what a panel costs now."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
import random
import statistics
import time
from typing import Final
from zoneinfo import ZoneInfo

from custom_components.panel_meter.core.billing.account import Account
from custom_components.panel_meter.core.billing.usage import Circuits, Usage
from custom_components.panel_meter.core.tariff.model import (
    Block,
    BlockPer,
    Demand,
    Dynamic,
    Energy,
    Export,
    ExportMode,
    RateSet,
    Tariff,
    Version,
)
from custom_components.panel_meter.core.tariff.prices import PricePoint, PriceSeries
from custom_components.panel_meter.core.tariff.rulebook import Rulebook
from custom_components.panel_meter.core.tariff.times import DayKind, Period, Rule, Season

CIRCUITS: Final = 16
STEP: Final = 300
PER_DAY: Final = 86_400 // STEP
DAYS: Final = 365
LOOKS: Final = 300
#: 1 January 2026 in Berlin.
BEGIN: Final = 1_767_222_000
ZONE: Final = ZoneInfo("Europe/Berlin")
ENTITY: Final = "sensor.price"


@dataclass(frozen=True, slots=True)
class MoneyResult:
    """Figures of one tariff."""

    name: str
    #: Seconds for the year, its twelve bills included.
    year: float
    #: Median seconds of a look at the running costs on the last day of a month, just after a record and with a live
    #: value after it.
    first: float
    look: float
    #: Seconds of a bill at that time.
    bill: float


def measure() -> list[MoneyResult]:
    """Rate the same year with tariffs of several kinds."""
    sold = {"default": (_price(60),)}
    tariffs: Mapping[str, Callable[[], Tariff]] = {
        "periods, seasons and blocks": _periods,
        "the same with demand": lambda: _periods(demand=True),
        "the same, set off within 15 min": lambda: _periods(export=Export(netting=15, prices=sold)),
        "the same, net metering": lambda: _periods(export=Export(mode=ExportMode.NET_METERING_KWH)),
        "blocks per kW of demand": lambda: _periods(per=BlockPer.KW),
        "a price every 15 min": _dynamic,
        "the same, set off within 15 min, sold too": lambda: _dynamic(sold=True),
    }
    return [_measured(name, make()) for name, make in tariffs.items()]


def _measured(name: str, tariff: Tariff) -> MoneyResult:
    account = Account(
        Rulebook(tariff, ZONE),
        BEGIN,
        circuits=Circuits(tuple(f"c{number}" for number in range(CIRCUITS))),
        prices={ENTITY: _prices()},
    )
    took = 0.0
    for day in _days():
        began = time.perf_counter()
        for usage in day:
            account.add(usage)
        took += time.perf_counter() - began
    now = BEGIN + DAYS * 86_400 - STEP
    last = next(iter(_day(random.Random(1), now)))
    looks, firsts = [], []
    for number in range(LOOKS):
        ahead = last.part(last.start, last.start + 10 + number % (STEP - 10))
        looks.append(_seconds(lambda ahead=ahead: account.running(ahead)))
        if number % 10 == 0:
            copy = account.copy()
            copy.add(last.part(last.start, last.start + 1))
            firsts.append(_seconds(copy.running))
    bill = statistics.median(_seconds(lambda: account.bill(now)) for _ in range(10))
    began = time.perf_counter()
    account.close()
    took += time.perf_counter() - began
    return MoneyResult(name, took, statistics.median(firsts), statistics.median(looks), bill)


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


# --- what is rated ---


def _days() -> Iterator[list[Usage]]:
    """A year, without its last five minutes."""
    chance = random.Random(0)
    for day in range(DAYS):
        usages = list(_day(chance, BEGIN + day * 86_400))
        yield usages[:-1] if day == DAYS - 1 else usages


def _day(chance: random.Random, start: int) -> Iterator[Usage]:
    for number in range(PER_DAY):
        circuits = tuple(chance.randrange(20_000) for _ in range(CIRCUITS))
        consumed = sum(circuits) + chance.randrange(5_000)
        made = chance.randrange(300_000) if PER_DAY // 3 < number < 2 * PER_DAY // 3 else 0
        begin = start + number * STEP
        imported, exported = max(consumed - made, 0), max(made - consumed, 0)
        yield Usage(begin, begin + STEP, imported, exported, consumed, circuits)


def _price(thousandths: int) -> Decimal:
    return Decimal(thousandths) / 1000


def _periods(*, per: BlockPer = BlockPer.CYCLE, demand: bool = False, export: Export | None = None) -> Tariff:
    workday = frozenset({DayKind.WEEKDAY})
    limit = 30 if per is BlockPer.KW else 350
    energy = Energy(
        seasons=(Season(name="summer", begin=(6, 1), end=(9, 30)),),
        periods=(
            Period(name="summer peak", rules=(Rule(season="summer", days=workday, begin=960, end=1260),)),
            Period(name="peak", rules=(Rule(days=workday, begin=960, end=1260),)),
            Period(name="night", rules=(Rule(begin=1380, end=420),)),
        ),
        rates=RateSet(
            prices={
                name: (_price(first), _price(first + 100), _price(first + 200))
                for name, first in (("summer peak", 351), ("peak", 251), ("night", 120), ("default", 221))
            },
            blocks=(Block(upto=Decimal(limit), per=per), Block(upto=Decimal(limit * 2), per=per), Block()),
        ),
    )
    window = (Rule(days=workday, begin=720, end=1080),)
    demands = (
        (Demand(name="all", price=(_price(8090),)), Demand(name="noon", price=(_price(4000),), window=window))
        if demand
        else ()
    )
    return _tariff(Version(valid_from=date(2025, 1, 1), energy=energy, demand=demands, export=export))


def _dynamic(*, sold: bool = False) -> Tariff:
    dynamic = Dynamic(entity_id=ENTITY, multiplier=Decimal("1.19"), resolution_min=15)
    export = Export(netting=15, dynamic=Dynamic(entity_id=ENTITY, resolution_min=15)) if sold else None
    energy = Energy(rates=RateSet(prices={"default": (_price(150),)}), dynamic=dynamic)
    return _tariff(Version(valid_from=date(2025, 1, 1), energy=energy, export=export))


def _tariff(version: Version) -> Tariff:
    return Tariff(id="bench", name="Benchmark", currency="EUR", versions=(version,))


def _prices() -> PriceSeries:
    chance = random.Random(2)
    return PriceSeries(
        PricePoint(BEGIN + 900 * number, Decimal(chance.randrange(-5000, 40_000)) / 100_000)
        for number in range(DAYS * 96 + 1)
    )

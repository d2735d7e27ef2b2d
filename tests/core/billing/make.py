"""Tariffs and usage for tests, in few words. Powers are 1 kW unless a test says otherwise: an hour is a kWh."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from custom_components.panel_meter.core.billing.account import Account
from custom_components.panel_meter.core.billing.bill import Bill, LineKind
from custom_components.panel_meter.core.billing.usage import Circuits, Usage
from custom_components.panel_meter.core.tariff.model import Block, BlockMode, BlockPer, Energy, RateSet, Tariff, Version
from custom_components.panel_meter.core.tariff.rulebook import Rulebook
from custom_components.panel_meter.core.tariff.times import DayKind, Period, Rule, Season

D = Decimal
KWH = 1_000_000
HOUR = 3600
QUARTER = 900

type Prices = str | Sequence[str]


def at(text: str, zone: str = "UTC") -> int:
    """UTC seconds of a local time such as ``2026-03-29 02:00``; of one that comes twice the first."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


def day_of(text: str) -> date:
    return date.fromisoformat(text)


def decimals(prices: Prices) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, [prices] if isinstance(prices, str) else prices))


def blocks(*limits: str | None, per: BlockPer = BlockPer.CYCLE) -> tuple[Block, ...]:
    """Blocks up to these limits and one without an end."""
    return (*(Block(upto=Decimal(limit), per=per) for limit in limits if limit is not None), Block())


def rates(prices: Prices | Mapping[str, Prices], *limits: str, per: BlockPer = BlockPer.CYCLE, **more: Any) -> RateSet:
    named = prices if isinstance(prices, Mapping) else {"default": prices}
    return RateSet(
        prices={name: decimals(each) for name, each in named.items()}, blocks=blocks(*limits, per=per), **more
    )


def minutes(text: str) -> int:
    hours, _, rest = text.partition(":")
    return int(hours) * 60 + int(rest)


def rule(span: str = "00:00-24:00", days: str = "", season: str | None = None) -> Rule:
    begin, _, end = span.partition("-")
    kinds = frozenset(DayKind(day) for day in days.split())
    return Rule(season=season, days=kinds, begin=minutes(begin), end=minutes(end))


def period(name: str, *rules: Rule) -> Period:
    return Period(name=name, rules=rules)


def season(name: str, begin: str, end: str) -> Season:
    def day(text: str) -> tuple[int, int]:
        month, _, number = text.partition("-")
        return int(month), int(number)

    return Season(name=name, begin=day(begin), end=day(end))


def energy(
    prices: Prices | Mapping[str, Prices],
    *limits: str,
    per: BlockPer = BlockPer.CYCLE,
    block_mode: BlockMode = BlockMode.PROGRESSIVE,
    **more: Any,
) -> Energy:
    return Energy(rates=rates(prices, *limits, per=per, block_mode=block_mode), **more)


def night(span: str, prices: tuple[str, str] = ("0.10", "0.30"), days: str = "", **more: Any) -> Energy:
    """A period and the rest of the time."""
    return energy({"night": prices[0], "default": prices[1]}, periods=(period("night", rule(span, days)),), **more)


def version(of: Energy, valid_from: str = "2020-01-01", **more: Any) -> Version:
    return Version(valid_from=day_of(valid_from), energy=of, **more)


def tariff(*versions: Version | Energy, **more: Any) -> Tariff:
    made = tuple(each if isinstance(each, Version) else version(each) for each in versions)
    return Tariff(id="test", name="Test", currency="EUR", versions=made, **more)


def account(of: Tariff, begin: str, zone: str = "UTC", **more: Any) -> Account:
    names = more.pop("circuits", ())
    return Account(Rulebook(of, ZoneInfo(zone)), at(begin, zone), circuits=Circuits(tuple(names)), **more)


def steady(
    start: int, end: int, kw: str = "1", step: int = QUARTER, export_kw: str = "0", circuits: Sequence[str] = ()
) -> Iterator[Usage]:
    """Constant power in steps."""

    def flown(power: str, seconds: int) -> int:
        energy_mwh = Decimal(power) * KWH * seconds / HOUR
        assert energy_mwh == int(energy_mwh)
        return int(energy_mwh)

    for begin in range(start, end, step):
        seconds = min(step, end - begin)
        yield Usage(
            begin,
            begin + seconds,
            flown(kw, seconds),
            flown(export_kw, seconds),
            flown(kw, seconds),
            tuple(flown(each, seconds) for each in circuits),
        )


def feed(to: Account, begin: str, end: str, kw: str = "1", **more: Any) -> Account:
    """Add constant power between two local times of the account's zone."""
    zone = more.pop("zone", "UTC")
    for usage in steady(at(begin, zone), at(end, zone), kw, **more):
        to.add(usage)
    return to


def use(to: Account, when: str, kwh: str, hours: int = 1, zone: str = "UTC", **more: Any) -> Account:
    """Add so many kWh, evenly over some hours from a local time on."""
    start = at(when, zone)
    energy_mwh = int(Decimal(kwh) * KWH)
    to.add(Usage(start, start + hours * HOUR, energy_mwh, consumed=energy_mwh, **more))
    return to


def kwh_of(bill: Bill, name: str) -> Decimal:
    """Energy of a period, over all blocks."""
    return sum(
        (line.quantity or D(0) for line in bill.lines if line.kind is LineKind.ENERGY and line.name == name), D(0)
    )


def amounts(bill: Bill, kind: LineKind) -> dict[str, Decimal]:
    """Amounts of a kind by name; lines of the same name are added up."""
    found: dict[str, Decimal] = {}
    for line in bill.lines:
        if line.kind is kind:
            found[line.name] = found.get(line.name, D(0)) + line.amount
    return found


def total_of(of: Tariff, kwh: str, begin: str = "2026-01-01 00:00", zone: str = "UTC") -> Bill:
    """The bill of a cycle in which so many kWh were used evenly on its first day."""
    one = account(of, begin, zone)
    use(one, begin, kwh, hours=24, zone=zone)
    return one.close()


def next_day(text: str) -> str:
    return (datetime.fromisoformat(text) + timedelta(days=1)).isoformat(sep=" ", timespec="minutes")

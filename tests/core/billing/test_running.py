"""The account of a panel while it runs: however rows come, and however often somebody looks, the costs are the same."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
import random
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.panel_meter.core.billing.account import Account
from custom_components.panel_meter.core.billing.panel_usage import Row, wiring_of
from custom_components.panel_meter.core.billing.running import GRACE, Money, RunningAccount
from custom_components.panel_meter.core.billing.serial import to_json
from custom_components.panel_meter.core.billing.usage import Usage
from custom_components.panel_meter.core.model import OPENING_JOURNAL, Channel, Panel, Quality, Register, Role
from custom_components.panel_meter.core.tariff.model import (
    Allocation,
    BlockMode,
    Demand,
    Export,
    ExportMode,
    NettingSpan,
    Part,
    Tariff,
    Tax,
)
from custom_components.panel_meter.core.tariff.rulebook import Rulebook
from custom_components.panel_meter.ledger import JournalKey, Ledger
from custom_components.panel_meter.rating import (
    Terms,
    costs_at,
    rate_history,
    rate_present,
    snapshot,
    stored_bill,
    valid_bills,
)

from .make import HOUR, KWH, D, at, decimals, energy, night, tariff, version

BERLIN = ZoneInfo("Europe/Berlin")
PANEL = Panel(
    id="p",
    name="P",
    codec="native",
    channels=(
        Channel(id="main", name="Mains", role=Role.MAIN),
        Channel(id="pv", name="Roof", role=Role.SOLAR),
        Channel(id="c1", name="Kitchen"),
        Channel(id="c2", name="Car"),
        Channel(id="c3", name="Socket", role=Role.SUB, parent="c2"),
    ),
    registers=tuple(
        map(Register.parse, ["main.import", "main.export", "pv.export", "c1.import", "c2.import", "c3.import"])
    ),
)
REGISTERS = PANEL.registers
WIRING = wiring_of(PANEL)
VAT = Tax(name="VAT", percent=D(19), on=frozenset({Part.ENERGY}))
JOURNAL = "j"


def export(mode: ExportMode, netting: int | NettingSpan = 0, price: str = "0.08") -> Export:
    return Export(mode=mode, netting=netting, prices={"default": decimals(price)})


DAY_AND_NIGHT = night("22:00-06:00")
IN_ORDER: dict[str, Tariff] = {
    "flat": tariff(energy("0.25"), taxes=(VAT,)),
    "day and night": tariff(DAY_AND_NIGHT, taxes=(VAT,)),
    "blocks": tariff(energy(["0.10", "0.20", "0.40"], "5", "30"), taxes=(VAT,)),
    "two versions": tariff(version(energy("0.20"), "2020-01-01"), version(energy("0.30"), "2026-03-30"), taxes=(VAT,)),
    "pays for export": tariff(version(energy("0.25"), export=export(ExportMode.NET_BILLING))),
    "an hour is netted": tariff(version(DAY_AND_NIGHT, export=export(ExportMode.NET_BILLING, 60))),
    "a day is netted": tariff(version(DAY_AND_NIGHT, export=export(ExportMode.CARRYOVER, NettingSpan.DAY))),
    "buys and sells all": tariff(version(energy("0.25"), export=export(ExportMode.BUY_ALL_SELL_ALL))),
    "begins to buy and sell all": tariff(
        version(energy("0.25"), "2020-01-01", export=export(ExportMode.NET_BILLING)),
        version(energy("0.25"), "2026-03-29", export=export(ExportMode.BUY_ALL_SELL_ALL)),
    ),
    "charges power": tariff(version(energy("0.25"), demand=(Demand(name="power", price=decimals("8")),))),
    "phases are netted": tariff(version(energy("0.25"), export=export(ExportMode.NET_BILLING)), net_phases=True),
    "begins later": tariff(version(energy("0.25"), "2026-03-28")),
}
IN_RETROSPECT: dict[str, Tariff] = {
    "the last block prices all": tariff(energy(["0.10", "0.20"], "10", block_mode=BlockMode.WHOLE), taxes=(VAT,)),
    "blocks pro rata": tariff(
        night("22:00-06:00", ("0.10", "0.30")),
    ),
    "kWh for kWh": tariff(version(DAY_AND_NIGHT, export=export(ExportMode.NET_METERING_KWH))),
}
BLOCKS_PRO_RATA = energy(
    {"night": ["0.10", "0.2"], "default": ["0.30", "0.4"]},
    "12",
    periods=DAY_AND_NIGHT.periods,
    allocation=Allocation.PRORATA,
)
IN_RETROSPECT["blocks pro rata"] = tariff(BLOCKS_PRO_RATA)
TARIFFS = IN_ORDER | IN_RETROSPECT

#: Rows begin in the night to the 27th of March 2026; the clock is put forward on the 29th, a cycle ends on the 31st.
BEGIN = at("2026-03-26 23:30", "Europe/Berlin")
SPAN = 1800
COUNT = 6 * 48


def rows_of(seed: int, count: int = COUNT, span: int = SPAN) -> list[Row]:
    """Rows of half an hour without holes, with sun by day; some of them without any energy."""
    made = random.Random(seed)
    rows: list[Row] = []
    for number in range(count):
        start = BEGIN + span * number
        car = made.choice([0, 0, made.randrange(KWH)])
        sun = made.randrange(2 * KWH) if start % 86400 in range(7 * HOUR, 18 * HOUR) else 0
        used = made.randrange(KWH // 2) + car
        bought, sold = max(used - sun, 0), max(sun - used, 0)
        quality = made.choice([0, 0, 0, int(Quality.ESTIMATED)])
        rows.append((start, start + span, quality, (bought, sold, sun, made.randrange(used + 1) // 2, car, car // 3)))
    return rows


def running(of: Tariff, begin: int = BEGIN) -> RunningAccount:
    account = Account(Rulebook(of, BERLIN), begin, circuits=WIRING.names)
    return RunningAccount(account, WIRING, BERLIN)


def taken(of: Tariff, rows: Sequence[Row]) -> RunningAccount:
    one = running(of)
    assert one.take(JOURNAL, REGISTERS, rows)
    return one


def books(one: RunningAccount, now: int) -> tuple[Any, ...]:
    """All that can be seen of an account."""
    return (
        one.money(None, now),
        [to_json(bill) for bill in one.bills],
        to_json(one.bill(None, now)),
        one.taken,
        one.until,
        one.demands(None, now),
        one.price(now),
    )


def ahead_of(one: RunningAccount, rows: Sequence[Row], now: int) -> Usage | None:
    """What live totals are ahead of the rows that the account has."""
    shown = dict(zip(REGISTERS, map(sum, zip(*(row[3] for row in rows), strict=True)), strict=True))
    return one.ahead(lambda register: shown[register], now)


tariffs = pytest.mark.parametrize("of", TARIFFS.values(), ids=list(TARIFFS))
seeds = st.integers(0, 1000)


@tariffs
@settings(max_examples=6)
@given(seed=seeds, cuts=st.lists(st.integers(0, COUNT), max_size=6))
def test_rows_may_come_in_any_portions(of: Tariff, seed: int, cuts: list[int]) -> None:
    rows, one = rows_of(seed), running(of)
    edges = [0, *sorted(cuts), COUNT]
    for lower, upper in pairwise(edges):
        assert one.take(JOURNAL, REGISTERS, rows[lower:upper])
    end = rows[-1][1]
    assert books(one, end) == books(taken(of, rows), end)


@tariffs
@settings(max_examples=6)
@given(seed=seeds, looks=st.lists(st.integers(1, COUNT), max_size=8))
def test_looking_ahead_changes_nothing(of: Tariff, seed: int, looks: list[int]) -> None:
    rows, one = rows_of(seed), running(of)
    before = 0
    for place in sorted(looks):
        one.take(JOURNAL, REGISTERS, rows[before : max(place - 3, before)])
        before = max(place - 3, before)
        now = rows[place - 1][1]
        ahead = ahead_of(one, rows[:place], now)
        one.money(ahead, now)
        one.demands(ahead, now)
        one.price(now)
        one.bill(ahead, now)
    one.take(JOURNAL, REGISTERS, rows[before:])
    end = rows[-1][1]
    assert books(one, end) == books(taken(of, rows), end)


@tariffs
@settings(max_examples=8)
@given(seed=seeds, place=st.integers(1, COUNT - 1))
def test_what_is_ahead_costs_what_its_row_will_cost(of: Tariff, seed: int, place: int) -> None:
    """Whether the row is in, or only the live totals show it."""
    rows = rows_of(seed)
    rows[place] = (*rows[place][:2], 0, rows[place][3])
    one, later = taken(of, rows[:place]), taken(of, rows[: place + 1])
    now = rows[place][1]
    ahead = ahead_of(one, rows[: place + 1], now)
    assert one.money(ahead, now) == later.money(None, now)
    assert one.demands(ahead, now) == later.demands(None, now)
    # Prices of blocks are those that the rows have reached: a live total may still move by some mWh.
    assert to_json(one.bill(ahead, now)) == to_json(later.bill(None, now))


@pytest.mark.parametrize("of", IN_ORDER.values(), ids=list(IN_ORDER))
def test_days_add_up(of: Tariff) -> None:
    rows = rows_of(7)
    one, days, circuits = running(of), D(0), [D(0)] * 3
    days_of = ("03-27", "03-28", "03-29", "03-30", "03-31", "04-01", "04-02")
    midnights = [at(f"2026-{day} 00:00", "Europe/Berlin") for day in days_of]
    for row in rows:
        one.take(JOURNAL, REGISTERS, [row])
        if row[1] in midnights or row is rows[-1]:
            last = row is rows[-1]
            now = row[1] if last else row[1] - 1
            money = one.money(None, now)
            days += money.today
            circuits = [sum(pair, D(0)) for pair in zip(circuits, money.today_circuits, strict=True)]
    whole = one.money(None, rows[-1][1])
    assert days == whole.cost > 0
    assert tuple(circuits) == whole.circuits


@tariffs
def test_totals_do_not_jump_when_a_cycle_ends(of: Tariff) -> None:
    rows = [row for row in rows_of(11) if row[1] <= at("2026-04-01 00:00", "Europe/Berlin")]
    one = taken(of, rows)
    before = one.totals()
    assert not one.bills
    one.close_until(one.account.cycle.end)
    assert len(one.bills) == 1
    after = one.totals()
    assert (before.cost, before.circuits, before.earned) == (after.cost, after.circuits, after.earned)
    assert one.money(None, one.until).cycle == 0


def test_circuits_and_the_rest_add_up_to_the_panel() -> None:
    one = taken(TARIFFS["an hour is netted"], rows_of(3))
    one.close_until(at("2026-05-01 00:00", "Europe/Berlin"))
    for bill in one.bills:
        direct = sum((each.cost for each in bill.circuits if not each.nested), D(0))
        assert direct + bill.remainder.cost == bill.energy_cost


# --- instants at which something ends ---


def flat(kwh: str, start: str, hours: int = 1) -> Row:
    begin = at(start, "Europe/Berlin")
    return (begin, begin + hours * HOUR, 0, (int(D(kwh) * KWH), 0, 0, 0, 0, 0))


def test_today_begins_anew_at_midnight_although_the_last_record_is_late() -> None:
    one = taken(TARIFFS["flat"], [flat("2", "2026-03-27 22:00")])
    now = at("2026-03-28 01:00", "Europe/Berlin")
    ahead = Usage(one.until, now, 2 * KWH, 0, 2 * KWH, (0, 0, 0))
    money = one.money(ahead, now)
    assert money.cost == D("1.19")
    # Half of what flowed since 23:00 flowed before midnight.
    assert money.today == D("0.2975")
    just_before = one.money(None, at("2026-03-27 23:59", "Europe/Berlin"))
    assert just_before.today == D("0.595")
    assert one.money(None, at("2026-03-28 00:00", "Europe/Berlin")).today == 0


def test_a_cycle_ends_on_time_although_the_last_record_is_late() -> None:
    of = tariff(DAY_AND_NIGHT)
    one = taken(of, [flat("3", "2026-03-31 22:00")])
    end = at("2026-04-01 00:00", "Europe/Berlin")
    now = at("2026-04-01 07:00", "Europe/Berlin")
    ahead = Usage(one.until, now, 8 * KWH, 0, 8 * KWH, (0, 0, 0))
    money = one.money(ahead, now)
    # An hour of it was in March; in April six hours were night and one was day.
    assert money.cost == D("0.3") + D("0.7") + D("0.3")
    assert money.cycle == money.today == D("0.9")
    assert one.bill(ahead, now).start_instant == end
    assert one.bill(ahead, now).total == D("0.9")
    assert one.price(now) == D("0.30")
    assert not one.bills

    silent = one.money(None, end)
    assert (silent.cost, silent.cycle, silent.today) == (D("0.3"), 0, 0)
    assert one.price(end) == D("0.10")
    assert one.bill(None, end + 60).total == 0


def test_a_cycle_is_closed_when_its_last_record_should_be_in() -> None:
    one = taken(TARIFFS["flat"], [flat("3", "2026-03-31 22:00")])
    end = one.account.cycle.end
    one.turn(end + GRACE - 1)
    assert not one.bills
    one.turn(end + GRACE)
    assert [bill.end_instant for bill in one.bills] == [end]
    assert one.until == end
    # The record comes all the same.
    assert not one.take(JOURNAL, REGISTERS, [flat("1", "2026-03-31 23:00")])
    one.turn(at("2026-07-02 00:00", "Europe/Berlin"))
    assert len(one.bills) == 4


def test_rows_that_come_late_are_told() -> None:
    one = taken(TARIFFS["flat"], [flat("1", "2026-03-27 12:00"), flat("1", "2026-03-27 14:00")])
    assert not one.take(JOURNAL, REGISTERS, [flat("1", "2026-03-27 13:00")])


def test_an_opening_balance_has_no_price() -> None:
    one = taken(TARIFFS["flat"], [flat("1", "2026-03-27 12:00")])
    opening = (at("2026-03-01 00:00"), at("2026-03-01 00:00"), 0, (900 * KWH, 0, 0, 0, 0, 0))
    assert one.take(OPENING_JOURNAL, REGISTERS, [opening])
    assert one.money(None, one.until).cost == D("0.2975")
    assert one.taken[REGISTERS[0]] == 901 * KWH
    assert one.ahead(lambda register: 901 * KWH if register == REGISTERS[0] else 0, one.until + 60) is None


def test_energy_without_a_span_is_priced_once() -> None:
    instant = at("2026-03-28 00:00", "Europe/Berlin")
    row = (instant, instant, 0, (KWH, 0, 0, 0, 0, 0))
    one = taken(TARIFFS["flat"], [flat("1", "2026-03-27 23:00"), row, flat("1", "2026-03-28 00:00")])
    assert one.money(None, one.until).cost == D("0.8925")


def test_live_totals_below_the_rows_cost_nothing() -> None:
    one = taken(TARIFFS["flat"], [flat("1", "2026-03-27 12:00")])
    assert one.ahead(lambda _register: 0, one.until + 60) is None
    assert one.ahead(lambda _register: 5 * KWH, one.until) is None


# --- the ledger ---


def ledger_of(rows: Sequence[Row], opening: Sequence[Row] = ()) -> Ledger:
    """A ledger that holds these rows, as `Ledger.usage` tells them."""

    def usage(_panel: str, start: int, end: int) -> Iterator[tuple[JournalKey, list[Row]]]:
        for journal, all_rows in ((OPENING_JOURNAL, opening), (JOURNAL, rows)):
            found = sorted((row for row in all_rows if row[1] > start and row[0] <= end), key=lambda row: row[1])
            for place in range(0, len(found), 50):
                yield JournalKey(journal, REGISTERS), found[place : place + 50]

    def load() -> dict[str, Any]:
        sums = map(sum, zip(*(row[3] for row in [*rows, *opening]), strict=True))
        return {"p": SimpleNamespace(totals=dict(zip(REGISTERS, sums, strict=True)))}

    return cast("Ledger", SimpleNamespace(usage=usage, load=load))


def terms(of: Tariff) -> Terms:
    return Terms("p", Rulebook(of, BERLIN), WIRING, BERLIN, {})


def rated(of: Tariff, rows: Sequence[Row], now: int, opening: Sequence[Row] = ()) -> RunningAccount:
    """The account as Home Assistant makes it from the ledger after a start."""
    ledger, with_terms = ledger_of(rows, opening), terms(of)
    present = at(
        "2026-03-01 00:00" if now < at("2026-04-01 00:00", "Europe/Berlin") else "2026-04-01 00:00", "Europe/Berlin"
    )
    bills = rate_history(ledger, with_terms, (), BEGIN, present)
    stored = [stored_bill(bill, with_terms.fingerprint) for bill in bills]
    assert valid_bills(stored, with_terms, BEGIN, present) == bills
    return rate_present(with_terms, bills, snapshot(ledger, "p", present), BEGIN)


@tariffs
def test_a_restart_finds_the_same_costs(of: Tariff) -> None:
    rows = rows_of(5)
    end = rows[-1][1]
    one, again = taken(of, rows), rated(of, rows, end)
    assert again.money(None, end) == one.money(None, end)
    assert [to_json(bill) for bill in again.bills] == [to_json(bill) for bill in one.bills]
    assert to_json(again.bill(None, end)) == to_json(one.bill(None, end))
    assert again.taken == one.taken


@tariffs
def test_costs_at_full_hours_are_those_of_the_account(of: Tariff) -> None:
    rows = rows_of(9)
    ledger, one, found = ledger_of(rows), running(of), []
    edges = list(range(BEGIN // HOUR * HOUR + 3 * HOUR, rows[-1][1] // HOUR * HOUR, HOUR))
    begin = one.account.cycle.start
    place = 0
    for edge in edges:
        while place < len(rows) and rows[place][1] <= edge:
            one.take(JOURNAL, REGISTERS, [rows[place]])
            place += 1
        found.append(one.totals())
    bills = taken(of, rows).bills
    assert costs_at(ledger, terms(of), bills, edges, begin) == found
    # From the middle on, too: in the second cycle, and in the first.
    for half in (20, 110, 130):
        assert costs_at(ledger, terms(of), bills, edges[half:], begin) == found[half:]


@pytest.mark.parametrize("name", ["flat", "day and night", "blocks", "an hour is netted", "kWh for kWh"])
def test_costs_at_hours_that_rows_straddle(name: str) -> None:
    of, span = TARIFFS[name], 2500
    rows = rows_of(13, 200, span)
    edges = list(range(BEGIN // HOUR * HOUR, rows[-1][1] // HOUR * HOUR, HOUR))
    whole = costs_at(ledger_of(rows), terms(of), taken(of, rows).bills, edges, BEGIN)
    one, found = running(of), []
    pieces = [piece for row in rows for piece in one.usage(REGISTERS, row).cut(edges)]
    for edge in edges:
        while pieces and pieces[0].end <= edge:
            one.add(pieces.pop(0))
        found.append(one.totals())
    assert whole == found


def test_energy_without_a_span_belongs_to_the_hour_that_ends() -> None:
    edge = at("2026-03-31 00:00", "Europe/Berlin")
    end = at("2026-04-01 00:00", "Europe/Berlin")
    rows: list[Row] = [
        (edge - 300, edge, 0, (KWH, 0, 0, 0, 0, 0)),
        (edge, edge, 0, (KWH, 0, 0, 0, 0, 0)),
        (edge, edge + 300, 0, (KWH, 0, 0, 0, 0, 0)),
        (end, end, 0, (KWH, 0, 0, 0, 0, 0)),
    ]
    of = tariff(energy("0.25"))
    now = end + 2 * HOUR
    account = rated(of, rows, now)
    found = costs_at(ledger_of(rows), terms(of), account.bills, [edge, edge + HOUR, end, end + HOUR], BEGIN)
    assert [running.cost for running in found] == [D("0.5"), D("0.75"), D("1"), D("1")]
    assert account.totals().cost == D("1")


def test_opening_balances_cost_nothing_after_a_restart() -> None:
    opening: Row = (BEGIN, BEGIN, 0, (5000 * KWH, 0, 0, 0, 0, 0))
    rows = [flat("1", "2026-03-27 12:00")]
    account = rated(TARIFFS["flat"], rows, rows[0][1], [opening])
    assert account.totals().cost == D("0.2975")
    assert account.taken[REGISTERS[0]] == 5001 * KWH
    edges = [rows[0][0], rows[0][1]]
    assert [each.cost for each in costs_at(ledger_of(rows, [opening]), terms(TARIFFS["flat"]), [], edges, BEGIN)] == [
        0,
        D("0.2975"),
    ]


def test_a_row_over_the_end_of_a_cycle_is_shared() -> None:
    row = flat("7", "2026-03-31 18:00", hours=7)
    of = tariff(energy("0.25"))
    for account in (taken(of, [row]), rated(of, [row], row[1])):
        assert [bill.energy_cost for bill in account.bills] == [D("1.5")]
        assert account.money(None, row[1]).cycle == D("0.25")


def test_bills_are_only_believed_whole() -> None:
    of = tariff(energy("0.25"))
    with_terms, rows = terms(of), [flat("1", f"2026-{month:02}-10 12:00") for month in range(1, 6)]
    begin, present = rows[0][0], at("2026-06-01 00:00", "Europe/Berlin")
    bills = rate_history(ledger_of(rows), with_terms, (), begin, present)
    stored = [stored_bill(bill, with_terms.fingerprint) for bill in bills]
    assert len(bills) == 5
    assert valid_bills(reversed(stored), with_terms, begin, present) == bills
    # A hole, another tariff and a damage end what is believed.
    assert valid_bills(stored[1:], with_terms, begin, present) == []
    assert valid_bills([*stored[:2], *stored[3:]], with_terms, begin, present) == bills[:2]
    other = [stored_bill(bill, "another") for bill in bills]
    assert valid_bills([*stored[:3], *other[3:]], with_terms, begin, present) == bills[:3]
    for content in (
        "",
        "{",
        "null",
        "[]",
        '{"first": 1}',
        stored[0].content,
        stored[2].content.replace('"kwh":{', '"kwh":[{'),
    ):
        damaged = SimpleNamespace(
            start=stored[2].start, end=stored[2].end, fingerprint=stored[2].fingerprint, content=content
        )
        spoiled = [*stored[:2], cast("Any", damaged), *stored[3:]]
        assert len(valid_bills(spoiled, with_terms, begin, present)) in (2, 5), content
        if content != stored[2].content:
            assert valid_bills(spoiled, with_terms, begin, present) in (bills[:2], bills)
    # Rating goes on behind those that are known.
    assert rate_history(ledger_of(rows), with_terms, bills[:3], begin, present) == bills


def test_money_is_exact() -> None:
    """A thousand rows of a third of a mWh's worth add up without a rounding error."""
    of = tariff(energy("0.123456789012345678"), taxes=(Tax(name="t", percent=D("7.77"), on=frozenset({Part.ENERGY})),))
    rows: list[Row] = [(BEGIN + 60 * n, BEGIN + 60 * n + 60, 0, (1, 0, 0, 0, 0, 0)) for n in range(1000)]
    money: Money = taken(of, rows).money(None, rows[-1][1])
    assert money.cost == D("0.123456789012345678") * D("1.0777") * 1000 / KWH
    assert isinstance(money.cost, Decimal)

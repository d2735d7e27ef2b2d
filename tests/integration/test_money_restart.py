"""Costs and bills from the ledger: after restarts, with late records, and whatever comes while they are worked out."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
import json
from typing import Any, Self
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.panel_meter import rating
from custom_components.panel_meter.core.billing.serial import to_json
from custom_components.panel_meter.ledger import Change, LedgerUnavailable, StoredBill
from custom_components.panel_meter.money_keeper import money_keeper
from tests.core.protocol import PANEL, record

from .conftest import Say
from .costs import (
    COST,
    CYCLE,
    DAY,
    DECEMBER,
    NOON,
    Board,
    change_tariff,
    pass_time,
    restarted,
    settled,
    tariff,
    the_panel,
    two_prices,
    value,
    with_tariff,
)

D = Decimal
#: The board was flashed in September; two cycles are over.
FLASHED = NOON - 60 * DAY


@pytest.fixture(autouse=True)
def _clock(freezer: FrozenDateTimeFactory) -> Iterator[None]:
    """Noon; late records are rated at once."""
    freezer.move_to(datetime.fromtimestamp(NOON, UTC))
    with patch("custom_components.panel_meter.money_keeper.SETTLE", 0.0):
        yield


@pytest.fixture
def board(entry: MockConfigEntry, say: Say) -> Board:
    """A board that was flashed two hours ago."""
    return Board(say, NOON - 7200).hello()


def old_board(say: Say) -> Board:
    """A board with days of history in September, October and November."""
    one = Board(say, FLASHED).hello()
    one.run(FLASHED + 7200)
    # Nothing was measured for a month, then for some hours.
    one.time = FLASHED + 30 * DAY
    one.run(FLASHED + 30 * DAY + 7200)
    one.time = NOON - 7200
    return one.run(NOON)


def stored(entry: MockConfigEntry) -> list[StoredBill]:
    """The bills in the ledger."""
    bills: list[StoredBill] = entry.runtime_data.ledger.bills(PANEL.id)
    return bills


def books(entry: MockConfigEntry) -> tuple[Any, ...]:
    """All that is known of the panel's costs."""
    account = the_panel(entry).money.account
    now = int(datetime.now(UTC).timestamp())
    return (account.money(None, now), [to_json(bill) for bill in account.bills], to_json(account.bill(None, now)))


def anew(entry: MockConfigEntry) -> tuple[Any, ...]:
    """The same, worked out from nothing but the rows in the ledger."""
    hub, now = entry.runtime_data, int(datetime.now(UTC).timestamp())
    terms = money_keeper(hub.hass).terms(the_panel(entry))
    begin = rating.first_instant(terms.book, hub.ledger.first_hour(PANEL.id))
    present = rating.present_cycle(terms.book.tariff, terms.book, now)
    bills = rating.rate_history(hub.ledger, terms, (), begin, present)
    account = rating.rate_present(terms, bills, rating.snapshot(hub.ledger, PANEL.id, present), begin)
    return (account.money(None, now), [to_json(bill) for bill in account.bills], to_json(account.bill(None, now)))


class Rated:
    """Counts cycles that are rated."""

    def __init__(self) -> None:
        self.begins: list[int] = []

    def __enter__(self) -> Self:
        original: Callable[..., Any] = rating.rate_history

        def counted(ledger: Any, terms: Any, known: Any, begin: int, present: int) -> Any:
            bills = original(ledger, terms, known, begin, present)
            self.begins += [bill.start_instant for bill in bills[len(known) :]]
            return bills

        self._patch = patch.object(rating, "rate_history", counted)
        self._patch.start()
        return self

    def __exit__(self, *_args: object) -> None:
        self._patch.stop()


# --- restarts ---


async def test_a_restart_changes_nothing_and_rates_no_closed_cycle(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say
) -> None:
    await with_tariff(hass, entry, two_prices("11:00", "13:00"))
    old_board(say)
    await settled(hass)
    before, shown = books(entry), await value(hass, COST)
    assert before == anew(entry)
    assert len(stored(entry)) == 2
    assert shown > 0
    with Rated() as rated:
        await restarted(hass, entry)
    assert rated.begins == []
    assert books(entry) == before
    assert await value(hass, COST) == shown


async def test_another_tariff_rates_all_anew_and_another_name_too(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say
) -> None:
    subentry = await with_tariff(hass, entry, tariff("0.10", taxes=[]))
    old_board(say)
    await settled(hass)
    assert await value(hass, COST) == D("7.2") * D("0.10")
    energy = dict(the_panel(entry).meter.totals)
    with Rated() as rated:
        await change_tariff(hass, entry, subentry, tariff("0.40", taxes=[]))
    assert len(rated.begins) == 2
    assert await value(hass, COST) == D("7.2") * D("0.40")
    assert the_panel(entry).meter.totals == energy
    assert books(entry) == anew(entry)
    fingerprints = {bill.fingerprint for bill in stored(entry)}
    assert len(fingerprints) == 1
    assert len(stored(entry)) == 2
    with Rated() as rated:
        await restarted(hass, entry)
    assert rated.begins == []


@pytest.mark.parametrize("content", ["", "{", "[]", '{"first": "2026-09-01"}', '{"carry": {"kwh": []}}', "null"])
async def test_a_damaged_bill_is_made_again(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, content: str
) -> None:
    await with_tariff(hass, entry, tariff("0.10"))
    old_board(say)
    await settled(hass)
    before, bills = books(entry), stored(entry)
    last = bills[-1]
    damaged = StoredBill(start=last.start, end=last.end, fingerprint=last.fingerprint, content=content)
    entry.runtime_data.ledger.commit([Change(panel=PANEL.id, bills=(damaged,))])
    with Rated() as rated:
        await restarted(hass, entry)
    assert rated.begins == [last.start]
    assert books(entry) == before
    assert stored(entry) == bills


async def test_a_bill_that_says_nothing_true_is_made_again(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say
) -> None:
    await with_tariff(hass, entry, tariff("0.10"))
    old_board(say)
    await settled(hass)
    before, bills = books(entry), stored(entry)
    for change in ({"energy_cost": "NaN"}, {"end_instant": bills[0].end + 86_400}, {"circuits": []}):
        content = json.dumps({**json.loads(bills[0].content), **change})
        damaged = StoredBill(start=bills[0].start, end=bills[0].end, fingerprint=bills[0].fingerprint, content=content)
        entry.runtime_data.ledger.commit([Change(panel=PANEL.id, bills=(damaged,))])
        await restarted(hass, entry)
        assert books(entry) == before
    assert stored(entry) == bills


async def test_a_restart_over_the_end_of_a_cycle(
    hass: HomeAssistant, entry: MockConfigEntry, board: Board, freezer: FrozenDateTimeFactory
) -> None:
    await with_tariff(hass, entry, tariff("0.10", taxes=[]))
    board.run(NOON)
    await settled(hass)
    assert await hass.config_entries.async_unload(entry.entry_id)
    freezer.move_to(datetime.fromtimestamp(DECEMBER + 3600, UTC))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settled(hass)
    board.hello().run(DECEMBER + 3600)
    await settled(hass)
    hours = (DECEMBER + 3600 - NOON + 7200) // 3600
    assert await value(hass, COST) == D("1.2") * hours * D("0.10")
    assert await value(hass, CYCLE) == D("0.12")
    assert books(entry) == anew(entry)


# --- late records ---


async def test_late_records_change_the_bill_of_their_cycle_and_those_after_it(
    hass: HomeAssistant, entry: MockConfigEntry, say: Say, freezer: FrozenDateTimeFactory
) -> None:
    await with_tariff(hass, entry, tariff("0.10", taxes=[]))
    board = old_board(say)
    await settled(hass)
    first, second = stored(entry)
    # The panel is silent over the end of the cycle, and the cycle is closed without its last hours.
    await pass_time(hass, freezer, DECEMBER + 7200)
    assert len(stored(entry)) == 3
    third = stored(entry)[2]
    with Rated() as rated:
        board.hello().run(DECEMBER + 7200)
        await settled(hass)
    assert set(rated.begins) == {third.start}
    bills = stored(entry)
    assert bills[:2] == [first, second]
    assert bills[2] != third
    assert books(entry) == anew(entry)
    hours = (DECEMBER - NOON + 7200) // 3600
    assert D(json.loads(bills[2].content)["energy_cost"]) == D("0.12") * hours
    assert await value(hass, CYCLE) == D("0.24")


async def test_late_records_survive_a_stop_before_they_are_rated(
    hass: HomeAssistant, entry: MockConfigEntry, board: Board, freezer: FrozenDateTimeFactory
) -> None:
    """They wait some seconds for others; Home Assistant is stopped in that time."""
    await with_tariff(hass, entry, tariff("0.10", taxes=[]))
    board.run(NOON)
    await pass_time(hass, freezer, DECEMBER + 7200)
    assert len(stored(entry)) == 1
    with patch("custom_components.panel_meter.money_keeper.SETTLE", 3600):
        board.hello().run(DECEMBER + 7200)
        for _ in range(20):
            await asyncio.sleep(0)
        assert await hass.config_entries.async_unload(entry.entry_id)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settled(hass)
    assert books(entry) == anew(entry)
    hours = (DECEMBER + 7200 - NOON + 7200) // 3600
    assert await value(hass, COST) == D("0.12") * hours


async def test_no_bill_of_an_outdated_account_is_kept(
    hass: HomeAssistant, entry: MockConfigEntry, board: Board, freezer: FrozenDateTimeFactory
) -> None:
    """A late record came and is not rated yet; meanwhile the cycle ends."""
    await with_tariff(hass, entry, tariff("0.10", taxes=[]))
    board.run(NOON)
    await settled(hass)
    panel = the_panel(entry)
    keep = panel.money.account
    with patch("custom_components.panel_meter.money_keeper.SETTLE", 3600):
        # What another journal of the panel recorded in the same hours.
        board.run(NOON + 600, send=False)
        other = Board(board.say, NOON - 3600, journal="0000beef").hello()
        other.time = NOON - 3600
        other.run(NOON - 1800, send=False)
        board.say("record", record(other.ring, journal="0000beef"))
        for _ in range(20):
            await asyncio.sleep(0)
        await pass_time_only(hass, freezer, DECEMBER + 1200)
        assert panel.money.account is keep
        assert stored(entry) == []


async def pass_time_only(hass: HomeAssistant, freezer: FrozenDateTimeFactory, until: int) -> None:
    """Let timers fire without waiting for what runs in the background."""
    now = datetime.fromtimestamp(until, UTC)
    freezer.move_to(now)
    async_fire_time_changed(hass, now)
    await hass.async_block_till_done()


# --- while a panel is being rated ---

#: The calls of a rating, in their order.
STEPS = ("first_hour", "bills", "rate_history", "snapshot", "rate_present")
MOMENTS = [*((step, when) for step in STEPS for when in ("before", "during")), ("rate_present", "after")]


@pytest.fixture
def interrupt(entry: MockConfigEntry) -> Callable[[str, str, Callable[[], None]], Any]:
    """Do something in the event loop before or after a step of a rating: ``interrupt("snapshot", "before", call)``."""

    def between(step: str, when: str, call: Callable[[], None]) -> Any:
        writer, done = entry.runtime_data.writer, []
        names = {name: getattr(writer, name) for name in ("run", "read")}

        def wrapped(name: str) -> Callable[..., Any]:
            async def inner(function: Any, *args: Any, **kwargs: Any) -> Any:
                chosen = getattr(function, "__name__", "") == step and not done
                if chosen and when == "before":
                    done.append(1)
                    call()
                if chosen and when == "during":
                    done.append(1)
                    waiting = names[name](function, *args, **kwargs)
                    task = asyncio.ensure_future(waiting)
                    await asyncio.sleep(0)
                    call()
                    return await task
                found = await names[name](function, *args, **kwargs)
                if chosen and when == "after":
                    done.append(1)
                    call()
                return found

            return inner

        return patch.multiple(writer, run=wrapped("run"), read=wrapped("read"))

    return between


@pytest.mark.parametrize(("step", "when"), MOMENTS)
@pytest.mark.parametrize("way", ["start", "rerate"])
async def test_records_that_come_while_a_panel_is_rated_count_once(
    hass: HomeAssistant, entry: MockConfigEntry, board: Board, interrupt: Any, way: str, step: str, when: str
) -> None:
    board.run(NOON - 3600)
    if way == "rerate":
        await with_tariff(hass, entry, two_prices("11:00", "13:00"))
    await settled(hass)
    with interrupt(step, when, lambda: board.run(NOON)):
        if way == "start":
            await with_tariff(hass, entry, two_prices("11:00", "13:00"))
        else:
            await hass.services.async_call("panel_meter", "rerate", {}, blocking=True)
        await settled(hass)
    assert not board.ring
    assert board.time == NOON
    assert await value(hass, COST) == D("0.72")
    assert books(entry) == anew(entry)
    await restarted(hass, entry)
    assert await value(hass, COST) == D("0.72")


@pytest.mark.parametrize(("step", "when"), MOMENTS)
@pytest.mark.parametrize("way", ["start", "rerate"])
async def test_late_records_that_come_while_a_panel_is_rated_reach_their_bill(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    board: Board,
    interrupt: Any,
    freezer: FrozenDateTimeFactory,
    way: str,
    step: str,
    when: str,
) -> None:
    """The last records of a cycle come while it is being closed."""
    board.run(NOON)
    board.time = DECEMBER - 3600
    board.run(DECEMBER - 1800)
    freezer.move_to(datetime.fromtimestamp(DECEMBER + 600, UTC))
    if way == "rerate":
        await with_tariff(hass, entry, tariff("0.10", taxes=[]))
    await settled(hass)
    with interrupt(step, when, lambda: board.run(DECEMBER + 600)):
        if way == "start":
            await with_tariff(hass, entry, tariff("0.10", taxes=[]))
        else:
            await hass.services.async_call("panel_meter", "rerate", {}, blocking=True)
        await settled(hass)
    total = the_panel(entry).meter.totals[PANEL.registers[0]]
    assert await value(hass, COST) == round(D(total) / 1_000_000 * D("0.10"), 6)
    assert books(entry) == anew(entry)
    await restarted(hass, entry)
    assert books(entry) == anew(entry)


async def test_a_rating_that_is_begun_anew_loses_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, board: Board, interrupt: Any
) -> None:
    """The tariff changes while a panel is rated, and records come just then."""
    board.run(NOON - 3600)
    await settled(hass)
    subentries: list[Any] = []

    def meanwhile() -> None:
        board.run(NOON)
        hass.config_entries.async_update_subentry(
            entry, subentries[0], data={"tariff": tariff("0.30", taxes=[]), "panels": [PANEL.id]}
        )

    subentries.append(await with_tariff(hass, entry, tariff("0.10", taxes=[])))
    with interrupt("rate_present", "before", meanwhile):
        await hass.services.async_call("panel_meter", "rerate", {}, blocking=True)
        await settled(hass)
    assert await value(hass, COST) == D("2.4") * D("0.30")
    assert books(entry) == anew(entry)


async def test_a_ledger_that_cannot_be_read_is_asked_again(
    hass: HomeAssistant, entry: MockConfigEntry, board: Board, caplog: pytest.LogCaptureFixture
) -> None:
    board.run(NOON)
    await settled(hass)
    original, failures = rating.rate_history, [1, 1]

    def failing(*args: Any) -> Any:
        if failures:
            failures.pop()
            raise LedgerUnavailable("The ledger cannot be reached.")
        return original(*args)

    with patch.object(rating, "rate_history", failing), patch("custom_components.panel_meter.money_keeper.RETRY", 0.0):
        await with_tariff(hass, entry, tariff("0.10", taxes=[]))
        await settled(hass)
    assert not failures
    assert caplog.text.count("are worked out later: The ledger cannot be reached.") == 2
    assert await value(hass, COST) == D("0.24")


# --- opening balances ---


async def test_an_opening_balance_has_no_price(hass: HomeAssistant, entry: MockConfigEntry, say: Say) -> None:
    """The ledger was lost: what the board has no records of any more is known as a total only."""
    board = Board(say, NOON - 3600).hello()
    panel = the_panel(entry)
    await with_tariff(hass, entry, tariff("0.10", taxes=[]))
    panel.remember(PANEL.registers[0], 500_000_000, NOON - 3600)
    board.run(NOON)
    await settled(hass)
    assert panel.balances
    panel.flush()
    await hass.async_block_till_done()
    assert hass.states.get(COST).state in ("unknown", "0.120000")
    entry.runtime_data._look_after(datetime.now(UTC))
    await settled(hass)
    assert not panel.balances
    assert panel.meter.totals[PANEL.registers[0]] > 500_000_000
    assert await value(hass, COST) == D("0.12")
    await restarted(hass, entry)
    board.hello().live(NOON)
    assert await value(hass, COST) == D("0.12")

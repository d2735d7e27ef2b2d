"""Prices and bills come back as they were written, and a bill that is no longer true is gone."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
import sqlite3
from tempfile import TemporaryDirectory

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.panel_meter.ledger import (
    Change,
    Ledger,
    LedgerDamaged,
    LedgerRefused,
    LedgerUnavailable,
    LedgerWriter,
    PricePoint,
    StoredBill,
    sqlite_url,
)

from .build import MAIN, NOON, change, row, sums

SPOT = "sensor.spot_price"
DAY = 86400


def point(start: int, price: str | None, source: str = SPOT) -> PricePoint:
    return PricePoint(source=source, start=start, price=None if price is None else Decimal(price))


def bill(day: int, fingerprint: str = "a", days: int = 30) -> StoredBill:
    """The bill of a cycle that begins so many days after noon."""
    start = NOON + day * DAY
    content = f'{{"total": "12.{day}", "name": "Küche"}}'
    return StoredBill(start=start, end=start + days * DAY, fingerprint=fingerprint, content=content)


# --- Prices --------------------------------------------------------------------------------------------------------


def test_the_price_in_force_and_those_within_are_found(ledger: Ledger) -> None:
    hours = [point(NOON + 3600 * hour, f"0.{hour}") for hour in range(5)]
    ledger.commit_prices([*reversed(hours), point(NOON + 1, "9", "sensor.other")])
    assert ledger.prices(SPOT, NOON + 3600, NOON + 4 * 3600) == hours[1:4]
    assert ledger.prices(SPOT, NOON + 3599, NOON + 4 * 3600 + 1) == hours
    assert ledger.prices(SPOT, NOON + 10 * 3600, NOON + 11 * 3600) == hours[4:]
    assert ledger.prices(SPOT, NOON - 60, NOON + 1) == hours[:1]
    assert ledger.prices(SPOT, NOON - 60, NOON) == []
    assert ledger.prices(SPOT, NOON + 60, NOON + 60) == hours[:1]
    assert ledger.prices("sensor.unknown", 0, 2**40) == []
    assert ledger.last_price(SPOT) == hours[4]
    assert ledger.last_price("sensor.unknown") is None


@pytest.mark.parametrize("price", ["0", "-0.0731", "0.10", "1E-9", "123456789012345678901234567890.12345", None])
def test_a_price_comes_back_to_the_last_digit(ledger: Ledger, price: str | None) -> None:
    ledger.commit_prices([point(NOON, price)])
    found = ledger.last_price(SPOT)
    assert found == point(NOON, price)
    assert found is not None
    assert str(found.price) == str(price)


def test_a_point_of_the_same_instant_is_replaced(ledger: Ledger) -> None:
    ledger.commit_prices([point(NOON, "0.1"), point(NOON, None), point(NOON + 1, "0.2")])
    assert ledger.prices(SPOT, NOON, NOON + 2) == [point(NOON, None), point(NOON + 1, "0.2")]
    ledger.commit_prices([point(NOON, "0.3"), point(NOON + 1, None)])
    assert ledger.prices(SPOT, NOON, NOON + 2) == [point(NOON, "0.3"), point(NOON + 1, None)]
    assert ledger.stats().prices == 2
    ledger.commit_prices([])
    assert ledger.stats().prices == 2


@pytest.mark.parametrize("bad", [point(NOON, "NaN"), point(NOON, "Infinity"), point(2**63, "1")])
def test_a_price_that_is_no_number_is_refused_with_all_its_company(ledger: Ledger, bad: PricePoint) -> None:
    with pytest.raises(LedgerRefused):
        ledger.commit_prices([point(NOON + 5, "0.1"), bad])
    assert ledger.last_price(SPOT) is None


@pytest.mark.parametrize("torn", ["0.1x", "", "NaN", b"\x00"])
def test_a_price_that_cannot_be_read_is_damage(ledger: Ledger, path: Path, torn: str | bytes) -> None:
    ledger.commit_prices([point(NOON, "0.1")])
    ledger.verify()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE price SET price = ?", (torn,))
    connection.close()
    with pytest.raises(LedgerDamaged):
        ledger.prices(SPOT, NOON, NOON + 1)
    with pytest.raises(LedgerDamaged):
        ledger.last_price(SPOT)
    with pytest.raises(LedgerDamaged):
        ledger.verify()


def test_prices_are_not_written_into_a_deleted_file(ledger: Ledger, path: Path) -> None:
    path.unlink()
    with pytest.raises(LedgerUnavailable, match="moved, deleted or replaced"):
        ledger.commit_prices([point(NOON, "0.1")])


@settings(max_examples=50, deadline=None)
@given(
    points=st.lists(st.tuples(st.integers(0, 20), st.none() | st.decimals(-5, 5, allow_nan=False)), max_size=12),
    start=st.integers(-1, 21),
    length=st.integers(0, 21),
)
def test_every_instant_has_the_price_that_was_told_last(
    points: list[tuple[int, Decimal | None]], start: int, length: int
) -> None:
    told = [PricePoint(source=SPOT, start=at, price=price) for at, price in points]
    with TemporaryDirectory() as folder:
        ledger = Ledger.open(sqlite_url(Path(folder) / "l.db"))
        ledger.commit_prices(told[:6])
        ledger.commit_prices(told[6:])
        found = ledger.prices(SPOT, start, start + length)
        ledger.close()
    kept = {each.start: each for each in told}
    assert [each.start for each in found] == sorted({each.start for each in found})
    for instant in range(start, start + max(length, 1)):
        told_before = [at for at in kept if at <= instant]
        found_before = [each for each in found if each.start <= instant]
        assert found_before[-1:] == [kept[max(told_before)] for _ in told_before[:1]]


async def test_prices_stand_in_the_queue_of_the_writer(path: Path) -> None:
    """A call that comes after the prices sees them, and what was submitted before them is there too."""
    failures: list[Exception] = []
    writer = LedgerWriter(Ledger.open(sqlite_url(path)), failures.append, lambda: None)
    submitted = writer.submit(change(row(1, 5)))
    async with asyncio.timeout(10):
        await writer.run(writer.ledger.commit_prices, [point(NOON, "0.25")])
        assert submitted.done()
        assert await writer.read(writer.ledger.prices, SPOT, NOON, NOON + 1) == [point(NOON, "0.25")]
        await writer.stop()
    assert not failures
    again = Ledger.open(sqlite_url(path))
    assert again.last_price(SPOT) == point(NOON, "0.25")
    assert sums(again)[MAIN] == 5
    again.close()


# --- Bills ---------------------------------------------------------------------------------------------------------


def test_bills_come_back_by_their_start(ledger: Ledger, path: Path) -> None:
    first, second, third = bill(0), bill(30), bill(60)
    ledger.commit([Change(panel="apt-1", bills=(third, first))])
    ledger.commit([Change(panel="apt-1", bills=(second,)), Change(panel="apt-2", bills=(bill(7),))])
    ledger.close()
    again = Ledger.open(sqlite_url(path))
    assert again.bills("apt-1") == [first, second, third]
    assert again.bills("apt-2") == [bill(7)]
    assert again.bills("unknown") == []
    assert again.stats().bills == 4
    again.close()


def test_a_bill_of_the_same_cycle_is_replaced(ledger: Ledger) -> None:
    ledger.commit([Change(panel="apt-1", bills=(bill(0),))])
    longer = replace(bill(0, "b", days=31), content="[]")
    ledger.commit([Change(panel="apt-1", bills=(longer,))])
    assert ledger.bills("apt-1") == [longer]


def test_bills_that_end_later_are_forgotten_before_new_ones_are_written(ledger: Ledger) -> None:
    first, second, third = bill(0), bill(30), bill(60)
    ledger.commit([Change(panel=name, bills=(first, second, third)) for name in ("apt-1", "apt-2")])
    ledger.commit([Change(panel="apt-1", forget_bills=second.end - 1, bills=(bill(60, "b"),))])
    assert ledger.bills("apt-1") == [first, bill(60, "b")]
    assert ledger.bills("apt-2") == [first, second, third]
    ledger.commit([Change(panel="apt-2", forget_bills=second.end)])
    assert ledger.bills("apt-2") == [first, second]
    ledger.commit([Change(panel="apt-2", forget_bills=0)])
    assert ledger.bills("apt-2") == []


def test_the_order_of_changes_in_one_transaction_counts(ledger: Ledger) -> None:
    """The writer gathers changes; the outcome is the same as if each had been committed alone."""
    changes = [
        Change(panel="apt-1", bills=(bill(0), replace(bill(30), end=bill(30).end + DAY))),
        Change(panel="apt-1", forget_bills=bill(30).end),
        Change(panel="apt-1", bills=(bill(60),)),
        Change(panel="apt-1", forget_bills=bill(60).end, bills=(bill(90),)),
    ]
    ledger.commit([Change(panel="apt-1", bills=(bill(30, "old"),))])
    ledger.commit(changes)
    assert ledger.bills("apt-1") == [bill(0), bill(60), bill(90)]


def test_late_energy_and_the_bill_that_it_changes_go_together(ledger: Ledger) -> None:
    ledger.commit([Change(panel="apt-1", bills=(bill(0),))])
    wrong = replace(change(row(1, 5)), forget_bills=NOON, bills=(replace(bill(0), end=NOON),))
    with pytest.raises(LedgerRefused, match="does not end after"):
        ledger.commit([wrong])
    assert (ledger.bills("apt-1"), sums(ledger)) == ([bill(0)], {})
    ledger.commit([replace(wrong, bills=())])
    assert ledger.bills("apt-1") == []
    assert sums(ledger)[MAIN] == 5
    ledger.verify()


def test_erasing_a_panel_erases_its_bills_and_no_others(ledger: Ledger) -> None:
    ledger.commit([replace(change(row(1, 4), panel=name), bills=(bill(0),)) for name in ("apt-1", "apt-2")])
    ledger.erase("apt-1")
    assert (ledger.bills("apt-1"), ledger.bills("apt-2")) == ([], [bill(0)])
    ledger.verify()
    ledger.commit([change(row(1, 4))])
    assert ledger.bills("apt-1") == []

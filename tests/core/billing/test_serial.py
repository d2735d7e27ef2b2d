"""Bills in the ledger: what is read again is what was written, and nothing else is believed."""

import copy
from dataclasses import replace
from datetime import date
from decimal import Decimal
import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.panel_meter.core.billing.bill import Bill, BilledDemand, Carry, CircuitCost, Line, LineKind
from custom_components.panel_meter.core.billing.demand import CyclePeak, Peak
from custom_components.panel_meter.core.billing.serial import from_json, to_json

from .make import account, energy, feed, tariff, version

D = Decimal

money = st.decimals(allow_nan=False, allow_infinity=False, places=20, min_value=-(10**12), max_value=10**12)
instants = st.integers(0, 2**40)
names = st.text(max_size=20)
days = st.dates(date(1970, 1, 1), date(2199, 12, 31))
lines = st.builds(
    Line,
    kind=st.sampled_from(LineKind),
    name=names,
    amount=money,
    quantity=st.none() | money,
    unit=st.none() | st.sampled_from(["kWh", "kW", "d", "%"]),
    price=st.none() | money,
    block=st.none() | st.integers(0, 20),
    included=st.booleans(),
)
peaks = st.builds(Peak, instants, instants, money, st.lists(money, max_size=3).map(tuple))
demands = st.builds(
    BilledDemand,
    name=names,
    measured_kw=money,
    billed_kw=money,
    amount=money,
    peaks=st.lists(peaks, max_size=3).map(tuple),
)
circuits = st.builds(CircuitCost, name=names, kwh=money, cost=money, nested=st.booleans())
cycle_peaks = st.builds(CyclePeak, st.integers(1970, 2199), st.integers(1, 12), money)
carries = st.builds(
    Carry,
    credit=money,
    kwh=st.dictionaries(names, money, max_size=3),
    peaks=st.dictionaries(names, st.lists(cycle_peaks, max_size=3).map(tuple), max_size=2),
    year_basis=money,
)
bills = st.builds(
    Bill,
    first=days,
    end=days,
    start_instant=instants,
    end_instant=instants,
    lines=st.lists(lines, max_size=5).map(tuple),
    total=money,
    imported_kwh=money,
    exported_kwh=money,
    unpriced_kwh=money,
    estimated_kwh=money,
    demands=st.lists(demands, max_size=2).map(tuple),
    energy_cost=money,
    circuits=st.lists(circuits, max_size=3).map(tuple),
    remainder=circuits,
    export_earned=money,
    carry=carries,
    closed=st.booleans(),
)


@given(bills)
def test_a_bill_comes_back_as_it_was(bill: Bill) -> None:
    assert from_json(json.loads(json.dumps(to_json(bill)))) == bill


def real_bill() -> Bill:
    """A bill of the account, with blocks, a demand and a circuit."""
    of = tariff(version(energy(["0.1", "0.3"], "10")), taxes=())
    one = feed(
        account(of, "2026-01-01 00:00", circuits=["c1"]), "2026-01-01 00:00", "2026-01-03 00:00", circuits=["0.4"]
    )
    return one.close()


def test_the_exact_digits_survive() -> None:
    bill = replace(real_bill(), total=D("1") / D("3"), energy_cost=D("1E-30"))
    again = from_json(json.loads(json.dumps(to_json(bill))))
    assert str(again.total) == str(bill.total)
    assert str(again.energy_cost) == "1E-30"
    assert again == bill


@pytest.mark.parametrize("key", sorted(to_json(real_bill())))
def test_a_bill_that_lacks_something_is_none(key: str) -> None:
    content = to_json(real_bill())
    del content[key]
    with pytest.raises((ValueError, KeyError, TypeError, ArithmeticError)):
        from_json(content)


DAMAGES: list[tuple[str, Any]] = [
    ("total", "a lot"),
    ("total", None),
    ("total", [1]),
    ("first", "2026-13-01"),
    ("first", 5),
    ("start_instant", "now"),
    ("lines", 7),
    ("lines", [{"kind": "bribe"}]),
    ("lines", [None]),
    ("circuits", {"name": "x"}),
    ("remainder", []),
    ("carry", "none"),
    ("carry", {"credit": "x", "kwh": {}, "peaks": {}, "year_basis": "0"}),
    ("carry", {"credit": "0", "kwh": [], "peaks": {}, "year_basis": "0"}),
    ("carry", {"credit": "0", "kwh": {}, "peaks": {"p": [[1, 2]]}, "year_basis": "0"}),
    ("demands", [{"name": "x"}]),
    ("total", "NaN"),
    ("energy_cost", "Infinity"),
    ("total", "sNaN"),
]


@pytest.mark.parametrize(("key", "value"), DAMAGES)
def test_a_damaged_bill_is_none(key: str, value: object) -> None:
    content = copy.deepcopy(to_json(real_bill()))
    content[key] = value
    with pytest.raises((ValueError, KeyError, TypeError, ArithmeticError)):
        from_json(content)


@pytest.mark.parametrize("content", [None, 5, "bill", [], {}])
def test_something_else_is_no_bill(content: Any) -> None:
    with pytest.raises((ValueError, KeyError, TypeError, ArithmeticError)):
        from_json(content)

"""Bills of whole years against other programs: reference bills from a file, and an oracle in fractions."""

from collections.abc import Callable
from copy import deepcopy
import json
from math import pi, sin
from pathlib import Path
import random
from typing import Any

import pytest

from bill.cases import rate_case, read_case

from . import oracle

REFERENCE = Path(__file__).parents[4] / "shared" / "tariff_cases"
FILES = sorted(REFERENCE.glob("[0-9]*.json"))
CLOSE = 1e-6

type Months = list[dict[str, Any]]


def assert_close(found: Months, expected: Months) -> None:
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected, strict=True):
        for key, value in theirs.items():
            if isinstance(value, dict):
                assert set(ours[key]) == set(value), (theirs["month"], key)
                for cell, kwh in value.items():
                    assert abs(ours[key][cell] - float(kwh)) < CLOSE, (theirs["month"], key, cell)
            elif value is None:
                assert ours[key] is None, (theirs["month"], key)
            else:
                assert abs(ours[key] - float(value)) < CLOSE, (theirs["month"], key, ours[key], float(value))


@pytest.mark.skipif(not FILES, reason=f"the reference bills are not in {REFERENCE}")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_reference_bills(path: Path) -> None:
    case = json.loads(path.read_text())
    assert_close(rate_case(read_case(case, path)), case["expected"]["months"])


@pytest.mark.skipif(not FILES, reason=f"the reference bills are not in {REFERENCE}")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_oracle_agrees_with_the_reference_bills(path: Path) -> None:
    case = json.loads(path.read_text())
    for key in ("load", "generation"):
        if case[key]:
            case[key] = json.loads((REFERENCE / case[key]).read_text())
    expected = case["expected"]["months"]
    found = [{key: value for key, value in month.items() if key in expected[0]} for month in oracle.bills(case)]
    assert_close(
        [{key: _float(value) for key, value in month.items()} for month in found],
        expected,
    )


def _float(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: float(each) for key, each in value.items()}
    return None if value is None else float(value)


# --- made-up cases ---


def load(seed: int, scale: float, step: int = 60) -> dict[str, Any]:
    """A year of a house that uses most in the evening."""
    chance = random.Random(seed)
    values = []
    for number in range(365 * 24 * 60 // step):
        hour = number * step / 60 % 24
        shape = 0.4 + max(0.0, sin((hour - 12) / 12 * pi)) + (2.5 if chance.random() < 0.03 else 0)
        values.append(round(scale * shape * chance.uniform(0.4, 1.6) * step / 60, 3))
    return {"interval_minutes": step, "start": "2018-01-01T00:00:00+00:00", "values": values}


def sun(seed: int, scale: float, step: int = 60) -> dict[str, Any]:
    chance = random.Random(seed)
    values = []
    for number in range(365 * 24 * 60 // step):
        hour, day = number * step / 60 % 24, number * step // 1440
        season = 1 + 0.6 * sin((day - 80) / 365 * 2 * pi)
        values.append(round(max(0.0, scale * season * sin((hour - 6) / 12 * pi)) * chance.random() * step / 60, 3))
    return {"interval_minutes": step, "start": "2018-01-01T00:00:00+00:00", "values": values}


def rows(weekday: list[int], months: range = range(12), other: list[int] | None = None) -> list[list[int]]:
    return [weekday if month in months else (other or weekday) for month in range(12)]


FLAT = [0] * 24
EVENING = [0] * 16 + [1] * 5 + [0] * 3
SUMMER = range(5, 9)


def case(structure: list[list[dict[str, Any]]], **values: Any) -> dict[str, Any]:
    """A case; what is no field of cases is one of its rate."""
    made: dict[str, Any] = {
        "id": "made up",
        "load": load(1, 0.9),
        "generation": None,
        "interval_minutes": 60,
        "calendar": {"year": 2018, "tz": "UTC", "holidays": []},
        "currency": "USD",
        "metering": "net_billing",
        "tier_allocation": "chronological",
        "options": {},
    }
    rate = {
        "energyratestructure": structure,
        "energyweekdayschedule": rows(FLAT if len(structure) == 1 else EVENING),
        "energyweekendschedule": rows(FLAT),
        "fixedchargefirstmeter": 7.25,
        "fixedchargeunits": "$/month",
    }
    for key, value in values.items():
        (made if key in made else rate)[key] = value
    return {**made, "rate": rate}


def tiers(*prices: float, limits: tuple[float, ...] = (), unit: str = "kWh", sell: float | None = None) -> list[Any]:
    found: list[dict[str, Any]] = [{"rate": price, "unit": unit} for price in prices]
    for tier, limit in zip(found, limits, strict=False):
        tier["max"] = limit
    for number, tier in enumerate(found):
        if sell is not None:
            tier["sell"] = round(sell - 0.01 * number, 3)
    return found


PEAKS = [8.0, 5.0, 4.0, 4.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 7.0, 9.5]

CASES: dict[str, Callable[[], dict[str, Any]]] = {
    "daily tiers": lambda: case([tiers(0.1, 0.2, 0.35, limits=(9.5, 20), unit="kWh daily")]),
    "pro-rata tiers by time": lambda: case(
        [tiers(0.11, 0.17, limits=(310.5,)), tiers(0.29, 0.41, limits=(310.5,))], tier_allocation="prorata"
    ),
    "hours of use": lambda: case([tiers(0.2, 0.1, 0.05, limits=(60, 140), unit="kWh/kW")]),
    "hours of use by day": lambda: case([tiers(0.2, 0.1, limits=(3,), unit="kWh/kW daily")]),
    "tiers of another size in summer": lambda: case(
        [tiers(0.1, 0.2, limits=(300,)), tiers(0.15, 0.25, 0.5, limits=(350, 700))],
        energyweekdayschedule=rows([1] * 24, SUMMER, FLAT),
        energyweekendschedule=rows([1] * 24, SUMMER, FLAT),
    ),
    "a period without tiers beside one with them": lambda: case([tiers(0.1), tiers(0.3, 0.6, limits=(250,))]),
    "ratchet": lambda: case(
        [tiers(0.08)],
        flatdemandstructure=[tiers(6.0, 4.0, limits=(2,), unit="kW"), tiers(14.5, unit="kW")],
        flatdemandmonths=[1 if month in SUMMER else 0 for month in range(12)],
        lookbackpercent=0.8,
        lookbackrange=3,
        options={"yearzero_peaks": PEAKS},
    ),
    "demand of quarter hours": lambda: case(
        [tiers(0.08)],
        load=load(4, 1.1, 15),
        interval_minutes=15,
        flatdemandstructure=[tiers(5.5, unit="kW")],
        flatdemandmonths=[0] * 12,
        demandratestructure=[tiers(0.0, unit="kW"), tiers(9.75, 3.5, limits=(4,), unit="kW")],
        demandweekdayschedule=rows(EVENING),
        demandweekendschedule=rows(FLAT),
    ),
    "half hours, tiers by time": lambda: case(
        [tiers(0.1, 0.2, limits=(200,)), tiers(0.3, 0.4, limits=(200,))], load=load(5, 1.0, 30), interval_minutes=30
    ),
    "credit that is carried over": lambda: case(
        [tiers(0.19, sell=0.11), tiers(0.33, sell=0.21)], generation=sun(2, 9.0), metering="net_billing_carryover"
    ),
    "credit in tiers": lambda: case(
        [tiers(0.19, 0.3, limits=(150,), sell=0.11), tiers(0.33, 0.4, limits=(150,), sell=0.21)],
        generation=sun(2, 3.0),
    ),
    "pro-rata credit": lambda: case(
        [tiers(0.19, 0.3, limits=(150,), sell=0.11), tiers(0.33, 0.4, limits=(150,), sell=0.21)],
        generation=sun(2, 3.0),
        tier_allocation="prorata",
    ),
    "net metering in kWh": lambda: case(
        [tiers(0.12, 0.22, limits=(120,))],
        generation=sun(3, 6.5),
        metering="net_metering_kwh",
        tier_allocation="prorata",
        options={"nm_yearend_sell_rate": 0.027},
    ),
    "net metering in kWh by time": lambda: case(
        [tiers(0.12), tiers(0.3)], generation=sun(3, 9.0), metering="net_metering_kwh", tier_allocation="prorata",
        options={"ur_nm_yearend_sell_rate": 0.03},
    ),
    "everything is bought and sold": lambda: case(
        [tiers(0.12, 0.22, limits=(120,), sell=0.08)], generation=sun(6, 2.0), metering="buy_all_sell_all"
    ),
    "negative prices": lambda: case([tiers(-0.03, sell=-0.01), tiers(0.3, sell=0.4)], generation=sun(7, 2.0)),
    "minimum of a month": lambda: case(
        [tiers(0.05, sell=0.06)], generation=sun(8, 3.0), options={"monthly_min_charge": 31.5}
    ),
    "minimum of a year": lambda: case(
        [tiers(0.05, sell=0.06)], generation=sun(8, 3.0), options={"annual_min_charge": 412.0}
    ),
    "minimum of a month and of a year": lambda: case(
        [tiers(0.05, sell=0.06)],
        generation=sun(8, 3.0),
        options={"monthly_min_charge": 31.5, "annual_min_charge": 412.0},
    ),
    "fixed amount per day": lambda: case([tiers(0.05)], fixedchargefirstmeter=0.52177, fixedchargeunits="$/day"),
}  # fmt: skip


def without_names(case: dict[str, Any]) -> dict[str, Any]:
    """What the oracle reads: the options under one name."""
    options = {key.removeprefix("ur_"): value for key, value in case["options"].items()}
    return {**deepcopy(case), "options": options}


@pytest.mark.parametrize("name", CASES)
def test_made_up_bills(name: str) -> None:
    made = CASES[name]()
    expected = oracle.bills(without_names(made))
    found = rate_case(read_case(json.loads(json.dumps(made)), Path("case.json")))
    if "billing_demand_kw" not in found[0]:
        expected = [{key: value for key, value in month.items() if key != "billing_demand_kw"} for month in expected]
    assert_close(found, expected)


@pytest.mark.parametrize("name", CASES)
def test_a_made_up_case_is_about_what_it_says(name: str) -> None:
    months = oracle.bills(without_names(CASES[name]()))
    if "credit that is carried" in name or "net metering" in name:
        assert months[11]["true_up_credit"] > 0
        assert any(month["energy_charge"] == 0 for month in months) or "by time" in name
        assert all(month["import_kwh"] for month in months)
    if "minimum" in name:
        assert months[11]["minimum"] > 0
    if name == "ratchet":
        assert sum(month["billing_demand_kw"] > month["peak_kw"] for month in months) >= 2
    if "tier" in name or "hours of use" in name:
        assert all(len(month["kwh_by_period_tier"]) > 1 for month in months)
    if name == "negative prices":
        assert all(month["energy_charge"] for month in months)

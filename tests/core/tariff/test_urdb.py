"""Documents of the URDB: what they become, why some are refused, and the way back."""

from copy import deepcopy
from datetime import UTC, date, timedelta
from decimal import Decimal
import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.panel_meter.core.tariff.clock import WallClock
from custom_components.panel_meter.core.tariff.model import (
    Allocation,
    Block,
    BlockPer,
    ExportMode,
    FixedPer,
    Ratchet,
    RateSet,
    Tariff,
)
from custom_components.panel_meter.core.tariff.problems import TariffInvalid
from custom_components.panel_meter.core.tariff.reading import read
from custom_components.panel_meter.core.tariff.times import Calendar, ClockKind, DayKind, Rule, Season
from custom_components.panel_meter.core.tariff.timetable import Timetable
from custom_components.panel_meter.core.tariff.urdb import Choices, from_urdb, import_urdb
from custom_components.panel_meter.core.tariff.urdb_export import CannotExport, to_urdb
from custom_components.panel_meter.core.tariff.urdb_schedule import Schedule, groups, rules
from custom_components.panel_meter.core.tariff.validation import check
from custom_components.panel_meter.core.tariff.writing import write

from .examples import home
from .strategies import json_values

FILES = sorted((Path(__file__).parents[4] / "shared" / "tariff_cases").glob("[0-9]*.json"))
SLOW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
FLAT = [[0] * 24 for _ in range(12)]
EVENING = [[0] * 16 + [1] * 5 + [0] * 3 for _ in range(12)]


def document(**values: Any) -> dict[str, Any]:
    return {
        "energyratestructure": [[{"rate": 0.1, "unit": "kWh"}], [{"rate": 0.3, "unit": "kWh"}]],
        "energyweekdayschedule": deepcopy(EVENING),
        "energyweekendschedule": deepcopy(FLAT),
        **values,
    }


def tariff_of(data: object, **choices: Any) -> Tariff:
    return from_urdb(data, tariff_id="x", name="Rate", currency="USD", choices=Choices(**choices))


def refused(data: object) -> dict[str, str]:
    """Path -> sentence of every reason."""
    with pytest.raises(TariffInvalid) as error:
        tariff_of(data)
    return {problem.path: problem.text for problem in error.value.problems}


# --- periods ---


def test_a_schedule_becomes_few_rules() -> None:
    version = tariff_of(document()).versions[0]
    assert version.energy.default_period == "period 0"
    assert [period.name for period in version.energy.periods] == ["period 1"]
    assert version.energy.periods[0].rules == (Rule(days=frozenset({DayKind.WEEKDAY}), begin=960, end=1260),)
    assert version.energy.seasons == ()


def test_equal_months_are_a_season_over_the_turn_of_the_year() -> None:
    weekday = [EVENING[month] if month in (10, 11, 0, 1) else FLAT[month] for month in range(12)]
    version = tariff_of(document(energyweekdayschedule=weekday)).versions[0]
    assert version.energy.seasons == (Season(name="November to February", begin=(11, 1), end=(2, 28)),)
    assert [rule.season for rule in version.energy.periods[0].rules] == ["November to February"]


def test_an_evening_and_a_morning_are_one_night() -> None:
    night = [[1] * 6 + [0] * 16 + [1] * 2 for _ in range(12)]
    version = tariff_of(document(energyweekdayschedule=night, energyweekendschedule=night)).versions[0]
    assert version.energy.periods[0].rules == (Rule(begin=22 * 60, end=6 * 60),)


def test_a_night_of_weekdays_does_not_reach_into_the_weekend() -> None:
    night = [[1] * 6 + [0] * 16 + [1] * 2 for _ in range(12)]
    version = tariff_of(document(energyweekdayschedule=night)).versions[0]
    assert {(rule.begin, rule.end) for rule in version.energy.periods[0].rules} == {(0, 360), (1320, 1440)}


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    """Few different days, as in real rates."""
    hours = st.integers(0, 3)
    kinds = [
        [value for value in draw(st.lists(hours, min_size=6, max_size=6)) for _ in range(4)]
        for _ in range(draw(st.integers(1, 4)))
    ]
    months = [tuple(draw(st.sampled_from(kinds))) for _ in range(24)]
    return Schedule(tuple(months[:12]), tuple(months[12:]))


@SLOW
@given(schedules(), st.booleans())
def test_rules_say_what_the_schedule_says(schedule: Schedule, exact: bool) -> None:
    parts = groups([schedule.month(month) for month in range(1, 13)])
    seasons = tuple(season for part in parts for season in part.seasons())
    found = rules(schedule, parts, exact=exact)
    order = list(found)
    sets = [found[period] for period in order] if exact else [found[period] for period in order[:-1]]
    timetable = Timetable(sets, seasons, Calendar(), WallClock(ClockKind.UTC, UTC))
    for number in range(366):
        day = date(2024, 1, 1) + timedelta(days=number)
        row = (schedule.weekend if day.weekday() >= 5 else schedule.weekday)[day.month - 1]
        start = number * 86_400 + 1_704_067_200
        assert [order[timetable.at(start + hour * 3600).index] for hour in range(24)] == list(row), day


@SLOW
@given(schedules())
def test_no_two_exact_periods_hold_at_once(schedule: Schedule) -> None:
    parts = groups([schedule.month(month) for month in range(1, 13)])
    seasons = tuple(season for part in parts for season in part.seasons())
    found = rules(schedule, parts, exact=True)
    tables = [Timetable([each], seasons, Calendar(), WallClock(ClockKind.UTC, UTC)) for each in found.values()]
    for day in (date(2023, 12, 31), date(2024, 2, 29), date(2024, 6, 1), date(2024, 6, 3)):
        start = int((day - date(1970, 1, 1)).total_seconds())
        for hour in range(24):
            assert sum(table.at(start + hour * 3600).index == 0 for table in tables) == 1


# --- prices ---


def test_rate_and_adjustment_are_one_price_and_tiers_are_blocks() -> None:
    structure = [[{"rate": 0.1, "adj": 0.023, "max": 200, "unit": "kWh daily"}, {"rate": "0.2", "adj": -0.01}]]
    rates = tariff_of({"energyratestructure": structure}).versions[0].energy.rates
    assert rates.blocks == (Block(upto=Decimal(200), per=BlockPer.DAY), Block())
    assert rates.prices == {"period 0": (Decimal("0.123"), Decimal("0.19"))}


def test_a_shorter_period_repeats_its_last_price() -> None:
    structure = [[{"rate": 0.1}], [{"rate": 0.3, "max": 100}, {"rate": 0.4, "max": 200}, {"rate": 0.5}]]
    rates = tariff_of(document(energyratestructure=structure)).versions[0].energy.rates
    assert rates.prices["period 0"] == (Decimal("0.1"),) * 3


def test_tiers_may_differ_between_seasons() -> None:
    structure = [[{"rate": 0.1, "max": 100}, {"rate": 0.2}], [{"rate": 0.3, "max": 150}, {"rate": 0.4}]]
    weekday = [[1 if month in (5, 6) else 0] * 24 for month in range(12)]
    data = document(
        energyratestructure=structure, energyweekdayschedule=weekday, energyweekendschedule=deepcopy(weekday)
    )
    energy = tariff_of(data).versions[0].energy
    assert energy.rates.blocks[0].upto == 100
    assert energy.alternatives == (
        RateSet(
            prices={
                "period 0": (Decimal("0.1"), Decimal("0.2")),
                "period 1": (Decimal("0.3"), Decimal("0.4")),
            },
            blocks=(Block(upto=Decimal(150)), Block()),
            season="June to July",
        ),
    )


def test_tiers_within_a_month_may_not_differ() -> None:
    structure = [[{"rate": 0.1, "max": 100}, {"rate": 0.2}], [{"rate": 0.3, "max": 150}, {"rate": 0.4}]]
    assert refused(document(energyratestructure=structure)) == {
        "energyratestructure": "URDB: tiers differ between periods."
    }
    # A shorter period must not end before the others go on.
    structure[1] = [{"rate": 0.3, "max": 50}]
    assert refused(document(energyratestructure=structure)) == {
        "energyratestructure": "URDB: tiers differ between periods."
    }


def test_limits_that_stand_for_none() -> None:
    data = {"energyratestructure": [[{"rate": 0.1, "max": 100}, {"rate": 0.2, "max": 1e38}]]}
    assert tariff_of(data).versions[0].energy.rates.blocks[-1] == Block()


def test_a_last_tier_with_a_limit_is_refused() -> None:
    data = {"energyratestructure": [[{"rate": 0.1, "max": 100}, {"rate": 0.2, "max": 500}]]}
    assert list(refused(data).values()) == ["The last block ends at 500 kWh; use beyond it has no price."]


# --- export ---


SELL = [[{"rate": 0.1, "sell": 0.06}], [{"rate": 0.3, "sell": 0.11}]]


@pytest.mark.parametrize(
    ("values", "choices", "mode", "netting"),
    [
        ({}, {}, ExportMode.NET_BILLING, 60),
        ({"dgrules": "Net Metering"}, {}, ExportMode.NET_METERING_KWH, 0),
        ({"dgrules": "Net Billing Instantaneous"}, {}, ExportMode.NET_BILLING, 0),
        ({"dgrules": "Net Billing Hourly"}, {}, ExportMode.NET_BILLING, 60),
        ({"dgrules": "Buy All Sell All"}, {}, ExportMode.BUY_ALL_SELL_ALL, 0),
        ({"dgrules": "Net Metering"}, {"export": ExportMode.CARRYOVER}, ExportMode.CARRYOVER, 0),
        ({}, {"export": ExportMode.NET_BILLING, "netting": 15}, ExportMode.NET_BILLING, 15),
    ],
)
def test_rules_for_exported_energy(
    values: dict[str, Any], choices: dict[str, Any], mode: ExportMode, netting: int
) -> None:
    export = tariff_of(document(energyratestructure=SELL, **values), **choices).versions[0].export
    assert export is not None
    assert (export.mode, export.netting) == (mode, netting)
    assert export.prices == {"period 0": (Decimal("0.06"),), "period 1": (Decimal("0.11"),)}


def test_without_sell_prices_and_rules_nothing_is_said_about_export() -> None:
    assert tariff_of(document()).versions[0].export is None


def test_an_unknown_rule_is_a_warning() -> None:
    found = import_urdb(document(dgrules="Ask the neighbour"), tariff_id="x", name="Rate", currency="USD")
    assert [problem.text for problem in found.warnings] == [
        "URDB: 'dgrules' has no effect on bills of Panel Meter and was left out."
    ]


# --- fixed amounts, minimum, start ---


@pytest.mark.parametrize(
    ("values", "amount", "per"),
    [
        ({"fixedchargefirstmeter": 8.5, "fixedchargeunits": "$/month"}, "8.5", FixedPer.MONTH),
        ({"fixedchargefirstmeter": 0.52, "fixedchargeunits": "$/day"}, "0.52", FixedPer.DAY),
        ({"fixedchargefirstmeter": 99, "fixedchargeunits": "$/year"}, "99", FixedPer.YEAR),
        ({"fixedChargeFirstMeter": 8.5}, "8.5", FixedPer.MONTH),
        ({"fixedmonthlycharge": 4}, "4", FixedPer.MONTH),
    ],
)
def test_fixed_amounts(values: dict[str, Any], amount: str, per: FixedPer) -> None:
    (fixed,) = tariff_of(document(**values)).versions[0].fixed
    assert (fixed.amount, fixed.per) == (Decimal(amount), per)


@pytest.mark.parametrize(
    ("values", "per"),
    [
        ({"mincharge": 15, "minchargeunits": "$/month"}, FixedPer.MONTH),
        ({"mincharge": 15, "minchargeunits": "$/day"}, FixedPer.DAY),
        ({"mincharge": 15, "minchargeunits": "$/year"}, FixedPer.YEAR),
        ({"minmonthlycharge": 15}, FixedPer.MONTH),
        ({"annualmincharge": 15}, FixedPer.YEAR),
        ({"annualmincharge": 15, "minmonthlycharge": 0}, FixedPer.YEAR),
    ],
)
def test_minimum_charges(values: dict[str, Any], per: FixedPer) -> None:
    minimum = tariff_of(document(**values)).versions[0].minimum
    assert minimum is not None
    assert (minimum.amount, minimum.per) == (15, per)


def test_the_new_name_of_a_field_counts() -> None:
    data = document(fixedchargefirstmeter=8, fixedchargeunits="$/month", fixedmonthlycharge=9)
    found = import_urdb(data, tariff_id="x", name="Rate", currency="USD")
    assert [fixed.amount for fixed in found.tariff.versions[0].fixed] == [8]
    assert [problem.code for problem in found.warnings] == ["T24j"]


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (1_577_836_800, date(2020, 1, 1)),
        ("2020-01-01T00:00:00.000Z", date(2020, 1, 1)),
        (None, date(1970, 1, 1)),
    ],
)
def test_the_start(start: object, expected: date) -> None:
    assert tariff_of(document(startdate=start)).versions[0].valid_from == expected
    assert tariff_of(document(startdate=start), valid_from=date(2026, 1, 1)).versions[0].valid_from == date(2026, 1, 1)


def test_the_one_rate_of_a_list() -> None:
    assert tariff_of({"items": [document()]}) == tariff_of(document())
    assert refused({"items": [document(), document()]}) == {
        "items": "URDB: there are 2 rates in this document; choose one of them."
    }


# --- demand ---

KW = [[{"rate": 6.5, "unit": "kW", "max": 50}, {"rate": 4, "unit": "kW"}], [{"rate": 13, "unit": "kW"}]]


def test_flat_demand_by_month() -> None:
    months = [0] * 5 + [1] * 4 + [0] * 3
    version = tariff_of(document(flatdemandstructure=KW, flatdemandmonths=months, demandwindow=30)).versions[0]
    assert [(each.season, each.price) for each in version.demand] == [
        ("October to May", (Decimal("6.5"), Decimal(4))),
        ("June to September", (Decimal(13),)),
    ]
    assert {each.interval_min for each in version.demand} == {30}


def test_demand_by_time_of_the_day() -> None:
    data = document(
        demandratestructure=[[{"rate": 0}], [{"rate": 9}]],
        demandweekdayschedule=EVENING,
        demandweekendschedule=FLAT,
    )
    (demand,) = tariff_of(data).versions[0].demand
    assert demand.price == (9,)
    assert demand.window == (Rule(days=frozenset({DayKind.WEEKDAY}), begin=960, end=1260),)


@pytest.mark.parametrize(
    ("values", "ratchet"),
    [
        ({"lookbackpercent": 0.8, "lookbackrange": 11}, Ratchet(percent=Decimal(80), cycles=11)),
        ({"lookbackPercent": 80, "lookbackRange": 3}, Ratchet(percent=Decimal(80), cycles=3)),
        (
            {"lookbackpercent": 0.5, "lookbackrange": 0, "lookbackmonths": [0] * 5 + [1, True] + [0] * 5},
            Ratchet(percent=Decimal(50), cycles=11, months=frozenset({6, 7})),
        ),
        ({"lookbackpercent": 0, "lookbackrange": 11}, None),
    ],
)
def test_ratchets(values: dict[str, Any], ratchet: Ratchet | None) -> None:
    data = document(flatdemandstructure=[KW[1]], flatdemandmonths=[0] * 12, **values)
    (demand,) = tariff_of(data).versions[0].demand
    assert demand.ratchet == ratchet


def test_hours_of_use_need_a_demand_to_be_measured() -> None:
    data = {"energyratestructure": [[{"rate": 0.2, "max": 60, "unit": "kWh/kW"}, {"rate": 0.1}]]}
    (demand,) = tariff_of(data, interval_min=60).versions[0].demand
    assert (demand.price, demand.interval_min) == ((0,), 60)
    assert tariff_of({**data, "flatdemandstructure": [KW[1]]}).versions[0].demand[0].name == "flat demand"


# --- what is refused ---


@pytest.mark.parametrize(
    ("data", "path", "text"),
    [
        ({"energyratestructure": [[{"rate": 0.1, "unit": "MWh"}]]}, "energyratestructure.0.0.unit",
         "URDB: unit 'MWh' not supported."),
        (document(flatdemandstructure=[[{"rate": 1, "unit": "kVA"}]]), "flatdemandstructure.0.0.unit",
         "URDB: unit 'kVA' not supported."),
        (document(demandunits="hp"), "demandunits", "URDB: unit 'hp' not supported."),
        (document(fixedchargefirstmeter=1, fixedchargeunits="$/kVA"), "fixedchargeunits",
         "URDB: unit '$/kVA' not supported."),
        (document(energyweekdayschedule=FLAT[:11]), "energyweekdayschedule", "URDB: schedule must be 12x24."),
        (document(energyweekendschedule=[[0] * 23] * 12), "energyweekendschedule.0", "URDB: schedule must be 12x24."),
        (document(energyweekendschedule=[[0.5] * 24] * 12), "energyweekendschedule.0", "URDB: schedule must be 12x24."),
        (document(energyweekendschedule=[[2] * 24] * 12), "energyweekendschedule", "URDB: period index 2 not defined."),
        (document(energyweekendschedule=[[-1] * 24] * 12), "energyweekendschedule",
         "URDB: period index -1 not defined."),
        (document(flatdemandstructure=KW), "flatdemandmonths", "URDB: 'flatdemandmonths' is missing."),
        (document(flatdemandstructure=KW, flatdemandmonths=[2] * 12), "flatdemandmonths",
         "URDB: period index 2 not defined."),
        (document(flatdemandstructure=KW, flatdemandmonths=[0] * 11), "flatdemandmonths",
         "URDB: 'flatdemandmonths' cannot be read: a list."),
        (document(energyweekendschedule=None), "energyweekendschedule", "URDB: 'energyweekendschedule' is missing."),
        ({}, "energyratestructure", "URDB: 'energyratestructure' is missing."),
        (document(energyratestructure=[[{"rate": "cheap"}]]), "energyratestructure.0.0.rate",
         "URDB: 'energyratestructure.0.0.rate' cannot be read: cheap."),
        (document(energyratestructure=[[{"rate": float("nan")}]]), "energyratestructure.0.0.rate",
         "URDB: 'energyratestructure.0.0.rate' cannot be read: nan."),
        (document(energyratestructure=[[]]), "energyratestructure.0",
         "URDB: 'energyratestructure.0' cannot be read: a list."),
        (document(coincidentratestructure=[[{"rate": 3}]]), "coincidentratestructure",
         "URDB: 'coincidentratestructure' cannot be billed by Panel Meter."),
        (document(fueladjustmentsmonthly=[0] * 11 + [0.01]), "fueladjustmentsmonthly",
         "URDB: 'fueladjustmentsmonthly' cannot be billed by Panel Meter."),
        (document(demandreactivepowercharge=0.2), "demandreactivepowercharge",
         "URDB: 'demandreactivepowercharge' cannot be billed by Panel Meter."),
        (document(minmonthlycharge=1, annualmincharge=2), "minmonthlycharge",
         "URDB: 'minmonthlycharge' cannot be combined with 'annualmincharge'."),
        (document(startdate="soon"), "startdate", "URDB: 'startdate' cannot be read: soon."),
        (document(startdate=1e30), "startdate", "URDB: 'startdate' cannot be read: 1e+30."),
        (document(flatdemandstructure=[KW[1]], demandwindow=25), "versions.0.demand.0.interval_min",
         "Demand interval 25 min must divide 60."),
    ],
)  # fmt: skip
def test_what_cannot_be_imported_is_said(data: object, path: str, text: str) -> None:
    assert refused(data)[path] == text


def test_charges_that_are_zero_are_no_charges() -> None:
    data = document(
        coincidentratestructure=[[{"rate": 0, "unit": "kW"}]],
        fueladjustmentsmonthly=[0] * 12,
        demandreactivepowercharge=0,
        demandratchetpercentage=None,
    )
    assert tariff_of(data) == tariff_of(document())


@SLOW
@given(json_values)
def test_nothing_else_is_raised_for_anything(value: Any) -> None:
    with pytest.raises(TariffInvalid):
        tariff_of(value)


FIELDS = [
    "energyratestructure", "energyweekdayschedule", "flatdemandstructure", "flatdemandmonths", "demandratestructure",
    "demandweekdayschedule", "demandwindow", "lookbackpercent", "lookbackrange", "lookbackmonths", "dgrules",
    "fixedchargefirstmeter", "fixedchargeunits", "mincharge", "minchargeunits", "startdate", "demandunits",
    "coincidentratestructure",
]  # fmt: skip


@SLOW
@given(st.dictionaries(st.sampled_from(FIELDS), json_values | st.just([[{"rate": 1}]]), max_size=4))
def test_nothing_else_is_raised_for_a_spoilt_document(values: dict[str, Any]) -> None:
    try:
        tariff = tariff_of(document(**values))
    except TariffInvalid as error:
        said = [problem.text for problem in error.problems]
    else:
        said = [write(tariff)["id"]]  # type: ignore[list-item]
    assert said


def test_deep_and_large_documents_do_no_harm() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    # Without what they belong to, these say nothing.
    unread = {"demandweekdayschedule", "fixedchargeunits", "minchargeunits"}
    for key in FIELDS:
        data = document(**{key: deep})
        assert tariff_of(data) == tariff_of(document()) if key in unread else refused(data), key
    assert refused(document(energyratestructure=[[{"rate": 1}]] * 100_000))


# --- what is imported is a tariff, and the way back ---


def parts(tariff: Tariff) -> dict[str, Any]:
    """What bills are made of, with the seasons told apart from their names."""
    return write(tariff)["versions"][0]  # type: ignore[index,return-value]


@pytest.mark.skipif(not FILES, reason="the reference cases are not here")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_reference_rates_there_and_back(path: Path) -> None:
    rate = json.loads(path.read_text())["rate"]
    tariff = tariff_of(rate)
    assert [problem for problem in check(tariff) if not problem.warning] == []
    assert read(write(tariff)) == tariff
    again = tariff_of(json.loads(json.dumps(to_urdb(tariff, tariff.versions[0]))))
    one, other = parts(tariff), parts(again)
    for demand in (*one.get("demand", ()), *other.get("demand", ())):
        # The number of a demand in the document is not kept; all else is.
        demand["name"] = demand["name"].rstrip("0123456789 ")
    assert one == other


@pytest.mark.parametrize(
    "values",
    [
        {"energyratestructure": SELL, "dgrules": "Net Billing Hourly"},
        {"energyratestructure": SELL, "dgrules": "Buy All Sell All"},
        {"flatdemandstructure": KW, "flatdemandmonths": [0] * 5 + [1] * 4 + [0] * 3},
        {"flatdemandstructure": [KW[1]], "lookbackpercent": 0.8, "lookbackrange": 6},
        {"fixedchargefirstmeter": 0.5, "fixedchargeunits": "$/day", "mincharge": 9, "minchargeunits": "$/year"},
        {"energyratestructure": [[{"rate": 0.1, "max": 9, "unit": "kWh daily"}, {"rate": 0.2}], [{"rate": 0.3}]]},
    ],
)  # fmt: skip
def test_rates_there_and_back(values: dict[str, Any]) -> None:
    tariff = tariff_of(document(**values))
    assert parts(tariff_of(to_urdb(tariff, tariff.versions[0]))) == parts(tariff)


def test_the_example_cannot_be_a_urdb_document() -> None:
    tariff = read(home())
    with pytest.raises(CannotExport, match="taxes"):
        to_urdb(tariff, tariff.versions[0])


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("calendar", {"holidays": ["12-25"]}, "The URDB has no holidays."),
        ("clock", "standard", "The URDB knows the local time only."),
        ("cycle", {"months": 2}, "The URDB has monthly bills only."),
        ("energy.periods", [{"name": "peak", "rules": [{"from": "16:30", "to": "21:00"}]}],
         "In the URDB periods begin at whole hours."),
        ("energy.periods", [{"name": "peak", "rules": [{"days": ["monday"]}]}],
         "In the URDB all weekdays of a month are alike, and all days of its weekends."),
        ("energy.periods", [{"name": "peak", "rules": [{"days": ["weekday"], "from": "22:00", "to": "06:00"}]}],
         "In the URDB all weekdays of a month are alike, and all days of its weekends."),
        ("energy.block_mode", "whole", "In the URDB the block that is reached does not set the price of everything."),
        ("energy.cap", "1", "The URDB has no highest and lowest price."),
        ("energy.dynamic", {"entity_id": "sensor.price"}, "The URDB has no dynamic prices."),
        ("export", {"mode": "carryover"}, "The URDB does not carry credit for exported energy over."),
        ("export", {"mode": "net_billing", "netting_min": 15},
         "The URDB nets at once or by the hour, not by 15."),
        ("fixed", [{"name": "a", "by_usage": [{"amount": "1"}]}],
         "In the URDB fixed amounts do not depend on the use."),
        ("minimum", {"hours": "40"}, "In the URDB a minimum charge is an amount."),
        ("credits", [{"name": "a", "amount": "1"}], "The URDB has no credits."),
        ("demand", [{"name": "a", "price": "1", "stat": "mean_top_days", "n": 4}],
         "In the URDB the highest demand of the month is billed, however low it is."),
        ("demand", [{"name": "a", "price": "1"}, {"name": "b", "price": "1"}],
         "In the URDB a month has one demand that counts all day."),
        ("demand", [{"name": "a", "price": "1", "window": [{"from": "08:00", "to": "12:00"}]},
                    {"name": "b", "price": "1", "window": [{"from": "11:00", "to": "13:00"}]}],
         "In the URDB an hour belongs to one demand by times of the day."),
        ("energy.prices", {"peak": ["0.12345678901234567891", "1"], "off": ["1", "1"]},
         "0.12345678901234567891 has more digits than the URDB can hold."),
    ],
)  # fmt: skip
def test_what_the_urdb_cannot_say_is_refused(path: str, value: object, sentence: str) -> None:
    data = home()
    version = data["versions"][0]
    del data["taxes"], data["calendar"], version["demand"], version["export"]
    version["energy"] |= {
        "periods": [{"name": "peak", "rules": [{"from": "16:00", "to": "21:00"}]}],
        "prices": {"peak": ["0.3", "0.4"], "off": ["0.1", "0.2"]},
    }
    sound = read(data)
    assert to_urdb(sound, sound.versions[0])["energyratestructure"]
    whole = path in data or path in ("calendar", "clock", "cycle")
    first, _, second = path.partition(".")
    if second:
        version[first][second] = value
    else:
        (data if whole else version)[first] = value
    tariff = read(data)
    with pytest.raises(CannotExport) as error:
        to_urdb(tariff, tariff.versions[0])
    assert str(error.value) == sentence


def test_allocation_is_the_callers_choice() -> None:
    assert tariff_of(document(), allocation=Allocation.PRORATA).versions[0].energy.allocation is Allocation.PRORATA

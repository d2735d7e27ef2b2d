"""Every message: a document that brings it about, and one that nearly does."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.panel_meter.core.tariff.coverage import hidden, holds_ever
from custom_components.panel_meter.core.tariff.days import applies, kinds_of, season_of
from custom_components.panel_meter.core.tariff.model import Tariff
from custom_components.panel_meter.core.tariff.problems import SENTENCES, WARNINGS, TariffInvalid
from custom_components.panel_meter.core.tariff.reading import read
from custom_components.panel_meter.core.tariff.times import Calendar, DayKind, Rule, Season
from custom_components.panel_meter.core.tariff.validation import check, check_entity, check_start, warnings

from .examples import Change, drop, home, put

ENERGY = "versions.0.energy"
DEMAND = "versions.0.demand.0"
RULE = f"{ENERGY}.periods.0.rules.0"
DYNAMIC = {"entity_id": "sensor.price"}
SAME_PRICES = dict.fromkeys(("summer_peak", "peak", "summer_off", "off"), "1")


def found(document: dict[str, Any]) -> dict[str, str]:
    """Code -> sentence of everything that is said about a document."""
    try:
        problems = warnings(read(document))
    except TariffInvalid as refused:
        problems = refused.problems
    return {problem.code: problem.text for problem in reversed(problems)}


def alternatives(*sets: dict[str, Any]) -> Change:
    return put(f"{ENERGY}.alternatives", [{"prices": SAME_PRICES, **each} for each in sets])


def periods(*rules: list[dict[str, Any]]) -> tuple[Change, ...]:
    """Periods a, b, c ... with these rules."""
    names = "abcdef"[: len(rules)]
    return (
        put(f"{ENERGY}.periods", [{"name": name, "rules": each} for name, each in zip(names, rules, strict=True)]),
        put(f"{ENERGY}.prices", {name: ["1", "2"] for name in (*names, "off")}),
    )


#: Code, what brings it about, what nearly does, and the sentence where it is worth a look.
CASES: list[tuple[str, tuple[Change, ...], tuple[Change, ...], str | None]] = [
    ("T01", (put("currency", "usd"),), (put("currency", "IDR"),), "Currency usd is not a three-letter ISO code."),
    (
        "T02",
        (put(f"{ENERGY}.prices.peak.0", "0,1523"),),
        (put(f"{ENERGY}.prices.peak.0", "0.1523"),),
        "Price 0,1523 is not a number; use a dot, e.g. 0.1523.",
    ),
    (
        "T03",
        (put(f"{ENERGY}.prices.peak.0", "301.4"),),
        (put(f"{ENERGY}.prices.peak.0", "301.2"),),
        "Prices above 301.3 USD/kWh: did you enter cents?",
    ),
    (
        "T04",
        (lambda document: document["versions"].append(document["versions"][0]),),
        (lambda document: document["versions"].append({**document["versions"][0], "valid_from": "2026-01-02"}),),
        "Versions must have different start dates; 2026-01-01 appears twice.",
    ),
    (
        "T06",
        (put(f"{RULE}.to", "16:00"),),
        (put(f"{RULE}.to", "16:01"),),
        "Rule in 'summer_peak': from and to are equal (16:00). Use 00:00-24:00 for the whole day.",
    ),
    (
        "T07",
        (put(f"{ENERGY}.periods.1.rules", [{"season": "summer", "from": "17:00", "to": "18:00", "days": ["friday"]}]),),
        (put(f"{ENERGY}.periods.1.rules", [{"season": "summer", "from": "17:00", "to": "18:00", "days": ["sunday"]}]),),
        "Period 'peak' can never apply: 'summer_peak' above it covers the same times.",
    ),
    (
        "T08",
        (put(f"{ENERGY}.prices.peak", ["1"]),),
        (put(f"{ENERGY}.prices.peak", ["1", "2"]),),
        "Period 'peak' has 1 prices but there are 2 blocks.",
    ),
    (
        "T09",
        (put(f"{ENERGY}.blocks", [{"upto": "350"}, {"upto": "350"}]),),
        (put(f"{ENERGY}.blocks", [{"upto": "350"}, {"upto": "351"}]),),
        "Block limits must increase: 350 is followed by 350.",
    ),
    ("T10", (put(f"{ENERGY}.blocks", [{}, {"upto": "350"}]),), (), "Only the last block may have no upper limit."),
    (
        "T11",
        (put(f"{ENERGY}.blocks.1", {"upto": "400"}),),
        (),
        "The last block ends at 400 kWh; use beyond it has no price.",
    ),
    (
        "T12",
        (put(f"{ENERGY}.prices.night", ["1", "2"]),),
        (put(f"{ENERGY}.prices.peak", ["1", "2"]),),
        "Unknown period 'night' in prices/schedule.",
    ),
    (
        "T13",
        (
            put(
                f"{ENERGY}.seasons",
                [
                    {"name": "summer", "from": "06-01", "to": "09-30"},
                    {"name": "winter", "from": "11-01", "to": "06-01"},
                ],
            ),
        ),
        (
            put(
                f"{ENERGY}.seasons",
                [
                    {"name": "summer", "from": "06-01", "to": "09-30"},
                    {"name": "winter", "from": "11-01", "to": "05-31"},
                ],
            ),
        ),
        "Season 'winter' overlaps 'summer' on 06-01.",
    ),
    (
        "T14",
        (put("cycle.anchor_day", 32),),
        (put("cycle.anchor_day", 31),),
        "Day of month 32 must be 1-31 (29-31 fall back to the month's last day).",
    ),
    (
        "T15",
        (put(f"{DEMAND}.interval_min", 25),),
        (put(f"{DEMAND}.interval_min", 20),),
        "Demand interval 25 min must divide 60.",
    ),
    ("T16", (put(f"{DEMAND}.window", []),), (drop(f"{DEMAND}.window"),), "Demand window is empty."),
    (
        "T16",
        (put(f"{DEMAND}.window", [{"days": ["holiday"]}]), drop("calendar")),
        (put(f"{DEMAND}.window", [{"days": ["holiday"]}]),),
        None,
    ),
    ("T19", (put("taxes.0.percent", "100.1"),), (put("taxes.0.percent", "100"),), "Tax 100.1 % is outside 0-100."),
    ("T19", (put("taxes.0.percent", "-1"),), (put("taxes.0.percent", "0"),), None),
    (
        "T20",
        (put("versions.0.minimum.basis", ["credit"]),),
        (put("versions.0.minimum.basis", ["demand"]),),
        "Minimum charge without any charge to compare.",
    ),
    (
        "T20",
        (put("versions.0.minimum.basis", ["demand"]), put(f"{DEMAND}.price", "0")),
        (put("versions.0.minimum.basis", ["demand"]),),
        None,
    ),
    (
        "T21",
        (drop(f"{ENERGY}.allocation"),),
        (drop(f"{ENERGY}.allocation"), drop(f"{ENERGY}.blocks"), put(f"{ENERGY}.prices", SAME_PRICES)),
        "Blocks with several periods: choose chronological or pro-rata.",
    ),
    (
        "T22",
        (put("versions.0.export", {"mode": "net_metering_kwh"}), put(f"{ENERGY}.dynamic", DYNAMIC)),
        (put("versions.0.export", {"mode": "net_billing"}), put(f"{ENERGY}.dynamic", DYNAMIC)),
        "Net metering in kWh cannot be combined with dynamic prices.",
    ),
    (
        "T22",
        (put("versions.0.export", {"mode": "net_metering_kwh", "dynamic": DYNAMIC}),),
        (put("versions.0.export", {"mode": "net_metering_kwh"}),),
        None,
    ),
    (
        "T23",
        (put(f"{RULE}.from", "16:00:30"),),
        (put(f"{RULE}.from", "16:00:00"),),
        "Time 16:00:30 is not a multiple of 1 minute.",
    ),
    (
        "T25",
        (put("cycle.read_dates", ["2026-02-03", "2026-02-03"]),),
        (put("cycle.read_dates", ["2026-02-03", "2026-02-04"]),),
        "Read dates must be increasing and at least 1 day apart.",
    ),
    ("T30", (drop("name"),), (), "The field 'name' is missing."),
    ("T31", (put("colour", "red"),), (put("net_phases", value=False),), "The field 'colour' is not known here."),
    ("T32", (put("clock", "wall"),), (put("clock", "utc"),), "wall is not one of local, standard, utc."),
    ("T33", (put(f"{ENERGY}.blocks", [{}] * 51),), (), "There are 51 entries, but at most 50 are possible here."),
    (
        "T34",
        (put("schema", "tariff"),),
        (),
        "This is no tariff of Panel Meter: the field 'schema' must be panel_meter.tariff/1.",
    ),
    ("T35", (put("name", "x" * 65),), (put("name", "x" * 64),), None),
    (
        "T36",
        (put("versions.0.fixed", [{"name": "a", "amount": 1}, {"name": "a", "amount": 1}]),),
        (put("versions.0.fixed", [{"name": "a", "amount": 1}, {"name": "b", "amount": 1}]),),
        "The name 'a' appears twice.",
    ),
    ("T36", (put(f"{ENERGY}.default_period", "peak"), drop(f"{ENERGY}.prices.off")), (), None),
    ("T37", (put(f"{RULE}.season", "autumn"),), (put(f"{RULE}.season", "summer"),), "Unknown season 'autumn'."),
    ("T38", (put("versions", []),), (), "A tariff needs at least one version."),
    ("T39", (put(f"{ENERGY}.periods.1.rules", []),), (), None),
    (
        "T39",
        (
            put(f"{ENERGY}.periods.1.rules", [{"days": ["holiday"], "season": "summer"}]),
            put("calendar.holidays", ["12-25"]),
        ),
        (
            put(f"{ENERGY}.periods.1.rules", [{"days": ["holiday"], "season": "summer"}]),
            put("calendar.holidays", ["12-25", "07-04"]),
        ),
        "Period 'peak' can never apply: there are no days and times on which one of its rules holds.",
    ),
    (
        "T40",
        (put(f"{ENERGY}.blocks.0.upto", "0"),),
        (put(f"{ENERGY}.blocks.0.upto", "0.1"),),
        "0 is too low; the lowest possible value is more than 0.",
    ),
    ("T40", (put(f"{DEMAND}.min_kw", "-1"),), (put(f"{DEMAND}.min_kw", "0"),), None),
    (
        "T41",
        (put(f"{DEMAND}.ratchet", {"percent": 101, "cycles": 1}),),
        (put(f"{DEMAND}.ratchet", {"percent": 100, "cycles": 24}),),
        "101 is too high; the highest possible value is 100.",
    ),
    ("T41", (put("versions.0.fixed.0.amount", "1e13"),), (put("versions.0.fixed.0.amount", "1e12"),), None),
    ("T42", (put("versions.0.fixed.0.amount", "1e-21"),), (put("versions.0.fixed.0.amount", "1e-20"),), None),
    (
        "T43",
        (put(f"{ENERGY}.dynamic", {**DYNAMIC, "missing": "fallback"}),),
        (put(f"{ENERGY}.dynamic", {**DYNAMIC, "missing": "fallback", "fallback": "0"}),),
        None,
    ),
    (
        "T44",
        (put("versions.0.minimum", {"amount": 1, "hours": 40}),),
        (put("versions.0.minimum", {"hours": 40}),),
        "A minimum charge needs either an amount or hours of use.",
    ),
    (
        "T45",
        (put("versions.0.fixed.0", {"name": "base", "by_usage": [{"upto": "200", "amount": "1"}]}),),
        (put("versions.0.fixed.0", {"name": "base", "by_usage": [{"upto": "200", "amount": "1"}, {"amount": "2"}]}),),
        "Fixed charge 'base': the amounts end at 200 kWh; use beyond it has no amount.",
    ),
    (
        "T46",
        (put(f"{ENERGY}.seasons.0.to", "02-30"),),
        (put(f"{ENERGY}.seasons.0.to", "02-29"),),
        "02-30 is not a day of the year.",
    ),
    (
        "T47",
        (put("cycle.months", 4),),
        (put("cycle.months", 3),),
        "A cycle of 4 months is not possible; choose 1, 2, 3 or 12.",
    ),
    ("T48", (put(f"{DEMAND}.interval_min", 12),), (put(f"{DEMAND}.interval_min", 10),), None),
    (
        "T49",
        (put(f"{ENERGY}.cap", "0.1"), put(f"{ENERGY}.floor", "0.2")),
        (put(f"{ENERGY}.cap", "0.2"), put(f"{ENERGY}.floor", "0.2")),
        "The lowest price 0.2 is above the highest price 0.1.",
    ),
    (
        "T50",
        (drop(f"{ENERGY}.prices.off"),),
        (put(f"{ENERGY}.dynamic", DYNAMIC), drop(f"{ENERGY}.prices.off")),
        "Period 'off' has no price.",
    ),
    ("T50", (put("versions.0.export.prices", {"off": "1"}),), (put("versions.0.export.prices", SAME_PRICES),), None),
    ("T51", (put("taxes.0.exempt", ["levy"]),), (put("taxes.0.exempt", ["service"]),), None),
    (
        "T52",
        (
            drop(f"{ENERGY}.blocks"),
            put(f"{ENERGY}.prices", SAME_PRICES),
            alternatives({"over": "250"}, {"over": "500"}),
        ),
        (
            drop(f"{ENERGY}.blocks"),
            put(f"{ENERGY}.prices", SAME_PRICES),
            alternatives({"over": "500"}, {"over": "250"}),
        ),
        "The rates number 2 can never count: those above them apply to the same use.",
    ),
    (
        "T52",
        (alternatives({"blocks": [{}]}, {"season": "summer"}),),
        (alternatives({"season": "summer"}, {"blocks": [{}]}),),
        None,
    ),
    (
        "T53",
        (put(f"{DEMAND}.price", ["1", "2"]),),
        (put(f"{DEMAND}.price", ["1"]),),
        "Demand 'peak demand' has 2 prices but there are 1 blocks.",
    ),
    (
        "T54",
        (put(f"{ENERGY}.blocks", [{"upto": 1}, {"upto": 9, "per": "day"}, {}]),),
        (),
        "Block limits must count alike: 'cycle' and 'day' are mixed.",
    ),
    ("T55", (put("versions.0.export.dynamic", DYNAMIC),), (put("versions.0.export", {"dynamic": DYNAMIC}),), None),
    (
        "T56",
        (put("versions.0.export.prices", {"default": ["1", "2", "3"]}),),
        (put("versions.0.export.prices", {"default": ["1", "2"]}),),
        "Exported energy has 3 prices in period 'summer_peak' but there are 2 blocks.",
    ),
    (
        "T57",
        (put(f"{ENERGY}.dynamic", {"entity_id": "price"}),),
        (put(f"{ENERGY}.dynamic", {"entity_id": "sensor.my_price_2"}),),
        "'price' is not the id of an entity, such as sensor.electricity_price.",
    ),
    ("T58", (put("versions.0.export.netting_min", 10),), (put("versions.0.export.netting_min", 15),), None),
    ("T59", (put("taxes.0.on", []),), (drop("taxes.0.on"),), None),
    ("T60", (put("time_zone", "../etc/passwd"),), (put("time_zone", "America/Argentina/Buenos_Aires"),), None),
    (
        "T61",
        (put("versions.0.valid_from", "1969-12-31"),),
        (put("versions.0.valid_from", "1970-01-01"),),
        "The date 1969-12-31 is not within the years 1970 to 2199.",
    ),
    ("T62", (put("rounding.line", "0"),), (put("rounding.line", "0.001"),), None),
    (
        "T63",
        (put(f"{DEMAND}.blocks", [{"upto": 5, "per": "kw"}, {}]), put(f"{DEMAND}.price", [1, 2])),
        (put(f"{DEMAND}.blocks", [{"upto": 5}, {}]), put(f"{DEMAND}.price", [1, 2])),
        None,
    ),
    ("T64", (put("calendar.weekend", ["weekday"]),), (put("calendar.weekend", ["friday"]),), None),
    (
        "T65",
        (put(f"{ENERGY}.dynamic", {**DYNAMIC, "resolution_min": 7}),),
        (put(f"{ENERGY}.dynamic", {**DYNAMIC, "resolution_min": 90}),),
        None,
    ),
]

#: What other functions and the import of URDB documents say.
ELSEWHERE = {"T05", "T17", "T18a", "T18b", "T66", *(code for code in SENTENCES if code.startswith("T24"))}


@pytest.mark.parametrize(
    ("code", "wrong", "nearly", "sentence"), CASES, ids=[f"{case[0]}-{number}" for number, case in enumerate(CASES)]
)
def test_message(code: str, wrong: tuple[Change, ...], nearly: tuple[Change, ...], sentence: str | None) -> None:
    said = found(home(*wrong))
    assert code in said
    assert "{" not in said[code]
    if sentence is not None:
        assert said[code] == sentence
    assert code not in found(home(*nearly))


def test_every_message_has_a_case() -> None:
    assert {case[0] for case in CASES} | ELSEWHERE == set(SENTENCES)
    assert set(SENTENCES) >= WARNINGS


def test_the_example_is_flawless() -> None:
    assert check(read(home())) == ()


def test_warnings_do_not_make_a_tariff_unusable() -> None:
    tariff = read(home(put(f"{ENERGY}.periods.1.rules", []), put("taxes.0.exempt", ["levy"])))
    assert {problem.code for problem in warnings(tariff)} == {"T39", "T51"}
    assert all(problem.warning for problem in warnings(tariff))


# --- periods that can never apply ---


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        # Two periods above cover the third one together.
        (
            [
                [{"from": "00:00", "to": "12:00"}],
                [{"from": "12:00", "to": "24:00"}],
                [{"from": "11:00", "to": "13:00"}],
            ],
            {"T07"},
        ),
        (
            [
                [{"from": "00:00", "to": "12:00"}],
                [{"from": "12:01", "to": "24:00"}],
                [{"from": "11:00", "to": "13:00"}],
            ],
            set(),
        ),
        # Over midnight: the morning belongs to the day before.
        (
            [
                [{"days": ["friday"], "from": "22:00", "to": "06:00"}],
                [{"days": ["saturday"], "from": "02:00", "to": "05:00"}],
            ],
            {"T07"},
        ),
        (
            [
                [{"days": ["friday"], "from": "22:00", "to": "06:00"}],
                [{"days": ["sunday"], "from": "02:00", "to": "05:00"}],
            ],
            set(),
        ),
        # All days of the week, one by one; holidays count as the weekend here.
        ([[{"days": ["weekday", "weekend"]}], [{"days": ["holiday"]}]], {"T07"}),
        ([[{"days": ["weekday"]}], [{"days": ["holiday"]}]], set()),
        # A season within another rule's whole year.
        ([[{"days": ["monday"]}], [{"season": "summer", "days": ["monday"], "from": "03:00", "to": "03:01"}]], {"T07"}),
        ([[{"season": "summer", "days": ["monday"]}], [{"days": ["monday"]}]], set()),
        # The night before the summer reaches into its first morning.
        ([[{"season": "summer"}], [{"from": "22:00", "to": "06:00"}]], set()),
    ],
)
def test_a_period_is_hidden_if_others_cover_it(rules: list[list[dict[str, Any]]], expected: set[str]) -> None:
    # A holiday on a Friday is no Friday, so there are holidays only where they matter.
    holidays = ["12-25"] if "holiday" in str(rules) else []
    document = home(*periods(*rules), drop("versions.0.export"), put("calendar", {"holidays": holidays}))
    assert set(found(document)) == expected


def test_a_hidden_period_names_the_one_that_covers_most() -> None:
    rules = [[{"from": "00:00", "to": "01:00"}], [{"from": "01:00", "to": "24:00"}], [{"from": "00:30", "to": "04:00"}]]
    said = found(home(*periods(*rules), drop("versions.0.export")))
    assert said["T07"] == "Period 'c' can never apply: 'b' above it covers the same times."


summers = st.sampled_from(
    [(), (Season(name="s", begin=(6, 1), end=(9, 30)),), (Season(name="s", begin=(11, 1), end=(2, 28)),)]
)
some_rules = st.lists(
    st.builds(
        Rule,
        season=st.sampled_from([None, "s"]),
        days=st.frozensets(st.sampled_from([DayKind.WEEKDAY, DayKind.SATURDAY, DayKind.HOLIDAY]), max_size=1),
        begin=st.integers(0, 5).map(lambda hour: hour * 240),
        end=st.integers(1, 6).map(lambda hour: hour * 240),
    ).filter(lambda rule: rule.begin != rule.end),
    max_size=2,
)
calendars = st.builds(Calendar, yearly_holidays=st.frozensets(st.sampled_from([(6, 1), (12, 25)]), max_size=2))


def by_hand(sets: list[list[Rule]], seasons: tuple[Season, ...], calendar: Calendar) -> set[int]:
    """Sets that count at no time of 28 years, minute by minute (of every fourth hour, where all rules begin)."""
    alive: set[int] = set()
    for number in range(28 * 366):
        day = date(2001, 1, 1) + timedelta(days=number)
        keys = [(kinds_of(each, calendar), season_of(each, seasons)) for each in (day, day - timedelta(days=1))]
        for minute in range(0, 1440, 240):
            for index, rules in enumerate(sets):
                if any(
                    (applies(rule, *keys[0]) and rule.begin <= minute and (minute < rule.end or rule.end <= rule.begin))
                    or (rule.end <= rule.begin and minute < rule.end and applies(rule, *keys[1]))
                    for rule in rules
                ):
                    alive.add(index)
                    break
    return set(range(len(sets))) - alive


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(some_rules, min_size=1, max_size=3), summers, calendars)
def test_hidden_periods_are_those_that_apply_at_no_time(
    sets: list[list[Rule]], seasons: tuple[Season, ...], calendar: Calendar
) -> None:
    assert {each.index for each in hidden(sets, seasons, calendar)} == by_hand(sets, seasons, calendar)


def test_a_rule_that_holds_only_in_a_leap_year_holds() -> None:
    rules = [Rule(season="leap")]
    assert holds_ever(rules, (Season(name="leap", begin=(2, 29), end=(2, 29)),), Calendar())


def test_the_largest_tariff_is_checked_in_reasonable_time() -> None:
    rules = [
        {"days": ["monday"], "from": f"{hour:02}:{minute:02}", "to": f"{hour:02}:{minute + 1:02}"}
        for hour in range(5)
        for minute in range(10)
    ]
    many = [{"name": f"p{number}", "rules": rules} for number in range(50)]
    prices = dict.fromkeys((*(f"p{number}" for number in range(50)), "off"), "1")
    seasons = [
        {"name": f"s{number}", "from": f"01-{number + 1:02}", "to": f"01-{number + 1:02}"} for number in range(31)
    ]
    document = home(
        put(f"{ENERGY}.periods", many),
        put(f"{ENERGY}.seasons", seasons),
        put(f"{ENERGY}.prices", prices),
        drop(f"{ENERGY}.blocks"),
        drop("versions.0.export"),
    )
    assert set(found(document)) == {"T07"}
    version = document["versions"][0]
    document["versions"] = [version, {**version, "valid_from": "2026-02-01"}]
    assert "T33" in found(document)


# --- what is known only outside ---


def test_data_before_the_first_version_has_no_price() -> None:
    tariff = read(home())
    assert check_start(tariff, date(2026, 1, 1)) == ()
    (problem,) = check_start(tariff, date(2025, 12, 31))
    assert (problem.code, problem.warning) == ("T05", False)
    assert problem.text == (
        "The first version starts on 2026-01-01 but data begins on 2025-12-31: energy before 2026-01-01 has no price."
    )


def dynamic_tariff(**values: str) -> Tariff:
    return read(home(put(f"{ENERGY}.dynamic", {**DYNAMIC, **values})))


@pytest.mark.parametrize(
    ("unit", "state_class", "value", "expected"),
    [
        ("USD/kWh", None, "0.25", []),
        ("USD/kWh", "measurement", "-0.01", []),
        ("EUR/kWh", None, "0.25", ["Dynamic price needs an entity in USD/kWh; sensor.price reports EUR/kWh."]),
        (None, None, "0.25", ["sensor.price tells no unit; it should be USD/kWh."]),
        ("USD/kWh", "total_increasing", "0.25", ["sensor.price is a total_increasing sensor."]),
        ("USD/kWh", None, "unavailable", ["sensor.price has no numeric state now."]),
        ("USD/kWh", None, "nan", ["sensor.price has no numeric state now."]),
        ("USD/kWh", None, None, ["sensor.price has no numeric state now."]),
    ],
)
def test_an_entity_tells_prices(
    unit: str | None, state_class: str | None, value: str | None, expected: list[str]
) -> None:
    problems = check_entity(dynamic_tariff(), "sensor.price", unit, state_class, value)
    assert [problem.text for problem in problems] == expected
    assert all(problem.path == f"{ENERGY}.dynamic.entity_id" for problem in problems)
    assert [problem for problem in problems if not problem.warning] == [
        problem for problem in problems if problem.code == "T17"
    ]


def test_the_unit_that_the_tariff_names_is_right() -> None:
    tariff = dynamic_tariff(unit="EUR/MWh", multiplier="0.001")
    assert check_entity(tariff, "sensor.price", "EUR/MWh", None, "81.2") == ()


def test_other_entities_are_no_matter_of_the_tariff() -> None:
    assert check_entity(dynamic_tariff(), "sensor.other", "W", "total", None) == ()
    assert check_entity(read(home()), "sensor.price", "W", "total", None) == ()


def test_a_tariff_that_no_document_made_is_checked_too() -> None:
    tariff = read(home())
    version = tariff.versions[0]
    rates = replace(version.energy.rates, prices={"off": (Decimal("NaN"), Decimal("Infinity"))})
    spoilt = replace(tariff, versions=(replace(version, energy=replace(version.energy, rates=rates)),))
    assert [(problem.code, problem.path) for problem in check(spoilt)] == [
        ("T02", f"{ENERGY}.prices.off.0"),
        ("T02", f"{ENERGY}.prices.off.1"),
    ]

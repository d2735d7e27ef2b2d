"""Documents -> tariffs -> documents, and what is said about documents that are wrong."""

from datetime import date
from decimal import Decimal
import json
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.panel_meter.core.tariff.model import Block, BlockPer, ExportMode, NettingSpan, Tariff
from custom_components.panel_meter.core.tariff.problems import TariffInvalid
from custom_components.panel_meter.core.tariff.reading import MAX_DATES, MAX_VERSIONS, read
from custom_components.panel_meter.core.tariff.times import Calendar, DayKind
from custom_components.panel_meter.core.tariff.validation import check
from custom_components.panel_meter.core.tariff.writing import write

from .examples import Change, drop, home, put
from .strategies import json_values, tariffs

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def codes(document: object) -> list[tuple[str, str]]:
    """Code and path of everything that is wrong."""
    with pytest.raises(TariffInvalid) as refused:
        read(document)
    # Every sentence can be said.
    assert all(problem.text for problem in refused.value.problems)
    return [(problem.code, problem.path) for problem in refused.value.problems]


def test_a_document_becomes_a_tariff() -> None:
    tariff = read(home())
    version = tariff.versions[0]
    assert tariff.cycle.anchor_day == 7
    assert tariff.calendar.holidays == {date(2026, 1, 1)}
    assert tariff.calendar.yearly_holidays == {(12, 25)}
    assert tariff.rounding.line == Decimal("0.01")
    assert version.energy.rates.blocks == (Block(upto=Decimal(350)), Block())
    assert version.energy.rates.prices["off"] == (Decimal("0.2213"), Decimal("0.2513"))
    assert version.energy.periods[0].rules[0].days == {DayKind.WEEKDAY}
    assert (version.energy.periods[0].rules[0].begin, version.energy.periods[0].rules[0].end) == (960, 1260)
    assert version.demand[0].price == (Decimal("8.09"),)
    assert version.minimum is not None
    assert version.minimum.amount == 15


def test_default_is_the_export_price_of_all_periods_without_one() -> None:
    document = home(put("versions.0.export.prices", {"default": ["0.06"], "peak": ["0.1", "0.2"]}))
    export = read(document).versions[0].export
    assert export is not None
    assert export.prices == {
        "summer_peak": (Decimal("0.06"),),
        "peak": (Decimal("0.1"), Decimal("0.2")),
        "summer_off": (Decimal("0.06"),),
        "off": (Decimal("0.06"),),
    }


@pytest.mark.parametrize(
    ("value", "price"), [("0.10", "0.1"), (0.1, "0.1"), (3, "3"), ("-2e-1", "-0.2"), ("1e3", "1000"), ("007.50", "7.5")]
)
def test_numbers_may_be_texts_and_json_numbers(value: object, price: str) -> None:
    document = home(put("versions.0.demand.0.price", value))
    tariff = read(document)
    assert tariff.versions[0].demand[0].price == (Decimal(price),)
    assert write(tariff)["versions"][0]["demand"][0]["price"] == price  # type: ignore[index,call-overload]


@pytest.mark.parametrize("netting", [0, 5, 15, 30, 60, "day", "cycle"])
def test_spans_of_netting(netting: int | str) -> None:
    export = read(home(put("versions.0.export.netting_min", netting))).versions[0].export
    assert export is not None
    assert export.netting == (NettingSpan(netting) if isinstance(netting, str) else netting)


def test_a_tariff_without_anything_unusual_is_a_short_document() -> None:
    short = {
        "schema": "panel_meter.tariff/1",
        "id": "flat",
        "name": "Flat",
        "currency": "IDR",
        "versions": [{"valid_from": "2026-01-01", "energy": {"prices": {"default": ["1444.7"]}}}],
    }
    assert write(read(short)) == short


def test_every_field_is_understood() -> None:
    document = home(
        put("clock", "standard"),
        put("time_zone", "Asia/Jakarta"),
        put("calendar.weekend", ["friday", "saturday"]),
        put("calendar.yearly", ["02-29"]),
        put("cycle", {"anchor_day": 31, "months": 2, "first_month": 2, "read_dates": ["2026-02-03", "2026-04-05"]}),
        put("taxes.0", {"name": "VAT", "percent": 20, "on": ["credit"], "compound": True, "exempt": ["service"]}),
        put("prices_include_tax", value=True),
        put("net_phases", value=True),
        put("rounding", {"energy": "floor_kwh", "line": "1", "mode": "floor", "groups": [["energy", "service"]]}),
        put("versions.0.energy.alternatives", [{"over": "500", "prices": dict.fromkeys(PERIODS, 1)}]),
        put("versions.0.energy.adders", [{"name": "levy", "price": "1.4"}]),
        put("versions.0.energy.cap", "0.4"),
        put("versions.0.energy.floor", "-0.1"),
        put(
            "versions.0.energy.dynamic",
            {
                "entity_id": "sensor.price",
                "unit": "EUR/MWh",
                "multiplier": "0.001",
                "offset": {"peak": "0.05"},
                "resolution_min": 30,
                "missing": "fallback",
                "fallback": "0.3",
                "hold_hours": 12,
            },
        ),
        put("versions.0.export.settle_month", 3),
        put("versions.0.export.settle_price", "0.02"),
        put("versions.0.demand.0.blocks", [{"upto": "50"}, {}]),
        put("versions.0.demand.0.price", ["8", "4"]),
        put("versions.0.demand.0.stat", "mean_top_days"),
        put("versions.0.demand.0.n", 4),
        put("versions.0.demand.0.min_kw", "3"),
        put("versions.0.demand.0.ratchet", {"percent": "80", "cycles": 11, "months": [6, 7]}),
        put("versions.0.demand.0.season", "summer"),
        put(
            "versions.0.fixed",
            [
                {
                    "name": "service",
                    "by_usage": [{"upto": "200", "amount": "910"}, {"amount": "1600"}],
                    "quantity": 2,
                    "season": "summer",
                    "prorate": False,
                    "per": "month",
                }
            ],
        ),
        put("versions.0.minimum", {"hours": "40", "quantity": "1.3", "basis": ["energy"]}),
        put("versions.0.credits", [{"name": "climate", "amount": "36.18", "months": [4, 10]}]),
        put("versions.0.on_change", "carry"),
    )
    tariff = read(document)
    written = write(tariff)
    # What is as usual is left out; all else stands as it stood.
    for key in ("clock", "time_zone", "prices_include_tax", "net_phases", "cycle"):
        assert written[key] == document[key], key
    version: Any = written["versions"]
    for key in ("minimum", "credits", "on_change", "fixed"):
        expected = document["versions"][0][key]
        if key == "fixed":
            expected = [{**expected[0], "quantity": "2"}]
        assert version[0][key] == expected, key
    assert version[0]["energy"]["dynamic"] == document["versions"][0]["energy"]["dynamic"]
    assert read(written) == tariff


PERIODS = ("summer_peak", "peak", "summer_off", "off")


# --- there and back ---


@SLOW
@given(tariffs())
def test_what_is_written_is_read_as_the_same_tariff(tariff: Tariff) -> None:
    assert [problem for problem in check(tariff) if not problem.warning] == []
    document = write(tariff)
    again = read(json.loads(json.dumps(document)))
    assert again == tariff
    assert write(again) == document


def test_equal_tariffs_are_equal_documents() -> None:
    one = home(put("versions.0.demand.0.price", "8.090"), put("calendar.holidays", ["12-25", "2026-01-01"]))
    assert write(read(one)) == write(read(home()))


# --- hostile and wrong ---


@SLOW
@given(json_values)
def test_nothing_else_is_raised_for_anything(value: Any) -> None:
    with pytest.raises(TariffInvalid):
        read(value)


@SLOW
@given(st.data(), json_values)
def test_nothing_else_is_raised_for_a_spoilt_document(data: st.DataObject, value: Any) -> None:
    document: Any = home()
    place = document
    while True:
        keys = list(place) if isinstance(place, dict) else range(len(place))
        key = data.draw(st.sampled_from(list(keys))) if keys else None
        if key is None:
            break
        inner = place[key]
        if not isinstance(inner, dict | list) or data.draw(st.booleans()):
            place[key] = value
            break
        place = inner
    said: list[Any]
    try:
        tariff = read(document)
    except TariffInvalid as refused:
        said = [problem.text for problem in refused.problems]
    else:
        said = [write(tariff) == write(read(write(tariff)))]
    assert said
    assert all(said)


def deep(levels: int) -> object:
    value: object = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [deep(100_000), {"a": deep(100_000)}, "x" * 1_000_000, 10**5000, float("nan"), b"{}"],
    ids=["deep", "deep object", "long", "huge", "nan", "bytes"],
)
@pytest.mark.parametrize(
    "path", ["versions", "versions.0.energy.prices.peak", "id", "currency", "schema", "taxes.0.on"]
)
def test_depth_and_size_do_no_harm(value: object, path: str) -> None:
    assert all(len(path) < 200 for _, path in codes(home(put(path, value))))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (drop("schema"), ("T30", "")),
        (drop("versions.0.valid_from"), ("T30", "versions.0")),
        (drop("versions.0.energy.prices"), ("T30", "versions.0.energy")),
        (put("versoins", []), ("T31", "")),
        (put("versions.0.energy.periods.0.rules.0.until", "x"), ("T31", "versions.0.energy.periods.0.rules.0")),
        (put("schema", "panel_meter.tariff/2"), ("T34", "schema")),
        (put("versions.0.energy.prices.peak", ["0,25", "1"]), ("T02", "versions.0.energy.prices.peak.0")),
        (put("versions.0.energy.prices.peak", [float("nan"), "1"]), ("T02", "versions.0.energy.prices.peak.0")),
        (put("versions.0.energy.prices.peak", [float("inf"), "1"]), ("T02", "versions.0.energy.prices.peak.0")),
        (put("versions.0.energy.prices.peak", [True, "1"]), ("T02", "versions.0.energy.prices.peak.0")),
        (put("versions.0.energy.prices.peak", ["1e400", "1"]), ("T41", "versions.0.energy.prices.peak.0")),
        (put("versions.0.energy.prices.peak", ["1e999999999", "1"]), ("T02", "versions.0.energy.prices.peak.0")),
        (put("versions.0.energy.prices.peak", ["1e-300", "1"]), ("T42", "versions.0.energy.prices.peak.0")),
        (put("versions.0.energy.prices.peak", ["\u0661", "1"]), ("T02", "versions.0.energy.prices.peak.0")),
        (put("versions.0.energy.prices.peak", ["1_0", "1"]), ("T02", "versions.0.energy.prices.peak.0")),
        (put("versions.0.energy.prices", {"a\x00b": "1"}), ("T35", "versions.0.energy.prices")),
        (
            put("versions.0.energy.periods.0.rules.0.from", "16:00:30"),
            ("T23", "versions.0.energy.periods.0.rules.0.from"),
        ),
        (put("versions.0.energy.periods.0.rules.0.from", "24:01"), ("T32", "versions.0.energy.periods.0.rules.0.from")),
        (put("versions.0.energy.periods.0.rules.0.from", 960), ("T32", "versions.0.energy.periods.0.rules.0.from")),
        (
            put("versions.0.energy.periods.0.rules.0.days", ["workday"]),
            ("T32", "versions.0.energy.periods.0.rules.0.days.0"),
        ),
        (put("versions.0.energy.seasons.0.to", "02-30"), ("T46", "versions.0.energy.seasons.0.to")),
        (put("versions.0.energy.seasons.0.to", "30.9."), ("T32", "versions.0.energy.seasons.0.to")),
        (drop("versions.0.energy.allocation"), ("T21", "versions.0.energy")),
        (put("versions.0.demand.0.window", []), ("T16", "versions.0.demand.0.window")),
        (put("versions.0.demand.0.align", "meter"), ("T32", "versions.0.demand.0.align")),
        (put("versions.0.valid_from", "20260101"), ("T32", "versions.0.valid_from")),
        (put("versions.0.valid_from", "2026-02-30"), ("T32", "versions.0.valid_from")),
        (put("versions.0.export.netting_min", "hour"), ("T32", "versions.0.export.netting_min")),
        (put("versions.0.fixed.0", {"name": "service"}), ("T30", "versions.0.fixed.0")),
        (put("name", "\u202eevil"), ("T35", "name")),
        (put("name", ""), ("T35", "name")),
        (put("rounding.energy", "ceil"), ("T32", "rounding.energy")),
        (put("cycle.anchor_day", "7"), ("T32", "cycle.anchor_day")),
        (put("prices_include_tax", "yes"), ("T32", "prices_include_tax")),
    ],
)
def test_a_problem_names_its_place(change: Change, expected: tuple[str, str]) -> None:
    assert expected in codes(home(change))


def test_everything_that_is_wrong_is_said_at_once() -> None:
    found = codes(home(put("currency", 5), put("versions.0.energy.prices.off", "x"), drop("name")))
    assert {code for code, _ in found} >= {"T32", "T02", "T30"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("versions", [{}] * (MAX_VERSIONS + 1)),
        ("versions.0.energy.seasons", [{}] * 51),
        ("versions.0.energy.periods", [{}] * 51),
        ("versions.0.energy.periods.0.rules", [{}] * 51),
        ("versions.0.energy.blocks", [{}] * 51),
        ("calendar.holidays", ["2026-01-01"] * (MAX_DATES + 1)),
        ("calendar.yearly", ["01-01"] * (MAX_DATES + 1)),
        ("cycle.read_dates", ["2026-01-01"] * (MAX_DATES + 1)),
    ],
)
def test_lists_have_bounds(path: str, value: list[object]) -> None:
    assert ("T33", path) in codes(home(put(path, value)))


def test_lists_within_their_bounds_are_fine() -> None:
    dates = [date.fromordinal(date(2020, 1, 1).toordinal() + number).isoformat() for number in range(MAX_DATES)]
    tariff = read(home(put("calendar.holidays", dates), put("cycle.read_dates", dates)))
    assert len(tariff.calendar.holidays) == len(tariff.cycle.read_dates) == MAX_DATES


def test_a_problem_shows_what_was_read() -> None:
    with pytest.raises(TariffInvalid) as refused:
        read(home(put("versions.0.energy.prices.peak", ["0,25", "1"])))
    assert str(refused.value) == (
        "versions.0.energy.prices.peak.0: Price 0,25 is not a number; use a dot, e.g. 0.1523."
    )


def test_null_is_the_same_as_nothing() -> None:
    tariff = read(home(put("calendar", None), put("versions.0.export", None), put("versions.0.minimum", None)))
    assert tariff.calendar == Calendar()
    assert tariff.versions[0].export is None


def test_blocks_count_in_their_own_way() -> None:
    blocks = [{"upto": "13.8", "per": "day"}, {}]
    tariff = read(home(put("versions.0.energy.blocks", blocks), put("versions.0.export.mode", "carryover")))
    assert tariff.versions[0].energy.rates.blocks[0] == Block(upto=Decimal("13.8"), per=BlockPer.DAY)
    assert tariff.versions[0].export is not None
    assert tariff.versions[0].export.mode is ExportMode.CARRYOVER

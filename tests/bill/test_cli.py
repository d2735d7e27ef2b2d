"""The command that prints bills: files of every form, and sentences for wrong ones."""

from decimal import Decimal
import json
from pathlib import Path
from typing import Any

import pytest

from bill.cli import main
from bill.loads import Load, whole
from bill.options import options_of
from bill.rate import usages

DAY = [0] * 24
RATE: dict[str, Any] = {
    "energyratestructure": [[{"rate": 0.25, "unit": "kWh"}]],
    "energyweekdayschedule": [DAY] * 12,
    "energyweekendschedule": [DAY] * 12,
    "fixedchargefirstmeter": 5,
    "fixedchargeunits": "$/month",
}
TARIFF: dict[str, Any] = {
    "schema": "panel_meter.tariff/1",
    "id": "home",
    "name": "Home",
    "currency": "IDR",
    "taxes": [{"name": "VAT", "percent": "10"}],
    "versions": [{"valid_from": "2020-01-01", "energy": {"prices": {"default": ["1500"]}}}],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put(tmp_path / "load.json", {"interval_minutes": 60, "start": "2018-01-01T00:00:00+00:00", "values": [1] * 8760})
    put(tmp_path / "sun.json", {"interval_minutes": 60, "start": "2018-01-01T00:00:00+00:00", "values": [0.5] * 8760})
    put(tmp_path / "rate.json", RATE)
    put(tmp_path / "tariff.json", TARIFF)
    put(tmp_path / "case.json", case())
    return tmp_path


def case(**values: Any) -> dict[str, Any]:
    return {"load": "load.json", "generation": None, "interval_minutes": 60, "options": {}, "rate": RATE, **values}


def put(path: Path, document: object) -> Path:
    path.write_text(json.dumps(document))
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main([str(each) for each in arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


# --- cases ---


def test_a_case_is_printed_by_month(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, folder / "case.json")
    assert (code, err) == (0, "")
    months = json.loads(out)["months"]
    assert [month["month"] for month in months] == list(range(1, 13))
    assert months[1] == {
        "bill": 173.0,
        "energy_charge": 168.0,
        "fixed": 5.0,
        "minimum": 0.0,
        "demand_flat": 0.0,
        "demand_tou": 0.0,
        "true_up_credit": 0.0,
        "month": 2,
        "import_kwh": 672.0,
        "export_kwh": 0.0,
        "peak_kw": 1.0,
        "export_credit_earned": 0.0,
        "kwh_by_period_tier": {"0,0": 672.0},
    }


def test_a_case_as_a_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, folder / "case.json", "--table")
    assert code == 0
    assert out.splitlines()[2].split()[:2] == ["173.00", "168.00"]


def test_holidays_of_a_case_are_weekends(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rate = {
        **RATE,
        "energyratestructure": [[{"rate": 0.1}], [{"rate": 1.0}]],
        "energyweekdayschedule": [[1] * 24] * 12,
    }
    days = {"year": 2018, "tz": "UTC", "holidays": ["2018-02-01"]}
    for calendar, weekdays in (({**days, "holidays": []}, 20), (days, 19)):
        path = put(folder / "holidays.json", case(rate=rate, calendar=calendar))
        month = json.loads(run(capsys, path)[1])["months"][1]
        assert month["kwh_by_period_tier"]["1,0"] == weekdays * 24


@pytest.mark.parametrize(
    ("options", "minimum"),
    [
        ({"monthly_min_charge": 200}, 27.0),
        ({"ur_monthly_min_charge": "200"}, 27.0),
        ({"minimum": 200}, 27.0),
        ({"mincharge": 200}, 27.0),
        ({"nonsense": 200}, 0.0),
    ],
)
def test_options_have_many_names(
    options: dict[str, Any], minimum: float, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, put(folder / "options.json", case(options=options)))
    assert code == 0
    assert json.loads(out)["months"][1]["minimum"] == minimum
    assert ("nonsense" in err) == ("nonsense" in options)


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("nm_yearend_sell_rate", 0.027, "settle_price", "0.027"),
        ("ur_nm_yearend_sell_rate", 0.027, "settle_price", "0.027"),
        ("year_end_sell_rate", 0.027, "settle_price", "0.027"),
        ("annual_min_charge", 100, "annual_minimum", "100"),
        ("ur_annual_min_charge", 100, "annual_minimum", "100"),
        ("yearly_minimum", 100, "annual_minimum", "100"),
        ("monthly_min_charge", 100, "monthly_minimum", "100"),
        ("lookback_percent", 0.8, "lookback_percent", "80.0"),
        ("ratchet_pct", 80, "lookback_percent", "80"),
        ("ur_billing_demand_lookback_percentages", [[80, 0]] * 12, "lookback_percent", "80"),
        ("ur_billing_demand_lookback_period", 11, "lookback_months", "11"),
        ("lookbackrange", 11, "lookback_months", "11"),
        ("ur_billing_demand_minimum", 3, "minimum_kw", "3"),
        ("ur_nm_credit_month", 11, "settle_month", "12"),
        ("true_up_month", 4, "settle_month", "4"),
        ("monthly_fixed_charge", 7, "monthly_fixed", "7"),
    ],
)
def test_options_are_known_by_their_words(name: str, value: object, field: str, expected: str) -> None:
    for document in ({"options": {name: value}}, {name: value}):
        found = options_of(document)
        assert str(getattr(found, field)) == expected
        assert found.unknown == ()


@pytest.mark.parametrize("name", ["yearzero_peaks", "ur_yearzero_usage_peaks", "year_zero_demand_kw"])
def test_peaks_of_the_year_before(name: str) -> None:
    assert options_of({"options": {name: list(range(12))}}).peaks_before == tuple(range(12))


def test_options_may_lie_in_one_another() -> None:
    found = options_of(
        {
            "options": {
                "minimum": {"monthly": 5, "annual": 60},
                "ratchet": {"pct": 0.8, "range": 11, "yearzero_peaks": [1] * 12},
                "odd": {"thing": 1},
            }
        }
    )
    assert (found.monthly_minimum, found.annual_minimum) == (5, 60)
    assert (found.lookback_percent, found.lookback_months, len(found.peaks_before)) == (80, 11, 12)
    assert found.unknown == ("odd_thing",)
    assert options_of({"lookbackmonths": [0, 1] * 6}).lookback_chosen == [0, 1] * 6


def test_an_inline_load_is_fine(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = case(load={"interval_minutes": 30, "start": "2018-01-01T00:00:00+00:00", "values": [1, 2, 3]})
    code, out, _ = run(capsys, put(folder / "inline.json", made))
    assert code == 0
    (month,) = json.loads(out)["months"]
    assert (month["import_kwh"], month["peak_kw"]) == (6.0, 6.0)


# --- tariffs and loads ---


def test_a_tariff_and_a_load(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = ["start,kwh,export_kwh", "2026-01-31T23:00:00+07:00,2,0", "2026-02-01T00:00:00+07:00,3,1"]
    (folder / "load.csv").write_text("\n".join(rows))
    code, out, _ = run(capsys, folder / "tariff.json", folder / "load.csv", "--zone", "Asia/Jakarta", "--json")
    assert code == 0
    bills = json.loads(out)["bills"]
    assert [(bill["from"], bill["total"], bill["import_kwh"], bill["export_kwh"]) for bill in bills] == [
        ("2026-01-01", "3300", "2", "0"),
        ("2026-02-01", "4950", "3", "1"),
    ]
    assert [line["kind"] for line in bills[0]["lines"]] == ["energy", "tax"]


def test_a_table_has_a_row_per_bill_and_sums(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, folder / "rate.json", folder / "load.json", "--currency", "USD")
    lines = out.splitlines()
    assert code == 0
    assert lines[0] == "Amounts in USD."
    assert len(lines) == 2 + 12 + 1
    assert lines[3].split()[:3] == ["2018-02-01", "2018-03-01", "672.00"]
    assert lines[-1].split()[-1] == "2,250.00"


def test_generation_is_set_off_against_the_load(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = (folder / "rate.json", folder / "load.json", "--generation", folder / "sun.json")
    _, out, _ = run(capsys, *files, "--json")
    assert json.loads(out)["bills"][1]["import_kwh"] == "336"
    _, out, _ = run(capsys, *files, "--json", "--export", "buy_all_sell_all")
    bill = json.loads(out)["bills"][1]
    assert (bill["import_kwh"], bill["export_kwh"]) == ("672", "336")


def test_what_is_rounded_off_is_not_lost() -> None:
    energies = [Decimal("0.0000003")] * 10
    assert sum(whole(energies)) == 3
    load = Load(tuple(range(0, 11 * 3600, 3600)), tuple(energies))
    assert sum(usage.imported for usage in usages(load, apart=False)) == 3


# --- wrong files ---


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("broken.json", "{", "is no JSON file."),
        ("deep.json", "[" * 100_000, "is no JSON file."),
        ("binary.json", "\x00\x01", "is no JSON file."),
        ("number.json", "5", "cannot be billed."),
        ("wrong.json", json.dumps({**TARIFF, "currency": "rupiah"}), "cannot be billed."),
        ("case.json", json.dumps(case(rate=5)), "The field 'rate' of the case holds no rate."),
        ("case.json", json.dumps(case(load="gone.json")), "gone.json cannot be read: No such file or directory."),
        ("case.json", json.dumps(case(load=[1, -1])), "value 2 is -1, which is no energy."),
        ("case.json", json.dumps(case(load=[1, float("nan")])), "value 2 is nan, which is no energy."),
        ("case.json", json.dumps(case(load=[])), "holds 0 values; 1 to 400000 are possible."),
        ("case.json", json.dumps(case(metering="barter")), "The metering barter is not known"),
        ("case.json", json.dumps(case(tier_allocation="random")), "The tier_allocation random is not known"),
        ("case.json", json.dumps(case(generation=[1, 2])), "load and generation are not of the same intervals."),
        ("case.json", json.dumps(case(interval_minutes=0)), "an interval of 0 minutes is not possible."),
        ("case.json", json.dumps(case(calendar={"tz": "Mars/North"})), "Mars/North is no time zone"),
        ("case.json", json.dumps(case(calendar={"holidays": ["soon"]})), "holidays are dates"),
        ("case.json", json.dumps(case(options={"yearzero_peaks": [1]})), "The option yearzero_peaks needs 12 values."),
        ("case.json", json.dumps(case(options={"annual_min": "much"})), "is much, which is no number."),
        ("case.json", json.dumps(case(rate={})), "cannot be billed."),
    ],
    ids=lambda value: value[:40] if len(value) < 60 else "",
)
def test_a_wrong_file_is_a_sentence(
    name: str, content: str, sentence: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / name).write_text(content)
    code, out, err = run(capsys, folder / name, *([] if name == "case.json" else [folder / "load.json"]))
    assert (code, out) == (1, "")
    assert sentence in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("start,kwh\n2026-01-01,1", "needs a heading and at least two rows."),
        ("when,kwh\n1,1\n2,2", "needs the columns 'start' and 'kwh'"),
        ("start,kwh\n2026-01-01,1\n2026-01-01,2", "row 3 does not begin after the row above it."),
        ("start,kwh\n2026-01-01,1\n2026-01-02,x", "value 2 is x, which is no energy."),
        ("start,kwh\nyesterday,1\ntoday,2", "yesterday is no time such as"),
    ],
)
def test_a_wrong_csv_file_is_a_sentence(
    rows: str, sentence: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "load.csv").write_text(rows)
    code, _, err = run(capsys, folder / "tariff.json", folder / "load.csv")
    assert code == 1
    assert sentence in err


def test_energy_before_the_first_version_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    late = {**TARIFF, "versions": [{**TARIFF["versions"][0], "valid_from": "2018-02-01"}]}
    code, _, err = run(capsys, put(folder / "late.json", late), folder / "load.json")
    assert code == 0
    assert err == "bill: 744 kWh have no price.\n"


def test_a_zone_that_does_not_exist_is_a_sentence(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, put(folder / "zone.json", {**TARIFF, "time_zone": "Mars/North"}), folder / "load.json")
    assert code == 1
    assert "Mars/North is no time zone" in err


def test_a_tariff_needs_a_load(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, folder / "tariff.json")
    assert code == 1
    assert "name a load file, too" in err


def test_a_dynamic_price_needs_prices(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tariff = {**TARIFF, "versions": [{"valid_from": "2018-01-01", "energy": {"dynamic": {"entity_id": "sensor.p"}}}]}
    code, _, err = run(capsys, put(folder / "dynamic.json", tariff), folder / "load.json")
    assert code == 1
    assert "no file says what they were" in err


def test_a_missing_file_is_a_sentence(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, folder / "nowhere.json")
    assert code == 1
    assert "nowhere.json cannot be read" in err


def test_a_wrong_command_ends_with_2() -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--nonsense"])
    assert ended.value.code == 2


def test_a_tariff_can_be_printed_as_a_rate_of_urdb(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = put(folder / "plain.json", {key: value for key, value in TARIFF.items() if key != "taxes"})
    code, out, _ = run(capsys, path, "--urdb")
    assert code == 0
    exported = put(folder / "exported.json", json.loads(out))
    (folder / "load.csv").write_text("start,kwh\n2026-01-31T22:00:00+00:00,1\n2026-01-31T23:00:00+00:00,1")
    code, out, _ = run(capsys, exported, folder / "load.csv", "--currency", "IDR", "--json")
    assert code == 0
    assert json.loads(out)["bills"][0]["total"] == "3000"


def test_what_urdb_has_no_word_for_is_not_printed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, folder / "tariff.json", "--urdb")
    assert (code, out) == (1, "")
    assert "tax" in err.lower()

"""Adding and changing tariffs, as a person does it."""

from collections.abc import Mapping
from datetime import date
import json
from pathlib import Path
import re
import string
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

from homeassistant.config_entries import SOURCE_USER, ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.panel_meter.core.tariff.problems import SENTENCES
from custom_components.panel_meter.core.tariff.reading import read
from custom_components.panel_meter.core.tariff.rulebook import Rulebook
from custom_components.panel_meter.core.tariff.validation import check
from custom_components.panel_meter.flows.week import Week, drawn, weeks
from tests.core.protocol import PANEL

from .conftest import an_entry, subscribed, unload_all

FOLDER = Path(__file__).parent.parent.parent / "custom_components" / "panel_meter"
TEXTS = json.loads((FOLDER / "translations" / "en.json").read_text())
OURS = TEXTS["config_subentries"]["tariff"]

CYCLE = {"anchor_day": 7, "months": "1", "first_month": "1"}
CHARGES = {"tax": 20, "prices_include_tax": False, "fixed": 4.5, "fixed_per": "month", "demand": False, "export": False}


class Person:
    """Fills in the forms of one flow and remembers what is shown."""

    def __init__(self, hass: HomeAssistant, flow: Any) -> None:
        self.hass, self.flow = hass, flow

    @property
    def step(self) -> str:
        return str(self.flow.get("step_id"))

    @property
    def errors(self) -> Mapping[str, str]:
        return self.flow.get("errors") or {}

    @property
    def shown(self) -> Mapping[str, str]:
        return self.flow["description_placeholders"]

    async def choose(self, step: str) -> None:
        await self.answer(next_step_id=step)

    async def answer(self, **answers: Any) -> None:
        """Answer the page; every text that it shows must be there."""
        self.flow = await self.hass.config_entries.subentries.async_configure(self.flow["flow_id"], answers)
        if self.flow["type"] in (FlowResultType.FORM, FlowResultType.MENU):
            self.look()

    def look(self) -> None:
        page = OURS["step"][self.step]
        if self.flow["type"] is FlowResultType.MENU:
            assert set(self.flow["menu_options"]) <= set(page["menu_options"])
            return
        known = self.flow.get("description_placeholders") or {}
        asked = [str(field) for field in self.flow["data_schema"].schema]
        texts = [page["title"], page.get("description", ""), *(OURS["error"][error] for error in self.errors.values())]
        if self.step != "prices":
            assert set(asked) <= set(page.get("data", {}))
            assert set(asked) <= set(page.get("data_description", {}))
            texts += [page["data_description"][field] for field in asked]
        assert set(self.errors) <= {*asked, "base"}
        for selector in self.flow["data_schema"].schema.values():
            if key := selector.config.get("translation_key"):
                assert set(selector.config["options"]) == set(TEXTS["selector"][key]["options"])
        for text in texts:
            assert slots(text) <= set(known), text

    def suggested(self) -> dict[str, Any]:
        """What the form suggests."""
        return {
            str(field): field.description["suggested_value"]
            for field in self.flow["data_schema"].schema
            if field.description and field.description.get("suggested_value") is not None
        }

    async def accept(self, **answers: Any) -> None:
        """Take what is suggested, but for some answers."""
        await self.answer(**{**self.suggested(), **answers})

    async def save(self) -> None:
        assert self.step == "confirm"
        await self.answer()
        await self.hass.async_block_till_done()


def slots(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


async def adds(hass: HomeAssistant, entry: MockConfigEntry, kind: str) -> Person:
    flow = await hass.config_entries.subentries.async_init((entry.entry_id, "tariff"), context={"source": SOURCE_USER})
    person = Person(hass, flow)
    assert person.flow["type"] is FlowResultType.MENU
    person.look()
    await person.choose(kind)
    return person


async def changes(hass: HomeAssistant, entry: MockConfigEntry, what: str, title: str = "") -> Person:
    chosen = next(each for each in tariffs(entry) if title in each.title)
    person = Person(hass, await entry.start_subentry_reconfigure_flow(hass, chosen.subentry_id))
    person.look()
    await person.choose(what)
    return person


def tariffs(entry: MockConfigEntry) -> list[ConfigSubentry]:
    return [each for each in entry.subentries.values() if each.subentry_type == "tariff"]


async def goes_on(person: Person, **charges: Any) -> None:
    """From the page of the panels to the last one."""
    assert person.step == "panels", person.errors
    await person.accept(valid_from="2026-01-01")
    assert person.step == "cycle"
    await person.accept(**CYCLE)
    assert person.step == "charges"
    answers = {**CHARGES, **charges}
    await person.answer(**{key: value for key, value in answers.items() if value is not None})


async def a_flat_one(hass: HomeAssistant, entry: MockConfigEntry, name: str = "Plain", **panels: Any) -> None:
    person = await adds(hass, entry, "flat")
    await person.answer(name=name, price=0.3)
    await person.accept(valid_from="2026-01-01", **panels)
    await person.accept(**CYCLE)
    await person.answer(**CHARGES)
    await person.save()


def only(entry: MockConfigEntry) -> dict[str, Any]:
    (subentry,) = tariffs(entry)
    return dict(subentry.data["tariff"])


# --- adding ---


async def test_one_price(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    person = await adds(hass, entry, "flat")
    await person.answer(name="  Plain   price ", price=0.1523)
    assert person.suggested()["panels"] == [PANEL.id]
    await goes_on(person)
    assert person.shown["summary"] == "**Now**: 0\\.18276 EUR/kWh, with taxes."
    await person.save()
    (subentry,) = tariffs(entry)
    assert (subentry.title, subentry.data["panels"]) == ("Plain price", [PANEL.id])
    assert subentry.unique_id == subentry.data["tariff"]["id"]
    tariff = read(subentry.data["tariff"])
    assert str(tariff.versions[0].energy.rates.prices["default"][0]) == "0.1523"
    assert tariff.versions[0].valid_from == date(2026, 1, 1)
    assert (tariff.cycle.anchor_day, tariff.currency) == (7, hass.config.currency)
    assert [(each.name, str(each.percent)) for each in tariff.taxes] == [("Tax", "20")]
    assert [(str(each.amount), each.per) for each in tariff.versions[0].fixed] == [("4.5", "month")]


async def test_day_and_night(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    person = await adds(hass, entry, "day_night")
    await person.accept(day_price=0.3, night_price=0.2, night_weekend=True)
    await goes_on(person, tax=None)
    summary = person.shown["summary"]
    assert "**day**: 0\\.30 EUR/kWh, Mon\\-Fri 06:00\\-22:00" in summary
    assert "**night**: 0\\.20 EUR/kWh, Mon\\-Fri 00:00\\-06:00, 22:00\\-24:00; Sat\\-Sun all day" in summary
    assert summary.count("<tr>") == 8
    assert "with taxes" not in summary
    await person.save()
    assert only(entry)["versions"][0]["energy"]["default_period"] == "day"


async def test_a_price_that_nobody_entered_is_asked_for(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    person = await adds(hass, entry, "day_night")
    await person.accept(night_price=0)
    assert person.errors == {"day_price": "empty"}
    await person.accept(day_price=0.3)
    assert person.step == "panels"


async def test_seasons_are_two_pages_and_two_weeks(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    person = await adds(hass, entry, "seasons")
    await person.accept(peak_from="16:00:00", peak_to="21:00:00")
    assert person.step == "season_prices"
    await person.answer(summer_peak=0.5, winter_off_peak=0.2)
    assert person.errors == {"summer_off_peak": "empty"}
    await person.accept(summer_off_peak=0.3)
    await goes_on(person)
    summary = person.shown["summary"]
    assert "**Summer**" in summary
    assert "**Rest of the year**" in summary
    assert "**summer peak**: 0\\.60 EUR/kWh, Mon\\-Fri 16:00\\-21:00" in summary
    # One season has one price only: a picture of one colour would tell nothing.
    assert summary.count("<table") == 1
    await person.save()
    assert list(only(entry)["versions"][0]["energy"]["prices"]) == [
        "summer peak",
        "summer off-peak",
        "winter off-peak",
    ]


async def test_blocks(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    person = await adds(hass, entry, "blocks")
    await person.accept(price_1=0.1, limit_1=200, price_2=0.2, limit_2=300)
    assert person.errors == {"price_2": "T08"}
    await person.accept(price_3=0.3, limit_1=300, limit_2=200)
    assert person.errors == {"limit_2": "T09"}
    assert (person.shown["a"], person.shown["b"]) == ("300", "200")
    await person.accept(limit_1=200, limit_2=300)
    await goes_on(person)
    assert "in the first block" in person.shown["summary"]
    await person.save()
    energy = only(entry)["versions"][0]["energy"]
    assert energy["blocks"] == [{"upto": "200"}, {"upto": "300"}, {}]
    assert energy["prices"] == {"default": ["0.1", "0.2", "0.3"]}


async def test_blocks_and_times_ask_for_as_many_prices_as_there_are_blocks(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    person = await adds(hass, entry, "blocks_times")
    await person.accept(limit_1=300, peak_from="17:00:00", peak_to="17:00:00")
    assert person.errors == {"peak_to": "T06"}
    await person.accept(limit_1=300, peak_from="17:00:00", peak_to="20:00:00")
    assert person.step == "block_prices"
    assert [str(field) for field in person.flow["data_schema"].schema] == [
        "peak_1",
        "peak_2",
        "off_peak_1",
        "off_peak_2",
    ]
    await person.answer(peak_1=0.3, peak_2=0.4, off_peak_1=0.1, off_peak_2=0.2)
    await goes_on(person)
    await person.save()
    energy = only(entry)["versions"][0]["energy"]
    assert energy["prices"] == {"peak": ["0.3", "0.4"], "off-peak": ["0.1", "0.2"]}
    assert energy["allocation"] == "chronological"


@pytest.mark.parametrize(
    ("unit", "state", "shown"),
    [
        ("EUR/kWh", "0.25", "0\\.35"),
        ("EUR/MWh", "250", "0\\.35"),
        ("ct/kWh", "25", "0\\.35"),
        ("€/kWh", "0.25", "0\\.35"),
        ("EUR/kWh", "unavailable", None),
    ],
)
async def test_the_price_of_an_entity(
    hass: HomeAssistant, entry: MockConfigEntry, unit: str, state: str, shown: str | None
) -> None:
    hass.states.async_set("sensor.price", state, {"unit_of_measurement": unit})
    person = await adds(hass, entry, "dynamic")
    await person.accept(entity="sensor.price", adder=0.1)
    await goes_on(person, tax=None)
    if shown is None:
        assert "the price is not known" in person.shown["summary"]
        assert "sensor\\.price has no numeric state now" in person.shown["remarks"]
    else:
        assert f"{shown} EUR/kWh" in person.shown["summary"]
        assert "Worth a look" not in person.shown["remarks"]
    await person.save()
    assert only(entry)["versions"][0]["energy"]["dynamic"]["entity_id"] == "sensor.price"


async def test_an_entity_without_a_price_is_refused_at_its_field(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    hass.states.async_set("sensor.price", "20", {"unit_of_measurement": "°C"})
    person = await adds(hass, entry, "dynamic")
    await person.accept(entity="sensor.price")
    assert person.errors == {"entity": "T17"}
    assert (person.shown["e"], person.shown["unit"]) == ("sensor.price", "°C")


async def test_a_fallback_without_a_price_is_refused_at_its_field(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    hass.states.async_set("sensor.price", "0.2", {"unit_of_measurement": "EUR/kWh"})
    person = await adds(hass, entry, "dynamic")
    await person.accept(entity="sensor.price", missing="fallback")
    assert person.errors == {"fallback": "T43"}
    await person.accept(entity="sensor.price", missing="fallback", cap=0.1, floor=0.2, fallback=0.3)
    assert person.errors == {"floor": "T49"}


async def test_demand_and_export(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    person = await adds(hass, entry, "flat")
    await person.answer(name="All of it", price=0.3)
    await goes_on(person, demand=True, export=True)
    assert person.step == "demand"
    await person.accept(demand_price=8.09, demand_days="weekday", demand_from="12:00:00", demand_to="12:00:00")
    assert person.errors == {"demand_to": "T06"}
    await person.accept(demand_price=8.09, demand_days="weekday", demand_from="12:00:00", demand_to="18:00:00")
    assert person.step == "export"
    await person.accept(export_mode="net_billing", export_price=0.06, netting="60")
    await person.save()
    version = only(entry)["versions"][0]
    (demand,) = version["demand"]
    assert demand["window"] == [{"days": ["weekday"], "from": "12:00", "to": "18:00"}]
    assert demand["price"] == "8.09"
    assert version["export"] == {"mode": "net_billing", "netting_min": 60, "prices": {"default": ["0.06"]}}


async def test_numbers_that_are_none_are_refused_where_they_stand(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    person = await adds(hass, entry, "flat")
    for wrong in ("nan", "inf", float("nan")):
        await person.answer(name="Odd", price=wrong)
        assert person.errors == {"price": "T02"}
    await person.answer(name="Odd", price=1e30)
    assert person.errors == {"price": "T41"}
    await person.answer(name="Odd", price=-0.01)
    await person.accept(panels=[])
    assert person.errors == {"panels": "no_panel_chosen"}
    await person.accept(panels=[PANEL.id], valid_from="0300-01-01")
    assert person.errors == {"valid_from": "T61"}
    await person.accept(panels=[PANEL.id], valid_from="2026-1-5")
    await person.answer(anchor_day="nan", months="1", first_month="1")
    assert person.errors == {"anchor_day": "T14"}
    await person.accept(**CYCLE)
    await person.answer(**{**CHARGES, "tax": 101})
    assert person.errors == {"tax": "T19"}
    await person.answer(**{**CHARGES, "tax": "nan", "fixed": "nan"})
    assert person.errors == {"tax": "T02", "fixed": "T02"}
    assert tariffs(entry) == []


async def test_several_problems_that_need_the_same_words_are_told_together(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    person = await adds(hass, entry, "flat")
    await person.answer(name="x" * 65, price=1e30)
    # Both sentences speak of {x}.
    assert person.errors == {"name": "T35", "base": "more"}
    assert person.shown["more"] == "1.000E+30 is too high; the highest possible value is 1000000000000."


@pytest.mark.parametrize("name", ["", " ", "x" * 65, "a\u202eb", "a\x00b"])
async def test_names_that_cannot_be_shown_are_refused(hass: HomeAssistant, entry: MockConfigEntry, name: str) -> None:
    person = await adds(hass, entry, "flat")
    await person.answer(name=name, price=0.1)
    assert person.errors == {"name": "T35"}


# --- documents ---


def a_document(**changes: Any) -> dict[str, Any]:
    return {
        "schema": "panel_meter.tariff/1",
        "id": "home",
        "name": "<img src=x> **Mine**",
        "currency": "EUR",
        "versions": [{"valid_from": "2026-01-01", "energy": {"prices": {"default": "0.25"}}}],
        **changes,
    }


async def test_a_document(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    person = await adds(hass, entry, "document")
    assert read(json.loads(person.suggested()["document"])).currency == "EUR"
    await person.answer(document=json.dumps(a_document()))
    assert person.step == "panels"
    assert "valid_from" not in person.suggested()
    await person.accept()
    assert person.shown["name"] == r"\<img src=x\> \*\*Mine\*\*"
    await person.save()
    (subentry,) = tariffs(entry)
    assert subentry.title == "<img src=x> **Mine**"
    # The id of a document may be that of another tariff: a copy of one is a new one.
    assert subentry.unique_id == subentry.data["tariff"]["id"] != "home"


async def test_names_of_a_document_are_shown_and_never_rendered(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    energy = {
        "seasons": [{"name": "<svg>", "from": "06-01", "to": "08-31"}],
        "periods": [{"name": "![x](http://evil)", "rules": [{"from": "06:00", "to": "22:00"}]}],
        "default_period": "</table>",
        "prices": {"![x](http://evil)": "0.3", "</table>": "0.2"},
    }
    person = await adds(hass, entry, "document")
    versions = [{"valid_from": "2026-01-01", "energy": energy}]
    await person.answer(document=json.dumps(a_document(versions=versions)))
    await person.accept()
    summary = person.shown["summary"]
    assert r"\!\[x\]\(http\://evil\)" in summary
    assert r"**\<svg\>**" in summary
    assert summary.count("</table>") == summary.count("<table") == 2
    assert "![x]" not in summary


def a_week(today: date, **calendar: Any) -> Week:
    rules = [{"days": ["weekday"], "from": "02:30", "to": "21:00"}]
    energy = {"periods": [{"name": "peak", "rules": rules}], "prices": {"peak": "0.3", "default": "0.2"}}
    tariff = read(a_document(calendar=calendar, versions=[{"valid_from": "2026-01-01", "energy": energy}]))
    (week,) = weeks(Rulebook(tariff, ZoneInfo("Europe/Berlin")), tariff.versions[0], today, None)
    return week


def test_the_picture_is_of_a_week_without_holidays() -> None:
    ordinary = a_week(date(2026, 11, 18))
    assert {name.name: name.times for name in ordinary.shades.values()} == {
        "peak": "Mon-Fri 02:30-21:00",
        "default": "Mon-Fri 00:00-02:30, 21:00-24:00; Sat-Sun all day",
    }
    assert a_week(date(2026, 12, 23), yearly=["12-25", "01-01"]) == ordinary


@pytest.mark.parametrize("today", [date(2026, 3, 26), date(2026, 10, 22)])
def test_the_picture_has_no_hole_where_the_clock_changes(today: date) -> None:
    for stretches in a_week(today).days:
        covered = {minute for each in stretches for minute in range(each.begin, each.end)}
        assert covered == set(range(24 * 60))


def test_a_picture_has_nothing_but_what_flows_may_draw() -> None:
    """The frontend keeps these attributes of these elements and drops all others."""
    kept = {
        "table": {"role"},
        "tr": set(),
        "td": {"width", "colspan"},
        "svg": {"xmlns", "width", "height"},
        "path": {"stroke", "transform", "d"},
    }
    found = re.findall(r"<(\w+)([^>]*)>", drawn(a_week(date(2026, 11, 18))))
    assert {element for element, _ in found} == set(kept)
    for element, attributes in found:
        assert set(re.findall(r"([\w-]+)=", attributes)) <= kept[element]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (" ", "no_document"),
        ("{", "not_json"),
        ('{"a": NaN}', "not_json"),
        ("[" * 5000, "not_json"),
        ("[" * 500 + "]" * 500, "T32"),
        ("1" * 1_000_001, "document_too_long"),
        ("null", "T32"),
        ("{}", "T30"),
        (json.dumps(a_document(currency="USD")), "other_currency"),
        (json.dumps(a_document(time_zone="Europe/Nowhere")), "T60"),
        (json.dumps(a_document(time_zone="Europe")), "T60"),
        (json.dumps(a_document(versions=[])), "T38"),
    ],
)
async def test_a_wrong_document_is_refused(hass: HomeAssistant, entry: MockConfigEntry, text: str, error: str) -> None:
    person = await adds(hass, entry, "document")
    await person.answer(document=text)
    assert person.errors == {"document": error}
    assert tariffs(entry) == []


async def test_every_problem_of_a_document_is_listed_with_its_place(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    document = a_document(taxes=[{"name": "<script>", "percent": "x"}])
    document["versions"][0]["energy"] = {"prices": {"default": "0,25"}, "<b>": 1}
    person = await adds(hass, entry, "document")
    await person.answer(document=json.dumps(document))
    problems = person.shown["problems"]
    assert "- `versions.0.energy.prices.default`: Price 0,25 is not a number" in problems
    assert "`taxes.0.percent`" in problems
    assert r"\<b\>" in problems
    assert "\n- " in problems
    # What was typed stays.
    assert json.loads(person.suggested()["document"]) == document


async def test_a_rate_of_openei(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    rate = {
        "label": "539f",
        "name": "Residential",
        "energyratestructure": [[{"rate": 0.1, "max": 300}, {"rate": 0.2}], [{"rate": 0.3, "max": 300}, {"rate": 0.4}]],
        "energyweekdayschedule": [[0] * 16 + [1] * 5 + [0] * 3] * 12,
        "energyweekendschedule": [[0] * 24] * 12,
        "fixedchargefirstmeter": 5,
        "fixedchargeunits": "$/month",
    }
    person = await adds(hass, entry, "urdb")
    await person.answer(name="Rate", document=json.dumps({"items": [rate, rate]}))
    assert person.errors == {"document": "T24h"}
    await person.answer(name="Rate", document=json.dumps({"items": [{**rate, "energyweekdayschedule": [[0]]}]}))
    assert person.errors["document"].startswith("T24")
    await person.answer(name="Rate", document=json.dumps({"items": [rate]}))
    assert person.step == "panels"
    await person.accept(valid_from="2026-01-01")
    await person.accept(**CYCLE)
    assert person.suggested()["fixed"] == 5
    await person.accept()
    assert "Mon\\-Fri 16:00\\-21:00" in person.shown["summary"]
    await person.save()
    assert only(entry)["versions"][0]["fixed"][0]["amount"] == "5"


async def test_an_uploaded_rate(hass: HomeAssistant, entry: MockConfigEntry, tmp_path: Path) -> None:
    file = tmp_path / "rate.json"
    rate = {
        "energyratestructure": [[{"rate": 0.1}]],
        "energyweekdayschedule": [[0] * 24] * 12,
        "energyweekendschedule": [[0] * 24] * 12,
    }
    file.write_text(json.dumps(rate))
    upload = "0b3c9a5e-6a5b-4b7e-9d0e-000000000000"
    person = await adds(hass, entry, "urdb")
    await person.answer(name="Rate", file=upload)
    assert person.errors == {"file": "file_unreadable"}
    with patch("custom_components.panel_meter.flows.tariff_import.process_uploaded_file") as uploaded:
        uploaded.return_value.__enter__.return_value = file
        file.write_bytes(b"\xff\xfe\x00")
        await person.answer(name="Rate", file=upload)
        assert person.errors == {"file": "file_unreadable"}
        file.write_text("{")
        await person.answer(name="Rate", file=upload)
        assert person.errors == {"document": "not_json"}
        assert person.suggested()["document"] == "{"
        file.write_text(json.dumps(rate))
        await person.answer(name="Rate", file=upload)
    assert person.step == "panels"


# --- changing ---


async def test_new_prices_keep_the_old_ones(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await a_flat_one(hass, entry)
    person = await changes(hass, entry, "prices")
    assert set(person.suggested()) == {"valid_from", "Price", "Fixed: Fixed charge"}
    await person.accept(valid_from="2025-12-31", Price=0.4)
    assert person.errors == {"valid_from": "too_early"}
    await person.accept(valid_from="2026-07-01", Price=0.4)
    await person.save()
    first, second = read(only(entry)).versions
    assert [str(each.energy.rates.prices["default"][0]) for each in (first, second)] == ["0.3", "0.4"]
    assert second.valid_from == date(2026, 7, 1)
    assert second.fixed == first.fixed
    person = await changes(hass, entry, "prices")
    await person.accept(valid_from="2026-07-01", Price=0.5)
    await person.save()
    assert [str(each.energy.rates.prices["default"][0]) for each in read(only(entry)).versions] == ["0.3", "0.5"]


async def test_untouched_amounts_keep_digits_that_a_field_cannot_show(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    exact = "0.12345678901234567891"
    person = await adds(hass, entry, "document")
    versions = [{"valid_from": "2026-01-01", "energy": {"prices": {"default": exact}}}]
    await person.answer(document=json.dumps(a_document(versions=versions)))
    await person.accept()
    await person.save()
    person = await changes(hass, entry, "prices")
    await person.accept(valid_from="2026-07-01")
    await person.save()
    assert [each["energy"]["prices"]["default"] for each in only(entry)["versions"]] == [[exact], [exact]]


async def test_another_kind_from_a_day_on_keeps_the_charges(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await a_flat_one(hass, entry)
    person = await changes(hass, entry, "export")
    await person.accept(export_mode="net_billing", export_price=0.06)
    await person.save()
    person = await changes(hass, entry, "plan")
    await person.accept(valid_from="2026-09-01", kind="day_night")
    assert person.step == "day_night"
    await person.accept(day_price=0.4, night_price=0.2)
    await person.save()
    tariff = read(only(entry))
    first, second = tariff.versions
    assert tariff.name == "Plain"
    assert second.valid_from == date(2026, 9, 1)
    assert second.fixed == first.fixed
    assert second.export is not None
    assert set(second.export.prices) == {"day", "night"}


async def test_charges_that_do_not_fit_to_another_kind_are_named(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    person = await adds(hass, entry, "document")
    version = {
        "valid_from": "2026-01-01",
        "energy": {"seasons": [{"name": "s", "from": "06-01", "to": "08-31"}], "prices": {"default": "0.3"}},
        "fixed": [{"name": "Summer *fee*", "amount": "3", "season": "s"}],
    }
    await person.answer(document=json.dumps(a_document(versions=[version])))
    await person.accept()
    await person.save()
    person = await changes(hass, entry, "plan")
    await person.accept(valid_from="2026-09-01", kind="flat")
    await person.answer(name="x", price=0.2)
    assert r"does not have: Summer \*fee\*" in person.shown["remarks"]
    await person.save()
    assert "fixed" not in only(entry)["versions"][1]


async def test_cycle_charges_and_demand_are_corrected(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await a_flat_one(hass, entry)
    before = only(entry)
    person = await changes(hass, entry, "cycle")
    await person.accept(anchor_day=15, months="2", first_month="2")
    await person.save()
    person = await changes(hass, entry, "charges")
    assert "demand" not in person.suggested()
    await person.accept(tax=21, prices_include_tax=True)
    await person.save()
    person = await changes(hass, entry, "demand")
    await person.accept(demand_price=3, demand_stat="mean_top_days", demand_n=4)
    await person.save()
    after = read(only(entry))
    assert (after.cycle.anchor_day, after.cycle.months, after.cycle.first_month) == (15, 2, 2)
    assert after.prices_include_tax
    assert str(after.taxes[0].percent) == "21"
    assert after.versions[0].demand[0].n == 4
    assert only(entry)["id"] == before["id"]
    person = await changes(hass, entry, "demand")
    await person.accept(demand_price=0)
    await person.save()
    assert read(only(entry)).versions[0].demand == ()


async def test_pages_that_cannot_show_a_tariff_are_not_offered(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    version = {
        "valid_from": "2026-01-01",
        "energy": {"prices": {"default": "0.3"}},
        "demand": [{"name": "a", "price": "1", "ratchet": {"percent": "50", "cycles": 3}}],
    }
    person = await adds(hass, entry, "document")
    await person.answer(document=json.dumps(a_document(versions=[version])))
    await person.accept()
    await person.save()
    flow = await entry.start_subentry_reconfigure_flow(hass, tariffs(entry)[0].subentry_id)
    assert "demand" not in flow["menu_options"]
    assert "export" in flow["menu_options"]


async def test_a_tariff_that_cannot_be_read_can_be_mended(hass: HomeAssistant, mqtt_mock: Any) -> None:
    entry = an_entry((PANEL.id, "Apartment 101", "native"))
    entry.add_to_hass(hass)
    broken = ConfigSubentry(
        data={"tariff": {"schema": "panel_meter.tariff/9"}, "panels": [PANEL.id]},
        subentry_type="tariff",
        title="Broken",
        unique_id="tariff_1",
    )
    hass.config_entries.async_add_subentry(entry, broken)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await subscribed(hass)
    flow = await entry.start_subentry_reconfigure_flow(hass, broken.subentry_id)
    assert flow["menu_options"] == ["document"]
    person = Person(hass, flow)
    await person.choose("document")
    assert json.loads(person.suggested()["document"]) == {"schema": "panel_meter.tariff/9"}
    await person.answer(document=json.dumps(a_document()))
    await person.save()
    assert read(only(entry)).id == "tariff_1"
    await unload_all(hass)


async def test_a_panel_moves_to_the_tariff_that_is_chosen_last(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await a_flat_one(hass, entry, "First [x](y)")
    person = await adds(hass, entry, "flat")
    await person.answer(name="Second", price=0.1)
    assert r"Apartment 101: First \[x\]\(y\)" in person.shown["taken"]
    await goes_on(person)
    assert "These panels leave another tariff" in person.shown["remarks"]
    await person.save()
    assert {each.title: each.data["panels"] for each in tariffs(entry)} == {"First [x](y)": [], "Second": [PANEL.id]}
    person = await changes(hass, entry, "panels", "First")
    assert "valid_from" not in person.suggested()
    await person.answer(panels=[PANEL.id])
    await person.save()
    assert {each.title: each.data["panels"] for each in tariffs(entry)} == {"First [x](y)": [PANEL.id], "Second": []}


async def test_without_a_panel_there_is_nothing_to_price(hass: HomeAssistant, mqtt_mock: Any) -> None:
    entry = an_entry()
    entry.add_to_hass(hass)
    begin = hass.config_entries.subentries.async_init
    flow = await begin((entry.entry_id, "tariff"), context={"source": SOURCE_USER})
    assert flow["reason"] == "hub_not_loaded"
    assert await hass.config_entries.async_setup(entry.entry_id)
    await subscribed(hass)
    flow = await begin((entry.entry_id, "tariff"), context={"source": SOURCE_USER})
    assert flow["reason"] == "no_panels"
    await unload_all(hass)


# --- texts ---


def test_every_problem_has_its_sentence_with_the_same_placeholders() -> None:
    for code, sentence in SENTENCES.items():
        # Quotes around a placeholder would hide it from the formatter of the frontend.
        assert OURS["error"][code] == re.sub(r"'(\{\w+\})'", r'"\1"', sentence)


def test_every_text_of_the_flow_is_used() -> None:
    source = "\n".join(path.read_text() for path in (FOLDER / "flows").glob("tariff*.py"))
    assert [step for step in OURS["step"] if f"async_step_{step}(" not in source] == []
    assert [reason for reason in OURS["abort"] if f'"{reason}"' not in source] == [
        "already_configured",
        "reconfigure_successful",
    ]
    assert [error for error in OURS["error"] if error not in SENTENCES and f'"{error}"' not in source] == []


def test_every_field_of_the_flow_is_explained() -> None:
    for step, page in OURS["step"].items():
        assert set(page.get("data", {})) == set(page.get("data_description", {})), step
        assert set(page.get("menu_options", {})) == set(page.get("menu_option_descriptions", {})), step


GUIDE = (FOLDER.parent.parent / "docs" / "tariffs.md").read_text()


@pytest.mark.parametrize("example", re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL))
def test_every_example_of_the_guide_is_a_tariff(example: str) -> None:
    tariff = read(json.loads(example))
    assert [str(each) for each in check(tariff)] == []


def test_the_guide_names_every_field() -> None:
    """A document with every field is written by the same code that the flow saves with."""
    source = (FOLDER / "core" / "tariff" / "reading.py").read_text()
    keys = {
        key for call in re.findall(r"value\.fields\((.*?)\)", source, re.DOTALL) for key in re.findall(r'"(\w+)"', call)
    }
    assert len(keys) > 60
    assert [key for key in sorted(keys - {"tz", "align"}) if f"`{key}`" not in GUIDE] == []

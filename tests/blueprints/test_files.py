"""Every blueprint is complete, can be imported, is listed, and finds the entities that there are."""

from pathlib import Path
import re
from typing import Any
from urllib.parse import quote

from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.blueprint.models import Blueprint
from homeassistant.util import yaml as yaml_util
from homeassistant.util.yaml import extract_inputs, parse_yaml
import pytest

from tests.blueprints.conftest import BLUEPRINTS

REPOSITORY = BLUEPRINTS.parent.parent.parent
PAGE = REPOSITORY / "docs" / "automations.md"
SOURCE = "https://github.com/panel-meter/panel-meter/blob/main/blueprints/automation/panel_meter"
FILES = sorted(BLUEPRINTS.glob("*.yaml"))

every = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def loaded(path: Path) -> Blueprint:
    return Blueprint(
        yaml_util.load_yaml_dict(path), expected_domain="automation", path=path.name, schema=AUTOMATION_BLUEPRINT_SCHEMA
    )


def test_all_of_them_are_here() -> None:
    assert {path.stem for path in FILES} == {
        "appliance_finished",
        "appliance_left_on",
        "budget_warning",
        "nightly_summary",
        "notify_on_threshold",
        "offline_notice",
        "shed_loads",
        "solar_surplus",
    }


@every
def test_a_blueprint_says_what_it_is(path: Path) -> None:
    blueprint = loaded(path)
    assert blueprint.validate() is None
    about = blueprint.metadata
    assert about["name"].startswith("Panel Meter: ")
    assert len(about["description"]) > 100
    assert about["source_url"] == f"{SOURCE}/{path.name}"
    assert about["homeassistant"]["min_version"] == "2026.10.0"
    for name, each in blueprint.inputs.items():
        assert {"name", "selector"} <= set(each or {}), name


@every
def test_every_input_is_used_and_no_other(path: Path) -> None:
    blueprint = loaded(path)
    body = {key: value for key, value in blueprint.data.items() if key != "blueprint"}
    assert extract_inputs(body) == set(blueprint.inputs)


@every
def test_every_variable_of_the_inputs_is_used(path: Path) -> None:
    text = path.read_text()
    for name in loaded(path).data.get("variables", {}):
        used = re.sub(rf"^ +{name}: !input .*$", "", text.partition("\ntriggers:")[2], flags=re.MULTILINE)
        assert re.search(rf"\b{name}\b", used) or re.search(rf"^  \w+: \".*\b{name}\b", text, re.MULTILINE), name


@every
def test_a_run_waits_for_no_other_and_complains_of_none(path: Path) -> None:
    body = loaded(path).data
    assert body["max_exceeded"] == "silent"
    assert (body["mode"], body.get("max")) in {("queued", 2), ("single", None)}


@every
def test_it_survives_an_import(path: Path) -> None:
    # Importing reads the file, and writes what it has read.
    blueprint = loaded(path)
    again = parse_yaml(blueprint.yaml())
    assert again == blueprint.data


@every
def test_it_is_listed_with_its_import_link(path: Path) -> None:
    page = PAGE.read_text()
    link = "https://my.home-assistant.io/redirect/blueprint_import/?blueprint_url=" + quote(
        f"{SOURCE}/{path.name}", safe=""
    )
    assert f"]({link})" in page
    about = loaded(path).metadata
    assert f"### {about['name'].removeprefix('Panel Meter: ')[0].upper()}{about['name'][14:]}" in page


def test_the_page_lists_no_others() -> None:
    linked = re.findall(r"blueprint_url=\S*?%2F(\w+)\.yaml", PAGE.read_text())
    assert set(linked) == {path.stem for path in FILES}


def filters(path: Path) -> list[dict[str, Any]]:
    found = []
    for each in loaded(path).inputs.values():
        if each is not None and "entity" in each["selector"]:
            found += each["selector"]["entity"]["filter"]
    return found


@every
def test_its_own_entities_are_filtered(path: Path) -> None:
    for each in filters(path):
        if set(each["domain"]) <= {"sensor", "binary_sensor"}:
            assert each["integration"] == "panel_meter"
            assert each["device_class"]
        else:
            assert "integration" not in each


def test_the_parts_of_shed_loads_that_have_to_agree_do() -> None:
    text = (BLUEPRINTS / "shed_loads.yaml").read_text()
    parts = re.findall(r"^ +\{% set close = .*?(?=\{\{ )", text, re.DOTALL | re.MULTILINE)
    assert len(parts) == 3
    assert len({re.sub(r"^ +", "", part, flags=re.MULTILINE) for part in parts}) == 1

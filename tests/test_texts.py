"""Every text that the code needs is there, and no other."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
import json
from pathlib import Path
import re

from homeassistant.components.binary_sensor import BinarySensorEntityDescription
from homeassistant.components.event import EventEntityDescription
from homeassistant.components.number import NumberEntityDescription
from homeassistant.components.sensor import SensorEntityDescription
from homeassistant.components.switch import SwitchEntityDescription
from homeassistant.helpers.entity import EntityDescription
import pytest
import yaml

from custom_components.panel_meter import alert_sensors, binary_sensor, event, number, sensor, switch

INTEGRATION = Path(__file__).parent.parent / "custom_components" / "panel_meter"

#: Where the texts of a flow stand, by the file that holds its steps.
FLOWS = {
    "config_flow.py": ("config",),
    "flows/options.py": ("options",),
    "flows/panel.py": ("config_subentries", "panel"),
    "flows/source.py": ("config_subentries", "source"),
}

#: What describes the entities of a platform.
DESCRIPTIONS = {
    "binary_sensor": BinarySensorEntityDescription,
    "event": EventEntityDescription,
    "number": NumberEntityDescription,
    "sensor": SensorEntityDescription,
    "switch": SwitchEntityDescription,
}

#: Steps of a flow that stand in a file of their own.
MORE_STEPS = {"flows/panel.py": "flows/alerts.py"}

#: Home Assistant itself ends flows for these reasons.
REASONS_OF_HOME_ASSISTANT = {"already_configured", "already_in_progress", "reconfigure_successful"}


@dataclass(frozen=True)
class Use:
    """A place in the code that needs a text."""

    kind: str
    keys: tuple[str, ...]
    placeholders: frozenset[str]
    place: str


def texts() -> dict[str, object]:
    loaded: dict[str, object] = json.loads((INTEGRATION / "translations" / "en.json").read_text())
    return loaded


def at(tree: object, *path: str) -> Mapping[str, object]:
    for part in path:
        tree = tree.get(part, {}) if isinstance(tree, Mapping) else {}
    return tree if isinstance(tree, Mapping) else {}


def constants(module: ast.Module) -> dict[str, str]:
    """Names that a module gives to strings."""
    found = {}
    for node in module.body:
        target = node.target if isinstance(node, ast.AnnAssign) else None
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
        value = getattr(node, "value", None)
        if isinstance(target, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str):
            found[target.id] = value.value
    return found


def strings(node: ast.expr, names: Mapping[str, str]) -> tuple[str, ...]:
    """The strings that an expression can be."""
    match node:
        case ast.Constant(value=str(value)):
            return (value,)
        case ast.IfExp():
            return strings(node.body, names) + strings(node.orelse, names)
        case ast.Name():
            return (names[node.id],) if node.id in names else ()
    return ()


def uses(source: str, place: str) -> Iterator[Use]:
    """Exceptions and issues of a file that name a text."""
    module = ast.parse(source)
    names = constants(module)
    for node in ast.walk(module):
        if not isinstance(node, ast.Call):
            continue
        given = {each.arg: each.value for each in node.keywords if each.arg}
        is_issue = ast.unparse(node.func).endswith("async_create_issue")
        if "translation_key" not in given or not (is_issue or "translation_domain" in given):
            continue
        filled = given.get("translation_placeholders")
        placeholders = (
            frozenset(key.value for key in filled.keys if isinstance(key, ast.Constant))
            if isinstance(filled, ast.Dict)
            else frozenset()
        )
        keys = strings(given["translation_key"], names)
        yield Use("issues" if is_issue else "exceptions", keys, placeholders, f"{place}:{node.lineno}")


def slots(text: object) -> set[str]:
    """Placeholders of all texts below a node."""
    return set(re.findall(r"\{(\w+)\}", json.dumps(text)))


def code() -> Iterator[tuple[str, str]]:
    for path in sorted(INTEGRATION.rglob("*.py")):
        yield str(path.relative_to(INTEGRATION)), path.read_text()


def test_every_exception_and_issue_has_its_text() -> None:
    missing = []
    for place, source in code():
        for use in uses(source, place):
            for key in use.keys:
                text = at(texts(), use.kind).get(key)
                if text is None:
                    missing.append(f"{use.place}: {use.kind}.{key} has no text")
                elif use.placeholders and (unfilled := slots(text) - use.placeholders):
                    missing.append(f"{use.place}: {use.kind}.{key} needs {', '.join(sorted(unfilled))}")
    assert not missing, "\n".join(missing)


def test_every_exception_and_issue_text_is_used() -> None:
    everything = "\n".join(source for _, source in code())
    unused = [
        f"{kind}.{key}"
        for kind in ("exceptions", "issues")
        for key in at(texts(), kind)
        if f'"{key}"' not in everything
    ]
    assert not unused


def described_entities() -> Iterator[tuple[str, EntityDescription]]:
    for module in (alert_sensors, binary_sensor, event, number, sensor, switch):
        for value in vars(module).values():
            many = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else (value,)
            for each in many:
                if isinstance(each, EntityDescription):
                    yield next(name for name, kind in DESCRIPTIONS.items() if isinstance(each, kind)), each


def test_every_entity_has_a_name() -> None:
    found = list(described_entities())
    assert len(found) >= 10
    nameless = [
        f"{platform}.{each.key}"
        for platform, each in found
        if not (
            at(texts(), "entity", platform, each.translation_key).get("name")
            if isinstance(each.translation_key, str)
            else each.device_class
        )
    ]
    assert not nameless


def test_every_icon_belongs_to_a_named_entity_or_an_action() -> None:
    icons = json.loads((INTEGRATION / "icons.json").read_text())
    named = at(texts(), "entity")
    strangers = [
        f"{platform}.{key}"
        for platform, entries in icons.get("entity", {}).items()
        for key in entries
        if key not in at(named, platform)
    ]
    strangers += [name for name in icons.get("services", {}) if name not in at(texts(), "services")]
    assert not strangers


def steps(source: str) -> Iterator[tuple[int, str, str]]:
    """Line, kind and key of what the flows of a file show."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func).rsplit(".", 1)[-1]
        for given in node.keywords:
            kind = {
                ("async_show_form", "step_id"): "step",
                ("async_show_menu", "step_id"): "step",
                ("async_abort", "reason"): "abort",
                ("async_show_progress", "progress_action"): "progress",
            }.get((name, given.arg or ""))
            if kind is not None:
                for key in strings(given.value, {}):
                    yield node.lineno, kind, key


def source_of(place: str) -> str:
    """The code of a flow."""
    places = (place, MORE_STEPS[place]) if place in MORE_STEPS else (place,)
    return "\n".join((INTEGRATION / each).read_text() for each in places)


@pytest.mark.parametrize("place", FLOWS)
def test_every_step_of_a_flow_has_its_texts(place: str) -> None:
    ours = at(texts(), *FLOWS[place])
    missing = [f"line {line}: {kind} {key}" for line, kind, key in steps(source_of(place)) if key not in at(ours, kind)]
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("place", FLOWS)
def test_every_text_of_a_flow_has_its_step(place: str) -> None:
    source = source_of(place)
    ours = at(texts(), *FLOWS[place])
    strangers = [f"step {key}" for key in at(ours, "step") if f"async_step_{key}(" not in source]
    strangers += [
        f"abort {key}" for key in at(ours, "abort") if key not in REASONS_OF_HOME_ASSISTANT and f'"{key}"' not in source
    ]
    # The rules of alerts refuse limits with keys of their own.
    known = source + (INTEGRATION / "core/alerts/settings.py").read_text()
    strangers += [f"error {key}" for key in at(ours, "error") if f'"{key}"' not in known]
    assert not strangers


def test_every_field_of_a_form_is_explained() -> None:
    unexplained = []
    for path in FLOWS.values():
        for step, content in at(texts(), *path, "step").items():
            fields, explained = at(content, "data"), at(content, "data_description")
            unexplained += [f"{'.'.join(path)}.{step}.{field}" for field in fields if field not in explained]
    assert not unexplained


def test_every_action_is_explained() -> None:
    actions = yaml.safe_load((INTEGRATION / "services.yaml").read_text())
    missing = []
    for name, action in actions.items():
        text = at(texts(), "services", name)
        missing += [f"{name}.{part}" for part in ("name", "description") if not text.get(part)]
        for field in (action or {}).get("fields", {}):
            explained = at(text, "fields", field)
            missing += [f"{name}.{field}.{part}" for part in ("name", "description") if not explained.get(part)]
    assert not missing


def test_the_search_for_texts_sees_what_it_should() -> None:
    source = """
KEY: Final = "by_name"
raise HomeAssistantError(translation_domain=DOMAIN, translation_key="plain", translation_placeholders={"error": "x"})
ir.async_create_issue(hass, DOMAIN, "id", translation_key="one" if restored else KEY)
SelectSelectorConfig(translation_key="role")
"""
    found = [(use.kind, use.keys, use.placeholders) for use in uses(source, "")]
    assert found == [
        ("exceptions", ("plain",), frozenset({"error"})),
        ("issues", ("one", "by_name"), frozenset()),
    ]


def test_the_search_for_steps_sees_what_it_should() -> None:
    source = """
self.async_show_form(step_id="user", data_schema=schema)
self.async_abort(reason="gone" if gone else "late")
self.async_show_progress(step_id="listen", progress_action="hear", progress_task=task)
"""
    assert [found[1:] for found in steps(source)] == [
        ("step", "user"),
        ("abort", "gone"),
        ("abort", "late"),
        ("progress", "hear"),
    ]

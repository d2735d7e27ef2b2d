"""Config flows, driven through the interface that the web interface uses: fill in the form, press the button, go on."""

from collections.abc import Mapping
from dataclasses import dataclass

from .client import Client, Json, JsonObject
from .errors import DemoError
from .waiting import until

_FLOWS = "/api/config/config_entries/flow"
_SUBENTRY_FLOWS = "/api/config/config_entries/subentries/flow"
_MOST_STEPS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """How a flow ended."""

    #: ``create_entry`` or ``abort``.
    type: str
    #: Why it was aborted.
    reason: str | None
    #: The id of the entry that was created.
    entry: str | None
    #: The ids of the steps that were shown, in order.
    steps: tuple[str, ...]


async def start(client: Client, handler: str, answers: Mapping[str, object] | None = None) -> Finished:
    """Start the flow of an integration as a user does with "Add integration", and click through it."""
    first = await client.post(_FLOWS, {"handler": handler, "show_advanced_options": False})
    return await _drive(client, _object(first), answers or {})


async def start_subentry(client: Client, entry: str, kind: str, answers: Mapping[str, object]) -> Finished:
    """Add something to an entry, as a user does with its "Add" buttons, and click through it."""
    first = await client.post(_SUBENTRY_FLOWS, {"handler": [entry, kind], "show_advanced_options": False})
    return await _drive(client, _object(first), answers, _SUBENTRY_FLOWS)


async def go_on(client: Client, flow_id: str, answers: Mapping[str, object] | None = None) -> Finished:
    """Click through a flow that Home Assistant has started by itself, such as a discovery."""
    first = await client.get(f"{_FLOWS}/{flow_id}")
    return await _drive(client, _object(first), answers or {})


async def discovered(client: Client, handler: str) -> list[str]:
    """The ids of the flows of an integration that wait for the user on the integrations page."""
    rows = await client.command("config_entries/flow/progress")
    assert isinstance(rows, list)
    return [str(row["flow_id"]) for row in rows if isinstance(row, dict) and row["handler"] == handler]


async def _drive(client: Client, step: JsonObject, answers: Mapping[str, object], flows: str = _FLOWS) -> Finished:
    shown: list[str] = []
    for _ in range(_MOST_STEPS):
        kind = step["type"]
        if kind in ("create_entry", "abort"):
            return _finished(step, tuple(shown))
        path = f"{flows}/{step['flow_id']}"
        if kind == "progress":
            step = await _progressed(client, path, str(step.get("progress_action")))
            continue
        if step.get("errors"):
            raise DemoError(f"The step {step['step_id']} of {step['handler']} refuses our answers: {step['errors']}")
        shown.append(str(step["step_id"]))
        step = _object(await client.post(path, _reply(step, answers)))
    raise DemoError(f"The flow does not end; it showed {', '.join(shown)}.")


async def _progressed(client: Client, path: str, action: str) -> JsonObject:
    async def poll() -> JsonObject | None:
        step = _object(await client.get(path))
        return step if step["type"] != "progress" or step.get("progress_action") != action else None

    return await until(poll, f"the step {action}", timeout=150, pause=0.5)


def _reply(step: JsonObject, answers: Mapping[str, object]) -> dict[str, object]:
    if step["type"] == "menu":
        return {"next_step_id": _menu_choice(step, answers)}
    if step["type"] != "form":
        raise DemoError(f"The step {step['step_id']} is of the kind {step['type']}, which cannot be clicked through.")
    return _filled(step.get("data_schema") or [], answers)


def _menu_choice(step: JsonObject, answers: Mapping[str, object]) -> str:
    options = step["menu_options"]
    names = [str(option) for option in options] if isinstance(options, list | dict) else []
    wished = answers.get(str(step["step_id"]))
    return str(wished) if wished in names else names[0]


def _filled(schema: Json, answers: Mapping[str, object]) -> dict[str, object]:
    """A value for every field of a form that has or needs one."""
    assert isinstance(schema, list)
    values: dict[str, object] = {}
    for field in schema:
        assert isinstance(field, dict)
        name = str(field["name"])
        if field.get("type") == "expandable":
            values[name] = _filled(field["schema"], answers)
        elif name in answers:
            values[name] = answers[name]
        elif (value := _obvious(field)) is not None:
            values[name] = value
        elif field.get("required"):
            raise DemoError(f"The form asks for {name} and nobody told the demo what to answer.")
    return values


def _obvious(field: JsonObject) -> Json:
    """What a user who just wants to go on would leave or tick: everything on offer, else the default."""
    selector = field.get("selector")
    if isinstance(selector, dict):
        kind, settings = next(iter(selector.items()))
        options = settings.get("options") if isinstance(settings, dict) else None
        choices = [option["value"] if isinstance(option, dict) else option for option in options or []]  # type: ignore[union-attr]
        if kind == "select" and isinstance(settings, dict) and settings.get("multiple"):
            return choices
    else:
        kind, choices = str(field.get("type")), _legacy_choices(field.get("options"))
        if kind == "multi_select":
            return choices
    if (value := _preset(field)) is not None:
        return value
    if not field.get("required"):
        return None
    if kind == "boolean":
        return False
    return choices[0] if choices else None


def _preset(field: JsonObject) -> Json:
    description = field.get("description")
    if isinstance(description, dict) and description.get("suggested_value") is not None:
        return description["suggested_value"]
    return field.get("default")


def _legacy_choices(options: Json) -> list[Json]:
    if isinstance(options, dict):
        return list(options)
    if isinstance(options, list):
        return [option[0] if isinstance(option, list) else option for option in options]
    return []


def _finished(step: JsonObject, shown: tuple[str, ...]) -> Finished:
    entry = step.get("result")
    reason = step.get("reason")
    return Finished(
        type=str(step["type"]),
        reason=str(reason) if reason else None,
        entry=str(entry["entry_id"]) if isinstance(entry, dict) else None,
        steps=shown,
    )


def _object(value: Json) -> JsonObject:
    assert isinstance(value, dict)
    return value

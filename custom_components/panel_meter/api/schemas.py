"""JSON Schemas of the answers, by name, for the OpenAPI document. A test compares them with real answers."""

from collections.abc import Mapping
from typing import Final

from homeassistant.util.json import JsonObjectType, JsonValueType

from ..core.alerts.model import Kind, Severity
from ..core.model import Phase, Role
from ..core.steps import Step

type Schema = JsonObjectType


def _text(about: str = "") -> Schema:
    return {"type": "string", "description": about} if about else {"type": "string"}


def _number(about: str = "") -> Schema:
    return {"type": "number", "description": about} if about else {"type": "number"}


def _whole(about: str = "") -> Schema:
    return {"type": "integer", "description": about} if about else {"type": "integer"}


def _or_null(schema: Schema) -> Schema:
    """The same, or null: not known, not there, or not for the eyes of whoever asks."""
    kind = schema.get("type")
    if isinstance(kind, str) and "enum" not in schema:
        return {**schema, "type": list[JsonValueType]([kind, "null"])}
    return {"anyOf": list[JsonValueType]([schema, {"type": "null"}])}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _map(values: Schema, about: str = "") -> Schema:
    schema: Schema = {"type": "object", "additionalProperties": values}
    return {**schema, "description": about} if about else schema


def _words(values: tuple[str, ...]) -> Schema:
    return {"type": "string", "enum": list[JsonValueType](values)}


def _object(fields: Mapping[str, Schema], *optional: str) -> Schema:
    """An object with these fields and no others; all but the optional ones are always there."""
    properties: JsonObjectType = dict(fields)
    return {
        "type": "object",
        "properties": properties,
        "required": list[JsonValueType](name for name in fields if name not in optional),
        "additionalProperties": False,
    }


def _named(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _page(key: str, entry: str) -> Schema:
    return _object(
        {
            key: _list(_named(entry)),
            "total": _whole("Entries of all pages."),
            "next": _or_null(_text("Address of the next page.")),
        }
    )


def _each_panel(entry: str) -> Schema:
    return _object({"panels": _list(_named(entry))})


_WHEN: Final[Schema] = {"type": "string", "format": "date-time"}
_DAY: Final[Schema] = {"type": "string", "format": "date"}
_FLAG: Final[Schema] = {"type": "boolean"}
_ONLINE: Final = _or_null({**_FLAG, "description": "Null: it was not given the time to speak yet."})
_ENTITIES: Final = _map(_text(), "Entity ids by what they tell.")
_SEEN: Final[Mapping[str, Schema]] = {"id": _text(), "name": _text(), "online": _ONLINE, "last_seen": _or_null(_WHEN)}
_KWH: Final = _number("kWh, exact to 0.000001.")
_ENERGIES: Final = _map(
    _object({"imported_kwh": _KWH, "exported_kwh": _KWH}, "imported_kwh", "exported_kwh"), "By the id of the channel."
)
_DEMAND: Final = _object(
    {
        "name": _text(),
        "measured_kw": _number(),
        "billed_kw": _number(),
        "amount": _number(),
        "peaks": _list(
            _object(
                {
                    "start": _WHEN,
                    "end": _WHEN,
                    "kw": _number(),
                    "circuits": _list(_object({"name": _text(), "kw": _number()})),
                }
            )
        ),
    }
)
_LINE: Final = _object(
    {
        "kind": _text(),
        "name": _text(),
        "amount": _number("Credits are negative."),
        "block": _whole("From 1."),
        "quantity": _number(),
        "unit": _text(),
        "price": _number("Per unit; the mean where there were several."),
        "included": {**_FLAG, "description": "Shown, but within other amounts already."},
    },
    "block",
    "quantity",
    "unit",
    "price",
    "included",
)

SCHEMAS: Final[Mapping[str, Schema]] = {
    "Problem": {
        "type": "object",
        "description": "An error (RFC 9457).",
        "properties": {
            "type": _text("The same for the same problem for ever."),
            "title": _text(),
            "status": _whole(),
            "detail": _text("A sentence."),
        },
        "required": ["type", "title", "status", "detail"],
    },
    "Channel": _object(
        {
            "id": _text(),
            "name": _text(),
            "role": _words(tuple(role.value for role in Role)),
            "phase": _or_null(_words(tuple(phase.value for phase in Phase))),
            "rating_a": _or_null(_number("Of the breaker.")),
            "slot": _or_null(_whole("Place in the panel.")),
            "poles": _or_null(_whole()),
            "parent": _or_null(_text("Id of the channel that feeds this one.")),
            "entities": _ENTITIES,
        }
    ),
    "Panel": _object(
        {
            **_SEEN,
            "device_id": _or_null(_text("In Home Assistant.")),
            "codec": _or_null(_text()),
            "model": _or_null(_text()),
            "firmware": _or_null(_text()),
            "nominal_voltage_v": _or_null(_number()),
            "live_interval_s": _or_null(_number()),
            "tariff": _or_null(_text("Its name.")),
            "currency": _or_null(_text()),
            "roles": _map(_list(_text()), "Ids of channels by role."),
            "entities": _ENTITIES,
            "channels": _list(_named("Channel")),
        }
    ),
    "PanelPage": _page("panels", "Panel"),
    "PresentValues": _object(
        {
            **_SEEN,
            "channels": _map(
                _object(
                    {
                        "power_w": _or_null(_number("Import is positive.")),
                        "current_a": _or_null(_number()),
                        "power_factor": _or_null(_number()),
                    }
                ),
                "By the id of the channel.",
            ),
            "voltage_v": _list(_or_null(_number())),
            "frequency_hz": _or_null(_number()),
            "temperature_c": _or_null(_number()),
            "not_metered_w": _or_null(_number("What the mains carry and no other channel measures.")),
        }
    ),
    "Live": _each_panel("PresentValues"),
    "Usage": _object(
        {
            "panel": _text(),
            "step": _words(tuple(step.value for step in Step)),
            "time_zone": _text(),
            "settled_until": _or_null({**_WHEN, "description": "Up to then all energy is known."}),
            "registers": _list(
                _object(
                    {
                        "register": _text(),
                        "channel": _text(),
                        "name": _text(),
                        "direction": _words(("import", "export")),
                    }
                )
            ),
            "steps": _list(_object({"start": _WHEN, "end": _WHEN, "energy_kwh": _list(_KWH)})),
            "total_kwh": _list(_KWH),
            "next": _or_null(_text("Address of the next page; the totals are those of this page.")),
        }
    ),
    "PanelToday": _object(
        {
            "id": _text(),
            "start": _WHEN,
            "energy_kwh": _or_null(_KWH),
            "cost": _or_null(_number()),
            "currency": _or_null(_text()),
            "channels": _ENERGIES,
            "circuit_costs": _map(_number(), "By the id of the channel."),
        }
    ),
    "Today": _each_panel("PanelToday"),
    "PanelMonths": _object(
        {
            "id": _text(),
            "year": _whole(),
            "months": _list(
                _object({"month": _whole(), "start": _WHEN, "energy_kwh": _or_null(_KWH), "channels": _ENERGIES})
            ),
        }
    ),
    "Monthly": _object({"year": _whole(), "panels": _list(_named("PanelMonths"))}),
    "PanelSummary": _object(
        {
            **_SEEN,
            "power_w": _or_null(_number()),
            "energy_today_kwh": _or_null(_KWH),
            "energy_this_month_kwh": _or_null(_KWH),
            "currency": _or_null(_text("Null: the panel has no tariff, and what follows is not there.")),
            "cost_today": _or_null(_number()),
            "cost_this_cycle": _or_null(_number()),
            "bill_so_far": _or_null(_number()),
            "projected_bill": _or_null(_object({"probable": _number(), "low": _number(), "high": _number()})),
            "price_per_kwh": _or_null(_number()),
            "price_period": _or_null(_text()),
            "next_price_change": _or_null(_WHEN),
        },
        "cost_today",
        "cost_this_cycle",
        "bill_so_far",
        "projected_bill",
        "price_per_kwh",
        "price_period",
        "next_price_change",
    ),
    "Summary": _each_panel("PanelSummary"),
    "Bill": _object(
        {
            "panel": _text(),
            "tariff": _text(),
            "currency": _text(),
            "first_day": _DAY,
            "next_bill": _DAY,
            "complete": {**_FLAG, "description": "False while the cycle is running."},
            "total": _number(),
            "imported_kwh": _number(),
            "exported_kwh": _number(),
            "unpriced_kwh": _number(),
            "estimated_kwh": _number(),
            "lines": _list(_LINE),
            "demands": _list(_DEMAND),
            "energy_cost": _number(),
            "circuits": _list(
                _object({"name": _text(), "kwh": _number(), "cost": _number(), "part_of_another": _FLAG})
            ),
            "not_metered": _object({"kwh": _number(), "cost": _number()}),
            "earned_by_export": _number(),
        },
        "demands",
        "circuits",
        "not_metered",
    ),
    "BillPage": _page("bills", "Bill"),
    "Tariffs": _object(
        {
            "tariffs": _list(
                _object(
                    {
                        "id": _text(),
                        "name": _text(),
                        "valid": _FLAG,
                        "currency": _or_null(_text()),
                        "panels": _list(_text()),
                        "document": _or_null({"type": "object", "description": "As in docs/tariffs.md."}),
                    }
                )
            )
        }
    ),
    "Alert": _object(
        {
            "id": _whole(),
            "panel": _text(),
            "panel_name": _text(),
            "channel": _or_null(_text("Null: the whole panel.")),
            "channel_name": _or_null(_text()),
            "kind": _words(tuple(kind.value for kind in Kind)),
            "severity": _words(tuple(severity.value for severity in Severity)),
            "title": _text(),
            "message": _text("Plain text, in the language that was asked for."),
            "facts": _map({"type": ["number", "string"]}, "What the message names."),
            "opened": _WHEN,
            "seen": {**_WHEN, "description": "When it was last true."},
            "repeats": _whole(),
            "acknowledged": _or_null(_WHEN),
            "acknowledged_by": _or_null(_text()),
            "resolved": _or_null(_WHEN),
            "resolved_by": _or_null(_text("Null: it resolved by itself.")),
            "snoozed_until": _or_null(_WHEN),
        }
    ),
    "AlertPage": _page("alerts", "Alert"),
    "Said": _object(
        {
            "understood": _FLAG,
            "text": _text("Plain text, in the language that was asked for."),
            "table": _or_null(_object({"columns": _list(_text()), "rows": _list(_list(_text()))})),
            "rests_on": _list(_text("What the answer rests on, and what is missing.")),
            "data": {"type": "object", "description": "The same as values."},
        },
        "data",
    ),
    "Health": _object(
        {
            "status": _words(("ok", "degraded", "failing")),
            "version": _text(),
            "time": _WHEN,
            "ledger": _or_null(_object({"writable": _FLAG, "waiting_changes": _whole()})),
            "panels": _list(
                _object(
                    {
                        "id": _text(),
                        "online": _ONLINE,
                        "last_seen": _or_null(_WHEN),
                        "rejected_messages": _whole(),
                    }
                )
            ),
        }
    ),
}

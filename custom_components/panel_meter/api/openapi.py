"""The OpenAPI 3.1 document of the REST API, made of the same table as the router."""

from collections.abc import Mapping
from functools import cache
import re
from typing import Final

from homeassistant.helpers.json import json_bytes
from homeassistant.util.json import JsonObjectType, JsonValueType

from . import openapi_ingest
from .ingest import PATH as INGEST
from .members import Member
from .parameters import Parameter
from .route import BASE, CSV, JSON, Route
from .routes import ROUTES
from .schemas import SCHEMAS

#: Of this API, not of the integration: it changes when an answer does.
VERSION: Final = "1.0.0"
_PROBLEM: Final = "application/problem+json"

#: Errors that every address may answer with.
_ERRORS: Final[Mapping[str, str]] = {
    "401": "No valid token of Home Assistant",
    "429": "Too many requests; Retry-After says when to come again",
    "500": "Something went wrong in Panel Meter",
    "503": "Panel Meter or its ledger is not there at the moment",
}


@cache
def document() -> bytes:
    """The document as JSON."""
    return json_bytes(build())


def build() -> JsonObjectType:
    """The document."""
    paths: JsonObjectType = {
        url: {route.method: _operation(route) for route in ROUTES if route.url == url}
        for url in dict.fromkeys(route.url for route in ROUTES)
    }
    paths[f"{BASE}/openapi.json"] = {"get": _own_operation()}
    taking = {**openapi_ingest.ANSWERS, **_errors("400", *openapi_ingest.ERRORS)}
    paths[INGEST] = {"post": {**openapi_ingest.OPERATION, "responses": taking}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Panel Meter",
            "version": VERSION,
            "description": "Energy, power and costs of electrical panels. Energies are kWh, exact to 0.000001.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/", "description": "Your Home Assistant"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A long-lived access token of Home Assistant: your profile, Security.",
                },
                "device": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The token of a device, which Panel Meter shows once when it is made.",
                },
            },
            "schemas": {**SCHEMAS, **openapi_ingest.SCHEMAS},
            "responses": {
                f"Problem{status}": {"description": about, "content": {_PROBLEM: {"schema": _schema("Problem")}}}
                for status, about in {**_ERRORS, **openapi_ingest.ERRORS, "400": _WRONG, "404": _MISSING}.items()
            },
        },
    }


_ID_SCHEMAS: Final[Mapping[str, JsonObjectType]] = {
    "panel": {"type": "string", "pattern": "^[A-Za-z0-9_.:-]+$"},
    "alert": {"type": "integer", "minimum": 1},
}
_WRONG: Final = "A parameter is wrong or not known"
_MISSING: Final = "There is no such panel, channel or alert, or you may not see it"


def _schema(name: str) -> JsonObjectType:
    return {"$ref": f"#/components/schemas/{name}"}


def _operation(route: Route) -> JsonObjectType:
    in_path: list[JsonValueType] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": f"Id of the {name}.",
            "schema": _ID_SCHEMAS[name],
        }
        for name in re.findall(r"{(\w+)}", route.path)
    ]
    return {
        "operationId": route.name,
        "summary": route.about,
        "parameters": [*in_path, *(_parameter(each) for each in route.parameters)],
        **(_body(route.members) if route.method == "post" else {}),
        "responses": _taken(route) if route.method == "post" else _read(route),
    }


def _read(route: Route) -> JsonObjectType:
    content: JsonObjectType = {JSON: {"schema": _schema(route.schema)}}
    if CSV in route.content_types:
        content[CSV] = {"schema": {"type": "string"}}
    return {
        "200": {"description": "The answer", "headers": _HEADERS, "content": content},
        "304": {"description": "You have it already"},
        **_errors("400", "404"),
    }


def _taken(route: Route) -> JsonObjectType:
    return {
        str(route.status): {"description": "It is done", "content": {JSON: {"schema": _schema(route.schema)}}},
        **_errors("400", "403", "404", "408", "413", "415"),
    }


def _body(members: tuple[Member[object], ...]) -> JsonObjectType:
    needed = [member.name for member in members if member.needed]
    schema: JsonObjectType = {
        "type": "object",
        "properties": {each.name: {"description": each.about, **each.schema} for each in members},
        "additionalProperties": False,
    }
    if needed:
        schema["required"] = list[JsonValueType](needed)
    return {"requestBody": {"required": bool(needed), "content": {JSON: {"schema": schema}}}}


def _own_operation() -> JsonObjectType:
    return {
        "operationId": "openapi",
        "summary": "This document",
        "parameters": [],
        "responses": {
            "200": {
                "description": "The answer",
                "headers": _HEADERS,
                "content": {JSON: {"schema": {"type": "object"}}},
            },
            "304": {"description": "You have it already"},
            **_errors("400"),
        },
    }


_HEADERS: Final[JsonObjectType] = {
    "ETag": {"description": "Send it as If-None-Match next time.", "schema": {"type": "string"}}
}


def _errors(*more: str) -> JsonObjectType:
    return {status: {"$ref": f"#/components/responses/Problem{status}"} for status in sorted([*more, *_ERRORS])}


def _parameter(parameter: Parameter[object]) -> JsonObjectType:
    return {
        "name": parameter.name,
        "in": "query",
        "required": False,
        "description": parameter.about,
        "schema": parameter.schema,
    }

"""Requests that a machine makes of the OpenAPI document: whatever is asked, the document names the answer."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
import logging
from unittest.mock import patch

from aiohttp.test_utils import TestClient
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
import schemathesis
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from custom_components.panel_meter.alerts.keeper import alert_keeper
from custom_components.panel_meter.api import limits, rest
from custom_components.panel_meter.api.alerts import ACTS
from custom_components.panel_meter.api.openapi import build
from custom_components.panel_meter.core.alerts.model import Severity
from tests.core.protocol import PANEL

from .api_house import BASE, House, a_house
from .conftest import Say, subscribed, unload_all
from .costs import NOON
from .posting import a_device

#: Requests to each address by its method, of right and of wrong ones; a body can be wrong in more ways.
EXAMPLES = {"get": 20, "post": 60}
ALL_WELL = list(HealthCheck)
INGEST = f"{BASE}/ingest"
#: A device that posts and has been added.
METER = "meter"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture
async def house(
    hass: HomeAssistant, mqtt_mock: object, say: Say, freezer: FrozenDateTimeFactory
) -> AsyncIterator[House]:
    freezer.move_to(datetime.fromtimestamp(NOON, UTC))
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    yield await a_house(hass, say)
    await unload_all(hass)


@pytest.fixture(autouse=True)
def _patience() -> Iterator[None]:
    many = (10_000.0, 100_000.0)
    with (
        patch.object(rest, "PER_USER", many),
        patch.object(limits, "PER_GATEWAY", many),
        patch.object(limits, "PER_ADDRESS", many),
    ):
        yield


def ask_everything(address: str, tokens: Mapping[str, str], alerts: Mapping[str, int]) -> dict[str, Counter[int]]:
    """Ask every address, with the token of its kind; returns how often which status was the answer, by method."""
    statuses: dict[str, Counter[int]] = {"get": Counter(), "post": Counter(), INGEST: Counter()}
    for found in schemathesis.openapi.from_dict(build()).get_all_operations():
        operation = found.ok()
        (scheme,) = operation.definition.raw.get("security", [{"token": []}])[0]
        counted = statuses[INGEST if operation.path == INGEST else operation.method]
        # What resolves an alert must not take it from the next address.
        known = {"panel": PANEL.id, "alert": alerts.get(operation.path.rpartition("/")[2])}
        ask(operation, address, {"Authorization": f"Bearer {tokens[scheme]}"}, counted, known)
    return statuses


def ask(
    operation: APIOperation,
    address: str,
    headers: dict[str, str],
    statuses: Counter[int],
    ids: Mapping[str, object],
) -> None:
    """Ask one address."""
    right, wrong = (operation.as_strategy(generation_mode=mode) for mode in GenerationMode)
    in_query = any(parameter.name == "panel" for parameter in operation.query)

    @settings(max_examples=EXAMPLES[operation.method], deadline=None, database=None, suppress_health_check=ALL_WELL)
    @given(case=right | wrong, known=st.booleans())
    def one(case: Case, known: bool) -> None:
        if known:
            know(case, ids, in_query=in_query)
        answer = case.call(base_url=address, headers=headers)
        if answer.content == b"400: Bad Request":
            # Home Assistant refuses addresses with line breaks and the like before they come to Panel Meter.
            return
        case.validate_response(answer, checks=CHECKS)
        statuses[answer.status_code] += 1

    one()


def know(case: Case, ids: Mapping[str, object], *, in_query: bool) -> None:
    """Let a request be about something that is there: an invented id never is."""
    if in_query:
        case.query = {**(case.query or {}), "panel": PANEL.id}
    for name in case.path_parameters or {}:
        case.path_parameters = {**case.path_parameters, name: ids[name]}
    if isinstance(case.body, dict) and case.operation.path == INGEST:
        case.body = {"current": 1, "voltage": 230, **case.body, "deviceId": METER}
    elif isinstance(case.body, dict) and "panel" in case.body:
        case.body = {name: value for name, value in case.body.items() if name != "channel"} | {"panel": PANEL.id}


async def test_every_answer_is_in_the_document(
    house: House, hass_client: ClientSessionGenerator, hass_access_token: str
) -> None:
    client: TestClient = await hass_client()
    house.entry.runtime_data.add_panel(f"posted:{METER}", "Meter", "posted")
    await subscribed(house.hass)
    device = await a_device(house.hass, house.entry, client, gateway=True)
    address = str(client.make_url("")).rstrip("/")
    tokens = {"token": hass_access_token, "device": device.token.text}
    create = alert_keeper(house.hass).create
    alerts = {act: create(PANEL.id, None, Severity.INFO, act).id for act in ACTS}
    statuses = await house.hass.async_add_executor_job(ask_everything, address, tokens, alerts)
    assert statuses["get"][200] > 50, statuses
    assert statuses["get"][400] > 20, statuses
    assert statuses["get"][404] > 10, statuses
    assert statuses["post"][200] > 50, statuses
    assert statuses["post"][201] > 0, statuses
    assert statuses["post"][400] > 50, statuses
    assert statuses["post"][404] > 10, statuses
    assert statuses[INGEST][200] > 0, statuses
    assert statuses[INGEST][202] > 0, statuses
    assert statuses[INGEST][422] > 10, statuses

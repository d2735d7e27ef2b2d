"""Requests that a machine makes of the OpenAPI document: whatever is asked, the document names the answer."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
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

from custom_components.panel_meter.api import rest
from custom_components.panel_meter.api.openapi import build
from tests.core.protocol import PANEL

from .api_house import House, a_house
from .conftest import Say, unload_all
from .costs import NOON

#: Requests to each address, of right and of wrong ones.
EXAMPLES = 20
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
    with patch.object(rest, "PER_USER", (10_000.0, 100_000.0)):
        yield


def ask_everything(address: str, token: str) -> Counter[int]:
    """Ask every address that is read from; returns how often which status was the answer."""
    statuses: Counter[int] = Counter()
    for found in schemathesis.openapi.from_dict(build()).get_all_operations():
        operation = found.ok()
        if operation.method == "get":
            ask(operation, address, {"Authorization": f"Bearer {token}"}, statuses)
    return statuses


def ask(operation: APIOperation, address: str, headers: dict[str, str], statuses: Counter[int]) -> None:
    """Ask one address."""
    right, wrong = (operation.as_strategy(generation_mode=mode) for mode in GenerationMode)
    in_query = any(parameter.name == "panel" for parameter in operation.query)

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=right | wrong, known=st.booleans())
    def one(case: Case, known: bool) -> None:
        # An invented id is never that of a panel.
        if known and in_query:
            case.query = {**(case.query or {}), "panel": PANEL.id}
        if known and case.path_parameters:
            case.path_parameters = {"panel": PANEL.id}
        answer = case.call(base_url=address, headers=headers)
        if answer.content == b"400: Bad Request":
            # Home Assistant refuses addresses with line breaks and the like before they come to Panel Meter.
            return
        case.validate_response(answer, checks=CHECKS)
        statuses[answer.status_code] += 1

    one()


async def test_every_answer_is_in_the_document(
    house: House, hass_client: ClientSessionGenerator, hass_access_token: str
) -> None:
    client: TestClient = await hass_client()
    address = str(client.make_url("")).rstrip("/")
    statuses = await house.hass.async_add_executor_job(ask_everything, address, hass_access_token)
    assert statuses[200] > 50, statuses
    assert statuses[400] > 20, statuses
    assert statuses[404] > 10, statuses

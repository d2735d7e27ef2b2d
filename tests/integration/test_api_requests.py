"""Requests that a machine makes of the OpenAPI document: whatever is asked, the answer is one that the document names."""

from collections.abc import AsyncIterator, Iterator
from functools import partial
import logging
from typing import Any
from unittest.mock import patch

from aiohttp.test_utils import TestClient
from homeassistant.core import HomeAssistant
from hypothesis import HealthCheck, Phase, given, settings
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
import schemathesis
from schemathesis.specs.openapi.checks import response_schema_conformance

from custom_components.panel_meter.api import rest
from custom_components.panel_meter.api.openapi import build

from .api_house import House, a_house
from .conftest import Say, unload_all

#: Of each address.
EXAMPLES = 25
#: May follow from any request to read.
EXPECTED = {200, 304, 400, 401, 404}


@pytest.fixture
async def house(hass: HomeAssistant, mqtt_mock: object, say: Say, freezer: Any) -> AsyncIterator[House]:
    from datetime import UTC, datetime

    from .costs import NOON

    freezer.move_to(datetime.fromtimestamp(NOON, UTC))
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    yield await a_house(hass, say)
    await unload_all(hass)


@pytest.fixture(autouse=True)
def _patience() -> Iterator[None]:
    with patch.object(rest, "PER_USER", (10_000.0, 100_000.0)):
        yield


def check_all(address: str, token: str) -> int:
    print('x')
    return 0

"""Devices that post: a running hub, a client and sources with tokens."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.panel_meter.api.ingest import PATH
from custom_components.panel_meter.api.sources import source_id
from custom_components.panel_meter.api.tokens import TOKENS, NewToken
from custom_components.panel_meter.const import SUBENTRY_SOURCE


@dataclass
class Device:
    """A device with its token."""

    client: TestClient
    token: NewToken
    webhook: str | None = None

    async def post(self, body: object, path: str = PATH, **headers: str) -> ClientResponse:
        sent = {"Authorization": f"Bearer {self.token.text}", **headers}
        if isinstance(body, bytes):
            return await self.client.post(path, data=body, headers=sent)
        return await self.client.post(path, json=body, headers=sent)

    async def said(self, body: object, status: int = 200, **headers: str) -> dict[str, Any]:
        """The answer to a post, which must have this status."""
        answer = await self.post(body, **headers)
        text = await answer.text()
        assert answer.status == status, text
        content: dict[str, Any] = await answer.json(content_type=None)
        return content


async def a_device(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    client: TestClient,
    *,
    name: str = "Meter",
    gateway: bool = False,
    fields: Mapping[str, str] | None = None,
    webhook: str | None = None,
) -> Device:
    """A source whose token the user has copied."""
    token = NewToken.make()
    hass.data[TOKENS].keep(token, 1_795_000_000, webhook=webhook)
    subentry = ConfigSubentry(
        data=MappingProxyType({"gateway": gateway, "webhook": webhook is not None, "fields": dict(fields or {})}),
        subentry_type=SUBENTRY_SOURCE,
        title=name,
        unique_id=source_id(token.id),
    )
    hass.config_entries.async_add_subentry(entry, subentry)
    await hass.async_block_till_done()
    return Device(client, token, webhook)

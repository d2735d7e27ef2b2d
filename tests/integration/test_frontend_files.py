"""What browsers get from Home Assistant: the loader on every page, and the modules behind it."""

from http import HTTPStatus
import json
from pathlib import Path
import re

from homeassistant.components.frontend import DATA_EXTRA_MODULE_URL, UrlManager
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.panel_meter.const import DOMAIN
from custom_components.panel_meter.frontend_files import BASE, FOLDER, async_serve_frontend

from .conftest import an_entry, subscribed, unload_all

MANIFEST = json.loads((FOLDER.parent / "manifest.json").read_text())


@pytest.fixture
def pages(hass: HomeAssistant) -> UrlManager:
    """What Home Assistant's pages run besides their own."""
    hass.data[DATA_EXTRA_MODULE_URL] = UrlManager(lambda *_: None, [])
    return hass.data[DATA_EXTRA_MODULE_URL]


async def add(hass: HomeAssistant) -> MockConfigEntry:
    entry = an_entry()
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await subscribed(hass)
    return entry


async def test_the_loader_is_on_every_page_until_panel_meter_is_removed(
    hass: HomeAssistant, mqtt_mock: object, pages: UrlManager
) -> None:
    entry = await add(hass)
    (address,) = pages.urls
    assert address.startswith(f"{BASE}/{MANIFEST['version']}-")
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert pages.urls == {address}
    await async_serve_frontend(hass)
    assert pages.urls == {address}
    await subscribed(hass)
    await hass.config_entries.async_remove(entry.entry_id)
    assert not pages.urls
    await add(hass)
    assert pages.urls == {address}
    await unload_all(hass)


async def test_modules_are_served_and_nothing_else_is(
    hass: HomeAssistant, mqtt_mock: object, pages: UrlManager, hass_client_no_auth: ClientSessionGenerator
) -> None:
    await add(hass)
    (address,) = pages.urls
    client = await hass_client_no_auth()
    answer = await client.get(address)
    assert await answer.text() == (FOLDER / "loader.js").read_text()
    assert "max-age=" in answer.headers["Cache-Control"]
    base = address.removesuffix("/loader.js")
    for path in FOLDER.rglob("*.js"):
        answer = await client.get(f"{base}/{path.relative_to(FOLDER).as_posix()}")
        assert answer.status == HTTPStatus.OK, path
        assert "javascript" in answer.headers["Content-Type"]
    for wrong in ("../manifest.json", "..%2fmanifest.json", "%2e%2e/manifest.json", "card", "none.js"):
        assert (await client.get(f"{base}/{wrong}")).status in range(400, 405), wrong
    await unload_all(hass)


async def test_without_pages_and_without_panel_meter_nothing_is_offered(hass: HomeAssistant, mqtt_mock: object) -> None:
    await add(hass)
    assert DATA_EXTRA_MODULE_URL not in hass.data
    await unload_all(hass)


async def test_without_an_entry_pages_stay_as_they_are(hass: HomeAssistant, pages: UrlManager) -> None:
    assert not hass.config_entries.async_entries(DOMAIN)
    assert await async_setup_component(hass, "http", {})
    assert not pages.urls


def test_the_loader_is_small() -> None:
    assert len((FOLDER / "loader.js").read_bytes()) <= 2048


#: What a page loads to show the card; edit mode and details are loaded when they are opened.
CARD = (
    *(f"card/{name}.js" for name in ("card", "board", "layout", "mains", "scale", "style", "texts")),
    "shared/format.js", "shared/live.js", "views/dom.js",
)  # fmt: skip


def test_the_card_is_small() -> None:
    """Its code, without comments and types: they are for whoever reads it."""
    sources = "".join((FOLDER / path).read_text() for path in CARD)
    code = re.sub(r"/\*\*.*?\*/|^ *//[^\n]*$", "", sources, flags=re.DOTALL | re.MULTILINE)
    assert len(code.encode()) <= 40_000
    assert all(path.stat().st_size <= 3_000 for path in (FOLDER / "card" / "texts").glob("*.js"))


def test_nothing_is_put_into_pages_but_as_text() -> None:
    """Names come from outside: no module may make markup of a text."""
    for path in Path(FOLDER).rglob("*.js"):
        source = path.read_text()
        for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "srcdoc"):
            assert way not in source, f"{path.name}: {way}"

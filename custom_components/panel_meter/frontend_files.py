"""What browsers get: the loader on every page of Home Assistant, and the modules that it loads when they are used."""

from hashlib import sha256
from pathlib import Path
from typing import Final

from homeassistant.components import frontend
from homeassistant.components.http import StaticPathConfig
from homeassistant.core import HomeAssistant, callback
from homeassistant.loader import async_get_integration
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN

FOLDER: Final = Path(__file__).parent / "frontend"
#: Browsers keep what lies under this for a month, so the version is a part of the path.
BASE: Final = "/panel_meter_static"

#: The address of the loader, once it is served.
_LOADER: Final[HassKey[str]] = HassKey(f"{DOMAIN}_loader")


async def async_serve_frontend(hass: HomeAssistant) -> None:
    """Serve the modules, once, and offer the loader to every page."""
    if _LOADER not in hass.data:
        integration = await async_get_integration(hass, DOMAIN)
        mark = await hass.async_add_executor_job(_mark, FOLDER)
        base = f"{BASE}/{integration.version}-{mark}"
        # Set before anything is awaited again, so that a second caller does not serve the same path.
        hass.data[_LOADER] = f"{base}/loader.js"
        await hass.http.async_register_static_paths([StaticPathConfig(base, str(FOLDER), cache_headers=True)])
    offer_loader(hass)


@callback
def offer_loader(hass: HomeAssistant) -> None:
    """Have pages that are opened from now on run the loader; a Home Assistant without pages has no use for it."""
    address, offered = hass.data.get(_LOADER), hass.data.get(frontend.DATA_EXTRA_MODULE_URL)
    if address is not None and offered is not None and address not in offered.urls:
        frontend.add_extra_js_url(hass, address)


@callback
def withdraw_loader(hass: HomeAssistant) -> None:
    """Leave nothing on the pages when Panel Meter is removed; it is offered again with the next set-up."""
    address, offered = hass.data.get(_LOADER), hass.data.get(frontend.DATA_EXTRA_MODULE_URL)
    if address is not None and offered is not None and address in offered.urls:
        frontend.remove_extra_js_url(hass, address)


def _mark(folder: Path) -> str:
    """Changes with every change of a file, so that someone who changes one sees it at once."""
    found = sha256()
    for path in sorted(folder.rglob("*.js*")):
        found.update(path.relative_to(folder).as_posix().encode())
        found.update(path.read_bytes())
    return found.hexdigest()[:8]

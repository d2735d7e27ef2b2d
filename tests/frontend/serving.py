"""Serves the card, and a page for it, to a browser without a server."""

import mimetypes
from pathlib import Path
from typing import Final

from playwright.async_api import Route

from custom_components.panel_meter.frontend_files import FOLDER

HERE: Final = Path(__file__).parent
ADDRESS: Final = "http://card.test"


async def serve(route: Route) -> None:
    """Answer what the page asks for."""
    path = route.request.url.removeprefix(ADDRESS).split("?")[0]
    file = FOLDER / path.removeprefix("/frontend/") if path.startswith("/frontend/") else HERE / path[1:]
    if not file.is_file():
        await route.fulfill(status=404, body="")
        return
    await route.fulfill(body=file.read_bytes(), content_type=mimetypes.guess_type(file.name)[0] or "text/plain")

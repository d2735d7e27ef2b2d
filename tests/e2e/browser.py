"""A real Chromium without a window, logged in to Home Assistant."""

from collections.abc import AsyncIterator
import contextlib
import json
from pathlib import Path
import shutil
import time

from playwright.async_api import Page, async_playwright

from demo.client import Client

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_PATIENCE = 90_000
#: Home Assistant's interface keeps its own errors to itself; these come from features that need the internet.
_HARMLESS = ("favicon", "ResizeObserver", "brands")


def chromium() -> str | None:
    """The path of Chromium; None if it is not installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextlib.asynccontextmanager
async def browser(client: Client) -> AsyncIterator[Page]:
    """A page of a fresh profile in which the client's user is logged in."""
    assert client.tokens is not None
    tokens = {
        "hassUrl": client.url,
        "clientId": client.tokens.client_id,
        "access_token": client.tokens.access,
        "refresh_token": client.tokens.refresh,
        "token_type": "Bearer",
        "expires_in": client.tokens.expires_in,
        # Long past, so that the page asks for a new access token.
        "expires": int(time.time() * 1000) - 1,
    }
    async with async_playwright() as playwright:
        program = await playwright.chromium.launch(executable_path=chromium(), args=_FLAGS, headless=True)
        try:
            # Without motion a picture shows what the page ends up with.
            context = await program.new_context(
                viewport={"width": 1280, "height": 1000}, locale="en-GB", reduced_motion="reduce"
            )
            await context.add_init_script(f"localStorage.setItem('hassTokens', {json.dumps(json.dumps(tokens))})")
            # Nothing outside of this machine is needed, and nothing shall be asked.
            await context.route(
                lambda url: not url.startswith((client.url, "data:", "blob:")), lambda route: route.abort()
            )
            page = await context.new_page()
            page.set_default_timeout(_PATIENCE)
            page.set_default_navigation_timeout(_PATIENCE)
            yield page
        finally:
            await program.close()


def watch_errors(page: Page) -> list[str]:
    """Errors that scripts of the page raise from now on."""
    errors: list[str] = []

    def heard(error: object) -> None:
        text = str(error)
        if not any(word in text for word in _HARMLESS):
            errors.append(text)

    page.on("pageerror", heard)
    return errors


async def show(page: Page, address: str) -> None:
    """Go to an address of Home Assistant and wait until its welcome picture has faded."""
    await page.goto(address)
    await page.locator("#ha-launch-screen").wait_for(state="detached")


async def picture(page: Page, path: Path) -> None:
    """Keep what the page shows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=path)

"""Draws the brand images of the integration from the SVG files in this folder.

Run it with ``.venv/bin/python docs/brand/render.py``; it needs Chromium.
"""

import asyncio
from pathlib import Path
import shutil

from playwright.async_api import Page, async_playwright

HERE = Path(__file__).parent
BRAND = HERE.parent.parent / "custom_components" / "panel_meter" / "brand"
TEXT = {"": "#17324a", "dark_": "#ffffff"}


async def draw(page: Page, svg: str, height: int, width: int, path: Path) -> None:
    """Draw one picture with a transparent background."""
    await page.set_viewport_size({"width": width, "height": height})
    style = "<style>html,body{margin:0;background:transparent}svg{display:block;width:100vw;height:100vh}</style>"
    await page.set_content(style + svg)
    await page.screenshot(path=path, omit_background=True)


async def main() -> None:
    """Draw all of them."""
    icon = (HERE / "icon.svg").read_text()
    logo = (
        (HERE / "logo.svg")
        .read_text()
        .replace("<!-- icon -->", icon.replace("<svg ", '<svg width="256" height="256" '))
    )
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = await browser.new_page()
        for theme, colour in TEXT.items():
            for scale, factor in (("", 1), ("@2x", 2)):
                size = 256 * factor
                await draw(page, icon, size, size, BRAND / f"{theme}icon{scale}.png")
                text = logo.replace("currentColor", colour)
                await draw(page, text, size // 2, size * 640 // 512, BRAND / f"{theme}logo{scale}.png")
        await browser.close()


asyncio.run(main())

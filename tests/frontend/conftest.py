"""The card in a real Chromium without Home Assistant: pages are served from files, and Home Assistant is made up."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from playwright.async_api import Browser, Page, async_playwright
import pytest
import pytest_socket

from tests.e2e.background import Background
from tests.e2e.browser import chromium

from .serving import ADDRESS, HERE, serve

PICTURES = HERE.parent / "artifacts" / "card"

type Run = Callable[[Awaitable[Any]], Any]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say visibly what is missing."""
    for item in items:
        if HERE in item.path.parents and chromium() is None:
            item.add_marker(pytest.mark.skip(reason="chromium is not installed"))


@pytest.fixture(autouse=True)
def verify_cleanup() -> None:
    """The browser outlives a test, on purpose."""
    pytest_socket.enable_socket()


@pytest.fixture(autouse=True)
def configure_event_loop() -> None:
    """Nothing to configure."""


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Nothing to debug."""


@pytest.fixture(scope="session")
def background() -> Iterator[Background]:
    """The event loop of the browser."""
    background = Background()
    yield background
    background.close()


@pytest.fixture(scope="session")
def program(background: Background) -> Iterator[Browser]:
    """One Chromium for all tests."""
    pytest_socket.enable_socket()
    playwright = background.run(async_playwright().start())
    flags = ["--no-sandbox", "--disable-gpu", "--js-flags=--expose-gc"]
    program = background.run(playwright.chromium.launch(executable_path=chromium(), args=flags))
    yield program
    background.run(program.close())
    background.run(playwright.stop())


class Card:
    """A page, and what happened on it."""

    def __init__(self, page: Page, run: Run) -> None:
        self.page = page
        self.run = run
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)

    def js(self, script: str, argument: object = None) -> Any:
        """Run a script in the page."""
        return self.run(self.page.evaluate(script, argument))

    def show(self, house: str = "house(12)", *, wait: str = "header", **options: Any) -> None:
        """Put a card for a house on the page and wait until a part of it is there."""
        script = f"""async (options) => {{
            const {{ panel, values, first }} = {house};
            const shown = stage({{ panel, ...options }});
            await shown;
            now.values = values; now.first = options.first;
        }}"""
        self.js(script, options)
        self.run(self.page.locator(wait).first.wait_for())
        if wait == "header":
            self.settle()

    def settle(self) -> None:
        """Wait until the present values are shown."""
        self.run(self.page.wait_for_function("now.root().querySelector('.total').textContent !== ''"))

    def text(self, selector: str) -> str:
        """What stands in the first of these elements."""
        return str(self.run(self.page.locator(selector).first.inner_text()))

    def texts(self, selector: str) -> list[str]:
        """What stands in these elements."""
        return list(self.run(self.page.locator(selector).all_inner_texts()))

    def see(self, selector: str) -> None:
        """Wait until an element is visible."""
        self.run(self.page.locator(selector).first.wait_for())

    def until(self, condition: str) -> None:
        """Wait until something holds in the page."""
        self.run(self.page.wait_for_function(condition))

    def click(self, selector: str) -> None:
        """Click the first of these elements."""
        self.run(self.page.locator(selector).first.click())

    def press(self, key: str) -> None:
        """Press a key."""
        self.run(self.page.keyboard.press(key))

    def picture(self, name: str) -> None:
        """Keep what the page shows."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.run(self.page.screenshot(path=PICTURES / f"{name}.png", full_page=True))


async def _open(program: Browser, run: Run) -> Card:
    """All of it in the thread of the event loop: Playwright's messages are numbered there."""
    context = await program.new_context(viewport={"width": 768, "height": 900}, reduced_motion="reduce", locale="en-GB")
    page = await context.new_page()
    page.set_default_timeout(45_000)
    card = Card(page, run)
    await page.route("**/*", serve)
    await page.goto(f"{ADDRESS}/page.html")
    return card


@pytest.fixture
def card(program: Browser, background: Background) -> Iterator[Card]:
    """A fresh page of 768 px; at the end nothing may have gone wrong in it."""
    card = background.run(_open(program, background.run))
    yield card
    background.run(card.page.context.close())
    assert card.errors == []

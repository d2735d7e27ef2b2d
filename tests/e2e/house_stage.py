"""A Home Assistant with a house of 12 circuits, and two more panels that can be switched off; for tests of pages."""

from collections.abc import AsyncIterator, Iterator
import contextlib
from dataclasses import dataclass, field
import os
from typing import Any

from playwright.async_api import ConsoleMessage, Page
import pytest
import pytest_socket

from demo import flows
from demo.boards import Boards, Wishes
from demo.broker import mosquitto
from demo.client import JsonObject
from demo.onboarding import Home
from demo.stage import DOMAIN, Stage
from demo.waiting import until

from .background import Background
from .browser import browser, chromium, show, watch_errors

#: Prices of a kWh, and the local hours of the cheaper one.
DAY_PRICE, NIGHT_PRICE = 0.34, 0.26
TARIFF = {
    "user": "day_night",
    "day_price": DAY_PRICE,
    "night_price": NIGHT_PRICE,
    "night_from": "22:00:00",
    "night_to": "06:00:00",
}
#: What a page cannot load because nothing outside of this machine may be asked.
_HARMLESS = ("net::ERR_FAILED", "favicon", "brands", "ResizeObserver", "Failed to load resource")


@dataclass(slots=True)
class House:
    """The programs with the panel ``home`` (12 circuits); ``shed`` (one) and ``many`` (42) can join it."""

    stage: Stage
    #: The process of ``shed`` and ``many``.
    others: Boards
    _joined: bool = False
    _dashboards: set[str] = field(default_factory=set)

    async def open(self) -> None:
        """Start everything; Panel Meter has ``home`` with its history, and no tariff yet."""
        stage = self.stage
        await stage.__aenter__()
        await stage.start_broker()
        await stage.boards.start()
        await stage.start_home_assistant(Home())
        await stage.set_up_mqtt()
        await stage.boards.wait_for_truth()
        await stage.set_up_panel_meter()
        await stage.wait_for_values()
        await stage.wait_for_records()

    async def join(self) -> None:
        """Add ``shed`` and ``many`` as their owner does, with a tariff that charges demand; once."""
        if self._joined:
            return
        self._joined = True
        client = self.stage.client
        await self.others.start()
        await self.others.wait_for_truth()

        async def added() -> bool:
            for offer in await flows.discovered(client, DOMAIN):
                await flows.go_on(client, offer)
            return {str(panel["id"]) for panel in await self.panels()} == {"home", "shed", "many"}

        await until(added, "the other panels to be added", timeout=60, pause=1)
        await self.stage.wait_for_values()
        await self.stage.wait_for_records()
        await self.stage.set_up_tariff({**TARIFF, "panels": ["shed", "many"], "demand": True, "demand_price": 4.5})

    async def panels(self) -> list[JsonObject]:
        """What Panel Meter says of its panels, each on one card."""
        answer = await self.stage.client.command("panel_meter/summary")
        assert isinstance(answer, dict)
        panels = answer["panels"]
        assert isinstance(panels, list)
        return [panel for panel in panels if isinstance(panel, dict)]

    async def close(self) -> None:
        """End everything."""
        await self.others.stop()
        await self.stage.__aexit__(None, None, None)

    async def dashboard(self, path: str, **strategy: object) -> None:
        """A dashboard with our strategy, as "Add dashboard" makes one."""
        if path in self._dashboards:
            return
        self._dashboards.add(path)
        client = self.stage.client
        await client.command(
            "lovelace/dashboards/create",
            url_path=path,
            title=path,
            mode="storage",
            icon="mdi:meter-electric",
            show_in_sidebar=True,
            require_admin=False,
        )
        config = {"strategy": {"type": "custom:panel-meter", **strategy}}
        await client.command("lovelace/config/save", url_path=path, config=config)


class Sight:
    """A page of a real browser on the house."""

    def __init__(self, house: House, page: Page) -> None:
        """Listens to what goes wrong in the page from now on."""
        self.house = house
        self.page = page
        self.errors = watch_errors(page)
        page.on("console", self._heard)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(word in message.text for word in _HARMLESS):
            self.errors.append(message.text)

    async def open(self, path: str) -> None:
        """Load a page of Home Assistant anew."""
        await show(self.page, f"{self.house.stage.client.url}/{path}")

    async def go(self, path: str) -> None:
        """Go to another page as a tap does, without loading anything anew."""
        await self.page.evaluate(
            """(path) => {
                history.pushState(null, "", path);
                window.dispatchEvent(new CustomEvent("location-changed", { detail: { replace: false } }));
            }""",
            f"/{path}",
        )

    async def value(self, key: str) -> str:
        """What stands where our cards show a value."""
        return (await self.page.locator(f'[data-value="{key}"]').first.inner_text()).strip()

    async def narrowed(self, width: int, *, dark: bool) -> None:
        """Another window."""
        await self.page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
        await self.page.set_viewport_size({"width": width, "height": 1000})


def missing() -> str | None:
    """Why no page can be looked at here; None if one can."""
    if mosquitto() is None:
        return "mosquitto is not installed"
    if not Boards.available():
        return "the simulator is not part of this copy"
    return "chromium is not installed" if chromium() is None else None


@pytest.fixture(scope="session")
def house(background: Background, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The house with its 30 days of history."""
    if (reason := missing()) is not None:
        pytest.skip(reason)
    pytest_socket.enable_socket()
    folder = tmp_path_factory.mktemp("house")
    level = "debug" if os.environ.get("E2E_DEBUG") else "info"
    program = "tests.e2e.house"
    stage = Stage(
        folder,
        Wishes(panels=1, days=30, interval=900, live_interval=1, seed=7),
        level=level,
        program=(program, "family"),
    )
    others = Boards(
        folder / "others",
        stage.broker.address,
        Wishes(panels=2, days=2, interval=900, live_interval=1, seed=7),
        program=(program, "others"),
    )
    house = House(stage, others)
    try:
        background.run(house.open())
        yield house
    finally:
        background.run(house.close())


@pytest.fixture
def sight(house: House, background: Background) -> Iterator[Sight]:
    """A fresh page on the house."""
    window = _window(house)
    sight = background.run(window.__aenter__())
    try:
        yield sight
    finally:
        background.run(window.__aexit__(None, None, None))


@contextlib.asynccontextmanager
async def _window(house: House) -> AsyncIterator[Sight]:
    async with browser(house.stage.client) as page:
        yield Sight(house, page)


def journal_of(truth: dict[str, Any]) -> dict[str, Any]:
    """The one journal of a board: its registers, and mWh by hour."""
    journal: dict[str, Any] = truth["journals"][truth["journal"]]
    return journal


def energy_between(truth: dict[str, Any], register: str, start: int, end: int) -> float:
    """What a register has really counted between two full hours (UTC seconds), in kWh."""
    journal = journal_of(truth)
    hours: list[int] = journal["hours"][register]
    first: int = journal["first_hour"]
    return sum(energy for place, energy in enumerate(hours) if start <= first + place * 3600 < end) / 1_000_000

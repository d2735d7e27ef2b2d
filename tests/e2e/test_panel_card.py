"""The panel card on a real Home Assistant: what the board says stands on its breakers, and what is arranged is kept."""

import asyncio
from typing import Any

from demo.client import JsonObject
from demo.waiting import until

from .background import Background
from .browser import picture
from .conftest import ARTIFACTS
from .house_stage import House, Sight

BREAKER = "panel-meter-card-view button.breaker"
CARD = "panel-meter-card-view"


async def card(house: House, sight: Sight, **config: object) -> None:
    """A dashboard of its own with nothing but the card, opened."""
    client = house.stage.client
    listed: Any = await client.command("lovelace/dashboards/list")
    if not any(each["url_path"] == "breakers-only" for each in listed):
        options = {"mode": "storage", "icon": "mdi:flash", "show_in_sidebar": False, "require_admin": False}
        await client.command("lovelace/dashboards/create", url_path="breakers-only", title="Breakers", **options)
    section = {"type": "grid", "column_span": 3, "cards": [{"type": "custom:panel-meter-card", **config}]}
    views = [{"title": "Breakers", "type": "sections", "max_columns": 3, "sections": [section]}]
    await client.command("lovelace/config/save", url_path="breakers-only", config={"views": views})
    await sight.open("breakers-only/0")
    await sight.page.locator(BREAKER).first.wait_for()


async def channels(house: House, panel: str = "home") -> dict[str, JsonObject]:
    """The channels of a panel, as Panel Meter knows them."""
    answer: Any = await house.stage.client.command("panel_meter/panels", panels=[panel])
    return {each["id"]: each for each in answer["panels"][0]["channels"]}


async def power(house: House, channel: str) -> float | None:
    """What the entity of a channel says."""
    known: Any = (await channels(house))[channel]
    states: Any = await house.stage.client.command("get_states")
    (state,) = [each["state"] for each in states if each["entity_id"] == known["entities"]["power"]]
    return None if state in ("unknown", "unavailable") else float(state)


def test_the_loader_is_on_every_page(house: House, sight: Sight, background: Background) -> None:
    """Its address has the version in it, and the card is among those that can be added."""

    async def story() -> None:
        asked: list[str] = []
        sight.page.on("request", lambda request: asked.append(request.url))
        await sight.open("profile/general")
        await sight.page.wait_for_function("customElements.get('panel-meter-card') !== undefined")
        ours = [url for url in asked if "panel_meter_static" in url]
        assert [url.rsplit("/", 1)[1] for url in ours] == ["loader.js"]
        offered = await sight.page.evaluate("customCards.map(({ type }) => type)")
        assert "panel-meter-card" in offered
        assert sight.errors == []

    background.run(story())


def test_breakers_show_what_the_board_says(house: House, sight: Sight, background: Background) -> None:
    """Every circuit has a breaker with its name, and its power is that of its entity within a few messages."""

    async def story() -> None:
        await card(house, sight)
        circuits = [each for each in (await channels(house)).values() if each["role"] != "main"]
        shown = {
            await each.get_attribute("data-id"): (await each.locator(".name").inner_text()).strip()
            for each in await sight.page.locator(BREAKER).all()
        }
        assert shown == {each["id"]: str(each["name"]).strip() for each in circuits}
        for width in (360, 768, 1440):
            for dark in (False, True):
                await sight.narrowed(width, dark=dark)
                await asyncio.sleep(0.3)
                await picture(sight.page, ARTIFACTS / f"panel-card-{width}-{'dark' if dark else 'light'}.png")
        for channel in [str(each["id"]) for each in circuits][:4]:
            await until(lambda channel=channel: _agree(house, sight, channel), f"{channel} to be shown", timeout=30)
        assert sight.errors == []

    background.run(story())


async def _agree(house: House, sight: Sight, channel: str) -> bool:
    text = await sight.page.locator(f'{BREAKER}[data-id="{channel}"] .value').inner_text()
    number, unit = text.replace("\u2212", "-").replace(",", "").rsplit(" ", 1)
    shown = float(number) * (1000 if unit == "kW" else 1)
    said = await power(house, channel)
    # The entity is written every few seconds, and the text has three digits.
    return said is not None and abs(shown - said) <= max(15.0, 0.02 * abs(said))


def test_a_breaker_tells_its_last_day(house: House, sight: Sight, background: Background) -> None:
    """The chart comes from the ledger, in as many steps as can be shown."""

    async def story() -> None:
        await card(house, sight)
        await sight.page.locator(BREAKER).first.click()
        await sight.page.locator("dialog .chart path").wait_for(state="attached")
        await sight.page.wait_for_timeout(300)
        await picture(sight.page, ARTIFACTS / "panel-card-detail.png")
        drawn = await sight.page.locator("dialog .chart path").get_attribute("d")
        assert drawn is not None
        assert drawn.count("H") >= 90
        await sight.page.keyboard.press("Escape")
        await sight.page.locator("dialog").wait_for(state="detached")
        assert sight.errors == []

    background.run(story())


def test_what_is_arranged_is_kept(house: House, sight: Sight, background: Background) -> None:
    """Moving a breaker with the keyboard and giving it a rating is saved, and stands there after a new start."""

    async def story() -> None:
        await card(house, sight)
        page = sight.page
        moved = str(await page.locator(BREAKER).first.get_attribute("data-id"))
        other = str(await page.locator(BREAKER).nth(1).get_attribute("data-id"))
        await page.locator(f"{CARD} button.edit").click()
        await page.locator(f"{CARD} fieldset legend").wait_for()
        await page.locator(f'{BREAKER}[data-id="{moved}"]').click()
        await page.locator(f"{CARD} input").nth(1).fill("25")
        await page.keyboard.press("Tab")
        await page.locator(f'{BREAKER}[data-id="{moved}"]').focus()
        await page.keyboard.press("ArrowRight")
        await picture(page, ARTIFACTS / "panel-card-edit.png")
        await page.get_by_role("button", name="Save").click()
        await page.locator(f"{CARD} button.edit").wait_for()
        known = await channels(house)
        assert known[moved]["rating_a"] == 25
        assert known[other]["slot"] == 1
        await card(house, sight)
        assert await page.locator(BREAKER).first.get_attribute("data-id") == other
        assert sight.errors == []

    background.run(story())

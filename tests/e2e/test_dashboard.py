"""The dashboard as people see it: every view in a real browser, its numbers beside what the simulator knows to be true.

The tests tell one story: no tariff yet, the views, their numbers, strange names, a panel that falls silent.
"""

import asyncio
from datetime import datetime, timedelta
from importlib.resources import files
from itertools import pairwise
import json
import re
import time
from zoneinfo import ZoneInfo

from demo.client import Client, Json, JsonObject
from demo.observer import Traffic
from demo.onboarding import Home
from demo.stage import DOMAIN
from demo.waiting import until

from .background import Background
from .browser import picture
from .conftest import ARTIFACTS
from .house import HOSTILE
from .house_stage import DAY_PRICE, NIGHT_PRICE, TARIFF, House, Sight, energy_between

VIEWS = ("now", "panel", "energy", "money", "alerts", "health")
#: What of a view must be there when it has been drawn; `.content` is drawn by our cards.
DRAWN = {
    "now": '[data-value="used"]',
    "panel": "panel-meter-card-view",
    "energy": '[data-value="used"]',
    "money": '[data-value="total"]',
    "alerts": "panel-meter-view-view .content",
    "health": '[data-value="ledger"]',
}
#: What stands where nothing is known.
_NOTHING = "\u2013"
_MINUS = str.maketrans({"\u2212": "-", "\u00a0": " ", "\u202f": " "})


def _number(text: str) -> float:
    """The number in a text in English form."""
    found = re.search(r"-?[\d,]*\.?\d+", text.translate(_MINUS))
    assert found is not None, f"there is no number in {text!r}"
    return float(found[0].replace(",", ""))


def _watts(text: str) -> float:
    return _number(text) * (1000 if text.endswith("kW") else 1)


def test_nothing_configured_leads_on(house: House, sight: Sight, background: Background) -> None:
    """Where no panel is to be shown there is a page that says what to do, and it goes to the settings."""

    async def story() -> None:
        await house.dashboard("panel-none", panels=["no-such-panel"])
        await sight.open("panel-none")
        await sight.page.get_by_text("Welcome to Panel Meter").wait_for()
        await picture(sight.page, ARTIFACTS / "dashboard-guide.png")
        await sight.page.get_by_role("link", name="Open the settings").click()
        await sight.page.wait_for_url("**/config/integrations/integration/panel_meter")
        assert sight.errors == []

    background.run(story())


def test_money_without_a_tariff_says_so(house: House, sight: Sight, background: Background) -> None:
    """As long as nothing has a price, the money view says how it gets one."""

    async def story() -> None:
        await house.dashboard("panel-home")
        await sight.open("panel-home/money")
        await sight.page.get_by_text("This panel has no tariff yet").wait_for()
        assert sight.errors == []
        finished = await house.stage.set_up_tariff(TARIFF)
        assert finished.type == "create_entry"
        await house.stage.set_up_energy()

        async def billed() -> bool:
            return all(panel.get("bill_so_far") is not None for panel in await house.panels())

        await until(billed, "the bill to be worked out", timeout=60, pause=1)

    background.run(story())


def test_strategy_is_offered(house: House, sight: Sight, background: Background) -> None:
    """The dashboard stands among those that can be added, with a name and a picture filled in."""

    async def story() -> None:
        await sight.open("config/lovelace/dashboards")
        offered = await sight.page.evaluate("""async () => {
            await customElements.whenDefined("ll-strategy-dashboard-panel-meter");
            const strategy = customElements.get("ll-strategy-dashboard-panel-meter");
            return [window.customStrategies.map(({ type }) => type), await strategy.getCreateSuggestions({})];
        }""")
        assert offered == [["panel-meter"], {"title": "Panel Meter", "icon": "mdi:meter-electric"}]

    background.run(story())


def test_every_view_opens(house: House, sight: Sight, background: Background) -> None:
    """On a phone, a tablet and a screen, light and dark: every view is drawn, without an error and not too wide."""

    async def story() -> None:
        await sight.open("panel-home/now")
        for width in (360, 768, 1440):
            for dark in (False, True):
                await sight.narrowed(width, dark=dark)
                for view in VIEWS:
                    await sight.go(f"panel-home/{view}")
                    await sight.page.locator(DRAWN[view]).first.wait_for()
                    await _settle(sight)
                    name = f"dashboard-{view}-{width}-{'dark' if dark else 'light'}"
                    await picture(sight.page, ARTIFACTS / f"{name}.png")
                    assert await sight.page.locator("hui-error-card").count() == 0, name
                    assert await _too_wide(sight) == [], name
        assert sight.errors == []

    background.run(story())


def test_views_are_accessible(house: House, sight: Sight, background: Background) -> None:
    """Axe finds no serious fault in any of our cards, light or dark, on a phone and on a screen."""

    async def story() -> None:
        await sight.open("panel-home/now")
        await sight.page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text())
        for width in (360, 1440):
            for dark in (False, True):
                await sight.narrowed(width, dark=dark)
                for view in ("now", "energy", "money", "alerts", "health"):
                    await sight.go(f"panel-home/{view}")
                    await sight.page.locator(DRAWN[view]).first.wait_for()
                    await _settle(sight)
                    assert await _faults(sight) == [], f"{view} {width} {'dark' if dark else 'light'}"

    background.run(story())


def test_alerts_are_dealt_with(house: House, sight: Sight, background: Background) -> None:
    """An alert appears by itself, is acknowledged and resolved with a tap, and then stands in the history."""

    async def story() -> None:
        client = house.stage.client
        panel = next(device for device in await client.devices(DOMAIN) if not device.get("parent_device_id"))
        await sight.open("panel-home/alerts")
        await sight.page.locator("summary", has_text="History").wait_for()
        message = "<b>Look</b> at the boiler"
        await client.action(DOMAIN, "create_alert", device=panel["id"], message=message, severity="critical")
        alert = sight.page.locator("panel-meter-view-view .alert", has_text=message)
        await alert.wait_for()
        await picture(sight.page, ARTIFACTS / "dashboard-alert.png")
        await alert.get_by_role("button", name="Acknowledge").click()
        await alert.get_by_text("acknowledged by Demo").wait_for()
        await alert.get_by_role("button", name="Resolve").click()
        await sight.page.locator("panel-meter-view-view details .alert", has_text=message).wait_for(state="attached")
        assert await alert.get_by_role("button").count() == 0
        answer = await client.command("panel_meter/alerts", history=True)
        assert isinstance(answer, dict)
        assert [each["resolved_by"] for each in _objects(answer["alerts"]) if each["message"] == message] == ["Demo"]
        assert sight.errors == []

    background.run(story())


def test_now_is_what_the_board_says(house: House, sight: Sight, background: Background) -> None:
    """The powers shown are ones that the board has sent, the largest circuits first, and they follow the board."""

    async def story() -> None:
        await sight.open("panel-home/now")
        observer = house.stage.observer
        assert observer is not None
        heard = observer.panels["home"]

        async def shown() -> bool:
            told = await sight.value("grid")
            return "W" in told and _was_sent(heard, "main", told)

        await until(shown, "the power of the mains to be one that the board sent", timeout=20, pause=0.2)
        rows = [_watts(text) for text in await sight.page.locator("ul.rows .value").all_inner_texts()][:5]
        assert rows == sorted(rows, reverse=True)
        before = await sight.value("grid")

        async def followed() -> bool:
            return await sight.value("grid") != before

        await until(followed, "the power to follow the board", timeout=20, pause=0.2)
        assert sight.errors == []

    background.run(story())


def test_energy_is_the_truth(house: House, sight: Sight, background: Background) -> None:
    """The energy of yesterday, of the house and of every circuit, is what the simulator has really counted."""

    async def story() -> None:
        await sight.open("panel-home/energy")
        await sight.page.locator(DRAWN["energy"]).first.wait_for()
        # The period picker is Home Assistant's own.
        await sight.page.locator("hui-energy-period-selector").get_by_role("button", name="Previous").click()
        zone = ZoneInfo(Home().time_zone)
        today = datetime.now(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        start, end = int((today - timedelta(days=1)).timestamp()), int(today.timestamp())
        truth = house.stage.boards.panels()["home"]

        def real(register: str) -> float:
            return energy_between(truth, register, start, end)

        async def right() -> bool:
            return abs(_number(await sight.value("imported")) - real("main.import")) <= 0.0051

        await until(right, "yesterday to be shown", timeout=15, pause=0.3)
        solar = real("solar.export") - real("solar.import")
        assert abs(_number(await sight.value("exported")) - real("main.export")) <= 0.0051
        assert abs(_number(await sight.value("solar")) - solar) <= 0.0051
        used = real("main.import") - real("main.export") + solar
        assert abs(_number(await sight.value("used")) - used) <= 0.0051
        for number in range(1, 13):
            told = _number(await sight.value(f"c{number}"))
            assert abs(told - real(f"c{number}.import")) <= 0.0051, f"c{number}"
        assert sight.errors == []

    background.run(story())


def test_past_bill_is_the_truth(house: House, sight: Sight, background: Background) -> None:
    """The bill of the cycle before is energy times price, hour by hour, as the simulator has counted it."""

    async def story() -> None:
        zone = ZoneInfo(Home().time_zone)
        first = datetime.now(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        truth = house.stage.boards.panels()["home"]
        journal = truth["journals"][truth["journal"]]
        cost = 0.0
        for place, energy in enumerate(journal["hours"]["main.import"]):
            hour = datetime.fromtimestamp(journal["first_hour"] + place * 3600, zone)
            if hour < first:
                cost += energy / 1_000_000 * (DAY_PRICE if 6 <= hour.hour < 22 else NIGHT_PRICE)
        await sight.open("panel-home/money")
        bill = sight.page.locator("details summary .value").first
        if cost == 0:
            # On the last days of a month all of the history lies in the running cycle.
            await sight.page.get_by_text("The first bill is complete").wait_for()
            return
        await bill.wait_for()
        # Three phases of one clamp: nothing is netted, so the sum of the hours is the bill, to the cent.
        assert abs(_number(await bill.inner_text()) - cost) <= 0.0101
        assert sight.errors == []

    background.run(story())


def test_overview_leads_to_every_panel(house: House, sight: Sight, background: Background) -> None:
    """With several panels there is an overview; a tap leads to a panel, its badges to its other views, and back."""

    async def story() -> None:
        await house.join()
        await house.dashboard("panel-all")
        await sight.open("panel-all")
        await sight.page.locator('[data-value="shed"]').wait_for()
        await picture(sight.page, ARTIFACTS / "dashboard-overview.png")
        await house.dashboard("panel-one", panel="home")
        await sight.page.locator("a.plain", has_text="Shed").click()
        await sight.page.wait_for_url("**/panel-all/shed-now")
        await sight.page.locator(DRAWN["now"]).wait_for()
        await picture(sight.page, ARTIFACTS / "dashboard-one-circuit.png")
        await sight.page.locator("hui-shortcut-badge").get_by_text("Energy").click()
        await sight.page.wait_for_url("**/panel-all/shed-energy")
        await sight.page.locator(DRAWN["energy"]).first.wait_for()
        # Where several panels share one Energy dashboard, ours has a period picker of its own.
        before = await sight.value("used")
        await sight.page.get_by_role("button", name="Month").click()

        async def a_month() -> bool:
            return await sight.value("used") != before

        await until(a_month, "the month to be shown", timeout=15, pause=0.3)
        assert sight.errors == []

    background.run(story())


def test_demand_clock_is_the_truth(house: House, sight: Sight, background: Background) -> None:
    """The highest quarter of an hour of the cycle is the one that the board has recorded."""

    async def story() -> None:
        await sight.open("panel-all/many-money")
        await sight.page.locator("svg.clock").wait_for()
        await picture(sight.page, ARTIFACTS / "dashboard-demand.png")
        observer = house.stage.observer
        assert observer is not None
        heard = observer.panels["many"]
        place = house.others.panels()["many"]["registers"].index("main.import")
        first = datetime.now(ZoneInfo(Home().time_zone)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        rows = [row for _, row in sorted(heard.rows[heard.journal].items())]
        highest = max(
            (int(row[4 + place]) - int(before[4 + place])) / 1_000_000 * 4
            for before, row in pairwise(rows)
            if row[2] == 900 and row[1] - 900 >= first.timestamp()
        )

        async def right() -> bool:
            return abs(_number(await sight.value("highest")) - highest) <= 0.0051

        await until(right, f"the highest demand to be {highest:.3f} kW", timeout=20, pause=0.5)
        assert _number(await sight.value("running")) <= highest + 0.0051
        assert sight.errors == []

    background.run(story())


def test_names_are_text(house: House, sight: Sight, background: Background) -> None:
    """42 circuits, some with names that were meant to break a page, are shown as they are called and do nothing."""

    async def story() -> None:
        await sight.narrowed(360, dark=False)
        await sight.open("panel-all/many-energy")
        for name in HOSTILE:
            await sight.page.get_by_title(name, exact=True).first.wait_for(state="attached")
        for view in ("now", "panel", "energy", "money"):
            await sight.go(f"panel-all/many-{view}")
            await sight.page.locator(DRAWN[view]).first.wait_for()
            await _settle(sight)
            await picture(sight.page, ARTIFACTS / f"dashboard-many-{view}.png")
            assert await _too_wide(sight) == [], view
        assert await sight.page.evaluate("window.hacked") is None
        assert sight.errors == []

    background.run(story())


def test_every_language(house: House, sight: Sight, background: Background) -> None:
    """The views speak the language of whoever looks, with its numbers."""

    async def story() -> None:
        words = {"de": "In Gebrauch", "nl": "In gebruik", "id": "Sedang dipakai", "es": "En uso", "fr": "Utilisée"}
        client = house.stage.client
        try:
            for language, word in words.items():
                await _speak(client, language)
                await sight.open("panel-one/now")
                await sight.page.get_by_text(word, exact=True).wait_for()
                await sight.page.locator(DRAWN["now"]).wait_for()
        finally:
            await _speak(client, "en")
        assert sight.errors == []

    background.run(story())


def test_silent_panel_is_told(house: House, sight: Sight, background: Background) -> None:
    """A panel that falls silent is told of on every page that shows it; when it speaks again, so does the page."""

    async def story() -> None:
        await sight.open("panel-all/shed-now")
        await sight.page.locator(DRAWN["now"]).wait_for()
        await house.others.kill()
        await sight.page.get_by_text("does not speak").wait_for()
        assert await sight.value("used") == _NOTHING
        await picture(sight.page, ARTIFACTS / "dashboard-offline.png")
        await sight.go("panel-all/overview")
        await sight.page.get_by_text("Offline since").first.wait_for()
        await sight.go("panel-all/health")
        await sight.page.get_by_text("A panel does not speak.").wait_for()
        await sight.go("panel-all/shed-now")
        await house.others.start()

        async def speaks() -> bool:
            return "W" in await sight.value("used")

        await until(speaks, "the page to show the panel again", timeout=60, pause=0.5)
        assert not await sight.page.get_by_text("does not speak").is_visible()
        assert sight.errors == []

    background.run(story())


def test_page_outlives_a_restart(house: House, sight: Sight, background: Background) -> None:
    """A page that stays open while Home Assistant restarts goes on by itself."""

    async def story() -> None:
        await sight.open("panel-one/now")
        await sight.page.locator(DRAWN["now"]).wait_for()
        await house.stage.home_assistant.restart()
        await house.stage.wait_for_values()
        heard = house.stage.observer
        assert heard is not None
        stale = await sight.value("grid")

        async def goes_on() -> bool:
            told = await sight.value("grid")
            return told not in (stale, _NOTHING) and _was_sent(heard.panels["home"], "main", told)

        await until(goes_on, "the page to follow the board again", timeout=90, pause=0.5)

    background.run(story())


def test_figures(house: House, sight: Sight, background: Background) -> None:
    """How long the views take, once the frontend is loaded; printed and kept, not judged."""

    async def story() -> None:
        await sight.narrowed(1440, dark=False)
        await sight.open("panel-one/health")
        await sight.page.locator(DRAWN["health"]).first.wait_for()
        figures: dict[str, float] = {}
        for view in VIEWS:
            begin = time.perf_counter()
            await sight.go(f"panel-one/{view}")
            await sight.page.locator(DRAWN[view]).first.wait_for()
            figures[view] = round((time.perf_counter() - begin) * 1000)
        year = (datetime.now(ZoneInfo(Home().time_zone)) - timedelta(days=365)).date().isoformat()
        commands: dict[str, dict[str, object]] = {
            "year_of_one_circuit": {"type": "panel_meter/history", "width": 400},
            "year_of_usage": {"type": "panel_meter/usage", "step": "day"},
        }
        for name, command in commands.items():
            figures[name] = await sight.page.evaluate(
                """async (message) => {
                    const { connection } = document.querySelector("home-assistant").hass;
                    const begin = performance.now();
                    await connection.sendMessagePromise(message);
                    return Math.round(performance.now() - begin);
                }""",
                {**command, "panel": "home", "channels": ["c7"], "from": year},
            )
        print("ms:", json.dumps(figures))
        ARTIFACTS.mkdir(exist_ok=True)
        (ARTIFACTS / "dashboard-figures.json").write_text(json.dumps(figures, indent=2) + "\n")
        assert set(figures) >= set(VIEWS)

    background.run(story())


def _objects(value: Json) -> list[JsonObject]:
    assert isinstance(value, list)
    return [each for each in value if isinstance(each, dict)]


def _was_sent(heard: Traffic, channel: str, told: str) -> bool:
    """Whether a board has sent a power that is shown like this."""
    step = 10 if told.endswith("kW") else 1
    return any(abs(abs(watts) - _watts(told)) <= step / 2 + 0.01 for watts in heard.powers.get(channel, ()))


async def _settle(sight: Sight) -> None:
    """Charts draw a moment after their card is there."""
    await sight.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    await asyncio.sleep(0.3)


async def _too_wide(sight: Sight) -> list[str]:
    """Which of our cards are wider inside than outside."""
    found: list[str] = await sight.page.evaluate("""() => {
        const found = [];
        const look = (root) => {
            for (const element of root.querySelectorAll("*")) {
                if (element.shadowRoot) look(element.shadowRoot);
                if (!element.localName.startsWith("panel-meter-") || !element.shadowRoot) continue;
                const card = element.shadowRoot.querySelector("ha-card");
                if (card && card.scrollWidth > card.clientWidth + 1) found.push(element.localName);
            }
        };
        look(document);
        if (document.scrollingElement.scrollWidth > innerWidth + 1) found.push("page");
        return found;
    }""")
    return found


async def _faults(sight: Sight) -> list[str]:
    """What axe finds to be serious in our cards."""
    found: list[str] = await sight.page.evaluate("""async () => {
        const cards = [];
        const look = (root) => {
            for (const element of root.querySelectorAll("*")) {
                if (element.localName === "panel-meter-view-view") cards.push(element);
                else if (element.shadowRoot) look(element.shadowRoot);
            }
        };
        look(document);
        const results = await axe.run(cards, { resultTypes: ["violations"] });
        return results.violations
            .filter(({ impact }) => ["serious", "critical"].includes(impact))
            .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
    }""")
    return found


async def _speak(client: Client, language: str) -> None:
    """Choose a language, as on the profile page."""
    value = {
        "language": language,
        "number_format": "language",
        "time_format": "language",
        "date_format": "language",
        "first_weekday": "language",
        "time_zone": "local",
    }
    await client.command("frontend/set_user_data", key="language", value=value)

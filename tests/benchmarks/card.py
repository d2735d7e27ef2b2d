"""What the panel card costs a browser: the script of a message, and whether its memory grows.

A real Chromium shows 42 breakers; Home Assistant is made up, so that nothing but the card is measured.
"""

import asyncio
from collections.abc import AsyncIterator
import contextlib
from dataclasses import dataclass
from statistics import median
from typing import Final

from playwright.async_api import CDPSession, Page, async_playwright
from rich.progress import Progress, TaskID

from tests.e2e.browser import chromium
from tests.frontend.serving import ADDRESS, serve

SLOTS: Final = 42
#: Messages of ten minutes at one a second; they come as fast as the page can lay itself out.
MESSAGES: Final = 600

#: All 43 values change with every message, which no house does.
_MESSAGE: Final = """async (count) => {
    const costs = [];
    for (let turn = 0; turn < count; turn += 1) {
        for (const [place, id] of Object.keys(now.values).entries())
            now.values[id] = { power_w: 100 + ((turn * 37 + place * 113) % 3000), current_a: null, power_factor: 0.97 };
        const begun = performance.now();
        now.say();
        costs.push(performance.now() - begun);
        now.card.getBoundingClientRect();
    }
    await new Promise((drawn) => requestAnimationFrame(drawn));
    return costs;
}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardCost:
    """What was measured."""

    #: Milliseconds of script for a message: the median, and what one in a hundred exceeds.
    median_ms: float
    worst_ms: float
    #: Milliseconds of script, style, layout and paint for a message.
    whole_ms: float
    #: Bytes of the heap after the first and the second ten minutes.
    heap: tuple[int, int]
    #: Elements after the first and the second ten minutes.
    nodes: tuple[int, int]


async def measure(progress: Progress) -> CardCost:
    """Show the card and play twenty minutes of messages; the first ten warm it up."""
    task = progress.add_task("card", total=2 * MESSAGES)
    async with _page() as (page, session):
        await page.evaluate(
            f"(async () => {{ const {{ panel, values }} = house({SLOTS}); "
            "await stage({ panel }); now.values = values; })()"
        )
        await page.wait_for_function("now.root()?.querySelector('.total')?.textContent")
        await _play(page, progress, task)
        heap, nodes = await _held(page, session)
        before = await _busy(session)
        costs = sorted(await _play(page, progress, task))
        busy = await _busy(session) - before
        heap_after, nodes_after = await _held(page, session)
    return CardCost(
        median_ms=median(costs),
        worst_ms=costs[len(costs) * 99 // 100],
        whole_ms=busy * 1000 / MESSAGES,
        heap=(heap, heap_after),
        nodes=(nodes, nodes_after),
    )


async def _play(page: Page, progress: Progress, task: TaskID) -> list[float]:
    costs: list[float] = []
    for _ in range(MESSAGES // 50):
        costs += await page.evaluate(_MESSAGE, 50)
        # What the card told Home Assistant is remembered by the stage, not by the card.
        await page.evaluate("now.calls.length = 0")
        progress.advance(task, 50)
    return costs


async def _held(page: Page, session: CDPSession) -> tuple[int, int]:
    await page.evaluate("gc(); gc()")
    await asyncio.sleep(0.2)
    await page.evaluate("gc()")
    found = {each["name"]: each["value"] for each in (await session.send("Performance.getMetrics"))["metrics"]}
    return int(found["JSHeapUsedSize"]), int(found["Nodes"])


async def _busy(session: CDPSession) -> float:
    found = {each["name"]: each["value"] for each in (await session.send("Performance.getMetrics"))["metrics"]}
    return float(found["TaskDuration"])


@contextlib.asynccontextmanager
async def _page() -> AsyncIterator[tuple[Page, CDPSession]]:
    async with async_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--js-flags=--expose-gc", "--enable-precise-memory-info"]
        program = await playwright.chromium.launch(executable_path=chromium(), args=flags)
        try:
            page = await program.new_page(viewport={"width": 1440, "height": 1000})
            await page.route("**/*", serve)
            await page.goto(f"{ADDRESS}/page.html")
            session = await page.context.new_cdp_session(page)
            await session.send("Performance.enable")
            yield page, session
        finally:
            await program.close()

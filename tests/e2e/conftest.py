"""One real Home Assistant, one real broker and simulated boards for all end-to-end tests.

The tests of a file tell one story in order; once a part of it has failed, the rest is skipped.
"""

from collections.abc import Generator, Iterator
import os
from pathlib import Path
import shutil

from playwright.async_api import Page
import pytest
import pytest_socket

from demo.boards import Boards, Wishes
from demo.broker import mosquitto
from demo.onboarding import Home
from demo.stage import Stage

from .background import Background
from .browser import browser, chromium, picture
from .house_stage import house, sight
from .measured import MEASURED

__all__ = ["house", "sight"]

ARTIFACTS = Path(__file__).parent.parent / "artifacts"

#: Intervals of a minute, so that records flow while the tests run; the rings hold enough for a stream that can be cut.
WISHES = Wishes(panels=3, days=3, interval=60, live_interval=2, seed=7)

_FAILED = pytest.StashKey[str]()
_STAGE = pytest.StashKey[Stage]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder, and say visibly what is missing."""
    for item in items:
        if Path(__file__).parent not in item.path.parents:
            continue
        item.add_marker(pytest.mark.e2e)
        item.add_marker(pytest.mark.timeout(900))
        if mosquitto() is None:
            item.add_marker(pytest.mark.skip(reason="mosquitto is not installed"))
        if not Boards.available():
            item.add_marker(pytest.mark.skip(reason="the simulator is not part of this copy"))
        if "page" in getattr(item, "fixturenames", ()) and chromium() is None:
            item.add_marker(pytest.mark.skip(reason="chromium is not installed"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Tell the story only while it goes well."""
    story = item.getparent(pytest.Module)
    if story is not None and (failed := story.stash.get(_FAILED, "")):
        pytest.skip(f"an earlier part of the story failed: {failed}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the programs said when a part of the story fails, and remember that it did."""
    report = yield
    if report.failed:
        story = item.getparent(pytest.Module)
        if story is not None:
            story.stash[_FAILED] = item.name
        if (stage := item.session.stash.get(_STAGE, None)) is not None:
            for child in (stage.home_assistant.child, stage.boards.child, stage.broker.child):
                report.sections.append((child.name, child.tail(60)))
                _keep_log(child.log)
            if (page := getattr(item, "funcargs", {}).get("page")) is not None and call.when == "call":
                item.funcargs["background"].run(picture(page, ARTIFACTS / f"{item.name}-failed.png"))
    return report


# The test tools watch the event loop of a test and everything that it leaves behind. Here the programs live longer
# than a test, on purpose, and no test has an event loop of its own.


@pytest.fixture(autouse=True)
def verify_cleanup() -> None:
    """Nothing to verify; but sockets, which the same tools forbid, are allowed again (to this machine only)."""
    pytest_socket.enable_socket()


@pytest.fixture(autouse=True)
def configure_event_loop() -> None:
    """Nothing to configure."""


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Nothing to debug."""


@pytest.fixture(scope="session")
def background() -> Iterator[Background]:
    """The event loop of the programs."""
    background = Background()
    yield background
    background.close()


@pytest.fixture(scope="session")
def stage(
    background: Background, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Stage]:
    """All programs, started; MQTT is set up, Panel Meter is not."""
    pytest_socket.enable_socket()
    folder = tmp_path_factory.mktemp("e2e")
    stage = Stage(folder, WISHES, level="debug" if os.environ.get("E2E_DEBUG") else "info")
    request.session.stash[_STAGE] = stage
    try:
        background.run(_open(stage))
        yield stage
    finally:
        background.run(stage.__aexit__(None, None, None))
        for log in (stage.home_assistant.child.log, stage.boards.child.log):
            _keep_log(log)


@pytest.fixture(scope="session")
def late_boards(stage: Stage, background: Background) -> Iterator[Boards]:
    """A board that plays a file of measured powers; it is not started yet."""
    file = stage.folder / "measured.csv"
    file.write_text(MEASURED.as_csv())
    wishes = Wishes(replay=file, interval=60, live_interval=2)
    boards = Boards(stage.folder / "late", stage.broker.address, wishes)
    yield boards
    background.run(boards.stop())


@pytest.fixture
def page(stage: Stage, background: Background) -> Iterator[Page]:
    """A page of a real browser, logged in; there must have been an onboarding."""
    window = browser(stage.client)
    page = background.run(window.__aenter__())
    try:
        yield page
    finally:
        background.run(window.__aexit__(None, None, None))


async def _open(stage: Stage) -> None:
    await stage.__aenter__()
    await stage.start_broker()
    await stage.boards.start()
    await stage.start_home_assistant(Home())
    await stage.set_up_mqtt()
    await stage.boards.wait_for_truth()


def _keep_log(log: Path) -> None:
    ARTIFACTS.mkdir(exist_ok=True)
    if log.exists():
        shutil.copy(log, ARTIFACTS / log.name)

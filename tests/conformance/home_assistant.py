"""A real Home Assistant with the integration as the host under test, and eyes that look at it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
import os
from pathlib import Path
from typing import Final

from demo import flows
from demo.boards import Wishes
from demo.client import Client, JsonObject
from demo.errors import DemoError
from demo.onboarding import Home
from demo.stage import DOMAIN, Stage
from demo.waiting import until

from .checks import Check
from .host import HOST, UNSEEN
from .host.bench import Door, Fleet, HostBench, HostSubject
from .link import Broker
from .runner import Line, Outcome, judge, run
from .statements import Role

_MWH: Final = 1_000_000
INGEST_PATH: Final = "/api/panel_meter/v1/ingest"
_ABSENT: Final = ("unknown", "unavailable")
#: A backup of a new installation would be over before anybody notices.
_BALLAST: Final = 160

type Choose = Callable[[list[Check[HostBench]]], list[Check[HostBench]]]


class HomeAssistantView:
    """Looks at the states and the repairs of a Home Assistant."""

    def __init__(self, client: Client) -> None:
        """``client`` is logged in."""
        self._client = client
        self._entities: dict[str, str] = {}

    async def total(self, panel: str, register: str) -> int | None:
        """The state of the energy entity, in mWh."""
        channel, _, direction = register.partition(".")
        state = await self._state(f"{panel}/{channel}/energy_{direction}")
        if state is None or state["state"] in _ABSENT:
            return None
        return round(float(str(state["state"])) * _MWH)

    async def available(self, panel: str) -> bool | None:
        """Whether the power of the mains is available."""
        state = await self._state(f"{panel}/main/power")
        return None if state is None else state["state"] != "unavailable"

    async def issues(self, panel: str) -> set[str]:
        """The repairs that name the panel."""
        try:
            answer = await self._client.command("repairs/list_issues")
        except DemoError:
            return set()
        assert isinstance(answer, dict)
        rows = answer["issues"]
        assert isinstance(rows, list)
        ids = [str(row["issue_id"]) for row in rows if isinstance(row, dict) and row["domain"] == DOMAIN]
        return {issue.removesuffix(f"_{panel}") for issue in ids if issue.endswith(f"_{panel}")}

    async def _state(self, unique_id: str) -> JsonObject | None:
        try:
            if unique_id not in self._entities:
                rows = await self._client.entities(DOMAIN)
                self._entities = {str(row["unique_id"]): str(row["entity_id"]) for row in rows}
            if unique_id not in self._entities:
                return None
            answer = await self._client.get(f"/api/states/{self._entities[unique_id]}")
        except DemoError:
            return None
        return answer if isinstance(answer, dict) else None


async def add_panels_unasked(client: Client, entry: str) -> None:
    """Switch on the option that takes every board that announces itself."""
    path = "/api/config/config_entries/options/flow"
    form = await client.post(path, {"handler": entry})
    assert isinstance(form, dict)
    await client.post(f"{path}/{form['flow_id']}", {"next_step_id": "general"})
    answers = {"add_panels": True, "energy_dashboard": False, "formats": []}
    finished = await client.post(f"{path}/{form['flow_id']}", answers)
    assert isinstance(finished, dict)
    assert finished["type"] == "create_entry", finished
    # The entry is loaded anew, which begins a moment later.
    await asyncio.sleep(1)

    async def loaded() -> bool:
        rows = await client.command("config_entries/get", domain=DOMAIN)
        return isinstance(rows, list) and all(isinstance(row, dict) and row["state"] == "loaded" for row in rows)

    await until(loaded, "the new options", timeout=30)


async def a_door(client: Client, entry: str) -> Door:
    """Add a source that may speak for all boards, and note its token when it is shown."""
    path = "/api/config/config_entries/subentries/flow"
    form = await client.post(path, {"handler": [entry, "source"]})
    assert isinstance(form, dict)
    page = f"{path}/{form['flow_id']}"
    shown = await client.post(page, {"name": "Conformance", "gateway": True, "webhook": False})
    assert isinstance(shown, dict)
    told = shown["description_placeholders"]
    assert isinstance(told, dict)
    finished = await client.post(page, {})
    assert isinstance(finished, dict)
    assert finished["type"] == "create_entry", finished
    return Door(url=f"{client.url}{INGEST_PATH}", token=str(told["token"]))


async def make_backup(client: Client) -> None:
    """Make a backup and wait for its end."""
    await client.command("backup/generate", agent_ids=["backup.local"], include_database=True)

    async def idle() -> bool:
        answer = await client.command("backup/info")
        return isinstance(answer, dict) and answer["state"] == "idle"

    await until(idle, "the backup", timeout=120, pause=0.1)


@asynccontextmanager
async def integration(folder: Path) -> AsyncIterator[HostSubject]:
    """Broker and Home Assistant, with the integration set up; all of it ends with the context."""
    async with Stage(folder, Wishes(panels=0)) as stage:
        # The stage's own observer is made for well-behaved boards; ours are not.
        await stage.broker.start()
        await stage.start_home_assistant(Home())
        await stage.set_up_mqtt()
        finished = await flows.start(stage.client, DOMAIN, {"listen_again": False})
        assert finished.entry is not None, finished
        await add_panels_unasked(stage.client, finished.entry)
        door = await a_door(stage.client, finished.entry)

        async def backup() -> None:
            ballast = stage.home_assistant.folder / "ballast.bin"
            await asyncio.to_thread(_fill, ballast)
            try:
                await make_backup(stage.client)
            finally:
                ballast.unlink()

        async def kill() -> None:
            await stage.home_assistant.kill()
            await stage.home_assistant.start()

        yield HostSubject(
            broker=Broker(port=stage.broker.port),
            view=HomeAssistantView(stage.client),
            restart=stage.home_assistant.restart,
            kill=kill,
            backup=backup,
            door=door,
        )


async def check_integration(
    folder: Path, *, wanted: Choose = list, tell: Callable[[Outcome], None] = lambda _: None
) -> list[Outcome]:
    """The checks of a host."""
    async with integration(folder) as subject:
        return await run(wanted(HOST.checks), Fleet(subject).lend, tell=tell)


def judged(outcomes: list[Outcome]) -> list[Line]:
    """One line for each statement about hosts."""
    return judge(Role.HOST, outcomes, UNSEEN)


def _fill(path: Path) -> None:
    with path.open("wb") as file:
        for _ in range(_BALLAST):
            file.write(os.urandom(1_000_000))

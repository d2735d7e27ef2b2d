"""Config folders of the measured Home Assistants, and the processes that run them."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
import json
import os
from pathlib import Path
import sys
from typing import Any, Self

from demo.home_assistant import HomeAssistant
from demo.process import LOOPBACK, REPOSITORY, free_port

HERE = Path(__file__).parent
HOST = "9e01c7d2"
_LONGEST_ANSWER = 900


class LabError(Exception):
    """The measured process ended or said nothing."""


def make_folder(
    folder: Path,
    broker: int,
    *,
    configuration: str = "",
    entries: Sequence[Mapping[str, Any]] = (),
    recorded: bool = True,
) -> None:
    """A config folder with MQTT set up, and with more configuration and config entries.

    Without ``recorded`` the recorder runs but keeps no states.
    """
    HomeAssistant(folder, free_port(), level="warning")
    path = folder / "configuration.yaml"
    text = path.read_text()
    if not recorded:
        text = text.replace("recorder:\n", 'recorder: {"exclude": {"entity_globs": ["*"]}}\n')
    path.write_text(text + configuration)
    components = folder / "custom_components"
    (components / "bench_floor").symlink_to(HERE / "bench_floor")
    # Without this file Python would take the folder of that name below the working directory as well, or instead.
    (components / "__init__.py").touch()
    mqtt = entry("mqtt", {"broker": LOOPBACK, "port": broker, "protocol": "5"}, version=2)
    stored = {"version": 1, "minor_version": 5, "key": "core.config_entries", "data": {"entries": [mqtt, *entries]}}
    (folder / ".storage" / "core.config_entries").write_text(json.dumps(stored))


def entry(
    domain: str, data: Mapping[str, Any], *, version: int = 1, subentries: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """A config entry as it is stored."""
    now = datetime.now(UTC).isoformat()
    return {
        "created_at": now,
        "modified_at": now,
        "data": dict(data),
        "discovery_keys": {},
        "disabled_by": None,
        "domain": domain,
        "entry_id": f"bench{domain}",
        "minor_version": 1,
        "options": {},
        "pref_disable_new_entities": False,
        "pref_disable_polling": False,
        "source": "user",
        "subentries": list(subentries),
        "title": domain,
        "unique_id": domain if domain == "panel_meter" else None,
        "version": version,
    }


def panel_meter(base: str, panels: Sequence[str], *, state_interval: float | None = None) -> dict[str, Any]:
    """The entry of Panel Meter with these panels."""
    data = {"codec": "native"} if state_interval is None else {"codec": "native", "state_interval": state_interval}
    subentries = [
        {"data": data, "subentry_id": f"sub{panel}", "subentry_type": "panel", "title": panel, "unique_id": panel}
        for panel in panels
    ]
    return entry("panel_meter", {"base_topic": base, "host_id": HOST}, subentries=subentries)


class Process:
    """A running `lab`; use it as an async context manager."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "console.log"
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.benchmarks.lab",
                str(self.folder),
                cwd=REPOSITORY,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""},
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                limit=2**24,
            )
        try:
            await self.ask("used")
        except BaseException:
            await self._kill()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            await self.ask("stop")
            assert self._process is not None
            await asyncio.wait_for(self._process.wait(), 90)
        except LabError, TimeoutError, OSError:
            pass
        finally:
            await self._kill()

    async def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def ask(self, *command: str) -> dict[str, Any]:
        """Send a command and return its answer; LabError if the process ended."""
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write((" ".join(command) + "\n").encode())
        while line := (await asyncio.wait_for(self._process.stdout.readline(), _LONGEST_ANSWER)).decode():
            if line.startswith("LAB "):
                answer: dict[str, Any] = json.loads(line[4:])
                return answer
        raise LabError(f"Home Assistant in {self.folder} ended.\n{self.log.read_text()[-3000:]}")

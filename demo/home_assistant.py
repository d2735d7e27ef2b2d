"""A real Home Assistant in a process of its own, with a throw-away config folder."""

import asyncio
import json
from pathlib import Path
import sys

from .client import Client
from .process import LOOPBACK, REPOSITORY, Child, answers
from .waiting import until

#: Home Assistant ends with this code when somebody presses "Restart": whoever started it starts it again.
RESTART_CODE = 100

#: Cameras and voices would need libraries of the system that the demo has no use for.
_HARMLESS = ("haffmpeg", "libturbojpeg")

# default_config would need packages that are compiled from source; this is what a person needs to look around.
_CONFIGURATION = """\
frontend:
history:
logbook:
recorder:
energy:
config:
my:
logger:
  default: warning
  logs:
    custom_components.panel_meter: {level}
"""


class HomeAssistant:
    """The program, its config folder and a client that talks to it."""

    def __init__(self, folder: Path, port: int, *, level: str = "info") -> None:
        """``folder`` becomes the config folder; ``level`` is how much of Panel Meter is logged."""
        self.folder = folder
        self.port = port
        self.client = Client(f"http://{LOOPBACK}:{port}")
        self._write_folder(level)
        self.child = Child(
            "Home Assistant",
            [
                sys.executable,
                "-m",
                "homeassistant",
                "--config",
                folder,
                # All packages are installed beforehand, so nothing may be downloaded while somebody waits.
                "--skip-pip",
                "--log-no-color",
            ],
            log=folder / "console.log",
            environment={"PYTHONDONTWRITEBYTECODE": ""},
        )

    @property
    def url(self) -> str:
        """The address for a browser."""
        return self.client.url

    async def start(self, timeout: float = 240) -> None:
        """Start it and return when its web interface answers, or, once somebody is logged in, when all is set up."""
        await self.child.start()

        async def up() -> bool:
            self.child.check()
            if self.client.token:
                return await self.client.running()
            return await answers(self.port)

        await until(up, "Home Assistant to start", timeout)

    async def wait_until_running(self, timeout: float = 180) -> None:
        """Wait until everything is set up; somebody must be logged in."""
        await until(self.client.running, "Home Assistant to finish its start", timeout)

    async def stop(self, timeout: float = 60) -> None:
        """End it in good order."""
        await self.child.stop(timeout)

    async def kill(self) -> None:
        """End it as a power cut would."""
        await self.child.kill()

    async def restart(self) -> None:
        """End it in good order and start it again."""
        await self.stop()
        await self.start()

    async def keep_running(self) -> None:
        """Start it again whenever somebody presses "Restart"; return when it ends for another reason."""
        while await self.child.wait() == RESTART_CODE:
            await self.child.start()
            await asyncio.sleep(0)

    def problems(self) -> list[str]:
        """The lines of the log that speak of an error, but for those about what the demo leaves out on purpose."""
        text = self.child.log.read_text(errors="replace") if self.child.log.exists() else ""
        lines = [line for line in text.splitlines() if " ERROR " in line or " CRITICAL " in line]
        return [line for line in lines if not any(word in line for word in _HARMLESS)]

    def _write_folder(self, level: str) -> None:
        components = self.folder / "custom_components"
        storage = self.folder / ".storage"
        components.mkdir(parents=True, exist_ok=True)
        storage.mkdir(exist_ok=True)
        source = REPOSITORY / "custom_components" / "panel_meter"
        link = components / "panel_meter"
        if not link.is_symlink() and source.exists():
            link.symlink_to(source)
        (self.folder / "configuration.yaml").write_text(_CONFIGURATION.format(level=level))
        # Port and interface are kept in the storage; the YAML settings for them are deprecated.
        _store(storage, "http", version=2, minor=2, data=self._http())
        # This step would only invite integrations that ask servers on the internet.
        _store(storage, "onboarding", version=4, minor=1, data={"done": ["core_config"]})

    def _http(self) -> dict[str, object]:
        stable = {
            "server_host": [LOOPBACK],
            "server_port": self.port,
            "cors_allowed_origins": [],
            "login_attempts_threshold": -1,
            "ip_ban_enabled": False,
            "ssl_profile": "modern",
            "use_x_frame_options": True,
            "created_at": "2026-01-01T00:00:00+00:00",
            "error": None,
            "error_message": None,
        }
        return {"stable": stable, "pending": None, "yaml_migration_done": True}


def _store(storage: Path, key: str, *, version: int, minor: int, data: dict[str, object]) -> None:
    path = storage / key
    if not path.exists():
        path.write_text(json.dumps({"version": version, "minor_version": minor, "key": key, "data": data}))

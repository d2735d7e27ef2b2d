"""The Home Assistant that things happen to: its folder, its clock, its disk, and core's own sensors beside ours."""

import asyncio
from collections.abc import Sequence
import json
from pathlib import Path
import shutil
import sys
from typing import Any

from demo.home_assistant import RESTART_CODE, HomeAssistant
from demo.process import LOOPBACK, Child, free_port

from . import faketime

HERE = Path(__file__).parent
HOST = "9e01c7d2"
PRICE = 0.30
_CREATED = "2026-01-01T00:00:00+00:00"

# The config folder's part for the ledger becomes a small disk of its own, seen by Home Assistant alone.
_SMALL_DISK = 'mkdir -p "$0" && mount -t tmpfs -o size={size}k tmpfs "$0" && exec "$@"'


class FaultyHome(HomeAssistant):
    """A Home Assistant with MQTT and Panel Meter set up, which has to be onboarded still."""

    def __init__(
        self,
        folder: Path,
        broker: int,
        panels: Sequence[str],
        *,
        fake_clock: bool = False,
        disk_kb: int | None = None,
        core: Sequence[str] = (),
        backups: bool = False,
    ) -> None:
        """``core``: panels whose mains are measured by core's own sensors too; ``backups``: it can make backups."""
        super().__init__(folder, free_port(), level="info")
        components = folder / "custom_components"
        if backups:
            self._allow_backups(components / "panel_meter")
        (components / "__init__.py").touch()
        (components / "fault_probe").symlink_to(HERE / "fault_probe")
        self._settle(broker, panels, core)
        # Not inside of the folder, which a restored backup replaces.
        self.offset_file = folder.with_name(f"{folder.name}.clock")
        self.set_offset(0)
        command: list[str | Path] = [
            *(sys.executable, "-m", "homeassistant", "--config", folder, "--skip-pip", "--log-no-color")
        ]
        if disk_kb is not None:
            mount = _SMALL_DISK.format(size=disk_kb)
            command = ["unshare", "--mount", "sh", "-c", mount, folder / "panel_meter", *command]
        environment = {"PYTHONDONTWRITEBYTECODE": ""}
        if fake_clock:
            environment |= faketime.environment(self.offset_file)
        self.child = Child("Home Assistant", command, log=folder / "console.log", environment=environment)

    def _allow_backups(self, ours: Path) -> None:
        """A backup holds files, and a restored one replaces them: what lies elsewhere must not be touched."""
        source = ours.resolve()
        ours.unlink()
        shutil.copytree(source, ours, ignore=shutil.ignore_patterns("__pycache__"))
        configuration = self.folder / "configuration.yaml"
        configuration.write_text(configuration.read_text() + "backup:\n")

    async def start_restored(self) -> None:
        """Wait until it has ended by itself, as it does for a restore, and start it as often as it asks for that."""
        for _ in range(3):
            if await asyncio.wait_for(self.child.wait(), 120) != RESTART_CODE:
                break
            await self.child.start()
            if not await self._ends_again():
                break
        await self.wait_until_running()

    async def _ends_again(self) -> bool:
        """Whether it ends within the seconds that unpacking a backup takes."""
        try:
            await asyncio.wait_for(self.child.wait(), 20)
        except TimeoutError:
            return False
        return True

    def set_offset(self, seconds: int) -> None:
        """How far the clock of Home Assistant is ahead; it notices within a second."""
        draft = self.offset_file.with_suffix(".draft")
        draft.write_text(f"{seconds:+d}\n")
        draft.replace(self.offset_file)

    @property
    def pid(self) -> int:
        """The process."""
        process = self.child._process
        assert process is not None
        return process.pid

    @property
    def ledger_file(self) -> Path:
        """Where the ledger lies."""
        return self.folder / "panel_meter" / "ledger.db"

    def _settle(self, broker: int, panels: Sequence[str], core: Sequence[str]) -> None:
        configuration = self.folder / "configuration.yaml"
        text = configuration.read_text() + "fault_probe:\n"
        if core:
            text += _yaml(mqtt={"sensor": [_sensor(each) for each in core]}, utility_meter=_meters(core))
        configuration.write_text(text)
        subentries = [
            {
                "data": {"codec": "native"},
                "subentry_id": f"s{i}",
                "subentry_type": "panel",
                "title": each,
                "unique_id": each,
            }
            for i, each in enumerate(panels)
        ]
        entries = [
            _entry("mqtt", {"broker": LOOPBACK, "port": broker, "protocol": "5"}, version=2),
            _entry("panel_meter", {"base_topic": "panel_meter", "host_id": HOST}, subentries=subentries),
        ]
        stored = {"version": 1, "minor_version": 5, "key": "core.config_entries", "data": {"entries": entries}}
        (self.folder / ".storage" / "core.config_entries").write_text(json.dumps(stored))


def core_sensor(panel: str) -> str:
    """The entity id of core's MQTT sensor for the mains of a panel."""
    return f"sensor.core_{panel.replace('-', '_')}"


def core_meter(panel: str) -> str:
    """The entity id of core's utility meter behind it."""
    return f"sensor.core_meter_{panel.replace('-', '_')}"


def cost_preferences(panels: Sequence[str]) -> list[dict[str, object]]:
    """Sources for the Energy dashboard, which makes core's cost sensors."""
    return [
        {
            "type": "grid",
            "stat_energy_from": core_sensor(panel),
            "stat_energy_to": None,
            "stat_cost": None,
            "entity_energy_price": None,
            "number_energy_price": PRICE,
            "stat_compensation": None,
            "entity_energy_price_export": None,
            "number_energy_price_export": None,
            "cost_adjustment_day": 0.0,
        }
        for panel in panels
    ]


def _sensor(panel: str) -> dict[str, object]:
    return {
        "name": f"core_{panel.replace('-', '_')}",
        "unique_id": f"core_{panel}",
        "state_topic": f"panel_meter/1/{panel}/live",
        "value_template": "{{ value_json.energy[0] / 1000000 }}",
        "unit_of_measurement": "kWh",
        "device_class": "energy",
        "state_class": "total_increasing",
    }


def _meters(panels: Sequence[str]) -> dict[str, object]:
    return {core_meter(panel).removeprefix("sensor."): {"source": core_sensor(panel)} for panel in panels}


def _yaml(**content: object) -> str:
    # JSON is YAML.
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in content.items())


def _entry(
    domain: str, data: dict[str, Any], *, version: int = 1, subentries: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    return {
        "created_at": _CREATED,
        "modified_at": _CREATED,
        "data": data,
        "discovery_keys": {},
        "disabled_by": None,
        "domain": domain,
        "entry_id": f"faults{domain}",
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

"""Broker, boards and Home Assistant, put together step by step."""

from collections.abc import Mapping
import contextlib
from pathlib import Path
from types import TracebackType
from typing import Self

from . import energy, flows
from .boards import Boards, Wishes
from .broker import Broker
from .client import Client, JsonObject
from .errors import DemoError
from .home_assistant import HomeAssistant
from .observer import Observer
from .onboarding import Home, onboard
from .process import LOOPBACK, free_port
from .waiting import until

DOMAIN = "panel_meter"
_NO_VALUE = ("unknown", "unavailable", "")


class Stage:
    """Everything that the demo and the end-to-end tests play on; leaving it ends every program.

    The steps are called in the order in which they stand here.
    """

    def __init__(
        self,
        folder: Path,
        wishes: Wishes,
        *,
        port: int | None = None,
        python_broker: bool = False,
        level: str = "info",
        program: tuple[str, ...] = ("simulator",),
    ) -> None:
        """All files are written below ``folder``. ``port`` is the one of Home Assistant's web interface.

        ``program`` is the module that plays the boards, with arguments of its own.
        """
        self.folder = folder
        self.broker = Broker(folder / "broker", python=python_broker)
        self.boards = Boards(folder / "boards", self.broker.address, wishes, program)
        self.home_assistant = HomeAssistant(folder / "config", port or free_port(), level=level)
        self.observer: Observer | None = None

    @property
    def client(self) -> Client:
        """The client of our Home Assistant."""
        return self.home_assistant.client

    async def __aenter__(self) -> Self:
        """Nothing starts yet."""
        await self.client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all programs, those first that need others."""
        await self.client.__aexit__(kind, error, trace)
        await self.home_assistant.stop()
        await self.boards.stop()
        if self.observer:
            self.observer.close()
        await self.broker.stop()

    async def start_broker(self) -> None:
        """Start the broker and listen on it."""
        await self.broker.start()
        self.observer = Observer(LOOPBACK, self.broker.port)

    async def start_home_assistant(self, home: Home) -> None:
        """Start Home Assistant for the first time and finish its onboarding."""
        await self.home_assistant.start()
        await onboard(self.client, home)
        await self.home_assistant.wait_until_running()

    async def set_up_mqtt(self) -> None:
        """Add MQTT with its ordinary flow."""
        answers = {
            "broker": LOOPBACK,
            "port": self.broker.port,
            "protocol": self.broker.protocol,
            "set_client_cert": False,
            "set_ca_cert": "off",
        }
        _created("MQTT", await flows.start(self.client, "mqtt", answers))
        if self.broker.protocol != "5":
            # Home Assistant would like a newer broker, which is nothing that the user of the demo can repair.
            await self._ignore_issue("mqtt", "protocol_5_migration")

    async def set_up_panel_meter(self, answers: Mapping[str, object] | None = None) -> flows.Finished:
        """Add Panel Meter: confirm what Home Assistant has discovered, or else add it by hand."""
        try:
            offers = await self.wait_for_discovery(timeout=10)
        except DemoError:
            finished = await flows.start(self.client, DOMAIN, answers)
        else:
            finished = await flows.go_on(self.client, offers[0], answers)
        _created("Panel Meter", finished)
        return finished

    async def wait_for_discovery(self, timeout: float = 60) -> list[str]:
        """Wait until Home Assistant offers Panel Meter by itself, and return the ids of the waiting flows."""
        return await until(
            lambda: flows.discovered(self.client, DOMAIN), "Home Assistant to discover a panel", timeout, pause=0.5
        )

    async def values(self, device_class: str) -> dict[str, float]:
        """The present values of Panel Meter's sensors of a device class, by entity id."""
        ours = {str(entry["entity_id"]) for entry in await self.client.entities(DOMAIN)}
        states = await self.client.states()
        return {
            name: float(str(state["state"]))
            for name, state in states.items()
            if name in ours and _device_class(state) == device_class and state["state"] not in _NO_VALUE
        }

    async def wait_for_values(self, timeout: float = 120) -> dict[str, float]:
        """Wait until every wished panel is there and every power of every channel is known; return the powers."""

        async def shown() -> dict[str, float] | None:
            self.home_assistant.child.check()
            self.boards.child.check()
            devices = await self.client.devices(DOMAIN)
            channels = [device for device in devices if device.get("parent_device_id")]
            values = await self.values("power")
            complete = len(devices) - len(channels) >= self.boards.wishes.panels and len(values) >= len(channels)
            return values if complete else None

        return await until(shown, "live values of every channel", timeout, pause=0.5)

    def backlog(self) -> tuple[int, int]:
        """How many records the host has acknowledged, and how many the boards have in all."""
        assert self.observer is not None
        panels = self.observer.panels.values()
        newest = self._newest()
        return sum(panel.acknowledged for panel in panels), max(newest, sum(panel.newest for panel in panels))

    async def wait_for_records(self, timeout: float = 300) -> None:
        """Wait until the host has acknowledged all that the boards had when this was called."""
        assert self.observer is not None
        _, target = self.backlog()

        async def drained() -> bool:
            self.home_assistant.child.check()
            return 0 < target <= self.backlog()[0]

        await until(drained, f"{target} records to be acknowledged", timeout)

    async def set_up_tariff(self, answers: Mapping[str, object]) -> flows.Finished:
        """Give every panel the tariff that these answers make."""
        entries = await self.client.command("config_entries/get", domain=DOMAIN)
        assert isinstance(entries, list)
        entry = next(str(each["entry_id"]) for each in entries if isinstance(each, dict))
        finished = await flows.start_subentry(self.client, entry, "tariff", answers)
        _created("A tariff", finished)
        return finished

    async def set_up_energy(self) -> None:
        """Put every panel onto the Energy dashboard."""
        await energy.set_up(self.client)

    async def _ignore_issue(self, domain: str, issue: str) -> None:
        async def ignored() -> bool:
            try:
                await self.client.command("repairs/ignore_issue", domain=domain, issue_id=issue, ignore=True)
            except DemoError:
                return False
            return True

        with contextlib.suppress(DemoError):
            await until(ignored, f"the repair issue {issue}", timeout=5)

    def _newest(self) -> int:
        """The sum of the newest sequence numbers of all boards, as the simulator's truth has them."""
        return sum(int(panel.get("newest_seq", 0)) for panel in self.boards.panels().values())


def _created(name: str, finished: flows.Finished) -> None:
    if finished.type != "create_entry":
        raise DemoError(f"The set-up of {name} was aborted: {finished.reason}.")


def _device_class(state: JsonObject) -> str | None:
    attributes = state["attributes"]
    return str(attributes.get("device_class")) if isinstance(attributes, dict) else None

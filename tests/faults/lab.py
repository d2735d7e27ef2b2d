"""Broker, boards and Home Assistant for one row, and the hands that break them."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
import time
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from custom_components.panel_meter.identity import unique_id
from demo.broker import Broker
from demo.client import JsonObject
from demo.observer import Observer
from demo.onboarding import Home, onboard
from demo.process import LOOPBACK
from demo.waiting import until
from simulator import FaultPlan, Options, Simulation
from simulator.transport import Broker as BrokerAddress

from .figures import Outcome
from .home import FaultyHome, core_meter, core_sensor, cost_preferences
from .proxy import Proxy
from .truth import HOUR, Hours, compare_ledger, compare_statistics

_MILLI = 1000
BERLIN = Home()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a row is played with."""

    panels: int = 3
    seed: int = 11
    days: float | None = None
    interval: int = 60
    live_interval: int = 2
    speed: float = 1.0
    capacity: int = 2048
    #: Boards have a clock of their own.
    clock: bool = True
    faults: FaultPlan = field(default_factory=FaultPlan)
    #: The clocks of Home Assistant and of the boards can be moved.
    fake_clock: bool = False
    #: UTC seconds at which all clocks begin; None: now. Needs a clock that can be moved.
    begin: int | None = None
    #: Listen to all that is said on the broker. It takes as much of the machine as the boards do.
    observe: bool = True
    disk_kb: int | None = None
    #: Home Assistant reaches the broker over a cable that can be cut.
    cable: bool = False
    #: Home Assistant can make backups, and restore them.
    backups: bool = False
    #: Panels whose mains core measures too.
    core: int = 0
    home: Home = BERLIN


@dataclass(frozen=True, slots=True)
class CoreStart:
    """What core's sensors of a panel said when they began: kWh of the counter and of the utility meter, and cost."""

    counter: float
    meter: float
    cost: float


class Births:
    """When Home Assistant said on the broker that it is there."""

    def __init__(self, port: int) -> None:
        self.times: list[float] = []
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="births", protocol=mqtt.MQTTv311)
        self._client.on_connect = lambda client, *_: client.subscribe("homeassistant/status")
        self._client.on_message = lambda *_: self.times.append(time.monotonic())
        self._client.reconnect_delay_set(min_delay=1, max_delay=1)
        self._client.connect(LOOPBACK, port)
        self._client.loop_start()

    def close(self) -> None:
        """Stop listening."""
        self._client.disconnect()
        self._client.loop_stop()


class Lab:
    """Use it as an async context manager; leaving it ends every program."""

    def __init__(self, folder: Path, wishes: Wishes) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.wishes = folder, wishes
        self.broker = Broker(folder / "broker")
        self.cable = Proxy(self.broker.port)
        self.boards = self._boards()
        names = list(self.boards.boards)
        self.core = names[: wishes.core]
        self.home = FaultyHome(
            folder / "config",
            self.cable.port if wishes.cable else self.broker.port,
            names,
            fake_clock=wishes.fake_clock,
            disk_kb=wishes.disk_kb,
            core=self.core,
            backups=wishes.backups,
        )
        self.offset = 0
        if wishes.begin is not None:
            self.offset = wishes.begin - int(time.time())
            self.home.set_offset(self.offset)
        self._core_start: dict[str, CoreStart] = {}
        self._last_live: dict[str, float] = {}
        self._observer: Observer | None = None
        self.births: Births | None = None

    def _boards(self) -> Simulation:
        wishes = self.wishes
        return Simulation(
            Options(
                broker=BrokerAddress(port=self.broker.port),
                panels=wishes.panels,
                seed=wishes.seed,
                speed=wishes.speed,
                begin=wishes.begin,
                history=wishes.days,
                interval=wishes.interval,
                live_interval=wishes.live_interval,
                capacity=wishes.capacity,
                clock=wishes.clock,
                faults=wishes.faults,
            )
        )

    async def __aenter__(self) -> Self:
        await self.home.client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.home.client.__aexit__(kind, error, trace)
        await self.home.kill()
        await asyncio.to_thread(self.boards.close)
        if self._observer:
            self._observer.close()
        if self.births:
            self.births.close()
        await self.cable.cut()
        await self.broker.stop()

    async def start(self, *, boards: bool = True) -> None:
        """Start everything, for the first time."""
        await self.broker.start()
        if self.wishes.observe:
            self._observer = Observer(LOOPBACK, self.broker.port)
        self.births = Births(self.broker.port)
        if self.wishes.cable:
            await self.cable.start()
        if boards:
            self.boards.start()
        await self.home.start()
        await onboard(self.home.client, self.wishes.home)
        await self.home.wait_until_running()
        if self.core:
            await self._begin_core()

    @property
    def observer(self) -> Observer:
        """The ear on the broker."""
        assert self._observer is not None
        return self._observer

    # -- time ---------------------------------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """UTC seconds of the boards and of Home Assistant."""
        return self.boards.clock.now() / _MILLI if self.boards._thread else time.time() + self.offset

    def jump(self, seconds: int) -> None:
        """All clocks go ahead. Boards have no network meanwhile, but they go on measuring."""
        self.offset += seconds
        self.home.set_offset(self.offset)

        def ahead() -> None:
            clock = self.boards.clock
            for unit in self.boards.boards.values():
                unit.cut_network(clock.now(), 1)
            clock.start += seconds * _MILLI
            for unit in self.boards.boards.values():
                unit.wake = clock.start

        self.boards.call(ahead)

    def jump_to(self, minute: int, second: int = 0, *, hours: int = 0) -> None:
        """Go on to a minute of this hour, or of one that many hours later; never back."""
        now = int(self.now)
        target = now // HOUR * HOUR + hours * HOUR + minute * 60 + second
        self.jump(max(target - now, 0))

    def freeze(self) -> None:
        """Boards that lived fast live on at the usual speed, so that they come to rest."""

        slow_down(self.boards)

    # -- waiting ------------------------------------------------------------------------------------------------------

    def unacknowledged(self) -> int:
        """Records that boards hold and no host has acknowledged."""
        units = self.boards.boards.values()
        return self.boards.call(lambda: sum(ring.unacknowledged for unit in units for ring in unit.board.flash.rings))

    def records(self) -> int:
        """All records that the boards have made in their present journals."""
        return self.boards.call(lambda: sum(unit.board.ring.newest for unit in self.boards.boards.values()))

    async def drained(self, timeout: float = 240, pause: float = 0.1) -> float:
        """Wait until every record is acknowledged; returns the seconds that took."""
        begin = time.monotonic()

        async def done() -> bool:
            return self.unacknowledged() == 0

        await until(done, "all records to be acknowledged", timeout, pause)
        return time.monotonic() - begin

    def nearly_drained(self) -> bool:
        """Whether no more is unacknowledged than what fast boards have made just now."""
        few = int(self.wishes.panels * (1 + self.wishes.speed / 10))
        return self.records() > 0 and self.unacknowledged() <= few

    async def drained_once(self, timeout: float = 120) -> None:
        """Wait until only what fast boards have made just now is left."""

        async def nearly() -> bool:
            return self.nearly_drained()

        await until(nearly, "the backlog to be acknowledged", timeout, 0.1)

    async def speaking(self, timeout: float = 60) -> float:
        """Wait until every board was heard again; returns the seconds that took."""
        begin, heard = time.monotonic(), self.observer.panels
        before = {name: traffic.live for name, traffic in heard.items()}

        async def all_speak() -> bool:
            return all(traffic.live > before[name] for name, traffic in heard.items())

        await until(all_speak, "every board to speak again", timeout, 0.05)
        return time.monotonic() - begin

    async def shown(self, timeout: float = 60) -> float:
        """Wait until Home Assistant shows something new of every panel; returns the seconds that took."""
        begin, since = time.monotonic(), datetime.now(UTC).timestamp() + self.offset
        entries = await self.home.client.entities("panel_meter")
        there = {str(entry["unique_id"]): str(entry["entity_id"]) for entry in entries}
        powers = {there.get(unique_id(name, "main", "power")): name for name in self.boards.boards}
        ours = {entity: name for entity, name in powers.items() if entity is not None}

        async def all_new() -> bool:
            states = await self.home.client.states()
            fresh = {
                panel
                for entity, panel in ours.items()
                if entity in states and _updated(states[entity]) > since and states[entity]["state"] != "unavailable"
            }
            return fresh >= set(self.boards.boards)

        await until(all_new, "Home Assistant to show every panel anew", timeout, 0.1)
        return time.monotonic() - begin

    # -- looking ------------------------------------------------------------------------------------------------------

    def truth(self) -> Mapping[str, Any]:
        """What the simulator knows of every panel."""
        panels = self.boards.truth()["panels"]
        assert isinstance(panels, dict)
        return panels

    async def totals(self) -> dict[str, float]:
        """Our energy totals in kWh, by entity; those without a value are left out."""
        states = await self.home.client.states()
        ids = await self.statistic_ids()
        return {
            entity: float(str(states[entity]["state"]))
            for entity in ids.values()
            if entity in states and str(states[entity]["state"]) not in ("unknown", "unavailable")
        }

    async def statistic_ids(self) -> dict[str, str]:
        """Our energy entities by ``panel/register``."""
        entries = await self.home.client.entities("panel_meter")
        there = {str(entry["unique_id"]): str(entry["entity_id"]) for entry in entries}
        found = {}
        for name, unit in self.boards.boards.items():
            for register in unit.board.names:
                channel, _, direction = register.partition(".")
                if (entity := there.get(unique_id(name, channel, f"energy_{direction}"))) is not None:
                    found[f"{name}/{register}"] = entity
        return found

    async def hourly(self, names: list[str]) -> dict[str, Hours]:
        """The recorder's hourly energies in mWh."""
        rows = await self.home.client.command(
            "recorder/statistics_during_period",
            start_time="2026-01-01T00:00:00+00:00",
            statistic_ids=names,
            period="hour",
            types=["change"],
            units={"energy": "Wh"},
        )
        assert isinstance(rows, dict)
        return {name: _hours(each) for name, each in rows.items()}

    async def probe(self, *, collect: bool = False) -> dict[str, float]:
        """What the event loop suffered since the last time, and what the process holds, without garbage if wished."""
        answer = await self.home.client.get(f"/api/fault_probe{'?collect' if collect else ''}")
        assert isinstance(answer, dict)
        return {name: float(str(value)) for name, value in answer.items()}

    async def hurry(self, minute: int, second: int) -> None:
        """Go on to a minute of this hour while all run, and let the recorder compile what is over by then."""
        registers = sum(len(unit.board.names) for unit in self.boards.boards.values())

        async def all_known() -> bool:
            return len(await self.totals()) == registers

        await until(all_known, "every total to be known", 90, 0.5)
        self.jump_to(minute, second)
        await asyncio.sleep(2)
        await self.speaking()
        await self.drained()
        await self.compile()

    async def compile(self) -> None:
        """Let the recorder compile now what it would compile within five minutes."""
        await self.home.client.post("/api/fault_probe/compile")

    async def issues(self) -> set[str]:
        """Repair issues of Panel Meter."""
        answer = await self.home.client.command("repairs/list_issues")
        assert isinstance(answer, dict)
        issues = answer["issues"]
        assert isinstance(issues, list)
        return {str(each["issue_id"]) for each in issues if isinstance(each, dict) and each["domain"] == "panel_meter"}

    # -- the end ------------------------------------------------------------------------------------------------------

    async def finish(
        self, outcome: Outcome, *, hours: bool = True, timeout: float = 240, without: tuple[str, ...] = ()
    ) -> None:
        """Let all come to rest, end Home Assistant in good order, and compare the ledger with the truth.

        ``without``: panels that the row compares by itself.
        """
        if self.wishes.speed != 1:
            self.freeze()
        await self.drained(timeout)
        if self.core:
            outcome.core |= await self.core_errors()
        await asyncio.to_thread(self.boards.close)
        await self.drained(timeout=30)
        await self.home.stop()
        truth = {name: panel for name, panel in self.truth().items() if name not in without}
        outcome.ledger = compare_ledger(self.home.ledger_file, truth, hours=hours)

    async def compare_statistics(self, outcome: Outcome, until_hour: int, timeout: float = 400) -> None:
        """Wait until the recorder is right up to an hour, or give up, and note the difference that is left."""
        ids = await self.statistic_ids()
        end = time.monotonic() + timeout
        while True:
            found = await self.hourly(list(ids.values()))
            outcome.statistics = compare_statistics(self.truth(), found, ids, until_hour)
            if outcome.statistics.right or time.monotonic() > end:
                return
            await asyncio.sleep(2)

    # -- core beside ours ---------------------------------------------------------------------------------------------

    async def _begin_core(self) -> None:
        async def there() -> bool:
            states = await self.home.client.states()
            return all(_number(states, core_sensor(each)) is not None for each in self.core)

        await until(there, "core's sensors to have values", 60)
        sources = cost_preferences(self.core)
        await self.home.client.command("energy/save_prefs", energy_sources=sources)
        # In good order, so that core has stored the settings and what it restores; its faults below are not of a
        # first start.
        await self.home.restart()
        await until(there, "core's sensors to have values again", 60)
        states = await self.home.client.states()
        for panel in self.core:
            entities = (core_sensor(panel), core_meter(panel), f"{core_sensor(panel)}_cost")
            self._core_start[panel] = CoreStart(*(_number(states, entity) or 0.0 for entity in entities))

    async def core_errors(self) -> dict[str, str]:
        """By how much core's utility meters and cost sensors are wrong, in percent of the truth."""
        states = await self.home.client.states()
        price = cost_preferences(self.core[:1])[0]["number_energy_price"]
        assert isinstance(price, float)
        true = meters = costs = 0.0
        for panel in self.core:
            start = self._core_start[panel]
            true += self.observer.panels[panel].energy[0] / 1e6 - start.counter
            meters += (_number(states, core_meter(panel)) or 0.0) - start.meter
            costs += (_number(states, f"{core_sensor(panel)}_cost") or 0.0) - start.cost
        if true <= 0:
            return {}
        return {
            "utility meter": f"{100 * (meters / true - 1):+.1f} % of {true:.3f} kWh",
            "cost": f"{100 * (costs / (true * price) - 1):+.1f} % of {true * price:.3f}",
        }

    async def core_misplaced(self, since: int, until_hour: int) -> str:
        """How much of the energy of some hours core's statistics have in another hour."""
        from .truth import misplaced, true_hours

        found = await self.hourly([core_sensor(panel) for panel in self.core])
        true = wrong = 0
        for panel in self.core:
            register = self.truth()[panel]["registers"][0]
            hours = {h: e for h, e in true_hours(self.truth()[panel], register).items() if since <= h < until_hour}
            theirs = {h: e for h, e in found.get(core_sensor(panel), {}).items() if since <= h < until_hour}
            true += sum(hours.values())
            wrong += misplaced(hours, theirs) + abs(sum(hours.values()) - sum(theirs.values()))
        return f"{100 * wrong / max(true, 1):.1f} % of {true / 1e6:.3f} kWh not in their hour"


def slow_down(boards: Simulation) -> None:
    """Let boards live on at the usual speed."""

    def slow() -> None:
        clock = boards.clock
        clock.start, clock._origin, clock.speed = clock.now(), time.monotonic(), 1.0

    boards.call(slow)


def _hours(rows: object) -> Hours:
    assert isinstance(rows, list)
    return {int(r["start"]) // _MILLI: round(r["change"] * 1000) for r in rows if r.get("change") is not None}


def _updated(state: JsonObject) -> float:
    return datetime.fromisoformat(str(state["last_updated"])).timestamp()


def _number(states: Mapping[str, JsonObject], entity: str) -> float | None:
    try:
        return float(str(states[entity]["state"]))
    except KeyError, ValueError:
        return None

"""The measured process: an ordinary Home Assistant that can be asked what it has used and shown.

``python -m tests.benchmarks.lab FOLDER`` reads one command a line from its standard input and answers each with one
line of JSON; see `Lab`. Asking is all that it adds to Home Assistant.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import suppress
import cProfile
import gc
import json
from pathlib import Path
import random
import sys
import time
from types import MappingProxyType

from homeassistant import bootstrap, runner
from homeassistant.auth.const import GROUP_ID_ADMIN
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.recorder import get_instance
from homeassistant.setup import async_get_setup_timings
from pytest_homeassistant_custom_component.common import async_fire_mqtt_message

from custom_components.panel_meter.api.limits import Buckets, limits_of
from custom_components.panel_meter.api.sources import source_id
from custom_components.panel_meter.api.tokens import TOKENS, NewToken

from .source import MIDNIGHT, Source

DOMAIN = "panel_meter"
PLATFORMS = (DOMAIN, "mqtt", "utility_meter", "bench_floor")

#: By how much messages come early or late, in seconds (one sigma).
JITTER = 0.01
#: Seconds between two looks at how late the event loop is.
LOOK_EVERY = 0.005

type Answer = dict[str, object]


class Lab:
    """One method per command."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.hass = hass
        self._profile: cProfile.Profile | None = None
        self._late: list[float] = []
        self._watching: asyncio.Task[None] | None = None

    async def used(self) -> Answer:
        """CPU seconds of the whole process and of the event loop's thread so far, and the time."""
        return {"process": time.process_time(), "loop": time.thread_time(), "time": time.time()}

    async def shown(self) -> Answer:
        """Ids of the entities of interest."""
        found = [
            entity_id
            for name in PLATFORMS
            for platform in self.hass.data.get("entity_platform", {}).get(name, ())
            for entity_id in platform.entities
        ]
        known = [
            each for each in found if (s := self.hass.states.get(each)) and s.state not in ("unknown", "unavailable")
        ]
        return {"entities": found, "known": len(known)}

    async def set_up(self) -> Answer:
        """Seconds that setting up our entry takes while Home Assistant runs, wall clock and CPU, after unloading it."""
        (entry,) = self.hass.config_entries.async_entries(DOMAIN)
        await self.hass.config_entries.async_unload(entry.entry_id)
        await self.hass.async_block_till_done()
        gc.collect()
        wall, cpu = time.perf_counter(), time.process_time()
        await self.hass.config_entries.async_setup(entry.entry_id)
        took = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
        return {**took, "entities": len((await self.shown())["entities"])}  # type: ignore[arg-type]

    async def timings(self) -> Answer:
        """What Home Assistant says how long the set-up of each integration took."""
        return dict(async_get_setup_timings(self.hass))

    async def wait_for(self, marker: str, *names: str) -> Answer:
        """Wait until these panels have heard a live message in which the power of the mains is ``marker``."""
        (entry,) = self.hass.config_entries.async_entries(DOMAIN)
        wanted = float(marker)
        panels = [entry.runtime_data.panels[name] for name in names]
        while not all(panel.measurements.power and panel.measurements.power[0] == wanted for panel in panels):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        return await self.used()

    async def booked(self, count: str) -> Answer:
        """Wait until the ledger holds that many intervals."""
        (entry,) = self.hass.config_entries.async_entries(DOMAIN)
        hub = entry.runtime_data
        while (await hub.writer.read(hub.ledger.stats)).intervals < int(count):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        return await self.used()

    async def live_through(self, base: str, seconds: str) -> Answer:
        """Hear one panel for that many seconds of its life as fast as possible; returns the changes of each entity.

        The clock of the event loop goes on by one second with every message, give or take what a network makes of it,
        so that everything that waits waits for as many messages as it would in real time.
        """
        source, topic = Source(0), f"{base}/1/{Source(0).id}"
        now = int(time.time())
        async_fire_mqtt_message(self.hass, f"{topic}/info", source.info(), retain=True)
        async_fire_mqtt_message(self.hass, f"{topic}/status", b"online", retain=True)
        row = [1, now, 300, 0, *(0 for _ in source.channels)]
        async_fire_mqtt_message(self.hass, f"{topic}/record", source.record([row]))
        await asyncio.sleep(3)
        changes: Counter[str] = Counter()

        @callback
        def changed(event: Event[EventStateChangedData]) -> None:
            changes[event.data["entity_id"]] += 1

        self.hass.bus.async_listen(EVENT_STATE_CHANGED, changed)
        clock = begin = self.hass.loop.time()
        jitter = random.Random(1)
        self.hass.loop.time = lambda: clock  # type: ignore[method-assign]
        nothing = (0,) * len(source.channels)
        for number, second in enumerate(source.seconds(MIDNIGHT, int(seconds))):
            clock = begin + number + jitter.gauss(0, JITTER)
            async_fire_mqtt_message(self.hass, f"{topic}/live", source.live(second, number, now + number, nothing))
            for _ in range(3):
                await asyncio.sleep(0)
        entities = (await self.shown())["entities"]
        assert isinstance(entities, list)
        return {each: changes[each] for each in entities}

    async def doors(self) -> Answer:
        """Where to post, with a token of a user for core's API and one of a source for ours, without limits."""
        user = await self.hass.auth.async_create_system_user("bench", group_ids=[GROUP_ID_ADMIN])
        refresh = await self.hass.auth.async_create_refresh_token(user)
        (entry,) = self.hass.config_entries.async_entries(DOMAIN)
        token = NewToken.make()
        self.hass.data[TOKENS].keep(token, int(time.time()))
        self.hass.config_entries.async_add_subentry(
            entry,
            ConfigSubentry(
                data=MappingProxyType({"gateway": True}),
                subentry_type="source",
                title="bench",
                unique_id=source_id(token.id),
            ),
        )
        limits = limits_of(self.hass)
        limits.gateways = limits.addresses = Buckets(1e9, 1e9)
        return {
            "port": self.hass.http.server_port,
            "user": self.hass.auth.async_create_access_token(refresh),
            "source": token.text,
        }

    async def rested(self) -> Answer:
        """Wait until the recorder has written what it was given, which is a part of what it costs."""
        await get_instance(self.hass).async_block_till_done()
        return await self.used()

    async def watch(self) -> Answer:
        """Begin to look how late the event loop comes to what is due; the second call ends it and tells, in ms."""
        if self._watching is None:
            self._late = []
            self._watching = asyncio.create_task(self._watch())
            return {}
        self._watching.cancel()
        self._watching = None
        late = sorted(self._late)
        return {"p50": 1000 * late[len(late) // 2], "p99": 1000 * late[len(late) * 99 // 100], "max": 1000 * late[-1]}

    async def _watch(self) -> None:
        while True:
            due = self.hass.loop.time() + LOOK_EVERY
            await asyncio.sleep(LOOK_EVERY)
            self._late.append(self.hass.loop.time() - due)

    async def profile(self, file: str) -> Answer:
        """Begin a profile of the event loop; the second call ends it and writes it to a file."""
        if self._profile is None:
            self._profile = cProfile.Profile()
            self._profile.enable()
        else:
            self._profile.disable()
            self._profile.dump_stats(file)
            self._profile = None
        return {}

    async def stop(self) -> Answer:
        """End Home Assistant in good order."""
        self.hass.async_create_task(self.hass.async_stop())
        return {}


async def _answer(lab: Lab) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := (await reader.readline()).decode().split():
        command: Callable[..., Coroutine[None, None, Answer]] = getattr(lab, line[0])
        _say(await command(*line[1:]))
    # Whoever measured is gone.
    await lab.hass.async_stop()


def _say(answer: Answer) -> None:
    print("LAB", json.dumps(answer), flush=True)


async def _main(folder: Path) -> int:
    config = runner.RuntimeConfig(config_dir=str(folder), skip_pip=True, log_no_color=True)
    hass = await bootstrap.async_setup_hass(config)
    if hass is None:
        return 1
    answering = asyncio.create_task(_answer(Lab(hass)))
    code = await hass.async_run()
    answering.cancel()
    with suppress(asyncio.CancelledError):
        await answering
    return code


def main() -> int:
    """Run until told to stop."""
    loop = runner.create_event_loop()
    asyncio.set_event_loop(loop)
    return loop.run_until_complete(_main(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
    # Threads of Home Assistant that wait for nothing must not keep the process.
    import os

    os._exit(0)

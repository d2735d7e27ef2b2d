"""Looks at Home Assistant from inside of its process: how long its event loop was blocked, and what it holds."""

import asyncio
from collections import deque
from datetime import UTC, datetime
import gc
from pathlib import Path
import threading
import time

from aiohttp import web
from homeassistant.components.http import HomeAssistantView
from homeassistant.components.recorder.tasks import StatisticsTask
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance

DOMAIN = "fault_probe"
_PAUSE = 0.005


class Watch:
    """Wakes up all the time and notes how late it was, and for how much of that its thread was computing.

    Python's collections of garbage, which stop every thread and last the longer the more all integrations hold, are
    told apart.
    """

    def __init__(self) -> None:
        self.late: deque[float] = deque(maxlen=500_000)
        self.busy = 0.0
        self.collection = 0.0
        self._thread = threading.get_ident()
        self._began = (0.0, 0.0)
        self._collecting = 0.0
        gc.callbacks.append(self._collected)

    async def run(self) -> None:
        while True:
            before, computed = time.monotonic(), time.thread_time() - self._collecting
            await asyncio.sleep(_PAUSE)
            self.late.append(time.monotonic() - before - _PAUSE)
            self.busy = max(self.busy, time.thread_time() - self._collecting - computed)

    def _collected(self, phase: str, _info: dict[str, int]) -> None:
        now = (time.monotonic(), time.thread_time())
        if phase == "start":
            self._began = now
            return
        self.collection = max(self.collection, now[0] - self._began[0])
        if threading.get_ident() == self._thread:
            self._collecting += now[1] - self._began[1]

    def take(self) -> dict[str, float]:
        late, busy, collection = sorted(self.late) or [0.0], self.busy, self.collection
        self.late.clear()
        self.busy = self.collection = 0.0
        return {
            "late_max": late[-1],
            "late_p99": late[int(len(late) * 0.99)],
            "late_100": sum(1 for value in late if value > 0.1),
            "busy_max": busy,
            "collection_max": collection,
        }


class Probe(HomeAssistantView):
    """GET answers and begins anew."""

    url = "/api/fault_probe"
    name = "api:fault_probe"
    requires_auth = False

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    async def get(self, request: web.Request) -> web.Response:
        lags = self._watch.take()
        hass: HomeAssistant = request.app["hass"]
        if "collect" in request.query:
            # It blocks the event loop itself, so that nobody may ask for it who measures that.
            gc.collect()
        status = Path("/proc/self/status").read_text().split()
        return self.json(
            {
                **lags,
                "tasks": len(asyncio.all_tasks()),
                "threads": threading.active_count(),
                "files": len(list(Path("/proc/self/fd").iterdir())),
                "rss_kb": int(status[status.index("VmRSS:") + 1]),
                "listeners": sum(hass.bus.async_listeners().values()),
                "objects": len(gc.get_objects()),
            }
        )


class Compile(HomeAssistantView):
    """POST lets the recorder compile the last five minutes that are over, without waiting for its own time."""

    url = "/api/fault_probe/compile"
    name = "api:fault_probe:compile"
    requires_auth = False

    async def post(self, request: web.Request) -> web.Response:
        hass: HomeAssistant = request.app["hass"]
        begin = datetime.fromtimestamp((time.time() // 300 - 1) * 300, UTC)
        get_instance(hass).queue_task(StatisticsTask(begin, fire_events=True))
        # Where entities live, the recorder always has something to commit behind that.
        hass.states.async_set("fault_probe.compiled", begin.isoformat())
        return self.json({"begin": begin.isoformat()})


async def async_setup(hass: HomeAssistant, _config: object) -> bool:
    """Begin to look."""
    watch = Watch()
    hass.async_create_background_task(watch.run(), "fault_probe")
    hass.http.register_view(Probe(watch))
    hass.http.register_view(Compile())
    return True

"""Many boards at once."""

import asyncio
import json
import os
from pathlib import Path
import time

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from demo.process import LOOPBACK
from demo.waiting import until

from ..figures import Outcome
from ..lab import Lab, Wishes


async def drain(folder: Path, long: bool) -> Outcome:
    """Hundreds of known boards come back at the same moment, each with 14 days of records that nobody has taken."""
    panels, days = (500, 14.0) if long else (50, 3.0)
    outcome = Outcome("drain", f"{panels} known boards return at once, each with up to {days:g} days of backlog")
    wishes = Wishes(panels=panels, days=days, interval=300, live_interval=5, capacity=4096, cable=True, observe=False)
    async with Lab(folder, wishes) as lab:
        await lab.start(boards=False)
        lab.boards.start()

        async def known() -> bool:
            return len(await lab.statistic_ids()) >= panels

        await until(known, "the boards to be known", 300)
        await lab.cable.cut()
        # Home Assistant registers what it has just got to know; that happens once in the life of a panel.
        # And it notices that they are gone.
        await asyncio.sleep(45)
        records, memory = lab.unacknowledged(), (await lab.probe())["rss_kb"]
        assert lab.births is not None
        births = len(lab.births.times)
        await lab.cable.start()

        async def back() -> bool:
            assert lab.births is not None
            return len(lab.births.times) > births

        await until(back, "Home Assistant to be back on the broker", 60, 0.02)
        begin, used = time.monotonic(), _used(lab.home.pid)
        await lab.drained(timeout=1200, pause=0.5)
        taken, used = time.monotonic() - begin, _used(lab.home.pid) - used
        probe = await lab.probe()
        await lab.finish(outcome, hours=not long)
    outcome.measured = {
        "records": records,
        "drained in s": round(taken, 1),
        "records/s": round(records / taken),
        "CPU of Home Assistant per record, microseconds": round(used / records * 1e6),
        "event loop late, worst ms": round(probe["late_max"] * 1000),
        "event loop late, p99 ms": round(probe["late_p99"] * 1000, 1),
        "late > 100 ms": probe["late_100"],
        "longest collection of garbage ms": round(probe["collection_max"] * 1000),
        "computing without a pause otherwise, worst ms": round(probe["busy_max"] * 1000),
        "memory grew MB": round((probe["rss_kb"] - memory) / 1024),
    }
    outcome.expect(taken < 120, f"the drain took {taken:.0f} s, which should be less than 120")
    outcome.expect(probe["busy_max"] < 0.1, f"the event loop was blocked for {probe['busy_max'] * 1000:.0f} ms")
    outcome.judge()
    return outcome


def _used(pid: int) -> float:
    """CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def flood(folder: Path, long: bool) -> Outcome:
    """Thousands of panels that do not exist announce themselves, and one topic is flooded with garbage."""
    bogus, garbage = (10_000, 50_000) if long else (2_000, 5_000)
    outcome = Outcome("flood", f"{bogus} announcements of made-up panels, {garbage} garbage messages, 3 real panels")
    async with Lab(folder, Wishes(panels=3, days=1)) as lab:
        await lab.start()
        await lab.drained()
        before = await lab.probe()
        devices, entities = await _registered(lab)
        begin = time.monotonic()
        await asyncio.to_thread(_flood, lab.broker.port, bogus, garbage)
        await lab.shown()
        taken = time.monotonic() - begin
        probe = await lab.probe()
        devices_after, entities_after = await _registered(lab)
        flows = await lab.home.client.command("config_entries/flow/progress")
        assert isinstance(flows, list)
        offers = sum(1 for flow in flows if isinstance(flow, dict) and flow["handler"] == "panel_meter")
        await lab.finish(outcome)
    outcome.measured = {
        "devices and entities made": devices_after + entities_after - devices - entities,
        "offers pending": offers,
        "memory grew MB": round((probe["rss_kb"] - before["rss_kb"]) / 1024, 1),
        "event loop late, worst ms": round(probe["late_max"] * 1000),
        "longest collection of garbage ms": round(probe["collection_max"] * 1000),
        "computing without a pause otherwise, worst ms": round(probe["busy_max"] * 1000),
        "flood and every real panel shown anew s": round(taken, 1),
    }
    outcome.expect(devices_after == devices and entities_after == entities, "the flood made devices or entities")
    outcome.expect(offers <= 33, f"{offers} offers are pending")
    outcome.judge()
    return outcome


async def _registered(lab: Lab) -> tuple[int, int]:
    client = lab.home.client
    return len(await client.devices("panel_meter")), len(await client.entities("panel_meter"))


def _flood(port: int, bogus: int, garbage: int) -> None:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="flood", protocol=mqtt.MQTTv311)
    client.max_queued_messages_set(0)
    client.connect(LOOPBACK, port)
    client.loop_start()
    info = {
        "protocol": "1.0",
        "boot": "a1b2c3d4",
        "journal": "5c1e90aa",
        "name": "Nobody",
        "model": "none",
        "firmware": "1.0.0",
        "interval": 300,
        "live_interval": 5,
        "capacity": 2048,
        "nominal_voltage": 230,
        "registers": ["main.import"],
        "channels": [{"id": "main", "name": "Mains", "role": "main"}],
    }
    last = None
    for number in range(bogus):
        name = f"bogus-{number}"
        last = client.publish(f"panel_meter/1/{name}/info", json.dumps({**info, "id": name}), qos=1)
    for number in range(garbage):
        last = client.publish("panel_meter/1/house/live", b'{"journal":' + b"[" * (number % 500), qos=0)
    assert last is not None
    last.wait_for_publish(300)
    client.disconnect()
    client.loop_stop()

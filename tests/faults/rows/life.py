"""A long life: reloads, days, and somebody else who does the same work."""

import asyncio
import json
from pathlib import Path
import time

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from demo.process import LOOPBACK
from demo.waiting import until

from ..figures import Outcome
from ..lab import Lab, Wishes
from ..truth import HOUR

_ENTRY = "faultspanel_meter"
_MOST_AHEAD = 22.5 * HOUR
_STEADY = ("tasks", "threads", "files", "listeners")


async def reload(folder: Path, long: bool) -> Outcome:
    """The integration is reloaded, disabled and enabled again and again while records flow."""
    times = 500 if long else 20
    outcome = Outcome("reload", f"{times} x reload or disable and enable, 4 panels")
    async with Lab(folder, Wishes(panels=4, days=0.5, speed=20, live_interval=20)) as lab:
        await lab.start()
        await lab.drained_once()
        for _ in range(3):
            await _reload(lab)
        before = await _rest(lab)
        for number in range(times):
            await (_disable_and_enable(lab) if number % 5 == 4 else _reload(lab))
        after = await _rest(lab)
        await lab.finish(outcome)
    for name in _STEADY:
        outcome.measured[f"{name} before"], outcome.measured[f"{name} after"] = before[name], after[name]
        outcome.expect(after[name] <= before[name] + 3, f"{name} grew from {before[name]:g} to {after[name]:g}")
    outcome.measured["objects per reload"] = round((after["objects"] - before["objects"]) / times)
    outcome.measured["memory per reload kB"] = round((after["rss_kb"] - before["rss_kb"]) / times, 1)
    outcome.judge()
    return outcome


async def _reload(lab: Lab) -> None:
    await lab.home.client.post(f"/api/config/config_entries/entry/{_ENTRY}/reload")


async def _disable_and_enable(lab: Lab) -> None:
    for disabled in ("user", None):
        await lab.home.client.command("config_entries/disable", entry_id=_ENTRY, disabled_by=disabled)


async def _rest(lab: Lab) -> dict[str, float]:
    """The fewest tasks and files of some seconds: others come and go."""
    found = [await lab.probe(collect=True)]
    for _ in range(12):
        await asyncio.sleep(0.5)
        found.append(await lab.probe(collect=True))
    return {name: min(each[name] for each in found) for name in found[0]}


async def two_hosts(folder: Path, _long: bool) -> Outcome:
    """Another host acknowledges the records of our boards: it is noticed, told, and nothing is lost."""
    outcome = Outcome("two-hosts", "another host acknowledges records of 3 panels before we have them")
    wishes = Wishes(panels=3, days=0.25, speed=20, live_interval=20)
    async with Lab(folder, wishes) as lab:
        await lab.start()
        await lab.drained_once()
        name = next(iter(lab.boards.boards))
        begin = time.monotonic()
        other = asyncio.create_task(asyncio.to_thread(_acknowledge_as_another, lab, name))

        async def told() -> bool:
            return f"second_host_{name}" in await lab.issues()

        await until(told, "the second host to be noticed", 60)
        noticed = time.monotonic() - begin
        await other
        held = lab.boards.call(lambda: lab.boards.boards[name].board.ring.watermark)
        await _resume(lab, f"second_host_{name}")
        await lab.finish(outcome)
    outcome.measured = {"noticed after s": round(noticed, 2), "records that the other host said were safe": held}
    outcome.expect(noticed < 60, "a second host was noticed too late")
    outcome.judge()
    return outcome


def _acknowledge_as_another(lab: Lab, panel: str) -> None:
    """Tell a board that all it has is safe, as fast as it makes records, so that some never come to us."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="other", protocol=mqtt.MQTTv311)
    client.connect(LOOPBACK, lab.broker.port)
    client.loop_start()
    for _ in range(100):
        ring = lab.boards.boards[panel].board.ring
        payload = json.dumps({"host": "0badcafe", "journal": ring.shape.journal, "seq": ring.newest})
        client.publish(f"panel_meter/1/{panel}/ack", payload, qos=1).wait_for_publish(10)
        time.sleep(0.05)
    client.disconnect()
    client.loop_stop()


async def _resume(lab: Lab, issue: str) -> None:
    flow = await lab.home.client.post("/api/repairs/issues/fix", {"handler": "panel_meter", "issue_id": issue})
    assert isinstance(flow, dict)
    await lab.home.client.post(f"/api/repairs/issues/fix/{flow['flow_id']}", {})


async def soak(folder: Path, long: bool) -> Outcome:
    """A day at 60x: what Home Assistant holds stays what it was."""
    panels, minutes, speed = (100, 23.5, 60.0) if long else (20, 3.0, 60.0)
    hours = minutes * speed / 60
    outcome = Outcome("soak", f"{panels} panels live {hours:g} hours at {speed:g}x")
    # Every board speaks once a second of real time, and closes a record every five seconds.
    wishes = Wishes(panels=panels, interval=300, live_interval=60, speed=speed)
    async with Lab(folder, wishes) as lab:
        born = lab.now
        await lab.start()
        await asyncio.sleep(60)
        before, begin = await _rest(lab), time.monotonic()
        memory, objects = list[tuple[float, float]](), list[tuple[float, float]]()
        # However slow the machine is, boards must not get a day ahead of the host, which would refuse their records.
        while time.monotonic() - begin < minutes * 60 - 60 and lab.now - time.time() < _MOST_AHEAD:
            await asyncio.sleep(10)
            probe, now = await lab.probe(collect=True), time.monotonic() - begin
            memory.append((now, probe["rss_kb"]))
            objects.append((now, probe["objects"]))
        after = await _rest(lab)
        outcome.done = f"{panels} panels live {(lab.now - born) / HOUR:.1f} hours at {speed:g}x"
        await lab.finish(outcome)
    for name in _STEADY:
        outcome.measured[f"{name} before"], outcome.measured[f"{name} after"] = before[name], after[name]
        outcome.expect(after[name] <= before[name] + 3, f"{name} grew from {before[name]:g} to {after[name]:g}")
    half = len(memory) // 2
    outcome.measured["memory MB at the end"] = round(after["rss_kb"] / 1024)
    outcome.measured["memory slope, second half, MB/h of real time"] = round(_slope(memory[half:]) * 3600 / 1024, 1)
    outcome.measured["objects before"], outcome.measured["objects after"] = before["objects"], after["objects"]
    growth = _slope(objects[half:]) * 3600 / panels
    outcome.measured["objects per panel, growth in an hour of real time, second half"] = round(growth)
    outcome.expect(after["objects"] < before["objects"] * 1.05, "Home Assistant holds more and more objects")
    outcome.judge()
    return outcome


def _slope(points: list[tuple[float, float]]) -> float:
    """Of the straight line through points, by least squares."""
    if len(points) < 2:
        return 0.0
    mean_x, mean_y = (sum(values) / len(points) for values in zip(*points, strict=True))
    above = sum((x - mean_x) * (y - mean_y) for x, y in points)
    return above / (sum((x - mean_x) ** 2 for x, _ in points) or 1.0)

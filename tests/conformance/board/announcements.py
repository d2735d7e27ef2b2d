"""What a board says of itself: T1, T2, F1, F4, F10, 1.4, 7."""

import re
from typing import Any, Final

from ..checks import Need, expect
from ..link import Heard
from .bench import HEX, BoardBench
from .collection import BOARD

_REGISTER: Final = re.compile(r"([a-z0-9_]{1,16})\.(import|export)")
_CHANNEL: Final = re.compile(r"[a-z0-9_]{1,16}")
_ROLES: Final = {"main", "circuit", "solar", "battery", "sub"}
_PHASES: Final = {"L1", "L2", "L3", "L1L2", "L123"}


def _of(messages: list[Heard], kind: str) -> Heard | None:
    return next((heard for heard in messages if heard.kind == kind), None)


@BOARD.check("T1", "info is retained, with QoS 1 and at most 8192 bytes.")
async def info_is_retained(bench: BoardBench) -> None:
    info = _of(await bench.fresh(), "info")
    assert_retained(info, "info", 8192)


@BOARD.check("T2", "status is retained, with QoS 1, and says online.")
async def status_is_retained(bench: BoardBench) -> None:
    status = _of(await bench.fresh(), "status")
    assert_retained(status, "status", 7)
    assert status is not None
    expect(status.payload == b"online", f"The retained status of a connected board is {status.payload!r}.")


def assert_retained(heard: Heard | None, kind: str, most: int) -> None:
    """One of the messages that the broker keeps."""
    expect(heard is not None, f"A new subscriber gets no {kind}: it is not retained.")
    assert heard is not None
    expect(heard.retained, f"{kind} is not retained.")
    expect(heard.qos == 1, f"{kind} is published with QoS {heard.qos}.")
    expect(len(heard.payload) <= most, f"{kind} has {len(heard.payload)} bytes.")


@BOARD.check("T1 T2", "The will says offline; after each connect info comes, and then online.")
async def reconnect(bench: BoardBench) -> None:
    after = await bench.kick()
    await bench.back(after)
    said = [
        heard.kind if heard.kind == "info" else heard.payload.decode()
        for heard in bench.link.heard[after:]
        if heard.kind in ("info", "status")
    ]
    expect("info" in said, "After a reconnect no info came.")
    expect(said[0] == "offline", f"The will was not the first to be heard: {said}.")
    expect(said.index("info") < said.index("online"), f"online came before info: {said}.")


@BOARD.check("T1", "A changed name shows in info at once.")
async def info_at_any_change(bench: BoardBench) -> None:
    name = bench.info["name"]
    try:
        after = bench.mark
        answer = await bench.command("set_name", name="Conformance")
        expect(answer.get("ok") is True, f"set_name was refused: {answer}.")
        await bench.hear("info", after=after, within=5, fits=lambda heard: heard.json.get("name") == "Conformance")
    finally:
        await bench.command("set_name", name=name)


@BOARD.check("1.4", "The broker keeps info, status and ack, and nothing else.")
async def nothing_else_is_retained(bench: BoardBench) -> None:
    await bench.hear("live", after=bench.mark, within=120)
    kept = {heard.kind for heard in await bench.fresh() if heard.retained}
    expect(
        kept <= {"info", "status", "ack"},
        f"The broker also keeps {', '.join(sorted(kept - {'info', 'status', 'ack'}))}.",
    )
    expect(kept >= {"info", "status"}, f"The broker only keeps {', '.join(sorted(kept))}.")


@BOARD.check("7", "The version in info is 1.something.")
async def version(bench: BoardBench) -> None:
    expect(re.fullmatch(r"1\.\d+", str(bench.info.get("protocol"))), f"protocol is {bench.info.get('protocol')!r}.")


@BOARD.check("T1", "info carries the board's own id, its intervals and its capacity.")
async def info_is_complete(bench: BoardBench) -> None:
    info = bench.info
    expect(info.get("id") == bench.id, f"id is {info.get('id')!r}.")
    for key, low, high in (("interval", 60, 3600), ("live_interval", 1, 60), ("capacity", 1, 2**40)):
        expect(isinstance(info.get(key), int) and low <= info[key] <= high, f"{key} is {info.get(key)!r}.")


@BOARD.check("F1", "boot is 8 hex digits, in info as in live; uptime counts its seconds.")
async def boot(bench: BoardBench) -> None:
    first = await bench.hear("live", after=bench.mark, within=120)
    second = await bench.hear("live", after=bench.mark + 8, within=600)
    for content in (bench.info, first.json, second.json):
        expect(HEX.fullmatch(str(content.get("boot"))), f"boot is {content.get('boot')!r}.")
    expect(first.json["boot"] == bench.info["boot"], "live has another boot than info.")
    uptimes = (first.json["uptime"], second.json["uptime"])
    expect(all(type(uptime) is int and uptime >= 0 for uptime in uptimes), f"uptimes are {uptimes}.")
    off = uptimes[1] - uptimes[0] - bench.elapsed(first, second)
    expect(abs(off) <= 2 + 0.5 * bench.subject.speed, f"uptime runs {off:+.1f} s off between two messages.")


@BOARD.check("F1", "A reboot brings another boot and an uptime from zero.", Need.LICENCE)
async def boot_is_new(bench: BoardBench) -> None:
    before = bench.last("live")["uptime"]
    info = await bench.reboot()
    live = await bench.hear(
        "live", after=bench.mark, within=120, fits=lambda heard: heard.json["boot"] == info.json["boot"]
    )
    expect(live.json["uptime"] < max(before, 60), f"After the reboot uptime is {live.json['uptime']}.")


@BOARD.check("F4", "registers names at most 64 different ones of known channels.")
async def registers(bench: BoardBench) -> None:
    names = bench.info.get("registers")
    expect(isinstance(names, list) and 1 <= len(names) <= 64, f"registers is {names!r}.")
    assert isinstance(names, list)
    expect(len(set(names)) == len(names), "A register is named twice.")
    channels = {channel["id"] for channel in bench.info["channels"]}
    for name in names:
        match = _REGISTER.fullmatch(str(name))
        expect(match is not None and match[1] in channels, f"The register {name!r} belongs to no channel.")


@BOARD.check("F10", "Every channel has an id, a role, a phase and a rating within their bounds.")
async def channels(bench: BoardBench) -> None:
    listed = bench.info.get("channels")
    expect(isinstance(listed, list) and listed, f"channels is {listed!r}.")
    assert isinstance(listed, list)
    ids = [channel.get("id") for channel in listed]
    expect(len(set(ids)) == len(ids), f"A channel id appears twice: {ids}.")
    for channel in listed:
        _channel(channel, ids)


def _channel(channel: dict[str, Any], ids: list[Any]) -> None:
    own = channel.get("id")
    expect(_CHANNEL.fullmatch(str(own)), f"The channel id {own!r} is not allowed.")
    role = channel.get("role")
    expect(role in _ROLES, f"{own} has the role {role!r}.")
    expect(channel.get("phase", "L1") in _PHASES, f"{own} has the phase {channel.get('phase')!r}.")
    expect((role == "sub") <= (channel.get("parent") in ids), f"The parent of {own} is {channel.get('parent')!r}.")
    rating = channel.get("rating", 1)
    expect(isinstance(rating, int | float) and 0 < rating <= 10_000, f"{own} has the rating {rating!r}.")
    name = channel.get("name", own)
    expect(isinstance(name, str) and 0 < len(name.encode()) <= 64, f"{own} has the name {name!r}.")

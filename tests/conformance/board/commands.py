"""Commands and their answers: 3, T6, T7, B7."""

import json

from ..checks import Need, expect
from ..link import Heard
from .bench import BoardBench
from .collection import BOARD


@BOARD.check("T6 T7", "A command is answered: with its id, QoS 1, at most 512 bytes, and not retained.")
async def answer(bench: BoardBench) -> None:
    after = bench.mark
    name = await bench.send("identify")
    heard = await bench.answer(name, after=after, op="identify")
    expect(heard.json.get("ok") is True, f"identify was refused: {heard.json}.")
    expect(heard.qos == 1 and not heard.retained, f"response has QoS {heard.qos}.")
    for each in bench.messages("response"):
        expect(len(each.payload) <= 512, f"A response has {len(each.payload)} bytes.")


@BOARD.check("B7", "A command with another boot is refused.")
async def other_boot(bench: BoardBench) -> None:
    answer = await bench.command("set_live_interval", boot="00000000", live_interval=33)
    expect(answer.get("ok") is False and answer.get("error"), f"It was carried out: {answer}.")
    expect(bench.info["live_interval"] != 33, "It was carried out.")


@BOARD.check("B7", "The same id is answered again but carried out once.")
async def once(bench: BoardBench) -> None:
    await bench.need_rows(3)
    await bench.drain()
    low = bench.newest - 1
    after = bench.mark
    name = await bench.send("resend", id=f"once-{after}", journal=bench.journal, seq=low)
    await bench.answer(name, after=after)
    await bench.hear("record", after=after, within=5, because="The command resend sent nothing.")
    await bench.drain()
    after = bench.mark
    await bench.send("resend", id=name, journal=bench.journal, seq=low)
    again = await bench.answer(name, after=after)
    expect(again.json.get("ok") is True, f"The repetition was answered with {again.json}.")
    twice = await bench.find(
        "record", after=after, within=0, grace=0.7, fits=lambda heard: heard.json["records"][0][0] == low
    )
    expect(twice is None, "The repetition was carried out.")


@BOARD.check("B7", "The last 8 ids are remembered.")
async def eight(bench: BoardBench) -> None:
    await bench.need_rows(3)
    low = bench.newest - 1
    first = await bench.send("resend", id=f"eight-{bench.mark}", journal=bench.journal, seq=low)
    for _ in range(7):
        await bench.command("identify")
    await bench.drain()
    after = bench.mark
    await bench.send("resend", id=first, journal=bench.journal, seq=low)
    await bench.answer(first, after=after)
    twice = await bench.find(
        "record", after=after, within=0, grace=0.7, fits=lambda heard: heard.json["records"][0][0] == low
    )
    expect(twice is None, "After seven other commands the id was forgotten.")


@BOARD.check("B7", "Every command of the list is known; nonsense in it is refused, not carried out.")
async def known(bench: BoardBench) -> None:
    nonsense: dict[str, dict[str, object]] = {
        "set_interval": {"interval": 7},
        "set_live_interval": {"live_interval": 61},
        "calibrate": {"channel": "no-such", "gain": 9.0},
        "zero": {"channel": "no-such"},
        "phase": {"channel": "no-such", "phase": 0},
        "waveform": {"channel": "no-such"},
        "set_name": {"name": ""},
        "set_time": {"uptime": "x", "time": 0},
        "resend": {"journal": "00000000", "seq": 1},
    }
    unknown = (await bench.command("make_coffee")).get("error")
    for op, values in nonsense.items():
        answer = await bench.command(op, **values)
        expect(answer.get("ok") is False, f"{op} with {values} was accepted.")
        expect(answer.get("error") not in (unknown, None), f"{op} is not known: {answer}.")


@BOARD.check("B7", "calibrate takes gains from 0.5 to 2.0 and nothing else.", Need.LICENCE)
async def calibrate(bench: BoardBench) -> None:
    channel = bench.info["channels"][0]["id"]
    for gain in (0.49, 2.01, 0, -1, "1"):
        answer = await bench.command("calibrate", channel=channel, gain=gain)
        expect(answer.get("ok") is False, f"The gain {gain} was accepted.")
    for gain in (0.5, 2.0, 1.0):
        answer = await bench.command("calibrate", channel=channel, gain=gain)
        expect(answer.get("ok") is True, f"The gain {gain} was refused: {answer}.")
    for op in ("zero", "phase"):
        answer = await bench.command(op, channel=channel, phase=0)
        expect(answer.get("ok") is True, f"{op} was refused: {answer}.")


@BOARD.check("B7", "A waveform comes in numbered parts.")
async def waveform(bench: BoardBench) -> None:
    after = bench.mark
    name = await bench.send("waveform", channel=bench.info["channels"][0]["id"])
    first = (await bench.answer(name, after=after, op="waveform")).json
    expect(first.get("ok") is True and isinstance(first.get("parts"), int), f"The first part is {first}.")

    def last(heard: Heard) -> bool:
        return heard.json.get("id") == name and heard.json.get("part") == first["parts"]

    await bench.hear("response", after=after, within=5, fits=last, because=f"Not all {first['parts']} parts came.")
    parts = [heard.json.get("part") for heard in bench.messages("response", after) if heard.json.get("id") == name]
    expect(parts == list(range(1, first["parts"] + 1)), f"The parts {parts} came.")


@BOARD.check("B7", "Values are absolute: the same setting twice is harmless, and info shows it.")
async def absolute(bench: BoardBench) -> None:
    usual = bench.info["live_interval"]
    wished = 9 if usual != 9 else 8
    try:
        for _ in range(2):
            answer = await bench.command("set_live_interval", live_interval=wished)
            expect(answer.get("ok") is True, f"It was refused: {answer}.")
        await bench.hear("info", after=0, within=2, fits=lambda heard: heard.json.get("live_interval") == wished)
    finally:
        await bench.command("set_live_interval", live_interval=usual)


@BOARD.check("3", "A command that is broken, lacks a mandatory key or has a wrong type is not carried out.")
async def broken(bench: BoardBench) -> None:
    usual, boot = bench.info["live_interval"], bench.info["boot"]
    after = bench.mark
    good = {"id": "broken", "boot": boot, "op": "set_live_interval", "live_interval": 44}
    for key in ("id", "boot", "op"):
        await bench.link.publish(
            bench.topic("command"), json.dumps({k: v for k, v in good.items() if k != key}).encode()
        )
    for change in ({"boot": 7}, {"op": 7}, {"live_interval": "44"}, {"live_interval": 44.5}, {"live_interval": True}):
        await bench.link.publish(
            bench.topic("command"), json.dumps({**good, **change, "id": f"b{change}"[:30]}).encode()
        )
    for payload in (b"", b"{", b"null", b"[]", b"\xff\xfe", b"[" * 500, b"{}" + b" " * 600 + b"x"):
        await bench.link.publish(bench.topic("command"), payload)
    answer = await bench.command("identify")
    expect(answer.get("ok") is True, "After broken commands a good one is not carried out.")
    expect(bench.info["live_interval"] == usual, "A broken command was carried out.")
    taken = [heard.json for heard in bench.messages("response", after) if heard.json.get("ok") is True]
    expect(len(taken) == 1, f"A broken command was accepted: {taken}.")


@BOARD.check("3", "Unknown keys of a command are ignored.")
async def unknown_keys(bench: BoardBench) -> None:
    answer = await bench.command("identify", future={"a": [1]})
    expect(answer.get("ok") is True, f"It was refused: {answer}.")

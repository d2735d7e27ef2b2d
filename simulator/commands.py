"""The commands that a board takes (protocol B6, B7)."""

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np

from .messages import FLAG_CALIBRATION, JsonObject, as_number, decode, encode, is_integer
from .noise import uniform
from .units import SECOND, Millis

if TYPE_CHECKING:
    from .board import Board

_REMEMBERED: Final = 8
_PART: Final = 48


class Refused(Exception):
    """A command that cannot be carried out; its text is the ``error`` of the answer."""


class CommandDesk:
    """Takes commands, carries each one out once, and answers every one."""

    def __init__(self, board: Board) -> None:
        """Nothing remembered."""
        self._board = board
        self._answers: OrderedDict[str, list[JsonObject]] = OrderedDict()

    def on_command(self, payload: bytes, now: Millis) -> None:
        """A payload of the topic ``command``; one without id, boot and op is no command."""
        source = decode(payload)
        if source is None:
            return
        name, boot, op = source.get("id"), source.get("boot"), source.get("op")
        if not (isinstance(name, str) and 0 < len(name) <= 64 and isinstance(boot, str) and isinstance(op, str)):
            return
        if name not in self._answers:
            self._answers[name] = self._answer(name, boot, op, source, now)
            while len(self._answers) > _REMEMBERED:
                self._answers.popitem(last=False)
        for answer in self._answers[name]:
            self._board.respond(answer)

    def _answer(self, name: str, boot: str, op: str, source: JsonObject, now: Millis) -> list[JsonObject]:
        try:
            if boot != self._board.boot:
                raise Refused("boot")
            return [{"id": name, "ok": True, **part} for part in _carry_out(self._board, op, source, now)]
        except Refused as refused:
            return [{"id": name, "ok": False, "error": str(refused)}]


def _carry_out(board: Board, op: str, source: JsonObject, now: Millis) -> list[JsonObject]:
    handler = _HANDLERS.get(op)
    if handler is None:
        raise Refused("op")
    return handler(board, source, now) or [{}]


def _zero(board: Board, source: JsonObject, now: Millis) -> None:
    _channel(board, source)
    board.mark(FLAG_CALIBRATION)


def _identify(board: Board, source: JsonObject, now: Millis) -> None:
    """A real board would blink."""


def _reboot(board: Board, source: JsonObject, now: Millis) -> None:
    board.reboot_soon(now)


def _set_interval(board: Board, source: JsonObject, now: Millis) -> None:
    value = _integer(source, "interval", 60, 3600)
    if 3600 % value:
        raise Refused("range")
    board.settings.interval = value
    board.intervals.find_boundary(now)
    _took_effect(board)


def _set_live_interval(board: Board, source: JsonObject, now: Millis) -> None:
    board.settings.live_interval = _integer(source, "live_interval", 1, 60)
    _took_effect(board)


def _calibrate(board: Board, source: JsonObject, now: Millis) -> None:
    channel, index = _channel(board, source)
    gain = as_number(source.get("gain"))
    reference = as_number(source.get("reference"))
    if gain is None and reference is not None:
        present = board.meter.power(now)[index] / 1000 / board.meter.gains[index]
        gain = reference / present if present else None
    if gain is None or not 0.5 <= gain <= 2.0:
        raise Refused("range")
    board.registers.advance(now)
    board.meter.set_gain(index, gain)
    board.settings.gains[channel] = gain
    board.mark(FLAG_CALIBRATION)
    _took_effect(board)


def _phase(board: Board, source: JsonObject, now: Millis) -> None:
    channel, _ = _channel(board, source)
    degrees = as_number(source.get("phase"))
    if degrees is None or abs(degrees) > 15:
        raise Refused("range")
    board.settings.phases[channel] = degrees
    board.mark(FLAG_CALIBRATION)
    _took_effect(board)


def _waveform(board: Board, source: JsonObject, now: Millis) -> list[JsonObject]:
    _, index = _channel(board, source)
    peak = abs(board.meter.power(now)[index]) / 1000 / board.spec.nominal_voltage * 2**0.5
    angle = np.arange(160)
    samples = np.round(peak * np.sin(angle * 2 * np.pi / 80) + 0.02 * uniform(index, angle), 2).tolist()
    parts = [samples[place : place + _PART] for place in range(0, len(samples), _PART)]
    return [{"part": part, "parts": len(parts), "samples": values} for part, values in enumerate(parts, 1)]


def _set_name(board: Board, source: JsonObject, now: Millis) -> None:
    name = source.get("name")
    if not isinstance(name, str) or not 0 < len(encode(name)) - 2 <= 64:
        raise Refused("range")
    if "channel" in source:
        board.settings.channel_names[_channel(board, source)[0]] = name
    else:
        board.settings.name = name
    _took_effect(board)


def _set_time(board: Board, source: JsonObject, now: Millis) -> None:
    echoed = _integer(source, "uptime", 0, 2**40)
    time = _integer(source, "time", 1, 2**40)
    if not 0 <= board.uptime - echoed <= 5:
        raise Refused("uptime")
    board.set_clock(now, time * SECOND)


def _resend(board: Board, source: JsonObject, now: Millis) -> None:
    seq = _integer(source, "seq", 1, 2**53)
    for ring in board.flash.rings:
        if ring.shape.journal == source.get("journal"):
            if seq > ring.newest + 1:
                raise Refused("range")
            board.resend(ring, max(seq, ring.oldest) - 1)
            return
    raise Refused("journal")


def _new_journal(board: Board, source: JsonObject, now: Millis) -> None:
    force = source.get("force", False) is True
    if board.ring.unacknowledged and not force:
        raise Refused("unacknowledged")
    if not board.intervals.end_early(now) and not force:
        raise Refused("clock")
    board.plan_journal(now, force=force)


def _channel(board: Board, source: JsonObject) -> tuple[str, int]:
    for index, channel in enumerate(board.load.channels):
        if channel.id == source.get("channel"):
            return channel.id, index
    raise Refused("channel")


def _took_effect(board: Board) -> None:
    board.flash.save_settings()
    board.announce()


def _integer(source: JsonObject, key: str, low: int, high: int) -> int:
    """The value under ``key``, or under "value"."""
    value = source.get(key, source.get("value"))
    if not isinstance(value, int) or not is_integer(value) or not low <= value <= high:
        raise Refused("range")
    return value


type _Handler = Callable[[Board, JsonObject, Millis], list[JsonObject] | None]

_HANDLERS: Final[dict[str, _Handler]] = {
    "set_interval": _set_interval,
    "set_live_interval": _set_live_interval,
    "calibrate": _calibrate,
    "zero": _zero,
    "phase": _phase,
    "waveform": _waveform,
    "set_name": _set_name,
    "set_time": _set_time,
    "identify": _identify,
    "resend": _resend,
    "new_journal": _new_journal,
    "reboot": _reboot,
}

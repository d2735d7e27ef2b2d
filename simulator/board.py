"""A board that follows protocol v1: no I/O, no clock of its own, every rule of section 4."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
import re
from typing import Final

from . import history
from .commands import CommandDesk
from .flash import Checkpoint, Flash, Settings
from .info import info_payload
from .intervals import Intervals
from .live import live_payload
from .load import Load, registers_of
from .messages import (
    FLAG_FAULT,
    FLAG_REBOOT,
    MAJOR,
    Message,
    decode,
    encode,
    is_integer,
    record_payload,
)
from .meter import Meter
from .noise import hex_id, seed_of
from .registers import Registers
from .ring import Ring, RingShape
from .sender import Sender
from .truth import PanelTruth
from .units import SECOND, Millis

CHECKPOINT_PERIOD: Final = 60 * SECOND
_REBOOT_TAKES: Final = 2 * SECOND
_HEX: Final = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardSpec:
    """What is built into a board, and the settings that it is flashed with."""

    id: str
    name: str
    model: str = "simulator"
    firmware: str = "1.0.0"
    base: str = "panel_meter"
    interval: int = 300
    live_interval: int = 5
    capacity: int = 2048
    nominal_voltage: int = 230
    seed: int = 0
    #: Whether a clock comes from the network, and how long after each boot; without one the host must set it.
    sntp: bool = True
    sntp_delay: Millis = 0

    def topic(self, kind: str) -> str:
        """The topic of a kind of message."""
        return f"{self.base}/{MAJOR}/{self.id}/{kind}"


class Board:
    """Drive it with ``step``, ``connected``, ``disconnected`` and ``on_message``; publish what is in ``outbox``.

    ``now`` is always true time, never before that of the call before; the clock of the board may be another.
    """

    def __init__(
        self,
        spec: BoardSpec,
        load: Load,
        now: Millis,
        *,
        flash: Flash | None = None,
        truth: PanelTruth | None = None,
        history_from: Millis | None = None,
    ) -> None:
        """Switch it on. ``history_from`` (a multiple of the grid) counts only when the flash is empty."""
        self.spec, self.load = spec, load
        self.flash = flash or Flash()
        self.truth = truth or PanelTruth(spec.id)
        self.meter = Meter(load)
        self.names = registers_of(load)
        self.registers = Registers(self.meter, self.names, self.truth)
        self.outbox: deque[Message] = deque()
        self.sender = Sender()
        self.desk = CommandDesk(self)
        self.powered = self.is_connected = False
        #: A sensor is broken: live messages have null in the place of the first power.
        self.faulty = False
        self._restart_at: Millis | None = None
        self._now = now
        fresh = self.flash.settings is None
        self.power_on(history_from if fresh and history_from is not None else now)
        if fresh and history_from is not None:
            self._live_through(history_from, now)

    # -- power ----------------------------------------------------------------------------------------------------

    def power_on(self, now: Millis) -> None:
        """Boot (B1): each register = max(checkpoint, newest row of the ring)."""
        spec = self.spec
        self.flash.open()
        rebooted = self.flash.settings is not None
        settings = self.flash.settings = self.flash.settings or Settings(spec.interval, spec.live_interval)
        settings.boots += 1
        self.settings = settings
        self.boot = hex_id(spec.seed, spec.id, "boot", settings.boots, now)
        self.booted_at = self._now = now
        self.powered, self._restart_at = True, None
        self._planned_journal = False
        self._most_rows: int | None = None
        self._rows_sent = 0
        self.sender = Sender()
        self.desk = CommandDesk(self)
        for index, channel in enumerate(self.load.channels):
            self.meter.set_gain(index, settings.gains.get(channel.id, 1.0))
        if not self.flash.rings or self.ring.shape.registers != self.names:
            self._begin_journal(now)
        else:
            self.registers.start(self.ring.shape.journal, now, self._stored())
            self.flash.save_settings()
        self.intervals = Intervals(self.flash, self.registers, now, FLAG_REBOOT if rebooted else 0)
        self._checkpoint_at = now + CHECKPOINT_PERIOD
        self._live_at = now
        self._retry_at: Millis | None = None
        self._sntp_at = now + spec.sntp_delay if spec.sntp else None
        if self._sntp_at == now:
            self._sntp()

    def power_cut(self, now: Millis, *, back_at: Millis | None = None) -> dict[str, int]:
        """The power goes; returns what the registers lose, in mWh. With ``back_at`` it comes back by itself."""
        if not self.powered:
            return {}
        self.registers.advance(now)
        self.flash.open()
        lost = self.registers.fall_back(self._stored())
        self.truth.fault(now, "power_cut", lost=lost)
        self._off(now, back_at)
        return lost

    def reboot(self, now: Millis) -> None:
        """Restart in good order: nothing is lost."""
        self.checkpoint(now)
        self.truth.fault(now, "reboot", lost={})
        self._off(now, now + _REBOOT_TAKES)

    def shut_down(self, now: Millis) -> None:
        """The end of this board: a checkpoint and a last word."""
        if self.powered:
            self.checkpoint(now)
            self._say("status", b"offline", qos=1, retain=True)
            self.powered = False

    def _off(self, now: Millis, back_at: Millis | None) -> None:
        self._now = now
        self.powered = self.is_connected = False
        self._restart_at = back_at
        self.outbox.clear()

    def _stored(self) -> tuple[int, ...]:
        checkpoint, last = self.flash.checkpoint, self.ring.last
        saved = checkpoint.energies if checkpoint and checkpoint.journal == self.ring.shape.journal else None
        zero = (0,) * len(self.names)
        return tuple([max(pair) for pair in zip(saved or zero, last.energies if last else zero, strict=True)])

    def checkpoint(self, now: Millis) -> None:
        """Write the registers to flash (B1)."""
        self.registers.advance(now)
        ring = self.ring
        unrecorded = self.intervals.unrecorded(now)
        self.flash.save_checkpoint(
            Checkpoint(ring.shape.journal, ring.watermark, self.registers.energies, ring.newest, unrecorded)
        )
        self._checkpoint_at = now + CHECKPOINT_PERIOD

    # -- time -----------------------------------------------------------------------------------------------------

    def step(self, now: Millis) -> None:
        """Do all that is due up to ``now``."""
        while True:
            at, action = self._next()
            if at is None or at > now:
                break
            self._now = max(at, self._now)
            action()
        self._now = max(now, self._now)

    def next_event(self) -> Millis | None:
        """When ``step`` has something to do next; None: never by itself."""
        return self._next()[0]

    def _next(self) -> tuple[Millis | None, Callable[[], None]]:
        if not self.powered:
            return self._restart_at, self._restart
        events: list[tuple[Millis, Callable[[], None]]] = [
            (self.intervals.ends_at(), self._end_interval),
            (self._checkpoint_at, self._checkpoint_now),
        ]
        if self._sntp_at is not None:
            events.append((self._sntp_at, self._sntp))
        if self._restart_at is not None:
            events.append((self._restart_at, self._reboot_now))
        if self._retry_at is not None:
            events.append((self._retry_at, self._retry))
        if self.is_connected:
            events.append((self._live_at, self._live))
            if self._sending().unacknowledged:
                events.append((self.sender.deadline if self.sender.waiting else self._now, self._send))
        return min(events, key=lambda event: event[0])

    def _restart(self) -> None:
        self.power_on(self._now)

    def _reboot_now(self) -> None:
        self.reboot(self._now)

    def reboot_soon(self, now: Millis) -> None:
        """Reboot once the answer to the command has gone out."""
        self._restart_at = now + SECOND // 2

    def _checkpoint_now(self) -> None:
        self.checkpoint(self._now)

    def _sntp(self) -> None:
        self._sntp_at = None
        self.set_clock(self._now, self._now)

    @property
    def uptime(self) -> int:
        """Whole seconds since the boot."""
        return (self._now - self.booted_at) // SECOND

    @property
    def time(self) -> int:
        """The board's own clock in seconds UTC; 0 without one (F2)."""
        return self.intervals.clock(self._now) // SECOND

    def set_clock(self, now: Millis, utc: Millis) -> None:
        """A clock came, or another time (B3, B6)."""
        self.intervals.set_clock(now, utc)

    def shift_clock(self, now: Millis, by: Millis) -> None:
        """Somebody sets the board's clock wrong."""
        self.step(now)
        self.truth.fault(now, "clock_step", seconds=by / SECOND)
        if self.intervals.has_clock:
            self.set_clock(now, self.intervals.clock(now) + by)

    # -- intervals ------------------------------------------------------------------------------------------------

    @property
    def ring(self) -> Ring:
        """The ring of the present journal."""
        return self.flash.rings[-1]

    def mark(self, flags: int) -> None:
        """Set flags of the open interval."""
        self.intervals.mark(flags)

    def _end_interval(self) -> None:
        self.intervals.end(self._now)

    # -- journals -------------------------------------------------------------------------------------------------

    def plan_journal(self, now: Millis, *, force: bool) -> None:
        """A new journal once the old one is drained, or at once (F3)."""
        if force:
            self._change_journal(now)
        else:
            self._planned_journal = True
            self._change_if_drained(now)

    def _change_if_drained(self, now: Millis) -> None:
        if self._planned_journal and not self.ring.unacknowledged:
            self._change_journal(now)

    def _change_journal(self, now: Millis) -> None:
        self._planned_journal = False
        # The host books what lies between the last record and this message as estimated.
        self._live_message()
        self._begin_journal(now)
        self.intervals.begin_journal(now)
        self.checkpoint(now)
        self.announce()

    def _begin_journal(self, now: Millis) -> None:
        self.settings.journals += 1
        journal = hex_id(self.spec.seed, self.spec.id, "journal", self.settings.journals, now)
        self.flash.begin_journal(RingShape(journal, self.names, self.spec.capacity))
        self.registers.start(journal, now)

    def _sending(self) -> Ring:
        """The ring that is being sent: an old journal is drained first."""
        while len(self.flash.rings) > 1 and not self.flash.rings[0].unacknowledged:
            self.flash.drop_oldest()
        return self.flash.rings[0]

    def _live_through(self, start: Millis, now: Millis) -> None:
        """Fill the ring as if the board had been running since ``start``."""
        interval = self.settings.interval
        whole = now // (interval * SECOND) * interval * SECOND
        if whole > start:
            micro = history.fill(self.meter, self.ring, self.truth, start, whole, interval)
            self.registers.resume(micro, whole)
            self._now = whole
            self.intervals.begin(whole)
        self._now = now
        self.checkpoint(now)
        self._live_at = now

    # -- messages -------------------------------------------------------------------------------------------------

    def connected(self, now: Millis) -> None:
        """The broker accepted the connection."""
        self.step(now)
        if not self.powered:
            return
        self.is_connected = True
        self.announce()
        self._say("status", b"online", qos=1, retain=True)
        # Boards that connect together do not speak together.
        self._live_at = now + seed_of(self.spec.id) % SECOND
        self.sender.expire(now)
        self.step(now)

    def disconnected(self, now: Millis) -> None:
        """The connection is gone, and with it whatever waited to be published."""
        self.step(now)
        self.is_connected = False
        self.outbox.clear()

    def announce(self) -> None:
        """Publish ``info`` (T1)."""
        self._say("info", info_payload(self), qos=1, retain=True)

    def respond(self, content: dict[str, object]) -> None:
        """Answer a command (T7)."""
        self._say("response", encode(content), qos=1)

    def on_message(self, topic: str, payload: bytes, now: Millis) -> None:
        """Something arrived on a topic that the board listens to."""
        self.step(now)
        if not self.powered:
            return
        if topic == self.spec.topic("ack"):
            self._on_ack(payload)
        elif topic == self.spec.topic("command"):
            self.desk.on_command(payload, now)
        elif topic == "homeassistant/status" and payload == b"online":
            self._retry_at = now + seed_of(self.spec.id) % (10 * SECOND)
        self.step(now)

    def _on_ack(self, payload: bytes) -> None:
        source = decode(payload)
        if source is None:
            return
        host, journal, seq = source.get("host"), source.get("journal"), source.get("seq")
        if not (isinstance(host, str) and _HEX.fullmatch(host) and isinstance(journal, str)):
            return
        if isinstance(seq, int) and is_integer(seq) and seq >= 0:
            self._acknowledged(journal, seq)

    def _acknowledged(self, journal: str, seq: int) -> None:
        ring = self._sending()
        if journal != ring.shape.journal or seq > ring.newest:
            return
        self.move_watermark(ring, max(seq, ring.oldest - 1))
        self._change_if_drained(self._now)

    def move_watermark(self, ring: Ring, watermark: int) -> None:
        """Go on from there; an ack that moves nothing does nothing (B4, B5)."""
        if watermark != ring.watermark:
            ring.watermark = watermark
            self.sender.moved()

    def resend(self, ring: Ring, watermark: int) -> None:
        """Send what lies above ``watermark``, now: a host that has just begun to listen need not wait for a timer."""
        ring.watermark = watermark
        self.sender.moved()

    def halve(self, now: Millis) -> None:
        """The host does not take so many rows at once: half as many go out now, and from now on (protocol 6)."""
        self._most_rows = max(1, self._rows_sent // 2)
        self.sender.expire(now)
        self.step(now)

    def _retry(self) -> None:
        self._retry_at = None
        self.sender.expire(self._now)

    def _send(self) -> None:
        ring = self._sending()
        payload, last = record_payload(ring, named=ring is not self.ring, most=self._most_rows)
        self._rows_sent = last - max(ring.watermark, ring.oldest - 1)
        self.sender.sent(self._now)
        self._say("record", payload, qos=1)

    def _live(self) -> None:
        period = self.settings.live_interval * SECOND
        self._live_message()
        self._live_at += max(period, (self._now - self._live_at) // period * period + period)

    def _live_message(self) -> None:
        self.registers.advance(self._now)
        if self.faulty:
            self.mark(FLAG_FAULT)
        self._say("live", live_payload(self, self._now))

    def _say(self, kind: str, payload: bytes, *, qos: int = 0, retain: bool = False) -> None:
        if self.is_connected:
            self.outbox.append(Message(self.spec.topic(kind), payload, qos, retain, kind, self._now))

"""A board with its connection and its misfortunes; or a device that only publishes."""

import random
from typing import Final

from .board import Board
from .faults import Events, FaultPlan, Road
from .legacy import Legacy
from .messages import Message
from .noise import seed_of
from .transport import Connections, Ends
from .truth import PanelTruth
from .units import SECOND, Millis


class BoardUnit:
    """Carries messages between a board and its connection."""

    def __init__(self, board: Board, links: Connections, faults: FaultPlan, now: Millis) -> None:
        """Connects by itself from now on."""
        spec = board.spec
        self.board = board
        self._now = now
        self._dice = random.Random(seed_of(spec.seed, spec.id, "faults"))
        self.road = Road(faults, self._dice)
        self._events = {
            kind: Events(period, now, self._dice)
            for kind, period in (
                ("cut", faults.cut),
                ("power", faults.power),
                ("reboot", faults.reboot),
                ("clock", faults.clock),
            )
        }
        self._dark_until: Millis = 0
        will = Message(spec.topic("status"), b"offline", qos=1, retain=True)
        topics = (spec.topic("ack"), spec.topic("command"), "homeassistant/status")
        ends = Ends(
            on_connect=self._on_connect,
            on_disconnect=self._on_disconnect,
            on_message=self._on_message,
            on_too_large=self._on_too_large,
        )
        self.link = links.connect(spec.id, ends, will=will, topics=topics)
        self.wake: Millis = now

    @property
    def truth(self) -> PanelTruth:
        """What the board really measured."""
        return self.board.truth

    def step(self, now: Millis) -> None:
        """Let everything happen up to ``now``."""
        self._now = now
        self._misfortunes(now)
        self.board.step(now)
        self._carry(now)
        self._keep_connected(now)
        event = self.board.next_event()
        # Faults and late messages are looked for once a second.
        self.wake = min(now + SECOND, event if event is not None else now + SECOND)

    def cut_network(self, now: Millis, seconds: float) -> None:
        """No network for a while."""
        self._dark_until = max(self._dark_until, now + int(seconds * SECOND))
        self.truth.fault(now, "network_cut", seconds=round(seconds, 1))
        self.link.close(politely=False)
        self.wake = now

    def cut_power(self, now: Millis, seconds: float) -> dict[str, int]:
        """No power for a while; returns what the registers lost, in mWh."""
        self.board.step(now)
        lost = self.board.power_cut(now, back_at=now + int(seconds * SECOND))
        self.link.close(politely=False)
        self.wake = now
        return lost

    def reboot(self, now: Millis) -> None:
        """Restart the board in good order."""
        self.board.step(now)
        if self.board.powered:
            self.board.reboot(now)
        self.wake = now

    def shut_down(self, now: Millis) -> None:
        """The end: say goodbye."""
        self.board.step(now)
        self.board.shut_down(now)
        while self.board.outbox:
            self.link.publish(self.board.outbox.popleft())
        self.link.close(politely=True)

    def _misfortunes(self, now: Millis) -> None:
        if not self.board.powered:
            return
        if self._events["cut"].happens(now):
            self.cut_network(now, self._dice.uniform(2, 20))
        if self._events["power"].happens(now):
            self.cut_power(now, self._dice.uniform(2, 20))
        elif self._events["reboot"].happens(now):
            self.reboot(now)
        elif self._events["clock"].happens(now):
            self.board.shift_clock(now, int(self._dice.uniform(-600, 600) * SECOND))

    def _keep_connected(self, now: Millis) -> None:
        if self.board.powered and now >= self._dark_until:
            self.link.open()
        else:
            self.link.close(politely=False)

    def _carry(self, now: Millis) -> None:
        outbox = self.board.outbox
        while outbox:
            message = outbox.popleft()
            self.truth.count(message.kind)
            for arriving in self.road.send(message, now):
                self.link.publish(arriving)
        for arriving in self.road.due(now):
            self.link.publish(arriving)

    def _on_connect(self) -> None:
        self.board.connected(self._now)
        self.wake = self._now

    def _on_disconnect(self) -> None:
        self.road.clear()
        self.board.disconnected(self._now)

    def _on_message(self, topic: str, payload: bytes) -> None:
        if self.road.lets_in():
            self.board.on_message(topic, payload, self._now)
            # An answer goes out at once: however fast time runs, a reboot must not overtake it.
            self._carry(self._now)
            self.wake = self._now

    def _on_too_large(self) -> None:
        self.board.halve(self._now)
        self.wake = self._now


_LEGACY_PAUSE: Final = SECOND


class LegacyUnit:
    """Many old devices on one connection."""

    def __init__(self, devices: list[Legacy], links: Connections, faults: FaultPlan, seed: int, now: Millis) -> None:
        """Connects by itself."""
        self.devices = devices
        dice = random.Random(seed_of(seed, "legacy"))
        self.road = Road(faults, dice)
        ends = Ends(on_connect=_nothing, on_disconnect=self.road.clear, on_message=lambda _topic, _payload: None)
        self.link = links.connect(f"simulator-legacy-{seed}", ends)
        self.link.open()
        self.wake: Millis = now

    def step(self, now: Millis) -> None:
        """Publish what is due."""
        if self.link.up:
            for device in self.devices:
                for message in device.step(now):
                    for arriving in self.road.send(message, now):
                        self.link.publish(arriving)
        for arriving in self.road.due(now):
            self.link.publish(arriving)
        self.wake = now + _LEGACY_PAUSE

    def shut_down(self, now: Millis) -> None:
        """The end."""
        self.link.close(politely=True)


def _nothing() -> None:
    """Old devices have nothing to say at the beginning."""

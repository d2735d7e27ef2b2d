"""An ear on the broker: every record that a board sends and every acknowledgement that it gets, as they pass by.

It knows nothing of the integration or of the simulator, so that it can say which of them is wrong.
"""

from dataclasses import dataclass, field
import json
import threading

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

type Row = tuple[int, ...]


@dataclass(slots=True)
class Traffic:
    """What one board and the host said to each other."""

    online: bool = False
    journal: str = ""
    registers: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    live: int = 0
    #: Every power in W that a channel ever reported, and the registers in the last live message.
    powers: dict[str, set[float]] = field(default_factory=dict)
    energy: tuple[int, ...] = ()
    #: Rows by journal and sequence number; a second content under the same key lands in ``conflicts``.
    rows: dict[str, dict[int, Row]] = field(default_factory=dict)
    conflicts: list[tuple[str, Row, Row]] = field(default_factory=list)
    repeated: int = 0
    #: The acknowledged sequence numbers of the present journal, in the order in which they were published.
    acks: list[int] = field(default_factory=list)

    @property
    def newest(self) -> int:
        """The highest sequence number that the board has sent of its present journal."""
        return max(self.rows.get(self.journal, {}), default=0)

    @property
    def acknowledged(self) -> int:
        """The last acknowledged sequence number of the present journal."""
        return self.acks[-1] if self.acks else 0


class Observer:
    """Subscribes to everything below a base topic."""

    def __init__(self, host: str, port: int, base: str = "panel_meter") -> None:
        """Connects at once, in a thread of its own."""
        self._base = base
        self._lock = threading.Lock()
        self._panels: dict[str, Traffic] = {}
        # With a session that stays, the broker keeps records for us while we are away for a moment.
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id="observer", protocol=mqtt.MQTTv311, clean_session=False
        )
        self._client.on_connect = lambda client, *_: client.subscribe(f"{base}/1/+/+", qos=1)
        self._client.on_message = lambda _client, _data, message: self._heard(message.topic, message.payload)
        self._client.reconnect_delay_set(min_delay=1, max_delay=2)
        self._client.connect(host, port)
        self._client.loop_start()

    def close(self) -> None:
        """Stop listening."""
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def panels(self) -> dict[str, Traffic]:
        """What was heard so far, by panel id; the objects go on changing."""
        with self._lock:
            return dict(self._panels)

    def _heard(self, topic: str, payload: bytes) -> None:
        panel, kind = topic.rsplit("/", 2)[-2:]
        with self._lock:
            traffic = self._panels.setdefault(panel, Traffic())
            if kind == "status":
                traffic.online = payload == b"online"
                return
            try:
                message = json.loads(payload)
            except ValueError:
                return
            if not isinstance(message, dict):
                return
            if kind == "info":
                self._info(traffic, message)
            elif kind == "live":
                self._live(traffic, message)
            elif kind == "record":
                self._record(traffic, message)
            elif kind == "ack" and message.get("journal") == traffic.journal:
                traffic.acks.append(int(message["seq"]))

    @staticmethod
    def _info(traffic: Traffic, message: dict[str, object]) -> None:
        journal, registers = str(message["journal"]), message["registers"]
        assert isinstance(registers, list)
        if journal != traffic.journal:
            traffic.acks.clear()
        traffic.journal, traffic.registers = journal, tuple(str(name) for name in registers)
        channels = message["channels"]
        assert isinstance(channels, list)
        traffic.channels = tuple(str(channel["id"]) for channel in channels)

    @staticmethod
    def _live(traffic: Traffic, message: dict[str, object]) -> None:
        power, energy = message.get("power"), message["energy"]
        assert isinstance(energy, list)
        traffic.live += 1
        traffic.energy = tuple(int(value) for value in energy)
        for channel, watts in zip(traffic.channels, power if isinstance(power, list) else (), strict=False):
            if watts is not None:
                traffic.powers.setdefault(channel, set()).add(float(watts))

    @staticmethod
    def _record(traffic: Traffic, message: dict[str, object]) -> None:
        journal, rows = str(message["journal"]), message["records"]
        assert isinstance(rows, list)
        known = traffic.rows.setdefault(journal, {})
        for values in rows:
            row: Row = tuple(int(value) for value in values)
            before = known.setdefault(row[0], row)
            if before is not row:
                traffic.repeated += 1
                if before != row:
                    traffic.conflicts.append((journal, before, row))

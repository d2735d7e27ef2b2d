"""A host as small as can be: it keeps every row in memory, acknowledges, and remembers what it saw."""

from collections.abc import Callable
import json
import threading
import time

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

type Key = tuple[str, str]


class Host:
    """Follows rules H2 and H4 of the protocol; any hole it finds is in ``complaints``."""

    def __init__(self, port: int) -> None:
        self.rows: dict[Key, list[list[int]]] = {}
        self.info: dict[str, dict[str, object]] = {}
        self.status: dict[str, list[str]] = {}
        self.live: dict[str, list[dict[str, object]]] = {}
        self.retained: set[str] = set()
        self.complaints: list[str] = []
        self.duplicates = 0
        self._lock = threading.Lock()
        self.client = Client(CallbackAPIVersion.VERSION2, client_id="test-host")
        self.client.on_connect = lambda *_: self.client.subscribe("panel_meter/1/#", 1)
        self.client.on_message = self._on_message
        self.client.reconnect_delay_set(1, 1)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def watermark(self, key: Key) -> int:
        rows = self.rows.get(key)
        return rows[-1][0] if rows else 0

    def until(self, what: Callable[[], object], seconds: float = 20) -> None:
        """Wait until ``what`` is true."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with self._lock:
                if what():
                    return
            time.sleep(0.05)
        raise AssertionError("it did not happen in time")

    def command(self, panel: str, op: str, **values: object) -> None:
        content = {"id": f"{op}-{time.monotonic()}", "boot": self.info[panel]["boot"], "op": op, **values}
        self.client.publish(f"panel_meter/1/{panel}/command", json.dumps(content), 1)

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        _, _, panel, kind = message.topic.split("/")
        with self._lock:
            if message.retain:
                self.retained.add(kind)
            if kind == "status":
                self.status.setdefault(panel, []).append(message.payload.decode())
            elif kind == "live":
                self.live.setdefault(panel, []).append(json.loads(message.payload))
            elif kind == "info":
                self.info[panel] = info = json.loads(message.payload)
                self._acknowledge((panel, info["journal"]))
            elif kind == "record":
                self._on_record(panel, json.loads(message.payload))

    def _on_record(self, panel: str, content: dict[str, object]) -> None:
        key = (panel, str(content["journal"]))
        rows = self.rows.setdefault(key, [])
        records = content["records"]
        assert isinstance(records, list)
        for row in records:
            mark = self.watermark(key)
            if row[0] <= mark:
                self.duplicates += 1
                if row[0] > len(rows) or rows[row[0] - 1] != row:
                    self.complaints.append(f"{key}: row {row[0]} came with other content")
            elif row[0] == mark + 1:
                rows.append(row)
            else:
                self.complaints.append(f"{key}: {row[0]} after {mark}")
        self._acknowledge(key)

    def _acknowledge(self, key: Key) -> None:
        ack = {"host": "9e01c7d2", "journal": key[1], "seq": self.watermark(key)}
        self.client.publish(f"panel_meter/1/{key[0]}/ack", json.dumps(ack), 1, retain=True)

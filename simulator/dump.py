"""Plays the messages of a diagnostics dump again, so that a fault that somebody reports can be seen here.

The file is what Home Assistant offers under "Download diagnostics" of Panel Meter. Names are missing in it, times are
those of the recording; what the host said (acknowledgements and commands) is not played.
"""

from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
import json
from pathlib import Path
import time

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from .transport import Broker

_FROM_HOST = ("ack", "command")
_RETAINED = ("info", "status")
#: Nobody wants to wait for a night in which nothing was said, in seconds.
_LONGEST_PAUSE = 60.0
_PATIENCE = 10.0


class DumpError(Exception):
    """The file cannot be played; the text is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the dump."""

    time: float
    topic: str
    payload: bytes

    @property
    def kind(self) -> str:
        """The last part of the topic."""
        return self.topic.rpartition("/")[2]


def read(path: Path) -> list[Said]:
    """The messages of all panels of a dump by their time; DumpError if the file is no dump."""
    try:
        content = json.loads(path.read_text())
        panels = content.get("data", content)["panels"]
        messages = [_said(message) for panel in panels for message in panel["messages"]]
    except OSError as error:
        raise DumpError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DumpError(f"{path} is no diagnostics dump of Panel Meter.") from error
    return sorted((each for each in messages if each.kind not in _FROM_HOST), key=lambda each: each.time)


def _said(message: dict[str, object]) -> Said:
    payload = message["payload"]
    if isinstance(payload, dict) and set(payload) == {"base64"}:
        content = b64decode(str(payload["base64"]))
    else:
        content = json.dumps(payload, separators=(",", ":")).encode()
    return Said(float(str(message["time"])), str(message["topic"]), content)


def pauses(messages: list[Said], speed: float) -> Iterator[tuple[float, Said]]:
    """Each message with the seconds to wait before it."""
    before: float | None = None
    for each in messages:
        yield (0.0 if before is None else min((each.time - before) / speed, _LONGEST_PAUSE)), each
        before = each.time


def play(path: Path, broker: Broker, speed: float) -> int:
    """Publish the messages of a dump at the pace of the recording; returns how many there were."""
    messages = read(path)
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    if broker.username is not None:
        client.username_pw_set(broker.username, broker.password)
    try:
        client.connect(broker.host, broker.port)
    except OSError as error:
        raise DumpError(
            f"There is no MQTT broker at {broker.host}:{broker.port}. Start one, or use --broker."
        ) from error
    client.loop_start()
    try:
        for pause, each in pauses(messages, speed):
            time.sleep(pause)
            client.publish(each.topic, each.payload, qos=1, retain=each.kind in _RETAINED).wait_for_publish(_PATIENCE)
    finally:
        client.disconnect()
        client.loop_stop()
    return len(messages)

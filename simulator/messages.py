"""Topics and payloads of protocol v1."""

from dataclasses import dataclass
import json
from typing import Final

from .ring import Ring
from .units import Millis

MAJOR: Final = "1"
RECORD_LIMIT: Final = 940
LARGEST: Final = 8192

FLAG_REBOOT: Final = 1
FLAG_CLOCK_STEP: Final = 2
FLAG_PARTIAL: Final = 4
FLAG_FAULT: Final = 8
FLAG_CALIBRATION: Final = 16
FLAG_SIMULATED: Final = 32

type JsonObject = dict[str, object]


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be published."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    #: The last part of the topic, for statistics and faults.
    kind: str = ""
    #: When it was made.
    at: Millis = 0


def encode(value: object) -> bytes:
    """JSON without spaces, UTF-8."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def decode(payload: bytes) -> JsonObject | None:
    """The object in ``payload``; None for anything else."""
    if len(payload) > LARGEST:
        return None
    try:
        value = json.loads(payload)
    except ValueError, RecursionError:
        return None
    return value if isinstance(value, dict) else None


def is_integer(value: object) -> bool:
    """Whether it is a whole number and no boolean."""
    return isinstance(value, int) and not isinstance(value, bool)


def as_number(value: object) -> float | None:
    """The value as a finite number, None if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 1e15 else None


def record_payload(ring: Ring, *, named: bool, most: int | None = None) -> tuple[bytes, int]:
    """The oldest unacknowledged rows that fit into one message, at most ``most``, and the highest number among them.

    ``named`` adds the list of registers (protocol F3). There must be an unacknowledged row.
    """
    head: JsonObject = {"journal": ring.shape.journal, "oldest": ring.oldest}
    if named:
        head["registers"] = list(ring.shape.registers)
    seq = max(ring.watermark + 1, ring.oldest)
    start = encode(head)[:-1] + b',"records":['
    rows = [encode(ring.row(seq).wire())]
    size = len(start) + len(rows[0]) + 2
    while seq < ring.newest and (most is None or len(rows) < most):
        row = encode(ring.row(seq + 1).wire())
        size += len(row) + 1
        if size > RECORD_LIMIT:
            break
        rows.append(row)
        seq += 1
    return start + b",".join(rows) + b"]}", seq

"""The flash of a board: settings, checkpoints and rings; every write may be torn by a power cut."""

from dataclasses import asdict, dataclass, field
import json
import struct
from typing import Final
import zlib

from .ring import Ring, RingShape
from .storage import Storage
from .units import Millis

_SLOT_HEAD: Final = struct.Struct("<QII")
_CHECKPOINT_HEAD: Final = struct.Struct("<IQQQH")
_SETTINGS_SIZE: Final = 32_768
_CHECKPOINT_SIZE: Final = 2048


class Slots:
    """Two slots that are written in turn, so that a torn write leaves the other one (protocol B1)."""

    def __init__(self, storage: Storage, name: str, size: int) -> None:
        """Find the newest valid slot."""
        self._storage, self._name, self._size = storage, name, size
        region = storage.region(name, 2 * size)
        slots = [_open_slot(bytes(region[place : place + size])) for place in (0, size)]
        valid = [(found[0], index, found[1]) for index, found in enumerate(slots) if found]
        self.generation, self._used, self.content = max(valid, default=(0, 1, b""))

    def write(self, content: bytes) -> None:
        """Replace the older slot; PowerFailed leaves the newer one."""
        head = _SLOT_HEAD.pack(self.generation + 1, len(content), zlib.crc32(content))
        data = head + content + struct.pack("<I", zlib.crc32(head))
        if len(data) > self._size:
            raise ValueError("There is no room for this in the flash.")
        self._used = 1 - self._used
        self._storage.write(self._name, self._used * self._size, data)
        self.generation += 1
        self.content = content


def _open_slot(data: bytes) -> tuple[int, bytes] | None:
    generation, length, check = _SLOT_HEAD.unpack_from(data)
    end = _SLOT_HEAD.size + length
    if generation == 0 or end + 4 > len(data):
        return None
    content = data[_SLOT_HEAD.size : end]
    head_check = struct.unpack_from("<I", data, end)[0]
    if zlib.crc32(content) != check or zlib.crc32(data[: _SLOT_HEAD.size]) != head_check:
        return None
    return generation, content


@dataclass(slots=True)
class Settings:
    """What a command may change, and what the flash must know of itself."""

    interval: int
    live_interval: int
    boots: int = 0
    journals: int = 0
    name: str | None = None
    channel_names: dict[str, str] = field(default_factory=dict)
    gains: dict[str, float] = field(default_factory=dict)
    phases: dict[str, float] = field(default_factory=dict)
    #: The rings, oldest journal first; the last one is written to.
    rings: list[RingShape] = field(default_factory=list)

    def pack(self) -> bytes:
        """As bytes for a slot."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def unpack(cls, content: bytes) -> Settings:
        """From a slot."""
        values = json.loads(content)
        shapes = [
            RingShape(ring["journal"], tuple(ring["registers"]), ring["capacity"]) for ring in values.pop("rings")
        ]
        return cls(**values, rings=shapes)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The registers of a journal in mWh, and what the host has stored."""

    journal: str
    watermark: int
    energies: tuple[int, ...]
    #: The newest row at that time, and the milliseconds measured since that row.
    newest: int = 0
    unrecorded: Millis = 0

    def pack(self) -> bytes:
        """As bytes for a slot."""
        head = _CHECKPOINT_HEAD.pack(
            int(self.journal, 16), self.watermark, self.newest, self.unrecorded, len(self.energies)
        )
        return head + struct.pack(f"<{len(self.energies)}Q", *self.energies)

    @classmethod
    def unpack(cls, content: bytes) -> Checkpoint:
        """From a slot."""
        journal, watermark, newest, unrecorded, count = _CHECKPOINT_HEAD.unpack_from(content)
        energies = struct.unpack_from(f"<{count}Q", content, _CHECKPOINT_HEAD.size)
        return cls(f"{journal:08x}", watermark, energies, newest, unrecorded)


class Flash:
    """Everything that a board finds again after a power cut."""

    def __init__(self, storage: Storage | None = None) -> None:
        """Take what is in ``storage``; None: an empty flash in memory."""
        self.storage = storage or Storage()
        self._settings_slots = Slots(self.storage, "settings", _SETTINGS_SIZE)
        self._checkpoint_slots = Slots(self.storage, "checkpoint", _CHECKPOINT_SIZE)
        self.settings: Settings | None = None
        self.rings: list[Ring] = []
        self.open()

    def open(self) -> None:
        """Read everything again, as a board does when it boots."""
        self._settings_slots = Slots(self.storage, "settings", _SETTINGS_SIZE)
        self._checkpoint_slots = Slots(self.storage, "checkpoint", _CHECKPOINT_SIZE)
        content = self._settings_slots.content
        self.settings = Settings.unpack(content) if content else None
        marks = {ring.shape.journal: ring.watermark for ring in self.rings}
        self.rings = [Ring(self.storage, shape) for shape in self.settings.rings] if self.settings else []
        checkpoint = self.checkpoint
        for ring in self.rings:
            if checkpoint and checkpoint.journal == ring.shape.journal:
                ring.watermark = min(checkpoint.watermark, ring.newest)
            elif ring is not self.rings[-1]:
                # The mark of a finished journal is kept beside it; losing it would only send rows twice.
                ring.watermark = min(marks.get(ring.shape.journal, 0), ring.newest)

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The newest valid one."""
        content = self._checkpoint_slots.content
        return Checkpoint.unpack(content) if content else None

    @property
    def generation(self) -> int:
        """How many checkpoints were written."""
        return self._checkpoint_slots.generation

    def save_settings(self) -> None:
        """Write the settings with the present list of rings."""
        assert self.settings is not None
        self.settings.rings = [ring.shape for ring in self.rings]
        self._settings_slots.write(self.settings.pack())

    def save_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint into the older slot."""
        self._checkpoint_slots.write(checkpoint.pack())

    def begin_journal(self, shape: RingShape) -> Ring:
        """Start a new ring behind the present ones."""
        ring = Ring(self.storage, shape)
        self.rings.append(ring)
        self.save_settings()
        return ring

    def drop_oldest(self) -> None:
        """Give up the oldest ring."""
        self.rings.pop(0).remove()
        self.save_settings()

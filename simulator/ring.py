"""The records of one journal in flash: a ring of rows, each with its own checksum."""

from collections.abc import Iterable
from dataclasses import dataclass
import struct
from typing import Final, NamedTuple
import zlib

from .storage import Storage

_HEAD: Final = struct.Struct("<IQQIH")
_CHECK: Final = struct.Struct("<I")


class Row(NamedTuple):
    """A record (protocol F7): ``end`` in seconds UTC, ``duration`` in seconds, energies in mWh."""

    seq: int
    end: int
    duration: int
    flags: int
    energies: tuple[int, ...]

    def wire(self) -> list[int]:
        """As it goes over the wire."""
        return [self.seq, self.end, self.duration, self.flags, *self.energies]


@dataclass(frozen=True, slots=True)
class RingShape:
    """What must be known to read a ring."""

    journal: str
    registers: tuple[str, ...]
    capacity: int


class Ring:
    """The newest ``capacity`` rows of a journal; older ones are overwritten."""

    def __init__(self, storage: Storage, shape: RingShape) -> None:
        """Open the ring and look through it for valid rows."""
        self.shape = shape
        self._storage = storage
        self._name = f"ring-{shape.journal}"
        self._tag = int(shape.journal, 16)
        self._body = struct.Struct(f"<{len(shape.registers)}Q")
        self._size = _HEAD.size + self._body.size + _CHECK.size
        self._region = storage.region(self._name, self._size * shape.capacity)
        #: Lowest and highest sequence number held; 1 and 0 while empty.
        self.oldest, self.newest = self._scan()
        self._last: Row | None = self.row(self.newest) if self.newest else None
        #: The highest sequence number that the host has stored, as far as this board knows.
        self.watermark = 0

    @property
    def last(self) -> Row | None:
        """The newest row."""
        return self._last

    @property
    def unacknowledged(self) -> int:
        """How many rows wait for an ack."""
        return self.newest - max(self.watermark, self.oldest - 1)

    def append(self, end: int, duration: int, flags: int, energies: tuple[int, ...]) -> Row:
        """Write the next row; PowerFailed leaves the ring as it was, without the row that was overwritten."""
        row = Row(self.newest + 1, end, duration, flags, energies)
        self._storage.write(self._name, self._place(row.seq), self._pack(row))
        self._take(row)
        return row

    def fill(self, rows: Iterable[Row]) -> None:
        """Append many rows that already have their numbers."""
        for row in rows:
            place = self._place(row.seq)
            self._region[place : place + self._size] = self._pack(row)
            self._take(row)

    def row(self, seq: int) -> Row:
        """The row with this number; KeyError if it is not held."""
        row = self._read(self._place(seq))
        if row is None or row.seq != seq:
            raise KeyError(seq)
        return row

    def remove(self) -> None:
        """Give the flash back."""
        self._storage.remove(self._name)

    def _take(self, row: Row) -> None:
        self._last, self.newest = row, row.seq
        self.oldest = max(self.oldest, row.seq - self.shape.capacity + 1)

    def _place(self, seq: int) -> int:
        return (seq - 1) % self.shape.capacity * self._size

    def _pack(self, row: Row) -> bytes:
        data = _HEAD.pack(self._tag, row.seq, row.end, row.duration, row.flags) + self._body.pack(*row.energies)
        return data + _CHECK.pack(zlib.crc32(data))

    def _read(self, place: int) -> Row | None:
        data = bytes(self._region[place : place + self._size])
        tag, seq, end, duration, flags = _HEAD.unpack_from(data)
        if (
            tag != self._tag
            or zlib.crc32(data[: -_CHECK.size]) != _CHECK.unpack_from(data, self._size - _CHECK.size)[0]
        ):
            return None
        return Row(seq, end, duration, flags, self._body.unpack_from(data, _HEAD.size))

    def _scan(self) -> tuple[int, int]:
        """The newest unbroken run of rows."""
        if not any(self._region[: self._size]) and not any(self._region[-self._size :]):
            return 1, 0
        rows = (self._read(index * self._size) for index in range(self.shape.capacity))
        held = {row.seq for row in rows if row is not None}
        if not held:
            return 1, 0
        newest = oldest = max(held)
        while oldest - 1 in held:
            oldest -= 1
        return oldest, newest

"""The nouns of Panel Meter: what a panel is, what a message says and what the ledger keeps.

Energies are integers in mWh, instants are whole UTC seconds since 1970 unless a name says otherwise, powers are
watts. Everything here is immutable and free of input and output.
"""

from dataclasses import dataclass
from enum import IntFlag, StrEnum
from functools import cache

MILLIWATT_HOURS_PER_KWH = 1_000_000
#: The largest integer that JSON readers agree on (protocol F5).
MAX_ENERGY = 2**53 - 1


class Role(StrEnum):
    """What a channel measures."""

    MAIN = "main"
    CIRCUIT = "circuit"
    SOLAR = "solar"
    BATTERY = "battery"
    SUB = "sub"


class Phase(StrEnum):
    """The conductor or conductors that a channel's clamp sits on."""

    L1 = "L1"
    L2 = "L2"
    L3 = "L3"
    L1L2 = "L1L2"
    L123 = "L123"


class Direction(StrEnum):
    """Which way the energy of a register flows: import is out of the mains into the panel or the circuit."""

    IMPORT = "import"
    EXPORT = "export"


@dataclass(frozen=True, slots=True)
class Register:
    """A cumulative counter of one channel and direction."""

    channel: str
    direction: Direction

    def __str__(self) -> str:
        """The name in the protocol, such as ``main.import``."""
        return f"{self.channel}.{self.direction}"

    @classmethod
    def parse(cls, name: str) -> Register:
        """Read a name of the protocol; ValueError if it is none."""
        channel, _, direction = name.partition(".")
        return cls(channel, Direction(direction))


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One measured conductor group of a panel (protocol F10)."""

    id: str
    name: str
    role: Role = Role.CIRCUIT
    phase: Phase | None = None
    #: Rating of the breaker in ampere.
    rating: float | None = None
    #: Place in the panel and how many places the breaker takes.
    slot: int | None = None
    poles: int | None = None
    #: The channel that feeds this one (role sub).
    parent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A board and what it measures, as it announces itself (protocol ``info``) or as its codec knows it."""

    id: str
    name: str
    codec: str
    channels: tuple[Channel, ...]
    registers: tuple[Register, ...]
    model: str | None = None
    firmware: str | None = None
    boot: str | None = None
    #: The journal that the board writes now; None for a source without a journal.
    journal: str | None = None
    #: Seconds of an interval of the journal, and between two live messages.
    interval: int = 300
    live_interval: float | None = None
    #: How many records the board's ring holds.
    capacity: int | None = None
    nominal_voltage: float = 230.0

    def channel(self, channel_id: str) -> Channel:
        """The channel of that id; KeyError if there is none."""
        for channel in self.channels:
            if channel.id == channel_id:
                return channel
        raise KeyError(channel_id)


# --- Readings: what one message says -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """A panel announces itself."""

    panel: Panel


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A panel, or the broker in its name, says whether it is connected."""

    online: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """Present values of a panel. None marks a sensor fault, an empty tuple a quantity that is not sent."""

    #: W, A and a ratio from -1 to 1, in the order of the channels; import is positive.
    power: tuple[float | None, ...] = ()
    current: tuple[float | None, ...] = ()
    power_factor: tuple[float | None, ...] = ()
    #: V, one per phase.
    voltage: tuple[float | None, ...] = ()
    #: Hz and degrees Celsius.
    frequency: float | None = None
    temperature: float | None = None

    def quantities(self) -> frozenset[str]:
        """Names of the quantities that are sent: voltages are numbered by phase, from 1."""
        return _quantities(
            bool(self.current),
            bool(self.power_factor),
            len(self.voltage),
            self.frequency is not None,
            self.temperature is not None,
        )


@cache
def _quantities(current: bool, power_factor: bool, voltages: int, frequency: bool, temperature: bool) -> frozenset[str]:
    names = {f"voltage_{phase}" for phase in range(1, voltages + 1)}
    flags = {"current": current, "power_factor": power_factor, "frequency": frequency, "temperature": temperature}
    return frozenset(names | {name for name, sent in flags.items() if sent})


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """The present values of a panel with a journal, never stored as they are."""

    journal: str
    boot: str
    uptime: int
    #: UTC seconds, or None: the board has no clock.
    time: int | None
    #: mWh in the order of the registers of the journal.
    energy: tuple[int, ...]
    measurements: Measurements


class RecordFlag(IntFlag):
    """What a board says of one of its intervals (protocol F9)."""

    REBOOT = 1
    CLOCK_STEPPED = 2
    PARTIAL = 4
    SENSOR_FAULT = 8
    CALIBRATED = 16
    SIMULATED = 32


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One closed interval of a board's journal (protocol F7)."""

    seq: int
    end: int
    duration: int
    flags: int
    energy: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The oldest records of a journal that the host has not acknowledged."""

    journal: str
    #: The lowest sequence number that the board still holds.
    oldest: int
    rows: tuple[RecordRow, ...]
    #: Sent when the journal is not the one of the last ``info``.
    registers: tuple[Register, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A board's answer to a command."""

    id: str
    ok: bool
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """An acknowledgement as it stands on the broker, ours or another host's."""

    host: str
    journal: str
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The values of a source without a journal at one instant.

    Either ``energy`` is given (a cumulative counter) or only ``power`` (which is then integrated).
    """

    panel: Panel
    channel: str
    power: float | None = None
    voltage: float | None = None
    current: float | None = None
    #: Degrees Celsius, of the device itself.
    temperature: float | None = None
    #: Cumulative counter in mWh, and the step in mWh in which the source counts.
    energy: int | None = None
    resolution: int = 1
    #: Instant of the measurement as the device says it, in UTC seconds.
    time: float | None = None
    #: Changes when the device starts anew; evidence for a reset.
    boot: str | None = None
    #: True if power is V x I because no active power is sent.
    apparent: bool = False


type Reading = Info | Status | Live | Record | Response | Acknowledgement | Sample


# --- What the ledger keeps -----------------------------------------------------------------------------------------


class Quality(IntFlag):
    """How an interval came to be. 0 is measured; the low bits are the board's own flags (RecordFlag)."""

    MEASURED = 0
    REBOOT = 1
    CLOCK_STEPPED = 2
    PARTIAL = 4
    SENSOR_FAULT = 8
    CALIBRATED = 16
    SIMULATED = 32
    #: The energy is exact but its distribution over the span is not: it was spread evenly.
    ESTIMATED = 64
    #: Nothing was measured in the span (power-only sources); the energy in it is unknown and counted as 0.
    GAP = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Accepted energy of a panel between two instants.

    ``energy`` is in mWh in the order of the registers of the journal that the interval belongs to.
    """

    seq: int
    start: int
    end: int
    energy: tuple[int, ...]
    quality: int = Quality.MEASURED
    #: CRC-32 of the record as it was sent, to notice other content under the same key; 0 where there was no record.
    checksum: int = 0


class RowRejection(StrEnum):
    """Why a well-formed record row is not booked (protocol H7)."""

    END_NOT_RISING = "end_not_rising"
    FUTURE = "future"
    ENERGY_FALLING = "energy_falling"
    BEYOND_RATING = "beyond_rating"


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedRow:
    """A record row that was stored as rejected and acknowledged."""

    row: RecordRow
    reason: RowRejection


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """What the host knows of one journal of a panel: the watermark and the last good record.

    A source without a journal has one of the host's own, named ``LOCAL_JOURNAL``.
    """

    id: str
    registers: tuple[Register, ...]
    #: Highest sequence number that is accepted or rejected; all below are settled.
    watermark: int = 0
    #: Sequence number and end of the last accepted row, and the registers there; 0 and None until there is one. A
    #: journal that was read from its first record on begins with registers of 0.
    last_seq: int = 0
    last_end: int | None = None
    last_energy: tuple[int, ...] | None = None


#: Journals of the host's own: of a source without one, and of what was counted before this ledger began.
LOCAL_JOURNAL = "local"
OPENING_JOURNAL = "opening"

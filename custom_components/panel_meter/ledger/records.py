"""What goes into the ledger and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from ..core.alerts.model import Alert
from ..core.model import Interval, Journal, Panel, Register, RejectedRow

#: Start, end, quality and energies of an interval; the energies are in the order of the registers of its journal.
type UsageRow = tuple[int, int, int, tuple[int, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PricePoint:
    """What a dynamic price was from an instant on, until the next point of the same source."""

    #: Id of the entity that tells the price.
    source: str
    #: UTC seconds.
    start: int
    #: In the unit of the entity; None: unknown from then on.
    price: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBill:
    """A cycle of a panel that is over, as it was rated."""

    #: UTC seconds; the cycle holds what was used in ``start < t <= end``.
    start: int
    end: int
    #: Says what the cycle was rated with: the bill is valid as long as that is the same.
    fingerprint: str
    #: Opaque JSON.
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one message, or one checkpoint, of one panel changes. Committed whole or not at all."""

    panel: str
    #: Newest announcement to keep.
    description: Panel | None = None
    #: State of the journal after the change. Mandatory when there are intervals or rejected rows: they belong to it.
    journal: Journal | None = None
    #: May be shorter than the journal's registers; what is missing counts as 0.
    intervals: tuple[Interval, ...] = ()
    rejected: tuple[RejectedRow, ...] = ()
    #: Opaque JSON state of the metering of a register (sources without a journal).
    meters: Mapping[Register, str] = field(default_factory=dict)
    #: Highest total ever published, in mWh; the ledger never lowers it.
    shown: Mapping[Register, int] = field(default_factory=dict)
    #: The bills that end later than this instant are no longer true: they are deleted before ``bills`` are written.
    forget_bills: int | None = None
    #: A bill of a cycle with the same start is replaced.
    bills: tuple[StoredBill, ...] = ()
    #: Alerts of the panel as they are now; what is stored under the same id is replaced.
    alerts: tuple[Alert, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPanel:
    """All that the ledger knows of a panel, but for its intervals."""

    #: None if the panel never announced itself.
    description: Panel | None = None
    #: By id, in the order in which they were first seen.
    journals: Mapping[str, Journal] = field(default_factory=dict)
    #: Sum of all accepted intervals in mWh, over all journals.
    totals: Mapping[Register, int] = field(default_factory=dict)
    meters: Mapping[Register, str] = field(default_factory=dict)
    shown: Mapping[Register, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JournalKey:
    """Names a journal of a panel and the registers whose energies its intervals carry."""

    id: str
    registers: tuple[Register, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerStats:
    """Numbers for diagnostics."""

    version: int
    #: Of the tables and indexes. Beside a file lies a write-ahead log, which does not grow with what is kept.
    size_bytes: int
    panels: int
    journals: int
    registers: int
    intervals: int
    hours: int
    prices: int
    bills: int
    alerts: int
    #: Ends of the first and the last interval in UTC seconds, None without any.
    oldest: int | None
    newest: int | None
    #: Rejected rows by panel and reason.
    rejected: Mapping[str, Mapping[str, int]]

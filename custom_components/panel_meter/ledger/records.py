"""What goes into the ledger and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..core.model import Interval, Journal, Panel, Register, RejectedRow


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
    #: Main file plus write-ahead log; on a server the size of its tables and indexes.
    size_bytes: int
    panels: int
    journals: int
    registers: int
    intervals: int
    hours: int
    #: Ends of the first and the last interval in UTC seconds, None without any.
    oldest: int | None
    newest: int | None
    #: Rejected rows by panel and reason.
    rejected: Mapping[str, Mapping[str, int]]

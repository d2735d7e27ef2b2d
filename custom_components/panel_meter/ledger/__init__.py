"""Durable truth: what every panel delivered, in SQLite or PostgreSQL. Exact, append-only, one writer."""

from .errors import LedgerDamaged, LedgerError, LedgerRefused, LedgerTooNew, LedgerUnavailable
from .records import Change, JournalKey, LedgerStats, PricePoint, StoredBill, StoredPanel, UsageRow
from .rescue import Rescue, copies_in, make_copy, open_or_rescue
from .store import Ledger, sqlite_url
from .writer import LedgerWriter

__all__ = [
    "Change",
    "JournalKey",
    "Ledger",
    "LedgerDamaged",
    "LedgerError",
    "LedgerRefused",
    "LedgerStats",
    "LedgerTooNew",
    "LedgerUnavailable",
    "LedgerWriter",
    "PricePoint",
    "Rescue",
    "StoredBill",
    "StoredPanel",
    "UsageRow",
    "copies_in",
    "make_copy",
    "open_or_rescue",
    "sqlite_url",
]

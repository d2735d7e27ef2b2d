"""What can go wrong with the ledger, in sentences for the person who owns it."""


class LedgerError(Exception):
    """The ledger cannot do what was asked; the text is a sentence for the user."""


class LedgerUnavailable(LedgerError):
    """The ledger is sound but cannot be reached or written now (disk full, locked, read-only, server away)."""


class LedgerDamaged(LedgerError):
    """The file is not a ledger, or not a whole one."""


class LedgerTooNew(LedgerError):
    """A newer version of Panel Meter wrote the ledger."""


class LedgerRefused(LedgerError):
    """A change contradicts the ledger or itself; trying again is useless."""

"""What a panel costs while Home Assistant runs, for its entities."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from .core.billing.bill import Bill
from .core.billing.projection import Projection
from .core.billing.running import DemandNow, Money, RunningAccount
from .core.billing.usage import Usage
from .core.model import Register
from .core.tariff.model import Tariff
from .core.tariff.rulebook import Rulebook

#: Seconds for which what was worked out is shown: entities of a panel are written together.
FRESH: Final = 1.0
#: The bill with all its lines is worked out this often, in seconds.
BILL_EVERY: Final = 60.0


@dataclass(slots=True)
class _Seen:
    """What was worked out at an instant, and of which account."""

    at: float
    account: RunningAccount
    ahead: Usage | None
    money: Money
    #: Worked out when somebody asks.
    demands: list[DemandNow] | None = None


class PanelMoney:
    """A panel's tariff and its running account; without an account it is being rated."""

    def __init__(self, tariff: Tariff, book: Rulebook, total: Callable[[Register], int | None]) -> None:
        """``total`` is what a register shows, in mWh; None while its history is coming in."""
        self.tariff = tariff
        self.book = book
        self.account: RunningAccount | None = None
        self.projection: Projection | None = None
        self._total = total
        self._seen: _Seen | None = None
        self._bill: tuple[float, RunningAccount, Bill] | None = None

    @property
    def has_export(self) -> bool:
        """Whether exported energy earns something, in any version."""
        return any(version.export is not None for version in self.tariff.versions)

    @property
    def has_demand(self) -> bool:
        """Whether power is charged, in any version."""
        return any(version.demand for version in self.tariff.versions)

    @property
    def circuits(self) -> tuple[str, ...]:
        """The channels that have costs, in the order in which they stand everywhere."""
        return self.account.account.circuits.names if self.account else ()

    def position(self, channel: str) -> int | None:
        """Where the costs of a circuit stand; None if it has none."""
        return self.circuits.index(channel) if channel in self.circuits else None

    def now(self, now: float) -> Money | None:
        """Costs at ``now`` (UTC seconds); None while they are being worked out."""
        seen = self._look(now)
        return None if seen is None else seen.money

    def bill(self, now: float) -> Bill | None:
        """The bill of the running cycle so far, up to a minute old."""
        if (seen := self._look(now)) is None:
            return None
        if self._bill is None or self._bill[1] is not seen.account or abs(now - self._bill[0]) > BILL_EVERY:
            self._bill = (now, seen.account, seen.account.bill(seen.ahead, int(now)))
        return self._bill[2]

    def demands(self, now: float) -> list[DemandNow]:
        """Every demand of the running cycle."""
        if (seen := self._look(now)) is None:
            return []
        if seen.demands is None:
            seen.demands = seen.account.demands(seen.ahead, int(now))
        return seen.demands

    def price(self, now: float) -> Decimal | None:
        """What the next kWh costs, with its taxes."""
        return None if self.account is None else self.account.price(int(now))

    def period(self, now: float) -> str | None:
        """Name of the period now."""
        version = self.book.version_at(int(now))
        if version is None:
            return None
        return version.energy.period_names[self.book.timetable(version).at(int(now)).index]

    def next_change(self, now: float) -> int | None:
        """When the next period begins (UTC seconds); None if none does within a week."""
        version = self.book.version_at(int(now))
        span = None if version is None else self.book.timetable(version).next_change(int(now))
        return None if span is None else span.start

    def changed(self) -> None:
        """Forget what was worked out."""
        self._seen = self._bill = None

    def ahead(self, now: int) -> Usage | None:
        """What flowed after the last row; None without anything, and while history is coming in."""
        if self.account is None or not self._is_told(self.account):
            return None
        return self.account.ahead(lambda register: self._total(register) or 0, now)

    def _is_told(self, account: RunningAccount) -> bool:
        """False while history is coming in."""
        return all(self._total(register) is not None for register in account.taken)

    def _look(self, now: float) -> _Seen | None:
        if (account := self.account) is None:
            return None
        seen = self._seen
        # Every entity of a panel asks; only the first of them makes it be worked out.
        if seen is not None and seen.account is account and 0 <= now - seen.at < FRESH:
            return seen
        if not self._is_told(account):
            return None
        ahead = self.ahead(int(now))
        self._seen = _Seen(now, account, ahead, account.money(ahead, int(now)))
        return self._seen

"""Sees to it that every panel with a tariff has a running account, rated from the ledger and kept up to date."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
import logging
from time import time
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from . import rating
from .const import DOMAIN
from .core.billing.cycle_rating import Running
from .core.billing.panel_usage import Row, wiring_of
from .core.billing.projection import project
from .core.billing.running import RunningAccount
from .core.billing.usage import Usage
from .core.model import Interval, Journal
from .core.tariff.model import Tariff
from .core.tariff.rulebook import Rulebook
from .cost_entities import async_forget_cost_entities
from .hub import Hub
from .ledger import Change, LedgerError
from .money import PanelMoney
from .panel import PanelRuntime
from .price_recorder import PriceRecorder
from .rating import Terms
from .tariffs import Tariffs

_LOGGER = logging.getLogger(__name__)

TURN_EVERY: Final = timedelta(seconds=30)
PROJECT_EVERY: Final = timedelta(minutes=15)
#: Late rows come in crowds: rate anew when no more have come for so many seconds.
SETTLE: Final = 5.0
WEEK: Final = 7 * 86_400


_KEEPER: HassKey[MoneyKeeper] = HassKey(f"{DOMAIN}_money")


@callback
def money_keeper(hass: HomeAssistant) -> MoneyKeeper:
    """The keeper of the loaded entry."""
    return hass.data[_KEEPER]


class MoneyKeeper:
    """The accounts of all panels."""

    def __init__(self, hass: HomeAssistant, hub: Hub) -> None:
        """Do nothing until ``async_start``."""
        self._hass = hass
        self._hub = hub
        self._tariffs = Tariffs(hass, hub.entry)
        self._assigned: Mapping[str, Tariff] = {}
        self._prices = PriceRecorder(hass, hub, self._price_changed)
        self._terms: dict[str, Terms] = {}
        #: Panels to rate, and the instant from which on what is rated is not true (None: nothing is rated).
        self._late: dict[str, int] = {}
        #: Rows that came while a panel is being rated.
        self._meanwhile: dict[str, list[tuple[Journal, tuple[Interval, ...]]]] = {}
        self._rating: dict[str, asyncio.Task[None]] = {}
        self._reading = asyncio.Lock()

    async def async_start(self) -> None:
        """Begin to keep the accounts."""
        self._hass.data[_KEEPER] = self
        keep = self._hub.entry.async_on_unload
        await self.async_read_tariffs()
        keep(self._hub.watch(self._changed, self._gone))
        keep(async_track_time_interval(self._hass, self._turn, TURN_EVERY))
        keep(async_track_time_interval(self._hass, self._async_project_all, PROJECT_EVERY))

    async def async_read_tariffs(self) -> None:
        """Take the tariffs as they are in the entry now."""
        async with self._reading:
            self._assigned = await self._tariffs.async_read()
            await self._prices.async_follow(_entities(self._assigned))
        for panel in list(self._hub.panels.values()):
            self._changed(panel)

    # --- panels come, change and go ---

    @callback
    def _changed(self, panel: PanelRuntime) -> None:
        """A panel is new, has another description or another tariff."""
        tariff = self._assigned.get(panel.id)
        if panel.description is None:
            return
        if tariff is None:
            if panel.money is not None:
                self._drop(panel)
                async_forget_cost_entities(self._hass, panel.id)
                self._hub.described(panel)
            return
        zone = dt_util.get_default_time_zone()
        wiring = wiring_of(panel.description)
        known = self._terms.get(panel.id)
        if known is not None and known.book.tariff == tariff and known.wiring == wiring and known.zone == zone:
            return
        book = Rulebook(tariff, zone)
        self._terms[panel.id] = Terms(panel.id, book, wiring, zone, self._prices.series)
        first_time = panel.money is None
        panel.money = PanelMoney(tariff, book, panel.shown_total)
        panel.on_rows = self._rows
        self._rate(panel)
        if first_time:
            self._hub.described(panel)

    @callback
    def _gone(self, panel: PanelRuntime) -> None:
        self._drop(panel)

    def _drop(self, panel: PanelRuntime) -> None:
        panel.money = panel.on_rows = None
        self._terms.pop(panel.id, None)
        if (task := self._rating.pop(panel.id, None)) is not None:
            task.cancel()

    @callback
    def _price_changed(self, entity_id: str) -> None:
        for panel in self._hub.panels.values():
            if panel.money is not None and entity_id in _entities({panel.id: panel.money.tariff}):
                if panel.money.account is not None:
                    panel.money.account.account.cycle.forget_prices()
                panel.money.changed()
                panel.flush()

    # --- rows ---

    @callback
    def _rows(self, panel: PanelRuntime, journal: Journal, intervals: tuple[Interval, ...]) -> None:
        if (waiting := self._meanwhile.get(panel.id)) is not None:
            waiting.append((journal, intervals))
            return
        money = panel.money
        if money is None or money.account is None:
            return
        in_order = self._take(money.account, journal, intervals)
        money.changed()
        if in_order:
            self._keep_bills(panel, money.account)
        else:
            self._rate(panel, min(interval.start for interval in intervals), SETTLE)

    @staticmethod
    def _take(account: RunningAccount, journal: Journal, intervals: tuple[Interval, ...]) -> bool:
        rows: list[Row] = [(each.start, each.end, each.quality, each.energy) for each in intervals]
        return account.take(journal.id, journal.registers, rows)

    @callback
    def _keep_bills(self, panel: PanelRuntime, account: RunningAccount) -> None:
        """Write the bills of cycles that were closed since the last time."""
        terms = self._terms[panel.id]
        if new := account.bills[account.kept :]:
            stored = tuple(rating.stored_bill(bill, terms.fingerprint) for bill in new)
            self._hub.commit(panel, Change(panel=panel.id, bills=stored))
            account.kept = len(account.bills)

    @callback
    def _turn(self, _now: datetime) -> None:
        now = int(time())
        for panel in self._hub.panels.values():
            if panel.money is not None and panel.money.account is not None and panel.id not in self._meanwhile:
                panel.money.account.turn(now)
                self._keep_bills(panel, panel.money.account)

    # --- rating ---

    async def async_costs_at(self, panel: PanelRuntime, edges: Sequence[int]) -> Sequence[Running] | None:
        """Costs of a panel since its tariff began at rising instants; None while they are being worked out."""
        terms, account = self._terms.get(panel.id), panel.money.account if panel.money else None
        if terms is None or account is None:
            return None
        ledger, bills = self._hub.ledger, tuple(account.bills)
        begin = bills[0].start_instant if bills else account.account.cycle.start
        # All that was submitted by now is in the ledger then.
        await self._hub.writer.run(_nothing)
        return await self._hub.writer.read(rating.costs_at, ledger, terms, bills, edges, begin)

    def terms(self, panel: PanelRuntime) -> Terms | None:
        """What a panel is rated with; None without a tariff."""
        return self._terms.get(panel.id)

    async def async_rate_anew(self, panel: PanelRuntime, since: int) -> None:
        """Rate everything since an instant (UTC seconds) anew; returns when that is done."""
        self._rate(panel, since)
        while (task := self._rating.get(panel.id)) is not None:
            await asyncio.wait([task])

    def _rate(self, panel: PanelRuntime, since: int | None = None, delay: float = 0.0) -> None:
        if since is not None:
            self._late[panel.id] = min(since, self._late.get(panel.id, since))
        if (running := self._rating.get(panel.id)) is not None:
            running.cancel()
        self._rating[panel.id] = self._hub.entry.async_create_background_task(
            self._hass, self._async_rate(panel, delay), f"rating of panel {panel.id}", eager_start=False
        )

    async def _async_rate(self, panel: PanelRuntime, delay: float) -> None:
        try:
            if delay:
                await asyncio.sleep(delay)
            await self._async_rate_now(panel)
        except LedgerError as error:
            _LOGGER.warning("The costs of panel %s are worked out later: %s", panel.id, error)
            self._meanwhile.pop(panel.id, None)
            self._hass.loop.call_later(60, self._rate, panel)
        finally:
            self._meanwhile.pop(panel.id, None)

    async def _async_rate_now(self, panel: PanelRuntime) -> None:
        terms, writer, ledger = self._terms[panel.id], self._hub.writer, self._hub.ledger
        late = self._late.pop(panel.id, None)
        if late is not None:
            self._hub.commit(panel, Change(panel=panel.id, forget_bills=late))
        now = int(time())
        first = await writer.run(ledger.first_hour, panel.id)
        present = rating.present_cycle(terms.book.tariff, terms.book, now)
        begin = min(rating.first_instant(terms.book, now if first is None else first), now)
        stored = await writer.run(ledger.bills, panel.id)
        known = rating.valid_bills(stored, terms, begin, present)
        bills = await writer.read(rating.rate_history, ledger, terms, known, begin, present)
        # From here on rows are kept aside, because nobody can say whether the ledger has shown them already.
        self._meanwhile[panel.id] = []
        rows = await writer.run(rating.snapshot, ledger, panel.id, present)
        account = await writer.read(rating.rate_present, terms, bills, rows, begin)
        account.kept = len(known)
        in_order = [self._take(account, *each) for each in self._meanwhile.pop(panel.id, [])]
        self._install(panel, account, late if late is not None else begin if not known else None)
        if not all(in_order):
            self._rate(panel, account.account.cycle.start, SETTLE)

    @callback
    def _install(self, panel: PanelRuntime, account: RunningAccount, changed_since: int | None) -> None:
        if panel.money is None:
            return
        panel.money.account = account
        panel.money.changed()
        self._keep_bills(panel, account)
        self._rating.pop(panel.id, None)
        panel.flush()
        if changed_since is not None and panel.on_late is not None:
            panel.on_late(panel, changed_since)
        self._hub.in_background(self._async_project(panel))

    # --- projection ---

    async def _async_project_all(self, _now: datetime) -> None:
        for panel in list(self._hub.panels.values()):
            await self._async_project(panel)

    async def _async_project(self, panel: PanelRuntime) -> None:
        money, terms = panel.money, self._terms.get(panel.id)
        if money is None or terms is None or (account := money.account) is None:
            return
        now = int(time())
        ahead = money.ahead(now)
        look = account.account.copy()
        recent = await self._hub.writer.read(_recent, self._hub, terms, account, now)
        if ahead is not None:
            look.add(ahead)
        money.projection = await self._hass.async_add_executor_job(project, look, recent, now)
        panel.changed(self._hass.loop.time())


def _recent(hub: Hub, terms: Terms, account: RunningAccount, now: int) -> list[Usage]:
    return rating.recent(hub.ledger, terms, account, now - WEEK, account.until)


def _entities(tariffs: Mapping[str, Tariff]) -> set[str]:
    """The entities that tell the prices of these tariffs."""
    return {entity_id for tariff in tariffs.values() for entity_id in rating.price_entities(tariff)}


def _nothing() -> None:
    """Be called in turn."""

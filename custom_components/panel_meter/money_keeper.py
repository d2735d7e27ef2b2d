"""Sees to it that every panel with a tariff has a running account, rated from the ledger and kept up to date."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
import logging
from time import time
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
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
from .core.model import MAX_ENERGY, OPENING_JOURNAL, Interval, Journal, Register
from .core.tariff.model import Tariff
from .core.tariff.rulebook import Rulebook
from .cost_entities import async_forget_cost_entities
from .cost_openings import CostOpenings
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
#: Seconds until the ledger is asked again after it could not answer.
RETRY: Final = 60.0
WEEK: Final = 7 * 86_400


_KEEPER: HassKey[MoneyKeeper] = HassKey(f"{DOMAIN}_money")


@callback
def money_keeper(hass: HomeAssistant) -> MoneyKeeper:
    """The keeper of the loaded entry."""
    return hass.data[_KEEPER]


@dataclass(slots=True)
class _Rating:
    """A panel that is being rated, or is about to be."""

    #: Begin of the cycle that is running: what comes of earlier ones changes bills.
    present: int
    task: asyncio.Task[None] | None = None
    #: Begin of the earliest row that came since the ledger is being read.
    earliest: int = MAX_ENERGY
    #: Rows that came after the ledger was asked for those of the present cycle; None before that.
    aside: list[tuple[Journal, tuple[Interval, ...]]] | None = None
    error: LedgerError | None = None


class MoneyKeeper:
    """The accounts of all panels."""

    def __init__(self, hass: HomeAssistant, hub: Hub) -> None:
        """Do nothing until ``async_start``."""
        self._hass = hass
        self._hub = hub
        self._tariffs = Tariffs(hass, hub.entry)
        self._assigned: Mapping[str, Tariff] = {}
        self._openings = CostOpenings(hass, hub)
        self._prices = PriceRecorder(hass, hub, self._price_changed)
        self._terms: dict[str, Terms] = {}
        #: Panel id -> the instant from which on what was rated is not true.
        self._late: dict[str, int] = {}
        self._ratings: dict[str, _Rating] = {}
        #: Panels that cannot be rated before their boards have told what a lost ledger has lost.
        self._untold: set[str] = set()
        #: Panels without a tariff whose bills are forgotten: nobody keeps them true.
        self._without: set[str] = set()
        self._reading = asyncio.Lock()
        #: Timers still fire while the hub closes the ledger.
        self._stopped = False

    async def async_start(self) -> None:
        """Begin to keep the accounts."""
        self._hass.data[_KEEPER] = self
        await self._openings.async_load()
        keep = self._hub.entry.async_on_unload
        await self.async_read_tariffs()
        keep(self._hub.watch(self._changed, self._gone))
        self._hub.before_stop(self._stop)
        keep(async_track_time_interval(self._hass, self._turn, TURN_EVERY))
        keep(async_track_time_interval(self._hass, self._async_project_all, PROJECT_EVERY))

    async def async_read_tariffs(self) -> None:
        """Take the tariffs as they are in the entry now."""
        async with self._reading:
            assigned = await self._tariffs.async_read()
            await self._prices.async_follow(_entities(assigned))
            # Not sooner: a panel may be described meanwhile, and would be rated without its prices.
            self._assigned = assigned
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
            self._without_tariff(panel)
            return
        zone = dt_util.get_default_time_zone()
        wiring = wiring_of(panel.description)
        known = self._terms.get(panel.id)
        same = known is not None and known.book.tariff == tariff
        if known is not None and same and known.wiring == wiring and known.zone == zone:
            return
        book = Rulebook(tariff, zone)
        self._without.discard(panel.id)
        self._terms[panel.id] = Terms(panel.id, book, wiring, zone, self._prices.series)
        panel.money = PanelMoney(tariff, book, partial(_total, panel))
        panel.on_rows = self._rows
        self._rate(panel)
        if not same:
            # Another tariff may charge power or pay exported energy for the first time, or no longer.
            async_forget_cost_entities(self._hass, panel)
            self._hub.described(panel)

    def _without_tariff(self, panel: PanelRuntime) -> None:
        had_one = panel.money is not None
        self._drop(panel)
        if panel.id not in self._without:
            self._without.add(panel.id)
            self._hub.commit(panel, Change(panel=panel.id, forget_bills=0))
        if had_one:
            async_forget_cost_entities(self._hass, panel)
            self._hub.described(panel)

    @callback
    def _gone(self, panel: PanelRuntime) -> None:
        self._drop(panel)
        self._without.discard(panel.id)

    def _drop(self, panel: PanelRuntime) -> None:
        panel.money = panel.on_rows = None
        self._terms.pop(panel.id, None)
        self._late.pop(panel.id, None)
        self._end_rating(panel)

    @callback
    def _stop(self) -> None:
        self._stopped = True
        self._openings.note_at_the_end()
        for panel in self._hub.panels.values():
            self._end_rating(panel)

    @callback
    def _price_changed(self, entity_id: str, at: int) -> None:
        for panel in self._hub.panels.values():
            money = panel.money
            if money is None or entity_id not in rating.price_entities(money.tariff):
                continue
            if money.account is not None:
                money.account.forget_prices()
                since = rating.price_holds_from(money.tariff, entity_id, at)
                if money.account.until > since:
                    self._rate(panel, since, SETTLE)
            money.changed()
            panel.flush()

    # --- rows ---

    @callback
    def _rows(self, panel: PanelRuntime, journal: Journal, intervals: tuple[Interval, ...]) -> None:
        begin = min(interval.start for interval in intervals)
        running = self._ratings.get(panel.id)
        if running is not None and journal.id != OPENING_JOURNAL:
            running.earliest = min(running.earliest, begin)
            if begin < running.present:
                # Should Home Assistant stop before all is rated, no bill without this row may be left.
                self._forget_bills(panel, begin)
        if running is not None and running.aside is not None:
            running.aside.append((journal, intervals))
            return
        money = panel.money
        if money is None or money.account is None:
            return
        in_order = self._take(money.account, journal, intervals)
        money.changed()
        if in_order:
            self._keep_bills(panel, money.account)
        else:
            self._rate(panel, begin, SETTLE)

    def _forget_bills(self, panel: PanelRuntime, since: int) -> None:
        # Queued right behind the rows that it is for, it comes to disk with them.
        self._hub.commit(panel, Change(panel=panel.id, forget_bills=since))

    @staticmethod
    def _take(account: RunningAccount, journal: Journal, intervals: tuple[Interval, ...]) -> bool:
        rows: list[Row] = [(each.start, each.end, each.quality, each.energy) for each in intervals]
        return account.take(journal.id, journal.registers, rows)

    @callback
    def _keep_bills(self, panel: PanelRuntime, account: RunningAccount) -> None:
        """Write the bills of cycles that were closed since the last time; not those of an account that is outdated."""
        if panel.id in self._ratings:
            return
        terms = self._terms[panel.id]
        if new := account.bills[account.kept :]:
            stored = tuple(rating.stored_bill(bill, terms.fingerprint) for bill in new)
            self._hub.commit(panel, Change(panel=panel.id, bills=stored))
            account.kept = len(account.bills)

    @callback
    def _turn(self, _now: datetime) -> None:
        if self._stopped:
            return
        now = int(time())
        for panel in self._hub.panels.values():
            if panel.id in self._untold and panel.id in self._terms and self._openings.is_told(panel):
                self._untold.discard(panel.id)
                self._rate(panel)
            if panel.money is not None and panel.money.account is not None and panel.id not in self._ratings:
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
        """Rate everything since an instant (UTC seconds) anew; returns when that is done.

        HomeAssistantError if the ledger cannot be read now; it is done later then.
        """
        self._rate(panel, since)
        while (running := self._ratings.get(panel.id)) is not None and running.task is not None:
            if running.error is not None:
                raise HomeAssistantError(
                    translation_domain=DOMAIN,
                    translation_key="rerate_failed",
                    translation_placeholders={"problem": str(running.error)},
                )
            await asyncio.wait([running.task], timeout=1)

    def _rate(self, panel: PanelRuntime, since: int | None = None, delay: float = 0.0) -> None:
        """Rate a panel in the background; ``since``: what was rated from then on (UTC seconds) is not true."""
        if since is not None:
            self._late[panel.id] = min(since, self._late.get(panel.id, since))
            self._forget_bills(panel, since)
        self._end_rating(panel)
        if self._stopped:
            return
        running = self._ratings[panel.id] = _Rating(self._present(panel))
        running.task = self._hub.entry.async_create_background_task(
            self._hass, self._async_rate(panel, running, delay), f"rating of panel {panel.id}", eager_start=False
        )

    def _end_rating(self, panel: PanelRuntime) -> None:
        running = self._ratings.pop(panel.id, None)
        if running is not None and running.task is not None:
            running.task.cancel()

    def _present(self, panel: PanelRuntime) -> int:
        book = self._terms[panel.id].book
        return rating.present_cycle(book.tariff, book, int(time()))

    async def _async_rate(self, panel: PanelRuntime, running: _Rating, delay: float) -> None:
        try:
            while True:
                if delay:
                    await asyncio.sleep(delay)
                try:
                    return await self._async_rate_now(panel, running)
                except LedgerError as error:
                    _LOGGER.warning("The costs of panel %s are worked out later: %s", panel.id, error)
                    running.error, running.aside, delay = error, None, RETRY
        finally:
            if self._ratings.get(panel.id) is running:
                del self._ratings[panel.id]

    async def _async_rate_now(self, panel: PanelRuntime, running: _Rating) -> None:
        terms, writer, ledger = self._terms[panel.id], self._hub.writer, self._hub.ledger
        now = int(time())
        # Whether rows that come from here on were read in time, nobody can say of those of earlier cycles.
        present = running.present = self._present(panel)
        running.earliest = MAX_ENERGY
        if not self._openings.is_told(panel):
            self._untold.add(panel.id)
            del self._ratings[panel.id]
            return
        first = await writer.run(ledger.first_hour, panel.id) or now
        begin = min(rating.first_instant(terms.book, first), now)
        terms = self._terms[panel.id] = await self._openings.async_continued(panel, terms, begin)
        stored = await writer.run(ledger.bills, panel.id)
        known = rating.valid_bills(stored, terms, begin, present)
        bills = await writer.read(rating.rate_history, ledger, terms, known, begin, present)
        running.aside = []
        rows = await writer.run(rating.snapshot, ledger, panel.id, present)
        account = await writer.read(rating.rate_present, terms, bills, rows, begin)
        account.kept = len(known)
        late = [min(each.start for each in batch[1]) for batch in running.aside if not self._take(account, *batch)]
        if running.earliest < present:
            late.append(running.earliest)
        since = self._late.pop(panel.id, None)
        if since is None and (not known or len(bills) > len(known)):
            since = known[-1].end_instant if known else begin
        self._install(panel, account, since)
        del self._ratings[panel.id]
        if late:
            self._rate(panel, min(late), SETTLE)
        self._keep_bills(panel, account)

    @callback
    def _install(self, panel: PanelRuntime, account: RunningAccount, changed_since: int | None) -> None:
        if panel.money is None:
            return
        # Prices may have come while it was rated.
        account.forget_prices()
        panel.money.account = account
        panel.money.changed()
        panel.flush()
        if changed_since is not None and panel.on_late is not None:
            panel.on_late(panel, changed_since)
        self._hub.in_background(self._async_project(panel))

    # --- projection ---

    async def _async_project_all(self, _now: datetime) -> None:
        await self._openings.async_note_totals()
        for panel in list(self._hub.panels.values()):
            await self._async_project(panel)

    async def _async_project(self, panel: PanelRuntime) -> None:
        money, terms = panel.money, self._terms.get(panel.id)
        if self._stopped or money is None or terms is None or (account := money.account) is None:
            return
        now = int(time())
        running, ahead = account.at(money.ahead(now), now)
        look = running.account.copy()
        try:
            recent = await self._hub.writer.read(_recent, self._hub, terms, account, now)
        except LedgerError as error:
            _LOGGER.debug("The bill of panel %s is projected later: %s", panel.id, error)
            return
        if ahead is not None:
            look.add(ahead)
        money.projection = await self._hass.async_add_executor_job(project, look, recent, now)
        panel.changed(self._hass.loop.time())


def _recent(hub: Hub, terms: Terms, account: RunningAccount, now: int) -> list[Usage]:
    return rating.recent(hub.ledger, terms, account, now - WEEK, account.until)


def _entities(tariffs: Mapping[str, Tariff]) -> set[str]:
    """The entities that tell the prices of these tariffs."""
    return {entity_id for tariff in tariffs.values() for entity_id in rating.price_entities(tariff)}


def _total(panel: PanelRuntime, register: Register) -> int | None:
    """What a register shows; None while it is not known what of that is older than the ledger, and has no price."""
    return None if panel.balances else panel.shown_total(register)


def _nothing() -> None:
    """Be called in turn."""

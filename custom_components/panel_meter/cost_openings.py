"""Sees to it that no total of costs begins anew: not with another tariff, and not with another ledger."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from time import time
from typing import Final

from homeassistant.core import HomeAssistant

from . import rating
from .core.billing.cycle_rating import Running
from .core.billing.opening import OpeningCost
from .core.tariff.problems import TariffInvalid
from .core.tariff.reading import read
from .core.tariff.rulebook import Rulebook
from .core.tariff.writing import write
from .cost_memory import CostMemory, Rated, Remembered
from .hub import Hub
from .panel import PanelRuntime
from .rating import Terms

#: Tariffs that are remembered of a panel.
MOST: Final = 50


class CostOpenings:
    """What panels had cost before what they are rated with now."""

    def __init__(self, hass: HomeAssistant, hub: Hub) -> None:
        """Know nothing until ``async_load``."""
        self._hass = hass
        self._hub = hub
        self._memory = CostMemory(hass)
        #: Panels whose account was opened since the start: what a ledger lost is found out once.
        self._opened: set[str] = set()

    async def async_load(self) -> None:
        """Read what is remembered."""
        await self._memory.async_load()

    # --- the opening of an account ---

    def _lost(self, panel: PanelRuntime) -> Remembered | None:
        """What is remembered of a panel whose ledger was begun anew."""
        remembered = self._memory.get(panel.id)
        if panel.id in self._opened or panel.meter is None or panel.meter.has_history:
            return None
        return remembered if remembered is not None and remembered.totals is not None else None

    def is_told(self, panel: PanelRuntime) -> bool:
        """False after a lost ledger, as long as the board has not sent all that it still has."""
        registers = panel.description.registers if panel.description else ()
        known = not panel.balances and all(panel.shown_total(register) is not None for register in registers)
        return known or self._lost(panel) is None

    async def async_continued(self, panel: PanelRuntime, terms: Terms, begin: int) -> Terms:
        """The terms of a panel with what it had cost before they begin, at ``begin`` (UTC seconds)."""
        now = Rated(tariff=write(terms.book.tariff), begin=begin)
        known = self._memory.get(panel.id)
        if known is None or known.currency != terms.book.tariff.currency:
            # What was paid in another currency is no part of a total in this one.
            known = Remembered(tariffs=(now,))
        paid = known.paid
        if known.tariffs[-1].tariff != now.tariff:
            known = replace(known, tariffs=(*(each for each in known.tariffs if each.begin < begin), now)[-MOST:])
            paid = await self._async_paid(terms, known.tariffs)
        known = replace(known, tariffs=(*known.tariffs[:-1], now), paid=paid)
        terms = replace(terms, opening=paid.plus(known.lost))
        if known.totals is not None and self._lost(panel) is not None:
            # What the board still had is rated again; the rest is what it was.
            rated = await self._async_totals(terms, begin, known.at)
            known = replace(known, lost=known.lost.plus(rated.missing_to(known.totals)))
            terms = replace(terms, opening=paid.plus(known.lost))
        await self._memory.async_set(panel.id, known)
        self._opened.add(panel.id)
        return terms

    async def _async_paid(self, terms: Terms, tariffs: Sequence[Rated]) -> OpeningCost:
        """What was paid under all tariffs but the last one, each until the next one begins."""
        paid = OpeningCost()
        for each, following in pairwise(tariffs):
            try:
                tariff = read(each.tariff)
            except TariffInvalid:
                continue
            prices = await self._hub.writer.read(rating.recorded_prices, self._hub.ledger, tariff)
            then = replace(terms, book=Rulebook(tariff, terms.zone), prices=prices, opening=OpeningCost())
            paid = paid.plus(await self._async_totals(then, each.begin, following.begin))
        return paid

    async def _async_totals(self, terms: Terms, begin: int, at: int) -> OpeningCost:
        """What a panel had cost at an instant (UTC seconds)."""
        if at <= begin:
            return terms.opening
        (running,) = await self._hub.writer.read(rating.costs_at, self._hub.ledger, terms, (), [at], begin)
        return OpeningCost.of(running, terms.wiring.names.names)

    # --- for the case that the ledger is lost ---

    async def async_note_totals(self) -> None:
        """Remember what every panel has cost."""
        self._note()
        await self._memory.async_save()

    def note_at_the_end(self) -> None:
        """Remember it when everything ends."""
        self._note()
        self._hass.async_create_task(self._memory.async_save(), "what panels have cost")

    def _note(self) -> None:
        now = int(time())
        for panel in self._hub.panels.values():
            remembered, money = self._memory.get(panel.id), panel.money
            if remembered is None or money is None or (seen := money.now(now)) is None:
                continue
            running = Running(seen.cost, seen.circuits, seen.earned)
            totals = OpeningCost.of(running, money.circuits)
            self._memory.note(panel.id, replace(remembered, at=now, totals=totals))

"""Records what dynamic prices were: every state of their entities, in the ledger."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
import logging
from time import time
from typing import Final

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, State, callback
from homeassistant.helpers.event import async_track_state_change_event

from .core.model import MAX_ENERGY
from .core.tariff.prices import PricePoint, PriceSeries
from .hub import Hub
from .ledger import LedgerError, PricePoint as StoredPrice

_LOGGER = logging.getLogger(__name__)

#: No price per kWh or MWh is larger, in any currency.
_LARGEST: Final = Decimal(10) ** 9
_DIGITS: Final = 18


class PriceRecorder:
    """The price series of all entities that tariffs name."""

    def __init__(self, hass: HomeAssistant, hub: Hub, changed: Callable[[str, int], None]) -> None:
        """``changed`` is called with the entity id and the instant (UTC seconds) whenever a price is another one."""
        self._hass = hass
        self._hub = hub
        self._changed = changed
        self.series: dict[str, PriceSeries] = {}
        self._waiting: list[StoredPrice] = []
        self._unsubscribe: CALLBACK_TYPE | None = None
        hub.before_stop(self._stop)

    async def async_follow(self, entities: Iterable[str]) -> Mapping[str, PriceSeries]:
        """Follow these entities from now on; what is recorded of them is loaded."""
        wanted = set(entities)
        for entity_id in wanted - self.series.keys():
            stored = await self._hub.writer.run(self._hub.ledger.prices, entity_id, 0, MAX_ENERGY)
            self.series[entity_id] = PriceSeries(PricePoint(each.start, each.price) for each in stored)
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        if wanted:
            self._unsubscribe = async_track_state_change_event(self._hass, wanted, self._state_changed)
        now = int(time())
        for entity_id in wanted:
            self._see(entity_id, self._hass.states.get(entity_id), now)
        self._lose_sight(self.series.keys() - wanted, now)
        return self.series

    @callback
    def _state_changed(self, event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        self._see(event.data["entity_id"], state, int(state.last_updated_timestamp if state else time()))

    def _see(self, entity_id: str, state: State | None, at: int) -> None:
        price = price_of(state)
        if self.series[entity_id].last_price == price:
            return
        self._record(entity_id, PricePoint(at, price))
        self._changed(entity_id, at)

    def _record(self, entity_id: str, point: PricePoint) -> None:
        self.series[entity_id].add(point)
        self._waiting.append(StoredPrice(source=entity_id, start=point.start, price=point.price))
        self._hub.in_background(self._async_write())

    async def _async_write(self) -> None:
        """Write what waits; what the ledger cannot take now waits for the next price."""
        points, self._waiting = self._waiting, []
        if not points:
            return
        try:
            await self._hub.writer.run(self._hub.ledger.commit_prices, points)
        except LedgerError as error:
            self._waiting = points + self._waiting
            _LOGGER.warning("%d prices are written later, because the ledger cannot take them: %s", len(points), error)

    @callback
    def _stop(self) -> None:
        if self._unsubscribe is None:
            return
        self._unsubscribe()
        self._unsubscribe = None
        self._lose_sight(self.series, int(time()))

    def _lose_sight(self, entities: Iterable[str], now: int) -> None:
        """Nobody knows what a price is while nobody looks."""
        for entity_id in entities:
            if self.series[entity_id].last_price is not None:
                self._record(entity_id, PricePoint(now, None))


def price_of(state: State | None) -> Decimal | None:
    """The number that a state holds; None if it holds none that a price can be."""
    if state is None or state.state in (STATE_UNAVAILABLE, STATE_UNKNOWN):
        return None
    try:
        price = Decimal(state.state)
    except InvalidOperation:
        return None
    if not price.is_finite() or abs(price) >= _LARGEST:
        return None
    # More digits than these would be beyond exact sums (`core.billing.exact`).
    rounded = round(price, _DIGITS)
    return price if price == rounded else rounded
